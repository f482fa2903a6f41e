#include <stdio.h>

#include "base/clock.h"
#include "ui/format.h"
#include "ui/program.h"

#define SKIP_NS (5 * (uint64_t)PS_NS_PER_S)

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

const struct ps_ui_launcher ps_program_recordings = {
    .start = cannot_start, .source = source, .running = running, .fd = no_descriptor, .end = end};

/* ---- actions ---- */

static void feed(void *history, const struct ps_snapshot *snapshot)
{
    ps_history_feed(history, snapshot);
}

static void say_where(struct ps_program *p)
{
    struct ps_replay_state state = ps_replay_state(p->options->replay);
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
    if (run->told_end)
        ps_program_close_overlay(p);
    run->told_end = false;
    ps_history_clear(run->history);
    run->log = (struct ps_log){.count = 0};
    ps_replay_seek(p->options->replay, at_ns, feed, run->history);
    ps_program_run_update(p);
}

static void skip(struct ps_program *p, int direction)
{
    struct ps_replay_state state = ps_replay_state(p->options->replay);
    uint64_t at_ns = state.at_ns;
    if (direction < 0)
        at_ns = at_ns > state.first_ns + SKIP_NS ? at_ns - SKIP_NS : state.first_ns;
    else
        at_ns = at_ns + SKIP_NS < state.last_ns ? at_ns + SKIP_NS : state.last_ns;
    seek(p, at_ns);
}

bool ps_program_replay_action(struct ps_program *p, enum ps_action action)
{
    struct ps_replay *replay = p->options->replay;
    struct ps_replay_state state = ps_replay_state(replay);
    switch (action) {
    case PS_DO_PAUSE:
        ps_replay_pause(replay, !state.paused);
        break;
    case PS_DO_WORKERS_LESS:
        skip(p, -1);
        break;
    case PS_DO_WORKERS_MORE:
        skip(p, 1);
        break;
    case PS_DO_LOAD_LESS:
        ps_replay_speed(replay, state.speed / 2);
        break;
    case PS_DO_LOAD_MORE:
        ps_replay_speed(replay, state.speed * 2);
        break;
    case PS_DO_RESTART:
        ps_replay_pause(replay, false);
        seek(p, 0);
        break;
    case PS_DO_ENGINE:
    case PS_DO_STEALING:
    case PS_DO_FAULT:
        ps_program_say(p, PS_STYLE_NOTE, "this is a recording: what happened cannot be changed");
        return true;
    default:
        return false;
    }
    say_where(p);
    return true;
}
