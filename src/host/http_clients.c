/* One thread, epoll and a timer heap. A client is always in one phase:
 *
 *   THINKS    its timer runs; connected or not
 *   CONNECTS  waits for its connection
 *   ASKS      sends the request
 *   LISTENS   reads the answer: a head, then as many bytes as Content-Length says
 *
 * Descriptors are registered once, edge-triggered. What came is read until less came than was asked
 * for; if the server has hung up, until the end: that makes no second edge. */
#include "host/http_clients.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/common/slot.h"
#include "engines/common/timer_heap.h"

enum { EVENTS = 256, HEAD = 512, INPUT = 4096, SPARE_FDS = 256 };
#define AGAIN_NS (100 * (uint64_t)PS_NS_PER_MS) /* after a failure */

enum phase { THINKS, CONNECTS, ASKS, LISTENS };

struct client {
    struct ps_timer timer; /* first */
    int fd;                /* -1: not connected */
    enum phase phase;
    bool answered; /* ever */
    bool closes;   /* the server closes after this answer */
    bool in_body;
    size_t sent;   /* bytes of the request */
    size_t have;   /* bytes of the head */
    uint64_t left; /* bytes of the body still to come */
    char head[HEAD];
};

struct ps_http_clients {
    struct ps_run *run;
    const _Atomic uint32_t *stopping;
    pthread_t thread;
    int epoll_fd, quit_fd;
    bool quits;
    struct ps_rng rng;
    struct ps_timer_heap timers;
    unsigned count;
    struct client client[];
};

static const char request[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/* The one writer of these counters is this thread. */
static void count(_Atomic uint64_t *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

static void hang_up(struct client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
}

/* The heap has had room for all of them since they were made. */
static void think_until(struct ps_http_clients *all, struct client *client, uint64_t until_ns)
{
    client->phase = THINKS;
    if (ps_timers_add(&all->timers, &client->timer, until_ns) != PS_OK)
        hang_up(client);
}

static void think(struct ps_http_clients *all, struct client *client)
{
    uint64_t ns = ps_dist_draw(&all->run->experiment.think, &all->rng);
    think_until(all, client, ps_time_add(ps_now_ns(), ns));
}

static void fail(struct ps_http_clients *all, struct client *client)
{
    hang_up(client);
    ps_timers_cancel(&all->timers, &client->timer);
    if (atomic_load(all->stopping) == 0) /* else the server is told to leave */
        count(&all->run->segment->http_client_errors);
    think_until(all, client, ps_now_ns() + AGAIN_NS);
}

/* ---- an answer ---- */

/* The head is whole, NUL-terminated. false: it is none. */
static bool read_head(struct client *client)
{
    unsigned status;
    if (sscanf(client->head, "HTTP/1.1 %3u ", &status) != 1)
        return false;
    client->closes = false;
    client->left = 0;
    for (const char *line = client->head; (line = strstr(line, "\r\n")); line += 2) {
        const char *field = line + 2;
        if (strncasecmp(field, "Content-Length:", 15) == 0)
            client->left = strtoull(field + 15, NULL, 10);
        else if (strncasecmp(field, "Connection: close", 17) == 0)
            client->closes = true;
    }
    client->in_body = true;
    return true;
}

/* How many of the bytes belong to the head. One that is none, or too long, stays incomplete. */
static size_t take_head(struct client *client, const char *bytes, size_t size)
{
    size_t used = 0;
    while (used < size && client->have < HEAD - 1) {
        client->head[client->have++] = bytes[used++];
        client->head[client->have] = '\0';
        if (client->have < 4 || memcmp(client->head + client->have - 4, "\r\n\r\n", 4) != 0)
            continue;
        if (!read_head(client))
            client->have = HEAD - 1;
        break;
    }
    return used;
}

/* false: that is no answer to one request. */
static bool take(struct client *client, const char *bytes, size_t size)
{
    size_t used = client->in_body ? 0 : take_head(client, bytes, size);
    if (!client->in_body)
        return client->have < HEAD - 1;
    if (size - used > client->left)
        return false;
    client->left -= size - used;
    return true;
}

static void answered(struct ps_http_clients *all, struct client *client)
{
    if (!client->answered)
        count(&all->run->segment->http_clients_answered);
    client->answered = true;
    if (client->closes)
        hang_up(client);
    think(all, client);
}

/* ---- phases ---- */

/* While it thinks the server may hang up, but has nothing to say. */
static void hear(struct ps_http_clients *all, struct client *client, const char *bytes, ssize_t n)
{
    if (n == 0 && client->phase == THINKS)
        hang_up(client);
    else if (n <= 0 || client->phase != LISTENS || !take(client, bytes, (size_t)n))
        fail(all, client);
    else if (client->in_body && client->left == 0)
        answered(all, client);
}

static void listen_to(struct ps_http_clients *all, struct client *client, bool to_the_end)
{
    char bytes[INPUT];
    ssize_t n = sizeof bytes;
    while (client->fd >= 0 && (to_the_end || n == sizeof bytes)) {
        n = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n >= 0 || errno != EINTR)
            hear(all, client, bytes, n);
        else
            n = sizeof bytes;
    }
}

static void ask(struct ps_http_clients *all, struct client *client)
{
    const size_t size = sizeof request - 1;
    client->phase = ASKS;
    while (client->sent < size) {
        ssize_t n = send(client->fd, request + client->sent, size - client->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0 && errno != EINTR) {
            fail(all, client);
            return;
        }
        client->sent += n > 0 ? (size_t)n : 0;
    }
    client->phase = LISTENS;
}

static void begin_to_ask(struct ps_http_clients *all, struct client *client)
{
    client->sent = client->have = 0;
    client->in_body = false;
    ask(all, client);
}

static void connected(struct ps_http_clients *all, struct client *client)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
        fail(all, client);
    else
        begin_to_ask(all, client);
}

