/* Protocol (after Go's channels and select).
 *   operation    1 locks every channel of its cases, in the order of their addresses; 2 a case that
 *                can be done (a counterpart waits, there is room, there is a value, it is closed) is
 *                done, and all are unlocked; 3 else: a waiter into each channel's queue; unlocks all;
 *                waits
 *   counterpart  holds one channel's lock: takes a waiter out of its queue; claims its owner by CAS
 *                0 -> case + 1; it fails: another channel was faster, and the waiter is skipped;
 *                copies the value; unparks the owner's task; unlocks
 *   after a wait claim is set: that case is done; else woken without cause: waits again
 *   giving up    cancelled or out of time: claims itself; it fails: it was served after all
 *   both         then lock every channel and take the waiters that are still queued out of it
 * An owner that registers holds all its locks, so nobody claims it before it is registered in full.
 * A value is moved under the lock of its channel, by the winner of the claim alone. The owner locks
 * every channel before its frame ends, so by then the counterpart is through with its unpark.
 *
 * One channel, the commonest case, needs less. Who may claim holds its lock, so the claim is a store
 * (release), and an owner that gives up takes the lock for it. A served owner (acquire) has no waiter
 * left to withdraw, and sees its counterpart's lock: reads it free, so the counterpart has left, or
 * locks. That leaves a CAS and an exchange for each side.
 *
 * Rejected: an unpark after the lock was given up (the task could have ended); a claim by a lock of
 * the owner's (two selects on the same two channels would wait for each other). */
#include "engines/chan.h"

#include <stdlib.h>

#include "engines/common/core.h"

enum { CLOSED = 0x100, CASE = 0xff, GIVEN_UP = 0xff };

enum ps_err ps_chan_init(struct ps_chan *chan, size_t capacity)
{
    *chan = (struct ps_chan){.capacity = capacity};
    if (capacity > 0 && !(chan->slot = calloc(capacity, sizeof *chan->slot)))
        return PS_ENOMEM;
    return PS_OK;
}

void ps_chan_destroy(struct ps_chan *chan)
{
    free((void *)chan->slot);
}

/* ---- queues of waiters, under the channel's lock ---- */

static struct ps_chan_queue *queue_of(const struct ps_chan_case *c)
{
    return c->send ? &c->chan->senders : &c->chan->receivers;
}

static void enqueue(struct ps_chan_queue *queue, struct ps_chan_waiter *waiter)
{
    waiter->next = NULL;
    waiter->previous = queue->last;
    waiter->queued = true;
    if (queue->last)
        queue->last->next = waiter;
    else
        queue->first = waiter;
    queue->last = waiter;
}

static void dequeue(struct ps_chan_queue *queue, struct ps_chan_waiter *waiter)
{
    if (waiter->previous)
        waiter->previous->next = waiter->next;
    else
        queue->first = waiter->next;
    if (waiter->next)
        waiter->next->previous = waiter->previous;
    else
        queue->last = waiter->previous;
    waiter->queued = false;
}

/* acq_rel, partner: the owner's load; the value is moved before the unpark tells it to look. */
static bool claim(struct ps_chan_wait *owner, uint32_t as)
{
    if (owner->count == 1) { /* under its lock */
        atomic_store_explicit(&owner->claim, as, memory_order_release);
        return true;
    }
    uint32_t none = 0;
    return atomic_compare_exchange_strong_explicit(&owner->claim, &none, as, memory_order_acq_rel,
                                                   memory_order_acquire);
}

/* The first waiter whose owner could be claimed; its case, or NULL. `wake` unparks it. */
static struct ps_chan_case *claim_first(struct ps_chan_queue *queue, uint32_t flags,
                                        struct ps_chan_wait **owner)
{
    struct ps_chan_waiter *waiter;
    while ((waiter = queue->first)) {
        dequeue(queue, waiter);
        if (claim(waiter->owner, (waiter->index + 1) | flags)) {
            *owner = waiter->owner;
            return &waiter->owner->cases[waiter->index];
        }
    }
    return NULL;
}

void ps_chan_close(struct ps_chan *chan)
{
    struct ps_chan_wait *owner;
    struct ps_chan_case *c;
    ps_lock(&chan->lock);
    chan->closed = true;
    while ((c = claim_first(&chan->receivers, CLOSED, &owner))) {
        c->value = NULL;
        ps_task_unpark(owner->task);
    }
    while (claim_first(&chan->senders, CLOSED, &owner))
        ps_task_unpark(owner->task);
    ps_unlock(&chan->lock);
}

