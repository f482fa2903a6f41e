#include "model/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/exact.h"
#include "model/kernels.h"

const struct ps_step_word ps_step_words[PS_STEP_KIND_COUNT] = {
#define STEP_WORD(name, word, shape, help) [PS_STEP_##name] = {#word, shape, help},
    PS_STEP_KINDS(STEP_WORD)
#undef STEP_WORD
};

bool ps_name_valid(const char *text)
{
    size_t length =
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    return length > 0 && length < PS_NAME_MAX && text[length] == '\0';
}

/* ---- the parts of a step, one row a letter of the shape ---- */

static bool read_time(struct ps_reading *reading)
{
    size_t used;
    if (!ps_dist_parse(reading->words, &used, &reading->step->time, reading->why->text,
                       sizeof reading->why->text))
        return false;
    reading->words += used;
    return true;
}

static void format_time(char *into, size_t size, const struct ps_experiment *experiment,
                        const struct ps_step_def *step)
{
    (void)experiment;
    ps_dist_format(into, size, &step->time);
}

static bool read_size(struct ps_reading *reading)
{
    const char *word = ps_reading_take(reading);
    uint64_t bytes;
    if (!word || !ps_parse_size(word, &bytes) || bytes < 1 || bytes > PS_DISK_MAX)
        return ps_because(reading->why, "expected a size of 1B..64MiB");
    reading->step->size = bytes;
    return true;
}

static void format_size(char *into, size_t size, const struct ps_experiment *experiment,
                        const struct ps_step_def *step)
{
    (void)experiment;
    ps_exact_format_size(into, size, step->size);
}

static bool read_mode(struct ps_reading *reading)
{
    const char *word = ps_reading_take(reading);
    if (!word || (strcmp(word, "read") != 0 && strcmp(word, "write") != 0))
        return ps_because(reading->why, "expected read or write");
    reading->step->write = strcmp(word, "write") == 0;
    return true;
}

static void format_mode(char *into, size_t size, const struct ps_experiment *experiment,
                        const struct ps_step_def *step)
{
    (void)experiment;
    snprintf(into, size, "%s", step->write ? "write" : "read");
}

static bool read_fsync(struct ps_reading *reading)
{
    if (!*reading->words || strcmp(*reading->words, "fsync") != 0)
        return true;
    ps_reading_take(reading);
    if (!reading->step->write)
        return ps_because(reading->why, "fsync is for write");
    reading->step->sync = true;
    return true;
}

static void format_fsync(char *into, size_t size, const struct ps_experiment *experiment,
                         const struct ps_step_def *step)
{
    (void)experiment;
    snprintf(into, size, "%s", step->sync ? "fsync" : "");
}

/* The number of a lock name, which is added if it is new; PS_LOCKS_MAX: there are too many. */
static unsigned lock_number(struct ps_experiment *experiment, const char *name)
{
    unsigned i = 0;
    while (i < experiment->lock_count && strcmp(experiment->locks[i], name) != 0)
        i++;
    if (i == experiment->lock_count && i < PS_LOCKS_MAX) {
        snprintf(experiment->locks[i], PS_NAME_MAX, "%s", name);
        experiment->lock_count++;
    }
    return i;
}

static bool read_lock(struct ps_reading *reading)
{
    const char *word = ps_reading_take(reading);
    if (!word || !ps_name_valid(word))
        return ps_because(reading->why, "expected the name of a lock (letters, digits, _ -)");
    unsigned lock = lock_number(reading->experiment, word);
    if (lock == PS_LOCKS_MAX)
        return ps_because(reading->why, "more than %u locks", PS_LOCKS_MAX);
    reading->step->lock = (uint16_t)lock;
    return true;
}

static void format_lock(char *into, size_t size, const struct ps_experiment *experiment,
                        const struct ps_step_def *step)
{
    snprintf(into, size, "%s", experiment->locks[step->lock]);
}

static bool read_type(struct ps_reading *reading)
{
    const char *word = ps_reading_take(reading);
    const struct ps_experiment *experiment = reading->experiment;
    if (!word)
        return ps_because(reading->why, "expected a task type");
    const char *names[PS_TYPES_MAX + 1] = {NULL};
    for (unsigned i = 0; i < experiment->type_count; i++) {
        names[i] = experiment->types[i].name;
        if (strcmp(names[i], word) == 0) {
            reading->step->type = (uint16_t)i;
            return true;
        }
    }
    ps_because(reading->why, "there is no [task %.31s]", word);
    ps_because_near(reading->why, word, names);
    return false;
}

