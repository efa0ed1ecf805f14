/* SPDX-License-Identifier: Apache-2.0 */
/* The signer's register: what survives a cut, and what is damage. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "hsm/item.h"
#include "hsm/register.h"
#include "support/folder.h"

#define FILE_MAX 65536
#define FIRST_BODY UINT64_C(101700000000)

struct world {
	char folder[FOLDER_MAX];
	char path[FOLDER_PATH_MAX];
	uint8_t file[FILE_MAX];
	size_t len;
};

static int
set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	assert_int_equal(crypto_init(), ST_OK);
	folder_make(world->folder);
	folder_path(world->path, world->folder, "register");
	*state = world;
	return 0;
}

static int
tear_down(void **state)
{
	struct world *world = *state;

	folder_remove(world->folder);
	free(world);
	return 0;
}

static struct chip_id
chip_of(unsigned int n)
{
	struct chip_id chip = {.len = CHIP_ID_MIN};

	chip.byte[0] = 1;
	chip.byte[6] = (uint8_t)(n >> 8);
	chip.byte[7] = (uint8_t)n;
	return chip;
}

/* Two numbers for chip n. */
static struct entry
ticket_of(unsigned int n)
{
	struct entry entry = {.kind = ENTRY_TICKET, .chip = chip_of(n)};

	identity_init(&entry.identity);
	entry.identity.slot[0].body = FIRST_BODY + 2 * n;
	entry.identity.slot[1].body = FIRST_BODY + 2 * n + 1;
	entry.key.xy[0] = (uint8_t)n;
	return entry;
}

static struct hsm_register *
open_good(const struct world *world)
{
	struct hsm_register *reg;

	assert_int_equal(register_open(&reg, world->path, NULL, NULL), ST_OK);
	return reg;
}

static enum status
open_status(const struct world *world)
{
	struct hsm_register *reg;
	enum status status = register_open(&reg, world->path, NULL, NULL);

	assert_true((reg != NULL) == (status == ST_OK));
	register_close(reg);
	return status;
}

static void
append_tickets(const struct world *world, unsigned int first,
	       unsigned int count)
{
	struct hsm_register *reg = open_good(world);

	for (unsigned int i = first; i < first + count; i++) {
		struct entry entry = ticket_of(i);

		assert_int_equal(register_append(reg, &entry), ST_OK);
	}
	register_close(reg);
}

static void
read_file(struct world *world)
{
	FILE *file = fopen(world->path, "rb");

	assert_non_null(file);
	world->len = fread(world->file, 1, sizeof(world->file), file);
	assert_in_range(world->len, 1, sizeof(world->file) - 1);
	fclose(file);
}

static void
write_file(const struct world *world, size_t len)
{
	FILE *file = fopen(world->path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(world->file, 1, len, file), len);
	fclose(file);
}

static uint64_t
count_of(const struct world *world)
{
	struct hsm_register *reg = open_good(world);
	struct chain_head head;

	register_head(reg, &head);
	register_close(reg);
	return head.count;
}

