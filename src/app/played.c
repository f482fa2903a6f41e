#include "app/played.h"

#include <stdlib.h>
#include <string.h>

#include "app/pick.h"
#include "base/clock.h"

static int exit_of(enum ps_err err)
{
    return err == PS_ENOMEM || err == PS_EIO ? PS_EXIT_ERROR : PS_EXIT_USAGE;
}

static int understand(const char *command, struct ps_played *played)
{
    struct ps_complaints complaints = {.count = 0};
    const char *text = ps_recording_fact(played->recording, "experiment");
    const char *preset = ps_recording_fact(played->recording, "preset");
    played->preset = preset ? preset : "";
    if (ps_recording_info(played->recording)->snapshots == 0) {
        ps_app_complain("%s: %s: it was cut before its first snapshot", command, played->path);
        return PS_EXIT_USAGE;
    }
    if (text && ps_experiment_parse(&played->experiment, NULL, played->path, text, strlen(text),
                                    &complaints) == PS_OK)
        return PS_EXIT_OK;
    ps_pick_complain(&complaints);
    ps_app_complain("%s: %s: this program does not understand the experiment in it (recorded by "
                    "poolscope %s)",
                    command, played->path,
                    ps_recording_fact(played->recording, "version")
                        ? ps_recording_fact(played->recording, "version")
                        : "of unknown version");
    return PS_EXIT_USAGE;
}

int ps_played_open(const char *command, const char *path, struct ps_played **into)
{
    char why[256];
    struct ps_played *played = calloc(1, sizeof *played);
    if (!played) {
        ps_app_complain("%s: %s", command, ps_err_text(PS_ENOMEM));
        return PS_EXIT_ERROR;
    }
    played->path = path;
    enum ps_err err = ps_recording_open(path, &played->recording, why, sizeof why);
    int code = PS_EXIT_OK;
    if (err != PS_OK) {
        ps_app_complain("%s: %s: %s", command, path, why);
        code = exit_of(err);
    } else {
        code = understand(command, played);
    }
    if (code == PS_EXIT_OK)
        *into = played;
    else
        ps_played_close(played);
    return code;
}

void ps_played_close(struct ps_played *played)
{
    if (!played)
        return;
    ps_recording_close(played->recording);
    free(played);
}

void ps_played_warn(const char *command, const struct ps_played *played, enum ps_recorded how)
{
    const struct ps_recording_info *info = ps_recording_info(played->recording);
    const struct ps_snapshot *last = ps_recording_snapshot(played->recording);
    double seconds = (double)(last->at_ns - last->started_ns) / PS_NS_PER_S;
    if (last->at_ns < last->started_ns)
        seconds = 0;
    if (how == PS_RECORDED_DAMAGED)
        ps_app_complain(
            "%s: %s: damaged after %.1f s of the run; what comes after that is not read", command,
            played->path, seconds);
    else if (!info->whole)
        ps_app_complain("%s: %s: cut after %.1f s of the run: the figures are up to there", command,
                        played->path, seconds);
}
