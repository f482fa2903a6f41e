/* Two passes over the lines. The first refuses what inih would misread, and knows the sections:
 * which there are, and so all task types before any program names one. The second lets inih read;
 * it gets its lines from us one by one, so the number of the line at hand is known when it calls
 * back. */
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "model/keys.h"
#include "model/lab_keys.h"
#include "model/lines.h"
#include "model/steps.h"

/* Where a key or a section ("engine", "task long") was written. */
struct origin {
    char key[80];
    unsigned line;
};

#define ORIGINS_MAX 512u

struct parser {
    struct ps_experiment *experiment;
    struct ps_lab *lab;
    const struct ps_vocabulary *words;
    const char *name;
    struct ps_complaints *complaints;
    struct ps_lines lines;
    struct origin origins[ORIGINS_MAX];
    unsigned origin_count;
    unsigned failed; /* complaints of this parse */
};

static void complain(struct parser *parser, unsigned line, const char *key, const char *value,
                     const char *text)
{
    ps_complain(parser->complaints, parser->name, line, key, value, "%s", text);
    parser->failed++;
}

static const struct origin *find_origin(const struct parser *parser, const char *key)
{
    for (unsigned i = 0; i < parser->origin_count; i++)
        if (strcmp(parser->origins[i].key, key) == 0)
            return &parser->origins[i];
    return NULL;
}

/* Remember; a repetition is an error, and false. The table holds every section and key there can
 * be. */
static bool remember(struct parser *parser, const char *key, const char *value, unsigned line)
{
    const struct origin *first = find_origin(parser, key);
    if (first) {
        struct ps_why why = {""};
        ps_because(&why, "given before, in line %u", first->line);
        complain(parser, line, key, value, why.text);
        return false;
    }
    if (parser->origin_count < ORIGINS_MAX) {
        struct origin *origin = &parser->origins[parser->origin_count++];
        snprintf(origin->key, sizeof origin->key, "%s", key);
        origin->line = line;
    }
    return true;
}

/* ---- first pass ---- */

static void meet_section(struct parser *parser, const char *text, unsigned line)
{
    struct ps_why why = {""};
    if (ps_lab_section(text)) {
        if (remember(parser, text, NULL, line) && !ps_lab_begin(parser->lab, text, line, &why))
            complain(parser, line, text, NULL, why.text);
        return;
    }
    struct ps_section section = ps_section_find(parser->experiment, text, &why);
    if (!section.word) {
        complain(parser, line, text, NULL, why.text);
        return;
    }
    if (!remember(parser, text, NULL, line))
        return;
    bool ok = true;
    if (strcmp(section.word, "task") == 0 && !ps_type_add(parser->experiment, section.name))
        ok = ps_because(&why, "more than %u task types", PS_TYPES_MAX);
    if (strcmp(section.word, "lock") == 0 && !ps_lock_add(parser->experiment, section.name))
        ok = ps_because(&why, "more than %u locks", PS_LOCKS_MAX);
    if (strcmp(section.word, "phase") == 0 && !ps_phase_add(parser->experiment, section.name))
        ok = ps_because(&why, "more than %u phases", PS_PHASES_MAX);
    if (!ok)
        complain(parser, line, text, NULL, why.text);
}

static bool first_pass(struct parser *parser)
{
    const char *line;
    size_t length;
    bool in_section = false;
    while (ps_lines_next(&parser->lines, &line, &length)) {
        struct ps_why why = {""};
        struct ps_line read = ps_line_read(line, length, &why);
        unsigned number = parser->lines.number;
        if (read.kind == PS_LINE_WRONG) {
            char shown[sizeof((struct ps_complaint *)NULL)->value];
            snprintf(shown, sizeof shown, "%.*s", (int)(length < 72 ? length : 72), line);
            complain(parser, number, "", shown, why.text);
        } else if (read.kind == PS_LINE_SECTION) {
            in_section = true;
            meet_section(parser, read.word, number);
        } else if (read.kind == PS_LINE_KEY && !in_section) {
            complain(parser, number, read.word, NULL, "a key before the first [section]");
        }
    }
    return parser->failed == 0;
}

/* ---- second pass ---- */

