#include <stdio.h>
#include <string.h>

#include "app/compare_report.h"
#include "app/interrupt.h"
#include "app/pick.h"
#include "app/progress.h"
#include "base/clock.h"
#include "base/text.h"

#define SHORTEST_NS (10 * (uint64_t)PS_NS_PER_MS)
#define LONGEST_NS  (3600 * (uint64_t)PS_NS_PER_S)

struct compare_options {
    struct ps_overrides overrides;
    const char *side[PS_COMPARE_SIDES];
    const char *slots, *slot, *warmup;
    bool json;
};

#define SIDE(letter, number, help_)                                                                \
    {                                                                                              \
        .name = "--" letter, .argument = "ENGINE[:POLICY]", .help = help_, .kind = PS_OPTION_TEXT, \
        .offset = offsetof(struct compare_options, side) + (number) * sizeof(char *)               \
    }
#define TEXT(name_, argument_, help_, member)                                        \
    {                                                                                \
        .name = name_, .argument = argument_, .help = help_, .kind = PS_OPTION_TEXT, \
        .offset = offsetof(struct compare_options, member)                           \
    }

const struct ps_option ps_compare_options[] = {
    SIDE("a", 0, "the first engine; ',section.key=value' after it is set for it alone"),
    SIDE("b", 1, "the second; its settings may differ too: --b engine.workers=8"),
    SIDE("c", 2, "a third: every pair is compared, as a matrix"),
    SIDE("d", 3, "a fourth"),
    SIDE("e", 4, "a fifth"),
    SIDE("f", 5, "a sixth"),
    TEXT("--slots", "N", "slots for each engine, 3..200 (6)", slots),
    TEXT("--slot", "T", "time measured in a slot, 10ms..60min (5s)", slot),
    TEXT("--warmup", "T", "time cut off before it (a fifth of --slot)", warmup),
    {.name = "--json",
     .help = "one JSON object on standard output",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct compare_options, json)},
    TEXT("--workers", "N|auto", "worker threads; auto: a usable CPU each", overrides.workers),
    TEXT("--tasks", "N", "end a slot after N tasks; 0: no end", overrides.tasks),
    TEXT("--rate", "R", "tasks a second (open arrivals)", overrides.rate),
    TEXT("--seed", "N", "of the first round; the next has N + 1", overrides.seed),
    {.name = "--set",
     .argument = "section.key=value",
     .help = "any key of a preset (poolscope help keys); may be repeated",
     .kind = PS_OPTION_LIST,
     .offset = offsetof(struct compare_options, overrides.set)},
    PS_OPTIONS_END,
};

/* ---- the command line ---- */

static bool take_time(const char *option, const char *text, uint64_t least_ns, uint64_t *ns)
{
    if (!text)
        return true;
    if (ps_parse_duration(text, ns) && *ns >= least_ns && *ns <= LONGEST_NS)
        return true;
    char shown[64], least[32];
    ps_text_clean(shown, sizeof shown, text);
    ps_app_complain("compare: %s %s: expected a time from %s to 60 min (5s, 500ms)", option, shown,
                    ps_format_duration(least, sizeof least, least_ns));
    return false;
}

static bool take_times(const struct compare_options *options, struct ps_compare_spec *spec)
{
    spec->length_ns = 5 * (uint64_t)PS_NS_PER_S;
    if (!take_time("--slot", options->slot, SHORTEST_NS, &spec->length_ns))
        return false;
    spec->warmup_ns = spec->length_ns / 5;
    if (!take_time("--warmup", options->warmup, 0, &spec->warmup_ns))
        return false;
    uint64_t rounds = 6;
    if (options->slots && !ps_parse_u64(options->slots, 3, PS_PAIRS_MAX, &rounds)) {
        char shown[64];
        ps_text_clean(shown, sizeof shown, options->slots);
        ps_app_complain("compare: --slots %s: expected a number from 3 to %u", shown, PS_PAIRS_MAX);
        return false;
    }
    spec->rounds = (unsigned)rounds;
    return true;
}

/* Where a setting "section.key=value" ends: at a comma after which the next begins. Commas within
 * a value (steps) are followed by text without '='. */
static char *setting_end(char *text)
{
    for (char *comma = strchr(text, ','); comma; comma = strchr(comma + 1, ',')) {
        size_t to_next = strcspn(comma + 1, ",");
        if (memchr(comma + 1, '=', to_next))
            return comma;
    }
    return NULL;
}

/* "threadpool:steal,engine.workers=8" or "engine.workers=8". `words` is cut in place. */
static bool take_side(const char *option, char *words, struct ps_overrides *overrides)
{
    char *comma = strchr(words, ','), *settings = words;
    overrides->engine = NULL;
    overrides->engine_option = option;
    if (!memchr(words, '=', strcspn(words, ","))) {
        overrides->engine = words;
        settings = comma ? comma + 1 : NULL;
        if (comma)
            *comma = '\0';
    }
    while (settings) {
        if (overrides->set.count == PS_OPTION_LIST_MAX) {
            ps_app_complain("compare: %s: too many settings", option);
            return false;
        }
        char *end = setting_end(settings);
        if (end)
            *end = '\0';
        overrides->set.item[overrides->set.count++] = settings;
        settings = end ? end + 1 : NULL;
    }
    return true;
}

