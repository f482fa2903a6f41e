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
    *queue = (struct ps_queue){.engine = engine, .depth = depth, .bound = engine->config.queue};
    for (unsigned i = 0; i < 2; i++) {
        queue->line[i].capacity = FIRST_CAPACITY;
        queue->line[i].item = calloc(FIRST_CAPACITY, sizeof(struct ps_job));
    }
    return queue->line[0].item && queue->line[1].item ? PS_OK : PS_ENOMEM;
}

void ps_queue_free(struct ps_queue *queue)
{
    free(queue->line[0].item);
    free(queue->line[1].item);
}

static struct ps_job *at(struct ps_queue_line *line, uint64_t index)
{
    return &line->item[index & (line->capacity - 1)];
}

static bool grow(struct ps_queue_line *line)
{
    size_t capacity = 2 * line->capacity;
    struct ps_job *item = calloc(capacity, sizeof *item);
    if (!item)
        return false;
    for (uint64_t i = line->head; i != line->tail; i++)
        item[i & (capacity - 1)] = *at(line, i);
    free(line->item);
    line->item = item;
    line->capacity = capacity;
    return true;
}

/* Of a task, or a job if that is NULL. */
static struct ps_queue_line *line_of(struct ps_queue *queue, const struct ps_task *task)
{
    return &queue->line[task ? task->priority : PS_PRIORITY_NORMAL];
}

static void show_high(struct ps_queue *queue)
{
    uint32_t now = (uint32_t)ps_queue_line_count(&queue->line[PS_PRIORITY_HIGH]);
    if (!queue->high || now == queue->high_shown)
        return;
    atomic_fetch_add(queue->high, now - queue->high_shown);
    queue->high_shown = now;
}

static void show(struct ps_queue *queue, size_t before)
{
    struct ps_depth *depth = queue->depth;
    depth->now += ps_queue_count(queue) - before;
    ps_probe_depth(depth->probe, depth->now);
    show_high(queue);
}

/* ---- in ---- */

static bool needs_to_grow(const struct ps_queue *queue, const struct ps_queue_line *line)
{
    return ps_queue_line_count(line) + queue->held + queue->spare >= line->capacity;
}

bool ps_queue_reserve(struct ps_queue *queue)
{
    for (unsigned i = 0; i < 2; i++)
        while (needs_to_grow(queue, &queue->line[i]))
            if (!grow(&queue->line[i]))
                return false;
    return true;
}

/* Whether the door is open; room for what is held stays, so that it can always be put back. Without
 * memory the queue is full. */
static enum ps_err admit(struct ps_queue *queue, struct ps_queue_line *line, bool inside)
{
    const struct ps_engine *engine = queue->engine;
    bool bounded = !inside || engine->config.on_full == PS_ON_FULL_REFUSE;
    if (!ps_engine_open_for(engine, inside))
        return PS_ECLOSED;
    bool full = bounded && ps_queue_full(queue);
    while (!full && needs_to_grow(queue, line))
        full = !grow(line);
    if (!full)
        return PS_OK;
    queue->wanted = true;
    return PS_EFULL;
}

static void push(struct ps_queue *queue, struct ps_queue_line *line, struct ps_job job)
{
    *at(line, line->tail++) = job;
    show(queue, ps_queue_count(queue) - 1);
}

enum ps_err ps_queue_put_task(struct ps_queue *queue, struct ps_task *task)
{
    struct ps_queue_line *line = line_of(queue, task);
    enum ps_err err = admit(queue, line, ps_self()->engine == queue->engine);
    if (err != PS_OK)
        return err;
    ps_task_accept(queue->engine, task);
    push(queue, line, (struct ps_job){ps_queue_task, task});
    return PS_OK;
}

enum ps_err ps_queue_put_job(struct ps_queue *queue, struct ps_job job)
{
    struct ps_self *self = ps_self();
    bool inside = self->engine == queue->engine;
    struct ps_queue_line *line = line_of(queue, NULL);
    enum ps_err err = admit(queue, line, inside);
    if (err != PS_OK)
        return err;
    ps_probe_job_submitted(inside ? self->probe : &queue->engine->outside);
    push(queue, line, job);
    return PS_OK;
}

/* ---- out ---- */

/* Not empty. */
static struct ps_queue_line *next_line(struct ps_queue *queue)
{
    struct ps_queue_line *normal = &queue->line[PS_PRIORITY_NORMAL];
    if (ps_queue_high_first(queue) || ps_queue_line_count(normal) == 0) {
        queue->in_a_row += queue->in_a_row < PS_HIGH_IN_A_ROW;
        return &queue->line[PS_PRIORITY_HIGH];
    }
    queue->in_a_row = 0;
    return normal;
}

unsigned ps_queue_take(struct ps_queue *queue, struct ps_job *into, unsigned most)
{
    size_t before = ps_queue_count(queue);
    unsigned count = before < most ? (unsigned)before : most;
    if (count == 0)
        return 0;
    for (unsigned i = 0; i < count; i++) {
        struct ps_queue_line *line = next_line(queue);
        into[i] = *at(line, line->head++);
    }
    show(queue, before);
    return count;
}

void ps_queue_put_back(struct ps_queue *queue, const struct ps_job *item, unsigned count)
{
    size_t before = ps_queue_count(queue);
    for (unsigned i = count; i-- > 0;) {
        const struct ps_task *task = item[i].run == ps_queue_task ? item[i].arg : NULL;
        struct ps_queue_line *line = line_of(queue, task);
        *at(line, --line->head) = item[i];
    }
    show(queue, before);
}

static void take_tasks_of(struct ps_queue_line *line, struct ps_task_list *tasks)
{
    uint64_t kept = line->head;
    for (uint64_t i = line->head; i != line->tail; i++) {
        struct ps_job job = *at(line, i);
        if (job.run == ps_queue_task)
            ps_task_list_push(tasks, job.arg);
        else
            *at(line, kept++) = job;
    }
    line->tail = kept;
}

struct ps_task_list ps_queue_take_tasks(struct ps_queue *queue)
{
    struct ps_task_list tasks = {NULL, NULL, 0};
    size_t before = ps_queue_count(queue);
    take_tasks_of(&queue->line[PS_PRIORITY_HIGH], &tasks);
    take_tasks_of(&queue->line[PS_PRIORITY_NORMAL], &tasks);
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
