/* What every JSON output needs. */
#ifndef PS_APP_JSON_TOOLS_H
#define PS_APP_JSON_TOOLS_H

#include <jansson.h>
#include <stdio.h>

#include "base/err.h"

/* JSON text is UTF-8 without control characters; a file's name may be anything. */
json_t *ps_json_text(const char *text);

/* null where there is no number. */
json_t *ps_json_number(double number);

/* Print and release; a line break at the end. `flags` of json_dumps. PS_ENOMEM (also for NULL),
 * PS_EIO. */
enum ps_err ps_json_print(json_t *root, size_t flags, FILE *to);

#endif
