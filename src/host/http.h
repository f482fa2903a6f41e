/* arrivals = http: requests of real clients become tasks. A server of HTTP/1.1 on 127.0.0.1.
 *
 * A connection is a task of the engine under test that serves (ps_task_serves): it is queued, started
 * and resumed as that engine does it, so an engine whose waiting tasks hold their thread holds one a
 * connection. A request is counted as a task: GET, HEAD or POST of
 *   /         a type by weight, as the arrival list says for the request's number
 *   /TYPE     that type
 *   /_types   (no task) a page that links the types
 *   /_health  (no task) "ok"
 * It runs on the connection's task when its last byte has been read; latency counts from when that
 * byte came to the socket, by the kernel's clock where it tells. Answers: 200 completed, 500 failed,
 * 504 timed out, 503 cancelled or refused; 4xx and 5xx of the protocol for what is no request (see
 * http_parser.h), 404, 405, and 408 for one that takes longer than arrivals.request_timeout.
 *
 * Children that a request has spawned and does not join are left to themselves when it ends, as with
 * other arrivals: what the next request joins, and when it has to end, is none of theirs. Then the
 * connection goes on as a task of its own, queued anew; if the queue is full or the engine takes no
 * more, that was its last request.
 *
 * The feeder thread accepts. When the engine's queue is full, on_full says what becomes of the
 * connection: it waits (with all behind it, in the backlog), is answered 503 for its first request,
 * or is served by the feeder thread itself. Without descriptors the backlog waits.
 *
 * Rejected: a task that accepts (with one worker of a plain pool it would be the only one ever);
 * requests as children of their connection's task (two switches more a request, and on a pool a
 * connection that waits for its child holds the worker which the child needs). */
#ifndef PS_HOST_HTTP_H
#define PS_HOST_HTTP_H

#include "host/run.h"

struct ps_http;

/* Listen; no thread. Sets run->http. PS_EIO and others, with the reason. Main thread. */
enum ps_err ps_http_open(struct ps_run *run, char *why, size_t why_size);

/* Start arrivals.clients, if there are to be any; once the engine runs. */
enum ps_err ps_http_invite(struct ps_http *http);

/* Accept until stop. The feeder thread. */
void ps_http_serve(struct ps_http *http);

/* Accept no more, answer what is under way, each connection closes with its next answer, or now if
 * it is idle. Idempotent; does not block. Main thread. */
void ps_http_stop(struct ps_http *http);

/* Whether arrivals.tasks requests have come. Any thread. */
bool ps_http_exhausted(const struct ps_http *http);

/* Cancel the requests that run and came before then: they are answered 503 and their connections close.
 * See ps_jobs_cancel_roots, which comes before. Main thread. */
void ps_http_cancel_all(struct ps_http *http, uint64_t before_ns);

/* No thread and no task uses it any more. */
void ps_http_close(struct ps_http *http);

#endif
