/* A worker slot of an engine whose waiting tasks hold their OS thread: what a thread needs while it
 * is the worker, and how it runs a task. Private to engines/.
 *
 * A slot has one thread at a time; it changes hands across a join or under the engine's lock. Its
 * memory lives as long as the engine, since a late wake-up may still hold the parker. */
#ifndef PS_ENGINES_COMMON_SLOT_H
#define PS_ENGINES_COMMON_SLOT_H

#include "engines/common/altstack.h"
#include "engines/common/core.h"
#include "engines/common/parker.h"

struct ps_slot {
    _Alignas(128) struct ps_engine *engine;
    unsigned number;
    struct ps_parker parker;
    struct ps_probe probe;
    struct ps_altstack altstack;
};

/* Owner, no thread in it. */
void ps_slot_init(struct ps_slot *slot, struct ps_engine *engine, unsigned number);
void ps_slot_fini(struct ps_slot *slot);

/* The calling thread is the worker / no longer: ps_self, the alternate signal stack, the probe.
 * record: what ps_self()->worker shall be. */
void ps_slot_enter(struct ps_slot *slot, void *record);
void ps_slot_leave(struct ps_slot *slot);

/* The slot's thread: run a queued task to its end, or end it if it is to be stopped already. */
void ps_slot_run(struct ps_slot *slot, struct ps_task *task);

/* The slot's thread, from ps_engine_ops.wait: ps_thread_wait, and stays in the wait while *paused
 * is not 0. Whoever sets it to 0 wakes the parker afterwards. */
enum ps_err ps_slot_wait(struct ps_slot *slot, _Atomic uint32_t *paused, struct ps_task *task,
                         struct ps_wait *wait);
/* Its second half, for an engine that waits in its own way. */
void ps_slot_hold(struct ps_slot *slot, _Atomic uint32_t *paused, struct ps_task *task);

/* What every engine of this kind answers to PS_WAIT_CALL, PS_KNOB_OFFLOAD and tasks without a body.
 */
static inline bool ps_task_has_body(const struct ps_task *task)
{
    return task->body->run || task->body->step;
}

/* Create a thread with every signal blocked but those of its own faults, of `stack` bytes (0: the
 * system's default), joinable or detached. PS_EAGAIN, PS_ENOMEM. */
enum ps_err ps_thread_create(pthread_t *thread, size_t stack, bool detached, void *(*main)(void *),
                             void *argument);

#endif
