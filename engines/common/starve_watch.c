/* One thread for all engines. It begins with the process, so that tests which let pthread_create fail
 * do not meet it, and sleeps while no engine runs. `lock` is over the list and over every look: an
 * engine leaves the list before it is destroyed. The thread allocates nothing, for other tests count
 * the bytes of the process, and others fork: nobody goes on before it has left the C library's and a
 * sanitizer's own beginnings of a thread, whose locks a child of that moment would find held for ever.
 *
 * A finding is not yet a bug: whoever owes the wake-up may have published its task and then lost its
 * CPU, and need be no worker. So the CPU time of every thread is noted at the first look that has the
 * finding. It is believed when it still stands CONFIRM_NS later and every thread sleeps or has had
 * PAID_NS of CPU meanwhile: that is far more than lies between a publication and its wake-up. A
 * thread that sleeps before its wake-up waits for a lock, whose holder is such a thread too.
 *
 * Rejected: a longer limit instead of the proof (a loaded machine is late by any amount); counting
 * wake-ups (a wake-up that nobody owed, or that went to the wrong worker, balances a lost one). */
#include "engines/common/starve_watch.h"

#ifdef POOLSCOPE_WATCH

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/common/core.h"
#include "metrics/snapshot.h"
#include "metrics/starve.h"

enum {
    LOOK_NS = 10000000,
    CONFIRM_NS = 100000000,
    PAID_NS = 10000000,
    THREADS = 1024,
    EVENTS = 16
};

