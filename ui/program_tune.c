/* The tune screen: sweep over worker counts, see the curve grow, take the recommended count. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lab/csv.h"
#include "ui/format.h"
#include "ui/program_lab.h"
#include "ui/tune_form.h"

#define MS         (uint64_t) PS_NS_PER_MS
#define WORK_NS    (20 * MS) /* of arithmetic in one frame */
#define RACE_SPEED 12.0
#define RACE_STEPS 1200u /* of a path: ten a second of the race's time */
#define TRAIL_S    3.0

struct state {
    struct ps_lab_origin origin;
    struct ps_tune_setup setup;
    struct ps_tune *tune; /* NULL: not begun */
    struct ps_tune_view view;
    unsigned concluded_of; /* cells */
    bool bounded;          /* the intervals of the models are there */
    struct ps_surface surface;
    struct ps_conclusion conclusion;
    struct ps_concluding work;
    struct ps_tune_about about;
    uint64_t race_ns; /* when it began */
    float path[PS_TUNERS][RACE_STEPS];
    uint64_t measured_ns, since_ns; /* before, and since this instant */
    char why[600];
};

static struct state *state_of(const struct ps_program *p)
{
    return *ps_screen_state((struct ps_program *)p, &ps_screen_tune);
}

static void show_form(const struct ps_program *p, struct state *s)
{
    ps_tune_form_describe(p, &s->setup);
    s->about = s->setup.spec.about;
}

/* ---- measuring ---- */

static void stop(struct state *s)
{
    ps_tune_free(s->tune);
    s->tune = NULL;
    s->view.racing = false;
}

static void begin(struct ps_program *p, struct state *s)
{
    ps_lab_alone(p);
    stop(s);
    ps_tune_form_prepare(&s->setup);
    s->about = s->setup.spec.about;
    s->tune = ps_tune_new(&s->setup.spec);
    if (!s->tune) {
        ps_program_say(p, PS_STYLE_ERROR, "%s", ps_err_text(PS_ENOMEM));
        return;
    }
    s->view.stage = PS_TUNE_MEASURING;
    s->view.conclusion = NULL;
    s->view.cells = s->view.disturbed = s->view.failed_workers = 0;
    memset(&s->surface, 0, sizeof s->surface);
    s->concluded_of = 0;
    s->bounded = true;
    s->measured_ns = 0;
    s->since_ns = ps_now_ns();
}

static uint64_t elapsed_ns(const struct state *s)
{
    bool runs = s->view.stage == PS_TUNE_MEASURING;
    return s->measured_ns + (runs ? ps_now_ns() - s->since_ns : 0);
}

static void look_at_cells(struct state *s)
{
    unsigned count;
    const struct ps_tune_cell *cells = ps_tune_cells(s->tune, &count);
    s->view.cells = count;
    s->view.disturbed = 0;
    for (unsigned i = 0; i < count; i++) {
        s->view.disturbed += cells[i].others > PS_TUNE_DISTURBED;
        if (cells[i].failed[0]) {
            s->view.failed_workers = cells[i].workers;
            ps_text_clean(s->view.failed, sizeof s->view.failed, cells[i].failed);
        }
    }
}

/* What follows from the points so far; the intervals of the models a few at a time. */
static void conclude(struct state *s)
{
    unsigned count;
    ps_tune_cells(s->tune, &count);
    if (count != s->concluded_of) {
        s->concluded_of = count;
        s->about = *ps_tune_about(s->tune);
        s->surface = *ps_tune_surface(s->tune);
        look_at_cells(s);
        ps_conclude_begin(&s->about, &s->surface, &s->work, &s->conclusion);
        s->view.conclusion = s->surface.count ? &s->conclusion : NULL;
        s->bounded = false;
        return;
    }
    uint64_t until_ns = ps_now_ns() + WORK_NS;
    while (!s->bounded && ps_now_ns() < until_ns)
        s->bounded = ps_conclude_step(&s->work, &s->conclusion);
}

static void show_time(struct state *s)
{
    double share = ps_tune_progress(s->tune);
    s->view.progress = share < 1 ? share : 1;
    s->view.elapsed_ns = elapsed_ns(s);
    s->view.left_ns = share > 0.02 ? (uint64_t)((double)s->view.elapsed_ns * (1 - share) / share)
                                   : s->view.planned_ns;
}

