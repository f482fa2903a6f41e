#include "lab/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "stats/sample.h"

const struct ps_compare_metric ps_compare_metrics[] = {
    {"throughput_per_s", "done/s", "throughput_per_s", false, PS_BETTER_HIGHER},
    {"response_p50_ns", "response p50", "latency_ns.response.p50", false, PS_BETTER_LOWER},
    {"response_p99_ns", "response p99", "latency_ns.response.p99", false, PS_BETTER_LOWER},
    {"queueing_p99_ns", "queueing p99", "latency_ns.queueing.p99", false, PS_BETTER_LOWER},
    {"cpu_per_task_ns", "CPU a task", "cpu_per_task_ns", false, PS_BETTER_LOWER},
    {"refused_per_s", "refused/s", "refused", true, PS_BETTER_LOWER},
    {"steals_per_s", "steals/s", "steals.tasks", true, PS_BETTER_NEITHER},
    {"rss_bytes", "RSS", "rss_bytes", false, PS_BETTER_LOWER},
    {.name = NULL},
};
_Static_assert(sizeof ps_compare_metrics / sizeof *ps_compare_metrics == PS_COMPARE_METRICS + 1,
               "the number in the header");

struct side {
    unsigned traits, workers;
    bool seen;
    char engine[PS_NAME_BYTES], policy[PS_NAME_BYTES];
    double value[PS_COMPARE_METRICS][PS_PAIRS_MAX]; /* NaN: n/a */
};

struct ps_compare {
    struct ps_compare_spec spec;
    enum ps_compare_state state;
    unsigned round, turn; /* of the slot that runs or comes next */
    struct ps_slot *slot;
    uint64_t due_ns;
    double others;
    char why[512];
    unsigned failed_side;
    enum ps_err start_error;
    struct side side[PS_COMPARE_SIDES];
};

const char *ps_verdict_word(enum ps_verdict verdict)
{
    static const char *const words[] = {
        [PS_VERDICT_SAME] = "no difference", [PS_VERDICT_A] = "a", [PS_VERDICT_B] = "b"};
    return words[verdict];
}

struct ps_compare *ps_compare_new(const struct ps_compare_spec *spec)
{
    struct ps_compare *compare = calloc(1, sizeof *compare);
    if (!compare)
        return NULL;
    compare->spec = *spec;
    compare->others = NAN;
    return compare;
}

void ps_compare_free(struct ps_compare *compare)
{
    if (!compare)
        return;
    ps_slot_free(compare->slot);
    free(compare);
}

unsigned ps_compare_turn(unsigned sides, unsigned round, unsigned turn)
{
    return round % 2 ? sides - 1 - turn : turn;
}

static unsigned side_now(const struct ps_compare *compare)
{
    return ps_compare_turn(compare->spec.sides, compare->round, compare->turn);
}

/* ---- running ---- */

static void fail(struct ps_compare *compare, const char *why, enum ps_err start_error)
{
    compare->failed_side = side_now(compare);
    compare->start_error = start_error;
    if (why != compare->why)
        snprintf(compare->why, sizeof compare->why, "%s", why);
    compare->state = PS_COMPARE_FAILED;
}

static void fail_of_slot(struct ps_compare *compare, enum ps_slot_state state)
{
    const struct ps_snapshot *window = ps_slot_window(compare->slot);
    enum ps_err err;
    const char *why = ps_slot_why(compare->slot, &err);
    if (state == PS_SLOT_REFUSED)
        fail(compare, why, err);
    else
        fail(compare, window->message[0] ? window->message : ps_end_name(window->end), PS_OK);
}

static void begin(struct ps_compare *compare)
{
    struct ps_experiment experiment = compare->spec.side[side_now(compare)];
    experiment.seed += compare->round;
    struct ps_slot_spec spec = {.experiment = &experiment,
                                .warmup_ns = compare->spec.warmup_ns,
                                .length_ns = compare->spec.length_ns};
    enum ps_err err = ps_slot_start(&spec, &compare->slot, compare->why, sizeof compare->why);
    if (err != PS_OK)
        fail(compare, compare->why, err);
}

static double number(const struct ps_metric_value *value)
{
    switch (value->kind) {
    case PS_METRIC_COUNT:
        return (double)value->count;
    case PS_METRIC_REAL:
        return value->real;
    case PS_METRIC_FLAG:
    case PS_METRIC_NA:
        break;
    }
    return NAN;
}

static double measure(const struct ps_compare_metric *metric, const struct ps_snapshot *window)
{
    struct ps_metric_source source = {.snapshot = window};
    const struct ps_metric *described = ps_metric_find(PS_METRIC_RUN, metric->key);
    struct ps_metric_value value = ps_metric_value(described, &source);
    double seconds = ps_snapshot_seconds(window);
    if (!metric->per_second)
        return number(&value);
    return seconds > 0 ? number(&value) / seconds : NAN;
}

static void note(struct ps_compare *compare, const struct ps_snapshot *window)
{
    struct side *side = &compare->side[side_now(compare)];
    compare->others = fmax(compare->others, ps_slot_others(compare->slot));
    side->seen = true;
    side->traits = window->traits;
    side->workers = window->workers;
    memcpy(side->engine, window->engine, sizeof side->engine);
    memcpy(side->policy, window->policy, sizeof side->policy);
    for (unsigned m = 0; m < PS_COMPARE_METRICS; m++)
        side->value[m][compare->round] = measure(&ps_compare_metrics[m], window);
}

