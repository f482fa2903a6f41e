/* A loop's thread: its turns.
 *
 * Turn: take what came in; end waits whose time has come; run what can run for a slice; let libuv
 * poll. libuv's callbacks only mark (end a wait); bodies run in the slice, so that a turn is bounded
 * and the poll comes round however much there is to run. What the last poll has brought is run before
 * the next one, for POLL_NS at most: what that finds is queued behind it anyway, and it would report
 * again the descriptors whose tasks have not read yet. The loop sleeps only if nothing can run;
 * if its last sleep was short it looks out for LOOK_NS before. See inbox.c for how it is woken.
 *
 * Priorities: each loop has its own; there are two lists of each kind, and a post of high priority
 * (`urgent`) ends the slice. See PS_TRAIT_PRIORITY.
 *
 * Within a slice the clock is read once a stretch: units double while a stretch is short, and a long
 * one makes the next a single unit. What the loop owes (see async.c) is settled with it, and before
 * a unit that may be long, so that a loop that is stuck shows what it has in its queue. */
#include <limits.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/async/async.h"
#include "engines/common/lock.h"
#include "engines/common/parker.h"

enum { ARRIVALS_A_TURN = 1024, LONGEST_STRETCH = 64, RELAX_A_LOOK = 16 };
#define SLICE_NS   (200 * (uint64_t)PS_NS_PER_US)
#define POLL_NS    (10 * (uint64_t)PS_NS_PER_MS)
#define STRETCH_NS (5 * (uint64_t)PS_NS_PER_US)
/* How long a loop looks out before it sleeps, and how short a sleep makes that worth it. */
#define LOOK_NS (2 * (uint64_t)PS_NS_PER_US)
#define REST_NS (100 * (uint64_t)PS_NS_PER_US)

/* ---- taking in ---- */

static void note_peak(struct ps_async_loop *loop)
{
    struct ps_cell *cell = loop->probe.cell;
    uint64_t depth = atomic_load_explicit(&cell->queue_depth, memory_order_relaxed);
    if (depth > atomic_load_explicit(&cell->depth_peak, memory_order_relaxed))
        atomic_store_explicit(&cell->depth_peak, depth, memory_order_relaxed);
}

/* relaxed: a hint, after every unit. */
static bool is_urgent(const struct ps_async_loop *loop)
{
    return __builtin_expect(
        atomic_load_explicit((_Atomic uint32_t *)&loop->urgent, memory_order_relaxed) != 0, 0);
}

static void take_in(struct ps_async_loop *loop)
{
    unsigned most = ARRIVALS_A_TURN;
    if (is_urgent(loop)) {
        atomic_store(&loop->urgent, 0);
        most = UINT_MAX;
    }
    struct ps_task_list came = ps_async_take_inbox(loop);
    ps_task_list_join(&loop->arrivals, &came);
    if (!loop->arrivals.first)
        return;
    note_peak(loop);
    struct ps_task *task;
    for (unsigned n = 0; n < most && (task = ps_task_list_pop(&loop->arrivals)); n++)
        if (task->wait)
            ps_async_note(task);
        else
            ps_task_list_push(&loop->fresh[task->priority], task);
}

/* ---- running ---- */

static void finish(struct ps_async_loop *loop, struct ps_task *task)
{
    ps_async_forget_task(loop, task);
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
    loop->depth_owed--;
    loop->gate_owed--;
    ps_async_settle_soon(loop);
    if (!ps_task_begin(&loop->probe, task))
        return;
    loop->active++;
    advance(loop, task);
}

/* This loop's share of the permits: an equal one, at least 1. None where it is to retire, also before it
 * has been told: what it holds is for the others. */
static size_t permits(const struct ps_async_loop *loop)
{
    struct ps_async *engine = loop->engine;
    uint64_t limit = atomic_load_explicit(&engine->limit, memory_order_relaxed);
    if (limit == 0)
        return SIZE_MAX;
    uint32_t live = atomic_load_explicit(&engine->live, memory_order_relaxed);
    if (loop->slot >= live)
        return 0;
    uint64_t share = limit / live + (loop->slot < limit % live);
    return share > 0 ? share : 1;
}

static bool can_start(struct ps_async_loop *loop, enum ps_priority priority)
{
    /* While cancelling, starting a task ends it: no permit is needed. */
    return loop->fresh[priority].first && (loop->cancelling || loop->active < permits(loop));
}

static bool can_run(struct ps_async_loop *loop, enum ps_priority priority)
{
    return loop->ready[priority].first || can_start(loop, priority);
}

