/* The connection pool, by itself and under tasks of the async engine. */
#include "engines/async/kit.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "host/net_client.h"

static struct rig rig;
static struct ps_net_service *service;
static struct ps_net_pool *pool;
static _Atomic int forgotten;

static void forget(void *arg, int fd)
{
    struct rig *of = arg;
    if (of->engine)
        ps_engine_forget_fd(of->engine, fd);
    atomic_fetch_add(&forgotten, 1);
}

static int set_up(void **state)
{
    (void)state;
    rig_open(&rig, 2);
    forgotten = 0;
    assert_int_equal(ps_net_service_start(rig.segment, &service), PS_OK);
    assert_int_equal(ps_net_pool_create(ps_net_service_port(service), 2, forget, &rig, &pool),
                     PS_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ps_net_pool_destroy(pool);
    if (service)
        ps_net_service_stop(service);
    free(rig.segment);
    return 0;
}

static enum ps_net_status finish(struct ps_net_connection *connection)
{
    for (;;) {
        enum ps_net_status status = ps_net_advance(connection);
        if (status != PS_NET_WANT_READ && status != PS_NET_WANT_WRITE)
            return status;
        struct pollfd at = {.fd = connection->fd,
                            .events = status == PS_NET_WANT_READ ? POLLIN : POLLOUT};
        while (poll(&at, 1, -1) < 0)
            CHECK(errno == EINTR);
    }
}

static struct ps_net_connection *take(int slot)
{
    enum ps_err err;
    struct ps_net_connection *connection = ps_net_take(pool, slot, &err);
    CHECK(connection);
    return connection;
}

static void idle_connections_are_reused(void **state)
{
    (void)state;
    struct ps_net_connection *one = take(0), *two = take(0);
    assert_true(one->fd != two->fd);
    for (uint64_t id = 0; id < 100; id++) {
        ps_net_request(one, id, 0);
        assert_int_equal(finish(one), PS_NET_DONE);
        assert_int_equal(ps_net_get64(one->answer), id);
        ps_net_put(pool, one, 0);
        assert_ptr_equal(take(0), one);
    }
    struct ps_net_connection *other = take(1); /* another worker's list */
    assert_true(other != one && other != two);
    ps_net_put(pool, one, -1);
    assert_ptr_equal(take(-1), one);
    ps_net_drop(pool, one);
    ps_net_drop(pool, two);
    ps_net_put(pool, other, 1);
    assert_int_equal(forgotten, 2);
    assert_true(ps_net_pool_cap(pool) >= 4);
}

static void a_service_that_is_gone(void **state)
{
    (void)state;
    struct ps_net_connection *kept = take(0), *waiting = take(0);
    ps_net_request(kept, 1, 0);
    assert_int_equal(finish(kept), PS_NET_DONE);
    ps_net_request(waiting, 2, PS_NEVER);
    assert_int_equal(ps_net_advance(waiting), PS_NET_WANT_READ);
    ps_net_service_stop(service);
    service = NULL;
    assert_int_equal(finish(waiting), PS_NET_ERROR);
    ps_net_request(kept, 3, 0);
    assert_int_equal(finish(kept), PS_NET_ERROR);
    ps_net_drop(pool, waiting);
    ps_net_drop(pool, kept);
    enum ps_err err = PS_OK;
    struct ps_net_connection *refused = ps_net_take(pool, 0, &err);
    if (refused) {
        ps_net_request(refused, 4, 0);
        assert_int_equal(finish(refused), PS_NET_ERROR);
        ps_net_drop(pool, refused);
    } else {
        assert_int_not_equal(err, PS_OK);
    }
}

static void *many_requests(void *arg)
{
    int slot = *(int *)arg;
    for (uint64_t id = 0; id < 1000; id++) {
        struct ps_net_connection *connection = take(slot);
        ps_net_request(connection, id, id % 3 * 1000);
        CHECK(finish(connection) == PS_NET_DONE);
        ps_net_put(pool, connection, slot);
    }
    return NULL;
}

static void many_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    int slots[4] = {-1, 0, 1, 0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, many_requests, &slots[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(rig.segment->net_requests, 4000);
    assert_int_equal(rig.segment->net_errors, 0);
}

struct caller {
    struct job job; /* first */
    struct ps_net_connection *connection;
    uint64_t delay_ns;
};

static struct ps_wait *call_service(struct job *job)
{
    struct caller *self = (struct caller *)job;
    while (job->number < 5) {
        if (ps_task_stopping(&job->task, 0) != PS_STOP_NOT) {
            if (self->connection)
                ps_net_drop(pool, self->connection);
            return NULL;
        }
        if (!self->connection) {
            self->connection = take(ps_worker_self());
            ps_net_request(self->connection, (uint64_t)(uintptr_t)job, self->delay_ns);
        }
        switch (ps_net_advance(self->connection)) {
        case PS_NET_WANT_READ:
            return job_fd(job, self->connection->fd, POLLIN, PS_NEVER);
        case PS_NET_WANT_WRITE:
            return job_fd(job, self->connection->fd, POLLOUT, PS_NEVER);
        case PS_NET_DONE:
            ps_net_put(pool, self->connection, ps_worker_self());
            self->connection = NULL;
            job->number++;
            break;
        default:
            CHECK(false);
        }
    }
    return NULL;
}

static void tasks_of_an_engine(void **state)
{
    (void)state;
    enum { N = 300 };
    struct ps_engine_config config = rig_config(&rig, 2, N);
    rig_start(&rig, &config);
    struct caller *all = calloc(N, sizeof *all);
    assert_non_null(all);
    for (unsigned i = 0; i < N; i++) {
        job_init(&all[i].job, &rig, call_service, NULL);
        all[i].delay_ns = i % 10 == 9 ? PS_NEVER : i * 1000; /* a tenth is never answered */
        job_submit(&all[i].job);
    }
    while (rig.ended < N - N / 10)
        sched_yield();
    ps_engine_close(rig.engine, PS_CLOSE_DISCARD);
    assert_int_equal(ps_engine_stop(rig.engine, PS_NEVER), PS_OK);
    ps_engine_destroy(rig.engine);
    rig.engine = NULL;
    assert_int_equal(rig.outcome[PS_COMPLETED], N - N / 10);
    assert_int_equal(rig.outcome[PS_CANCELLED], N / 10);
    assert_int_equal(forgotten, N / 10);
    assert_int_equal(rig.segment->net_requests, 5 * (N - N / 10) + N / 10);
    free(all);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(idle_connections_are_reused),
        TEST(a_service_that_is_gone),
        TEST(many_threads),
        TEST(tasks_of_an_engine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
