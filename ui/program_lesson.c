/* The lesson screen: a step at a time, and the runs of its trials in between. A trial is the
 * program's run (program->run), so what works on the live screen works here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "lab/judge.h"
#include "ui/lesson_screen.h"
#include "ui/program.h"
#include "ui/progress.h"

/* A deadlock is left on the screen for so long before its trial is over. */
#define DEADLOCK_NS (3 * (uint64_t)PS_NS_PER_S)
#define ORDER_MAX   256u

struct lesson_state {
    char preset[64];
    char *text; /* malloc'ed; the lesson points into it */
    struct ps_lesson lesson;
    struct ps_experiment experiment;
    struct ps_lab lab;
    const struct ps_screen *from; /* whose run goes on until a trial takes its place */
    enum ps_lesson_step step;
    int scroll;
    unsigned hands[PS_ANSWERS_MAX], raised;
    uint8_t order[ORDER_MAX]; /* answers of the hands, for taking them back */
    unsigned trial;
    bool begun;   /* a trial has taken the place of the run there was */
    bool touched; /* the trial that runs was changed by hand */
    enum ps_trial_state state[PS_LESSON_TRIALS_MAX];
    struct ps_lab_run runs[PS_LESSON_TRIALS_MAX]; /* snapshots are malloc'ed */
    struct ps_metric_peaks peaks[PS_LESSON_TRIALS_MAX];
    uint64_t length_ns, deadlock_ns;
    struct ps_snapshot *stuck; /* of the trial, in its deadlock; malloc'ed */
    bool judged;
    struct ps_lab_judgement judgement;
};

static struct lesson_state *state_of(const struct ps_program *p)
{
    return *ps_screen_state((struct ps_program *)p, &ps_screen_lesson);
}

static void forget_runs(struct lesson_state *s)
{
    for (unsigned i = 0; i < PS_LESSON_TRIALS_MAX; i++)
        free((void *)s->runs[i].snapshot);
    memset(s->runs, 0, sizeof s->runs);
    memset(s->state, 0, sizeof s->state);
    memset(s->peaks, 0, sizeof s->peaks);
    for (unsigned i = 0; i < PS_LESSON_TRIALS_MAX; i++)
        s->runs[i].peaks = &s->peaks[i];
    s->trial = 0;
    s->judged = false;
}

static void release(void *state)
{
    struct lesson_state *s = state;
    if (!s)
        return;
    forget_runs(s);
    free(s->stuck);
    free(s->text);
    free(s);
}

/* ---- trials ---- */

static bool is_running(const struct ps_program *p, const struct lesson_state *s)
{
    return s->begun && p->run.host && s->state[s->trial] == PS_TRIAL_RUNNING;
}

static void judge(struct lesson_state *s)
{
    for (unsigned i = 0; i < ps_lab_runs(&s->lab); i++)
        if (s->state[i] != PS_TRIAL_DONE)
            return;
    ps_lab_judge(&s->lab, s->runs, &s->judgement);
    s->judged = true;
}

/* Keep what the trial has measured, and end its host. */
static void finish(struct ps_program *p, struct lesson_state *s, enum ps_trial_state how)
{
    struct ps_snapshot *kept = malloc(sizeof *kept);
    if (kept)
        *kept = *p->run.snapshot;
    free((void *)s->runs[s->trial].snapshot);
    s->runs[s->trial].snapshot = kept;
    s->state[s->trial] = how == PS_TRIAL_DONE && s->touched ? PS_TRIAL_TOUCHED : how;
    ps_program_run_end(p);
    judge(s);
}

static void begin_trial(struct ps_program *p, struct lesson_state *s, unsigned trial)
{
    struct ps_experiment *e = malloc(sizeof *e);
    struct ps_complaints complaints = {0};
    if (is_running(p, s))
        finish(p, s, PS_TRIAL_CUT);
    s->trial = trial;
    s->touched = s->judged = false;
    s->deadlock_ns = 0;
    free(s->stuck);
    s->stuck = NULL;
    s->state[trial] = PS_TRIAL_WAITING;
    s->peaks[trial] = (struct ps_metric_peaks){0};
    bool good = e && ps_lab_experiment(&s->lab, trial, &s->experiment, p->options->words, s->preset,
                                       e, &complaints) == PS_OK;
    if (good) {
        s->begun = true;
        s->length_ns = e->duration_ns;
        good = ps_program_run_start(p, e, s->preset);
        s->state[trial] = good ? PS_TRIAL_RUNNING : PS_TRIAL_WAITING;
    } else {
        ps_program_say(p, PS_STYLE_ERROR, "%s: %s", s->preset,
                       complaints.count ? complaints.list[0].text : ps_err_text(PS_ENOMEM));
    }
    free(e);
}

