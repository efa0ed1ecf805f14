/* SPDX-License-Identifier: Apache-2.0 */
#include "support/softhsm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/folder.h"

#define COMMAND_MAX 1024
#define SO_PIN "so-pin-1"
#define TOOL                                                                   \
	"pkcs11-tool --module " SOFTHSM_MODULE " --token-label '%s' "          \
	"--login --pin '%s' "

/* Run a command and keep what it prints. */
static void
run(char *out, size_t size, const char *format, ...)
{
	char command[COMMAND_MAX];
	va_list args;
	size_t len;
	FILE *pipe;
	int n;

	va_start(args, format);
	n = vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	assert_in_range(n, 1, sizeof(command) - 1);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	len = fread(out, 1, size - 1, pipe);
	out[len] = '\0';
	if (pclose(pipe) != 0)
		fail_msg("%s\n%s", command, out);
}

void
softhsm_add(const char *label, const char *pin)
{
	char out[COMMAND_MAX];

	run(out, sizeof(out),
	    "softhsm2-util --init-token --free --label '%s' --so-pin %s "
	    "--pin '%s' 2>&1",
	    label, SO_PIN, pin);
}

void
softhsm_make(char address[SOFTHSM_ADDRESS_MAX], const char *folder,
	     const char *label, const char *pin)
{
	char conf[FOLDER_PATH_MAX], tokens[FOLDER_PATH_MAX];
	FILE *file;

	folder_path(conf, folder, "softhsm2.conf");
	folder_path(tokens, folder, "tokens");
	assert_int_equal(mkdir(tokens, 0700), 0);
	file = fopen(conf, "w");
	assert_non_null(file);
	fprintf(file,
		"directories.tokendir = %s\nobjectstore.backend = file\n"
		"log.level = ERROR\nslots.removable = false\n",
		tokens);
	fclose(file);
	assert_int_equal(setenv("SOFTHSM2_CONF", conf, 1), 0);
	softhsm_add(label, pin);
	snprintf(address, SOFTHSM_ADDRESS_MAX,
		 "pkcs11:token=%s?module-path=" SOFTHSM_MODULE, label);
}

void
softhsm_keygen(const char *token, const char *pin, const char *label,
	       const char *type, bool is_open)
{
	char out[COMMAND_MAX];

	run(out, sizeof(out),
	    TOOL "--keypairgen --key-type %s --label '%s' --usage-sign %s 2>&1",
	    token, pin, type, label, is_open ? "--extractable" : "");
}

void
softhsm_write_data(const char *token, const char *pin, const char *label,
		   const char *application, const char *text)
{
	char out[COMMAND_MAX];

	run(out, sizeof(out),
	    "printf '%%s' '%s' | " TOOL
	    "--write-object /dev/stdin --type data --private --label '%s' "
	    "--application-label '%s' 2>&1",
	    text, token, pin, label, application);
}

void
softhsm_list(const char *token, const char *pin, char *out, size_t size)
{
	run(out, size, TOOL "--list-objects 2>&1", token, pin);
}

void
softhsm_delete(const char *token, const char *pin, const char *label)
{
	char out[COMMAND_MAX];

	run(out, sizeof(out),
	    TOOL "--delete-object --type privkey --label '%s' 2>&1", token, pin,
	    label);
}
