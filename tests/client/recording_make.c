#include "client/recording_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAKE_EVENTS 200u

static void demand(bool held, const char *what)
{
    if (held)
        return;
    fprintf(stderr, "recording_make: %s\n", what);
    abort();
}

static void fill(void *at, size_t size, struct ps_rng *rng)
{
    uint8_t *byte = at;
    for (size_t i = 0; i < size; i++)
        byte[i] = (uint8_t)ps_rng_next(rng);
}

/* Some buckets only, so that a test may cut the recording at every byte. */
static void fill_latency(struct ps_hist_sum *sum, struct ps_rng *rng)
{
    fill(sum, offsetof(struct ps_hist_sum, bucket), rng);
    for (unsigned i = 0; i < 40; i++)
        sum->bucket[ps_rng_below(rng, PS_HIST_BUCKETS)] = ps_rng_next(rng);
}

static void name(char *into, size_t size, struct ps_rng *rng)
{
    memset(into, 0, size);
    size_t length = 1 + ps_rng_below(rng, (uint32_t)size - 1);
    for (size_t i = 0; i < length && i + 1 < size; i++)
        into[i] = (char)('a' + ps_rng_below(rng, 26));
}

static void bound_holder(struct ps_holder_view *holder, const struct ps_snapshot *s,
                         struct ps_rng *rng)
{
    holder->held = ps_rng_below(rng, 2);
    holder->worker = (int)ps_rng_below(rng, s->slots + 1) - 1;
    holder->type = (int)ps_rng_below(rng, s->types + 1) - 1;
}

static void bound_run(struct ps_snapshot *s, struct ps_rng *rng)
{
    s->phase = (enum ps_phase)ps_rng_below(rng, PS_PHASE_ENDED + 1);
    s->end = (enum ps_end)ps_rng_below(rng, PS_END_COUNT);
    s->probes = (enum ps_probes)ps_rng_below(rng, PS_PROBES_FULL + 1);
    s->workers = 1 + ps_rng_below(rng, PS_MAX_WORKERS);
    s->stealing = ps_rng_below(rng, 2);
    s->fault_overflow = ps_rng_below(rng, 2);
    s->process.valid = ps_rng_below(rng, 2);
    s->machine.valid = ps_rng_below(rng, 2);
    s->machine.quota = (double)ps_rng_below(rng, 64000) / 1000;
    s->rate = (double)ps_rng_below(rng, 1000000) / 7;
    s->fault_worker = (int32_t)ps_rng_below(rng, s->slots + 1) - 1;
    s->fault_type = (int32_t)ps_rng_below(rng, s->types + 1) - 1;
    name(s->engine, sizeof s->engine, rng);
    name(s->policy, sizeof s->policy, rng);
    name(s->message, sizeof s->message, rng);
    s->answers = 3;
    for (unsigned i = 0; i < PS_SEGMENT_ANSWERS; i++)
        name(s->answer[i].name, sizeof s->answer[i].name, rng);
    bound_holder(&s->gil_holder, s, rng);
    s->locks = 3;
    for (unsigned i = 0; i < PS_MAX_LOCKS; i++) {
        name(s->lock[i].name, sizeof s->lock[i].name, rng);
        bound_holder(&s->lock[i].holder, s, rng);
    }
    s->phase_count = 2;
    s->phases_begun = 1;
    for (unsigned i = 0; i <= PS_MAX_PHASES; i++) {
        name(s->phase_view[i].name, sizeof s->phase_view[i].name, rng);
        name(s->phase_view[i].change, sizeof s->phase_view[i].change, rng);
    }
}

void recording_random_snapshot(struct ps_snapshot *s, struct ps_rng *rng, unsigned slots,
                               unsigned types, uint64_t seq)
{
    memset(s, 0, sizeof *s);
    fill(s, offsetof(struct ps_snapshot, worker), rng);
    fill(s->worker, slots * sizeof *s->worker, rng);
    fill(s->type, types * sizeof *s->type, rng);
    fill(&s->process, sizeof s->process, rng);
    fill(&s->machine, sizeof s->machine, rng);
    fill_latency(&s->latency.response, rng);
    fill_latency(&s->latency.service, rng);
    fill_latency(&s->latency.queueing, rng);
    for (unsigned thief = 0; thief < slots; thief++) {
        fill(&s->steal_ops[thief * PS_MAX_WORKERS], slots * sizeof(uint64_t), rng);
        fill(&s->steal_tasks[thief * PS_MAX_WORKERS], slots * sizeof(uint64_t), rng);
    }
    s->seq = seq;
    s->at_ns = seq * RECORDING_PERIOD_NS;
    s->slots = slots;
    s->types = types;
    bound_run(s, rng);
    for (unsigned slot = 0; slot < slots; slot++) {
        s->worker[slot].state = (enum ps_state)ps_rng_below(rng, PS_STATE_COUNT);
        s->worker[slot].type = (int)ps_rng_below(rng, types + 1) - 1;
        s->worker[slot].os_valid = ps_rng_below(rng, 2);
        s->worker[slot].step = ps_rng_below(rng, PS_MAX_STEPS + 1);
    }
    for (unsigned type = 0; type < types; type++)
        name(s->type[type].name, sizeof s->type[type].name, rng);
}

