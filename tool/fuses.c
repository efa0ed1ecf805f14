/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/fuses.h"

#include <stdio.h>

#include "station/ask.h"
#include "tool/lang.h"

#define INSPECT_MS 30000
#define MASK_SIZE 32

/* One look at a unit. */
struct look {
	struct output *out;
	struct device device;
	struct hello hello;
	struct deadline deadline;
};

/* Those that it can burn, burnt already or not. */
static void
show_lock_fuses(struct output *out, const struct hello *hello)
{
	const char *word[PROFILE_FUSES];
	size_t count = 0;

	for (unsigned int i = 0; i < PROFILE_FUSES; i++)
		if ((hello->fuses & 1u << i) != 0)
			word[count++] = profile_fuse[i];
	row_list(out, "lock_fuses", word, count);
}

static void
show_hello(struct output *out, const struct hello *hello)
{
	row_begin(out, "unit");
	row_text(out, "model", hello->model);
	row_text(out, "agent", hello->version);
	row_bool(out, "factory_build", hello->is_factory_build);
	row_text(out, "class", text_class(hello->class));
	row_hex(out, "chip", chip_id_bytes(&hello->chip));
	row_text(out, "state", text_device_state(hello->state));
	row_text(out, "secret", text_field_state(hello->secret));
	row_uint(out, "layout", hello->layout);
	row_uint(out, "burnt_words", hello->burnt_words);
	row_text(out, "words", text_word_kind(hello->word_kind));
	row_uint(out, "modem_slots", hello->modem_slots);
	row_uint(out, "lock_units", hello->lock_units);
	row_bool(out, "lock_permanent", hello->is_lock_permanent);
	row_bool(out, "refusal_harmless", hello->is_refusal_harmless);
	row_bool(out, "random_source", hello->has_random);
	row_bool(out, "secret_hidden", hello->is_secret_hidden);
	row_bool(out, "virtual", hello->is_virtual);
	row_text(out, "debug", text_debug(hello->debug));
	row_bool(out, "secure_boot", hello->is_secure_boot);
	show_lock_fuses(out, hello);
	row_end(out);
}

/* --------------------------------------------------------------- read-back */

static void
header_text(char *out, size_t size, const struct image_payload *payload)
{
	struct image_header header;

	if (!image_payload_header(&header, payload)) {
		(void)snprintf(out, size, "%s", lang("none that is made"));
		return;
	}
	(void)snprintf(out, size, lang("%s, slots 0x%x, primary slot %d"),
		       text_class(header.class), (unsigned int)header.slot_mask,
		       header.primary + 1);
}

/* What a copy says, in words; empty unless it is valid. */
static void
copy_text(char *out, size_t size, const struct image *image,
	  enum image_field field, enum image_copy copy)
{
	struct image_payload payload;
	struct sha256 digest;
	struct imei imei;

	out[0] = '\0';
	if (field == FIELD_SECRET ||
	    image_copy_state(image, field, copy) != COPY_VALID)
		return;
	image_copy_payload(&payload, image, field, copy);
	if (field == FIELD_HEADER)
		header_text(out, size, &payload);
	else if (field == FIELD_MARKER)
		(void)snprintf(out, size, "%s", lang("marked"));
	else if (field == FIELD_DIGEST &&
		 image_payload_digest(&digest, &payload))
		text_hex(out, size, bytes_of(digest.byte, SHA256_LEN));
	else if (field != FIELD_DIGEST &&
		 imei_decode_bcd(&imei, payload.word[0], payload.word[1]) ==
			 ST_OK)
		imei_format(out, imei);
	else
		(void)snprintf(out, size, "%s", lang("none that is made"));
}

static unsigned int
count_health(const struct image *image, enum image_field field,
	     enum word_health health)
{
	unsigned int first = image_kill_word(field, COPY_A);
	unsigned int words = image_copy_words(field) * IMAGE_COPIES;
	unsigned int count = 0;

	for (unsigned int i = first; i < first + words; i++)
		count += image->health[i] == health;
	return count;
}

static void
show_field(struct output *out, const struct read_token *token,
	   const struct image_view *view, enum image_field field)
{
	const struct image *image = &token->image;
	bool is_hidden = field == FIELD_SECRET;
	char a[2 * SHA256_LEN + 1], b[2 * SHA256_LEN + 1];

	copy_text(a, sizeof(a), image, field, COPY_A);
	copy_text(b, sizeof(b), image, field, COPY_B);
	row_begin(out, "field");
	row_text(out, "field", text_field(field));
	row_text(out, "state", text_field_state(view->field[field]));
	row_text(out, "copy_a",
		 is_hidden ? lang("hidden")
			   : text_copy_state(
				     image_copy_state(image, field, COPY_A)));
	row_text(out, "copy_b",
		 is_hidden ? lang("hidden")
			   : text_copy_state(
				     image_copy_state(image, field, COPY_B)));
	row_uint(out, "corrected", count_health(image, field, WORD_CORRECTED));
	row_uint(out, "unreadable",
		 count_health(image, field, WORD_UNREADABLE));
	row_text(out, "a_says", a[0] != '\0' ? a : NULL);
	row_text(out, "b_says",
		 b[0] == '\0'	    ? NULL
		 : text_equal(a, b) ? lang("the same")
				    : b);
	row_end(out);
}

