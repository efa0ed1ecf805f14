/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value.h - values in CBOR that the wire, the register and the mark share.
 *
 * X_put appends one item; X_get takes one, latches ST_CBOR_TYPE for another
 * shape, and leaves a cleared value then.
 */
#ifndef IMEILOCK_HSM_VALUE_H
#define IMEILOCK_HSM_VALUE_H

#include "hsm/client.h"
#include "proto/cbor.h"

void value_put_class(struct cbor_out *out, enum dev_class class);
enum dev_class value_get_class(struct cbor_in *in);

/* 0 for none, otherwise an enum key_role. */
void value_put_role(struct cbor_out *out, enum key_role role);
enum key_role value_get_role(struct cbor_in *in);

void value_put_key(struct cbor_out *out, const struct public_key *key);
void value_get_key(struct cbor_in *in, struct public_key *key);

void value_put_hash(struct cbor_out *out, const struct sha256 *hash);
void value_get_hash(struct cbor_in *in, struct sha256 *hash);

void value_put_ledger(struct cbor_out *out, const struct ledger_id *ledger);
void value_get_ledger(struct cbor_in *in, struct ledger_id *ledger);

void value_put_chip(struct cbor_out *out, const struct chip_id *chip);
void value_get_chip(struct cbor_in *in, struct chip_id *chip);

/* [count, hash] */
void value_put_head(struct cbor_out *out, const struct chain_head *head);
void value_get_head(struct cbor_in *in, struct chain_head *head);

/* A number, or null for none. */
void value_put_imei(struct cbor_out *out, struct imei imei);
struct imei value_get_imei(struct cbor_in *in);

/* [[first, last], ...], any valid numbers: what they must be is checked by
 * interval_check. */
void value_put_intervals(struct cbor_out *out, const struct interval *interval,
			 unsigned int count);
unsigned int value_get_intervals(struct cbor_in *in,
				 struct interval interval[INTERVALS_MAX]);

/* Printable ASCII of 1 to size - 1 bytes, ended in NUL, as claims have it. */
void value_get_text(struct cbor_in *in, char *out, size_t size);

/* A byte string of at most OBJECT_MAX bytes. */
void value_put_object(struct cbor_out *out, const struct object *object);
void value_get_object(struct cbor_in *in, struct object *object);

/*
 * What intervals of a certificate must be: one to INTERVALS_MAX, ascending,
 * disjoint, each of one TAC; test TACs for development and none for
 * production.
 *   ST_HSM_INTERVAL, ST_HSM_TEST_TAC
 */
MUST_CHECK enum status interval_check(const struct interval *interval,
				      unsigned int count, enum dev_class class);
bool interval_overlaps(const struct interval *a, const struct interval *b);
static inline bool
interval_has(const struct interval *interval, struct imei imei)
{
	return imei.body >= interval->first.body &&
	       imei.body <= interval->last.body;
}

#endif
