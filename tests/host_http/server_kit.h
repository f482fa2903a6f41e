/* A real host that serves HTTP, started as the front end starts it, and a client that checks every byte
 * it gets. Every socket gives up after PATIENCE_S. */
#ifndef PS_TESTS_HTTP_SERVER_KIT_H
#define PS_TESTS_HTTP_SERVER_KIT_H

#include "support.h"

#include "client/hosts.h"
#include "client/obeyed.h"

enum { PATIENCE_S = 30 };

/* Pairs of key and value over a server with a type for every outcome; ends with NULL. */
struct ps_live *start(const char *const *pairs);
#define SERVER_WITH(...) start((const char *const[]){__VA_ARGS__, NULL})
#define SERVER_PLAIN     start((const char *const[]){NULL})

/* Drain; every request must be accounted for, every connection closed. */
void stop(struct ps_live *live, uint64_t requests);

struct heard {
    unsigned status;
    bool closes;
    char head[1024], body[4096];
};

int connect_to(struct ps_live *live);
void say(int fd, const char *text);
/* One answer: status line, fields, a body of Content-Length bytes (bare: none). */
struct heard answer(int fd, bool bare);
struct heard status_is(int fd, unsigned status);
/* Nothing more comes. Closes it. */
void at_end(int fd);

#define HOST      "Host: a\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

#endif
