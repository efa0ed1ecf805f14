/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/lang.h"

#include <langinfo.h>
#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define DOMAIN "imeilock"

/* The folder above that of the program, without a slash; "" if unknown. */
static void
find_prefix(char *out, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", out, size - 1);

	for (int i = 0; i < 2 && len > 0; i++)
		do
			len--;
		while (len > 0 && out[len] != '/');
	out[len > 0 ? len : 0] = '\0';
}

/* Beside a build's programs, or where packages install them. */
static void
bind_folder(void)
{
	char prefix[PATH_MAX], path[PATH_MAX + sizeof("/share/locale")];

	find_prefix(prefix, sizeof(prefix));
	(void)snprintf(path, sizeof(path), "%s/locale", prefix);
	if (access(path, X_OK) != 0)
		(void)snprintf(path, sizeof(path), "%s/share/locale", prefix);
	(void)bindtextdomain(DOMAIN, path);
	(void)textdomain(DOMAIN);
}

static const char *
asked_locale(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return value;
	}
	return "";
}

/* A system without the locale that is asked for has C.UTF-8, with which the
 * language can be named alone. */
static void
take_language(void)
{
	const char *asked = asked_locale();
	const char *code = strchr(asked, '.');
	const char *list = getenv("LANGUAGE");

	if (code == NULL ||
	    (strcasecmp(code, ".UTF-8") != 0 && strcasecmp(code, ".utf8") != 0))
		return;
	if (setlocale(LC_CTYPE, "C.UTF-8") != NULL &&
	    setlocale(LC_MESSAGES, "C.UTF-8") != NULL &&
	    (list == NULL || list[0] == '\0'))
		(void)setenv("LANGUAGE", asked, 1);
}

void
lang_init(void)
{
	/* nothing else of a locale: numbers and times stay as they are */
	if (setlocale(LC_CTYPE, "") == NULL ||
	    setlocale(LC_MESSAGES, "") == NULL)
		take_language();
	bind_folder();
	/* texts are UTF-8 inside, or ASCII where a terminal has no UTF-8 */
	(void)bind_textdomain_codeset(
		DOMAIN,
		strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "UTF-8" : "ASCII");
}

void
lang_end(void)
{
	(void)setlocale(LC_MESSAGES, "C");
}

const char *
lang(const char *text)
{
	/* the key "" is the catalogue's head */
	return text[0] != '\0' ? gettext(text) : text;
}

const char *
lang_name(const char *name)
{
	char key[80];
	const char *found;

	(void)snprintf(key, sizeof(key), "name\004%s", name);
	found = gettext(key);
	return found != key ? found : name;
}
