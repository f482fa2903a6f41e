/* The server's listening side: the feeder thread, which accepts.
 *
 * Protocol `stopping` (partner: await_input in http_connection.c), all seq_cst.
 *   ps_http_stop   stopping = 1; under the list's lock: shuts the reading side of connections whose
 *                  `idle` is 1
 *   connection     idle = 1; reads stopping: 1: closes; else waits for input
 * Either the connection sees `stopping`, or the sweep sees `idle` and the wait ends with the end of the
 * stream. A connection that has begun a request meanwhile answers it and finds the end afterwards.
 * A descriptor is closed after its connection has left the list, so the sweep never meets another's.
 *
 * Shedding (on_full = refuse): a connection for which there is no room is read by this thread up to
 * the end of its first request, which is counted as refused and answered 503. To answer unasked would
 * leave the request uncounted, and reset the connection of a client that is still sending. */
#include "host/http.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/http_clients.h"
#include "host/http_connection.h"

enum { SHED_MAX = 64, ACCEPTS_MAX = 64, STOP = 0, LISTEN = 1, SHED = 2 };
#define BACKLOG         4096
#define SPARE_FDS       128u /* for the engine, services, files */
#define PATIENCE_NS     (20 * (uint64_t)PS_NS_PER_MS)
#define ACCEPT_AGAIN_NS (50 * (uint64_t)PS_NS_PER_MS) /* after descriptors ran out */
#define SHED_NS         (1000 * (uint64_t)PS_NS_PER_MS)

/* A connection that is sent away. */
struct shed {
    int fd;
    bool answered;
    uint64_t until_ns;
    struct ps_http_parser parser;
};

/* The feeder thread's. */
struct acceptor {
    struct ps_http *http;
    uint64_t again_ns; /* no accept before */
    bool complained;
    unsigned shed_count;
    struct shed shed[SHED_MAX];
};

static bool is_stopping(struct ps_http *http)
{
    return atomic_load(&http->stopping) != 0;
}

/* ---- shedding ---- */

static void shed_close(struct acceptor *a, unsigned index)
{
    close(a->shed[index].fd);
    a->shed[index] = a->shed[--a->shed_count];
}

static void shed_add(struct acceptor *a, int fd)
{
    if (a->shed_count == SHED_MAX)
        shed_close(a, 0);
    struct shed *shed = &a->shed[a->shed_count++];
    *shed = (struct shed){.fd = fd, .until_ns = ps_now_ns() + SHED_NS};
    ps_http_parser_init(&shed->parser);
}

