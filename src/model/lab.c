#include "model/lab.h"

#include <stdio.h>
#include <string.h>

#include "model/lab_keys.h"
#include "model/steps.h"

static bool is_trial(const char *section)
{
    return strncmp(section, "trial ", 6) == 0 || strcmp(section, "trial") == 0;
}

bool ps_lab_section(const char *section)
{
    return is_trial(section) || strcmp(section, "needs") == 0 || strcmp(section, "expect") == 0 ||
           strcmp(section, "lab") == 0;
}

static struct ps_trial *find_trial(struct ps_lab *lab, const char *section)
{
    for (unsigned i = 0; i < lab->trial_count; i++)
        if (strcmp(lab->trials[i].name, section + 6) == 0)
            return &lab->trials[i];
    return NULL;
}

/* A trial's name stands before a dot in formulas. */
bool ps_lab_begin(struct ps_lab *lab, const char *section, unsigned line, struct ps_why *why)
{
    if (!is_trial(section))
        return true;
    if (strcmp(section, "trial") == 0 || !ps_name_valid(section + 6))
        return ps_because(why, "a trial is named by 1..31 letters, digits, '_' and '-'");
    if (lab->trial_count == PS_TRIALS_MAX)
        return ps_because(why, "more than %u trials", PS_TRIALS_MAX);
    struct ps_trial *trial = &lab->trials[lab->trial_count++];
    snprintf(trial->name, sizeof trial->name, "%s", section + 6);
    trial->line = line;
    return true;
}

static bool take_setting(struct ps_trial *trial, const char *name, const char *value, unsigned line,
                         struct ps_why *why)
{
    if (trial->count == PS_TRIAL_KEYS_MAX)
        return ps_because(why, "more than %u settings in a trial", PS_TRIAL_KEYS_MAX);
    struct ps_trial_key *set = &trial->set[trial->count++];
    snprintf(set->key, sizeof set->key, "%s", name);
    snprintf(set->value, sizeof set->value, "%s", value);
    set->line = line;
    return true;
}

static bool take_formula(struct ps_expect *list, unsigned *count, const char *name,
                         const char *value, unsigned line, struct ps_why *why)
{
    if (*count == PS_EXPECTS_MAX)
        return ps_because(why, "more than %u lines", PS_EXPECTS_MAX);
    struct ps_expect *expect = &list[(*count)++];
    snprintf(expect->words, sizeof expect->words, "%s", name);
    snprintf(expect->formula, sizeof expect->formula, "%s", value);
    expect->line = line;
    return true;
}

static bool take_sweep(struct ps_lab *lab, const char *value, unsigned line, struct ps_why *why)
{
    char copy[PS_LAB_FORMULA_MAX];
    snprintf(copy, sizeof copy, "%s", value);
    char *state, *word = strtok_r(copy, " \t", &state);
    if (!word || strlen(word) >= sizeof lab->sweep_key)
        return ps_because(why, "expected section.key and its values");
    snprintf(lab->sweep_key, sizeof lab->sweep_key, "%s", word);
    lab->sweep_line = line;
    while ((word = strtok_r(NULL, " \t", &state))) {
        if (lab->sweep_count == PS_SWEEP_MAX)
            return ps_because(why, "more than %u values", PS_SWEEP_MAX);
        if (strlen(word) >= sizeof *lab->sweep_values)
            return ps_because(why, "'%.40s' is too long for a value", word);
        snprintf(lab->sweep_values[lab->sweep_count++], sizeof *lab->sweep_values, "%s", word);
    }
    return lab->sweep_count > 0 || ps_because(why, "expected values behind %s", lab->sweep_key);
}

