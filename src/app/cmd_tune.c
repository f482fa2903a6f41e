#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/interrupt.h"
#include "app/json_tools.h"
#include "app/pick.h"
#include "app/progress.h"
#include "app/tune_cells.h"
#include "app/tune_report.h"
#include "base/clock.h"
#include "base/text.h"
#include "host/host.h"

#define SHORTEST_NS (10 * (uint64_t)PS_NS_PER_MS)
#define LONGEST_NS  (3600 * (uint64_t)PS_NS_PER_S)

struct tune_options {
    struct ps_overrides overrides;
    const char *workers, *repeats, *p99, *slot, *warmup, *load, *cell;
    bool cells, merge, json;
};

#define TEXT(name_, argument_, help_, member)                                        \
    {                                                                                \
        .name = name_, .argument = argument_, .help = help_, .kind = PS_OPTION_TEXT, \
        .offset = offsetof(struct tune_options, member)                              \
    }
#define FLAG(name_, help_, member)                            \
    {                                                         \
        .name = name_, .help = help_, .kind = PS_OPTION_FLAG, \
        .offset = offsetof(struct tune_options, member)       \
    }

const struct ps_option ps_tune_options[] = {
    TEXT("--workers", "A..B", "worker counts from A to B (1..32)", workers),
    TEXT("--repeats", "N", "measure every count N times, 1..20 (3)", repeats),
    TEXT("--p99", "T", "goal: 99 of 100 tasks within T of their arrival", p99),
    TEXT("--slot", "T", "time measured a count and repeat, 10ms..60min (2s)", slot),
    TEXT("--warmup", "T", "time cut off before it (a fifth of --slot)", warmup),
    TEXT("--load", "auto|preset|saturate",
         "auto: open arrivals without --p99 are replaced by a load that saturates", load),
    FLAG("--json", "one JSON object on standard output", json),
    FLAG("--cells", "measure nothing: print a command a cell, for parallel or a Slurm array",
         cells),
    TEXT("--cell", "workers=N,repeat=N", "measure one cell, print one JSON line", cell),
    FLAG("--merge", "conclude from files of such lines (arguments; -: standard input)", merge),
    TEXT("--engine", "NAME[:POLICY]", "the engine, and how it queues", overrides.engine),
    TEXT("--rate", "R", "tasks a second (open arrivals)", overrides.rate),
    TEXT("--tasks", "N", "end a slot after N tasks; 0: no end", overrides.tasks),
    TEXT("--seed", "N", "of the first repeat; the next has N + 1", overrides.seed),
    {.name = "--set",
     .argument = "section.key=value",
     .help = "any key of a preset (poolscope help keys); may be repeated",
     .kind = PS_OPTION_LIST,
     .offset = offsetof(struct tune_options, overrides.set)},
    PS_OPTIONS_END,
};

/* ---- the command line ---- */

static bool refuse(const char *option, const char *text, const char *expected)
{
    char shown[80];
    ps_text_clean(shown, sizeof shown, text);
    ps_app_complain("tune: %s %s: expected %s", option, shown, expected);
    return false;
}

static bool take_time(const char *option, const char *text, uint64_t least_ns, uint64_t *ns)
{
    if (!text || (ps_parse_duration(text, ns) && *ns >= least_ns && *ns <= LONGEST_NS))
        return true;
    return refuse(option, text,
                  least_ns ? "a time from 10 ms to 60 min (2s, 500ms)"
                           : "a time up to 60 min (2s, 500ms)");
}

/* "A..B", or "N" for one count. */
static bool take_range(const char *text, struct ps_tune_about *about)
{
    uint64_t low = 1, high = 32;
    char first[32];
    if (text) {
        const char *dots = strstr(text, "..");
        snprintf(first, sizeof first, "%.*s", dots ? (int)(dots - text) : 31, text);
        if (!ps_parse_u64(first, 1, PS_WORKERS_MAX, &low) ||
            !ps_parse_u64(dots ? dots + 2 : first, low, PS_WORKERS_MAX, &high))
            return refuse("--workers", text, "A..B, 1 <= A <= B <= 256 (1..32)");
    }
    about->low = (unsigned)low;
    about->high = (unsigned)high;
    return true;
}

static bool take_load(const char *text, enum ps_tune_load *load)
{
    static const char *const words[] = {
        [PS_TUNE_AUTO] = "auto", [PS_TUNE_PRESET] = "preset", [PS_TUNE_SATURATE] = "saturate"};
    *load = PS_TUNE_AUTO;
    if (!text)
        return true;
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i]) == 0) {
            *load = (enum ps_tune_load)i;
            return true;
        }
    return refuse("--load", text, "auto | preset | saturate");
}

