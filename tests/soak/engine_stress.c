/* engine_stress TASKS [ENGINE[:POLICY]]: each policy with 1, 2 and 64 workers and a queue of 4, TASKS
 * tasks in all: tasks that compute, yield, sleep, run into deadlines, wait for descriptors, park until
 * they are cancelled, spawn and join; and jobs. Meanwhile the worker count changes at random 100 times
 * a second and everything in reach is cancelled. One run is drained, the next is discarded under load.
 *
 * Afterwards all must be accounted for, nothing may have run twice, and the process must hold what it
 * held before: descriptors, threads, maps, bytes. One line a run; exit 1 if anything is lost, doubled
 * or kept. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "engines/engine.h"
#include "footprint.h"
#include "metrics/snapshot.h"

enum { MAX_WORKERS = 64, QUEUE = 4, SHELF = 64, RESIZE_NS = 10000000, STORM_NS = 200000 };

struct work;

struct stress {
    struct ps_engine *engine;
    bool joins; /* a task that joins does not take the worker that its children need */
    uint64_t tasks;
    _Atomic uint64_t made, freed, twice, accepted, jobs, jobs_ran;
    _Atomic int produced, over;
    pthread_mutex_t lock; /* of shelf */
    struct work *shelf[SHELF];
};

enum kind { PLAIN, YIELDS, SLEEPS, LATE, WAITS_FD, PARKS, SPAWNS };

struct work {
    struct ps_task task;
    struct stress *stress;
    struct ps_wait wait;
    enum kind kind;
    unsigned phase;
    int fd;
    _Atomic unsigned runs, ends, holders;
};

static const struct ps_body body;

static enum kind kind_of(uint32_t id)
{
    static const enum kind rare[] = {SLEEPS, LATE, WAITS_FD, PARKS, SPAWNS, SPAWNS};
    uint64_t mixed = ps_mix64(id + 1);
    if (mixed % 128 == 0)
        return rare[mixed / 128 % (sizeof rare / sizeof rare[0])];
    return mixed % 8 == 1 ? YIELDS : PLAIN;
}

static struct work *make(struct stress *stress, struct ps_task *parent, uint32_t id, enum kind kind)
{
    struct work *work = calloc(1, sizeof *work);
    if (!work)
        abort();
    ps_task_init(&work->task, &body, id, 0);
    work->task.parent = parent;
    work->stress = stress;
    work->kind = kind;
    work->fd = -1;
    if (kind == LATE)
        work->task.deadline_ns = ps_now_ns() + 100 * PS_NS_PER_US;
    atomic_store(&work->holders, 1);
    atomic_fetch_add(&stress->made, 1);
    return work;
}

static void drop(struct work *work)
{
    if (atomic_fetch_sub(&work->holders, 1) != 1)
        return;
    atomic_fetch_add(&work->stress->freed, 1);
    free(work);
}

/* ---- bodies ---- */

static struct ps_wait *wait_for(struct work *work, enum ps_wait_kind kind, enum ps_state why,
                                uint64_t for_ns)
{
    work->wait = (struct ps_wait){.kind = kind,
                                  .why = why,
                                  .until_ns = for_ns == PS_NEVER ? PS_NEVER : ps_now_ns() + for_ns,
                                  .fd = work->fd,
                                  .events = POLLIN};
    return &work->wait;
}

static struct ps_wait *spawn(struct work *work)
{
    struct stress *stress = work->stress;
    for (uint32_t i = 0; i < 2; i++) {
        struct work *child = make(stress, &work->task, i, i == 0 ? PLAIN : YIELDS);
        if (ps_submit(work->task.engine, &child->task, 0) == PS_OK)
            atomic_fetch_add(&stress->accepted, 1);
        else
            drop(child);
    }
    return stress->joins ? wait_for(work, PS_WAIT_JOIN, PS_STATE_JOIN, PS_NEVER) : NULL;
}

static struct ps_wait *begin(struct work *work)
{
    switch (work->kind) {
    case YIELDS:
        return wait_for(work, PS_WAIT_YIELD, PS_STATE_RUN, 0);
    case SLEEPS:
        return wait_for(work, PS_WAIT_UNTIL, PS_STATE_SLEEP, 50 * PS_NS_PER_US);
    case LATE:
        return wait_for(work, PS_WAIT_UNTIL, PS_STATE_SLEEP, PS_NEVER);
    case PARKS:
        return wait_for(work, PS_WAIT_PARK, PS_STATE_LOCK, PS_NEVER);
    case WAITS_FD:
        work->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        return work->fd < 0 ? NULL : wait_for(work, PS_WAIT_FD, PS_STATE_NET, 50 * PS_NS_PER_US);
    case SPAWNS:
        return spawn(work);
    default:
        return NULL;
    }
}

