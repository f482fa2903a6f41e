#include "engines/green/own.h"

#include <linux/membarrier.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engines/common/lock.h"
#include "engines/green/sanitizer.h"

enum { SPINS = 200 };

bool own_biased(void)
{
#ifdef GREEN_TSAN
    return false;
#else
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0 &&
           syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
#endif
}

void own_barrier(void)
{
    /* Cannot fail once registered. */
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

void own_init(struct own_queue *queue, unsigned slots, bool biased)
{
    memset(queue, 0, sizeof *queue);
    queue->mask = slots - 1;
    queue->biased = biased;
}

/* Owner's step 2 when a thief is there: it moves at most half a ring, unless it is preempted. */
void own_wait(struct own_queue *queue)
{
    do {
        atomic_store(&queue->inside, 0);
        for (int i = 0; atomic_load(&queue->revoked) != 0; i++)
            if (i < SPINS)
                ps_relax();
            else
                sched_yield();
        atomic_exchange(&queue->inside, 1); /* the fence that own_enter does without */
    } while (atomic_load(&queue->revoked) != 0);
}

struct task_chain own_take_half(struct own_queue *queue)
{
    struct task_chain chain = {NULL, NULL, 0};
    uint32_t count = queue->tail - queue->head;
    for (count -= count / 2; chain.count < count; chain.count++) {
        struct ps_task *task = queue->slot[queue->head++ & queue->mask];
        if (chain.last)
            chain.last->next = task;
        else
            chain.first = task;
        chain.last = task;
    }
    if (chain.last)
        chain.last->next = NULL;
    atomic_store_explicit(&queue->waiting, queue->tail - queue->head, memory_order_relaxed);
    return chain;
}

bool own_make_offer(struct own_queue *queue)
{
    /* relaxed: only the owner makes it anything but NULL. */
    if (atomic_load_explicit(&queue->offer, memory_order_relaxed))
        return false;
    own_enter(queue);
    struct task_chain chain = own_take_half(queue);
    own_leave(queue);
    if (chain.count == 0)
        return false;
    atomic_store_explicit(&queue->offered, chain.count, memory_order_relaxed);
    atomic_store(&queue->offer, chain.first); /* partners: own_take_offer, own_visible */
    return true;
}

struct task_chain own_take_offer(struct own_queue *queue)
{
    struct task_chain chain = {NULL, NULL, 0};
    if (!atomic_load_explicit(&queue->offer, memory_order_relaxed))
        return chain;
    /* acquire: the tasks and their links, partner own_make_offer; release: its reader of NULL. */
    chain.first = atomic_exchange_explicit(&queue->offer, NULL, memory_order_acq_rel);
    for (struct ps_task *task = chain.first; task; task = task->next) {
        chain.last = task;
        chain.count++;
    }
    return chain;
}

struct task_chain own_revoke(struct own_queue *queue)
{
    struct task_chain chain = {NULL, NULL, 0};
    uint32_t nobody = 0;
    if ((own_waiting(queue) == 0 && !own_loose(queue)) ||
        !atomic_compare_exchange_strong(&queue->revoked, &nobody, 1))
        return chain;
    if (queue->biased)
        own_barrier();
    if (atomic_load(&queue->inside) == 0) {
        chain = own_take_half(queue);
        if (chain.count == 0 && own_loose(queue)) {
            chain.first = own_swap_hot(queue, NULL);
            chain.last = chain.first;
            chain.last->next = NULL;
            chain.count = 1;
        }
    }
    atomic_store(&queue->revoked, 0); /* partner: own_enter */
    return chain;
}

bool own_visible(struct own_queue *queue)
{
    return atomic_load(&queue->offer) ||
           (atomic_load(&queue->inside) == 0 && own_waiting(queue) > 0);
}

uint64_t own_depth(const struct own_queue *queue)
{
    struct own_queue *q = (struct own_queue *)queue;
    bool offer = atomic_load_explicit(&q->offer, memory_order_relaxed) != NULL;
    return own_waiting(q) + (own_hot(q) != NULL) +
           (offer ? atomic_load_explicit(&q->offered, memory_order_relaxed) : 0);
}
