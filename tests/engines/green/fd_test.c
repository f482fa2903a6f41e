/* Waits for descriptors, on both policies, with one worker and with many. */
#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct kit kit;

static void for_each_case(void (*check)(void))
{
    for (unsigned i = 0; i < kit_case_count; i++) {
        kit_open(&kit, kit_cases[i]);
        check();
    }
}

/* ---- descriptors ---- */

enum { SOCKETS = 40, MESSAGES = 50 };
struct talker {
    struct ps_task task;
    int fd;
    bool first;
    unsigned got;
};

static void talk(struct ps_task *task)
{
    struct talker *self = task->user;
    for (unsigned i = 0; i < MESSAGES; i++) {
        char byte = (char)i;
        if (self->first)
            assert_int_equal(write(self->fd, &byte, 1), 1);
        struct ps_wait wait = {.kind = PS_WAIT_FD,
                               .why = PS_STATE_NET,
                               .until_ns = PS_NEVER,
                               .fd = self->fd,
                               .events = POLLIN};
        assert_int_equal(ps_wait(task, &wait), PS_OK);
        assert_int_equal(read(self->fd, &byte, 1), 1);
        assert_int_equal(byte, (char)i);
        self->got++;
        if (!self->first)
            assert_int_equal(write(self->fd, &byte, 1), 1);
    }
    ps_engine_forget_fd(task->engine, self->fd);
    close(self->fd);
}

