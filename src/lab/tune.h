/* Finding a worker count: a sweep over counts, and what follows from it.
 *
 * A cell is a slot (see slot.h) with so many workers, repeat number r under the seed of the
 * experiment + r. The sweep measures powers of two once, then looks closer at the knee (ps_surface_
 * next), then repeats every point in turns, once upwards, once downwards, so that what drifts in a
 * line does not favour one end; what the repeats show to be worth a closer look is measured last. A
 * cell that deadlocks counts as a throughput of 0. A cell during which other processes took more than
 * a tenth of the machine is measured again, twice at most, and the least disturbed one is kept.
 *
 * The conclusion is arithmetic on the surface alone, so cells that were measured one by one, on
 * several machines of a kind, come to the same (`poolscope tune --merge`).
 *
 * Step by step, as compare.h. One owner, one thread. */
#ifndef PS_LAB_TUNE_H
#define PS_LAB_TUNE_H

#include "lab/slot.h"
#include "stats/curve.h"
#include "stats/surface.h"
#include "stats/tuner.h"

/* What is being tuned: enough to conclude from cells. */
struct ps_tune_about {
    char preset[256]; /* as named by the user */
    char engine[PS_NAME_MAX], policy[PS_NAME_MAX];
    char load[64];  /* "closed, 128 in flight" */
    bool saturated; /* the load is not the preset's own */
    unsigned usable_cpus;
    unsigned low, high; /* workers */
    unsigned repeats;
    double cpu_ns, wait_ns; /* mean of an arriving task, from the preset */
    double slot_s, warmup_s;
    double goal_ns; /* p99; 0: none */
    uint64_t seed;
};

/* Whether the preset's own arrivals stay. AUTO: not when they are open and there is no p99 goal: a
 * rate that the pool can keep up with shows how high the rate is, and not what the pool can do.
 * With a goal the question is another: the fewest workers that keep it at this rate. */
enum ps_tune_load { PS_TUNE_AUTO, PS_TUNE_PRESET, PS_TUNE_SATURATE };

struct ps_tune_spec {
    struct ps_experiment experiment;
    struct ps_tune_about about;
    uint64_t warmup_ns, length_ns; /* of a slot */
};

/* Set the load, and fill about from the experiment: cpu, wait, load, usable CPUs, seed. Low, high,
 * goal, repeats and times are the caller's, before. Saturating means a closed model with more
 * clients than twice the workers and than four times the rule of thumb. */
void ps_tune_prepare(struct ps_tune_spec *spec, enum ps_tune_load load);

/* Whether the load is a rate of the preset's own. Then throughput shows the rate and not what the pool
 * can do, models and tuners of throughput mean nothing, and the p99 tells counts apart. */
bool ps_tune_is_at_rate(const struct ps_tune_about *about);

/* ---- one cell ---- */

struct ps_tune_cell {
    unsigned workers, repeat;
    double throughput;     /* per second */
    double p50_ns, p99_ns; /* of the response; NaN: nothing ended */
    double others;         /* share of the machine that other processes took; NaN: not known */
    char failed[PS_MESSAGE_BYTES]; /* deadlock, crash; empty: it went well */
};

/* ---- a sweep ---- */

#define PS_CELLS_MAX (PS_POINTS_MAX * PS_REPEATS_MAX)

enum ps_tune_state { PS_TUNE_RUNNING, PS_TUNE_DONE, PS_TUNE_FAILED };

struct ps_tune;

/* Above this share of others a cell is disturbed. */
#define PS_TUNE_DISTURBED 0.10

/* Every cell that is needed. */
struct ps_tune *ps_tune_new(const struct ps_tune_spec *spec); /* NULL: no memory */
/* Only this one. */
struct ps_tune *ps_tune_new_cell(const struct ps_tune_spec *spec, unsigned workers,
                                 unsigned repeat);
void ps_tune_free(struct ps_tune *tune);

enum ps_tune_state ps_tune_advance(struct ps_tune *tune);
uint64_t ps_tune_due_ns(const struct ps_tune *tune);
/* 0 to 1, an estimate: how many points are worth a look is known only in the end. */
double ps_tune_progress(const struct ps_tune *tune);
/* DONE goes on: every point once more, then what that shows to be worth a closer look. False: there
 * is no room. */
bool ps_tune_more(struct ps_tune *tune);
/* Another p99 goal (0: none) for the points that are still to be chosen. The load stays what it is. */
void ps_tune_goal(struct ps_tune *tune, double goal_ns);
/* FAILED: why a host could not start. */
const char *ps_tune_why(const struct ps_tune *tune, enum ps_err *err);

/* What runs now; the slot is NULL between slots. */
struct ps_slot *ps_tune_slot(struct ps_tune *tune, unsigned *workers, unsigned *repeat);
/* How often this slot has been measured already, because others used the CPUs. */
unsigned ps_tune_tries(const struct ps_tune *tune);
/* What has been measured so far. */
const struct ps_tune_cell *ps_tune_cells(const struct ps_tune *tune, unsigned *count);
const struct ps_surface *ps_tune_surface(const struct ps_tune *tune);
/* With the engine and policy as the host named them. */
const struct ps_tune_about *ps_tune_about(const struct ps_tune *tune);

/* The counts of a sweep whose cells are all known before it begins: each a quarter above the last.
 * Returns how many. */
unsigned ps_tune_grid(unsigned low, unsigned high, unsigned counts[PS_POINTS_MAX]);

#endif
