/* A live host: started as a child process, watched, ended. One owner, one thread.
 *
 * ps_live_start re-executes the running program as `PROGRAM host`, with the experiment as INI text
 * over a socket pair and the metrics segment as a memfd. The host runs at a lower priority (nice +10)
 * unless that is not wanted, in a process group of its own, so that keys of the terminal do not reach
 * it; it ends when this process ends (parent-death signal and end of file on the socket). */
#ifndef PS_CLIENT_LIVE_H
#define PS_CLIENT_LIVE_H

#include "client/source.h"
#include "model/experiment.h"

struct ps_live;

/* Whether hosts that are started from now on stand back behind this process (so it is at first). A
 * screen has to come to its turn while the engine keeps every core busy, and so does a recorder; where
 * nobody watches, a host that stands back only measures what else wants the CPU. Before threads. */
void ps_live_stand_back(bool back);

/* Start a host. PS_OK: it has accepted the experiment and runs. Otherwise nothing is left behind
 * and `why` says what is wrong (a limit of the machine, the host's own error). */
enum ps_err ps_live_start(const struct ps_experiment *experiment, struct ps_live **live, char *why,
                          size_t why_size);

/* The same in steps, for a thread that must not wait. begin: the process is there and has the
 * experiment. begun, asked again until it fails or *begun: whether it runs. When it fails, `why` is
 * as above, and the live is still to be freed. */
enum ps_err ps_live_begin(const struct ps_experiment *experiment, struct ps_live **live, char *why,
                          size_t why_size);
enum ps_err ps_live_begun(struct ps_live *live, bool *begun, char *why, size_t why_size);

/* The source; owned by live. */
struct ps_source *ps_live_source(struct ps_live *live);

/* The next snapshot reads latencies, even if they were read a moment ago: for the ends of a window
 * that is measured. They cost about a millisecond; screens do without. */
void ps_live_want_latency(struct ps_live *live);

/* Whether the host still runs. False: reaped; the last snapshot says why it ended: phase ENDED, end
 * and message ("host crashed: SIGSEGV in worker 3, task fib"). Never blocks. */
bool ps_live_running(struct ps_live *live);

/* A descriptor that becomes readable when the host says something or ends; for poll. */
int ps_live_fd(const struct ps_live *live);
int ps_live_pid(const struct ps_live *live);

/* Ask the host to end (drain or discard), wait at most grace_ns, then kill it; reap it. The source
 * stays valid and keeps the final snapshot. */
void ps_live_stop(struct ps_live *live, bool drain, uint64_t grace_ns);

/* The same in steps: ask it to end at once, then ask ps_live_running; kill what does not. Neither
 * waits. */
void ps_live_ask_end(struct ps_live *live);
void ps_live_kill(struct ps_live *live);

/* Stop (discard, short grace) if it runs; free. Waits for one that has been killed only for a moment. */
void ps_live_free(struct ps_live *live);

/* Path of the running program, for re-execution. */
const char *ps_live_program(void);

/* Control lines the host understands; each answered "ok" or "error REASON".
 *   workers N | +N | -N        resize                rate R | xF        offered rate, per second
 *   in_flight N                closed model           pause | resume
 *   mix TYPE WEIGHT, ...       open, closed, batch
 *   stealing on|off            offload on|off         limit N
 *   fault FAULT                as model/fault.h says  cancel              every task in flight
 *   stop drain|discard         ping */

#endif