static void advance(struct state *s)
{
    enum ps_tune_state now = ps_tune_advance(s->tune);
    enum ps_err err;
    if (now != PS_TUNE_RUNNING) {
        s->measured_ns = elapsed_ns(s);
        s->view.stage = now == PS_TUNE_DONE ? PS_TUNE_MEASURED : PS_TUNE_BROKEN;
        s->view.frozen = false;
        snprintf(s->why, sizeof s->why, "%s", ps_tune_why(s->tune, &err));
        s->view.why = s->why;
    }
    if (s->view.frozen)
        return;
    struct ps_slot *slot = ps_tune_slot(s->tune, &s->view.workers, &s->view.repeat);
    s->view.tries = ps_tune_tries(s->tune);
    s->view.slot = slot ? ps_slot_state(slot) : PS_SLOT_STARTING;
    show_time(s);
}

static float path_at(const struct state *s, unsigned tuner, double at_s)
{
    double step = at_s / PS_TUNERS_SECONDS * RACE_STEPS;
    unsigned i = step < 0 ? 0 : step < RACE_STEPS - 1 ? (unsigned)step : RACE_STEPS - 1;
    return s->path[tuner][i];
}

static void race(struct state *s)
{
    double at_s = (double)(ps_now_ns() - s->race_ns) / PS_NS_PER_S * RACE_SPEED;
    s->view.race_s = at_s < PS_TUNERS_SECONDS ? at_s : PS_TUNERS_SECONDS;
    for (unsigned i = 0; i < PS_TUNERS; i++) {
        s->view.runner[i].workers = path_at(s, i, s->view.race_s);
        s->view.runner[i].trail = path_at(s, i, s->view.race_s - TRAIL_S);
    }
}

static void update(struct ps_program *p)
{
    struct state *s = state_of(p);
    ps_lab_look(p);
    if (!s->tune)
        return;
    if (s->view.stage == PS_TUNE_MEASURING)
        advance(s);
    if (!s->view.frozen)
        conclude(s);
    if (s->view.racing)
        race(s);
}

static uint64_t due_ns(const struct ps_program *p)
{
    const struct state *s = state_of(p);
    return s->view.stage == PS_TUNE_MEASURING ? ps_tune_due_ns(s->tune) : UINT64_MAX;
}

static void toggle_race(struct ps_program *p, struct state *s)
{
    if (s->view.racing) {
        s->view.racing = false;
        return;
    }
    if (s->view.stage != PS_TUNE_MEASURED || !s->view.conclusion) {
        ps_program_say(p, PS_STYLE_NOTE, "tuners race when all points are measured");
        return;
    }
    if (ps_tune_is_at_rate(&s->about)) {
        ps_program_say(p, PS_STYLE_NOTE, "tuners climb throughput, which the load keeps flat here");
        return;
    }
    struct ps_tuner_task task = ps_conclude_tuners(&s->about, &s->surface);
    for (unsigned i = 0; i < PS_TUNERS; i++)
        ps_tuner_path(i, &task, RACE_STEPS, s->path[i]);
    s->race_ns = ps_now_ns();
    s->view.racing = true;
    race(s);
}

static void refine(struct ps_program *p, struct state *s)
{
    if (s->view.stage == PS_TUNE_MEASURING) {
        ps_program_say(p, PS_STYLE_NOTE, "it is still measuring; n refines what is there then");
    } else if (s->view.stage == PS_TUNE_MEASURED && ps_tune_more(s->tune)) {
        s->view.stage = PS_TUNE_MEASURING;
        s->view.racing = false;
        s->since_ns = ps_now_ns();
        s->about = *ps_tune_about(s->tune);
        ps_program_say(p, PS_STYLE_GOOD, "every point once more");
    } else {
        ps_program_say(p, PS_STYLE_WARNING, "no more can be measured here");
    }
}

/* ---- a guess, a goal ---- */

static void take_guess(struct ps_program *p)
{
    struct state *s = state_of(p);
    uint64_t guess;
    if (!ps_parse_u64(p->overlay.input, s->about.low, s->about.high, &guess)) {
        snprintf(p->overlay.complaint, sizeof p->overlay.complaint, "a number from %u to %u",
                 s->about.low, s->about.high);
        return;
    }
    ps_program_close_overlay(p);
    s->view.guess = (unsigned)guess;
}

