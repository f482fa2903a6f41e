#include "scene.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "ui/findings/findings.h"

static const char *const type_names[] = {"short", "long", "net", "disk"};

static void record(struct ps_hist_sum *sum, double ms, uint64_t count)
{
    uint64_t ns = (uint64_t)(ms * 1e6);
    sum->bucket[ps_hist_index(ns)] += count;
    sum->count += count;
    sum->sum_ns += ns * count;
    if (ns > sum->max_ns)
        sum->max_ns = ns;
}

static void step_latency(struct ps_snapshot *s, struct ps_rng *rng)
{
    for (unsigned i = 0; i < 120; i++) {
        double u = ps_rng_unit(rng), v = ps_rng_unit(rng);
        double service = 1.5 - 9 * log(1 - 0.999 * u);
        double queueing = -14 * log(1 - 0.999 * v);
        record(&s->latency.service, service, 1);
        record(&s->latency.queueing, queueing, 1);
        record(&s->latency.response, service + queueing, 1);
    }
}

static enum ps_state draw_state(enum scene_kind kind, struct ps_rng *rng)
{
    uint32_t dice = ps_rng_below(rng, 100);
    if (kind == SCENE_GREEN)
        return dice < 30 ? PS_STATE_RUN : dice < 36 ? PS_STATE_SEEK : PS_STATE_IDLE;
    if (kind == SCENE_SHARED)
        return dice < 70 ? PS_STATE_RUN : dice < 82 ? PS_STATE_LOCK : PS_STATE_DISK;
    return dice < 62   ? PS_STATE_RUN
           : dice < 78 ? PS_STATE_NET
           : dice < 84 ? PS_STATE_LOCK
           : dice < 89 ? PS_STATE_SLEEP
           : dice < 93 ? PS_STATE_SEEK
                       : PS_STATE_IDLE;
}

static void step_worker(struct ps_snapshot *s, unsigned w, enum scene_kind kind, struct ps_rng *rng)
{
    struct ps_worker_view *worker = &s->worker[w];
    uint64_t slice = PS_NS_PER_S / 10;
    if (kind == SCENE_STEAL && w == 0 && s->at_ns > 4 * (uint64_t)PS_NS_PER_S) {
        worker->state = PS_STATE_RUN;
        worker->type = 1;
        worker->time_ns[PS_STATE_RUN] += slice;
        worker->cpu_ns += slice;
        worker->queue_depth = 14;
        worker->robbed += 23;
        return;
    }
    enum ps_state state = draw_state(kind, rng);
    uint64_t part = slice * (40 + ps_rng_below(rng, 60)) / 100;
    worker->state = state;
    worker->type = state >= PS_STATE_RUN ? (int)(w % 4) : -1;
    worker->since_ns = s->at_ns - part / 40;
    worker->time_ns[state] += part;
    worker->time_ns[kind == SCENE_GREEN ? PS_STATE_IDLE : PS_STATE_RUN] += slice - part;
    worker->cpu_ns += part;
    worker->ready_ns += kind == SCENE_SHARED ? slice * 45 / 100 : slice / 50;
    worker->queue_depth = 3 + ps_rng_below(rng, 14);
    uint64_t done = 20 + ps_rng_below(rng, 12);
    worker->totals.ended[PS_COMPLETED] += done;
    worker->totals.started += done;
    s->totals.ended[PS_COMPLETED] += done;
    s->totals.started += done;
    s->totals.submitted += done;
    if (!(s->traits & PS_TRAIT_STEALS) || s->workers < 2)
        return;
    unsigned victim = ps_rng_below(rng, 10) < 7 ? 0 : ps_rng_below(rng, s->workers);
    if (victim == w)
        return;
    uint64_t tasks = 1 + ps_rng_below(rng, 4);
    size_t cell = (size_t)w * PS_MAX_WORKERS + victim;
    s->steal_ops[cell] += 1;
    s->steal_tasks[cell] += tasks;
    worker->steals += 1;
    worker->stolen += tasks;
    s->worker[victim].robbed += tasks;
}

static void step_pool(struct ps_snapshot *s, enum scene_kind kind, struct ps_rng *rng)
{
    double t = (double)s->at_ns * 1e-9;
    s->queued = (uint64_t)(60 + 40 * sin(t / 4) + ps_rng_below(rng, 12));
    uint64_t refused = kind == SCENE_STEAL ? 12 + ps_rng_below(rng, 9) : 0;
    s->totals.ended[PS_REFUSED] += refused;
    s->totals.submitted += refused;
    if (kind == SCENE_GREEN)
        s->waiting[PS_STATE_SLEEP] = 9998;
    if (kind == SCENE_GREEN || kind == SCENE_STEAL)
        s->waiting[PS_STATE_NET] = 8 + ps_rng_below(rng, 9);
    if (kind == SCENE_GREEN)
        s->queued = ps_rng_below(rng, 6);
    uint64_t waiting = 0;
    for (unsigned i = 0; i < PS_STATE_COUNT; i++)
        waiting += s->waiting[i];
    s->in_flight = s->queued + waiting + s->workers / 2 + 1;
}

