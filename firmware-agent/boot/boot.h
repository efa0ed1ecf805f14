/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.h - what a modem's start-up calls to learn its IMEI, and the check that
 * the phone is what its record says.
 *
 * Reads only.  It has its own way from fuses to digits, apart from the
 * agent's, so that the two can be held against each other.  Secure boot is its
 * precondition: whoever can replace this code is not stopped by it.
 */
#ifndef IMEILOCK_BOOT_BOOT_H
#define IMEILOCK_BOOT_BOOT_H

#include "port/port.h"
#include "proto/record.h"

/* What an agent or boot loader trusts: compiled in, made at the ceremony. */
struct boot_trust {
	struct public_key root;
	uint32_t min_epoch; /* of certificates, at permit and store */
	enum dev_class class;
};

/*
 * The IMEI of one modem slot (0 to SLOTS_MAX - 1) from the fuses in any
 * state, as the value of a TS 24.008 mobile identity with its check digit.
 *   ST_AGENT_STATE  nothing decodable is there
 */
MUST_CHECK enum status boot_decode(uint8_t mi[IMEI_MI_LEN],
				   const struct port *port, unsigned int slot);

/*
 * Good means: every lock unit locked, canaries blank, image whole, no copies
 * that disagree, the digest equal to the record's, the record's chip id and
 * identity equal to chip and fuses, its signature, role, class and
 * interval good under the root.  cert and record are what the store holds.
 *   ST_BOOT_RECORD_ABSENT, ST_BOOT_DIGEST, ST_BOOT_RECORD,
 *   ST_AGENT_NOT_LOCKED, ST_AGENT_LOCK_FAILED, ST_OTP_VOID, ST_OTP_INEXACT
 */
MUST_CHECK enum status boot_check(const struct port *port,
				  const struct boot_trust *trust,
				  struct bytes cert, struct bytes record);

/*
 * One line of the AT port of a modem slot (3GPP TS 27.007 5.4): AT, ATE0,
 * AT+CGSN, AT+CGSN=0..3, AT+CGSN=?.  line has no CR or LF.  out gets the
 * answer with CR LF around its parts; *len is its length, at most
 * AT_ANSWER_MAX.  The IMEI is decoded from the fuses at each call.
 */
#define AT_LINE_MAX 63
#define AT_ANSWER_MAX 64
void at_answer(char out[AT_ANSWER_MAX], size_t *len, const struct port *port,
	       unsigned int slot, struct bytes line);

/* What was received on an AT port and is no whole line yet.  A value: zero it
 * to begin. */
struct at_reader {
	uint8_t buf[AT_LINE_MAX];
	size_t len;
	bool is_too_long;
};

/*
 * Take one byte of an AT port.  True when it ends a line that at_answer is to
 * answer; *line is a view into the reader and holds until the next call.  A
 * line that is too long is given as an empty one, which nothing knows.
 */
MUST_CHECK bool at_reader_take(struct at_reader *reader, uint8_t byte,
			       struct bytes *line);

#endif
