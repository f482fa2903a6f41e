#include "ui/program_lab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- coming and going ---- */

static bool refuse(struct ps_program *p, const char *why)
{
    ps_program_say(p, PS_STYLE_WARNING, "%s", why);
    return false;
}

static bool take(struct ps_program *p, struct ps_lab_origin *origin)
{
    origin->live = p->screen == &ps_screen_live;
    if (origin->live) {
        origin->experiment = p->run.experiment;
        memcpy(origin->preset, p->run.preset, sizeof origin->preset);
        return true;
    }
    const struct ps_preset *preset = ps_start_selected(&p->start);
    if (!preset || !preset->valid)
        return refuse(p,
                      preset ? "this preset has an error and cannot run" : "no preset is selected");
    origin->experiment = p->start.experiment;
    snprintf(origin->preset, sizeof origin->preset, "%s", preset->name);
    return true;
}

/* An empty policy is the engine's first; results are to name it. */
static void name_policy(const struct ps_program *p, struct ps_experiment *experiment)
{
    const struct ps_policy_word *policy = ps_form_policy_word(
        ps_form_engine_word(p->options->words, experiment->engine), experiment->policy);
    if (policy)
        snprintf(experiment->policy, sizeof experiment->policy, "%s", policy->name);
}

bool ps_lab_enter(struct ps_program *p, const char *what, struct ps_lab_origin *origin)
{
    char text[120];
    if (p->screen == &ps_screen_replay) {
        snprintf(text, sizeof text, "this is a recording: to %s, start a run", what);
        return refuse(p, text);
    }
    if (!take(p, origin))
        return false;
    if (origin->experiment.model == PS_ARRIVAL_HTTP && origin->experiment.clients == 0) {
        snprintf(text, sizeof text,
                 "cannot %s: nobody asks; arrivals.clients gives the server clients of its own",
                 what);
        return refuse(p, text);
    }
    name_policy(p, &origin->experiment);
    ps_program_close_overlay(p);
    return true;
}

void ps_lab_look(struct ps_program *p)
{
    if (p->run.host)
        ps_program_run_look(p);
}

void ps_lab_alone(struct ps_program *p)
{
    if (!p->run.host)
        return;
    ps_program_run_end(p);
    ps_program_say(p, PS_STYLE_NOTE,
                   "the live run has ended: a measurement needs the machine for itself");
}

void ps_lab_leave(struct ps_program *p, const struct ps_lab_origin *origin, unsigned workers)
{
    struct ps_experiment experiment = origin->experiment;
    if (origin->live && !workers && p->run.host) {
        ps_screen_go(p, &ps_screen_live);
        return;
    }
    if (workers)
        experiment.workers = (struct ps_workers_spec){.count = workers};
    if (origin->live || workers) {
        if (ps_program_run_begin(p, &experiment, origin->preset) && !workers)
            ps_program_say(p, PS_STYLE_NOTE,
                           "the run begins again: it was ended for the measurement");
    } else
        ps_screen_go(p, &ps_screen_start);
}

/* ---- engines ---- */

/* Number n of all pairs; false: there are not so many. */
static bool pair_at(const struct ps_vocabulary *words, unsigned n,
                    const struct ps_engine_word **engine, const struct ps_policy_word **policy)
{
    for (*engine = words->engines; (*engine)->name; (*engine)++)
        for (*policy = (*engine)->policies; (*policy)->name; (*policy)++)
            if (n-- == 0)
                return true;
    return false;
}

static bool is_pair(const struct ps_experiment *experiment, const struct ps_engine_word *engine,
                    const struct ps_policy_word *policy)
{
    const char *wanted = experiment->policy[0] ? experiment->policy : engine->policies->name;
    return strcmp(experiment->engine, engine->name) == 0 && strcmp(wanted, policy->name) == 0;
}

static unsigned pairs_of(const struct ps_vocabulary *words, const struct ps_experiment *experiment,
                         unsigned *here)
{
    const struct ps_engine_word *engine;
    const struct ps_policy_word *policy;
    unsigned count = 0;
    *here = 0;
    for (; pair_at(words, count, &engine, &policy); count++)
        if (is_pair(experiment, engine, policy))
            *here = count;
    return count;
}

bool ps_lab_engine_set(const struct ps_program *p, struct ps_experiment *experiment,
                       unsigned number, char *why, size_t why_size)
{
    const struct ps_engine_word *engine;
    const struct ps_policy_word *policy;
    why[0] = '\0';
    return pair_at(p->options->words, number, &engine, &policy) &&
           ps_form_engine(experiment, p->options->words, engine->name, policy->name,
                          p->options->usable_cpus, why, why_size);
}

