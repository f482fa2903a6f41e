/* The keeper: the one thread of the engine's process that starts workers, notices their death, replaces
 * them, and settles tasks that come back. Workers are to die with their engine (PR_SET_PDEATHSIG), and
 * Linux ties that to the thread that started them: so it is this one, which lives until the last of
 * them has gone.
 *
 * It waits in epoll for the bell and for the pidfds of its children; no SIGCHLD, which belongs to the
 * program. arena.h has the protocols of what comes back, of room and of rest; a death is handled after
 * everything that had come back was settled, so what a dead worker still has is its own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/process/process.h"

enum {
    BELL = PS_MAX_WORKERS, /* epoll's word for it; others are slots */
    TRIES = 3,             /* deaths before being ready until a slot is given up */
    RETRY_MS = 100         /* after a process could not be started */
};

/* ---- what comes back ---- */

static bool collect(struct ps_process *pool)
{
    uint32_t newest = ps_done_take_all(pool->arena), oldest = 0;
    if (newest == 0)
        return false;
    while (newest != 0) { /* turn the list round: oldest first */
        struct ps_record *record = ps_arena_record(pool->arena, newest - 1);
        uint32_t below = atomic_load_explicit(&record->next, memory_order_relaxed);
        atomic_store_explicit(&record->next, oldest, memory_order_relaxed);
        oldest = newest;
        newest = below;
    }
    while (oldest != 0) {
        struct ps_record *record = ps_arena_record(pool->arena, oldest - 1);
        uint32_t next = atomic_load_explicit(&record->next, memory_order_relaxed);
        ps_process_settle(pool, oldest - 1, true);
        oldest = next;
    }
    ps_engine_room(&pool->base);
    ps_engine_check_done(&pool->base);
    return true;
}

