/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "hsm/file.h"
#include "hsm/log.h"
#include "hsm/token.h"
#include "proto/cbor.h"

#define PREFIX "soft:"
#define ITEMS_MAX (TOKEN_KEYS_MAX + 1) /* keys, and as many marks */
#define FILE_MAX_LEN 8192
#define SERIAL_BYTES 8
#define TRIES_MAX 8 /* to draw a scalar; one in 2^32 is refused */
#define MAGIC "imeilock development key file"

struct key {
	char label[TOKEN_LABEL_MAX + 1];
	struct secret_scalar scalar;
};

struct mark {
	char label[TOKEN_LABEL_MAX + 1];
	uint8_t byte[TOKEN_MARK_MAX];
	size_t len;
};

/* What is in the file. */
struct content {
	char serial[17];
	struct sha256 pin; /* hash of serial and PIN */
	struct key key[ITEMS_MAX];
	size_t key_count;
	struct mark mark[ITEMS_MAX];
	size_t mark_count;
};

struct token {
	char path[FILE_PATH_MAX];
	pthread_mutex_t lock; /* of content: many may sign at once */
	struct content content;
};

/* ------------------------------------------------------------- the file */

static enum status
store(const struct token *token)
{
	const struct content *content = &token->content;
	uint8_t buf[FILE_MAX_LEN];
	struct cbor_out out;
	struct bytes encoded;
	enum status status;

	cbor_out_init(&out, buf, sizeof(buf));
	cbor_put_array(&out, 5);
	cbor_put_text(&out, MAGIC);
	cbor_put_text(&out, content->serial);
	cbor_put_bytes(&out, bytes_of(content->pin.byte, SHA256_LEN));
	cbor_put_array(&out, content->key_count);
	for (size_t i = 0; i < content->key_count; i++) {
		cbor_put_array(&out, 2);
		cbor_put_text(&out, content->key[i].label);
		cbor_put_bytes(&out, bytes_of(content->key[i].scalar.byte,
					      ES256_PRIVATE_LEN));
	}
	cbor_put_array(&out, content->mark_count);
	for (size_t i = 0; i < content->mark_count; i++) {
		cbor_put_array(&out, 2);
		cbor_put_text(&out, content->mark[i].label);
		cbor_put_bytes(&out, bytes_of(content->mark[i].byte,
					      content->mark[i].len));
	}
	status = cbor_out_end(&out, &encoded);
	if (status == ST_OK && file_replace(token->path, encoded) != ST_OK)
		status = ST_HSM_TOKEN_FAILED;
	bytes_wipe(buf, sizeof(buf));
	return status;
}

static size_t
get_count(struct cbor_in *in)
{
	size_t count = cbor_get_array(in);

	if (count > ITEMS_MAX) {
		cbor_fail(in, ST_CBOR_TYPE);
		return 0;
	}
	return count;
}

static void
get_keys(struct cbor_in *in, struct content *content)
{
	content->key_count = get_count(in);
	for (size_t i = 0; i < content->key_count; i++) {
		cbor_expect_array(in, 2);
		cbor_get_text_copy(in, content->key[i].label,
				   TOKEN_LABEL_MAX + 1);
		cbor_get_bytes_exact(in, content->key[i].scalar.byte,
				     ES256_PRIVATE_LEN);
	}
}

static void
get_marks(struct cbor_in *in, struct content *content)
{
	content->mark_count = get_count(in);
	for (size_t i = 0; i < content->mark_count; i++) {
		struct mark *mark = &content->mark[i];
		struct bytes byte;

		cbor_expect_array(in, 2);
		cbor_get_text_copy(in, mark->label, TOKEN_LABEL_MAX + 1);
		byte = cbor_get_bytes(in);
		if (byte.len == 0 || byte.len > TOKEN_MARK_MAX) {
			cbor_fail(in, ST_CBOR_TYPE);
			return;
		}
		memcpy(mark->byte, byte.ptr, byte.len);
		mark->len = byte.len;
	}
}

static enum status
decode(struct content *content, struct bytes data)
{
	char magic[sizeof(MAGIC)];
	struct cbor_in in;

	cbor_in_init(&in, data);
	cbor_expect_array(&in, 5);
	cbor_get_text_copy(&in, magic, sizeof(magic));
	if (strcmp(magic, MAGIC) != 0)
		cbor_fail(&in, ST_CBOR_TYPE);
	cbor_get_text_copy(&in, content->serial, sizeof(content->serial));
	cbor_get_bytes_exact(&in, content->pin.byte, SHA256_LEN);
	get_keys(&in, content);
	get_marks(&in, content);
	return cbor_in_end(&in) != ST_OK ? ST_HSM_TOKEN_FAILED : ST_OK;
}

