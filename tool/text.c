/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/text.h"

#include <stdio.h>
#include <time.h>

#include "tool/lang.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct known_status {
	enum status status;
	const char *name;
	const char *sentence;
};

static const struct known_status known[] = {{ST_OK, "OK", "Good."},
#define X(name, a, b, index, class, sentence) {ST_##name, #name, sentence},
					    STATUS_LIST(X)
#undef X
};

static const struct known_status *
find_status(enum status status)
{
	for (size_t i = 0; i < COUNT(known); i++)
		if (known[i].status == status)
			return &known[i];
	return NULL;
}

const char *
status_name(enum status status)
{
	const struct known_status *found = find_status(status);

	return found != NULL ? found->name : "UNKNOWN";
}

const char *
status_name_of_code(const char *code)
{
#define X(name, a, b, index, class, sentence)                                  \
	if (code[0] == (a) && code[1] == (b) &&                                \
	    code[2] == '0' + (index) / 10 && code[3] == '0' + (index) % 10)    \
		return #name;
	if (strlen(code) >= 4) {
		STATUS_LIST(X)
	}
#undef X
	return NULL;
}

const char *
status_sentence(enum status status)
{
	const struct known_status *found = find_status(status);

	return lang(found != NULL ? found->sentence
				  : "A code that this tool does not know. "
				    "Report this.");
}

enum verdict
verdict_of(enum status status)
{
	if (status == ST_OK)
		return VERDICT_GOOD;
	if (status == ST_USAGE)
		return VERDICT_USAGE;
	if (find_status(status) == NULL)
		return VERDICT_BUG;
	switch (status_class(status)) {
	case ST_CLASS_RETRY:
		return VERDICT_RETRY;
	case ST_CLASS_REWORK:
		return VERDICT_REWORK;
	case ST_CLASS_STOP:
		return VERDICT_STOP;
	case ST_CLASS_BUG:
	case ST_CLASS_NONE:
	default:
		return VERDICT_BUG;
	}
}

enum verdict
verdict_worse(enum verdict a, enum verdict b)
{
	return a > b ? a : b;
}

/* The name at value, or "unknown" where there is none. */
static const char *
name_at(const char *const *name, size_t count, unsigned int value)
{
	return lang(value < count && name[value] != NULL ? name[value]
							 : "unknown");
}

const char *
verdict_words(enum verdict verdict)
{
	static const char *const name[] = {
		[VERDICT_GOOD] = "good",
		[VERDICT_USAGE] = "not understood",
		[VERDICT_RETRY] = "run again",
		[VERDICT_REWORK] = "red bin",
		[VERDICT_STOP] = "call the engineer",
		[VERDICT_BUG] = "our bug",
	};

	return name_at(name, COUNT(name), verdict);
}

static const char *const class_names[] = {
	[CLASS_DEVELOPMENT] = "development",
	[CLASS_PRODUCTION] = "production",
};

const char *text_class(enum dev_class class)
{
	return name_at(class_names, COUNT(class_names), class);
}

enum dev_class
text_class_parse(const char *text)
{
	for (unsigned int i = 0; i < COUNT(class_names); i++)
		if (class_names[i] != NULL && text_equal(text, class_names[i]))
			return (enum dev_class)i;
	return CLASS_NONE;
}

const char *
text_role(enum key_role role)
{
	static const char *const name[] = {
		[ROLE_LINE] = "line",
		[ROLE_LOG] = "log",
		[ROLE_ROOT] = "root",
	};

	return name_at(name, COUNT(name), role);
}

const char *
text_device_state(enum device_state state)
{
	static const char *const name[] = {
		[STATE_BLANK] = "blank",
		[STATE_KEYED] = "keyed",
		[STATE_WRITING] = "writing",
		[STATE_WRITTEN] = "written",
		[STATE_RECORDED] = "recorded",
		[STATE_LOCKING] = "locking",
		[STATE_LOCKED] = "locked",
		[STATE_LOCK_FAILED] = "lock-failed",
		[STATE_VOID] = "void",
	};

	return name_at(name, COUNT(name), state);
}

