/* arrivals = http, from outside. */
#include "server_kit.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/engine.h"
#include "host/host.h"

static bool ended(void)
{
    return host_seen.phase == PS_PHASE_ENDED;
}
static bool one_sleeps(void)
{
    return host_seen.waiting[PS_STATE_SLEEP] == 1;
}
static bool two_open(void)
{
    return host_seen.http_open == 2;
}

/* ---- what is answered ---- */

static uint64_t all_outcomes(struct ps_live *live)
{
    int fd = connect_to(live);
    say(fd, GET("/"));
    struct heard h = status_is(fd, 200);
    assert_false(h.closes);
    if (strncmp(h.body, "ok completed, queueing ", 23) != 0)
        fail_msg("%s", h.body);
    say(fd, GET("/fails"));
    status_is(fd, 500);
    say(fd, GET("/late"));
    assert_false(status_is(fd, 504).closes);
    say(fd, "HEAD /ok HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(answer(fd, true).status, 200);
    say(fd, "POST /parent HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    say(fd, "3\r\nabc\r\n0\r\n\r\n");
    status_is(fd, 200);
    say(fd, GET("/ok") GET("/sleeps") GET("/ok"));
    assert_non_null(strstr(status_is(fd, 200).body, "ok completed"));
    assert_non_null(strstr(status_is(fd, 200).body, "sleeps completed"));
    assert_non_null(strstr(status_is(fd, 200).body, "ok completed"));
    say(fd, GET("/nothing") GET("/ok?x=y"));
    status_is(fd, 404);
    status_is(fd, 200);
    say(fd, "GET /ok HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    assert_true(status_is(fd, 200).closes);
    at_end(fd);
    return 1 + 1 + 1 + 1 + 4 + 3 + 1 + 1;
}

static void every_policy_answers(void **state)
{
    (void)state;
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++)
        for (const struct ps_policy *p = (*e)->policies; p->name; p++) {
            if (p->traits & PS_TRAIT_PROCESSES)
                continue;
            struct ps_live *live = SERVER_WITH("engine.name", (*e)->name, "engine.policy", p->name,
                                               "engine.workers", "2");
            uint64_t requests = all_outcomes(live);
            host_look(live);
            assert_int_equal(host_seen.totals.ended[PS_FAILED], 1);
            assert_int_equal(host_seen.totals.ended[PS_TIMED_OUT], 1);
            assert_int_equal(host_seen.http_rejected, 1);
            stop(live, requests);
        }
}

static void what_is_no_request_is_refused_and_closed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned status;
    } cases[] = {
        {"nonsense\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 9\r\nContent-Length: 9\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\n" HOST "Content-Length: 1048577\r\n\r\nbody", 413},
        {"POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 501},
        {"GET / HTTP/1.1\r\n" HOST "Expect: a miracle\r\n\r\n", 417},
        {"GET / HTTP/2.0\r\n\r\n", 505},
    };
    struct ps_live *live = SERVER_PLAIN;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = connect_to(live);
        say(fd, cases[i].text);
        assert_true(status_is(fd, cases[i].status).closes);
        at_end(fd);
    }
    static char large[9000];
    memset(large, 'x', sizeof large - 1);
    int fd = connect_to(live);
    say(fd, "GET / HTTP/1.1\r\nA: ");
    say(fd, large);
    status_is(fd, 431);
    at_end(fd);
    fd = connect_to(live);
    say(fd, "GET /");
    say(fd, large);
    status_is(fd, 414);
    at_end(fd);
    stop(live, 0);
}

