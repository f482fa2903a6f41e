/* Reads what others write, relaxed: a value that is a moment old costs one look more. */
#include "metrics/starve.h"

#include <string.h>

void ps_starve_init(struct ps_starve *starve, struct ps_segment *segment, bool steals)
{
    memset(starve, 0, sizeof *starve);
    starve->segment = segment;
    starve->steals = steals;
}

void ps_starve_forget(struct ps_starve *starve)
{
    starve->looked_ns = 0;
}

static uint64_t get(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

/* ---- queues ---- */

/* What leaves queues by this worker, in tasks. Only differences count. */
static uint64_t taken_by(const struct ps_cell *cell)
{
    uint64_t sum = get(&cell->started) + get(&cell->unstarted) + get(&cell->jobs_ended);
    for (unsigned state = 0; state < PS_STATE_COUNT; state++)
        sum += get(&cell->wait_end[state]);
    return sum;
}

static uint64_t stolen_from(struct ps_segment *segment, unsigned victim)
{
    uint64_t sum = 0;
    for (unsigned thief = 0; thief < segment->slots; thief++)
        sum += get(&ps_segment_steals(segment, thief)[2 * (size_t)victim + 1]);
    return sum;
}

static bool look_at_queue(struct ps_starve *starve, unsigned slot, uint64_t passed, uint64_t now_ns)
{
    uint64_t depth = get(&ps_segment_cell(starve->segment, slot)->queue_depth);
    bool stuck = starve->queue[slot].since_ns != 0 && starve->queue[slot].passed == passed;
    if (depth == 0)
        starve->queue[slot].since_ns = 0;
    else if (!stuck)
        starve->queue[slot].since_ns = now_ns;
    starve->queue[slot].passed = passed;
    return depth > 0 && stuck;
}

/* Whether any was stuck before. */
static bool look_at_queues(struct ps_starve *starve, uint64_t now_ns)
{
    struct ps_segment *segment = starve->segment;
    uint64_t all = 0;
    bool any = false;
    for (unsigned slot = 0; slot <= segment->slots; slot++) {
        uint64_t taken = taken_by(ps_segment_cell(segment, slot));
        all += taken;
        if (slot < segment->slots &&
            look_at_queue(starve, slot, taken + stolen_from(segment, slot), now_ns))
            any = true;
    }
    return look_at_queue(starve, segment->slots, all, now_ns) || any;
}

/* ---- workers ---- */

static void look_at_worker(struct ps_starve *starve, unsigned slot, uint64_t now_ns,
                           ps_thread_asleep *asleep, void *context)
{
    const struct ps_cell *cell = ps_segment_cell(starve->segment, slot);
    uint64_t word = get(&cell->now), tid = get(&cell->tid);
    enum ps_state state = ps_state_of(word);
    bool idle = state == PS_STATE_IDLE && tid != 0, sleeps = idle && asleep(context, tid);
    starve->worker[slot].coming = state == PS_STATE_SEEK || (idle && !sleeps);
    if (!sleeps)
        starve->worker[slot].since_ns = 0;
    else if (starve->worker[slot].since_ns == 0 || starve->worker[slot].word != word)
        starve->worker[slot].since_ns = now_ns;
    starve->worker[slot].word = word;
}

static bool long_ago(uint64_t since_ns, uint64_t now_ns)
{
    return since_ns != 0 && now_ns - since_ns >= PS_STARVE_NS;
}

/* Who sleeps and may take from the queue; -1: nobody, or somebody is on his way. */
static int find_worker(const struct ps_starve *starve, unsigned queue, uint64_t now_ns)
{
    unsigned slots = starve->segment->slots;
    int found = -1;
    for (unsigned slot = 0; slot < slots; slot++) {
        if (queue != slots && queue != slot && !starve->steals)
            continue;
        if (starve->worker[slot].coming)
            return -1;
        if (found < 0 && long_ago(starve->worker[slot].since_ns, now_ns))
            found = (int)slot;
    }
    return found;
}

bool ps_starve_look(struct ps_starve *starve, uint64_t now_ns, ps_thread_asleep *asleep,
                    void *context, struct ps_starved *starved)
{
    struct ps_segment *segment = starve->segment;
    bool gap = now_ns - starve->looked_ns > PS_STARVE_GAP_NS;
    starve->looked_ns = now_ns;
    if (atomic_load_explicit(&segment->probes, memory_order_relaxed) == PS_PROBES_OFF)
        starve->blind = true;
    if (gap) {
        memset(starve->queue, 0, sizeof starve->queue);
        memset(starve->worker, 0, sizeof starve->worker);
    }
    if (!look_at_queues(starve, now_ns) || starve->blind) { /* the dear part can be left out */
        memset(starve->worker, 0, sizeof starve->worker);
        return false;
    }
    for (unsigned slot = 0; slot < segment->slots; slot++)
        look_at_worker(starve, slot, now_ns, asleep, context);
    for (unsigned queue = 0; queue <= segment->slots; queue++) {
        int worker = long_ago(starve->queue[queue].since_ns, now_ns)
                         ? find_worker(starve, queue, now_ns)
                         : -1;
        if (worker < 0)
            continue;
        *starved =
            (struct ps_starved){queue, (unsigned)worker, now_ns - starve->queue[queue].since_ns,
                                now_ns - starve->worker[worker].since_ns};
        return true;
    }
    return false;
}
