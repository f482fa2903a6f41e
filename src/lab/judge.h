/* Whether the runs of a lab came out as expected.
 *
 * Figures of a formula (model/formula.h): the keys of the table of metrics, of a run ("METRIC"), of a
 * task type ("METRIC[TYPE]") or of a worker ("METRIC[0]"); cpus; realtime, 1 if threads may have
 * real-time priorities here; workers; ended[WORD], which is 1 if
 * the run ended so (completed, duration, deadlock, crash, cancelled) and else 0. With more than one
 * trial the trial's name and a dot stand before it. Functions: max, min, best over the sweep; most,
 * least over the workers of a run. */
#ifndef PS_LAB_JUDGE_H
#define PS_LAB_JUDGE_H

#include "metrics/metric_table.h"
#include "model/formula.h"
#include "model/lab.h"

/* The end of one run. */
struct ps_lab_run {
    const struct ps_snapshot *snapshot; /* NULL: it has not been made; its figures are n/a */
    const struct ps_metric_peaks *peaks;
};

enum ps_lab_verdict {
    PS_LAB_SHOWN,       /* every expectation holds */
    PS_LAB_NOT_VISIBLE, /* one of `needs` does not hold, or a figure cannot be had: not this machine */
    PS_LAB_NOT_SHOWN    /* an expectation does not hold */
};

struct ps_lab_judgement {
    enum ps_lab_verdict verdict;
    struct ps_formula_result needs[PS_EXPECTS_MAX], expects[PS_EXPECTS_MAX]; /* as in the lab */
    struct ps_figure answer; /* if lab->answer is given */
    char because[256];       /* not SHOWN: why */
};

/* Whether every formula can be read and names only what there is. PS_EPARSE with complaints that
 * name `file` and the line. */
enum ps_err ps_lab_check(const struct ps_lab *lab, const struct ps_experiment *experiment,
                         const char *file, struct ps_complaints *complaints);

/* What the expectations are about: their figures, each once, in the order in which they are named,
 * without the words that are no measurement (ended, cpus, workers). A table with a row a run has them
 * for columns. */
#define PS_LAB_FIGURES_MAX 6u
struct ps_lab_figure {
    char over[8];   /* "most", "least" over the workers, or "" */
    char key[64];   /* of the table of metrics */
    char index[32]; /* a task type or a worker, or "" */
};
/* Returns how many. The lab has passed the check. */
unsigned ps_lab_figures(const struct ps_lab *lab, struct ps_lab_figure figures[PS_LAB_FIGURES_MAX]);
/* Its value in one run. */
struct ps_figure ps_lab_figure_of(const struct ps_lab_run *run, const struct ps_lab_figure *figure);

/* runs: ps_lab_runs(lab) of them. The lab has passed the check. */
void ps_lab_judge(const struct ps_lab *lab, const struct ps_lab_run *runs,
                  struct ps_lab_judgement *into);

#endif