/* "workers=N,repeat=N". */
static bool take_cell(const char *text, const struct ps_tune_about *about, unsigned *workers,
                      unsigned *repeat)
{
    char copy[64], *save = NULL;
    uint64_t count = 0, turn = 0;
    bool good = strlen(text) < sizeof copy;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok_r(copy, ",", &save); word && good; word = strtok_r(NULL, ",", &save)) {
        if (strncmp(word, "workers=", 8) == 0 && count == 0)
            good = ps_parse_u64(word + 8, about->low, about->high, &count);
        else if (strncmp(word, "repeat=", 7) == 0 && turn == 0)
            good = ps_parse_u64(word + 7, 1, about->repeats, &turn);
        else
            good = false;
    }
    if (!good || count == 0 || turn == 0)
        return refuse("--cell", text, "workers=N,repeat=N within --workers and --repeats");
    *workers = (unsigned)count;
    *repeat = (unsigned)turn - 1;
    return true;
}

static bool take_numbers(const struct tune_options *options, struct ps_tune_spec *spec)
{
    uint64_t repeats = 3, goal_ns = 0;
    spec->length_ns = 2 * (uint64_t)PS_NS_PER_S;
    if (!take_range(options->workers, &spec->about) ||
        !take_time("--slot", options->slot, SHORTEST_NS, &spec->length_ns) ||
        !take_time("--p99", options->p99, 1, &goal_ns))
        return false;
    spec->warmup_ns = spec->length_ns / 5;
    if (!take_time("--warmup", options->warmup, 0, &spec->warmup_ns))
        return false;
    if (options->repeats && !ps_parse_u64(options->repeats, 1, PS_REPEATS_MAX, &repeats))
        return refuse("--repeats", options->repeats, "a number from 1 to 20");
    spec->about.repeats = (unsigned)repeats;
    spec->about.goal_ns = (double)goal_ns;
    return true;
}

/* The experiment with the highest count, which a limit of the engine may forbid. */
static int take_experiment(const struct tune_options *options, const char *preset,
                           struct ps_tune_spec *spec)
{
    char workers[16];
    struct ps_overrides overrides = options->overrides;
    enum ps_tune_load load;
    if (!take_numbers(options, spec) || !take_load(options->load, &load))
        return PS_EXIT_USAGE;
    snprintf(workers, sizeof workers, "%u", spec->about.high);
    overrides.workers = workers;
    int code = ps_pick_experiment(preset, &overrides, &spec->experiment);
    if (code != PS_EXIT_OK)
        return code;
    unsigned least = ps_workers_least(&spec->experiment, ps_host_vocabulary());
    if (spec->about.low < least && options->workers) {
        ps_app_complain("tune: --workers %s: the task types reserve %u of the workers (task "
                        "NAME.reserve), so %u is the least",
                        options->workers, least - 1, least);
        return PS_EXIT_USAGE;
    }
    spec->about.low = spec->about.low < least ? least : spec->about.low;
    ps_text_clean(spec->about.preset, sizeof spec->about.preset, preset);
    ps_tune_prepare(spec, load);
    return ps_pick_has_load(&spec->experiment);
}

/* ---- measuring ---- */

static enum ps_tune_state drive(struct ps_tune *tune)
{
    struct ps_progress progress;
    ps_progress_begin(&progress);
    enum ps_tune_state state = PS_TUNE_RUNNING;
    while (state == PS_TUNE_RUNNING && !ps_interrupt_signal()) {
        unsigned workers, repeat;
        char what[64];
        ps_interrupt_wait(ps_tune_due_ns(tune));
        state = ps_tune_advance(tune);
        ps_tune_slot(tune, &workers, &repeat);
        snprintf(what, sizeof what, "%u workers, repeat %u", workers, repeat + 1);
        ps_progress_show(&progress, ps_tune_progress(tune), what);
    }
    ps_progress_end(&progress);
    return state;
}

static int complain_failed(const struct ps_tune *tune)
{
    enum ps_err err;
    const char *why = ps_tune_why(tune, &err);
    ps_app_complain("tune: %s", *why ? why : ps_err_text(err));
    return err == PS_ENOMEM || err == PS_EIO ? PS_EXIT_ERROR
           : err == PS_EGONE                 ? PS_EXIT_RUN
                                             : PS_EXIT_USAGE;
}

static enum ps_err report(const struct ps_tune_about *about, const struct ps_tune_cell *cells,
                          unsigned count, const struct ps_surface *surface, bool json)
{
    struct ps_conclusion conclusion;
    ps_conclude(about, surface, &conclusion);
    struct ps_tune_report all = {.about = about,
                                 .cells = cells,
                                 .cell_count = count,
                                 .surface = surface,
                                 .conclusion = &conclusion};
    if (json)
        return ps_tune_json(&all, stdout);
    ps_tune_text(&all, stdout);
    return PS_OK;
}

