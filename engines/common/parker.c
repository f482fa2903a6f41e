/* Parking an OS thread.
 *
 * Protocol of `word`: SLEEP and POLL say how the owner waits, the rest counts wakes.
 *   owner   ticket = word (seq_cst, flags are clear); tests its condition; CAS ticket -> ticket|flag;
 *           fails: somebody has woken it meanwhile, return; futex-wait(word == ticket|flag) or poll
 *   waker   publishes the condition; word = (word + WAKE) without flags (one CAS); had SLEEP: futex
 *           wake; had POLL: write to event_fd
 * A waker that comes before the CAS changes the count, so the CAS fails; one that comes after sees
 * the flag. event_fd is created before the CAS that sets POLL, whose release the waker's acquire
 * pairs with.
 *
 * Unpark of a task that an OS thread runs: token = 1 (release, partner ps_token_take), after the
 * parker was read (seq_cst, partner: the engine's store before it runs the task), then wake. The
 * task may be gone once the token is set; the parker is not. */
#include "engines/common/parker.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/common/core.h"

enum { SLEEP = 1, POLL = 2, FLAGS = 3, WAKE = 4 };

/* `scope`: FUTEX_PRIVATE_FLAG, or 0 for a word that processes share. */
static bool futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t until_ns, int scope)
{
    struct timespec at = ps_timespec(until_ns);
    long rc = syscall(SYS_futex, word, FUTEX_WAIT_BITSET | scope, expected,
                      until_ns == PS_NEVER ? NULL : &at, NULL, FUTEX_BITSET_MATCH_ANY);
    return rc == 0 || errno != ETIMEDOUT;
}

static int scope_of(const struct ps_parker *parker)
{
    return parker->shared ? 0 : FUTEX_PRIVATE_FLAG;
}

bool ps_futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t until_ns)
{
    return futex_wait(word, expected, until_ns, FUTEX_PRIVATE_FLAG);
}

void ps_futex_wake(_Atomic uint32_t *word, int threads)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0);
}

void ps_parker_init(struct ps_parker *parker)
{
    atomic_init(&parker->word, 0);
    parker->event_fd = -1;
    parker->shared = false;
}

void ps_parker_destroy(struct ps_parker *parker)
{
    if (parker->event_fd >= 0)
        close(parker->event_fd);
    parker->event_fd = -1;
}

uint32_t ps_parker_ticket(struct ps_parker *parker)
{
    return atomic_load(&parker->word);
}

/* Whether the flag is up: nobody has woken the owner since the ticket. */
static bool arm(struct ps_parker *parker, uint32_t ticket, uint32_t flag)
{
    return atomic_compare_exchange_strong(&parker->word, &ticket, ticket | flag);
}

static void disarm(struct ps_parker *parker)
{
    atomic_fetch_and(&parker->word, ~(uint32_t)FLAGS);
}

bool ps_parker_wait(struct ps_parker *parker, uint32_t ticket, uint64_t until_ns)
{
    if (!arm(parker, ticket, SLEEP))
        return true;
    bool in_time = true;
    while (in_time && atomic_load(&parker->word) == (ticket | SLEEP))
        in_time = futex_wait(&parker->word, ticket | SLEEP, until_ns, scope_of(parker));
    bool woken = atomic_load(&parker->word) != (ticket | SLEEP);
    disarm(parker);
    return woken;
}

static void drain(int event_fd)
{
    uint64_t count;
    while (read(event_fd, &count, sizeof count) < 0 && errno == EINTR)
        ;
}

enum ps_err ps_parker_poll(struct ps_parker *parker, uint32_t ticket, int fd, short events,
                           uint64_t until_ns)
{
    if (parker->event_fd < 0) {
        parker->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (parker->event_fd < 0)
            return PS_ELIMIT;
    }
    if (!arm(parker, ticket, POLL))
        return PS_EAGAIN;
    struct pollfd fds[2] = {{.fd = fd, .events = events},
                            {.fd = parker->event_fd, .events = POLLIN}};
    enum ps_err result = PS_EAGAIN;
    while (atomic_load(&parker->word) == (ticket | POLL)) {
        uint64_t now = ps_now_ns();
        struct timespec left = ps_timespec(until_ns > now ? until_ns - now : 0);
        int n = ppoll(fds, 2, until_ns == PS_NEVER ? NULL : &left, NULL);
        if (n < 0 && errno != EINTR) {
            result = PS_EIO;
            break;
        }
        if (n > 0 && fds[0].revents) {
            result = PS_OK;
            break;
        }
        if (n == 0) {
            result = PS_ETIMEDOUT;
            break;
        }
        if (n > 0) /* our wake-up, or one of an earlier wait that was written after its end */
            drain(parker->event_fd);
    }
    disarm(parker);
    return result;
}

