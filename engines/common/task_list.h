/* A FIFO of tasks through task->next, with a count. No lock of its own: whoever owns it brings one.
 * Bounded queues are lists and not rings because a worker's submissions may exceed the bound (see
 * ps_engine_ops.submit), and an intrusive link needs no memory for that. Private to engines/. */
#ifndef PS_ENGINES_COMMON_TASK_LIST_H
#define PS_ENGINES_COMMON_TASK_LIST_H

#include "engines/engine.h"

struct ps_task_list {
    struct ps_task *first, *last;
    size_t count;
};

static inline void ps_task_list_push(struct ps_task_list *list, struct ps_task *task)
{
    task->next = NULL;
    if (list->last)
        list->last->next = task;
    else
        list->first = task;
    list->last = task;
    list->count++;
}

/* The oldest, or NULL. */
static inline struct ps_task *ps_task_list_pop(struct ps_task_list *list)
{
    struct ps_task *task = list->first;
    if (!task)
        return NULL;
    list->first = task->next;
    if (!list->first)
        list->last = NULL;
    list->count--;
    return task;
}

/* Everything, leaving the list empty. */
static inline struct ps_task_list ps_task_list_take(struct ps_task_list *list)
{
    struct ps_task_list all = *list;
    *list = (struct ps_task_list){NULL, NULL, 0};
    return all;
}

/* Append all of `tail`, which becomes empty. */
static inline void ps_task_list_join(struct ps_task_list *list, struct ps_task_list *tail)
{
    if (!tail->first)
        return;
    if (list->last)
        list->last->next = tail->first;
    else
        list->first = tail->first;
    list->last = tail->last;
    list->count += tail->count;
    *tail = (struct ps_task_list){NULL, NULL, 0};
}

#endif