static void format_type(char *into, size_t size, const struct ps_experiment *experiment,
                        const struct ps_step_def *step)
{
    snprintf(into, size, "%s", experiment->types[step->type].name);
}

static bool read_count(struct ps_reading *reading)
{
    reading->step->count = 1;
    if (!*reading->words)
        return true;
    const char *word = ps_reading_take(reading);
    uint64_t count;
    if (word[0] != 'x' || !ps_parse_u64(word + 1, 1, PS_SPAWN_MAX, &count))
        return ps_because(reading->why, "expected a count x1..x%u", PS_SPAWN_MAX);
    reading->step->count = (uint32_t)count;
    return true;
}

static void format_count(char *into, size_t size, const struct ps_experiment *experiment,
                         const struct ps_step_def *step)
{
    (void)experiment;
    if (step->count == 1)
        *into = '\0';
    else
        snprintf(into, size, "x%u", step->count);
}

static bool read_percent(struct ps_reading *reading)
{
    const char *word = ps_reading_take(reading);
    if (!word || !ps_exact_percent(word, &reading->step->chance))
        return ps_because(reading->why, "expected a percentage, 0%%..100%%");
    return true;
}

static void format_percent(char *into, size_t size, const struct ps_experiment *experiment,
                           const struct ps_step_def *step)
{
    (void)experiment;
    ps_exact_format_percent(into, size, step->chance);
}

static const struct ps_step_part parts[] = {
    {'T', "T", read_time, format_time},          {'S', "SIZE", read_size, format_size},
    {'M', "read|write", read_mode, format_mode}, {'F', "[fsync]", read_fsync, format_fsync},
    {'N', "NAME", read_lock, format_lock},       {'Y', "TYPE", read_type, format_type},
    {'X', "[xN]", read_count, format_count},     {'P', "P%", read_percent, format_percent},
};

/* Every letter of every shape has a row: a test reads and writes one step of each kind. */
static const struct ps_step_part *part_of(char letter)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].letter == letter)
            return &parts[i];
    const struct ps_step_part *part = ps_kernel_parts;
    while (part->letter != letter)
        part++;
    return part;
}

const char *ps_step_form(char letter)
{
    return part_of(letter)->form;
}

/* ---- steps ---- */

#define WORDS_MAX 8u

/* Cut the text into words at white space, in place. */
static bool split(char *text, const char *words[WORDS_MAX + 1])
{
    size_t count = 0;
    for (char *state, *word = strtok_r(text, " \t", &state); word;
         word = strtok_r(NULL, " \t", &state)) {
        if (count == WORDS_MAX)
            return false;
        words[count++] = word;
    }
    words[count] = NULL;
    return true;
}

static bool find_kind(const char *word, enum ps_step_kind *kind, struct ps_why *why)
{
    const char *names[PS_STEP_KIND_COUNT + 1] = {NULL};
    for (unsigned k = 0; k < PS_STEP_KIND_COUNT; k++) {
        names[k] = ps_step_words[k].word;
        if (strcmp(names[k], word) == 0) {
            *kind = (enum ps_step_kind)k;
            return true;
        }
    }
    ps_because(why, "there is no step '%.31s'; allowed:", word);
    for (unsigned k = 0; k < PS_STEP_KIND_COUNT; k++) {
        size_t used = strlen(why->text);
        snprintf(why->text + used, sizeof why->text - used, " %s", names[k]);
    }
    ps_because_near(why, word, names);
    return false;
}

/* Put in front of the reason how the step is written. */
static bool because_of_form(struct ps_why *why, enum ps_step_kind kind)
{
    char form[64];
    size_t used = (size_t)snprintf(form, sizeof form, "%s", ps_step_words[kind].word);
    for (const char *letter = ps_step_words[kind].shape; *letter; letter++)
        used += (size_t)snprintf(form + used, sizeof form - used, " %s", part_of(*letter)->form);
    struct ps_why inner = *why;
    return ps_because(why, "'%s': %.200s", form, inner.text);
}

static bool read_step(struct ps_experiment *experiment, char *text, struct ps_step_def *step,
                      struct ps_why *why)
{
    const char *words[WORDS_MAX + 1];
    if (!split(text, words))
        return ps_because(why, "a step of more than %u words", WORDS_MAX);
    if (!words[0])
        return ps_because(why, "an empty step");
    enum ps_step_kind kind;
    if (!find_kind(words[0], &kind, why))
        return false;
    *step = (struct ps_step_def){.kind = kind};
    struct ps_reading reading = {experiment, words + 1, step, why};
    for (const char *letter = ps_step_words[kind].shape; *letter; letter++)
        if (!part_of(*letter)->read(&reading))
            return because_of_form(why, kind);
    if (*reading.words) {
        ps_because(why, "'%.31s' is one word too many", *reading.words);
        return because_of_form(why, kind);
    }
    if (ps_step_is_kernel(kind) && !ps_kernel_fits(step, why))
        return because_of_form(why, kind);
    return true;
}

