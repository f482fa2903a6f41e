/* One thread, epoll and a timer heap; nothing is shared but the eventfd that says stop.
 *
 * A connection owns its requests: each is a timer until it is due, then 16 bytes of output. It is
 * watched for input while it may send more, for output while some could not be written. The memory
 * of a closed connection is kept until the batch of events in which it was closed has been handled:
 * a later event of the batch may still name it. */
#include "host/net_service.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/common/slot.h"
#include "engines/common/timer_heap.h"

enum { EVENTS = 256, INPUT = 16 * PS_NET_FRAME_BYTES };
#define ACCEPT_AGAIN_NS (10 * (uint64_t)PS_NS_PER_MS) /* after descriptors ran out */

struct connection;

struct request {
    struct ps_timer timer; /* first */
    struct connection *connection;
    struct request *previous, *next; /* of its connection; next alone: spare */
    unsigned char frame[PS_NET_FRAME_BYTES];
};

struct connection {
    int fd;
    uint32_t watched; /* EPOLLIN, EPOLLOUT */
    bool at_end;      /* the peer sends no more */
    size_t partial;   /* bytes of an unfinished frame in `input` */
    unsigned unanswered;
    struct request *requests;
    size_t out_first, out_last;         /* bytes [first, last) of `output` wait to be written */
    struct connection *previous, *next; /* of the service; next alone: closed */
    unsigned char input[INPUT];
    unsigned char output[PS_NET_PIPELINE * PS_NET_FRAME_BYTES];
};

struct ps_net_service {
    struct ps_segment *segment;
    pthread_t thread;
    uint16_t port;
    int epoll_fd, listen_fd, stop_fd;
    bool stopping;
    bool no_pwait2; /* the kernel is older than 5.11: milliseconds */
    struct ps_timer accept_again;
    struct ps_timer_heap timers;
    struct connection *connections, *closed;
    struct request *spare;
};

/* The one writer of these counters is this thread. */
static void count(_Atomic uint64_t *counter)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

static void count_error(struct ps_net_service *service)
{
    count(&service->segment->net_errors);
}

/* ---- requests ---- */

static void drop_request(struct ps_net_service *service, struct request *request)
{
    struct connection *connection = request->connection;
    if (request->previous)
        request->previous->next = request->next;
    else
        connection->requests = request->next;
    if (request->next)
        request->next->previous = request->previous;
    request->next = service->spare;
    service->spare = request;
}

static bool add_request(struct ps_net_service *service, struct connection *connection,
                        const unsigned char *frame, uint64_t now_ns)
{
    struct request *request = service->spare;
    if (request)
        service->spare = request->next;
    else if (!(request = malloc(sizeof *request)))
        return false;
    *request = (struct request){.connection = connection, .next = connection->requests};
    memcpy(request->frame, frame, sizeof request->frame);
    if (request->next)
        request->next->previous = request;
    connection->requests = request;
    uint64_t due_ns = ps_time_add(now_ns, ps_net_get64(frame + 8));
    if (ps_timers_add(&service->timers, &request->timer, due_ns) != PS_OK) {
        drop_request(service, request);
        return false;
    }
    connection->unanswered++;
    count(&service->segment->net_requests);
    return true;
}

/* ---- connections ---- */

static void close_connection(struct ps_net_service *service, struct connection *connection)
{
    if (connection->fd < 0)
        return;
    struct request *request;
    while ((request = connection->requests)) {
        ps_timers_cancel(&service->timers, &request->timer);
        drop_request(service, request);
    }
    close(connection->fd);
    connection->fd = -1;
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        service->connections = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    connection->next = service->closed;
    service->closed = connection;
}

static void fail_connection(struct ps_net_service *service, struct connection *connection)
{
    count_error(service);
    close_connection(service, connection);
}

static bool watch(struct ps_net_service *service, struct connection *connection)
{
    bool waits = connection->out_first < connection->out_last;
    bool room = connection->unanswered < PS_NET_PIPELINE && !connection->at_end;
    uint32_t wanted = (waits ? EPOLLOUT : 0u) | (room ? EPOLLIN : 0u);
    if (wanted == connection->watched)
        return true;
    connection->watched = wanted;
    struct epoll_event event = {.events = wanted, .data.ptr = connection};
    return epoll_ctl(service->epoll_fd, EPOLL_CTL_MOD, connection->fd, &event) == 0;
}

