/* The metrics segment: the memory that a host writes and a front end reads.
 *
 * Shape: one memfd (or private mapping, in a program that links the engines), in this order, every
 * part at an offset kept in the header and a multiple of 128 bytes:
 *
 *   header     one ps_segment
 *   cells      slots + 1     x ps_cell              what a worker counts; the last is "outside"
 *   steals     slots x slots x uint64 x 2           row = thief, column = victim: operations, tasks
 *   types      (slots+1) x types x ps_type_cell     counts and latency of a task type on a worker
 *   rings      (slots + 1) x ps_ring                events; the last is of who looks for hogs
 *   picture    one ps_picture, tiles, pixels        what julia steps draw (metrics/picture.h); or none
 *
 * Writers: cell i, its row, types and ring belong to the thread that is worker i at the time. A
 * slot has one writer at a time; it changes hands only across a thread join or a lock. The outside
 * cell is shared by all threads that are not workers, which add atomically. Host fields of the
 * header say their writer. Readers never write and may be in another process.
 *
 * Units: times are nanoseconds; instants are CLOCK_MONOTONIC less `epoch_ns`. Counters are totals
 * since start and only grow; gauges are named so.
 *
 * The mapping is sparse: parts that are never written cost nothing. All zero bytes are a valid,
 * empty segment body. */
#ifndef PS_METRICS_SEGMENT_H
#define PS_METRICS_SEGMENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hist.h"
#include "metrics/picture.h"

#define PS_SEGMENT_MAGIC   UINT64_C(0x65706f6373706f70) /* "popscope" */
#define PS_SEGMENT_VERSION 7u

#define PS_MAX_WORKERS   256u
#define PS_MAX_TYPES     16u
#define PS_RING_SLOTS    8192u
#define PS_NAME_BYTES    32u
#define PS_MESSAGE_BYTES 256u
#define PS_MAX_PHASES    16u
#define PS_CHANGE_BYTES  128u
#define PS_MAX_STEPS     32u /* of a task type's program */
#define PS_MAX_LOCKS     8u  /* that programs name */

/* What a worker is doing, and what a waiting task waits for. name, symbol of the ASCII lanes,
 * meaning. OFF: no thread owns the slot. */
#define PS_STATES(X)                                       \
    X(OFF, "off", ' ', "no thread")                        \
    X(IDLE, "idle", '.', "parked: nothing to do")          \
    X(SEEK, "seek", 's', "looks for work in other queues") \
    X(RUN, "run", '#', "runs a task")                      \
    X(LOCK, "lock", 'x', "waits for a lock")               \
    X(GIL, "gil", 'g', "waits for the interpreter lock")   \
    X(JOIN, "join", 'j', "waits for child tasks")          \
    X(NET, "net", '~', "waits for the network")            \
    X(DISK, "disk", 'd', "reads or writes a file")         \
    X(SLEEP, "sleep", 'z', "sleeps")                       \
    X(BLOCK, "block", 'b', "is inside a blocking call")    \
    X(PAUSED, "paused", '=', "paused by the user")

enum ps_state {
#define PS_STATE_ENUM(name, text, symbol, meaning) PS_STATE_##name,
    PS_STATES(PS_STATE_ENUM)
#undef PS_STATE_ENUM
        PS_STATE_COUNT
};

/* How a task ended. REFUSED: never accepted by a queue. */
#define PS_OUTCOMES(X)        \
    X(COMPLETED, "completed") \
    X(FAILED, "failed")       \
    X(TIMED_OUT, "timed_out") \
    X(CANCELLED, "cancelled") \
    X(REFUSED, "refused")

enum ps_outcome {
#define PS_OUTCOME_ENUM(name, text) PS_##name,
    PS_OUTCOMES(PS_OUTCOME_ENUM)
#undef PS_OUTCOME_ENUM
        PS_OUTCOME_COUNT
};

