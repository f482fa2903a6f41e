/* Clients of its own for arrivals = http (arrivals.clients), so that a server can be watched without
 * another program. Each has a connection, asks for / on it, reads the answer, thinks
 * (arrivals.think) and asks again; the first question, too, comes after a thought. A connection that
 * the server closed is opened anew for the next question.
 *
 * They are one thread of the host: what they use of a CPU is in the host's CPU time, as with the
 * service that net steps talk to. Who wants that apart takes wrk. */
#ifndef PS_HOST_HTTP_CLIENTS_H
#define PS_HOST_HTTP_CLIENTS_H

#include "host/run.h"

struct ps_http_clients;

/* Whether the process may have so many connections, both ends of which are its own; else PS_ELIMIT and
 * why. */
enum ps_err ps_http_clients_possible(unsigned clients, char *why, size_t why_size);

/* Start the thread: run->experiment.clients of them, towards run's http_port, counted in the segment.
 * When *stopping is not 0 nobody asks any more. PS_ELIMIT, PS_ENOMEM, PS_EAGAIN. */
enum ps_err ps_http_clients_start(struct ps_run *run, const _Atomic uint32_t *stopping,
                                  struct ps_http_clients **clients);

/* Hang up, join the thread, free. */
void ps_http_clients_stop(struct ps_http_clients *clients);

#endif
