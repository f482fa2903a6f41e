/* The task of a connection, in event style: one phase after another, on any engine.
 *
 *   READS    parses what has come: a request RUNS, what is none is answered; nothing left: WRITES if
 *            there are answers, else WAITS for more, or CLOSES
 *   RUNS     the program of the request's type; its answer goes into the output; children that it
 *            leaves behind keep this task as their parent, and the connection goes on as another one
 *   WRITES   sends the output
 *   WAITS    for input: for a request at most idle_timeout, for the rest of one request_timeout
 *   LINGERS  has sent its last answer while the client may still be sending: closing at once would
 *            make the kernel reset the connection, and the client lose the answer (RFC 9112, 9.6)
 *
 * Answers to requests that came together are sent together, but never kept back while one waits.
 * Input is read when a wait said so, or when a read filled the buffer: a request costs one receive,
 * one send and one wait. A client that keeps the input full gives way to others after DEPTH
 * requests. */
#include "host/http_connection.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum phase { READS, RUNS, WRITES, WAITS, LINGERS, CLOSES };

/* Room kept for any answer: with the page of types the largest. */
#define ANSWER_MAX (PS_HTTP_FIELDS_MAX + sizeof((struct ps_http *)NULL)->page)
#define DEPTH      64u
#define LINGER_NS  (500 * (uint64_t)PS_NS_PER_MS)

static const struct ps_body connection_body;

static uint64_t later(uint64_t from_ns, uint64_t span_ns)
{
    return span_ns ? ps_time_add(from_ns, span_ns) : PS_NEVER;
}

static bool is_stopping(struct ps_http *http)
{
    return atomic_load(&http->stopping) != 0;
}

static struct ps_wait *wait_for(struct ps_http_connection *c, short events, uint64_t until_ns)
{
    c->in_a_row = 0;
    c->wait = (struct ps_wait){.kind = PS_WAIT_FD,
                               .why = PS_STATE_NET,
                               .until_ns = until_ns,
                               .fd = c->fd,
                               .events = events,
                               .drained = true};
    return &c->wait;
}

static struct ps_wait *go(struct ps_http_connection *c, enum phase phase)
{
    c->phase = phase;
    return NULL;
}

/* ---- answers ---- */

static void answer(struct ps_http_connection *c, unsigned status, const char *body, bool html)
{
    struct ps_http_answer a = {.status = status,
                               .html = html,
                               .bare = c->bare,
                               .close = c->closing,
                               .body = body,
                               .length = strlen(body)};
    c->out_last = (size_t)(ps_http_put_answer(c->out + c->out_last, &a) - c->out);
}

/* To what runs no task. */
static void answer_plainly(struct ps_http_connection *c, unsigned status)
{
    char body[64];
    snprintf(body, sizeof body, "%u %s\n", status, ps_http_reason(status));
    atomic_fetch_add_explicit(&c->http->run->segment->http_rejected, 1, memory_order_relaxed);
    answer(c, status, body, false);
}

/* Where the next request would begin is not known, or it is not wanted. */
static void reject(struct ps_http_connection *c, unsigned status)
{
    c->closing = c->lingers = true;
    c->bare = false;
    answer_plainly(c, status);
}

/* "short completed, queueing 812 ns, service 200432 ns". */
static void answer_request(struct ps_http_connection *c, enum ps_outcome outcome, uint64_t begun_ns)
{
    static const unsigned statuses[PS_OUTCOME_COUNT] = {
        [PS_COMPLETED] = 200, [PS_FAILED] = 500,  [PS_TIMED_OUT] = 504,
        [PS_CANCELLED] = 503, [PS_REFUSED] = 503,
    };
    uint64_t now_ns = ps_now_ns();
    char body[192], *at = body;
    at = ps_http_put_text(at, c->job.type->name);
    *at++ = ' ';
    at = ps_http_put_text(at, ps_outcome_name(outcome));
    at = ps_http_put_text(at, ", queueing ");
    at = ps_http_put_number(at, begun_ns > c->came_ns ? begun_ns - c->came_ns : 0);
    at = ps_http_put_text(at, " ns, service ");
    at = ps_http_put_number(at, now_ns - begun_ns);
    at = ps_http_put_text(at, " ns\n");
    *at = '\0';
    if (outcome == PS_CANCELLED || is_stopping(c->http))
        c->closing = c->lingers = true;
    c->job.task.priority = PS_PRIORITY_NORMAL; /* of what comes next nobody knows the type */
    c->active_ns = now_ns;
    c->in_a_row++;
    answer(c, statuses[outcome], body, false);
}