bool ps_lab_engine_step(const struct ps_program *p, struct ps_experiment *experiment, int direction,
                        char *why, size_t why_size)
{
    unsigned here, count = pairs_of(p->options->words, experiment, &here);
    for (unsigned i = 1; i < count; i++) {
        unsigned next = direction > 0 ? (here + i) % count : (here + count - i) % count;
        if (ps_lab_engine_set(p, experiment, next, why, why_size))
            return true;
    }
    return false;
}

static void chosen(struct ps_program *p, const struct ps_menu_item *item)
{
    p->screen->action(p, PS_DO_SELECT_ITEM, item->argument);
}

void ps_lab_engine_menu(struct ps_program *p, const char *title,
                        const struct ps_experiment *experiment)
{
    const struct ps_engine_word *engine;
    const struct ps_policy_word *policy;
    struct ps_overlay *o = &p->overlay;
    ps_program_open(p, PS_OVERLAY_MENU, title);
    p->choose = chosen;
    for (unsigned n = 0; n < PS_MENU_MAX && pair_at(p->options->words, n, &engine, &policy); n++) {
        struct ps_menu_item *item = &o->item[o->count];
        snprintf(item->label, sizeof item->label, "%s:%s", engine->name, policy->name);
        snprintf(item->note, sizeof item->note, "%s", policy->title ? policy->title : "");
        item->argument = (int)n;
        item->current = is_pair(experiment, engine, policy);
        if (item->current)
            o->selected = o->count;
        o->count++;
    }
}

void ps_lab_engine_name(const struct ps_program *p, const struct ps_experiment *experiment,
                        char *name, size_t name_size, char *about, size_t about_size)
{
    const struct ps_engine_word *engine =
        ps_form_engine_word(p->options->words, experiment->engine);
    const struct ps_policy_word *policy = ps_form_policy_word(engine, experiment->policy);
    snprintf(name, name_size, "%s:%s%s", experiment->engine,
             policy ? policy->name : experiment->policy,
             policy && policy->steals && !experiment->stealing ? ", no stealing" : "");
    snprintf(about, about_size, "%s", policy && policy->title ? policy->title : "");
}

bool ps_lab_steals(const struct ps_program *p, const struct ps_experiment *experiment)
{
    const struct ps_policy_word *policy = ps_form_policy_word(
        ps_form_engine_word(p->options->words, experiment->engine), experiment->policy);
    return policy && policy->steals;
}

/* ---- values and files ---- */

uint64_t ps_lab_step(const uint64_t *list, unsigned count, uint64_t value, int direction)
{
    if (direction > 0) {
        for (unsigned i = 0; i < count; i++)
            if (list[i] > value)
                return list[i];
    } else {
        for (unsigned i = count; i-- > 0;)
            if (list[i] < value)
                return list[i];
    }
    return value;
}

void ps_lab_file(const char *stem, char name[64])
{
    char moment[32];
    time_t now = time(NULL);
    struct tm parts;
    localtime_r(&now, &parts);
    strftime(moment, sizeof moment, "%Y%m%d-%H%M%S", &parts);
    snprintf(name, 64, "poolscope-%.20s-%s", stem, moment);
}

bool ps_lab_write(const char *name, const char *suffix,
                  enum ps_err (*write)(FILE *to, const void *what), const void *what)
{
    char path[80];
    snprintf(path, sizeof path, "%.63s.%.8s", name, suffix);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    FILE *to = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!to) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    enum ps_err err = write(to, what);
    int closed = fclose(to), why = errno;
    if (err == PS_OK && closed == 0)
        return true;
    unlink(path);
    errno = err == PS_ENOMEM ? ENOMEM : why ? why : EIO;
    return false;
}

void ps_lab_export(struct ps_program *p, const char *stem,
                   enum ps_err (*csv)(FILE *to, const void *what),
                   enum ps_err (*json)(FILE *to, const void *what), const void *what)
{
    char name[64];
    ps_lab_file(stem, name);
    bool good = ps_lab_write(name, "csv", csv, what);
    if (good && json)
        good = ps_lab_write(name, "json", json, what);
    if (good)
        ps_program_say(p, PS_STYLE_GOOD, "saved: %s.csv%s", name, json ? " and .json" : "");
    else
        ps_program_say(p, PS_STYLE_WARNING, "cannot save %s: %s", name, strerror(errno));
}
