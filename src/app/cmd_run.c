#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/json_report.h"
#include "app/output.h"
#include "app/pick.h"
#include "app/picture_png.h"
#include "app/plain_report.h"
#include "app/screen.h"
#include "app/session.h"
#include "model/kernels.h"

struct run_options {
    struct ps_overrides overrides;
    struct ps_screen_options screen;
    bool json, plain, force;
    const char *julia, *record;
};

const struct ps_option ps_run_options[] = {
    PS_OVERRIDE_OPTIONS(struct run_options),
    {.name = "--json",
     .help = "one JSON object on standard output when the run has ended",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct run_options, json)},
    {.name = "--plain",
     .help = "a line a second, events and a summary (the default without a terminal)",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct run_options, plain)},
    {.name = "--julia",
     .argument = "FILE.png",
     .help = "write what julia steps drew, a hue a worker (not from a screen)",
     .kind = PS_OPTION_TEXT,
     .offset = offsetof(struct run_options, julia)},
    {.name = "--record",
     .argument = "FILE",
     .help = "record the run, for replay, info and export",
     .kind = PS_OPTION_TEXT,
     .offset = offsetof(struct run_options, record)},
    {.name = "--force",
     .help = "replace an existing file",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct run_options, force)},
    PS_SCREEN_OPTIONS(struct run_options),
    PS_OPTIONS_END,
};

static int complain_no_run(enum ps_err err, const char *why)
{
    ps_app_complain("%s", *why ? why : ps_err_text(err));
    return err == PS_ENOMEM || err == PS_EIO ? PS_EXIT_ERROR
           : err == PS_EGONE                 ? PS_EXIT_RUN
                                             : PS_EXIT_USAGE;
}

static void complain_wrong(const struct ps_snapshot *snapshot)
{
    for (uint32_t i = 0; i < snapshot->answers; i++)
        if (snapshot->answer[i].wrong) {
            ps_app_complain("the run failed: %s gave a wrong answer", snapshot->answer[i].name);
            return;
        }
    ps_app_complain("the run failed: tasks were lost");
}

static void complain_failed(const struct ps_session *session, int code)
{
    const struct ps_snapshot *snapshot = session->snapshot;
    if (code != PS_EXIT_RUN)
        return;
    if (snapshot->end == PS_END_DEADLOCK || snapshot->end == PS_END_CRASH)
        ps_app_complain("the run failed: %s",
                        snapshot->message[0] ? snapshot->message : ps_end_name(snapshot->end));
    else
        complain_wrong(snapshot);
}

/* ---- the picture of julia steps ---- */

static bool draws(const struct ps_experiment *experiment)
{
    const struct ps_step_def *list[PS_KERNELS_MAX];
    unsigned count = ps_kernels_of(experiment, list, PS_KERNELS_MAX);
    for (unsigned i = 0; i < count && i < PS_KERNELS_MAX; i++)
        if (list[i]->kind == PS_STEP_JULIA)
            return true;
    return false;
}

/* What can be known to be wrong before the run. */
static int check_picture(const struct run_options *options, const struct ps_experiment *experiment)
{
    const char *path = options->julia;
    size_t length = path ? strlen(path) : 0;
    if (!path) {
        if (options->force && !options->record)
            ps_app_complain("run: --force goes with --record or --julia");
        return options->force && !options->record ? PS_EXIT_USAGE : PS_EXIT_OK;
    }
    if (length < 5 || strcmp(path + length - 4, ".png") != 0) {
        ps_app_complain("run: --julia %s: the name must end in .png", path);
        return PS_EXIT_USAGE;
    }
    if (!draws(experiment)) {
        ps_app_complain("run: --julia: no task of this preset has a julia step");
        return PS_EXIT_USAGE;
    }
    if (!options->json && !options->plain && ps_app_on_terminal()) {
        ps_app_complain("run: --julia needs --plain or --json");
        return PS_EXIT_USAGE;
    }
    if (!options->force && access(path, F_OK) == 0) {
        ps_app_complain("%s exists already; --force replaces it", path);
        return PS_EXIT_ERROR;
    }
    return PS_EXIT_OK;
}

/* Returns `code`, or what to exit with if the file cannot be written. */
static int write_picture(const struct run_options *options, const struct ps_session *session,
                         int code)
{
    char why[512] = "out of memory";
    void *png = NULL;
    size_t size;
    if (!options->julia)
        return code;
    enum ps_err err = session->picture ? ps_picture_png(session->picture, &png, &size) : PS_ENOMEM;
    if (err == PS_OK)
        err = ps_output_write(options->julia, png, size, options->force, why, sizeof why);
    free(png);
    if (err == PS_OK)
        return code;
    ps_app_complain("%s", why);
    return PS_EXIT_ERROR;
}

/* A deadlock that the watchdog has named. On a screen somebody may add a worker; here nobody can.
 */
static bool is_stuck(const struct ps_snapshot *snapshot)
{
    return snapshot->end == PS_END_DEADLOCK;
}

static bool json_tick(void *announced, const struct ps_snapshot *snapshot, struct ps_source *source)
{
    (void)source;
    if (snapshot->http_port && !*(bool *)announced)
        ps_app_complain("serving http://127.0.0.1:%u/", snapshot->http_port);
    *(bool *)announced = true;
    return !is_stuck(snapshot);
}

