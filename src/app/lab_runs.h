/* A lab from its file to its verdict: what lesson --check and grade share. */
#ifndef PS_APP_LAB_RUNS_H
#define PS_APP_LAB_RUNS_H

#include "lab/judge.h"

struct ps_lab_runs {
    unsigned count;
    struct ps_session *sessions; /* of each; those that did not run have no snapshot */
    struct ps_lab_run *runs;
    struct ps_lab_judgement judgement;
    double others; /* the largest share of the CPUs that other processes took in a run; NaN: not
                      known */
};

/* A lab that has been run and judged. */
struct ps_lab_done {
    char path[512]; /* of its file */
    struct ps_experiment experiment;
    struct ps_lab lab;
    struct ps_lab_runs runs;
};

/* Load the lab in a file, or in the preset of that name; check it whole; make its runs one after the
 * other (a terminal's standard error says which is under way); judge them; print. Returns the exit
 * code: 0 as expected, 3 not, 4 not visible on this machine; else the complaint has been made and
 * nothing printed. */
int ps_lab_perform(const char *name, void (*print)(const struct ps_lab_done *done));

#endif
