/* How a task waits, and who ends its wait.
 *
 * Many may want to end one wait: a timer, a descriptor, a child, a semaphore, a canceller, from any
 * thread. All that is not on the loop's thread goes through task->token:
 *
 *   TOKEN    an unpark that no PS_WAIT_PARK has consumed yet
 *   WAITING  the loop has let go of the task: its queue link is free, and whoever clears this bit
 *            owns the link and must bring the task back
 *
 * Loop (ps_async_wait, arm)                     Waker (ps_async_unpark), any thread
 *   1 prepare timer, watch, JOINING               1 make the condition true (stop, family, token)
 *   2 token |= WAITING           (acq_rel)        2 old = exchange(token, TOKEN)   (acq_rel)
 *   3 look at every condition again               3 old had WAITING: push the task into the loop's
 *   4 one is true: claim (clear WAITING);           inbox: a note. Else nothing: the loop will look
 *     got it: end the wait. Not got it: a         4 the task is not touched any more
 *     note is on its way: remember the verdict
 *   5 timer or descriptor: verdict, then claim
 *   6 a note arrives: go to 2
 *
 * Both step 2s are RMWs on one word: if the loop's comes second it reads the waker's (acquire) and
 * step 3 sees the condition; if it comes first the waker sees WAITING. So no wake-up is lost, a
 * task is in the inbox at most once, and a task never ends while it is in the inbox: notes need no
 * memory and no late waker finds freed memory. A waker that comes after the end finds WAITING clear
 * and goes away; that it may still read the task is the contract of its caller (engine.h).
 *
 * task->context is written before the first step 2 and read by a waker after it saw WAITING.
 *
 * Rejected: a note of its own memory a waker (allocation in unpark, and ends that must wait for
 * notes); a QUEUED bit set by every waker (a task would have to outlive its last note: `ended` is
 * delayed). */
#include <stdlib.h>

#include "engines/async/async.h"

enum { TOKEN = 1, WAITING = 2 };

/* A PS_WAIT_CALL on one of libuv's threads. */
struct ps_async_call {
    uv_work_t work;
    struct ps_wait *wait;
};

/* ---- records ---- */

/* Records come by the slab: a million sleepers pay no header each. */
struct ps_async_slab {
    struct ps_async_slab *next;
    struct ps_async_record record[46]; /* a page */
};

static bool more_records(struct ps_async_loop *loop)
{
    struct ps_async_slab *slab = malloc(sizeof *slab);
    if (!slab)
        return false;
    slab->next = loop->slabs;
    loop->slabs = slab;
    size_t count = sizeof slab->record / sizeof slab->record[0];
    for (size_t i = count; i-- > 0;) {
        slab->record[i].next = loop->spare;
        loop->spare = &slab->record[i];
    }
    return true;
}

/* The task's, or NULL: no memory. A task that never waits needs none. */
static struct ps_async_record *record_for(struct ps_async_loop *loop, struct ps_task *task)
{
    if (task->context)
        return task->context;
    if (!loop->spare && !more_records(loop))
        return NULL;
    struct ps_async_record *record = loop->spare;
    loop->spare = record->next;
    *record = (struct ps_async_record){.task = task, .loop = loop, .verdict = PS_EAGAIN};
    task->context = record;
    return record;
}

void ps_async_forget_task(struct ps_async_loop *loop, struct ps_task *task)
{
    struct ps_async_record *record = task->context;
    if (!record)
        return;
    record->next = loop->spare;
    loop->spare = record;
}

void ps_async_free_records(struct ps_async_loop *loop)
{
    struct ps_async_slab *slab;
    while ((slab = loop->slabs)) {
        loop->slabs = slab->next;
        free(slab);
    }
    loop->spare = NULL;
}

/* ---- the list of those that wait ---- */

static void enlist(struct ps_async_record *record)
{
    struct ps_async_loop *loop = record->loop;
    record->previous = NULL;
    record->next = loop->waiting;
    if (record->next)
        record->next->previous = record;
    loop->waiting = record;
}