/* Events in a ring. argument: 24 bits. TASK = type << 16 | low 16 bits of the task's id. */
#define PS_EVENTS(X)                                                                             \
    X(NONE, "none")                                                                              \
    X(START, "start")     /* TASK */                                                             \
    X(END, "end")         /* TASK */                                                             \
    X(PARK, "park")       /* 0 */                                                                \
    X(WAKE, "wake")       /* 0 */                                                                \
    X(STEAL, "steal")     /* victim << 16 | tasks taken */                                       \
    X(INJECT, "inject")   /* tasks taken from the shared queue */                                \
    X(BLOCKED, "blocked") /* state << 16 | milliseconds; recorded when it ends, from 1 ms on */  \
    X(RETIRE, "retire")   /* 0: the worker ends */                                               \
    X(SPAWN, "spawn")     /* 0: the worker begins */                                             \
    X(DIED,                                                                                      \
      "died") /* of a worker that is a process: type + 1 (0: no task) << 16 | its wait status */ \
    X(HOG, "hog") /* (worker << 16, in the outside ring) type << 12 | milliseconds, at least; \
                             recorded when it is over */

enum ps_event_kind {
#define PS_EVENT_ENUM(name, text) PS_EVENT_##name,
    PS_EVENTS(PS_EVENT_ENUM)
#undef PS_EVENT_ENUM
        PS_EVENT_COUNT
};

/* One worker's counters. Writer: the worker (the outside cell: anyone, atomically). */
struct ps_cell {
    /* Written for every task. */
    _Alignas(128) _Atomic uint64_t now; /* state word, see ps_state_word */
    _Atomic uint64_t submitted;         /* tasks this thread offered to the engine */
    _Atomic uint64_t started;
    _Atomic uint64_t ended[PS_OUTCOME_COUNT];
    _Atomic uint64_t
        queue_depth;             /* gauge: tasks in this worker's own queue (outside: shared one) */
    _Atomic uint64_t shared;     /* 1: the outside cell, several writers */
    _Atomic uint64_t sample;     /* gauge: 1 task in `sample` is timed; 0 or 1: all */
    _Atomic uint64_t depth_peak; /* highest queue_depth seen by its writer */
    _Atomic uint64_t unstarted;  /* of `ended`: accepted, ended before their start */
    _Atomic uint64_t jobs_submitted, jobs_ended; /* ps_job: calls without a record */
    _Atomic uint64_t forks;                      /* ps_fork: calls offered to thieves */

    /* Written when something happens between tasks. */
    _Alignas(128) _Atomic uint64_t steals;   /* operations that got at least one task */
    _Atomic uint64_t stolen;                 /* tasks got by them */
    _Atomic uint64_t steal_tries;            /* operations, with or without a task */
    _Atomic uint64_t parks, wakes;           /* the worker's thread went to sleep; it woke others */
    _Atomic uint64_t tid;                    /* kernel thread id; 0 while the slot is OFF */
    _Atomic uint64_t os_cpu_ns, os_ready_ns; /* CPU time and run-queue wait of threads that have
                                                left the slot; ready: of those that lived 10 ms */
    _Atomic uint64_t time_ns[PS_STATE_COUNT]; /* time spent in each state, up to the last change */
    _Atomic uint64_t
        wait_begin[PS_STATE_COUNT]; /* tasks that began to wait for ... on this worker */
    _Atomic uint64_t
        wait_end[PS_STATE_COUNT]; /* ... and went on; waiting now = sum of differences */
    _Atomic uint64_t servers_submitted, servers_ended; /* tasks that serve; see ps_task_serves */
    _Atomic uint64_t deaths; /* workers of this slot that died: where they are processes */

    _Atomic uint64_t doing; /* where the task that runs, or waits, on this worker is: ps_doing_word;
                               0: no program has begun here */

    /* Writer: the thread that looks for hogs (engines/hogs.h). */
    _Alignas(128) _Atomic uint64_t hogs; /* tasks that kept the worker too long */
    _Atomic uint64_t hog_ns;             /* the longest so far, at least */
};

/* Figures of one task type on one worker; same writer as the cell. Latencies are of tasks that
 * completed or failed: response = intended arrival to end, queueing = intended arrival to first
 * start, service = first start to end. */
