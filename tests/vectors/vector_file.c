/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors/vector_file.h"

#include "support/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

void
vector_each(const char *file, const char *list,
	    void (*check)(const json_t *entry))
{
	const char *root = getenv("IMEILOCK_SOURCE_DIR");
	char path[512];
	json_t *document;
	json_t *entry;
	size_t i;

	snprintf(path, sizeof(path), "%s/tests/vectors/%s",
		 root != NULL ? root : ".", file);
	document = json_load_file(path, 0, NULL);
	assert_non_null(document);
	assert_true(json_array_size(json_object_get(document, list)) > 0);
	json_array_foreach(json_object_get(document, list), i, entry)
		check(entry);
	json_decref(document);
}

const char *
vector_text(const json_t *entry, const char *name)
{
	const char *text = json_string_value(json_object_get(entry, name));

	assert_non_null(text);
	return text;
}

bool
vector_flag(const json_t *entry, const char *name)
{
	const json_t *flag = json_object_get(entry, name);

	assert_true(json_is_boolean(flag));
	return json_is_true(flag);
}

struct bytes
vector_bytes(uint8_t buf[VECTOR_MAX], const json_t *entry, const char *name)
{
	return hex_bytes(buf, VECTOR_MAX, vector_text(entry, name));
}
