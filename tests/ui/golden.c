#include "golden.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

/* ---- files that nobody reads ---- */

#define READ_MAX 512u
static char *read_names[READ_MAX]; /* NAME.txt */
static unsigned read_count;

/* The files of this program: its name without "ui_". */
static const char *folder(void)
{
    static char path[600];
    const char *name = program_invocation_short_name;
    name += strncmp(name, "ui_", 3) == 0 ? 3 : 0;
    snprintf(path, sizeof path, "%s/%s", GOLDEN_FOLDER, name);
    return path;
}

static bool was_read(const char *file)
{
    for (unsigned i = 0; i < read_count; i++)
        if (strcmp(read_names[i], file) == 0)
            return true;
    return false;
}

/* At the end of the program: a screen that is gone must not leave its picture behind. */
static void find_unread(void)
{
    unsigned unread = 0;
    DIR *files = opendir(folder());
    for (struct dirent *entry; files && (entry = readdir(files));) {
        if (entry->d_name[0] == '.' || was_read(entry->d_name))
            continue;
        fprintf(stderr, "%s/%s: no test reads it\n", folder(), entry->d_name);
        unread++;
    }
    if (files)
        closedir(files);
    for (unsigned i = 0; i < read_count; i++)
        free(read_names[i]);
    if (unread > 0)
        _exit(1);
}

void golden_check_folders(void)
{
    DIR *folders = opendir(GOLDEN_FOLDER);
    assert_non_null(folders);
    for (struct dirent *entry; (entry = readdir(folders));) {
        char program[600];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(program, sizeof program, "%s/../%s_test.c", GOLDEN_FOLDER, entry->d_name);
        if (access(program, R_OK) != 0)
            fail_msg("%s/%s: no program reads it", GOLDEN_FOLDER, entry->d_name);
    }
    closedir(folders);
}

static void note_read(const char *name)
{
    char file[256];
    if (read_count == 0)
        assert_int_equal(atexit(find_unread), 0);
    assert_true(read_count < READ_MAX);
    snprintf(file, sizeof file, "%s.txt", name);
    read_names[read_count] = strdup(file);
    assert_non_null(read_names[read_count++]);
}

/* ---- files ---- */

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
 * (golden/theme/themes.txt) that is how the screen looks in each of them. */
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
    if (canvas->cuts->count > 0)
        fail_msg("%s: cut without an ellipsis: |%s|", name, canvas->cuts->first);
    char *found = describe(canvas);
    golden_check_text(found, name);
    free(found);
}

void golden_check_text(const char *found, const char *name)
{
    char path[900];
    note_read(name);
    snprintf(path, sizeof path, "%s/%s.txt", folder(), name);
    const char *mode = getenv("POOLSCOPE_GOLDEN");
    if (mode && strcmp(mode, "write") == 0) {
        mkdir(folder(), 0777);
        write_golden(path, found);
    }
    char *expected = slurp(path);
    if (!expected)
        fail_msg("%s is missing; POOLSCOPE_GOLDEN=write makes it", path);
    else
        compare(name, expected, found);
    free(expected);
}
