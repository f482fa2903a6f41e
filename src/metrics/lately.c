#include "metrics/lately.h"

#include <stdlib.h>

#include "base/clock.h"
#include "metrics/snapshot_parts.h"

/* Marks of the last PS_LATENCY_SECONDS, both ends counted. */
#define MARKS (PS_LATENCY_SECONDS / 2 + 1)
_Static_assert(PS_LATELY_STEP_NS *(MARKS - 1) == PS_LATENCY_SECONDS * UINT64_C(1000000000),
               "the oldest mark is as old as the window");

/* Counts modulo 2^32: a window of 10 s has fewer. */
struct mark {
    uint64_t sum_ns;
    uint32_t bucket[PS_HIST_BUCKETS];
};

/* All zero until its first task: what the sum was then. */
struct series {
    struct mark mark[MARKS];
};

struct ps_lately {
    uint64_t count;        /* marks ever made */
    uint64_t at_ns[MARKS]; /* instants, a ring by mark number */
    bool fresh;            /* the snapshot being taken makes mark number count - 1 */
    bool whole;            /* the window begins with the run, else with mark number `then` */
    uint64_t then;
    struct series *type[PS_MAX_TYPES][3];
    struct series *worker[PS_MAX_WORKERS][2];
    struct ps_hist_sum window;
};

struct ps_lately *ps_lately_new(void)
{
    return calloc(1, sizeof(struct ps_lately));
}

void ps_lately_free(struct ps_lately *lately)
{
    if (!lately)
        return;
    for (unsigned t = 0; t < PS_MAX_TYPES; t++)
        for (unsigned i = 0; i < 3; i++)
            free(lately->type[t][i]);
    for (unsigned w = 0; w < PS_MAX_WORKERS; w++)
        for (unsigned i = 0; i < 2; i++)
            free(lately->worker[w][i]);
    free(lately);
}

void ps_lately_begin(struct ps_lately *lately, uint64_t at_ns)
{
    const uint64_t window_ns = PS_LATENCY_SECONDS * (uint64_t)PS_NS_PER_S;
    uint64_t newest_ns = lately->count ? lately->at_ns[(lately->count - 1) % MARKS] : 0;
    lately->fresh = lately->count == 0 || at_ns >= newest_ns + PS_LATELY_STEP_NS;
    if (lately->fresh)
        lately->at_ns[lately->count++ % MARKS] = at_ns;
    lately->then = lately->count > MARKS ? lately->count - MARKS : 0;
    /* Of the marks before this snapshot; the last of a run is dated back to its end. */
    while (lately->then + 1 + lately->fresh < lately->count &&
           at_ns > lately->at_ns[lately->then % MARKS] + window_ns)
        lately->then++;
    lately->whole = lately->then == 0;
}

/* window = now - mark; mark NULL: nothing. */
static void since(struct ps_hist_sum *window, const struct ps_hist_sum *now,
                  const struct mark *mark)
{
    unsigned top = 0;
    window->count = 0;
    for (unsigned i = 0; i < PS_HIST_BUCKETS; i++) {
        uint32_t n = (uint32_t)now->bucket[i] - (mark ? mark->bucket[i] : 0);
        window->bucket[i] = n;
        window->count += n;
        top = n ? i : top;
    }
    window->sum_ns = now->sum_ns - (mark ? mark->sum_ns : 0);
    uint64_t edge = window->count ? ps_hist_bucket_low(top + 1) - 1 : 0;
    window->max_ns = edge < now->max_ns ? edge : now->max_ns;
}

static void take(struct ps_lately *lately, struct series **series, const struct ps_hist_sum *now,
                 struct ps_times_view *into)
{
    *into = (struct ps_times_view){0};
    if (now->count == 0)
        return;
    if (!*series)
        *series = calloc(1, sizeof **series);
    if (!*series) /* out of memory: not known */
        return;
    struct ps_hist_sum *window = &lately->window;
    since(window, now, lately->whole ? NULL : &(*series)->mark[lately->then % MARKS]);
    if (window->count > 0)
        *into = (struct ps_times_view){
            .count = window->count,
            .mean_ns = window->sum_ns / window->count,
            .p50_ns = ps_hist_quantile(window, 0.50),
            .p99_ns = ps_hist_quantile(window, 0.99),
            .max_ns = window->max_ns,
        };
    if (!lately->fresh)
        return;
    struct mark *mark = &(*series)->mark[(lately->count - 1) % MARKS];
    mark->sum_ns = now->sum_ns;
    for (unsigned i = 0; i < PS_HIST_BUCKETS; i++)
        mark->bucket[i] = (uint32_t)now->bucket[i];
}

void ps_lately_type(struct ps_lately *lately, unsigned type, const struct ps_latency_view *sum,
                    struct ps_type_view *into)
{
    take(lately, &lately->type[type][0], &sum->response, &into->lately_response);
    take(lately, &lately->type[type][1], &sum->service, &into->lately_service);
    take(lately, &lately->type[type][2], &sum->queueing, &into->lately_queueing);
}

void ps_lately_worker(struct ps_lately *lately, unsigned slot, const struct ps_hist_sum *service,
                      const struct ps_hist_sum *queueing, struct ps_worker_view *into)
{
    take(lately, &lately->worker[slot][0], service, &into->lately_service);
    take(lately, &lately->worker[slot][1], queueing, &into->lately_queueing);
}
