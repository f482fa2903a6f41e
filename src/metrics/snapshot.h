/* A snapshot: values taken from a segment and from the operating system at one instant. All that a
 * screen, a report or a recording ever sees. Plain memory, one owner, about 1 MB: reuse it.
 *
 * Counters are totals since the start of the run. Instants are ns since the segment's epoch. */
#ifndef PS_METRICS_SNAPSHOT_H
#define PS_METRICS_SNAPSHOT_H

#include "base/hist.h"
#include "metrics/segment.h"

struct ps_totals {
    uint64_t submitted, started;
    uint64_t ended[PS_OUTCOME_COUNT];
    uint64_t retried; /* of submitted: attempts after the first. Of a worker: 0 */
    uint64_t denied;  /* attempts that the retry budget did not pay for. Of a worker: 0 */
};

/* A phase of the experiment, from its beginning to that of the next. */
struct ps_phase_view {
    char name[PS_NAME_BYTES];     /* empty: what comes before the first phase */
    char change[PS_CHANGE_BYTES]; /* what it changes, for people */
    uint64_t from_ns, to_ns;      /* instants; the last that has begun: up to now */
    struct ps_totals totals;      /* what happened in it; denied: 0 */
};

/* Of tasks that ended within the last PS_LATENCY_SECONDS; see lately.h. count 0: none did, or nobody
 * keeps account. */
#define PS_LATENCY_SECONDS 10u
struct ps_times_view {
    uint64_t count, mean_ns, p50_ns, p99_ns, max_ns;
};

struct ps_worker_view {
    enum ps_state state;
    int type;          /* of the task it runs, -1: none */
    uint64_t since_ns; /* when it entered the state; in RUN, if later: when it was last seen to move
                          from one task or wait to the next */
    uint64_t moves;    /* starts, ends and waits so far */
    uint64_t moved_ns;
    uint64_t tid;            /* 0: no thread */
    struct ps_totals totals; /* submitted: from inside by this worker */
    uint64_t queue_depth, depth_peak;
    uint64_t steals, stolen, steal_tries, robbed; /* robbed: tasks others took from it */
    uint64_t parks, wakes;
    uint64_t hogs, hog_ns;            /* tasks that kept it too long; the longest, at least */
    uint64_t sample;                  /* 1 task in `sample` is timed */
    uint64_t time_ns[PS_STATE_COUNT]; /* includes the current state up to now */
    /* From the operating system; os_valid false: n/a. */
    bool os_valid;
    uint64_t cpu_ns, ready_ns; /* CPU time; time runnable but without a CPU */
    /* Where the task is that it runs or waits with. */
    uint32_t step;     /* of its program, from 1 on; 0: not known */
    uint32_t task;     /* its number */
    uint64_t children; /* that it has spawned so far; at most 65535 */
    /* Of the tasks that ended on it, over the whole run. */
    uint64_t timed, service_mean_ns, service_p50_ns, service_p99_ns, service_max_ns;
    uint64_t queueing_p50_ns, queueing_p99_ns;
    struct ps_times_view lately_service, lately_queueing;
    /* Injected faults that hold now: until this instant; 0: none, UINT64_MAX: until it is ended. */
    uint64_t stuck_until_ns, slow_until_ns;
    uint32_t slow_factor; /* its CPU work takes so many times as long; 0: no such fault */
};

/* Who holds a lock. */
struct ps_holder_view {
    uint64_t since_ns; /* instant since when, at the latest: of the snapshot that first saw it */
    uint32_t task;
    int worker, type; /* -1: none: a thread that is no worker */
    bool held;
};

/* A lock of the programs. */
struct ps_lock_view {
    char name[PS_NAME_BYTES];
    struct ps_holder_view holder;
    uint64_t taken, waiting; /* times it was got; tasks that wait for it now */
};

struct ps_latency_view {
    struct ps_hist_sum response, service, queueing;
};

struct ps_type_view {
    char name[PS_NAME_BYTES];
    struct ps_totals totals; /* started: n/a, 0 */
    uint64_t timed;          /* tasks in the service histogram */
    uint64_t service_p50_ns, service_p99_ns, service_max_ns;
    uint64_t response_p50_ns, response_p99_ns, response_max_ns;
    uint64_t queueing_p50_ns, queueing_p99_ns, queueing_max_ns;
    uint64_t service_mean_ns, response_mean_ns, queueing_mean_ns;
    struct ps_times_view lately_response, lately_service, lately_queueing;
    uint64_t spread[PS_HIST_STEPS];    /* responses by step */
    uint64_t waiting_at[PS_MAX_STEPS]; /* tasks that wait at a step of the program now */
};

struct ps_process_view {
    bool valid; /* false: the host has not spoken yet */
    uint64_t rss_bytes, rss_peak_bytes;
    uint64_t cpu_ns;                 /* user + system, all threads, also ended ones */
    uint64_t voluntary, involuntary; /* context switches of the whole process */
    uint64_t threads;
};

/* The machine beside the run. Read twice a second by the host. */
struct ps_machine_view {
    bool valid;              /* false: the kernel does not say, or not yet */
    uint64_t at_ns;          /* instant of the next three, totals to 10 ms */
    uint64_t busy_ns;        /* CPU time of all processes, and what a hypervisor took */
    uint64_t own_ns;         /* of it: the host, its worker processes and its front end */
    uint64_t throttled_ns;   /* the cgroup had used up its quota; of all CPUs together */
    double quota;            /* CPUs by cgroup bandwidth; 0: none */
    uint32_t cpus, affinity; /* CPUs of the machine; those that the host may be scheduled on */
};

