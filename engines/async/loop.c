/* A loop's thread: its inbox, its turns, its beginning and its end.
 *
 * Turn: take what came in; end waits whose time has come; run a batch of ready and fresh tasks; let
 * libuv poll. libuv's callbacks only mark (end a wait); bodies run in the batch, so that a turn is
 * bounded (BATCH steps or SLICE_NS) and the poll comes round however much there is to run. The poll
 * blocks only if nothing can run, so nothing spins.
 *
 * Inbox: a Treiber stack through task->next; takers take all, so there is no ABA.
 *   poster  1 next = head; CAS head (release)    loop  1 CAS head -> NULL (acquire)
 *           2 head was NULL: wake the loop             2 turn the list round
 * Fresh tasks (task->wait NULL) and notes (see wait.c) share it. Only the post that finds it empty
 * wakes: the loop empties it before it blocks, so whoever comes later rides along.
 *
 * Wake-up: uv_async_send looks at a flag with a plain load before all else, and does nothing if the
 * flag is up. What the poster stored must not be overtaken by that load, or the loop lowers the
 * flag, looks, sees nothing and sleeps: hence the full barrier before it; an atomic
 * read-modify-write orders only itself on AArch64. The other side's is inside libuv: it lowers the
 * flag by a full-barrier CAS. A sender that is between its two writes makes libuv spin in the loop
 * (up to 1.44): one more reason to send only when the inbox was empty.
 *
 * End of a loop, while tasks are still being posted to it:
 *   owner  retire: life LIVE -> RETIRING; wake        poster  picks a slot that was live
 *   loop   1 hands over its fresh tasks               poster  head is CLOSED: another loop
 *          2 nothing started, nothing queued: CAS inbox NULL -> CLOSED; fails: there is more, go on
 *          3 CAS life RETIRING -> GONE; fails: the owner has revived it: opens the inbox, goes on
 *          4 ends
 *   owner  revive: CAS life RETIRING -> LIVE; fails: GONE, joins the thread and starts another
 * The two CAS decide: a task is either in before CLOSED, or its poster knows that it is not. Notes
 * cannot meet CLOSED: their task is started. Slot 0 is retired only when no task is left.
 * Rejected: a flag "closed" beside the inbox (a poster that has read it open may post later). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/async/async.h"
#include "engines/common/parker.h"
#include "engines/common/slot.h"

enum { BATCH = 256, ARRIVALS_A_TURN = 1024 };
#define SLICE_NS (200 * (uint64_t)PS_NS_PER_US)

/* Not a task: the mark of an inbox that takes nothing. */
static struct ps_task closed_mark;
#define CLOSED (&closed_mark)

void ps_async_depth(struct ps_async_loop *loop, int change)
{
    /* Posters too: a loop that is stuck in a callback could not show how its queue grows. */
    atomic_fetch_add_explicit(&loop->probe.cell->queue_depth, (uint64_t)(int64_t)change,
                              memory_order_relaxed);
}

void ps_async_signal(struct ps_async_loop *loop)
{
    __sync_synchronize();
    uv_async_send(&loop->signal);
}

bool ps_async_post(struct ps_async_loop *loop, struct ps_task *task)
{
    struct ps_task *head = atomic_load_explicit(&loop->inbox, memory_order_relaxed);
    do {
        if (head == CLOSED)
            return false;
        task->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&loop->inbox, &head, task, memory_order_release,
                                                    memory_order_relaxed));
    if (!head && ps_self()->worker != loop) {
        ps_probe_wake(ps_engine_probe(&loop->engine->base));
        ps_async_signal(loop);
    }
    return true;
}

/* ---- taking in ---- */

static bool inbox_empty(struct ps_async_loop *loop)
{
    struct ps_task *head = atomic_load_explicit(&loop->inbox, memory_order_relaxed);
    return !head || head == CLOSED;
}

/* Everything in the inbox, oldest first. Any thread. */
static struct ps_task_list take_inbox(struct ps_async_loop *loop)
{
    struct ps_task_list came = {NULL, NULL, 0};
    struct ps_task *task = atomic_load_explicit(&loop->inbox, memory_order_relaxed);
    do {
        if (!task || task == CLOSED)
            return came;
    } while (!atomic_compare_exchange_weak_explicit(&loop->inbox, &task, NULL, memory_order_acquire,
                                                    memory_order_relaxed));
    came.last = task;
    while (task) {
        struct ps_task *older = task->next;
        task->next = came.first;
        came.first = task;
        came.count++;
        task = older;
    }
    return came;
}

