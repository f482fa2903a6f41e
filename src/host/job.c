#include "host/job.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "host/feeder.h"
#include "host/realtime.h"
#include "host/retries.h"

#define STEP_EXTERN(name, word, shape, help) extern const struct ps_step_ops ps_step_##word;
PS_STEP_KINDS(STEP_EXTERN)

#define STEP_ROW(name, word, shape, help) [PS_STEP_##name] = &ps_step_##word,
static const struct ps_step_ops *const step_ops[PS_STEP_KIND_COUNT] = {PS_STEP_KINDS(STEP_ROW)};

const struct ps_step_ops *ps_step_ops(enum ps_step_kind kind)
{
    return step_ops[kind];
}

/* How long a piece of CPU work may be before `stop` is looked at. */
#define PIECE_NS (50 * (uint64_t)PS_NS_PER_US)

static void begin(struct ps_job *job, struct ps_run *run, unsigned type, struct ps_rng rng)
{
    job->run = run;
    job->type = &run->experiment.types[type];
    job->task.priority = job->type->high ? PS_PRIORITY_HIGH : PS_PRIORITY_NORMAL;
    job->first = job->rng = rng;
    job->position = job->phase = job->children = 0;
    job->holds_gil = job->entered = false;
    job->waited = NULL;
    job->waits_at = 0;
    job->born_ns = job->family_ns = ps_now_ns();
}

static void make(struct ps_job *job, const struct ps_body *body, uint32_t id, struct ps_run *run,
                 unsigned type, struct ps_rng rng)
{
    ps_task_init(&job->task, body, id, (uint16_t)type);
    begin(job, run, type, rng);
}

void ps_job_renew(struct ps_job *job, struct ps_run *run, unsigned type, uint64_t number)
{
    begin(job, run, type, ps_arrival_rng(&run->arrivals, number));
    job->root = true;
}

/* within_ns: when it has to end anyway. */
static void set_deadline(struct ps_job *job, uint64_t from_ns, uint64_t within_ns)
{
    uint64_t own_ns =
        job->type->timeout_ns ? ps_time_add(from_ns, job->type->timeout_ns) : PS_NEVER;
    job->task.deadline_ns = own_ns < within_ns ? own_ns : within_ns;
}

struct ps_job *ps_job_arrival(struct ps_run *run, const struct ps_arrival *arrival)
{
    struct ps_job *job = ps_job_take(run->jobs);
    if (!job)
        return NULL;
    const struct ps_trace_row *row = arrival->row;
    unsigned type = row && row->type >= 0
                        ? (unsigned)row->type
                        : ps_arrival_type(&run->arrivals, arrival->number, arrival->at_ns);
    make(job, &ps_job_body, (uint32_t)arrival->number, run, type,
         ps_arrival_rng(&run->arrivals, arrival->number));
    job->root = true;
    uint64_t slow = ps_clock_factor(run->experiment.clock);
    job->row_cpu_ns = row ? row->cpu_ns * slow : 0;
    job->row_wait_ns = row ? row->wait_ns * slow : 0;
    job->attempt = 0;
    job->original = job->first;
    job->task.stamp.intended_ns = arrival->intended_ns;
    set_deadline(job, arrival->intended_ns, PS_NEVER);
    return job;
}

struct ps_job *ps_job_retry(const struct ps_job *before, uint64_t now_ns)
{
    struct ps_job *job = ps_job_take(before->run->jobs);
    if (!job)
        return NULL;
    const struct ps_stamp *stamp = &before->task.stamp;
    unsigned attempt = before->attempt + 1;
    struct ps_rng rng = ps_retry_rng(before->original, attempt);
    uint64_t pause_ns = ps_backoff_draw(&before->type->backoff, attempt, &rng);
    make(job, &ps_job_body, stamp->id, before->run, stamp->type, rng);
    job->root = true;
    job->attempt = attempt;
    job->original = before->original;
    job->row_cpu_ns = before->row_cpu_ns;
    job->row_wait_ns = before->row_wait_ns;
    job->task.stamp.intended_ns = ps_time_add(now_ns, pause_ns);
    set_deadline(job, job->task.stamp.intended_ns, PS_NEVER);
    return job;
}

static void be_born_to(struct ps_job *job, struct ps_job *parent)
{
    job->task.parent = &parent->task;
    job->task.stamp.intended_ns = job->born_ns;
    job->family_ns = parent->family_ns;
}

