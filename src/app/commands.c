/* The table of commands, and what they share. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "host/host.h"

static int cmd_host(const struct ps_command *command, int argc, char **argv);
static int cmd_worker(const struct ps_command *command, int argc, char **argv);
static int cmd_version(const struct ps_command *command, int argc, char **argv);

static const struct ps_option no_options[] = {PS_OPTIONS_END};

const struct ps_command ps_commands[] = {
    {.name = "start",
     .arguments = "",
     .help = "open the start screen (also without any command)",
     .options = ps_start_options,
     .run = ps_cmd_start},
    {.name = "run",
     .arguments = "PRESET|FILE",
     .help = "run an experiment: live on a terminal, else as text or JSON",
     .more =
         "PRESET is a name or a lesson's number ('poolscope presets' lists them), FILE a path.\n"
         "Exit status: 0 completed, 2 bad usage or preset, 3 the run failed (deadlock, crash),\n"
         "130 interrupted.",
     .options = ps_run_options,
     .run = ps_cmd_run},
    {.name = "compare",
     .arguments = "PRESET|FILE",
     .help = "measure engines in turns and say which is better, and how sure that is",
     .more =
         "Engines take turns on this machine under the same arrivals, a fresh process each slot,\n"
         "new arrivals each round. Every metric gets both medians, the difference, its 95 %\n"
         "interval (bootstrap over rounds; Student's below 6) and a verdict. A verdict other than\n"
         "'no difference' holds for all metrics together with 99 % confidence and is 2 % at "
         "least;\n"
         "'maybe' is one that only its own row's interval names, 'unclear' none where the "
         "interval\n"
         "leaves room for more than 10 % (in JSON both are 'no difference').\n"
         "JSON: `metrics`, each with `name`, `a`, `b`, `difference` (percent of a), `interval`,\n"
         "`verdict` (a: a is better); null is n/a. More than two engines add `pairs`.\n"
         "  poolscope compare 7 --a threadpool:fifo --b threadpool:steal\n"
         "  poolscope compare 4 --a engine.workers=8 --b engine.workers=16",
     .options = ps_compare_options,
     .run = ps_cmd_compare},
    {.name = "tune",
     .arguments = "PRESET|FILE",
     .help = "measure worker counts and find the one to take; models and tuners beside it",
     .more =
         "Powers of two first, then closer at the knee, every count as often as --repeats says.\n"
         "Recommended is the smallest count whose throughput is within noise of the best and\n"
         "which keeps the --p99 goal. An open preset has its rate replaced by clients without a\n"
         "pause (a rate that is kept shows the rate, not the pool), unless --p99 is given: then\n"
         "the question is which count keeps the goal at this rate.\n"
         "Where noise hides more than that it is said which counts cannot be told apart.\n"
         "JSON: `points`, `best_workers`, `recommended_workers`, `knee_workers`, `noise`,\n"
         "`alike_workers`, `models`, `tuners`, `cells`; null is n/a. A sweep over processes or "
         "machines:\n"
         "  poolscope tune 4 --cells | parallel -j1 > cells.jsonl\n"
         "  poolscope tune --merge cells.jsonl",
     .options = ps_tune_options,
     .run = ps_cmd_tune},
    {.name = "presets",
     .arguments = "",
     .help = "list the presets",
     .options = ps_presets_options,
     .run = ps_cmd_presets},
    {.name = "engines",
     .arguments = "",
     .help = "list the engines and their policies",
     .options = ps_engines_options,
     .run = ps_cmd_engines},
    {.name = "lesson",
     .arguments = "N|NAME|FILE",
     .help = "open a lesson, or check that this machine shows it",
     .more = "Without --check the lesson opens on a terminal: question, prediction, runs, reasons. "
             "With\n"
             "--check its trials run one after the other and its expectations are held against\n"
             "their figures.\n"
             "Exit status of --check: 0 shown, 3 an expectation does not hold, 4 this machine\n"
             "cannot show it. 'all' checks every lesson.",
     .options = ps_lesson_options,
     .run = ps_cmd_lesson},
    {.name = "grade",
     .arguments = "LAB.ini",
     .help = "run a lab and report in Markdown whether its goals are met",
     .more = "A lab is a preset with [trial NAME], [needs], [expect] and [lab] sections.\n"
             "Exit status: 0 every goal is met, 3 one is not, 4 this machine cannot show it.",
     .options = ps_grade_options,
     .run = ps_cmd_grade},
    {.name = "check",
     .arguments = "FILE...",
     .help = "check preset files",
     .more =
         "Every complaint is a line 'FILE:LINE: ...'. Exit status 2 if there is one. Settings that "
         "the\nengine does not use get a line 'warning: FILE:LINE: ...', here and with run.",
     .options = ps_check_options,
     .run = ps_cmd_check},
    {.name = "screenshot",
     .arguments = "PRESET|FILE",
     .help = "run an experiment and draw its screen into a file",
     .more = "The run is real and takes as long as --after says. PNG needs rsvg-convert.",
     .options = ps_screenshot_options,
     .run = ps_cmd_screenshot},
    {.name = "replay",
     .arguments = "RECORDING",
     .help = "play a recording: on the live screen, else its final report",
     .more =
         "On the screen the keys play it: Space pauses, the keys of the workers skip 5 s, those "
         "of the\nload change the speed, r begins again. A recording that was cut is played up "
         "to the cut.",
     .options = ps_replay_options,
     .run = ps_cmd_replay},
    {.name = "info",
     .arguments = "RECORDING",
     .help = "what a recording holds: machine, experiment, length, condition",
     .options = ps_info_options,
     .run = ps_cmd_info},
    {.name = "export",
     .arguments = "RECORDING",
     .help = "a recording as a trace, a table or a page: perfetto, chrome-json, csv, jsonl, html",
     .more =
         "perfetto opens in ui.perfetto.dev; csv and jsonl have a row a snapshot, with the names "
         "of\n'poolscope help metrics'; html is one file for a browser. A trace holds the tasks "
         "that were\ntraced: all of them after 'poolscope run --set run.probes=full'.",
     .options = ps_export_options,
     .run = ps_cmd_export},
    {.name = "help",
     .arguments = "[COMMAND|metrics|keys|steps|faults|options]",
     .help = "explain a command, or what there is to measure and to set",
     .options = ps_help_options,
     .run = ps_cmd_help},
    {.name = "completion",
     .arguments = "bash|zsh|fish",
     .help = "print the completion script of a shell",
     .options = ps_completion_options,
     .run = ps_cmd_completion},
    {.name = "version", .arguments = "", .options = no_options, .run = cmd_version},
    {.name = "manual", .arguments = "[COMMAND]", .options = no_options, .run = ps_cmd_manual},
    {.name = "host", .arguments = "", .options = no_options, .run = cmd_host},
    {.name = "worker", .arguments = "", .options = no_options, .run = cmd_worker},
    {.name = NULL},
};

static int cmd_host(const struct ps_command *command, int argc, char **argv)
{
    (void)command;
    (void)argc;
    (void)argv;
    if (fcntl(PS_HOST_CONTROL_FD, F_GETFD) < 0 || fcntl(PS_HOST_SEGMENT_FD, F_GETFD) < 0) {
        ps_app_complain("'host' is started by poolscope itself");
        return PS_EXIT_USAGE;
    }
    return ps_host_main();
}

static int cmd_worker(const struct ps_command *command, int argc, char **argv)
{
    (void)command;
    (void)argc;
    (void)argv;
    return ps_host_worker_main();
}

static int cmd_version(const struct ps_command *command, int argc, char **argv)
{
    (void)command;
    (void)argc;
    (void)argv;
    printf("poolscope %s\n", POOLSCOPE_VERSION);
    return ps_app_finish(PS_EXIT_OK);
}

void ps_app_complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("poolscope: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

int ps_app_finish(int code)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    ps_app_complain("cannot write to standard output: %s",
                    errno ? strerror(errno) : "output was lost");
    return PS_EXIT_ERROR;
}

bool ps_app_on_terminal(void)
{
    const char *term = getenv("TERM");
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term &&
           strcmp(term, "dumb") != 0;
}