/* A trial that is changed measures something else: said at once, not only at the reveal. */
static void notice_change(struct ps_program *p, struct lesson_state *s)
{
    if (s->touched || p->run.changes == 0)
        return;
    const char *notice = ps_program_notice(p);
    char what[80];
    snprintf(what, sizeof what, "%.70s", notice ? notice : "changed by hand");
    s->touched = true;
    ps_program_say(p, PS_STYLE_WARNING, "%s; this run no longer counts, r runs it again", what);
}

/* The values of a sweep come by themselves; trials wait for a word of the teacher. */
static void after_trial(struct ps_program *p, struct lesson_state *s)
{
    unsigned runs = ps_lab_runs(&s->lab), trials = runs - s->lab.sweep_count;
    if (s->trial + 1 >= runs)
        ps_program_say(p, PS_STYLE_NOTE, "That was it. Enter: who was right?");
    else if (s->trial + 1 >= trials)
        begin_trial(p, s, s->trial + 1);
    else
        ps_program_say(p, PS_STYLE_NOTE, "Enter: the next run, %s",
                       ps_lab_run_name(&s->lab, s->trial + 1));
}

static void update(struct ps_program *p)
{
    struct lesson_state *s = state_of(p);
    if (!p->run.host)
        return;
    bool ended = ps_program_run_look(p);
    if (!is_running(p, s))
        return;
    notice_change(p, s);
    const struct ps_snapshot *now = p->run.snapshot;
    ps_metric_peaks_feed(&s->peaks[s->trial], now);
    if (now->end == PS_END_DEADLOCK && s->deadlock_ns == 0) {
        s->deadlock_ns = ps_now_ns();
        if ((s->stuck = malloc(sizeof *s->stuck)))
            *s->stuck = *now;
    }
    bool stuck = s->deadlock_ns && ps_now_ns() - s->deadlock_ns > DEADLOCK_NS;
    if (!ended && !stuck)
        return;
    if (s->stuck) /* what the end of the host swept away stays to be seen */
        *p->run.snapshot = *s->stuck;
    finish(p, s, PS_TRIAL_DONE);
    after_trial(p, s);
}

/* ---- steps ---- */

static unsigned next_to_run(const struct lesson_state *s)
{
    unsigned i = 0;
    while (i < ps_lab_runs(&s->lab) && s->state[i] != PS_TRIAL_WAITING)
        i++;
    return i;
}

static void go(struct ps_program *p, struct lesson_state *s, int step)
{
    if (step < 0 || step >= PS_LESSON_STEPS)
        return;
    if (s->step == PS_LESSON_RUN && step != PS_LESSON_RUN && is_running(p, s))
        finish(p, s, PS_TRIAL_CUT);
    s->step = (enum ps_lesson_step)step;
    s->scroll = 0;
    p->notice_until_ns = 0;
    if (s->step == PS_LESSON_RUN && next_to_run(s) == 0)
        begin_trial(p, s, 0);
    if (s->step == PS_LESSON_WHY)
        ps_progress_done(p->progress, s->preset);
}

static void accept(struct ps_program *p, struct lesson_state *s)
{
    if (s->step == PS_LESSON_RUN && is_running(p, s)) {
        ps_program_say(p, PS_STYLE_NOTE, "this run goes on for a moment; Right leaves it");
        return;
    }
    unsigned next = next_to_run(s);
    if (s->step == PS_LESSON_RUN && next < ps_lab_runs(&s->lab))
        begin_trial(p, s, next);
    else if (s->step + 1 < PS_LESSON_STEPS)
        go(p, s, (int)s->step + 1);
    else
        ps_program_say(p, PS_STYLE_NOTE, "this was the last step; y: your own try, Esc: back");
}

static void raise_hand(struct ps_program *p, struct lesson_state *s, int answer)
{
    if (answer < 0 || (unsigned)answer >= s->lesson.answer_count) {
        ps_program_say(p, PS_STYLE_NOTE, "there are %u answers", s->lesson.answer_count);
        return;
    }
    if (s->raised == ORDER_MAX)
        return;
    s->order[s->raised++] = (uint8_t)answer;
    s->hands[answer]++;
}

static void lower_hand(struct ps_program *p, struct lesson_state *s)
{
    if (s->raised)
        s->hands[s->order[--s->raised]]--;
    else
        ps_program_say(p, PS_STYLE_NOTE, "no hand is up");
}

