#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ui/settings.h"

/* Whether a line is "[name]". */
static bool is_section(const char *line, size_t length, const char *name)
{
    size_t n = strlen(name);
    while (length > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        length--;
    }
    return length > n + 1 && line[0] == '[' && memcmp(line + 1, name, n) == 0 && line[n + 1] == ']';
}

/* Whether a line gives a value to this key. */
static bool is_key(const char *line, size_t length, const char *key)
{
    size_t n = strlen(key);
    const char *end = line + length;
    while (line < end && (*line == ' ' || *line == '\t'))
        line++;
    if ((size_t)(end - line) <= n || memcmp(line, key, n) != 0)
        return false;
    for (line += n; line < end && (*line == ' ' || *line == '\t'); line++)
        ;
    return line < end && (*line == '=' || *line == ':');
}

static void put_setting(FILE *to, const struct ps_settings *s, const struct ps_setting *setting)
{
    char value[PS_SETTING_BYTES];
    ps_setting_text(s, setting, value, sizeof value);
    fprintf(to, "%s = %s\n", setting->key, value);
}

/* Settings that are not in the file and are not the standard. */
static void put_missing(FILE *to, const struct ps_settings *s, unsigned done)
{
    for (unsigned i = 0; ps_setting_table[i].key; i++) {
        const struct ps_setting *setting = &ps_setting_table[i];
        char value[PS_SETTING_BYTES], standard[PS_SETTING_BYTES];
        ps_setting_text(s, setting, value, sizeof value);
        ps_setting_text(&ps_settings_standard, setting, standard, sizeof standard);
        if (!(done & 1u << i) && strcmp(value, standard) != 0)
            put_setting(to, s, setting);
    }
}

/* The old text with new values; what is missing goes to the end of its section. */
static void merge(FILE *to, const char *text, const struct ps_settings *s)
{
    bool inside = false, had = false;
    unsigned done = 0;
    while (*text) {
        size_t length = strcspn(text, "\n");
        const struct ps_setting *setting = NULL;
        if (is_section(text, length, "screen")) {
            inside = had = true;
        } else if (text[strspn(text, " \t")] == '[') {
            if (inside)
                put_missing(to, s, done);
            inside = false;
        }
        for (unsigned i = 0; inside && !setting && ps_setting_table[i].key; i++) {
            if (is_key(text, length, ps_setting_table[i].key)) {
                setting = &ps_setting_table[i];
                done |= 1u << i;
            }
        }
        if (setting)
            put_setting(to, s, setting);
        else
            fprintf(to, "%.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
    if (!had)
        fputs("[screen]\n", to);
    if (inside || !had)
        put_missing(to, s, done);
}

/* The folder of a file and the one above it, as mkdir -p for these two. */
static void make_folders(const char *path)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path);
    char *last = strrchr(folder, '/');
    if (!last || last == folder)
        return;
    *last = '\0';
    char *above = strrchr(folder, '/');
    if (above && above != folder) {
        *above = '\0';
        mkdir(folder, 0700);
        *above = '/';
    }
    mkdir(folder, 0700);
}

static enum ps_err failed(const char *path, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s: %s", path, strerror(errno));
    return PS_EIO;
}

/* Where a chain of symbolic links leads, whether there is a file or not: what a link stands for is
 * replaced, not the link. False: it leads in a circle, or too far. */
static bool follow_links(const char *path, char into[PATH_MAX])
{
    enum { LINKS_MAX = 40 };
    char target[PATH_MAX], whole[2 * PATH_MAX];
    if (snprintf(into, PATH_MAX, "%s", path) >= PATH_MAX)
        return false;
    for (int i = 0; i < LINKS_MAX; i++) {
        ssize_t length = readlink(into, target, sizeof target - 1);
        if (length < 0)
            return true;
        target[length] = '\0';
        const char *slash = target[0] == '/' ? NULL : strrchr(into, '/');
        int folder = slash ? (int)(slash - into) + 1 : 0;
        if (snprintf(whole, sizeof whole, "%.*s%s", folder, into, target) >= PATH_MAX)
            return false;
        memcpy(into, whole, strlen(whole) + 1);
    }
    return false;
}

enum ps_err ps_settings_save(const char *link, const struct ps_settings *settings, char *why,
                             size_t why_size)
{
    char path[PATH_MAX], temporary[PATH_MAX], *old;
    if (!follow_links(link, path)) {
        errno = ELOOP;
        return failed(link, why, why_size);
    }
    if (snprintf(temporary, sizeof temporary, "%s.%d.tmp", path, (int)getpid()) >=
        (int)sizeof temporary) {
        errno = ENAMETOOLONG;
        return failed(path, why, why_size);
    }
    enum ps_err err = ps_settings_slurp(path, &old);
    if (err != PS_OK && err != PS_ENOENT) {
        snprintf(why, why_size, "%s: %s", path, ps_err_text(err));
        return err;
    }
    make_folders(path);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
    if (!to) {
        free(old);
        return failed(temporary, why, why_size);
    }
    struct stat about;
    if (stat(path, &about) == 0)
        fchmod(fd, about.st_mode & 0777);
    merge(to, old ? old : "", settings);
    free(old);
    bool good = !ferror(to);
    good = fclose(to) == 0 && good;
    if (good && rename(temporary, path) == 0)
        return PS_OK;
    err = failed(path, why, why_size);
    unlink(temporary);
    return err;
}