static void delist(struct ps_async_record *record)
{
    if (record->previous)
        record->previous->next = record->next;
    else
        record->loop->waiting = record->next;
    if (record->next)
        record->next->previous = record->previous;
}

/* ---- ending ---- */

static void begin(struct ps_async_record *record)
{
    record->verdict = PS_EAGAIN;
    enlist(record);
    ps_probe_wait_begin(&record->loop->probe, record->task->wait->why);
}

static void end(struct ps_async_record *record, enum ps_err result)
{
    struct ps_async_loop *loop = record->loop;
    struct ps_task *task = record->task;
    ps_timers_cancel(&loop->timers, &record->timer);
    ps_async_unwatch(record);
    delist(record);
    if (task->wait->kind == PS_WAIT_JOIN)
        ps_join_end(task);
    ps_probe_wait_end(&loop->probe, task->wait->why);
    task->wait->result = result;
    loop->ready_in++;
    ps_task_list_push(&loop->ready[task->priority], task);
}

static bool claim(struct ps_task *task)
{
    return (atomic_fetch_and_explicit(&task->token, ~(uint32_t)WAITING, memory_order_acq_rel) &
            WAITING) != 0;
}

static bool take_token(struct ps_task *task)
{
    return (atomic_fetch_and_explicit(&task->token, ~(uint32_t)TOKEN, memory_order_acq_rel) &
            TOKEN) != 0;
}

static enum ps_err verdict(const struct ps_async_record *record)
{
    struct ps_task *task = record->task;
    if (ps_task_stopped(task))
        return PS_ECANCELED;
    if (record->verdict != PS_EAGAIN)
        return record->verdict;
    if (task->wait->kind == PS_WAIT_PARK && take_token(task))
        /* A canceller sets stop before its token, which is no unpark. */
        return ps_task_stopped(task) ? PS_ECANCELED : PS_OK;
    if (task->wait->kind == PS_WAIT_JOIN && ps_join_done(task))
        return PS_OK;
    return PS_EAGAIN;
}

/* WAITING is set or a note is on its way. */
static void end_if_claimed(struct ps_async_record *record, enum ps_err result)
{
    if (claim(record->task))
        end(record, result);
    else
        record->verdict = result;
}

/* Steps 2 to 4. */
static void arm(struct ps_async_record *record)
{
    atomic_fetch_or_explicit(&record->task->token, WAITING, memory_order_acq_rel);
    enum ps_err result = verdict(record);
    if (result != PS_EAGAIN)
        end_if_claimed(record, result);
}

void ps_async_note(struct ps_task *task)
{
    arm(task->context);
}

void ps_async_fire(struct ps_async_record *record, enum ps_err result)
{
    end_if_claimed(record, record->verdict == PS_EAGAIN ? result : record->verdict);
}

void ps_async_unpark(struct ps_task *task)
{
    if ((atomic_exchange_explicit(&task->token, TOKEN, memory_order_acq_rel) & WAITING) == 0)
        return;
    struct ps_async_record *record = task->context;
    ps_async_post(record->loop, task); /* open: a loop does not end while a task of its own waits */
}

/* ---- timers ---- */

static struct ps_async_record *record_of(struct ps_timer *timer)
{
    return (struct ps_async_record *)((char *)timer - offsetof(struct ps_async_record, timer));
}

static enum ps_err time_is_up(struct ps_task *task)
{
    struct ps_wait *wait = task->wait;
    if (task->deadline_ns < wait->until_ns) {
        ps_task_stopping(task, task->deadline_ns);
        return PS_ECANCELED;
    }
    return wait->kind == PS_WAIT_UNTIL ? PS_OK : PS_ETIMEDOUT;
}

