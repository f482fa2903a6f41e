/* What the contract's cases are made of: a rig (segment, engine, jobs) that checks conservation
 * when it is closed. Assertions are made on the test's thread only; bodies leave notes in atomics.
 */
#ifndef PS_TESTS_CONTRACT_KIT_H
#define PS_TESTS_CONTRACT_KIT_H

#include "support.h"

#include <pthread.h>

#include "base/clock.h"
#include "engines/engine.h"

/* A policy of an engine under test: the initial state of every case. */
struct subject {
    const struct ps_engine_ops *ops;
    const struct ps_policy *policy;
};

struct contract_case {
    const char *name; /* NULL ends a table */
    void (*run)(const struct subject *subject);
    /* Its bodies use memory or descriptors of the test: left out where workers are processes. */
    bool shares;
};
extern const struct contract_case life_cases[], wait_cases[], family_cases[], frame_cases[],
    load_cases[], light_cases[], chan_cases[], sync_cases[], hog_cases[], priority_cases[];

/* How long anything may take before the test calls it lost. */
#define PATIENCE_NS (100 * (uint64_t)PS_NS_PER_S)

struct rig;
struct job;
typedef struct ps_wait *job_step(struct job *job);

/* A task of the tests. Memory belongs to the rig until it is closed. */
struct job {
    struct ps_task task;
    struct rig *rig;
    job_step *step;
    void (*ended)(struct job *job); /* or NULL */
    struct ps_wait wait;
    unsigned phase; /* counts steps; a step sees how often it was called before */
    long number;
    void *data;
    _Atomic bool may_go; /* see step_park */
    _Atomic unsigned started, ends, releases;
    _Atomic unsigned outcome; /* after the end */
    struct job *next;
};

struct rig {
    const struct subject *subject;
    struct ps_segment *segment;
    struct ps_engine *engine;
    pthread_mutex_t lock; /* of the rest */
    pthread_cond_t changed;
    struct job *jobs;
    uint64_t made, released;
    uint64_t outcomes[PS_OUTCOME_COUNT];
    uint64_t marks; /* free for a case; see rig_mark */

    int segment_fd;
    struct rig_apart *apart; /* of workers that are processes, or NULL; see apart.h */
};

bool subject_has(const struct subject *subject, unsigned trait);
/* How often to do what is dear where workers are processes: `times`, or a fraction of it. */
int subject_rounds(const struct subject *subject, int times);
/* Whether `workers` tasks that wait can be all the engine's workers. */
bool subject_holds_threads(const struct subject *subject);
/* Whether what a task submits goes into the queue of its own worker. */
bool subject_keeps(const struct subject *subject);

struct ps_engine_config rig_config(unsigned workers, size_t queue);
/* create; also start. slots of the segment: 32. */
void rig_create(struct rig *rig, const struct subject *subject, struct ps_engine_config config);
void rig_start(struct rig *rig, const struct subject *subject, struct ps_engine_config config);
/* A rig of its own default: queue 4096, PS_ON_FULL_BLOCK. */
void rig_open(struct rig *rig, const struct subject *subject, unsigned workers);
/* close, stop, every check that must hold at the end, destroy. */
void rig_close(struct rig *rig, enum ps_close how);

struct job *rig_job(struct rig *rig, job_step *step);
/* From a body: a child of `parent`. */
struct job *job_child(struct job *parent, job_step *step);
/* Must be accepted. Not from bodies. */
void rig_submit(struct rig *rig, struct job *job);
struct job *rig_run(struct rig *rig, job_step *step);

/* Until so many jobs are released in total; until so many marks were made. */
void rig_await(struct rig *rig, uint64_t released);
void rig_mark(struct rig *rig);
void rig_await_marks(struct rig *rig, uint64_t marks);

/* A pause has begun when every worker has seen it or waits with its task: none is on its way to a
 * queue. */
void rig_pause(struct rig *rig, bool paused);
uint64_t rig_depth(struct rig *rig);                      /* of every queue */
uint64_t rig_waiting(struct rig *rig, enum ps_state why); /* tasks that wait now */
void rig_await_waiting(struct rig *rig, enum ps_state why, uint64_t tasks);

/* Give up when the wait was cut short, as bodies must. true: it was. */
bool job_cancelled(struct job *job);
struct ps_wait *job_wait(struct job *job, enum ps_wait_kind kind, enum ps_state why,
                         uint64_t until_ns);

/* Steps. */
struct ps_wait *step_nothing(struct job *job);
struct ps_wait *step_park(struct job *job);      /* until rig_let_go, however often it is woken */
struct ps_wait *step_mark_park(struct job *job); /* marks, then parks */
void rig_let_go(struct job *job);

#endif
