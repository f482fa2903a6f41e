#include "model/library.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* Files of one folder that are looked at; a folder with more is no library. */
#define PRESETS_MAX  500u
#define LESSON_BYTES 65536u

static bool has_ini(const char *name, size_t *stem)
{
    size_t length = strlen(name);
    if (length < 5 || name[0] == '.' || strcmp(name + length - 4, ".ini") != 0)
        return false;
    *stem = length - 4;
    return *stem < sizeof((struct ps_preset *)NULL)->name;
}

bool ps_own_folder(char *into, size_t size)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int length = -1;
    if (config && config[0] == '/')
        length = snprintf(into, size, "%s/poolscope/presets", config);
    else if (home && home[0] == '/')
        length = snprintf(into, size, "%s/.config/poolscope/presets", home);
    return length > 0 && (size_t)length < size;
}

/* ---- reading a folder ---- */

static bool grow(struct ps_library *library)
{
    if (library->count % 16 != 0)
        return true;
    struct ps_preset *more =
        realloc(library->presets, (library->count + 16) * sizeof *library->presets);
    if (!more)
        return false;
    library->presets = more;
    return true;
}

static void read_preset(struct ps_preset *preset, const struct ps_vocabulary *words)
{
    struct ps_complaints complaints = {.count = 0};
    enum ps_err err = ps_experiment_load(&preset->experiment, words, preset->path, &complaints);
    preset->valid = err == PS_OK;
    if (!preset->valid && complaints.count) {
        preset->complaint = complaints.list[0];
    } else if (!preset->valid) {
        ps_text_clean(preset->complaint.file, sizeof preset->complaint.file, preset->path);
        snprintf(preset->complaint.text, sizeof preset->complaint.text, "%s", ps_err_text(err));
    }
    const char *group = preset->valid ? preset->experiment.group : "";
    snprintf(preset->group, sizeof preset->group, "%s",
             preset->own ? "Mine"
             : *group    ? group
                         : "Other");
}

static enum ps_err add(struct ps_library *library, const struct ps_vocabulary *words,
                       const char *folder, const char *file, size_t stem, bool own)
{
    if (!grow(library))
        return PS_ENOMEM;
    struct ps_preset *preset = &library->presets[library->count];
    memset(preset, 0, sizeof *preset);
    snprintf(preset->name, sizeof preset->name, "%.*s", (int)stem, file);
    preset->own = own;
    int length = snprintf(preset->path, sizeof preset->path, "%s/%s", folder, file);
    if (length < 0 || (size_t)length >= sizeof preset->path)
        return PS_OK; /* a path that long cannot be shown or opened again */
    read_preset(preset, words);
    library->count++;
    return PS_OK;
}

/* PS_ENOENT: not a folder, or no preset in it. */
static enum ps_err read_folder(struct ps_library *library, const struct ps_vocabulary *words,
                               const char *folder, bool own)
{
    DIR *entries = opendir(folder);
    if (!entries)
        return PS_ENOENT;
    enum ps_err err = PS_OK;
    unsigned found = 0;
    for (struct dirent *entry; err == PS_OK && (entry = readdir(entries));) {
        size_t stem;
        if (!has_ini(entry->d_name, &stem) || found == PRESETS_MAX)
            continue;
        found++;
        err = add(library, words, folder, entry->d_name, stem, own);
    }
    closedir(entries);
    return err == PS_OK && found == 0 ? PS_ENOENT : err;
}

/* Quick demo, lessons by number, the rest, own. */
static int rank(const struct ps_preset *preset)
{
    if (preset->own)
        return 3;
    if (strcmp(preset->name, "quick-demo") == 0)
        return 0;
    return preset->valid && preset->experiment.lesson ? 1 : 2;
}

static int compare(const void *left, const void *right)
{
    const struct ps_preset *a = left, *b = right;
    if (rank(a) != rank(b))
        return rank(a) - rank(b);
    if (rank(a) == 1 && a->experiment.lesson != b->experiment.lesson)
        return a->experiment.lesson < b->experiment.lesson ? -1 : 1;
    int groups = rank(a) == 2 ? strcmp(a->group, b->group) : 0;
    return groups ? groups : strcmp(a->name, b->name);
}