struct ps_type_cell {
    _Alignas(128) _Atomic uint64_t submitted;
    _Atomic uint64_t ended[PS_OUTCOME_COUNT];
    struct ps_hist response, service, queueing;
    /* Tasks that began to wait at a step of the program, and went on: waiting there now = sum of
     * differences over all workers. */
    _Atomic uint64_t step_wait_begin[PS_MAX_STEPS], step_wait_end[PS_MAX_STEPS];
    _Atomic uint64_t retried; /* of `submitted`: attempts after the first. Writer: the feeder */
    _Atomic uint64_t
        denied; /* attempts that the retry budget did not pay for. Writer: the feeder */
};

/* Events, overwriting. event = time << 28 | kind << 24 | argument, time = instant >> 10 (about 1
 * us, 36 bits: 19 h). Writer: store slot (relaxed), then head (release). Reader: load head
 * (acquire), copy, load head again, drop what was within PS_RING_GUARD slots of being overwritten.
 */
#define PS_RING_GUARD 256u
struct ps_ring {
    _Alignas(128) _Atomic uint64_t head; /* events ever written */
    _Atomic uint64_t event[PS_RING_SLOTS];
};

/* Phase of a run. Writer: the host's main thread. */
enum ps_phase {
    PS_PHASE_EMPTY,    /* segment created, no host yet */
    PS_PHASE_STARTING, /* limits checked, calibration */
    PS_PHASE_RUNNING,
    PS_PHASE_PAUSED,
    PS_PHASE_DRAINING,
    PS_PHASE_ENDED
};

/* Why a run ended; the JSON word. */
#define PS_ENDS(X)                                                                 \
    X(NOT, "running")                                                              \
    X(COMPLETED, "completed") /* a batch is done, or the task limit was reached */ \
    X(DURATION, "duration")                                                        \
    X(DEADLOCK, "deadlock")                                                        \
    X(CRASH, "crash")                                                              \
    X(CANCELLED, "cancelled") /* stopped by the user */

enum ps_end {
#define PS_END_ENUM(name, text) PS_END_##name,
    PS_ENDS(PS_END_ENUM)
#undef PS_END_ENUM
        PS_END_COUNT
};

/* A phase of the experiment. Name and change are written before phase_count, the rest when the
 * phase begins, before phases_begun; nothing is written twice. */
struct ps_phase_mark {
    char name[PS_NAME_BYTES];
    char change[PS_CHANGE_BYTES]; /* for people: "rate 500/s over 5s, workers 8" */
    uint64_t at_ns;               /* instant at which it began */
    /* Totals until then. */
    uint64_t submitted, started, ended[PS_OUTCOME_COUNT], retried;
};

/* Faults that somebody has injected into a worker. Instants; 0: none, UINT64_MAX: until it is ended. The
 * factor is stored before slow_until_ns (release; partner: the reader's acquire). */
struct ps_injected_mark {
    _Atomic uint64_t stuck_until_ns; /* it burns CPU and does nothing else */
    _Atomic uint64_t slow_until_ns;  /* its CPU work takes slow_factor times as long */
    _Atomic uint32_t slow_factor;
};

/* Traits of the engine in use: which metrics it can have. A missing one is n/a, never 0. */
#define PS_TRAIT_STEALS       0x01u  /* steal counters and matrix */
#define PS_TRAIT_WORKER_QUEUE 0x02u  /* a queue a worker */
#define PS_TRAIT_SHARED_QUEUE 0x04u  /* one queue for all */
#define PS_TRAIT_PARKS_TASKS  0x08u  /* a waiting task gives its worker free */
#define PS_TRAIT_DIRECT       0x10u  /* runs bodies that block in place (ps_body.run) */
#define PS_TRAIT_OFFLOAD      0x20u  /* can hand blocking calls to helper threads */
#define PS_TRAIT_HELPS        0x40u  /* a join runs other tasks meanwhile, if that is on */
#define PS_TRAIT_RESERVES     0x80u  /* workers can be reserved for task types */
#define PS_TRAIT_PROCESSES    0x100u /* a worker is a process of its own */
/* Tasks of high priority are begun before others, and where waiting tasks give their worker free also
 * resumed before others. Nobody starves: of PS_HIGH_IN_A_ROW + 1 tasks that leave a queue (or that a
 * worker takes, where queues are the workers') one is not of high priority, if one waits. */
