/* Protocol. `locked`, `last_holder` and writes of the three words are under `lock`, which is held for
 * some instructions only.
 *   taker    1 locks; free: takes it, step 4
 *            2 seen = dropped; unlocks; futex-wait(dropped == seen), an interval at most
 *            3 locks; not free, and nobody else has got it for an interval: request = 1; again from 2
 *              if not free
 *            4 locked; another thread than the last one: last_holder = itself, switched += 1;
 *              request = 0; unlocks, wakes `switched`
 *   dropper  1 locks; free; last_holder = itself; dropped += 1; seen = switched; unlocks; wakes one of
 *              `dropped`
 *            2 the request was up: futex-wait(switched == seen), so that it is not first to take it
 * A wake between the unlock and the futex call changes the word, so the call returns at once. Step 2
 * of the dropper ends: a request is up only while its taker waits, takers never give up, and the first
 * that takes it changes `switched`, since it is not the dropper.
 *
 * CPython has two mutexes and two conditions; one lock and two counting words do the same, and lose
 * no wake-up. The interval runs on when a wake-up finds the lock taken again, where CPython begins it
 * anew: its pool threads keep the GIL from task to task, ours give it up at the end of each (as C code
 * does that calls Python, PyGILState_Release) and most often have it again before who was woken runs;
 * without this nobody would ever ask a holder with tasks shorter than the interval.
 *
 * Rejected: keeping it from task to task (every place in every engine where a worker may sleep would
 * have to give it up); ps_mutex of sync.h, which parks tasks where this must hold the thread; a fair
 * hand-over, which CPython's is not: a thread that drops without a request may well be the next. */
#include "engines/gil.h"

#include <limits.h>

#include "base/clock.h"
#include "engines/common/core.h"
#include "engines/common/parker.h"

void ps_gil_init(struct ps_gil *gil, uint64_t interval_ns, struct ps_segment *segment)
{
    *gil = (struct ps_gil){.interval_ns = interval_ns, .segment = segment};
    if (segment)
        atomic_store_explicit(&segment->gil_interval_ns, interval_ns, memory_order_relaxed);
}

/* Under the lock: one writer at a time. relaxed: readers of figures take what they get. */
static void count(_Atomic uint64_t *word)
{
    atomic_store_explicit(word, atomic_load_explicit(word, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

/* The words are changed under the lock. relaxed: who reads them without it sleeps on them with a
 * futex call, which orders itself, or looks again. */
static uint32_t get(const _Atomic uint32_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static void put(_Atomic uint32_t *word, uint32_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static void begin_wait(struct ps_task *task)
{
    struct ps_probe *probe = ps_engine_probe(task->engine);
    ps_probe_wait_begin(probe, PS_STATE_GIL);
    ps_probe_state(probe, PS_STATE_GIL, task->stamp.type);
}

static void end_wait(struct ps_task *task)
{
    struct ps_probe *probe = ps_engine_probe(task->engine);
    ps_probe_state(probe, PS_STATE_RUN, task->stamp.type);
    ps_probe_wait_end(probe, PS_STATE_GIL);
}

/* ---- taking ---- */

static void ask(struct ps_gil *gil)
{
    if (ps_gil_asked(gil))
        return;
    put(&gil->drop_request, 1);
    if (gil->segment)
        count(&gil->segment->gil_requests);
}

/* Under the lock, and again when it returns: it is free. */
static void wait_for_it(struct ps_gil *gil)
{
    uint32_t switches = get(&gil->switched);
    uint64_t until_ns = ps_time_add(ps_now_ns(), gil->interval_ns);
    while (gil->locked) {
        uint32_t seen = get(&gil->dropped);
        ps_unlock(&gil->lock);
        ps_futex_wait(&gil->dropped, seen, until_ns);
        uint64_t now_ns = ps_now_ns();
        ps_lock(&gil->lock);
        bool switched = get(&gil->switched) != switches;
        if (!switched && now_ns < until_ns)
            continue;
        if (!switched && gil->locked)
            ask(gil);
        switches = get(&gil->switched);
        until_ns = ps_time_add(now_ns, gil->interval_ns);
    }
}

/* For screens. Under the lock. task NULL: nobody has it. */
static void say_who(struct ps_gil *gil, const struct ps_task *task)
{
    if (gil->segment)
        atomic_store_explicit(
            &gil->segment->gil_holder,
            task ? ps_holder_word(task->stamp.id, task->stamp.type, ps_worker_self()) : 0,
            memory_order_relaxed);
}

/* Under the lock, which it gives up. */
static void have_it(struct ps_gil *gil, const struct ps_task *task)
{
    const void *self = ps_self();
    bool awaited = ps_gil_asked(gil);
    gil->locked = true;
    say_who(gil, task);
    put(&gil->drop_request, 0);
    if (gil->last_holder != self) {
        gil->last_holder = self;
        put(&gil->switched, get(&gil->switched) + 1);
        if (gil->segment)
            count(&gil->segment->gil_switches);
    }
    ps_unlock(&gil->lock);
    if (awaited)
        ps_futex_wake(&gil->switched, INT_MAX);
}

/* Without the wait's state: the caller has set it. */
static void take_slowly(struct ps_gil *gil, const struct ps_task *task)
{
    ps_lock(&gil->lock);
    wait_for_it(gil);
    have_it(gil, task);
}

void ps_gil_take(struct ps_gil *gil, struct ps_task *task)
{
    ps_lock(&gil->lock);
    if (!gil->locked) {
        have_it(gil, task);
        return;
    }
    ps_unlock(&gil->lock);
    begin_wait(task);
    take_slowly(gil, task);
    end_wait(task);
}

/* ---- dropping ---- */

/* Returns `switched` as it was when the lock became free. */
static uint32_t give_up(struct ps_gil *gil)
{
    ps_lock(&gil->lock);
    gil->locked = false;
    say_who(gil, NULL);
    gil->last_holder = ps_self();
    put(&gil->dropped, get(&gil->dropped) + 1);
    uint32_t switches = get(&gil->switched);
    ps_unlock(&gil->lock);
    ps_futex_wake(&gil->dropped, 1);
    return switches;
}

static void let_another_have_it(struct ps_gil *gil)
{
    uint32_t switches = give_up(gil);
    while (get(&gil->switched) == switches)
        ps_futex_wait(&gil->switched, switches, PS_NEVER);
}

void ps_gil_drop(struct ps_gil *gil, struct ps_task *task)
{
    if (!ps_gil_asked(gil)) {
        give_up(gil);
        return;
    }
    begin_wait(task);
    let_another_have_it(gil);
    end_wait(task);
}

void ps_gil_switch(struct ps_gil *gil, struct ps_task *task)
{
    begin_wait(task);
    let_another_have_it(gil);
    take_slowly(gil, task);
    end_wait(task);
}
