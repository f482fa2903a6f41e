/* Parks one OS thread, on a futex or in poll, and wakes it. Private to engines/.
 *
 * Owner: the thread; its memory lives as long as the engine, so a late wake-up of a thread that
 * has gone on or ended is harmless. */
#ifndef PS_ENGINES_COMMON_PARKER_H
#define PS_ENGINES_COMMON_PARKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "engines/engine.h"

struct ps_parker {
    /* bit 0: the owner sleeps on the futex; bit 1: the owner is in poll; the rest counts wakes. */
    _Atomic uint32_t word;
    int event_fd; /* -1 until the first poll */
    bool shared;  /* in memory that processes share: whoever wakes it may be in another one. Its
                     event_fd is then made by its owner before anybody may wake it */
};

void ps_parker_init(struct ps_parker *parker);
void ps_parker_destroy(struct ps_parker *parker);

/* Owner. Take a ticket, then test the condition, then wait with that ticket: a wake after the
 * ticket was taken ends the wait at once. */
uint32_t ps_parker_ticket(struct ps_parker *parker);

/* Owner, the thread that runs `task`, before the first ticket of a wait with it. */
void ps_parker_expose(struct ps_parker *parker, struct ps_task *task);

/* Owner. Until woken or until_ns (PS_NEVER: no limit). false: the time is up. */
bool ps_parker_wait(struct ps_parker *parker, uint32_t ticket, uint64_t until_ns);

/* Owner. As wait, and also until fd is ready for events (POLLIN, POLLOUT). PS_OK: ready;
 * PS_EAGAIN: woken; PS_ETIMEDOUT; PS_ELIMIT: no descriptor for the wake-up. */
enum ps_err ps_parker_poll(struct ps_parker *parker, uint32_t ticket, int fd, short events,
                           uint64_t until_ns);

/* Any thread; does not block. Publish the condition before. */
void ps_parker_wake(struct ps_parker *parker);
/* From another process, where the event descriptor of a shared parker has another number. */
void ps_parker_wake_by(struct ps_parker *parker, int event_fd);

/* The whole of ps_engine_ops.wait for engines whose waiting tasks hold their OS thread: parks the
 * calling thread, which runs `task`, with `parker`; publishes worker state and wait counts through
 * `probe`. YIELD is sched_yield. JOIN waits, it does not help. Sets and returns wait->result. */
enum ps_err ps_thread_wait(struct ps_probe *probe, struct ps_parker *parker, struct ps_task *task,
                           struct ps_wait *wait);

/* Unpark a task that runs on an OS thread of its own (task->parker is set); no effect on one that
 * has not started. */
void ps_thread_unpark(struct ps_task *task);

/* futex(2), private. wait: false when until_ns passed. */
bool ps_futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t until_ns);
void ps_futex_wake(_Atomic uint32_t *word, int threads);

#endif
