#include "ui/prose.h"

#include <stdio.h>
#include <string.h>

/* A paragraph: its look, how far its lines are indented, and where its words begin. */
struct look {
    enum ps_style style;
    int indent;
    const char *bullet;
    const char *words;
};

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct look look_of(const char *text, enum ps_style style, bool ascii)
{
    while (text[0] == '#' && text[1] == '#')
        text++;
    if (text[0] == '#')
        return (struct look){PS_STYLE_TITLE, 0, "", text + (text[1] == ' ' ? 2 : 1)};
    if ((text[0] == '-' || text[0] == '*') && text[1] == ' ')
        return (struct look){style, 2, ascii ? "*" : "•", text + 2};
    if (text[0] == '>' && text[1] == ' ')
        return (struct look){PS_STYLE_NOTE, 2, "", text + 2};
    return (struct look){style, 0, "", text};
}

/* Copy a paragraph as one line, without the marks of emphasis and code. */
static void plain(char *into, size_t size, const char *from, size_t length)
{
    size_t n = 0;
    for (size_t i = 0; i < length && n + 1 < size; i++) {
        char c = from[i] == '\n' ? ' ' : from[i];
        bool alone = (i == 0 || from[i - 1] == ' ') && (i + 1 >= length || from[i + 1] == ' ');
        if (c == '`' || (c == '*' && !alone))
            continue;
        if (c == ' ' && n > 0 && into[n - 1] == ' ')
            continue; /* the indentation of a continued line */
        into[n++] = c;
    }
    into[n] = '\0';
}

/* Whether a line goes on with the paragraph before it. */
static bool joins(const char *line, const char *end)
{
    char first = line < end ? line[0] : '\n', second = line + 1 < end ? line[1] : '\n';
    if (first == '\n' || first == '#' || first == '>')
        return false;
    if ((first == '-' || first == '*') && second == ' ')
        return false;
    return !(digit(first) && (second == '.' || second == ')'));
}

static const char *line_end(const char *text, const char *end)
{
    const char *found = memchr(text, '\n', (size_t)(end - text));
    return found ? found : end;
}

/* Length of the paragraph at `text` without its last line end. */
static size_t paragraph(const char *text, const char *end)
{
    const char *stop = line_end(text, end);
    if (text[0] == '#' || stop == text)
        return (size_t)(stop - text);
    while (stop < end && joins(stop + 1, end))
        stop = line_end(stop + 1, end);
    return (size_t)(stop - text);
}

int ps_prose_draw(const struct ps_canvas *c, int y, enum ps_style style, const char *text,
                  size_t length)
{
    const char *end = text + length;
    while (text < end) {
        char clean[4096];
        size_t used = paragraph(text, end);
        plain(clean, sizeof clean, text, used);
        struct look look = look_of(clean, style, c->ascii);
        ps_canvas_put(c, 0, y, look.style, look.bullet);
        int from = y < 0 ? 0 : y;
        int rows = ps_canvas_wrap(c, look.indent, from, c->width - look.indent, c->height - from,
                                  from - y, look.style, look.words);
        y += rows > 0 ? rows : 1;
        text += used;
        text += text < end; /* its line end */
    }
    return y;
}
