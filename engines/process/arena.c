#include "engines/process/arena.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engines/process.h"

/* Results that may lie uncollected beside a full queue: a submission is refused when there are more. */
#define SLACK 1024u

_Static_assert(sizeof(struct ps_arena) % 128 == 0, "the shares begin on a cache line pair");
_Static_assert(sizeof(struct ps_share) % 128 == 0, "shares must not share cache lines");

static uint64_t abi(void)
{
    return (uint64_t)sizeof(struct ps_arena) << 48 ^ (uint64_t)sizeof(struct ps_share) << 32 ^
           (uint64_t)sizeof(struct ps_record) << 16 ^ sizeof(struct ps_task) ^
           (uint64_t)PS_SEGMENT_VERSION << 24;
}

static uint64_t round_up(uint64_t bytes)
{
    return (bytes + 127) & ~(uint64_t)127;
}

static uint32_t line_size(uint32_t records)
{
    uint32_t size = 64;
    while (size < records)
        size *= 2;
    return size;
}

static void lay_out(struct ps_arena *arena, const struct ps_engine_config *config)
{
    uint32_t slots = config->segment->slots;
    uint64_t records = config->queue + slots + SLACK;
    *arena = (struct ps_arena){
        .magic = PS_ARENA_MAGIC,
        .abi = abi(),
        .shares_at = sizeof(struct ps_arena),
        .setup_bytes = config->process->setup_bytes,
        .task_bytes = config->process->task_bytes,
        .record_bytes = round_up(sizeof(struct ps_record) + config->process->task_bytes),
        .queue = config->queue,
        .engine_pid = (uint32_t)getpid(),
        .slots = slots,
        .records = (uint32_t)records,
        .line_mask = line_size((uint32_t)records) - 1,
        .on_full = config->on_full,
    };
    arena->lines_at = arena->shares_at + slots * sizeof(struct ps_share);
    arena->records_at =
        arena->lines_at + round_up(2 * ((uint64_t)arena->line_mask + 1) * sizeof(uint32_t));
    arena->setup_at = arena->records_at + records * arena->record_bytes;
    arena->shared_at = arena->setup_at + round_up(arena->setup_bytes);
    arena->total_bytes = arena->shared_at + round_up(config->process->shared_bytes);
}

enum ps_err ps_arena_create(const struct ps_engine_config *config, int *fd, struct ps_arena **arena)
{
    struct ps_arena plan;
    if (config->queue > UINT32_MAX / 4)
        return PS_EINVAL;
    lay_out(&plan, config);
    int memfd = memfd_create("poolscope-process", MFD_CLOEXEC);
    if (memfd < 0)
        return ps_err_from_errno(errno);
    void *map = MAP_FAILED;
    if (ftruncate(memfd, (off_t)plan.total_bytes) == 0)
        map = mmap(NULL, plan.total_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
    if (map == MAP_FAILED) {
        close(memfd);
        return PS_ENOMEM;
    }
    memcpy(map, &plan, sizeof plan);
    *arena = map;
    *fd = memfd;
    if (plan.setup_bytes > 0)
        memcpy(ps_arena_setup(*arena), config->process->setup, plan.setup_bytes);
    return PS_OK;
}

enum ps_err ps_arena_open(int fd, struct ps_arena **arena)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size < (off_t)sizeof(struct ps_arena))
        return PS_EPROTO;
    struct ps_arena *map =
        mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        return PS_ENOMEM;
    if (map->magic == PS_ARENA_MAGIC && map->abi == abi() &&
        map->total_bytes == (uint64_t)st.st_size) {
        *arena = map;
        return PS_OK;
    }
    munmap(map, (size_t)st.st_size);
    return PS_EVERSION;
}

void ps_arena_unmap(struct ps_arena *arena)
{
    munmap(arena, arena->total_bytes);
}

/* ---- the lines ---- */

static _Atomic uint32_t *place_at(struct ps_arena *arena, enum ps_priority line, uint64_t position)
{
    _Atomic uint32_t *places = (_Atomic uint32_t *)((char *)arena + arena->lines_at);
    return places + (line * ((uint64_t)arena->line_mask + 1) + (position & arena->line_mask));
}