/* Write what waits. false: the connection has failed. */
static bool flush(struct connection *connection)
{
    while (connection->out_first < connection->out_last) {
        ssize_t n = send(connection->fd, connection->output + connection->out_first,
                         connection->out_last - connection->out_first, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        connection->out_first += (size_t)n;
    }
    connection->out_first = connection->out_last = 0;
    return true;
}

/* Frames in output belong to `unanswered` until they are written, so they always fit. */
static void answer(struct connection *connection, const unsigned char *frame)
{
    if (connection->out_last + PS_NET_FRAME_BYTES > sizeof connection->output) {
        size_t left = connection->out_last - connection->out_first;
        memmove(connection->output, connection->output + connection->out_first, left);
        connection->out_first = 0;
        connection->out_last = left;
    }
    memcpy(connection->output + connection->out_last, frame, PS_NET_FRAME_BYTES);
    connection->out_last += PS_NET_FRAME_BYTES;
}

static unsigned frames_waiting(const struct connection *connection)
{
    size_t bytes = connection->out_last - connection->out_first;
    return (unsigned)((bytes + PS_NET_FRAME_BYTES - 1) / PS_NET_FRAME_BYTES);
}

/* After output grew or the socket became writable: write, and decide what is next. */
static void carry_on(struct ps_net_service *service, struct connection *connection)
{
    unsigned before = frames_waiting(connection);
    if (!flush(connection)) {
        fail_connection(service, connection);
        return;
    }
    connection->unanswered -= before - frames_waiting(connection);
    if (connection->at_end && connection->unanswered == 0)
        close_connection(service, connection);
    else if (!watch(service, connection))
        fail_connection(service, connection);
}

/* Take whole frames from the input. false: no memory. */
static bool take_frames(struct ps_net_service *service, struct connection *connection, size_t bytes)
{
    uint64_t now_ns = ps_now_ns();
    size_t at = 0;
    for (; at + PS_NET_FRAME_BYTES <= bytes; at += PS_NET_FRAME_BYTES)
        if (!add_request(service, connection, connection->input + at, now_ns))
            return false;
    connection->partial = bytes - at;
    memmove(connection->input, connection->input + at, connection->partial);
    return true;
}

static void on_readable(struct ps_net_service *service, struct connection *connection)
{
    while (connection->unanswered < PS_NET_PIPELINE) {
        size_t most = (PS_NET_PIPELINE - connection->unanswered) * PS_NET_FRAME_BYTES;
        most = most < sizeof connection->input ? most : sizeof connection->input;
        size_t asked = most - connection->partial;
        ssize_t n = recv(connection->fd, connection->input + connection->partial, asked, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0 || (n == 0 && connection->partial > 0)) {
            fail_connection(service, connection);
            return;
        }
        if (n == 0) {
            connection->at_end = true;
            break;
        }
        if (!take_frames(service, connection, connection->partial + (size_t)n)) {
            fail_connection(service, connection);
            return;
        }
        if ((size_t)n < asked)
            break;
    }
    carry_on(service, connection);
}

/* ---- accepting ---- */

static void listen_for_more(struct ps_net_service *service, bool on)
{
    struct epoll_event event = {.events = on ? EPOLLIN : 0u, .data.ptr = &service->listen_fd};
    epoll_ctl(service->epoll_fd, EPOLL_CTL_MOD, service->listen_fd, &event);
}

static bool add_connection(struct ps_net_service *service, int fd)
{
    struct connection *connection = malloc(sizeof *connection);
    if (!connection)
        return false;
    memset(connection, 0, offsetof(struct connection, input));
    connection->fd = fd;
    connection->watched = EPOLLIN;
    connection->next = service->connections;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(service->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        free(connection);
        return false;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connection->next)
        connection->next->previous = connection;
    service->connections = connection;
    return true;
}

static void on_listening(struct ps_net_service *service)
{
    for (;;) {
        int fd = accept4(service->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            if (!add_connection(service, fd)) {
                count_error(service);
                close(fd);
            }
            continue;
        }
        if (errno == EAGAIN)
            return;
        if (errno == EINTR || errno == ECONNABORTED)
            continue;
        /* Out of descriptors or memory: the backlog waits. Asking at once again would spin. */
        count_error(service);
        uint64_t again_ns = ps_now_ns() + ACCEPT_AGAIN_NS;
        if (ps_timers_add(&service->timers, &service->accept_again, again_ns) == PS_OK)
            listen_for_more(service, false);
        return;
    }
}

/* ---- the thread ---- */

static void expire(struct ps_net_service *service)
{
    if (ps_timers_next(&service->timers) == PS_NEVER)
        return;
    uint64_t now_ns = ps_now_ns();
    struct ps_timer *timer;
    while ((timer = ps_timers_pop(&service->timers, now_ns))) {
        if (timer == &service->accept_again) {
            listen_for_more(service, true);
            continue;
        }
        struct request *request = (struct request *)timer;
        struct connection *connection = request->connection;
        answer(connection, request->frame);
        drop_request(service, request);
        carry_on(service, connection);
    }
}

static int wait_for_events(struct ps_net_service *service, struct epoll_event *events)
{
    uint64_t until_ns = ps_timers_next(&service->timers);
    if (until_ns == PS_NEVER)
        return epoll_wait(service->epoll_fd, events, EVENTS, -1);
    uint64_t now_ns = ps_now_ns(), left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    if (!service->no_pwait2) {
        struct timespec left = ps_timespec(left_ns);
        int n = epoll_pwait2(service->epoll_fd, events, EVENTS, &left, NULL);
        if (n >= 0 || errno != ENOSYS)
            return n;
        service->no_pwait2 = true;
    }
    uint64_t ms = (left_ns + PS_NS_PER_MS - 1) / PS_NS_PER_MS;
    return epoll_wait(service->epoll_fd, events, EVENTS, ms < 60000 ? (int)ms : 60000);
}

static void on_connection(struct ps_net_service *service, struct connection *connection,
                          uint32_t events)
{
    if (connection->fd < 0)
        return; /* closed earlier in this batch */
    if (events & EPOLLIN)
        on_readable(service, connection);
    else if (events & EPOLLERR || (events & EPOLLHUP && !(events & EPOLLOUT)))
        fail_connection(service, connection);
    else
        carry_on(service, connection);
}

static void handle(struct ps_net_service *service, const struct epoll_event *event)
{
    if (event->data.ptr == &service->stop_fd)
        service->stopping = true;
    else if (event->data.ptr == &service->listen_fd)
        on_listening(service);
    else
        on_connection(service, event->data.ptr, event->events);
}

static void free_closed(struct ps_net_service *service)
{
    struct connection *connection;
    while ((connection = service->closed)) {
        service->closed = connection->next;
        free(connection);
    }
}

static void *serve(void *arg)
{
    struct ps_net_service *service = arg;
    struct epoll_event events[EVENTS];
    while (!service->stopping) {
        int n = wait_for_events(service, events);
        for (int i = 0; i < n; i++)
            handle(service, &events[i]);
        expire(service);
        free_closed(service);
    }
    while (service->connections)
        close_connection(service, service->connections);
    free_closed(service);
    return NULL;
}

/* ---- starting and stopping ---- */

static bool open_listener(struct ps_net_service *service)
{
    service->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    if (service->listen_fd < 0 || bind(service->listen_fd, (struct sockaddr *)&at, size) != 0 ||
        listen(service->listen_fd, SOMAXCONN) != 0 ||
        getsockname(service->listen_fd, (struct sockaddr *)&at, &size) != 0)
        return false;
    service->port = ntohs(at.sin_port);
    return true;
}

static bool add_to_epoll(struct ps_net_service *service, int *fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};
    return epoll_ctl(service->epoll_fd, EPOLL_CTL_ADD, *fd, &event) == 0;
}