/* What a kernel came to. right + wrong 0: no execution has come to its end, there is no value. */
struct ps_answer_view {
    char name[PS_ANSWER_BYTES];
    uint64_t value, right, wrong;
    uint64_t fastest_ns, mean_ns; /* of the right ones */
    uint32_t types;               /* bit t: task type t runs it */
};

struct ps_snapshot {
    uint64_t seq;   /* 1, 2, 3, ... of its source */
    uint64_t at_ns; /* instant */
    /* The run. */
    enum ps_phase phase;
    enum ps_end end;
    uint64_t started_ns, ended_ns, paused_ns;
    uint32_t workers; /* target count */
    uint32_t slots;   /* worker[] entries in use: highest slot ever used + 1 */
    uint32_t types;
    uint32_t traits;
    uint32_t usable_cpus;
    uint32_t cpus_lost; /* more there would be without an injected fault */
    bool stealing;
    double rate;               /* offered, open model; 0: n/a */
    uint64_t in_flight_target; /* closed model; 0: n/a */
    uint64_t queue_bound;
    uint64_t probe_ns;
    enum ps_probes probes;
    uint64_t net_requests, net_errors;
    unsigned clock_factor;    /* 1: real; N: all times of the workload are N times as long */
    uint64_t gil_interval_ns; /* 0: no GIL */
    uint64_t gil_switches, gil_requests;
    uint64_t tuner_changes, tuner_turns, tuner_low, tuner_high; /* high 0: no auto-tuner */
    struct ps_holder_view gil_holder;
    uint32_t http_port;                                        /* 0: arrivals are not http */
    uint64_t http_open, http_opened, http_peak, http_rejected; /* connections; see segment.h */
    uint64_t http_clients, http_clients_answered, http_client_errors;
    char engine[PS_NAME_BYTES], policy[PS_NAME_BYTES];
    char message[PS_MESSAGE_BYTES];
    /* What went wrong, if something did. */
    uint32_t fault_signal;
    int32_t fault_worker, fault_type;
    bool fault_overflow;
    uint64_t fault_address;
    /* Sums and workers. ended is read before submitted: never more ended than submitted. */
    struct ps_totals totals;
    uint64_t in_flight;    /* submitted - ended */
    uint64_t queued;       /* submitted - started - ended without a start */
    uint64_t shared_depth; /* tasks in the shared queue */
    uint64_t shared_depth_peak;
    uint64_t outside_started;                   /* tasks run by submitters (caller_runs) */
    uint64_t waiting[PS_STATE_COUNT];           /* tasks that wait for ... now */
    uint64_t sample_max;                        /* largest `sample` of any worker: "sampled 1/64" */
    uint64_t jobs_submitted, jobs_ended, forks; /* calls without a record; see ps_job, ps_fork */
    uint64_t events_lost;                       /* filled by whoever reads the rings */
    uint32_t phase_count;                       /* of the experiment */
    uint32_t phases_begun; /* phase_view[0] is what came before them: 1 + so many are filled */
    struct ps_phase_view phase_view[PS_MAX_PHASES + 1];
    uint32_t answers; /* answer[] entries in use */
    struct ps_answer_view answer[PS_SEGMENT_ANSWERS];
    uint32_t locks; /* lock[] entries in use */
    struct ps_lock_view lock[PS_MAX_LOCKS];
    struct ps_worker_view worker[PS_MAX_WORKERS];
    struct ps_type_view type[PS_MAX_TYPES];
    struct ps_process_view process;
    struct ps_machine_view machine;
    struct ps_latency_view latency; /* all types, whole run */
    /* Steals: [thief * PS_MAX_WORKERS + victim]; only slots x slots are filled. */
    uint64_t steal_ops[PS_MAX_WORKERS * PS_MAX_WORKERS];
    uint64_t steal_tasks[PS_MAX_WORKERS * PS_MAX_WORKERS];
};

/* Fill everything but seq. cpu_ns and ready_ns hold what threads that left the slot used; whoever
 * can read the live thread's figures adds them and sets os_valid. now_ns: absolute CLOCK_MONOTONIC.
 * Any thread, while writers write. with_latency false leaves type[].*_ns and latency as they are
 * (they are the dear part). `into` is zeroed at first and kept from one call to the next: since_ns
 * needs it. The lately_* stay as they are: ps_snapshot_take_lately fills them. */
void ps_snapshot_take(struct ps_snapshot *into, struct ps_segment *segment, uint64_t now_ns,
                      bool with_latency);

/* "real", or "slow x10": what to write beside its figures. Returns into. */
const char *ps_snapshot_clock(const struct ps_snapshot *snapshot, char *into, size_t size);

/* Copy what is in use: workers and steal rows of `slots` only. */
void ps_snapshot_copy(struct ps_snapshot *into, const struct ps_snapshot *from);

/* Counts of all threads at this moment, without `denied`. Any thread, while writers write. */
void ps_totals_take(struct ps_totals *into, struct ps_segment *segment);

/* submitted == completed + failed + timed out + cancelled + refused. */
bool ps_totals_conserved(const struct ps_totals *totals);
uint64_t ps_totals_ended(const struct ps_totals *totals);

/* An event read from a ring. */
struct ps_event {
    uint64_t at_ns; /* instant, to 1024 ns */
    uint16_t slot;
    enum ps_event_kind kind;
    uint32_t argument;
};

/* Copy events of a slot (segment->slots: hogs, each with its worker's slot) from number *next on (0 at first), at most max, oldest first; advances
 * *next; *lost += events that were overwritten before they could be read. Any thread. */
size_t ps_ring_read(struct ps_segment *segment, unsigned slot, uint64_t *next,
                    struct ps_event *into, size_t max, uint64_t *lost);

#endif
