#include "ui/path_input.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NAME_BYTES 260u /* of a file name, with a slash */

static bool ends_with(const char *name, const char *suffix)
{
    size_t n = strlen(name), m = strlen(suffix);
    return n > m && strcmp(name + n - m, suffix) == 0;
}

static bool is_folder(int folder, const struct dirent *entry)
{
    struct stat facts;
    return fstatat(folder, entry->d_name, &facts, 0) == 0 && S_ISDIR(facts.st_mode);
}

/* What is being put together while the folder is read. */
struct found {
    unsigned count;
    char common[NAME_BYTES];
    char *others;
    size_t others_size;
};

static void add(struct found *f, const char *name)
{
    if (f->count++ == 0) {
        snprintf(f->common, sizeof f->common, "%s", name);
    } else {
        size_t same = 0;
        while (f->common[same] && f->common[same] == name[same])
            same++;
        f->common[same] = '\0';
    }
    size_t used = strlen(f->others);
    if (used + strlen(name) + 6 < f->others_size)
        snprintf(f->others + used, f->others_size - used, "%s%s", used ? "  " : "", name);
}

static void look(struct found *f, DIR *folder, const char *stem, const char *suffix)
{
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char name[NAME_BYTES];
        if (strncmp(entry->d_name, stem, strlen(stem)) != 0 ||
            (entry->d_name[0] == '.' && stem[0] != '.'))
            continue;
        if (is_folder(dirfd(folder), entry))
            snprintf(name, sizeof name, "%s/", entry->d_name);
        else if (ends_with(entry->d_name, suffix))
            snprintf(name, sizeof name, "%s", entry->d_name);
        else
            continue;
        add(f, name);
    }
}

unsigned ps_path_complete(char *text, size_t size, const char *suffix, char *others,
                          size_t others_size)
{
    char folder_name[1024] = ".";
    const char *slash = strrchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) + 1 : 0;
    others[0] = '\0';
    if (length >= sizeof folder_name)
        return 0;
    if (slash)
        snprintf(folder_name, sizeof folder_name, "%.*s", (int)length, text);
    DIR *folder = opendir(folder_name);
    if (!folder)
        return 0;
    struct found found = {.others = others, .others_size = others_size};
    look(&found, folder, text + length, suffix);
    closedir(folder);
    size_t after = length + strlen(found.common);
    if (found.count > 0 && after < size)
        memcpy(text + length, found.common, strlen(found.common) + 1);
    if (found.count == 1)
        others[0] = '\0';
    return found.count;
}

bool ps_path_newest(char *into, size_t size, const char *suffix)
{
    DIR *folder = opendir(".");
    struct timespec newest = {0};
    bool any = false;
    if (!folder)
        return false;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        struct stat facts;
        if (!ends_with(entry->d_name, suffix) || strlen(entry->d_name) >= size ||
            fstatat(dirfd(folder), entry->d_name, &facts, 0) != 0 || !S_ISREG(facts.st_mode))
            continue;
        struct timespec at = facts.st_mtim;
        if (any && (at.tv_sec < newest.tv_sec ||
                    (at.tv_sec == newest.tv_sec && at.tv_nsec <= newest.tv_nsec)))
            continue;
        newest = at;
        any = true;
        snprintf(into, size, "%s", entry->d_name);
    }
    closedir(folder);
    return any;
}
