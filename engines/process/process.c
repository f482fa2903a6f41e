/* A pool of child processes: the way out of an interpreter's lock (Python's multiprocessing), and out
 * of a crash that takes everything along.
 *
 * How a task gets into another address space. A worker is executed afresh (posix_spawn, which is
 * vfork and exec) and shares a mapping with the engine, arena.h; a task crosses as a message that its
 * body packs, and is made anew on the other side (process.h). Rejected:
 *   to fork workers from the running process, tasks then being pointers that are valid in both: only
 *   async-signal-safe functions may be called in the child of a process with threads; whatever lock a
 *   thread held at that instant stays locked for ever; the sanitizers lose track; and every object
 *   that a task touches would have to lie in shared memory, locks included;
 *   a fork server, forked while there is one thread: the engine would have to exist before every
 *   thread of its user, and would hand out memory of that early time.
 *
 * Threads of the engine's process: the caller's, which append to the line; and the keeper (keeper.c),
 * which starts and buries processes and settles what comes back. A worker counts what it does in its
 * own cell of the segment; `ended` and `release` of a task are called here, by the keeper. So the
 * cells may say for a moment that a task has ended before its submitter has heard of it; stop waits
 * for both. */
#include "engines/process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

const struct ps_policy ps_process_policies[] = {
    {.name = "pool",
     .title = "a fixed number of child processes that take tasks from one line in shared memory",
     .traits = PS_TRAIT_SHARED_QUEUE | PS_TRAIT_DIRECT | PS_TRAIT_PROCESSES | PS_TRAIT_PRIORITY,
     .max_workers = PS_MAX_WORKERS},
    {.name = NULL},
};

int ps_process_out_of_the_way(int fd)
{
    if (fd < 0 || fd >= PS_WORKER_FDS)
        return fd;
    int high = fcntl(fd, F_DUPFD_CLOEXEC, PS_WORKER_FDS);
    close(fd);
    return high;
}

/* ---- create ---- */

static enum ps_err copy_argv(struct ps_process *pool, const char *const *argv)
{
    size_t count = 0;
    while (argv[count])
        count++;
    const char **copy = calloc(count + 1, sizeof *copy);
    pool->config.argv = copy;
    for (size_t i = 0; copy && i < count; i++)
        if (!(copy[i] = strdup(argv[i])))
            return PS_ENOMEM;
    return copy ? PS_OK : PS_ENOMEM;
}

/* Now, in the owner's thread: other threads of the program may change it later. */
static enum ps_err copy_environment(struct ps_process *pool)
{
    size_t count = 0;
    while (environ[count])
        count++;
    pool->environment = calloc(count + 2, sizeof *pool->environment);
    if (!pool->environment)
        return PS_ENOMEM;
    pool->environment[0] = pool->variable;
    for (size_t i = 0; i < count; i++)
        if (!(pool->environment[i + 1] = strdup(environ[i])))
            return PS_ENOMEM;
    return PS_OK;
}

static enum ps_err make_children(struct ps_process *pool)
{
    unsigned slots = pool->base.config.segment->slots;
    pool->child = calloc(slots, sizeof *pool->child);
    pool->free = calloc(pool->arena->records, sizeof *pool->free);
    if (!pool->child || !pool->free)
        return PS_ENOMEM;
    for (unsigned i = 0; i < slots; i++) {
        pool->child[i].pid_fd = -1;
        atomic_init(&pool->child[i].poll_fd, -1);
    }
    return PS_OK;
}