static enum status
load(struct content *content, const char *path)
{
	uint8_t buf[FILE_MAX_LEN];
	size_t len;
	enum status status = file_read(path, buf, sizeof(buf), &len);

	if (status == ST_OK)
		status = decode(content, bytes_of(buf, len));
	else
		status = ST_HSM_TOKEN_FAILED;
	bytes_wipe(buf, sizeof(buf));
	return status;
}

/* --------------------------------------------------------------- opening */

static enum status
draw(void *out, size_t len)
{
	return getrandom(out, len, 0) == (ssize_t)len ? ST_OK
						      : ST_HSM_TOKEN_FAILED;
}

static enum status
pin_hash(struct sha256 *out, const struct content *content, const char *pin)
{
	struct bytes part[2] = {
		bytes_of(content->serial, strlen(content->serial)),
		bytes_of(pin, strlen(pin)),
	};

	return crypto_sha256(out, part, 2);
}

/* A file that is not there yet is a token that takes the PIN it is given. */
static enum status
create(struct token *token, const char *pin)
{
	struct content *content = &token->content;
	uint8_t serial[SERIAL_BYTES];
	enum status status = draw(serial, sizeof(serial));

	if (status != ST_OK)
		return status;
	for (size_t i = 0; i < SERIAL_BYTES; i++)
		snprintf(content->serial + 2 * i, 3, "%02x", serial[i]);
	status = pin_hash(&content->pin, content, pin);
	return status != ST_OK ? status : store(token);
}

static enum status
log_in(const struct content *content, const char *serial, const char *pin)
{
	struct sha256 hash;
	enum status status;

	if (serial != NULL && strcmp(serial, content->serial) != 0)
		return ST_HSM_TOKEN_CHANGED;
	status = pin_hash(&hash, content, pin);
	if (status != ST_OK)
		return status;
	return memcmp(&hash, &content->pin, sizeof(hash)) == 0 ? ST_OK
							       : ST_HSM_PIN;
}

static enum status
open_file(struct token *token, const char *serial, const char *pin)
{
	enum status status;

	if (access(token->path, F_OK) != 0)
		return serial != NULL ? ST_HSM_TOKEN_ABSENT
				      : create(token, pin);
	status = load(&token->content, token->path);
	return status != ST_OK ? status : log_in(&token->content, serial, pin);
}

static void
software_close(struct token *token)
{
	if (token == NULL)
		return;
	pthread_mutex_destroy(&token->lock);
	bytes_wipe(token, sizeof(*token));
	free(token);
}

static enum status
software_open(struct token **out, const char *address, const char *serial,
	      const char *pin)
{
	const char *path = address + strlen(PREFIX);
	struct token *token;
	enum status status;

	*out = NULL;
	if (*path == '\0' || strlen(path) >= FILE_PATH_MAX)
		return ST_HSM_ADDRESS;
	token = calloc(1, sizeof(*token));
	if (token == NULL)
		return ST_STATION_MEMORY;
	pthread_mutex_init(&token->lock, NULL);
	strcpy(token->path, path);
	status = open_file(token, serial, pin);
	if (status != ST_OK) {
		software_close(token);
		return status;
	}
	signer_log("software keys in use: development only");
	*out = token;
	return ST_OK;
}

static void
software_info(struct token *token, struct token_info *out)
{
	memset(out, 0, sizeof(*out));
	strcpy(out->label, "software");
	strcpy(out->serial, token->content.serial);
}

/* ------------------------------------------------------------------ keys */

static const struct key *
find_key(const struct content *content, const char *label)
{
	for (size_t i = 0; i < content->key_count; i++)
		if (strcmp(content->key[i].label, label) == 0)
			return &content->key[i];
	return NULL;
}

static enum status
draw_scalar(struct secret_scalar *scalar)
{
	enum status status = ST_CRYPTO_SCALAR;

	for (int i = 0; i < TRIES_MAX && status == ST_CRYPTO_SCALAR; i++) {
		struct crypto_key key;

		status = draw(scalar->byte, sizeof(scalar->byte));
		if (status != ST_OK)
			return status;
		status = crypto_key_open(&key, scalar);
		if (status == ST_OK)
			crypto_key_close(&key);
	}
	return status;
}

