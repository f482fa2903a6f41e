#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/json_report.h"
#include "app/pick.h"
#include "app/plain_report.h"
#include "app/played.h"
#include "app/screen.h"

struct replay_options {
    struct ps_screen_options screen;
    bool json, plain;
};

const struct ps_option ps_replay_options[] = {
    {.name = "--json",
     .help = "the JSON object that the run ended with",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct replay_options, json)},
    {.name = "--plain",
     .help = "the lines that the run printed (the default without a terminal)",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct replay_options, plain)},
    PS_SCREEN_OPTIONS(struct replay_options),
    PS_OPTIONS_END,
};

/* Every snapshot, as fast as it can be read: peaks are of all of them. */
static enum ps_recorded play(struct ps_recording *recording, struct ps_metric_peaks *peaks,
                             struct ps_plain *plain)
{
    enum ps_recorded next;
    while ((next = ps_recording_next(recording)) < PS_RECORDED_END) {
        const struct ps_snapshot *snapshot = ps_recording_snapshot(recording);
        if (next != PS_RECORDED_SNAPSHOT)
            continue;
        ps_metric_peaks_feed(peaks, snapshot);
        if (plain && snapshot->phase != PS_PHASE_ENDED)
            ps_plain_tick(plain, snapshot);
    }
    return next;
}

static int report(struct ps_played *played, bool json)
{
    struct ps_metric_peaks peaks = {0};
    struct ps_plain *plain =
        json ? NULL : ps_plain_new(stdout, played->preset, &played->experiment);
    if (!json && !plain) {
        ps_app_complain("%s", ps_err_text(PS_ENOMEM));
        return PS_EXIT_ERROR;
    }
    ps_played_warn("replay", played, play(played->recording, &peaks, plain));
    struct ps_report whole = {.preset = played->preset,
                              .experiment = &played->experiment,
                              .snapshot = ps_recording_snapshot(played->recording),
                              .peaks = &peaks};
    enum ps_err err = PS_OK;
    if (json)
        err = ps_report_json(&whole, stdout);
    else
        ps_plain_end(plain, &whole);
    ps_plain_free(plain);
    if (err == PS_ENOMEM) {
        ps_app_complain("%s", ps_err_text(err));
        return PS_EXIT_ERROR;
    }
    return ps_app_finish(PS_EXIT_OK);
}

static int show(const struct replay_options *options, struct ps_played *played)
{
    struct ps_replay *replay = ps_replay_new(played->recording);
    if (!replay) {
        ps_app_complain("%s", ps_err_text(PS_ENOMEM));
        return PS_EXIT_ERROR;
    }
    int code =
        ps_screen_play(&options->screen, played->preset, &played->experiment, replay, played->path);
    ps_replay_free(replay);
    return code;
}

int ps_cmd_replay(const struct ps_command *command, int argc, char **argv)
{
    struct replay_options options = {0};
    struct ps_arguments arguments;
    int code;
    if (ps_app_options(command, argc, argv, &options, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    if (arguments.count != 1) {
        ps_app_complain("replay: expected one recording ('poolscope run --record FILE' makes one)");
        return PS_EXIT_USAGE;
    }
    if (options.json && options.plain) {
        ps_app_complain("replay: --json and --plain exclude each other");
        return PS_EXIT_USAGE;
    }
    struct ps_played *played;
    code = ps_played_open("replay", arguments.item[0], &played);
    if (code != PS_EXIT_OK)
        return code;
    code = options.json || options.plain || !ps_app_on_terminal() ? report(played, options.json)
                                                                  : show(&options, played);
    ps_played_close(played);
    return code;
}
