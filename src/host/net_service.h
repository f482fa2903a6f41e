/* The loopback TCP service that `net` steps talk to: a real server on 127.0.0.1 in one thread of
 * its own.
 *
 * Protocol: both directions carry frames of 16 bytes, two little-endian 64-bit words: id, delay_ns.
 * The answer to a request is the same frame, sent delay_ns after the request was read. Connections
 * are kept alive; requests may be pipelined, and their answers come in the order in which they are
 * due. A client that has PS_NET_PIPELINE requests unanswered, or does not read its answers, is not
 * read from until that has changed. A shut-down write side is answered to the last request, then
 * closed. */
#ifndef PS_HOST_NET_SERVICE_H
#define PS_HOST_NET_SERVICE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "metrics/segment.h"

#define PS_NET_FRAME_BYTES 16u
#define PS_NET_PIPELINE    64u

struct ps_net_service;

/* Starts the thread. It counts requests, and errors (connections that failed, ended inside a frame
 * or could not be accepted), into the segment. PS_ELIMIT, PS_ENOMEM, PS_EAGAIN, PS_EIO. */
enum ps_err ps_net_service_start(struct ps_segment *segment, struct ps_net_service **service);

/* The TCP port on 127.0.0.1. Any thread. */
uint16_t ps_net_service_port(const struct ps_net_service *service);

/* Closes every connection, answered or not, and joins the thread. Frees the service. */
void ps_net_service_stop(struct ps_net_service *service);

/* Raise the soft limit of open descriptors to the hard one; for a process's main. Returns the limit
 * in force. */
uint64_t ps_net_raise_nofile(void);

/* ---- frames ---- */

static inline void ps_net_put64(unsigned char *at, uint64_t word)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (unsigned char)(word >> (8 * i));
}

static inline uint64_t ps_net_get64(const unsigned char *at)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < 8; i++)
        word |= (uint64_t)at[i] << (8 * i);
    return word;
}

#endif