static int run_json(const char *preset, const struct ps_experiment *experiment,
                    const struct run_options *options, struct ps_recorder *recorder)
{
    struct ps_session session;
    char why[512] = "";
    bool announced = false;
    ps_live_stand_back(recorder != NULL);
    enum ps_err err =
        ps_session_record(&session, experiment, recorder, json_tick, &announced, why, sizeof why);
    if (err != PS_OK)
        return complain_no_run(err, why);
    int code = ps_session_exit(&session);
    struct ps_report report = {.preset = preset,
                               .experiment = experiment,
                               .snapshot = session.snapshot,
                               .peaks = &session.peaks};
    err = ps_report_json(&report, stdout);
    complain_failed(&session, code);
    code = write_picture(options, &session, code);
    ps_session_free(&session);
    if (err == PS_ENOMEM) {
        ps_app_complain("%s", ps_err_text(err));
        return PS_EXIT_ERROR;
    }
    return ps_app_finish(code);
}

static bool plain_tick(void *plain, const struct ps_snapshot *snapshot, struct ps_source *source)
{
    (void)source;
    return ps_plain_tick(plain, snapshot) && !is_stuck(snapshot);
}

static int run_plain(const char *preset, const struct ps_experiment *experiment,
                     const struct run_options *options, struct ps_recorder *recorder)
{
    struct ps_plain *plain = ps_plain_new(stdout, preset, experiment);
    if (!plain)
        return complain_no_run(PS_ENOMEM, "");
    struct ps_session session;
    char why[512] = "";
    ps_live_stand_back(recorder != NULL);
    enum ps_err err =
        ps_session_record(&session, experiment, recorder, plain_tick, plain, why, sizeof why);
    int code;
    if (err == PS_OK) {
        struct ps_report report = {.preset = preset,
                                   .experiment = experiment,
                                   .snapshot = session.snapshot,
                                   .peaks = &session.peaks};
        ps_plain_end(plain, &report);
        code = ps_session_exit(&session);
        complain_failed(&session, code);
        code = write_picture(options, &session, code);
        ps_session_free(&session);
    } else {
        code = complain_no_run(err, why);
    }
    ps_plain_free(plain);
    return ps_app_finish(code);
}

int ps_run_plain(const char *preset, const struct ps_experiment *experiment)
{
    static const struct run_options no_options;
    return run_plain(preset, experiment, &no_options, NULL);
}

/* NULL without --record; before the host starts, so that a bad path starts nothing. */
static int open_recorder(const struct run_options *options, const char *preset,
                         const struct ps_experiment *experiment, struct ps_recorder **recorder)
{
    char why[4352];
    int fd;
    *recorder = NULL;
    if (!options->record)
        return PS_EXIT_OK;
    enum ps_err err = ps_output_create(options->record, options->force, &fd, why, sizeof why);
    if (err != PS_OK) {
        ps_app_complain("run: %s%s", why, err == PS_EEXIST ? " (--force replaces it)" : "");
        return PS_EXIT_ERROR;
    }
    err = ps_recorder_new(fd, preset, experiment, recorder, why, sizeof why);
    if (err == PS_OK)
        return PS_EXIT_OK;
    ps_app_complain("run: %s: %s", options->record, why);
    return PS_EXIT_ERROR;
}

/* A run that failed says so first. */
static int close_recorder(const struct run_options *options, struct ps_recorder *recorder, int code)
{
    char why[256];
    if (ps_recorder_finish(recorder, why, sizeof why) == PS_OK)
        return code;
    ps_app_complain("run: %s: the recording is cut short: %s", options->record, why);
    return code == PS_EXIT_OK ? PS_EXIT_ERROR : code;
}

static int run_one(const struct run_options *options, const char *preset,
                   const struct ps_experiment *experiment, struct ps_recorder *recorder)
{
    if (options->json)
        return run_json(preset, experiment, options, recorder);
    if (options->plain || !ps_app_on_terminal())
        return run_plain(preset, experiment, options, recorder);
    return ps_screen_open(&options->screen, preset, experiment, recorder, options->record);
}

int ps_cmd_run(const struct ps_command *command, int argc, char **argv)
{
    struct run_options options = {0};
    struct ps_arguments arguments;
    int code;
    if (ps_app_options(command, argc, argv, &options, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    if (arguments.count != 1) {
        ps_app_complain("run: expected one preset or file ('poolscope presets' lists them)");
        return PS_EXIT_USAGE;
    }
    if (options.json && options.plain) {
        ps_app_complain("run: --json and --plain exclude each other");
        return PS_EXIT_USAGE;
    }
    const char *preset = arguments.item[0];
    struct ps_experiment experiment;
    code = ps_pick_experiment(preset, &options.overrides, &experiment);
    if (code != PS_EXIT_OK)
        return code;
    code = check_picture(&options, &experiment);
    if (code != PS_EXIT_OK)
        return code;
    struct ps_recorder *recorder;
    code = open_recorder(&options, preset, &experiment, &recorder);
    if (code != PS_EXIT_OK)
        return code;
    code = run_one(&options, preset, &experiment, recorder);
    return close_recorder(&options, recorder, code);
}
