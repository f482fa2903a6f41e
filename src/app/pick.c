#include "app/pick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "host/host.h"
#include "model/unused.h"

static void list(const struct ps_complaints *complaints, const char *kind)
{
    unsigned shown = complaints->count < PS_COMPLAINTS_MAX ? complaints->count : PS_COMPLAINTS_MAX;
    for (unsigned i = 0; i < shown; i++) {
        char text[1024];
        fprintf(stderr, "%s%s\n", kind, ps_complaint_text(text, sizeof text, &complaints->list[i]));
    }
    if (complaints->count > shown)
        fprintf(stderr, "and %u more\n", complaints->count - shown);
}

void ps_pick_complain(const struct ps_complaints *complaints)
{
    list(complaints, "");
}

void ps_pick_warn(const struct ps_complaints *warnings)
{
    list(warnings, "warning: ");
}

static bool is_path(const char *name)
{
    size_t length = strlen(name);
    return strchr(name, '/') || (length > 4 && strcmp(name + length - 4, ".ini") == 0);
}

static int load_file(const char *path, struct ps_experiment *experiment)
{
    struct ps_complaints complaints = {0};
    enum ps_err err = ps_experiment_load(experiment, ps_host_vocabulary(), path, &complaints);
    if (err == PS_OK)
        return PS_EXIT_OK;
    if (complaints.count)
        ps_pick_complain(&complaints);
    else
        ps_app_complain("%s: %s", path, err == PS_ENOENT ? "no such file" : ps_err_text(err));
    return PS_EXIT_USAGE;
}

/* "skewed-tasks" of "07-skewed-tasks". */
static const char *without_number(const char *name)
{
    size_t digits = strspn(name, "0123456789");
    return digits && name[digits] == '-' ? name + digits + 1 : name;
}

/* The name that holds this one, else the one it is nearest to, else of the title that holds it;
 * NULL: none. */
static const char *suggest_preset(const struct ps_library *library, const char *name)
{
    const char **names = calloc(library->count + 1, sizeof *names);
    const char *near = NULL;
    for (size_t i = 0; names && i < library->count; i++) {
        names[i] = without_number(library->presets[i].name);
        if (!near && strlen(name) >= 3 && strstr(names[i], name))
            near = library->presets[i].name;
    }
    const char *bare = names && !near ? ps_suggest(without_number(name), names) : NULL;
    for (size_t i = 0; bare && !near && i < library->count; i++)
        if (names[i] == bare)
            near = library->presets[i].name;
    for (size_t i = 0; !near && strlen(name) >= 3 && i < library->count; i++)
        if (strcasestr(library->presets[i].experiment.title, name))
            near = library->presets[i].name;
    free(names);
    return near;
}

static void complain_no_preset(const struct ps_library *library, const char *name)
{
    char shown[96];
    ps_text_clean(shown, sizeof shown, name);
    const char *near = suggest_preset(library, name);
    if (near)
        ps_app_complain("no preset '%s'; did you mean '%s'?", shown, near);
    else
        ps_app_complain("no preset '%s' ('poolscope presets' lists them)", shown);
}

bool ps_pick_exists(const char *name)
{
    struct ps_library library;
    char why[320];
    if (is_path(name))
        return access(name, R_OK) == 0;
    if (ps_library_load(&library, ps_host_vocabulary(), why, sizeof why) != PS_OK)
        return false;
    bool exists = ps_library_find(&library, name) != NULL;
    ps_library_free(&library);
    return exists;
}

/* `path`: of the file it was. */
static int load_preset(const char *name, struct ps_experiment *experiment, char *path, size_t size)
{
    struct ps_library library;
    char why[320];
    enum ps_err err = ps_library_load(&library, ps_host_vocabulary(), why, sizeof why);
    if (err != PS_OK) {
        ps_app_complain("%s", why);
        return PS_EXIT_USAGE;
    }
    int code = PS_EXIT_USAGE;
    const struct ps_preset *preset = ps_library_find(&library, name);
    if (!preset) {
        complain_no_preset(&library, name);
    } else if (!preset->valid) {
        /* Loaded again: the library keeps only the first complaint. */
        code = load_file(preset->path, experiment);
    } else {
        *experiment = preset->experiment;
        snprintf(path, size, "%s", preset->path);
        code = PS_EXIT_OK;
    }
    ps_library_free(&library);
    return code;
}

int ps_pick_path(const char *name, char *path, size_t size)
{
    if (is_path(name)) {
        snprintf(path, size, "%s", name);
        return PS_EXIT_OK;
    }
    struct ps_library library;
    char why[320];
    if (ps_library_load(&library, ps_host_vocabulary(), why, sizeof why) != PS_OK) {
        ps_app_complain("%s", why);
        return PS_EXIT_USAGE;
    }
    const struct ps_preset *preset = ps_library_find(&library, name);
    if (preset)
        snprintf(path, size, "%s", preset->path);
    else
        complain_no_preset(&library, name);
    ps_library_free(&library);
    return preset ? PS_EXIT_OK : PS_EXIT_USAGE;
}

struct overriding {
    struct ps_experiment *experiment;
    const struct ps_vocabulary *words;
    struct ps_complaints complaints;
};

static void set_key(struct overriding *to, const char *key, const char *value, const char *source)
{
    if (!value)
        return;
    enum ps_err err =
        ps_experiment_set(to->experiment, to->words, key, value, source, &to->complaints);
    if (err == PS_OK && strcmp(key, "arrivals.trace") == 0)
        to->experiment->folder[0] = '\0'; /* a path of the command line is seen from here */
}