static bool open_all(struct ps_net_service *service)
{
    service->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    service->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return service->epoll_fd >= 0 && service->stop_fd >= 0 && open_listener(service) &&
           add_to_epoll(service, &service->listen_fd) && add_to_epoll(service, &service->stop_fd);
}

static void release(struct ps_net_service *service)
{
    int fds[] = {service->epoll_fd, service->listen_fd, service->stop_fd};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    struct request *request;
    while ((request = service->spare)) {
        service->spare = request->next;
        free(request);
    }
    ps_timers_free(&service->timers);
    free(service);
}

static enum ps_err start_thread(struct ps_net_service *service)
{
    enum ps_err err = ps_thread_create(&service->thread, 0, false, serve, service);
    if (err == PS_OK)
        pthread_setname_np(service->thread, "net-service");
    return err;
}

enum ps_err ps_net_service_start(struct ps_segment *segment, struct ps_net_service **started)
{
    struct ps_net_service *service = calloc(1, sizeof *service);
    if (!service)
        return PS_ENOMEM;
    service->segment = segment;
    service->epoll_fd = service->listen_fd = service->stop_fd = -1;
    ps_timers_init(&service->timers);
    enum ps_err err = open_all(service) ? start_thread(service) : ps_err_from_errno(errno);
    if (err != PS_OK) {
        release(service);
        return err;
    }
    *started = service;
    return PS_OK;
}

uint16_t ps_net_service_port(const struct ps_net_service *service)
{
    return service->port;
}

void ps_net_service_stop(struct ps_net_service *service)
{
    uint64_t one = 1;
    while (write(service->stop_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    pthread_join(service->thread, NULL);
    release(service);
}

uint64_t ps_net_raise_nofile(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    rlim_t soft = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : soft;
}
