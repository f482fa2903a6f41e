#include "engines/green/poller.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/common/parker.h"
#include "engines/green/idle.h"

struct fd_record {
    pthread_mutex_t lock; /* of the rest */
    struct fd_waiter *waiters;
    bool registered;
    bool ended;   /* the peer has closed, or an error: no more edges need come */
    short missed; /* events of edges for which nobody waited */
};

struct fd_chunk {
    struct fd_record record[FD_CHUNK];
};

enum ps_err poller_init(struct poller *poller)
{
    *poller = (struct poller){.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
                              .event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    atomic_init(&poller->holder, -1);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = -1};
    if (poller->epoll_fd < 0 || poller->event_fd < 0 ||
        epoll_ctl(poller->epoll_fd, EPOLL_CTL_ADD, poller->event_fd, &event) != 0) {
        poller_destroy(poller);
        return PS_ELIMIT;
    }
    return PS_OK;
}

void poller_destroy(struct poller *poller)
{
    if (poller->epoll_fd >= 0)
        close(poller->epoll_fd);
    if (poller->event_fd >= 0)
        close(poller->event_fd);
    for (unsigned i = 0; i < FD_CHUNKS; i++) {
        struct fd_chunk *chunk = atomic_load(&poller->chunk[i]);
        for (unsigned k = 0; chunk && k < FD_CHUNK; k++)
            pthread_mutex_destroy(&chunk->record[k].lock);
        free(chunk);
    }
}

static struct fd_chunk *add_chunk(struct poller *poller, unsigned index)
{
    struct fd_chunk *chunk = calloc(1, sizeof *chunk), *other = NULL;
    if (!chunk)
        return NULL;
    for (unsigned k = 0; k < FD_CHUNK; k++)
        pthread_mutex_init(&chunk->record[k].lock, NULL);
    if (atomic_compare_exchange_strong(&poller->chunk[index], &other, chunk))
        return chunk;
    for (unsigned k = 0; k < FD_CHUNK; k++)
        pthread_mutex_destroy(&chunk->record[k].lock);
    free(chunk);
    return other;
}

/* NULL: no record yet; with err: one is made, or *err says why not. */
static struct fd_record *record_of(struct poller *poller, int fd, enum ps_err *err)
{
    if (fd < 0 || fd >= FD_CHUNK * FD_CHUNKS) {
        if (err)
            *err = fd < 0 ? PS_EINVAL : PS_ELIMIT;
        return NULL;
    }
    unsigned index = (unsigned)fd / FD_CHUNK;
    struct fd_chunk *chunk = atomic_load_explicit(&poller->chunk[index], memory_order_acquire);
    if (!chunk && err && !(chunk = add_chunk(poller, index)))
        *err = PS_ENOMEM;
    return chunk ? &chunk->record[fd % FD_CHUNK] : NULL;
}

/* Under the record's lock. A file that epoll refuses (EPERM) is always ready: poll will say so. */
static enum ps_err enrol(struct poller *poller, struct fd_record *record, int fd)
{
    if (record->registered)
        return PS_OK;
    record->ended = false;
    record->missed = 0;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.fd = fd};
    int rc = epoll_ctl(poller->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    if (rc != 0 && errno == EEXIST)
        rc = epoll_ctl(poller->epoll_fd, EPOLL_CTL_MOD, fd, &event);
    record->registered = rc == 0;
    return rc == 0 || errno == EPERM || errno == EBADF ? PS_OK : PS_ELIMIT;
}

/* The first one: the sleeper may have to change from its futex to epoll_wait. */
static void count_waiter(struct poller *poller)
{
    if (atomic_fetch_add(&poller->waiters, 1) > 0)
        return;
    _Atomic uint32_t *park = atomic_load(&poller->sleeper);
    if (park && atomic_load(park) != PARK_POLL)
        poller_kick(poller);
}

/* Under the record's lock. */
static enum fd_news news_for(struct fd_record *record, const struct fd_waiter *waiter)
{
    if (waiter->drained && waiter->told)
        return FD_TOLD;
    if (waiter->drained && record->registered && !record->ended &&
        !(record->missed & waiter->events))
        return FD_NONE;
    record->missed = (short)(record->missed & ~waiter->events);
    return FD_UNKNOWN;
}

enum ps_err poller_add(struct poller *poller, int fd, struct fd_waiter *waiter, enum fd_news *news)
{
    enum ps_err err = PS_OK;
    struct fd_record *record = record_of(poller, fd, &err);
    if (!record)
        return err;
    pthread_mutex_lock(&record->lock);
    err = enrol(poller, record, fd);
    if (err == PS_OK && !waiter->link) {
        waiter->next = record->waiters;
        waiter->link = &record->waiters;
        if (waiter->next)
            waiter->next->link = &waiter->next;
        record->waiters = waiter;
        count_waiter(poller);
    }
    if (err == PS_OK)
        *news = news_for(record, waiter);
    pthread_mutex_unlock(&record->lock);
    return err;
}

