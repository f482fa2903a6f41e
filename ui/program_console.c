#include <stdio.h>
#include <string.h>

#include "model/phases.h"
#include "ui/program.h"
#include "ui/program_trigger.h"

#define LESSON   (PS_AT_LESSON | PS_AT_PREDICT | PS_AT_PREDICT_3 | PS_AT_PREDICT_2 | PS_AT_TRIAL)
#define ANYWHERE (PS_AT_LIST | PS_AT_FORM | PS_AT_LIVE | LESSON)
#define START    (PS_AT_LIST | PS_AT_FORM)

/* ---- candidates ---- */

static const char *on_off(struct ps_console_context *context, unsigned i)
{
    static const char *const words[] = {"on", "off"};
    (void)context;
    return i < 2 ? words[i] : NULL;
}

static const char *trigger_figures(struct ps_console_context *context, unsigned i)
{
    (void)context;
    return i == 0 ? "off" : ps_trigger_words[i - 1].name;
}
static const char *endings(struct ps_console_context *context, unsigned i)
{
    static const char *const words[] = {"drain", "discard"};
    (void)context;
    return i < 2 ? words[i] : NULL;
}

static const char *faults(struct ps_console_context *context, unsigned i)
{
    (void)context;
    return i < PS_FAULT_KIND_COUNT ? ps_fault_words[i].word : NULL;
}

static const char *themes(struct ps_console_context *context, unsigned i)
{
    (void)context;
    return i < PS_THEME_COUNT ? ps_theme_name((enum ps_theme)i) : NULL;
}

static const char *presets(struct ps_console_context *context, unsigned i)
{
    return i < context->library->count ? context->library->presets[i].name : NULL;
}

static const char *engines(struct ps_console_context *context, unsigned i)
{
    for (const struct ps_engine_word *e = context->words->engines; e->name; e++) {
        for (const struct ps_policy_word *w = e->policies; w->name; w++) {
            if (i-- > 0)
                continue;
            snprintf(context->scratch, sizeof context->scratch, "%s:%s", e->name, w->name);
            return context->scratch;
        }
    }
    return NULL;
}

static const char *keys_to_set(struct ps_console_context *context, unsigned i)
{
    (void)context;
    for (const struct ps_key *key = ps_keys; key->section; key++) {
        bool named = ps_section_is_named(key->section) || strcmp(key->section, "preset") == 0;
        if (named || i-- > 0)
            continue;
        snprintf(context->scratch, sizeof context->scratch, "%s.%s", key->section, key->name);
        return context->scratch;
    }
    return NULL;
}

/* ---- what words do ---- */

static bool is_live(const struct ps_program *p)
{
    return p->screen == &ps_screen_live;
}

static bool refuse(struct ps_program *p, const char *why)
{
    ps_program_say(p, PS_STYLE_WARNING, "%s", why);
    return false;
}

static bool send_line(struct ps_program *p, const struct ps_console_word *word,
                      const char *arguments)
{
    char line[PS_CONSOLE_BYTES + 16];
    if (p->options->replay)
        return refuse(p, "this is a recording: what happened cannot be changed");
    snprintf(line, sizeof line, "%s%s%s", word->word, *arguments ? " " : "", arguments);
    bool done = ps_program_control(p, line, line);
    if (done)
        ps_program_run_update(p);
    return done;
}

/* As if its key had been pressed. */
static bool press(struct ps_program *p, const struct ps_console_word *word, const char *arguments)
{
    if (*arguments) {
        ps_program_say(p, PS_STYLE_WARNING, "%s takes nothing behind it", word->word);
        return false;
    }
    ps_program_close_overlay(p);
    ps_program_act(p, word->action, 0);
    return true;
}

static bool take_trigger(struct ps_program *p, const struct ps_console_word *word,
                         const char *arguments)
{
    char why[200];
    if (!*arguments)
        return press(p, word, arguments);
    if (strcmp(arguments, "off") == 0) {
        ps_program_trigger_off(p);
        return true;
    }
    return ps_program_trigger_arm(p, arguments, why, sizeof why) || refuse(p, why);
}

