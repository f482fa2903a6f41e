/* An experiment: everything that describes a run. A preset is an experiment in an INI file.
 *
 * One parser, one validator, one format: files, --set, the setup form and the text that a front end
 * hands to its host all go through here. Plain data, no pointers: a struct may be copied. Owner:
 * the caller; no function keeps a reference. */
#ifndef PS_MODEL_EXPERIMENT_H
#define PS_MODEL_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "model/backoff.h"
#include "model/dist.h"
#include "model/fault.h"
#include "model/step.h"

#define PS_PRESET_MAX_BYTES 65536u
#define PS_PRESET_MAX_LINE  190u
#define PS_NAME_MAX         32u
#define PS_TITLE_MAX        64u
#define PS_SUMMARY_MAX      160u
#define PS_TYPES_MAX        16u
#define PS_STEPS_MAX        32u
#define PS_LOCKS_MAX        8u
#define PS_WORKERS_MAX      256u
#define PS_REALTIME_MAX     90u
#define PS_PHASES_MAX       16u
#define PS_PHASE_FAULTS_MAX 6u
#define PS_PATH_MAX         160u
#define PS_FOLDER_MAX       512u

/* workers = 8 | auto | 2x | 0.5x */
struct ps_workers_spec {
    unsigned count; /* 0: factor applies */
    double factor;  /* times usable CPUs, rounded, at least 1; auto = 1.0 */
};

enum ps_arrival_model {
    PS_ARRIVAL_OPEN,
    PS_ARRIVAL_CLOSED,
    PS_ARRIVAL_BATCH,
    PS_ARRIVAL_TRACE,
    PS_ARRIVAL_HTTP,
};
enum ps_arrival_process { PS_PROCESS_POISSON, PS_PROCESS_UNIFORM };
enum ps_probing { PS_PROBING_COUNTERS, PS_PROBING_OFF, PS_PROBING_FULL };
enum ps_clock { PS_CLOCK_REAL, PS_CLOCK_SLOW_10, PS_CLOCK_SLOW_100 };
enum ps_full { PS_FULL_BLOCK, PS_FULL_REFUSE, PS_FULL_CALLER_RUNS };

/* default: as [engine] says. */
enum ps_type_full {
    PS_TYPE_FULL_DEFAULT,
    PS_TYPE_FULL_BLOCK,
    PS_TYPE_FULL_REFUSE,
    PS_TYPE_FULL_CALLER_RUNS
};

struct ps_task_type {
    char name[PS_NAME_MAX];
    double weight;       /* share of arrivals; 0: only spawned */
    uint64_t timeout_ns; /* from the intended arrival; 0: none */
    unsigned reserve;    /* workers that run only this type, where the policy has that */
    unsigned step_count; /* >= 1 */
    enum ps_type_full on_full;
    unsigned
        realtime; /* 1..PS_REALTIME_MAX: its thread's priority under SCHED_FIFO; 0: SCHED_OTHER */
    bool high;    /* priority = high */
    struct ps_step_def steps[PS_STEPS_MAX];
    unsigned
        retries; /* further attempts at an arriving task that failed, timed out or was refused */
    struct ps_backoff backoff; /* the pause before each */
    double retry_budget;       /* share of the successes, see model/backoff.h; 0: no limit */
};

/* See engines/engine.h. */
enum ps_slot_use { PS_SLOT_STEALABLE, PS_SLOT_KEPT, PS_SLOT_OFF };

/* What becomes of a lock that is let go of while others wait. */
enum ps_lock_kind {
    PS_LOCK_FAIR,   /* it is handed to whoever has waited longest */
    PS_LOCK_UNFAIR, /* it is free: whoever comes first has it (a POSIX mutex) */
    PS_LOCK_INHERIT /* the same, and its holder has the priority of the highest waiter */
};

struct ps_lock_def {
    char name[PS_NAME_MAX];
    enum ps_lock_kind kind;
};

