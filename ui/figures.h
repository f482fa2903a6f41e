/* Figures of one frame, computed once from a view and shared by its widgets. */
#ifndef PS_UI_FIGURES_H
#define PS_UI_FIGURES_H

#include "ui/view.h"

struct ps_quantiles {
    uint64_t count, mean_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns;
};

enum ps_latency_row { PS_ROW_RESPONSE, PS_ROW_SERVICE, PS_ROW_QUEUEING, PS_ROW_COUNT };

struct ps_figures {
    /* Means over the last second, per second. */
    double done, offered, refused, failed, steals;
    struct ps_quantiles latency[PS_ROW_COUNT]; /* of the last PS_LATENCY_SECONDS */
    uint64_t spread[PS_HIST_STEPS];            /* responses of that window, by step */
    double in_flight;                          /* mean over the last PS_LATENCY_SECONDS */
    double done_window;                        /* completed per second over the same time */
    uint64_t run_ns;                           /* time since the start, without pauses */
    uint64_t waiting;                          /* tasks that wait for something */
    unsigned lanes;                            /* workers worth a lane: slots 0..lanes-1 */
    struct ps_worker_rates rate[PS_MAX_WORKERS];
};

void ps_figures_take(struct ps_figures *figures, const struct ps_live_view *view);

/* How long worker w has been in its state. */
uint64_t ps_state_age(const struct ps_snapshot *snapshot, unsigned worker);

#endif
