/* SPDX-License-Identifier: Apache-2.0 */
#include "report/html.h"

#include <stdlib.h>
#include <string.h>

#include "tool/lang.h"
#include "tool/show.h"

static const char style[] =
	"@page{size:A4;margin:15mm}"
	"body{font:10pt/1.35 sans-serif;color:#111;background:#fff;"
	"max-width:180mm;margin:8mm auto}"
	"h1{font-size:17pt;margin:0 0 4mm}"
	"h2{font-size:12pt;margin:7mm 0 2mm;break-after:avoid}"
	"table{border-collapse:collapse;width:100%;font-size:9pt}"
	"th,td{border:0.3mm solid #999;padding:0.8mm 1.6mm;text-align:left;"
	"vertical-align:top;overflow-wrap:anywhere}"
	"thead{display:table-header-group}"
	"thead th{border-bottom:0.6mm solid #111;overflow-wrap:normal}"
	"tbody th{font-weight:600;width:35mm}"
	"tr{break-inside:avoid}"
	".banner{border:0.6mm solid #111;padding:2mm 4mm;font-size:14pt;"
	"font-weight:700;margin:0 0 4mm}"
	".outcome{min-width:32mm}"
	"svg{width:0.9em;height:0.9em;vertical-align:-0.1em;"
	"margin-right:0.4em}"
	"@media print{body{margin:0;max-width:none}}";

static const char *const shapes[] = {
	[HTML_GOOD] = "<circle cx=\"8\" cy=\"8\" r=\"7\" fill=\"#0a7a32\"/>",
	[HTML_AGAIN] = "<path d=\"M8 1 15.5 15H.5z\" fill=\"#d98200\"/>",
	[HTML_RED] = "<path d=\"M1 1h14v14H1z\" fill=\"#c01818\"/>",
	[HTML_STOP] = "<path d=\"M8 0 16 8 8 16 0 8z\" fill=\"#6a1b9a\"/>",
	[HTML_OPEN] = "<circle cx=\"8\" cy=\"8\" r=\"6\" fill=\"none\" "
		      "stroke=\"#666\" stroke-width=\"2.5\"/>",
};

static void
put(struct html *html, const char *markup)
{
	(void)fputs(markup, html->to);
}

static void
put_escaped(struct html *html, const char *text)
{
	for (; *text != '\0'; text++)
		switch (*text) {
		case '&':
			put(html, "&amp;");
			break;
		case '<':
			put(html, "&lt;");
			break;
		case '>':
			put(html, "&gt;");
			break;
		case '"':
			put(html, "&quot;");
			break;
		case '\'':
			put(html, "&#39;");
			break;
		default:
			(void)putc(*text, html->to);
			break;
		}
}

static void
put_text(struct html *html, const char *text)
{
	size_t size = SHOW_ESCAPED(strlen(text));
	char *safe = malloc(size);

	if (safe == NULL) {
		html->has_failed = true;
		return;
	}
	show_escape(safe, size, text);
	put_escaped(html, safe);
	free(safe);
}

static void
put_element(struct html *html, const char *name, const char *text)
{
	(void)fprintf(html->to, "<%s>", name);
	put_text(html, text);
	(void)fprintf(html->to, "</%s>", name);
}

static void
put_mark(struct html *html, enum html_mark mark, const char *words)
{
	put(html, "<svg viewBox=\"0 0 16 16\" aria-hidden=\"true\">");
	put(html, shapes[mark]);
	put(html, "</svg>");
	put_text(html, lang(words));
}

void
html_begin(struct html *html, const char *title)
{
	/* the language of the page, as the catalogue of it says */
	(void)fprintf(html->to, "<!DOCTYPE html>\n<html lang=\"%s\">\n",
		      lang("en"));
	put(html, "<head>\n"
		  "<meta charset=\"utf-8\">\n"
		  "<meta http-equiv=\"Content-Security-Policy\" "
		  "content=\"default-src &#39;none&#39;; "
		  "style-src &#39;unsafe-inline&#39;\">\n");
	put_element(html, "title", lang(title));
	put(html, "\n<style>");
	put(html, style);
	put(html, "</style>\n</head>\n<body>\n");
	put_element(html, "h1", lang(title));
	put(html, "\n");
}

void
html_end(struct html *html)
{
	put(html, "</body>\n</html>\n");
}

void
html_heading(struct html *html, const char *text)
{
	put_element(html, "h2", lang(text));
	put(html, "\n");
}

void
html_paragraph(struct html *html, const char *text)
{
	put_element(html, "p", text);
	put(html, "\n");
}

void
html_banner(struct html *html, enum html_mark mark, const char *words)
{
	put(html, "<p class=\"banner\">");
	put_mark(html, mark, words);
	put(html, "</p>\n");
}

void
html_table_begin(struct html *html, const char *const *names)
{
	put(html, "<table>\n");
	if (names != NULL) {
		put(html, "<thead><tr>");
		for (; *names != NULL; names++)
			put_element(html, "th", lang(*names));
		put(html, "</tr></thead>\n");
	}
	put(html, "<tbody>\n");
}

void
html_row_begin(struct html *html)
{
	put(html, "<tr>");
}

void
html_name(struct html *html, const char *text)
{
	put_element(html, "th", lang(text));
}

void
html_cell(struct html *html, const char *text)
{
	put_element(html, "td", text);
}

void
html_outcome(struct html *html, enum html_mark mark, const char *words)
{
	put(html, "<td class=\"outcome\">");
	put_mark(html, mark, words);
	put(html, "</td>");
}

void
html_row_end(struct html *html)
{
	put(html, "</tr>\n");
}

void
html_table_end(struct html *html)
{
	put(html, "</tbody>\n</table>\n");
}

void
html_fact(struct html *html, const char *name, const char *text)
{
	html_row_begin(html);
	html_name(html, name);
	html_cell(html, text);
	html_row_end(html);
}
