#include "model/keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/steps.h"

/* Choices that are stored as their number. */
static const char *const on_full_choices[] = {
    [PS_FULL_BLOCK] = "block",
    [PS_FULL_REFUSE] = "refuse",
    [PS_FULL_CALLER_RUNS] = "caller_runs",
    NULL,
};
static const char *const type_full_choices[] = {
    [PS_TYPE_FULL_DEFAULT] = "default",
    [PS_TYPE_FULL_BLOCK] = "block",
    [PS_TYPE_FULL_REFUSE] = "refuse",
    [PS_TYPE_FULL_CALLER_RUNS] = "caller_runs",
    NULL,
};
static const char *const model_choices[] = {
    [PS_ARRIVAL_OPEN] = "open",   [PS_ARRIVAL_CLOSED] = "closed", [PS_ARRIVAL_BATCH] = "batch",
    [PS_ARRIVAL_TRACE] = "trace", [PS_ARRIVAL_HTTP] = "http",     NULL,
};
static const char *const process_choices[] = {
    [PS_PROCESS_POISSON] = "poisson",
    [PS_PROCESS_UNIFORM] = "uniform",
    NULL,
};
static const char *const probing_choices[] = {
    [PS_PROBING_COUNTERS] = "counters",
    [PS_PROBING_OFF] = "off",
    [PS_PROBING_FULL] = "full",
    NULL,
};
static const char *const clock_choices[] = {
    [PS_CLOCK_REAL] = "real",
    [PS_CLOCK_SLOW_10] = "slow x10",
    [PS_CLOCK_SLOW_100] = "slow x100",
    NULL,
};
static const char *const slot_choices[] = {
    [PS_SLOT_STEALABLE] = "stealable",
    [PS_SLOT_KEPT] = "kept",
    [PS_SLOT_OFF] = "off",
    NULL,
};
static const char *const lock_choices[] = {
    [PS_LOCK_FAIR] = "fair",
    [PS_LOCK_UNFAIR] = "unfair",
    [PS_LOCK_INHERIT] = "inherit",
    NULL,
};
static const char *const off_on[] = {"off", "on", NULL};
static const char *const normal_high[] = {"normal", "high", NULL};
static const char *const discard_drain[] = {"discard", "drain", NULL};
static const char *const off_hill[] = {"off", "hill", NULL};
static const char *const help_work[] = {"help-first", "work-first", NULL};
static const char *const one_all[] = {"one", "all", NULL};
static const char *const block_help[] = {"block", "help", NULL};
_Static_assert(sizeof(enum ps_full) == sizeof(unsigned), "stored by number");
_Static_assert(sizeof(enum ps_type_full) == sizeof(unsigned), "stored by number");
_Static_assert(sizeof(enum ps_probing) == sizeof(unsigned), "stored by number");
_Static_assert(sizeof(enum ps_slot_use) == sizeof(unsigned), "stored by number");
_Static_assert(sizeof(enum ps_lock_kind) == sizeof(unsigned), "stored by number");
_Static_assert(sizeof(enum ps_clock) == sizeof(unsigned), "stored by number");
_Static_assert(sizeof(enum ps_arrival_model) == sizeof(unsigned), "stored by number");
_Static_assert(sizeof(enum ps_arrival_process) == sizeof(unsigned), "stored by number");

#define MILLIONTHS(n) ((uint64_t)(n)*1000000u) /* millionths */
#define HOUR_NS       UINT64_C(3600000000000)

#define OF(member)                                    \
    .offset = offsetof(struct ps_experiment, member), \
    .size = sizeof(((struct ps_experiment *)NULL)->member)
#define OF_TYPE(member)                              \
    .offset = offsetof(struct ps_task_type, member), \
    .size = sizeof(((struct ps_task_type *)NULL)->member)

#define OF_PHASE(member)                             \
    .offset = offsetof(struct ps_phase_def, member), \
    .size = sizeof(((struct ps_phase_def *)NULL)->member)

#define OF_LOCK(member)                             \
    .offset = offsetof(struct ps_lock_def, member), \
    .size = sizeof(((struct ps_lock_def *)NULL)->member)

#define TIME_FORMS \
    "T | uniform A B | exp MEAN | pareto MIN ALPHA | lognormal MEDIAN SIGMA, up to 60min"