static void other_methods_and_pages(void **state)
{
    (void)state;
    struct ps_live *live = SERVER_PLAIN;
    int fd = connect_to(live);
    say(fd, "DELETE / HTTP/1.1\r\n" HOST "\r\n");
    assert_non_null(strstr(status_is(fd, 405).head, "Allow: GET, HEAD, POST"));
    say(fd, GET("/_types"));
    assert_non_null(strstr(status_is(fd, 200).body, "<a href=\"/parent\">parent</a>"));
    say(fd, GET("/_health"));
    assert_string_equal(status_is(fd, 200).body, "ok\n");
    say(fd, "POST /ok HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    status_is(fd, 100);
    say(fd, "ab");
    status_is(fd, 200);
    say(fd, "GET /ok HTTP/1.0\r\n\r\n");
    assert_true(status_is(fd, 200).closes);
    at_end(fd);
    stop(live, 2);
}

/* ---- clients that are slow, leave, or are many ---- */

static void slow_and_idle_clients_are_ended(void **state)
{
    (void)state;
    struct ps_live *live = SERVER_WITH("arrivals.request_timeout", "50ms");
    int slow = connect_to(live), body = connect_to(live);
    say(slow, "GET / HT");
    say(body, "POST / HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nabc");
    assert_true(status_is(slow, 408).closes);
    at_end(slow);
    assert_true(status_is(body, 408).closes);
    at_end(body);
    stop(live, 0);
    live = SERVER_WITH("arrivals.idle_timeout", "20ms");
    at_end(connect_to(live));
    stop(live, 0);
}

static void a_client_that_stops_sending_gets_its_answers(void **state)
{
    (void)state;
    struct ps_live *live = SERVER_PLAIN;
    int fd = connect_to(live);
    say(fd, GET("/sleeps") GET("/ok") "GET /");
    shutdown(fd, SHUT_WR);
    status_is(fd, 200);
    status_is(fd, 200);
    at_end(fd);
    fd = connect_to(live);
    close(fd); /* without a word */
    stop(live, 2);
}

enum { PIPELINED = 500 };

static void many_requests_in_one_piece(void **state)
{
    (void)state;
    struct ps_live *live = SERVER_PLAIN;
    int fd = connect_to(live);
    static char text[PIPELINED * sizeof GET("/ok")];
    for (unsigned i = 0; i < PIPELINED; i++)
        strcat(text, GET("/ok"));
    say(fd, text);
    for (unsigned i = 0; i < PIPELINED; i++)
        status_is(fd, 200);
    close(fd);
    stop(live, PIPELINED);
}

enum { CROWD = 200 };

static void a_crowd_is_held(void **state)
{
    (void)state;
    static const char *const engines[] = {"green", "async"};
    for (unsigned i = 0; i < 2; i++) {
        struct ps_live *live = SERVER_WITH("engine.name", engines[i]);
        static int fds[CROWD];
        for (unsigned k = 0; k < CROWD; k++)
            fds[k] = connect_to(live);
        for (unsigned round = 0; round < 2; round++) {
            for (unsigned k = 0; k < CROWD; k++)
                say(fds[k], k % 2 ? GET("/ok") : GET("/sleeps"));
            for (unsigned k = 0; k < CROWD; k++)
                status_is(fds[k], 200);
        }
        host_look(live);
        assert_int_equal(host_seen.http_open, CROWD);
        assert_int_equal(host_seen.http_peak, CROWD);
        assert_int_equal(host_seen.totals.ended[PS_COMPLETED], 2 * CROWD);
        for (unsigned k = 0; k < CROWD; k++)
            close(fds[k]);
        stop(live, 2 * CROWD);
    }
}

/* One worker, a thread a connection, one place in the queue: the third is sent away. */
static void a_full_queue_is_answered(void **state)
{
    (void)state;
    struct ps_live *live =
        SERVER_WITH("engine.name", "threadpool", "engine.policy", "fifo", "engine.workers", "1",
                    "engine.queue", "1", "engine.on_full", "refuse");
    int first = connect_to(live);
    say(first, GET("/ok"));
    status_is(first, 200); /* it has the worker */
    int second = connect_to(live);
    host_until(live, two_open, "the queued connection");
    int third = connect_to(live);
    say(third, GET("/sleeps"));
    struct heard h = status_is(third, 503);
    assert_true(h.closes);
    assert_non_null(strstr(h.head, "Retry-After: 1"));
    at_end(third);
    host_look(live);
    assert_int_equal(host_seen.type[1].totals.ended[PS_REFUSED], 1);
    close(first);
    say(second, GET("/ok"));
    status_is(second, 200);
    close(second);
    stop(live, 3);
}

/* ---- clients of its own ---- */

static bool many_answers(void)
{
    return host_seen.totals.ended[PS_COMPLETED] >= 100;
}
static bool all_answered(void)
{
    return host_seen.http_clients_answered == host_seen.http_clients;
}
static bool some_came_back(void)
{
    return host_seen.http_opened >= 2 * host_seen.http_clients;
}

static void leave(struct ps_live *live)
{
    ps_live_stop(live, true, PATIENCE_S * (uint64_t)PS_NS_PER_S);
    host_look(live);
    assert_int_equal(host_seen.phase, PS_PHASE_ENDED);
    assert_true(ps_totals_conserved(&host_seen.totals));
    assert_int_equal(host_seen.http_open, 0);
    ps_live_free(live);
}

static void its_own_clients_ask_and_are_answered(void **state)
{
    (void)state;
    static const char *const engines[] = {"green", "async"};
    for (unsigned i = 0; i < 2; i++) {
        struct ps_live *live = SERVER_WITH("engine.name", engines[i], "arrivals.clients", "20");
        host_until(live, all_answered, "an answer for everybody");
        host_until(live, many_answers, "more answers");
        assert_int_equal(host_seen.http_clients, 20);
        assert_int_equal(host_seen.http_opened, 20);
        assert_int_equal(host_seen.http_client_errors, 0);
        leave(live);
    }
}

static void a_pool_answers_as_many_clients_as_it_has_workers(void **state)
{
    (void)state;
    struct ps_live *live = SERVER_WITH("engine.name", "threadpool", "engine.policy", "fifo",
                                       "engine.workers", "2", "arrivals.clients", "5");
    host_until(live, many_answers, "answers");
    assert_int_equal(host_seen.http_clients_answered, 2);
    leave(live);
}

static void its_own_clients_come_back(void **state)
{
    (void)state;
    struct ps_live *live = SERVER_WITH("arrivals.clients", "4", "arrivals.think", "40ms",
                                       "arrivals.idle_timeout", "10ms");
    host_until(live, some_came_back, "new connections");
    leave(live);
}

static void too_many_clients_are_refused(void **state)
{
    (void)state;
    static const char text[] = "[preset]\ntitle = t\n[arrivals]\nmodel = http\nclients = "
                               "1000\n[task a]\nsteps = cpu 1us\n";
    struct ps_experiment e;
    struct ps_complaints complaints = {.count = 0};
    struct ps_live *live;
    struct rlimit few;
    char why[512] = "";
    assert_int_equal(
        ps_experiment_parse(&e, ps_host_vocabulary(), "t", text, sizeof text - 1, &complaints),
        PS_OK);
    pid_t child = fork(); /* a limit cannot be raised again */
    if (child == 0) {
        few = (struct rlimit){.rlim_cur = 1024, .rlim_max = 1024};
        _exit(setrlimit(RLIMIT_NOFILE, &few) == 0 &&
                      ps_live_start(&e, &live, why, sizeof why) != PS_OK &&
                      strstr(why, "arrivals.clients = 1000: ") && strstr(why, "at most 384")
                  ? 0
                  : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- changes and ends ---- */

/* One of which the server has read the head: it says so. */
static void a_drain_answers_what_is_under_way(void **state)
{
    (void)state;
    struct ps_live *live = SERVER_PLAIN;
    int idle = connect_to(live), busy = connect_to(live);
    say(idle, GET("/ok"));
    status_is(idle, 200);
    say(busy, "POST /sleeps HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    status_is(busy, 100);
    order(live, "stop drain");
    at_end(idle);
    say(busy, "ab");
    struct heard h = status_is(busy, 200);
    assert_true(h.closes);
    at_end(busy);
    stop(live, 2);
}

static void a_cancelled_request_is_told(void **state)
{
    (void)state;
    struct ps_live *live = SERVER_PLAIN;
    int idle = connect_to(live), busy = connect_to(live);
    say(busy, GET("/long"));
    host_until(live, one_sleeps, "the request");
    order(live, "cancel");
    assert_true(status_is(busy, 503).closes);
    close(busy);
    say(idle, GET("/ok")); /* a connection that rests is left alone */
    status_is(idle, 200);
    close(idle);
    host_look(live);
    assert_int_equal(host_seen.totals.ended[PS_CANCELLED], 1);
    stop(live, 2);
}

/* A child that its request did not wait for is nothing to the next one. */
static void children_left_behind_are_no_concern_of_the_next_request(void **state)
{
    (void)state;
    static const char *const engines[] = {"green", "async", "threadpool"};
    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++) {
        struct ps_live *live = SERVER_WITH("engine.name", engines[i], "engine.workers", "4");
        int fd = connect_to(live);
        say(fd, GET("/leaves") GET("/parent"));
        assert_false(status_is(fd, 200).closes);
        assert_false(status_is(fd, 200).closes); /* which joins three */
        host_until(live, one_sleeps, "the child");
        say(fd, GET("/late"));
        status_is(fd, 504);
        host_look(live);
        assert_int_equal(host_seen.http_open, 1);
        order(live, "cancel");
        say(fd, GET("/ok"));
        status_is(fd, 200);
        close(fd);
        stop(live, 8);
        assert_int_equal(host_seen.totals.ended[PS_COMPLETED], 6);
        assert_int_equal(host_seen.totals.ended[PS_CANCELLED], 1);
    }
}

/* Connections that go over from task to task while others come and go. */
static void a_crowd_leaves_children_behind(void **state)
{
    (void)state;
    enum { MANY = 24, EACH = 8 };
    static const char *const engines[] = {"green", "async"};
    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++) {
        struct ps_live *live =
            SERVER_WITH("engine.name", engines[i], "task leaves.steps", "spawn sleeps");
        int fd[MANY];
        for (unsigned k = 0; k < MANY; k++) {
            fd[k] = connect_to(live);
            for (unsigned n = 0; n < EACH; n++)
                say(fd[k], GET("/leaves"));
        }
        for (unsigned k = 0; k < MANY; k++) {
            for (unsigned n = 0; n < EACH; n++)
                assert_false(status_is(fd[k], 200).closes);
            close(fd[k]);
        }
        stop(live, 2 * MANY * EACH);
        assert_int_equal(host_seen.totals.ended[PS_COMPLETED], 2 * MANY * EACH);
    }
}

static void a_paused_server_answers_later(void **state)
{
    (void)state;
    struct ps_live *live = SERVER_PLAIN;
    int fd = connect_to(live);
    say(fd, GET("/ok"));
    status_is(fd, 200);
    order(live, "pause");
    say(fd, GET("/ok"));
    order(live, "workers 3");
    order(live, "resume");
    status_is(fd, 200);
    close(fd);
    stop(live, 2);
}

static void the_last_request_ends_the_run(void **state)
{
    (void)state;
    struct ps_live *live = SERVER_WITH("arrivals.tasks", "3");
    int idle = connect_to(live), fd = connect_to(live);
    say(fd, GET("/ok") GET("/ok") GET("/ok") GET("/ok"));
    assert_false(status_is(fd, 200).closes);
    assert_false(status_is(fd, 200).closes);
    assert_true(status_is(fd, 200).closes);
    at_end(fd);
    at_end(idle);
    host_until(live, ended, "the end");
    assert_int_equal(host_seen.end, PS_END_COMPLETED);
    assert_int_equal(host_seen.totals.ended[PS_COMPLETED], 3);
    assert_true(ps_totals_conserved(&host_seen.totals));
    ps_live_free(live);
}

static void a_port_in_use_is_named(void **state)
{
    (void)state;
    struct ps_live *live = SERVER_PLAIN, *other;
    host_look(live);
    char text[256], why[512] = "", expected[128];
    int size = snprintf(text, sizeof text,
                        "[preset]\ntitle = t\n[arrivals]\nmodel = http\nport = %u\n[task a]\n"
                        "steps = cpu 1us\n",
                        host_seen.http_port);
    struct ps_experiment e;
    struct ps_complaints complaints = {.count = 0};
    assert_int_equal(
        ps_experiment_parse(&e, ps_host_vocabulary(), "t", text, (size_t)size, &complaints), PS_OK);
    assert_int_not_equal(ps_live_start(&e, &other, why, sizeof why), PS_OK);
    snprintf(expected, sizeof expected,
             "arrivals.port = %u: cannot listen on 127.0.0.1: Address already in use",
             host_seen.http_port);
    assert_non_null(strstr(why, expected));
    stop(live, 0);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "host") == 0)
        return ps_host_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_policy_answers),
        cmocka_unit_test(what_is_no_request_is_refused_and_closed),
        cmocka_unit_test(other_methods_and_pages),
        cmocka_unit_test(slow_and_idle_clients_are_ended),
        cmocka_unit_test(a_client_that_stops_sending_gets_its_answers),
        cmocka_unit_test(many_requests_in_one_piece),
        cmocka_unit_test(a_crowd_is_held),
        cmocka_unit_test(a_full_queue_is_answered),
        cmocka_unit_test(its_own_clients_ask_and_are_answered),
        cmocka_unit_test(a_pool_answers_as_many_clients_as_it_has_workers),
        cmocka_unit_test(its_own_clients_come_back),
        cmocka_unit_test(too_many_clients_are_refused),
        cmocka_unit_test(a_drain_answers_what_is_under_way),
        cmocka_unit_test(a_cancelled_request_is_told),
        cmocka_unit_test(children_left_behind_are_no_concern_of_the_next_request),
        cmocka_unit_test(a_crowd_leaves_children_behind),
        cmocka_unit_test(a_paused_server_answers_later),
        cmocka_unit_test(the_last_request_ends_the_run),
        cmocka_unit_test(a_port_in_use_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
