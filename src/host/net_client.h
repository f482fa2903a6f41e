/* Connections to the loopback service, for `net` steps: kept alive and reused, without blocking.
 *
 * A request, in event style (NULL: wait for nothing):
 *   connection = ps_net_take(pool, ps_worker_self(), &err)       NULL: err
 *   ps_net_request(connection, id, delay_ns)
 *   loop: switch (ps_net_advance(connection))
 *     PS_NET_WANT_READ, PS_NET_WANT_WRITE: wait for POLLIN, POLLOUT of connection->fd; advance again
 *     PS_NET_DONE:  ps_net_put(pool, connection, ps_worker_self())
 *     PS_NET_ERROR: ps_net_drop(pool, connection)
 * A task that is to stop in the middle drops its connection: the answer is still on its way.
 *
 * Idle connections lie in one list a worker, so a worker mostly meets its own: warm, and on an
 * engine that watches descriptors by worker, watched already. When the cap is reached, and no
 * connection of the own list is idle, one is taken from another list. */
#ifndef PS_HOST_NET_CLIENT_H
#define PS_HOST_NET_CLIENT_H

#include "host/net_service.h"

enum ps_net_status { PS_NET_DONE, PS_NET_WANT_READ, PS_NET_WANT_WRITE, PS_NET_ERROR };

/* Owner: whoever took it. */
struct ps_net_connection {
    int fd;
    bool connecting; /* the connect is under way: wait for POLLOUT first (advance says so) */
    bool used;       /* it has answered a request before */
    unsigned sent, received;
    unsigned char request[PS_NET_FRAME_BYTES], answer[PS_NET_FRAME_BYTES];
    struct ps_net_connection *next;
};

struct ps_net_pool;

/* forget(arg, fd) is called before each descriptor is closed, on the thread that closes it, but for
 * ps_net_pool_destroy; or NULL. workers: lists to keep, one a worker slot. PS_ENOMEM. */
enum ps_err ps_net_pool_create(uint16_t port, unsigned workers, void (*forget)(void *arg, int fd),
                               void *arg, struct ps_net_pool **pool);
/* Every connection has been put back or dropped. */
void ps_net_pool_destroy(struct ps_net_pool *pool);

/* How many connections may be taken at once: a quarter of the descriptors this process may open,
 * for each has two ends here. The caller keeps to it (a struct ps_semaphore with so many places, taken
 * before ps_net_take); the pool keeps the idle ones below it. */
unsigned ps_net_pool_cap(const struct ps_net_pool *pool);

/* An idle connection, or a new one. slot: ps_worker_self(), -1: no worker. NULL: *err says why:
 * PS_ELIMIT (no descriptors), PS_ENOMEM, PS_EIO (the service is gone). Any thread, as the next two.
 */
struct ps_net_connection *ps_net_take(struct ps_net_pool *pool, int slot, enum ps_err *err);
/* Its answer was received whole. */
void ps_net_put(struct ps_net_pool *pool, struct ps_net_connection *connection, int slot);
void ps_net_drop(struct ps_net_pool *pool, struct ps_net_connection *connection);

/* Owner. Prepare a request; ask advance to carry it out as far as it goes without blocking. */
void ps_net_request(struct ps_net_connection *connection, uint64_t id, uint64_t delay_ns);
enum ps_net_status ps_net_advance(struct ps_net_connection *connection);

#endif