const struct ps_key ps_keys[] = {
    {"preset", "title", PS_KEY_TEXT, NULL, "text of up to 63 bytes", "what menus show", NULL,
     OF(title)},
    {"preset", "summary", PS_KEY_TEXT, "", "text of up to 159 bytes", "a line below the title",
     NULL, OF(summary)},
    {"preset", "group", PS_KEY_TEXT, "", "text of up to 31 bytes",
     "heading under which menus list it", NULL, OF(group)},
    {"preset", "lesson", PS_KEY_COUNT, "0", "0..999 (0: none)",
     "number of the lesson whose text is the .md file beside the preset", NULL, OF(lesson),
     .min = 0, .max = 999},

    {"engine", "name", PS_KEY_CHOICE, "threadpool",
     "green | pthread | async | threadpool | process", "the way in which tasks are run", NULL,
     OF(engine)},
    {"engine", "policy", PS_KEY_CHOICE, "", "a policy of the engine; empty: its first",
     "how the engine queues", NULL, OF(policy)},
    {"engine", "workers", PS_KEY_WORKERS, "auto", "1..256, auto, 2x, 0.5x",
     "worker threads; auto: one for each usable CPU, 2x: two", NULL, OF(workers)},
    {"engine", "autotune", PS_KEY_SWITCH, "off", "off | hill",
     "hill: the worker count follows the throughput while it runs, by the hill climbing of .NET's "
     "thread "
     "pool, up to 64",
     off_hill, OF(autotune)},
    {"engine", "queue", PS_KEY_COUNT, "1024", "1..10000000", "tasks accepted and not yet started",
     NULL, OF(queue), .min = 1, .max = 10000000},
    {"engine", "on_full", PS_KEY_CHOICE, "block", "block | refuse | caller_runs",
     "what happens to an arrival when the queue is full", on_full_choices, OF(on_full)},
    {"engine", "limit", PS_KEY_COUNT, "0", "0..10000000 (0: none)",
     "tasks started and not ended at once, where the engine can hold them back", NULL, OF(limit),
     .min = 0, .max = 10000000},
    {"engine", "stack", PS_KEY_SIZE, "0", "16KiB..64MiB, 0: the engine's default",
     "stack of a green thread, or of a thread made for one task", NULL, OF(stack_bytes),
     .min = 16384, .max = UINT64_C(64) << 20},
    {"engine", "offload", PS_KEY_OFFLOAD, "on", "off | on (4) | 1..128",
     "helper threads for blocking calls, where the engine offloads", NULL, OF(offload), .max = 128},
    {"engine", "stealing", PS_KEY_SWITCH, "on", "on | off",
     "whether idle workers take from the queues of others, where they have queues", off_on,
     OF(stealing)},
    {"engine", "lifo_slot", PS_KEY_CHOICE, "stealable", "stealable | kept | off",
     "green:steal: what a task spawns or wakes runs next on its worker, and others take it when "
     "that is "
     "stuck | nobody else takes it | it queues like the rest",
     slot_choices, OF(lifo_slot)},
    {"engine", "spawn", PS_KEY_SWITCH, "help-first", "help-first | work-first",
     "after a child is spawned: its parent goes on | the child runs first and others may take the "
     "rest of "
     "the parent, where waiting tasks give their workers free",
     help_work, OF(work_first)},
    {"engine", "wake", PS_KEY_SWITCH, "one", "one | all",
     "whom a task that arrives wakes, where workers share a queue: one idle worker, or all (a "
     "broadcast)",
     one_all, OF(wake_all)},
    {"engine", "wait", PS_KEY_SWITCH, "help", "help | block",
     "whether a worker in a join runs other tasks meanwhile, where it can", block_help, OF(help)},
    {"engine", "hogs", PS_KEY_DURATION, "10ms", "0 (off), 1ms..60s",
     "a task that keeps its worker for longer without a wait or a yield is counted as a hog, where "
     "waiting "
     "tasks give their workers free",
     NULL, OF(hog_ns), .min = 0, .max = UINT64_C(60000000000)},
    {"engine", "gil", PS_KEY_SWITCH, "off", "on | off",
     "whether computing steps hold one lock for all, as Python's threads do; waiting steps release "
     "it",
     off_on, OF(gil)},
    {"engine", "gil_interval", PS_KEY_DURATION, "5ms", "1us..60s",
     "how long a worker waits for the GIL before it asks its holder to drop it", NULL,
     OF(gil_interval_ns), .min = 1000, .max = UINT64_C(60000000000)},

    {"arrivals", "model", PS_KEY_CHOICE, "open", "open | closed | batch | trace | http",
     "at a rate | a number of clients | all at once | as a file says | requests of real clients",
     model_choices, OF(model)},
    {"arrivals", "rate", PS_KEY_RATE, "100/s", "0.001/s..10000000/s", "open: tasks a second", NULL,
     OF(rate), .min = 1000, .max = MILLIONTHS(10000000)},
    {"arrivals", "process", PS_KEY_CHOICE, "poisson", "poisson | uniform",
     "open: at random times | at equal distances", process_choices, OF(process)},
    {"arrivals", "in_flight", PS_KEY_COUNT, "64", "1..1000000",
     "closed: clients, each with one task at a time", NULL, OF(in_flight), .min = 1,
     .max = 1000000},
    {"arrivals", "think", PS_KEY_DIST, "0", TIME_FORMS,
     "closed, http: pause between the end of a client's task and its next", NULL, OF(think)},
    {"arrivals", "tasks", PS_KEY_COUNT, "0", "0..1000000000000",
     "batch: how many; others: stop after so many, 0: no end", NULL, OF(tasks), .min = 0,
     .max = UINT64_C(1000000000000)},
    {"arrivals", "trace", PS_KEY_TEXT, "", "path of a CSV file, from the preset's folder",
     "trace: rows to replay; line 1 names the columns: at, type, cpu, wait", NULL, OF(trace)},
    {"arrivals", "trace_scale", PS_KEY_FACTOR, "1x", "0.000001x..1000000x",
     "trace: times between arrivals are stretched by this; 0.5x: twice the load", NULL,
     OF(trace_scale), .min = 1, .max = MILLIONTHS(1000000)},
    {"arrivals", "port", PS_KEY_COUNT, "0", "0..65535 (0: any that is free)",
     "http: where the server listens, on 127.0.0.1", NULL, OF(port), .min = 0, .max = 65535},
    {"arrivals", "clients", PS_KEY_COUNT, "0", "0..10000",
     "http: clients of its own, each asks for /, reads, thinks and asks again; 0: only real ones",
     NULL, OF(clients), .min = 0, .max = 10000},
    {"arrivals", "request_timeout", PS_KEY_DURATION, "10s", "0 (none), 1ns..60min",
     "http: time a client has to send a request, and to take its answers", NULL,
     OF(request_timeout_ns), .min = 0, .max = HOUR_NS},
    {"arrivals", "idle_timeout", PS_KEY_DURATION, "60s", "0 (none), 1ns..60min",
     "http: after so long without a request a connection is closed", NULL, OF(idle_timeout_ns),
     .min = 0, .max = HOUR_NS},

    {"task", "weight", PS_KEY_NUMBER, "1", "0..1000000, at most six decimals",
     "share of the arrivals that is of this type; 0: only spawned", NULL, OF_TYPE(weight), .min = 0,
     .max = MILLIONTHS(1000000)},
    {"task", "timeout", PS_KEY_DURATION, "0", "0 (none), 1ns..60min",
     "time from its arrival after which a task is given up, and what it has spawned with it", NULL,
     OF_TYPE(timeout_ns), .min = 0, .max = HOUR_NS},
    {"task", "reserve", PS_KEY_COUNT, "0", "0..255; all types together: fewer than the workers",
     "threadpool:bulkhead: workers that run only tasks of this type", NULL, OF_TYPE(reserve),
     .min = 0, .max = 255},
    {"task", "priority", PS_KEY_SWITCH, "normal", "high | normal",
     "high: begun before all others that wait, and where waiting tasks give their worker free also "
     "resumed before them; of 61 tasks one is not, if others wait",
     normal_high, OF_TYPE(high)},
    {"task", "on_full", PS_KEY_CHOICE, "default", "default | block | refuse | caller_runs",
     "what happens to an arrival of this type when the queue is full; default: as engine.on_full; "
     "one "
     "that blocks holds up all that arrive after it",
     type_full_choices, OF_TYPE(on_full)},
    {"task", "realtime", PS_KEY_COUNT, "0", "0 (no) .. 90",
     "priority of its thread among real-time ones (SCHED_FIFO), where tasks keep their threads and "
     "the "
     "system allows it",
     NULL, OF_TYPE(realtime), .min = 0, .max = PS_REALTIME_MAX},
    {"task", "steps", PS_KEY_STEPS, NULL, "1..32 steps, separated by commas",
     "what a task of this type does, in order", NULL, OF_TYPE(steps)},

    {"task", "retries", PS_KEY_COUNT, "0", "0..100",
     "further attempts when an arriving task failed, timed out or was refused", NULL,
     OF_TYPE(retries), .min = 0, .max = 100},
    {"task", "backoff", PS_KEY_BACKOFF, "10ms x2 max 1s jitter", "T [xF] [max T] [jitter]",
     "pause before an attempt: T, each time F times longer; jitter: drawn between 0 and that", NULL,
     OF_TYPE(backoff)},
    {"task", "retry_budget", PS_KEY_PERCENT, "0%", "0%..100% (0%: no limit)",
     "attempts paid for by the successes of ten seconds (and 10 more)", NULL,
     OF_TYPE(retry_budget)},

    {"lock", "kind", PS_KEY_CHOICE, "fair", "fair | unfair | inherit",
     "let go of: it goes to who has waited longest | to whoever comes first, a POSIX mutex | the "
     "same, "
     "and its holder inherits the priority of who waits",
     lock_choices, OF_LOCK(kind)},

    {"phase", "at", PS_KEY_DURATION, NULL, "0..1440min",
     "time since the run began, without pauses, at which it begins", NULL, OF_PHASE(at_ns),
     .min = 0, .max = 24 * HOUR_NS},
    {"phase", "rate", PS_KEY_RATE_CHANGE, "", "R/s, or R/s over T (a ramp)",
     "open: tasks a second from then on", NULL, OF_PHASE(rate), .min = 1000,
     .max = MILLIONTHS(10000000), .optional = true},
    {"phase", "workers", PS_KEY_WORKERS, "", "1..256, auto, 2x, 0.5x",
     "worker threads from then on", NULL, OF_PHASE(workers), .optional = true},
    {"phase", "in_flight", PS_KEY_COUNT, "", "1..1000000", "closed: clients from then on", NULL,
     OF_PHASE(in_flight), .min = 1, .max = 1000000, .optional = true},
    {"phase", "mix", PS_KEY_MIX, "", "TYPE WEIGHT, TYPE WEIGHT, ...",
     "weights from then on; types that are not named keep theirs", NULL, OF_PHASE(mix),
     .optional = true},
    {"phase", "fault", PS_KEY_FAULTS, "",
     "stuck W T | slow W xF [T] | fail TYPE P% [T] | lose cpu N [T] | burst N | crash W | off",
     "faults that begin then, up to 6; T: how long they last", NULL, OF_PHASE(faults),
     .optional = true},

    {"run", "duration", PS_KEY_DURATION, "60s", "0 (until stopped), 1ns..1440min",
     "length of the run", NULL, OF(duration_ns), .min = 0, .max = 24 * HOUR_NS},
    {"run", "seed", PS_KEY_COUNT, "1", "0..18446744073709551615",
     "of arrivals and drawn times: the same seed is the same work", NULL, OF(seed), .min = 0,
     .max = UINT64_MAX},
    {"run", "cpus", PS_KEY_COUNT, "0", "0 (all) .. 1024",
     "run on the first so many of the CPUs that may be used", NULL, OF(cpus), .min = 0,
     .max = 1024},
    {"run", "end", PS_KEY_SWITCH, "drain", "drain | discard",
     "when the time is over: finish what was accepted (3 s at most), or cancel it", discard_drain,
     OF(drain)},
    {"run", "clock", PS_KEY_CHOICE, "real", "real | slow x10 | slow x100",
     "times of steps, think times, timeouts and gaps between arrivals so many times as long, for "
     "people "
     "to follow; figures are measured, and labelled",
     clock_choices, OF(clock)},
    {"run", "probes", PS_KEY_CHOICE, "counters", "counters | off | full",
     "what is recorded of tasks: counts and a sample of times; only what the engine needs; every "
     "task",
     probing_choices, OF(probing)},

    {"faults", "fail", PS_KEY_PERCENT, "0%", "0%..100%",
     "share of the tasks that fail at their end", NULL, OF(fail)},
    {.section = NULL},
};

