/* SPDX-License-Identifier: Apache-2.0 */
#include "station/device.h"

#define ASK "AT+CGSN=1\r"
#define ANSWER_MAX 512
#define RESEND_MS 1000

/* What was received since the question was sent. */
struct answer {
	char text[ANSWER_MAX];
	size_t len;
};

struct line {
	const char *text;
	size_t len;
};

/* The next line that is whole and not empty; *at is moved behind it. */
static bool
next_line(struct line *out, const struct answer *answer, size_t *at)
{
	size_t start = *at;

	for (size_t i = start; i < answer->len; i++) {
		if (answer->text[i] != '\r' && answer->text[i] != '\n')
			continue;
		*at = i + 1;
		if (i > start) {
			*out = (struct line){answer->text + start, i - start};
			return true;
		}
		start = i + 1;
	}
	return false;
}

static bool
starts_with(const struct line *line, const char *text)
{
	size_t len = strlen(text);

	return line->len >= len && memcmp(line->text, text, len) == 0;
}

static bool
is_line(const struct line *line, const char *text)
{
	return line->len == strlen(text) && starts_with(line, text);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/*
 * Count the runs of exactly IMEI_LEN digits in a line; *run is the last one.
 * Letters at its side make it something else, such as an MEID.
 */
static unsigned int
count_runs(const char **run, const struct line *line)
{
	unsigned int count = 0;
	size_t i = 0;

	while (i < line->len) {
		size_t start = i, digits = 0;

		while (i < line->len && is_word(line->text[i]))
			digits += is_digit(line->text[i++]) ? 1 : 0;
		if (i - start == IMEI_LEN && digits == IMEI_LEN) {
			*run = line->text + start;
			count++;
		}
		if (i == start)
			i++;
	}
	return count;
}

/* The answer is complete: everything up to OK. */
static enum status
parse_answer(struct imei *out, enum imei_form *form,
	     const struct answer *answer)
{
	const char *run = NULL;
	unsigned int count = 0;
	struct line line;
	size_t at = 0;

	while (next_line(&line, answer, &at) && !is_line(&line, "OK"))
		if (!starts_with(&line, "AT")) /* an echo */
			count += count_runs(&run, &line);
	if (count != 1)
		return ST_VERIFY_AT_FORM;
	return imei_parse_network(out, form, run, IMEI_LEN);
}

static bool
is_refusal(const struct line *line)
{
	return is_line(line, "ERROR") || starts_with(line, "+CME ERROR");
}

/* ST_OK: OK has come.  ST_FRAME_MORE: not yet. */
static enum status
judge(const struct answer *answer)
{
	struct line line;
	size_t at = 0;

	while (next_line(&line, answer, &at)) {
		if (is_line(&line, "OK"))
			return ST_OK;
		if (is_refusal(&line))
			return ST_VERIFY_AT_FORM;
	}
	return answer->len < ANSWER_MAX ? ST_FRAME_MORE : ST_VERIFY_AT_FORM;
}

/* Ask once and wait for what ends the answer. */
static enum status
ask(struct link *link, struct answer *answer, struct deadline deadline)
{
	enum status st =
		link_send(link, bytes_of(ASK, sizeof(ASK) - 1), deadline);

	answer->len = 0;
	while (st == ST_OK) {
		size_t len;

		st = link_receive(link, (uint8_t *)answer->text + answer->len,
				  ANSWER_MAX - answer->len, &len, deadline);
		if (st != ST_OK)
			break;
		answer->len += len;
		st = judge(answer);
		if (st != ST_FRAME_MORE)
			return st;
		st = deadline_left_ms(deadline) > 0 ? ST_OK : ST_LINK_TIMEOUT;
	}
	return st;
}

static enum status
read_imei(struct imei *out, enum imei_form *form, struct link *link,
	  struct deadline deadline)
{
	struct answer answer;
	enum status st;

	do {
		st = ask(link, &answer, deadline_within(deadline, RESEND_MS));
	} while (st == ST_LINK_TIMEOUT && deadline_left_ms(deadline) > 0);
	return st != ST_OK ? st : parse_answer(out, form, &answer);
}

enum status
at_read_imei(struct imei *out, enum imei_form *form, const char *address,
	     struct deadline deadline)
{
	struct link *link;
	enum status st;

	*out = IMEI_NONE;
	*form = IMEI_FORM_CHECK;
	st = device_await(&link, address, DEVICE_RETURN_MS, deadline);
	if (st != ST_OK)
		return st;
	st = read_imei(out, form, link, deadline);
	link_close(link);
	return st;
}