static void note_peak(struct ps_async_loop *loop)
{
    struct ps_cell *cell = loop->probe.cell;
    uint64_t depth = atomic_load_explicit(&cell->queue_depth, memory_order_relaxed);
    if (depth > atomic_load_explicit(&cell->depth_peak, memory_order_relaxed))
        atomic_store_explicit(&cell->depth_peak, depth, memory_order_relaxed);
}

static void take_in(struct ps_async_loop *loop)
{
    struct ps_task_list came = take_inbox(loop);
    ps_task_list_join(&loop->arrivals, &came);
    if (!loop->arrivals.first)
        return;
    note_peak(loop);
    struct ps_task *task;
    for (unsigned n = 0; n < ARRIVALS_A_TURN && (task = ps_task_list_pop(&loop->arrivals)); n++)
        if (task->wait)
            ps_async_note(task);
        else
            ps_task_list_push(&loop->fresh, task);
}

/* ---- running ---- */

static void finish(struct ps_async_loop *loop, struct ps_task *task)
{
    ps_async_record_put(task->context);
    ps_task_finish(&loop->probe, task);
    loop->active--;
}

static void advance(struct ps_async_loop *loop, struct ps_task *task)
{
    struct ps_wait *wait;
    do {
        wait = task->body->step(task);
        if (!wait) {
            finish(loop, task);
            return;
        }
    } while (ps_async_wait(loop, task, wait));
}

static void resume(struct ps_async_loop *loop, struct ps_task *task)
{
    if (task->wait->kind == PS_WAIT_YIELD)
        task->wait->result = ps_task_stopped(task) ? PS_ECANCELED : PS_OK;
    ps_probe_state(&loop->probe, PS_STATE_RUN, task->stamp.type);
    advance(loop, task);
}

static void start(struct ps_async_loop *loop, struct ps_task *task)
{
    ps_async_depth(loop, -1);
    ps_async_leave_queue(loop->engine);
    struct ps_async_record *record = ps_async_record_take(loop, task);
    if (!record) {
        task->outcome = PS_FAILED;
        ps_probe_unstarted(&loop->probe);
        ps_task_finish(&loop->probe, task);
        return;
    }
    task->context = record;
    if (!ps_task_begin(&loop->probe, task)) {
        ps_async_record_put(record);
        return;
    }
    loop->active++;
    advance(loop, task);
}

/* This loop's share of the permits: an equal one, at least 1. */
static size_t permits(const struct ps_async_loop *loop)
{
    struct ps_async *engine = loop->engine;
    uint64_t limit = atomic_load_explicit(&engine->limit, memory_order_relaxed);
    if (limit == 0)
        return SIZE_MAX;
    uint32_t live = atomic_load_explicit(&engine->live, memory_order_relaxed);
    uint64_t share = limit / live + (loop->slot < limit % live);
    return share > 0 ? share : 1;
}

static bool is_retiring(struct ps_async_loop *loop)
{
    return atomic_load_explicit(&loop->life, memory_order_acquire) == PS_ASYNC_RETIRING;
}

static bool can_start(struct ps_async_loop *loop)
{
    /* While cancelling, starting a task ends it: no permit is needed. */
    return loop->fresh.first && (loop->cancelling || loop->active < permits(loop));
}

/* A batch: ready and fresh tasks by turns. Returns whether more could run at once. */
static bool run(struct ps_async_loop *loop)
{
    uint64_t end_ns = 0;
    for (unsigned n = 0; n < BATCH; n++) {
        bool fresh = can_start(loop);
        if (!fresh && !loop->ready.first)
            return false;
        if (fresh && (!loop->ready.first || n % 2 == 0))
            start(loop, ps_task_list_pop(&loop->fresh));
        else
            resume(loop, ps_task_list_pop(&loop->ready));
        uint64_t now_ns = ps_now_ns();
        if (n == 0)
            end_ns = now_ns + SLICE_NS;
        if (now_ns >= end_ns)
            break;
    }
    return loop->ready.first || can_start(loop);
}