/* ---- defaults ---- */

bool ps_section_is_named(const char *section)
{
    return strcmp(section, "task") == 0 || strcmp(section, "lock") == 0 ||
           strcmp(section, "phase") == 0;
}

/* section NULL: of all that are not named. */
static void set_defaults(struct ps_experiment *experiment, const char *section, unsigned index)
{
    struct ps_why why = {""};
    for (const struct ps_key *key = ps_keys; key->section; key++) {
        bool here =
            section ? strcmp(key->section, section) == 0 : !ps_section_is_named(key->section);
        if (here && key->standard)
            ps_value_set(experiment, NULL, (struct ps_place){key, index}, key->standard, &why);
    }
}

void ps_experiment_init(struct ps_experiment *experiment)
{
    memset(experiment, 0, sizeof *experiment);
    set_defaults(experiment, NULL, 0);
}

bool ps_type_add(struct ps_experiment *experiment, const char *name)
{
    if (experiment->type_count == PS_TYPES_MAX)
        return false;
    unsigned number = experiment->type_count++;
    struct ps_task_type *type = &experiment->types[number];
    memset(type, 0, sizeof *type);
    snprintf(type->name, sizeof type->name, "%s", name);
    set_defaults(experiment, "task", number);
    return true;
}

bool ps_lock_add(struct ps_experiment *experiment, const char *name)
{
    if (experiment->lock_def_count == PS_LOCKS_MAX)
        return false;
    unsigned number = experiment->lock_def_count++;
    struct ps_lock_def *lock = &experiment->lock_defs[number];
    memset(lock, 0, sizeof *lock);
    snprintf(lock->name, sizeof lock->name, "%s", name);
    set_defaults(experiment, "lock", number);
    return true;
}

