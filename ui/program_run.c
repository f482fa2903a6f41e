/* A run behind the screens: how it begins, what a frame learns of it, how it ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ui/findings/findings.h"
#include "ui/format.h"
#include "ui/panels.h"
#include "ui/program.h"
#include "ui/program_scope.h"
#include "ui/program_trigger.h"

#define RECORD_ROUNDS (PS_RECORDER_EVENTS_PER_S / 10 / PS_EVENTS_A_FRAME)

/* ---- a run begins and ends ---- */

static bool prepare(struct ps_run *run)
{
    if (!run->snapshot)
        run->snapshot = malloc(sizeof *run->snapshot);
    if (!run->history)
        run->history = ps_history_new();
    if (!run->findings)
        run->findings = malloc(sizeof *run->findings);
    if (!run->snapshot || !run->history || !run->findings)
        return false;
    memset(run->findings, 0, sizeof *run->findings);
    memset(run->snapshot, 0, sizeof *run->snapshot);
    ps_history_clear(run->history);
    memset(&run->log, 0, sizeof run->log);
    run->events_lost = 0;
    run->told_end = false;
    run->changes = 0;
    return true;
}

#define KILLED_NS (PS_NS_PER_S / 5)

struct starting {
    struct ps_program *program;
    void *host;
    bool begun;
    enum ps_err err;
    char *why;
    size_t why_size;
};

static bool has_begun(void *user)
{
    struct starting *s = user;
    const struct ps_ui_launcher *launcher = s->program->launcher;
    s->begun = !launcher->begun;
    if (launcher->begun)
        s->err = launcher->begun(s->host, &s->begun, s->why, s->why_size);
    return s->begun || s->err != PS_OK;
}

static bool has_ended(void *user)
{
    struct ps_program *p = user;
    return !p->launcher->running(p->run.host);
}

/* A host that is asked may take a second, for tasks that do not look up. */
static void stop(struct ps_program *p)
{
    const struct ps_ui_launcher *launcher = p->launcher;
    if (!launcher->stop || has_ended(p))
        return;
    launcher->stop(p->run.host, false);
    ps_program_await(p, has_ended, p, "the run is ending; Esc: at once", PS_NS_PER_S);
    if (has_ended(p))
        return;
    launcher->stop(p->run.host, true);
    ps_program_await(p, has_ended, p, "the run is ending", KILLED_NS);
}

/* False: `why` says why not; empty: it was called off. */
static bool start(struct ps_program *p, const struct ps_experiment *experiment, void **host,
                  char *why, size_t why_size)
{
    struct starting s = {.program = p, .why = why, .why_size = why_size};
    s.err = p->launcher->start(experiment, &s.host, why, why_size);
    if (s.err == PS_OK)
        ps_program_await(p, has_begun, &s, "starting the host, measuring this machine", UINT64_MAX);
    *host = s.host;
    if (s.begun)
        return true;
    if (s.err == PS_OK)
        why[0] = '\0';
    else if (!why[0])
        snprintf(why, why_size, "%s", ps_err_text(s.err));
    if (s.host && p->launcher->stop)
        p->launcher->stop(s.host, true);
    if (s.host)
        p->launcher->end(s.host);
    return false;
}

bool ps_program_run_start(struct ps_program *p, const struct ps_experiment *experiment,
                          const char *preset)
{
    struct ps_experiment wanted = *experiment; /* may be p->run.experiment */
    char why[400] = "", name[sizeof p->run.preset];
    void *host = NULL;
    snprintf(name, sizeof name, "%s", preset ? preset : "");
    if (p->screen == &ps_screen_start || strcmp(name, p->run.preset) != 0)
        p->run.own_try = false;
    ps_program_run_end(p);
    if (!start(p, &wanted, &host, why, sizeof why)) {
        if (why[0])
            ps_program_say(p, PS_STYLE_ERROR, "cannot run: %s", why);
        else
            ps_program_say(p, PS_STYLE_NOTE, "the run was called off");
        return false;
    }
    p->notice_until_ns = 0; /* it was about what came before */
    if (!ps_program_run_show(p, host, &wanted, name)) {
        p->launcher->end(host);
        return false;
    }
    ps_program_run_look(p);
    return true;
}

bool ps_program_run_show(struct ps_program *p, void *host, const struct ps_experiment *experiment,
                         const char *preset)
{
    struct ps_run *run = &p->run;
    if (!prepare(run)) {
        ps_program_say(p, PS_STYLE_ERROR, "%s", ps_err_text(PS_ENOMEM));
        return false;
    }
    run->host = host;
    run->experiment = *experiment;
    snprintf(run->preset, sizeof run->preset, "%s", preset);
    unsigned panel = run->view.panel;
    bool zoom = run->view.zoom;
    struct ps_live_look look = run->view.look;
    ps_program_scope_begin(p);
    ps_program_trigger_begin(p);
    run->view = (struct ps_live_view){.snapshot = run->snapshot,
                                      .history = run->history,
                                      .log = &run->log,
                                      .findings = run->findings,
                                      .experiment = &run->experiment,
                                      .title = run->experiment.title,
                                      .seed = run->experiment.seed,
                                      .fps = p->settings.reduced_motion ? 1 : p->settings.fps,
                                      .panel = panel,
                                      .zoom = zoom,
                                      .look = look,
                                      .trigger = &run->trigger};
    ps_program_close_overlay(p);
    return true;
}

