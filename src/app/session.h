/* A run without a screen: start a host, look at it ten times a second, end with it. */
#ifndef PS_APP_SESSION_H
#define PS_APP_SESSION_H

#include "client/live.h"
#include "client/recorder.h"
#include "metrics/metric_table.h"

#define PS_SESSION_PERIOD_NS UINT64_C(100000000)

/* What a finished session leaves. Owner: the caller, ps_session_free. */
struct ps_session {
    struct ps_snapshot *snapshot; /* the newest; after the run: the final one */
    struct ps_metric_peaks peaks;
    int signal;                   /* that interrupted it; 0: none */
    struct ps_recorder *recorder; /* while it runs; NULL: none */
    struct ps_picture *picture;   /* what julia steps drew; NULL: none */
};

/* Called with every snapshot; false ends the run at once (its tasks are cancelled). */
typedef bool (*ps_session_tick)(void *user, const struct ps_snapshot *snapshot,
                                struct ps_source *source);

/* Run the experiment to its end. INT, TERM and HUP end it too, with its tasks cancelled: `signal`
 * says so and the snapshot is as good as any. No host is left on return. PS_OK, or why no run came
 * about in `why`. One session at a time in a process: signal handlers are the process's. */
enum ps_err ps_session_run(struct ps_session *session, const struct ps_experiment *experiment,
                           ps_session_tick tick, void *user, char *why, size_t why_size);
/* The same, recorded as well: every snapshot that is looked at, and the events in between. recorder
 * NULL: not recorded; the caller's, who finishes it. */
enum ps_err ps_session_record(struct ps_session *session, const struct ps_experiment *experiment,
                              struct ps_recorder *recorder, ps_session_tick tick, void *user,
                              char *why, size_t why_size);
void ps_session_free(struct ps_session *session);

/* What to exit with after this run: PS_EXIT_OK, PS_EXIT_RUN or PS_EXIT_SIGNAL + signal. */
int ps_session_exit(const struct ps_session *session);

#endif
