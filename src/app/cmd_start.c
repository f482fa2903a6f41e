#include "app/pick.h"
#include "app/screen.h"

#define DEMO          "quick-demo"
#define DEMO_DURATION "5s"

struct start_options {
    struct ps_screen_options screen;
    bool plain;
};

const struct ps_option ps_start_options[] = {
    {.name = "--plain",
     .help =
         "no screen: the quick demo for " DEMO_DURATION " as text (the default without a terminal)",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct start_options, plain)},
    PS_SCREEN_OPTIONS(struct start_options),
    PS_OPTIONS_END,
};

/* Where no screen can be shown, or none is wanted: the demo as text. */
static int play_demo(void)
{
    struct ps_overrides overrides = {.duration = DEMO_DURATION};
    struct ps_experiment experiment;
    int code = ps_pick_experiment(DEMO, &overrides, &experiment);
    return code == PS_EXIT_OK ? ps_run_plain(DEMO, &experiment) : code;
}

int ps_cmd_start(const struct ps_command *command, int argc, char **argv)
{
    struct start_options options = {0};
    struct ps_arguments arguments;
    int code;
    if (ps_app_options(command, argc, argv, &options, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    if (arguments.count) {
        ps_app_complain("start: unexpected argument '%s'", arguments.item[0]);
        return PS_EXIT_USAGE;
    }
    if (options.plain || !ps_app_on_terminal())
        return play_demo();
    return ps_screen_open(&options.screen, NULL, NULL, NULL, NULL);
}
