/* The contract's operations: admission, resizing, closing.
 *
 * Protocol of `gate`: the low bits count what was accepted and has not started, over all loops;
 * NO_OUTSIDE and NO_WORKER refuse. One word, because acceptance must be decided at one instant:
 *   outside CAS gate + 1, unless refused or full; only then counts `submitted` and posts
 *   start   gate - 1 (seq_cst RMW, partner: the event count `room` of the base), paid later: a loop
 *           owes the gate up to `slack` starts, and as many pushes onto itself, and settles with one
 *           RMW at the end of every stretch. So the queue may seem fuller than it is by 1/16 a loop
 *           for some microseconds, or emptier by what a worker, who is not bound, has spawned
 *   close   gate |= NO_...: what was accepted before is in the count, nothing is after it
 *   stop    live tasks 0, then gate's count 0, then live tasks 0 again
 * In stop the first zero may miss a task that was accepted and is not yet counted as submitted. The
 * gate cannot: it is 0 only when every task accepted from outside has started, so was counted. What
 * comes after that zero are children, counted before their parent ends (a worker need not pass the
 * gate but for the bound); so the second zero is final. All of `gate` is seq_cst: it stands between
 * the waiters and the room of the base's protocol.
 *
 * Resize: `live` is raised after the new loops can take tasks and lowered before the old ones
 * retire. A submitter that read it before finds a closed inbox and goes down to slot 0, which is
 * never closed while a task is queued. */
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/async/async.h"
#include "engines/common/parker.h"

static const uint64_t NO_OUTSIDE = UINT64_C(1) << 62;
static const uint64_t NO_WORKER = UINT64_C(1) << 63;
static const uint64_t COUNT = (UINT64_C(1) << 62) - 1;

/* The size of libuv's pool of helpers, which is one for the process. */
enum { MAX_OFFLOAD = 1024 };

static struct ps_async *of(struct ps_engine *engine)
{
    return (struct ps_async *)engine;
}

/* ---- submit ---- */

void ps_async_gate(struct ps_async *engine, int64_t change)
{
    uint64_t gate = atomic_fetch_add(&engine->gate, (uint64_t)change) + (uint64_t)change;
    size_t queue = engine->base.config.queue, spare = queue / 8 ? queue / 8 : 1;
    /* Who waits for room is woken for an eighth of the queue at once: a slice is short, and at its
     * end the loop wakes for less; see loop.c. */
    if (change < 0 && (gate & COUNT) + spare <= queue)
        ps_engine_room(&engine->base);
}

void ps_async_settle(struct ps_async_loop *loop)
{
    if (loop->gate_owed != 0)
        ps_async_gate(loop->engine, loop->gate_owed);
    if (loop->depth_owed != 0)
        ps_async_depth(loop, loop->depth_owed);
    loop->gate_owed = 0;
    loop->depth_owed = 0;
}

/* `own`: of a worker that is bounded. */
enum ps_err ps_async_enter(struct ps_async *engine, struct ps_async_loop *own)
{
    uint64_t refused = own ? NO_WORKER : NO_WORKER | NO_OUTSIDE;
    uint64_t gate = atomic_load(&engine->gate);
    do {
        if (gate & refused)
            return PS_ECLOSED;
        if (own && (gate & COUNT) >= engine->base.config.queue && own->gate_owed != 0) {
            ps_async_settle(own);
            gate = atomic_load(&engine->gate);
        }
        if ((gate & COUNT) >= engine->base.config.queue)
            return PS_EFULL;
    } while (!atomic_compare_exchange_weak(&engine->gate, &gate, gate + 1));
    return PS_OK;
}

static void keep(struct ps_async_loop *own, struct ps_task *task, bool charged)
{
    own->gate_owed += !charged;
    own->depth_owed++;
    ps_task_list_push(&own->fresh[task->priority], task);
    if (own->depth_owed >= own->engine->slack)
        ps_async_settle(own);
}

void ps_async_place(struct ps_async *engine, struct ps_async_loop *own, struct ps_task *task,
                    bool charged)
{
    /* acquire, partner: resize, which opens a loop before it counts as live. */
    uint32_t live = atomic_load_explicit(&engine->live, memory_order_acquire);
    uint32_t turn = own        ? own->next_child++
                    : live > 1 ? atomic_fetch_add_explicit(&engine->next, 1, memory_order_relaxed)
                               : 0;
    for (uint32_t slot = turn % live;; slot = slot > 0 ? slot - 1 : 0) {
        struct ps_async_loop *loop = &engine->loop[slot];
        if (own && loop == own) {
            keep(own, task, charged);
            return;
        }
        if (!charged)
            ps_async_gate(engine, 1);
        charged = true;
        ps_async_depth(loop, 1);
        if (ps_async_post(loop, task))
            return;
        ps_async_depth(loop, -1);
    }
}

