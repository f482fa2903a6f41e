/* The loopback service, spoken to over plain sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/net_client.h"
#include "host/net_service.h"

static struct ps_segment *segment;
static struct ps_net_service *service;

static int set_up(void **state)
{
    (void)state;
    static const char *const types[] = {"net"};
    size_t bytes = ps_segment_bytes(1, 1);
    assert_int_equal(posix_memalign((void **)&segment, 128, bytes), 0);
    memset(segment, 0, bytes);
    ps_segment_init(segment, 1, 1, types);
    assert_int_equal(ps_net_service_start(segment, &service), PS_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ps_net_service_stop(service);
    free(segment);
    return 0;
}

static int dial(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(ps_net_service_port(service)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void frame(unsigned char *into, uint64_t id, uint64_t delay_ns)
{
    ps_net_put64(into, id);
    ps_net_put64(into + 8, delay_ns);
}

static void send_frame(int fd, uint64_t id, uint64_t delay_ns)
{
    unsigned char bytes[PS_NET_FRAME_BYTES];
    frame(bytes, id, delay_ns);
    assert_int_equal(send(fd, bytes, sizeof bytes, MSG_NOSIGNAL), sizeof bytes);
}

static uint64_t receive_id(int fd)
{
    unsigned char bytes[PS_NET_FRAME_BYTES];
    assert_int_equal(recv(fd, bytes, sizeof bytes, MSG_WAITALL), sizeof bytes);
    return ps_net_get64(bytes);
}

static void answers_come_when_due(void **state)
{
    (void)state;
    int fd = dial();
    uint64_t began_ns = ps_now_ns();
    send_frame(fd, 1, 30 * PS_NS_PER_MS);
    send_frame(fd, 2, 0);
    send_frame(fd, 3, 10 * PS_NS_PER_MS);
    assert_int_equal(receive_id(fd), 2);
    assert_int_equal(receive_id(fd), 3);
    assert_true(ps_now_ns() - began_ns >= 10 * PS_NS_PER_MS);
    assert_int_equal(receive_id(fd), 1);
    assert_true(ps_now_ns() - began_ns >= 30 * PS_NS_PER_MS);
    close(fd);
}

static void frames_come_in_pieces(void **state)
{
    (void)state;
    int fd = dial();
    unsigned char bytes[3 * PS_NET_FRAME_BYTES];
    for (unsigned i = 0; i < 3; i++)
        frame(bytes + i * PS_NET_FRAME_BYTES, 70 + i, 0);
    for (size_t i = 0; i < sizeof bytes; i++)
        assert_int_equal(send(fd, bytes + i, 1, MSG_NOSIGNAL), 1);
    for (unsigned i = 0; i < 3; i++)
        assert_true(receive_id(fd) - 70 < 3);
    close(fd);
}

/* More than the service keeps unanswered, from a client that writes before it reads. */
static void a_deep_pipeline(void **state)
{
    (void)state;
    enum { N = 20000 };
    int fd = dial();
    unsigned char *out = malloc(N * PS_NET_FRAME_BYTES), *in = malloc(N * PS_NET_FRAME_BYTES);
    unsigned char *seen = calloc(N, 1);
    assert_true(out && in && seen);
    for (unsigned i = 0; i < N; i++)
        frame(out + i * PS_NET_FRAME_BYTES, i, i % 7 * 1000);
    size_t sent = 0, received = 0, all = (size_t)N * PS_NET_FRAME_BYTES;
    while (received < all) {
        ssize_t n = sent < all ? send(fd, out + sent, all - sent, MSG_NOSIGNAL | MSG_DONTWAIT) : -1;
        if (n > 0) {
            sent += (size_t)n;
            continue;
        }
        struct pollfd at = {.fd = fd, .events = sent < all ? POLLIN | POLLOUT : POLLIN};
        assert_int_equal(poll(&at, 1, -1), 1);
        if (at.revents & POLLIN)
            received += (size_t)recv(fd, in + received, all - received, MSG_DONTWAIT);
    }
    for (unsigned i = 0; i < N; i++) {
        uint64_t id = ps_net_get64(in + i * PS_NET_FRAME_BYTES);
        assert_true(id < N && !seen[id]);
        seen[id] = 1;
    }
    free(out);
    free(in);
    free(seen);
    close(fd);
}

static void a_half_closed_peer_is_answered(void **state)
{
    (void)state;
    int fd = dial();
    send_frame(fd, 5, PS_NS_PER_MS);
    shutdown(fd, SHUT_WR);
    assert_int_equal(receive_id(fd), 5);
    char byte;
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    assert_int_equal(segment->net_errors, 0);
    close(fd);
}

static void broken_peers_are_counted(void **state)
{
    (void)state;
    int half = dial(), gone = dial(), after = dial();
    assert_int_equal(send(half, "1234567", 7, MSG_NOSIGNAL), 7);
    send_frame(gone, 9, PS_NEVER);
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    setsockopt(gone, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    shutdown(half, SHUT_WR);
    char byte;
    assert_int_equal(recv(half, &byte, 1, 0), 0); /* closed by the service */
    assert_int_equal(segment->net_errors, 1);
    close(half);
    close(gone);
    send_frame(after, 10, PS_NS_PER_MS);
    assert_int_equal(receive_id(after), 10);
    assert_int_equal(segment->net_errors, 2);
    assert_int_equal(segment->net_requests, 2);
    close(after);
}

static void ten_thousand_connections(void **state)
{
    (void)state;
    uint64_t limit = ps_net_raise_nofile();
    unsigned n = limit / 2 > 10100 ? 10000 : (unsigned)(limit / 2 - 50);
    int *fds = calloc(n, sizeof *fds);
    assert_non_null(fds);
    for (unsigned i = 0; i < n; i++) {
        fds[i] = dial();
        assert_true(fds[i] >= 0);
        send_frame(fds[i], i, 50 * PS_NS_PER_MS);
    }
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(receive_id(fds[i]), i);
    assert_int_equal(segment->net_requests, n);
    for (unsigned i = 0; i < n; i++)
        close(fds[i]);
    free(fds);
}

static void out_of_descriptors(void **state)
{
    (void)state;
    enum { N = 40 };
    struct rlimit before, low;
    getrlimit(RLIMIT_NOFILE, &before);
    int fds[N], next = dup(0);
    close(next);
    low = before;
    low.rlim_cur = (rlim_t)next + N + 5; /* all ends of the clients, few of the service */
    int first = dial();
    send_frame(first, 1, 0);
    assert_int_equal(receive_id(first), 1);
    setrlimit(RLIMIT_NOFILE, &low);
    int n = 0;
    while (n < N && (fds[n] = dial()) >= 0)
        n++;
    assert_true(n > 5);
    while (atomic_load(&segment->net_errors) == 0)
        sched_yield();
    send_frame(first, 2, 0); /* goes on serving whom it has */
    assert_int_equal(receive_id(first), 2);
    setrlimit(RLIMIT_NOFILE, &before);
    for (int i = 0; i < n; i++) {
        send_frame(fds[i], (uint64_t)i, 0);
        assert_int_equal(receive_id(fds[i]), i);
        close(fds[i]);
    }
    close(first);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(answers_come_when_due),    TEST(frames_come_in_pieces),
        TEST(a_deep_pipeline),          TEST(a_half_closed_peer_is_answered),
        TEST(broken_peers_are_counted), TEST(ten_thousand_connections),
        TEST(out_of_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
