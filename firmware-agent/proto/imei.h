/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imei.h - the IMEI as a value, and every form in which it is carried.
 *
 * Shared by tool and firmware: no allocation, no I/O, no globals.
 * Numbering: 3GPP TS 23.003 clause 6; allocation: GSMA TS.06.
 */
#ifndef IMEILOCK_PROTO_IMEI_H
#define IMEILOCK_PROTO_IMEI_H

#include "proto/bytes.h"
#include "proto/status.h"

#define IMEI_LEN 15	 /* digits of an IMEI with its check digit */
#define IMEI_BODY_LEN 14 /* digits of TAC and SNR: the identity itself */
#define IMEISV_LEN 16	 /* digits: the body and two of software version */
#define IMEI_TAC_LEN 8	 /* digits */
#define IMEI_TAC_MAX 99999999u
#define IMEI_SNR_MAX 999999u
#define IMEI_BODY_MAX UINT64_C(99999999999999)
#define IMEI_SVN_MAX 98		 /* 99 is reserved, TS 23.003 6.2.2 */
#define IMEI_MASKED_LEN 15	 /* "26053179****" and so on, no NUL */
#define IMEI_PRESENTATION_LEN 18 /* "26-053179-311383-7" */
#define IMEI_URN_LEN 32		 /* "urn:gsma:imei:26053179-311383-0" and NUL */
#define IMEI_UEID_LEN 15	 /* bytes */
#define IMEI_MI_LEN 8	/* bytes of a mobile identity value, type IMEI */
#define IMEISV_MI_LEN 9 /* bytes, type IMEISV */
#define IMEI_TBCD_LEN 8 /* bytes, IMEI with spare digit, or IMEISV */

/*
 * An IMEI without its check digit: 8 digits of TAC, then 6 of serial number,
 * kept as one number below 10^14 so that order, ranges and SQL are integer
 * work.  The check digit is computed when text is made, so a stored IMEI
 * cannot carry a wrong one.  IMEI_NONE is no IMEI; so is 0, which is refused.
 */
struct imei {
	uint64_t body;
};

#define IMEI_NONE ((struct imei){UINT64_MAX})

/* True for 1 to IMEI_BODY_MAX: not "none", and not the all-zero number. */
bool imei_is_valid(struct imei imei);

/* "None" unless tac and snr are within their limits and not both zero. */
struct imei imei_of(uint32_t tac, uint32_t snr);
uint32_t imei_tac(struct imei imei);
uint32_t imei_snr(struct imei imei);

/* The check digit, 0 to 9, of a valid imei (TS 23.003 annex B). */
unsigned int imei_check_digit(struct imei imei);

/*
 * A test number, never for production: reporting body 00 or 02 to 09
 * (GSMA TS.06).  TS.06 keeps 001001-001017, 0044 and 0086 within them.
 */
bool imei_is_test(struct imei imei);

/* The reporting body is one that GSMA has issued live TACs under (01, 35,
 * 86, 99).  An unknown one is a warning, never a refusal. */
bool imei_is_known_rbi(struct imei imei);

/*
 * Read an IMEI from text of len bytes; text need not end in NUL.  Exactly 15
 * ASCII digits and nothing else: no separators, no spare-digit form.  On
 * failure *out is "none", so a caller cannot go on with half an IMEI.
 *   ST_IMEI_FORMAT  len is not IMEI_LEN, or a byte is not an ASCII digit
 *   ST_IMEI_ZERO    all fourteen digits are zero
 *   ST_IMEI_CHECK   the last digit is not the check digit of the others
 *   ST_IMEI_SPARE   the same, and it is 0: a number as a network shows it
 */
MUST_CHECK enum status imei_parse(struct imei *out, const char *text,
				  size_t len);

/* The same for 14 digits without a check digit. */
MUST_CHECK enum status imei_parse_body(struct imei *out, const char *text,
				       size_t len);

/* How a check digit was given where the standards allow two forms. */
enum imei_form { IMEI_FORM_CHECK = 1, IMEI_FORM_SPARE };

/*
 * As imei_parse, for a number that came back from a network: the last digit
 * may be the spare digit 0.  *form says which it was (a check digit that is 0
 * counts as one).
 */
MUST_CHECK enum status imei_parse_network(struct imei *out,
					  enum imei_form *form,
					  const char *text, size_t len);