static enum ps_err submit_inside(struct ps_async *engine, struct ps_async_loop *own,
                                 struct ps_task *task)
{
    bool bounded = engine->base.config.on_full == PS_ON_FULL_REFUSE;
    enum ps_err err = bounded                                  ? ps_async_enter(engine, own)
                      : atomic_load(&engine->gate) & NO_WORKER ? PS_ECLOSED
                                                               : PS_OK;
    if (err != PS_OK)
        return err;
    ps_task_accept(&engine->base, task);
    ps_async_place(engine, own, task, bounded);
    return PS_OK;
}

static enum ps_err submit(struct ps_engine *base, struct ps_task *task)
{
    struct ps_self *self = ps_self();
    if (!task->body->step)
        return PS_ENOTSUP;
    if (self->engine == base)
        return submit_inside(of(base), self->worker, task);
    enum ps_err err = ps_async_enter(of(base), NULL);
    if (err != PS_OK)
        return err;
    ps_task_accept(base, task);
    ps_async_place(of(base), NULL, task, true);
    return PS_OK;
}

/* ---- create, start, destroy ---- */

/* libuv aborts when it closes a descriptor below 3: none of its own may get there. */
static enum ps_err occupy_stdio(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd)
            return PS_ELIMIT;
    return PS_OK;
}

/* Before libuv's first call on a helper; no effect after it. */
static void size_offload(unsigned helpers)
{
    char text[16];
    snprintf(text, sizeof text, "%u", helpers);
    setenv("UV_THREADPOOL_SIZE", text, 0);
}

/* End what is in an inbox. Any thread. */
static void discard_loop(struct ps_async *engine, struct ps_async_loop *loop)
{
    struct ps_task_list all = ps_async_take_inbox(loop);
    struct ps_task *task;
    while ((task = ps_task_list_pop(&all))) {
        ps_async_depth(loop, -1);
        ps_async_gate(engine, -1);
        ps_task_discard(&engine->base.outside, task);
    }
}

static void discard_inboxes(struct ps_async *engine)
{
    for (unsigned slot = 0; slot < engine->slots; slot++)
        if (atomic_load(&engine->loop[slot].life) != PS_ASYNC_ABSENT)
            discard_loop(engine, &engine->loop[slot]);
}

/* Jobs are run, whatever becomes of the engine; what they submit is refused. */
static void run_jobs(struct ps_async *engine)
{
    for (unsigned slot = 0; slot < engine->slots; slot++) {
        struct ps_async_loop *loop = &engine->loop[slot];
        if (atomic_load(&loop->life) == PS_ASYNC_ABSENT)
            continue;
        while (ps_async_run_job(loop, &engine->base.outside))
            ;
        ps_async_settle(loop);
    }
}

/* Of an engine that never ran. Also waits for submitters that are past the gate. */
static void discard_unstarted(struct ps_async *engine)
{
    atomic_fetch_or(&engine->gate, NO_OUTSIDE | NO_WORKER);
    while ((atomic_load(&engine->gate) & COUNT) > 0) {
        discard_inboxes(engine);
        run_jobs(engine);
    }
}

static void destroy(struct ps_engine *base)
{
    struct ps_async *engine = of(base);
    if (atomic_load(&engine->begun) != PS_ASYNC_GO)
        discard_unstarted(engine);
    for (unsigned slot = 0; slot < engine->slots; slot++)
        if (atomic_load(&engine->loop[slot].life) != PS_ASYNC_ABSENT)
            ps_async_loop_fini(&engine->loop[slot]);
    ps_engine_fini(base);
    free(engine);
}

static struct ps_async *allocate(const struct ps_engine_config *config)
{
    unsigned most = PS_MAX_WORKERS;
    unsigned slots =
        config->segment && config->segment->slots < most ? config->segment->slots : most;
    struct ps_async *engine = NULL;
    size_t bytes = sizeof *engine + slots * sizeof engine->loop[0];
    if (posix_memalign((void **)&engine, 128, bytes) != 0)
        return NULL;
    memset(engine, 0, bytes);
    engine->slots = slots;
    return engine;
}