static struct ps_wait *step(struct ps_task *task)
{
    struct work *work = (struct work *)task;
    if (work->phase++ == 0) {
        if (atomic_fetch_add(&work->runs, 1) != 0)
            atomic_fetch_add(&work->stress->twice, 1);
        return begin(work);
    }
    if (work->fd >= 0) {
        ps_engine_forget_fd(task->engine, work->fd);
        close(work->fd);
        work->fd = -1;
    }
    if (work->wait.result == PS_ECANCELED) {
        ps_task_give_up(task);
        return NULL;
    }
    /* A park may end without cause. */
    return work->kind == PARKS ? begin(work) : NULL;
}

static void ended(struct ps_task *task)
{
    struct work *work = (struct work *)task;
    if (atomic_fetch_add(&work->ends, 1) != 0)
        atomic_fetch_add(&work->stress->twice, 1);
}

static void release(struct ps_task *task)
{
    drop((struct work *)task);
}

static const struct ps_body body = {
    .name = "stress", .step = step, .ended = ended, .release = release};

static void job(void *argument)
{
    atomic_fetch_add(&((struct stress *)argument)->jobs_ran, 1);
}

/* ---- threads ---- */

/* What was accepted, with a hold: its place is given back when it is cancelled. */
static void shelve(struct stress *stress, struct work *work, uint32_t place)
{
    pthread_mutex_lock(&stress->lock);
    struct work *old = stress->shelf[place % SHELF];
    stress->shelf[place % SHELF] = work;
    pthread_mutex_unlock(&stress->lock);
    if (old) {
        ps_task_cancel(&old->task);
        drop(old);
    }
}

static bool produce_one(struct stress *stress, uint32_t id)
{
    if (id % 8 == 0) {
        enum ps_err err = ps_job(stress->engine, job, stress);
        if (err == PS_OK)
            atomic_fetch_add(&stress->jobs, 1);
        return err == PS_OK || err == PS_ENOTSUP;
    }
    enum kind kind = kind_of(id);
    bool shelved = kind == PARKS || id % 32 == 1;
    struct work *work = make(stress, NULL, id, kind);
    if (shelved)
        atomic_fetch_add(&work->holders, 1);
    bool accepted = ps_submit(stress->engine, &work->task, PS_NEVER) == PS_OK;
    if (accepted)
        atomic_fetch_add(&stress->accepted, 1);
    else
        drop(work);
    if (shelved && accepted)
        shelve(stress, work, id);
    else if (shelved)
        drop(work);
    return accepted;
}

static void *produce(void *argument)
{
    struct stress *stress = argument;
    for (uint64_t id = 0; id < stress->tasks && produce_one(stress, (uint32_t)id); id++)
        ;
    atomic_store(&stress->produced, 1);
    return NULL;
}

static void rest(uint64_t ns)
{
    struct timespec time = ps_timespec(ns);
    nanosleep(&time, NULL);
}

static void *storm(void *argument)
{
    struct stress *stress = argument;
    bool last;
    do {
        last = atomic_load(&stress->over) != 0;
        for (uint32_t place = 0; place < SHELF; place++)
            shelve(stress, NULL, place);
        rest(STORM_NS);
    } while (!last);
    return NULL;
}

/* ---- a run ---- */

struct run {
    const struct ps_engine_ops *ops;
    const struct ps_policy *policy;
    unsigned workers;
    uint64_t tasks;
    enum ps_close how;
};

static bool open_engine(const struct run *run, struct stress *stress, struct ps_segment **segment)
{
    static const char *const names[] = {"stress"};
    int fd;
    if (ps_segment_create(MAX_WORKERS, 1, names, &fd, segment) != PS_OK)
        return false;
    close(fd);
    struct ps_engine_config config = {.policy = run->policy,
                                      .workers = run->workers,
                                      .queue = QUEUE,
                                      .on_full = PS_ON_FULL_BLOCK,
                                      .stealing = true,
                                      .help = true,
                                      .seed = run->workers,
                                      .segment = *segment};
    return ps_engine_create(run->ops, &config, &stress->engine) == PS_OK &&
           ps_engine_start(stress->engine) == PS_OK;
}

/* Until all is produced, or for a run that is discarded, until half of it is. */
static unsigned resize(const struct run *run, struct stress *stress)
{
    struct ps_rng rng = ps_rng_make(7, run->workers);
    uint64_t enough = run->how == PS_CLOSE_DRAIN ? UINT64_MAX : run->tasks / 2;
    unsigned resizes = 0;
    while (!atomic_load(&stress->produced) && atomic_load(&stress->made) < enough) {
        rest(RESIZE_NS);
        if (!run->policy->fixed)
            resizes +=
                ps_engine_resize(stress->engine, 1 + ps_rng_below(&rng, run->workers)) == PS_OK;
    }
    return resizes;
}