void ps_async_expire(struct ps_async_loop *loop, uint64_t now_ns)
{
    struct ps_timer *timer;
    while ((timer = ps_timers_pop(&loop->timers, now_ns))) {
        struct ps_async_record *record = record_of(timer);
        ps_async_fire(record, time_is_up(record->task));
    }
}

/* ---- blocking calls ---- */

static void call_on_helper(uv_work_t *work)
{
    struct ps_async_call *call = (struct ps_async_call *)work;
    call->wait->call(call->wait->call_arg);
}

static void call_ended(uv_work_t *work, int status)
{
    struct ps_async_record *record = work->data;
    free(record->call);
    record->call = NULL;
    bool stopped = status == UV_ECANCELED || ps_task_stopped(record->task);
    end(record, stopped ? PS_ECANCELED : PS_OK);
}

/* false: no memory, or offloading is off. */
static bool offload(struct ps_async_record *record, struct ps_wait *wait)
{
    struct ps_async_loop *loop = record->loop;
    if (!atomic_load_explicit(&loop->engine->offload, memory_order_relaxed))
        return false;
    struct ps_async_call *call = malloc(sizeof *call);
    if (!call)
        return false;
    call->wait = wait;
    call->work.data = record;
    if (uv_queue_work(&loop->uv, &call->work, call_on_helper, call_ended) != 0) {
        free(call);
        return false;
    }
    record->call = call;
    begin(record);
    return true;
}

/* In place: the loop and all tasks pinned to it stand still meanwhile. */
static void call_here(struct ps_async_loop *loop, struct ps_task *task, struct ps_wait *wait)
{
    ps_probe_wait_begin(&loop->probe, wait->why);
    ps_probe_state(&loop->probe, wait->why, task->stamp.type);
    wait->call(wait->call_arg);
    ps_probe_state(&loop->probe, PS_STATE_RUN, task->stamp.type);
    ps_probe_wait_end(&loop->probe, wait->why);
    wait->result = ps_task_stopped(task) ? PS_ECANCELED : PS_OK;
}

/* ---- beginning ---- */

/* Step 1. What goes wrong becomes the verdict, so that a failed wait ends like any other. */
static void prepare(struct ps_async_record *record)
{
    struct ps_task *task = record->task;
    struct ps_wait *wait = task->wait;
    uint64_t until_ns = ps_wait_until(task, wait);
    if (until_ns != PS_NEVER)
        if (ps_timers_add(&record->loop->timers, &record->timer, until_ns) != PS_OK)
            record->verdict = PS_ENOMEM;
    if (wait->kind == PS_WAIT_FD && record->verdict == PS_EAGAIN)
        record->verdict = ps_async_watch(record);
}

bool ps_async_wait(struct ps_async_loop *loop, struct ps_task *task, struct ps_wait *wait)
{
    task->wait = wait;
    if (wait->kind == PS_WAIT_YIELD) { /* its result is settled when it is resumed */
        loop->ready_in++;
        ps_task_list_push(&loop->ready[task->priority], task);
        return false;
    }
    struct ps_async_record *record = record_for(loop, task);
    if (!record && wait->kind != PS_WAIT_CALL) {
        wait->result = PS_ENOMEM;
        return true;
    }
    switch (wait->kind) {
    case PS_WAIT_CALL:
        if (record && offload(record, wait))
            return false;
        call_here(loop, task, wait);
        return true;
    case PS_WAIT_JOIN:
        if (!ps_join_begin(task)) {
            wait->result = ps_task_stopped(task) ? PS_ECANCELED : PS_OK;
            return true;
        }
        break;
    default:
        break;
    }
    begin(record);
    prepare(record);
    arm(record);
    return false;
}

void ps_async_cancel_waits(struct ps_async_loop *loop)
{
    struct ps_async_record *next;
    for (struct ps_async_record *record = loop->waiting; record; record = next) {
        next = record->next;
        if (record->call)
            uv_cancel((uv_req_t *)&record->call->work); /* helps those that have not begun */
        else
            end_if_claimed(record, PS_ECANCELED);
    }
}
