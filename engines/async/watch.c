/* Descriptors that tasks of a loop wait for. One thread, the loop's.
 *
 * A watch is a uv_poll_t kept for each descriptor number that was waited for: making one costs
 * three system calls (libuv probes the descriptor), using it again two. It polls only while a task
 * waits: a watch left polling would be lost without a trace when its descriptor is closed on
 * another worker and the number comes back. Several tasks may wait for one descriptor.
 *
 * uv_close is asynchronous: a forgotten watch leaves the table at once (its number may come back
 * before the handle is gone) and is freed by the close callback in a later turn. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "engines/async/async.h"

struct ps_async_watch {
    uv_poll_t poll; /* first: libuv gives this address back */
    int fd;
    int events; /* UV_* polled for; 0: stopped */
    struct ps_async_record *first;
};

static int uv_events(short events)
{
    return (events & POLLIN ? UV_READABLE : 0) | (events & POLLOUT ? UV_WRITABLE : 0) |
           (events & POLLPRI ? UV_PRIORITIZED : 0) | (events & POLLRDHUP ? UV_DISCONNECT : 0);
}

static int wanted(const struct ps_async_watch *watch)
{
    int events = 0;
    for (const struct ps_async_record *r = watch->first; r; r = r->watch_next)
        events |= uv_events(r->task->wait->events);
    return events;
}

static void on_poll(uv_poll_t *poll, int status, int events);

static int update(struct ps_async_watch *watch)
{
    int events = wanted(watch);
    if (events == watch->events)
        return 0;
    watch->events = events;
    return events ? uv_poll_start(&watch->poll, events, on_poll) : uv_poll_stop(&watch->poll);
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
    update(watch);
}

/* Fire every waiter that asked for one of the events, or all of them. */
static void fire(struct ps_async_watch *watch, int events, bool all)
{
    struct ps_async_record *next;
    for (struct ps_async_record *record = watch->first; record; record = next) {
        next = record->watch_next;
        if (!all && (uv_events(record->task->wait->events) & events) == 0)
            continue;
        ps_async_unwatch(record);
        ps_async_fire(record, PS_OK);
    }
}

/* An error is for the body to find: the descriptor is "ready". A hang-up comes as the events asked
 * for. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct ps_async_watch *watch = (struct ps_async_watch *)poll;
    if (status < 0)
        watch->events = 0; /* libuv has stopped it */
    fire(watch, events, status < 0);
}

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

/* PS_OK without a watch: a regular file, which cannot be polled and is always ready. */
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
            return rc == UV_EPERM ? PS_OK : ps_err_from_errno(-rc);
        }
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
    int rc = update(watch);
    if (rc == 0)
        return PS_EAGAIN;
    ps_async_unwatch(record);
    return ps_err_from_errno(-rc);
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
    fire(watch, 0, true);
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