static void shed_answer(struct acceptor *a, struct shed *shed, unsigned status)
{
    struct ps_run *run = a->http->run;
    bool whole = status == PS_HTTP_DONE;
    if (whole) {
        uint64_t number = atomic_fetch_add_explicit(&a->http->taken, 1, memory_order_relaxed);
        int route = ps_http_route(run, shed->parser.path);
        unsigned type = route >= 0 ? (unsigned)route : ps_http_type(run, number, ps_now_ns());
        struct ps_stamp stamp = {.id = (uint32_t)number, .type = (uint16_t)type};
        ps_request_refused(run->engine, &stamp);
    } else {
        atomic_fetch_add_explicit(&run->segment->http_rejected, 1, memory_order_relaxed);
    }
    static const char body[] = "refused: the queue is full\n";
    struct ps_http_answer answer = {.status = whole ? 503 : status,
                                    .bare = whole && shed->parser.method == PS_HTTP_HEAD,
                                    .close = true,
                                    .body = whole ? body : "",
                                    .length = whole ? sizeof body - 1 : 0};
    char text[PS_HTTP_FIELDS_MAX + sizeof body];
    size_t size = (size_t)(ps_http_put_answer(text, &answer) - text);
    if (send(shed->fd, text, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        errno = 0; /* the client is gone */
    shutdown(shed->fd, SHUT_WR);
    shed->answered = true;
    shed->until_ns = ps_now_ns() + SHED_NS;
}

/* false: over. */
static bool shed_read(struct acceptor *a, struct shed *shed)
{
    char bytes[4096];
    ssize_t n = recv(shed->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    if (shed->answered)
        return true;
    size_t used;
    unsigned status = ps_http_parse(&shed->parser, bytes, (size_t)n, &used);
    if (status != PS_HTTP_MORE)
        shed_answer(a, shed, status);
    return true;
}

/* Backwards: what is closed is replaced by one that has been looked at. */
static void shed_look(struct acceptor *a, const struct pollfd *fds, unsigned count)
{
    uint64_t now_ns = a->shed_count ? ps_now_ns() : 0;
    for (unsigned i = count; i-- > 0;)
        if ((fds[i].revents && !shed_read(a, &a->shed[i])) || now_ns >= a->shed[i].until_ns)
            shed_close(a, i);
}

/* ---- accepting ---- */

static void note_opened(struct ps_http *http)
{
    struct ps_segment *segment = http->run->segment;
    uint64_t opened = atomic_fetch_add_explicit(&segment->http_opened, 1, memory_order_relaxed) + 1;
    uint64_t open = opened - atomic_load_explicit(&segment->http_closed, memory_order_relaxed);
    if (open > atomic_load_explicit(&segment->http_peak, memory_order_relaxed))
        atomic_store_explicit(&segment->http_peak, open, memory_order_relaxed);
}

static void submit(struct acceptor *a, int fd)
{
    struct ps_http *http = a->http;
    struct ps_http_connection *c = ps_http_connection_new(http, fd);
    if (!c) {
        close(fd);
        return;
    }
    enum ps_err err;
    note_opened(http);
    do
        err = ps_submit(http->run->engine, &c->job.task, ps_now_ns() + PATIENCE_NS);
    while (err == PS_ETIMEDOUT && !is_stopping(http));
    if (err == PS_OK)
        return;
    ps_http_connection_drop(c);
    atomic_fetch_add_explicit(&http->run->segment->http_closed, 1, memory_order_relaxed);
    if (err == PS_EFULL)
        shed_add(a, fd);
    else
        close(fd);
}

/* Asking again at once would spin. */
static void pause_accepting(struct acceptor *a, const char *why)
{
    a->again_ns = ps_now_ns() + ACCEPT_AGAIN_NS;
    if (a->complained)
        return;
    a->complained = true;
    char text[PS_MESSAGE_BYTES];
    snprintf(text, sizeof text, "%s: more connections wait in the backlog", why);
    ps_segment_say(a->http->run->segment, text);
}

static uint64_t open_now(const struct ps_segment *segment)
{
    uint64_t closed = atomic_load_explicit(&segment->http_closed, memory_order_relaxed);
    return atomic_load_explicit(&segment->http_opened, memory_order_relaxed) - closed;
}

static void accept_some(struct acceptor *a)
{
    struct ps_http *http = a->http;
    for (unsigned n = 0; n < ACCEPTS_MAX && !is_stopping(http); n++) {
        if (open_now(http->run->segment) + a->shed_count >= http->cap) {
            pause_accepting(a, "the limit of descriptors (ulimit -n) is reached");
            return;
        }
        int fd = accept4(http->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            submit(a, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(a, strerror(errno));
            return;
        }
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

static int patience_ms(const struct acceptor *a, uint64_t now_ns)
{
    uint64_t until_ns = a->again_ns > now_ns ? a->again_ns : PS_NEVER;
    for (unsigned i = 0; i < a->shed_count; i++)
        if (a->shed[i].until_ns < until_ns)
            until_ns = a->shed[i].until_ns;
    if (until_ns == PS_NEVER)
        return -1;
    return until_ns > now_ns ? (int)((until_ns - now_ns) / PS_NS_PER_MS + 1) : 0;
}

enum ps_err ps_http_invite(struct ps_http *http)
{
    if (http->run->experiment.clients == 0)
        return PS_OK;
    return ps_http_clients_start(http->run, &http->stopping, &http->clients);
}

void ps_http_serve(struct ps_http *http)
{
    struct acceptor a = {.http = http};
    while (!is_stopping(http)) {
        uint64_t now_ns = ps_now_ns();
        struct pollfd fds[SHED + SHED_MAX];
        unsigned shed_count = a.shed_count;
        fds[STOP] = (struct pollfd){.fd = http->stop_fd, .events = POLLIN};
        fds[LISTEN] =
            (struct pollfd){.fd = now_ns < a.again_ns ? -1 : http->listen_fd, .events = POLLIN};
        for (unsigned i = 0; i < shed_count; i++)
            fds[SHED + i] = (struct pollfd){.fd = a.shed[i].fd, .events = POLLIN};
        if (poll(fds, SHED + shed_count, patience_ms(&a, now_ns)) < 0)
            continue;
        shed_look(&a, fds + SHED, shed_count);
        if (fds[LISTEN].fd >= 0 && fds[LISTEN].revents)
            accept_some(&a);
    }
    while (a.shed_count > 0)
        shed_close(&a, 0);
    close(http->listen_fd); /* who comes now is refused by the kernel, and can go elsewhere */
    http->listen_fd = -1;
}

/* ---- for the main thread ---- */

void ps_http_stop(struct ps_http *http)
{
    if (atomic_exchange(&http->stopping, 1))
        return;
    uint64_t one = 1;
    while (write(http->stop_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    pthread_mutex_lock(&http->lock);
    for (struct ps_http_connection *c = http->connections; c; c = c->next)
        if (atomic_load(&c->idle))
            shutdown(c->fd, SHUT_RD);
    pthread_mutex_unlock(&http->lock);
}

bool ps_http_exhausted(const struct ps_http *http)
{
    uint64_t limit = http->run->experiment.tasks;
    return limit > 0 &&
           atomic_load_explicit(&((struct ps_http *)http)->taken, memory_order_relaxed) >= limit;
}

void ps_http_cancel_all(struct ps_http *http, uint64_t before_ns)
{
    pthread_mutex_lock(&http->lock);
    for (struct ps_http_connection *c = http->connections; c; c = c->next)
        ps_job_cancel(&c->job, true, before_ns);
    pthread_mutex_unlock(&http->lock);
}

/* ---- opening and closing ---- */

/* Links to the types. Names of types are of letters, digits, '_' and '-'. */
static void write_page(struct ps_http *http)
{
    const struct ps_experiment *e = &http->run->experiment;
    size_t used = (size_t)snprintf(http->page, sizeof http->page,
                                   "<!doctype html><title>poolscope</title>\n"
                                   "<p><a href=\"/\">by weight</a>\n<ul>\n");
    for (unsigned i = 0; i < e->type_count && used < sizeof http->page; i++)
        used +=
            (size_t)snprintf(http->page + used, sizeof http->page - used,
                             "<li><a href=\"/%s\">%s</a>\n", e->types[i].name, e->types[i].name);
}

/* Options of a listening socket are inherited by what it accepts. */
static bool listen_on(struct ps_http *http)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)http->run->experiment.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    http->listen_fd = fd;
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        return false;
    atomic_store_explicit(&http->run->segment->http_port, ntohs(at.sin_port), memory_order_relaxed);
    return true;
}

static uint64_t connections_cap(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return UINT64_MAX;
    return limit.rlim_cur > 2 * SPARE_FDS ? limit.rlim_cur - SPARE_FDS : limit.rlim_cur / 2;
}

enum ps_err ps_http_open(struct ps_run *run, char *why, size_t why_size)
{
    enum ps_err possible = ps_http_clients_possible(run->experiment.clients, why, why_size);
    if (possible != PS_OK)
        return possible;
    struct ps_http *http = calloc(1, sizeof *http);
    if (!http) {
        snprintf(why, why_size, "out of memory");
        return PS_ENOMEM;
    }
    http->run = run;
    http->cap = connections_cap();
    http->listen_fd = -1;
    http->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&http->lock, NULL);
    write_page(http);
    if (http->stop_fd < 0 || !listen_on(http)) {
        enum ps_err err = ps_err_from_errno(errno);
        snprintf(why, why_size, "arrivals.port = %u: cannot listen on 127.0.0.1: %s",
                 run->experiment.port, strerror(errno));
        ps_http_close(http);
        return err;
    }
    run->http = http;
    return PS_OK;
}

void ps_http_close(struct ps_http *http)
{
    if (http->clients)
        ps_http_clients_stop(http->clients);
    if (http->listen_fd >= 0)
        close(http->listen_fd);
    if (http->stop_fd >= 0)
        close(http->stop_fd);
    pthread_mutex_destroy(&http->lock);
    free(http);
}