#define PS_TRAIT_PRIORITY 0x200u
#define PS_HIGH_IN_A_ROW  60u

/* How much probes record. COUNTERS: counts, and times as the sampling of probe.h says. OFF: only
 * what an engine needs for itself, the counts of accepted, started and ended tasks. FULL: every task
 * is timed and traced, however short. */
enum ps_probes { PS_PROBES_COUNTERS, PS_PROBES_OFF, PS_PROBES_FULL };

/* Answers of kernels: steps whose result is known. An entry a different kernel of the experiment. */
#define PS_SEGMENT_ANSWERS 16u
#define PS_ANSWER_BYTES    48u

/* Writer: whoever ends an execution of the kernel, atomically; the name: the host's main thread
 * before tasks run. `right` or `wrong` (release) is written last: a reader that sees them not 0
 * (acquire) sees a value. */
struct ps_answer {
    char name[PS_ANSWER_BYTES]; /* the step's word, or the whole step if there are several of it */
    uint32_t types;             /* bit t: task type t runs it; written with the name */
    _Atomic uint64_t value;     /* of the latest execution, or of the latest wrong one */
    _Atomic uint64_t right, wrong; /* executions that came to their end, by their answer */
    _Atomic uint64_t fastest_ns;   /* of the right ones, from the first task to the last */
    _Atomic uint64_t total_ns;     /* of the right ones */
};

/* A lock of the programs. Writer: whoever holds it; the name: the host's main thread before tasks
 * run; waits: any thread, atomically. */
struct ps_lock_mark {
    _Alignas(128) char name[PS_NAME_BYTES];
    _Atomic uint64_t holder; /* ps_holder_word; 0: nobody */
    _Atomic uint64_t taken;  /* times it was got */
    _Atomic uint64_t wait_begin, wait_end;
};

struct ps_segment {
    /* Written once, before the reader maps it. */
    uint64_t magic;
    uint32_t version, header_bytes;
    uint64_t total_bytes;
    uint64_t epoch_ns; /* CLOCK_MONOTONIC at creation */
    uint32_t slots, types;
    uint64_t cells_at, steals_at, types_at, rings_at; /* offsets from the segment's start */
    char type_name[PS_MAX_TYPES][PS_NAME_BYTES];
    uint64_t picture_at, picture_bytes; /* 0: no picture */

    /* Writer: the host's main thread, unless said otherwise. */
    _Alignas(128) _Atomic uint32_t phase; /* enum ps_phase */
    _Atomic uint32_t end;                 /* enum ps_end */
    _Atomic uint32_t host_pid;
    _Atomic uint32_t workers; /* target count */
    _Atomic uint32_t traits;
    _Atomic uint32_t usable_cpus;
    _Atomic uint32_t stealing; /* 1: on */
    _Atomic uint32_t net_port;
    _Atomic uint32_t
        probes; /* enum ps_probes; workers look every PS_PROBE_WINDOW tasks. Any writer */
    _Atomic uint64_t started_ns, ended_ns; /* instants; 0: not yet */
    _Atomic uint64_t paused_ns;            /* total time paused */
    _Atomic uint64_t queue_bound;
    _Atomic uint64_t rate_milli;       /* offered rate of an open model, tasks per 1000 s */
    _Atomic uint64_t in_flight_target; /* closed model */
    _Atomic uint64_t probe_ns;         /* measured cost of timing one task */
    _Atomic uint64_t heartbeat;        /* grows while the host's main thread lives */
    /* The host process and its worker processes, by its own account, 10 times a second. */
    _Atomic uint64_t proc_cpu_ns, proc_rss, proc_rss_peak, proc_threads;
    _Atomic uint64_t proc_voluntary, proc_involuntary; /* context switches */
    /* The machine beside it, twice a second; see ps_machine_view. machine_at_ns: 0: not known. */
    _Atomic uint64_t machine_at_ns, machine_busy_ns, machine_own_ns, machine_throttled_ns;
    _Atomic uint32_t machine_cpus, machine_affinity;
    _Atomic uint64_t machine_quota_milli; /* thousandths of a CPU; 0: none */
    _Atomic uint64_t stack_mode;          /* green: enum of its own, 0 n/a */
    _Atomic uint32_t message_seq;         /* odd while message is being written */
    char engine[PS_NAME_BYTES], policy[PS_NAME_BYTES];
    char message[PS_MESSAGE_BYTES]; /* why it ended, or a warning; seqlock message_seq */
    _Atomic uint32_t clock_factor; /* times of the workload are so many times as long; 0, 1: real */
    _Atomic uint32_t phase_count;  /* phases that the experiment has, in order of time */
    _Atomic uint32_t phases_begun;
    struct ps_phase_mark phase_mark[PS_MAX_PHASES];
    _Atomic uint32_t http_port; /* arrivals = http: where it listens; else 0 */
    _Atomic uint32_t cpus_lost; /* of those the run may use, taken away by an injected fault */
    struct ps_injected_mark injected[PS_MAX_WORKERS];

