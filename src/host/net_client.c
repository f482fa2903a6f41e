/* Idle connections lie in a list a worker, each under a lock of its own that is held for a few
 * instructions; `open` counts all connections, idle or taken.
 *
 * take: the own list; else a new connection, unless as many as the cap are open; else any list.
 * With at most `cap` connections taken at once, one is idle somewhere or on its way there; if none
 * is found a new one is opened all the same: the cap is a quarter of what the system allows. */
#include "host/net_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct idle_list {
    _Alignas(128) pthread_mutex_t lock;
    struct ps_net_connection *first; /* newest first: the warm one */
};

struct ps_net_pool {
    uint16_t port;
    unsigned cap, lists;
    void (*forget)(void *arg, int fd);
    void *arg;
    _Atomic unsigned open;
    struct idle_list *idle; /* by slot + 1 */
};

enum { MOST_CONNECTIONS = 65536, LEAST_CONNECTIONS = 4 };

static unsigned cap_of_process(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return LEAST_CONNECTIONS;
    rlim_t quarter = limit.rlim_cur / 4;
    if (quarter > MOST_CONNECTIONS)
        return MOST_CONNECTIONS;
    return quarter < LEAST_CONNECTIONS ? LEAST_CONNECTIONS : (unsigned)quarter;
}

enum ps_err ps_net_pool_create(uint16_t port, unsigned workers, void (*forget)(void *arg, int fd),
                               void *arg, struct ps_net_pool **made)
{
    struct ps_net_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return PS_ENOMEM;
    pool->port = port;
    pool->cap = cap_of_process();
    pool->lists = workers + 1;
    pool->forget = forget;
    pool->arg = arg;
    if (posix_memalign((void **)&pool->idle, 128, pool->lists * sizeof *pool->idle) != 0) {
        free(pool);
        return PS_ENOMEM;
    }
    for (unsigned i = 0; i < pool->lists; i++) {
        pthread_mutex_init(&pool->idle[i].lock, NULL);
        pool->idle[i].first = NULL;
    }
    *made = pool;
    return PS_OK;
}

unsigned ps_net_pool_cap(const struct ps_net_pool *pool)
{
    return pool->cap;
}

static struct ps_net_connection *pop(struct idle_list *list)
{
    pthread_mutex_lock(&list->lock);
    struct ps_net_connection *connection = list->first;
    if (connection)
        list->first = connection->next;
    pthread_mutex_unlock(&list->lock);
    return connection;
}

void ps_net_pool_destroy(struct ps_net_pool *pool)
{
    for (unsigned i = 0; i < pool->lists; i++) {
        struct ps_net_connection *connection;
        while ((connection = pop(&pool->idle[i]))) {
            close(connection->fd);
            free(connection);
        }
        pthread_mutex_destroy(&pool->idle[i].lock);
    }
    free(pool->idle);
    free(pool);
}

static struct idle_list *list_of(struct ps_net_pool *pool, int slot)
{
    return &pool->idle[(unsigned)(slot + 1) < pool->lists ? slot + 1 : 0];
}

static struct ps_net_connection *take_anywhere(struct ps_net_pool *pool)
{
    struct ps_net_connection *connection = NULL;
    for (unsigned i = 0; i < pool->lists && !connection; i++)
        connection = pop(&pool->idle[i]);
    return connection;
}

/* A non-blocking connect; on loopback it is mostly done at once, but with a full backlog it is not.
 */
static int connect_to(uint16_t port, bool *connecting)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int rc = connect(fd, (struct sockaddr *)&at, sizeof at);
    *connecting = rc != 0;
    if (rc == 0 || errno == EINPROGRESS || errno == EINTR)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static struct ps_net_connection *open_connection(struct ps_net_pool *pool, enum ps_err *err)
{
    struct ps_net_connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        *err = PS_ENOMEM;
        return NULL;
    }
    connection->fd = connect_to(pool->port, &connection->connecting);
    if (connection->fd < 0) {
        *err = ps_err_from_errno(errno);
        free(connection);
        return NULL;
    }
    atomic_fetch_add_explicit(&pool->open, 1, memory_order_relaxed);
    return connection;
}

struct ps_net_connection *ps_net_take(struct ps_net_pool *pool, int slot, enum ps_err *err)
{
    struct ps_net_connection *connection = pop(list_of(pool, slot));
    if (!connection && atomic_load_explicit(&pool->open, memory_order_relaxed) >= pool->cap)
        connection = take_anywhere(pool);
    return connection ? connection : open_connection(pool, err);
}

void ps_net_put(struct ps_net_pool *pool, struct ps_net_connection *connection, int slot)
{
    struct idle_list *list = list_of(pool, slot);
    connection->used = true;
    pthread_mutex_lock(&list->lock);
    connection->next = list->first;
    list->first = connection;
    pthread_mutex_unlock(&list->lock);
}

void ps_net_drop(struct ps_net_pool *pool, struct ps_net_connection *connection)
{
    if (pool->forget)
        pool->forget(pool->arg, connection->fd);
    close(connection->fd);
    free(connection);
    atomic_fetch_sub_explicit(&pool->open, 1, memory_order_relaxed);
}

void ps_net_request(struct ps_net_connection *connection, uint64_t id, uint64_t delay_ns)
{
    connection->sent = connection->received = 0;
    ps_net_put64(connection->request, id);
    ps_net_put64(connection->request + 8, delay_ns);
}

/* WANT_WRITE: still connecting; DONE: connected. */
static enum ps_net_status finish_connect(struct ps_net_connection *connection)
{
    struct pollfd at = {.fd = connection->fd, .events = POLLOUT};
    int n = poll(&at, 1, 0);
    if (n == 0 || (n < 0 && errno == EINTR))
        return PS_NET_WANT_WRITE;
    int error = 0;
    socklen_t size = sizeof error;
    if (n < 0 || getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
        return PS_NET_ERROR;
    connection->connecting = false;
    return PS_NET_DONE;
}

static enum ps_net_status send_rest(struct ps_net_connection *connection)
{
    while (connection->sent < PS_NET_FRAME_BYTES) {
        ssize_t n = send(connection->fd, connection->request + connection->sent,
                         PS_NET_FRAME_BYTES - connection->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? PS_NET_WANT_WRITE : PS_NET_ERROR;
        connection->sent += (unsigned)n;
    }
    return PS_NET_DONE;
}

static enum ps_net_status receive_rest(struct ps_net_connection *connection)
{
    while (connection->received < PS_NET_FRAME_BYTES) {
        ssize_t n = recv(connection->fd, connection->answer + connection->received,
                         PS_NET_FRAME_BYTES - connection->received, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? PS_NET_WANT_READ : PS_NET_ERROR;
        if (n == 0)
            return PS_NET_ERROR;
        connection->received += (unsigned)n;
    }
    bool same = memcmp(connection->request, connection->answer, PS_NET_FRAME_BYTES) == 0;
    return same ? PS_NET_DONE : PS_NET_ERROR;
}

enum ps_net_status ps_net_advance(struct ps_net_connection *connection)
{
    enum ps_net_status status = connection->connecting ? finish_connect(connection) : PS_NET_DONE;
    if (status == PS_NET_DONE && connection->sent < PS_NET_FRAME_BYTES) {
        status = send_rest(connection);
        if (status == PS_NET_DONE)
            return PS_NET_WANT_READ; /* the answer cannot be here yet */
    }
    return status == PS_NET_DONE ? receive_rest(connection) : status;
}
