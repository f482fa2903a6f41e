#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/export.h"
#include "app/output.h"
#include "app/trace.h"
#include "base/text.h"

struct export_options {
    const char *format, *out;
    bool force;
};

const struct ps_option ps_export_options[] = {
    {.name = "--format",
     .argument = "FORMAT",
     .help = "perfetto, chrome-json, csv, jsonl or html",
     .kind = PS_OPTION_TEXT,
     .offset = offsetof(struct export_options, format)},
    {.name = "--out",
     .brief = "-o",
     .argument = "FILE",
     .help = "the file to write (standard output)",
     .kind = PS_OPTION_TEXT,
     .offset = offsetof(struct export_options, out)},
    {.name = "--force",
     .help = "replace FILE if it exists",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct export_options, force)},
    PS_OPTIONS_END,
};

static enum ps_err csv(struct ps_played *played, FILE *to, enum ps_recorded *how)
{
    *how = ps_export_csv(played, to);
    return PS_OK;
}

static enum ps_err jsonl(struct ps_played *played, FILE *to, enum ps_recorded *how)
{
    *how = ps_export_jsonl(played, to);
    return PS_OK;
}

/* A trace says how much of the run it shows. */
static enum ps_err trace(struct ps_played *played, const struct ps_trace_writer *writer, FILE *to,
                         enum ps_recorded *how)
{
    struct ps_trace_totals totals;
    enum ps_err err = ps_trace_write(played->recording, writer, to, &totals);
    if (err != PS_OK)
        return err;
    *how = totals.how;
    double share = totals.started ? 100 * (double)totals.traced / (double)totals.started : 0;
    ps_app_complain("export: %llu of %llu started tasks are traced (%.3g %%), %llu without their "
                    "end, %llu events were lost%s",
                    (unsigned long long)totals.traced, (unsigned long long)totals.started, share,
                    (unsigned long long)totals.open, (unsigned long long)totals.lost,
                    share < 99 && !totals.lost ? "; run.probes=full traces every task" : "");
    return PS_OK;
}

static enum ps_err perfetto(struct ps_played *played, FILE *to, enum ps_recorded *how)
{
    return trace(played, &ps_trace_perfetto, to, how);
}

static enum ps_err chrome_json(struct ps_played *played, FILE *to, enum ps_recorded *how)
{
    return trace(played, &ps_trace_chrome, to, how);
}

static const struct format {
    const char *name;
    enum ps_err (*write)(struct ps_played *played, FILE *to, enum ps_recorded *how);
    bool binary;
} formats[] = {{"perfetto", perfetto, true},
               {"chrome-json", chrome_json, false},
               {"csv", csv, false},
               {"jsonl", jsonl, false},
               {"html", ps_export_html, false}};
#define FORMATS (sizeof formats / sizeof *formats)

static const struct format *format_of(const char *word)
{
    const char *names[FORMATS + 1] = {NULL};
    char shown[64];
    if (!word) {
        ps_app_complain("export: --format is missing: perfetto, chrome-json, csv, jsonl or html");
        return NULL;
    }
    for (size_t i = 0; i < FORMATS; i++) {
        names[i] = formats[i].name;
        if (strcmp(word, formats[i].name) == 0)
            return &formats[i];
    }
    const char *near = ps_suggest(word, names);
    ps_text_clean(shown, sizeof shown, word);
    ps_app_complain("export: --format %s: expected perfetto, chrome-json, csv, jsonl or html%s%s%s",
                    shown, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return NULL;
}

static int finish(const char *path, struct ps_played *played, enum ps_err err, enum ps_recorded how)
{
    if (err != PS_OK) {
        ps_app_complain("export: %s: %s", path, ps_err_text(err));
        return PS_EXIT_ERROR;
    }
    ps_played_warn("export", played, how);
    return PS_EXIT_OK;
}

static int to_file(const struct export_options *options, const struct format *format,
                   struct ps_played *played)
{
    struct ps_output output;
    char why[4352];
    enum ps_recorded how = PS_RECORDED_END;
    enum ps_err err = ps_output_open(&output, options->out, options->force, why, sizeof why);
    if (err != PS_OK) {
        ps_app_complain("export: %s%s", why, err == PS_EEXIST ? " (--force replaces it)" : "");
        return PS_EXIT_ERROR;
    }
    err = format->write(played, output.to, &how);
    if (err != PS_OK) {
        ps_output_abandon(&output);
    } else if (ps_output_commit(&output, why, sizeof why) != PS_OK) {
        ps_app_complain("export: %s", why);
        return PS_EXIT_ERROR;
    }
    return finish(options->out, played, err, how);
}

static int to_stdout(const struct format *format, struct ps_played *played)
{
    enum ps_recorded how = PS_RECORDED_END;
    if (format->binary && isatty(STDOUT_FILENO)) {
        ps_app_complain("export: %s is no text: -o FILE", format->name);
        return PS_EXIT_USAGE;
    }
    enum ps_err err = format->write(played, stdout, &how);
    return ps_app_finish(finish(played->path, played, err, how));
}

int ps_cmd_export(const struct ps_command *command, int argc, char **argv)
{
    struct export_options options = {0};
    struct ps_arguments arguments;
    struct ps_played *played;
    int code;
    if (ps_app_options(command, argc, argv, &options, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    if (arguments.count != 1) {
        ps_app_complain("export: expected one recording ('poolscope run --record FILE' makes one)");
        return PS_EXIT_USAGE;
    }
    const struct format *format = format_of(options.format);
    if (!format)
        return PS_EXIT_USAGE;
    code = ps_played_open("export", arguments.item[0], &played);
    if (code != PS_EXIT_OK)
        return code;
    code = options.out ? to_file(&options, format, played) : to_stdout(format, played);
    ps_played_close(played);
    return code;
}
