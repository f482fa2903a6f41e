/* The replay screen: the live screen on a recording, with a line of time. It is opened on the replay
 * that the program was started with, or on a file that is chosen on the start screen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ui/findings/findings.h"
#include "ui/format.h"
#include "ui/program.h"

#define SKIP_NS     (5 * (uint64_t)PS_NS_PER_S)
#define OVERVIEW_NS UINT64_C(6000000) /* of a frame, to read on in */
#define PREVIOUS_MARK_NS \
    (PS_NS_PER_S / 2) /* so much later than a landmark "the one before" is not it */

/* What the screen keeps. */
struct replaying {
    struct ps_replay *replay;
    struct ps_recording *recording; /* NULL: the replay is the caller's */
    struct ps_overview *overview;
    struct ps_scrub scrub;
    bool told_end;
};

static struct replaying *state_of(const struct ps_program *p)
{
    return *ps_screen_state((struct ps_program *)p, &ps_screen_replay);
}

/* ---- a replay in the place of a host ---- */

static enum ps_err cannot_start(const struct ps_experiment *experiment, void **host, char *why,
                                size_t why_size)
{
    (void)experiment;
    (void)host;
    snprintf(why, why_size, "this is a recording");
    return PS_ENOTSUP;
}
static struct ps_source *source(void *replay)
{
    return ps_replay_source(replay);
}
static bool running(void *replay)
{
    return ps_replay_running(replay);
}
static int no_descriptor(const void *replay)
{
    (void)replay;
    return -1;
}
static void end(void *replay)
{
    (void)replay;
}

static const struct ps_ui_launcher recordings = {
    .start = cannot_start, .source = source, .running = running, .fd = no_descriptor, .end = end};

/* ---- begin and end ---- */

static void free_state(void *state)
{
    struct replaying *r = state;
    if (!r)
        return;
    ps_overview_free(r->overview);
    if (r->recording) {
        ps_replay_free(r->replay);
        ps_recording_close(r->recording);
    }
    free(r);
}

static void leave(struct ps_program *p)
{
    void **state = ps_screen_state(p, &ps_screen_replay);
    ps_program_run_end(p);
    p->launcher = p->usual_launcher;
    p->run.view.scrub = NULL;
    free_state(*state);
    *state = NULL;
}

/* A second reader of the file, so that the replay stays where it is. */
static struct ps_overview *overview_of(const char *path)
{
    char why[200];
    struct ps_recording *recording;
    if (!path || ps_recording_open(path, &recording, why, sizeof why) != PS_OK)
        return NULL;
    return ps_overview_new(recording);
}

static void take(struct ps_program *p)
{
    struct replaying *r = state_of(p);
    ps_program_run_update(p);
    r->scrub = (struct ps_scrub){ps_replay_state(r->replay), r->overview};
    p->run.view.scrub = &r->scrub;
}

static bool show(struct ps_program *p, struct replaying *r, const char *path,
                 const struct ps_experiment *experiment, const char *preset)
{
    void **state = ps_screen_state(p, &ps_screen_replay);
    if (p->screen == &ps_screen_replay)
        leave(p);
    ps_program_run_end(p);
    r->overview = overview_of(path);
    p->launcher = &recordings;
    if (!ps_program_run_show(p, r->replay, experiment, preset)) {
        p->launcher = p->usual_launcher;
        free_state(r);
        return false;
    }
    *state = r;
    p->run.view.replay = true;
    snprintf(p->run.record_path, sizeof p->run.record_path, "%s", path ? path : "");
    take(p);
    return ps_screen_go(p, &ps_screen_replay);
}

bool ps_program_replay(struct ps_program *p)
{
    struct replaying *r = calloc(1, sizeof *r);
    if (!r)
        return false;
    r->replay = p->options->replay;
    return show(p, r, p->options->replay_path, p->options->experiment, p->options->preset);
}

