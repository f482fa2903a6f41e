/* A loopback server that sends back what it gets, one task a connection; prints its port, and
 * serves until it is killed. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

enum { BUFFER = 4096 };

struct connection {
    struct ps_task task;
    struct ps_wait wait;
    int fd;
    char buffer[BUFFER];
};

static struct bench *server;

static void connection_released(struct ps_task *task)
{
    free(task);
}

static struct ps_wait *until_ready(struct connection *c)
{
    c->wait = (struct ps_wait){.kind = PS_WAIT_FD,
                               .why = PS_STATE_NET,
                               .until_ns = PS_NEVER,
                               .fd = c->fd,
                               .events = POLLIN};
    return &c->wait;
}

/* Messages are shorter than a socket's buffer, so a write never waits; and shorter than ours, so a
 * read takes all there is. */
static struct ps_wait *connection_step(struct ps_task *task)
{
    struct connection *c = (struct connection *)task;
    for (;;) {
        ssize_t got = recv(c->fd, c->buffer, sizeof c->buffer, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return until_ready(c);
        if (got <= 0 || send(c->fd, c->buffer, (size_t)got, MSG_NOSIGNAL) != got)
            break;
        if (got < BUFFER)
            return until_ready(c);
    }
    ps_engine_forget_fd(server->engine, c->fd);
    close(c->fd);
    return NULL;
}

static const struct ps_body connection_body = {
    .name = "connection", .step = connection_step, .release = connection_released};

static int listener(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 256) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        return -1;
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

double bench_echo(struct bench *bench)
{
    if (!bench_engine(bench, 1024, PS_ON_FULL_BLOCK))
        return -1;
    server = bench;
    int fd = listener(), one = 1;
    for (int peer; fd >= 0 && (peer = accept(fd, NULL, NULL)) >= 0;) {
        struct connection *c = aligned_alloc(_Alignof(struct connection), sizeof *c);
        if (!c)
            return 0;
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        ps_task_init(&c->task, &connection_body, 0, 0);
        c->fd = peer;
        if (ps_submit(bench->engine, &c->task, PS_NEVER) != PS_OK)
            return 0;
    }
    return 0;
}
