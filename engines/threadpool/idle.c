/* Protocol. `word` is changed by seq_cst RMWs only; queues are published and looked at with seq_cst
 * operations, or under their lock with a seq_cst count.
 *
 *   producer  1 publishes a task
 *             2 reads `word`: somebody searches or nobody sleeps: done
 *             3 in one RMW makes a sleeper a searcher
 *             4 takes it off the list, wakes its parker
 *   searcher  1 adds itself
 *             2 looks at the queues
 *             3 found: takes itself off before it runs anything; was it the last: looks at every
 *               queue again; there is more: goes on as a producer at 2. Nothing found: sleeps
 *   sleeper   1 takes a ticket of its parker
 *             2 looks at its queues
 *             3 in one RMW adds a sleeper and takes off a searcher, if it was one
 *             4 no searcher left: looks at every queue again; there is work: 6
 *             5 waits with the ticket
 *             6 rises: in one RMW takes off a sleeper and adds a searcher, or finds that a producer
 *               did. In either case it is a searcher now
 *   leaving   a worker that retires may be a searcher that a producer counts on: it hands over its
 *             queue, then goes on as a searcher that found work, and as a producer
 *
 * Why no task is left: take the producer's 1 and 2 and a sleeper's 3 and 4 in the one order of all
 * seq_cst operations. If 2 is after 3, the producer sees the sleeper (or a searcher). If 2 is before
 * 3, then 1 is before 4, and the sleeper sees the task. A sleeper that skips 4 saw a searcher, whose
 * own end comes later: it finds work and wakes a sleeper if it was the last, or it sleeps and does 4.
 * A producer whose 2 saw a searcher that is about to find something had its 1 before that searcher's
 * 3, which sees the task and wakes a sleeper for it.
 * What a riser saw may be more than one task: as a searcher it owes the next wake-up; if it just took
 * one of them, the others would lie beside sleepers until somebody publishes again.
 *
 * Step 2 of the producer is a load and not an RMW: with the task published by a seq_cst store of
 * its own that is enough, and the line stays shared between workers that push. A load after a store
 * with release only is the lost wake-up of tokio #1768.
 *
 * Rejected: waking for every push (a futex call a task); a bitmask of sleepers without a lock
 * (taking oneself off races with being claimed; a wake-up costs microseconds, the lock nothing
 * beside it). */
#include "engines/threadpool/idle.h"

#include <stdlib.h>

enum { SEARCHERS = 0xffff, SLEEPER = 0x10000 };

enum ps_err ps_idle_init(struct ps_idle *idle, unsigned slots)
{
    idle->idler = calloc(slots, sizeof *idle->idler);
    if (!idle->idler)
        return PS_ENOMEM;
    atomic_init(&idle->word, 0);
    pthread_mutex_init(&idle->lock, NULL);
    idle->head = (struct ps_idler){&idle->head, &idle->head, false, false};
    return PS_OK;
}

void ps_idle_free(struct ps_idle *idle)
{
    pthread_mutex_destroy(&idle->lock);
    free(idle->idler);
}

static void unlist(struct ps_idler *idler)
{
    idler->previous->next = idler->next;
    idler->next->previous = idler->previous;
    idler->listed = false;
}

bool ps_idle_search(struct ps_idle *idle, unsigned slot, unsigned workers)
{
    if (idle->idler[slot].searching)
        return true;
    uint32_t word = atomic_load(&idle->word);
    do {
        if (2 * (word & SEARCHERS) >= workers)
            return false;
    } while (!atomic_compare_exchange_weak(&idle->word, &word, word + 1));
    idle->idler[slot].searching = true;
    return true;
}

bool ps_idle_found(struct ps_idle *idle, unsigned slot)
{
    if (!idle->idler[slot].searching)
        return false;
    idle->idler[slot].searching = false;
    return (atomic_fetch_sub(&idle->word, 1) & SEARCHERS) == 1;
}

bool ps_idle_sleep(struct ps_idle *idle, unsigned slot)
{
    struct ps_idler *idler = &idle->idler[slot];
    pthread_mutex_lock(&idle->lock);
    uint32_t change = idler->searching ? SLEEPER - 1 : SLEEPER;
    idler->searching = false;
    idler->next = idle->head.next;
    idler->previous = &idle->head;
    idler->next->previous = idler;
    idle->head.next = idler;
    idler->listed = true;
    uint32_t word = atomic_fetch_add(&idle->word, change) + change;
    pthread_mutex_unlock(&idle->lock);
    return (word & SEARCHERS) == 0;
}

void ps_idle_rise(struct ps_idle *idle, unsigned slot)
{
    struct ps_idler *idler = &idle->idler[slot];
    pthread_mutex_lock(&idle->lock);
    if (idler->listed) {
        unlist(idler);
        idler->searching = true;
        atomic_fetch_sub(&idle->word, SLEEPER - 1);
    }
    pthread_mutex_unlock(&idle->lock);
}

int ps_idle_claim(struct ps_idle *idle)
{
    uint32_t word = atomic_load(&idle->word);
    if ((word & SEARCHERS) != 0 || word < SLEEPER)
        return -1;
    struct ps_idler *idler = NULL;
    pthread_mutex_lock(&idle->lock);
    word = atomic_load(&idle->word);
    /* Sleepers are added and taken under the lock; only searchers can change meanwhile. */
    while ((word & SEARCHERS) == 0 && word >= SLEEPER && !idler)
        if (atomic_compare_exchange_weak(&idle->word, &word, word - SLEEPER + 1))
            idler = idle->head.next;
    if (idler) {
        unlist(idler);
        idler->searching = true;
    }
    pthread_mutex_unlock(&idle->lock);
    return idler ? (int)(idler - idle->idler) : -1;
}