/* ---- requests ---- */

unsigned ps_http_type(const struct ps_run *run, uint64_t number, uint64_t came_ns)
{
    const struct ps_segment *s = run->segment;
    uint64_t began_ns = s->epoch_ns + atomic_load_explicit(&s->started_ns, memory_order_relaxed) +
                        atomic_load_explicit(&s->paused_ns, memory_order_relaxed);
    return ps_arrival_type(&run->arrivals, number, came_ns > began_ns ? came_ns - began_ns : 0);
}

int ps_http_route(const struct ps_run *run, const char *path)
{
    if (strcmp(path, "/") == 0)
        return PS_HTTP_BY_WEIGHT;
    for (unsigned i = 0; i < run->experiment.type_count; i++)
        if (strcmp(path + 1, run->experiment.types[i].name) == 0)
            return (int)i;
    return PS_HTTP_NO_TYPE;
}

static void answer_path(struct ps_http_connection *c)
{
    if (strcmp(c->parser.path, "/_types") != 0 && strcmp(c->parser.path, "/_health") != 0) {
        answer_plainly(c, 404);
        return;
    }
    atomic_fetch_add_explicit(&c->http->run->segment->http_rejected, 1, memory_order_relaxed);
    bool page = c->parser.path[2] == 't';
    answer(c, 200, page ? c->http->page : "ok\n", page);
}

static void begin(struct ps_http_connection *c, int route)
{
    struct ps_run *run = c->http->run;
    uint64_t number = atomic_fetch_add_explicit(&c->http->taken, 1, memory_order_relaxed);
    uint64_t limit = run->experiment.tasks;
    if (limit > 0 && number >= limit) {
        reject(c, 503);
        return;
    }
    if (limit > 0 && number + 1 == limit)
        c->closing = c->lingers = true;
    unsigned type =
        route == PS_HTTP_BY_WEIGHT ? ps_http_type(run, number, c->came_ns) : (unsigned)route;
    struct ps_job *job = &c->job;
    ps_job_renew(job, run, type, number);
    struct ps_stamp stamp = {
        .intended_ns = c->came_ns, .id = (uint32_t)number, .type = (uint16_t)type};
    if (ps_request_begin(&job->task, &stamp, later(c->came_ns, job->type->timeout_ns)))
        go(c, RUNS);
    else
        answer_request(c, job->task.outcome, job->born_ns);
}

/* A request is whole. */
static void take_request(struct ps_http_connection *c)
{
    c->closing = !c->parser.keep_alive;
    c->bare = c->parser.method == PS_HTTP_HEAD;
    int route = ps_http_route(c->http->run, c->parser.path);
    if (c->parser.method == PS_HTTP_OTHER)
        answer_plainly(c, 405);
    else if (route == PS_HTTP_NO_TYPE || c->parser.path_length >= PS_HTTP_PATH_MAX)
        answer_path(c);
    else
        begin(c, route);
}

/* ---- the list ---- */

static void leave_list(struct ps_http_connection *c)
{
    struct ps_http *http = c->http;
    pthread_mutex_lock(&http->lock);
    if (c->previous)
        c->previous->next = c->next;
    else
        http->connections = c->next;
    if (c->next)
        c->next->previous = c->previous;
    pthread_mutex_unlock(&http->lock);
}

static void replace(struct ps_http_connection *c, struct ps_http_connection *by)
{
    struct ps_http *http = c->http;
    pthread_mutex_lock(&http->lock);
    by->previous = c->previous;
    by->next = c->next;
    if (by->previous)
        by->previous->next = by;
    else
        http->connections = by;
    if (by->next)
        by->next->previous = by;
    pthread_mutex_unlock(&http->lock);
}

/* ---- phases ---- */