/* An fgets for inih. The lines have been measured: they fit. */
static char *give_line(char *into, int size, void *stream)
{
    struct parser *parser = stream;
    const char *line;
    size_t length;
    if (!ps_lines_next(&parser->lines, &line, &length) || length + 2 > (size_t)size)
        return NULL;
    memcpy(into, line, length);
    into[length] = '\n';
    into[length + 1] = '\0';
    return into;
}

static void take_lab_value(struct parser *parser, const char *section, const char *name,
                           const char *value)
{
    char path[80];
    struct ps_why why = {""};
    unsigned line = parser->lines.number;
    snprintf(path, sizeof path, "%s.%s", section, name);
    if (remember(parser, path, value, line) &&
        !ps_lab_take(parser->lab, section, name, value, line, &why))
        complain(parser, line, path, value, why.text);
}

static int take_value(void *user, const char *section_text, const char *name, const char *value)
{
    struct parser *parser = user;
    unsigned line = parser->lines.number;
    char path[80];
    if (!name || !value)
        return 1;
    if (ps_lab_section(section_text)) {
        take_lab_value(parser, section_text, name, value);
        return 1;
    }
    snprintf(path, sizeof path, "%s.%s", section_text, name);
    struct ps_why why = {""};
    struct ps_section section = ps_section_find(parser->experiment, section_text, &why);
    const struct ps_key *key = section.word ? ps_key_find(&section, name, &why) : NULL;
    if (!key) {
        complain(parser, line, path, value, why.text);
        return 1;
    }
    if (!remember(parser, path, value, line))
        return 1;
    struct ps_place place = {key, section.index};
    if (!ps_value_set(parser->experiment, parser->words, place, value, &why))
        complain(parser, line, path, value, why.text);
    return 1;
}

static bool second_pass(struct parser *parser)
{
    parser->lines = ps_lines_begin(parser->lines.text, parser->lines.size);
    if (ini_parse_stream(give_line, parser, take_value, parser) != 0 && parser->failed == 0)
        complain(parser, parser->lines.number, "", NULL, "not an INI file");
    return parser->failed == 0;
}

/* ---- what only the whole shows ---- */

/* A trace that brings its own times needs no task type. */
static void add_row_type(struct ps_experiment *experiment)
{
    struct ps_why why = {""};
    if (experiment->model == PS_ARRIVAL_TRACE && experiment->type_count == 0 &&
        ps_type_add(experiment, "row"))
        ps_steps_set(experiment, 0, "row", &why);
}

static bool complete(struct parser *parser)
{
    struct ps_experiment *experiment = parser->experiment;
    if (!experiment->title[0])
        complain(parser, 0, "preset.title", NULL, "must be given");
    add_row_type(experiment);
    for (unsigned i = 0; i < experiment->type_count; i++) {
        char section[48], key[64];
        snprintf(section, sizeof section, "task %s", experiment->types[i].name);
        snprintf(key, sizeof key, "%s.steps", section);
        if (experiment->types[i].step_count == 0)
            complain(parser, find_origin(parser, section)->line, key, NULL, "must be given");
    }
    for (unsigned i = 0; i < experiment->phase_count; i++) {
        char section[48], key[64];
        snprintf(section, sizeof section, "phase %s", experiment->phases[i].name);
        snprintf(key, sizeof key, "%s.at", section);
        if (experiment->phases[i].at_ns == UINT64_MAX)
            complain(parser, find_origin(parser, section)->line, key, NULL, "must be given");
    }
    return parser->failed == 0;
}

/* The check knows keys, we know where they stand. */
static bool check(struct parser *parser)
{
    struct ps_complaints *complaints = parser->complaints;
    unsigned before = complaints->count;
    if (ps_experiment_check(parser->experiment, parser->words, parser->name, complaints) == PS_OK)
        return true;
    for (unsigned i = before; i < complaints->count && i < PS_COMPLAINTS_MAX; i++) {
        struct ps_complaint *complaint = &complaints->list[i];
        char section[sizeof complaint->key];
        snprintf(section, sizeof section, "%.*s", (int)strcspn(complaint->key, "."),
                 complaint->key);
        const struct origin *origin = find_origin(parser, complaint->key);
        origin = origin ? origin : find_origin(parser, section);
        complaint->line = origin ? origin->line : 0;
    }
    return false;
}

