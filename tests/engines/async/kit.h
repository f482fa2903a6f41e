/* What the tests of the async engine share: an engine over a private segment, and jobs: tasks whose
 * event-style body is a function of the test, counted at every turn of their life. */
#ifndef PS_TESTS_ENGINES_ASYNC_KIT_H
#define PS_TESTS_ENGINES_ASYNC_KIT_H

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engines/engine.h"

/* For threads that are not the test's: cmocka's assertions jump. */
#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                        \
        }                                                                   \
    } while (0)

struct job;
typedef struct ps_wait *job_step(struct job *job);

struct rig {
    struct ps_segment *segment;
    struct ps_engine *engine;
    /* Over all jobs. */
    _Atomic uint64_t ended, released, twice;
    _Atomic uint64_t outcome[PS_OUTCOME_COUNT];
    _Atomic uint64_t running, most_running; /* started and not ended */
    sem_t event;                            /* posted by steps that have something to tell */
};

struct job {
    struct ps_task task;
    struct rig *rig;
    job_step *step;
    int phase;
    struct ps_wait wait;
    void *arg;
    uint64_t number;
    _Atomic uint32_t ends;
    bool owned; /* freed when released */
};

/* A config of the rig's segment with these, everything else plain. */
struct ps_engine_config rig_config(struct rig *rig, unsigned workers, size_t queue);
void rig_open(struct rig *rig, unsigned slots);
void rig_start(struct rig *rig, const struct ps_engine_config *config);
/* close, stop, destroy; every task must have ended once and been released; descriptors are as
 * before. */
void rig_close(struct rig *rig, enum ps_close how);

/* A new job, freed when it is released. */
struct job *job_new(struct rig *rig, job_step *step, void *arg);
/* The same in the test's memory. */
void job_init(struct job *job, struct rig *rig, job_step *step, void *arg);
/* ps_submit must say PS_OK. */
void job_submit(struct job *job);

/* Waits for a step to return. */
struct ps_wait *job_until(struct job *job, uint64_t until_ns);
struct ps_wait *job_park(struct job *job, uint64_t until_ns);
struct ps_wait *job_fd(struct job *job, int fd, short events, uint64_t until_ns);
struct ps_wait *job_join(struct job *job);
struct ps_wait *job_yield(struct job *job);
struct ps_wait *job_call(struct job *job, void (*call)(void *), void *arg);

/* Wait until `event` was posted n times. */
void rig_await(struct rig *rig, uint64_t n);

/* Sum of a counter over all cells. */
uint64_t rig_started(struct rig *rig);
/* Tasks that wait now. */
uint64_t rig_waiting(struct rig *rig, enum ps_state why);
uint64_t rig_queued(struct rig *rig);
/* Wait until so many are queued: a loop settles its gauge some tasks later. */
void rig_await_queued(struct rig *rig, uint64_t n);

int open_descriptors(void);

#endif
