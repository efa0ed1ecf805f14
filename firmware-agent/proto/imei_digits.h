/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imei_digits.h - an IMEI as a row of digit values, one a byte.
 *
 * What the text forms (imei.c) and the binary forms (imei_code.c) share;
 * everybody else includes imei.h.
 */
#ifndef IMEILOCK_PROTO_IMEI_DIGITS_H
#define IMEILOCK_PROTO_IMEI_DIGITS_H

#include "proto/imei.h"

#define IMEI_NO_DIGIT 0x0f /* the filler nibble: no decoder takes it */

/* The fourteen digits; IMEI_NO_DIGIT in each place if imei is not valid. */
void imei_digits(uint8_t out[IMEI_BODY_LEN], struct imei imei);

/* ST_IMEI_FORMAT for a value above 9, ST_IMEI_ZERO */
MUST_CHECK enum status imei_of_digits(struct imei *out,
				      const uint8_t digit[IMEI_BODY_LEN]);

/* The same with a fifteenth, the check digit or 0; else ST_IMEI_CHECK. */
MUST_CHECK enum status imei_of_all_digits(struct imei *out,
					  enum imei_form *form,
					  const uint8_t digit[IMEI_LEN]);

/* The same with two digits of software version; ST_IMEI_SVN */
MUST_CHECK enum status imeisv_of_digits(struct imeisv *out,
					const uint8_t digit[IMEISV_LEN]);

#endif