/* As much as goes. false: the connection has failed. */
static bool send_some(struct ps_http_connection *c)
{
    while (c->out_first < c->out_last) {
        ssize_t n = send(c->fd, c->out + c->out_first, c->out_last - c->out_first,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        c->out_first += (size_t)n;
    }
    c->out_first = c->out_last = 0;
    return true;
}

static struct ps_http_connection *successor(const struct ps_http_connection *c)
{
    /* Not of its task, which its children use, nor of its place in the list. */
    const size_t own = offsetof(struct ps_http_connection, fd);
    struct ps_http_connection *next = malloc(sizeof *next);
    if (!next)
        return NULL;
    memset(next, 0, own);
    memcpy((char *)next + own, (const char *)c + own, sizeof *next - own);
    next->http = c->http;
    ps_task_init(&next->job.task, c->job.task.body, 0, 0);
    ps_task_serves(&next->job.task);
    return next;
}

/* The request has left children behind. As with other arrivals they keep the task that was their
 * parent, and it ends; the connection goes on as another one. If there is no room for it this was the
 * connection's last request. */
static struct ps_wait *pass_on(struct ps_http_connection *c)
{
    struct ps_engine *engine = c->job.task.engine;
    send_some(c); /* a failure is seen when the rest is written */
    c->phase = READS;
    struct ps_http_connection *next = successor(c);
    if (next) {
        replace(c, next);
        ps_engine_forget_fd(engine, c->fd);
        if (ps_submit_or(engine, &next->job.task, PS_ON_FULL_REFUSE, 0) == PS_OK) {
            c->fd = -1;
            return go(c, CLOSES);
        }
        replace(next, c);
        free(next);
    }
    c->closing = c->lingers = true;
    return NULL;
}

static struct ps_wait *runs(struct ps_http_connection *c)
{
    struct ps_task *task = &c->job.task;
    struct ps_wait *wait = ps_job_body.step(task);
    if (wait) {
        if (c->out_last > 0)
            send_some(c); /* a failure is seen when the rest is written */
        return wait;
    }
    ps_job_ended(&c->job);
    enum ps_outcome outcome = task->outcome;
    bool alone = ps_request_end(task);
    answer_request(c, outcome, c->job.born_ns);
    return alone || c->closing ? go(c, READS) : pass_on(c);
}

static struct ps_wait *writes(struct ps_http_connection *c)
{
    bool waited = c->wait.events == POLLOUT;
    c->wait.events = 0;
    if ((waited && c->wait.result != PS_OK) || !send_some(c))
        return go(c, CLOSES);
    if (c->out_last == 0)
        return go(c, READS);
    return wait_for(c, POLLOUT, later(ps_now_ns(), c->http->run->experiment.request_timeout_ns));
}

/* When the bytes came to the socket, as CLOCK_MONOTONIC. The kernel stamps them by CLOCK_REALTIME,
 * which may have been set meanwhile. */
static uint64_t arrival_ns(struct msghdr *message)
{
    uint64_t now_ns = ps_now_ns();
    struct cmsghdr *part = message->msg_controllen ? CMSG_FIRSTHDR(message) : NULL;
    if (!part || part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS)
        return now_ns;
    struct timespec then, now;
    memcpy(&then, CMSG_DATA(part), sizeof then);
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age_ns = (int64_t)(now.tv_sec - then.tv_sec) * PS_NS_PER_S + now.tv_nsec - then.tv_nsec;
    return age_ns > 0 && age_ns < 3600 * (int64_t)PS_NS_PER_S ? now_ns - (uint64_t)age_ns : now_ns;
}

static ssize_t receive(struct ps_http_connection *c)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct timespec))];
    struct iovec into = {c->in, sizeof c->in};
    struct msghdr message = {.msg_iov = &into,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t n;
    while ((n = recvmsg(c->fd, &message, MSG_DONTWAIT)) < 0 && errno == EINTR)
        ;
    c->in_first = 0;
    c->in_last = n > 0 ? (size_t)n : 0;
    c->readable = n == sizeof c->in;
    if (n > 0) {
        c->came_ns = arrival_ns(&message);
        if (!ps_http_parser_begun(&c->parser))
            c->began_ns = c->came_ns;
    }
    return n;
}

static struct ps_wait *await_input(struct ps_http_connection *c)
{
    const struct ps_experiment *e = &c->http->run->experiment;
    c->phase = WAITS;
    if (ps_http_parser_begun(&c->parser))
        return wait_for(c, POLLIN, later(c->began_ns, e->request_timeout_ns));
    atomic_store(&c->idle, 1);
    if (is_stopping(c->http))
        return go(c, CLOSES);
    return wait_for(c, POLLIN, later(c->active_ns, e->idle_timeout_ns));
}

static struct ps_wait *waited(struct ps_http_connection *c)
{
    c->wait.events = 0;
    atomic_store_explicit(&c->idle, 0, memory_order_relaxed);
    if (c->wait.result == PS_ETIMEDOUT && ps_http_parser_begun(&c->parser))
        reject(c, 408);
    else if (c->wait.result != PS_OK)
        return go(c, CLOSES);
    c->readable = true;
    return go(c, READS);
}