void poller_remove(struct poller *poller, int fd, struct fd_waiter *waiter)
{
    struct fd_record *record = record_of(poller, fd, NULL);
    if (!record)
        return;
    pthread_mutex_lock(&record->lock);
    if (waiter->link) {
        *waiter->link = waiter->next;
        if (waiter->next)
            waiter->next->link = waiter->link;
        waiter->link = NULL;
        atomic_fetch_sub_explicit(&poller->waiters, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&record->lock);
}

/* Under the record's lock, so that a waiter cannot leave and its fiber is its own. Returns the events
 * that somebody waited for. */
static short wake_waiters(struct fd_record *record, short events)
{
    short wanted = 0;
    for (struct fd_waiter *waiter = record->waiters; waiter; waiter = waiter->next)
        if (waiter->events & events) {
            wanted |= waiter->events;
            waiter->told = true;
            fiber_wake(waiter->fiber, false);
        }
    return wanted;
}

void poller_forget(struct poller *poller, int fd)
{
    struct fd_record *record = record_of(poller, fd, NULL);
    if (!record)
        return;
    pthread_mutex_lock(&record->lock);
    if (record->registered)
        epoll_ctl(poller->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    record->registered = false;
    wake_waiters(record, ~0);
    pthread_mutex_unlock(&record->lock);
}

bool poller_acquire(struct poller *poller, int slot)
{
    int nobody = -1;
    return atomic_compare_exchange_strong(&poller->holder, &nobody, slot);
}

void poller_release(struct poller *poller)
{
    atomic_store(&poller->holder, -1);
}

static short poll_events(uint32_t events)
{
    if (events & (EPOLLERR | EPOLLHUP))
        return ~0;
    short result = 0;
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLPRI))
        result |= POLLIN | POLLPRI | POLLRDHUP;
    if (events & EPOLLOUT)
        result |= POLLOUT;
    return result;
}

static int wait_for_events(int epoll_fd, struct epoll_event *events, uint64_t until_ns)
{
    uint64_t now_ns = until_ns == 0 || until_ns == PS_NEVER ? 0 : ps_now_ns();
    uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    struct timespec left = ps_timespec(left_ns);
    int n =
        epoll_pwait2(epoll_fd, events, POLLER_EVENTS, until_ns == PS_NEVER ? NULL : &left, NULL);
    if (n >= 0 || errno != ENOSYS)
        return n;
    uint64_t ms = (left_ns + PS_NS_PER_MS - 1) / PS_NS_PER_MS;
    return epoll_wait(epoll_fd, events, POLLER_EVENTS,
                      until_ns == PS_NEVER ? -1 : (int)(ms < 1000000 ? ms : 1000000));
}

bool poller_wait(struct poller *poller, struct poller_batch *batch, uint64_t until_ns)
{
    batch->count = wait_for_events(poller->epoll_fd, batch->event, until_ns);
    for (int i = 0; i < batch->count; i++)
        if (batch->event[i].data.fd >= 0)
            return true;
    return false;
}

static void take_edge(struct fd_record *record, uint32_t edge)
{
    short events = poll_events(edge);
    pthread_mutex_lock(&record->lock);
    if (edge & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        record->ended = true;
    record->missed |= (short)(events & ~wake_waiters(record, events));
    pthread_mutex_unlock(&record->lock);
}

void poller_dispatch(struct poller *poller, const struct poller_batch *batch)
{
    for (int i = 0; i < batch->count; i++) {
        struct fd_record *record = record_of(poller, batch->event[i].data.fd, NULL);
        if (record)
            take_edge(record, batch->event[i].events);
    }
}

void poller_kick(struct poller *poller)
{
    _Atomic uint32_t *park = atomic_load(&poller->sleeper);
    if (!park)
        return;
    uint32_t how = atomic_exchange(park, PARK_NOTIFIED);
    if (how == PARK_FUTEX)
        ps_futex_wake(park, 1);
    else if (how == PARK_POLL)
        poller_interrupt(poller);
}

/* A sleeper that is off its futex arms anew, see park.c. */
void poller_nudge(struct poller *poller)
{
    _Atomic uint32_t *park = atomic_load(&poller->sleeper);
    if (!park)
        return;
    uint32_t how = PARK_FUTEX;
    if (atomic_compare_exchange_strong(park, &how, PARK_EMPTY))
        ps_futex_wake(park, 1);
    else if (how == PARK_POLL)
        poller_interrupt(poller);
}

void poller_interrupt(struct poller *poller)
{
    uint64_t one = 1;
    while (write(poller->event_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}