static void next_turn(struct ps_compare *compare)
{
    if (++compare->turn < compare->spec.sides)
        return;
    compare->turn = 0;
    if (++compare->round == compare->spec.rounds)
        compare->state = PS_COMPARE_DONE;
}

enum ps_compare_state ps_compare_advance(struct ps_compare *compare)
{
    if (compare->state != PS_COMPARE_RUNNING)
        return compare->state;
    if (!compare->slot) {
        begin(compare);
        compare->due_ns = ps_now_ns();
        return compare->state;
    }
    enum ps_slot_state state = ps_slot_advance(compare->slot);
    compare->due_ns = ps_slot_due_ns(compare->slot);
    if (state < PS_SLOT_DONE)
        return compare->state;
    if (state == PS_SLOT_DONE)
        note(compare, ps_slot_window(compare->slot));
    else
        fail_of_slot(compare, state);
    ps_slot_free(compare->slot);
    compare->slot = NULL;
    compare->due_ns = ps_now_ns();
    if (state == PS_SLOT_DONE)
        next_turn(compare);
    return compare->state;
}

unsigned ps_compare_more(struct ps_compare *compare, unsigned rounds)
{
    struct ps_compare_spec *spec = &compare->spec;
    unsigned room = PS_PAIRS_MAX - spec->rounds;
    if (compare->state == PS_COMPARE_FAILED)
        return 0;
    rounds = rounds < room ? rounds : room;
    spec->rounds += rounds;
    if (rounds > 0)
        compare->state = PS_COMPARE_RUNNING;
    return rounds;
}

const struct ps_compare_spec *ps_compare_spec(const struct ps_compare *compare)
{
    return &compare->spec;
}

unsigned ps_compare_rounds(const struct ps_compare *compare)
{
    return compare->round;
}

uint64_t ps_compare_due_ns(const struct ps_compare *compare)
{
    return compare->due_ns;
}

/* ---- results ---- */

double ps_compare_others(const struct ps_compare *compare)
{
    return compare->others;
}

const char *ps_compare_why(const struct ps_compare *compare, unsigned *side, enum ps_err *start)
{
    *side = compare->failed_side;
    *start = compare->start_error;
    return compare->why;
}

double ps_compare_progress(const struct ps_compare *compare)
{
    const struct ps_compare_spec *spec = &compare->spec;
    double slots = (double)spec->rounds * spec->sides;
    double done = (double)compare->round * spec->sides + compare->turn;
    if (compare->slot)
        done +=
            (double)ps_slot_elapsed_ns(compare->slot) / (double)(spec->warmup_ns + spec->length_ns);
    return done / slots;
}

struct ps_slot *ps_compare_slot(struct ps_compare *compare, unsigned *side, unsigned *round)
{
    *side = side_now(compare);
    *round = compare->round;
    return compare->slot;
}

static bool can_have(const struct side *side, const struct ps_metric *metric)
{
    return (metric->trait & side->traits) == metric->trait;
}

static enum ps_verdict judge(const struct ps_compare_row *row, size_t family)
{
    if (row->rounds == 0)
        return PS_VERDICT_NONE;
    if (!ps_paired_differs(&row->pair, family, PS_COMPARE_SMALLEST))
        return PS_VERDICT_SAME;
    bool b_more = isnan(row->pair.difference) || row->pair.difference > 0;
    return b_more == (row->metric->better != PS_BETTER_LOWER) ? PS_VERDICT_B : PS_VERDICT_A;
}

void ps_compare_row(const struct ps_compare *compare, unsigned a, unsigned b, unsigned m,
                    struct ps_compare_row *row)
{
    const struct side *left = &compare->side[a], *right = &compare->side[b];
    memset(row, 0, sizeof *row);
    row->metric = &ps_compare_metrics[m];
    row->described = ps_metric_find(PS_METRIC_RUN, row->metric->key);
    row->a_never = left->seen && !can_have(left, row->described);
    row->b_never = right->seen && !can_have(right, row->described);
    for (unsigned round = 0; round < compare->round; round++)
        if (!isnan(left->value[m][round]) && !isnan(right->value[m][round])) {
            row->a[row->rounds] = left->value[m][round];
            row->b[row->rounds++] = right->value[m][round];
        }
    if (row->rounds > 0)
        ps_paired_compare(row->a, row->b, row->rounds, compare->spec.side[a].seed + m, &row->pair);
    unsigned sides = compare->spec.sides;
    row->verdict = judge(row, (size_t)PS_COMPARE_METRICS * sides * (sides - 1) / 2);
}

double ps_compare_value(const struct ps_compare *compare, unsigned side, unsigned m, unsigned round)
{
    return compare->side[side].value[m][round];
}

double ps_compare_median(const struct ps_compare *compare, unsigned side, unsigned m)
{
    double values[PS_PAIRS_MAX];
    size_t n = 0;
    for (unsigned round = 0; round < compare->round; round++)
        if (!isnan(compare->side[side].value[m][round]))
            values[n++] = compare->side[side].value[m][round];
    return n ? ps_sample_median(values, n) : NAN;
}

void ps_compare_engine(const struct ps_compare *compare, unsigned side, char engine[PS_NAME_BYTES],
                       char policy[PS_NAME_BYTES], unsigned *workers)
{
    const struct side *of = &compare->side[side];
    memcpy(engine, of->engine, sizeof of->engine);
    memcpy(policy, of->policy, sizeof of->policy);
    *workers = of->workers;
}