static void answer_bell(struct ps_process *pool)
{
    uint64_t count;
    while (read(pool->bell_fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
    ps_engine_room(&pool->base);
    ps_engine_check_done(&pool->base);
    /* A worker that left may have been woken for a task. */
    if (ps_line_count(pool->arena) > 0)
        ps_process_call(pool);
}

/* ---- children ---- */

static bool lives(const struct ps_process *pool, unsigned slot)
{
    return pool->child[slot].pid != 0;
}

static void say(struct ps_process *pool, const char *text)
{
    ps_segment_say(pool->base.config.segment, text);
}

/* Nobody is left who could run anything, and nobody can be made. */
static void give_up(struct ps_process *pool)
{
    atomic_store(&pool->broken, 1);
    ps_engine_raise(&pool->base, PS_ENGINE_DRAINING);
    ps_process_end_queued(pool, PS_FAILED);
}

static void bury(struct ps_process *pool, unsigned slot)
{
    struct ps_process_child *child = &pool->child[slot];
    struct ps_share *share = ps_arena_share(pool->arena, slot);
    bool ready = atomic_load(&share->ready);
    char why[PS_MESSAGE_BYTES];
    collect(pool);
    bool in_order = ps_child_bury(pool, slot, why, sizeof why);
    child->unready = ready ? 0 : child->unready + !in_order;
    child->hopeless = child->unready >= TRIES;
    if (!in_order) {
        say(pool, why);
        ps_process_wake_all(pool); /* it may have been woken for a task, or have woken nobody */
    }
    if (ps_line_count(pool->arena) > 0)
        ps_process_call(pool);
    ps_engine_room(&pool->base);
    ps_engine_check_done(&pool->base);
}

/* Towards what the slot is to be. true: it is. */
static bool settle_slot(struct ps_process *pool, unsigned slot, bool wanted, enum ps_err *err)
{
    struct ps_share *share = ps_arena_share(pool->arena, slot);
    uint32_t live = PS_SHARE_LIVE, retiring = PS_SHARE_RETIRING;
    if (!lives(pool, slot)) {
        if (!wanted)
            return true;
        if (pool->child[slot].hopeless)
            return false;
        *err = ps_child_spawn(pool, slot);
        return *err == PS_OK;
    }
    if (!wanted) {
        if (atomic_compare_exchange_strong(&share->life, &live, PS_SHARE_RETIRING))
            ps_process_wake(pool, slot);
        return false;
    }
    if (atomic_compare_exchange_strong(&share->life, &retiring, PS_SHARE_LIVE))
        return true;
    return retiring == PS_SHARE_LIVE; /* LEFT: once it has ended it is replaced */
}

/* Of an engine that is being started: whether a worker could not begin. */
static enum ps_err start_error(struct ps_process *pool, unsigned slot)
{
    struct ps_share *share = ps_arena_share(pool->arena, slot);
    if (pool->child[slot].unready == 0)
        return PS_OK;
    enum ps_err err = (enum ps_err)atomic_load(&share->failed);
    return err == PS_OK ? PS_EIO : err;
}

struct review {
    bool grown, shrunk; /* every slot that is wanted has a live process; no other has one */
    bool ready;         /* all that are wanted */
    bool hopeless;      /* none of the wanted lives or can be made */
    enum ps_err err;
};

static struct review review_slots(struct ps_process *pool, unsigned target)
{
    struct review review = {true, true, true, target > 0, PS_OK};
    bool starting = ps_engine_phase(&pool->base) == PS_ENGINE_CREATED;
    for (unsigned slot = 0; slot < pool->arena->slots; slot++) {
        bool wanted = slot < target;
        if (wanted && starting && review.err == PS_OK)
            review.err = start_error(pool, slot);
        if (review.err != PS_OK && wanted)
            continue;
        bool settled = settle_slot(pool, slot, wanted, &review.err);
        if (!wanted) {
            review.shrunk = review.shrunk && settled;
            continue;
        }
        review.grown = review.grown && settled;
        review.ready = review.ready && atomic_load(&ps_arena_share(pool->arena, slot)->ready);
        review.hopeless = review.hopeless && !lives(pool, slot) && pool->child[slot].hopeless;
    }
    return review;
}

static void answer(struct ps_process *pool, uint64_t asked, enum ps_err result)
{
    pthread_mutex_lock(&pool->orders_lock);
    pool->orders.answered = asked;
    pool->orders.result = result;
    pthread_cond_broadcast(&pool->answered);
    pthread_mutex_unlock(&pool->orders_lock);
}

/* One look at orders and children. true: it is over. *patience_ms: until the next look, -1: none. */
static bool look_after(struct ps_process *pool, int *patience_ms)
{
    pthread_mutex_lock(&pool->orders_lock);
    struct ps_process_orders orders = pool->orders;
    pthread_mutex_unlock(&pool->orders_lock);
    bool asked = orders.asked > orders.answered;
    bool starting = ps_engine_phase(&pool->base) == PS_ENGINE_CREATED;
    struct review review = review_slots(pool, orders.target);
    if (asked && review.err != PS_OK)
        answer(pool, orders.asked, review.err);
    else if (asked && review.grown && (review.ready || !starting))
        answer(pool, orders.asked, PS_OK);
    else if (asked && review.hopeless && !starting)
        answer(pool, orders.asked, PS_EAGAIN);
    if (review.hopeless && !starting && !atomic_load(&pool->broken))
        give_up(pool);
    *patience_ms = review.err != PS_OK ? RETRY_MS : -1;
    return orders.leave && review.shrunk;
}

/* ---- the thread ---- */

static void wait_for_news(struct ps_process *pool, int patience_ms)
{
    struct epoll_event events[16];
    /* seq_cst, partner: a worker pushes on `done` and then reads asleep. */
    atomic_store(&pool->arena->asleep, 1);
    if (collect(pool))
        patience_ms = 0;
    int n = epoll_wait(pool->epoll_fd, events, 16, patience_ms);
    atomic_store(&pool->arena->asleep, 0);
    for (int i = 0; i < n; i++)
        if (events[i].data.u32 == BELL)
            answer_bell(pool);
        else
            bury(pool, events[i].data.u32);
    collect(pool);
}

static void *keeper_main(void *argument)
{
    struct ps_process *pool = argument;
    int patience_ms;
    pthread_setname_np(pthread_self(), "keeper");
    /* What `ended` submits comes from inside, and is counted outside: no worker is here. */
    *ps_self() = (struct ps_self){.engine = &pool->base, .probe = &pool->base.outside, .slot = -1};
    while (!look_after(pool, &patience_ms))
        wait_for_news(pool, patience_ms);
    *ps_self() = (struct ps_self){.slot = -1};
    return NULL;
}

/* ---- the owner ---- */

enum ps_err ps_keeper_start(struct ps_process *pool)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = BELL};
    if (epoll_ctl(pool->epoll_fd, EPOLL_CTL_ADD, pool->bell_fd, &event) != 0)
        return PS_ELIMIT;
    enum ps_err err = ps_thread_create(&pool->keeper, 0, false, keeper_main, pool);
    if (err != PS_OK) {
        epoll_ctl(pool->epoll_fd, EPOLL_CTL_DEL, pool->bell_fd, NULL);
        return err;
    }
    pool->has_keeper = true;
    err = ps_keeper_order(pool, pool->base.config.workers);
    if (err == PS_OK)
        return PS_OK;
    ps_keeper_end(pool);
    epoll_ctl(pool->epoll_fd, EPOLL_CTL_DEL, pool->bell_fd, NULL);
    return err;
}

static enum ps_err order(struct ps_process *pool, unsigned workers)
{
    pthread_mutex_lock(&pool->orders_lock);
    pool->orders.target = workers;
    pool->orders.asked++;
    ps_process_ring(pool);
    while (pool->orders.answered < pool->orders.asked)
        pthread_cond_wait(&pool->answered, &pool->orders_lock);
    enum ps_err result = pool->orders.result;
    pthread_mutex_unlock(&pool->orders_lock);
    return result;
}

enum ps_err ps_keeper_order(struct ps_process *pool, unsigned workers)
{
    pthread_mutex_lock(&pool->orders_lock);
    unsigned before = pool->orders.target;
    pthread_mutex_unlock(&pool->orders_lock);
    enum ps_err err = order(pool, workers);
    if (err != PS_OK && before < workers)
        order(pool, before);
    return err;
}

void ps_keeper_end(struct ps_process *pool)
{
    if (!pool->has_keeper)
        return;
    pthread_mutex_lock(&pool->orders_lock);
    pool->orders.target = 0;
    pool->orders.leave = true;
    ps_process_ring(pool);
    pthread_mutex_unlock(&pool->orders_lock);
    pthread_join(pool->keeper, NULL);
    pool->has_keeper = false;
}
