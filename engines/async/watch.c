/* Descriptors that tasks of a loop wait for. One thread, the loop's; when all have ended, the owner's.
 *
 * A watch is a uv_poll_t kept for each descriptor number that was waited for, and it goes on polling
 * when its waiter has been woken: the next wait for the same events costs no system call. Changing
 * what it polls for costs two (libuv takes the descriptor out and puts it in again). Several tasks
 * may wait for one descriptor.
 *
 * Polling is level-triggered, so a watch with an event that nobody waits for is reported at every
 * poll. The first time it is let pass: the waiter often comes back within the slice. The second time
 * in a row the watch is told to poll for what is wanted only, in the callback and no later: that is
 * when the number is known to stand for what was put in.
 *
 * A descriptor that is closed without ps_engine_forget_fd (or on another worker) takes its
 * registration with it, without a trace; if its number comes back, a watch that polls would wait for
 * ever. Hence `doubts`: a wait that begins without a system call puts its watch among the young
 * ones; an event proves it. Every SWEEP_NS the old ones are proved by asking the kernel and the young
 * ones become old: a wait that is not served for some milliseconds costs one system call, the
 * others none.
 *
 * The table outlives the loop's thread. To close a watch is to name its number to the kernel, and
 * that of a descriptor which was closed without a word may be anybody's by then: no harm (this epoll
 * does not have it), but a race of threads over a number, so it is left to the end of the engine.
 * Until then a loop that has retired keeps what it polls for, unread.
 *
 * uv_close is asynchronous: a forgotten watch leaves the table at once (its number may come back
 * before the handle is gone) and is freed by the close callback in a later turn. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "engines/async/async.h"

#define SWEEP_NS (10 * (uint64_t)PS_NS_PER_MS)

struct ps_async_watch {
    uv_poll_t poll; /* first: libuv gives this address back */
    struct ps_async_loop *loop;
    int fd;
    int events; /* UV_* polled for; 0: stopped */
    struct ps_async_record *first;
    bool is_ignored; /* it was reported, and nobody waited */
    bool is_doubted;
    LIST_ENTRY(ps_async_watch) doubt;
};

static int uv_events(short events)
{
    return (events & POLLIN ? UV_READABLE : 0) | (events & POLLOUT ? UV_WRITABLE : 0) |
           (events & POLLPRI ? UV_PRIORITIZED : 0) | (events & POLLRDHUP ? UV_DISCONNECT : 0);
}

static uint32_t epoll_events(int events)
{
    return (events & UV_READABLE ? EPOLLIN : 0u) | (events & UV_WRITABLE ? EPOLLOUT : 0u) |
           (events & UV_PRIORITIZED ? EPOLLPRI : 0u) | (events & UV_DISCONNECT ? EPOLLRDHUP : 0u);
}

static int wanted(const struct ps_async_watch *watch)
{
    int events = 0;
    for (const struct ps_async_record *r = watch->first; r; r = r->watch_next)
        events |= uv_events(r->task->wait->events);
    return events;
}

/* ---- doubts ---- */

static void trust(struct ps_async_watch *watch)
{
    if (watch->is_doubted)
        LIST_REMOVE(watch, doubt);
    watch->is_doubted = false;
}

static void doubt(struct ps_async_watch *watch)
{
    struct ps_async_loop *loop = watch->loop;
    if (watch->is_doubted)
        return;
    LIST_INSERT_HEAD(&loop->doubts[loop->young], watch, doubt);
    watch->is_doubted = true;
    if (loop->sweep_ns == PS_NEVER)
        loop->sweep_ns = ps_now_ns() + SWEEP_NS;
}

/* ---- what is polled for ---- */

static void on_poll(uv_poll_t *poll, int status, int events);

static void stop(struct ps_async_watch *watch)
{
    watch->events = 0;
    trust(watch);
    uv_poll_stop(&watch->poll);
}

/* libuv aborts when it puts in a descriptor that cannot be polled: try before. */
static int can_poll(struct ps_async_watch *watch)
{
    struct epoll_event event = {.data.fd = watch->fd};
    int epoll = uv_backend_fd(&watch->loop->uv);
    return epoll_ctl(epoll, EPOLL_CTL_ADD, watch->fd, &event) == 0 || errno == EEXIST ? 0 : -errno;
}

static int start(struct ps_async_watch *watch, int events)
{
    int rc = can_poll(watch);
    trust(watch);
    if (rc == 0)
        rc = uv_poll_start(&watch->poll, events, on_poll);
    watch->events = rc == 0 ? events : 0;
    return rc;
}

void ps_async_unwatch(struct ps_async_record *record)
{
    struct ps_async_watch *watch = record->watch;
    if (!watch)
        return;
    struct ps_async_record **link = &watch->first;
    while (*link != record)
        link = &(*link)->watch_next;
    *link = record->watch_next;
    record->watch = NULL;
}

/* ---- events ---- */

static const int ALL = UV_READABLE | UV_WRITABLE | UV_PRIORITIZED | UV_DISCONNECT;