struct watched {
    struct ps_engine *engine;
    struct ps_starve starve;
    bool paused;
    uint64_t found_ns; /* 0: no finding */
    struct paid {
        uint64_t tid, cpu_ns;
    } paid[THREADS];
    unsigned count;
    struct watched *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t some = PTHREAD_COND_INITIALIZER;
static struct watched *all;
static pthread_cond_t begun = PTHREAD_COND_INITIALIZER;
static bool has_begun;

/* ---- threads, as the kernel sees them ---- */

static bool read_file(uint64_t tid, const char *name, char *into, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%llu/%s", (unsigned long long)tid, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t got = read(file, into, size - 1);
    close(file);
    into[got > 0 ? got : 0] = '\0';
    return got > 0;
}

static bool is_asleep(void *context, uint64_t tid)
{
    char text[512];
    (void)context;
    if (!read_file(tid, "stat", text, sizeof text))
        return false;
    const char *name_end = strrchr(text, ')');
    return name_end && strncmp(name_end, ") S", 3) == 0;
}

/* 0: not known. */
static uint64_t cpu_of(uint64_t tid)
{
    char text[128];
    return read_file(tid, "schedstat", text, sizeof text) ? strtoull(text, NULL, 10) : 0;
}

/* Calls `each` for every thread of the process until it says false. */
static bool every_thread(bool (*each)(struct watched *watched, uint64_t tid),
                         struct watched *watched)
{
    _Alignas(struct dirent64) char entries[4096];
    int folder = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool go_on = folder >= 0;
    ssize_t got = 0;
    while (go_on && (got = getdents64(folder, entries, sizeof entries)) > 0)
        for (ssize_t at = 0; go_on && at < got;) {
            const struct dirent64 *entry = (const void *)(entries + at);
            at += entry->d_reclen;
            if (entry->d_name[0] != '.')
                go_on = each(watched, strtoull(entry->d_name, NULL, 10));
        }
    if (folder >= 0)
        close(folder);
    return go_on && got == 0;
}

static bool note(struct watched *watched, uint64_t tid)
{
    if (watched->count == THREADS)
        return false;
    watched->paid[watched->count++] = (struct paid){tid, cpu_of(tid)};
    return true;
}

/* It is not on its way to wake somebody. */
static bool owes_nothing(struct watched *watched, uint64_t tid)
{
    if (tid == (uint64_t)gettid() || is_asleep(NULL, tid))
        return true;
    for (unsigned i = 0; i < watched->count; i++)
        if (watched->paid[i].tid == tid)
            return cpu_of(tid) >= watched->paid[i].cpu_ns + PAID_NS;
    return false; /* it began later */
}

/* ---- the verdict ---- */

static void dump_ring(struct ps_segment *segment, unsigned slot)
{
    static struct ps_event event[PS_RING_SLOTS];
    uint64_t next = 0, lost = 0;
    size_t count = ps_ring_read(segment, slot, &next, event, PS_RING_SLOTS, &lost);
    for (size_t i = count > EVENTS ? count - EVENTS : 0; i < count; i++)
        fprintf(stderr, "    %12.3f ms  %-8s %#x\n", (double)event[i].at_ns * 1e-6,
                ps_event_name(event[i].kind), event[i].argument);
}

static void dump_worker(struct ps_segment *segment, unsigned slot, uint64_t now_ns)
{
    struct ps_cell *cell = ps_segment_cell(segment, slot);
    uint64_t word = atomic_load(&cell->now);
    bool outside = slot == segment->slots;
    if (!outside && atomic_load(&cell->tid) == 0)
        return;
    fprintf(stderr, "  %s %u: %s for %.1f ms, queue %llu, started %llu, parks %llu, wakes %llu\n",
            outside ? "outside" : "worker", slot, ps_state_name(ps_state_of(word)),
            (double)(now_ns - segment->epoch_ns - ps_state_since(word)) * 1e-6,
            (unsigned long long)atomic_load(&cell->queue_depth),
            (unsigned long long)atomic_load(&cell->started),
            (unsigned long long)atomic_load(&cell->parks),
            (unsigned long long)atomic_load(&cell->wakes));
    if (!outside)
        dump_ring(segment, slot);
}

static _Noreturn void condemn(const struct watched *watched, const struct ps_starved *starved,
                              uint64_t now_ns)
{
    struct ps_segment *segment = watched->starve.segment;
    char queue[32] = "the shared queue";
    if (starved->queue < segment->slots)
        snprintf(queue, sizeof queue, "the queue of worker %u", starved->queue);
    fprintf(stderr,
            "poolscope: starved: %s:%s: %s has been stuck for %.0f ms while worker %u sleeps "
            "(for %.0f ms)\n",
            watched->engine->ops->name, watched->engine->policy->name, queue,
            (double)starved->queue_ns * 1e-6, starved->worker, (double)starved->worker_ns * 1e-6);
    for (unsigned slot = 0; slot <= segment->slots; slot++)
        dump_worker(segment, slot, now_ns);
    abort();
}

static void look(struct watched *watched)
{
    struct ps_starved starved;
    uint64_t now_ns = ps_now_ns();
    if (watched->paused || !ps_starve_look(&watched->starve, now_ns, is_asleep, NULL, &starved)) {
        watched->found_ns = 0;
        return;
    }
    if (watched->found_ns == 0) {
        watched->found_ns = now_ns;
        watched->count = 0;
        every_thread(note, watched);
    } else if (now_ns - watched->found_ns >= CONFIRM_NS && every_thread(owes_nothing, watched)) {
        condemn(watched, &starved, now_ns);
    }
}

static void *watch_main(void *argument)
{
    (void)argument;
    pthread_setname_np(pthread_self(), "starve-watch");
    struct timespec pause = ps_timespec(LOOK_NS);
    pthread_mutex_lock(&lock);
    has_begun = true;
    pthread_cond_signal(&begun);
    pthread_mutex_unlock(&lock);
    for (;;) {
        pthread_mutex_lock(&lock);
        while (!all)
            pthread_cond_wait(&some, &lock);
        for (struct watched *watched = all; watched; watched = watched->next)
            look(watched);
        pthread_mutex_unlock(&lock);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* ---- the process ---- */

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void begin(void)
{
    sigset_t every, old;
    pthread_t thread;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &old);
    if (pthread_create(&thread, NULL, watch_main, NULL) == 0) {
        pthread_detach(thread);
        pthread_mutex_lock(&lock);
        while (!has_begun)
            pthread_cond_wait(&begun, &lock);
        pthread_mutex_unlock(&lock);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_atfork(before_fork, after_fork, after_fork);
}

/* ---- engines ---- */

/* The list of starve_watch.h. */
static bool is_watched(const struct ps_engine *engine)
{
    const struct ps_engine_config *config = &engine->config;
    unsigned reserved = 0;
    for (unsigned type = 0; type < PS_MAX_TYPES; type++)
        reserved += config->reserve[type];
    return config->limit == 0 && reserved == 0 && config->lifo_slot != PS_LIFO_KEPT;
}

static bool steals_at_all(const struct ps_engine *engine)
{
    return (engine->policy->traits & PS_TRAIT_STEALS) != 0;
}

void ps_starve_watch(struct ps_engine *engine)
{
    struct watched *watched = is_watched(engine) ? malloc(sizeof *watched) : NULL;
    if (!watched)
        return;
    *watched = (struct watched){.engine = engine};
    ps_starve_init(&watched->starve, engine->config.segment,
                   engine->config.stealing && steals_at_all(engine));
    pthread_mutex_lock(&lock);
    watched->next = all;
    all = watched;
    pthread_cond_signal(&some);
    pthread_mutex_unlock(&lock);
}

void ps_starve_unwatch(struct ps_engine *engine)
{
    pthread_mutex_lock(&lock);
    struct watched **link = &all, *watched;
    while ((watched = *link) && watched->engine != engine)
        link = &watched->next;
    if (watched)
        *link = watched->next;
    pthread_mutex_unlock(&lock);
    free(watched);
}

void ps_starve_tuned(struct ps_engine *engine, enum ps_knob knob, uint64_t value)
{
    if (knob == PS_KNOB_LIMIT && value > 0) {
        ps_starve_unwatch(engine); /* for good */
        return;
    }
    pthread_mutex_lock(&lock);
    for (struct watched *watched = all; watched; watched = watched->next) {
        if (watched->engine != engine)
            continue;
        if (knob == PS_KNOB_PAUSED)
            watched->paused = value != 0;
        if (knob == PS_KNOB_STEALING)
            watched->starve.steals = value != 0 && steals_at_all(engine);
        ps_starve_forget(&watched->starve);
    }
    pthread_mutex_unlock(&lock);
}

#endif
