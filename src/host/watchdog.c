#include "host/watchdog.h"

#include <stdio.h>

static uint64_t get(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

struct look {
    uint64_t submitted, started, ended, refused, unstarted;
    uint64_t waiting[PS_STATE_COUNT];
    unsigned threads, busy,
        held; /* worker threads; running or seeking, outside too; held by a join or lock */
    int type; /* of a held worker's task */
};

/* Tasks that submitters run themselves and that do not wait. Helper threads, too, end tasks outside,
 * but only ones that began on a worker. */
static bool runs_outside(struct ps_segment *segment)
{
    const struct ps_cell *cell = ps_segment_cell(segment, segment->slots);
    uint64_t in = get(&cell->started) + get(&cell->unstarted) + get(&cell->ended[PS_REFUSED]);
    uint64_t out = 0;
    for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
        out += get(&cell->ended[i]);
    for (unsigned i = 0; i < PS_STATE_COUNT; i++) {
        in += get(&cell->wait_end[i]);
        out += get(&cell->wait_begin[i]);
    }
    return in > out;
}

static struct look look_at(struct ps_segment *segment)
{
    struct look look = {.type = -1};
    for (unsigned slot = 0; slot <= segment->slots; slot++) {
        const struct ps_cell *cell = ps_segment_cell(segment, slot);
        for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++) {
            uint64_t ended = get(&cell->ended[i]);
            look.ended += ended;
            look.refused += i == PS_REFUSED ? ended : 0;
        }
        look.started += get(&cell->started);
        look.unstarted += get(&cell->unstarted);
        look.submitted += get(&cell->submitted);
        for (unsigned i = 0; i < PS_STATE_COUNT; i++)
            look.waiting[i] += get(&cell->wait_begin[i]) - get(&cell->wait_end[i]);
        uint64_t now = get(&cell->now);
        enum ps_state state = ps_state_of(now);
        if (slot == segment->slots || state == PS_STATE_OFF)
            continue;
        look.threads++;
        if (state == PS_STATE_JOIN || state == PS_STATE_LOCK) {
            look.held++;
            look.type = ps_state_type(now);
        } else if (state != PS_STATE_IDLE) {
            look.busy++;
        }
    }
    if (runs_outside(segment))
        look.busy++;
    return look;
}

/* Nothing runs, nothing will wake by itself, and something waits. */
static bool stands_still(const struct look *look)
{
    uint64_t others = 0;
    for (unsigned i = 0; i < PS_STATE_COUNT; i++)
        if (i != PS_STATE_JOIN && i != PS_STATE_LOCK)
            others += look->waiting[i];
    return look->busy == 0 && others == 0 && look->submitted > look->ended &&
           look->waiting[PS_STATE_JOIN] + look->waiting[PS_STATE_LOCK] > 0;
}

static void explain(const struct look *look, const struct ps_segment *segment, char *why,
                    size_t why_size)
{
    uint64_t queued = look->submitted - look->refused - look->unstarted - look->started;
    uint64_t stuck = look->waiting[PS_STATE_JOIN] + look->waiting[PS_STATE_LOCK];
    const char *what = look->waiting[PS_STATE_LOCK] == 0   ? "children"
                       : look->waiting[PS_STATE_JOIN] == 0 ? "a lock"
                                                           : "children or a lock";
    const char *type = look->type >= 0 && (uint32_t)look->type < segment->types
                           ? segment->type_name[look->type]
                           : "";
    if (look->held > 0)
        snprintf(
            why, why_size,
            "deadlock: %u of %u workers wait for %s%s%s%s, %llu tasks are queued behind them and "
            "no worker is left to run them",
            look->held, look->threads, what, *type ? " in task '" : "", type, *type ? "'" : "",
            (unsigned long long)queued);
    else
        snprintf(why, why_size, "deadlock: %llu tasks wait for %s and nothing is left that runs",
                 (unsigned long long)stuck, what);
}

bool ps_watchdog_look(struct ps_watchdog *watchdog, struct ps_segment *segment, uint64_t now_ns,
                      char *why, size_t why_size)
{
    struct look look = look_at(segment);
    /* Of tasks that had begun: what is refused or given up in the queue moves nothing. */
    uint64_t aside = look.refused + look.unstarted;
    uint64_t done = look.ended > aside ? look.ended - aside : 0, progress = look.started + done;
    bool still = progress == watchdog->progress && stands_still(&look);
    watchdog->progress = progress;
    why[0] = '\0';
    if (watchdog->named) {
        if (done > watchdog->done ||
            (!still && now_ns - watchdog->still_ns >= watchdog->patience_ns)) {
            watchdog->named = false;
            watchdog->moved_ns = now_ns;
            return false;
        }
    } else {
        if (!still)
            watchdog->moved_ns = now_ns;
        if (!still || now_ns - watchdog->moved_ns < watchdog->patience_ns)
            return false;
        watchdog->named = true;
        watchdog->done = done;
    }
    if (still) {
        watchdog->still_ns = now_ns;
        explain(&look, segment, why, why_size);
    }
    return true;
}
