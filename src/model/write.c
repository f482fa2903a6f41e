#include <stdlib.h>
#include <string.h>

#include "model/keys.h"

static bool write_key(FILE *to, const struct ps_experiment *experiment, struct ps_place place)
{
    char value[2 * PS_PRESET_MAX_LINE];
    ps_value_get(experiment, place, value, sizeof value);
    if (!*value)
        return true; /* empty is the default of every key that may be empty */
    return fprintf(to, "%s = %s\n", place.key->name, value) > 0;
}

/* The keys of one section of the table, which *key points into; moves it behind them. */
static bool write_keys(FILE *to, const struct ps_experiment *experiment, const struct ps_key **key,
                       unsigned index)
{
    bool ok = true;
    const char *section = (*key)->section;
    for (; (*key)->section && strcmp((*key)->section, section) == 0; (*key)++)
        ok = write_key(to, experiment, (struct ps_place){*key, index}) && ok;
    return ok;
}

/* Every task type, or every phase. */
static bool write_named(FILE *to, const struct ps_experiment *experiment, const struct ps_key **key)
{
    bool ok = true;
    const struct ps_key *first = *key;
    for (unsigned i = 0; i < ps_section_count(experiment, first->section); i++) {
        *key = first;
        ok = fprintf(to, "[%s %s]\n", first->section,
                     ps_section_name(experiment, first->section, i)) > 0 &&
             ok;
        ok = write_keys(to, experiment, key, i) && ok;
    }
    while ((*key)->section && strcmp((*key)->section, first->section) == 0)
        (*key)++;
    return ok;
}

enum ps_err ps_experiment_write(const struct ps_experiment *experiment, FILE *to)
{
    bool ok = true;
    for (const struct ps_key *key = ps_keys; key->section;) {
        if (ps_section_is_named(key->section)) {
            ok = write_named(to, experiment, &key) && ok;
            continue;
        }
        ok = fprintf(to, "[%s]\n", key->section) > 0 && ok;
        ok = write_keys(to, experiment, &key, 0) && ok;
    }
    return ok && fflush(to) == 0 ? PS_OK : PS_EIO;
}

enum ps_err ps_experiment_text(const struct ps_experiment *experiment, char **text, size_t *size)
{
    *text = NULL;
    FILE *to = open_memstream(text, size);
    if (!to)
        return PS_ENOMEM;
    enum ps_err err = ps_experiment_write(experiment, to);
    if (fclose(to) == 0 && err == PS_OK)
        return PS_OK;
    free(*text);
    *text = NULL;
    return PS_ENOMEM;
}
