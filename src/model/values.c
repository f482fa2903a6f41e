#include "model/values.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "model/exact.h"
#include "model/phases.h"
#include "model/steps.h"

/* A field being set or read. */
struct slot {
    struct ps_experiment *experiment;
    const struct ps_vocabulary *words;
    struct ps_place place;
    const struct ps_key *key;
    void *field;
};

/* ---- text ---- */

/* inih reads ';' behind white space as the beginning of a comment. */
static bool holds_comment(const char *text)
{
    for (const char *at = text; (at = strchr(at, ';')); at++)
        if (at == text || at[-1] == ' ' || at[-1] == '\t')
            return true;
    return false;
}

static bool set_text(struct slot *slot, const char *text, struct ps_why *why)
{
    if (!*text && !slot->key->standard)
        return ps_because(why, "must not be empty");
    if (strlen(text) >= slot->key->size)
        return ps_because(why, "longer than %zu bytes", slot->key->size - 1);
    if (holds_comment(text))
        return ps_because(why, "must not hold a ';' at the beginning of a word");
    memset(slot->field, 0, slot->key->size);
    memcpy(slot->field, text, strlen(text));
    return true;
}

static void get_text(const struct slot *slot, char *into, size_t size)
{
    snprintf(into, size, "%s", (const char *)slot->field);
}

/* ---- counts, sizes, times, numbers ---- */

static bool allowed_only(const struct slot *slot, struct ps_why *why)
{
    return ps_because(why, "allowed: %s", slot->key->allowed);
}

static bool set_count(struct slot *slot, const char *text, struct ps_why *why)
{
    uint64_t value;
    if (!ps_parse_u64(text, slot->key->min, slot->key->max, &value))
        return allowed_only(slot, why);
    if (slot->key->size == sizeof(unsigned))
        *(unsigned *)slot->field = (unsigned)value;
    else
        *(uint64_t *)slot->field = value;
    return true;
}

static void get_count(const struct slot *slot, char *into, size_t size)
{
    if (slot->key->size == sizeof(unsigned))
        snprintf(into, size, "%u", *(const unsigned *)slot->field);
    else
        snprintf(into, size, "%" PRIu64, *(const uint64_t *)slot->field);
}

static bool set_duration(struct slot *slot, const char *text, struct ps_why *why)
{
    uint64_t value;
    if (!ps_parse_duration(text, &value) || value < slot->key->min || value > slot->key->max)
        return allowed_only(slot, why);
    *(uint64_t *)slot->field = value;
    return true;
}

static void get_duration(const struct slot *slot, char *into, size_t size)
{
    ps_exact_format_duration(into, size, *(const uint64_t *)slot->field);
}

static bool set_size(struct slot *slot, const char *text, struct ps_why *why)
{
    uint64_t value;
    if (!ps_parse_size(text, &value) ||
        (value != 0 && (value < slot->key->min || value > slot->key->max)))
        return allowed_only(slot, why);
    *(uint64_t *)slot->field = value;
    return true;
}

static void get_size(const struct slot *slot, char *into, size_t size)
{
    uint64_t value = *(const uint64_t *)slot->field;
    if (value == 0)
        snprintf(into, size, "0");
    else
        ps_exact_format_size(into, size, value);
}

static bool set_number(struct slot *slot, const char *text, struct ps_why *why)
{
    if (!ps_exact_number(text, slot->key->min, slot->key->max, slot->field))
        return allowed_only(slot, why);
    return true;
}

static void get_number(const struct slot *slot, char *into, size_t size)
{
    ps_exact_format_number(into, size, *(const double *)slot->field);
}

static bool set_rate(struct slot *slot, const char *text, struct ps_why *why)
{
    char number[32];
    size_t length = strlen(text);
    if (length > 2 && strcmp(text + length - 2, "/s") == 0)
        length -= 2;
    if (length >= sizeof number)
        return allowed_only(slot, why);
    memcpy(number, text, length);
    number[length] = '\0';
    return set_number(slot, number, why);
}

static void get_rate(const struct slot *slot, char *into, size_t size)
{
    char number[32];
    get_number(slot, number, sizeof number);
    snprintf(into, size, "%s/s", number);
}

