#include "host/autotune.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "host/control.h"
#include "metrics/snapshot.h"

enum { HIGHEST = 64 };

static void put(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static uint64_t completed(const struct ps_run *run)
{
    struct ps_totals totals;
    ps_totals_take(&totals, run->segment);
    return totals.ended[PS_COMPLETED];
}

/* What the task types reserve is theirs, and the others need one worker. */
static unsigned lowest(const struct ps_run *run)
{
    unsigned sum = 0;
    for (unsigned t = 0; t < run->experiment.type_count; t++)
        sum += run->experiment.types[t].reserve;
    return run->policy->traits & PS_TRAIT_RESERVES ? sum + 1 : 1;
}

static unsigned highest(const struct ps_run *run)
{
    unsigned max = run->policy->max_workers;
    max = max < run->segment->slots ? max : run->segment->slots;
    return max < HIGHEST ? max : HIGHEST;
}

static void publish(struct ps_segment *segment, unsigned count)
{
    if (count < segment->tuner_low || segment->tuner_low == 0)
        put(&segment->tuner_low, count);
    if (count > segment->tuner_high)
        put(&segment->tuner_high, count);
}

static uint64_t paused_ns(const struct ps_run *run)
{
    return atomic_load_explicit(&run->segment->paused_ns, memory_order_relaxed);
}

static void begin_sample(struct ps_autotune *tuner, const struct ps_run *run, uint64_t now_ns)
{
    tuner->completed = completed(run);
    tuner->paused_ns = paused_ns(run);
    tuner->last_ns = now_ns;
    tuner->due_ns = now_ns + (uint64_t)(tuner->hill.interval_s * PS_NS_PER_S);
}

void ps_autotune_init(struct ps_autotune *tuner, struct ps_control *control, uint64_t now_ns)
{
    const struct ps_run *run = control->run;
    *tuner = (struct ps_autotune){.due_ns = PS_NEVER};
    if (!run->experiment.autotune)
        return;
    unsigned low = lowest(run), high = highest(run);
    high = high < low ? low : high;
    ps_hill_init(&tuner->hill, low, high, run->workers < high ? run->workers : high,
                 run->experiment.seed);
    tuner->set = run->workers;
    begin_sample(tuner, run, now_ns);
    publish(run->segment, run->workers);
}

static void change(struct ps_autotune *tuner, struct ps_control *control, unsigned count)
{
    struct ps_segment *segment = control->run->segment;
    char line[32], answer[256];
    int direction = count > control->run->workers ? 1 : -1;
    snprintf(line, sizeof line, "workers %u", count);
    ps_control_line(control, line, answer, sizeof answer);
    if (strcmp(answer, "ok") != 0) {
        char text[PS_MESSAGE_BYTES];
        snprintf(text, sizeof text, "autotune: %s: %.120s", line, answer);
        ps_segment_say(segment, text);
        tuner->due_ns = PS_NEVER;
        return;
    }
    put(&segment->tuner_changes, segment->tuner_changes + 1);
    if (tuner->direction == -direction)
        put(&segment->tuner_turns, segment->tuner_turns + 1);
    tuner->direction = direction;
    tuner->set = count;
    publish(segment, count);
}

void ps_autotune_tick(struct ps_autotune *tuner, struct ps_control *control, uint64_t now_ns)
{
    if (now_ns < tuner->due_ns)
        return;
    const struct ps_run *run = control->run;
    if (run->workers != tuner->set) {
        tuner->set = run->workers;
        tuner->hill.setting = tuner->hill.count = run->workers;
    }
    if (paused_ns(run) != tuner->paused_ns) { /* a sample with a pause in it says nothing */
        begin_sample(tuner, run, now_ns);
        return;
    }
    unsigned count = ps_hill_update(&tuner->hill, (double)(completed(run) - tuner->completed),
                                    (double)(now_ns - tuner->last_ns) / PS_NS_PER_S);
    begin_sample(tuner, run, now_ns);
    if (count != run->workers)
        change(tuner, control, count);
}