bool ps_phase_add(struct ps_experiment *experiment, const char *name)
{
    if (experiment->phase_count == PS_PHASES_MAX)
        return false;
    unsigned number = experiment->phase_count++;
    struct ps_phase_def *phase = &experiment->phases[number];
    memset(phase, 0, sizeof *phase);
    snprintf(phase->name, sizeof phase->name, "%s", name);
    phase->at_ns = UINT64_MAX;
    set_defaults(experiment, "phase", number);
    return true;
}

unsigned ps_section_count(const struct ps_experiment *experiment, const char *word)
{
    return strcmp(word, "task") == 0   ? experiment->type_count
           : strcmp(word, "lock") == 0 ? experiment->lock_def_count
                                       : experiment->phase_count;
}

const char *ps_section_name(const struct ps_experiment *experiment, const char *word,
                            unsigned index)
{
    return strcmp(word, "task") == 0   ? experiment->types[index].name
           : strcmp(word, "lock") == 0 ? experiment->lock_defs[index].name
                                       : experiment->phases[index].name;
}

/* ---- looking up ---- */

#define NAMES_MAX 32u
_Static_assert(PS_PHASES_MAX <= PS_TYPES_MAX && PS_LOCKS_MAX <= PS_TYPES_MAX,
               "the names of each fit the same list");