void scene_step(struct scene *scene, enum scene_kind kind)
{
    struct ps_snapshot *s = scene->snapshot;
    struct ps_rng rng = ps_rng_make(7, s->seq + 1);
    uint64_t ended = ps_totals_ended(&s->totals);
    s->totals.submitted = ended; /* settle what the step before left in flight */
    s->seq++;
    s->at_ns += PS_COLUMN_NS;
    for (unsigned w = 0; w < s->workers; w++)
        step_worker(s, w, kind, &rng);
    step_pool(s, kind, &rng);
    step_latency(s, &rng);
    s->totals.submitted += s->in_flight;
    ps_history_feed(scene->history, s);
    ps_findings_feed(scene->findings, &scene->view);
}

static void set_names(struct ps_snapshot *s, enum scene_kind kind)
{
    bool shared = kind == SCENE_SHARED, green = kind == SCENE_GREEN;
    snprintf(s->engine, sizeof s->engine, shared ? "pthread" : green ? "green" : "threadpool");
    snprintf(s->policy, sizeof s->policy, shared ? "channel" : "steal");
    s->traits = shared  ? PS_TRAIT_SHARED_QUEUE | PS_TRAIT_DIRECT
                : green ? PS_TRAIT_STEALS | PS_TRAIT_WORKER_QUEUE | PS_TRAIT_PARKS_TASKS
                        : PS_TRAIT_STEALS | PS_TRAIT_WORKER_QUEUE | PS_TRAIT_DIRECT;
    s->types = 4;
    for (unsigned i = 0; i < 4; i++)
        snprintf(s->type[i].name, sizeof s->type[i].name, "%s", type_names[i]);
}

static void crash(struct ps_snapshot *s)
{
    s->phase = PS_PHASE_ENDED;
    s->end = PS_END_CRASH;
    s->ended_ns = s->at_ns;
    s->fault_signal = 11;
    s->fault_worker = 3;
    snprintf(s->message, sizeof s->message,
             "host crashed: SIGSEGV in worker 3, task long: stack overflow");
}

static void fill_log(struct scene *scene)
{
    uint64_t now = scene->snapshot->at_ns;
    ps_log_add(&scene->log, now - 1800000000, PS_STYLE_NOTE, "worker W7 begins");
    ps_log_add(&scene->log, now - 1200000000, PS_STYLE_SEEK, "W3 took 4 tasks from W0");
    ps_log_add(&scene->log, now - 700000000, PS_STYLE_NET, "W2 waits for the network for 12 ms");
    ps_log_add(&scene->log, now - 300000000, PS_STYLE_SEEK, "W1 took 2 tasks from W0");
}

struct scene *scene_new(enum scene_kind kind, unsigned workers, unsigned seconds)
{
    struct scene *scene = calloc(1, sizeof *scene);
    scene->snapshot = calloc(1, sizeof *scene->snapshot);
    scene->history = ps_history_new();
    scene->findings = calloc(1, sizeof *scene->findings);
    struct ps_snapshot *s = scene->snapshot;
    scene->view = (struct ps_live_view){.snapshot = s,
                                        .history = scene->history,
                                        .log = &scene->log,
                                        .findings = scene->findings,
                                        .title = "07 Skewed tasks and stealing",
                                        .seed = 7,
                                        .fps = 10};
    set_names(s, kind);
    s->phase = PS_PHASE_RUNNING;
    s->workers = s->slots = workers;
    s->usable_cpus = 8;
    s->stealing = (s->traits & PS_TRAIT_STEALS) != 0;
    s->rate = 2000;
    s->queue_bound = 128;
    s->probe_ns = 38;
    s->sample_max = 1;
    s->seq = 1;
    s->at_ns = s->started_ns = PS_NS_PER_S / 2;
    for (unsigned w = 0; w < workers; w++) {
        s->worker[w].tid = 1000 + w;
        s->worker[w].os_valid = true;
        s->worker[w].type = -1;
        s->worker[w].state = PS_STATE_IDLE;
        s->worker[w].since_ns = s->at_ns;
    }
    if (kind != SCENE_EMPTY)
        ps_history_feed(scene->history, s);
    for (unsigned i = 0; kind != SCENE_EMPTY && i < seconds * 10; i++)
        scene_step(scene, kind == SCENE_DEAD ? SCENE_STEAL : kind);
    if (kind == SCENE_DEAD)
        crash(s);
    if (kind == SCENE_STEAL && workers)
        s->worker[0].since_ns = s->at_ns > 8000000000 ? s->at_ns - 8000000000 : s->started_ns;
    fill_log(scene);
    ps_findings_feed(scene->findings, &scene->view);
    return scene;
}

void scene_free(struct scene *scene)
{
    if (!scene)
        return;
    ps_history_free(scene->history);
    free(scene->snapshot);
    free(scene->findings);
    free(scene);
}