/* ---- operations that can be done at once, under the channel's lock ---- */

static enum ps_err send_now(struct ps_chan *chan, void *value)
{
    struct ps_chan_wait *owner;
    if (chan->closed)
        return PS_ECLOSED;
    struct ps_chan_case *receiver = claim_first(&chan->receivers, 0, &owner);
    if (receiver) {
        receiver->value = value;
        ps_task_unpark(owner->task);
        return PS_OK;
    }
    if (chan->count == chan->capacity)
        return PS_EAGAIN;
    chan->slot[(chan->first + chan->count++) % chan->capacity] = value;
    return PS_OK;
}

static enum ps_err receive_now(struct ps_chan *chan, void **value)
{
    struct ps_chan_wait *owner;
    struct ps_chan_case *sender = claim_first(&chan->senders, 0, &owner);
    *value = NULL;
    if (chan->count > 0) {
        *value = chan->slot[chan->first];
        chan->first = (chan->first + 1) % chan->capacity;
        chan->count--;
        if (sender)
            chan->slot[(chan->first + chan->count++) % chan->capacity] = sender->value;
    } else if (sender) {
        *value = sender->value;
    } else {
        return chan->closed ? PS_ECLOSED : PS_EAGAIN;
    }
    if (sender)
        ps_task_unpark(owner->task);
    return PS_OK;
}

static enum ps_err do_now(struct ps_chan_case *c)
{
    return c->send ? send_now(c->chan, c->value) : receive_now(c->chan, &c->value);
}

enum ps_err ps_chan_try_send(struct ps_chan *chan, void *value)
{
    ps_lock(&chan->lock);
    enum ps_err err = send_now(chan, value);
    ps_unlock(&chan->lock);
    return err;
}

enum ps_err ps_chan_try_receive(struct ps_chan *chan, void **value)
{
    ps_lock(&chan->lock);
    enum ps_err err = receive_now(chan, value);
    ps_unlock(&chan->lock);
    return err;
}

/* ---- several channels ---- */

/* The channels of the cases, each once, by address. */
static unsigned channels_of(const struct ps_chan_case *cases, unsigned count,
                            struct ps_chan *chans[PS_SELECT_CASES])
{
    unsigned n = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned at = n;
        while (at > 0 && (uintptr_t)chans[at - 1] > (uintptr_t)cases[i].chan)
            at--;
        if (at > 0 && chans[at - 1] == cases[i].chan)
            continue;
        for (unsigned k = n; k > at; k--)
            chans[k] = chans[k - 1];
        chans[at] = cases[i].chan;
        n++;
    }
    return n;
}

static void lock_all(struct ps_chan *const *chans, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        ps_lock(&chans[i]->lock);
}

static void unlock_all(struct ps_chan *const *chans, unsigned n)
{
    while (n-- > 0)
        ps_unlock(&chans[n]->lock);
}

static void register_all(struct ps_chan_wait *wait)
{
    for (unsigned i = 0; i < wait->count; i++) {
        wait->waiter[i].owner = wait;
        wait->waiter[i].index = i;
        enqueue(queue_of(&wait->cases[i]), &wait->waiter[i]);
    }
}

static void withdraw_all(struct ps_chan_wait *wait)
{
    struct ps_chan *chans[PS_SELECT_CASES];
    unsigned n = channels_of(wait->cases, wait->count, chans);
    lock_all(chans, n);
    for (unsigned i = 0; i < wait->count; i++)
        if (wait->waiter[i].queued)
            dequeue(queue_of(&wait->cases[i]), &wait->waiter[i]);
    unlock_all(chans, n);
}

/* false: it was served after all, or another channel was faster. */
static bool give_up(struct ps_chan_wait *wait)
{
    if (wait->count > 1)
        return claim(wait, GIVEN_UP);
    struct ps_chan_waiter *waiter = &wait->waiter[0];
    struct ps_chan *chan = wait->cases[0].chan;
    ps_lock(&chan->lock);
    bool waits = waiter->queued;
    if (waits)
        dequeue(queue_of(wait->cases), waiter);
    ps_unlock(&chan->lock);
    return waits;
}

