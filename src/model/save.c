/* Saving a preset: a temporary file beside the target, fsync, then rename over it or, where nothing
 * may be replaced, link to a name that must be new. Either the old file is there or the whole new
 * one. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/library.h"

static bool name_ok(const char *name)
{
    size_t length =
        strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
    return length > 0 && length < sizeof((struct ps_preset *)NULL)->name && !name[length] &&
           name[0] != '.';
}

/* Every folder on the way; those that are made belong to the user alone. */
static enum ps_err make_folders(const char *path)
{
    char part[512];
    for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", slash ? (int)(slash - path) : (int)strlen(path), path);
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return ps_err_from_errno(errno);
        if (!slash)
            return PS_OK;
    }
}

static enum ps_err write_text(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno != EINTR)
            return ps_err_from_errno(errno);
        text += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) == 0 ? PS_OK : ps_err_from_errno(errno);
}

/* A new file that only its owner may read; `path` ends in XXXXXX. */
static enum ps_err write_temporary(char *path, const char *text, size_t size)
{
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return ps_err_from_errno(errno);
    enum ps_err err = write_text(fd, text, size);
    if (close(fd) != 0 && err == PS_OK)
        err = PS_EIO;
    if (err != PS_OK)
        unlink(path);
    return err;
}

static enum ps_err put_in_place(const char *temporary, const char *path, bool replace)
{
    bool done = (replace ? rename(temporary, path) : link(temporary, path)) == 0;
    enum ps_err err = done ? PS_OK : ps_err_from_errno(errno);
    if (!done || !replace)
        unlink(temporary);
    return err;
}

static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

/* The copy lies in another folder: a path from the old one would lead nowhere. */
static bool anchor_trace(struct ps_experiment *copy)
{
    char path[sizeof copy->folder + sizeof copy->trace + 2], *whole;
    if (!copy->trace[0] || copy->trace[0] == '/')
        return true;
    snprintf(path, sizeof path, "%s/%s", copy->folder[0] ? copy->folder : ".", copy->trace);
    whole = realpath(path, NULL);
    bool fits = whole && strlen(whole) < sizeof copy->trace;
    if (fits)
        memcpy(copy->trace, whole, strlen(whole) + 1);
    free(whole);
    return fits;
}

enum ps_err ps_preset_save(const struct ps_experiment *experiment, const char *name, bool replace,
                           char *path, size_t path_size)
{
    char folder[400], temporary[512], *text;
    size_t size;
    struct ps_experiment copy = *experiment;
    if (!anchor_trace(&copy) || !name_ok(name) || !ps_own_folder(folder, sizeof folder))
        return PS_EINVAL;
    int length = snprintf(path, path_size, "%s/%s.ini", folder, name);
    if (length < 0 || (size_t)length >= path_size)
        return PS_EINVAL;
    snprintf(temporary, sizeof temporary, "%s/.%s.XXXXXX", folder, name);
    enum ps_err err = make_folders(folder);
    if (err == PS_OK)
        err = ps_experiment_text(&copy, &text, &size);
    if (err != PS_OK)
        return err;
    err = write_temporary(temporary, text, size);
    free(text);
    if (err == PS_OK)
        err = put_in_place(temporary, path, replace);
    if (err == PS_OK)
        sync_folder(folder);
    return err;
}
