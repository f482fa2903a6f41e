#include "presets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static const struct ps_policy_word threadpool_policies[] = {
    {"steal", "own queues, idle workers steal", 256, false, false, false, true,
     PS_USES_STEALING | PS_USES_WAIT},
    {"fifo", "one queue for all", 256, false, false, false, false, PS_USES_WAKE},
    {"uv", "libuv's own pool", 4, false, false, false, false, 0},
    {NULL, NULL, 0, false, false, false, false, 0}};
static const struct ps_policy_word green_policies[] = {
    {"steal", "own queues, idle workers steal", 64, false, false, true, true,
     PS_USES_STEALING | PS_USES_LIFO_SLOT},
    {"global", "one queue", 64, false, false, true, false, 0},
    {NULL, NULL, 0, false, false, false, false, 0}};
static const struct ps_engine_word engines[] = {
    {"green", "green threads on a few workers", green_policies},
    {"threadpool", "a pool of OS threads", threadpool_policies},
    {NULL, NULL, NULL}};

const struct ps_vocabulary presets_words = {engines};

struct source {
    const char *name, *group, *text;
};

static const struct source sources[] = {
    {"quick-demo", "Quick demo",
     "[preset]\ntitle = Quick demo\nsummary = Two kinds of tasks on a stealing pool.\n"
     "[engine]\nname = threadpool\npolicy = steal\n"
     "[arrivals]\nmodel = open\nrate = 400/s\n"
     "[task short]\nweight = 95\nsteps = cpu 200us\n"
     "[task long]\nweight = 5\nsteps = cpu exp 10ms, sleep uniform 1ms 5ms, net 2ms\n"},
    {"one-worker", "Basics",
     "[preset]\ntitle = One worker, one queue\nsummary = Watch the queue as load nears one.\n"
     "lesson = 1\n[engine]\nname = threadpool\npolicy = fifo\nworkers = 1\n"
     "[arrivals]\nmodel = open\nrate = 80/s\n[task job]\nsteps = cpu exp 10ms\n"},
    {"skew", "Balance",
     "[preset]\ntitle = Skewed tasks and stealing\nsummary = One task in twenty is fifty times "
     "longer. Will more workers help, or a better queue?\nlesson = 7\n"
     "[engine]\nname = threadpool\n[arrivals]\nmodel = closed\nin_flight = 64\n"
     "[task short]\nweight = 95\nsteps = cpu 200us\n[task long]\nweight = 5\nsteps = cpu 10ms\n"},
    {"sleepers", "Limits",
     "[preset]\ntitle = Ten thousand sleepers\nsummary = Tasks that only wait.\nlesson = 25\n"
     "[engine]\nname = green\n[arrivals]\nmodel = batch\ntasks = 10000\n"
     "[task nap]\nsteps = sleep 1s\n"},
    {"broken", "Mine",
     "[preset]\ntitle = Broken\n[engine]\nname = threadpol\n[task t]\nsteps = cpu 1ms\n"},
};
enum { SOURCES = sizeof sources / sizeof sources[0] };

static void fill(struct ps_preset *preset, const struct source *source)
{
    struct ps_complaints complaints = {0};
    snprintf(preset->name, sizeof preset->name, "%s", source->name);
    snprintf(preset->path, sizeof preset->path, "presets/%s.ini", source->name);
    snprintf(preset->group, sizeof preset->group, "%s", source->group);
    preset->valid = ps_experiment_parse(&preset->experiment, &presets_words, preset->path,
                                        source->text, strlen(source->text), &complaints) == PS_OK;
    if (complaints.count)
        preset->complaint = complaints.list[0];
}

void presets_fill(struct ps_library *library)
{
    library->presets = calloc(SOURCES, sizeof *library->presets);
    assert_non_null(library->presets);
    library->count = SOURCES;
    for (unsigned i = 0; i < SOURCES; i++)
        fill(&library->presets[i], &sources[i]);
}