/* rate = 500/s | 500/s over 5s */
struct ps_rate_change {
    double rate; /* per second */
    uint64_t
        over_ns; /* it is reached so long after the phase began, along a straight line; 0: at once */
};

/* mix = short 50, long 5: new weights of some task types. */
struct ps_mix {
    unsigned count;
    struct {
        unsigned type;
        double weight;
    } part[PS_TYPES_MAX];
};

struct ps_fault_list {
    unsigned count;
    struct ps_fault fault[PS_PHASE_FAULTS_MAX];
};

/* What changes at an instant of the run. A member of zero bytes changes nothing. */
struct ps_phase_def {
    char name[PS_NAME_MAX];
    uint64_t at_ns; /* run time: since the run began, without pauses; PS_NEVER: not given yet */
    struct ps_rate_change rate;     /* open */
    struct ps_workers_spec workers; /* as in [engine] */
    uint64_t in_flight;             /* closed */
    struct ps_mix mix;
    struct ps_fault_list faults;
};

struct ps_experiment {
    /* [preset] */
    char title[PS_TITLE_MAX];
    char summary[PS_SUMMARY_MAX];
    char group[PS_NAME_MAX]; /* heading in menus; empty: none */
    unsigned lesson;         /* 0: none */
    /* [engine] */
    char engine[PS_NAME_MAX];
    char policy[PS_NAME_MAX]; /* empty: the engine's first */
    struct ps_workers_spec workers;
    uint64_t queue;
    enum ps_full on_full;
    uint64_t limit;       /* tasks started and not ended at once; 0: none */
    uint64_t stack_bytes; /* 0: the engine's default */
    unsigned offload;     /* helper threads for blocking calls; 0: off. INI: off | on (= 4) | N */
    bool stealing;        /* INI: on | off */
    enum ps_probing probing; /* counters | off | full: what is recorded of tasks */
    enum ps_slot_use lifo_slot;
    bool autotune;            /* autotune = hill | off: the worker count follows the throughput */
    bool work_first;          /* spawn = work-first | help-first */
    bool wake_all;            /* wake = all | one: whom work that arrives wakes */
    bool help;                /* wait = help | block: whether a join runs other tasks meanwhile */
    bool gil;                 /* computing steps hold one lock: engines/gil.h */
    uint64_t hog_ns;          /* a task that keeps its worker for longer is a hog; 0: none is */
    uint64_t gil_interval_ns; /* then a holder is asked to drop it */
    /* [arrivals] */
    enum ps_arrival_model model;
    double rate; /* per second, open */
    enum ps_arrival_process process;
    uint64_t in_flight;      /* closed */
    struct ps_dist think;    /* closed, http */
    uint64_t tasks;          /* batch: how many; others: stop after so many; 0: no end */
    char trace[PS_PATH_MAX]; /* trace: the file; a relative path is seen from `folder` */
    double trace_scale;      /* trace: gaps between arrivals times this */
    char folder
        [PS_FOLDER_MAX]; /* where the preset's file lies; empty: no file. No key: set by load */
    unsigned port;       /* http, on 127.0.0.1; 0: any that is free */
    unsigned clients;    /* http: of its own */
    uint64_t request_timeout_ns, idle_timeout_ns; /* http; 0: none */
    /* [task NAME] */
    unsigned type_count;
    struct ps_task_type types[PS_TYPES_MAX];
    /* names that `lock NAME T` steps refer to */
    unsigned lock_count;
    char locks[PS_LOCKS_MAX][PS_NAME_MAX];
    /* [lock NAME], in the order of the file; locks without one are fair */
    unsigned lock_def_count;
    struct ps_lock_def lock_defs[PS_LOCKS_MAX];
    /* [phase NAME], in the order of the file */
    unsigned phase_count;
    struct ps_phase_def phases[PS_PHASES_MAX];
    /* [run] */
    uint64_t duration_ns; /* 0: until stopped */
    uint64_t seed;
    unsigned cpus; /* use only the first so many; 0: all there are */
    bool drain;    /* end = discard | drain: what becomes of accepted tasks when the time is over */
    enum ps_clock clock; /* whether the workload is stretched for people to follow */
    /* [faults] */
    double fail; /* probability 0..1 that a task fails at its end */
};