/* Fire every waiter that asked for one of the events, or all of them. */
static void fire(struct ps_async_watch *watch, int events, enum ps_err result)
{
    struct ps_async_record *next;
    for (struct ps_async_record *record = watch->first; record; record = next) {
        next = record->watch_next;
        if (events != ALL && (uv_events(record->task->wait->events) & events) == 0)
            continue;
        ps_async_unwatch(record);
        ps_async_fire(record, result);
    }
}

/* What cannot be polled is ready (a file) or wrong. */
static enum ps_err result_of(int rc)
{
    return rc == -EPERM ? PS_OK : ps_err_from_errno(-rc);
}

static void restart(struct ps_async_watch *watch)
{
    int events = wanted(watch);
    int rc = start(watch, events);
    if (rc != 0)
        fire(watch, ALL, result_of(rc));
}

/* It has been reported for something that nobody waits for. */
static void narrow(struct ps_async_watch *watch)
{
    bool again = watch->is_ignored;
    watch->is_ignored = !again;
    if (!again)
        return;
    if (watch->first)
        restart(watch);
    else
        stop(watch);
}

/* An error is for the body to find: the descriptor is "ready". A hang-up comes as the events asked
 * for. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct ps_async_watch *watch = (struct ps_async_watch *)poll;
    trust(watch);
    if (status < 0) {
        watch->events = 0; /* libuv has stopped it */
        events = ALL;
    } else if ((events & ~wanted(watch)) != 0) {
        narrow(watch);
    }
    fire(watch, events, PS_OK);
}

/* Whether the number still stands for what was put in. */
static bool is_registered(struct ps_async_watch *watch)
{
    struct epoll_event event = {.events = epoll_events(watch->events), .data.fd = watch->fd};
    return epoll_ctl(uv_backend_fd(&watch->loop->uv), EPOLL_CTL_MOD, watch->fd, &event) == 0;
}

void ps_async_sweep(struct ps_async_loop *loop, uint64_t now_ns)
{
    struct ps_async_watches *old = &loop->doubts[!loop->young];
    struct ps_async_watch *watch;
    if (now_ns < loop->sweep_ns)
        return;
    while ((watch = LIST_FIRST(old))) {
        trust(watch);
        if (watch->first && !is_registered(watch))
            restart(watch);
    }
    loop->sweep_ns = LIST_EMPTY(&loop->doubts[loop->young]) ? PS_NEVER : now_ns + SWEEP_NS;
    loop->young = !loop->young;
}

/* ---- the table ---- */

static bool make_room(struct ps_async_loop *loop, size_t size)
{
    if (size <= loop->watches_size)
        return true;
    size_t new_size = loop->watches_size ? loop->watches_size : 64;
    while (new_size < size)
        new_size *= 2;
    struct ps_async_watch **watches = realloc(loop->watches, new_size * sizeof *watches);
    if (!watches)
        return false;
    memset(watches + loop->watches_size, 0, (new_size - loop->watches_size) * sizeof *watches);
    loop->watches = watches;
    loop->watches_size = new_size;
    return true;
}

static enum ps_err find(struct ps_async_loop *loop, int fd, struct ps_async_watch **found)
{
    if (fd < 0)
        return PS_EINVAL;
    if (!make_room(loop, (size_t)fd + 1))
        return PS_ENOMEM;
    struct ps_async_watch *watch = loop->watches[fd];
    if (!watch) {
        if (!(watch = calloc(1, sizeof *watch)))
            return PS_ENOMEM;
        int rc = uv_poll_init(&loop->uv, &watch->poll, fd);
        if (rc != 0) {
            free(watch);
            return result_of(rc);
        }
        watch->loop = loop;
        watch->fd = fd;
        loop->watches[fd] = watch;
    }
    *found = watch;
    return PS_OK;
}

enum ps_err ps_async_watch(struct ps_async_record *record)
{
    struct ps_async_watch *watch = NULL;
    enum ps_err err = find(record->loop, record->task->wait->fd, &watch);
    if (!watch)
        return err;
    record->watch = watch;
    record->watch_next = watch->first;
    watch->first = record;
    watch->is_ignored = false;
    int rc = 0;
    if (uv_events(record->task->wait->events) & ~watch->events)
        rc = start(watch, wanted(watch));
    else
        doubt(watch);
    if (rc == 0)
        return PS_EAGAIN;
    ps_async_unwatch(record);
    return result_of(rc);
}

static void on_close(uv_handle_t *handle)
{
    free(handle);
}

void ps_async_forget(struct ps_async_loop *loop, int fd)
{
    if (fd < 0 || (size_t)fd >= loop->watches_size || !loop->watches[fd])
        return;
    struct ps_async_watch *watch = loop->watches[fd];
    fire(watch, ALL, PS_OK);
    trust(watch);
    loop->watches[fd] = NULL;
    uv_close((uv_handle_t *)&watch->poll, on_close);
}

void ps_async_forget_all(struct ps_async_loop *loop)
{
    for (size_t fd = 0; fd < loop->watches_size; fd++)
        ps_async_forget(loop, (int)fd);
    free(loop->watches);
    loop->watches = NULL;
    loop->watches_size = 0;
}
