/* Readiness of descriptors: one epoll for all workers. Private to green.
 *
 * A descriptor is registered once, for both directions, edge-triggered. Protocol:
 *   waiter   1. PARKING    2. puts itself into the descriptor's list, registers the descriptor if
 *            need be    3. poll(2): ready: leaves the list, no wait    4. switches away; after any
 *            wake-up again from 1
 *   poller   an edge: wakes the matching waiters of the list; nobody there: notes that it missed one
 * Readiness before step 3 is seen by poll, later readiness makes an edge that finds the waiter in
 * the list. So a result is never stale, and a wake-up without cause costs a poll. Rejected: one-shot
 * registrations (a system call a wait); results from remembered edges (Go's pollDesc): a body that
 * reads a blocking descriptor would block on a remembered one.
 *
 * A waiter that has drained its descriptor (ps_wait.drained) leaves step 3 out: what came after its
 * last read makes an edge, which finds it in the list, or came before it and was noted: then it
 * looks. So it does when the peer has closed its side, which makes no second edge, and for what epoll
 * does not take. An edge ends its wait without a look: so a request on a connection costs a read and
 * a write.
 *
 * One thread polls at a time, whoever holds `held`: an idle worker that sleeps until the earliest
 * timer, or a busy one that looks in between while nobody is idle. The sleeper sleeps in epoll_wait
 * only if some task waits for a descriptor, else on its futex, which is quicker. `until` is the
 * instant the sleep ends by itself, 0: nobody sleeps. Timers: the sleeper stores until (seq_cst),
 * then reads all heaps' earliest instants (seq_cst) once more; who adds a timer stores its heap's
 * earliest instant, then loads `until`, and kicks the sleeper if that is later. Descriptors: the
 * sleeper stores `sleeper` (seq_cst), then reads `waiters`; the first to wait counts itself (seq_cst
 * RMW), then reads `sleeper`, and kicks it off its futex. One of the two sees the other. Writing
 * event_fd ends epoll_wait; it is edge-triggered too and never read. `watching`: see park.c. */
#ifndef PS_ENGINES_GREEN_POLLER_H
#define PS_ENGINES_GREEN_POLLER_H

#include <pthread.h>
#include <sys/epoll.h>

#include "engines/green/fiber.h"

enum { FD_CHUNK = 1024, FD_CHUNKS = 1024 };

struct fd_chunk;

struct poller {
    int epoll_fd, event_fd;
    _Atomic int holder; /* slot of the worker that has the role; -1: nobody */
    _Alignas(128) _Atomic uint64_t until;
    _Atomic(_Atomic uint32_t *) sleeper;         /* `park` of the holder that sleeps, or NULL */
    _Atomic uint32_t waiters;                    /* tasks that wait for descriptors */
    _Atomic bool watching;                       /* the sleep ends at watch_ns at the latest */
    uint64_t watch_ns;                           /* the holder's: when it looks at its peers next */
    _Atomic(struct fd_chunk *) chunk[FD_CHUNKS]; /* records by descriptor; never freed in a run */
};

/* On the waiting task's stack. */
struct fd_waiter {
    struct fiber *fiber;
    short events;
    bool drained;
    bool told;                      /* by an edge; under the record's lock */
    struct fd_waiter *next, **link; /* link: NULL: in no list */
};

enum ps_err poller_init(struct poller *poller);
void poller_destroy(struct poller *poller);

enum fd_news {
    FD_NONE,    /* step 4: an edge will tell */
    FD_UNKNOWN, /* step 3 */
    FD_TOLD     /* an edge came, and the waiter has drained: no wait */
};

/* Waiter's step 2. PS_ELIMIT, PS_ENOMEM. */
enum ps_err poller_add(struct poller *poller, int fd, struct fd_waiter *waiter, enum fd_news *news);
/* Leave the list, if in it. */
void poller_remove(struct poller *poller, int fd, struct fd_waiter *waiter);
/* The descriptor will be closed: waiters are woken, the next wait registers it anew. */
void poller_forget(struct poller *poller, int fd);

bool poller_acquire(struct poller *poller, int slot);
void poller_release(struct poller *poller);

enum { POLLER_EVENTS = 64 };
struct poller_batch {
    int count;
    struct epoll_event event[POLLER_EVENTS];
};
/* Holder. Wait for edges until until_ns (0: do not wait). true: descriptors are among them. */
bool poller_wait(struct poller *poller, struct poller_batch *batch, uint64_t until_ns);
/* Wake the tasks that wait for the edges of a batch. A worker. */
void poller_dispatch(struct poller *poller, const struct poller_batch *batch);

/* Any thread. End the sleep of whoever sleeps as the holder. */
void poller_kick(struct poller *poller);
/* Any thread. The sleeper makes up its mind anew how long it sleeps; it looks for no work. */
void poller_nudge(struct poller *poller);
/* Any thread. End poller_wait, now or the next one (it returns false). */
void poller_interrupt(struct poller *poller);

#endif
