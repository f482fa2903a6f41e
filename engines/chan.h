/* Channels between tasks, the same on every engine: a waiting task waits in its engine's way
 * (PS_WAIT_PARK). Public and installed.
 *
 * A channel carries pointers, in order. Unbuffered (capacity 0): a send ends when a receiver has the
 * value. Closed: sends fail, receives take what is left and then fail. Waiters are served in the
 * order in which they came. A cancelled or timed-out waiter has either got its value through or not,
 * and is told which: no value is lost or doubled.
 *
 * Memory: a channel outlives every task that uses it; a waiter is its task's, until its wait is over.
 * Direct style (ps_chan_send, ps_chan_receive, ps_select) waits in place; event style begins, returns
 * PS_EAGAIN with a wait to return from the body's step, and asks again when it is called next. */
#ifndef PS_ENGINES_CHAN_H
#define PS_ENGINES_CHAN_H

#include "engines/common/lock.h"
#include "engines/engine.h"

struct ps_chan_waiter;

struct ps_chan {
    struct ps_lock lock; /* of the rest; never held across a wait */
    bool closed;
    size_t capacity, count, first;
    void **slot; /* a ring of `capacity` */
    struct ps_chan_queue {
        struct ps_chan_waiter *first, *last;
    } senders, receivers;
};

/* One channel operation of a task. */
struct ps_chan_case {
    struct ps_chan *chan;
    bool send;
    void *value; /* to send; or what was received */
};

struct ps_chan_waiter {
    struct ps_chan_waiter *next, *previous;
    struct ps_chan_wait *owner;
    unsigned index; /* of its case */
    bool queued;
};

#define PS_SELECT_CASES 8u

/* A task's wait for one of several operations. Event style: the task's own, kept from begin until
 * the result is not PS_EAGAIN. */
struct ps_chan_wait {
    struct ps_wait wait; /* what to return from the step */
    struct ps_task *task;
    struct ps_chan_case *cases;
    unsigned count;
    /* 0 until a counterpart claims it by CAS; then case + 1, with CLOSED if its channel was closed. */
    _Atomic uint32_t claim;
    struct ps_chan_waiter waiter[PS_SELECT_CASES];
};

/* PS_ENOMEM. */
enum ps_err ps_chan_init(struct ps_chan *chan, size_t capacity);
/* Nobody uses it any more. */
void ps_chan_destroy(struct ps_chan *chan);
/* Any thread. Idempotent. Everybody who waits learns. */
void ps_chan_close(struct ps_chan *chan);

/* Now or not at all. Any thread. PS_OK, PS_EAGAIN, PS_ECLOSED. */
enum ps_err ps_chan_try_send(struct ps_chan *chan, void *value);
enum ps_err ps_chan_try_receive(struct ps_chan *chan, void **value);

/* Direct style. PS_OK; PS_ECLOSED; PS_ETIMEDOUT at until_ns (PS_NEVER: none); PS_ECANCELED. */
enum ps_err ps_chan_send(struct ps_chan *chan, struct ps_task *task, void *value,
                         uint64_t until_ns);
enum ps_err ps_chan_receive(struct ps_chan *chan, struct ps_task *task, void **value,
                            uint64_t until_ns);

/* The first of `count` <= PS_SELECT_CASES operations that can be done, a fair choice among those that
 * can at once; *chosen says which. until_ns 0: none can: PS_EAGAIN at once (a default case).
 * PS_ECLOSED: the chosen channel is closed. The same channel may come more than once. */
enum ps_err ps_select(struct ps_task *task, struct ps_chan_case *cases, unsigned count,
                      unsigned *chosen, uint64_t until_ns);

/* Event style: the three steps of the same. begin: PS_EAGAIN: return &wait->wait from the step; call
 * `again` when the body is called next: PS_EAGAIN: return it once more. */
enum ps_err ps_select_begin(struct ps_chan_wait *wait, struct ps_task *task,
                            struct ps_chan_case *cases, unsigned count, unsigned *chosen,
                            uint64_t until_ns);
enum ps_err ps_select_again(struct ps_chan_wait *wait, unsigned *chosen);

#endif
