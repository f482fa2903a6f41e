#include "stats/tuner.h"

#include <math.h>

#include "base/rng.h"
#include "stats/hill.h"

/* What a tuner sees of the time since its last order. */
struct sample {
    double seconds, throughput, response_s;
};

struct state {
    const struct ps_tuner_task *task;
    struct ps_rng rng;
    double setting; /* what it believes in; workers */
    double count;   /* what it has ordered: hill climbing adds a wave */
    double interval_s;
    double long_s; /* gradient: long-term response time; AIMD: the limit */
    unsigned samples;
    struct ps_hill hill;
};

/* ---- noise ---- */

static double normal(struct ps_rng *rng)
{
    double u = 1 - ps_rng_unit(rng), v = ps_rng_unit(rng);
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

static struct sample observe(struct state *state)
{
    const struct ps_tuner_task *task = state->task;
    double noise = task->surface->noise * sqrt(task->slot_s / state->interval_s);
    double factor = fmax(0.05, 1 + noise * normal(&state->rng));
    double throughput = ps_surface_throughput(task->surface, state->count) * factor;
    return (struct sample){.seconds = state->interval_s,
                           .throughput = throughput,
                           .response_s = throughput > 0 ? state->count / throughput : 0};
}

/* ---- the tuners ---- */

static void set(struct state *state, double setting)
{
    state->setting = fmin(state->task->high, fmax(state->task->low, setting));
    state->count = floor(state->setting);
}

static void hill_start(struct state *state)
{
    ps_hill_init(&state->hill, state->task->low, state->task->high, (unsigned)state->setting,
                 state->task->seed);
    state->interval_s = state->hill.interval_s;
}

static void hill_step(struct state *state, const struct sample *sample)
{
    state->count =
        ps_hill_update(&state->hill, sample->throughput * sample->seconds, sample->seconds);
    state->setting = state->hill.setting;
    state->interval_s = state->hill.interval_s;
}

static void gradient_start(struct state *state)
{
    state->interval_s = 1;
}

/* The long-term mean over 600 windows, a plain mean for the first 10, as Netflix's. */
static void gradient_step(struct state *state, const struct sample *sample)
{
    const double window = 600, warmup = 10, queue = 4, smoothing = 0.2;
    state->samples++;
    double weight = state->samples <= warmup ? 1.0 / state->samples : 2 / (window + 1);
    state->long_s += weight * (sample->response_s - state->long_s);
    if (sample->response_s <= 0)
        return;
    if (state->long_s / sample->response_s > 2)
        state->long_s *= 0.9;
    double gradient = fmax(0.5, fmin(1, state->long_s / sample->response_s));
    double wanted = state->setting * gradient + queue;
    set(state, state->setting * (1 - smoothing) + wanted * smoothing);
}

static void aimd_start(struct state *state)
{
    const struct ps_surface *surface = state->task->surface;
    double alone = ps_surface_throughput(surface, state->task->low);
    state->interval_s = 1;
    state->long_s = state->task->goal_ns > 0 ? state->task->goal_ns / 1e9
                    : alone > 0              ? 2 * state->task->low / alone
                                             : INFINITY;
}

static void aimd_step(struct state *state, const struct sample *sample)
{
    double response_s = sample->response_s;
    if (state->task->goal_ns > 0)
        response_s = ps_surface_p99_ns(state->task->surface, state->count) / 1e9;
    if (response_s > state->long_s)
        set(state, state->setting * 0.9);
    else
        set(state, state->setting + 1);
}

static const struct {
    const char *name;
    void (*start)(struct state *state);
    void (*step)(struct state *state, const struct sample *sample);
} tuners[PS_TUNERS] = {
    {"hill climb", hill_start, hill_step},
    {"gradient", gradient_start, gradient_step},
    {"AIMD", aimd_start, aimd_step},
};

/* ---- the replay ---- */

enum { TRACE = 4096 };

struct trace {
    unsigned count;
    double at_s[TRACE], setting[TRACE];
};

static void record(struct trace *trace, double at_s, double setting)
{
    if (trace->count == TRACE)
        return;
    trace->at_s[trace->count] = at_s;
    trace->setting[trace->count++] = setting;
}

static unsigned count_reversals(const struct trace *trace)
{
    unsigned reversals = 0;
    int direction = 0;
    double turn = trace->count ? trace->setting[0] : 0; /* the extreme since the last reversal */
    for (unsigned i = 1; i < trace->count; i++) {
        double moved = trace->setting[i] - turn;
        if (direction == 0 && fabs(moved) >= 1)
            direction = moved > 0 ? 1 : -1;
        if (moved * direction >= 0) {
            turn = direction ? trace->setting[i] : turn;
        } else if (fabs(moved) >= 1) {
            reversals++;
            direction = -direction;
            turn = trace->setting[i];
        }
    }
    return reversals;
}

static void judge(const struct trace *trace, double seconds, struct ps_tuner_run *run)
{
    double sum = 0;
    unsigned n = 0;
    run->lowest = INFINITY;
    run->highest = 0;
    for (unsigned i = 0; i < trace->count; i++)
        if (trace->at_s[i] >= seconds * 0.75 || i + 1 == trace->count) {
            sum += trace->setting[i];
            n++;
            run->lowest = fmin(run->lowest, trace->setting[i]);
            run->highest = fmax(run->highest, trace->setting[i]);
        }
    run->settled = sum / n;
    double band = fmax(1, run->settled / 10);
    run->settle_s = 0;
    for (unsigned i = 0; i < trace->count; i++)
        if (fabs(trace->setting[i] - run->settled) > band)
            run->settle_s = i + 1 < trace->count ? trace->at_s[i + 1] : seconds;
    if (run->settle_s > seconds * 0.75)
        run->settle_s = NAN;
}

static double best(const struct ps_surface *surface)
{
    double most = 0;
    for (unsigned i = 0; i < surface->count; i++)
        most = fmax(most, surface->point[i].middle);
    return most;
}

static void replay(unsigned i, const struct ps_tuner_task *task, struct trace *trace)
{
    struct state state = {.task = task, .rng = ps_rng_make(task->seed, i)};
    trace->count = 0;
    set(&state, task->start);
    tuners[i].start(&state);
    for (double at_s = 0; at_s < task->seconds; at_s += state.interval_s) {
        record(trace, at_s, state.setting);
        struct sample sample = observe(&state);
        tuners[i].step(&state, &sample);
    }
}

struct ps_tuner_run ps_tuner_replay(unsigned i, const struct ps_tuner_task *task)
{
    struct trace trace;
    struct ps_tuner_run run = {.name = tuners[i].name};
    replay(i, task, &trace);
    judge(&trace, task->seconds, &run);
    run.reversals = count_reversals(&trace);
    double most = best(task->surface);
    run.share = most > 0 ? ps_surface_throughput(task->surface, run.settled) / most : 0;
    return run;
}

void ps_tuner_path(unsigned i, const struct ps_tuner_task *task, unsigned count, float *workers)
{
    struct trace trace;
    replay(i, task, &trace);
    unsigned at = 0;
    for (unsigned k = 0; k < count; k++) {
        double at_s = task->seconds * k / count;
        while (at + 1 < trace.count && trace.at_s[at + 1] <= at_s)
            at++;
        workers[k] = trace.count ? (float)trace.setting[at] : (float)task->start;
    }
}
