/* A loop's beginning and its end.
 *
 * End of a loop, while tasks are still being posted to it:
 *   owner  retire: life LIVE -> RETIRING; wake        poster  picks a slot that was live
 *   loop   1 hands over its fresh tasks               poster  it is closed: another loop
 *          2 nothing started, nothing queued: closes the inbox of tasks, then that of jobs; one of
 *            them is not empty: opens what it has closed, goes on
 *          3 CAS life RETIRING -> GONE; fails: the owner has revived it: opens both, goes on
 *          4 ends
 *   owner  revive: CAS life RETIRING -> LIVE; fails: GONE, joins the thread and starts another
 * Each closing is a CAS of an empty inbox: a task is either in before it, or its poster knows that
 * it is not. Notes cannot meet a closed inbox: their task is started. Slot 0 is retired only when no
 * task is left.
 * Rejected: a flag "closed" beside the inbox (a poster that has read it open may post later). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "engines/async/async.h"
#include "engines/common/parker.h"
#include "engines/common/slot.h"

/* ---- the thread ---- */

bool ps_async_loop_retiring(struct ps_async_loop *loop)
{
    return atomic_load_explicit(&loop->life, memory_order_acquire) == PS_ASYNC_RETIRING;
}

bool ps_async_loop_leave(struct ps_async_loop *loop)
{
    if (!ps_async_loop_retiring(loop) || loop->active || ps_async_any(loop->fresh) ||
        ps_async_any(loop->ready) || loop->arrivals.first || !ps_async_inbox_close(loop))
        return false;
    uint32_t retiring = PS_ASYNC_RETIRING;
    bool closed = ps_async_jobs_close(loop);
    if (closed && atomic_compare_exchange_strong(&loop->life, &retiring, PS_ASYNC_GONE))
        return true;
    if (closed)
        ps_async_jobs_open(loop);
    ps_async_inbox_open(loop);
    return false;
}

static bool may_go(struct ps_async *engine)
{
    uint32_t begun;
    while ((begun = atomic_load(&engine->begun)) == PS_ASYNC_HOLD)
        ps_futex_wait(&engine->begun, PS_ASYNC_HOLD, PS_NEVER);
    return begun == PS_ASYNC_GO;
}

static void *thread_main(void *arg)
{
    struct ps_async_loop *loop = arg;
    if (!may_go(loop->engine))
        return NULL;
    *ps_self() = (struct ps_self){
        .engine = &loop->engine->base,
        .probe = &loop->probe,
        .worker = loop,
        .slot = (int)loop->slot,
    };
    prctl(PR_SET_TIMERSLACK, 1ul); /* a sleep on the futex ends as exactly as a timerfd */
    ps_altstack_begin(&loop->altstack);
    ps_probe_thread_begin(&loop->probe);
    ps_async_turns(loop);
    ps_engine_check_done(&loop->engine->base);
    ps_probe_thread_end(&loop->probe);
    ps_altstack_end(&loop->altstack);
    return NULL;
}

/* ---- the owner's side ---- */

void ps_async_loop_open(struct ps_async_loop *loop)
{
    ps_async_jobs_open(loop);
    ps_async_inbox_open(loop);
}

enum ps_err ps_async_loop_start(struct ps_async_loop *loop)
{
    atomic_store(&loop->life, PS_ASYNC_LIVE);
    enum ps_err err = ps_thread_create(&loop->thread, 0, false, thread_main, loop);
    loop->has_thread = err == PS_OK;
    if (err != PS_OK) {
        atomic_store(&loop->life, PS_ASYNC_GONE);
        return err;
    }
    char name[16];
    snprintf(name, sizeof name, "async-%u", loop->slot);
    pthread_setname_np(loop->thread, name);
    return PS_OK;
}

void ps_async_loop_join(struct ps_async_loop *loop)
{
    if (loop->has_thread)
        pthread_join(loop->thread, NULL);
    loop->has_thread = false;
}