static uint64_t queued_word(enum ps_priority line, uint64_t position)
{
    return ps_record_word(PS_RECORD_QUEUED, position << 1 | line);
}

/* relaxed: ordered by the head or tail that was read before; a stale one fails its CAS. */
static struct ps_record *record_at(struct ps_arena *arena, enum ps_priority line, uint64_t position,
                                   uint32_t *index)
{
    *index = atomic_load_explicit(place_at(arena, line, position), memory_order_relaxed);
    return ps_arena_record(arena, *index);
}

void ps_line_append(struct ps_arena *arena, enum ps_priority priority, uint32_t record)
{
    struct ps_arena_line *line = &arena->line[priority];
    uint64_t tail = atomic_load_explicit(&line->tail, memory_order_relaxed);
    /* release, partner: the CAS in ps_line_take, whose winner reads the record. */
    atomic_store_explicit(&ps_arena_record(arena, record)->word, queued_word(priority, tail),
                          memory_order_release);
    atomic_store_explicit(place_at(arena, priority, tail), record, memory_order_relaxed);
    /* seq_cst, partner: a worker that sets its idle bit and then reads tail. */
    atomic_store(&line->tail, tail + 1);
}

bool ps_line_take(struct ps_arena *arena, enum ps_priority priority, unsigned who, uint32_t *record)
{
    struct ps_arena_line *line = &arena->line[priority];
    for (;;) {
        /* head before tail, so head <= tail; seq_cst, partner ps_line_append. */
        uint64_t head = atomic_load(&line->head);
        if (head == atomic_load(&line->tail))
            return false;
        struct ps_record *first = record_at(arena, priority, head, record);
        uint64_t queued = queued_word(priority, head);
        bool won = atomic_compare_exchange_strong(&first->word, &queued,
                                                  ps_record_word(PS_RECORD_OWNED, who));
        atomic_compare_exchange_strong(&line->head, &head, head + 1);
        if (won)
            return true;
    }
}

static uint64_t count(struct ps_arena *arena, enum ps_priority priority)
{
    struct ps_arena_line *line = &arena->line[priority];
    for (;;) {
        uint32_t index;
        uint64_t head = atomic_load(&line->head), tail = atomic_load(&line->tail);
        if (head == tail)
            return 0;
        /* Somebody who took the first one may have died before it moved head. */
        if (atomic_load(&record_at(arena, priority, head, &index)->word) ==
            queued_word(priority, head))
            return tail - head;
        atomic_compare_exchange_strong(&line->head, &head, head + 1);
    }
}

uint64_t ps_line_count(struct ps_arena *arena)
{
    return count(arena, PS_PRIORITY_HIGH) + count(arena, PS_PRIORITY_NORMAL);
}

/* ---- who is idle ---- */

void ps_idle_set(struct ps_arena *arena, unsigned slot)
{
    atomic_fetch_or(&arena->idle[slot / 64], UINT64_C(1) << slot % 64);
}

void ps_idle_clear(struct ps_arena *arena, unsigned slot)
{
    atomic_fetch_and(&arena->idle[slot / 64], ~(UINT64_C(1) << slot % 64));
}

int ps_idle_take(struct ps_arena *arena)
{
    for (unsigned i = 0; i < (arena->slots + 63) / 64; i++) {
        uint64_t bits = atomic_load(&arena->idle[i]);
        while (bits != 0)
            if (atomic_compare_exchange_weak(&arena->idle[i], &bits, bits & (bits - 1)))
                return (int)(i * 64) + __builtin_ctzll(bits);
    }
    return -1;
}

/* ---- what comes back ---- */

void ps_done_push(struct ps_arena *arena, uint32_t index, unsigned slot)
{
    struct ps_record *record = ps_arena_record(arena, index);
    /* relaxed: published by the CAS; a worker that dies between the two still owns it by its slot. */
    atomic_store_explicit(&record->word, ps_record_word(PS_RECORD_DONE, slot),
                          memory_order_relaxed);
    uint32_t top = atomic_load_explicit(&arena->done, memory_order_relaxed);
    do
        atomic_store_explicit(&record->next, top, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&arena->done, &top, index + 1));
}
