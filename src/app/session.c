#include "app/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "base/clock.h"

#define STOP_GRACE_NS (2 * UINT64_C(1000000000))

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};
#define ENDING_SIGNALS (sizeof ending_signals / sizeof *ending_signals)

/* Writer: the handler. Handlers and not a signalfd: a blocked mask would be inherited by the host.
 */
static volatile sig_atomic_t caught;
static int wake_pipe[2] = {-1, -1};

static void on_signal(int number)
{
    int saved = errno;
    caught = number;
    ssize_t written = write(wake_pipe[1], "", 1);
    (void)written;
    errno = saved;
}

static enum ps_err catch_signals(struct sigaction old[ENDING_SIGNALS])
{
    if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return ps_err_from_errno(errno);
    caught = 0;
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ENDING_SIGNALS; i++) {
        sigaction(ending_signals[i], NULL, &old[i]);
        /* nohup and background jobs of a shell ignore signals on purpose. */
        if (old[i].sa_handler != SIG_IGN)
            sigaction(ending_signals[i], &action, NULL);
    }
    return PS_OK;
}

static void release_signals(const struct sigaction old[ENDING_SIGNALS])
{
    for (size_t i = 0; i < ENDING_SIGNALS; i++)
        sigaction(ending_signals[i], &old[i], NULL);
    close(wake_pipe[0]);
    close(wake_pipe[1]);
    wake_pipe[0] = wake_pipe[1] = -1;
}

/* Returns when the host has closed its end, a signal came, or at until_ns. The host is not watched
 * any more once it has closed its end: that stays readable. */
static void wait_for_news(struct ps_live *live, bool *watch_host, uint64_t until_ns)
{
    uint64_t now = ps_now_ns();
    struct timespec left = ps_timespec(until_ns > now ? until_ns - now : 0);
    struct pollfd fds[] = {{.fd = *watch_host ? ps_live_fd(live) : -1, .events = POLLIN},
                           {.fd = wake_pipe[0], .events = POLLIN}};
    if (ppoll(fds, 2, &left, NULL) > 0 && fds[0].revents)
        *watch_host = false;
}

static bool look(struct ps_session *session, struct ps_live *live)
{
    struct ps_source *source = ps_live_source(live);
    if (source->ops->snapshot(source, session->snapshot) != PS_OK)
        return false;
    ps_metric_peaks_feed(&session->peaks, session->snapshot);
    if (session->recorder) {
        ps_recorder_drain(session->recorder, source, ps_now_ns());
        ps_recorder_snapshot(session->recorder, session->snapshot);
    }
    return true;
}

/* Rings overflow sooner than anybody looks. Returns when to come again. */
static uint64_t drain(struct ps_session *session, struct ps_live *live, uint64_t now_ns)
{
    if (!session->recorder)
        return PS_NEVER;
    ps_recorder_drain(session->recorder, ps_live_source(live), now_ns);
    return now_ns + PS_RECORDER_DRAIN_NS;
}

static void follow(struct ps_session *session, struct ps_live *live, ps_session_tick tick,
                   void *user)
{
    bool watch_host = true;
    uint64_t next = ps_now_ns() + PS_SESSION_PERIOD_NS;
    uint64_t drain_at = drain(session, live, ps_now_ns());
    while (!caught && ps_live_running(live)) {
        bool watched = watch_host;
        wait_for_news(live, &watch_host, next < drain_at ? next : drain_at);
        uint64_t now = ps_now_ns();
        if (now >= drain_at)
            drain_at = drain(session, live, now);
        if (now < next && watch_host == watched)
            continue;
        next = now + PS_SESSION_PERIOD_NS;
        if (!look(session, live) || session->snapshot->phase == PS_PHASE_ENDED)
            return;
        if (tick && !tick(user, session->snapshot, ps_live_source(live)))
            return;
    }
}

/* The host is gone: nobody writes any more. */
static void keep_picture(struct ps_session *session, struct ps_live *live)
{
    struct ps_source *source = ps_live_source(live);
    const struct ps_picture *picture = source->ops->picture(source);
    size_t bytes = picture ? ps_picture_bytes(&picture->shape) : 0;
    if (bytes && (session->picture = aligned_alloc(128, bytes)))
        memcpy(session->picture, picture, bytes);
}

enum ps_err ps_session_run(struct ps_session *session, const struct ps_experiment *experiment,
                           ps_session_tick tick, void *user, char *why, size_t why_size)
{
    return ps_session_record(session, experiment, NULL, tick, user, why, why_size);
}

enum ps_err ps_session_record(struct ps_session *session, const struct ps_experiment *experiment,
                              struct ps_recorder *recorder, ps_session_tick tick, void *user,
                              char *why, size_t why_size)
{
    memset(session, 0, sizeof *session);
    session->recorder = recorder;
    session->snapshot = calloc(1, sizeof *session->snapshot);
    struct sigaction old[ENDING_SIGNALS];
    enum ps_err err = session->snapshot ? catch_signals(old) : PS_ENOMEM;
    if (err != PS_OK) {
        snprintf(why, why_size, "%s", ps_err_text(err));
        ps_session_free(session);
        return err;
    }
    struct ps_live *live;
    err = ps_live_start(experiment, &live, why, why_size);
    if (err == PS_OK) {
        follow(session, live, tick, user);
        session->signal = caught;
        ps_live_stop(live, false, STOP_GRACE_NS);
        look(session, live);
        keep_picture(session, live);
        ps_live_free(live);
    } else {
        ps_session_free(session);
    }
    release_signals(old);
    return err;
}

void ps_session_free(struct ps_session *session)
{
    free(session->snapshot);
    free(session->picture);
    session->snapshot = NULL;
    session->picture = NULL;
}

int ps_session_exit(const struct ps_session *session)
{
    if (session->signal)
        return PS_EXIT_SIGNAL + session->signal;
    enum ps_end end = session->snapshot->end;
    if (end == PS_END_DEADLOCK || end == PS_END_CRASH || end == PS_END_NOT)
        return PS_EXIT_RUN;
    for (uint32_t i = 0; i < session->snapshot->answers; i++)
        if (session->snapshot->answer[i].wrong)
            return PS_EXIT_RUN;
    return ps_totals_conserved(&session->snapshot->totals) ? PS_EXIT_OK : PS_EXIT_RUN;
}
