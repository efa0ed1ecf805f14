/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h - the lines of a file of any size, or of a pipe, in little memory.
 *
 * A line ends in LF or CR LF, which do not belong to it; the last one of a
 * file may lack its end.  A line may hold any bytes, NUL as well.  Of a line
 * that is longer than LINES_LEN_MAX only the start is kept, and it is still
 * longer than any text that means something here.
 */
#ifndef IMEILOCK_TOOL_LINES_H
#define IMEILOCK_TOOL_LINES_H

#include "proto/imei.h"

#define LINES_LEN_MAX 1024
#define LINES_BLOCK (256 * 1024)

struct lines {
	int fd;
	int error;	 /* errno of a read that failed, or 0 */
	uint64_t number; /* of the line that was taken last, from 1 */
	bool is_end;	 /* nothing more comes from fd */
	size_t begin;	 /* what was read and not taken yet */
	size_t end;
	char buf[LINES_BLOCK];
};

/* fd stays the caller's. */
void lines_init(struct lines *lines, int fd);

/*
 * Take the next line; *line is good until the next call.  False at the end,
 * and when reading failed: lines->error then says why.
 */
MUST_CHECK bool lines_take(struct lines *lines, const char **line, size_t *len);

/*
 * Take lines that are an IMEI of 15 digits each, at most max, as long as they
 * are in memory; none says nothing of the next line.
 */
size_t lines_take_imeis(struct lines *lines, struct imei *out, size_t max);

#endif