static void ask_guess(struct ps_program *p, int digit)
{
    ps_program_open(p, PS_OVERLAY_PROMPT, "Your guess: how many workers will be best?");
    snprintf(p->overlay.input, sizeof p->overlay.input, "%d", digit);
    p->accept = take_guess;
}

/* What is measured stays; a load that belongs to another question does not. */
static void change_goal(struct ps_program *p, struct state *s)
{
    if (s->tune) {
        ps_tune_goal(s->tune, (double)s->setup.goal_ns);
        s->about = *ps_tune_about(s->tune);
        s->concluded_of = 0;
    }
    if (s->tune && s->about.saturated && s->setup.load == PS_TUNE_AUTO && s->setup.goal_ns &&
        s->setup.experiment.model == PS_ARRIVAL_OPEN)
        ps_program_say(p, PS_STYLE_WARNING,
                       "these p99 are of a saturated pool; at the preset's rate: Esc, Enter");
}

static void take_goal(struct ps_program *p)
{
    struct state *s = state_of(p);
    uint64_t goal_ns = 0;
    const char *text = p->overlay.input;
    bool none = !text[0] || strcmp(text, "none") == 0 || strcmp(text, "0") == 0;
    if (!none && (!ps_parse_duration(text, &goal_ns) || goal_ns == 0)) {
        snprintf(p->overlay.complaint, sizeof p->overlay.complaint,
                 "a time with its unit (20ms, 1.5s), or none");
        return;
    }
    ps_program_close_overlay(p);
    s->setup.goal_ns = goal_ns;
    if (s->view.stage == PS_TUNE_CHOOSING)
        show_form(p, s);
    else
        change_goal(p, s);
}

static void ask_goal(struct ps_program *p, const struct state *s)
{
    char text[PS_FIGURE_BYTES];
    ps_program_open(p, PS_OVERLAY_PROMPT, "p99 goal: 99 of 100 tasks end within (20ms; none)");
    if (s->setup.goal_ns)
        snprintf(p->overlay.input, sizeof p->overlay.input, "%s",
                 ps_figure_time(text, s->setup.goal_ns));
    p->accept = take_goal;
}

/* ---- results ---- */

struct result {
    const struct ps_program *program;
    const struct state *state;
};

static enum ps_err write_csv(FILE *to, const void *what)
{
    return ps_tune_csv(((const struct result *)what)->state->tune, to);
}

static enum ps_err write_json(FILE *to, const void *what)
{
    const struct result *result = what;
    return result->program->options->exports->tune(result->state->tune, &result->state->conclusion,
                                                   to);
}

static void export(struct ps_program *p, struct state *s)
{
    struct result result = {p, s};
    if (!s->view.conclusion) {
        ps_program_say(p, PS_STYLE_NOTE, "no point is measured yet: nothing to export");
        return;
    }
    ps_lab_export(p, "tune", write_csv, p->options->exports ? write_json : NULL, &result);
}

static void apply(struct ps_program *p, struct state *s)
{
    unsigned workers = s->view.conclusion ? s->conclusion.choice.recommended : 0;
    if (s->view.stage == PS_TUNE_MEASURING || workers == 0) {
        ps_program_say(p, PS_STYLE_NOTE,
                       s->view.stage == PS_TUNE_MEASURING ? "it is still measuring"
                                                          : "there is no count to take");
        return;
    }
    s->origin.experiment = s->setup.experiment;
    ps_lab_leave(p, &s->origin, workers);
    const struct ps_experiment *e = &s->origin.experiment;
    if (s->about.saturated && e->model == PS_ARRIVAL_OPEN)
        ps_program_say(p, PS_STYLE_GOOD,
                       "%u worker%s now: what a saturated pool needs; this run offers %g/s",
                       workers, workers == 1 ? "" : "s", e->rate);
    else
        ps_program_say(p, PS_STYLE_GOOD, "running with the recommended %u worker%s", workers,
                       workers == 1 ? "" : "s");
}

/* ---- actions ---- */

static enum ps_place place(const struct ps_program *p)
{
    return state_of(p)->view.stage == PS_TUNE_CHOOSING ? PS_AT_TUNE_FORM : PS_AT_TUNE;
}