static bool set_factor(struct slot *slot, const char *text, struct ps_why *why)
{
    char number[32];
    size_t length = strlen(text);
    if (length < 2 || length > sizeof number || text[length - 1] != 'x')
        return allowed_only(slot, why);
    memcpy(number, text, length - 1);
    number[length - 1] = '\0';
    return set_number(slot, number, why);
}

static void get_factor(const struct slot *slot, char *into, size_t size)
{
    char number[32];
    get_number(slot, number, sizeof number);
    snprintf(into, size, "%sx", number);
}

static bool set_percent(struct slot *slot, const char *text, struct ps_why *why)
{
    if (!ps_exact_percent(text, slot->field))
        return allowed_only(slot, why);
    return true;
}

static void get_percent(const struct slot *slot, char *into, size_t size)
{
    ps_exact_format_percent(into, size, *(const double *)slot->field);
}

static bool set_dist(struct slot *slot, const char *text, struct ps_why *why)
{
    char copy[128];
    const char *words[6];
    size_t count = 0, used;
    if (strlen(text) >= sizeof copy)
        return allowed_only(slot, why);
    memcpy(copy, text, strlen(text) + 1);
    for (char *state, *word = strtok_r(copy, " \t", &state); word;
         word = strtok_r(NULL, " \t", &state)) {
        if (count == 5)
            return allowed_only(slot, why);
        words[count++] = word;
    }
    words[count] = NULL;
    struct ps_dist dist;
    if (!ps_dist_parse(words, &used, &dist, why->text, sizeof why->text))
        return false;
    if (used != count)
        return ps_because(why, "'%.31s' is one word too many; allowed: %s", words[used],
                          slot->key->allowed);
    memcpy(slot->field, &dist, sizeof dist);
    return true;
}

static void get_dist(const struct slot *slot, char *into, size_t size)
{
    ps_dist_format(into, size, slot->field);
}

/* ---- choices ---- */

/* Position of text among the choices; their number if it is none of them. */
static unsigned choice_of(const char *const *choices, const char *text)
{
    unsigned i = 0;
    while (choices[i] && strcmp(choices[i], text) != 0)
        i++;
    return i;
}

static bool set_choice_number(struct slot *slot, const char *text, unsigned *number,
                              struct ps_why *why)
{
    *number = choice_of(slot->key->choices, text);
    if (slot->key->choices[*number])
        return true;
    allowed_only(slot, why);
    ps_because_near(why, text, slot->key->choices);
    return false;
}

#define NAMES_MAX 64u

static void add_name(const char *names[NAMES_MAX + 1], const char *name)
{
    unsigned end = 0;
    while (names[end] && strcmp(names[end], name) != 0)
        end++;
    if (names[end] || end == NAMES_MAX)
        return;
    names[end] = name;
    names[end + 1] = NULL;
}

/* The names that the vocabulary has for this key, each once: engines, or policies of all engines.
 */
static void known_names(const struct slot *slot, const char *names[NAMES_MAX + 1])
{
    bool engines = slot->key->offset == offsetof(struct ps_experiment, engine);
    names[0] = NULL;
    for (const struct ps_engine_word *e = slot->words->engines; e->name; e++) {
        if (engines)
            add_name(names, e->name);
        for (const struct ps_policy_word *p = e->policies; !engines && p->name; p++)
            add_name(names, p->name);
    }
}

static bool set_name(struct slot *slot, const char *text, struct ps_why *why)
{
    const char *names[NAMES_MAX + 1];
    bool may_be_empty = slot->key->standard && !*slot->key->standard;
    if (slot->words && !(may_be_empty && !*text)) {
        known_names(slot, names);
        if (!names[choice_of(names, text)]) {
            ps_because(why, "allowed:");
            for (unsigned i = 0; names[i]; i++) {
                size_t used = strlen(why->text);
                snprintf(why->text + used, sizeof why->text - used, "%s %s", i ? "," : "",
                         names[i]);
            }
            ps_because_near(why, text, names);
            return false;
        }
    }
    return set_text(slot, text, why);
}

static bool set_choice(struct slot *slot, const char *text, struct ps_why *why)
{
    if (!slot->key->choices)
        return set_name(slot, text, why);
    unsigned number;
    if (!set_choice_number(slot, text, &number, why))
        return false;
    memcpy(slot->field, &number, sizeof number); /* an enum, see the assertions in keys.c */
    return true;
}

