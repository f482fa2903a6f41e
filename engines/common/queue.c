#include "engines/common/queue.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

void ps_queue_task(void *task)
{
    (void)task;
    abort();
}

enum ps_err ps_queue_init(struct ps_queue *queue, struct ps_engine *engine, struct ps_depth *depth)
{
    *queue = (struct ps_queue){.engine = engine,
                               .depth = depth,
                               .capacity = FIRST_CAPACITY,
                               .bound = engine->config.queue};
    queue->item = calloc(queue->capacity, sizeof *queue->item);
    return queue->item ? PS_OK : PS_ENOMEM;
}

void ps_queue_free(struct ps_queue *queue)
{
    free(queue->item);
}

static struct ps_job *at(struct ps_queue *queue, uint64_t index)
{
    return &queue->item[index & (queue->capacity - 1)];
}

static bool grow(struct ps_queue *queue)
{
    size_t capacity = 2 * queue->capacity;
    struct ps_job *item = calloc(capacity, sizeof *item);
    if (!item)
        return false;
    for (uint64_t i = queue->head; i != queue->tail; i++)
        item[i & (capacity - 1)] = *at(queue, i);
    free(queue->item);
    queue->item = item;
    queue->capacity = capacity;
    return true;
}

static void show(struct ps_queue *queue, size_t before)
{
    struct ps_depth *depth = queue->depth;
    depth->now += ps_queue_count(queue) - before;
    ps_probe_depth(depth->probe, depth->now);
}

/* ---- in ---- */

static bool needs_to_grow(const struct ps_queue *queue)
{
    return ps_queue_count(queue) + queue->held + queue->spare >= queue->capacity;
}

/* Whether the door is open; room for what is held stays, so that it can always be put back. Without
 * memory the queue is full. */
static enum ps_err admit(struct ps_queue *queue, bool inside)
{
    const struct ps_engine *engine = queue->engine;
    bool bounded = !inside || engine->config.on_full == PS_ON_FULL_REFUSE;
    if (!ps_engine_open_for(engine, inside))
        return PS_ECLOSED;
    bool full = bounded && ps_queue_full(queue);
    while (!full && needs_to_grow(queue))
        full = !grow(queue);
    if (!full)
        return PS_OK;
    queue->wanted = true;
    return PS_EFULL;
}

static void push(struct ps_queue *queue, struct ps_job job)
{
    *at(queue, queue->tail++) = job;
    show(queue, ps_queue_count(queue) - 1);
}

enum ps_err ps_queue_put_task(struct ps_queue *queue, struct ps_task *task)
{
    enum ps_err err = admit(queue, ps_self()->engine == queue->engine);
    if (err != PS_OK)
        return err;
    ps_task_accept(queue->engine, task);
    push(queue, (struct ps_job){ps_queue_task, task});
    return PS_OK;
}

enum ps_err ps_queue_put_job(struct ps_queue *queue, struct ps_job job)
{
    struct ps_self *self = ps_self();
    bool inside = self->engine == queue->engine;
    enum ps_err err = admit(queue, inside);
    if (err != PS_OK)
        return err;
    ps_probe_job_submitted(inside ? self->probe : &queue->engine->outside);
    push(queue, job);
    return PS_OK;
}

/* ---- out ---- */

unsigned ps_queue_take(struct ps_queue *queue, struct ps_job *into, unsigned most)
{
    size_t before = ps_queue_count(queue);
    unsigned count = before < most ? (unsigned)before : most;
    if (count == 0)
        return 0;
    for (unsigned i = 0; i < count; i++)
        into[i] = *at(queue, queue->head++);
    show(queue, before);
    return count;
}

void ps_queue_put_back(struct ps_queue *queue, const struct ps_job *item, unsigned count)
{
    size_t before = ps_queue_count(queue);
    for (unsigned i = count; i-- > 0;)
        *at(queue, --queue->head) = item[i];
    show(queue, before);
}

struct ps_task_list ps_queue_take_tasks(struct ps_queue *queue)
{
    struct ps_task_list tasks = {NULL, NULL, 0};
    size_t before = ps_queue_count(queue);
    uint64_t kept = queue->head;
    for (uint64_t i = queue->head; i != queue->tail; i++) {
        struct ps_job job = *at(queue, i);
        if (job.run == ps_queue_task)
            ps_task_list_push(&tasks, job.arg);
        else
            *at(queue, kept++) = job;
    }
    queue->tail = kept;
    show(queue, before);
    return tasks;
}

bool ps_queue_room(struct ps_queue *queue)
{
    if (!queue->wanted || ps_queue_full(queue))
        return false;
    queue->wanted = false;
    return true;
}

void ps_queue_end_tasks(struct ps_engine *engine, struct ps_task_list tasks)
{
    struct ps_task *task;
    while ((task = ps_task_list_pop(&tasks)))
        ps_task_discard(ps_engine_probe(engine), task);
}
