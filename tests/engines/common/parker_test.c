#include "support.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/common/parker.h"

static void a_wake_after_the_ticket_is_not_lost(void **state)
{
    (void)state;
    struct ps_parker parker;
    ps_parker_init(&parker);
    uint32_t ticket = ps_parker_ticket(&parker);
    ps_parker_wake(&parker);
    assert_true(ps_parker_wait(&parker, ticket, PS_NEVER));
    ps_parker_destroy(&parker);
}

static void time_runs_out(void **state)
{
    (void)state;
    struct ps_parker parker;
    ps_parker_init(&parker);
    assert_false(ps_parker_wait(&parker, ps_parker_ticket(&parker), ps_now_ns() + 1000));
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(
        ps_parker_poll(&parker, ps_parker_ticket(&parker), fds[0], POLLIN, ps_now_ns() + 1000),
        PS_ETIMEDOUT);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(ps_parker_poll(&parker, ps_parker_ticket(&parker), fds[0], POLLIN, PS_NEVER),
                     PS_OK);
    close(fds[0]);
    close(fds[1]);
    ps_parker_destroy(&parker);
}

/* The waker of a wait that has ended by itself writes to the event descriptor a moment later. */
static void a_late_write_to_the_event_does_not_end_later_waits(void **state)
{
    (void)state;
    struct ps_parker parker;
    ps_parker_init(&parker);
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    uint32_t ticket = ps_parker_ticket(&parker);
    assert_int_equal(ps_parker_poll(&parker, ticket, fds[0], POLLIN, ps_now_ns()), PS_ETIMEDOUT);
    uint64_t one = 1;
    assert_int_equal(write(parker.event_fd, &one, sizeof one), sizeof one);
    uint64_t until_ns = ps_now_ns() + PS_NS_PER_MS;
    assert_int_equal(ps_parker_poll(&parker, ticket, fds[0], POLLIN, until_ns), PS_ETIMEDOUT);
    assert_true(ps_now_ns() >= until_ns);
    close(fds[0]);
    close(fds[1]);
    ps_parker_destroy(&parker);
}

enum { ROUNDS = 20000 };

struct pair {
    struct ps_parker parker[2];
    _Atomic int ball; /* whose turn it is */
    int fd;           /* >= 0: wait in poll */
};

/* Pass a ball ROUNDS times; a lost wake-up hangs, and ctest's timeout tells. */
static void play(struct pair *pair, int me)
{
    for (int i = 0; i < ROUNDS; i++) {
        for (;;) {
            uint32_t ticket = ps_parker_ticket(&pair->parker[me]);
            if (atomic_load(&pair->ball) == me)
                break;
            if (pair->fd >= 0)
                assert_int_equal(
                    ps_parker_poll(&pair->parker[me], ticket, pair->fd, POLLIN, PS_NEVER),
                    PS_EAGAIN);
            else
                assert_true(ps_parker_wait(&pair->parker[me], ticket, PS_NEVER));
        }
        atomic_store(&pair->ball, 1 - me);
        ps_parker_wake(&pair->parker[1 - me]);
    }
}

static void *other(void *arg)
{
    play(arg, 1);
    return NULL;
}

static void ping_pong(int fd)
{
    struct pair pair = {.fd = fd};
    ps_parker_init(&pair.parker[0]);
    ps_parker_init(&pair.parker[1]);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, other, &pair), 0);
    play(&pair, 0);
    pthread_join(thread, NULL);
    ps_parker_destroy(&pair.parker[0]);
    ps_parker_destroy(&pair.parker[1]);
}

static void no_wake_is_lost_on_the_futex(void **state)
{
    (void)state;
    ping_pong(-1);
}

static void no_wake_is_lost_in_poll(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    ping_pong(fds[0]);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wake_after_the_ticket_is_not_lost),
        cmocka_unit_test(time_runs_out),
        cmocka_unit_test(a_late_write_to_the_event_does_not_end_later_waits),
        cmocka_unit_test(no_wake_is_lost_on_the_futex),
        cmocka_unit_test(no_wake_is_lost_in_poll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