/* The experiment in a recording; NULL: this program does not understand it. */
static struct ps_experiment *experiment_of(const struct ps_recording *recording)
{
    struct ps_complaints complaints = {.count = 0};
    const char *text = ps_recording_fact(recording, "experiment");
    struct ps_experiment *experiment = text ? calloc(1, sizeof *experiment) : NULL;
    if (experiment && ps_experiment_parse(experiment, NULL, "recording", text, strlen(text),
                                          &complaints) != PS_OK) {
        free(experiment);
        return NULL;
    }
    return experiment;
}

/* Everything that is needed, or NULL and the reason. */
static struct replaying *open_file(const char *path, char *why, size_t why_size)
{
    struct replaying *r = calloc(1, sizeof *r);
    if (!r) {
        snprintf(why, why_size, "%s", ps_err_text(PS_ENOMEM));
        return NULL;
    }
    if (ps_recording_open(path, &r->recording, why, why_size) != PS_OK) {
        free(r);
        return NULL;
    }
    snprintf(why, why_size, "it was cut before its first snapshot");
    if (ps_recording_info(r->recording)->snapshots > 0)
        r->replay = ps_replay_new(r->recording);
    if (!r->replay) {
        free_state(r);
        return NULL;
    }
    return r;
}

bool ps_program_replay_file(struct ps_program *p, const char *path, char *why, size_t why_size)
{
    struct replaying *r = open_file(path, why, why_size);
    if (!r)
        return false;
    struct ps_experiment *experiment = experiment_of(r->recording);
    if (!experiment) {
        snprintf(why, why_size, "this program does not understand the experiment in it");
        free_state(r);
        return false;
    }
    const char *preset = ps_recording_fact(r->recording, "preset");
    bool shown = show(p, r, path, experiment, preset ? preset : "");
    free(experiment);
    return shown;
}

/* ---- moving in time ---- */

static void feed(void *history, const struct ps_snapshot *snapshot)
{
    ps_history_feed(history, snapshot);
}

static void say_where(struct ps_program *p)
{
    struct ps_replay_state state = ps_replay_state(state_of(p)->replay);
    char at[PS_FIGURE_BYTES], all[PS_FIGURE_BYTES], speed[32] = "";
    if (state.speed != 1)
        snprintf(speed, sizeof speed, ", %g times as fast", state.speed);
    ps_program_say(p, PS_STYLE_NOTE, "recording: %s of %s%s%s",
                   ps_figure_age(at, state.at_ns - state.first_ns),
                   ps_figure_age(all, state.last_ns - state.first_ns), speed,
                   state.paused ? ", paused" : "");
}

/* The history of what is shown then is filled anew. */
static void seek(struct ps_program *p, uint64_t at_ns)
{
    struct ps_run *run = &p->run;
    ps_history_clear(run->history);
    run->log = (struct ps_log){.count = 0};
    run->events_lost = 0;
    memset(run->findings, 0, sizeof *run->findings);
    ps_replay_seek(state_of(p)->replay, at_ns, feed, run->history);
    take(p);
}

static void skip(struct ps_program *p, int direction)
{
    struct ps_replay_state state = ps_replay_state(state_of(p)->replay);
    uint64_t at_ns = state.at_ns;
    if (direction < 0)
        at_ns = at_ns > state.first_ns + SKIP_NS ? at_ns - SKIP_NS : state.first_ns;
    else
        at_ns = at_ns + SKIP_NS < state.last_ns ? at_ns + SKIP_NS : state.last_ns;
    seek(p, at_ns);
}

static void step(struct ps_program *p, int snapshots)
{
    struct ps_replay *replay = state_of(p)->replay;
    ps_replay_step(replay, snapshots);
    if (snapshots < 0)
        seek(p, ps_replay_state(replay).at_ns);
    else
        take(p);
}

