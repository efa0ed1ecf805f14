/* SPDX-License-Identifier: Apache-2.0 */
#include "support/linux_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NVMEM_SIZE 0x300

struct linux_files files;

static const char text[] = "model = linux-files\n"
			   "class = development\n"
			   "root = /nowhere\n"
			   "nvmem = %s/nvmem\n"
			   "word_kind = additive\n"
			   "image_offset = 0x100\n"
			   "refusal = EPERM\n"
			   "lock_unit = 0x2d0 file %s/lock 1\n"
			   "lock_unit = 0x2d4 bits 0x14 0x1\n"
			   "chip_id = nvmem 0 16\n"
			   "store = %s/store\n"
			   "lock_permanent = true\n"
			   "refusal_harmless = true\n"
			   "secret_hidden = false\n"
			   "random_source = true\n"
			   "debug = disabled-fully file %s/debug closed\n"
			   "secure_boot = bits 0x10 0x5\n"
			   "reset = exit\n"
			   "agent = usb %s\n"
			   "at = /dev/null\n";

void
files_path(char out[FOLDER_PATH_MAX], const char *name)
{
	folder_path(out, files.folder, name);
}

void
files_write(const char *name, const void *data, size_t len)
{
	char path[FOLDER_PATH_MAX];
	FILE *file;

	files_path(path, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

void
files_read(const char *name, size_t offset, void *data, size_t len)
{
	char path[FOLDER_PATH_MAX];
	FILE *file;

	files_path(path, name);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fseek(file, (long)offset, SEEK_SET), 0);
	assert_int_equal(fread(data, 1, len, file), len);
	fclose(file);
}

int
files_set_up(void **state)
{
	static uint8_t nvmem[NVMEM_SIZE], store[2 * PORT_STORE_SECTOR_MIN];
	struct config_error error;
	char *whole;

	(void)state;
	folder_make(files.folder);
	memset(nvmem, 0, sizeof(nvmem));
	for (uint8_t i = 0; i < 16; i++)
		nvmem[i] = (uint8_t)(0xa0 + i);
	memset(store, 0xff, sizeof(store));
	files_write("nvmem", nvmem, sizeof(nvmem));
	files_write("store", store, sizeof(store));
	files_write("lock", "0\n", 2);
	files_write("debug", "open\n", 5);
	if (asprintf(&whole, text, files.folder, files.folder, files.folder,
		     files.folder, files.folder) < 0)
		return -1;
	assert_true(config_parse(&files.config, whole, &error));
	free(whole);
	return 0;
}

int
files_tear_down(void **state)
{
	(void)state;
	folder_remove(files.folder);
	return 0;
}
