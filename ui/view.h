/* What the live screen draws: a snapshot, its history and the state of the view. Drawing is a pure
 * function of it; nothing below changes while a frame is drawn. Owner: the caller. */
#ifndef PS_UI_VIEW_H
#define PS_UI_VIEW_H

#include "base/clock.h"
#include "metrics/history.h"
#include "metrics/picture.h"
#include "metrics/snapshot.h"
#include "model/experiment.h"
#include "ui/overlay.h"
#include "ui/scrub.h"
#include "ui/theme.h"
#include "ui/trigger.h"

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
        enum ps_event_kind kind;
        unsigned count, entry; /* threads in the line that was number `entry` */
    } threads;
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

/* What the user chose to see; outlives a run. */
#define PS_TIME_FINEST   (-1)
#define PS_TIME_COARSEST 3
#define PS_ORDER_MAX     16u
#define PS_GIANTS_MAX    3u
struct ps_live_look {
    int scale; /* of time: PS_TIME_FINEST .. PS_TIME_COARSEST, 0: a minute in the graphs */
    int only;  /* the state that the lanes colour, PS_STATE_COUNT: ready; 0: all of them */
    /* Panels in the order of the user's choice: indices into ps_panels. 0: as the layout likes. */
    unsigned panels;
    unsigned char panel[PS_ORDER_MAX];
    /* Figures of presenter mode: indices into ps_giants. 0: the usual ones. */
    unsigned giants;
    unsigned char giant[PS_GIANTS_MAX];
    bool picture; /* the run draws one: its panel is among those of the layout */
};

/* Instants that are kept to look at what lies between them. */
enum ps_mark { PS_MARK_A, PS_MARK_B, PS_MARK_TRIGGER, PS_MARKS };
extern const char ps_mark_letters[PS_MARKS + 1];
/* An instant within the column that a mark stands for; 0: it is not set. */
uint64_t ps_mark_ns(const struct ps_instant *mark);
struct ps_findings;

struct ps_live_view {
    const struct ps_snapshot *snapshot;
    const struct ps_history *history;
    const struct ps_picture *picture;   /* that the run draws, as it grows; NULL: none */
    const struct ps_log *log;           /* or NULL */
    const struct ps_findings *findings; /* of the diagnosis, fed with this view; or NULL: none */
    const struct ps_overlay *overlay;   /* or NULL */
    const struct ps_experiment *experiment; /* or NULL: what programs say is not known */
    const char *title;                      /* of the preset */
    const char *notice;                     /* the answer to the last key, or NULL */
    enum ps_style notice_style;
    uint64_t seed;
    unsigned fps;      /* frames a second, for the header; 0: not shown */
    unsigned panel;    /* with the focus: index into ps_panels */
    unsigned selected; /* worker */
    unsigned selected_type;
    bool zoom; /* the focused panel alone */
    bool frozen;
    bool presenter;                   /* giant figures above the focused panel */
    bool calm;                        /* lanes move in large steps, seldom: reduced motion */
    const struct ps_trigger *trigger; /* or NULL */
    struct ps_live_look look;
    uint64_t cursor_ns; /* the instant that is looked at; 0: none */
    struct {
        uint64_t at_ns; /* the instant under the mouse; 0: it is over none */
        int worker;     /* whose lane it is over; -1: none's */
    } hover;
    struct ps_instant mark[PS_MARKS]; /* column_ns 0: not set */
    bool replay;                      /* a recording, not a live host */
    const struct ps_scrub *scrub;     /* of a replay; NULL: none */
    bool recording;                   /* the run is being recorded ... */
    uint64_t record_bytes;            /* ... so much by now */
    const char *record_trouble;       /* why no more is written, or NULL */
};

/* The watchdog has named a deadlock, and the run goes on: a worker more may still end it. */
bool ps_view_deadlocked(const struct ps_live_view *view);
/* Whether tasks of a type are of high priority; false also where programs are not known, or for
 * type -1. */
bool ps_view_high(const struct ps_live_view *view, int type);
/* What stands behind the name of such a type. */
const char *ps_high_mark(bool ascii);

#endif
