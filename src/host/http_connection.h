/* A connection of the HTTP server, as a task. Between http.c, which accepts it, and the engine. */
#ifndef PS_HOST_HTTP_CONNECTION_H
#define PS_HOST_HTTP_CONNECTION_H

#include <pthread.h>

#include "host/http.h"
#include "host/http_answer.h"
#include "host/http_parser.h"
#include "host/job.h"

enum { PS_HTTP_INPUT = 4096, PS_HTTP_OUTPUT = 8192 };

struct ps_http_connection;

struct ps_http {
    struct ps_run *run;
    int listen_fd, stop_fd;
    uint64_t cap;              /* connections at once */
    _Atomic uint32_t stopping; /* seq_cst, see http.c */
    _Atomic uint64_t taken;    /* numbers given to requests */
    char page[2048];           /* /_types */
    pthread_mutex_t lock;      /* of the list */
    struct ps_http_connection *connections;
    struct ps_http_clients *clients; /* NULL: none of its own; the feeder's */
};

/* Owner: the worker that runs it; before submit the feeder thread. */
struct ps_http_connection {
    struct ps_job job; /* first: the request it runs, and the engine's task */
    struct ps_http *http;
    struct ps_http_connection *previous, *next; /* http->connections; under its lock */
    int fd;                                     /* -1: passed on to another task */
    _Atomic uint32_t idle;                      /* waits for a request; seq_cst, see http.c */
    unsigned phase;
    bool readable;      /* there may be input */
    bool closing;       /* no request is read any more */
    bool lingers;       /* the client may still be sending */
    bool bare;          /* the answer under way is to HEAD */
    unsigned in_a_row;  /* requests since its last wait for the client */
    uint64_t came_ns;   /* when the input came to the socket */
    uint64_t began_ns;  /* when the first byte of the request under way came */
    uint64_t active_ns; /* end of the last answer, or the beginning */
    struct ps_wait wait;
    struct ps_http_parser parser;
    size_t in_first, in_last, out_first, out_last; /* bytes [first, last) of the buffers */
    char in[PS_HTTP_INPUT], out[PS_HTTP_OUTPUT];
};

/* A connection ready to submit (job.task), in the list; it owns fd. NULL: no memory, or stopping: the
 * caller closes fd. */
struct ps_http_connection *ps_http_connection_new(struct ps_http *http, int fd);
/* Of one that was not accepted by the engine: out of the list, fd stays open. */
void ps_http_connection_drop(struct ps_http_connection *connection);

/* The type that a path names. PS_HTTP_BY_WEIGHT: /; PS_HTTP_NO_TYPE: none. */
enum { PS_HTTP_BY_WEIGHT = -1, PS_HTTP_NO_TYPE = -2 };
int ps_http_route(const struct ps_run *run, const char *path);
/* The type of request `number` to /, by the weights of the phase in which it came. */
unsigned ps_http_type(const struct ps_run *run, uint64_t number, uint64_t came_ns);

#endif