/* ---- what engines there are: given by the caller, because the model does not know engines ---- */

/* Settings that some policies use and others do not. */
#define PS_USES_STEALING  0x01u
#define PS_USES_OFFLOAD   0x02u
#define PS_USES_WAIT      0x04u
#define PS_USES_RESERVE   0x08u
#define PS_USES_HOGS      0x10u
#define PS_USES_LIMIT     0x20u
#define PS_USES_STACK     0x40u
#define PS_USES_LIFO_SLOT 0x80u
#define PS_USES_WAKE      0x100u

struct ps_policy_word {
    const char *name, *title;
    unsigned max_workers;
    bool apart;    /* its workers share no memory: steps that need it are refused */
    bool flat;     /* it knows no priorities: high ones are refused */
    bool parks;    /* a waiting task gives its worker free: it keeps no thread */
    bool steals;   /* idle workers take from others, unless stealing = off */
    unsigned uses; /* PS_USES_* */
};
struct ps_engine_word {
    const char *name, *title;
    const struct ps_policy_word *policies; /* ends with name == NULL; the first is the default */
};
struct ps_vocabulary {
    const struct ps_engine_word *engines; /* ends with name == NULL */
};

/* ---- complaints ---- */

struct ps_complaint {
    char file[256]; /* as given by the caller: a path, "--set", a field of the form */
    unsigned line;  /* 1-based; 0: not a line's fault */
    char key[80];   /* "section.key", or "" */
    char value[80]; /* as written, cleaned of control bytes, cut */
    char text[320]; /* what is wrong, what is allowed, "did you mean 'x'?" */
};

#define PS_COMPLAINTS_MAX 16u
struct ps_complaints {
    unsigned count; /* all there were, may exceed the array */
    struct ps_complaint list[PS_COMPLAINTS_MAX];
};

/* "FILE:LINE: key = value: text", one line, no newline; parts that are missing are left out. */
const char *ps_complaint_text(char *into, size_t size, const struct ps_complaint *complaint);

/* ---- building experiments ---- */

/* Every key at its default; no task types. */
void ps_experiment_init(struct ps_experiment *experiment);

/* Parse INI text over the defaults and check it whole. PS_OK, or PS_EPARSE with at least one
 * complaint. `name` is what complaints call the file. */
enum ps_err ps_experiment_parse(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                                const char *name, const char *text, size_t size,
                                struct ps_complaints *complaints);

/* Read a file (at most PS_PRESET_MAX_BYTES, regular) and parse it. PS_ENOENT, PS_EIO, PS_EPARSE. */
enum ps_err ps_experiment_load(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                               const char *path, struct ps_complaints *complaints);

/* Set one key: "engine.workers", "task long.weight", "lock ledger.kind", "phase spike.at" (of what exists). On PS_EPARSE nothing
 * is changed. The caller calls ps_experiment_check when all are set. words == NULL: names of
 * engines and policies are taken as they are. */
enum ps_err ps_experiment_set(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                              const char *key, const char *value, const char *source,
                              struct ps_complaints *complaints);

/* What concerns several keys: the policy belongs to the engine, a type with weight exists, spawn
 * names a type and no type spawns itself without end (a cycle is an error), lock names <= 8, ... */
enum ps_err ps_experiment_check(const struct ps_experiment *experiment,
                                const struct ps_vocabulary *words, const char *source,
                                struct ps_complaints *complaints);

/* The value of a key as INI text, or NULL for a key that does not exist. Returns into. */
const char *ps_experiment_get(const struct ps_experiment *experiment, const char *key, char *into,
                              size_t size);

