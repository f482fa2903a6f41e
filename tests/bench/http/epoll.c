/* What arrivals = http is measured against: threads with an epoll each, one listening socket a thread
 * (SO_REUSEPORT), level-triggered; the same parser and the same answers, and no task. Usage: http-epoll
 * THREADS. Prints its port, and serves until it is killed. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/http_answer.h"
#include "host/http_parser.h"

enum { EVENTS = 64, BUFFER = 4096 };

struct connection {
    int fd;
    struct ps_http_parser parser;
};

static int listen_on(uint16_t port)
{
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 4096) != 0) {
        perror("http-epoll");
        exit(1);
    }
    return fd;
}

/* As the host does: a body that names two times. */
static char *put_answer(char *at, const struct connection *c, uint64_t came_ns)
{
    char body[128], *end = ps_http_put_text(body, "page completed, queueing ");
    uint64_t now_ns = ps_now_ns();
    end = ps_http_put_number(end, now_ns - came_ns);
    end = ps_http_put_text(end, " ns, service ");
    end = ps_http_put_number(end, ps_now_ns() - now_ns);
    end = ps_http_put_text(end, " ns\n");
    struct ps_http_answer answer = {.status = 200,
                                    .close = !c->parser.keep_alive,
                                    .body = body,
                                    .length = (size_t)(end - body)};
    return ps_http_put_answer(at, &answer);
}

/* false: over. */
static bool serve(struct connection *c)
{
    char in[BUFFER], out[2 * BUFFER], *end = out;
    ssize_t n = recv(c->fd, in, sizeof in, 0);
    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    uint64_t came_ns = ps_now_ns();
    bool keep = true;
    for (size_t at = 0, used; keep && at < (size_t)n; at += used) {
        unsigned status = ps_http_parse(&c->parser, in + at, (size_t)n - at, &used);
        if (status == PS_HTTP_MORE)
            break;
        if (status != PS_HTTP_DONE)
            return false;
        end = put_answer(end, c, came_ns);
        keep = c->parser.keep_alive && (size_t)(end - out) < sizeof out - PS_HTTP_FIELDS_MAX - 128;
        ps_http_parser_init(&c->parser);
    }
    return end == out || (send(c->fd, out, (size_t)(end - out), MSG_NOSIGNAL) == end - out && keep);
}

static void accept_all(int epoll_fd, int listen_fd)
{
    int fd;
    while ((fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        if (!c)
            exit(1);
        c->fd = fd;
        ps_http_parser_init(&c->parser);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    }
}

static void *loop(void *arg)
{
    int listen_fd = (int)(intptr_t)arg, epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[EVENTS], event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listen_fd, &event);
    for (;;) {
        int n = epoll_wait(epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c) {
                accept_all(epoll_fd, listen_fd);
            } else if (!serve(c)) {
                close(c->fd);
                free(c);
            }
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    int first = listen_on(0);
    struct sockaddr_in at;
    socklen_t size = sizeof at;
    getsockname(first, (struct sockaddr *)&at, &size);
    printf("%u\n", ntohs(at.sin_port));
    fflush(stdout);
    for (int i = 1; i < threads; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, loop, (void *)(intptr_t)listen_on(ntohs(at.sin_port)));
    }
    loop((void *)(intptr_t)first);
}