    /* Writer: the thread that crashes, once (fault_signal last, with release). */
    _Alignas(128) _Atomic uint32_t fault_signal; /* 0: none */
    _Atomic int32_t fault_worker;                /* -1: no worker */
    _Atomic int32_t fault_type;                  /* -1: no task */
    _Atomic uint32_t fault_overflow;             /* 1: a stack overflow */
    _Atomic uint64_t fault_address;

    /* Writer: the service thread. */
    _Alignas(128) _Atomic uint64_t net_requests, net_errors;

    /* Writer: the host's main thread before the run; switches and requests: whoever holds the lock
     * of the GIL (engines/gil.h). */
    _Alignas(128) _Atomic uint64_t gil_interval_ns; /* 0: no GIL */
    _Atomic uint64_t gil_switches;                  /* times another thread got it */
    _Atomic uint64_t gil_requests;                  /* times a holder was asked to drop it */
    _Atomic uint64_t gil_holder;                    /* ps_holder_word; 0: nobody */
    /* The auto-tuner of the worker count; Writer: the host's main thread. tuner_high 0: there is none. */
    _Atomic uint64_t tuner_changes, tuner_turns; /* of the count; of its direction */
    _Atomic uint64_t tuner_low, tuner_high;      /* counts it has set */
    /* Writers: every thread that serves HTTP, by atomic adds; see host/http.h. */
    _Alignas(128) _Atomic uint64_t http_opened, http_closed; /* connections */
    _Atomic uint64_t http_peak;                              /* connections open at once, at most */
    _Atomic uint64_t http_rejected; /* answers to what ran no task: 4xx, and pages of its own */
    /* Writer: the thread of its own clients; see host/http_clients.h. */
    _Alignas(128) _Atomic uint64_t http_clients; /* 0: it has none */
    _Atomic uint64_t http_clients_answered;      /* of these, who got an answer so far */
    _Atomic uint64_t http_client_errors; /* connections that failed or ended inside an answer */
    /* See ps_answer. */
    _Alignas(128) _Atomic uint32_t answers; /* entries in use */
    struct ps_answer answer[PS_SEGMENT_ANSWERS];
    /* The locks of the experiment. Writer of the count: the host's main thread before tasks run. */
    _Atomic uint32_t locks;
    struct ps_lock_mark lock[PS_MAX_LOCKS];
};

/* A host is executed anew from the path of its front end, where another build may lie by then; and
 * so is a worker process. They know each other by the version, which has to follow the layout. */
_Static_assert(sizeof(struct ps_segment) == 14720 && sizeof(struct ps_cell) == 640 &&
                   sizeof(struct ps_type_cell) == 57600 && sizeof(struct ps_ring) == 65664,
               "the layout has changed: PS_SEGMENT_VERSION + 1, and the sizes here");

/* The state word: state << 56 | (type + 1, 0 for none) << 48 | instant in ns (48 bits, 78 h). */
static inline uint64_t ps_state_word(enum ps_state state, unsigned type_plus_1, uint64_t instant_ns)
{
    return (uint64_t)state << 56 | (uint64_t)(type_plus_1 & 0xff) << 48 |
           (instant_ns & ((UINT64_C(1) << 48) - 1));
}
static inline enum ps_state ps_state_of(uint64_t word)
{
    return (enum ps_state)(word >> 56);
}
static inline int ps_state_type(uint64_t word)
{
    return (int)(word >> 48 & 0xff) - 1;
}
static inline uint64_t ps_state_since(uint64_t word)
{
    return word & ((UINT64_C(1) << 48) - 1);
}

