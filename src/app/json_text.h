/* JSON strings for what is written piece by piece (whole objects go through jansson). */
#ifndef PS_APP_JSON_TEXT_H
#define PS_APP_JSON_TEXT_H

#include <stdio.h>

/* Quoted and escaped; bytes that are no UTF-8 become U+FFFD. `<` is escaped too, so that the text
 * may stand in a script of an HTML page. */
void ps_json_quote(FILE *to, const char *text);

/* For HTML, between tags and in quoted attributes. */
void ps_html_text(FILE *to, const char *text);

#endif