static void hand_over(struct ps_async_loop *loop)
{
    struct ps_task *task;
    while ((task = ps_task_list_pop(&loop->fresh))) {
        ps_async_depth(loop, -1);
        ps_async_place(loop->engine, NULL, task);
    }
}

/* ---- polling ---- */

static void set_alarm(struct ps_async_loop *loop)
{
    uint64_t next_ns = ps_timers_next(&loop->timers);
    if (next_ns == loop->alarm_ns)
        return;
    loop->alarm_ns = next_ns;
    struct itimerspec at = {{0, 0}, {0, 0}};
    if (next_ns != PS_NEVER) {
        at.it_value = ps_timespec(next_ns);
        at.it_value.tv_nsec |= next_ns == 0; /* 0 would disarm it */
    }
    timerfd_settime(loop->alarm_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void on_alarm(uv_poll_t *poll, int status, int events)
{
    struct ps_async_loop *loop = poll->data;
    uint64_t times;
    (void)status, (void)events;
    if (read(loop->alarm_fd, &times, sizeof times) == (ssize_t)sizeof times)
        loop->alarm_ns = PS_NEVER;
}

static void on_signal(uv_async_t *signal)
{
    (void)signal; /* the turn looks at everything */
}

static void poll_loop(struct ps_async_loop *loop, bool more, bool paused)
{
    set_alarm(loop);
    if (more || loop->arrivals.first || !inbox_empty(loop)) {
        uv_run(&loop->uv, UV_RUN_NOWAIT);
        return;
    }
    if (loop->active == 0 && !loop->fresh.first)
        ps_engine_check_done(&loop->engine->base);
    if (paused) {
        ps_probe_state(&loop->probe, PS_STATE_PAUSED, -1);
        uv_run(&loop->uv, UV_RUN_ONCE);
    } else {
        ps_probe_park(&loop->probe);
        uv_run(&loop->uv, UV_RUN_ONCE);
        ps_probe_woken(&loop->probe);
    }
}

/* ---- the thread ---- */

/* Steps 2 and 3 of the end. */
static bool leave(struct ps_async_loop *loop)
{
    if (!is_retiring(loop) || loop->active || loop->fresh.first || loop->arrivals.first)
        return false;
    struct ps_task *none = NULL;
    if (!atomic_compare_exchange_strong_explicit(&loop->inbox, &none, CLOSED, memory_order_acq_rel,
                                                 memory_order_relaxed))
        return false;
    uint32_t retiring = PS_ASYNC_RETIRING;
    if (atomic_compare_exchange_strong(&loop->life, &retiring, PS_ASYNC_GONE))
        return true;
    ps_async_loop_open(loop);
    return false;
}

static void turns(struct ps_async_loop *loop)
{
    struct ps_async *engine = loop->engine;
    do {
        take_in(loop);
        ps_async_expire(loop);
        enum ps_engine_phase phase = ps_engine_phase(&engine->base);
        if (phase >= PS_ENGINE_CANCELLING && !loop->cancelling) {
            loop->cancelling = true;
            ps_async_cancel_waits(loop);
        }
        bool paused = phase < PS_ENGINE_DRAINING &&
                      atomic_load_explicit(&engine->paused, memory_order_acquire);
        if (is_retiring(loop) && !loop->cancelling)
            hand_over(loop);
        bool more = !paused && run(loop);
        if (leave(loop))
            return;
        poll_loop(loop, more, paused);
    } while (true);
}

static bool may_go(struct ps_async *engine)
{
    uint32_t begun;
    while ((begun = atomic_load(&engine->begun)) == PS_ASYNC_HOLD)
        ps_futex_wait(&engine->begun, PS_ASYNC_HOLD, PS_NEVER);
    return begun == PS_ASYNC_GO;
}

static void *thread_main(void *arg)
{
    struct ps_async_loop *loop = arg;
    if (!may_go(loop->engine))
        return NULL;
    *ps_self() = (struct ps_self){
        .engine = &loop->engine->base,
        .probe = &loop->probe,
        .worker = loop,
        .slot = (int)loop->slot,
    };
    ps_altstack_begin(&loop->altstack);
    ps_probe_thread_begin(&loop->probe);
    turns(loop);
    ps_engine_check_done(&loop->engine->base);
    ps_async_forget_all(loop);
    uv_run(&loop->uv, UV_RUN_NOWAIT); /* close callbacks */
    ps_probe_thread_end(&loop->probe);
    ps_altstack_end(&loop->altstack);
    return NULL;
}

/* ---- the owner's side ---- */

void ps_async_loop_open(struct ps_async_loop *loop)
{
    atomic_store_explicit(&loop->inbox, NULL, memory_order_release);
}

enum ps_err ps_async_loop_start(struct ps_async_loop *loop)
{
    atomic_store(&loop->life, PS_ASYNC_LIVE);
    enum ps_err err = ps_thread_create(&loop->thread, 0, false, thread_main, loop);
    loop->has_thread = err == PS_OK;
    if (err != PS_OK) {
        atomic_store(&loop->life, PS_ASYNC_GONE);
        return err;
    }
    char name[16];
    snprintf(name, sizeof name, "async-%u", loop->slot);
    pthread_setname_np(loop->thread, name);
    return PS_OK;
}

void ps_async_loop_join(struct ps_async_loop *loop)
{
    if (loop->has_thread)
        pthread_join(loop->thread, NULL);
    loop->has_thread = false;
}

bool ps_async_loop_revive(struct ps_async_loop *loop)
{
    uint32_t retiring = PS_ASYNC_RETIRING;
    return atomic_compare_exchange_strong(&loop->life, &retiring, PS_ASYNC_LIVE);
}

void ps_async_loop_retire(struct ps_async_loop *loop)
{
    uint32_t live = PS_ASYNC_LIVE;
    if (atomic_compare_exchange_strong(&loop->life, &live, PS_ASYNC_RETIRING))
        ps_async_signal(loop);
}

struct ps_task_list ps_async_loop_empty(struct ps_async_loop *loop, bool shut)
{
    struct ps_task_list all = {NULL, NULL, 0};
    struct ps_task *none;
    do {
        struct ps_task_list came = take_inbox(loop);
        ps_task_list_join(&all, &came);
        none = NULL;
    } while (shut && !atomic_compare_exchange_strong(&loop->inbox, &none, CLOSED) &&
             none != CLOSED);
    return all;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_uv(struct ps_async_loop *loop)
{
    uv_walk(&loop->uv, close_handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop->uv) != 0)
        abort();
}

/* libuv up to 1.44 leaves its epoll descriptor open when it has none for its own wake-ups. */
static enum ps_err init_uv(uv_loop_t *uv)
{
    int rc = uv_loop_init(uv);
    if (rc != 0 && uv->backend_fd >= 0)
        close(uv->backend_fd);
    return ps_err_from_errno(-rc);
}

enum ps_err ps_async_loop_init(struct ps_async *engine, struct ps_async_loop *loop, unsigned slot)
{
    loop->engine = engine;
    loop->slot = slot;
    loop->alarm_ns = PS_NEVER;
    atomic_store_explicit(&loop->inbox, CLOSED, memory_order_relaxed);
    ps_probe_bind(&loop->probe, engine->base.config.segment, slot);
    ps_timers_init(&loop->timers);
    enum ps_err err = init_uv(&loop->uv);
    if (err != PS_OK)
        return err;
    loop->alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    int rc = loop->alarm_fd < 0 ? -errno : uv_async_init(&loop->uv, &loop->signal, on_signal);
    if (rc == 0)
        rc = uv_poll_init(&loop->uv, &loop->alarm, loop->alarm_fd);
    if (rc == 0)
        rc = uv_poll_start(&loop->alarm, UV_READABLE, on_alarm);
    if (rc == 0) {
        loop->alarm.data = loop;
        atomic_store(&loop->life, PS_ASYNC_GONE);
        return PS_OK;
    }
    close_uv(loop);
    if (loop->alarm_fd >= 0)
        close(loop->alarm_fd);
    return ps_err_from_errno(-rc);
}

void ps_async_loop_fini(struct ps_async_loop *loop)
{
    close_uv(loop);
    close(loop->alarm_fd);
    ps_timers_free(&loop->timers);
    ps_altstack_free(&loop->altstack);
    struct ps_async_record *record;
    while ((record = loop->spare)) {
        loop->spare = record->next;
        free(record);
    }
    atomic_store(&loop->life, PS_ASYNC_ABSENT);
}
