/* The memory that an engine of processes and its workers share: one memfd, mapped by all of them.
 * Private to engines/process/.
 *
 *   ps_arena       what all look at
 *   ps_share       one a slot: the worker's side of its own state
 *   lines          indices of records, in the order in which tasks start; one a priority
 *   ps_record      tasks on their way: accepted and not yet settled
 *   setup          bytes for the user's part of a worker
 *   shared         memory of the user's parts
 *
 * No lock, and nothing that a process must do in two steps and could leave half done: any worker may
 * be killed between any two instructions. Who owns what is always one word.
 *
 *   record.word    FREE -> QUEUED (line, position) -> OWNED (slot) -> DONE (slot) -> FREE
 *
 * Protocol of a line. `tail` counts what was ever appended, `head` what was ever taken.
 *   engine  alone, under its lock: 1 word = QUEUED | tail; 2 place[tail] = record; 3 tail + 1
 *           (seq_cst); 4 takes a bit of `idle`, if there is one, and wakes that worker
 *   taker   1 head < tail; 2 record = place[head]; 3 CAS word: QUEUED | head -> OWNED | slot: it is the
 *           taker's; 4 CAS head: head -> head + 1, whether 3 succeeded or not
 * Positions are never used twice, so 3 fails for a record that was taken or used again meanwhile. A
 * taker that is killed between 3 and 4 owns the record, and whoever comes next does 4 for it.
 *
 * Protocol of rest. worker: 1 takes a ticket of its parker; 2 finds nothing; 3 sets its bit in `idle`
 * (seq_cst RMW); 4 looks again (seq_cst); 5 waits with the ticket; 6 clears its bit. engine: appends,
 * then reads `idle`. Either the worker sees the task, or the engine sees the bit. The bit of a dead
 * worker is cleared by the engine, which then wakes everybody, since the dead one may have been woken
 * for a task.
 *
 * Protocol of what comes back. worker: 1 word = DONE | slot; 2 pushes the record on `done` (CAS,
 * seq_cst); 3 reads `asleep`: takes it down, rings the bell. keeper (keeper.c): 1 asleep = 1
 * (seq_cst); 2 `done` is empty; 3 waits for the bell. All are taken at once, so there is no ABA.
 *
 * Protocol of room. A submitter that finds the line full: 1 wanted = 1 (seq_cst); 2 looks again. A
 * taker: moves head (seq_cst); reads `wanted`: takes it down, rings the bell; the keeper lets
 * submitters try again.
 *
 * Rejected: process-shared mutexes, robust or not (the state under them is not; a taker that dies in
 * the middle stops all the others); a line for each worker (a task waits behind a long one while
 * others rest); a counter of idle workers (a dead one would count for ever); a pipe (two system calls
 * and a copy for each task: Python's multiprocessing). */
#ifndef PS_ENGINES_PROCESS_ARENA_H
#define PS_ENGINES_PROCESS_ARENA_H

#include "engines/common/slot.h"

#define PS_ARENA_MAGIC UINT64_C(0x616e657261207370)

enum {
    /* Descriptors of a worker. */
    PS_WORKER_ARENA_FD = 3,
    PS_WORKER_SEGMENT_FD,
    PS_WORKER_BELL_FD, /* eventfd: the keeper looks */
    PS_WORKER_POLL_FD, /* eventfd: of its parker */
    PS_WORKER_FDS,

    PS_WHY_BYTES = 160
};

/* In the environment of a worker: the number of its slot. */
#define PS_WORKER_VARIABLE "POOLSCOPE_WORKER_SLOT"

enum ps_share_life {
    PS_SHARE_NONE,
    PS_SHARE_LIVE,     /* a process exists */
    PS_SHARE_RETIRING, /* it is to leave once it has no task (engine, by CAS) */
    PS_SHARE_LEFT      /* it takes none any more and ends in order (worker, by CAS) */
};

/* Writer: the process of the slot, but for `life`, slot.parker and engine.phase, which are changed by
 * RMW; the engine, while there is no such process. */
struct ps_share {
    struct ps_slot slot;
    struct ps_engine engine; /* of its tasks; pointers in it are the worker's */
    _Atomic uint32_t life;   /* enum ps_share_life */
    _Atomic uint32_t ready;  /* 1: engine and slot are made, it has looked at the phase */
    _Atomic uint32_t ending; /* 1 + outcome, while it counts the end of its record's task */
    _Atomic uint32_t failed; /* enum ps_err of open */
    char why[PS_WHY_BYTES];
};