static uint64_t turns(const struct ps_engine *engine, unsigned slot)
{
    struct ps_async_loop *loop = &((struct ps_async *)engine)->loop[slot];
    return atomic_load_explicit(&loop->turns, memory_order_relaxed);
}

extern const struct ps_engine_ops ps_engine_async;

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **made)
{
    if (config->offload > MAX_OFFLOAD)
        return PS_EINVAL;
    struct ps_async *engine = allocate(config);
    if (!engine)
        return PS_ENOMEM;
    enum ps_err err = ps_engine_init(&engine->base, &ps_engine_async, config);
    if (err != PS_OK) {
        free(engine);
        return err;
    }
    engine->slack = config->queue < 1024 ? (int64_t)config->queue / 16 : 64;
    engine->slack += engine->slack == 0;
    engine->looks = sysconf(_SC_NPROCESSORS_ONLN) > 1;
    atomic_store(&engine->limit, config->limit);
    atomic_store(&engine->live, config->workers);
    atomic_store(&engine->offload, config->offload > 0);
    if (config->offload > 0)
        size_offload(config->offload);
    err = occupy_stdio();
    for (unsigned slot = 0; slot < config->workers && err == PS_OK; slot++) {
        err = ps_async_loop_init(engine, &engine->loop[slot], slot);
        if (err == PS_OK)
            ps_async_loop_open(&engine->loop[slot]);
    }
    if (err != PS_OK) {
        destroy(&engine->base);
        return err;
    }
    *made = &engine->base;
    return PS_OK;
}

static void let_go(struct ps_async *engine, enum ps_async_begun how)
{
    atomic_store(&engine->begun, how);
    ps_futex_wake(&engine->begun, INT_MAX);
}

static enum ps_err start(struct ps_engine *base)
{
    struct ps_async *engine = of(base);
    enum ps_err err = PS_OK;
    unsigned slot = 0;
    while (slot < base->config.workers && err == PS_OK)
        err = ps_async_loop_start(&engine->loop[slot++]);
    if (err == PS_OK) {
        let_go(engine, PS_ASYNC_GO);
        return PS_OK;
    }
    let_go(engine, PS_ASYNC_ABORT);
    while (slot-- > 0)
        ps_async_loop_join(&engine->loop[slot]);
    atomic_store(&engine->begun, PS_ASYNC_HOLD);
    return err;
}

/* ---- live changes ---- */

static void call_all(struct ps_async *engine)
{
    for (unsigned slot = 0; slot < engine->slots; slot++)
        if (atomic_load(&engine->loop[slot].life) != PS_ASYNC_ABSENT)
            ps_async_call_loop(&engine->loop[slot]);
}

static enum ps_err grow_slot(struct ps_async *engine, unsigned slot)
{
    struct ps_async_loop *loop = &engine->loop[slot];
    if (ps_async_loop_revive(loop))
        return PS_OK;
    enum ps_err err = PS_OK;
    if (atomic_load(&loop->life) == PS_ASYNC_ABSENT)
        err = ps_async_loop_init(engine, loop, slot);
    else
        ps_async_loop_join(loop);
    if (err == PS_OK && atomic_load(&engine->begun) == PS_ASYNC_GO)
        err = ps_async_loop_start(loop);
    if (err == PS_OK)
        ps_async_loop_open(loop);
    return err == PS_OK || err == PS_ENOMEM ? err : PS_EAGAIN;
}

static enum ps_err grow(struct ps_async *engine, unsigned old, unsigned workers)
{
    for (unsigned slot = old; slot < workers; slot++) {
        enum ps_err err = grow_slot(engine, slot);
        if (err == PS_OK)
            continue;
        while (slot-- > old)
            ps_async_loop_retire(&engine->loop[slot]);
        return err;
    }
    atomic_store(&engine->live, workers);
    return PS_OK;
}

/* Before start there is no thread to hand tasks over. */
static void shrink_unstarted(struct ps_async *engine, unsigned slot)
{
    struct ps_async_loop *loop = &engine->loop[slot];
    do {
        struct ps_task_list rest = ps_async_take_inbox(loop);
        struct ps_task *task;
        while ((task = ps_task_list_pop(&rest))) {
            ps_async_depth(loop, -1);
            ps_async_place(engine, NULL, task, true);
        }
    } while (!ps_async_inbox_close(loop));
    ps_async_jobs_move(loop);
}

