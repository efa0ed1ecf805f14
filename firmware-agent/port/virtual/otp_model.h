/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otp_model.h - OTP memory as silicon has it, over a file.
 *
 * It is meant to be no kinder than a real part: bits go one way, a cut leaves
 * any part of a burn, status may lie, and reads come from shadow registers
 * that were filled from the cells at power-up, at a reload, or by a burn.
 *
 * The file has no header and no integrity of its own, and never changes but by
 * burns; a blank one is all zeros.  Offsets in bytes, numbers little endian:
 *
 *       0  116 words of the image, 4 bytes each; a burnt bit is 1
 *     464  4 canary words, one a lock unit, 4 bytes each
 *     480  4 lock bytes, one a lock unit: bit 0 burnt is locked
 *     484  4 bytes, one a further fuse in the order of proto/fuse.h, the last
 *          two for none: bit 0 burnt
 *
 * Lock unit n governs image words 29 n to 29 n + 28, and canary n; no lock
 * governs the further fuses.
 *
 * The counters file beside it is text, one "name number" a line, and counts
 * over the whole life of the part: refused_burns (burns of any kind that were
 * refused), second_writes (programs of a write-once word that was not blank),
 * and the steps of power.h under their own names.
 */
#ifndef IMEILOCK_PORT_VIRTUAL_OTP_MODEL_H
#define IMEILOCK_PORT_VIRTUAL_OTP_MODEL_H

#include "port/virtual/counters.h"
#include "port/virtual/power.h"
#include "proto/fuse.h"
#include "proto/image.h"

#define OTP_LOCK_UNITS 4
#define OTP_UNIT_WORDS (IMAGE_WORDS / OTP_LOCK_UNITS)
#define OTP_FUSES 4

/* The file, byte for byte (hosts of the virtual handset are little endian). */
struct otp_cells {
	uint32_t word[IMAGE_WORDS];
	uint32_t canary[OTP_LOCK_UNITS];
	uint8_t lock[OTP_LOCK_UNITS];
	uint8_t fuse[OTP_FUSES];
};

/* What lock fuses may do. */
enum otp_lock_kind {
	OTP_LOCK_GOOD,
	OTP_LOCK_STUCK_OPEN, /* burning it says ok and does nothing */
	OTP_LOCK_LIES,	     /* reads locked, and burns are still taken */
	OTP_LOCK_FADES,	     /* holds until the cells are sensed anew */
};

/* What further fuses may do. */
enum otp_fuse_kind {
	OTP_FUSE_GOOD,
	OTP_FUSE_LIES,	  /* burning it says ok and does nothing */
	OTP_FUSE_REFUSES, /* burning it says refused and does nothing */
	OTP_FUSE_DENIES,  /* burning it burns it and says refused */
};

/* What may be wrong with a cell. */
enum otp_cell_fault {
	OTP_STUCK_BLANK, /* never burns */
	OTP_STUCK_BURNT, /* reads burnt from the start */
	OTP_WEAK,	 /* burns in the shadow only */
	OTP_CELL_FAULTS,
};

/* What is wrong with one word. */
struct otp_word_fault {
	uint32_t cells[OTP_CELL_FAULTS]; /* masks */
	enum word_health health; /* other than WORD_GOOD: as it is read */
};

/* How a part is made, and what is wrong with it. */
struct otp_traits {
	enum word_kind word_kind;
	bool is_spoiling;   /* write-once: a second write spoils the word */
	bool is_store_full; /* the store beside the fuses takes no more */
	enum otp_lock_kind lock[OTP_LOCK_UNITS];
	enum otp_fuse_kind fuse;
	uint32_t lie_at;  /* this program says ok and burns nothing; 0: none */
	uint32_t deny_at; /* this program burns and says refused; 0: none */
	struct otp_word_fault word[IMAGE_WORDS];
};

struct otp_model {
	struct otp_traits traits;
	struct power *power;
	struct counters *counters; /* may be NULL */
	struct otp_cells *cells;   /* the mapped file */
	struct otp_cells shadow;
};

/*
 * Add faults to traits, from a list with commas ("" adds none):
 *   lock=stuck-open | lock=lies | lock=fades   all units, or one: lock=lies@U
 *   fuse=lies | fuse=refuses | fuse=denies   all further fuses
 *   spoils             a second write to a write-once word spoils it
 *   lie@N, deny@N      the status of program N lies: it burns nothing and says
 *                      ok, or burns and says refused
 *   stuck-blank=W.B, stuck-burnt=W.B, weak=W.B    bit B of word W
 *   corrected=W, unreadable=W                     how word W is read
 *   store-full         the record store takes no more
 *   ST_USAGE  anything else
 */
MUST_CHECK enum status otp_traits_parse(struct otp_traits *traits,
					const char *text);

/* Make the file if there is none; sense all cells.
 *   ST_PORT_FILE  it cannot be used, or is of another size */
MUST_CHECK enum status otp_model_open(struct otp_model *otp, const char *path);
void otp_model_close(struct otp_model *otp); /* of a zeroed one does nothing */

/* Functions of the same name in struct port, with its contracts. */
MUST_CHECK enum status otp_model_read(struct otp_model *otp, unsigned int word,
				      uint32_t *value,
				      enum word_health *health);
MUST_CHECK enum status otp_model_program(struct otp_model *otp,
					 unsigned int word, uint32_t value);
void otp_model_reload(struct otp_model *otp);
bool otp_model_is_locked(const struct otp_model *otp, unsigned int unit);
MUST_CHECK enum status otp_model_lock(struct otp_model *otp, unsigned int unit);
uint32_t otp_model_canary_read(const struct otp_model *otp, unsigned int unit);
MUST_CHECK enum status otp_model_canary_program(struct otp_model *otp,
						unsigned int unit);
MUST_CHECK enum status otp_model_fuse_program(struct otp_model *otp,
					      enum further_fuse fuse);
/* The mask of the further fuses whose cells are burnt now. */
uint8_t otp_model_fuses(const struct otp_model *otp);

#endif
