/* Protocol: reads words that other threads, perhaps of another process, write meanwhile (see
 * probe.c). `ended` is loaded (acquire) before `started` and `submitted`, so that no snapshot shows
 * more ended than started or submitted tasks. Everything else may be a few updates apart. */
#include "metrics/snapshot.h"

#include <stdio.h>
#include <string.h>

#include "metrics/snapshot_parts.h"

static inline uint64_t get(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static inline uint32_t get32(const _Atomic uint32_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

uint64_t ps_totals_ended(const struct ps_totals *totals)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
        sum += totals->ended[i];
    return sum;
}

bool ps_totals_conserved(const struct ps_totals *totals)
{
    return totals->submitted == ps_totals_ended(totals);
}

static void take_ended(struct ps_totals *into, const struct ps_cell *cell)
{
    for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
        into->ended[i] = atomic_load_explicit(&cell->ended[i], memory_order_acquire);
}

static void add_totals(struct ps_totals *sum, const struct ps_totals *one)
{
    sum->submitted += one->submitted;
    sum->started += one->started;
    for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
        sum->ended[i] += one->ended[i];
}

/* ended is loaded first: never more ended than submitted. */
void ps_totals_take(struct ps_totals *into, struct ps_segment *segment)
{
    memset(into, 0, sizeof *into);
    for (unsigned slot = 0; slot <= segment->slots; slot++) {
        const struct ps_cell *cell = ps_segment_cell(segment, slot);
        for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
            into->ended[i] += atomic_load_explicit(&cell->ended[i], memory_order_acquire);
    }
    for (unsigned slot = 0; slot <= segment->slots; slot++) {
        const struct ps_cell *cell = ps_segment_cell(segment, slot);
        into->started += get(&cell->started);
        into->submitted += get(&cell->submitted);
    }
    for (unsigned type = 0; type < segment->types; type++)
        into->retried += get(&ps_segment_type(segment, segment->slots, type)->retried);
}

static void totals_between(struct ps_totals *into, const struct ps_totals *from,
                           const struct ps_totals *to)
{
    into->submitted = to->submitted - from->submitted;
    into->started = to->started - from->started;
    into->retried = to->retried - from->retried;
    for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
        into->ended[i] = to->ended[i] - from->ended[i];
}

/* Marks to stretches: each goes from its mark to the next, the last to now. */
static void take_phases(struct ps_snapshot *into, const struct ps_segment *segment)
{
    /* acquire, partner src/host/phases.c: what stands before these words is whole. */
    uint32_t count = atomic_load_explicit(&segment->phase_count, memory_order_acquire);
    uint32_t begun = atomic_load_explicit(&segment->phases_begun, memory_order_acquire);
    into->phase_count = count < PS_MAX_PHASES ? count : PS_MAX_PHASES;
    into->phases_begun = begun < into->phase_count ? begun : into->phase_count;
    struct ps_totals before = {0};
    uint64_t from_ns = into->started_ns;
    for (unsigned i = 0; i <= into->phases_begun; i++) {
        struct ps_phase_view *view = &into->phase_view[i];
        memset(view, 0, sizeof *view);
        if (i > 0) {
            memcpy(view->name, segment->phase_mark[i - 1].name, sizeof view->name);
            memcpy(view->change, segment->phase_mark[i - 1].change, sizeof view->change);
            view->name[sizeof view->name - 1] = view->change[sizeof view->change - 1] = '\0';
        }
        struct ps_totals now = into->totals;
        view->from_ns = from_ns;
        view->to_ns = into->ended_ns ? into->ended_ns : into->at_ns;
        if (i < into->phases_begun) {
            const struct ps_phase_mark *mark = &segment->phase_mark[i];
            now = (struct ps_totals){
                .submitted = mark->submitted, .started = mark->started, .retried = mark->retried};
            memcpy(now.ended, mark->ended, sizeof now.ended);
            view->to_ns = mark->at_ns;
        }
        totals_between(&view->totals, &before, &now);
        before = now;
        from_ns = view->to_ns;
    }
}

/* Calls without a record. ended first: never more ended than submitted. */
static void take_calls(struct ps_snapshot *into, struct ps_segment *segment)
{
    into->jobs_submitted = into->jobs_ended = into->forks = 0;
    for (unsigned slot = 0; slot <= segment->slots; slot++)
        into->jobs_ended +=
            atomic_load_explicit(&ps_segment_cell(segment, slot)->jobs_ended, memory_order_acquire);
    for (unsigned slot = 0; slot <= segment->slots; slot++) {
        into->jobs_submitted += get(&ps_segment_cell(segment, slot)->jobs_submitted);
        into->forks += get(&ps_segment_cell(segment, slot)->forks);
    }
}

static void take_run(struct ps_snapshot *into, const struct ps_segment *segment)
{
    into->phase = get32(&segment->phase);
    into->end = get32(&segment->end);
    into->started_ns = get(&segment->started_ns);
    into->ended_ns = get(&segment->ended_ns);
    into->paused_ns = get(&segment->paused_ns);
    into->workers = get32(&segment->workers);
    into->types = segment->types;
    into->traits = get32(&segment->traits);
    into->usable_cpus = get32(&segment->usable_cpus);
    into->cpus_lost = get32(&segment->cpus_lost);
    into->stealing = get32(&segment->stealing) != 0;
    into->rate = (double)get(&segment->rate_milli) / 1000.0;
    into->in_flight_target = get(&segment->in_flight_target);
    into->queue_bound = get(&segment->queue_bound);
    into->probe_ns = get(&segment->probe_ns);
    into->probes = get32(&segment->probes);
    into->net_requests = get(&segment->net_requests);
    into->net_errors = get(&segment->net_errors);
    uint32_t factor = get32(&segment->clock_factor);
    into->clock_factor = factor > 1 ? factor : 1;
    into->gil_interval_ns = get(&segment->gil_interval_ns);
    uint64_t switches = get(&segment->gil_switches);
    ps_take_holder(&into->gil_holder, get(&segment->gil_holder), switches == into->gil_switches,
                   into->at_ns);
    into->gil_switches = switches;
    into->gil_requests = get(&segment->gil_requests);
    into->tuner_changes = get(&segment->tuner_changes);
    into->tuner_turns = get(&segment->tuner_turns);
    into->tuner_low = get(&segment->tuner_low);
    into->tuner_high = get(&segment->tuner_high);
    into->http_port = get32(&segment->http_port);
    uint64_t closed = get(&segment->http_closed);
    into->http_opened = get(&segment->http_opened);
    into->http_open = into->http_opened > closed ? into->http_opened - closed : 0;
    into->http_peak = get(&segment->http_peak);
    into->http_rejected = get(&segment->http_rejected);
    into->http_clients = get(&segment->http_clients);
    into->http_clients_answered = get(&segment->http_clients_answered);
    into->http_client_errors = get(&segment->http_client_errors);
    memcpy(into->engine, segment->engine, sizeof into->engine);
    memcpy(into->policy, segment->policy, sizeof into->policy);
    into->engine[PS_NAME_BYTES - 1] = into->policy[PS_NAME_BYTES - 1] = '\0';
    ps_segment_message(segment, into->message);
    into->fault_signal = atomic_load_explicit(&segment->fault_signal, memory_order_acquire);
    into->fault_worker = atomic_load_explicit(&segment->fault_worker, memory_order_relaxed);
    into->fault_type = atomic_load_explicit(&segment->fault_type, memory_order_relaxed);
    into->fault_overflow = get32(&segment->fault_overflow) != 0;
    into->fault_address = get(&segment->fault_address);
}

static void take_answers(struct ps_snapshot *into, const struct ps_segment *segment)
{
    uint32_t count = get32(&segment->answers);
    into->answers = count < PS_SEGMENT_ANSWERS ? count : PS_SEGMENT_ANSWERS;
    for (uint32_t i = 0; i < into->answers; i++) {
        const struct ps_answer *answer = &segment->answer[i];
        struct ps_answer_view *view = &into->answer[i];
        /* acquire, partner: whoever recorded it: the value is there. */
        view->right = atomic_load_explicit(&answer->right, memory_order_acquire);
        view->wrong = atomic_load_explicit(&answer->wrong, memory_order_acquire);
        view->value = get(&answer->value);
        view->fastest_ns = get(&answer->fastest_ns);
        view->mean_ns = view->right ? get(&answer->total_ns) / view->right : 0;
        view->types = answer->types;
        memcpy(view->name, answer->name, sizeof view->name);
        view->name[PS_ANSWER_BYTES - 1] = '\0';
    }
}

static void take_process(struct ps_process_view *into, const struct ps_segment *segment)
{
    into->valid = get(&segment->heartbeat) > 0;
    into->rss_bytes = get(&segment->proc_rss);
    into->rss_peak_bytes = get(&segment->proc_rss_peak);
    into->cpu_ns = get(&segment->proc_cpu_ns);
    into->voluntary = get(&segment->proc_voluntary);
    into->involuntary = get(&segment->proc_involuntary);
    into->threads = get(&segment->proc_threads);
}

/* A worker that goes from task to task without a pause stays in RUN; its counters tell that it is
 * not stuck in one of them. */
static void note_moves(struct ps_worker_view *into, const struct ps_cell *cell, uint64_t at_ns)
{
    uint64_t moves = into->totals.started + ps_totals_ended(&into->totals);
    for (unsigned i = 0; i < PS_STATE_COUNT; i++)
        moves += get(&cell->wait_begin[i]) + get(&cell->wait_end[i]);
    if (moves != into->moves) {
        into->moves = moves;
        into->moved_ns = at_ns;
    }
    if (into->state == PS_STATE_RUN && into->moved_ns > into->since_ns)
        into->since_ns = into->moved_ns;
}

/* Time in a state neither runs backwards nor faster than the clock. The words of a cell are read
 * while its writer changes state: a state that has just ended could be missing, or be counted twice
 * over its whole length, and no window could show that as less than a lie. */
static uint64_t plausible(uint64_t before_ns, uint64_t read_ns, uint64_t elapsed_ns)
{
    if (read_ns < before_ns)
        return before_ns;
    return read_ns - before_ns > elapsed_ns ? before_ns + elapsed_ns : read_ns;
}

/* elapsed_ns: since the snapshot that `into` holds. */
static void take_worker(struct ps_worker_view *into, const struct ps_cell *cell, uint64_t at_ns,
                        uint64_t elapsed_ns)
{
    uint64_t now = get(&cell->now);
    into->state = ps_state_of(now) < PS_STATE_COUNT ? ps_state_of(now) : PS_STATE_OFF;
    into->type = ps_state_type(now);
    into->since_ns = ps_state_since(now);
    /* In this order: figures that a thread left behind are never added to those of the thread while
     * it is alive. acquire, partner ps_probe_thread_end. */
    into->cpu_ns = atomic_load_explicit(&cell->os_cpu_ns, memory_order_acquire);
    into->ready_ns = atomic_load_explicit(&cell->os_ready_ns, memory_order_acquire);
    into->tid = get(&cell->tid);
    into->queue_depth = get(&cell->queue_depth);
    into->depth_peak = get(&cell->depth_peak);
    into->steals = get(&cell->steals);
    into->stolen = get(&cell->stolen);
    into->steal_tries = get(&cell->steal_tries);
    into->parks = get(&cell->parks);
    into->wakes = get(&cell->wakes);
    into->hogs = get(&cell->hogs);
    into->hog_ns = get(&cell->hog_ns);
    into->sample = get(&cell->sample);
    into->os_valid = false;
    into->robbed = 0;
    for (unsigned i = 0; i < PS_STATE_COUNT; i++) {
        uint64_t time_ns = get(&cell->time_ns[i]);
        /* The current state is not in time_ns before it ends. */
        if (i == into->state && i != PS_STATE_OFF && at_ns > into->since_ns)
            time_ns += at_ns - into->since_ns;
        into->time_ns[i] = plausible(into->time_ns[i], time_ns, elapsed_ns);
    }
    ps_take_doing(into, get(&cell->doing));
    note_moves(into, cell, at_ns);
}

static void take_injected(struct ps_worker_view *into, const struct ps_injected_mark *mark,
                          uint64_t at_ns)
{
    uint64_t stuck = get(&mark->stuck_until_ns);
    uint64_t slow = atomic_load_explicit(&mark->slow_until_ns, memory_order_acquire);
    into->stuck_until_ns = stuck > at_ns ? stuck : 0;
    into->slow_until_ns = slow > at_ns ? slow : 0;
    into->slow_factor = slow > at_ns ? get32(&mark->slow_factor) : 0;
}

static void take_steals(struct ps_snapshot *into, struct ps_segment *segment)
{
    for (unsigned thief = 0; thief < into->slots; thief++) {
        const _Atomic uint64_t *row = ps_segment_steals(segment, thief);
        uint64_t *ops = &into->steal_ops[(size_t)thief * PS_MAX_WORKERS];
        uint64_t *tasks = &into->steal_tasks[(size_t)thief * PS_MAX_WORKERS];
        for (unsigned victim = 0; victim < into->slots; victim++) {
            ops[victim] = get(&row[(size_t)victim * 2]);
            tasks[victim] = get(&row[(size_t)victim * 2 + 1]);
            into->worker[victim].robbed += tasks[victim];
        }
    }
}

/* A worker's cell, or the one of everybody else. */
static bool is_counted(const struct ps_snapshot *into, const struct ps_segment *segment,
                       unsigned slot)
{
    return slot < into->slots || slot == segment->slots;
}

static void take_type_counts(struct ps_snapshot *into, struct ps_segment *segment, unsigned type)
{
    struct ps_type_view *view = &into->type[type];
    memcpy(view->name, segment->type_name[type], sizeof view->name);
    view->name[PS_NAME_BYTES - 1] = '\0';
    memset(&view->totals, 0, sizeof view->totals);
    for (unsigned slot = 0; slot <= segment->slots; slot++) {
        if (!is_counted(into, segment, slot))
            continue;
        const struct ps_type_cell *cell = ps_segment_type(segment, slot, type);
        for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
            view->totals.ended[i] += atomic_load_explicit(&cell->ended[i], memory_order_acquire);
    }
    for (unsigned slot = 0; slot <= segment->slots; slot++)
        if (is_counted(into, segment, slot))
            view->totals.submitted += get(&ps_segment_type(segment, slot, type)->submitted);
    ps_take_step_waits(view, segment, type, into->slots);
    const struct ps_type_cell *outside = ps_segment_type(segment, segment->slots, type);
    view->totals.retried = get(&outside->retried);
    view->totals.denied = get(&outside->denied);
    into->totals.retried += view->totals.retried;
    into->totals.denied += view->totals.denied;
}

static void take_machine(struct ps_machine_view *into, const struct ps_segment *segment)
{
    into->at_ns = get(&segment->machine_at_ns);
    into->valid = into->at_ns > 0;
    into->cpus = get32(&segment->machine_cpus);
    into->affinity = get32(&segment->machine_affinity);
    into->quota = (double)get(&segment->machine_quota_milli) / 1000.0;
    into->busy_ns = get(&segment->machine_busy_ns);
    into->own_ns = get(&segment->machine_own_ns);
    into->throttled_ns = get(&segment->machine_throttled_ns);
}

static unsigned slots_in_use(struct ps_segment *segment)
{
    unsigned used = 0;
    for (unsigned slot = 0; slot < segment->slots; slot++) {
        const struct ps_cell *cell = ps_segment_cell(segment, slot);
        if (get(&cell->now) != 0 || get(&cell->tid) != 0)
            used = slot + 1;
    }
    return used;
}

static void take_ended_and_started(struct ps_snapshot *into, struct ps_totals *outside,
                                   struct ps_segment *segment)
{
    const struct ps_cell *outside_cell = ps_segment_cell(segment, segment->slots);
    take_ended(outside, outside_cell);
    for (unsigned slot = 0; slot < into->slots; slot++)
        take_ended(&into->worker[slot].totals, ps_segment_cell(segment, slot));
    for (unsigned slot = 0; slot < into->slots; slot++)
        into->worker[slot].totals.started =
            atomic_load_explicit(&ps_segment_cell(segment, slot)->started, memory_order_acquire);
    outside->started = atomic_load_explicit(&outside_cell->started, memory_order_acquire);
}

/* wait_end first: no wait is missed that goes on. */
static void take_waiting(struct ps_snapshot *into, struct ps_segment *segment)
{
    uint64_t ended[PS_STATE_COUNT] = {0};
    memset(into->waiting, 0, sizeof into->waiting);
    for (unsigned slot = 0; slot <= segment->slots; slot++)
        for (unsigned i = 0; i < PS_STATE_COUNT && is_counted(into, segment, slot); i++)
            ended[i] += get(&ps_segment_cell(segment, slot)->wait_end[i]);
    for (unsigned slot = 0; slot <= segment->slots; slot++)
        for (unsigned i = 0; i < PS_STATE_COUNT && is_counted(into, segment, slot); i++)
            into->waiting[i] += get(&ps_segment_cell(segment, slot)->wait_begin[i]);
    for (unsigned i = 0; i < PS_STATE_COUNT; i++)
        into->waiting[i] = into->waiting[i] > ended[i] ? into->waiting[i] - ended[i] : 0;
}

/* The rest of the workers' cells, and the sum over all. */
static void take_workers(struct ps_snapshot *into, struct ps_totals *outside,
                         struct ps_segment *segment, uint64_t elapsed_ns)
{
    const struct ps_cell *outside_cell = ps_segment_cell(segment, segment->slots);
    into->totals = (struct ps_totals){0};
    into->sample_max = 0;
    for (unsigned slot = 0; slot < into->slots; slot++) {
        const struct ps_cell *cell = ps_segment_cell(segment, slot);
        struct ps_worker_view *worker = &into->worker[slot];
        worker->totals.submitted = get(&cell->submitted);
        take_worker(worker, cell, into->at_ns, elapsed_ns);
        take_injected(worker, &segment->injected[slot], into->at_ns);
        add_totals(&into->totals, &worker->totals);
        if (worker->sample > into->sample_max)
            into->sample_max = worker->sample;
    }
    outside->submitted = get(&outside_cell->submitted);
    add_totals(&into->totals, outside);
    into->outside_started = outside->started;
    into->shared_depth = get(&outside_cell->queue_depth);
    into->shared_depth_peak = get(&outside_cell->depth_peak);
    /* What a worker that has just got its slot spawned may already have ended elsewhere. */
    for (unsigned slot = into->slots; slot < segment->slots; slot++)
        into->totals.submitted += get(&ps_segment_cell(segment, slot)->submitted);
}

/* What was submitted and has neither begun nor gone without. */
static void take_queued(struct ps_snapshot *into, struct ps_segment *segment)
{
    uint64_t gone = into->totals.started + into->totals.ended[PS_REFUSED];
    for (unsigned slot = 0; slot <= segment->slots; slot++)
        if (is_counted(into, segment, slot))
            gone += get(&ps_segment_cell(segment, slot)->unstarted);
    into->in_flight = into->totals.submitted - ps_totals_ended(&into->totals);
    into->queued = into->totals.submitted > gone ? into->totals.submitted - gone : 0;
    if (into->queued > into->in_flight)
        into->queued = into->in_flight;
}

void ps_snapshot_take(struct ps_snapshot *into, struct ps_segment *segment, uint64_t now_ns,
                      bool with_latency)
{
    ps_snapshot_take_lately(into, segment, now_ns, with_latency, NULL);
}

void ps_snapshot_take_lately(struct ps_snapshot *into, struct ps_segment *segment, uint64_t now_ns,
                             bool with_latency, struct ps_lately *lately)
{
    uint64_t at_ns = now_ns - segment->epoch_ns;
    uint64_t elapsed_ns = at_ns > into->at_ns ? at_ns - into->at_ns : 0;
    into->at_ns = at_ns;
    take_run(into, segment);
    take_process(&into->process, segment);
    take_machine(&into->machine, segment);
    take_answers(into, segment);
    ps_take_locks(into, segment);
    into->slots = slots_in_use(segment);
    struct ps_totals outside = {0};
    take_ended_and_started(into, &outside, segment);
    take_waiting(into, segment);
    take_workers(into, &outside, segment, elapsed_ns);
    take_queued(into, segment);
    take_calls(into, segment);
    take_steals(into, segment);
    for (unsigned t = 0; t < segment->types; t++)
        take_type_counts(into, segment, t);
    take_phases(into, segment);
    if (with_latency && lately)
        ps_lately_begin(lately, at_ns);
    if (with_latency)
        ps_take_latency(into, segment, lately);
}

void ps_snapshot_copy(struct ps_snapshot *into, const struct ps_snapshot *from)
{
    memcpy(into, from, offsetof(struct ps_snapshot, worker) + from->slots * sizeof *from->worker);
    memcpy(into->type, from->type, sizeof into->type);
    into->process = from->process;
    into->machine = from->machine;
    into->latency = from->latency;
    for (unsigned thief = 0; thief < from->slots; thief++) {
        size_t row = (size_t)thief * PS_MAX_WORKERS;
        memcpy(&into->steal_ops[row], &from->steal_ops[row], from->slots * sizeof(uint64_t));
        memcpy(&into->steal_tasks[row], &from->steal_tasks[row], from->slots * sizeof(uint64_t));
    }
}

size_t ps_ring_read(struct ps_segment *segment, unsigned slot, uint64_t *next,
                    struct ps_event *into, size_t max, uint64_t *lost)
{
    struct ps_ring *ring = ps_segment_ring(segment, slot);
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    uint64_t oldest =
        head > PS_RING_SLOTS - PS_RING_GUARD ? head - (PS_RING_SLOTS - PS_RING_GUARD) : 0;
    if (*next < oldest) {
        *lost += oldest - *next;
        *next = oldest;
    }
    uint64_t first = *next;
    size_t n = 0;
    for (; *next < head && n < max; (*next)++, n++) {
        uint64_t word = get(&ring->event[*next % PS_RING_SLOTS]);
        into[n] = (struct ps_event){
            .at_ns = (word >> 28) << 10,
            .slot = (uint16_t)slot,
            .kind = (enum ps_event_kind)(word >> 24 & 0xf),
            .argument = (uint32_t)(word & 0xffffff),
        };
        if (into[n].kind == PS_EVENT_HOG) {
            into[n].slot = (uint16_t)(into[n].argument >> 16);
            into[n].argument &= 0xffff;
        }
    }
    /* What the writer may have overwritten while we copied is dropped. */
    atomic_thread_fence(memory_order_acquire);
    uint64_t now = atomic_load_explicit(&ring->head, memory_order_relaxed);
    uint64_t safe = now > PS_RING_SLOTS - 1 ? now - (PS_RING_SLOTS - 1) : 0;
    if (first < safe) {
        size_t torn = (size_t)(safe - first) < n ? (size_t)(safe - first) : n;
        memmove(into, into + torn, (n - torn) * sizeof *into);
        n -= torn;
        *lost += torn;
    }
    return n;
}

const char *ps_snapshot_clock(const struct ps_snapshot *snapshot, char *into, size_t size)
{
    if (snapshot->clock_factor > 1)
        snprintf(into, size, "slow x%u", snapshot->clock_factor);
    else
        snprintf(into, size, "real");
    return into;
}