static enum ps_err print_result(const struct ps_tune *tune, bool one_cell, bool json)
{
    unsigned count;
    const struct ps_tune_cell *cells = ps_tune_cells(tune, &count);
    const struct ps_tune_about *about = ps_tune_about(tune);
    if (one_cell)
        return ps_json_print(ps_cell_object(about, &cells[0]), JSON_COMPACT, stdout);
    return report(about, cells, count, ps_tune_surface(tune), json);
}

static int finish(enum ps_err err, int code)
{
    if (err != PS_ENOMEM)
        return ps_app_finish(code);
    ps_app_complain("tune: %s", ps_err_text(err));
    return PS_EXIT_ERROR;
}

/* Takes the tune, which may be NULL (no memory). */
static int measure(struct ps_tune *tune, bool one_cell, bool json)
{
    enum ps_err err = tune ? ps_interrupt_catch() : PS_ENOMEM;
    if (err != PS_OK) {
        ps_tune_free(tune);
        ps_app_complain("tune: %s", ps_err_text(err));
        return PS_EXIT_ERROR;
    }
    int code = PS_EXIT_OK;
    enum ps_tune_state state = drive(tune);
    if (state == PS_TUNE_FAILED)
        code = complain_failed(tune);
    else if (state == PS_TUNE_RUNNING)
        code = PS_EXIT_SIGNAL + ps_interrupt_signal();
    else
        err = print_result(tune, one_cell, json);
    ps_tune_free(tune);
    ps_interrupt_release();
    return finish(err, code);
}

/* ---- cells ---- */

/* For a POSIX shell. */
static void print_quoted(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-./:=,+%@";
    if (*word && word[strspn(word, plain)] == '\0') {
        fputs(word, stdout);
        return;
    }
    putchar('\'');
    for (; *word; word++)
        fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, stdout);
    putchar('\'');
}

/* This command with --cell in place of --cells. */
static void print_cells(int argc, char **argv, const struct ps_tune_about *about)
{
    unsigned counts[PS_POINTS_MAX], n = ps_tune_grid(about->low, about->high, counts);
    for (unsigned repeat = 1; repeat <= about->repeats; repeat++)
        for (unsigned i = 0; i < n; i++) {
            fputs("poolscope tune", stdout);
            for (int word = 1; word < argc; word++)
                if (strcmp(argv[word], "--cells") != 0 && strcmp(argv[word], "--json") != 0) {
                    putchar(' ');
                    print_quoted(argv[word]);
                }
            printf(" --cell workers=%u,repeat=%u\n", counts[i], repeat);
        }
}

static int merge(const struct ps_arguments *files, bool json)
{
    struct ps_cells *cells = calloc(1, sizeof *cells);
    if (!cells)
        return finish(PS_ENOMEM, PS_EXIT_ERROR);
    bool good = true;
    for (size_t i = 0; i < files->count && good; i++)
        good = ps_cells_read(cells, files->item[i]);
    if (good && cells->count == 0) {
        ps_app_complain("tune: --merge: there is no cell in these files");
        good = false;
    }
    enum ps_err err = PS_OK;
    if (good) {
        struct ps_surface surface;
        ps_cells_surface(cells, &surface);
        err = report(&cells->about, cells->cell, cells->count, &surface, json);
    }
    free(cells);
    return good ? finish(err, PS_EXIT_OK) : PS_EXIT_USAGE;
}

int ps_cmd_tune(const struct ps_command *command, int argc, char **argv)
{
    struct tune_options options = {0};
    struct ps_arguments arguments;
    int code;
    if (ps_app_options(command, argc, argv, &options, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    if (options.cells + options.merge + (options.cell != NULL) > 1) {
        ps_app_complain("tune: --cells, --cell and --merge exclude each other");
        return PS_EXIT_USAGE;
    }
    if (options.merge && arguments.count > 0)
        return merge(&arguments, options.json);
    if (arguments.count != 1) {
        ps_app_complain("tune: expected one preset or file, or --merge and files of cells");
        return PS_EXIT_USAGE;
    }
    struct ps_tune_spec spec = {0};
    unsigned workers = 0, repeat = 0;
    code = take_experiment(&options, arguments.item[0], &spec);
    if (code != PS_EXIT_OK)
        return code;
    if (options.cell && !take_cell(options.cell, &spec.about, &workers, &repeat))
        return PS_EXIT_USAGE;
    if (options.cells) {
        print_cells(argc, argv, &spec.about);
        return ps_app_finish(PS_EXIT_OK);
    }
    ps_live_stand_back(false);
    if (options.cell)
        return measure(ps_tune_new_cell(&spec, workers, repeat), true, true);
    return measure(ps_tune_new(&spec), false, options.json);
}
