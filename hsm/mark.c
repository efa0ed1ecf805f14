/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/mark.h"

#include "hsm/value.h"

enum status
mark_encode(struct bytes *out, uint8_t buf[TOKEN_MARK_MAX],
	    const struct mark *mark)
{
	struct cbor_out cbor;

	cbor_out_init(&cbor, buf, TOKEN_MARK_MAX);
	cbor_put_array(&cbor, 4);
	cbor_put_uint(&cbor, mark->generation);
	value_put_head(&cbor, &mark->reg);
	value_put_intervals(&cbor, mark->interval, mark->count);
	cbor_put_array(&cbor, mark->count);
	for (unsigned int i = 0; i < mark->count; i++)
		cbor_put_uint(&cbor, mark->next[i]);
	return cbor_out_end(&cbor, out);
}

static void
get_next(struct cbor_in *in, struct mark *mark)
{
	cbor_expect_array(in, mark->count);
	for (unsigned int i = 0; i < mark->count; i++) {
		mark->next[i] = cbor_get_uint_max(in, IMEI_BODY_MAX + 1);
		if (mark->next[i] < mark->interval[i].first.body ||
		    mark->next[i] > mark->interval[i].last.body + 1)
			cbor_fail(in, ST_CBOR_TYPE);
	}
}

enum status
mark_decode(struct mark *mark, struct bytes encoded)
{
	struct cbor_in in;

	memset(mark, 0, sizeof(*mark));
	cbor_in_init(&in, encoded);
	cbor_expect_array(&in, 4);
	mark->generation = cbor_get_uint(&in);
	value_get_head(&in, &mark->reg);
	mark->count = value_get_intervals(&in, mark->interval);
	get_next(&in, mark);
	if (cbor_in_end(&in) == ST_OK && mark->generation > 0)
		return ST_OK;
	memset(mark, 0, sizeof(*mark));
	return ST_HSM_MARK;
}

bool
mark_fits(const struct mark *mark, const struct interval *interval,
	  unsigned int count)
{
	if (mark->count != count)
		return false;
	for (unsigned int i = 0; i < count; i++)
		if (mark->interval[i].first.body != interval[i].first.body ||
		    mark->interval[i].last.body != interval[i].last.body)
			return false;
	return true;
}

static uint64_t
rebased(const struct mark *mark, const struct interval *interval)
{
	uint64_t next = interval->first.body;

	for (unsigned int i = 0; i < mark->count; i++)
		if (interval_overlaps(&mark->interval[i], interval) &&
		    mark->next[i] > next)
			next = mark->next[i];
	return next > interval->last.body ? interval->last.body + 1 : next;
}

void
mark_rebase(struct mark *mark, const struct interval *interval,
	    unsigned int count)
{
	struct mark before = *mark;

	mark->count = count;
	for (unsigned int i = 0; i < count; i++) {
		mark->interval[i] = interval[i];
		mark->next[i] = rebased(&before, &interval[i]);
	}
}
