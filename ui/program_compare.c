/* The compare screen: choose two sides, let them take turns, see what differs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/csv.h"
#include "ui/compare_form.h"
#include "ui/compare_match.h"
#include "ui/program_lab.h"

#define MS      (uint64_t) PS_NS_PER_MS
#define WORK_NS (20 * MS) /* of arithmetic in one frame */

struct state {
    struct ps_lab_origin origin;
    struct ps_compare_setup setup;
    struct ps_compare *compare; /* NULL: not begun */
    struct ps_compare_view view;
    unsigned more;                /* rounds that `n` adds: as many as were chosen */
    unsigned rows_of, rows_taken; /* rounds; rows of them that are worked out */
    struct ps_compare_row row[PS_COMPARE_METRICS];
    struct ps_snapshot *snapshot[2];
    struct ps_history *history[2];
    unsigned slot_side, slot_round; /* of what the histories were last fed */
    uint64_t measured_ns, since_ns; /* before, and since this instant */
    char why[600];
};

static struct state *state_of(const struct ps_program *p)
{
    return *ps_screen_state((struct ps_program *)p, &ps_screen_compare);
}

/* ---- measuring ---- */

static bool prepare(struct state *s)
{
    for (unsigned side = 0; side < 2; side++) {
        if (!s->snapshot[side])
            s->snapshot[side] = calloc(1, sizeof *s->snapshot[side]);
        if (!s->history[side])
            s->history[side] = ps_history_new();
        if (!s->snapshot[side] || !s->history[side])
            return false;
        s->view.side[side].history = s->history[side];
        s->view.side[side].snapshot = NULL;
    }
    return true;
}

static void stop(struct state *s)
{
    ps_compare_free(s->compare);
    s->compare = NULL;
}

/* The rows of the rounds that are whole, a few at a time: intervals of many rounds take tens of
 * milliseconds. Shown when all are there. */
static void take_rows(struct state *s)
{
    uint64_t until_ns = ps_now_ns() + WORK_NS;
    while (s->rows_taken < PS_COMPARE_METRICS && ps_now_ns() < until_ns) {
        unsigned m = s->rows_taken++;
        ps_compare_row(s->compare, 0, 1, m, &s->row[m]);
    }
    if (s->rows_taken < PS_COMPARE_METRICS)
        return;
    memcpy(s->view.row, s->row, sizeof s->view.row);
    s->view.whole = s->rows_of;
    for (unsigned m = 0; m < PS_COMPARE_METRICS; m++)
        for (unsigned side = 0; side < 2; side++)
            s->view.median[side][m] = ps_compare_median(s->compare, side, m);
}

static void keep_rows_fresh(struct state *s)
{
    unsigned whole = ps_compare_rounds(s->compare);
    if (whole != s->rows_of) {
        s->rows_of = whole;
        s->rows_taken = 0;
    }
    if (s->rows_taken < PS_COMPARE_METRICS)
        take_rows(s);
}

static void begin(struct ps_program *p, struct state *s)
{
    ps_lab_alone(p);
    stop(s);
    s->compare = prepare(s) ? ps_compare_new(&s->setup.spec) : NULL;
    if (!s->compare) {
        ps_program_say(p, PS_STYLE_ERROR, "%s", ps_err_text(PS_ENOMEM));
        return;
    }
    s->view.stage = PS_COMPARE_MEASURING;
    s->view.frozen = false;
    s->more = s->setup.spec.rounds;
    s->slot_round = UINT32_MAX;
    s->measured_ns = 0;
    s->since_ns = ps_now_ns();
    s->rows_of = s->rows_taken = 0;
    keep_rows_fresh(s);
}

/* The lanes of the side that runs; those of the other stay as they were. */
static void feed(struct state *s)
{
    unsigned side, round;
    struct ps_slot *slot = ps_compare_slot(s->compare, &side, &round);
    s->view.running = side;
    s->view.round = round < s->view.rounds ? round : s->view.rounds - 1;
    s->view.slot = slot ? ps_slot_state(slot) : PS_SLOT_STARTING;
    const struct ps_snapshot *latest = slot ? ps_slot_latest(slot) : NULL;
    if (!latest)
        return;
    if (side != s->slot_side || round != s->slot_round) {
        ps_history_clear(s->history[side]);
        s->slot_side = side;
        s->slot_round = round;
    }
    ps_snapshot_copy(s->snapshot[side], latest);
    ps_history_feed(s->history[side], latest);
    s->view.side[side].snapshot = s->snapshot[side];
    s->view.side[side].workers = latest->workers;
}

static uint64_t elapsed_ns(const struct state *s)
{
    bool runs = s->view.stage == PS_COMPARE_MEASURING;
    return s->measured_ns + (runs ? ps_now_ns() - s->since_ns : 0);
}