static void check_sockets(void)
{
    static const struct ps_body body = {.name = "talker", .run = talk};
    static struct talker talkers[SOCKETS][2];
    for (int i = 0; i < SOCKETS; i++) {
        int fds[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
        for (int side = 0; side < 2; side++) {
            struct talker *t = &talkers[i][side];
            ps_task_init(&t->task, &body, (uint32_t)i, 0);
            t->task.user = t;
            t->fd = fds[side];
            t->first = side == 0;
            t->got = 0;
            assert_int_equal(ps_submit(kit.engine, &t->task, PS_NEVER), PS_OK);
        }
    }
    kit_close(&kit, PS_CLOSE_DRAIN);
    for (int i = 0; i < SOCKETS; i++)
        assert_int_equal(talkers[i][0].got + talkers[i][1].got, 2 * MESSAGES);
}

static void descriptors_wake_tasks(void **state)
{
    (void)state;
    for_each_case(check_sockets);
}

struct fd_case {
    struct ps_task task;
    int fd;
    short events;
    uint64_t until_ns;
    enum ps_err result;
};

static void wait_fd(struct ps_task *task)
{
    struct fd_case *self = task->user;
    struct ps_wait wait = {.kind = PS_WAIT_FD,
                           .why = PS_STATE_NET,
                           .until_ns = self->until_ns,
                           .fd = self->fd,
                           .events = self->events};
    self->result = ps_wait(task, &wait);
}

static void descriptors_time_out_and_are_ready_at_once(void **state)
{
    (void)state;
    static const struct ps_body body = {.name = "fd", .run = wait_fd};
    int fds[2];
    char path[] = "/tmp/green-wait-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    unlink(path);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    kit_open(&kit, (struct kit_case){"steal", 2});
    struct fd_case cases[] = {
        {.fd = fds[0], .events = POLLIN, .until_ns = ps_now_ns() + 5 * PS_NS_PER_MS},
        {.fd = fds[0], .events = POLLOUT, .until_ns = PS_NEVER},
        {.fd = file, .events = POLLIN, .until_ns = PS_NEVER},
        {.fd = -1, .events = POLLIN, .until_ns = PS_NEVER},
    };
    for (unsigned i = 0; i < 4; i++) {
        ps_task_init(&cases[i].task, &body, i, 0);
        cases[i].task.user = &cases[i];
        assert_int_equal(ps_submit(kit.engine, &cases[i].task, PS_NEVER), PS_OK);
    }
    kit_close(&kit, PS_CLOSE_DRAIN);
    assert_int_equal(cases[0].result, PS_ETIMEDOUT);
    assert_int_equal(cases[1].result, PS_OK);
    assert_int_equal(cases[2].result, PS_OK);
    assert_int_equal(cases[3].result, PS_EINVAL);
    close(fds[0]);
    close(fds[1]);
    close(file);
}

/* ---- descriptors that are always ready ---- */

enum { READY_WAITS = 100000 };

struct pair {
    int busy[2], quiet[2]; /* pipes */
    _Atomic uint32_t heard;
    uint32_t waits;
};

static struct ps_wait until_readable(int fd)
{
    return (struct ps_wait){
        .kind = PS_WAIT_FD, .why = PS_STATE_NET, .until_ns = PS_NEVER, .fd = fd, .events = POLLIN};
}

static void quiet_run(struct ps_task *task)
{
    struct pair *pair = task->user;
    struct ps_wait wait = until_readable(pair->quiet[0]);
    assert_int_equal(ps_wait(task, &wait), PS_OK);
    atomic_store(&pair->heard, 1);
}

/* Waits for what is always there, until the other task has been told. */
static void busy_run(struct ps_task *task)
{
    struct pair *pair = task->user;
    assert_int_equal(write(pair->busy[1], "x", 1), 1);
    assert_int_equal(write(pair->quiet[1], "x", 1), 1);
    while (!atomic_load(&pair->heard) && pair->waits < READY_WAITS) {
        struct ps_wait wait = until_readable(pair->busy[0]);
        assert_int_equal(ps_wait(task, &wait), PS_OK);
        pair->waits++;
    }
}

static const struct ps_body quiet_body = {.name = "quiet", .run = quiet_run};
static const struct ps_body busy_body = {.name = "busy", .run = busy_run};

static void a_ready_descriptor_lets_others_have_their_turn(void **state)
{
    (void)state;
    static const char *const policies[] = {"steal", "global"};
    for (unsigned i = 0; i < 2; i++) {
        struct pair pair = {.waits = 0};
        struct ps_task quiet, busy;
        assert_int_equal(pipe2(pair.busy, O_NONBLOCK), 0);
        assert_int_equal(pipe2(pair.quiet, O_NONBLOCK), 0);
        ps_task_init(&quiet, &quiet_body, 0, 0);
        ps_task_init(&busy, &busy_body, 1, 0);
        quiet.user = busy.user = &pair;
        kit_open(&kit, (struct kit_case){policies[i], 1});
        assert_int_equal(ps_submit(kit.engine, &quiet, PS_NEVER), PS_OK);
        assert_int_equal(ps_submit(kit.engine, &busy, PS_NEVER), PS_OK);
        kit_close(&kit, PS_CLOSE_DRAIN);
        assert_true(pair.waits < READY_WAITS);
        for (unsigned end = 0; end < 2; end++) {
            close(pair.busy[end]);
            close(pair.quiet[end]);
        }
    }
}

/* ---- descriptors that their tasks have drained ---- */

static _Atomic unsigned looks;

int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    atomic_fetch_add(&looks, 1);
    return __real_poll(fds, count, timeout);
}

static enum ps_err wait_drained(struct ps_task *task, int fd)
{
    struct ps_wait wait = until_readable(fd);
    wait.until_ns = ps_now_ns() + 60ull * PS_NS_PER_S;
    wait.drained = true;
    return ps_wait(task, &wait);
}

/* At most 16 bytes, as soon as there are any; 0: the end. */
static ssize_t read_drained(struct ps_task *task, int fd)
{
    char bytes[16];
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) < 0) {
        assert_int_equal(errno, EAGAIN);
        assert_int_equal(wait_drained(task, fd), PS_OK);
    }
    return n;
}

static void swap_run(struct ps_task *task)
{
    const struct talker *self = task->user;
    for (unsigned i = 0; i < MESSAGES; i++) {
        if (self->first)
            assert_int_equal(write(self->fd, "x", 1), 1);
        assert_int_equal(read_drained(task, self->fd), 1);
        if (!self->first)
            assert_int_equal(write(self->fd, "x", 1), 1);
    }
    ps_engine_forget_fd(task->engine, self->fd);
}

