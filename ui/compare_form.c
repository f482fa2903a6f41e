#include "ui/compare_form.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lab/words.h"
#include "ui/program_lab.h"

#define MS      (uint64_t) PS_NS_PER_MS
#define HOST_NS (100 * MS) /* what starting and ending a host takes on top of a slot */

enum field { FIELD_A, FIELD_A_WORKERS, FIELD_B, FIELD_B_WORKERS, FIELD_ROUNDS, FIELD_SLOT, FIELDS };

static const uint64_t lengths[] = {100 * MS,  200 * MS,  500 * MS,   1000 * MS,
                                   2000 * MS, 5000 * MS, 10000 * MS, 30000 * MS};
static const uint64_t rounds[] = {3, 4, 6, 8, 10, 12, 20, 30, 50, 100, PS_PAIRS_MAX};
enum { LENGTHS = sizeof lengths / sizeof *lengths, ROUNDS = sizeof rounds / sizeof *rounds };

uint64_t ps_compare_planned_ns(const struct ps_compare_spec *spec)
{
    return (uint64_t)spec->rounds * spec->sides * (spec->length_ns + spec->warmup_ns + HOST_NS);
}

static void describe_side(const struct ps_program *p, struct ps_compare_setup *s, unsigned side)
{
    const struct ps_experiment *e = &s->spec.side[side];
    struct ps_compare_side_view *of = &s->view->side[side];
    struct ps_lab_field *engine = &s->view->form.field[side ? FIELD_B : FIELD_A];
    struct ps_lab_field *workers = engine + 1;
    char name[sizeof of->name], about[sizeof engine->note];
    ps_lab_engine_name(p, e, name, sizeof name, about, sizeof about);
    memcpy(of->name, name, sizeof of->name);
    of->workers = ps_workers_count(&e->workers, p->options->usable_cpus);
    engine->label = side ? "B" : "A";
    workers->label = side ? "B workers" : "A workers";
    snprintf(engine->value, sizeof engine->value, "%.70s", name);
    snprintf(engine->note, sizeof engine->note, "%s", about);
    snprintf(workers->value, sizeof workers->value, "%u", of->workers);
    snprintf(workers->note, sizeof workers->note, "on %u cpu%s", p->options->usable_cpus,
             p->options->usable_cpus == 1 ? "" : "s");
}

void ps_compare_form_describe(const struct ps_program *p, struct ps_compare_setup *s)
{
    struct ps_lab_form *form = &s->view->form;
    char text[40];
    form->count = FIELDS;
    for (unsigned side = 0; side < 2; side++)
        describe_side(p, s, side);
    form->field[FIELD_ROUNDS].label = "Rounds";
    snprintf(form->field[FIELD_ROUNDS].value, sizeof form->field[0].value, "%u", s->spec.rounds);
    snprintf(form->field[FIELD_ROUNDS].note, sizeof form->field[0].note,
             "a slot of A and one of B each; more make intervals narrower");
    form->field[FIELD_SLOT].label = "Slot";
    snprintf(form->field[FIELD_SLOT].value, sizeof form->field[0].value, "%s",
             ps_format_duration(text, sizeof text, s->spec.length_ns));
    snprintf(form->field[FIELD_SLOT].note, sizeof form->field[0].note, "after %s of warm-up",
             ps_format_duration(text, sizeof text, s->spec.warmup_ns));
    s->view->length_ns = s->spec.length_ns;
    s->view->warmup_ns = s->spec.warmup_ns;
    s->view->rounds = s->spec.rounds;
    s->view->left_ns = ps_compare_planned_ns(&s->spec);
}

static void step_workers(const struct ps_program *p, struct ps_compare_setup *s, unsigned side,
                         int direction)
{
    struct ps_experiment *e = &s->spec.side[side];
    struct ps_lab_form *form = &s->view->form;
    char value[16];
    unsigned now = ps_workers_count(&e->workers, p->options->usable_cpus);
    if (direction < 0 && now == 1)
        return;
    snprintf(value, sizeof value, "%u", direction > 0 ? now + 1 : now - 1);
    ps_form_set(e, p->options->words, "engine.workers", value, form->complaint,
                sizeof form->complaint);
}