bool ps_program_run_begin(struct ps_program *p, const struct ps_experiment *experiment,
                          const char *preset)
{
    bool begun = ps_program_run_start(p, experiment, preset);
    ps_screen_go(p, begun ? &ps_screen_live : &ps_screen_start);
    if (begun)
        ps_program_run_update(p);
    return begun;
}

void ps_program_run_end(struct ps_program *p)
{
    if (p->run.host) {
        ps_program_record_end(p); /* a recording is of one run */
        stop(p);
        p->launcher->end(p->run.host);
        p->run.record_path[0] = '\0';
        ps_program_trigger_end(p);
        p->run.view.picture = NULL; /* it was the host's */
    }
    p->run.host = NULL;
}

void ps_program_run_leave(struct ps_program *p)
{
    struct ps_run *run = &p->run;
    bool replay = p->screen == &ps_screen_replay, lesson = run->own_try && !replay;
    const struct ps_preset *preset =
        lesson ? ps_library_find(p->options->library, run->preset) : NULL;
    ps_program_close_overlay(p);
    ps_program_run_end(p);
    run->own_try = false;
    if (!preset || !ps_program_lesson_open(p, preset)) {
        if (!replay)
            ps_program_select_preset(p, run->preset);
        ps_screen_go(p, &ps_screen_start);
    }
    if (!replay)
        ps_program_say(p, PS_STYLE_NOTE, "the run of %s has been ended",
                       run->preset[0] ? run->preset : "this setup");
}

/* ---- the news of a frame ---- */

void ps_program_run_recording(struct ps_program *p)
{
    const struct ps_run *run = &p->run;
    struct ps_live_view *v = &p->run.view;
    v->recording = run->recorder != NULL;
    v->record_bytes = run->recorder ? ps_recorder_totals(run->recorder).bytes : 0;
    v->record_trouble = run->recorder ? ps_recorder_trouble(run->recorder) : NULL;
}

static void tell_end(struct ps_program *p)
{
    struct ps_run *run = &p->run;
    const struct ps_snapshot *s = run->snapshot;
    bool failed = s->end == PS_END_CRASH || s->end == PS_END_DEADLOCK || s->phase != PS_PHASE_ENDED;
    char done[PS_FIGURE_BYTES], sent[PS_FIGURE_BYTES], clock[PS_FIGURE_BYTES];
    uint64_t end = s->ended_ns ? s->ended_ns : s->at_ns;
    uint64_t ran = s->started_ns && end > s->started_ns ? end - s->started_ns : 0;
    int n = snprintf(
        run->end_text, sizeof run->end_text, "%s%s%s of %s submitted tasks completed in %s.",
        s->message, s->message[0] ? "\n" : "", ps_figure_whole(done, s->totals.ended[PS_COMPLETED]),
        ps_figure_whole(sent, s->totals.submitted), ps_figure_age(clock, ran));
    uint64_t out = ps_totals_ended(&s->totals), in = s->totals.submitted;
    if (ps_totals_conserved(&s->totals))
        snprintf(run->end_text + n, sizeof run->end_text - (size_t)n,
                 "\nEvery task is accounted for.");
    else if (in > out)
        snprintf(run->end_text + n, sizeof run->end_text - (size_t)n,
                 "\n%s were in flight and are lost.", ps_figure_whole(done, in - out));
    ps_program_open(p, PS_OVERLAY_ENDED,
                    s->end == PS_END_DEADLOCK ? "Deadlock"
                    : s->end == PS_END_CRASH  ? "The host has died"
                    : failed                  ? "The host is gone"
                                              : "The run has ended");
    p->overlay.failed = failed;
    p->overlay.text = run->end_text;
    run->told_end = true;
    ps_program_record_end(p);
    ps_program_run_recording(p);
}

void ps_program_run_events(struct ps_program *p)
{
    struct ps_run *run = &p->run;
    struct ps_source *source = p->launcher->source(run->host);
    size_t n;
    unsigned rounds = run->recorder || run->tape ? RECORD_ROUNDS : 1;
    do {
        uint64_t lost = 0;
        n = source->ops->events(source, run->events, PS_EVENTS_A_FRAME, &lost);
        run->events_lost += lost;
        ps_log_events(&run->log, run->events, n, run->snapshot);
        if (run->recorder)
            ps_recorder_events(run->recorder, run->events, n, lost);
        if (run->tape)
            ps_tape_events(run->tape, run->events, n, lost);
    } while (n > 0 && --rounds > 0);
}

bool ps_program_run_look(struct ps_program *p)
{
    struct ps_run *run = &p->run;
    if (!run->host || run->told_end)
        return false;
    bool running = p->launcher->running(run->host);
    struct ps_source *source = p->launcher->source(run->host);
    run->looked_ns = run->drained_ns = ps_now_ns();
    if (source->ops->snapshot(source, run->snapshot) == PS_OK)
        ps_history_feed(run->history, run->snapshot);
    run->view.picture = source->ops->picture ? source->ops->picture(source) : NULL;
    run->view.look.picture = run->view.picture != NULL;
    run->view.panel = ps_panels_focus(&run->view.look, run->view.panel);
    ps_program_run_events(p);
    run->snapshot->events_lost = run->events_lost;
    if (!run->view.frozen)
        ps_findings_feed(run->findings, &run->view);
    ps_program_trigger_feed(p);
    if (run->recorder)
        ps_recorder_snapshot(run->recorder, run->snapshot);
    ps_program_run_recording(p);
    return !running || run->snapshot->phase == PS_PHASE_ENDED;
}

void ps_program_run_update(struct ps_program *p)
{
    if (ps_program_run_look(p) && p->screen == &ps_screen_live && !p->run.view.replay)
        tell_end(p);
}
