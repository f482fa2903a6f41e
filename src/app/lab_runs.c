#include "app/lab_runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/pick.h"
#include "app/session.h"
#include "base/clock.h"
#include "base/cpu_use.h"
#include "base/text.h"
#include "host/host.h"

static int load(const char *name, struct ps_lab_done *done)
{
    int code = ps_pick_path(name, done->path, sizeof done->path);
    if (code != PS_EXIT_OK)
        return code;
    struct ps_complaints complaints = {0};
    enum ps_err err =
        ps_lab_load(&done->experiment, &done->lab, ps_host_vocabulary(), done->path, &complaints);
    if (err == PS_OK)
        err = ps_lab_check(&done->lab, &done->experiment, done->path, &complaints);
    if (err == PS_OK && done->lab.expect_count == 0) {
        ps_app_complain("%s: there is no [expect] section, so nothing to check", done->path);
        return PS_EXIT_USAGE;
    }
    if (err == PS_OK)
        return PS_EXIT_OK;
    if (complaints.count)
        ps_pick_complain(&complaints);
    else
        ps_app_complain("%s: %s", done->path, err == PS_ENOENT ? "no such file" : ps_err_text(err));
    return PS_EXIT_USAGE;
}

/* A deadlock is a result; nobody is there to cure it. */
static bool tick(void *unused, const struct ps_snapshot *snapshot, struct ps_source *source)
{
    (void)unused;
    (void)source;
    return snapshot->end != PS_END_DEADLOCK;
}

static void announce(const struct ps_lab *lab, unsigned run, const struct ps_experiment *experiment)
{
    char length[32];
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "run %u of %u: %s, %s\n", run + 1, ps_lab_runs(lab),
                ps_lab_run_name(lab, run),
                experiment->duration_ns
                    ? ps_format_duration(length, sizeof length, experiment->duration_ns)
                    : "until its end");
}

static int run_one(const struct ps_lab_done *done, unsigned run, struct ps_session *session)
{
    struct ps_experiment *experiment = malloc(sizeof *experiment);
    if (!experiment) {
        ps_app_complain("%s", ps_err_text(PS_ENOMEM));
        return PS_EXIT_ERROR;
    }
    struct ps_complaints complaints = {0};
    char why[512] = "";
    enum ps_err err = ps_lab_experiment(&done->lab, run, &done->experiment, ps_host_vocabulary(),
                                        done->path, experiment, &complaints);
    if (err != PS_OK) { /* the lab was checked when it was read */
        ps_pick_complain(&complaints);
    } else {
        announce(&done->lab, run, experiment);
        ps_live_stand_back(false);
        err = ps_session_run(session, experiment, tick, NULL, why, sizeof why);
        if (err != PS_OK)
            ps_app_complain("%s: %s", ps_lab_run_name(&done->lab, run),
                            *why ? why : ps_err_text(err));
    }
    free(experiment);
    return err == PS_OK ? PS_EXIT_OK : PS_EXIT_USAGE;
}

static uint64_t own_cpu_ns(void)
{
    struct timespec used;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
        return 0;
    return (uint64_t)used.tv_sec * PS_NS_PER_S + (uint64_t)used.tv_nsec;
}

/* One run, and who else used the CPUs meanwhile. */
static int run_watched(const struct ps_lab_done *done, unsigned run, struct ps_session *session,
                       double *others)
{
    struct ps_cpu_use before, after;
    uint64_t own_ns = own_cpu_ns();
    ps_cpu_use_read(&before);
    int code = run_one(done, run, session);
    ps_cpu_use_read(&after);
    if (session->snapshot)
        *others = ps_cpu_use_others(&before, &after,
                                    session->snapshot->process.cpu_ns + own_cpu_ns() - own_ns);
    return code;
}

static int run_all(struct ps_lab_done *done)
{
    struct ps_lab_runs *runs = &done->runs;
    runs->others = NAN;
    runs->count = ps_lab_runs(&done->lab);
    runs->sessions = calloc(runs->count, sizeof *runs->sessions);
    runs->runs = calloc(runs->count, sizeof *runs->runs);
    if (!runs->sessions || !runs->runs) {
        ps_app_complain("%s", ps_err_text(PS_ENOMEM));
        return PS_EXIT_ERROR;
    }
    for (unsigned run = 0; run < runs->count; run++) {
        struct ps_session *session = &runs->sessions[run];
        double others = NAN;
        int code = run_watched(done, run, session, &others);
        runs->others = fmax(runs->others, others);
        if (code != PS_EXIT_OK)
            return code;
        if (session->signal)
            return PS_EXIT_SIGNAL + session->signal;
        runs->runs[run] = (struct ps_lab_run){session->snapshot, &session->peaks};
    }
    ps_lab_judge(&done->lab, runs->runs, &runs->judgement);
    return PS_EXIT_OK;
}

static void release(struct ps_lab_done *done)
{
    struct ps_lab_runs *runs = &done->runs;
    for (unsigned run = 0; runs->sessions && run < runs->count; run++)
        ps_session_free(&runs->sessions[run]);
    free(runs->sessions);
    free(runs->runs);
    free(done);
}

static int exit_code(enum ps_lab_verdict verdict)
{
    switch (verdict) {
    case PS_LAB_SHOWN:
        return PS_EXIT_OK;
    case PS_LAB_NOT_VISIBLE:
        return PS_EXIT_NOT_VISIBLE;
    case PS_LAB_NOT_SHOWN:
        break;
    }
    return PS_EXIT_RUN;
}

int ps_lab_perform(const char *name, void (*print)(const struct ps_lab_done *done))
{
    struct ps_lab_done *done = calloc(1, sizeof *done);
    if (!done) {
        ps_app_complain("%s", ps_err_text(PS_ENOMEM));
        return PS_EXIT_ERROR;
    }
    int code = load(name, done);
    if (code == PS_EXIT_OK)
        code = run_all(done);
    if (code == PS_EXIT_OK) {
        print(done);
        code = exit_code(done->runs.judgement.verdict);
    }
    release(done);
    return code;
}