static void show_time(struct state *s)
{
    double share = ps_compare_progress(s->compare);
    s->view.progress = share < 1 ? share : 1;
    s->view.rounds = ps_compare_spec(s->compare)->rounds;
    s->view.elapsed_ns = elapsed_ns(s);
    s->view.left_ns = (uint64_t)((1 - s->view.progress) *
                                 (double)ps_compare_planned_ns(ps_compare_spec(s->compare)));
    s->view.others = ps_compare_others(s->compare);
}

static void finish(struct state *s, enum ps_compare_state state)
{
    enum ps_err start;
    s->measured_ns = elapsed_ns(s);
    s->view.stage = state == PS_COMPARE_DONE ? PS_COMPARE_MEASURED : PS_COMPARE_BROKEN;
    s->view.frozen = false;
    if (state == PS_COMPARE_FAILED)
        snprintf(s->why, sizeof s->why, "%s", ps_compare_why(s->compare, &s->view.running, &start));
    s->view.why = s->why;
}

static void update(struct ps_program *p)
{
    struct state *s = state_of(p);
    ps_lab_look(p);
    if (!s->compare)
        return;
    if (s->view.stage == PS_COMPARE_MEASURING) {
        enum ps_compare_state now = ps_compare_advance(s->compare);
        if (now == PS_COMPARE_RUNNING && s->view.frozen)
            return;
        if (now == PS_COMPARE_RUNNING)
            feed(s);
        show_time(s);
        if (now != PS_COMPARE_RUNNING)
            finish(s, now);
    }
    keep_rows_fresh(s);
}

static uint64_t due_ns(const struct ps_program *p)
{
    const struct state *s = state_of(p);
    return s->view.stage == PS_COMPARE_MEASURING ? ps_compare_due_ns(s->compare) : UINT64_MAX;
}

static void more(struct ps_program *p, struct state *s)
{
    bool done = s->view.stage == PS_COMPARE_MEASURED;
    unsigned added = ps_compare_more(s->compare, s->more);
    if (added == 0) {
        ps_program_say(p, PS_STYLE_NOTE, "%u rounds are the most", PS_PAIRS_MAX);
        return;
    }
    if (done) {
        s->view.stage = PS_COMPARE_MEASURING;
        s->since_ns = ps_now_ns();
    }
    show_time(s);
    ps_program_say(p, PS_STYLE_GOOD, "%u more rounds: intervals get narrower", added);
}

/* ---- results ---- */

struct result {
    struct ps_program *program;
    struct state *state;
};

static enum ps_err write_csv(FILE *to, const void *what)
{
    return ps_compare_csv(((const struct result *)what)->state->compare, to);
}

static enum ps_err write_json(FILE *to, const void *what)
{
    const struct result *result = what;
    const struct state *s = result->state;
    char given[2][160];
    const char *sides[2] = {given[0], given[1]};
    for (unsigned side = 0; side < 2; side++) {
        const struct ps_experiment *e = &s->setup.spec.side[side];
        snprintf(given[side], sizeof given[side], "%s:%s,engine.workers=%u,engine.stealing=%s",
                 e->engine, e->policy, s->view.side[side].workers, e->stealing ? "on" : "off");
    }
    return result->program->options->exports->compare(s->compare, s->origin.preset, sides, to);
}

static void export(struct ps_program *p, struct state *s)
{
    struct result result = {p, s};
    if (!s->compare || ps_compare_rounds(s->compare) == 0) {
        ps_program_say(p, PS_STYLE_NOTE, "the first round is not whole yet: nothing to export");
        return;
    }
    ps_lab_export(p, "compare", write_csv, p->options->exports ? write_json : NULL, &result);
}

static void match(struct ps_program *p, struct state *s)
{
    char *text = ps_compare_match(&s->setup.spec.side[0], &s->setup.spec.side[1]);
    if (!text) {
        ps_program_say(p, PS_STYLE_ERROR, "%s", ps_err_text(PS_ENOMEM));
        return;
    }
    ps_program_open(p, PS_OVERLAY_TEXT, "Settings of A and B");
    p->overlay_text = text;
    p->overlay.text = text;
}

/* ---- actions ---- */

static enum ps_place place(const struct ps_program *p)
{
    const struct state *s = state_of(p);
    return s->view.stage == PS_COMPARE_CHOOSING ? PS_AT_COMPARE_FORM : PS_AT_COMPARE;
}

static void choose_again(struct ps_program *p, struct state *s)
{
    stop(s);
    s->view.stage = PS_COMPARE_CHOOSING;
    s->view.frozen = s->view.zoom = false;
    ps_compare_form_describe(p, &s->setup);
}

