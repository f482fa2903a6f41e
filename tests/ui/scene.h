/* Fixed synthetic runs for drawing tests: the same snapshots and history every time. */
#ifndef PS_TESTS_UI_SCENE_H
#define PS_TESTS_UI_SCENE_H

#include "metrics/history.h"
#include "metrics/snapshot.h"
#include "ui/view.h"

enum scene_kind {
    SCENE_STEAL,  /* threadpool:steal with one stuck worker, queues, steals, refusals */
    SCENE_GREEN,  /* green:steal, 10,000 sleepers on few workers */
    SCENE_SHARED, /* pthread:channel, one shared queue, no steals, oversubscribed */
    SCENE_DEAD,   /* the host has crashed */
    SCENE_EMPTY   /* just started: no column yet */
};

struct scene {
    struct ps_snapshot *snapshot;
    struct ps_history *history;
    struct ps_log log;
    struct ps_findings *findings;
    struct ps_live_view view;
};

/* A run of `seconds` of simulated time with so many workers. */
struct scene *scene_new(enum scene_kind kind, unsigned workers, unsigned seconds);
void scene_free(struct scene *scene);

/* One more 100 ms of the run: changes the snapshot, feeds the history. */
void scene_step(struct scene *scene, enum scene_kind kind);

#endif