static void complain(struct overriding *to, const char *source, const char *value, const char *text)
{
    if (to->complaints.count < PS_COMPLAINTS_MAX) {
        struct ps_complaint *complaint = &to->complaints.list[to->complaints.count];
        *complaint = (struct ps_complaint){.line = 0};
        snprintf(complaint->file, sizeof complaint->file, "%s", source);
        ps_text_clean(complaint->value, sizeof complaint->value, value);
        snprintf(complaint->text, sizeof complaint->text, "%s", text);
    }
    to->complaints.count++;
}

static void set_engine(struct overriding *to, const char *value, const char *source)
{
    char name[64];
    const char *colon = strchr(value, ':');
    size_t length = colon ? (size_t)(colon - value) : strlen(value);
    if (length >= sizeof name || (colon && !colon[1])) {
        complain(to, source, value, "expected NAME or NAME:POLICY");
        return;
    }
    memcpy(name, value, length);
    name[length] = 0;
    /* The preset's policy belongs to the preset's engine. */
    if (strcmp(name, to->experiment->engine) != 0)
        to->experiment->policy[0] = 0;
    set_key(to, "engine.name", name, source);
    if (colon && to->complaints.count == 0)
        set_key(to, "engine.policy", colon + 1, source);
}

static void set_rate(struct overriding *to, const char *value)
{
    if (to->experiment->model != PS_ARRIVAL_OPEN)
        complain(to, "--rate", value,
                 "this preset's arrivals have no rate; add --set arrivals.model=open");
    else
        set_key(to, "arrivals.rate", value, "--rate");
}

static void set_trace(struct overriding *to, const char *path)
{
    set_key(to, "arrivals.model", "trace", "--trace");
    set_key(to, "arrivals.trace", path, "--trace");
}

static void set_any(struct overriding *to, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    char key[96];
    size_t length = equals ? (size_t)(equals - assignment) : 0;
    if (!equals || length == 0 || length >= sizeof key) {
        complain(to, "--set", assignment, "expected section.key=value");
        return;
    }
    memcpy(key, assignment, length);
    key[length] = 0;
    set_key(to, key, equals + 1, "--set");
}

static void override(struct overriding *to, const struct ps_overrides *overrides)
{
    if (overrides->engine)
        set_engine(to, overrides->engine,
                   overrides->engine_option ? overrides->engine_option : "--engine");
    if (overrides->trace)
        set_trace(to, overrides->trace);
    set_key(to, "engine.workers", overrides->workers, "--workers");
    set_key(to, "run.duration", overrides->duration, "--duration");
    set_key(to, "arrivals.tasks", overrides->tasks, "--tasks");
    set_key(to, "run.seed", overrides->seed, "--seed");
    for (size_t i = 0; i < overrides->set.count; i++)
        set_any(to, overrides->set.item[i]);
    if (overrides->rate)
        set_rate(to, overrides->rate);
}

static bool is_for_other_arrivals(const struct ps_complaint *warning)
{
    return strncmp(warning->key, "arrivals.", 9) == 0;
}

/* What the file has said already, the file is named for; but who asks for other arrivals knows that
 * those of the file are gone. */
static void warn_unused(const char *path, const struct ps_experiment *as_loaded,
                        const struct ps_experiment *experiment)
{
    struct ps_complaints warnings = {0};
    if (ps_experiment_unused(experiment, ps_host_vocabulary(), "command line", &warnings) == 0)
        return;
    unsigned kept = 0;
    for (unsigned i = 0; i < warnings.count && i < PS_COMPLAINTS_MAX; i++) {
        struct ps_complaint *warning = &warnings.list[i];
        char value[sizeof warning->value];
        bool of_file = ps_experiment_get(as_loaded, warning->key, value, sizeof value) &&
                       strcmp(value, warning->value) == 0;
        if (of_file && as_loaded->model != experiment->model && is_for_other_arrivals(warning))
            continue;
        if (of_file)
            ps_text_clean(warning->file, sizeof warning->file, path);
        warnings.list[kept++] = *warning;
    }
    warnings.count = kept;
    ps_unused_locate(&warnings, path);
    ps_pick_warn(&warnings);
}

int ps_pick_experiment(const char *name, const struct ps_overrides *overrides,
                       struct ps_experiment *experiment)
{
    char path[512];
    snprintf(path, sizeof path, "%s", name);
    int code = is_path(name) ? load_file(name, experiment)
                             : load_preset(name, experiment, path, sizeof path);
    if (code != PS_EXIT_OK)
        return code;
    struct ps_experiment as_loaded = *experiment;
    struct overriding to = {.experiment = experiment, .words = ps_host_vocabulary()};
    override(&to, overrides);
    if (to.complaints.count == 0)
        ps_experiment_check(experiment, to.words, "command line", &to.complaints);
    if (to.complaints.count) {
        ps_pick_complain(&to.complaints);
        return PS_EXIT_USAGE;
    }
    warn_unused(path, &as_loaded, experiment);
    return PS_EXIT_OK;
}

int ps_pick_has_load(const struct ps_experiment *experiment)
{
    if (experiment->model != PS_ARRIVAL_HTTP || experiment->clients > 0)
        return PS_EXIT_OK;
    ps_app_complain("arrivals.model = http with arrivals.clients = 0: nobody would ask; --set "
                    "arrivals.clients=1..10000 gives the server clients of its own");
    return PS_EXIT_USAGE;
}