static enum status
generate(struct token *token, const char *label)
{
	struct content *content = &token->content;
	struct key *key = &content->key[content->key_count];
	enum status status;

	if (find_key(content, label) != NULL)
		return ST_HSM_EXISTS;
	if (content->key_count == ITEMS_MAX || strlen(label) > TOKEN_LABEL_MAX)
		return ST_HSM_TOKEN_FAILED;
	strcpy(key->label, label);
	status = draw_scalar(&key->scalar);
	if (status != ST_OK)
		return status;
	content->key_count++;
	status = store(token);
	if (status != ST_OK)
		content->key_count--;
	return status;
}

static enum status
software_generate(struct token *token, const char *label)
{
	enum status status;

	pthread_mutex_lock(&token->lock);
	status = generate(token, label);
	pthread_mutex_unlock(&token->lock);
	return status;
}

static enum status
open_key(struct crypto_key *out, struct token *token, const char *label)
{
	const struct key *key;
	enum status status = ST_HSM_KEY_ABSENT;

	pthread_mutex_lock(&token->lock);
	key = find_key(&token->content, label);
	if (key != NULL)
		status = crypto_key_open(out, &key->scalar);
	pthread_mutex_unlock(&token->lock);
	return status;
}

static enum status
software_public_key(struct token *token, const char *label,
		    struct public_key *out)
{
	struct crypto_key key;
	enum status status = open_key(&key, token, label);

	memset(out, 0, sizeof(*out));
	if (status != ST_OK)
		return status;
	status = crypto_key_public(out, &key);
	crypto_key_close(&key);
	return status;
}

static enum status
software_sign(struct token *token, const char *label,
	      const struct sha256 *digest, struct signature *out)
{
	struct crypto_key key;
	enum status status = open_key(&key, token, label);

	memset(out, 0, sizeof(*out));
	if (status != ST_OK)
		return status;
	status = crypto_key_sign(out, &key, digest);
	crypto_key_close(&key);
	return status;
}

/* ----------------------------------------------------------------- marks */

/* Another process may have moved a mark, as with any token. */
static enum status
reload(struct token *token)
{
	struct content fresh;
	enum status status;

	memset(&fresh, 0, sizeof(fresh));
	status = load(&fresh, token->path);
	if (status == ST_OK)
		token->content = fresh;
	bytes_wipe(&fresh, sizeof(fresh));
	return status;
}

static struct mark *
find_mark(struct content *content, const char *label)
{
	for (size_t i = 0; i < content->mark_count; i++)
		if (strcmp(content->mark[i].label, label) == 0)
			return &content->mark[i];
	return NULL;
}

static enum status
mark_read(struct token *token, const char *label, uint8_t *out, size_t size,
	  size_t *len)
{
	const struct mark *mark;
	enum status status = reload(token);

	*len = 0;
	if (status != ST_OK)
		return status;
	mark = find_mark(&token->content, label);
	if (mark == NULL)
		return ST_OK;
	if (mark->len > size)
		return ST_HSM_MARK;
	memcpy(out, mark->byte, mark->len);
	*len = mark->len;
	return ST_OK;
}

static enum status
software_mark_read(struct token *token, const char *label, uint8_t *out,
		   size_t size, size_t *len)
{
	enum status status;

	pthread_mutex_lock(&token->lock);
	status = mark_read(token, label, out, size, len);
	pthread_mutex_unlock(&token->lock);
	return status;
}

static enum status
mark_write(struct token *token, const char *label, struct bytes value)
{
	struct content *content = &token->content;
	struct mark *mark = find_mark(content, label);
	struct content before;
	enum status status;

	if (value.len == 0 || value.len > TOKEN_MARK_MAX ||
	    strlen(label) > TOKEN_LABEL_MAX ||
	    (mark == NULL && content->mark_count == ITEMS_MAX))
		return ST_HSM_MARK;
	before = *content;
	if (mark == NULL)
		mark = &content->mark[content->mark_count++];
	strcpy(mark->label, label);
	memcpy(mark->byte, value.ptr, value.len);
	mark->len = value.len;
	status = store(token);
	if (status != ST_OK)
		*content = before;
	bytes_wipe(&before, sizeof(before));
	return status;
}

static enum status
software_mark_write(struct token *token, const char *label, struct bytes value)
{
	enum status status;

	pthread_mutex_lock(&token->lock);
	status = mark_write(token, label, value);
	pthread_mutex_unlock(&token->lock);
	return status;
}

const struct token_ops token_software = {
	.prefix = PREFIX,
	.open = software_open,
	.info = software_info,
	.generate = software_generate,
	.public_key = software_public_key,
	.sign = software_sign,
	.mark_read = software_mark_read,
	.mark_write = software_mark_write,
	.close = software_close,
};
