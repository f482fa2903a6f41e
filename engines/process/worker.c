/* A worker: a process with one thread, which takes records off the line and runs what they describe.
 * arena.h has the protocols.
 *
 * A killed worker must leave nothing that only it could put right. So the end of a task is told in an
 * order from which its engine can go on at any point: 1 record.outcome; 2 share.ending; 3 the counts in
 * the segment; 4 ending = 0; 5 the reply, and the record is DONE. What died before 1 has failed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "engines/process/process.h"

struct worker {
    const struct ps_process_ops *ops;
    void *user;
    struct ps_arena *arena;
    struct ps_share *share;
    struct ps_process_place place;
    /* Submitted by tasks of this process and not begun, by priority: newest first. */
    struct ps_task *inside[2];
    size_t inside_count;
    unsigned in_a_row;          /* tasks of high priority begun since one that was not */
    const struct ps_body *body; /* of the record's task, as unpack made it */
    struct ps_body wrapped;     /* the same, with ends of ours */
};

static struct worker self; /* one a process */

static void ring(void)
{
    uint64_t one = 1;
    while (write(PS_WORKER_BELL_FD, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

/* Take a flag of the arena down and tell the keeper. seq_cst, partners: is_full, wait_for_news. */
static void ring_if(_Atomic uint32_t *flag)
{
    if (atomic_load(flag) && atomic_exchange(flag, 0))
        ring();
}

/* ---- tasks of its own ---- */

static enum ps_err submit(struct ps_engine *engine, struct ps_task *task)
{
    if (!ps_task_has_body(task))
        return PS_ENOTSUP;
    if (!ps_engine_open_for(engine, true))
        return PS_ECLOSED;
    if (engine->config.on_full == PS_ON_FULL_REFUSE && self.inside_count >= engine->config.queue)
        return PS_EFULL;
    ps_task_accept(engine, task);
    task->next = self.inside[task->priority];
    self.inside[task->priority] = task;
    ps_probe_depth(&self.share->slot.probe, ++self.inside_count);
    return PS_OK;
}

static bool high_has_its_turn(void)
{
    return self.in_a_row < PS_HIGH_IN_A_ROW;
}

static void count_turn(enum ps_priority priority)
{
    self.in_a_row = priority == PS_PRIORITY_HIGH ? self.in_a_row + 1 : 0;
}

static struct ps_task *next_inside(void)
{
    struct ps_task *high = self.inside[PS_PRIORITY_HIGH];
    struct ps_task *normal = self.inside[PS_PRIORITY_NORMAL];
    return high && (high_has_its_turn() || !normal) ? high : normal;
}

static bool run_inside(void)
{
    struct ps_task *task = next_inside();
    if (!task)
        return false;
    count_turn(task->priority);
    self.inside[task->priority] = task->next;
    ps_probe_depth(&self.share->slot.probe, --self.inside_count);
    ps_slot_run(&self.share->slot, task);
    return true;
}

/* Its children lie in this process: run them, the newest first, so that the stack grows no deeper
 * than the tree. */
static enum ps_err join(struct ps_task *task, struct ps_wait *wait)
{
    struct ps_probe *probe = &self.share->slot.probe;
    if (!ps_join_begin(task))
        return wait->result = ps_task_stopped(task) ? PS_ECANCELED : PS_OK;
    ps_probe_wait_begin(probe, wait->why);
    while (!ps_join_done(task) && ps_task_stopping(task, ps_now_ns()) == PS_STOP_NOT) {
        ps_slot_hold(&self.share->slot, &self.arena->paused, task);
        if (!run_inside())
            break;
    }
    ps_probe_state(probe, PS_STATE_RUN, task->stamp.type);
    ps_probe_wait_end(probe, wait->why);
    ps_join_end(task);
    return wait->result = ps_task_stopped(task) ? PS_ECANCELED : PS_OK;
}

static enum ps_err wait_here(struct ps_task *task, struct ps_wait *wait)
{
    if (wait->kind == PS_WAIT_JOIN)
        return join(task, wait);
    return ps_slot_wait(&self.share->slot, &self.arena->paused, task, wait);
}

/* The engine of this process's tasks: it is neither created nor stopped, its process is. */
static const struct ps_engine_ops inner_ops = {
    .name = "process",
    .title = "the inside of a worker process",
    .policies = ps_process_policies,
    .submit = submit,
    .wait = wait_here,
};

/* ---- tasks of the line ---- */

static struct ps_record *record_of(struct ps_task *task)
{
    return (struct ps_record *)((char *)task - offsetof(struct ps_record, memory));
}

static void root_ended(struct ps_task *task)
{
    if (self.body->ended)
        self.body->ended(task);
    atomic_store(&record_of(task)->outcome, (uint32_t)task->outcome + 1);
    atomic_store(&self.share->ending, (uint32_t)task->outcome + 1);
}

/* Neither the task nor a child of it is alive any more. */
static void root_release(struct ps_task *task)
{
    struct ps_record *record = record_of(task);
    uint32_t index = (uint32_t)(((char *)record - (char *)ps_arena_record(self.arena, 0)) /
                                (ptrdiff_t)self.arena->record_bytes);
    atomic_store(&self.share->ending, 0);
    record->message_bytes =
        self.ops->reply ? (uint32_t)self.ops->reply(self.user, task, record->message) : 0;
    ps_done_push(self.arena, index, self.place.slot);
    ring_if(&self.arena->asleep);
}

static struct ps_task *unpack(struct ps_record *record)
{
    struct ps_task *task = (struct ps_task *)record->memory;
    self.ops->unpack(self.user, record->message, record->message_bytes, record->memory);
    self.body = task->body;
    self.wrapped = *task->body;
    self.wrapped.ended = root_ended;
    self.wrapped.release = root_release;
    task->body = &self.wrapped;
    task->stamp = record->stamp;
    task->deadline_ns = record->deadline_ns;
    task->engine = &self.share->engine;
    return task;
}

static void run_record(uint32_t index)
{
    struct ps_record *record = ps_arena_record(self.arena, index);
    struct ps_task *task = unpack(record);
    uint32_t none = PS_STOP_NOT;
    atomic_store(&record->running, 1);
    uint32_t stop = atomic_load(&record->stop);
    if (stop != PS_STOP_NOT)
        atomic_compare_exchange_strong(&task->stop, &none, stop);
    if (atomic_load(&record->token))
        atomic_store(&task->token, 1);
    ps_slot_run(&self.share->slot, task);
    atomic_store(&self.share->ending, 0);
}

static bool take_from(enum ps_priority priority, uint32_t *index)
{
    if (!ps_line_take(self.arena, priority, self.place.slot, index))
        return false;
    count_turn(priority);
    return true;
}

static bool take(uint32_t *index)
{
    enum ps_priority first = high_has_its_turn() ? PS_PRIORITY_HIGH : PS_PRIORITY_NORMAL;
    enum ps_priority second = first == PS_PRIORITY_HIGH ? PS_PRIORITY_NORMAL : PS_PRIORITY_HIGH;
    if (!take_from(first, index) && !take_from(second, index))
        return false;
    ring_if(&self.arena->wanted);
    ps_probe_depth(&self.share->engine.outside, ps_line_count(self.arena));
    return true;
}

/* ---- between tasks ---- */

static bool leave(void)
{
    uint32_t retiring = PS_SHARE_RETIRING;
    return atomic_compare_exchange_strong(&self.share->life, &retiring, PS_SHARE_LEFT);
}

/* Whether something has happened since the ticket was taken that the loop must see. */
static bool called(void)
{
    return ps_line_count(self.arena) > 0 || atomic_load(&self.arena->paused) ||
           atomic_load(&self.share->life) != PS_SHARE_LIVE;
}

/* It may have ended the last task, one of this process that no record stands for. An RMW on the phase,
 * partner raise_everywhere: see `done` in common/core.c. */
static void tell_who_waits_for_the_end(void)
{
    if (atomic_fetch_or(&self.share->engine.phase, 0) >= PS_ENGINE_DRAINING)
        ring();
}

static void rest(uint32_t ticket)
{
    struct ps_slot *slot = &self.share->slot;
    tell_who_waits_for_the_end();
    ps_idle_set(self.arena, slot->number);
    if (!called()) {
        ps_probe_park(&slot->probe);
        ps_parker_wait(&slot->parker, ticket, PS_NEVER);
        ps_probe_woken(&slot->probe);
    }
    ps_idle_clear(self.arena, slot->number);
}

static void work(void)
{
    struct ps_slot *slot = &self.share->slot;
    uint32_t index;
    for (;;) {
        uint32_t ticket = ps_parker_ticket(&slot->parker);
        if (atomic_load(&self.arena->paused)) {
            if (self.inside_count == 0 && leave())
                return;
            ps_probe_state(&slot->probe, PS_STATE_PAUSED, -1);
            ps_parker_wait(&slot->parker, ticket, PS_NEVER);
        } else if (!run_inside()) {
            if (leave())
                return;
            if (take(&index))
                run_record(index);
            else
                rest(ticket);
        }
    }
}

/* ---- birth and end ---- */

/* No worker outlives its engine, not even when that is killed. */
static bool follow_the_engine(void)
{
    signal(SIGINT, SIG_IGN); /* of a terminal: the engine decides when to end */
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == (pid_t)self.arena->engine_pid; /* not dead before the prctl */
}

static void make_engine(void)
{
    struct ps_engine_config config = {
        .workers = 1,
        .queue = self.arena->queue,
        .on_full = (enum ps_on_full)self.arena->on_full,
        .segment = self.place.segment,
    };
    struct ps_share *share = self.share;
    ps_engine_init(&share->engine, &inner_ops, &config);
    ps_slot_init(&share->slot, &share->engine, self.place.slot);
    share->slot.parker.shared = true;
    share->slot.parker.event_fd = PS_WORKER_POLL_FD;
}

/* The keeper may answer whoever started the engine. */
static void announce(void)
{
    struct ps_engine *engine = &self.share->engine;
    /* seq_cst, partner: raise_everywhere. */
    atomic_store(&self.share->ready, 1);
    ps_engine_raise(engine, (enum ps_engine_phase)atomic_load(&self.arena->phase));
    ring();
}

/* Descriptors, mappings, the slot. false: this is not a worker, or its engine is of another build. */
static bool find_place(void)
{
    const char *number = getenv(PS_WORKER_VARIABLE);
    if (!number || ps_arena_open(PS_WORKER_ARENA_FD, &self.arena) != PS_OK)
        return false;
    unsigned long slot = strtoul(number, NULL, 10);
    if (slot >= self.arena->slots ||
        ps_segment_open(PS_WORKER_SEGMENT_FD, &self.place.segment) != PS_OK)
        return false;
    self.place.slot = (unsigned)slot;
    self.place.setup = ps_arena_setup(self.arena);
    self.place.setup_bytes = self.arena->setup_bytes;
    self.place.shared = ps_arena_shared(self.arena);
    self.share = ps_arena_share(self.arena, self.place.slot);
    self.place.engine = &self.share->engine;
    unsetenv(PS_WORKER_VARIABLE);
    close(PS_WORKER_ARENA_FD);
    close(PS_WORKER_SEGMENT_FD);
    fcntl(PS_WORKER_BELL_FD, F_SETFD, FD_CLOEXEC);
    fcntl(PS_WORKER_POLL_FD, F_SETFD, FD_CLOEXEC);
    return true;
}

static int fail(enum ps_err err)
{
    if (!self.share->why[0])
        snprintf(self.share->why, sizeof self.share->why, "%s", ps_err_text(err));
    atomic_store(&self.share->failed, (uint32_t)err);
    return EXIT_FAILURE;
}

int ps_process_worker(const struct ps_process_ops *ops)
{
    if (!find_place()) {
        fprintf(stderr, "a worker process is started by its engine\n");
        return EXIT_FAILURE;
    }
    if (!follow_the_engine())
        return EXIT_FAILURE;
    if (ops->task_bytes > self.arena->task_bytes)
        return fail(PS_EINVAL);
    self.ops = ops;
    make_engine();
    char why[PS_WHY_BYTES] = "";
    enum ps_err err = ops->open(&self.place, &self.user, why, sizeof why);
    if (err != PS_OK) {
        snprintf(self.share->why, sizeof self.share->why, "%s", why);
        return fail(err);
    }
    announce();
    ps_slot_enter(&self.share->slot, NULL);
    work();
    ps_slot_leave(&self.share->slot);
    if (ops->close)
        ops->close(self.user);
    ps_slot_fini(&self.share->slot);
    ps_engine_fini(&self.share->engine);
    ring();
    return EXIT_SUCCESS;
}