/* Write the experiment as a preset that parses to the same experiment. */
enum ps_err ps_experiment_write(const struct ps_experiment *experiment, FILE *to);
/* The same into malloc'ed text; *size without the NUL. */
enum ps_err ps_experiment_text(const struct ps_experiment *experiment, char **text, size_t *size);

/* Of lock number `lock` of experiment->locks. */
enum ps_lock_kind ps_lock_kind_of(const struct ps_experiment *experiment, unsigned lock);

/* Worker count for so many usable CPUs: 1..PS_WORKERS_MAX. */
unsigned ps_workers_count(const struct ps_workers_spec *spec, unsigned usable_cpus);

/* The fewest workers that the experiment can run with: one beside those that task types reserve, where
 * the policy lets them. */
unsigned ps_workers_least(const struct ps_experiment *experiment,
                          const struct ps_vocabulary *words);

/* How many times longer than written everything takes: 1, 10 or 100. */
unsigned ps_clock_factor(enum ps_clock clock);

/* What experiment->clock says, done to the workload: times of steps, think times, timeouts and the
 * GIL's interval are multiplied, the rate is divided. Not the length of the run, nor what is no time
 * (bytes of disk steps). To be called once, by whoever runs it. */
void ps_experiment_stretch(struct ps_experiment *experiment);

/* A step of a program as a preset writes it ("lock db 2ms"), numbered from 0; "" where there is no such
 * type or step. Returns into. */
const char *ps_experiment_step(char *into, size_t size, const struct ps_experiment *experiment,
                               unsigned type, unsigned step);

/* Mean CPU and waiting time of an arriving task in ns (children included as often as spawned, lock
 * holding counts as CPU): the C and W of the rule of thumb N * (1 + W/C). */
void ps_experiment_mean(const struct ps_experiment *experiment, double *cpu_ns, double *wait_ns);

/* ---- the table of keys: feeds the parser, the form, help and the manual ---- */

enum ps_key_kind {
    PS_KEY_TEXT,
    PS_KEY_COUNT,
    PS_KEY_WORKERS,
    PS_KEY_CHOICE,
    PS_KEY_SWITCH, /* a choice of two: choices[0] is false, choices[1] is true */
    PS_KEY_RATE,
    PS_KEY_DURATION,
    PS_KEY_DIST,
    PS_KEY_SIZE,
    PS_KEY_PERCENT,
    PS_KEY_STEPS,
    PS_KEY_NUMBER,
    PS_KEY_FACTOR, /* a number and an 'x' */
    PS_KEY_BACKOFF,
    PS_KEY_RATE_CHANGE,
    PS_KEY_MIX,
    PS_KEY_FAULTS,
    PS_KEY_OFFLOAD
};

struct ps_key {
    const char *section; /* "task" stands for every [task NAME], "lock" and "phase" likewise */
    const char *name;
    enum ps_key_kind kind;
    const char *standard;       /* default, as written in a file; NULL: must be given */
    const char *allowed;        /* for people: "1..256, auto, 2x, 0.5x" */
    const char *help;           /* one line */
    const char *const *choices; /* CHOICE: NULL-terminated; NULL where the vocabulary decides */
    size_t offset,
        size; /* of the field in ps_experiment, ps_task_type, ps_lock_def, ps_phase_def */
    uint64_t min,
        max; /* COUNT, DURATION in ns, SIZE in bytes; NUMBER, FACTOR and RATE in millionths, the
                          finest that can be written. Beside this range SIZE takes 0 */
    bool optional; /* empty text: the field is all zero bytes, which stands for "not given" */
};

/* Ends with section == NULL. In the order of a file. */
extern const struct ps_key ps_keys[];

/* Whether there are several of the section, each with a name: "task", "lock", "phase". */
bool ps_section_is_named(const char *section);

#endif