/* Whose turn it is. */
static inline enum ps_priority next_priority(struct ps_async_loop *loop)
{
    if (__builtin_expect(
            !loop->ready[PS_PRIORITY_HIGH].first && !loop->fresh[PS_PRIORITY_HIGH].first, 1) ||
        !can_run(loop, PS_PRIORITY_HIGH))
        return PS_PRIORITY_NORMAL;
    bool others = loop->in_a_row >= PS_HIGH_IN_A_ROW && can_run(loop, PS_PRIORITY_NORMAL);
    return others ? PS_PRIORITY_NORMAL : PS_PRIORITY_HIGH;
}

static void count_turn(struct ps_async_loop *loop, enum ps_priority priority)
{
    loop->in_a_row = priority == PS_PRIORITY_HIGH ? loop->in_a_row + 1 : 0;
}

struct slice {
    uint64_t end_ns, since_ns; /* since: the stretch began */
    unsigned left;             /* units of the stretch */
};

static struct slice slice_begin(struct ps_async_loop *loop)
{
    uint64_t now_ns = ps_now_ns();
    return (struct slice){now_ns + SLICE_NS, now_ns, loop->stretch};
}

static bool slice_next_stretch(struct ps_async_loop *loop, struct slice *slice)
{
    uint64_t now_ns = ps_now_ns();
    ps_async_settle(loop);
    if (now_ns - slice->since_ns > STRETCH_NS)
        loop->stretch = 1;
    else if (loop->stretch < LONGEST_STRETCH)
        loop->stretch *= 2;
    slice->since_ns = now_ns;
    slice->left = loop->stretch;
    return now_ns >= slice->end_ns;
}

/* A unit has been run. */
static inline bool slice_over(struct ps_async_loop *loop, struct slice *slice)
{
    uint64_t turns = atomic_load_explicit(&loop->turns, memory_order_relaxed);
    atomic_store_explicit(&loop->turns, turns + 1, memory_order_relaxed);
    return is_urgent(loop) || (--slice->left == 0 && slice_next_stretch(loop, slice));
}

static bool run_job(struct ps_async_loop *loop)
{
    if (!ps_async_has_jobs(loop))
        return false;
    ps_probe_state(&loop->probe, PS_STATE_RUN, -1);
    return ps_async_run_job(loop, &loop->probe);
}

/* Fresh tasks, ready ones and jobs by turns, for a slice. Returns whether more could run at once. */
static bool run(struct ps_async_loop *loop)
{
    bool ran = can_run(loop, PS_PRIORITY_NORMAL) || can_run(loop, PS_PRIORITY_HIGH) ||
               ps_async_has_jobs(loop);
    bool over = false;
    if (!ran)
        return false;
    struct slice slice = slice_begin(loop);
    while (ran && !over) {
        ran = false;
        enum ps_priority priority = next_priority(loop);
        if (can_start(loop, priority)) {
            count_turn(loop, priority);
            start(loop, ps_task_list_pop(&loop->fresh[priority]));
            ran = true;
            over = slice_over(loop, &slice);
        }
        priority = next_priority(loop);
        if (loop->ready[priority].first && !over) {
            count_turn(loop, priority);
            loop->ready_out++;
            resume(loop, ps_task_list_pop(&loop->ready[priority]));
            ran = true;
            over = slice_over(loop, &slice);
        }
        if (!over && run_job(loop)) {
            ran = true;
            over = slice_over(loop, &slice);
        }
    }
    ps_async_settle(loop);
    ps_engine_room(&loop->engine->base);
    return over;
}

static void hand_over(struct ps_async_loop *loop)
{
    struct ps_task *task;
    ps_async_settle(loop);
    while ((task = ps_task_list_pop(&loop->fresh[PS_PRIORITY_HIGH])) ||
           (task = ps_task_list_pop(&loop->fresh[PS_PRIORITY_NORMAL]))) {
        ps_async_depth(loop, -1);
        ps_async_place(loop->engine, NULL, task, true);
    }
}

/* ---- polling ---- */

/* Before a poll that blocks. An alarm that is too early is left: the turn that it causes sets it
 * anew, which is cheaper than setting it for every wait that ends before its time. */