static bool check(const struct run *run, const struct stress *stress,
                  const struct ps_snapshot *snapshot, unsigned resizes, double seconds)
{
    const struct ps_totals *totals = &snapshot->totals;
    uint64_t all = 0;
    for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
        all += i == PS_REFUSED ? 0 : totals->ended[i];
    bool ok = ps_totals_conserved(totals) && atomic_load(&stress->twice) == 0 &&
              atomic_load(&stress->made) == atomic_load(&stress->freed) &&
              all == atomic_load(&stress->accepted) &&
              atomic_load(&stress->jobs) == atomic_load(&stress->jobs_ran);
    printf("%s:%s %u workers, %s: %llu tasks (%llu timed out, %llu cancelled), %llu jobs, %u "
           "resizes, %.1f s: %s\n",
           run->ops->name, run->policy->name, run->workers,
           run->how == PS_CLOSE_DRAIN ? "drained" : "discarded", (unsigned long long)all,
           (unsigned long long)totals->ended[PS_TIMED_OUT],
           (unsigned long long)totals->ended[PS_CANCELLED],
           (unsigned long long)atomic_load(&stress->jobs_ran), resizes, seconds,
           ok ? "conserved" : "LOST OR DOUBLED");
    fflush(stdout);
    return ok;
}

static bool stress_one(const struct run *run)
{
    static struct ps_snapshot snapshot;
    struct stress stress = {.tasks = run->tasks,
                            .joins = (run->policy->traits & PS_TRAIT_PARKS_TASKS) != 0 ||
                                     strcmp(run->policy->name, "steal") == 0};
    struct ps_segment *segment;
    pthread_t producer, canceller;
    if (!open_engine(run, &stress, &segment)) {
        printf("%s:%s does not start\n", run->ops->name, run->policy->name);
        return false;
    }
    pthread_mutex_init(&stress.lock, NULL);
    uint64_t begin_ns = ps_now_ns();
    pthread_create(&producer, NULL, produce, &stress);
    pthread_create(&canceller, NULL, storm, &stress);
    unsigned resizes = resize(run, &stress);
    ps_engine_close(stress.engine, run->how);
    pthread_join(producer, NULL);
    enum ps_err stopped = ps_engine_stop(stress.engine, ps_now_ns() + 60 * (uint64_t)PS_NS_PER_S);
    atomic_store(&stress.over, 1);
    pthread_join(canceller, NULL);
    if (stopped != PS_OK) {
        printf("%s:%s %u workers: DOES NOT STOP\n", run->ops->name, run->policy->name,
               run->workers);
        exit(1);
    }
    double seconds = (double)(ps_now_ns() - begin_ns) * 1e-9;
    ps_snapshot_take(&snapshot, segment, ps_now_ns(), false);
    bool ok = check(run, &stress, &snapshot, resizes, seconds);
    ps_engine_destroy(stress.engine);
    ps_segment_unmap(segment);
    pthread_mutex_destroy(&stress.lock);
    return ok;
}

/* All worker counts, drained and discarded. */
static bool stress_all(struct run run, uint64_t tasks)
{
    static const unsigned counts[] = {1, 2, MAX_WORKERS};
    enum { COUNTS = sizeof counts / sizeof counts[0] };
    bool ok = true;
    run.tasks = tasks / (2 * COUNTS) + 1;
    for (unsigned i = 0; i < COUNTS; i++)
        for (int how = 0; how < 2; how++) {
            run.workers = counts[i] < run.policy->max_workers ? counts[i] : run.policy->max_workers;
            run.how = how == 0 ? PS_CLOSE_DRAIN : PS_CLOSE_DISCARD;
            ok = stress_one(&run) && ok;
        }
    return ok;
}

/* What a process allocates once, libuv's threads among it, is there before the first look. */
static bool stress_policy(struct run run, uint64_t tasks)
{
    struct footprint now;
    bool ok = stress_all(run, tasks / 50 + 1000);
    struct footprint before = footprint_now();
    ok = stress_all(run, tasks) && ok;
    bool back = footprint_is_back(&before, &now);
    printf("%s:%s descriptors %u -> %u, threads %u -> %u, maps %u -> %u, bytes %zu -> %zu: %s\n",
           run.ops->name, run.policy->name, before.descriptors, now.descriptors, before.threads,
           now.threads, before.maps, now.maps, before.bytes, now.bytes,
           back ? "nothing kept" : "LEAK");
    fflush(stdout);
    return ok && back;
}

int main(int argc, char **argv)
{
    uint64_t tasks = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    const char *only = argc > 2 ? argv[2] : "";
    bool ok = true;
    setenv("UV_THREADPOOL_SIZE", "64", 0);
    footprint_make_exact(argv);
    for (const struct ps_engine_ops *const *e = ps_engines; *e; e++)
        for (const struct ps_policy *p = (*e)->policies; p->name; p++) {
            char name[80];
            if (p->traits & PS_TRAIT_PROCESSES)
                continue; /* bodies of this test use its memory */
            snprintf(name, sizeof name, "%s:%s", (*e)->name, p->name);
            if (strncmp(name, only, strlen(only)) == 0)
                ok = stress_policy((struct run){.ops = *e, .policy = p}, tasks) && ok;
        }
    return ok ? 0 : 1;
}