/* The newest hand of that answer. */
static void lower_hand_of(struct ps_program *p, struct lesson_state *s, int answer)
{
    unsigned i = s->raised;
    while (i > 0 && s->order[i - 1] != answer)
        i--;
    if (i == 0) {
        ps_program_say(p, PS_STYLE_NOTE, "no hand is up for %d", answer + 1);
        return;
    }
    memmove(&s->order[i - 1], &s->order[i], s->raised - i);
    s->raised--;
    s->hands[answer]--;
}

static void show_notes(struct ps_program *p, const struct lesson_state *s)
{
    if (s->lesson.notes.length == 0) {
        ps_program_say(p, PS_STYLE_NOTE, "this lesson has no notes for the teacher");
        return;
    }
    char *text = strndup(s->lesson.notes.at, s->lesson.notes.length);
    if (!text)
        return;
    ps_program_open(p, PS_OVERLAY_TEXT, "Teacher notes");
    p->overlay_text = text;
    p->overlay.text = text;
}

static void leave(struct ps_program *p, struct lesson_state *s)
{
    if (!s->begun && s->from == &ps_screen_live && p->run.host) {
        ps_screen_go(p, &ps_screen_live);
        return;
    }
    if (is_running(p, s) && !ps_program_again(p, "cuts this run short and leaves the lesson"))
        return;
    if (is_running(p, s))
        finish(p, s, PS_TRIAL_CUT);
    ps_program_run_end(p);
    ps_program_select_preset(p, s->preset);
    ps_screen_go(p, &ps_screen_start);
}

/* ---- the screen ---- */

static struct ps_lesson_view view_of(struct ps_program *p, struct lesson_state *s)
{
    const struct ps_snapshot *now = s->begun ? p->run.snapshot : NULL;
    struct ps_lesson_view view = {.lesson = &s->lesson,
                                  .experiment = &s->experiment,
                                  .lab = &s->lab,
                                  .step = s->step,
                                  .trial = s->trial,
                                  .runs = s->runs,
                                  .length_ns = s->length_ns,
                                  .live = s->begun && p->run.view.snapshot ? &p->run.view : NULL,
                                  .judgement = s->judged ? &s->judgement : NULL,
                                  .usable_cpus = p->options->usable_cpus,
                                  .scroll = s->scroll,
                                  .notice = ps_program_notice(p),
                                  .notice_style = p->notice_style,
                                  .overlay = &p->overlay};
    memcpy(view.hands, s->hands, sizeof view.hands);
    memcpy(view.state, s->state, sizeof view.state);
    if (now && now->started_ns && now->at_ns > now->started_ns)
        view.ran_ns = now->at_ns - now->started_ns;
    return view;
}

static void draw(const struct ps_canvas *root, struct ps_program *p)
{
    struct lesson_state *s = state_of(p);
    struct ps_lesson_view view = view_of(p, s);
    struct ps_lab_run running = s->runs[s->trial];
    /* The figures of the trial that runs are those of now. */
    if (is_running(p, s) && p->run.snapshot->started_ns)
        s->runs[s->trial].snapshot = p->run.snapshot;
    ps_lesson_screen_draw(root, &view);
    s->runs[s->trial] = running;
}

static void scroll(struct ps_program *p, struct lesson_state *s, int by)
{
    struct ps_lesson_view view = view_of(p, s);
    int limit = ps_lesson_screen_scroll_max(&view, p->canvas->width, p->canvas->height);
    int to = s->scroll + by;
    to = to > limit ? limit : to < 0 ? 0 : to;
    if (to == s->scroll)
        ps_program_say(p, PS_STYLE_NOTE, "%s",
                       limit == 0 ? "all of it is on the screen"
                       : by < 0   ? "this is the beginning"
                                  : "this is the end");
    s->scroll = to;
}

/* What the live screen does, to the trial that runs. */
static void change_run(struct ps_program *p, struct lesson_state *s, enum ps_action action,
                       int argument)
{
    if (!is_running(p, s)) {
        ps_program_say(p, PS_STYLE_NOTE, "nothing runs now: r runs it again");
        return;
    }
    ps_screen_live.action(p, action, argument);
    notice_change(p, s);
}

/* Lines that the action scrolls by; 0: it does not. */
static int lines_of(const struct ps_program *p, enum ps_action action)
{
    enum { ALL = 100000 };
    int page = p->canvas->height - 6;
    switch (action) {
    case PS_DO_UP:
        return -1;
    case PS_DO_DOWN:
        return 1;
    case PS_DO_PAGE_UP:
        return -page;
    case PS_DO_PAGE_DOWN:
        return page;
    case PS_DO_FIRST:
        return -ALL;
    case PS_DO_LAST:
        return ALL;
    default:
        return 0;
    }
}

