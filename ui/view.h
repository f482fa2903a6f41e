/* What the live screen draws: a snapshot, its history and the state of the view. Drawing is a pure
 * function of it; nothing below changes while a frame is drawn. Owner: the caller. */
#ifndef PS_UI_VIEW_H
#define PS_UI_VIEW_H

#include "base/clock.h"
#include "metrics/history.h"
#include "metrics/snapshot.h"
#include "ui/overlay.h"
#include "ui/theme.h"

/* Lines of the event panel, newest last; a ring by count. */
#define PS_LOG_MAX 64u
struct ps_log_entry {
    uint64_t at_ns; /* instant */
    enum ps_style style;
    char text[100];
};
struct ps_log {
    unsigned count; /* ever written */
    struct ps_log_entry list[PS_LOG_MAX];
    /* What has been seen since the last line about it, so that what happens all the time takes a
     * line every PS_LOG_CALM_NS. */
    struct {
        uint64_t said_ns;
        unsigned takes, tasks;
        struct ps_event last;
    } steals;
    struct {
        uint64_t said_ns;
        struct ps_event longest; /* kind NONE: there was none */
    } waits;
    struct {
        uint64_t said_ns;
        struct ps_totals totals;
    } losses;
    uint64_t hogs_said_ns;
    bool deadlocked;
};
#define PS_LOG_CALM_NS (2 * (uint64_t)PS_NS_PER_S)

/* Add a line. */
void ps_log_add(struct ps_log *log, uint64_t at_ns, enum ps_style style, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Add what is worth reading of a batch of events and of the snapshot taken with it: threads that
 * began or ended, steals, waits that are long for their kind, hogs, tasks that were refused or failed, a
 * deadlock and its end. `log` is all zero before the first batch of a run. */
void ps_log_events(struct ps_log *log, const struct ps_event *events, size_t count,
                   const struct ps_snapshot *snapshot);

struct ps_live_view {
    const struct ps_snapshot *snapshot;
    const struct ps_history *history;
    const struct ps_log *log;         /* or NULL */
    const struct ps_overlay *overlay; /* or NULL */
    const char *title;                /* of the preset */
    const char *notice;               /* the answer to the last key, or NULL */
    enum ps_style notice_style;
    uint64_t seed;
    unsigned fps;      /* frames a second, for the header; 0: not shown */
    unsigned panel;    /* with the focus: index into ps_panels */
    unsigned selected; /* worker */
    bool zoom;         /* the focused panel alone */
    bool frozen;
    bool replay; /* a recording, not a live host */
};

/* The watchdog has named a deadlock, and the run goes on: a worker more may still end it. */
bool ps_view_deadlocked(const struct ps_live_view *view);

#endif