static void go_to_landmark(struct ps_program *p, bool forwards)
{
    const struct replaying *r = state_of(p);
    struct ps_scrub scrub = {ps_replay_state(r->replay), r->overview};
    uint64_t at_ns = scrub.state.at_ns, found_ns = 0;
    unsigned landmarks = 0;
    char where[PS_FIGURE_BYTES];
    if (!forwards && !scrub.state.paused)
        at_ns = at_ns > PREVIOUS_MARK_NS ? at_ns - PREVIOUS_MARK_NS : 0;
    if (!ps_scrub_landmark(&scrub, at_ns, forwards, &found_ns, &landmarks)) {
        ps_program_say(p, PS_STYLE_NOTE, "nothing is marked %s here",
                       forwards ? "behind" : "before");
        return;
    }
    seek(p, found_ns);
    ps_program_say(p, PS_STYLE_NOTE, "%s: %s",
                   ps_figure_age(where, found_ns - scrub.state.first_ns),
                   ps_scrub_landmark_text(landmarks));
}

/* False: it is not an action of a replay. */
static bool replay_action(struct ps_program *p, enum ps_action action, int argument)
{
    struct ps_replay *replay = state_of(p)->replay;
    struct ps_replay_state state = ps_replay_state(replay);
    switch (action) {
    case PS_DO_PAUSE:
        if (state.at_end)
            seek(p, 0);
        ps_replay_pause(replay, !state.paused && !state.at_end);
        break;
    case PS_DO_LEFT:
        skip(p, -1);
        break;
    case PS_DO_RIGHT:
        skip(p, 1);
        break;
    case PS_DO_STEP_BACK:
        step(p, -1);
        break;
    case PS_DO_STEP:
        step(p, 1);
        break;
    case PS_DO_SLOWER:
        ps_replay_speed(replay, state.speed / 2);
        break;
    case PS_DO_FASTER:
        ps_replay_speed(replay, state.speed * 2);
        break;
    case PS_DO_SEEK:
        seek(p, ps_scrub_instant(&state, p->clicked.x, p->clicked.width));
        break;
    case PS_DO_LANDMARK:
        go_to_landmark(p, argument > 0);
        return true;
    case PS_DO_RESTART:
        ps_replay_pause(replay, false);
        seek(p, 0);
        break;
    case PS_DO_ENGINE:
    case PS_DO_STEALING:
    case PS_DO_FAULT:
    case PS_DO_WORKERS_LESS:
    case PS_DO_WORKERS_MORE:
        ps_program_say(p, PS_STYLE_NOTE, "this is a recording: what happened cannot be changed");
        return true;
    default:
        return false;
    }
    say_where(p);
    return true;
}

/* ---- the screen ---- */

static void act(struct ps_program *p, enum ps_action action, int argument)
{
    if (!replay_action(p, action, argument))
        ps_screen_live.action(p, action, argument);
    if (p->screen == &ps_screen_replay)
        state_of(p)->told_end = ps_replay_state(state_of(p)->replay).at_end;
}

static void say_end(struct ps_program *p)
{
    const struct ps_snapshot *s = p->run.snapshot;
    bool failed = s->end == PS_END_CRASH || s->end == PS_END_DEADLOCK;
    if (s->phase == PS_PHASE_ENDED || failed)
        ps_program_say(p, failed ? PS_STYLE_WARNING : PS_STYLE_NOTE, "the end. %s%s%s", s->message,
                       s->message[0] ? ". " : "",
                       ps_totals_conserved(&s->totals) ? "Every task is accounted for." : "");
    else
        ps_program_say(p, PS_STYLE_NOTE, "the recording ends here, the run went on");
}

static void update(struct ps_program *p)
{
    struct replaying *r = state_of(p);
    if (r->overview)
        ps_overview_read(r->overview, OVERVIEW_NS);
    take(p);
    bool at_end = r->scrub.state.at_end;
    if (at_end && !r->told_end)
        say_end(p);
    r->told_end = at_end;
}

static enum ps_place place(const struct ps_program *p)
{
    (void)p;
    return PS_AT_REPLAY;
}

static void draw(const struct ps_canvas *root, struct ps_program *p)
{
    ps_screen_live.draw(root, p);
}

const struct ps_screen ps_screen_replay = {.name = "replay",
                                           .place = place,
                                           .close = leave,
                                           .action = act,
                                           .update = update,
                                           .draw = draw,
                                           .free = free_state};
