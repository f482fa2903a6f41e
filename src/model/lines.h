/* The lines of a preset before inih sees them. inih 55 splits lines of more than 197 bytes and
 * reads the tail as a line of its own, cuts names at 49 bytes, takes an indented line for the rest
 * of the value before it, ends at a NUL and accepts ':' for '='. What would meet one of these is
 * refused here, so that every line means the same to a reader, to inih and to us. Private to model.
 */
#ifndef PS_MODEL_LINES_H
#define PS_MODEL_LINES_H

#include "model/complaint.h"

struct ps_lines {
    const char *text;
    size_t size;     /* of the text */
    size_t at;       /* where the next line begins */
    unsigned number; /* of the line given last, from 1 */
};

/* Begin; skips a byte order mark. */
struct ps_lines ps_lines_begin(const char *text, size_t size);

/* The next line without its line end (\n or \r\n); false: there is none. */
bool ps_lines_next(struct ps_lines *lines, const char **line, size_t *length);

enum ps_line_kind { PS_LINE_EMPTY, PS_LINE_SECTION, PS_LINE_KEY, PS_LINE_WRONG };

struct ps_line {
    enum ps_line_kind kind;
    char word[64]; /* SECTION: what stands between the brackets; KEY: the key's name */
};

/* What a line is. WRONG: why says what is wrong with it. */
struct ps_line ps_line_read(const char *line, size_t length, struct ps_why *why);

#endif
