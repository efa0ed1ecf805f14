/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions, and how threads share one: whoever comes while another commits
 * finds the door closed, and all who waited there go into the next transaction
 * together.  The last of them commits for all: one sync a group, and no delay
 * for a thread that is alone.
 */
#include "ledger/store_sqlite.h"

/* One call that waits for its group's commit; it stands on its thread's stack.
 */
struct member {
	struct member *next;
	enum status status; /* of the commit */
	bool is_done;
};

void
store_init(struct ledger *ledger)
{
	ledger->turn.fd = -1;
	(void)pthread_mutex_init(&ledger->mutex, NULL);
	(void)pthread_cond_init(&ledger->committed, NULL);
}

void
store_wipe(struct ledger *ledger)
{
	(void)pthread_cond_destroy(&ledger->committed);
	(void)pthread_mutex_destroy(&ledger->mutex);
}

static void
enter(struct ledger *ledger)
{
	atomic_fetch_add(&ledger->at_door, 1);
	(void)pthread_mutex_lock(&ledger->mutex);
	atomic_fetch_sub(&ledger->at_door, 1);
}

static void
leave(struct ledger *ledger)
{
	(void)pthread_mutex_unlock(&ledger->mutex);
}

/* The turn, and a transaction; is_lazy: the next one that is not syncs it. */
static enum status
begin(struct ledger *ledger, bool is_lazy)
{
	enum status status = turn_take(&ledger->turn, LEDGER_WAIT_MS);

	if (status != ST_OK)
		return status;
	status = db_sync_at_commit(ledger->db, !is_lazy);
	if (status == ST_OK)
		status = db_do(ledger->db, "BEGIN IMMEDIATE");
	if (status != ST_OK)
		turn_leave(&ledger->turn);
	return status;
}

/* ------------------------------------------------------------------- group */

static enum status
commit(struct ledger *ledger)
{
	struct chain_head head;
	enum status status = chain_head_read(ledger, &head);

	if (status == ST_OK)
		status = db_do(ledger->db, "COMMIT");
	if (status == ST_OK)
		ledger->durable = head;
	return status;
}

/* Tell all members what became of their group. */
static void
close_group(struct ledger *ledger, enum status status)
{
	if (status == ST_OK)
		status = commit(ledger);
	if (status != ST_OK)
		db_rollback(ledger->db);
	turn_leave(&ledger->turn);
	ledger->is_open = false;
	while (ledger->members != NULL) {
		struct member *member = ledger->members;

		ledger->members = member->next;
		member->status = status;
		member->is_done = true;
	}
	(void)pthread_cond_broadcast(&ledger->committed);
}

/* Whoever stands at the door comes in before the commit; the last one makes
 * it. */
static enum status
await_commit(struct ledger *ledger)
{
	struct member self = {.next = ledger->members};

	ledger->members = &self;
	if (db_is_idle(ledger->db)) /* SQLite has undone it all by itself */
		close_group(ledger, ST_LEDGER_FAILED);
	else if (atomic_load(&ledger->at_door) == 0)
		close_group(ledger, ST_OK);
	while (!self.is_done)
		(void)pthread_cond_wait(&ledger->committed, &ledger->mutex);
	return self.status;
}

/* ------------------------------------------------------------------ writing */

enum status
store_begin(struct ledger *ledger)
{
	enum status status = ST_OK;

	enter(ledger);
	ledger->is_first = !ledger->is_open;
	if (ledger->is_first) {
		status = begin(ledger, false);
		ledger->is_open = status == ST_OK;
	} else {
		status = db_do(ledger->db, "SAVEPOINT member");
		if (status != ST_OK)
			(void)await_commit(ledger);
	}
	if (status != ST_OK)
		leave(ledger);
	return status;
}

enum status
store_begin_lazy(struct ledger *ledger)
{
	enum status status;

	enter(ledger);
	if (ledger->is_open) {
		leave(ledger);
		return store_begin(ledger);
	}
	status = begin(ledger, true);
	ledger->is_lazy = status == ST_OK;
	if (status != ST_OK)
		leave(ledger);
	return status;
}

static enum status
end_lazy(struct ledger *ledger, enum status status)
{
	if (status == ST_OK)
		status = db_do(ledger->db, "COMMIT");
	if (status != ST_OK)
		db_rollback(ledger->db);
	turn_leave(&ledger->turn);
	ledger->is_lazy = false;
	return status;
}

/* What cannot be undone alone is undone with the whole group; the first has
 * nobody before it. */
static enum status
undo_member(struct ledger *ledger, enum status status)
{
	if (ledger->is_first)
		return status;
	if (status != ST_OK)
		status = db_do(ledger->db, "ROLLBACK TO member");
	return status == ST_OK ? db_do(ledger->db, "RELEASE member") : status;
}

static enum status
end_member(struct ledger *ledger, enum status status)
{
	enum status end = undo_member(ledger, status);

	if (end != ST_OK)
		db_rollback(ledger->db);
	end = await_commit(ledger);
	return status == ST_OK ? end : status;
}

enum status
store_end(struct ledger *ledger, enum status status)
{
	status = ledger->is_lazy ? end_lazy(ledger, status)
				 : end_member(ledger, status);
	leave(ledger);
	return status;
}

/* ------------------------------------------------------------------ reading */

enum status
store_begin_read(struct ledger *ledger)
{
	enum status status = ST_OK;

	enter(ledger);
	if (!ledger->is_open)
		status = db_do(ledger->db, "BEGIN");
	if (status != ST_OK)
		leave(ledger);
	return status;
}

/* What was read of an open group holds when the group does. */
enum status
store_end_read(struct ledger *ledger, enum status status)
{
	enum status end = ST_OK;

	if (ledger->is_open)
		end = await_commit(ledger);
	else
		db_rollback(ledger->db);
	leave(ledger);
	return status == ST_OK ? end : status;
}

/* ---------------------------------------------------------- between groups */

void
store_enter(struct ledger *ledger)
{
	enter(ledger);
	/* one that fails has undone nothing of what was there before */
	while (ledger->is_open)
		(void)await_commit(ledger);
}

void
store_leave(struct ledger *ledger)
{
	leave(ledger);
}

enum status
ledger_durable_head(struct ledger *ledger, bool is_newest,
		    struct chain_head *out)
{
	enum status status = ST_OK;

	store_enter(ledger);
	*out = ledger->durable;
	if (is_newest || out->count == 0) {
		status = chain_head_read(ledger, out);
		if (status == ST_OK)
			status = db_sync(ledger->db);
		if (status == ST_OK)
			ledger->durable = *out;
	}
	store_leave(ledger);
	return status;
}
