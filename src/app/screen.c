#include "app/screen.h"

#include <stdio.h>
#include <string.h>

#include "app/pick.h"
#include "app/screen_exports.h"
#include "base/machine.h"
#include "base/text.h"
#include "host/host.h"
#include "ui/app_ui.h"

const char *ps_screen_machine(char *into, size_t size, unsigned *usable_cpus)
{
    struct ps_machine machine;
    char memory[32];
    ps_machine_read(&machine);
    *usable_cpus = machine.usable;
    ps_format_bytes(memory, sizeof memory, machine.memory);
    if (machine.usable < machine.online)
        snprintf(into, size, "%u of %u cpu  %s", machine.usable, machine.online, memory);
    else
        snprintf(into, size, "%u cpu  %s", machine.usable, memory);
    return into;
}

/* What was kept; the command line says more. */
static bool recall(struct ps_ui_options *ui, char *path, size_t size)
{
    struct ps_complaints complaints = {.count = 0};
    struct ps_settings settings = ps_settings_standard;
    if (ps_settings_path(path, size)) {
        if (ps_settings_load(path, &settings, &complaints) != PS_OK) {
            ps_pick_complain(&complaints);
            return false;
        }
        ui->settings_path = path;
    }
    ui->theme = settings.theme;
    ui->fps = settings.fps;
    ui->ascii = settings.ascii;
    ui->no_mouse = settings.no_mouse;
    ui->no_hover = settings.no_hover;
    ui->reduced_motion = settings.reduced_motion;
    ui->colours = settings.colours;
    ui->look = settings.look;
    return true;
}

static bool understand(const struct ps_screen_options *options, struct ps_ui_options *ui)
{
    uint64_t fps = 0;
    if (options->theme && !ps_theme_find(options->theme, &ui->theme)) {
        ps_app_complain("--theme %s: expected dark, light or mono", options->theme);
        return false;
    }
    if (options->fps && !ps_parse_u64(options->fps, 1, PS_FPS_MAX, &fps)) {
        ps_app_complain("--fps %s: expected 1 to %u", options->fps, PS_FPS_MAX);
        return false;
    }
    if (options->fps)
        ui->fps = (unsigned)fps;
    ui->no_mouse = ui->no_mouse || options->no_mouse;
    ui->ascii = ui->ascii || options->ascii;
    ui->presenter = options->presenter;
    ui->reduced_motion = ui->reduced_motion || options->reduced_motion;
    ui->no_state = options->no_state;
    return true;
}

static int open_screen(const struct ps_screen_options *options, struct ps_ui_options ui)
{
    char why[320], machine[64], kept[4096];
    struct ps_library library = {0};
    ui.words = ps_host_vocabulary();
    ui.library = &library;
    ui.machine = machine;
    ui.exports = &ps_screen_exports;
    if (!recall(&ui, kept, sizeof kept) || !understand(options, &ui))
        return PS_EXIT_USAGE;
    ps_screen_machine(machine, sizeof machine, &ui.usable_cpus);
    /* A run of a file needs no library; the start screen does. */
    if (ps_library_load(&library, ui.words, why, sizeof why) != PS_OK && !ui.experiment) {
        ps_app_complain("%s", why);
        return PS_EXIT_USAGE;
    }
    int code = ps_ui_main(&ui);
    ps_library_free(&library);
    return code;
}

int ps_screen_open(const struct ps_screen_options *options, const char *preset,
                   const struct ps_experiment *experiment, struct ps_recorder *recorder,
                   const char *record_path)
{
    struct ps_ui_options ui = {.experiment = experiment,
                               .preset = preset,
                               .recorder = recorder,
                               .record_path = record_path};
    return open_screen(options, ui);
}

int ps_screen_teach(const struct ps_screen_options *options, const char *preset,
                    const struct ps_experiment *experiment)
{
    struct ps_ui_options ui = {.experiment = experiment, .preset = preset, .lesson = true};
    return open_screen(options, ui);
}

int ps_screen_play(const struct ps_screen_options *options, const char *preset,
                   const struct ps_experiment *experiment, struct ps_replay *replay,
                   const char *path)
{
    struct ps_ui_options ui = {
        .experiment = experiment, .preset = preset, .replay = replay, .replay_path = path};
    return open_screen(options, ui);
}
