#include "server_kit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/host.h"

/* ---- the host ---- */

struct ps_live *start(const char *const *pairs)
{
    static const char text[] =
        "[preset]\ntitle = test\n[engine]\nname = green\nworkers = 2\n[arrivals]\nmodel = http\n"
        "[task ok]\nsteps = cpu 1us, yield\n[task sleeps]\nweight = 0\nsteps = sleep 10ms\n"
        "[task fails]\nweight = 0\nsteps = fail 100%\n"
        "[task late]\nweight = 0\ntimeout = 20ms\nsteps = sleep 60s\n"
        "[task long]\nweight = 0\nsteps = sleep 60s\n"
        "[task parent]\nweight = 0\nsteps = spawn ok x3, join\n"
        "[task leaves]\nweight = 0\nsteps = spawn long\n[run]\nduration = 0\n";
    return host_start(host_experiment_of(text, pairs));
}

void stop(struct ps_live *live, uint64_t requests)
{
    ps_live_stop(live, true, PATIENCE_S * (uint64_t)PS_NS_PER_S);
    host_look(live);
    assert_int_equal(host_seen.phase, PS_PHASE_ENDED);
    assert_int_equal(host_seen.end, PS_END_CANCELLED);
    assert_int_equal(host_seen.totals.submitted, requests);
    assert_true(ps_totals_conserved(&host_seen.totals));
    assert_int_equal(host_seen.http_open, 0);
    ps_live_free(live);
}

/* ---- a client ---- */

int connect_to(struct ps_live *live)
{
    host_look(live);
    assert_in_range(host_seen.http_port, 1, 65535);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)host_seen.http_port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* One byte; false: the end of the stream. A reset is a failure. */
static bool hear(int fd, char *byte)
{
    ssize_t n = recv(fd, byte, 1, 0);
    if (n < 0)
        fail_msg("recv: %s", strerror(errno));
    return n == 1;
}

struct heard answer(int fd, bool bare)
{
    struct heard h = {.status = 0};
    size_t n = 0, length = 0;
    while (n < 4 || memcmp(h.head + n - 4, "\r\n\r\n", 4) != 0) {
        assert_true(n < sizeof h.head - 1);
        if (!hear(fd, &h.head[n++]))
            fail_msg("the stream ended in a head: %s", h.head);
    }
    assert_int_equal(sscanf(h.head, "HTTP/1.1 %3u ", &h.status), 1);
    const char *field = strstr(h.head, "Content-Length: ");
    if (field)
        length = strtoul(field + strlen("Content-Length: "), NULL, 10);
    h.closes = strstr(h.head, "Connection: close") != NULL;
    assert_true(length < sizeof h.body);
    for (n = 0; !bare && n < length; n++)
        assert_true(hear(fd, &h.body[n]));
    return h;
}

struct heard status_is(int fd, unsigned status)
{
    struct heard h = answer(fd, false);
    if (h.status != status)
        fail_msg("%u, not %u: %s", h.status, status, h.body);
    return h;
}

void at_end(int fd)
{
    char byte;
    assert_false(hear(fd, &byte));
    close(fd);
}
