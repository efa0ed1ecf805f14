/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - one line a finding, to the signer's log.
 *
 * Nothing secret goes in, and IMEIs only as imei_format_masked makes them.
 * Until signer_log_to is called lines go nowhere.
 */
#ifndef IMEILOCK_HSM_LOG_H
#define IMEILOCK_HSM_LOG_H

/* Write to these descriptors from now on; -1 for none.  They are borrowed. */
void signer_log_to(int file_fd, int stderr_fd);

/* One line, with the time before it and a newline behind it. */
void signer_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