void recording_move(struct ps_snapshot *s, struct ps_rng *rng)
{
    s->seq++;
    s->at_ns += RECORDING_PERIOD_NS;
    uint64_t done = ps_rng_below(rng, 1000);
    s->totals.submitted += done;
    s->totals.ended[PS_COMPLETED] += done;
    s->queued = ps_rng_below(rng, 100);
    for (unsigned slot = 0; slot < s->slots; slot++) {
        struct ps_worker_view *worker = &s->worker[slot];
        worker->totals.ended[PS_COMPLETED] += done;
        worker->state = (enum ps_state)ps_rng_below(rng, PS_STATE_COUNT);
        worker->time_ns[worker->state] += RECORDING_PERIOD_NS;
        worker->queue_depth = ps_rng_below(rng, 9);
    }
    s->latency.response.count += done;
    s->latency.response.bucket[ps_rng_below(rng, PS_HIST_BUCKETS)] += done;
}

size_t recording_random_events(struct ps_event *events, size_t max, struct ps_rng *rng,
                               const struct ps_snapshot *s)
{
    size_t n = 0;
    for (unsigned slot = 0; slot < s->slots && n < max; slot++) {
        uint64_t at_ns = s->at_ns;
        for (uint32_t left = ps_rng_below(rng, 12); left > 0 && n < max; left--) {
            at_ns += ps_rng_below(rng, 5000);
            uint32_t kind = 1 + ps_rng_below(rng, PS_EVENT_COUNT - 1);
            uint32_t argument = ps_rng_below(rng, 1u << 24);
            if (kind == PS_EVENT_BLOCKED)
                argument = ps_rng_below(rng, PS_STATE_COUNT) << 16 | (argument & 0xffff);
            events[n++] = (struct ps_event){.at_ns = at_ns >> 10 << 10,
                                            .slot = (uint16_t)slot,
                                            .kind = (enum ps_event_kind)kind,
                                            .argument = argument};
        }
    }
    return n;
}

struct ps_experiment *recording_experiment(void)
{
    static const char text[] = "[preset]\ntitle = made for a test\n[task short]\nweight = 9\n"
                               "steps = cpu 10us\n[task long]\nsteps = sleep 1ms\n";
    struct ps_experiment *experiment = calloc(1, sizeof *experiment);
    struct ps_complaints complaints = {.count = 0};
    demand(experiment && ps_experiment_parse(experiment, NULL, "made", text, sizeof text - 1,
                                             &complaints) == PS_OK,
           "the experiment parses");
    return experiment;
}

uint8_t *recording_bytes(int fd, size_t *size)
{
    struct stat facts;
    demand(fstat(fd, &facts) == 0, "the file can be looked at");
    *size = (size_t)facts.st_size;
    uint8_t *bytes = malloc(*size ? *size : 1);
    demand(bytes && pread(fd, bytes, *size, 0) == (ssize_t)*size, "the file can be read");
    return bytes;
}

uint8_t *recording_make(uint64_t seed, unsigned snapshots, unsigned slots, size_t *size)
{
    char why[200];
    struct ps_rng rng = ps_rng_make(seed, 0);
    struct ps_recorder *recorder;
    struct ps_event events[MAKE_EVENTS];
    struct ps_experiment *experiment = recording_experiment();
    struct ps_snapshot *snapshot = calloc(1, sizeof *snapshot);
    int fd = memfd_create("recording", MFD_CLOEXEC), kept = dup(fd);
    demand(snapshot && ps_recorder_new(fd, "made", experiment, &recorder, why, sizeof why) == PS_OK,
           "a recorder begins");
    recording_random_snapshot(snapshot, &rng, slots, 2, 1);
    for (unsigned i = 0; i < snapshots; i++) {
        size_t count = recording_random_events(events, MAKE_EVENTS, &rng, snapshot);
        ps_recorder_events(recorder, events, count, i % 4 == 3);
        ps_recorder_snapshot(recorder, snapshot);
        recording_move(snapshot, &rng);
    }
    demand(ps_recorder_finish(recorder, why, sizeof why) == PS_OK, "a recorder ends");
    uint8_t *bytes = recording_bytes(kept, size);
    close(kept);
    free(snapshot);
    free(experiment);
    return bytes;
}
