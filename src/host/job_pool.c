/* Memory of jobs.
 *
 * Protocol: shard i serves worker slot i, the last one all other threads. A shard's lock is
 * contended only when a slot changes hands or by outside threads. A shard that runs empty takes
 * BATCH jobs from the depot, one that is full gives BATCH back, so jobs that are made on one thread
 * and end on another flow round at one depot lock per BATCH. Lock order: shard, then depot.
 *
 * Cancelling all. `started` of a job: RESTS -> STARTED by its first step; STARTED -> HELD -> STARTED
 * by the sweep, around the cancel; STARTED -> RESTS by its end, which waits while it is HELD (for
 * one wake-up at most), so a job that is being cancelled cannot end. A job sets `started` and then
 * compares its family's birth with the bound; the sweep sets the bound and then reads `started`; all
 * seq_cst: either the sweep sees the job, or the job sees the new bound. Roots have a bound of their
 * own, which is set and swept for before that of the others: no child is cancelled before its root is,
 * so none is joined by somebody who has not heard of it and completes. Rejected: locking every shard
 * during the sweep (stops all workers, and holds 257 locks at once). */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/clock.h"
#include "host/job.h"

enum { RESTS, STARTED, HELD }; /* ps_job.started */
enum { BATCH = 64, FULL = 2 * BATCH, SLAB = 256, SHARDS = PS_MAX_WORKERS + 1 };

struct shard {
    _Alignas(128) pthread_mutex_t lock;
    unsigned count;
    struct ps_job *free[FULL];
};

struct slab {
    struct slab *next; /* constant; jobs are zeroed when made: `started` is readable at once */
    struct ps_job jobs[SLAB];
};

struct ps_job_pool {
    struct shard shard[SHARDS];
    pthread_mutex_t depot_lock;
    struct ps_job *depot; /* list by next_free */
    struct slab *slabs;
    /* Families born before are cancelled: their roots, and all others. */
    _Atomic uint64_t roots_before_ns, others_before_ns;
};

struct ps_job_pool *ps_job_pool_new(void)
{
    struct ps_job_pool *pool = aligned_alloc(128, (sizeof *pool + 127) / 128 * 128);
    if (!pool)
        return NULL;
    for (unsigned i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&pool->shard[i].lock, NULL);
        pool->shard[i].count = 0;
    }
    pthread_mutex_init(&pool->depot_lock, NULL);
    pool->depot = NULL;
    pool->slabs = NULL;
    atomic_init(&pool->roots_before_ns, 0);
    atomic_init(&pool->others_before_ns, 0);
    return pool;
}

void ps_job_pool_free(struct ps_job_pool *pool)
{
    if (!pool)
        return;
    while (pool->slabs) {
        struct slab *slab = pool->slabs;
        pool->slabs = slab->next;
        free(slab);
    }
    for (unsigned i = 0; i < SHARDS; i++)
        pthread_mutex_destroy(&pool->shard[i].lock);
    pthread_mutex_destroy(&pool->depot_lock);
    free(pool);
}

static bool grow_depot(struct ps_job_pool *pool)
{
    struct slab *slab = calloc(1, sizeof *slab);
    if (!slab)
        return false;
    slab->next = pool->slabs;
    pool->slabs = slab;
    for (unsigned i = 0; i < SLAB; i++) {
        slab->jobs[i].next_free = pool->depot;
        pool->depot = &slab->jobs[i];
    }
    return true;
}

static void refill(struct ps_job_pool *pool, struct shard *shard)
{
    pthread_mutex_lock(&pool->depot_lock);
    while (shard->count < BATCH) {
        if (!pool->depot && !grow_depot(pool))
            break;
        shard->free[shard->count++] = pool->depot;
        pool->depot = pool->depot->next_free;
    }
    pthread_mutex_unlock(&pool->depot_lock);
}

static void flush(struct ps_job_pool *pool, struct shard *shard)
{
    pthread_mutex_lock(&pool->depot_lock);
    while (shard->count > BATCH) {
        struct ps_job *job = shard->free[--shard->count];
        job->next_free = pool->depot;
        pool->depot = job;
    }
    pthread_mutex_unlock(&pool->depot_lock);
}

static struct shard *own_shard(struct ps_job_pool *pool)
{
    int slot = ps_worker_self();
    return &pool->shard[slot >= 0 ? (unsigned)slot : SHARDS - 1];
}

struct ps_job *ps_job_take(struct ps_job_pool *pool)
{
    struct shard *shard = own_shard(pool);
    pthread_mutex_lock(&shard->lock);
    if (shard->count == 0)
        refill(pool, shard);
    struct ps_job *job = shard->count ? shard->free[--shard->count] : NULL;
    pthread_mutex_unlock(&shard->lock);
    return job;
}

void ps_job_put(struct ps_job_pool *pool, struct ps_job *job)
{
    struct shard *shard = own_shard(pool);
    pthread_mutex_lock(&shard->lock);
    if (shard->count == FULL)
        flush(pool, shard);
    shard->free[shard->count++] = job;
    pthread_mutex_unlock(&shard->lock);
}

void ps_job_started(struct ps_job_pool *pool, struct ps_job *job)
{
    atomic_store(&job->started, STARTED);
    if (job->family_ns < atomic_load(job->root ? &pool->roots_before_ns : &pool->others_before_ns))
        ps_task_cancel(&job->task);
}

void ps_job_ended(struct ps_job *job)
{
    uint32_t started = STARTED;
    while (!atomic_compare_exchange_weak(&job->started, &started, RESTS)) {
        if (started == RESTS)
            return; /* ends before its start */
        if (started == HELD)
            sched_yield();
        started = STARTED;
    }
}

/* Held, it is what it was when it started. */
void ps_job_cancel(struct ps_job *job, bool root, uint64_t before_ns)
{
    uint32_t started = STARTED;
    if (!atomic_compare_exchange_strong(&job->started, &started, HELD))
        return;
    if (job->root == root && job->family_ns < before_ns)
        ps_task_cancel(&job->task);
    atomic_store(&job->started, STARTED);
}

static void sweep(struct ps_job_pool *pool, bool roots, uint64_t before_ns)
{
    pthread_mutex_lock(&pool->depot_lock);
    struct slab *slab = pool->slabs; /* those made later hold only jobs that start later */
    pthread_mutex_unlock(&pool->depot_lock);
    for (; slab; slab = slab->next)
        for (unsigned i = 0; i < SLAB; i++)
            ps_job_cancel(&slab->jobs[i], roots, before_ns);
}

void ps_jobs_cancel_roots(struct ps_job_pool *pool, uint64_t before_ns)
{
    atomic_store(&pool->roots_before_ns, before_ns);
    sweep(pool, true, before_ns);
}

void ps_jobs_cancel_others(struct ps_job_pool *pool, uint64_t before_ns)
{
    atomic_store(&pool->others_before_ns, before_ns);
    sweep(pool, false, before_ns);
}