const char *
text_field(enum image_field field)
{
	static const char *const name[] = {
		[FIELD_SECRET] = "secret",
		[FIELD_HEADER] = "header",
		[FIELD_IDENTITY_1] = "identity 1",
		[FIELD_IDENTITY_2] = "identity 2",
		[FIELD_IDENTITY_3] = "identity 3",
		[FIELD_IDENTITY_4] = "identity 4",
		[FIELD_DIGEST] = "digest",
		[FIELD_MARKER] = "marker",
	};

	return name_at(name, COUNT(name), field);
}

const char *
text_field_state(enum field_state state)
{
	static const char *const name[] = {
		[FIELD_EMPTY] = "empty", [FIELD_PARTIAL] = "partial",
		[FIELD_DONE] = "done",	 [FIELD_KILLED] = "killed",
		[FIELD_CLASH] = "clash",
	};

	return name_at(name, COUNT(name), state);
}

const char *
text_copy_state(enum copy_state state)
{
	static const char *const name[] = {
		[COPY_BLANK] = "blank",
		[COPY_VALID] = "valid",
		[COPY_TORN] = "torn",
		[COPY_DEAD] = "dead",
	};

	return name_at(name, COUNT(name), state);
}

const char *
text_word_kind(enum word_kind kind)
{
	static const char *const name[] = {
		[WORDS_ADDITIVE] = "additive",
		[WORDS_ONCE] = "write-once",
	};

	return name_at(name, COUNT(name), kind);
}

const char *
text_origin(enum key_origin origin)
{
	static const char *const name[] = {
		[ORIGIN_CHIP] = "the chip's random source",
		[ORIGIN_INJECTED] = "injected",
	};

	return name_at(name, COUNT(name), origin);
}

const char *
text_canary(enum canary_result result)
{
	static const char *const name[] = {
		[CANARY_HELD] = "held",
		[CANARY_BURNT] = "burnt",
		[CANARY_NOT_TRIED] = "not tried",
	};

	return name_at(name, COUNT(name), result);
}

const char *
text_stored(enum stored stored)
{
	static const char *const name[] = {
		[STORED_TICKET_CERT] = "ticket's certificate",
		[STORED_TICKET] = "ticket",
		[STORED_RECORD_CERT] = "record's certificate",
		[STORED_RECORD] = "record",
	};

	return name_at(name, COUNT(name), stored);
}

const char *
text_debug(unsigned int debug)
{
	static const char *const name[] = {
		"enabled",
		"disabled",
		"disabled since boot",
		"disabled permanently",
		"disabled fully and permanently",
	};

	return name_at(name, COUNT(name), debug);
}

void
text_time(char out[TEXT_TIME_SIZE], uint64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (seconds > INT32_MAX * UINT64_C(100) ||
	    gmtime_r(&when, &tm) == NULL ||
	    strftime(out, TEXT_TIME_SIZE, "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
		memcpy(out, "?", 2);
}

void
text_hex(char *out, size_t size, struct bytes bytes)
{
	static const char digit[] = "0123456789abcdef";
	size_t len = 0;

	for (size_t i = 0; i < bytes.len && len + 2 < size; i++) {
		out[len++] = digit[bytes.ptr[i] >> 4];
		out[len++] = digit[bytes.ptr[i] & 15];
	}
	out[len] = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
text_hex_parse(uint8_t *out, size_t size, size_t *len, const char *text)
{
	size_t count = strlen(text);

	*len = 0;
	if (count == 0 || count % 2 != 0 || count / 2 > size)
		return false;
	for (size_t i = 0; i < count; i += 2) {
		int high = hex_value(text[i]);
		int low = hex_value(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (uint8_t)(high * 16 + low);
	}
	*len = count / 2;
	return true;
}
