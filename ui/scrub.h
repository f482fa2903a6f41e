/* The line of time of a replay: where it is, how much was done when, where something happened; a
 * click on it goes there. */
#ifndef PS_UI_SCRUB_H
#define PS_UI_SCRUB_H

#include "client/overview.h"
#include "client/replay.h"
#include "ui/canvas.h"

struct ps_scrub {
    struct ps_replay_state state;
    const struct ps_overview *overview; /* NULL: nothing is known of it */
};

/* One row. A click on it is PS_DO_SEEK; where, is ps_program.clicked's to say. */
void ps_scrub_draw(const struct ps_canvas *row, const struct ps_scrub *scrub);

/* The instant in the middle of column x of a line of so many. */
uint64_t ps_scrub_instant(const struct ps_replay_state *state, int x, int width);

/* The next instant with a landmark after `at_ns` (before it, if not forwards); false: there is none. */
bool ps_scrub_landmark(const struct ps_scrub *scrub, uint64_t at_ns, bool forwards,
                       uint64_t *instant_ns, unsigned *landmarks);

/* What the most important of some landmarks means, for people. */
const char *ps_scrub_landmark_text(unsigned landmarks);

#endif
