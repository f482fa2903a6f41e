#include "ui/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_MAX = 256, NAME_BYTES = 64 };

struct ps_progress {
    char path[PATH_MAX]; /* "": nothing is written */
    unsigned count;
    char name[NAMES_MAX][NAME_BYTES];
};

static void find_file(struct ps_progress *progress)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = 0;
    if (state && state[0] == '/')
        n = snprintf(progress->path, sizeof progress->path, "%s/poolscope/lessons", state);
    else if (home && home[0] == '/')
        n = snprintf(progress->path, sizeof progress->path, "%s/.local/state/poolscope/lessons",
                     home);
    if (n < 0 || (size_t)n >= sizeof progress->path)
        progress->path[0] = '\0';
}

static void add(struct ps_progress *progress, const char *name)
{
    if (progress->count < NAMES_MAX && strlen(name) < NAME_BYTES && name[0])
        snprintf(progress->name[progress->count++], NAME_BYTES, "%s", name);
}

static void read_file(struct ps_progress *progress)
{
    char line[256];
    int fd = open(progress->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    FILE *from =
        fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode) ? fdopen(fd, "r") : NULL;
    if (!from) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while (fgets(line, sizeof line, from)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (!ps_progress_is_done(progress, line))
            add(progress, line);
    }
    fclose(from);
}

struct ps_progress *ps_progress_new(bool kept)
{
    struct ps_progress *progress = calloc(1, sizeof *progress);
    if (!progress || !kept)
        return progress;
    find_file(progress);
    if (progress->path[0])
        read_file(progress);
    return progress;
}

void ps_progress_free(struct ps_progress *progress)
{
    free(progress);
}

bool ps_progress_is_done(const struct ps_progress *progress, const char *preset)
{
    for (unsigned i = 0; progress && i < progress->count; i++)
        if (strcmp(progress->name[i], preset) == 0)
            return true;
    return false;
}

static void make_folders(const char *path)
{
    char folder[PATH_MAX];
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        mkdir(folder, 0700);
    }
}

/* One write of a whole line at the end: two programs that do so lose nothing. */
static void append(const char *path, const char *name)
{
    char line[NAME_BYTES + 1];
    int n = snprintf(line, sizeof line, "%s\n", name);
    make_folders(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (fd < 0)
        return;
    ssize_t written = write(fd, line, (size_t)n);
    (void)written;
    close(fd);
}

void ps_progress_done(struct ps_progress *progress, const char *preset)
{
    if (!progress || !preset[0] || strlen(preset) >= NAME_BYTES ||
        ps_progress_is_done(progress, preset))
        return;
    add(progress, preset);
    if (progress->path[0])
        append(progress->path, preset);
}