static const char *
stage_name(enum image_stage stage)
{
	static const char *const name[] = {
		[IMAGE_BLANK] = "blank",       [IMAGE_KEYED] = "keyed",
		[IMAGE_WRITING] = "writing",   [IMAGE_WRITTEN] = "written",
		[IMAGE_RECORDED] = "recorded", [IMAGE_MARKED] = "marked",
		[IMAGE_VOID] = "void",
	};
	unsigned int i = stage;

	return i < sizeof(name) / sizeof(name[0]) && name[i] != NULL
		       ? name[i]
		       : "unknown";
}

static void
show_image(struct output *out, const struct read_token *token)
{
	struct image_view view;

	image_view_open(&view, &token->image, token->secret);
	table_begin(out);
	for (int i = 0; i < IMAGE_FIELDS; i++)
		show_field(out, token, &view, (enum image_field)i);
	table_end(out);
	output_say(out, "%s", "");
	row_begin(out, "image");
	row_text(out, "stage", lang(stage_name(view.stage)));
	row_bool(out, "whole", view.is_whole);
	row_bool(out, "corrected", view.is_corrected);
	row_identity(out, "imei", &view.identity, true);
	row_end(out);
}

/* ---------------------------------------------------------------- evidence */

/* "1 2 4" for bits 0, 1 and 3; "none" */
static void
mask_text(char out[MASK_SIZE], unsigned int mask)
{
	size_t len = 0;

	for (unsigned int i = 0; i < 8; i++) {
		if ((mask >> i & 1) == 0)
			continue;
		if (len > 0)
			out[len++] = ' ';
		out[len++] = (char)('1' + i);
	}
	out[len] = '\0';
	if (len == 0)
		(void)snprintf(out, MASK_SIZE, "%s", lang("none"));
}

static void
show_locks(struct output *out, const struct evidence *evidence)
{
	char locked[MASK_SIZE], blank[MASK_SIZE];

	mask_text(locked, evidence->locked_mask);
	mask_text(blank, evidence->blank_canary_mask);
	row_begin(out, "locks");
	row_text(out, "state", text_device_state(evidence->state));
	row_uint(out, "lock_units", evidence->unit_count);
	row_text(out, "locked", locked);
	row_text(out, "blank_canaries", blank);
	row_text(out, "key_origin", text_origin(evidence->origin));
	row_status(out, "boot_check", evidence->boot);
	row_end(out);
}

static void
show_stored(struct output *out, const struct hello *hello)
{
	const char *name[STORED_COUNT];
	size_t count = 0;

	for (int i = STORED_TICKET_CERT; i <= STORED_COUNT; i++)
		if ((hello->stored_mask >> (i - 1) & 1) != 0)
			name[count++] = text_stored((enum stored)i);
	row_begin(out, "stored");
	row_list(out, "stored", name, count);
	row_end(out);
}

static enum status
look_inside(struct look *look)
{
	struct read_token token;
	struct evidence evidence;
	struct object object;
	enum status st = ask_read(&token, &object, &look->device,
				  &look->hello.chip, look->deadline);

	if (st != ST_OK)
		return st;
	output_say(look->out, "%s", "");
	show_image(look->out, &token);
	st = ask_attest(&evidence, &object, &look->device, &look->hello.chip,
			look->deadline);
	if (st != ST_OK)
		return st;
	output_say(look->out, "%s", "");
	show_locks(look->out, &evidence);
	return ST_OK;
}

static enum status
look_at(struct look *look, const char *address)
{
	enum status st = device_open(&look->device, address, look->deadline);

	if (st == ST_OK)
		st = device_hello(&look->device, &look->hello, look->deadline);
	if (st != ST_OK)
		return st;
	show_hello(look->out, &look->hello);
	if (look->hello.secret == FIELD_DONE)
		st = look_inside(look);
	else
		output_say(look->out, "The unit has no key yet: it can sign "
				      "nothing, and shows no more.");
	show_stored(look->out, &look->hello);
	return st;
}

enum status
fuses_inspect(struct cli *cli, const char *address)
{
	struct look look;
	enum status st;

	memset(&look, 0, sizeof(look));
	look.out = &cli->out;
	look.deadline = deadline_in(INSPECT_MS);
	st = look_at(&look, address);
	device_close(&look.device);
	if (st != ST_OK && cli->detail[0] == '\0')
		cmd_detail(cli, "%s", address);
	return st;
}
