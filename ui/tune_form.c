#include "ui/tune_form.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ui/program_lab.h"

#define MS      (uint64_t) PS_NS_PER_MS
#define HOST_NS (100 * MS) /* what starting and ending a host takes on top of a slot */

enum field {
    FIELD_ENGINE,
    FIELD_LOW,
    FIELD_HIGH,
    FIELD_REPEATS,
    FIELD_SLOT,
    FIELD_LOAD,
    FIELD_GOAL,
    FIELDS
};

static const uint64_t lengths[] = {100 * MS,  200 * MS,  500 * MS,  1000 * MS,
                                   2000 * MS, 5000 * MS, 10000 * MS};
static const uint64_t goals[] = {0,         1 * MS,    2 * MS,   5 * MS,   10 * MS,
                                 20 * MS,   50 * MS,   100 * MS, 200 * MS, 500 * MS,
                                 1000 * MS, 2000 * MS, 5000 * MS};
enum { LENGTHS = sizeof lengths / sizeof *lengths, GOALS = sizeof goals / sizeof *goals };

static const char *const load_words[] = {[PS_TUNE_AUTO] = "auto",
                                         [PS_TUNE_PRESET] = "as the preset says",
                                         [PS_TUNE_SATURATE] = "saturate"};

void ps_tune_form_prepare(struct ps_tune_setup *s)
{
    s->spec.about.low = s->low;
    s->spec.about.high = s->high;
    s->spec.about.repeats = s->repeats;
    s->spec.about.goal_ns = (double)s->goal_ns;
    s->spec.length_ns = s->length_ns;
    s->spec.warmup_ns = s->length_ns / 5;
    s->spec.experiment = s->experiment;
    snprintf(s->spec.about.preset, sizeof s->spec.about.preset, "%s", s->preset);
    ps_tune_prepare(&s->spec, s->load);
}

/* As the sweep goes: powers of two, some four closer looks, all of it repeated. */
static uint64_t planned_ns(const struct ps_tune_setup *s)
{
    unsigned counts[PS_POINTS_MAX];
    unsigned points = ps_surface_coarse(s->low, s->high, counts) + (s->high - s->low > 3 ? 4 : 0);
    return (uint64_t)points * s->repeats * (s->spec.length_ns + s->spec.warmup_ns + HOST_NS);
}

static void set_field(struct ps_lab_field *field, const char *label, const char *note,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));
static void set_field(struct ps_lab_field *field, const char *label, const char *note,
                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(field->value, sizeof field->value, format, arguments);
    va_end(arguments);
    snprintf(field->note, sizeof field->note, "%s", note);
    field->label = label;
}

void ps_tune_form_describe(const struct ps_program *p, struct ps_tune_setup *s)
{
    struct ps_lab_field *field = s->view->form.field;
    char name[80], about[sizeof field->note], text[64], note[80];
    unsigned cpus = p->options->usable_cpus;
    ps_tune_form_prepare(s);
    ps_lab_engine_name(p, &s->experiment, name, sizeof name, about, sizeof about);
    s->view->form.count = FIELDS;
    set_field(&field[FIELD_ENGINE], "Engine", about, "%.70s", name);
    set_field(&field[FIELD_LOW], "From", "", "%u worker%s", s->low, s->low == 1 ? "" : "s");
    snprintf(note, sizeof note, "= %.3g x %u cpu%s", (double)s->high / cpus, cpus,
             cpus == 1 ? "" : "s");
    set_field(&field[FIELD_HIGH], "To", note, "%u workers", s->high);
    set_field(&field[FIELD_REPEATS], "Repeats", "of every count; more say more of noise", "%u",
              s->repeats);
    snprintf(note, sizeof note, "after %s of warm-up",
             ps_format_duration(text, sizeof text, s->spec.warmup_ns));
    set_field(&field[FIELD_SLOT], "Slot", note, "%s",
              ps_format_duration(text, sizeof text, s->length_ns));
    snprintf(note, sizeof note, "= %.60s", s->spec.about.load);
    set_field(&field[FIELD_LOAD], "Load", note, "%s", load_words[s->load]);
    set_field(&field[FIELD_GOAL], "p99 goal",
              s->goal_ns ? "the fewest workers that keep it" : "y types any time", "%s",
              s->goal_ns ? ps_format_duration(text, sizeof text, s->goal_ns) : "none");
    s->view->planned_ns = planned_ns(s);
}

static unsigned step_count(unsigned value, int direction, unsigned low, unsigned high)
{
    unsigned by = value >= 64 ? 16 : value >= 16 ? 4 : 1;
    if (direction < 0 && value > 16 && value - by < 16)
        by = 1;
    unsigned next = direction > 0 ? value + by : value > by ? value - by : 1;
    return next < low ? low : next > high ? high : next;
}