bool ps_async_loop_revive(struct ps_async_loop *loop)
{
    uint32_t retiring = PS_ASYNC_RETIRING;
    return atomic_compare_exchange_strong(&loop->life, &retiring, PS_ASYNC_LIVE);
}

void ps_async_loop_retire(struct ps_async_loop *loop)
{
    uint32_t live = PS_ASYNC_LIVE;
    if (atomic_compare_exchange_strong(&loop->life, &live, PS_ASYNC_RETIRING))
        ps_async_call_loop(loop);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_uv(struct ps_async_loop *loop)
{
    uv_walk(&loop->uv, close_handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop->uv) != 0)
        abort();
}

/* libuv up to 1.44 leaves its epoll descriptor open when it has none for its own wake-ups. */
static enum ps_err init_uv(uv_loop_t *uv)
{
    int rc = uv_loop_init(uv);
    if (rc != 0 && uv->backend_fd >= 0)
        close(uv->backend_fd);
    return ps_err_from_errno(-rc);
}

/* ---- handles ---- */

static void on_bell(uv_poll_t *poll, int status, int events)
{
    struct ps_async_loop *loop = poll->data;
    uint64_t rings;
    (void)status, (void)events;
    ssize_t got = read(loop->bell_fd, &rings, sizeof rings); /* the turn looks at everything */
    (void)got;
}

static void on_alarm(uv_poll_t *poll, int status, int events)
{
    struct ps_async_loop *loop = poll->data;
    uint64_t times;
    (void)status, (void)events;
    if (read(loop->alarm_fd, &times, sizeof times) == (ssize_t)sizeof times)
        loop->alarm_ns = PS_NEVER;
}

static int start_poll(struct ps_async_loop *loop, uv_poll_t *poll, int fd, uv_poll_cb on_event)
{
    if (fd < 0)
        return -errno;
    int rc = uv_poll_init(&loop->uv, poll, fd);
    if (rc != 0)
        return rc;
    poll->data = loop;
    uv_unref((uv_handle_t *)poll); /* the loop is alive to libuv if it has something else */
    return uv_poll_start(poll, UV_READABLE, on_event);
}

static void close_descriptors(struct ps_async_loop *loop)
{
    if (loop->bell_fd >= 0)
        close(loop->bell_fd);
    if (loop->alarm_fd >= 0)
        close(loop->alarm_fd);
}

static enum ps_err init_handles(struct ps_async_loop *loop)
{
    enum ps_err err = init_uv(&loop->uv);
    if (err != PS_OK)
        return err;
    loop->alarm_fd = loop->bell_fd = -1;
    loop->bell_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int rc = start_poll(loop, &loop->bell, loop->bell_fd, on_bell);
    if (rc == 0) {
        loop->alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        rc = start_poll(loop, &loop->alarm, loop->alarm_fd, on_alarm);
    }
    if (rc == 0)
        return PS_OK;
    close_uv(loop);
    close_descriptors(loop);
    return ps_err_from_errno(-rc);
}

enum ps_err ps_async_loop_init(struct ps_async *engine, struct ps_async_loop *loop, unsigned slot)
{
    loop->engine = engine;
    loop->slot = slot;
    loop->stretch = 1;
    loop->alarm_ns = loop->sweep_ns = PS_NEVER;
    while (!ps_async_inbox_close(loop))
        ;
    ps_probe_bind(&loop->probe, engine->base.config.segment, slot);
    ps_timers_init(&loop->timers);
    enum ps_err err = ps_async_jobs_init(loop);
    if (err == PS_OK)
        err = init_handles(loop);
    if (err != PS_OK)
        ps_async_jobs_fini(loop);
    else
        atomic_store(&loop->life, PS_ASYNC_GONE);
    return err;
}

void ps_async_loop_fini(struct ps_async_loop *loop)
{
    ps_async_forget_all(loop);
    close_uv(loop);
    close_descriptors(loop);
    ps_timers_free(&loop->timers);
    ps_altstack_free(&loop->altstack);
    ps_async_free_records(loop);
    ps_async_jobs_fini(loop);
    atomic_store(&loop->life, PS_ASYNC_ABSENT);
}
