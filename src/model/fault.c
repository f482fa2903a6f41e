#include "model/fault.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/complaint.h"
#include "model/exact.h"

#define FOR_MAX_NS UINT64_C(600000000000)

const struct ps_fault_word ps_fault_words[PS_FAULT_KIND_COUNT] = {
#define FAULT_ROW(name, word, shape, form, help) [PS_FAULT_##name] = {#word, shape, form, help},
    PS_FAULT_KINDS(FAULT_ROW)
#undef FAULT_ROW
};

/* ---- reading ---- */

struct reading {
    const struct ps_experiment *experiment;
    struct ps_fault fault;
    char text[PS_PRESET_MAX_LINE + 1];
    char *rest;
    struct ps_why why;
};

static char *next_word(struct reading *reading)
{
    return strtok_r(reading->rest, " \t", &reading->rest);
}

static bool expected(struct reading *reading, const char *what, const char *got)
{
    return ps_because(&reading->why, "expected %s, got '%.40s'", what, got ? got : "");
}

static bool take_number(struct reading *reading, const char *what, uint64_t min, uint64_t max,
                        uint64_t *number)
{
    const char *word = next_word(reading);
    return (word && ps_parse_u64(word, min, max, number)) || expected(reading, what, word);
}

static bool take_type(struct reading *reading)
{
    const struct ps_experiment *e = reading->experiment;
    const char *names[PS_TYPES_MAX + 1] = {NULL}, *word = next_word(reading);
    for (unsigned i = 0; i < e->type_count; i++) {
        names[i] = e->types[i].name;
        if (word && strcmp(word, names[i]) == 0) {
            reading->fault.type = (uint16_t)i;
            return true;
        }
    }
    expected(reading, "a task type", word);
    if (word)
        ps_because_near(&reading->why, word, names);
    return false;
}

static bool take_factor(struct reading *reading)
{
    const char *word = next_word(reading);
    uint64_t factor = 0;
    if (!word || !ps_parse_u64(word + (*word == 'x'), 1, 1000, &factor))
        return expected(reading, "a factor x1 to x1000", word);
    reading->fault.factor = (uint32_t)factor;
    return true;
}

static bool take_cpu(struct reading *reading)
{
    const char *word = next_word(reading);
    uint64_t cpu = 0;
    if (!word || strcmp(word, "cpu") != 0)
        return expected(reading, "'cpu'", word);
    if (!take_number(reading, "the number of a CPU", 0, 1023, &cpu))
        return false;
    reading->fault.cpu = (uint16_t)cpu;
    return true;
}

/* A time; one that is left out is no limit. */
static bool take_time(struct reading *reading)
{
    const char *word = next_word(reading);
    uint64_t *ns = &reading->fault.for_ns;
    if (!word && reading->fault.kind != PS_FAULT_STUCK)
        return true;
    return (word && ps_parse_duration(word, ns) && *ns > 0 && *ns <= FOR_MAX_NS) ||
           expected(reading, "a time up to 10min", word);
}

static bool take_chance(struct reading *reading)
{
    const char *word = next_word(reading);
    return (word && ps_exact_percent(word, &reading->fault.chance)) ||
           expected(reading, "0%..100%", word);
}

static bool take(struct reading *reading, char what)
{
    uint64_t number = 0;
    bool ok = false;
    switch (what) {
    case 'W':
        ok = take_number(reading, "a worker's number", 0, PS_WORKERS_MAX - 1, &number);
        reading->fault.worker = (uint16_t)number;
        break;
    case 'N':
        ok = take_number(reading, "1 to 1000000 tasks", 1, 1000000, &number);
        reading->fault.count = (uint32_t)number;
        break;
    case 'T':
        ok = take_time(reading);
        break;
    case 'F':
        ok = take_factor(reading);
        break;
    case 'P':
        ok = take_chance(reading);
        break;
    case 'Y':
        ok = take_type(reading);
        break;
    case 'C':
        ok = take_cpu(reading);
        break;
    }
    return ok;
}

/* "stuck W T, slow W xF [T], ..." */
static void allowed_forms(struct reading *reading, const char *word)
{
    const char *words[PS_FAULT_KIND_COUNT + 1] = {NULL};
    ps_because(&reading->why, "allowed:");
    for (unsigned k = 0; k < PS_FAULT_KIND_COUNT; k++) {
        size_t used = strlen(reading->why.text);
        words[k] = ps_fault_words[k].word;
        snprintf(reading->why.text + used, sizeof reading->why.text - used, "%s %s", k ? "," : "",
                 ps_fault_words[k].form);
    }
    ps_because_near(&reading->why, word, words);
}

static bool read_fault(struct reading *reading)
{
    const char *word = next_word(reading);
    unsigned kind = 0;
    while (word && kind < PS_FAULT_KIND_COUNT && strcmp(ps_fault_words[kind].word, word) != 0)
        kind++;
    if (!word || kind == PS_FAULT_KIND_COUNT) {
        allowed_forms(reading, word ? word : "");
        return false;
    }
    reading->fault.kind = (enum ps_fault_kind)kind;
    for (const char *what = ps_fault_words[kind].shape; *what; what++)
        if (!take(reading, *what))
            return false;
    word = next_word(reading);
    return !word || ps_because(&reading->why, "'%.40s' is one word too many; allowed: %s", word,
                               ps_fault_words[kind].form);
}

bool ps_fault_parse(const struct ps_experiment *experiment, const char *text,
                    struct ps_fault *fault, char *why, size_t size)
{
    struct reading reading = {.experiment = experiment};
    reading.rest = reading.text;
    bool fits = snprintf(reading.text, sizeof reading.text, "%s", text) < (int)sizeof reading.text;
    if (!fits)
        ps_because(&reading.why, "longer than %u bytes", PS_PRESET_MAX_LINE);
    if (fits && read_fault(&reading)) {
        *fault = reading.fault;
        return true;
    }
    snprintf(why, size, "%s", reading.why.text);
    return false;
}

/* ---- writing ---- */

size_t ps_fault_format(char *into, size_t size, const struct ps_experiment *experiment,
                       const struct ps_fault *fault)
{
    char part[48], text[160];
    const struct ps_fault_word *word = &ps_fault_words[fault->kind];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", word->word);
    for (const char *what = word->shape; *what; what++) {
        part[0] = '\0';
        switch (*what) {
        case 'W':
            snprintf(part, sizeof part, " %u", fault->worker);
            break;
        case 'N':
            snprintf(part, sizeof part, " %u", fault->count);
            break;
        case 'T':
            if (fault->for_ns) {
                part[0] = ' ';
                ps_exact_format_duration(part + 1, sizeof part - 1, fault->for_ns);
            }
            break;
        case 'F':
            snprintf(part, sizeof part, " x%u", fault->factor);
            break;
        case 'P':
            part[0] = ' ';
            ps_exact_format_percent(part + 1, sizeof part - 1, fault->chance);
            break;
        case 'Y':
            snprintf(part, sizeof part, " %s", experiment->types[fault->type].name);
            break;
        case 'C':
            snprintf(part, sizeof part, " cpu %u", fault->cpu);
            break;
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "%s", part);
    }
    return (size_t)snprintf(into, size, "%s", text);
}