static void step_field(const struct ps_program *p, struct ps_compare_setup *s, int direction)
{
    struct ps_lab_form *form = &s->view->form;
    unsigned side = form->selected >= FIELD_B;
    form->complaint[0] = '\0';
    switch ((enum field)form->selected) {
    case FIELD_A:
    case FIELD_B:
        ps_lab_engine_step(p, &s->spec.side[side], direction, form->complaint,
                           sizeof form->complaint);
        form->complaint[0] = '\0'; /* those that cannot run this were passed over */
        break;
    case FIELD_A_WORKERS:
    case FIELD_B_WORKERS:
        step_workers(p, s, side, direction);
        break;
    case FIELD_ROUNDS:
        s->spec.rounds = (unsigned)ps_lab_step(rounds, ROUNDS, s->spec.rounds, direction);
        break;
    case FIELD_SLOT:
        s->spec.length_ns = ps_lab_step(lengths, LENGTHS, s->spec.length_ns, direction);
        s->spec.warmup_ns = s->spec.length_ns / 5;
        break;
    case FIELDS:
        break;
    }
    ps_compare_form_describe(p, s);
}

static void open_menu(struct ps_program *p, struct ps_compare_setup *s)
{
    struct ps_lab_form *form = &s->view->form;
    if (form->selected > FIELD_B_WORKERS)
        form->selected = FIELD_B;
    bool b = form->selected >= FIELD_B;
    form->selected = b ? FIELD_B : FIELD_A;
    ps_lab_engine_menu(p, b ? "B: engine and policy" : "A: engine and policy", &s->spec.side[b]);
}

static void menu_chosen(struct ps_program *p, struct ps_compare_setup *s, int number)
{
    struct ps_lab_form *form = &s->view->form;
    bool b = form->selected >= FIELD_B;
    form->complaint[0] = '\0';
    ps_lab_engine_set(p, &s->spec.side[b], (unsigned)number, form->complaint,
                      sizeof form->complaint);
    ps_compare_form_describe(p, s);
}

static void toggle_stealing(struct ps_program *p, struct ps_compare_setup *s)
{
    unsigned side = s->view->form.selected >= FIELD_B;
    struct ps_experiment *e = &s->spec.side[side];
    if (!ps_lab_steals(p, e)) {
        ps_program_say(p, PS_STYLE_NOTE, "%s cannot steal", s->view->side[side].name);
        return;
    }
    e->stealing = !e->stealing;
    ps_compare_form_describe(p, s);
}

void ps_compare_form_action(struct ps_program *p, struct ps_compare_setup *s, enum ps_action action,
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
        open_menu(p, s);
        break;
    case PS_DO_STEALING:
        toggle_stealing(p, s);
        break;
    case PS_DO_SELECT_ITEM:
        menu_chosen(p, s, argument);
        break;
    default:
        break;
    }
}

/* What A is most often held against: itself with stealing, where that is off; the first policy of
 * its engine; or the next one. */
static void choose_b(const struct ps_program *p, struct ps_compare_setup *s)
{
    struct ps_experiment *b = &s->spec.side[1];
    char why[320];
    if (ps_lab_steals(p, b) && !b->stealing) {
        b->stealing = true;
        return;
    }
    const struct ps_engine_word *engine = ps_form_engine_word(p->options->words, b->engine);
    bool first = !b->policy[0] || !engine || strcmp(b->policy, engine->policies->name) == 0;
    if (first || !ps_form_engine(b, p->options->words, b->engine, engine->policies->name,
                                 p->options->usable_cpus, why, sizeof why))
        ps_lab_engine_step(p, b, 1, why, sizeof why);
}

void ps_compare_form_begin(struct ps_program *p, struct ps_compare_setup *s,
                           const struct ps_experiment *experiment)
{
    s->spec = (struct ps_compare_spec){
        .sides = 2, .rounds = 6, .length_ns = 2000 * MS, .warmup_ns = 400 * MS};
    s->spec.side[0] = s->spec.side[1] = *experiment;
    choose_b(p, s);
    ps_words_load(s->view->load, experiment);
    s->view->form.selected = FIELD_B;
    ps_compare_form_describe(p, s);
}
