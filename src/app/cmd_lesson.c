#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/lab_runs.h"
#include "app/pick.h"
#include "app/screen.h"
#include "host/host.h"

struct lesson_options {
    struct ps_screen_options screen;
    bool check;
};

const struct ps_option ps_lesson_options[] = {
    {.name = "--check",
     .help = "run its trials and say whether this machine shows it",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct lesson_options, check)},
    PS_SCREEN_OPTIONS(struct lesson_options),
    PS_OPTIONS_END,
};

/* A share of the CPUs that others took; less than this is not worth a word. */
#define OTHERS 0.1

static const char *yes_no(enum ps_formula_answer answer)
{
    return answer == PS_FORMULA_TRUE ? "yes" : answer == PS_FORMULA_FALSE ? "NO" : "n/a";
}

static void print_list(const char *title, const struct ps_expect *list,
                       const struct ps_formula_result *results, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct ps_formula_result *result = &results[i];
        char left[32], right[32], values[80] = "";
        if (result->answer == PS_FORMULA_TRUE || result->answer == PS_FORMULA_FALSE)
            snprintf(
                values, sizeof values, "%s %s %s",
                ps_figure_format(left, sizeof left, result->left.number, result->left.unit),
                result->relation,
                ps_figure_format(right, sizeof right, result->right.number, result->right.unit));
        printf("  %-7s %-*s %-18s %s\n", title, (int)PS_LAB_WORDS_MAX - 9, list[i].words, values,
               yes_no(result->answer));
    }
}

static void print_check(const struct ps_lab_done *done)
{
    const struct ps_lab *lab = &done->lab;
    const struct ps_lab_judgement *judgement = &done->runs.judgement;
    printf("%02u %s\n", done->experiment.lesson, done->experiment.title);
    print_list("needs", lab->needs, judgement->needs, lab->need_count);
    print_list("expects", lab->expects, judgement->expects, lab->expect_count);
    if (judgement->verdict == PS_LAB_SHOWN)
        printf("shown\n");
    else
        printf("not visible on this machine, because %s\n", judgement->because);
    if (judgement->verdict == PS_LAB_NOT_SHOWN && done->runs.others > OTHERS)
        printf("other processes took up to %.0f %% of the CPUs meanwhile: try again when they are "
               "quiet\n",
               100 * done->runs.others);
}

/* The worst of all; a lesson that cannot be shown here is no failure of the others. */
static int check_all(void)
{
    struct ps_library library;
    char why[320];
    if (ps_library_load(&library, ps_host_vocabulary(), why, sizeof why) != PS_OK) {
        ps_app_complain("%s", why);
        return PS_EXIT_USAGE;
    }
    int worst = PS_EXIT_OK;
    for (size_t i = 0; i < library.count && worst < PS_EXIT_SIGNAL; i++) {
        const struct ps_preset *preset = &library.presets[i];
        if (preset->own || !preset->valid || preset->experiment.lesson == 0)
            continue;
        int code = ps_lab_perform(preset->path, print_check);
        fflush(stdout);
        bool worse = worst == PS_EXIT_OK || (worst == PS_EXIT_NOT_VISIBLE && code != PS_EXIT_OK) ||
                     code >= PS_EXIT_SIGNAL;
        worst = worse ? code : worst;
    }
    ps_library_free(&library);
    return worst;
}

int ps_cmd_lesson(const struct ps_command *command, int argc, char **argv)
{
    struct lesson_options options = {0};
    struct ps_arguments arguments;
    int code;
    if (ps_app_options(command, argc, argv, &options, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    if (arguments.count != 1) {
        ps_app_complain("lesson: expected the number or name of a lesson ('poolscope presets' "
                        "lists them)");
        return PS_EXIT_USAGE;
    }
    const char *name = arguments.item[0];
    if (options.check)
        return ps_app_finish(strcmp(name, "all") == 0 ? check_all()
                                                      : ps_lab_perform(name, print_check));
    static const struct ps_overrides none;
    struct ps_experiment experiment;
    code = ps_pick_experiment(name, &none, &experiment);
    if (code != PS_EXIT_OK)
        return code;
    return ps_app_on_terminal() ? ps_screen_teach(&options.screen, name, &experiment)
                                : ps_run_plain(name, &experiment);
}