static void get_choice(const struct slot *slot, char *into, size_t size)
{
    if (!slot->key->choices) {
        get_text(slot, into, size);
        return;
    }
    unsigned number;
    memcpy(&number, slot->field, sizeof number);
    snprintf(into, size, "%s", slot->key->choices[number]);
}

static bool set_switch(struct slot *slot, const char *text, struct ps_why *why)
{
    unsigned number;
    if (!set_choice_number(slot, text, &number, why))
        return false;
    *(bool *)slot->field = number == 1;
    return true;
}

static void get_switch(const struct slot *slot, char *into, size_t size)
{
    snprintf(into, size, "%s", slot->key->choices[*(const bool *)slot->field]);
}

/* ---- keys with a manner of their own ---- */

static bool set_workers(struct slot *slot, const char *text, struct ps_why *why)
{
    struct ps_workers_spec spec = {0, 1.0};
    char number[32];
    uint64_t count;
    size_t length = strlen(text);
    if (strcmp(text, "auto") == 0) {
        /* as initialised */
    } else if (length > 1 && length <= sizeof number && text[length - 1] == 'x') {
        memcpy(number, text, length - 1);
        number[length - 1] = '\0';
        if (!ps_exact_number(number, PS_MILLIONTHS / 100, 64 * PS_MILLIONTHS, &spec.factor))
            return allowed_only(slot, why);
    } else if (ps_parse_u64(text, 1, PS_WORKERS_MAX, &count)) {
        spec = (struct ps_workers_spec){(unsigned)count, 0};
    } else {
        allowed_only(slot, why);
        ps_because_near(why, text, (const char *const[]){"auto", NULL});
        return false;
    }
    memcpy(slot->field, &spec, sizeof spec);
    return true;
}

static void get_workers(const struct slot *slot, char *into, size_t size)
{
    const struct ps_workers_spec *spec = slot->field;
    char number[32];
    if (spec->count)
        snprintf(into, size, "%u", spec->count);
    else if (spec->factor == 1.0)
        snprintf(into, size, "auto");
    else
        snprintf(into, size, "%sx", ps_exact_format_number(number, sizeof number, spec->factor));
}

#define RAMP_MAX_NS (1440 * UINT64_C(60000000000))
#define OFFLOAD_ON  4u /* libuv's own default */

static bool set_offload(struct slot *slot, const char *text, struct ps_why *why)
{
    uint64_t value;
    if (strcmp(text, "off") == 0)
        value = 0;
    else if (strcmp(text, "on") == 0)
        value = OFFLOAD_ON;
    else if (!ps_parse_u64(text, 1, slot->key->max, &value))
        return allowed_only(slot, why);
    *(unsigned *)slot->field = (unsigned)value;
    return true;
}

static void get_offload(const struct slot *slot, char *into, size_t size)
{
    unsigned value = *(const unsigned *)slot->field;
    if (value == 0)
        snprintf(into, size, "off");
    else
        snprintf(into, size, "%u", value);
}

static bool set_steps(struct slot *slot, const char *text, struct ps_why *why)
{
    return ps_steps_set(slot->experiment, slot->place.index, text, why);
}

static void get_steps(const struct slot *slot, char *into, size_t size)
{
    ps_steps_format(into, size, slot->experiment, &slot->experiment->types[slot->place.index]);
}

static bool set_backoff(struct slot *slot, const char *text, struct ps_why *why)
{
    return ps_backoff_parse(text, slot->field) || allowed_only(slot, why);
}

static void get_backoff(const struct slot *slot, char *into, size_t size)
{
    ps_backoff_format(into, size, slot->field);
}

static bool set_rate_change(struct slot *slot, const char *text, struct ps_why *why)
{
    struct ps_rate_change change = {0, 0};
    char number[48];
    const char *over = strstr(text, " over ");
    size_t length = over ? (size_t)(over - text) : strlen(text);
    if (length >= sizeof number)
        return allowed_only(slot, why);
    memcpy(number, text, length);
    number[length] = '\0';
    struct slot part = *slot;
    part.field = &change.rate;
    if (!set_rate(&part, number, why))
        return false;
    if (over && (!ps_parse_duration(over + strlen(" over "), &change.over_ns) ||
                 change.over_ns == 0 || change.over_ns > RAMP_MAX_NS))
        return allowed_only(slot, why);
    memcpy(slot->field, &change, sizeof change);
    return true;
}