static unsigned most_workers(const struct ps_program *p, const struct ps_tune_setup *s)
{
    const struct ps_experiment *e = &s->experiment;
    const struct ps_policy_word *policy =
        ps_form_policy_word(ps_form_engine_word(p->options->words, e->engine), e->policy);
    return policy && policy->max_workers < PS_WORKERS_MAX ? policy->max_workers : PS_WORKERS_MAX;
}

static unsigned least_workers(const struct ps_program *p, const struct ps_tune_setup *s)
{
    return ps_workers_least(&s->experiment, p->options->words);
}

static void fit_range(const struct ps_program *p, struct ps_tune_setup *s)
{
    unsigned most = most_workers(p, s), least = least_workers(p, s);
    s->high = s->high > most ? most : s->high < least ? least : s->high;
    s->low = s->low > s->high ? s->high : s->low < least ? least : s->low;
    s->experiment.workers = (struct ps_workers_spec){.count = s->high};
}

static void step_field(const struct ps_program *p, struct ps_tune_setup *s, int direction)
{
    struct ps_lab_form *form = &s->view->form;
    char why[320];
    form->complaint[0] = '\0';
    switch ((enum field)form->selected) {
    case FIELD_ENGINE:
        s->experiment.workers = (struct ps_workers_spec){.count = 1};
        ps_lab_engine_step(p, &s->experiment, direction, why, sizeof why);
        break;
    case FIELD_LOW:
        s->low = step_count(s->low, direction, least_workers(p, s), s->high);
        break;
    case FIELD_HIGH:
        s->high = step_count(s->high, direction, s->low, most_workers(p, s));
        break;
    case FIELD_REPEATS:
        s->repeats = step_count(s->repeats, direction, 1, PS_REPEATS_MAX);
        break;
    case FIELD_SLOT:
        s->length_ns = ps_lab_step(lengths, LENGTHS, s->length_ns, direction);
        break;
    case FIELD_LOAD:
        s->load = (enum ps_tune_load)(((int)s->load + 3 + direction) % 3);
        break;
    case FIELD_GOAL:
        s->goal_ns = ps_lab_step(goals, GOALS, s->goal_ns, direction);
        break;
    case FIELDS:
        break;
    }
    fit_range(p, s);
    ps_tune_form_describe(p, s);
}

static void menu_chosen(struct ps_program *p, struct ps_tune_setup *s, int number)
{
    struct ps_lab_form *form = &s->view->form;
    s->experiment.workers = (struct ps_workers_spec){.count = 1};
    ps_lab_engine_set(p, &s->experiment, (unsigned)number, form->complaint, sizeof form->complaint);
    fit_range(p, s);
    ps_tune_form_describe(p, s);
}

void ps_tune_form_action(struct ps_program *p, struct ps_tune_setup *s, enum ps_action action,
                         int argument)
{
    if (ps_lab_form_move(&s->view->form, action, argument))
        return;
    switch (action) {
    case PS_DO_LEFT:
        step_field(p, s, -1);
        break;
    case PS_DO_RIGHT:
        step_field(p, s, 1);
        break;
    case PS_DO_ENGINE:
        ps_lab_engine_menu(p, "Engine and policy to tune", &s->experiment);
        break;
    case PS_DO_SELECT_ITEM:
        menu_chosen(p, s, argument);
        break;
    default:
        break;
    }
}

/* Four times the CPUs, and half as many again as the rule of thumb says, where that is more. */
static unsigned default_high(const struct ps_program *p, const struct ps_experiment *experiment)
{
    enum { MOST = 64 };
    double cpu_ns, wait_ns, high = 4.0 * p->options->usable_cpus;
    ps_experiment_mean(experiment, &cpu_ns, &wait_ns);
    if (cpu_ns > 0)
        high = fmax(high, fmin(MOST, ceil(1.5 * p->options->usable_cpus * (1 + wait_ns / cpu_ns))));
    return (unsigned)fmin(high, PS_WORKERS_MAX);
}

void ps_tune_form_begin(struct ps_program *p, struct ps_tune_setup *s,
                        const struct ps_experiment *experiment, const char *preset)
{
    s->experiment = *experiment;
    s->preset = preset;
    s->low = 1;
    s->high = default_high(p, experiment);
    s->repeats = 3;
    s->load = PS_TUNE_AUTO;
    s->length_ns = 1000 * MS;
    s->goal_ns = 0;
    s->view->form.selected = FIELD_HIGH;
    fit_range(p, s);
    ps_tune_form_describe(p, s);
}
