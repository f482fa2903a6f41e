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

void golden_check(const struct ps_canvas *canvas, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s.txt", GOLDEN_FOLDER, name);
    char *found = ps_canvas_text(canvas);
    assert_non_null(found);
    const char *mode = getenv("POOLSCOPE_GOLDEN");
    if (mode && strcmp(mode, "write") == 0)
        write_golden(path, found);
    char *expected = slurp(path);
    if (!expected)
        fail_msg("%s is missing; POOLSCOPE_GOLDEN=write makes it", path);
    compare(name, expected, found);
    free(expected);
    free(found);
}