/* "26-053179-311383-7", the presentation form of TS 22.016 and labels. */
MUST_CHECK enum status imei_parse_presentation(struct imei *out,
					       const char *text, size_t len);

/* Each formats a valid imei and ends it in NUL; "none" gives an empty text. */
void imei_format(char out[IMEI_LEN + 1], struct imei imei);
void imei_format_body(char out[IMEI_BODY_LEN + 1], struct imei imei);
void imei_format_presentation(char out[IMEI_PRESENTATION_LEN + 1],
			      struct imei imei);

/* TAC and the last two digits stay: what a log may hold of an IMEI. */
void imei_format_masked(char out[IMEI_MASKED_LEN + 1], struct imei imei);

/* RFC 7254: the last field is always 0, never the check digit. */
void imei_format_urn(char out[IMEI_URN_LEN], struct imei imei);
MUST_CHECK enum status imei_parse_urn(struct imei *out, const char *text,
				      size_t len);

/* TAC, SNR and software version number; svn is 0 to IMEI_SVN_MAX. */
struct imeisv {
	struct imei imei;
	uint8_t svn;
};

/*
 *   ST_IMEI_FORMAT  not 16 ASCII digits
 *   ST_IMEI_ZERO    TAC and SNR are zero
 *   ST_IMEI_SVN     the version is 99, which is reserved
 */
MUST_CHECK enum status imeisv_parse(struct imeisv *out, const char *text,
				    size_t len);
void imeisv_format(char out[IMEISV_LEN + 1], struct imeisv sv);

/*
 * The value part of a mobile identity.  The type bits differ by carrier:
 *   TS 24.008 10.5.1.4  IMEI 2, IMEISV 3
 *   TS 24.301 (EPS)     IMEI 3
 *   TS 24.501 (5GS)     IMEI 3, IMEISV 5
 * When transmitted the spare digit is zero (TS 23.003 6.2.1); form says
 * whether the fifteenth digit is the check digit or that zero.
 *
 * Here and below, "none" is encoded with digits of F, which no decoder takes.
 */
enum imei_carrier { IMEI_TS24008 = 1, IMEI_TS24301, IMEI_TS24501 };

void imei_encode_mi(uint8_t out[IMEI_MI_LEN], enum imei_carrier carrier,
		    enum imei_form form, struct imei imei);

/* ST_IMEI_CARRIER when the carrier has no IMEISV of this form (TS 24.301). */
MUST_CHECK enum status imeisv_encode_mi(uint8_t out[IMEISV_MI_LEN],
					enum imei_carrier carrier,
					struct imeisv sv);

/*
 *   ST_IMEI_FORMAT  wrong length, type, parity bit, filler, or a nibble
 *                   above 9
 *   ST_IMEI_CHECK   the fifteenth digit is neither check digit nor zero
 */
MUST_CHECK enum status imei_decode_mi(struct imei *out, enum imei_form *form,
				      enum imei_carrier carrier,
				      struct bytes value);
MUST_CHECK enum status imeisv_decode_mi(struct imeisv *out,
					enum imei_carrier carrier,
					struct bytes value);

/* TBCD (TS 29.002): digit 1 in the low nibble; IMEI with spare digit 0 and
 * filler F, IMEISV with all sixteen digits. */
void imei_encode_tbcd(uint8_t out[IMEI_TBCD_LEN], struct imei imei);
void imeisv_encode_tbcd(uint8_t out[IMEI_TBCD_LEN], struct imeisv sv);
MUST_CHECK enum status imei_decode_tbcd(struct imei *out, struct bytes value);
MUST_CHECK enum status imeisv_decode_tbcd(struct imeisv *out,
					  struct bytes value);

/* UEID of type 0x03 (RFC 9711 4.2.1.1): 0x03 and fourteen digit values. */
void imei_encode_ueid(uint8_t out[IMEI_UEID_LEN], struct imei imei);
MUST_CHECK enum status imei_decode_ueid(struct imei *out, struct bytes ueid);

/*
 * Seven decimal digits as one 28-bit number, first digit highest: how half an
 * IMEI stands in one OTP word.  half is 0 for TAC's first seven digits, 1 for
 * the rest.
 */
uint32_t imei_encode_bcd(struct imei imei, unsigned int half);

/* ST_IMEI_FORMAT when a nibble is above 9; ST_IMEI_ZERO for all zeros. */
MUST_CHECK enum status imei_decode_bcd(struct imei *out, uint32_t first,
				       uint32_t second);

#endif