static enum ps_err resize(struct ps_engine *base, unsigned workers)
{
    struct ps_async *engine = of(base);
    unsigned old = base->config.workers;
    if (ps_engine_phase(base) == PS_ENGINE_STOPPED)
        return PS_ECLOSED;
    if (workers > old) {
        enum ps_err err = grow(engine, old, workers);
        if (err != PS_OK)
            return err;
    } else {
        atomic_store(&engine->live, workers);
        for (unsigned slot = workers; slot < old; slot++)
            if (atomic_load(&engine->begun) == PS_ASYNC_GO)
                ps_async_loop_retire(&engine->loop[slot]);
            else
                shrink_unstarted(engine, slot);
    }
    call_all(engine); /* the shares of the permits have changed */
    return PS_OK;
}

static enum ps_err tune(struct ps_engine *base, enum ps_knob knob, uint64_t value)
{
    struct ps_async *engine = of(base);
    if (knob != PS_KNOB_LIMIT && value > 1)
        return PS_EINVAL;
    switch (knob) {
    case PS_KNOB_PAUSED:
        atomic_store(&engine->paused, (uint32_t)value);
        break;
    case PS_KNOB_LIMIT:
        atomic_store(&engine->limit, value);
        break;
    case PS_KNOB_OFFLOAD:
        if (value == 1 && base->config.offload == 0)
            return PS_ENOTSUP;
        atomic_store(&engine->offload, (uint32_t)value);
        break;
    default:
        return PS_ENOTSUP;
    }
    call_all(engine);
    return PS_OK;
}

/* ---- the end ---- */

static void close_engine(struct ps_engine *base, enum ps_close how)
{
    struct ps_async *engine = of(base);
    bool discard = how == PS_CLOSE_DISCARD;
    atomic_fetch_or(&engine->gate, discard ? NO_OUTSIDE | NO_WORKER : NO_OUTSIDE);
    if (ps_engine_raise(base, discard ? PS_ENGINE_CANCELLING : PS_ENGINE_DRAINING))
        call_all(engine);
    if (discard && atomic_load(&engine->begun) != PS_ASYNC_GO)
        discard_inboxes(engine);
}

static bool all_ended(struct ps_async *engine)
{
    return (atomic_load(&engine->gate) & COUNT) == 0 && ps_engine_live(&engine->base) == 0;
}

static enum ps_err stop(struct ps_engine *base, uint64_t deadline_ns)
{
    struct ps_async *engine = of(base);
    if (atomic_load(&engine->begun) != PS_ASYNC_GO)
        discard_unstarted(engine);
    do {
        enum ps_err err = ps_engine_wait_done(base, deadline_ns);
        if (err != PS_OK)
            return err;
        if (all_ended(engine))
            break;
        sched_yield(); /* a submitter is between the gate and its count */
    } while (true);
    ps_engine_raise(base, PS_ENGINE_STOPPED);
    for (unsigned slot = 0; slot < engine->slots; slot++)
        ps_async_loop_retire(&engine->loop[slot]);
    for (unsigned slot = 0; slot < engine->slots; slot++)
        ps_async_loop_join(&engine->loop[slot]);
    return PS_OK;
}

static void forget_fd(struct ps_engine *base, int fd)
{
    struct ps_self *self = ps_self();
    if (self->engine == base)
        ps_async_forget(self->worker, fd);
}

static const struct ps_policy policies[] = {
    {
        .name = "pinned",
        .title = "tasks pinned round-robin to loops",
        .traits =
            PS_TRAIT_WORKER_QUEUE | PS_TRAIT_PARKS_TASKS | PS_TRAIT_OFFLOAD | PS_TRAIT_PRIORITY,
        .heeds = PS_HEEDS_LIMIT,
        .max_workers = PS_MAX_WORKERS,
    },
    {.name = NULL},
};

const struct ps_engine_ops ps_engine_async = {
    .name = "async",
    .title = "event loops (libuv)",
    .policies = policies,
    .create = create,
    .start = start,
    .submit = submit,
    .resize = resize,
    .tune = tune,
    .close = close_engine,
    .stop = stop,
    .destroy = destroy,
    .wait = NULL, /* event style only */
    .job = ps_async_job,
    .unpark = ps_async_unpark,
    .forget_fd = forget_fd,
    .turns = turns,
};