static bool read_steps(struct ps_experiment *experiment, struct ps_task_type *type,
                       const char *text, struct ps_why *why)
{
    char copy[PS_STEPS_TEXT_MAX + 1];
    if (strlen(text) > PS_STEPS_TEXT_MAX)
        return ps_because(why, "longer than %u bytes", PS_STEPS_TEXT_MAX);
    memcpy(copy, text, strlen(text) + 1);
    memset(type->steps, 0, sizeof type->steps);
    type->step_count = 0;
    for (char *rest = copy, *part; (part = strsep(&rest, ","));) {
        if (type->step_count == PS_STEPS_MAX)
            return ps_because(why, "more than %u steps", PS_STEPS_MAX);
        if (!read_step(experiment, part, &type->steps[type->step_count], why))
            return false;
        type->step_count++;
    }
    return true;
}

/* Number the locks in the order in which the programs mention them; names no longer used go. */
static void renumber_locks(struct ps_experiment *experiment)
{
    char old[PS_LOCKS_MAX][PS_NAME_MAX];
    memcpy(old, experiment->locks, sizeof old);
    memset(experiment->locks, 0, sizeof experiment->locks);
    experiment->lock_count = 0;
    for (unsigned t = 0; t < experiment->type_count; t++) {
        struct ps_task_type *type = &experiment->types[t];
        for (unsigned s = 0; s < type->step_count; s++)
            if (type->steps[s].kind == PS_STEP_LOCK)
                type->steps[s].lock = (uint16_t)lock_number(experiment, old[type->steps[s].lock]);
    }
}

static bool set_in_copy(struct ps_experiment *copy, unsigned number, const char *text,
                        struct ps_why *why)
{
    struct ps_task_type *type = &copy->types[number];
    type->step_count = 0;
    renumber_locks(copy); /* without those that only the old program used */
    if (!read_steps(copy, type, text, why))
        return false;
    renumber_locks(copy);
    if (ps_steps_format(NULL, 0, copy, type) > PS_STEPS_TEXT_MAX)
        return ps_because(why, "longer than %u bytes", PS_STEPS_TEXT_MAX);
    return true;
}

bool ps_steps_set(struct ps_experiment *experiment, unsigned type, const char *text,
                  struct ps_why *why)
{
    struct ps_experiment *copy = malloc(sizeof *copy);
    if (!copy)
        return ps_because(why, "out of memory");
    *copy = *experiment;
    bool ok = set_in_copy(copy, type, text, why);
    if (ok)
        *experiment = *copy;
    free(copy);
    return ok;
}

size_t ps_step_format(char *into, size_t size, const struct ps_experiment *experiment,
                      const struct ps_step_def *step)
{
    size_t used = (size_t)snprintf(into, size, "%s", ps_step_words[step->kind].word);
    for (const char *letter = ps_step_words[step->kind].shape; *letter; letter++) {
        char part[96];
        part_of(*letter)->format(part, sizeof part, experiment, step);
        if (*part)
            used += (size_t)snprintf(used < size ? into + used : NULL,
                                     used < size ? size - used : 0, " %s", part);
    }
    return used;
}

static size_t format_steps(char *into, size_t size, const struct ps_experiment *experiment,
                           const struct ps_task_type *type, const char *separator)
{
    size_t used = 0;
    for (unsigned s = 0; s < type->step_count; s++) {
        char text[256];
        ps_step_format(text, sizeof text, experiment, &type->steps[s]);
        used += (size_t)snprintf(used < size ? into + used : NULL, used < size ? size - used : 0,
                                 "%s%s", s ? separator : "", text);
    }
    if (type->step_count == 0 && size > 0)
        *into = '\0';
    return used;
}

size_t ps_steps_format(char *into, size_t size, const struct ps_experiment *experiment,
                       const struct ps_task_type *type)
{
    size_t length = format_steps(into, size, experiment, type, ", ");
    if (length <= PS_STEPS_TEXT_MAX)
        return length;
    return format_steps(into, size, experiment, type, ",");
}

const char *ps_experiment_step(char *into, size_t size, const struct ps_experiment *experiment,
                               unsigned type, unsigned step)
{
    if (size > 0)
        into[0] = '\0';
    if (type < experiment->type_count && step < experiment->types[type].step_count)
        ps_step_format(into, size, experiment, &experiment->types[type].steps[step]);
    return into;
}