struct ps_job *ps_job_child(struct ps_job *parent, unsigned type)
{
    struct ps_job *job = ps_job_take(parent->run->jobs);
    if (!job)
        return NULL;
    uint32_t index = parent->children++;
    struct ps_rng rng = ps_child_rng(parent->first, index);
    make(job, &ps_job_body, (uint32_t)ps_mix64(rng.state), parent->run, type, rng);
    job->root = false;
    job->row_cpu_ns = parent->row_cpu_ns;
    job->row_wait_ns = parent->row_wait_ns;
    be_born_to(job, parent);
    set_deadline(job, job->born_ns, parent->task.deadline_ns);
    return job;
}

struct ps_job *ps_job_node(struct ps_job *parent, const struct ps_body *body)
{
    struct ps_job *job = ps_job_take(parent->run->jobs);
    if (!job)
        return NULL;
    make(job, body, (uint32_t)(uintptr_t)job >> 6, parent->run, parent->task.stamp.type,
         (struct ps_rng){0});
    job->root = false;
    be_born_to(job, parent);
    job->task.deadline_ns = parent->task.deadline_ns;
    return job;
}

/* Injected faults that hit whoever runs on a certain worker: "crash" dies of a wild write, "stuck"
 * burns CPU until the fault ends. */
void ps_job_suffer(struct ps_job *job)
{
    struct ps_faults *faults = job->run->faults_seen;
    if (!ps_faults_any(faults))
        return;
    int self = ps_worker_self();
    uint32_t crash = (uint32_t)self + 1;
    /* Once: a worker that is a process is replaced. */
    if (self >= 0 && atomic_compare_exchange_strong(&faults->crash_worker, &crash, 0)) {
        volatile uintptr_t wild = 16;
        *(volatile int *)wild = 0;
    }
    while (ps_faults_stuck(faults, self, ps_now_ns()) &&
           ps_task_stopping(&job->task, 0) == PS_STOP_NOT)
        ps_burn(&job->run->burner, PIECE_NS);
}

static uint64_t slowness(struct ps_job *job)
{
    struct ps_faults *faults = job->run->faults_seen;
    return ps_faults_any(faults) ? ps_faults_slowness(faults, ps_worker_self()) : 1;
}

bool ps_job_stopping(struct ps_job *job)
{
    uint64_t now_ns = job->task.deadline_ns == PS_NEVER ? 0 : ps_now_ns();
    return ps_task_stopping(&job->task, now_ns) != PS_STOP_NOT;
}

void ps_job_compute(struct ps_job *job)
{
    if (!job->run->experiment.gil || job->holds_gil)
        return;
    ps_gil_take(&job->run->gil, &job->task);
    job->holds_gil = true;
}

void ps_job_between(struct ps_job *job)
{
    if (job->holds_gil)
        ps_gil_check(&job->run->gil, &job->task);
}

void ps_job_computed(struct ps_job *job)
{
    if (!job->holds_gil)
        return;
    job->holds_gil = false;
    ps_gil_drop(&job->run->gil, &job->task);
}

bool ps_job_burn(struct ps_job *job, uint64_t *left_ns)
{
    ps_job_compute(job);
    uint64_t slow = slowness(job);
    while (*left_ns > 0) {
        uint64_t piece = *left_ns < PIECE_NS ? *left_ns : PIECE_NS;
        for (uint64_t i = 0; i < slow; i++)
            ps_burn(&job->run->burner, piece);
        *left_ns -= piece;
        ps_job_between(job);
        if (*left_ns > 0 && ps_job_stopping(job))
            return false;
    }
    return true;
}

/* At its end: by the experiment's share, or by a fault of its type, whichever is greater. */
static bool fails(struct ps_job *job)
{
    struct ps_faults *faults = job->run->faults_seen;
    double chance = job->run->experiment.fail;
    double fault = ps_faults_any(faults) ? ps_faults_chance(faults, job->task.stamp.type) : 0;
    if (fault > chance)
        chance = fault;
    return chance > 0 && ps_rng_unit(&job->rng) < chance;
}

/* The engine could not let the task wait (no memory for its stack or timer, no descriptor): going on
 * as if it had waited would be a lie in every figure. */
bool ps_job_could_not_wait(struct ps_job *job)
{
    enum ps_err err = job->waited ? job->waited->result : PS_OK;
    if (err == PS_OK || err == PS_ECANCELED || err == PS_ETIMEDOUT)
        return false;
    struct ps_run *run = job->run;
    if (atomic_exchange_explicit(&run->wait_failed, 1, memory_order_relaxed) == 0) {
        char text[PS_MESSAGE_BYTES];
        snprintf(text, sizeof text, "tasks cannot wait (%s): they fail", ps_err_text(err));
        ps_segment_say(run->segment, text);
    }
    return true;
}

