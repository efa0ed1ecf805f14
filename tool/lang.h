/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lang.h - the language of what people read.
 *
 * English texts are the keys of the catalogues in tool/po; a text that a
 * catalogue does not have stays English.  Formats are translated by who
 * formats them (output.h, cmd.h), so a command says its English text and no
 * more.  What programs read is never translated.
 */
#ifndef IMEILOCK_TOOL_LANG_H
#define IMEILOCK_TOOL_LANG_H

/* The language that the environment asks for; before any thread. */
void lang_init(void);
/* English from here on, whatever was asked for. */
void lang_end(void);

/* text in the language; it lives as long as the process. */
__attribute__((format_arg(1))) const char *lang(const char *text);
/* The same of a row's name, which is shorter than 64 bytes. */
const char *lang_name(const char *name);

#endif
