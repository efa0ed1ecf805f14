/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of numbers: what the scan takes is what imei_parse takes, and every
 * line has its number, wherever blocks end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "tool/imei_scan.h"
#include "tool/imei_seen.h"
#include "tool/lines.h"

#define GOOD "260531793113837"
#define ROUNDS 200000

static uint64_t random_state = 0x9e3779b97f4a7c15u;

static uint32_t
random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % limit;
}

static size_t
put_good(char *out)
{
	struct imei imei = imei_of(random_below(IMEI_TAC_MAX + 1),
				   1 + random_below(IMEI_SNR_MAX));

	imei_format(out, imei);
	return IMEI_LEN;
}

/* ------------------------------------------------------------------ scan */

/* The scan's word on one line with its end, and what follows it. */
static void
assert_like_parse(const char *text, size_t len, size_t end_len)
{
	struct imei scanned, parsed;
	const char *next = text;
	size_t count = imei_scan(&scanned, 1, &next, text + len + 32);
	enum status st = imei_parse(&parsed, text, len);

	assert_int_equal(count, st == ST_OK);
	assert_ptr_equal(next, st == ST_OK ? text + len + end_len : text);
	if (st == ST_OK)
		assert_int_equal(scanned.body, parsed.body);
}

static void
every_byte_in_every_place(void **state)
{
	char text[64];

	(void)state;
	for (size_t at = 0; at < IMEI_LEN; at++)
		for (int byte = 0; byte < 256; byte++) {
			if (byte == '\n')
				continue;
			memset(text, '7', sizeof(text));
			memcpy(text, GOOD "\n", IMEI_LEN + 1);
			text[at] = (char)byte;
			assert_like_parse(text, IMEI_LEN, 1);
			memcpy(text + IMEI_LEN, "\r\n", 2);
			assert_like_parse(text, IMEI_LEN, 2);
		}
}

static void
every_check_digit(void **state)
{
	char text[64];

	(void)state;
	memset(text, 0, sizeof(text));
	for (unsigned int i = 0; i < ROUNDS; i++) {
		(void)put_good(text);
		text[IMEI_BODY_LEN] = (char)('0' + i % 10);
		text[IMEI_LEN] = '\n';
		assert_like_parse(text, IMEI_LEN, 1);
	}
	memcpy(text, "000000000000000\n", 16);
	assert_like_parse(text, IMEI_LEN, 1);
	memcpy(text, "000000000000018\n", 16);
	assert_like_parse(text, IMEI_LEN, 1);
}

static void
ends_of_lines(void **state)
{
	static const char *const text[] = {
		GOOD "\r\r\n0123456789", GOOD "\r0123456789012",
		GOOD "0\n12345678901",	 GOOD " \n12345678901",
		GOOD "\0\n0123456789",	 "\n" GOOD "\n0123456",
	};
	struct imei imei;

	(void)state;
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		const char *next = text[i];

		assert_int_equal(imei_scan(&imei, 1, &next, next + 24), 0);
		assert_ptr_equal(next, text[i]);
	}
}

static void
never_reads_behind_the_end(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = map + page;
	struct imei imei;

	(void)state;
	assert_ptr_not_equal(map, MAP_FAILED);
	memset(map, '\r', page);
	assert_int_equal(mprotect(end, page, PROT_NONE), 0);
	for (size_t len = 0; len <= IMEI_LEN + 2; len++) {
		const char *next = end - len;

		memcpy(end - len, GOOD "\r\n", len);
		assert_int_equal(imei_scan(&imei, 1, &next, end),
				 len == IMEI_LEN + 2);
	}
	assert_int_equal(munmap(map, 2 * page), 0);
}

/* ----------------------------------------------------------------- lines */

/* A line as it was made. */
struct made {
	char text[96];
	size_t len;
};

/* One line in many kinds, nearly all of them hostile. */
static void
make_line(struct made *line)
{
	uint32_t kind = random_below(8);

	memset(line, 0, sizeof(*line));
	line->len = put_good(line->text);
	if (kind == 0)
		line->text[random_below(IMEI_LEN)] = (char)random_below(256);
	else if (kind == 1)
		line->len = random_below(IMEI_LEN + 1);
	else if (kind == 2)
		line->len += random_below(60);
	else if (kind == 3)
		memset(line->text, '0', random_below(IMEI_LEN + 1));
	else if (kind == 4)
		line->text[random_below(IMEI_LEN)] ^=
			(char)(1 << random_below(8));
	for (size_t i = 0; i < line->len; i++)
		if (line->text[i] == '\n')
			line->text[i] = ' ';
	/* a CR before the end would be part of the end */
	if (line->len > 0 && line->text[line->len - 1] == '\r')
		line->text[line->len - 1] = ' ';
}

