/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html.h - a page that can be kept and printed: one file, no scripts, nothing
 * from outside.
 *
 * All texts are data and are escaped here, control characters, bytes that are
 * no UTF-8 and what turns the direction of writing included.  Outcomes are
 * shown in words, with a shape and a colour.
 */
#ifndef IMEILOCK_TOOL_REPORT_HTML_H
#define IMEILOCK_TOOL_REPORT_HTML_H

#include <stdbool.h>
#include <stdio.h>

/* What stands before the words of an outcome. */
enum html_mark {
	HTML_GOOD = 1, /* a green disc */
	HTML_AGAIN,    /* an amber triangle */
	HTML_RED,      /* a red square */
	HTML_STOP,     /* a violet diamond */
	HTML_OPEN,     /* a grey ring: not shown */
};

struct html {
	FILE *to;
	bool has_failed; /* out of memory: the page is not whole */
};

void html_begin(struct html *html, const char *title);
void html_end(struct html *html);

void html_heading(struct html *html, const char *text);
void html_paragraph(struct html *html, const char *text);
/* An outcome large, in a frame. */
void html_banner(struct html *html, enum html_mark mark, const char *words);

/* A table; names end with NULL, and may be NULL for a list of facts. */
void html_table_begin(struct html *html, const char *const *names);
void html_row_begin(struct html *html);
/* The head of a row. */
void html_name(struct html *html, const char *text);
void html_cell(struct html *html, const char *text);
void html_outcome(struct html *html, enum html_mark mark, const char *words);
void html_row_end(struct html *html);
void html_table_end(struct html *html);
/* A row of a list of facts. */
void html_fact(struct html *html, const char *name, const char *text);

#endif