static void abandon(struct ps_job *job)
{
    const struct ps_step_def *def = &job->type->steps[job->position];
    if (job->phase > 0 && step_ops[def->kind]->abandon)
        step_ops[def->kind]->abandon(job, def);
}

/* Until the job waits (NULL: it has ended). */
static struct ps_wait *go_on(struct ps_job *job)
{
    struct ps_task *task = &job->task;
    const struct ps_task_type *type = job->type;
    const unsigned index = ps_job_type(job);
    const int self = ps_worker_self(); /* the same until the job waits */
    if (job->position == 0 && job->phase == 0 && job->children == 0)
        ps_job_started(job->run->jobs, job);
    if (ps_job_could_not_wait(job)) {
        abandon(job);
        task->outcome = PS_FAILED;
        return NULL;
    }
    ps_job_suffer(job);
    while (job->position < type->step_count) {
        const struct ps_step_def *def = &type->steps[job->position];
        const struct ps_step_ops *ops = step_ops[def->kind];
        if (ps_job_stopping(job)) {
            abandon(job);
            ps_task_give_up(task);
            return NULL;
        }
        ps_job_doing(job, self, index, job->position);
        struct ps_wait *wait = ops->advance(job, def);
        if (wait) {
            job->waited = wait;
            return wait;
        }
        if (task->outcome != PS_COMPLETED)
            return NULL;
        job->position++;
        job->phase = 0;
    }
    if (fails(job))
        task->outcome = PS_FAILED;
    return NULL;
}

/* The job begins to wait at its step, or goes on. A yield is no wait. */
static void count_wait(struct ps_job *job, bool begins)
{
    struct ps_segment *segment = job->run->segment;
    int self = ps_worker_self();
    unsigned slot = self >= 0 ? (unsigned)self : segment->slots;
    if (begins)
        job->waits_at = job->position + 1;
    ps_probe_step_wait(segment, slot, ps_job_type(job), job->waits_at - 1, begins);
    if (!begins)
        job->waits_at = 0;
}

static struct ps_wait *step(struct ps_task *task)
{
    struct ps_job *job = (struct ps_job *)task;
    ps_realtime_enter(job);
    if (job->waits_at)
        count_wait(job, false);
    struct ps_wait *wait = go_on(job);
    ps_job_computed(job);
    if (!wait)
        ps_realtime_leave(job);
    else if (wait->kind != PS_WAIT_YIELD)
        count_wait(job, true);
    return wait;
}

/* ---- to and from a worker process ---- */

struct message {
    uint32_t type;
    uint64_t number, born_ns, row_cpu_ns, row_wait_ns;
    struct ps_rng rng;
};

/* Cancelling all finds jobs by their start: this one has left. */
static size_t pack(struct ps_task *task, void *into)
{
    struct ps_job *job = (struct ps_job *)task;
    struct message message = {.type = task->stamp.type,
                              .number = task->stamp.id,
                              .born_ns = job->born_ns,
                              .row_cpu_ns = job->row_cpu_ns,
                              .row_wait_ns = job->row_wait_ns,
                              .rng = job->rng};
    memcpy(into, &message, sizeof message);
    ps_job_started(job->run->jobs, job);
    return sizeof message;
}

void ps_job_unpack(struct ps_run *run, const void *from, struct ps_job *job)
{
    struct message message;
    memcpy(&message, from, sizeof message);
    memset(job, 0, sizeof *job);
    make(job, &ps_job_body, (uint32_t)message.number, run, message.type, message.rng);
    job->born_ns = message.born_ns;
    job->row_cpu_ns = message.row_cpu_ns;
    job->row_wait_ns = message.row_wait_ns;
}

static void ended(struct ps_task *task)
{
    struct ps_job *job = (struct ps_job *)task;
    ps_job_ended(job);
    if (job->root && !ps_retries_follow(job->run->feeder, job))
        ps_feeder_credit(job->run->feeder);
}

static void release(struct ps_task *task)
{
    struct ps_job *job = (struct ps_job *)task;
    ps_job_put(job->run->jobs, job);
}

const struct ps_body ps_job_body = {
    .name = "job",
    .step = step,
    .ended = ended,
    .release = release,
    .pack = pack,
};
