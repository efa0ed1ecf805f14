/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/store.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "proto/crc.h"
#include "support/fake_port.h"

/* Objects of one generation: each object differs in length and content. */
struct set {
	uint8_t byte[STORED_COUNT][OBJECT_MAX];
	struct bytes object[STORED_COUNT];
};

static struct fake_port fake;

static int
set_up(void **state)
{
	(void)state;
	fake_port_init(&fake, WORDS_ADDITIVE, 1, 1);
	return 0;
}

static void
make_set(struct set *set, unsigned int generation)
{
	for (unsigned int i = 0; i < STORED_COUNT; i++) {
		memset(set->byte[i], (int)(16 * generation + i), OBJECT_MAX);
		set->object[i] =
			bytes_of(set->byte[i], 100 * i + 10 * generation + 3);
	}
}

static void
load(struct store_view *view, uint8_t *buf)
{
	assert_int_equal(store_load(view, buf, &fake.port), ST_OK);
}

static bool
is_set(const struct store_view *view, const struct bytes *object)
{
	for (unsigned int i = 0; i < STORED_COUNT; i++)
		if (!bytes_equal(view->object[i], object[i]))
			return false;
	return true;
}

static enum status
save(const struct set *set)
{
	uint8_t buf[STORE_OBJECTS_MAX];
	struct store_view view;

	load(&view, buf);
	return store_save(&view, set->object, &fake.port);
}

static void
assert_stored(const struct set *set)
{
	uint8_t buf[STORE_OBJECTS_MAX];
	struct store_view view;

	load(&view, buf);
	assert_true(is_set(&view, set->object));
}

static void
assert_empty(void)
{
	uint8_t buf[STORE_OBJECTS_MAX];
	struct store_view view;

	memset(&view, 0xa5, sizeof(view));
	load(&view, buf);
	assert_int_equal(view.sequence, 0);
	for (unsigned int i = 0; i < STORED_COUNT; i++)
		assert_int_equal(view.object[i].len, 0);
}

static void
test_a_new_store_is_empty(void **state)
{
	(void)state;
	assert_empty();
	memset(fake.store, 0, sizeof(fake.store));
	assert_empty();
}

static void
test_sectors_take_turns(void **state)
{
	struct store_view view;
	uint8_t buf[STORE_OBJECTS_MAX];
	struct set set;

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		make_set(&set, i);
		assert_int_equal(save(&set), ST_OK);
		assert_stored(&set);
		load(&view, buf);
		assert_int_equal(view.sequence, i + 1);
		assert_int_equal(view.sector, i % 2);
	}
}

static void
test_objects_may_be_none_and_may_fill_it(void **state)
{
	uint8_t all[STORE_OBJECTS_MAX];
	struct set set;

	(void)state;
	memset(&set, 0, sizeof(set));
	assert_int_equal(save(&set), ST_OK);
	assert_stored(&set);
	memset(all, 0x3e, sizeof(all));
	set.object[1] = bytes_of(all, sizeof(all) - 1);
	set.object[3] = bytes_of(all, 1);
	assert_int_equal(save(&set), ST_OK);
	assert_stored(&set);
}

static void
test_too_much_is_refused(void **state)
{
	uint8_t all[STORE_OBJECTS_MAX];
	struct set set, large = {0};

	(void)state;
	memset(all, 0x3e, sizeof(all));
	make_set(&set, 1);
	assert_int_equal(save(&set), ST_OK);
	large.object[0] = bytes_of(all, 1);
	large.object[2] = bytes_of(all, sizeof(all));
	assert_int_equal(save(&large), ST_AGENT_STORE);
	assert_stored(&set);
}

/* What is stored may be stored again from where it was loaded to. */
static void
test_views_may_be_stored_again(void **state)
{
	uint8_t buf[STORE_OBJECTS_MAX];
	struct store_view view;
	struct set set;

	(void)state;
	make_set(&set, 3);
	assert_int_equal(save(&set), ST_OK);
	load(&view, buf);
	view.object[0] = bytes_of("new", 3);
	assert_int_equal(store_save(&view, view.object, &fake.port), ST_OK);
	set.object[0] = bytes_of("new", 3);
	assert_stored(&set);
}

/* One save over stored_before saves, cut at one change. */
static void
cut_once(unsigned int saves_before, unsigned int cut_at, enum fake_tear tear)
{
	uint8_t buf[STORE_OBJECTS_MAX];
	struct store_view view;
	struct set old = {0}, new;

	fake_port_init(&fake, WORDS_ADDITIVE, 1, 1);
	for (unsigned int i = 0; i < saves_before; i++) {
		make_set(&old, i);
		assert_int_equal(save(&old), ST_OK);
	}
	make_set(&new, 9);
	fake.cut_at = fake.changes + cut_at;
	fake.tear = tear;
	assert_int_equal(save(&new), ST_PORT_POWER);
	fake_port_power_on(&fake);
	load(&view, buf);
	if (!is_set(&view, new.object))
		assert_true(is_set(&view, old.object));
	/* and it goes on from there */
	assert_int_equal(save(&new), ST_OK);
	assert_stored(&new);
	make_set(&old, 5);
	assert_int_equal(save(&old), ST_OK);
	assert_stored(&old);
}