static void
empty_register_has_nothing(void **state)
{
	struct world *world = *state;
	struct hsm_register *reg = open_good(world);
	struct chip_id chip = chip_of(1);
	struct chain_head head;
	struct sha256 hash;
	struct entry entry;
	struct stat stat_of;
	bool found;

	register_head(reg, &head);
	assert_int_equal(head.count, 0);
	assert_true(bytes_are(bytes_of(head.hash.byte, SHA256_LEN), 0));
	assert_int_equal(register_at(reg, 0, &hash), ST_OK);
	assert_int_equal(register_at(reg, 1, &hash), ST_HSM_REGISTER_OLD);
	assert_int_equal(register_find_chip(reg, &chip, &entry, &found), ST_OK);
	assert_false(found);
	assert_int_equal(stat(world->path, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 0777, 0600);
	register_close(reg);
}

static void
finds_again_what_was_appended(void **state)
{
	struct world *world = *state;
	struct interval all = {{FIRST_BODY}, {FIRST_BODY + 999999}};
	struct interval few = {{FIRST_BODY}, {FIRST_BODY + 100}};
	struct hsm_register *reg;

	append_tickets(world, 0, 300);
	append_tickets(world, 300, 300);
	reg = open_good(world);
	for (unsigned int i = 0; i < 600; i++) {
		struct chip_id chip = chip_of(i);
		struct imei imei = {FIRST_BODY + 2 * i + 1};
		struct entry entry;
		bool found;

		assert_int_equal(register_find_chip(reg, &chip, &entry, &found),
				 ST_OK);
		assert_true(found);
		assert_int_equal(entry.identity.slot[0].body,
				 FIRST_BODY + 2 * i);
		assert_int_equal(register_find_imei(reg, imei, &entry, &found),
				 ST_OK);
		assert_true(found && chip_id_equal(&entry.chip, &chip));
		assert_int_equal(entry.key.xy[0], (uint8_t)i);
	}
	assert_int_equal(register_highest(reg, &all).body, FIRST_BODY + 1199);
	assert_int_equal(register_highest(reg, &few).body, FIRST_BODY + 100);
	register_close(reg);
}

static void
hash_at_is_the_head_of_then(void **state)
{
	struct world *world = *state;
	struct chain_head head[5];
	struct hsm_register *reg = open_good(world);

	for (unsigned int i = 0; i < 5; i++) {
		struct entry entry = ticket_of(i);

		assert_int_equal(register_append(reg, &entry), ST_OK);
		register_head(reg, &head[i]);
		assert_int_equal(head[i].count, i + 1);
	}
	register_close(reg);
	reg = open_good(world);
	for (unsigned int i = 0; i < 5; i++) {
		struct sha256 hash;

		assert_int_equal(register_at(reg, i + 1, &hash), ST_OK);
		assert_memory_equal(&hash, &head[i].hash, sizeof(hash));
	}
	register_close(reg);
}

/* P8: a cut in the middle of the last entry costs that entry, no other. */
static void
torn_tail_is_cut_off_at_every_byte(void **state)
{
	struct world *world = *state;
	size_t before;

	append_tickets(world, 0, 2);
	read_file(world);
	before = world->len;
	append_tickets(world, 2, 1);
	read_file(world);
	for (size_t len = before; len < world->len; len++) {
		struct stat stat_of;

		write_file(world, len);
		assert_int_equal(count_of(world), 2);
		assert_int_equal(stat(world->path, &stat_of), 0);
		assert_int_equal(stat_of.st_size, before);
	}
	write_file(world, world->len);
	assert_int_equal(count_of(world), 3);
}

static void
goes_on_behind_a_torn_tail(void **state)
{
	struct world *world = *state;

	append_tickets(world, 0, 3);
	read_file(world);
	write_file(world, world->len - 7);
	append_tickets(world, 5, 2);
	assert_int_equal(count_of(world), 4);
}

/* A file system may have made the file longer, and not written the data. */
static void
zeros_at_the_end_are_a_torn_tail(void **state)
{
	struct world *world = *state;
	size_t before;

	append_tickets(world, 0, 2);
	read_file(world);
	before = world->len;
	append_tickets(world, 2, 1);
	read_file(world);
	for (size_t start = before; start < world->len - 8; start += 3) {
		read_file(world);
		memset(world->file + start, 0, world->len - start);
		write_file(world, world->len);
		assert_int_equal(count_of(world), 2);
		write_file(world, before);
		append_tickets(world, 2, 1);
	}
}

static void
flipped_bit_anywhere_is_damage(void **state)
{
	struct world *world = *state;

	append_tickets(world, 0, 3);
	read_file(world);
	for (size_t at = 0; at < world->len; at++) {
		uint8_t bit = (uint8_t)(1u << (at % 8));

		world->file[at] ^= bit;
		write_file(world, world->len);
		assert_int_equal(open_status(world), ST_HSM_REGISTER);
		world->file[at] ^= bit;
	}
	write_file(world, world->len);
	assert_int_equal(count_of(world), 3);
}

static size_t
item_len(const struct world *world, size_t at)
{
	size_t len;

	assert_true(item_head(&len, world->file + at));
	return ITEM_HEAD_LEN + len;
}

static void
removed_or_swapped_entry_is_damage(void **state)
{
	struct world *world = *state;
	uint8_t first[ITEM_MAX];
	size_t a, b;

	append_tickets(world, 0, 3);
	read_file(world);
	a = item_len(world, 0);
	b = item_len(world, a);
	memcpy(first, world->file, a);
	memmove(world->file, world->file + a, world->len - a);
	write_file(world, world->len - a);
	assert_int_equal(open_status(world), ST_HSM_REGISTER);
	memmove(world->file + b + a, world->file + b, world->len - a - b);
	memcpy(world->file + b, first, a);
	write_file(world, world->len);
	assert_int_equal(open_status(world), ST_HSM_REGISTER);
}

static void
one_process_at_a_time(void **state)
{
	struct world *world = *state;
	struct hsm_register *reg = open_good(world);

	assert_int_equal(open_status(world), ST_HSM_BUSY);
	register_close(reg);
	assert_int_equal(open_status(world), ST_OK);
}

static void
link_in_its_place_is_refused(void **state)
{
	struct world *world = *state;
	char other[FOLDER_PATH_MAX];

	folder_path(other, world->folder, "other");
	assert_int_equal(symlink(other, world->path), 0);
	assert_int_equal(open_status(world), ST_HSM_REGISTER);
}

/* A full disk: nothing of the entry stays, and later ones go on. */
static void
failed_write_leaves_the_file_as_it_was(void **state)
{
	struct world *world = *state;
	struct hsm_register *reg = open_good(world);
	struct entry entry = ticket_of(1);
	struct stat stat_of;
	int fds[64], count = 0, fd;

	assert_int_equal(register_append(reg, &entry), ST_OK);
	read_file(world);
	/* the descriptor behind the register's back: it cannot be written */
	for (fd = 3; fd < 64; fd++)
		if (fstat(fd, &stat_of) == 0 && S_ISREG(stat_of.st_mode) &&
		    stat_of.st_size == (off_t)world->len)
			fds[count++] = fd;
	assert_int_equal(count, 1);
	fd = open("/dev/full", O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(dup2(fd, fds[0]), fds[0]);
	close(fd);
	entry = ticket_of(2);
	assert_int_equal(register_append(reg, &entry), ST_HSM_REGISTER);
	/* what is there could not be cut off, so nothing more is taken */
	assert_int_equal(register_append(reg, &entry), ST_HSM_REGISTER);
	register_close(reg);
	assert_int_equal(count_of(world), 1);
}

struct seen {
	uint64_t count;
	enum status answer;
};

static enum status
see(void *ctx, const struct entry *entry)
{
	struct seen *seen = ctx;

	assert_int_equal(entry->number, ++seen->count);
	return entry->number == 3 ? seen->answer : ST_OK;
}

static void
each_entry_is_shown_and_may_be_refused(void **state)
{
	struct world *world = *state;
	struct seen seen = {0, ST_OK};
	struct hsm_register *reg;

	append_tickets(world, 0, 5);
	assert_int_equal(register_open(&reg, world->path, see, &seen), ST_OK);
	assert_int_equal(seen.count, 5);
	register_close(reg);
	seen = (struct seen){0, ST_HSM_CLASS};
	assert_int_equal(register_open(&reg, world->path, see, &seen),
			 ST_HSM_CLASS);
	assert_null(reg);
}

/* Every kind comes back as it went in. */
static void
entries_of_every_kind_survive(void **state)
{
	struct world *world = *state;

	(void)world;
	for (int kind = ENTRY_ROLE; kind < ENTRY_KINDS; kind++) {
		struct entry entry = ticket_of(7), back;
		struct sha256 before = {{9}}, hash, was;
		uint8_t buf[ITEM_MAX];
		struct bytes item;

		entry.kind = (enum entry_kind)kind;
		entry.number = 12;
		entry.time = 1700000000;
		entry.role = ROLE_LINE;
		entry.class = CLASS_DEVELOPMENT;
		strcpy(entry.serial, "0123456789abcdef");
		memset(entry.model, 'm', MODEL_MAX);
		memset(entry.reason, 'r', REASON_MAX);
		entry.object.len = OBJECT_MAX;
		entry.mark_len = TOKEN_MARK_MAX;
		entry.interval_count = INTERVALS_MAX;
		for (unsigned int i = 0; i < INTERVALS_MAX; i++)
			entry.interval[i] = (struct interval){{FIRST_BODY + i},
							      {FIRST_BODY + i}};
		assert_int_equal(
			item_encode(&item, buf, &hash, &entry, &before), ST_OK);
		item.ptr += ITEM_HEAD_LEN;
		item.len -= ITEM_HEAD_LEN;
		assert_int_equal(item_decode(&back, &was, &hash, item), ST_OK);
		assert_memory_equal(&was, &before, sizeof(was));
		assert_int_equal(back.kind, kind);
		assert_int_equal(back.number, 12);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(empty_register_has_nothing),
		TEST(finds_again_what_was_appended),
		TEST(hash_at_is_the_head_of_then),
		TEST(torn_tail_is_cut_off_at_every_byte),
		TEST(goes_on_behind_a_torn_tail),
		TEST(zeros_at_the_end_are_a_torn_tail),
		TEST(flipped_bit_anywhere_is_damage),
		TEST(removed_or_swapped_entry_is_damage),
		TEST(one_process_at_a_time),
		TEST(link_in_its_place_is_refused),
		TEST(failed_write_leaves_the_file_as_it_was),
		TEST(each_entry_is_shown_and_may_be_refused),
		TEST(entries_of_every_kind_survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