/* Where a task is in its program: id << 32 | (type + 1) << 24 | (step + 1) << 16 | argument. argument:
 * children spawned so far, at most 65535. */
static inline uint64_t ps_doing_word(uint32_t id, unsigned type, unsigned step, uint32_t children)
{
    return (uint64_t)id << 32 | (uint64_t)((type + 1) & 0xff) << 24 |
           (uint64_t)((step + 1) & 0xff) << 16 | (children < 0xffff ? children : 0xffff);
}
/* Who holds a lock: id << 32 | (type + 1) << 16 | worker + 1 (0: no worker), and never 0. */
static inline uint64_t ps_holder_word(uint32_t id, unsigned type, int worker)
{
    return (uint64_t)id << 32 | (uint64_t)((type + 1) & 0xff) << 16 |
           (uint64_t)((worker + 1) & 0xffff);
}

const char *ps_state_name(enum ps_state state);
const char *ps_state_meaning(enum ps_state state);
char ps_state_symbol(enum ps_state state);
const char *ps_outcome_name(enum ps_outcome outcome);
const char *ps_event_name(enum ps_event_kind kind);
const char *ps_end_name(enum ps_end end);

/* Bytes of a segment for so many worker slots and task types. */
size_t ps_segment_bytes(unsigned slots, unsigned types);

/* Lay out a zeroed memory of ps_segment_bytes. type_names: `types` strings, cut to fit. */
void ps_segment_init(struct ps_segment *segment, unsigned slots, unsigned types,
                     const char *const *type_names);

/* Create a memfd with an initialised segment, map it, return the descriptor (close-on-exec unset is
 * the caller's business) and the mapping. PS_ENOMEM, PS_ELIMIT. */
enum ps_err ps_segment_create(unsigned slots, unsigned types, const char *const *type_names,
                              int *fd, struct ps_segment **segment);

/* The same with a picture behind it; PS_EINVAL: a shape that no picture can have. */
enum ps_err ps_segment_create_with_picture(unsigned slots, unsigned types,
                                           const char *const *type_names,
                                           const struct ps_picture_shape *shape, int *fd,
                                           struct ps_segment **segment);

/* Map and check a segment made by somebody else: size, magic, version, every offset.
 * PS_EVERSION, PS_EPROTO. The mapping is writable if the descriptor is. */
enum ps_err ps_segment_open(int fd, struct ps_segment **segment);
void ps_segment_unmap(struct ps_segment *segment);

static inline struct ps_cell *ps_segment_cell(struct ps_segment *s, unsigned slot)
{
    return (struct ps_cell *)((char *)s + s->cells_at) + slot;
}
static inline _Atomic uint64_t *ps_segment_steals(struct ps_segment *s, unsigned thief)
{
    return (_Atomic uint64_t *)((char *)s + s->steals_at) + (size_t)thief * s->slots * 2;
}
static inline struct ps_type_cell *ps_segment_type(struct ps_segment *s, unsigned slot,
                                                   unsigned type)
{
    return (struct ps_type_cell *)((char *)s + s->types_at) + (size_t)slot * s->types + type;
}
static inline struct ps_ring *ps_segment_ring(struct ps_segment *s, unsigned slot)
{
    return (struct ps_ring *)((char *)s + s->rings_at) + slot;
}

/* NULL: there is none. */
static inline struct ps_picture *ps_segment_picture(struct ps_segment *s)
{
    return s->picture_bytes ? (struct ps_picture *)((char *)s + s->picture_at) : NULL;
}

/* Seqlock on `message`: writers take turns. The reader's copy is always whole. */
void ps_segment_say(struct ps_segment *segment, const char *message);
/* The process that wrote is dead, perhaps in the middle of a message: the caller writes from now
 * on. */
void ps_segment_take_over(struct ps_segment *segment);
void ps_segment_message(const struct ps_segment *segment, char into[PS_MESSAGE_BYTES]);

#endif