static bool take_theme(struct ps_program *p, const struct ps_console_word *word,
                       const char *arguments)
{
    if (!*arguments)
        return press(p, word, arguments);
    if (!ps_theme_find(arguments, &p->theme)) {
        ps_program_say(p, PS_STYLE_WARNING, "theme '%s': expected dark, light or mono", arguments);
        return false;
    }
    p->settings.theme = p->theme;
    ps_term_theme(p->term, p->theme);
    ps_program_say(p, PS_STYLE_NOTE, "theme: %s", ps_theme_name(p->theme));
    return true;
}

static bool take_presenter(struct ps_program *p, const struct ps_console_word *word,
                           const char *arguments)
{
    (void)word;
    bool on = strcmp(arguments, "on") == 0;
    if (!on && strcmp(arguments, "off") != 0 && *arguments)
        return refuse(p, "presenter: expected on or off");
    ps_program_present(p, *arguments ? on : !p->presenter.on);
    return true;
}

static bool take_engine(struct ps_program *p, const struct ps_console_word *word,
                        const char *arguments)
{
    struct ps_start_view *v = &p->start;
    char name[PS_NAME_MAX], why[320];
    if (p->options->replay)
        return refuse(p, "this is a recording: what happened cannot be changed");
    if (!*arguments)
        return is_live(p) ? press(p, word, "") : refuse(p, "engine: expected NAME or NAME:POLICY");
    if (is_live(p))
        return ps_program_engine(p, arguments);
    size_t length = strcspn(arguments, ":");
    snprintf(name, sizeof name, "%.*s", (int)length, arguments);
    if (!ps_form_engine(&v->experiment, v->words, name,
                        arguments + length + (arguments[length] != 0), v->usable_cpus, why,
                        sizeof why))
        return refuse(p, why);
    v->changed = true;
    ps_program_say(p, PS_STYLE_GOOD, "engine: %s", arguments);
    return true;
}

/* "set engine.workers 8": what --set does, in the form. */
static bool set_key(struct ps_program *p, const struct ps_console_word *word, const char *arguments)
{
    struct ps_start_view *v = &p->start;
    char key[80], why[320];
    (void)word;
    size_t length = strcspn(arguments, "=");
    if (!arguments[length])
        length = strcspn(arguments, " ");
    const char *value = arguments + length + (arguments[length] != '\0');
    while (length > 0 && arguments[length - 1] == ' ')
        length--;
    value += strspn(value, " ");
    snprintf(key, sizeof key, "%.*s", (int)length, arguments);
    if (!*key || !*value)
        return refuse(p, "set: expected KEY VALUE, as in set engine.workers 8");
    if (!ps_form_set(&v->experiment, v->words, key, value, why, sizeof why))
        return refuse(p, why);
    v->changed = true;
    ps_program_say(p, PS_STYLE_GOOD, "%s = %s", key, value);
    return true;
}

/* The preset of that name or number; without one that of the run, or the selected one. */
static const struct ps_preset *named(struct ps_program *p, const char *name)
{
    const struct ps_library *library = p->options->library;
    const struct ps_preset *preset = *name              ? ps_library_find(library, name)
                                     : !is_live(p)      ? ps_start_selected(&p->start)
                                     : p->run.preset[0] ? ps_library_find(library, p->run.preset)
                                                        : NULL;
    if (!preset && *name)
        ps_program_say(p, PS_STYLE_WARNING, "there is no preset '%s'", name);
    else if (!preset)
        ps_program_say(p, PS_STYLE_WARNING, "no preset is selected");
    else if (!preset->valid)
        ps_program_say(p, PS_STYLE_WARNING, "%s has an error and cannot run", preset->name);
    return preset && preset->valid ? preset : NULL;
}

static bool run_preset(struct ps_program *p, const struct ps_console_word *word,
                       const char *arguments)
{
    if (p->options->replay)
        return refuse(p, "this is a recording; q leaves it");
    if (!*arguments)
        return press(p, word, "");
    const struct ps_preset *preset = named(p, arguments);
    return preset && ps_program_run_begin(p, &preset->experiment, preset->name);
}

