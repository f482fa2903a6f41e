/* What the live screen draws: a snapshot, its history and the state of the view. Drawing is a pure
 * function of it; nothing below changes while a frame is drawn. Owner: the caller. */
#ifndef PS_UI_VIEW_H
#define PS_UI_VIEW_H

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
};

/* Add a line. */
void ps_log_add(struct ps_log *log, uint64_t at_ns, enum ps_style style, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Add what is worth reading of a batch of events: threads that began or ended, waits of 1 ms and
 * more, and of each kind at most the last of the batch. */
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

#endif