static void set_alarm(struct ps_async_loop *loop, uint64_t next_ns)
{
    if (next_ns >= loop->alarm_ns)
        return;
    loop->alarm_ns = next_ns;
    struct itimerspec at = {{0, 0}, ps_timespec(next_ns)};
    at.it_value.tv_nsec |= next_ns == 0; /* 0 would disarm it */
    timerfd_settime(loop->alarm_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void sleep_until(struct ps_async_loop *loop, enum ps_async_sleep how, uint64_t until_ns)
{
    if (how == PS_ASYNC_ON_FUTEX) {
        ps_futex_wait(&loop->asleep, PS_ASYNC_ON_FUTEX, until_ns);
    } else {
        set_alarm(loop, until_ns);
        uv_run(&loop->uv, UV_RUN_ONCE);
    }
}

/* Two loops that hand work to and fro would pay for a wake-up each time, which takes ten times as
 * long as this. Not before a poll: it would keep descriptors waiting. Nor at every instant: who
 * takes each task as it comes takes its poster's cache lines, so some are let pile up. */
static bool look_out(struct ps_async_loop *loop)
{
    uint64_t end_ns = ps_now_ns() + LOOK_NS;
    do {
        for (unsigned i = 0; i < RELAX_A_LOOK; i++)
            ps_relax();
        if (ps_async_has_mail(loop, false))
            return true;
    } while (ps_now_ns() < end_ns);
    return false;
}

static void note_poll(struct ps_async_loop *loop)
{
    loop->polled_ns = ps_now_ns();
    loop->ready_polled = loop->ready_in;
}

static void poll_now(struct ps_async_loop *loop)
{
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    note_poll(loop);
}

static bool poll_is_due(const struct ps_async_loop *loop)
{
    return loop->ready_out >= loop->ready_polled || ps_now_ns() - loop->polled_ns >= POLL_NS;
}

static void block(struct ps_async_loop *loop, bool paused)
{
    uint64_t next_ns = ps_timers_next(&loop->timers);
    uint64_t until_ns = loop->sweep_ns < next_ns ? loop->sweep_ns : next_ns;
    /* No descriptor is watched, no call is on a helper, no handle is to be closed: nothing to poll. */
    bool polls = uv_loop_alive(&loop->uv) != 0;
    enum ps_async_sleep how = polls ? PS_ASYNC_IN_POLL : PS_ASYNC_ON_FUTEX;
    if (loop->active == 0 && !ps_async_any(loop->fresh))
        ps_engine_check_done(&loop->engine->base);
    if (how == PS_ASYNC_ON_FUTEX && loop->short_rest && !paused && look_out(loop))
        return;
    if (!ps_async_fall_asleep(loop, how, paused)) {
        poll_now(loop);
        return;
    }
    if (paused)
        ps_probe_state(&loop->probe, PS_STATE_PAUSED, -1);
    else
        ps_probe_park(&loop->probe);
    uint64_t slept_ns = ps_now_ns();
    sleep_until(loop, how, until_ns);
    ps_async_awake(loop);
    note_poll(loop);
    loop->short_rest = loop->engine->looks && loop->polled_ns - slept_ns < REST_NS;
    if (!paused)
        ps_probe_woken(&loop->probe);
}

static void on_time(struct ps_async_loop *loop)
{
    if (ps_timers_next(&loop->timers) == PS_NEVER && loop->sweep_ns == PS_NEVER)
        return;
    uint64_t now_ns = ps_now_ns();
    ps_async_expire(loop, now_ns);
    ps_async_sweep(loop, now_ns);
}

void ps_async_turns(struct ps_async_loop *loop)
{
    struct ps_async *engine = loop->engine;
    do {
        /* seq_cst, partner: ps_async_call_loop; before all that a caller may have changed. */
        if (atomic_load(&loop->called))
            atomic_exchange(&loop->called, 0);
        /* Before what came in is taken: all that came while it was paused has its place in line. */
        bool paused = atomic_load_explicit(&engine->paused, memory_order_acquire);
        take_in(loop);
        on_time(loop);
        enum ps_engine_phase phase = ps_engine_phase(&engine->base);
        if (phase >= PS_ENGINE_CANCELLING && !loop->cancelling) {
            loop->cancelling = true;
            ps_async_cancel_waits(loop);
        }
        paused = paused && phase < PS_ENGINE_DRAINING;
        if (ps_async_loop_retiring(loop) && !loop->cancelling)
            hand_over(loop);
        bool more = !paused && run(loop);
        if (ps_async_loop_leave(loop))
            return;
        if (!more && !loop->arrivals.first)
            block(loop, paused);
        else if (poll_is_due(loop))
            poll_now(loop);
    } while (true);
}