static bool open_lesson(struct ps_program *p, const struct ps_console_word *word,
                        const char *arguments)
{
    (void)word;
    const struct ps_preset *preset = named(p, arguments);
    if (preset)
        ps_program_lesson(p, preset);
    return preset != NULL;
}

const struct ps_console_word ps_console_words[] = {
    {"workers", "N | +N | -N", "resize the pool", PS_AT_LIVE, NULL, send_line, 0},
    {"rate", "R | xF", "tasks offered per second", PS_AT_LIVE, NULL, send_line, 0},
    {"in_flight", "N", "clients of the closed model", PS_AT_LIVE, NULL, send_line, 0},
    {"mix", "TYPE WEIGHT, ...", "weights of task types", PS_AT_LIVE, NULL, send_line, 0},
    {"pause", "", "pause the workload", PS_AT_LIVE, NULL, send_line, 0},
    {"resume", "", "resume the workload", PS_AT_LIVE, NULL, send_line, 0},
    {"stealing", "on | off", "idle workers take work from others", PS_AT_LIVE, on_off, send_line,
     0},
    {"fault", "FAULT", "inject a fault, end all with off", PS_AT_LIVE, faults, send_line, 0},
    {"offload", "on | off", "helper threads for blocking calls", PS_AT_LIVE, on_off, send_line, 0},
    {"limit", "N", "tasks started and not ended at once, 0: no limit", PS_AT_LIVE, NULL, send_line,
     0},
    {"cancel", "", "cancel every task in flight", PS_AT_LIVE, NULL, send_line, 0},
    {"stop", "drain | discard", "end the run", PS_AT_LIVE, endings, send_line, 0},
    {"restart", "", "start the run again", PS_AT_LIVE, NULL, press, PS_DO_RESTART},
    {"engine", "NAME[:POLICY]", "another engine or policy", START | PS_AT_LIVE, engines,
     take_engine, PS_DO_ENGINE},
    {"set", "KEY VALUE", "change the setup, as --set does", START, keys_to_set, set_key, 0},
    {"run", "PRESET", "run a preset; without a name the selected one", START, presets, run_preset,
     PS_DO_ACCEPT},
    {"run", "PRESET", "run another preset", PS_AT_LIVE, presets, run_preset, PS_DO_RESTART},
    {"run", "PRESET", "run a preset; without a name this one", LESSON, presets, run_preset,
     PS_DO_OWN_TRY},
    {"compare", "", "compare two engines", START | PS_AT_LIVE, NULL, press, PS_DO_COMPARE},
    {"tune", "", "find the worker count", START | PS_AT_LIVE, NULL, press, PS_DO_TUNE},
    {"lesson", "N | PRESET", "open a lesson", ANYWHERE, presets, open_lesson, 0},
    {"freeze", "", "freeze the view; the workload goes on", PS_AT_LIVE, NULL, press, PS_DO_FREEZE},
    {"trigger", "CONDITION | off", "stop the picture when it holds: p99 > 200 ms for 1s",
     PS_AT_LIVE, trigger_figures, take_trigger, PS_DO_TRIGGER},
    {"filter", "", "colour one state in the lanes", PS_AT_LIVE, NULL, press, PS_DO_FILTER},
    {"panels", "", "choose and order the panels", PS_AT_LIVE, NULL, press, PS_DO_PANELS},
    {"zoom", "", "the panel alone, or all", PS_AT_LIVE, NULL, press, PS_DO_ZOOM},
    {"back", "", "one level back", PS_AT_LIVE | LESSON, NULL, press, PS_DO_BACK},
    {"diagnosis", "", "the diagnosis and its figures", PS_AT_LIVE, NULL, press, PS_DO_DIAGNOSIS},
    {"record", "", "begin or end to record the run", PS_AT_LIVE, NULL, press, PS_DO_RECORD},
    {"open", "", "open a recording", PS_AT_LIST, NULL, press, PS_DO_OPEN},
    {"presenter", "on | off", "giant figures, keys shown, light theme", ANYWHERE, on_off,
     take_presenter, 0},
    {"options", "", "theme, frames, mouse, motion", ANYWHERE, NULL, press, PS_DO_OPTIONS},
    {"theme", "NAME", "colours: dark, light or mono", ANYWHERE, themes, take_theme, PS_DO_THEME},
    {"screenshot", "", "save this screen as an SVG file in the working folder", ANYWHERE, NULL,
     press, PS_DO_SCREENSHOT},
    {"help", "", "the keys of this screen", ANYWHERE, NULL, press, PS_DO_HELP},
    {"quit", "", "leave poolscope", ANYWHERE, NULL, press, PS_DO_QUIT},
    {.word = NULL},
};

