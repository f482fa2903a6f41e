#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "app/played.h"
#include "base/clock.h"
#include "base/text.h"

struct info_options {
    bool json;
};

const struct ps_option ps_info_options[] = {
    {.name = "--json",
     .help = "as one JSON object",
     .kind = PS_OPTION_FLAG,
     .offset = offsetof(struct info_options, json)},
    PS_OPTIONS_END,
};

/* What reading it through tells. */
struct content {
    uint64_t snapshots, events, lost, starts;
    double seconds;
    bool damaged;
};

static struct content read_through(struct ps_recording *recording)
{
    struct content content = {0};
    enum ps_recorded next;
    while ((next = ps_recording_next(recording)) < PS_RECORDED_END) {
        content.snapshots += next == PS_RECORDED_SNAPSHOT;
        if (next != PS_RECORDED_EVENTS)
            continue;
        size_t count;
        uint64_t lost;
        const struct ps_event *event = ps_recording_events(recording, &count, &lost);
        content.events += count;
        content.lost += lost;
        for (size_t i = 0; i < count; i++)
            content.starts += event[i].kind == PS_EVENT_START;
    }
    const struct ps_snapshot *last = ps_recording_snapshot(recording);
    if (last->at_ns > last->started_ns)
        content.seconds = (double)(last->at_ns - last->started_ns) / PS_NS_PER_S;
    content.damaged = next == PS_RECORDED_DAMAGED;
    return content;
}

static const char *condition(const struct ps_recording_info *info, const struct content *content)
{
    return content->damaged ? "damaged" : info->whole ? "whole" : "cut";
}

static void line(const char *name, const char *value)
{
    char clean[300];
    ps_text_clean(clean, sizeof clean, value ? value : "n/a");
    printf("%-12s %s\n", name, *clean ? clean : "n/a");
}

static void print_machine(const struct ps_recording *recording)
{
    const char *bytes = ps_recording_fact(recording, "machine.memory_bytes");
    char text[200], memory[32] = "n/a";
    uint64_t size;
    if (bytes && ps_parse_u64(bytes, 0, UINT64_MAX, &size))
        ps_format_bytes(memory, sizeof memory, size);
    const char *cpus = ps_recording_fact(recording, "machine.cpus");
    const char *usable = ps_recording_fact(recording, "machine.usable_cpus");
    snprintf(text, sizeof text, "%s cpus, %s usable, %s", cpus ? cpus : "n/a",
             usable ? usable : "n/a", memory);
    line("machine", text);
    line("processor", ps_recording_fact(recording, "machine.processor"));
    const char *system = ps_recording_fact(recording, "machine.system");
    const char *architecture = ps_recording_fact(recording, "machine.architecture");
    snprintf(text, sizeof text, "%s %s", system ? system : "n/a", architecture ? architecture : "");
    line("system", text);
}

static void print_content(const struct ps_recording_info *info, const struct content *content,
                          const struct ps_snapshot *last)
{
    char bytes[32];
    ps_format_bytes(bytes, sizeof bytes, info->bytes);
    printf("%-12s %.2f s, ended: %s\n", "run", content->seconds, ps_end_name(last->end));
    printf("%-12s %" PRIu64 " snapshots, %" PRIu64 " events, %" PRIu64 " events lost\n", "records",
           content->snapshots, content->events, content->lost);
    if (last->totals.started)
        printf("%-12s %" PRIu64 " of %" PRIu64 " started tasks (%.3g %%)\n", "traced",
               content->starts, last->totals.started,
               100 * (double)content->starts / (double)last->totals.started);
    printf("%-12s %s", "file", bytes);
    if (content->seconds > 0)
        printf(", %s a second",
               ps_format_bytes(bytes, sizeof bytes,
                               (uint64_t)((double)info->bytes / content->seconds)));
    printf("\n%-12s %s", "condition", condition(info, content));
    if (!info->whole)
        printf(": %" PRIu64 " bytes behind the last whole record", info->bytes - info->usable);
    printf("\n");
}

static void print_info(struct ps_played *played, const struct content *content)
{
    struct ps_recording *recording = played->recording;
    const struct ps_snapshot *last = ps_recording_snapshot(recording);
    char text[120];
    line("preset", played->preset);
    line("title", played->experiment.title);
    snprintf(text, sizeof text, "%s:%s, %" PRIu32 " workers", last->engine, last->policy,
             last->workers);
    line("engine", text);
    print_content(ps_recording_info(recording), content, last);
    line("recorded", ps_recording_fact(recording, "recorded"));
    snprintf(text, sizeof text, "poolscope %s",
             ps_recording_fact(recording, "version") ? ps_recording_fact(recording, "version")
                                                     : "n/a");
    line("by", text);
    print_machine(recording);
    printf("\n%s", ps_recording_fact(recording, "experiment"));
}

static json_t *text_or_null(const char *text)
{
    json_t *value = text ? json_string(text) : NULL; /* NULL too when it is not UTF-8 */
    return value ? value : json_null();
}

static int print_json(struct ps_played *played, const struct content *content)
{
    const struct ps_recording_info *info = ps_recording_info(played->recording);
    const struct ps_snapshot *last = ps_recording_snapshot(played->recording);
    const char *key, *value;
    json_t *facts = json_object();
    for (unsigned i = 0; ps_recording_fact_at(played->recording, i, &key, &value); i++)
        json_object_set_new(facts, key, text_or_null(value));
    json_t *root = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:s, s:o}", "condition", condition(info, content),
        "bytes", (json_int_t)info->bytes, "snapshots", (json_int_t)content->snapshots, "events",
        (json_int_t)content->events, "events_lost", (json_int_t)content->lost, "tasks_started",
        (json_int_t)last->totals.started, "tasks_traced", (json_int_t)content->starts, "seconds",
        content->seconds, "ended", ps_end_name(last->end), "facts", facts);
    char *text = root ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(root);
    if (!text) {
        ps_app_complain("%s", ps_err_text(PS_ENOMEM));
        return PS_EXIT_ERROR;
    }
    puts(text);
    free(text);
    return PS_EXIT_OK;
}

int ps_cmd_info(const struct ps_command *command, int argc, char **argv)
{
    struct info_options options = {0};
    struct ps_arguments arguments;
    int code;
    if (ps_app_options(command, argc, argv, &options, &arguments, &code) != PS_OPTIONS_DONE)
        return code;
    if (arguments.count != 1) {
        ps_app_complain("info: expected one recording");
        return PS_EXIT_USAGE;
    }
    struct ps_played *played;
    code = ps_played_open("info", arguments.item[0], &played);
    if (code != PS_EXIT_OK)
        return code;
    struct content content = read_through(played->recording);
    if (options.json)
        code = print_json(played, &content);
    else
        print_info(played, &content);
    ps_played_close(played);
    return ps_app_finish(code);
}
