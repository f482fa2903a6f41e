#include "model/phases.h"

#include <string.h>

#include "base/text.h"
#include "model/exact.h"
#include "model/keys.h"

#define LIST_MAX   (PS_PRESET_MAX_LINE - 8u) /* behind "fault = " */
#define WEIGHT_MAX (UINT64_C(1000000) * PS_MILLIONTHS)

unsigned ps_phases_in_order(const struct ps_experiment *experiment,
                            const struct ps_phase_def *order[PS_PHASES_MAX])
{
    for (unsigned i = 0; i < experiment->phase_count; i++) {
        const struct ps_phase_def *phase = &experiment->phases[i];
        unsigned at = i;
        for (; at > 0 && order[at - 1]->at_ns > phase->at_ns; at--)
            order[at] = order[at - 1];
        order[at] = phase;
    }
    return experiment->phase_count;
}

/* ---- lists ---- */

/* The next part of a list, without blanks around it; NULL: there is none. */
static char *next_part(char **rest)
{
    char *part = *rest;
    if (!part)
        return NULL;
    char *comma = strchr(part, ',');
    *rest = comma ? comma + 1 : NULL;
    if (comma)
        *comma = '\0';
    part += strspn(part, " \t");
    size_t length = strlen(part);
    while (length > 0 && (part[length - 1] == ' ' || part[length - 1] == '\t'))
        length--;
    part[length] = '\0';
    return part;
}

static void append(char *into, size_t size, const char *separator, const char *text)
{
    size_t used = strlen(into);
    if (used < size)
        snprintf(into + used, size - used, "%s%s", used ? separator : "", text);
}

/* What has been read must fit into a line when it is written. */
static bool too_long(struct ps_why *why)
{
    return ps_because(why, "longer than %u bytes", LIST_MAX);
}

static bool find_type(const struct ps_experiment *experiment, const char *name, unsigned *type,
                      struct ps_why *why)
{
    const char *names[PS_TYPES_MAX + 1] = {NULL};
    for (unsigned i = 0; i < experiment->type_count; i++) {
        if (strcmp(experiment->types[i].name, name) == 0) {
            *type = i;
            return true;
        }
        names[i] = experiment->types[i].name;
    }
    ps_because(why, "there is no [task %.31s]", name);
    ps_because_near(why, name, names);
    return false;
}

static bool add_weight(const struct ps_experiment *experiment, struct ps_mix *mix, char *part,
                       struct ps_why *why)
{
    char *name = strtok_r(part, " \t", &part), *weight = strtok_r(part, " \t", &part);
    double value;
    unsigned type = 0;
    if (!name || !weight || strtok_r(part, " \t", &part) ||
        !ps_exact_number(weight, 0, WEIGHT_MAX, &value))
        return ps_because(why, "allowed: TYPE WEIGHT, TYPE WEIGHT, ..., weights 0..1000000");
    if (!find_type(experiment, name, &type, why))
        return false;
    for (unsigned i = 0; i < mix->count; i++)
        if (mix->part[i].type == type)
            return ps_because(why, "'%.31s' is named twice", name);
    mix->part[mix->count].type = type;
    mix->part[mix->count++].weight = value;
    return true;
}

bool ps_mix_set(const struct ps_experiment *experiment, struct ps_mix *mix, const char *text,
                struct ps_why *why)
{
    char copy[PS_PRESET_MAX_LINE + 1];
    struct ps_mix read = {.count = 0};
    snprintf(copy, sizeof copy, "%s", text);
    for (char *rest = copy, *part; (part = next_part(&rest));)
        if (!add_weight(experiment, &read, part, why))
            return false;
    ps_mix_format(copy, sizeof copy, experiment, &read);
    if (strlen(copy) > LIST_MAX)
        return too_long(why);
    *mix = read;
    return true;
}

static void write_mix(char *into, size_t size, const struct ps_experiment *experiment,
                      const struct ps_mix *mix, const char *separator)
{
    into[0] = '\0';
    for (unsigned i = 0; i < mix->count; i++) {
        char weight[32], part[80];
        snprintf(part, sizeof part, "%s %s", experiment->types[mix->part[i].type].name,
                 ps_exact_format_number(weight, sizeof weight, mix->part[i].weight));
        append(into, size, separator, part);
    }
}

void ps_mix_format(char *into, size_t size, const struct ps_experiment *experiment,
                   const struct ps_mix *mix)
{
    write_mix(into, size, experiment, mix, ", ");
    if (strlen(into) > LIST_MAX)
        write_mix(into, size, experiment, mix, ",");
}

bool ps_faults_set(const struct ps_experiment *experiment, struct ps_fault_list *list,
                   const char *text, struct ps_why *why)
{
    char copy[PS_PRESET_MAX_LINE + 1];
    struct ps_fault_list read = {.count = 0};
    snprintf(copy, sizeof copy, "%s", text);
    for (char *rest = copy, *part; (part = next_part(&rest)); read.count++) {
        if (read.count == PS_PHASE_FAULTS_MAX)
            return ps_because(why, "more than %u faults", PS_PHASE_FAULTS_MAX);
        if (!ps_fault_parse(experiment, part, &read.fault[read.count], why->text, sizeof why->text))
            return false;
    }
    ps_faults_format(copy, sizeof copy, experiment, &read);
    if (strlen(copy) > LIST_MAX)
        return too_long(why);
    *list = read;
    return true;
}

static void write_faults(char *into, size_t size, const struct ps_experiment *experiment,
                         const struct ps_fault_list *list, const char *separator)
{
    into[0] = '\0';
    for (unsigned i = 0; i < list->count; i++) {
        char part[160];
        ps_fault_format(part, sizeof part, experiment, &list->fault[i]);
        append(into, size, separator, part);
    }
}

void ps_faults_format(char *into, size_t size, const struct ps_experiment *experiment,
                      const struct ps_fault_list *list)
{
    write_faults(into, size, experiment, list, ", ");
    if (strlen(into) > LIST_MAX)
        write_faults(into, size, experiment, list, ",");
}

/* ---- for people ---- */

const char *ps_phase_text(char *into, size_t size, const struct ps_experiment *experiment,
                          const struct ps_phase_def *phase)
{
    into[0] = '\0';
    for (const struct ps_key *key = ps_keys; key->section; key++) {
        char value[2 * PS_PRESET_MAX_LINE], part[2 * PS_PRESET_MAX_LINE + 32];
        if (strcmp(key->section, "phase") != 0 || !key->optional)
            continue;
        ps_value_get(experiment, (struct ps_place){key, (unsigned)(phase - experiment->phases)},
                     value, sizeof value);
        if (!*value)
            continue;
        snprintf(part, sizeof part, "%s %s", key->name, value);
        append(into, size, ", ", part);
    }
    if (!*into)
        snprintf(into, size, "nothing");
    return into;
}