/* Parse what is there, up to a request that runs. */
static void parse(struct ps_http_connection *c)
{
    while (c->in_first < c->in_last && !c->closing && c->phase == READS &&
           sizeof c->out - c->out_last >= ANSWER_MAX) {
        size_t used;
        unsigned status =
            ps_http_parse(&c->parser, c->in + c->in_first, c->in_last - c->in_first, &used);
        c->in_first += used;
        if (status == PS_HTTP_DONE) {
            take_request(c);
            ps_http_parser_init(&c->parser);
        } else if (status != PS_HTTP_MORE) {
            reject(c, status);
        }
    }
    if (c->parser.wants_continue) {
        c->parser.wants_continue = false;
        c->out_last =
            (size_t)(ps_http_put_text(c->out + c->out_last, "HTTP/1.1 100 Continue\r\n\r\n") -
                     c->out);
    }
}

static struct ps_wait *give_way(struct ps_http_connection *c)
{
    c->in_a_row = 0;
    c->wait = (struct ps_wait){.kind = PS_WAIT_YIELD, .why = PS_STATE_RUN, .until_ns = PS_NEVER};
    return &c->wait;
}

static struct ps_wait *reads(struct ps_http_connection *c)
{
    parse(c);
    if (c->phase != READS)
        return NULL;
    if (c->out_last > 0)
        return go(c, WRITES);
    if (c->closing) {
        if (!c->lingers && c->in_first == c->in_last)
            return go(c, CLOSES);
        shutdown(c->fd, SHUT_WR);
        c->active_ns = ps_now_ns();
        return go(c, LINGERS);
    }
    if (c->in_a_row >= DEPTH)
        return give_way(c);
    if (c->in_first < c->in_last)
        return NULL;
    if (!c->readable)
        return await_input(c);
    ssize_t n = receive(c);
    if (n > 0)
        return NULL;
    return n < 0 && errno == EAGAIN ? await_input(c) : go(c, CLOSES);
}

static struct ps_wait *lingers(struct ps_http_connection *c)
{
    if (c->wait.events == POLLIN && c->wait.result != PS_OK)
        return go(c, CLOSES);
    ssize_t n;
    while ((n = recv(c->fd, c->in, sizeof c->in, MSG_DONTWAIT)) > 0 || (n < 0 && errno == EINTR))
        if (ps_now_ns() > c->active_ns + LINGER_NS)
            return go(c, CLOSES);
    return n < 0 && errno == EAGAIN ? wait_for(c, POLLIN, c->active_ns + LINGER_NS) : go(c, CLOSES);
}

static struct ps_wait *(*const phases[CLOSES])(struct ps_http_connection *c) = {
    [READS] = reads, [RUNS] = runs, [WRITES] = writes, [WAITS] = waited, [LINGERS] = lingers,
};

static struct ps_wait *step(struct ps_task *task)
{
    struct ps_http_connection *c = (struct ps_http_connection *)task;
    while (c->phase != CLOSES) {
        if (c->phase != RUNS && ps_task_stopping(task, 0) != PS_STOP_NOT) {
            send_some(c); /* the last answer, if it goes without waiting */
            break;
        }
        struct ps_wait *wait = phases[c->phase](c);
        if (wait)
            return wait;
    }
    return NULL;
}

/* Also of one that never began. */
static void ended(struct ps_task *task)
{
    struct ps_http_connection *c = (struct ps_http_connection *)task;
    if (c->fd < 0)
        return; /* passed on */
    leave_list(c);
    ps_engine_forget_fd(task->engine, c->fd);
    close(c->fd);
    atomic_fetch_add_explicit(&c->http->run->segment->http_closed, 1, memory_order_relaxed);
}

static void release(struct ps_task *task)
{
    free(task);
}

static const struct ps_body connection_body = {
    .name = "connection", .step = step, .ended = ended, .release = release};

/* ---- before the engine has it ---- */

struct ps_http_connection *ps_http_connection_new(struct ps_http *http, int fd)
{
    struct ps_http_connection *c = malloc(sizeof *c);
    if (!c)
        return NULL;
    memset(c, 0, offsetof(struct ps_http_connection, in));
    ps_task_init(&c->job.task, &connection_body, 0, 0);
    ps_task_serves(&c->job.task);
    c->http = http;
    c->fd = fd;
    c->phase = READS;
    c->readable = true;
    c->came_ns = c->began_ns = c->active_ns = ps_now_ns();
    ps_http_parser_init(&c->parser);
    pthread_mutex_lock(&http->lock);
    c->next = http->connections;
    if (c->next)
        c->next->previous = c;
    http->connections = c;
    pthread_mutex_unlock(&http->lock);
    return c;
}

void ps_http_connection_drop(struct ps_http_connection *c)
{
    leave_list(c);
    free(c);
}