/* The sections in the order of the table, each once. */
static void section_names(const char *names[NAMES_MAX])
{
    unsigned count = 0;
    for (const struct ps_key *key = ps_keys; key->section && count < NAMES_MAX - 1; key++)
        if (count == 0 || strcmp(names[count - 1], key->section) != 0)
            names[count++] = key->section;
    names[count] = NULL;
}

static struct ps_section find_named(const struct ps_experiment *experiment, const char *word,
                                    const char *name, struct ps_why *why)
{
    unsigned count = ps_section_count(experiment, word);
    struct ps_section section = {.index = count};
    if (!ps_name_valid(name)) {
        ps_because(why, "a %s is named by 1..31 letters, digits, '_' and '-'",
                   strcmp(word, "task") == 0 ? "task type" : word);
        return section;
    }
    section.word = word;
    section.named = true;
    snprintf(section.name, sizeof section.name, "%s", name);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(ps_section_name(experiment, word, i), name) == 0)
            section.index = i;
    return section;
}

struct ps_section ps_section_find(const struct ps_experiment *experiment, const char *text,
                                  struct ps_why *why)
{
    if (strncmp(text, "task ", 5) == 0)
        return find_named(experiment, "task", text + 5, why);
    if (strncmp(text, "lock ", 5) == 0)
        return find_named(experiment, "lock", text + 5, why);
    if (strncmp(text, "phase ", 6) == 0)
        return find_named(experiment, "phase", text + 6, why);
    const char *names[NAMES_MAX];
    section_names(names);
    for (unsigned i = 0; names[i]; i++)
        if (strcmp(names[i], text) == 0 && !ps_section_is_named(text))
            return (struct ps_section){.word = names[i]};
    if (ps_section_is_named(text)) {
        ps_because(why, "a %s needs a name: [%s NAME]",
                   strcmp(text, "task") == 0 ? "task type" : text, text);
    } else {
        ps_because(why, "there is no such section; allowed: preset, engine, arrivals, task NAME, "
                        "lock NAME, phase NAME, run, faults, trial NAME, needs, expect, lab");
        ps_because_near(why, text, names);
    }
    return (struct ps_section){.word = NULL};
}