static enum ps_err read_shipped(struct ps_library *library, const struct ps_vocabulary *words,
                                char *why, size_t why_size)
{
    const char *chosen = getenv("POOLSCOPE_PRESETS");
    const char *const folders[] = {chosen && *chosen ? chosen : NULL,
                                   POOLSCOPE_SOURCE_DIR "/presets", POOLSCOPE_DATADIR "/presets"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        enum ps_err err = folders[i] ? read_folder(library, words, folders[i], false) : PS_ENOENT;
        if (err != PS_ENOENT) {
            snprintf(why, why_size, "%s", ps_err_text(err));
            return err;
        }
    }
    snprintf(why, why_size, "no presets found in $POOLSCOPE_PRESETS, %s and %s", folders[1],
             folders[2]);
    return PS_ENOENT;
}

enum ps_err ps_library_load(struct ps_library *library, const struct ps_vocabulary *words,
                            char *why, size_t why_size)
{
    char folder[400];
    *library = (struct ps_library){0, NULL};
    enum ps_err err = read_shipped(library, words, why, why_size);
    if (err == PS_OK && ps_own_folder(folder, sizeof folder)) {
        err = read_folder(library, words, folder, true);
        err = err == PS_ENOENT ? PS_OK : err;
    }
    if (err != PS_OK) {
        ps_library_free(library);
        return err;
    }
    qsort(library->presets, library->count, sizeof *library->presets, compare);
    return PS_OK;
}

void ps_library_free(struct ps_library *library)
{
    free(library->presets);
    *library = (struct ps_library){0, NULL};
}

/* ---- finding ---- */

const struct ps_preset *ps_library_find(const struct ps_library *library, const char *name)
{
    uint64_t number;
    bool is_number = ps_parse_u64(name, 1, 999, &number);
    const struct ps_preset *begins = NULL;
    unsigned beginnings = 0;
    size_t length = strlen(name);
    for (size_t i = 0; i < library->count; i++)
        if (strcmp(library->presets[i].name, name) == 0)
            return &library->presets[i];
    for (size_t i = 0; i < library->count; i++) {
        const struct ps_preset *preset = &library->presets[i];
        if (is_number && preset->valid && preset->experiment.lesson == number)
            return preset;
        if (length > 0 && strncmp(preset->name, name, length) == 0) {
            begins = preset;
            beginnings++;
        }
    }
    return beginnings == 1 ? begins : NULL;
}

/* ---- lesson texts ---- */

/* At most LESSON_BYTES of a regular file. */
static enum ps_err read_text(int fd, char **text)
{
    struct stat about;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size < 0 ||
        (uint64_t)about.st_size > LESSON_BYTES)
        return PS_EIO;
    size_t size = (size_t)about.st_size, length = 0;
    *text = malloc(size + 1);
    if (!*text)
        return PS_ENOMEM;
    while (length < size) {
        ssize_t n = read(fd, *text + length, size - length);
        if (n == 0)
            break;
        if (n < 0 && errno != EINTR) {
            free(*text);
            return PS_EIO;
        }
        length += n > 0 ? (size_t)n : 0;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)(*text)[i];
        if ((c < 0x20 && c != '\n') || c == 0x7f)
            (*text)[i] = c == '\t' || c == '\r' ? ' ' : '?';
    }
    (*text)[length] = '\0';
    return PS_OK;
}

enum ps_err ps_preset_lesson(const struct ps_preset *preset, char **text)
{
    char path[sizeof preset->path];
    size_t length = strlen(preset->path);
    *text = NULL;
    if (length < 4)
        return PS_ENOENT;
    snprintf(path, sizeof path, "%.*s.md", (int)(length - 4), preset->path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? PS_ENOENT : ps_err_from_errno(errno);
    enum ps_err err = read_text(fd, text);
    close(fd);
    if (err != PS_OK)
        *text = NULL;
    return err;
}
