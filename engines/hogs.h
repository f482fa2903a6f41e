/* Hogs: tasks that keep a worker for long without a switch, on engines whose waiting tasks give their
 * worker free (PS_TRAIT_PARKS_TASKS). There a task that neither waits nor yields, or that calls what
 * blocks the thread, keeps all others of its worker from running but those that are stolen. Public and
 * installed.
 *
 * One thread looks at all workers from time to time: workers do nothing for it, and a hog is found
 * while it runs. What is found is counted in the worker's cell, and in an event when it is over. A task
 * is a hog only if two looks that far apart show that the worker has taken no turn meanwhile; one that
 * ran for less than the limit and the distance of two looks may be missed. */
#ifndef PS_ENGINES_HOGS_H
#define PS_ENGINES_HOGS_H

#include "engines/engine.h"

#define PS_HOG_NS UINT64_C(10000000)

/* Owner: the thread that looks. */
struct ps_hogs {
    struct ps_engine *engine;
    uint64_t limit_ns;
    struct ps_hog_watch {
        uint64_t turns;    /* taken when seen last */
        uint64_t since_ns; /* since when it has taken none, at the latest; 0: it runs no task */
        uint64_t seen_ns;  /* when it was seen last */
        int type;          /* of the task that is a hog; -1: none is */
    } worker[PS_MAX_WORKERS];
};

/* limit_ns: how long is too long, such as PS_HOG_NS. */
void ps_hogs_init(struct ps_hogs *hogs, struct ps_engine *engine, uint64_t limit_ns);

/* Whether there can be hogs; else there is nothing to look at. */
bool ps_hogs_possible(const struct ps_hogs *hogs);

/* Look. To be called about every limit / 2, until the engine is stopped. One thread. */
void ps_hogs_look(struct ps_hogs *hogs, uint64_t now_ns);

#endif
