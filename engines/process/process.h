/* The engine's side of a pool of processes. Private to engines/process/. */
#ifndef PS_ENGINES_PROCESS_POOL_H
#define PS_ENGINES_PROCESS_POOL_H

#include <sys/types.h>

#include "engines/common/core.h"
#include "engines/common/lock.h"
#include "engines/process.h"
#include "engines/process/arena.h"

extern const struct ps_engine_ops ps_engine_process;
extern const struct ps_policy ps_process_policies[];

/* What the keeper knows of the process of a slot. Owner: the keeper; `poll_fd` is read by whoever wakes
 * (release and acquire: what made it comes before), constant once it is made, and made before there is
 * a process: who learns of that process from itself (the idle bits) finds it. */
struct ps_process_child {
    pid_t pid;           /* 0: none */
    int pid_fd;          /* of pid */
    _Atomic int poll_fd; /* eventfd of its parker; -1: not yet made */
    unsigned unready;    /* deaths in a row before it was ready */
    bool hopeless;       /* it cannot be replaced */
    uint64_t
        given[PS_MAX_TYPES]; /* tasks of the line that this slot has taken and that are settled */
};

/* What the owner asks for, and what the keeper answers. Under `orders`. */
struct ps_process_orders {
    unsigned target;          /* workers wanted */
    bool leave;               /* the keeper ends when no process is left */
    uint64_t asked, answered; /* orders so far; of which so many have been carried out */
    enum ps_err result;       /* of the last one carried out */
};

struct ps_process {
    struct ps_engine base;
    struct ps_process_config config; /* with copies */
    struct ps_arena *arena;
    int arena_fd, bell_fd, epoll_fd;
    struct ps_process_child *child; /* one a slot */
    char **environment; /* of the workers; the first is PS_WORKER_VARIABLE, the keeper's to set */
    char variable[48];

    /* Keeper. */
    pthread_t keeper;
    bool has_keeper; /* owner's */
    pthread_mutex_t orders_lock;
    pthread_cond_t answered;
    struct ps_process_orders orders;

    _Atomic uint64_t unsettled; /* records in use */
    _Atomic uint32_t broken;    /* 1: no worker lives and none can be made */

    _Alignas(128) struct ps_lock lock; /* of the rest, of appending, and of task->context */
    uint32_t *free;                    /* records that were used and are free again: a stack */
    uint32_t free_count, fresh;        /* fresh: those from here on were never used */
    uint32_t reserved;                 /* records taken and not yet appended */
};

static inline struct ps_process *ps_process_of(struct ps_engine *engine)
{
    return (struct ps_process *)engine;
}

/* Any thread: have a worker look again at what it waits for. */
void ps_process_wake(struct ps_process *pool, unsigned slot);
void ps_process_wake_all(struct ps_process *pool);
/* Wake somebody idle for a task that was appended. Any thread. */
void ps_process_call(struct ps_process *pool);
void ps_process_ring(struct ps_process *pool);

/* Show the depth of the line. Under the lock. */
void ps_process_show_depth(struct ps_process *pool);
/* End the task of a record that no worker has any more: `returned` if it comes from one. */
void ps_process_settle(struct ps_process *pool, uint32_t index, bool returned);
/* End what waits, as cancelled or (broken) as failed. Any thread. */
void ps_process_end_queued(struct ps_process *pool, enum ps_outcome outcome);

/* Descriptors that a worker gets under numbers of its own must not lie among those: fd, or a duplicate
 * above them. -1 stays -1. */
int ps_process_out_of_the_way(int fd);

/* keeper.c. Owner. The keeper is a thread; an order is a number of workers. */
enum ps_err ps_keeper_start(struct ps_process *pool);
enum ps_err ps_keeper_order(struct ps_process *pool, unsigned workers);
/* Every process ends in order; the thread is joined. */
void ps_keeper_end(struct ps_process *pool);

/* children.c. The keeper. */
enum ps_err ps_child_spawn(struct ps_process *pool, unsigned slot);
/* Its process is dead: reap it, close its books. true: it ended in order. `why` says how it ended. */
bool ps_child_bury(struct ps_process *pool, unsigned slot, char *why, size_t size);

#endif