static void call(struct ps_http_clients *all, struct client *client)
{
    uint32_t port = atomic_load_explicit(&all->run->segment->http_port, memory_order_relaxed);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = client};
    int on = 1;
    client->phase = CONNECTS;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->fd >= 0)
        setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (client->fd < 0 ||
        (connect(client->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) ||
        epoll_ctl(all->epoll_fd, EPOLL_CTL_ADD, client->fd, &event) != 0)
        fail(all, client);
}

/* Its thought is over. */
static void go_on(struct ps_http_clients *all, struct client *client)
{
    if (atomic_load(all->stopping) != 0)
        hang_up(client);
    else if (client->fd < 0)
        call(all, client);
    else
        begin_to_ask(all, client);
}

/* ---- the thread ---- */

static void on_event(struct ps_http_clients *all, struct client *client, uint32_t events)
{
    if (client->fd < 0)
        return; /* hung up earlier in this batch; nobody calls before its end */
    bool over = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    if (client->phase == CONNECTS) {
        connected(all, client);
        return;
    }
    if (client->phase == ASKS)
        ask(all, client);
    if (client->fd >= 0 && (events & EPOLLIN || over))
        listen_to(all, client, over);
}

static int wait_for_events(struct ps_http_clients *all, struct epoll_event *events)
{
    uint64_t until_ns = ps_timers_next(&all->timers);
    uint64_t now_ns = ps_now_ns(), left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    struct timespec left = ps_timespec(left_ns);
    int n = epoll_pwait2(all->epoll_fd, events, EVENTS, until_ns == PS_NEVER ? NULL : &left, NULL);
    if (n >= 0 || errno != ENOSYS)
        return n;
    uint64_t ms = (left_ns + PS_NS_PER_MS - 1) / PS_NS_PER_MS;
    return epoll_wait(all->epoll_fd, events, EVENTS, ms < 1000 ? (int)ms : 1000);
}

static void *live(void *arg)
{
    struct ps_http_clients *all = arg;
    struct epoll_event events[EVENTS];
    while (!all->quits) {
        int n = wait_for_events(all, events);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == all)
                all->quits = true;
            else
                on_event(all, events[i].data.ptr, events[i].events);
        }
        uint64_t now_ns = ps_now_ns();
        struct ps_timer *timer;
        while ((timer = ps_timers_pop(&all->timers, now_ns)))
            go_on(all, (struct client *)timer);
    }
    return NULL;
}

/* ---- starting and stopping ---- */

enum ps_err ps_http_clients_possible(unsigned clients, char *why, size_t why_size)
{
    struct rlimit limit;
    rlim_t needs = 2 * (rlim_t)clients + SPARE_FDS;
    if (clients == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needs)
        return PS_OK;
    rlim_t most = limit.rlim_cur > SPARE_FDS ? (limit.rlim_cur - SPARE_FDS) / 2 : 0;
    snprintf(why, why_size,
             "arrivals.clients = %u: both ends of a connection are open here, and this process may "
             "have %llu descriptors (ulimit -n): at most %llu",
             clients, (unsigned long long)limit.rlim_cur, (unsigned long long)most);
    return PS_ELIMIT;
}

static void release(struct ps_http_clients *all)
{
    for (unsigned i = 0; i < all->count; i++)
        hang_up(&all->client[i]);
    if (all->epoll_fd >= 0)
        close(all->epoll_fd);
    if (all->quit_fd >= 0)
        close(all->quit_fd);
    ps_timers_free(&all->timers);
    free(all);
}

static enum ps_err open_all(struct ps_http_clients *all)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = all};
    all->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    all->quit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (all->epoll_fd < 0 || all->quit_fd < 0 ||
        epoll_ctl(all->epoll_fd, EPOLL_CTL_ADD, all->quit_fd, &event) != 0)
        return ps_err_from_errno(errno);
    uint64_t now_ns = ps_now_ns();
    for (unsigned i = 0; i < all->count; i++) {
        struct client *client = &all->client[i];
        uint64_t ns = ps_dist_draw(&all->run->experiment.think, &all->rng);
        if (ps_timers_add(&all->timers, &client->timer, ps_time_add(now_ns, ns)) != PS_OK)
            return PS_ENOMEM;
    }
    return PS_OK;
}

enum ps_err ps_http_clients_start(struct ps_run *run, const _Atomic uint32_t *stopping,
                                  struct ps_http_clients **clients)
{
    unsigned count = run->experiment.clients;
    struct ps_http_clients *all = calloc(1, sizeof *all + count * sizeof all->client[0]);
    if (!all)
        return PS_ENOMEM;
    all->run = run;
    all->stopping = stopping;
    all->epoll_fd = all->quit_fd = -1;
    all->rng = ps_rng_make(run->experiment.seed, UINT64_C(0x636c69656e7473));
    ps_timers_init(&all->timers);
    for (; all->count < count; all->count++)
        all->client[all->count].fd = -1;
    enum ps_err err = open_all(all);
    if (err == PS_OK)
        err = ps_thread_create(&all->thread, 0, false, live, all);
    if (err != PS_OK) {
        release(all);
        return err;
    }
    pthread_setname_np(all->thread, "http-clients");
    atomic_store_explicit(&run->segment->http_clients, count, memory_order_relaxed);
    *clients = all;
    return PS_OK;
}

void ps_http_clients_stop(struct ps_http_clients *clients)
{
    uint64_t one = 1;
    while (write(clients->quit_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    pthread_join(clients->thread, NULL);
    release(clients);
}
