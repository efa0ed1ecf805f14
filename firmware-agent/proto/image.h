/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - the OTP image: what the fuses hold and how it is judged.
 *
 * Layout version 1, normative text in docs/otp.md.  One logical image of 116
 * words for tool and agent; a port maps the words to its part's rows.  Pure
 * functions on values: nothing here touches hardware.  What may be burnt next
 * is decided by image_next_burn alone, from the fuses as they are now, so a
 * power cut anywhere leaves a state that the next call starts from.
 */
#ifndef IMEILOCK_PROTO_IMAGE_H
#define IMEILOCK_PROTO_IMAGE_H

#include "proto/bytes.h"
#include "proto/identity.h"
#include "proto/status.h"

#define IMAGE_LAYOUT 1
#define IMAGE_WORDS 116
#define IMAGE_SECRET_LEN 16		/* bytes */
#define IMAGE_PAYLOAD_MAX 10		/* payload words in the largest field */
#define IMAGE_KILL UINT32_C(0x3c3c3c3c) /* what a kill word is burnt to */

/* Fields in burn order, which is also their order in the image. */
enum image_field {
	FIELD_SECRET,
	FIELD_HEADER,
	FIELD_IDENTITY_1,
	FIELD_IDENTITY_2,
	FIELD_IDENTITY_3,
	FIELD_IDENTITY_4,
	FIELD_DIGEST,
	FIELD_MARKER,
	IMAGE_FIELDS,
};

enum image_copy { COPY_A, COPY_B, IMAGE_COPIES };

/* How a word was read; a port without ECC only knows the first and third. */
enum word_health { WORD_GOOD, WORD_CORRECTED, WORD_UNREADABLE };

/* What burning a word that is not blank does. */
enum word_kind {
	WORDS_ADDITIVE = 1, /* further bits may be added to a word */
	WORDS_ONCE,	    /* a word takes one write; a second is refused or
			       spoils it */
};

struct image {
	uint32_t word[IMAGE_WORDS];
	uint8_t health[IMAGE_WORDS]; /* enum word_health */
};

/* The content of one field: 28-bit numbers, IMAGE_PAYLOAD_MAX at most. */
struct image_payload {
	uint32_t word[IMAGE_PAYLOAD_MAX];
};

/* The state of one copy of one field. */
enum copy_state {
	COPY_BLANK, /* no bit burnt */
	COPY_VALID, /* every pair complementary, every tag right */
	COPY_TORN,  /* neither, and it may still be completed or killed */
	COPY_DEAD,  /* killed, a pair reads (1,1), or a word is unreadable */
};

/* ------------------------------------------------------------ geometry */

unsigned int image_payload_words(enum image_field field);
/* Index of the copy's kill word; its pairs (word, complement) follow. */
unsigned int image_kill_word(enum image_field field, enum image_copy copy);
/* Words of one copy, its kill word included. */
unsigned int image_copy_words(enum image_field field);
/* The first word behind the secret: what `read` may show starts here. */
#define IMAGE_FIRST_OPEN_WORD 22
#define IMAGE_OPEN_WORDS (IMAGE_WORDS - IMAGE_FIRST_OPEN_WORD)

/* -------------------------------------------------------------- coding */

/* A payload of 28 bits as the word that is burnt, and as its complement. */
uint32_t image_encode_word(uint32_t payload);
uint32_t image_encode_complement(uint32_t payload);

/* The whole copy as words: kill word (blank), then the pairs. */
void image_encode_copy(uint32_t *words, enum image_field field,
		       const struct image_payload *payload);

enum copy_state image_copy_state(const struct image *image,
				 enum image_field field, enum image_copy copy);

/* The payload of a copy that is COPY_VALID. */
void image_copy_payload(struct image_payload *out, const struct image *image,
			enum image_field field, enum image_copy copy);

/* The payloads of the fields. */
void image_secret_payload(struct image_payload *out,
			  const uint8_t secret[IMAGE_SECRET_LEN]);
void image_payload_secret(uint8_t secret[IMAGE_SECRET_LEN],
			  const struct image_payload *payload);
void image_header_payload(struct image_payload *out,
			  const struct identity *identity,
			  enum dev_class class);
void image_identity_payload(struct image_payload *out, struct imei imei);
void image_digest_payload(struct image_payload *out,
			  const struct sha256 *digest);
void image_marker_payload(struct image_payload *out);

/* And back; false if the payload is none that we make. */
struct image_header {
	enum dev_class class;
	uint8_t slot_mask; /* bit n: modem slot n + 1 is populated */
	uint8_t primary;   /* a populated slot, from 0 */
};
MUST_CHECK bool image_payload_header(struct image_header *out,
				     const struct image_payload *payload);