static enum ps_err open_descriptors(struct ps_process *pool, int segment_fd)
{
    pool->arena_fd = ps_process_out_of_the_way(pool->arena_fd);
    pool->bell_fd = ps_process_out_of_the_way(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    pool->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    pool->config.segment_fd = fcntl(segment_fd, F_DUPFD_CLOEXEC, PS_WORKER_FDS);
    return pool->arena_fd >= 0 && pool->bell_fd >= 0 && pool->epoll_fd >= 0 &&
                   pool->config.segment_fd >= 0
               ? PS_OK
               : PS_ELIMIT;
}

static void close_all(struct ps_process *pool)
{
    int fds[] = {pool->arena_fd, pool->bell_fd, pool->epoll_fd, pool->config.segment_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    for (unsigned i = 0; pool->child && i < pool->base.config.segment->slots; i++)
        if (pool->child[i].poll_fd >= 0)
            close(pool->child[i].poll_fd);
}

static void free_pool(struct ps_process *pool)
{
    close_all(pool);
    for (size_t i = 0; pool->config.argv && pool->config.argv[i]; i++)
        free((char *)pool->config.argv[i]);
    free((void *)pool->config.argv);
    for (size_t i = 1; pool->environment && pool->environment[i]; i++)
        free(pool->environment[i]);
    free(pool->environment);
    free(pool->free);
    free(pool->child);
    if (pool->arena)
        ps_arena_unmap(pool->arena);
    pthread_cond_destroy(&pool->answered);
    pthread_mutex_destroy(&pool->orders_lock);
    ps_engine_fini(&pool->base);
    free(pool);
}

static enum ps_err create(const struct ps_engine_config *config, struct ps_engine **engine)
{
    struct ps_process *pool = aligned_alloc(_Alignof(struct ps_process), sizeof *pool);
    if (!pool)
        return PS_ENOMEM;
    memset(pool, 0, sizeof *pool);
    enum ps_err err = ps_engine_init(&pool->base, &ps_engine_process, config);
    /* A program that was started as a worker, does not know it and does what it always does, would
     * start workers of its own, and they too: no end. */
    if (err == PS_OK && (!config->process || getenv(PS_WORKER_VARIABLE)))
        err = PS_ENOTSUP;
    if (err != PS_OK) {
        free(pool);
        return err;
    }
    pool->base.config.process = &pool->config;
    pool->arena_fd = pool->bell_fd = pool->epoll_fd = pool->config.segment_fd = -1;
    pthread_mutex_init(&pool->orders_lock, NULL);
    pthread_cond_init(&pool->answered, NULL);
    err = ps_arena_create(config, &pool->arena_fd, &pool->arena);
    if (err == PS_OK)
        err = copy_argv(pool, config->process->argv);
    if (err == PS_OK)
        err = copy_environment(pool);
    if (err == PS_OK)
        err = make_children(pool);
    if (err == PS_OK)
        err = open_descriptors(pool, config->process->segment_fd);
    if (err != PS_OK) {
        free_pool(pool);
        return err;
    }
    *engine = &pool->base;
    return PS_OK;
}

void *ps_process_shared(struct ps_engine *engine)
{
    return ps_arena_shared(ps_process_of(engine)->arena);
}

/* ---- records, under the lock ---- */

void ps_process_show_depth(struct ps_process *pool)
{
    ps_probe_depth(&pool->base.outside, ps_line_count(pool->arena));
}

static bool is_full(struct ps_process *pool)
{
    return ps_line_count(pool->arena) + pool->reserved >= pool->base.config.queue;
}

static enum ps_err take_record(struct ps_process *pool, bool inside, uint32_t *index)
{
    bool bounded = !inside || pool->base.config.on_full == PS_ON_FULL_REFUSE;
    bool full = bounded && is_full(pool);
    if (full && pool->base.config.on_full == PS_ON_FULL_BLOCK) {
        atomic_store(&pool->arena->wanted, 1); /* then look again: protocol of room */
        full = is_full(pool);
    }
    full = full || (pool->free_count == 0 && pool->fresh == pool->arena->records);
    if (!ps_engine_open_for(&pool->base, inside))
        return PS_ECLOSED;
    if (full)
        return PS_EFULL;
    *index = pool->free_count > 0 ? pool->free[--pool->free_count] : pool->fresh++;
    pool->reserved++;
    return PS_OK;
}

/* The record is nobody's any more, and its task cannot be reached through it. What the submitter wrote
 * came here by way of another process; the lock says the same to who sees only this one. */
static struct ps_task *detach(struct ps_process *pool, uint32_t index)
{
    ps_lock(&pool->lock);
    struct ps_task *task = ps_arena_record(pool->arena, index)->task;
    task->context = NULL;
    ps_unlock(&pool->lock);
    return task;
}

static void put_record(struct ps_process *pool, uint32_t index)
{
    struct ps_record *record = ps_arena_record(pool->arena, index);
    ps_lock(&pool->lock);
    atomic_store_explicit(&record->word, ps_record_word(PS_RECORD_FREE, 0), memory_order_relaxed);
    pool->free[pool->free_count++] = index;
    ps_process_show_depth(pool);
    ps_unlock(&pool->lock);
    atomic_fetch_sub(&pool->unsettled, 1);
}

/* ---- in ---- */

static void fill(struct ps_record *record, struct ps_task *task)
{
    atomic_store_explicit(&record->stop, PS_STOP_NOT, memory_order_relaxed);
    atomic_store_explicit(&record->token, 0, memory_order_relaxed);
    atomic_store_explicit(&record->running, 0, memory_order_relaxed);
    atomic_store_explicit(&record->outcome, 0, memory_order_relaxed);
    record->task = task;
    task->context = record;
}

static enum ps_err submit(struct ps_engine *engine, struct ps_task *task)
{
    struct ps_process *pool = ps_process_of(engine);
    uint32_t index = 0;
    if (!ps_task_has_body(task) || !task->body->pack)
        return PS_ENOTSUP;
    ps_lock(&pool->lock);
    enum ps_err err = take_record(pool, ps_self()->engine == engine, &index);
    struct ps_record *record = ps_arena_record(pool->arena, index);
    if (err == PS_OK)
        fill(record, task);
    ps_unlock(&pool->lock);
    if (err != PS_OK)
        return err;
    atomic_fetch_add(&pool->unsettled, 1);
    ps_task_accept(engine, task);
    record->stamp = task->stamp;
    record->deadline_ns = task->deadline_ns;
    record->message_bytes = (uint32_t)task->body->pack(task, record->message);
    /* It may have been cancelled before it could be reached. seq_cst, partner: ps_task_cancel sets
     * stop and then looks for the record, under the lock. */
    if (atomic_load(&task->stop) != PS_STOP_NOT)
        atomic_store(&record->stop, atomic_load(&task->stop));
    ps_lock(&pool->lock);
    pool->reserved--;
    ps_line_append(pool->arena, task->priority, index);
    ps_process_show_depth(pool);
    ps_unlock(&pool->lock);
    ps_process_call(pool);
    if (atomic_load(&pool->broken))
        ps_process_end_queued(pool, PS_FAILED);
    return PS_OK;
}

/* ---- out ---- */

void ps_process_settle(struct ps_process *pool, uint32_t index, bool returned)
{
    struct ps_record *record = ps_arena_record(pool->arena, index);
    struct ps_task *task = detach(pool, index);
    uint64_t slot = atomic_load_explicit(&record->word, memory_order_relaxed) >> 2;
    uint32_t outcome = atomic_load_explicit(&record->outcome, memory_order_relaxed);
    pool->child[slot].given[record->stamp.type]++;
    task->outcome = outcome ? (enum ps_outcome)(outcome - 1) : PS_FAILED;
    if (returned && task->body->returned)
        task->body->returned(task, record->message, record->message_bytes);
    ps_task_returned(task);
    put_record(pool, index);
}

void ps_process_end_queued(struct ps_process *pool, enum ps_outcome outcome)
{
    struct ps_probe *probe = ps_engine_probe(&pool->base);
    uint32_t index;
    while (ps_line_take(pool->arena, PS_PRIORITY_HIGH, pool->arena->slots, &index) ||
           ps_line_take(pool->arena, PS_PRIORITY_NORMAL, pool->arena->slots, &index)) {
        struct ps_task *task = detach(pool, index);
        if (outcome == PS_CANCELLED) {
            ps_task_discard(probe, task);
        } else {
            task->outcome = outcome;
            ps_probe_unstarted(probe);
            ps_task_finish(probe, task);
        }
        put_record(pool, index);
    }
    ps_engine_check_done(&pool->base);
}

/* ---- waking ---- */

void ps_process_wake(struct ps_process *pool, unsigned slot)
{
    /* A slot that never had a process has no descriptor, and nobody who waits. acquire, partner:
     * ps_child_spawn. */
    int poll_fd = atomic_load_explicit(&pool->child[slot].poll_fd, memory_order_acquire);
    ps_parker_wake_by(&ps_arena_share(pool->arena, slot)->slot.parker, poll_fd);
}

void ps_process_wake_all(struct ps_process *pool)
{
    for (unsigned slot = 0; slot < pool->arena->slots; slot++)
        ps_process_wake(pool, slot);
}

void ps_process_call(struct ps_process *pool)
{
    int slot = ps_idle_take(pool->arena);
    if (slot < 0)
        return;
    ps_probe_wake(ps_engine_probe(&pool->base));
    ps_process_wake(pool, (unsigned)slot);
}

void ps_process_ring(struct ps_process *pool)
{
    uint64_t one = 1;
    while (write(pool->bell_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

/* The task's own copy, in the memory of its worker. */
static struct ps_task *there(struct ps_record *record)
{
    return (struct ps_task *)record->memory;
}

/* Protocol of reaching a task that may just begin. engine: 1 record.stop or token = 1 (seq_cst); 2
 * reads running: sets the same in the worker's task, wakes the worker. worker: 1 makes the task; 2
 * running = 1 (seq_cst); 3 reads stop and token. Under the lock the record stays the task's. */
static void unpark(struct ps_task *task)
{
    struct ps_process *pool = ps_process_of(task->engine);
    ps_lock(&pool->lock);
    struct ps_record *record = task->context;
    uint32_t stop = atomic_load(&task->stop), none = PS_STOP_NOT;
    if (record) {
        atomic_store(stop ? &record->stop : &record->token, stop ? stop : 1);
        if (atomic_load(&record->running)) {
            if (stop)
                atomic_compare_exchange_strong(&there(record)->stop, &none, stop);
            atomic_store(&there(record)->token, 1);
        }
        uint64_t word = atomic_load(&record->word);
        if ((word & 3) == PS_RECORD_OWNED && word >> 2 < pool->arena->slots)
            ps_process_wake(pool, (unsigned)(word >> 2));
    }
    ps_unlock(&pool->lock);
}

/* ---- the rest of the contract ---- */

static enum ps_err start(struct ps_engine *engine)
{
    return ps_keeper_start(ps_process_of(engine));
}

static enum ps_err resize(struct ps_engine *engine, unsigned workers)
{
    struct ps_process *pool = ps_process_of(engine);
    return pool->has_keeper ? ps_keeper_order(pool, workers) : PS_OK;
}

static void set_paused(struct ps_process *pool, bool paused)
{
    /* A close that comes at the same time ends the pause: it raises the phase and then stores 0. */
    atomic_store(&pool->arena->paused, paused);
    if (paused && ps_engine_phase(&pool->base) > PS_ENGINE_RUNNING)
        atomic_store(&pool->arena->paused, 0);
    ps_process_wake_all(pool);
}

static enum ps_err tune(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    if (knob != PS_KNOB_PAUSED)
        return PS_ENOTSUP;
    if (value > 1)
        return PS_EINVAL;
    set_paused(ps_process_of(engine), value == 1);
    return PS_OK;
}

/* seq_cst, partner: a worker that is made says so, and then reads the arena's phase. */
static void raise_everywhere(struct ps_process *pool, enum ps_engine_phase phase)
{
    ps_engine_raise(&pool->base, phase);
    uint32_t old = atomic_load(&pool->arena->phase);
    while (old < (uint32_t)phase &&
           !atomic_compare_exchange_weak(&pool->arena->phase, &old, (uint32_t)phase))
        ;
    for (unsigned slot = 0; slot < pool->arena->slots; slot++) {
        struct ps_share *share = ps_arena_share(pool->arena, slot);
        if (atomic_load(&share->ready))
            ps_engine_raise(&share->engine, phase);
    }
}

static void close_engine(struct ps_engine *engine, enum ps_close how)
{
    struct ps_process *pool = ps_process_of(engine);
    raise_everywhere(pool, how == PS_CLOSE_DRAIN ? PS_ENGINE_DRAINING : PS_ENGINE_CANCELLING);
    set_paused(pool, false);
    if (how == PS_CLOSE_DISCARD)
        ps_process_end_queued(pool, PS_CANCELLED);
}

static enum ps_err stop(struct ps_engine *engine, uint64_t deadline_ns)
{
    struct ps_process *pool = ps_process_of(engine);
    enum ps_err err = ps_engine_wait_done(engine, deadline_ns);
    if (err != PS_OK)
        return err;
    for (;;) {
        uint32_t seq = atomic_load(&engine->done_seq);
        if (atomic_load(&pool->unsettled) == 0)
            break;
        if (!ps_futex_wait(&engine->done_seq, seq, deadline_ns))
            return PS_ETIMEDOUT;
    }
    ps_keeper_end(pool);
    ps_engine_raise(engine, PS_ENGINE_STOPPED);
    return PS_OK;
}

static void destroy(struct ps_engine *engine)
{
    struct ps_process *pool = ps_process_of(engine);
    raise_everywhere(pool, PS_ENGINE_CANCELLING);
    ps_process_end_queued(pool, PS_CANCELLED);
    ps_keeper_end(pool);
    free_pool(pool);
}

/* In the engine's process only caller_runs runs tasks, on its own parker; this is never reached. */
static enum ps_err wait_nowhere(struct ps_task *task, struct ps_wait *wait)
{
    (void)task;
    return wait->result = PS_ENOTSUP;
}

const struct ps_engine_ops ps_engine_process = {
    .name = "process",
    .title = "child processes fed through shared memory",
    .policies = ps_process_policies,
    .create = create,
    .start = start,
    .submit = submit,
    .resize = resize,
    .tune = tune,
    .close = close_engine,
    .stop = stop,
    .destroy = destroy,
    .job = NULL,
    .wait = wait_nowhere,
    .unpark = unpark,
    .forget_fd = NULL,
    .stack_overflow = NULL,
};