static int pick_side(const struct compare_options *options, const char *preset, unsigned side,
                     struct ps_experiment *experiment)
{
    char option[4] = {'-', '-', (char)('a' + side), '\0'}, words[512];
    struct ps_overrides overrides = options->overrides;
    const char *given = options->side[side];
    if (strlen(given) >= sizeof words || !*given) {
        ps_app_complain("compare: %s: expected ENGINE[:POLICY], at most %zu bytes", option,
                        sizeof words - 1);
        return PS_EXIT_USAGE;
    }
    memcpy(words, given, strlen(given) + 1);
    if (!take_side(option, words, &overrides))
        return PS_EXIT_USAGE;
    int code = ps_pick_experiment(preset, &overrides, experiment);
    return code == PS_EXIT_OK ? ps_pick_has_load(experiment) : code;
}

static int take_sides(const struct compare_options *options, const char *preset,
                      struct ps_compare_spec *spec)
{
    while (spec->sides < PS_COMPARE_SIDES && options->side[spec->sides]) {
        int code = pick_side(options, preset, spec->sides, &spec->side[spec->sides]);
        if (code != PS_EXIT_OK)
            return code;
        spec->sides++;
    }
    for (unsigned side = spec->sides; side < PS_COMPARE_SIDES; side++)
        if (options->side[side]) {
            ps_app_complain("compare: --%c is given, but not --%c", 'a' + side, 'a' + spec->sides);
            return PS_EXIT_USAGE;
        }
    if (spec->sides < 2) {
        ps_app_complain("compare: expected two engines at least: --a ENGINE --b ENGINE");
        return PS_EXIT_USAGE;
    }
    return PS_EXIT_OK;
}

/* ---- running ---- */

static void show(struct ps_progress *progress, struct ps_compare *compare,
                 const struct ps_compare_spec *spec)
{
    unsigned side, round;
    char what[64];
    ps_compare_slot(compare, &side, &round);
    snprintf(what, sizeof what, "slot %u of %u, %c", round + 1, spec->rounds, 'A' + side);
    ps_progress_show(progress, ps_compare_progress(compare), what);
}

static enum ps_compare_state drive(struct ps_compare *compare, const struct ps_compare_spec *spec)
{
    struct ps_progress progress;
    ps_progress_begin(&progress);
    enum ps_compare_state state = PS_COMPARE_RUNNING;
    while (state == PS_COMPARE_RUNNING && !ps_interrupt_signal()) {
        ps_interrupt_wait(ps_compare_due_ns(compare));
        state = ps_compare_advance(compare);
        show(&progress, compare, spec);
    }
    ps_progress_end(&progress);
    return state;
}

static int complain_failed(const struct ps_compare *compare, const char *const *given)
{
    unsigned side;
    enum ps_err start;
    char clean[64];
    const char *why = ps_compare_why(compare, &side, &start);
    ps_text_clean(clean, sizeof clean, given[side]);
    ps_app_complain("compare: %c (%s) cannot run this: %s", 'A' + side, clean, why);
    if (start == PS_ENOMEM || start == PS_EIO)
        return PS_EXIT_ERROR;
    return start == PS_OK || start == PS_EGONE ? PS_EXIT_RUN : PS_EXIT_USAGE;
}

static int compare_sides(const struct compare_options *options, const char *preset,
                         const struct ps_compare_spec *spec)
{
    ps_live_stand_back(false);
    struct ps_compare *compare = ps_compare_new(spec);
    enum ps_err err = compare ? ps_interrupt_catch() : PS_ENOMEM;
    if (err != PS_OK) {
        ps_compare_free(compare);
        ps_app_complain("compare: %s", ps_err_text(err));
        return PS_EXIT_ERROR;
    }
    enum ps_compare_state state = drive(compare, spec);
    int code = PS_EXIT_OK;
    struct ps_compare_report report = {
        .preset = preset, .spec = spec, .given = options->side, .compare = compare};
    if (state == PS_COMPARE_FAILED)
        code = complain_failed(compare, options->side);
    else if (state == PS_COMPARE_RUNNING)
        code = PS_EXIT_SIGNAL + ps_interrupt_signal();
    else if (!options->json)
        ps_compare_text(&report, stdout);
    else
        err = ps_compare_json(&report, stdout);
    ps_compare_free(compare);
    ps_interrupt_release();
    if (err == PS_ENOMEM) {
        ps_app_complain("compare: %s", ps_err_text(err));
        return PS_EXIT_ERROR;
    }
    return ps_app_finish(code);
}

int ps_cmd_compare(const struct ps_command *command, int argc, char **argv)
{
    struct compare_options options = {0};
    struct ps_arguments arguments;
    int code;
    if (ps_app_options(command, argc, argv, &options, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    if (arguments.count != 1) {
        ps_app_complain("compare: expected one preset or file ('poolscope presets' lists them)");
        return PS_EXIT_USAGE;
    }
    static struct ps_compare_spec spec; /* a hundred kB */
    if (!take_times(&options, &spec))
        return PS_EXIT_USAGE;
    code = take_sides(&options, arguments.item[0], &spec);
    if (code != PS_EXIT_OK)
        return code;
    return compare_sides(&options, arguments.item[0], &spec);
}
