/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/state.h"
#include "ledger/store_sqlite.h"

/* Each chip that had an outcome in the time that is counted: its last one, and
 * its first one ever, with that one's number. */
#define OUTCOMES                                                               \
	"SELECT json_extract(last.detail, '$.told'), first.number > ?1,"       \
	" json_extract(first.detail, '$.told')"                                \
	" FROM (SELECT chip, max(number) AS number FROM event"                 \
	"        WHERE number > ?1 AND kind = 'outcome' GROUP BY chip) AS it"  \
	" JOIN event AS last ON last.number = it.number"                       \
	" JOIN event AS first ON first.number ="                               \
	"  (SELECT min(number) FROM event"                                     \
	"    WHERE event.chip = it.chip AND kind = 'outcome')"

static enum status
count_outcomes(struct ledger *ledger, uint64_t after, struct tally *out)
{
	struct db_query q;

	db_begin(&q, ledger->db, OUTCOMES);
	db_put_uint(&q, 1, after);
	while (db_next(&q))
		tally_add(out, code_parse(db_text(&q, 0)), db_int(&q, 1) != 0,
			  code_parse(db_text(&q, 2)));
	return db_end(&q);
}

enum status
ledger_tally(struct ledger *ledger, uint64_t after, struct tally *out)
{
	enum status status = store_begin_read(ledger);

	memset(out, 0, sizeof(*out));
	if (status != ST_OK)
		return status;
	return store_end_read(ledger, count_outcomes(ledger, after, out));
}

enum status
ledger_count_verified(struct ledger *ledger, uint64_t *after, uint64_t *count)
{
	enum status status = store_begin_read(ledger);
	struct db_query q;

	*count = 0;
	if (status != ST_OK)
		return status;
	db_begin(&q, ledger->db,
		 "SELECT coalesce(sum(kind = 'verified'), 0),"
		 " coalesce(max(number), ?1) FROM event WHERE number > ?1");
	db_put_uint(&q, 1, *after);
	if (db_next(&q)) {
		*count = db_uint(&q, 0);
		*after = db_uint(&q, 1);
	}
	return store_end_read(ledger, db_end(&q));
}