static void get_rate_change(const struct slot *slot, char *into, size_t size)
{
    const struct ps_rate_change *change = slot->field;
    char number[32], over[40];
    ps_exact_format_number(number, sizeof number, change->rate);
    if (change->over_ns)
        snprintf(into, size, "%s/s over %s", number,
                 ps_exact_format_duration(over, sizeof over, change->over_ns));
    else
        snprintf(into, size, "%s/s", number);
}

static bool set_mix(struct slot *slot, const char *text, struct ps_why *why)
{
    return ps_mix_set(slot->experiment, slot->field, text, why);
}

static void get_mix(const struct slot *slot, char *into, size_t size)
{
    ps_mix_format(into, size, slot->experiment, slot->field);
}

static bool set_faults(struct slot *slot, const char *text, struct ps_why *why)
{
    return ps_faults_set(slot->experiment, slot->field, text, why);
}

static void get_faults(const struct slot *slot, char *into, size_t size)
{
    ps_faults_format(into, size, slot->experiment, slot->field);
}

static const struct kind {
    bool (*set)(struct slot *slot, const char *text, struct ps_why *why);
    void (*get)(const struct slot *slot, char *into, size_t size);
} kinds[] = {
    [PS_KEY_TEXT] = {set_text, get_text},
    [PS_KEY_COUNT] = {set_count, get_count},
    [PS_KEY_WORKERS] = {set_workers, get_workers},
    [PS_KEY_CHOICE] = {set_choice, get_choice},
    [PS_KEY_SWITCH] = {set_switch, get_switch},
    [PS_KEY_RATE] = {set_rate, get_rate},
    [PS_KEY_DURATION] = {set_duration, get_duration},
    [PS_KEY_DIST] = {set_dist, get_dist},
    [PS_KEY_SIZE] = {set_size, get_size},
    [PS_KEY_PERCENT] = {set_percent, get_percent},
    [PS_KEY_STEPS] = {set_steps, get_steps},
    [PS_KEY_NUMBER] = {set_number, get_number},
    [PS_KEY_FACTOR] = {set_factor, get_factor},
    [PS_KEY_BACKOFF] = {set_backoff, get_backoff},
    [PS_KEY_RATE_CHANGE] = {set_rate_change, get_rate_change},
    [PS_KEY_MIX] = {set_mix, get_mix},
    [PS_KEY_FAULTS] = {set_faults, get_faults},
    [PS_KEY_OFFLOAD] = {set_offload, get_offload},
};

static bool is_zero(const void *field, size_t size)
{
    const unsigned char *byte = field;
    while (size > 0 && byte[size - 1] == 0)
        size--;
    return size == 0;
}

static struct slot slot_at(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                           struct ps_place place)
{
    char *base = (char *)experiment;
    if (strcmp(place.key->section, "task") == 0)
        base = (char *)&experiment->types[place.index];
    else if (strcmp(place.key->section, "lock") == 0)
        base = (char *)&experiment->lock_defs[place.index];
    else if (strcmp(place.key->section, "phase") == 0)
        base = (char *)&experiment->phases[place.index];
    return (struct slot){experiment, words, place, place.key, base + place.key->offset};
}

bool ps_value_set(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                  struct ps_place place, const char *text, struct ps_why *why)
{
    struct slot slot = slot_at(experiment, words, place);
    if (place.key->optional && !*text) {
        memset(slot.field, 0, place.key->size);
        return true;
    }
    return kinds[place.key->kind].set(&slot, text, why);
}

void ps_value_get(const struct ps_experiment *experiment, struct ps_place place, char *into,
                  size_t size)
{
    /* The getters only read. */
    const struct slot slot = slot_at((struct ps_experiment *)experiment, NULL, place);
    if (place.key->optional && is_zero(slot.field, place.key->size))
        snprintf(into, size, "%s", "");
    else
        kinds[place.key->kind].get(&slot, into, size);
}