/* ---- the line ---- */

static struct ps_console_context context_of(const struct ps_program *p)
{
    return (struct ps_console_context){
        .words = p->options->words,
        .library = p->options->library,
        .experiment = is_live(p) ? &p->run.experiment : &p->start.experiment,
        .place = p->screen->place(p),
    };
}

static void refresh(struct ps_program *p)
{
    struct ps_console_context context = context_of(p);
    ps_console_hint(&context, p->overlay.input, p->hint, sizeof p->hint);
    p->overlay.text = p->hint;
    p->overlay.complaint[0] = '\0';
}

void ps_program_console_open(struct ps_program *p)
{
    ps_program_open(p, PS_OVERLAY_CONSOLE, "");
    p->console.back = 0;
    refresh(p);
}

void ps_program_mix(struct ps_program *p)
{
    const struct ps_experiment *e = &p->run.experiment;
    struct ps_mix mix = {.count = 0};
    char text[PS_INPUT_BYTES - 8];
    for (unsigned i = 0; i < e->type_count; i++) {
        if (e->types[i].weight <= 0)
            continue; /* those that only others spawn */
        mix.part[mix.count].type = i;
        mix.part[mix.count++].weight = e->types[i].weight;
    }
    ps_mix_format(text, sizeof text, e, &mix);
    ps_program_console_open(p);
    snprintf(p->overlay.input, sizeof p->overlay.input, "mix %s", text);
    refresh(p);
}

/* A line that fails stays, with what is wrong with it. */
static void carry_out(struct ps_program *p)
{
    struct ps_console_context context = context_of(p);
    char line[PS_CONSOLE_BYTES], why[200];
    const char *arguments;
    size_t length = strlen(p->overlay.input);
    while (length > 0 && p->overlay.input[length - 1] == ' ')
        length--;
    snprintf(line, sizeof line, "%.*s", (int)length, p->overlay.input);
    if (!line[0]) {
        ps_program_close_overlay(p);
        return;
    }
    ps_console_keep(&p->console, line);
    const struct ps_console_word *word =
        ps_console_find(&context, line, &arguments, why, sizeof why);
    if (!word) {
        snprintf(p->overlay.complaint, sizeof p->overlay.complaint, "%s", why);
        return;
    }
    bool done = word->run(p, word, arguments);
    if (p->overlay.kind != PS_OVERLAY_CONSOLE)
        return; /* the word has opened something else */
    if (done) {
        ps_program_close_overlay(p);
        return;
    }
    snprintf(p->overlay.complaint, sizeof p->overlay.complaint, "%s", p->notice);
    p->notice_until_ns = 0;
}

void ps_program_console_action(struct ps_program *p, enum ps_action action)
{
    struct ps_console_context context = context_of(p);
    switch (action) {
    case PS_DO_ACCEPT:
        carry_out(p);
        return;
    case PS_DO_COMPLETE:
        ps_console_complete(&context, p->overlay.input, sizeof p->overlay.input);
        break;
    case PS_DO_UP:
        ps_console_recall(&p->console, -1, p->overlay.input);
        break;
    case PS_DO_DOWN:
        ps_console_recall(&p->console, 1, p->overlay.input);
        break;
    default:
        ps_program_close_overlay(p);
        return;
    }
    refresh(p);
}

void ps_program_console_type(struct ps_program *p, int key)
{
    if (ps_edit_key(p->overlay.input, sizeof p->overlay.input, key) == PS_EDIT_CHANGED)
        refresh(p);
}