static int
file_of(const void *data, size_t len)
{
	int fd = memfd_create("lines", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static struct lines *
open_lines(const void *data, size_t len)
{
	struct lines *lines = malloc(sizeof(*lines));

	assert_non_null(lines);
	lines_init(lines, file_of(data, len));
	return lines;
}

static void
close_lines(struct lines *lines)
{
	assert_int_equal(close(lines->fd), 0);
	free(lines);
}

/* The next line, by whichever way takes it. */
static void
assert_next(struct lines *lines, const struct made *made, uint64_t number)
{
	struct imei imei, parsed;
	enum status st = imei_parse(&parsed, made->text, made->len);
	const char *text;
	size_t len;

	if (lines_take_imeis(lines, &imei, 1) == 1) {
		assert_int_equal(st, ST_OK);
		assert_int_equal(imei.body, parsed.body);
	} else {
		assert_true(lines_take(lines, &text, &len));
		assert_int_equal(len, made->len);
		assert_memory_equal(text, made->text, len);
	}
	assert_int_equal(lines->number, number);
}

static void
random_and_hostile_lines(void **state)
{
	struct made *made = calloc(ROUNDS, sizeof(*made));
	char *data = malloc((size_t)ROUNDS * sizeof(*made));
	size_t used = 0, len;
	const char *text;
	struct lines *lines;

	(void)state;
	assert_non_null(made);
	assert_non_null(data);
	for (size_t i = 0; i < ROUNDS; i++) {
		make_line(&made[i]);
		memcpy(data + used, made[i].text, made[i].len);
		used += made[i].len;
		if (random_below(2) == 0)
			data[used++] = '\r';
		data[used++] = '\n';
	}
	lines = open_lines(data, used);
	for (size_t i = 0; i < ROUNDS; i++)
		assert_next(lines, &made[i], i + 1);
	assert_false(lines_take(lines, &text, &len));
	assert_int_equal(lines->error, 0);
	close_lines(lines);
	free(data);
	free(made);
}

/* Batches of the size that the tool takes, over the ends of blocks. */
static void
batches(void **state)
{
	static const size_t count = 70000;
	struct imei imei[512];
	char *data = malloc(count * (IMEI_LEN + 2) + 1);
	uint64_t number = 0, slow = 0;
	size_t used = 0, len;
	const char *text;
	struct lines *lines;

	(void)state;
	assert_non_null(data);
	for (uint32_t i = 0; i < count; i++) {
		imei_format(data + used, imei_of(35000000 + i, i));
		used += IMEI_LEN;
		if (i % 3 == 0)
			data[used++] = '\r';
		data[used++] = '\n';
	}
	lines = open_lines(data, used);
	do {
		size_t some = lines_take_imeis(lines, imei, 512);

		for (size_t i = 0; i < some; i++, number++)
			assert_int_equal(imei_snr(imei[i]), number);
		if (some == 0 && lines_take(lines, &text, &len)) {
			assert_int_equal(len, IMEI_LEN);
			number++;
			slow++;
		}
		assert_int_equal(lines->number, number);
	} while (!lines->is_end || lines->begin < lines->end);
	assert_int_equal(number, count);
	/* the scan does the work: but for the last line of a block, or two */
	assert_in_range(slow, 1, 2 * (used / LINES_BLOCK + 1));
	close_lines(lines);
	free(data);
}

/* A line of each length around a block, and what follows it. */
static void
long_lines(void **state)
{
	static const size_t lens[] = {
		LINES_LEN_MAX,	     LINES_BLOCK - 2, LINES_BLOCK - 1,
		LINES_BLOCK,	     LINES_BLOCK + 1, 2 * LINES_BLOCK - 1,
		3 * LINES_BLOCK + 7,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		char *data = malloc(lens[i] + 64);
		const char *text;
		struct lines *lines;
		size_t len;

		assert_non_null(data);
		memset(data, '7', lens[i]);
		memcpy(data + lens[i], "\r\n" GOOD "\r\n" GOOD, 34);
		lines = open_lines(data, lens[i] + 34);
		assert_true(lines_take(lines, &text, &len));
		assert_true(len >= LINES_LEN_MAX && len <= lens[i]);
		for (uint64_t number = 2; number <= 3; number++) {
			assert_true(lines_take(lines, &text, &len));
			assert_int_equal(len, IMEI_LEN);
			assert_memory_equal(text, GOOD, IMEI_LEN);
			assert_int_equal(lines->number, number);
		}
		assert_false(lines_take(lines, &text, &len));
		close_lines(lines);
		free(data);
	}
}

static void
last_lines(void **state)
{
	static const struct {
		const char *data, *line;
		uint64_t count;
	} cases[] = {
		{"", NULL, 0},	  {"\n", "", 1},    {"\r\n", "", 1},
		{"a", "a", 1},	  {"a\n\n", "", 2}, {"a\r", "a\r", 1},
		{"a\nb", "b", 2}, {"\r", "\r", 1},  {"a\r\r\n", "a\r", 1},
		{GOOD, GOOD, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lines *lines =
			open_lines(cases[i].data, strlen(cases[i].data));
		char last[32] = "";
		const char *text;
		size_t len;

		while (lines_take(lines, &text, &len))
			(void)snprintf(last, sizeof(last), "%.*s", (int)len,
				       text);
		assert_int_equal(lines->number, cases[i].count);
		assert_string_equal(last,
				    cases[i].line != NULL ? cases[i].line : "");
		close_lines(lines);
	}
}

/* A pipe gives what it has, a byte at a time. */
static void
dribble(void **state)
{
	static const char data[] = GOOD "\r\nx\r\n\r\n" GOOD "\n";
	static const char *const expected[] = {GOOD, "x", "", GOOD};
	struct lines *lines = malloc(sizeof(*lines));
	int ends[2];

	(void)state;
	assert_non_null(lines);
	assert_int_equal(pipe(ends), 0);
	lines_init(lines, ends[0]);
	for (size_t i = 0, line = 0; i < sizeof(data) - 1; i++) {
		const char *text;
		size_t len;

		assert_int_equal(write(ends[1], data + i, 1), 1);
		if (data[i] != '\n')
			continue;
		assert_true(lines_take(lines, &text, &len));
		assert_int_equal(len, strlen(expected[line]));
		assert_memory_equal(text, expected[line], len);
		line++;
	}
	assert_int_equal(close(ends[1]), 0);
	close_lines(lines);
}

static void
a_read_that_fails(void **state)
{
	struct lines *lines = malloc(sizeof(*lines));
	const char *text;
	size_t len;

	(void)state;
	assert_non_null(lines);
	lines_init(lines, -1);
	assert_false(lines_take(lines, &text, &len));
	assert_int_not_equal(lines->error, 0);
	free(lines);
}

/* ------------------------------------------------------------------ seen */

static void
seen_once(void **state)
{
	static const struct imei some[] = {
		{1},
		{2},
		{8},
		{999999},
		{1000000},
		{99999999999999},
		{9999},
		{9999999999999},
		{35000000000000},
	};
	struct imei_seen *seen = imei_seen_open();

	(void)state;
	assert_non_null(seen);
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		assert_int_equal(imei_seen_add(seen, some[i]), ST_OK);
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		assert_int_equal(imei_seen_add(seen, some[i]), ST_IMEI_TWICE);
	imei_seen_close(seen);
	imei_seen_close(NULL);
}

/* Every number of a TAC has a bit of its own. */
static void
seen_whole_tac(void **state)
{
	struct imei_seen *seen = imei_seen_open();

	(void)state;
	assert_non_null(seen);
	for (uint32_t snr = 0; snr <= IMEI_SNR_MAX; snr++)
		assert_int_equal(imei_seen_add(seen, imei_of(35000000, snr)),
				 ST_OK);
	for (uint32_t snr = 0; snr <= IMEI_SNR_MAX; snr++)
		assert_int_equal(imei_seen_add(seen, imei_of(35000000, snr)),
				 ST_IMEI_TWICE);
	assert_int_equal(imei_seen_add(seen, imei_of(35000001, 0)), ST_OK);
	imei_seen_close(seen);
}

/* Scattered numbers, in an order of their own: few and many of a TAC. */
static void
seen_scattered(void **state)
{
	static const uint32_t counts[] = {1, 3, 4, 5, 1023, 1024, 1025, 5000};
	struct imei_seen *seen = imei_seen_open();

	(void)state;
	assert_non_null(seen);
	for (int again = 0; again < 2; again++)
		for (uint32_t tac = 0; tac < 8; tac++)
			for (uint32_t i = 0; i < counts[tac]; i++)
				assert_int_equal(
					imei_seen_add(
						seen,
						imei_of(35000000 + tac,
							i * 7919 % 1000000)),
					again == 0 ? ST_OK : ST_IMEI_TWICE);
	imei_seen_close(seen);
}

/* A TAC of its own in each line takes little. */
static void
seen_many_tacs(void **state)
{
	struct imei_seen *seen = imei_seen_open();

	(void)state;
	assert_non_null(seen);
	for (uint32_t i = 1; i <= ROUNDS; i++)
		assert_int_equal(imei_seen_add(seen, imei_of(i * 491, i)),
				 ST_OK);
	imei_seen_close(seen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_in_every_place),
		cmocka_unit_test(every_check_digit),
		cmocka_unit_test(ends_of_lines),
		cmocka_unit_test(never_reads_behind_the_end),
		cmocka_unit_test(random_and_hostile_lines),
		cmocka_unit_test(batches),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(last_lines),
		cmocka_unit_test(dribble),
		cmocka_unit_test(a_read_that_fails),
		cmocka_unit_test(seen_once),
		cmocka_unit_test(seen_whole_tac),
		cmocka_unit_test(seen_scattered),
		cmocka_unit_test(seen_many_tacs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