/* An erase, the objects, the header: whatever the sectors held before. */
static void
test_a_cut_leaves_old_or_new(void **state)
{
	(void)state;
	for (unsigned int before = 0; before < 4; before++)
		for (unsigned int at = 1; at <= STORED_COUNT + 2; at++)
			for (unsigned int tear = 0; tear < FAKE_TEARS; tear++)
				cut_once(before, at, (enum fake_tear)tear);
}

/* Each byte at which a program may stop. */
static void
test_a_part_of_a_sector_never_counts(void **state)
{
	uint8_t whole[PORT_STORE_SECTOR_MIN];
	struct set old, new;
	size_t len = 0;

	(void)state;
	make_set(&old, 1);
	make_set(&new, 2);
	assert_int_equal(save(&old), ST_OK);
	assert_int_equal(save(&new), ST_OK);
	memcpy(whole, fake.store[1], sizeof(whole));
	for (unsigned int i = 0; i < STORED_COUNT; i++)
		len += new.object[i].len;
	len += 44; /* the header */
	for (size_t n = 0; n < len; n++) {
		memset(fake.store[1], 0xff, sizeof(whole));
		memcpy(fake.store[1], whole, n);
		assert_stored(&old);
	}
	memcpy(fake.store[1], whole, len);
	assert_stored(&new);
}

static void
test_each_bit_of_damage_is_found(void **state)
{
	struct set old, new;
	size_t len = 44;

	(void)state;
	make_set(&old, 1);
	make_set(&new, 2);
	assert_int_equal(save(&old), ST_OK);
	assert_int_equal(save(&new), ST_OK);
	for (unsigned int i = 0; i < STORED_COUNT; i++)
		len += new.object[i].len;
	for (size_t bit = 0; bit < 8 * len; bit++) {
		fake.store[1][bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_stored(&old);
		fake.store[1][bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_stored(&new);
}

static void
test_both_sectors_damaged_is_empty(void **state)
{
	struct set set;

	(void)state;
	for (unsigned int where = 0; where < 60; where++) {
		fake_port_init(&fake, WORDS_ADDITIVE, 1, 1);
		for (unsigned int i = 0; i < 4; i++) {
			make_set(&set, i);
			assert_int_equal(save(&set), ST_OK);
		}
		fake.store[0][where] ^= 0x10;
		fake.store[1][59 - where] ^= 0x01;
		assert_empty();
		assert_int_equal(save(&set), ST_OK);
		assert_stored(&set);
	}
}

static void
test_a_store_that_refuses(void **state)
{
	uint8_t buf[STORE_OBJECTS_MAX];
	struct store_view view;
	struct set old, new;

	(void)state;
	make_set(&old, 1);
	make_set(&new, 2);
	assert_int_equal(save(&old), ST_OK);
	fake.has_no_store = true;
	assert_int_equal(save(&new), ST_AGENT_STORE);
	assert_stored(&old);
	fake.is_gone = true;
	assert_int_equal(store_load(&view, buf, &fake.port), ST_PORT_POWER);
}

static void
put_word(uint8_t *at, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* A header that is whole, whoever made it. */
static void
forge_header(uint32_t sequence, uint32_t first_len, uint32_t last_len)
{
	uint8_t *header = fake.store[0];

	memset(header, 0, 44);
	memcpy(header, "ILS1", 4);
	put_word(header + 4, sequence);
	put_word(header + 8, first_len);
	put_word(header + 32, last_len);
	put_word(header + 40, crc32_of(bytes_of(header, 40)));
}

static void
test_lengths_out_of_bounds(void **state)
{
	const uint32_t lengths[] = {
		STORE_OBJECTS_MAX + 1,
		0x7fffffff,
		0x80000000,
		UINT32_MAX,
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(lengths) / sizeof(lengths[0]);
	     i++) {
		forge_header(1, lengths[i], 0);
		assert_empty();
		forge_header(1, 0, lengths[i]);
		assert_empty();
		forge_header(1, lengths[i], lengths[i]);
		assert_empty();
	}
}

/* It would leave no sequence for the next. */
static void
test_the_last_sequence_does_not_block_the_store(void **state)
{
	struct set set;

	(void)state;
	forge_header(UINT32_MAX, 0, 0);
	make_set(&set, 1);
	assert_int_equal(save(&set), ST_OK);
	assert_stored(&set);
	make_set(&set, 2);
	assert_int_equal(save(&set), ST_OK);
	assert_stored(&set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_new_store_is_empty, set_up),
		cmocka_unit_test_setup(test_sectors_take_turns, set_up),
		cmocka_unit_test_setup(test_objects_may_be_none_and_may_fill_it,
				       set_up),
		cmocka_unit_test_setup(test_too_much_is_refused, set_up),
		cmocka_unit_test_setup(test_views_may_be_stored_again, set_up),
		cmocka_unit_test_setup(test_a_cut_leaves_old_or_new, set_up),
		cmocka_unit_test_setup(test_a_part_of_a_sector_never_counts,
				       set_up),
		cmocka_unit_test_setup(test_each_bit_of_damage_is_found,
				       set_up),
		cmocka_unit_test_setup(test_both_sectors_damaged_is_empty,
				       set_up),
		cmocka_unit_test_setup(test_a_store_that_refuses, set_up),
		cmocka_unit_test_setup(test_lengths_out_of_bounds, set_up),
		cmocka_unit_test_setup(
			test_the_last_sequence_does_not_block_the_store,
			set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
