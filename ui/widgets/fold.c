#include "base/clock.h"
#include "ui/widgets/lanes.h"

#define LONG_NS (2 * (uint64_t)PS_NS_PER_S)

static bool stands_out(const struct ps_live_view *view, unsigned worker)
{
    const struct ps_worker_view *w = &view->snapshot->worker[worker];
    return (w->state == PS_STATE_RUN || w->state == PS_STATE_BLOCK) &&
           ps_state_age(view->snapshot, worker) > LONG_NS;
}

/* Workers that keep a row of their own, if they are few. */
static void mark_alone(const struct ps_live_view *view, unsigned lanes, unsigned room, bool *alone)
{
    unsigned count = 0;
    for (unsigned w = 0; w < lanes; w++)
        count += stands_out(view, w);
    for (unsigned w = 0; w < lanes; w++)
        alone[w] = (count <= room / 6 && stands_out(view, w)) || (room > 4 && w == view->selected);
}

/* Rows needed when at most `most` neighbours share one. */
static unsigned fold_by(unsigned lanes, const bool *alone, unsigned most, struct ps_lane_row *rows)
{
    unsigned count = 0;
    for (unsigned w = 0; w < lanes;) {
        unsigned last = w;
        while (!alone[w] && last + 1 < lanes && !alone[last + 1] && last + 1 - w < most)
            last++;
        rows[count++] = (struct ps_lane_row){.first = w, .last = last};
        w = last + 1;
    }
    return count;
}

unsigned ps_lanes_fold(const struct ps_live_view *view, const struct ps_figures *figures,
                       unsigned room, struct ps_lane_row rows[PS_MAX_WORKERS])
{
    unsigned lanes = figures->lanes;
    bool alone[PS_MAX_WORKERS] = {false};
    if (room == 0)
        return 0;
    if (lanes > room)
        mark_alone(view, lanes, room, alone);
    unsigned most = lanes > room ? 2 : 1;
    unsigned count = fold_by(lanes, alone, most, rows);
    while (count > room && most <= lanes)
        count = fold_by(lanes, alone, ++most, rows);
    if (count > room)
        count = room;
    for (unsigned i = 0; i < count && 2 * lanes <= room; i++)
        rows[i].detail = true;
    return count;
}

int ps_lanes_wanted(const struct ps_figures *figures)
{
    return figures->lanes ? (int)figures->lanes : 1;
}
