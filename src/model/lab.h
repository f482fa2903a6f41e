/* What a preset may hold beside its experiment: variations of it to run, and what is expected of
 * their figures. A lesson checks itself with them, a lab is graded by them.
 *
 *   [trial apart]                    one run; without any there is one, called "run"
 *   engine.stealing = off            settings over the experiment, as for --set
 *   run.duration = 4s
 *   [needs]                          where one does not hold, the machine cannot show it
 *   two CPUs = cpus >= 2
 *   [expect]                         in words = a formula (model/formula.h)
 *   short tasks wait less = stealing.latency_ns.response.p99 < apart.latency_ns.response.p99
 *   [lab]
 *   duration = 4s                    of every run, unless its trial says otherwise
 *   sweep = engine.workers 1 2 4 8   for comparison: a run with each value
 *   prediction = 8                   of the author of the file
 *   answer = best(throughput_per_s)  what it is held against
 *
 * max(F), min(F): over the sweep; best(F): the swept value at which F is largest.
 *
 * Plain data. A file that is an experiment and nothing else gives an empty lab. */
#ifndef PS_MODEL_LAB_H
#define PS_MODEL_LAB_H

#include "model/experiment.h"

#define PS_TRIALS_MAX      6u
#define PS_TRIAL_KEYS_MAX  8u
#define PS_EXPECTS_MAX     12u
#define PS_SWEEP_MAX       16u
#define PS_LAB_WORDS_MAX   50u /* bytes of an expectation in words, with NUL: inih's names */
#define PS_LAB_FORMULA_MAX (PS_PRESET_MAX_LINE + 1u)

struct ps_trial_key {
    char key[64]; /* "engine.workers" */
    char value[PS_LAB_FORMULA_MAX];
    unsigned line;
};

struct ps_trial {
    char name[PS_NAME_MAX];
    unsigned line, count;
    struct ps_trial_key set[PS_TRIAL_KEYS_MAX];
};

struct ps_expect {
    char words[PS_LAB_WORDS_MAX];
    char formula[PS_LAB_FORMULA_MAX];
    unsigned line;
};

struct ps_lab {
    unsigned trial_count; /* 0: the experiment as it is, called "run" */
    struct ps_trial trials[PS_TRIALS_MAX];
    unsigned need_count, expect_count;
    struct ps_expect needs[PS_EXPECTS_MAX], expects[PS_EXPECTS_MAX];
    char duration[24]; /* "": as the experiment says */
    unsigned duration_line;
    char sweep_key[64]; /* "": no sweep */
    unsigned sweep_count, sweep_line;
    char sweep_values[PS_SWEEP_MAX][24];
    char prediction[PS_LAB_FORMULA_MAX];
    char answer[PS_LAB_FORMULA_MAX]; /* a formula, or "" */
    unsigned answer_line;
};

/* Whether a section belongs to a lab and not to the experiment: "trial NAME", "needs", "expect",
 * "lab". */
bool ps_lab_section(const char *section);

/* Runs there are to make: trials, then the values of the sweep. */
unsigned ps_lab_runs(const struct ps_lab *lab);

/* The name of run number `run`: of its trial, or the swept value. */
const char *ps_lab_run_name(const struct ps_lab *lab, unsigned run);

/* The experiment of that run, checked. PS_EPARSE with a complaint. */
enum ps_err ps_lab_experiment(const struct ps_lab *lab, unsigned run,
                              const struct ps_experiment *base, const struct ps_vocabulary *words,
                              const char *file, struct ps_experiment *into,
                              struct ps_complaints *complaints);

/* As ps_experiment_parse and ps_experiment_load, and the lab too: every run's experiment is
 * checked. Formulas are not: lab/judge.h knows the figures. */
enum ps_err ps_lab_parse(struct ps_experiment *experiment, struct ps_lab *lab,
                         const struct ps_vocabulary *words, const char *name, const char *text,
                         size_t size, struct ps_complaints *complaints);
enum ps_err ps_lab_load(struct ps_experiment *experiment, struct ps_lab *lab,
                        const struct ps_vocabulary *words, const char *path,
                        struct ps_complaints *complaints);

#endif