const struct ps_key *ps_key_find(const struct ps_section *section, const char *name,
                                 struct ps_why *why)
{
    const char *names[NAMES_MAX];
    const struct ps_key *elsewhere = NULL;
    unsigned count = 0;
    for (const struct ps_key *key = ps_keys; key->section; key++) {
        bool here = strcmp(key->section, section->word) == 0;
        bool same = strcmp(key->name, name) == 0;
        if (here && same)
            return key;
        if (same && !elsewhere)
            elsewhere = key;
        if (here && count < NAMES_MAX - 1)
            names[count++] = key->name;
    }
    names[count] = NULL;
    ps_because(why, "there is no such key; allowed:");
    for (unsigned i = 0; i < count; i++) {
        size_t used = strlen(why->text);
        snprintf(why->text + used, sizeof why->text - used, "%s %s", i ? "," : "", names[i]);
    }
    if (elsewhere) {
        size_t used = strlen(why->text);
        snprintf(why->text + used, sizeof why->text - used, "; '%s' belongs into [%s%s]", name,
                 elsewhere->section, ps_section_is_named(elsewhere->section) ? " NAME" : "");
    } else {
        ps_because_near(why, name, names);
    }
    return NULL;
}

bool ps_value_clean(const char *text, struct ps_why *why)
{
    size_t length = strlen(text);
    if (length > PS_PRESET_MAX_LINE)
        return ps_because(why, "longer than %u bytes", PS_PRESET_MAX_LINE);
    if (!ps_utf8_valid(text, length))
        return ps_because(why, "not valid UTF-8");
    uint32_t code_point;
    for (size_t used; (used = ps_utf8_next(text, &code_point)) > 0; text += used)
        if ((code_point < 0x20 && code_point != '\t') || (code_point >= 0x7f && code_point < 0xa0))
            return ps_because(why, "a control byte (0x%02x)", (unsigned)code_point);
    return true;
}

/* ---- one key from outside ---- */

/* "section.key": cut at the last dot. */
static const struct ps_key *find_path(const struct ps_experiment *experiment, const char *path,
                                      struct ps_section *section, struct ps_why *why)
{
    char text[80];
    const char *dot = strrchr(path, '.');
    if (!dot || (size_t)(dot - path) >= sizeof text) {
        ps_because(why, "expected section.key");
        return NULL;
    }
    memcpy(text, path, (size_t)(dot - path));
    text[dot - path] = '\0';
    *section = ps_section_find(experiment, text, why);
    if (!section->word)
        return NULL;
    unsigned count = section->named ? ps_section_count(experiment, section->word) : 0;
    if (section->named && section->index == count) {
        const char *names[PS_TYPES_MAX + 1] = {NULL};
        for (unsigned i = 0; i < count; i++)
            names[i] = ps_section_name(experiment, section->word, i);
        ps_because(why, "there is no [%s %s]", section->word, section->name);
        ps_because_near(why, section->name, names);
        return NULL;
    }
    return ps_key_find(section, dot + 1, why);
}

/* Without white space at its ends; false: too long for any value. */
static bool trim(const char *value, char *into, size_t size)
{
    value += strspn(value, " \t");
    size_t length = strlen(value);
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    if (length >= size)
        return false;
    memcpy(into, value, length);
    into[length] = '\0';
    return true;
}

enum ps_err ps_experiment_set(struct ps_experiment *experiment, const struct ps_vocabulary *words,
                              const char *key, const char *value, const char *source,
                              struct ps_complaints *complaints)
{
    struct ps_why why = {""};
    struct ps_section section;
    char text[PS_PRESET_MAX_LINE + 1];
    const struct ps_key *row = find_path(experiment, key, &section, &why);
    bool ok = row != NULL;
    if (ok && !trim(value, text, sizeof text))
        ok = ps_because(&why, "longer than %u bytes", PS_PRESET_MAX_LINE);
    ok = ok && ps_value_clean(text, &why) &&
         ps_value_set(experiment, words, (struct ps_place){row, section.index}, text, &why);
    if (ok)
        return PS_OK;
    ps_complain(complaints, source, 0, key, value, "%s", why.text);
    return PS_EPARSE;
}

const char *ps_experiment_get(const struct ps_experiment *experiment, const char *key, char *into,
                              size_t size)
{
    struct ps_why why = {""};
    struct ps_section section;
    const struct ps_key *row = find_path(experiment, key, &section, &why);
    if (!row)
        return NULL;
    ps_value_get(experiment, (struct ps_place){row, section.index}, into, size);
    return into;
}