/* Wakes who sleeps; whether somebody polls, whose event_fd is to be written. */
static bool advance(struct ps_parker *parker)
{
    uint32_t old = atomic_load(&parker->word);
    while (!atomic_compare_exchange_weak(&parker->word, &old, (old + WAKE) & ~(uint32_t)FLAGS))
        ;
    if (old & SLEEP)
        syscall(SYS_futex, &parker->word, FUTEX_WAKE | scope_of(parker), 1, NULL, NULL, 0);
    return (old & POLL) != 0;
}

static void ring(int event_fd)
{
    uint64_t one = 1;
    while (write(event_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

/* The waiter makes event_fd before it sets POLL, so only behind POLL may it be read. */
void ps_parker_wake(struct ps_parker *parker)
{
    if (advance(parker))
        ring(parker->event_fd);
}

void ps_parker_wake_by(struct ps_parker *parker, int event_fd)
{
    if (advance(parker))
        ring(event_fd);
}

/* Wait once for the cause of `wait`; PS_EAGAIN: woken, test again. */
static enum ps_err wait_once(struct ps_parker *parker, struct ps_task *task, struct ps_wait *wait)
{
    uint32_t ticket = ps_parker_ticket(parker);
    /* Where it waits on the stack of an ancestor, who is cancelled wakes it: the parker is the same. */
    if (ps_task_stopped_with_family(task))
        return PS_ECANCELED;
    uint64_t until_ns = ps_wait_until(task, wait);
    bool in_time = true;
    switch (wait->kind) {
    case PS_WAIT_FD: {
        enum ps_err err = ps_parker_poll(parker, ticket, wait->fd, wait->events, until_ns);
        if (err != PS_ETIMEDOUT)
            return err;
        in_time = false;
        break;
    }
    case PS_WAIT_JOIN:
        if (ps_join_done(task))
            return PS_OK;
        in_time = ps_parker_wait(parker, ticket, until_ns);
        break;
    case PS_WAIT_PARK:
        /* Stop once more: a canceller sets it before its token (acquire), which is no unpark. */
        if (ps_token_take(task))
            return ps_task_stopped(task) ? PS_ECANCELED : PS_OK;
        in_time = ps_parker_wait(parker, ticket, until_ns);
        break;
    default:
        in_time = ps_parker_wait(parker, ticket, until_ns);
    }
    if (in_time)
        return PS_EAGAIN;
    if (until_ns == task->deadline_ns && until_ns != wait->until_ns) {
        ps_task_stopping(task, task->deadline_ns);
        return PS_ECANCELED;
    }
    return wait->kind == PS_WAIT_UNTIL ? PS_OK : PS_ETIMEDOUT;
}

/* Before a wait's first ticket. seq_cst, partner: a canceller sets task->stop and then reads
 * task->parker; we store the parker and then read task->stop. Each side stores one word and reads
 * the other's: with a release store both could read the old value, and the cancelled task would
 * sleep on. */
void ps_parker_expose(struct ps_parker *parker, struct ps_task *task)
{
    atomic_store(&task->parker, parker);
}

enum ps_err ps_thread_wait(struct ps_probe *probe, struct ps_parker *parker, struct ps_task *task,
                           struct ps_wait *wait)
{
    enum ps_err result;
    if (wait->kind == PS_WAIT_YIELD) {
        sched_yield();
        wait->result = ps_task_stopped(task) ? PS_ECANCELED : PS_OK;
        return wait->result;
    }
    if (wait->kind == PS_WAIT_JOIN && !ps_join_begin(task)) {
        wait->result = ps_task_stopped(task) ? PS_ECANCELED : PS_OK;
        return wait->result;
    }
    ps_parker_expose(parker, task);
    ps_probe_wait_begin(probe, wait->why);
    ps_probe_state(probe, wait->why, task->stamp.type);
    if (wait->kind == PS_WAIT_CALL) {
        wait->call(wait->call_arg);
        result = ps_task_stopped(task) ? PS_ECANCELED : PS_OK;
    } else {
        do
            result = wait_once(parker, task, wait);
        while (result == PS_EAGAIN);
    }
    ps_probe_state(probe, PS_STATE_RUN, task->stamp.type);
    ps_probe_wait_end(probe, wait->why);
    if (wait->kind == PS_WAIT_JOIN)
        ps_join_end(task);
    wait->result = result;
    return result;
}

void ps_thread_unpark(struct ps_task *task)
{
    struct ps_parker *parker = atomic_load(&task->parker);
    if (!parker)
        return;
    atomic_store_explicit(&task->token, 1, memory_order_release);
    ps_parker_wake(parker);
}