/* The counterpart is through with the owner's task, and no waiter of it is queued. */
static void leave(struct ps_chan_wait *wait)
{
    if (wait->count > 1 || ps_lock_is_held(&wait->cases[0].chan->lock))
        withdraw_all(wait);
}

/* Where to begin to look, so that no case starves: the address of a waiting task's record is as good
 * as a random number here, stirred by how often the task asked. */
static unsigned begin_at(const struct ps_task *task, unsigned count)
{
    static _Thread_local uint32_t turns;
    return count < 2 ? 0 : ((uint32_t)((uintptr_t)task >> 7) + turns++) % count;
}

static void begin_wait(struct ps_chan_wait *wait, struct ps_task *task, struct ps_chan_case *cases,
                       unsigned count, uint64_t until_ns)
{
    wait->wait = (struct ps_wait){
        .kind = PS_WAIT_PARK, .why = PS_STATE_LOCK, .until_ns = until_ns, .fd = -1};
    wait->task = task;
    wait->cases = cases;
    wait->count = count;
    atomic_store_explicit(&wait->claim, 0, memory_order_relaxed);
    register_all(wait);
}

static enum ps_err begin_one(struct ps_chan_wait *wait, struct ps_task *task,
                             struct ps_chan_case *c, uint64_t until_ns)
{
    ps_lock(&c->chan->lock);
    enum ps_err err = do_now(c);
    if (err == PS_EAGAIN && until_ns != 0)
        begin_wait(wait, task, c, 1, until_ns);
    ps_unlock(&c->chan->lock);
    return err;
}

enum ps_err ps_select_begin(struct ps_chan_wait *wait, struct ps_task *task,
                            struct ps_chan_case *cases, unsigned count, unsigned *chosen,
                            uint64_t until_ns)
{
    struct ps_chan *chans[PS_SELECT_CASES];
    if (count < 1 || count > PS_SELECT_CASES)
        return PS_EINVAL;
    *chosen = 0;
    if (count == 1)
        return begin_one(wait, task, cases, until_ns);
    unsigned n = channels_of(cases, count, chans), begin = begin_at(task, count);
    enum ps_err err = PS_EAGAIN;
    lock_all(chans, n);
    for (unsigned i = 0; i < count && err == PS_EAGAIN; i++) {
        *chosen = (begin + i) % count;
        err = do_now(&cases[*chosen]);
    }
    if (err == PS_EAGAIN && until_ns != 0)
        begin_wait(wait, task, cases, count, until_ns);
    unlock_all(chans, n);
    return err;
}

enum ps_err ps_select_again(struct ps_chan_wait *wait, unsigned *chosen)
{
    enum ps_err err = wait->wait.result;
    uint32_t claimed =
        atomic_load_explicit(&wait->claim, memory_order_acquire); /* partner: claim */
    if (claimed == 0) {
        if (err != PS_ECANCELED && err != PS_ETIMEDOUT)
            return PS_EAGAIN;
        if (give_up(wait)) {
            if (wait->count > 1)
                withdraw_all(wait);
            return err;
        }
        claimed = atomic_load_explicit(&wait->claim, memory_order_acquire);
    }
    leave(wait);
    *chosen = (claimed & CASE) - 1;
    return claimed & CLOSED ? PS_ECLOSED : PS_OK;
}

enum ps_err ps_select(struct ps_task *task, struct ps_chan_case *cases, unsigned count,
                      unsigned *chosen, uint64_t until_ns)
{
    struct ps_chan_wait wait;
    enum ps_err err = ps_select_begin(&wait, task, cases, count, chosen, until_ns);
    if (err != PS_EAGAIN || until_ns == 0)
        return err;
    do {
        ps_wait(task, &wait.wait);
        err = ps_select_again(&wait, chosen);
    } while (err == PS_EAGAIN);
    return err;
}

enum ps_err ps_chan_send(struct ps_chan *chan, struct ps_task *task, void *value, uint64_t until_ns)
{
    unsigned chosen;
    struct ps_chan_case c = {chan, true, value};
    return ps_select(task, &c, 1, &chosen, until_ns);
}

enum ps_err ps_chan_receive(struct ps_chan *chan, struct ps_task *task, void **value,
                            uint64_t until_ns)
{
    unsigned chosen;
    struct ps_chan_case c = {chan, false, NULL};
    enum ps_err err = ps_select(task, &c, 1, &chosen, until_ns);
    *value = c.value;
    return err;
}
