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
        for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
            look.ended += get(&cell->ended[i]);
        look.refused += get(&cell->ended[PS_REFUSED]);
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

bool ps_watchdog_look(struct ps_watchdog *watchdog, struct ps_segment *segment, uint64_t now_ns,
                      char *why, size_t why_size)
{
    struct look look = look_at(segment);
    uint64_t progress = look.started + look.ended;
    uint64_t stuck = look.waiting[PS_STATE_JOIN] + look.waiting[PS_STATE_LOCK];
    uint64_t others = 0;
    for (unsigned i = 0; i < PS_STATE_COUNT; i++)
        if (i != PS_STATE_JOIN && i != PS_STATE_LOCK)
            others += look.waiting[i];
    bool still = progress == watchdog->progress && look.busy == 0 && others == 0 && stuck > 0 &&
                 look.submitted > look.ended;
    if (!still) {
        watchdog->progress = progress;
        watchdog->since_ns = now_ns;
        return false;
    }
    if (now_ns - watchdog->since_ns < watchdog->patience_ns)
        return false;
    uint64_t queued = look.submitted - look.refused - look.unstarted - look.started;
    const char *what = look.waiting[PS_STATE_LOCK] == 0   ? "children"
                       : look.waiting[PS_STATE_JOIN] == 0 ? "a lock"
                                                          : "children or a lock";
    const char *type =
        look.type >= 0 && (uint32_t)look.type < segment->types ? segment->type_name[look.type] : "";
    if (look.held > 0)
        snprintf(
            why, why_size,
            "deadlock: %u of %u workers wait for %s%s%s%s, %llu tasks are queued behind them and "
            "no worker is left to run them",
            look.held, look.threads, what, *type ? " in task '" : "", type, *type ? "'" : "",
            (unsigned long long)queued);
    else
        snprintf(why, why_size, "deadlock: %llu tasks wait for %s and nothing is left that runs",
                 (unsigned long long)stuck, what);
    return true;
}
