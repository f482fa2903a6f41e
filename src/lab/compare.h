/* Comparing engines fairly: they take turns on the machine, so that none steals another's CPUs.
 *
 * A round is a slot of every side. Round i runs every side under the seed of the experiment + i:
 * the same arrivals and drawn times for all, new ones each round, so that what is found does not
 * hang on one sequence. The order turns round each time (A B, B A, A B, ...): what drifts in a
 * line, as a machine that warms up, cancels. Every slot is a fresh host, its warm-up cut.
 *
 * Step by step: new; advance whenever due_ns has come until it says DONE or FAILED; rows may be
 * read at any time (from the rounds that are whole). free ends what runs. One owner, one thread. */
#ifndef PS_LAB_COMPARE_H
#define PS_LAB_COMPARE_H

#include "lab/slot.h"
#include "metrics/metric_table.h"
#include "stats/paired.h"

#define PS_COMPARE_SIDES    6u
#define PS_COMPARE_SMALLEST 0.02 /* a difference below this does not count */

enum ps_better { PS_BETTER_NEITHER, PS_BETTER_HIGHER, PS_BETTER_LOWER };

/* What is compared; taken from the table of metrics. */
struct ps_compare_metric {
    const char *name;  /* in JSON */
    const char *label; /* for people, with its unit */
    const char *key;   /* of the table of metrics */
    bool per_second;   /* divided by the seconds of the window */
    enum ps_better better;
};
/* Ends with name == NULL. */
extern const struct ps_compare_metric ps_compare_metrics[];
#define PS_COMPARE_METRICS 8u

enum ps_verdict {
    PS_VERDICT_NONE, /* a side cannot have it, or nothing was measured */
    PS_VERDICT_SAME, /* no difference */
    PS_VERDICT_A,    /* a is better; of what is neither good nor bad: has more */
    PS_VERDICT_B
};
/* "a", "b", "no difference"; NULL: NONE. */
const char *ps_verdict_word(enum ps_verdict verdict);

struct ps_compare_row {
    const struct ps_compare_metric *metric;
    const struct ps_metric *described;
    size_t rounds;         /* with values of both sides */
    bool a_never, b_never; /* the engine cannot have it */
    struct ps_paired pair; /* rounds > 0 */
    enum ps_verdict verdict;
    double a[PS_PAIRS_MAX], b[PS_PAIRS_MAX]; /* a value a round */
};

struct ps_compare_spec {
    unsigned sides; /* 2..PS_COMPARE_SIDES */
    struct ps_experiment side[PS_COMPARE_SIDES];
    unsigned rounds;               /* 1..PS_PAIRS_MAX: slots a side */
    uint64_t warmup_ns, length_ns; /* of a slot */
};

enum ps_compare_state { PS_COMPARE_RUNNING, PS_COMPARE_DONE, PS_COMPARE_FAILED };

struct ps_compare;

struct ps_compare *ps_compare_new(const struct ps_compare_spec *spec); /* NULL: no memory */
void ps_compare_free(struct ps_compare *compare);

enum ps_compare_state ps_compare_advance(struct ps_compare *compare);
uint64_t ps_compare_due_ns(const struct ps_compare *compare);

/* So many rounds more, at most up to PS_PAIRS_MAX in all; DONE goes on. Returns how many. */
unsigned ps_compare_more(struct ps_compare *compare, unsigned rounds);
const struct ps_compare_spec *ps_compare_spec(const struct ps_compare *compare);
/* Rounds that are whole: what the rows rest on. */
unsigned ps_compare_rounds(const struct ps_compare *compare);

/* FAILED: which side, and why. `start`: the host could not even start (a limit of the machine). */
const char *ps_compare_why(const struct ps_compare *compare, unsigned *side, enum ps_err *start);

/* 0 to 1, by time. */
double ps_compare_progress(const struct ps_compare *compare);
/* What runs now, for screens; NULL: nothing. */
struct ps_slot *ps_compare_slot(struct ps_compare *compare, unsigned *side, unsigned *round);

/* The largest share of the machine that other processes took in a slot so far; NaN: not known. */
double ps_compare_others(const struct ps_compare *compare);

/* Which side is the turn-th (0..sides-1) of a round. */
unsigned ps_compare_turn(unsigned sides, unsigned round, unsigned turn);

/* Metric number m of two sides, from the rounds that are whole. */
void ps_compare_row(const struct ps_compare *compare, unsigned a, unsigned b, unsigned m,
                    struct ps_compare_row *row);
/* What one slot gave; round < ps_compare_rounds. NaN: n/a. */
double ps_compare_value(const struct ps_compare *compare, unsigned side, unsigned m,
                        unsigned round);
/* The median of a side's metric; NaN: n/a. */
double ps_compare_median(const struct ps_compare *compare, unsigned side, unsigned m);

/* Engine and policy as the host named them ("threadpool", "steal"); empty before its first slot. */
void ps_compare_engine(const struct ps_compare *compare, unsigned side, char engine[PS_NAME_BYTES],
                       char policy[PS_NAME_BYTES], unsigned *workers);

#endif
