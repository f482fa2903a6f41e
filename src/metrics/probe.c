/* Protocol: every word of a cell has one writer, which adds with a relaxed load and store; readers,
 * perhaps in another process, load relaxed and tolerate words that are a few updates apart. Two
 * exceptions: `ended` is stored with release and `submitted` loaded with acquire after it (partner
 * ps_engine_live: a task that ended is never counted without the tasks it submitted); ring heads
 * are stored with release (partner: the ring's reader). The outside cell adds with relaxed RMWs. */
#include "metrics/probe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline uint64_t get(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static inline void put(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static inline bool is_outside(const struct ps_probe *probe)
{
    return probe->ring == NULL;
}

static inline void add(const struct ps_probe *probe, _Atomic uint64_t *word, uint64_t n,
                       memory_order order)
{
    if (is_outside(probe))
        atomic_fetch_add_explicit(word, n, order);
    else
        atomic_store_explicit(word, get(word) + n, order);
}

static inline void count(const struct ps_probe *probe, _Atomic uint64_t *word)
{
    add(probe, word, 1, memory_order_relaxed);
}

static inline uint64_t instant(const struct ps_probe *probe, uint64_t now_ns)
{
    return now_ns - probe->segment->epoch_ns;
}

static void record_event(struct ps_ring *ring, enum ps_event_kind kind, uint32_t argument,
                         uint64_t instant_ns)
{
    uint64_t head = get(&ring->head);
    put(&ring->event[head % PS_RING_SLOTS],
        instant_ns >> 10 << 28 | (uint64_t)kind << 24 | (argument & 0xffffff));
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

static void event_at(struct ps_probe *probe, enum ps_event_kind kind, uint32_t argument,
                     uint64_t now_ns)
{
    record_event(probe->ring, kind, argument, instant(probe, now_ns));
}

void ps_probe_event(struct ps_probe *probe, enum ps_event_kind kind, uint32_t argument)
{
    if (!is_outside(probe))
        event_at(probe, kind, argument, ps_now_ns());
}

void ps_probe_bind(struct ps_probe *probe, struct ps_segment *segment, unsigned slot)
{
    bool outside = slot >= segment->slots;
    *probe = (struct ps_probe){
        .segment = segment,
        .cell = ps_segment_cell(segment, slot),
        .types = ps_segment_type(segment, slot, 0),
        .ring = outside ? NULL : ps_segment_ring(segment, slot),
        .steal_row = outside ? NULL : ps_segment_steals(segment, slot),
        .slot = slot,
        .state = PS_STATE_OFF,
        .type = -1,
        .window_left = PS_PROBE_WINDOW,
        .level = (enum ps_probes)atomic_load_explicit(&segment->probes, memory_order_relaxed),
    };
}

/* relaxed: a switch, which nothing else depends on. */
static void choose_level(struct ps_probe *probe)
{
    probe->level =
        (enum ps_probes)atomic_load_explicit(&probe->segment->probes, memory_order_relaxed);
}

static void set_state(struct ps_probe *probe, enum ps_state state, int type, uint64_t now_ns)
{
    if (state != probe->state) {
        _Atomic uint64_t *total = &probe->cell->time_ns[probe->state];
        put(total, get(total) + (now_ns - probe->since_ns));
        uint64_t ms = (now_ns - probe->since_ns) / PS_NS_PER_MS;
        if (probe->state >= PS_STATE_LOCK && probe->state <= PS_STATE_BLOCK && ms >= 1)
            event_at(probe, PS_EVENT_BLOCKED,
                     (uint32_t)probe->state << 16 | (uint32_t)(ms < 0xffff ? ms : 0xffff), now_ns);
        probe->since_ns = now_ns;
        probe->state = state;
    }
    probe->type = type;
    put(&probe->cell->now,
        ps_state_word(state, (unsigned)(type + 1), instant(probe, probe->since_ns)));
}

void ps_probe_thread_begin(struct ps_probe *probe)
{
    uint64_t now_ns = ps_now_ns();
    put(&probe->cell->tid, (uint64_t)syscall(SYS_gettid));
    probe->state = PS_STATE_OFF;
    probe->since_ns = now_ns;
    probe->begun_ns = now_ns;
    probe->window_ns = now_ns;
    probe->window_left = PS_PROBE_WINDOW;
    choose_level(probe);
    set_state(probe, PS_STATE_IDLE, -1, now_ns);
    event_at(probe, PS_EVENT_SPAWN, 0, now_ns);
}

/* Run-queue wait of the calling thread; 0 where the kernel does not say. */
static uint64_t own_ready_ns(void)
{
    char text[96] = "";
    int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    char *space = n > 0 ? strchr(text, ' ') : NULL;
    return space ? strtoull(space, NULL, 10) : 0;
}

void ps_probe_thread_end(struct ps_probe *probe)
{
    uint64_t now_ns = ps_now_ns();
    struct ps_cell *cell = probe->cell;
    /* Reading the file costs some microseconds: too much for a thread a task. */
    uint64_t ready_ns = now_ns - probe->begun_ns >= 10 * PS_NS_PER_MS ? own_ready_ns() : 0;
    uint64_t cpu_ns = ps_thread_cpu_ns();
    event_at(probe, PS_EVENT_RETIRE, 0, now_ns);
    set_state(probe, PS_STATE_OFF, -1, now_ns);
    put(&cell->tid, 0);
    /* release, partner take_worker: who sees these no longer sees the thread. */
    atomic_store_explicit(&cell->os_ready_ns, get(&cell->os_ready_ns) + ready_ns,
                          memory_order_release);
    atomic_store_explicit(&cell->os_cpu_ns, get(&cell->os_cpu_ns) + cpu_ns, memory_order_release);
}

void ps_probe_state(struct ps_probe *probe, enum ps_state state, int type)
{
    if (is_outside(probe) || probe->level == PS_PROBES_OFF ||
        (state == probe->state && type == probe->type))
        return;
    set_state(probe, state, type, ps_now_ns());
}

void ps_probe_submitted(struct ps_probe *probe, const struct ps_stamp *stamp)
{
    if (stamp->serves) {
        count(probe, &probe->cell->servers_submitted);
        return;
    }
    count(probe, &probe->types[stamp->type].submitted);
    count(probe, &probe->cell->submitted);
}

void ps_probe_refused(struct ps_probe *probe, const struct ps_stamp *stamp)
{
    if (stamp->serves)
        return;
    ps_probe_submitted(probe, stamp);
    count(probe, &probe->types[stamp->type].ended[PS_REFUSED]);
    add(probe, &probe->cell->ended[PS_REFUSED], 1, memory_order_release);
}

/* Tasks of a window that took less than PS_PROBE_SHORT_NS each on the average are sampled from the
 * next window on. */
static void next_window(struct ps_probe *probe, uint64_t now_ns)
{
    bool tasks_are_short =
        now_ns - probe->window_ns < (uint64_t)PS_PROBE_WINDOW * PS_PROBE_SHORT_NS;
    choose_level(probe);
    probe->sample_mask =
        tasks_are_short && probe->level != PS_PROBES_FULL ? PS_PROBE_SAMPLE - 1 : 0;
    put(&probe->cell->sample, probe->sample_mask + 1);
    probe->window_ns = now_ns;
    probe->window_left = PS_PROBE_WINDOW;
}

/* Every task of PS_PROBES_FULL, and what is sampled. */
static void start_timed(struct ps_probe *probe, struct ps_stamp *stamp, uint64_t now_ns)
{
    if (now_ns == 0)
        now_ns = ps_now_ns();
    stamp->started_ns = now_ns;
    event_at(probe, PS_EVENT_START, (uint32_t)stamp->type << 16 | (stamp->id & 0xffff), now_ns);
    if (probe->state != PS_STATE_RUN || probe->type != stamp->type)
        set_state(probe, PS_STATE_RUN, stamp->type, now_ns);
}

void ps_probe_start(struct ps_probe *probe, struct ps_stamp *stamp)
{
    if (stamp->serves) {
        ps_probe_state(probe, PS_STATE_RUN, stamp->type);
        return;
    }
    count(probe, &probe->cell->started);
    if (is_outside(probe)) {
        stamp->started_ns = ps_now_ns();
        return;
    }
    stamp->started_ns = 0;
    bool timed = (probe->window_left & probe->sample_mask) == 0 && probe->level != PS_PROBES_OFF;
    uint64_t now_ns = 0;
    if (--probe->window_left == 0) {
        now_ns = ps_now_ns();
        next_window(probe, now_ns);
    }
    if (timed)
        start_timed(probe, stamp, now_ns);
    else if (probe->level != PS_PROBES_OFF &&
             (probe->state != PS_STATE_RUN || probe->type != stamp->type))
        set_state(probe, PS_STATE_RUN, stamp->type,
                  probe->state == PS_STATE_RUN ? 0
                  : now_ns                     ? now_ns
                                               : ps_now_ns());
}

void ps_probe_unstarted(struct ps_probe *probe)
{
    count(probe, &probe->cell->unstarted);
}

static void record(const struct ps_probe *probe, struct ps_hist *hist, uint64_t ns)
{
    if (is_outside(probe))
        ps_hist_record_shared(hist, ns);
    else
        ps_hist_record(hist, ns);
}

void ps_probe_end(struct ps_probe *probe, const struct ps_stamp *stamp, enum ps_outcome outcome)
{
    struct ps_type_cell *type = &probe->types[stamp->type];
    if (stamp->serves) {
        add(probe, &probe->cell->servers_ended, 1, memory_order_release);
        return;
    }
    if (stamp->started_ns && (outcome == PS_COMPLETED || outcome == PS_FAILED)) {
        uint64_t now_ns = ps_now_ns();
        uint64_t arrived = stamp->intended_ns ? stamp->intended_ns : stamp->started_ns;
        if (stamp->intended_ns) {
            record(probe, &type->response, now_ns - arrived);
            record(probe, &type->queueing,
                   stamp->started_ns > arrived ? stamp->started_ns - arrived : 0);
        }
        record(probe, &type->service, now_ns - stamp->started_ns);
        if (!is_outside(probe))
            event_at(probe, PS_EVENT_END, (uint32_t)stamp->type << 16 | (stamp->id & 0xffff),
                     now_ns);
    }
    count(probe, &type->ended[outcome]);
    add(probe, &probe->cell->ended[outcome], 1, memory_order_release);
}

void ps_probe_retry(struct ps_segment *segment, unsigned type, bool denied)
{
    struct ps_type_cell *cell = ps_segment_type(segment, segment->slots, type);
    atomic_fetch_add_explicit(denied ? &cell->denied : &cell->retried, 1, memory_order_relaxed);
}

void ps_probe_wait_begin(struct ps_probe *probe, enum ps_state why)
{
    count(probe, &probe->cell->wait_begin[why]);
}

void ps_probe_wait_end(struct ps_probe *probe, enum ps_state why)
{
    count(probe, &probe->cell->wait_end[why]);
}

void ps_probe_steal(struct ps_probe *probe, unsigned victim, unsigned tasks)
{
    count(probe, &probe->cell->steal_tries);
    if (tasks == 0)
        return;
    count(probe, &probe->cell->steals);
    add(probe, &probe->cell->stolen, tasks, memory_order_relaxed);
    if (is_outside(probe))
        return;
    _Atomic uint64_t *pair = probe->steal_row + (size_t)victim * 2;
    put(&pair[0], get(&pair[0]) + 1);
    put(&pair[1], get(&pair[1]) + tasks);
    ps_probe_event(probe, PS_EVENT_STEAL, victim << 16 | (tasks & 0xffff));
}

void ps_probe_park(struct ps_probe *probe)
{
    count(probe, &probe->cell->parks);
    if (is_outside(probe))
        return;
    uint64_t now_ns = ps_now_ns();
    set_state(probe, PS_STATE_IDLE, -1, now_ns);
    event_at(probe, PS_EVENT_PARK, 0, now_ns);
}

void ps_probe_woken(struct ps_probe *probe)
{
    if (is_outside(probe))
        return;
    uint64_t now_ns = ps_now_ns();
    event_at(probe, PS_EVENT_WAKE, 0, now_ns);
    set_state(probe, PS_STATE_SEEK, -1, now_ns);
}

void ps_probe_wake(struct ps_probe *probe)
{
    count(probe, &probe->cell->wakes);
}

void ps_probe_depth(struct ps_probe *probe, uint64_t depth)
{
    put(&probe->cell->queue_depth, depth);
    if (depth > get(&probe->cell->depth_peak))
        put(&probe->cell->depth_peak, depth);
}

void ps_probe_depth_ordered(struct ps_probe *probe, uint64_t depth)
{
    ps_probe_depth(probe, depth);
    /* seq_cst: a store alone could become visible after the loads that follow it. */
    atomic_exchange(&probe->cell->queue_depth, depth);
}

void ps_probe_hog(struct ps_segment *segment, unsigned slot, bool fresh, uint64_t ns)
{
    struct ps_cell *cell = ps_segment_cell(segment, slot);
    if (fresh)
        put(&cell->hogs, get(&cell->hogs) + 1);
    if (ns > get(&cell->hog_ns))
        put(&cell->hog_ns, ns);
}

void ps_probe_hog_over(struct ps_segment *segment, unsigned slot, unsigned type, uint64_t ns,
                       uint64_t now_ns)
{
    uint64_t ms = ns / PS_NS_PER_MS;
    record_event(ps_segment_ring(segment, segment->slots), PS_EVENT_HOG,
                 slot << 16 | type << 12 | (uint32_t)(ms < 0xfff ? ms : 0xfff),
                 now_ns - segment->epoch_ns);
}

/* ---- programs ---- */

void ps_probe_step_wait(struct ps_segment *segment, unsigned slot, unsigned type, unsigned step,
                        bool begins)
{
    struct ps_type_cell *cell = ps_segment_type(segment, slot, type);
    _Atomic uint64_t *word = begins ? &cell->step_wait_begin[step] : &cell->step_wait_end[step];
    if (slot < segment->slots)
        put(word, get(word) + 1);
    else
        atomic_fetch_add_explicit(word, 1, memory_order_relaxed);
}

/* One writer at a time, which the lock itself sees to. */
void ps_probe_lock_taken(struct ps_segment *segment, unsigned lock, uint64_t holder)
{
    struct ps_lock_mark *mark = &segment->lock[lock];
    put(&mark->holder, holder);
    put(&mark->taken, get(&mark->taken) + 1);
}

void ps_probe_lock_free(struct ps_segment *segment, unsigned lock)
{
    put(&segment->lock[lock].holder, 0);
}

void ps_probe_lock_wait(struct ps_segment *segment, unsigned lock, bool begins)
{
    struct ps_lock_mark *mark = &segment->lock[lock];
    atomic_fetch_add_explicit(begins ? &mark->wait_begin : &mark->wait_end, 1,
                              memory_order_relaxed);
}
