/* The manual pages in man(7), on stdout, run by the build: `poolscope manual` the whole,
 * `poolscope manual COMMAND` that of a command. */
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/json_report.h"
#include "model/step.h"

/* Text with what roff would read as its own made harmless. */
static void roff(const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stdout);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

static void paragraph(const char *term, const char *extra, const char *text)
{
    printf(".TP\n\\fB");
    roff(term);
    printf("\\fR ");
    roff(extra);
    printf("\n");
    roff(text);
    printf("\n");
}

static void options_of(const struct ps_command *command)
{
    for (const struct ps_option *option = command->options; option->name; option++)
        paragraph(option->name, option->argument ? option->argument : "", option->help);
}

static void commands(void)
{
    printf(".SH COMMANDS\n");
    for (const struct ps_command *command = ps_commands; command->name; command++) {
        if (!command->help)
            continue;
        printf(".SS \"poolscope %s ", command->name);
        roff(command->arguments);
        printf("\"\n");
        roff(command->help);
        printf(".\n");
        options_of(command);
        if (command->more) {
            printf(".PP\n");
            roff(command->more);
            printf("\n");
        }
    }
}

static void presets(void)
{
    printf(".SH PRESETS\nA preset is an INI file of at most 64 KiB. Unknown or repeated keys are "
           "errors.\n");
    const char *section = "";
    for (const struct ps_key *key = ps_keys; key->section; key++) {
        if (strcmp(section, key->section) != 0)
            printf(".SS \"[%s%s]\"\n", key->section,
                   ps_section_is_named(key->section) ? " NAME" : "");
        section = key->section;
        paragraph(key->name, key->allowed, key->help);
        if (key->standard && *key->standard) {
            printf("Default: ");
            roff(key->standard);
            printf(".\n");
        }
    }
    printf(".SS Steps\n");
    for (unsigned kind = 0; kind < PS_STEP_KIND_COUNT; kind++)
        paragraph(ps_step_words[kind].word, "", ps_step_words[kind].help);
    printf(".SS Faults\n");
    for (unsigned kind = 0; kind < PS_FAULT_KIND_COUNT; kind++)
        paragraph(ps_fault_words[kind].form, "", ps_fault_words[kind].help);
}

static void metrics(enum ps_metric_scope scope, const char *title)
{
    printf(".SS \"%s\"\n", title);
    for (const struct ps_metric *metric = ps_metrics; metric->key; metric++)
        if (metric->scope == scope)
            paragraph(metric->key, metric->unit, metric->meaning);
}

static void json(void)
{
    printf(".SH JSON\n\\fBrun \\-\\-json\\fR writes one object. A figure that cannot be had is "
           "null, never 0. The keys are stable; \\fBschema\\fR grows when one changes.\n"
           ".SS \"The object\"\n");
    for (const struct ps_report_key *key = ps_report_keys; key->key; key++)
        paragraph(key->key, "", key->meaning);
    metrics(PS_METRIC_RUN, "Metrics of the run");
    metrics(PS_METRIC_WORKER, "Metrics of a worker (per_worker)");
    metrics(PS_METRIC_TYPE, "Metrics of a task type (per_type)");
}

static void notes(void)
{
    printf(
        ".SH NOTES\nThe engine runs in a process of its own. Under a screen, with "
        "\\fB\\-\\-record\\fR and for \\fBscreenshot\\fR it stands back (nice 10), so that who "
        "watches "
        "comes to a turn while the engine keeps every core busy. \\fBrun\\fR as text or JSON, "
        "\\fBcompare\\fR, \\fBtune\\fR, \\fBlesson \\-\\-check\\fR and \\fBgrade\\fR run it at the "
        "priority of the command itself: nobody watches, and beside other load on the machine an "
        "engine that stands back would measure that load.\n");
}

static void endings(void)
{
    printf(".SH \"EXIT STATUS\"\n");
    paragraph("0", "", "Completed: the run reached its end, whatever tasks failed in it.");
    paragraph("1", "", "Output could not be written, a file exists already, or memory ran out.");
    paragraph("2", "", "Bad usage, preset or limit; nothing was started.");
    paragraph("3", "",
              "The run failed: deadlock, crash, or tasks were lost; an expectation does not hold.");
    paragraph("4", "", "lesson --check, grade: this machine cannot show it.");
    paragraph("130", "", "Interrupted by SIGINT (143: SIGTERM, 129: SIGHUP).");
    printf(".SH ENVIRONMENT\n");
    paragraph("POOLSCOPE_PRESETS", "", "Folder of presets to use instead of the shipped ones.");
    paragraph("NO_COLOR", "", "If set, screens use no colour.");
    printf(".SH FILES\n");
    paragraph("~/.config/poolscope/presets/*.ini", "",
              "Presets of your own; XDG_CONFIG_HOME is obeyed.");
}

static void whole(void)
{
    printf(".TH POOLSCOPE 1 \"\" \"poolscope %s\"\n"
           ".SH NAME\npoolscope \\- an oscilloscope for thread pools\n"
           ".SH SYNOPSIS\n.B poolscope\n[\\fICOMMAND\\fR] [\\fIOPTIONS\\fR]\n"
           ".SH DESCRIPTION\nChoose an engine, a worker count and a mix of work, and watch real "
           "threads run it: what each worker does, what waits in which queue, who steals from "
           "whom, how fast work finishes and how long it waited. Without a command the start "
           "screen opens; where standard output is no terminal the quick demo plays for five "
           "seconds as text.\n",
           POOLSCOPE_VERSION);
    commands();
    presets();
    json();
    notes();
    endings();
}

static void page(const struct ps_command *command)
{
    printf(".TH POOLSCOPE-");
    for (const char *c = command->name; *c; c++)
        putchar(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    printf(" 1 \"\" \"poolscope %s\"\n.SH NAME\npoolscope\\-%s \\- ", POOLSCOPE_VERSION,
           command->name);
    roff(command->help);
    printf("\n.SH SYNOPSIS\n.B poolscope %s\n", command->name);
    roff(command->arguments);
    printf("%s\n", command->options->name ? " [\\fIOPTIONS\\fR]" : "");
    if (command->more) {
        printf(".SH DESCRIPTION\n");
        roff(command->more);
        printf("\n");
    }
    if (command->options->name) {
        printf(".SH OPTIONS\n");
        options_of(command);
    }
    endings();
    printf(".SH \"SEE ALSO\"\n.BR poolscope (1): presets, steps and the figures of a run.\n");
}

int ps_cmd_manual(const struct ps_command *command, int argc, char **argv)
{
    struct ps_arguments arguments;
    char nothing;
    int code;
    if (ps_app_options(command, argc, argv, &nothing, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    const struct ps_command *of = arguments.count ? ps_command_find(arguments.item[0]) : NULL;
    if (arguments.count > 1)
        ps_app_complain("manual: one command at a time");
    else if (arguments.count && (!of || !of->help))
        return ps_command_unknown(arguments.item[0]);
    else if (of)
        page(of);
    else
        whole();
    return ps_app_finish(arguments.count > 1 ? PS_EXIT_USAGE : PS_EXIT_OK);
}