struct ps_record {
    _Atomic uint64_t word;    /* see ps_record_word */
    _Atomic uint32_t next;    /* 1 + index of the one below it on `done`; 0: none */
    _Atomic uint32_t stop;    /* enum ps_stop, asked for by the engine */
    _Atomic uint32_t token;   /* 1: an unpark that came before the task had begun */
    _Atomic uint32_t running; /* 1: `memory` holds the task (seq_cst, partner ps_process_unpark) */
    _Atomic uint32_t outcome; /* 1 + outcome, once the body has ended */
    uint32_t message_bytes;
    struct ps_task *task; /* the engine's */
    struct ps_stamp stamp;
    uint64_t deadline_ns;
    _Alignas(16) unsigned char message[PS_PROCESS_MESSAGE]; /* there, and back */
    _Alignas(16) unsigned char memory[];                    /* the worker's task */
};

enum ps_record_kind { PS_RECORD_FREE, PS_RECORD_QUEUED, PS_RECORD_OWNED, PS_RECORD_DONE };

static inline uint64_t ps_record_word(enum ps_record_kind kind, uint64_t what)
{
    return what << 2 | (uint64_t)kind;
}

struct ps_arena_line {
    _Alignas(128) _Atomic uint64_t head;
    _Alignas(128) _Atomic uint64_t tail;
};

struct ps_arena {
    /* Constant once made. */
    uint64_t magic, abi; /* abi: sizes of what both sides share */
    uint64_t total_bytes, shares_at, lines_at, records_at, setup_at, shared_at;
    uint64_t setup_bytes, record_bytes, task_bytes, queue;
    uint32_t engine_pid, slots, records, line_mask, on_full;

    struct ps_arena_line line[2]; /* by enum ps_priority */
    _Alignas(128) _Atomic uint32_t wanted;
    _Alignas(128) _Atomic uint64_t idle[PS_MAX_WORKERS / 64];
    _Alignas(128) _Atomic uint32_t done; /* 1 + index of the newest; 0: none */
    _Atomic uint32_t asleep;
    _Alignas(128) _Atomic uint32_t phase; /* the engine's */
    _Atomic uint32_t paused;
};

/* The engine's: a memfd, laid out. PS_ENOMEM, PS_ELIMIT. */
enum ps_err ps_arena_create(const struct ps_engine_config *config, int *fd,
                            struct ps_arena **arena);
/* The worker's. PS_EPROTO, PS_EVERSION: not the same library; PS_ENOMEM. */
enum ps_err ps_arena_open(int fd, struct ps_arena **arena);
void ps_arena_unmap(struct ps_arena *arena);

static inline struct ps_share *ps_arena_share(struct ps_arena *arena, unsigned slot)
{
    return (struct ps_share *)((char *)arena + arena->shares_at) + slot;
}
static inline struct ps_record *ps_arena_record(struct ps_arena *arena, uint32_t index)
{
    return (struct ps_record *)((char *)arena + arena->records_at + index * arena->record_bytes);
}
static inline void *ps_arena_shared(struct ps_arena *arena)
{
    return (char *)arena + arena->shared_at;
}
static inline void *ps_arena_setup(struct ps_arena *arena)
{
    return (char *)arena + arena->setup_at;
}

/* The engine, under its lock. */
void ps_line_append(struct ps_arena *arena, enum ps_priority priority, uint32_t record);
/* Any taker; `who`: its slot. false: nothing waits in that line. */
bool ps_line_take(struct ps_arena *arena, enum ps_priority priority, unsigned who,
                  uint32_t *record);
/* Tasks that wait, in both. Any thread; exact when nobody appends or takes meanwhile. */
uint64_t ps_line_count(struct ps_arena *arena);

void ps_idle_set(struct ps_arena *arena, unsigned slot);
void ps_idle_clear(struct ps_arena *arena, unsigned slot);
/* Take somebody's bit, the lowest slot's; -1: nobody is idle. */
int ps_idle_take(struct ps_arena *arena);

/* The worker; and all of them, for the keeper: 1 + index of the newest, linked by `next`. */
void ps_done_push(struct ps_arena *arena, uint32_t record, unsigned slot);
static inline uint32_t ps_done_take_all(struct ps_arena *arena)
{
    /* acquire, partner: ps_done_push. */
    return atomic_exchange(&arena->done, 0);
}

#endif
