/* SPDX-License-Identifier: Apache-2.0 */
/* A new profile, with every key and what it means. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "profile/key_list.h"
#include "profile/profile.h"

#define COMMENT_COLUMNS 76
#define COMMENT_MAX 511

struct key {
	const char *name;
	const char *kind;
	const char *required;
	const char *range;
	const char *development;
	const char *production;
	const char *meaning;
};

static const struct key keys[] = {
#define X(name, kind, required, range, development, production, meaning)       \
	{name, kind, required, range, development, production, meaning},
	PROFILE_KEY_LIST(X)
#undef X
};

struct text {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3))) static void
put(struct text *out, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(out->at, out->left, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= out->left) {
		out->left = 0;
		return;
	}
	out->at += len;
	out->left -= (size_t)len;
}

/* Words in lines that begin with indent and "# ". */
static void
put_comment(struct text *out, const char *indent, const char *text)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (column != 0 && column + 1 + len > COMMENT_COLUMNS) {
			put(out, "\n");
			column = 0;
		}
		if (column == 0)
			put(out, "%s#", indent);
		put(out, " %.*s", (int)len, text);
		column += len + 1;
		text += len;
		text += strspn(text, " ");
	}
	put(out, "\n");
}

/* 'text', so that no character of it means something else to YAML. */
static void
put_quoted(struct text *out, const char *text)
{
	put(out, "'");
	for (; *text != '\0'; text++)
		put(out, "%s%c", *text == '\'' ? "'" : "", *text);
	put(out, "'");
}

static void
put_key(struct text *out, const struct key *key, const char *model,
	enum dev_class class)
{
	const char *dot = strchr(key->name, '.');
	const char *indent = dot != NULL ? "  " : "";
	const char *value = class == CLASS_PRODUCTION ? key->production
						      : key->development;
	bool is_optional = strcmp(key->required, "no") == 0;
	char comment[COMMENT_MAX + 1];

	(void)snprintf(comment, sizeof(comment), "%s (%s%s%s%s)", key->meaning,
		       key->kind, key->range[0] != '\0' ? ", " : "", key->range,
		       is_optional ? "; may be left out" : "");
	put_comment(out, indent, comment);
	put(out, "%s%s%s:%s", indent, is_optional ? "#" : "",
	    dot != NULL ? dot + 1 : key->name,
	    value == NULL || value[0] != '\0' ? " " : "");
	if (value == NULL)
		put_quoted(out, model);
	else
		put(out, "%s", value);
	put(out, "\n");
}

static bool
is_model(const char *model)
{
	size_t len = strlen(model);

	for (size_t i = 0; i < len; i++)
		if (model[i] < ' ' || model[i] > '~' || model[i] == '\\')
			return false;
	return len >= 1 && len <= MODEL_MAX &&
	       strcmp(model, PROFILE_FILL_IN) != 0;
}

enum status
profile_template(char out[PROFILE_TEMPLATE_MAX + 1], const char *model,
		 enum dev_class class)
{
	struct text text = {out, PROFILE_TEMPLATE_MAX + 1};

	out[0] = '\0';
	if (!is_model(model))
		return ST_PROFILE_FORMAT;
	if (class == CLASS_PRODUCTION)
		put_comment(&text, "",
			    "Replace each " PROFILE_FILL_IN
			    "; until then this profile is refused.");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		put_key(&text, &keys[i], model, class);
	return text.left != 0 ? ST_OK : ST_CBOR_SPACE;
}