static bool take_lab_key(struct ps_lab *lab, const char *name, const char *value, unsigned line,
                         struct ps_why *why)
{
    static const char *const names[] = {"duration", "sweep", "prediction", "answer", NULL};
    if (strcmp(name, "sweep") == 0)
        return take_sweep(lab, value, line, why);
    if (strcmp(name, "duration") == 0 && strlen(value) < sizeof lab->duration) {
        snprintf(lab->duration, sizeof lab->duration, "%s", value);
        lab->duration_line = line;
        return true;
    }
    if (strcmp(name, "prediction") == 0) {
        snprintf(lab->prediction, sizeof lab->prediction, "%s", value);
        return true;
    }
    if (strcmp(name, "answer") == 0) {
        snprintf(lab->answer, sizeof lab->answer, "%s", value);
        lab->answer_line = line;
        return true;
    }
    ps_because(why, "there is no such key; allowed: duration, sweep, prediction, answer");
    ps_because_near(why, name, names);
    return false;
}

bool ps_lab_take(struct ps_lab *lab, const char *section, const char *name, const char *value,
                 unsigned line, struct ps_why *why)
{
    if (!*value)
        return ps_because(why, "a value is missing");
    if (is_trial(section)) {
        struct ps_trial *trial = find_trial(lab, section);
        return trial && take_setting(trial, name, value, line, why);
    }
    if (strcmp(section, "needs") == 0)
        return take_formula(lab->needs, &lab->need_count, name, value, line, why);
    if (strcmp(section, "expect") == 0)
        return take_formula(lab->expects, &lab->expect_count, name, value, line, why);
    return take_lab_key(lab, name, value, line, why);
}

/* ---- runs ---- */

static unsigned trials(const struct ps_lab *lab)
{
    return lab->trial_count ? lab->trial_count : 1;
}

unsigned ps_lab_runs(const struct ps_lab *lab)
{
    return trials(lab) + lab->sweep_count;
}

const char *ps_lab_run_name(const struct ps_lab *lab, unsigned run)
{
    if (run >= trials(lab))
        return lab->sweep_values[run - trials(lab)];
    return lab->trial_count ? lab->trials[run].name : "run";
}

struct setting {
    const char *file, *key, *value;
    unsigned line;
};

static bool set(struct ps_experiment *into, const struct ps_vocabulary *words,
                const struct setting *setting, struct ps_complaints *complaints)
{
    unsigned before = complaints->count;
    if (ps_experiment_set(into, words, setting->key, setting->value, setting->file, complaints) ==
        PS_OK)
        return true;
    for (unsigned i = before; i < complaints->count && i < PS_COMPLAINTS_MAX; i++)
        complaints->list[i].line = setting->line;
    return false;
}

enum ps_err ps_lab_experiment(const struct ps_lab *lab, unsigned run,
                              const struct ps_experiment *base, const struct ps_vocabulary *words,
                              const char *file, struct ps_experiment *into,
                              struct ps_complaints *complaints)
{
    *into = *base;
    unsigned line = lab->sweep_line;
    struct setting duration = {file, "run.duration", lab->duration, lab->duration_line};
    if (lab->duration[0] && !set(into, words, &duration, complaints))
        return PS_EPARSE;
    if (run >= trials(lab)) {
        struct setting setting = {file, lab->sweep_key, ps_lab_run_name(lab, run), line};
        if (!set(into, words, &setting, complaints))
            return PS_EPARSE;
    } else if (lab->trial_count) {
        const struct ps_trial *trial = &lab->trials[run];
        line = trial->line;
        for (unsigned i = 0; i < trial->count; i++) {
            const struct ps_trial_key *key = &trial->set[i];
            struct setting setting = {file, key->key, key->value, key->line};
            /* The preset's policy belongs to the preset's engine. */
            if (strcmp(key->key, "engine.name") == 0 && strcmp(key->value, into->engine) != 0)
                into->policy[0] = '\0';
            if (!set(into, words, &setting, complaints))
                return PS_EPARSE;
        }
    }
    unsigned before = complaints->count;
    enum ps_err err = ps_experiment_check(into, words, file, complaints);
    for (unsigned i = before; i < complaints->count && i < PS_COMPLAINTS_MAX; i++)
        complaints->list[i].line = line;
    return err;
}