static void a_drained_descriptor_is_not_looked_at(void **state)
{
    (void)state;
    static const struct ps_body body = {.name = "swap", .run = swap_run};
    int fds[2];
    struct talker talkers[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    kit_open(&kit, (struct kit_case){"steal", 1});
    atomic_store(&looks, 0);
    for (unsigned i = 0; i < 2; i++) {
        talkers[i] = (struct talker){.fd = fds[i], .first = i == 0};
        ps_task_init(&talkers[i].task, &body, i, 0);
        talkers[i].task.user = &talkers[i];
        assert_int_equal(ps_submit(kit.engine, &talkers[i].task, PS_NEVER), PS_OK);
    }
    kit_close(&kit, PS_CLOSE_DRAIN);
    assert_int_equal(atomic_load(&looks), 0);
    close(fds[0]);
    close(fds[1]);
}

struct listener {
    int fd[2], other[2]; /* the listener has [0] */
    _Atomic uint32_t listens;
};

/* An edge comes while nobody waits for it; the end comes with the last byte, in one edge. */
static void listen_run(struct ps_task *task)
{
    struct listener *self = task->user;
    atomic_store(&self->listens, 1);
    assert_int_equal(read_drained(task, self->fd[0]), 1);
    atomic_store(&self->listens, 2);
    assert_int_equal(read_drained(task, self->other[0]), 1);
    /* The edge of fd came before that of the other. */
    assert_int_equal(wait_drained(task, self->fd[0]), PS_OK);
    assert_int_equal(read_drained(task, self->fd[0]), 1);
    atomic_store(&self->listens, 3);
    assert_int_equal(read_drained(task, self->fd[0]), 1);
    assert_int_equal(wait_drained(task, self->fd[0]), PS_OK);
    assert_int_equal(read_drained(task, self->fd[0]), 0);
}

/* With one worker: it waits then. */
static void until_listens(struct ps_task *task, struct listener *self, uint32_t stage)
{
    while (atomic_load(&self->listens) < stage)
        kit_wait(task, PS_WAIT_YIELD, PS_STATE_RUN);
}

static void tell_run(struct ps_task *task)
{
    struct listener *self = task->user;
    until_listens(task, self, 1);
    assert_int_equal(write(self->fd[1], "x", 1), 1);
    until_listens(task, self, 2);
    assert_int_equal(write(self->fd[1], "x", 1), 1);
    assert_int_equal(write(self->other[1], "x", 1), 1);
    until_listens(task, self, 3);
    assert_int_equal(write(self->fd[1], "x", 1), 1);
    shutdown(self->fd[1], SHUT_WR);
}

static void news_of_a_drained_descriptor_are_not_missed(void **state)
{
    (void)state;
    static const struct ps_body listens = {.name = "listens", .run = listen_run};
    static const struct ps_body tells = {.name = "tells", .run = tell_run};
    static const char *const policies[] = {"steal", "global"};
    for (unsigned i = 0; i < 2; i++) {
        struct listener pair = {.listens = 0};
        struct ps_task listener, teller;
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.fd), 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.other), 0);
        ps_task_init(&listener, &listens, 0, 0);
        ps_task_init(&teller, &tells, 1, 0);
        listener.user = teller.user = &pair;
        kit_open(&kit, (struct kit_case){policies[i], 1});
        assert_int_equal(ps_submit(kit.engine, &listener, PS_NEVER), PS_OK);
        assert_int_equal(ps_submit(kit.engine, &teller, PS_NEVER), PS_OK);
        kit_close(&kit, PS_CLOSE_DRAIN);
        for (unsigned end = 0; end < 2; end++) {
            close(pair.fd[end]);
            close(pair.other[end]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_wake_tasks),
        cmocka_unit_test(descriptors_time_out_and_are_ready_at_once),
        cmocka_unit_test(a_ready_descriptor_lets_others_have_their_turn),
        cmocka_unit_test(a_drained_descriptor_is_not_looked_at),
        cmocka_unit_test(news_of_a_drained_descriptor_are_not_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