MUST_CHECK bool image_payload_digest(struct sha256 *out,
				     const struct image_payload *payload);

/* ------------------------------------------------------------- judging */

/* Progress of one field over both copies. */
enum field_state {
	FIELD_EMPTY,   /* both copies blank */
	FIELD_PARTIAL, /* begun; a next burn can finish it */
	FIELD_DONE,    /* one copy valid, the other valid or dead */
	FIELD_KILLED,  /* both copies dead: an unpopulated slot, or a loss */
	FIELD_CLASH,   /* two valid copies that disagree */
};

enum field_state image_field_state(const struct image *image,
				   enum image_field field);

/* How far an image is; locks and canaries are not in it (see agent/state.h) */
enum image_stage {
	IMAGE_BLANK = 1, /* nothing but, perhaps, a part of the secret */
	IMAGE_KEYED,	 /* secret done, all else blank */
	IMAGE_WRITING,	 /* header or identity begun and not whole */
	IMAGE_WRITTEN,	 /* identity whole; the digest may have been begun */
	IMAGE_RECORDED,	 /* digest done; unpopulated slots may be dying */
	IMAGE_MARKED,	 /* marker begun or done */
	IMAGE_VOID,	 /* no state that this product makes */
};

/* Everything that an image says. */
struct image_view {
	enum image_stage stage;
	enum field_state field[IMAGE_FIELDS];
	bool has_header; /* header is known; identity.primary is its */
	struct image_header header;
	/* The IMEIs that can be decoded from any copy, whole identity or not;
	 * IMEI_NONE elsewhere. */
	struct identity identity;
	bool is_identity_whole; /* header and every populated slot done */
	bool has_digest;	/* from any copy: it pins, whole or not */
	struct sha256 digest;	/* if has_digest */
	bool is_marked;		/* marker done */
	bool is_whole;		/* every field done, unpopulated slots killed */
	bool is_corrected;	/* some word needed ECC correction */
};

/* Judge an image.  Never fails: what is not known is IMAGE_VOID. */
void image_view(struct image_view *out, const struct image *image);

/*
 * The same where the secret's words are hidden: its field state is given by
 * whoever may see it, and its words are not looked at.
 */
void image_view_open(struct image_view *out, const struct image *image,
		     enum field_state secret);

/* -------------------------------------------------------- exact compare */

/* What the image is meant to hold. */
struct image_plan {
	enum dev_class class;
	struct identity identity;
	bool has_digest;
	struct sha256 digest;
	bool is_marked;
};

/*
 * Promise P4: over every word behind the secret, valid copies equal the plan
 * bit for bit, dead copies count as a class, and all else is blank; at least
 * one copy of each planned field is valid.  A word that needed correction is
 * a failure, as is one more burnt bit anywhere.
 *   ST_OTP_INEXACT, ST_OTP_CORRECTED
 */
MUST_CHECK enum status image_exact(const struct image *image,
				   const struct image_plan *plan);

/* ------------------------------------------------------------- burning */

/*
 * Words that were burnt in this run and did not come out as asked: they are
 * not tried again, and their copy is given up.  Zero it before the first call.
 */
struct image_tried {
	uint8_t word[(IMAGE_WORDS + 7) / 8];
};

void image_tried_add(struct image_tried *tried, unsigned int word);

/* One word to burn: afterwards it should read value. */
struct image_burn {
	unsigned int word;
	uint32_t value;
};

/*
 * The next burn that brings field to payload, from the image as it reads now:
 * equal words stay, blank ones are burnt, additive ones that are a subset are
 * completed; anything else kills the copy, by its kill word or, if that will
 * not burn, by a pair that is burnt to (1,1).
 *   ST_OK               burn it, add it to tried if it came out otherwise,
 *                       read the field's words anew and call again
 *   ST_OTP_DONE         nothing is left to burn: the field is done
 *   ST_OTP_FIELD_LOST   both copies are spoiled
 */
MUST_CHECK enum status image_next_burn(struct image_burn *out,
				       const struct image *image,
				       enum word_kind kind,
				       const struct image_tried *tried,
				       enum image_field field,
				       const struct image_payload *payload);

/* The same to kill both copies of an unpopulated slot before the lock. */
MUST_CHECK enum status image_next_kill(struct image_burn *out,
				       const struct image *image,
				       enum word_kind kind,
				       const struct image_tried *tried,
				       enum image_field field);

/*
 * The secret has no plan to come back to.  Make one from what is burnt and
 * from fresh random bytes: a valid copy gives it; on additive words the cell
 * pairs that are decided stay; on write-once words what is torn is left to be
 * killed and the secret is fresh.
 */
void image_plan_secret(struct image_payload *out, const struct image *image,
		       enum word_kind kind,
		       const uint8_t fresh[IMAGE_SECRET_LEN]);

#endif
