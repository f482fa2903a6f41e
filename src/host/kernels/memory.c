/* memory SIZE xN: follow a chain through every line of a block of SIZE bytes, N times. Each line says
 * which one is next, in an order without pattern, so every load waits for the one before: the time of
 * a step is the latency of whatever holds SIZE bytes, the caches or the memory (as lmbench's
 * lat_mem_rd and mlc measure it). Value: lines visited, if they were all lines N times. */
#include "host/kernels/memory.h"

#include <stdlib.h>

#include "base/clock.h"
#include "host/kernel.h"
#include "model/kernels.h"

/* Lines between looks at whether to stop. */
enum { PIECE = 4096, LINE = 64 };

struct line {
    _Alignas(LINE) uint64_t next;
    uint64_t number;
};

struct ps_memory {
    unsigned blocks;
    struct block {
        uint64_t lines;
        struct line *line;
    } block[PS_KERNELS_MAX];
};

static struct block *find(struct ps_memory *memory, uint64_t bytes)
{
    for (unsigned i = 0; i < memory->blocks; i++)
        if (memory->block[i].lines == bytes / LINE)
            return &memory->block[i];
    return NULL;
}

/* One circle through all lines in random order (Sattolo, 1986). */
static enum ps_err make(struct block *block, uint64_t bytes, uint64_t seed)
{
    block->lines = bytes / LINE;
    block->line = aligned_alloc(LINE, block->lines * LINE);
    if (!block->line)
        return PS_ENOMEM;
    struct ps_rng rng = ps_rng_make(seed, UINT64_C(0x6d656d));
    for (uint64_t i = 0; i < block->lines; i++)
        block->line[i] = (struct line){.next = i, .number = i};
    for (uint64_t i = block->lines - 1; i > 0; i--) {
        struct line *other = &block->line[ps_rng_below(&rng, (uint32_t)i)];
        uint64_t next = other->next;
        other->next = block->line[i].next;
        block->line[i].next = next;
    }
    return PS_OK;
}

uint64_t ps_memory_bytes(const struct ps_experiment *experiment)
{
    const struct ps_step_def *list[PS_KERNELS_MAX];
    unsigned count = ps_kernels_of(experiment, list, PS_KERNELS_MAX);
    uint64_t bytes = 0;
    for (unsigned i = 0; i < count && i < PS_KERNELS_MAX; i++)
        if (list[i]->kind == PS_STEP_MEMORY)
            bytes += list[i]->size;
    return bytes;
}

enum ps_err ps_memory_start(struct ps_run *run)
{
    const struct ps_step_def *list[PS_KERNELS_MAX];
    unsigned count = ps_kernels_of(&run->experiment, list, PS_KERNELS_MAX);
    if (ps_memory_bytes(&run->experiment) == 0)
        return PS_OK;
    run->memory = calloc(1, sizeof *run->memory);
    if (!run->memory)
        return PS_ENOMEM;
    for (unsigned i = 0; i < count; i++) {
        if (list[i]->kind != PS_STEP_MEMORY || find(run->memory, list[i]->size))
            continue;
        struct block *block = &run->memory->block[run->memory->blocks++];
        if (make(block, list[i]->size, run->experiment.seed) != PS_OK)
            return PS_ENOMEM;
    }
    return PS_OK;
}

void ps_memory_stop(struct ps_run *run)
{
    if (!run->memory)
        return;
    for (unsigned i = 0; i < run->memory->blocks; i++)
        free(run->memory->block[i].line);
    free(run->memory);
}

static struct ps_wait *advance(struct ps_job *job, const struct ps_step_def *step)
{
    const struct block *block = find(job->run->memory, step->size);
    uint64_t began_ns = ps_now_ns(), at = 0, sum = 0, visits = block->lines * step->count;
    for (uint64_t i = 0; i < visits; i++) {
        if (i % PIECE == 0 && ps_job_stopping(job)) {
            ps_task_give_up(&job->task);
            return NULL;
        }
        sum += block->line[at].number;
        at = block->line[at].next;
    }
    uint64_t right = block->lines * (block->lines - 1) / 2 * step->count;
    ps_answer_record(job, ps_answer_of(job), visits, sum == right && at == 0,
                     ps_now_ns() - began_ns);
    return NULL;
}

extern const struct ps_step_ops ps_step_memory;
const struct ps_step_ops ps_step_memory = {.advance = advance};
