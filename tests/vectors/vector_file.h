/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vector_file.h - reading the published numbers in the .json files here.
 *
 * What is not there, or is of another type, fails the cmocka test.
 */
#ifndef IMEILOCK_TESTS_VECTOR_FILE_H
#define IMEILOCK_TESTS_VECTOR_FILE_H

#include "proto/bytes.h"

#include <jansson.h>

#define VECTOR_MAX 512 /* bytes of the largest value in the files */

/* Call check with each member of a list; there must be some. */
void vector_each(const char *file, const char *list,
		 void (*check)(const json_t *entry));

const char *vector_text(const json_t *entry, const char *name);
bool vector_flag(const json_t *entry, const char *name);
struct bytes vector_bytes(uint8_t buf[VECTOR_MAX], const json_t *entry,
			  const char *name);

#endif