static void own_try(struct ps_program *p, struct lesson_state *s)
{
    if (is_running(p, s))
        finish(p, s, PS_TRIAL_CUT);
    if (!ps_program_run_begin(p, &s->experiment, s->preset))
        return;
    p->run.own_try = true;
    ps_program_say(p, PS_STYLE_NOTE, "your own try: %s comes back to the lesson",
                   ps_binding_of(PS_AT_LIVE, PS_DO_LESSON)->name);
}

static void act(struct ps_program *p, enum ps_action action, int argument)
{
    struct lesson_state *s = state_of(p);
    switch (action) {
    case PS_DO_ACCEPT:
        accept(p, s);
        break;
    case PS_DO_LEFT:
        if (s->step == 0)
            ps_program_say(p, PS_STYLE_NOTE, "this is the first step");
        go(p, s, (int)s->step - 1);
        break;
    case PS_DO_RIGHT:
        if (s->step + 1 == PS_LESSON_STEPS)
            ps_program_say(p, PS_STYLE_NOTE, "this is the last step");
        go(p, s, (int)s->step + 1);
        break;
    case PS_DO_LESSON_STEP:
        go(p, s, argument);
        break;
    case PS_DO_ANSWER:
        raise_hand(p, s, argument - 1);
        break;
    case PS_DO_ANSWER_LESS:
        lower_hand_of(p, s, argument - 1);
        break;
    case PS_DO_UNDO:
        lower_hand(p, s);
        break;
    case PS_DO_NOTES:
        show_notes(p, s);
        break;
    case PS_DO_OWN_TRY:
        own_try(p, s);
        break;
    case PS_DO_RESTART:
        begin_trial(p, s, s->trial);
        break;
    case PS_DO_PAUSE:
    case PS_DO_WORKERS_LESS:
    case PS_DO_WORKERS_MORE:
    case PS_DO_LOAD_LESS:
    case PS_DO_LOAD_MORE:
    case PS_DO_STEALING:
    case PS_DO_FAULT:
    case PS_DO_SELECT_WORKER:
        change_run(p, s, action, argument);
        break;
    case PS_DO_BACK:
        leave(p, s);
        break;
    default:
        if (lines_of(p, action) != 0)
            scroll(p, s, lines_of(p, action));
        break;
    }
}

static enum ps_place place(const struct ps_program *p)
{
    const struct lesson_state *s = state_of(p);
    return ps_lesson_place(s->step, s->lesson.answer_count);
}

/* ---- opening ---- */

/* Trials and expectations, where the preset has them; else there is one run, the preset itself. */
static void load_lab(struct ps_program *p, struct lesson_state *s, const struct ps_preset *preset)
{
    struct ps_complaints complaints = {0};
    enum ps_err err =
        ps_lab_load(&s->experiment, &s->lab, p->options->words, preset->path, &complaints);
    if (err == PS_OK)
        err = ps_lab_check(&s->lab, &s->experiment, preset->path, &complaints);
    if (err == PS_OK)
        return;
    s->experiment = preset->experiment;
    memset(&s->lab, 0, sizeof s->lab);
    if (complaints.count)
        ps_program_say(p, PS_STYLE_WARNING, "line %u: %s", complaints.list[0].line,
                       complaints.list[0].text);
}

bool ps_program_lesson_open(struct ps_program *p, const struct ps_preset *preset)
{
    void **slot = ps_screen_state(p, &ps_screen_lesson);
    struct lesson_state *s = *slot;
    struct ps_lesson_fault fault;
    char *text = NULL;
    ps_program_close_overlay(p);
    if (s && strcmp(s->preset, preset->name) == 0) {
        /* Go on where it was left. */
        s->from = p->screen;
        s->begun = false;
        return ps_screen_go(p, &ps_screen_lesson);
    }
    if (!(s = calloc(1, sizeof *s)) || ps_preset_lesson(preset, &text) != PS_OK ||
        !ps_lesson_parse(text, &s->lesson, &fault)) {
        free(text);
        free(s);
        return false;
    }
    s->text = text;
    s->from = p->screen;
    snprintf(s->preset, sizeof s->preset, "%s", preset->name);
    forget_runs(s);
    load_lab(p, s, preset);
    release(*slot);
    *slot = s;
    return ps_screen_go(p, &ps_screen_lesson);
}

const struct ps_screen ps_screen_lesson = {.name = "lesson",
                                           .place = place,
                                           .action = act,
                                           .update = update,
                                           .draw = draw,
                                           .free = release};