static bool check_runs(struct parser *parser)
{
    const struct ps_lab *lab = parser->lab;
    if (lab->trial_count + lab->sweep_count == 0 && !lab->duration[0])
        return true;
    struct ps_experiment *experiment = malloc(sizeof *experiment);
    bool ok = experiment != NULL;
    for (unsigned run = 0; ok && run < ps_lab_runs(lab); run++)
        ok = ps_lab_experiment(lab, run, parser->experiment, parser->words, parser->name,
                               experiment, parser->complaints) == PS_OK;
    free(experiment);
    return ok;
}

enum ps_err ps_lab_parse(struct ps_experiment *experiment, struct ps_lab *lab,
                         const struct ps_vocabulary *words, const char *name, const char *text,
                         size_t size, struct ps_complaints *complaints)
{
    struct parser parser = {.experiment = experiment,
                            .lab = lab,
                            .words = words,
                            .name = name,
                            .complaints = complaints,
                            .lines = ps_lines_begin(text, size)};
    ps_experiment_init(experiment);
    memset(lab, 0, sizeof *lab);
    if (size > PS_PRESET_MAX_BYTES) {
        ps_complain(complaints, name, 0, "", NULL, "larger than %u bytes", PS_PRESET_MAX_BYTES);
        return PS_EPARSE;
    }
    bool ok = first_pass(&parser) && second_pass(&parser) && complete(&parser) && check(&parser) &&
              check_runs(&parser);
    return ok ? PS_OK : PS_EPARSE;
}

enum ps_err ps_experiment_parse(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                                const char *name, const char *text, size_t size,
                                struct ps_complaints *complaints)
{
    struct ps_lab *lab = malloc(sizeof *lab);
    if (!lab)
        return PS_ENOMEM;
    enum ps_err err = ps_lab_parse(experiment, lab, words, name, text, size, complaints);
    free(lab);
    return err;
}

/* ---- files ---- */

/* At most `size` bytes; a short file is no error. */
static bool read_all(int fd, char *into, size_t size, size_t *length)
{
    *length = 0;
    while (*length < size) {
        ssize_t n = read(fd, into + *length, size - *length);
        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
        *length += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static void set_folder(struct ps_experiment *experiment, const char *path)
{
    const char *slash = strrchr(path, '/');
    int length = slash == path ? 1 : slash ? (int)(slash - path) : 0;
    snprintf(experiment->folder, sizeof experiment->folder, "%.*s", length, path);
}

static enum ps_err load(int fd, struct ps_experiment *experiment, struct ps_lab *lab,
                        const struct ps_vocabulary *words, const char *path,
                        struct ps_complaints *complaints)
{
    struct stat about;
    if (fstat(fd, &about) != 0)
        return PS_EIO;
    if (!S_ISREG(about.st_mode)) {
        ps_complain(complaints, path, 0, "", NULL, "not a regular file");
        return PS_EPARSE;
    }
    size_t length;
    char *text = malloc(PS_PRESET_MAX_BYTES + 1);
    if (!text)
        return PS_ENOMEM;
    enum ps_err err = PS_EIO;
    if (read_all(fd, text, PS_PRESET_MAX_BYTES + 1, &length))
        err = ps_lab_parse(experiment, lab, words, path, text, length, complaints);
    set_folder(experiment, path);
    free(text);
    return err;
}

enum ps_err ps_lab_load(struct ps_experiment *experiment, struct ps_lab *lab,
                        const struct ps_vocabulary *words, const char *path,
                        struct ps_complaints *complaints)
{
    /* Not to wait for the writer of a FIFO. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum ps_err err = PS_EIO;
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return PS_ENOENT;
    if (fd >= 0) {
        err = load(fd, experiment, lab, words, path, complaints);
        close(fd);
    }
    if (err == PS_EIO)
        ps_complain(complaints, path, 0, "", NULL, "cannot be read: %s", strerror(errno));
    return err;
}

enum ps_err ps_experiment_load(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                               const char *path, struct ps_complaints *complaints)
{
    struct ps_lab *lab = malloc(sizeof *lab);
    if (!lab)
        return PS_ENOMEM;
    enum ps_err err = ps_lab_load(experiment, lab, words, path, complaints);
    free(lab);
    return err;
}
