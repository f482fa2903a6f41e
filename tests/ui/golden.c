#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static char *slurp(const char *path)
{
    FILE *from = fopen(path, "r");
    if (!from)
        return NULL;
    char *text = NULL;
    size_t size = 0;
    ssize_t n = getdelim(&text, &size, '\0', from);
    fclose(from);
    if (n < 0) {
        free(text);
        return NULL;
    }
    return text;
}

static void write_golden(const char *path, const char *text)
{
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    fputs(text, to);
    assert_int_equal(fclose(to), 0);
}

static void compare(const char *name, const char *expected, const char *found)
{
    unsigned line = 1;
    while (*expected || *found) {
        size_t e = strcspn(expected, "\n"), f = strcspn(found, "\n");
        if (e != f || memcmp(expected, found, e) != 0)
            fail_msg("%s.txt line %u:\nexpected |%.*s|\nfound    |%.*s|", name, line, (int)e,
                     expected, (int)f, found);
        expected += e + (expected[e] == '\n');
        found += f + (found[f] == '\n');
        line++;
    }
}

/* A letter a style, '.' for the terminal's own and for blanks; rows without trailing dots. */
static void put_styles(FILE *to, const struct ps_canvas *canvas)
{
    static const char letters[] = ".ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    _Static_assert(sizeof letters > PS_STYLE_COUNT, "a letter for each style");
    _Static_assert(PS_STYLE_NORMAL == 0, "the dot");
    for (int y = 0; y < canvas->height; y++) {
        int end = 0;
        const struct ps_canvas_cell *row = canvas->cells + (ptrdiff_t)y * canvas->stride;
        for (int x = 0; x < canvas->width; x++)
            if (row[x].style != PS_STYLE_NORMAL && row[x].code != ' ')
                end = x + 1;
        for (int x = 0; x < end; x++)
            fputc(row[x].code == ' ' ? '.' : letters[row[x].style], to);
        fputc('\n', to);
    }
}

/* What is drawn, then in which style: with the paint of every style in the three themes
 * (golden/themes.txt) that is how the screen looks in each of them. */
static char *describe(const struct ps_canvas *canvas)
{
    char *found = NULL, *text = ps_canvas_text(canvas);
    size_t size = 0;
    FILE *to = open_memstream(&found, &size);
    assert_non_null(text);
    assert_non_null(to);
    fputs(text, to);
    fputs("---- styles\n", to);
    put_styles(to, canvas);
    fclose(to);
    free(text);
    return found;
}

void golden_check(const struct ps_canvas *canvas, const char *name)
{
    char *found = describe(canvas);
    golden_check_text(found, name);
    free(found);
}

void golden_check_text(const char *found, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s.txt", GOLDEN_FOLDER, name);
    const char *mode = getenv("POOLSCOPE_GOLDEN");
    if (mode && strcmp(mode, "write") == 0)
        write_golden(path, found);
    char *expected = slurp(path);
    if (!expected)
        fail_msg("%s is missing; POOLSCOPE_GOLDEN=write makes it", path);
    compare(name, expected, found);
    free(expected);
}