static void select_part(struct state *s, unsigned part)
{
    s->view.part = (enum ps_tune_part)(part % PS_TUNE_PARTS);
}

static void leave(struct ps_program *p, struct state *s)
{
    if (s->view.racing || s->view.zoom) {
        s->view.racing = s->view.zoom = false;
        return;
    }
    if (s->view.frozen) {
        s->view.frozen = false;
        return;
    }
    if (s->view.stage == PS_TUNE_MEASURING && !ps_program_again(p, "stops what is being measured"))
        return;
    stop(s);
    s->view.stage = PS_TUNE_CHOOSING;
    s->view.frozen = false;
    show_form(p, s);
}

static void measured_action(struct ps_program *p, struct state *s, enum ps_action action,
                            int argument)
{
    struct ps_tune_view *v = &s->view;
    switch (action) {
    case PS_DO_NEXT:
        select_part(s, v->part + 1);
        break;
    case PS_DO_PREVIOUS:
        select_part(s, v->part + PS_TUNE_PARTS - 1);
        break;
    case PS_DO_PANEL:
        select_part(s, (unsigned)argument - 1);
        break;
    case PS_DO_ZOOM:
        v->zoom = !v->zoom;
        break;
    case PS_DO_FREEZE:
        v->frozen = v->stage == PS_TUNE_MEASURING && !v->frozen;
        if (v->stage != PS_TUNE_MEASURING)
            ps_program_say(p, PS_STYLE_NOTE, "nothing moves: all is measured");
        break;
    case PS_DO_MORE:
        refine(p, s);
        break;
    case PS_DO_RACE:
        toggle_race(p, s);
        break;
    case PS_DO_EXPORT:
        export(p, s);
        break;
    case PS_DO_ACCEPT:
        apply(p, s);
        break;
    case PS_DO_BACK:
        leave(p, s);
        break;
    default:
        break;
    }
}

static void form_action(struct ps_program *p, struct state *s, enum ps_action action, int argument)
{
    if (action == PS_DO_ACCEPT) {
        begin(p, s);
    } else if (action == PS_DO_BACK) {
        ps_lab_leave(p, &s->origin, 0);
    } else {
        ps_tune_form_action(p, &s->setup, action, argument);
        s->about = s->setup.spec.about;
    }
}

static void act(struct ps_program *p, enum ps_action action, int argument)
{
    struct state *s = state_of(p);
    if (action == PS_DO_GUESS)
        ask_guess(p, argument);
    else if (action == PS_DO_GOAL)
        ask_goal(p, s);
    else if (s->view.stage == PS_TUNE_CHOOSING)
        form_action(p, s, action, argument);
    else
        measured_action(p, s, action, argument);
}

/* ---- coming and going ---- */

static bool open(struct ps_program *p)
{
    void **kept = ps_screen_state(p, &ps_screen_tune);
    struct state *s = *kept ? *kept : calloc(1, sizeof *s);
    if (!s) {
        ps_program_say(p, PS_STYLE_ERROR, "%s", ps_err_text(PS_ENOMEM));
        return false;
    }
    *kept = s;
    if (!ps_lab_enter(p, "tune", &s->origin))
        return false;
    memset(&s->surface, 0, sizeof s->surface);
    s->view = (struct ps_tune_view){
        .title = s->setup.experiment.title, .about = &s->about, .surface = &s->surface};
    s->setup.view = &s->view;
    ps_tune_form_begin(p, &s->setup, &s->origin.experiment, s->origin.preset);
    s->about = s->setup.spec.about;
    return true;
}

static void close(struct ps_program *p)
{
    stop(state_of(p));
}

static void draw(const struct ps_canvas *root, struct ps_program *p)
{
    struct state *s = state_of(p);
    s->view.noticed = ps_program_notice(p) != NULL;
    ps_tune_screen_draw(root, &s->view);
    ps_screen_finish(root, p);
}

static void release(void *state)
{
    struct state *s = state;
    if (s)
        stop(s);
    free(s);
}

const struct ps_screen ps_screen_tune = {.name = "tune",
                                         .place = place,
                                         .open = open,
                                         .close = close,
                                         .action = act,
                                         .update = update,
                                         .due_ns = due_ns,
                                         .draw = draw,
                                         .free = release};