static void select_metric(struct state *s, int metric)
{
    if (metric >= 0 && metric < (int)PS_COMPARE_METRICS)
        s->view.metric = (unsigned)metric;
}

static void select_part(struct state *s, unsigned part)
{
    s->view.part = (enum ps_compare_part)(part % PS_COMPARE_PARTS);
}

static void leave(struct ps_program *p, struct state *s)
{
    bool measures = s->view.stage == PS_COMPARE_MEASURING;
    if (s->view.zoom)
        s->view.zoom = false;
    else if (s->view.frozen)
        s->view.frozen = false;
    else if (!measures || ps_program_again(p, "stops what is being measured"))
        choose_again(p, s);
}

static void measured_action(struct ps_program *p, struct state *s, enum ps_action action,
                            int argument)
{
    struct ps_compare_view *v = &s->view;
    switch (action) {
    case PS_DO_UP:
        select_metric(s, (int)v->metric - 1);
        break;
    case PS_DO_DOWN:
        select_metric(s, (int)v->metric + 1);
        break;
    case PS_DO_FIRST:
        select_metric(s, 0);
        break;
    case PS_DO_LAST:
        select_metric(s, (int)PS_COMPARE_METRICS - 1);
        break;
    case PS_DO_SELECT_ITEM:
        select_metric(s, argument);
        break;
    case PS_DO_NEXT:
        select_part(s, v->part + 1);
        break;
    case PS_DO_PREVIOUS:
        select_part(s, v->part + PS_COMPARE_PARTS - 1);
        break;
    case PS_DO_PANEL:
        select_part(s, (unsigned)argument - 1);
        break;
    case PS_DO_ZOOM:
        v->zoom = !v->zoom;
        break;
    case PS_DO_FREEZE:
        v->frozen = v->stage == PS_COMPARE_MEASURING && !v->frozen;
        if (v->stage != PS_COMPARE_MEASURING)
            ps_program_say(p, PS_STYLE_NOTE, "nothing moves: all is measured");
        break;
    case PS_DO_MORE:
        if (v->stage == PS_COMPARE_BROKEN)
            ps_program_say(p, PS_STYLE_WARNING, "one side cannot run this: Esc chooses again");
        else
            more(p, s);
        break;
    case PS_DO_EXPORT:
        export(p, s);
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
    if (action == PS_DO_ACCEPT)
        begin(p, s);
    else if (action == PS_DO_BACK)
        ps_lab_leave(p, &s->origin, 0);
    else
        ps_compare_form_action(p, &s->setup, action, argument);
}

static void act(struct ps_program *p, enum ps_action action, int argument)
{
    struct state *s = state_of(p);
    if (action == PS_DO_MATCH)
        match(p, s);
    else if (s->view.stage == PS_COMPARE_CHOOSING)
        form_action(p, s, action, argument);
    else
        measured_action(p, s, action, argument);
}

/* ---- coming and going ---- */

static bool open(struct ps_program *p)
{
    void **kept = ps_screen_state(p, &ps_screen_compare);
    struct state *s = *kept ? *kept : calloc(1, sizeof *s);
    if (!s) {
        ps_program_say(p, PS_STYLE_ERROR, "%s", ps_err_text(PS_ENOMEM));
        return false;
    }
    *kept = s;
    if (!ps_lab_enter(p, "compare", &s->origin))
        return false;
    s->view = (struct ps_compare_view){.title = s->origin.experiment.title,
                                       .seed = s->origin.experiment.seed,
                                       .others = NAN,
                                       .metric = 2,
                                       .part = PS_COMPARE_TABLE};
    s->setup.view = &s->view;
    ps_compare_form_begin(p, &s->setup, &s->origin.experiment);
    return true;
}

static void close(struct ps_program *p)
{
    stop(state_of(p));
}

static void draw(const struct ps_canvas *root, struct ps_program *p)
{
    struct state *s = state_of(p);
    s->view.calm = p->settings.reduced_motion;
    s->view.noticed = ps_program_notice(p) != NULL;
    ps_compare_screen_draw(root, &s->view);
    ps_screen_finish(root, p);
}

static void release(void *state)
{
    struct state *s = state;
    if (!s)
        return;
    stop(s);
    for (unsigned side = 0; side < 2; side++) {
        free(s->snapshot[side]);
        ps_history_free(s->history[side]);
    }
    free(s);
}

const struct ps_screen ps_screen_compare = {.name = "compare",
                                            .place = place,
                                            .open = open,
                                            .close = close,
                                            .action = act,
                                            .update = update,
                                            .due_ns = due_ns,
                                            .draw = draw,
                                            .free = release};
