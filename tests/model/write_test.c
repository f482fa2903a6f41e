/* What is written parses to the same experiment: over random experiments made through the keys. */
#include "support.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "vocabulary.h"

static struct ps_rng rng;

static unsigned below(unsigned bound)
{
    return ps_rng_below(&rng, bound);
}

static const char *pick(const char *const *words, unsigned count)
{
    return words[below(count)];
}

static const char *text_of(char *into, size_t size)
{
    static const char *const letters[] = {"a", "Z", " ", "\xc3\xa9", "\xe2\x82\xac", "'", "\"", "[",
                                          "]", "=", ":", "#",        "x;y",          "%"};
    size_t used = 0, wanted = 1 + below((unsigned)size - 8);
    into[0] = '\0';
    while (used < wanted) {
        const char *letter = used == 0 ? "t" : pick(letters, 14);
        if (used + strlen(letter) >= size - 1)
            break;
        strcpy(into + used, letter);
        used += strlen(letter);
    }
    strcpy(into + used, "."); /* no blank at the end */
    return into;
}

static const char *time_of(char *into, size_t size)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    switch (below(4)) {
    case 0:
        snprintf(into, size, "%u%s", below(3000), pick(units, 4));
        break;
    case 1:
        snprintf(into, size, "%u.%03u%s", below(3000), below(1000), pick(units + 1, 3));
        break;
    case 2:
        snprintf(into, size, "%umin", below(61));
        break;
    default:
        snprintf(into, size, "%u.%09us", below(3600), below(1000000000));
    }
    return into;
}

static const char *dist_of(char *into, size_t size)
{
    char a[32], b[32];
    time_of(a, sizeof a);
    switch (below(5)) {
    case 0:
        snprintf(into, size, "%s", a);
        break;
    case 1:
        snprintf(into, size, "uniform 0 %s", a);
        break;
    case 2:
        snprintf(into, size, "exp  %s", a);
        break;
    case 3:
        snprintf(b, sizeof b, "%u.%06u", 2 + below(97), below(1000000));
        snprintf(into, size, "pareto %s\t%s", a, b);
        break;
    default:
        snprintf(b, sizeof b, "%u.%u", below(4), below(1000000));
        snprintf(into, size, "lognormal %s %s", a, b);
    }
    return into;
}

/* Few different ones, and one julia: an experiment has at most 16 kernels and one picture. For type 0,
 * which nobody spawns: they bring tasks of their own. */
static const char *kernel_of(void)
{
    static const char *const kernels[] = {
        "fib 30",
        "fib  30 grain 20",
        "skynet 1000000 grain 10",
        "quicksort 5000 grain 2",
        "primes 2",
        "nqueens 8 grain 7",
        "julia 640x480 500",
        "pipeline 3 0 items 7",
        "pipeline 1 100000",
        "pingpong 1000000000",
        "touch packed 5",
        "touch\tpadded 5",
        "memory 1024KiB",
        "memory 1GiB x1000000",
    };
    return pick(kernels, 14);
}

/* Spawns only types with a higher number, few of them. */
static void step_of(char *into, size_t size, unsigned type, unsigned types)
{
    char a[96];
    static const char *const timed[] = {"cpu",     "sleep",   "net",       "block",
                                        "lock l1", "lock l2", "lock third"};
    unsigned roll = below(17);
    if (roll >= 14)
        snprintf(into, size, "%s", type > 0 ? "yield" : kernel_of());
    else if (roll < 7)
        snprintf(into, size, "%s %s", timed[roll], dist_of(a, sizeof a));
    else if (roll < 9)
        snprintf(into, size, "disk %s %u%s%s", roll == 7 ? "read" : "write", 1 + below(60),
                 pick((const char *const[]){"B", "KiB", "MiB", ""}, 4),
                 roll == 8 && below(2) ? " fsync" : "");
    else if (roll == 9 && type + 1 < types)
        snprintf(into, size, "spawn t%u x%u", type + 1 + below(types - type - 1), 1 + below(3));
    else if (roll == 10)
        snprintf(into, size, "fail %u.%u%%", below(100), below(1000000));
    else
        snprintf(into, size, "%s", roll < 12 ? "yield" : "join");
}

static size_t put(char *into, size_t size, size_t used, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static size_t put(char *into, size_t size, size_t used, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    used += (size_t)vsnprintf(into + used, size - used, format, args);
    va_end(args);
    assert_true(used < size);
    return used;
}

static size_t put_types(char *into, size_t size, size_t used)
{
    unsigned types = 1 + below(PS_TYPES_MAX - 2); /* and two for random_preset */
    for (unsigned t = 0; t < types; t++) {
        used = put(into, size, used, "[task t%u]\n", t);
        if (t == 0 || below(2))
            used = put(into, size, used, "weight = %u.%u\n", 1 + below(1000), below(1000000));
        if (below(3) == 0) {
            char time[32];
            used = put(into, size, used, "timeout = %s\n", time_of(time, sizeof time));
        }
        if (below(3) == 0)
            used = put(into, size, used, "retries = %u\nbackoff = %s\nretry_budget = %u.%u%%\n",
                       below(101),
                       pick((const char *const[]){"1ns", "2.5ms  x1.5", "1s max 2min jitter",
                                                  "10ms x1 max 60min", "5us x100 jitter"},
                            5),
                       below(100), below(1000000));
        char steps[PS_PRESET_MAX_LINE - 24] = ""; /* sizes may be written longer */
        for (unsigned s = below(6) + 1; s > 0; s--) {
            char step[128];
            step_of(step, sizeof step, t, types);
            if (strlen(steps) + strlen(step) + 2 < sizeof steps) {
                strcat(steps, *steps ? "," : "");
                strcat(steps, step);
            }
        }
        used = put(into, size, used, "steps = %s\n", *steps ? steps : "yield");
    }
    return used;
}

static void fault_of(char *into, size_t size)
{
    const char *for_long = pick((const char *const[]){"2s", "250ms", "1.5s", "10min"}, 4);
    switch (below(6)) {
    case 0:
        snprintf(into, size, "stuck %u %s", below(256), for_long);
        break;
    case 1:
        snprintf(into, size, "slow %u x%u %s", below(256), 1 + below(1000),
                 below(2) ? for_long : "");
        break;
    case 2:
        snprintf(into, size, "fail t0 %u.%u%%", below(100), below(1000000));
        break;
    case 3:
        snprintf(into, size, "lose cpu %u 2s", below(1024));
        break;
    case 4:
        snprintf(into, size, "burst %u", 1 + below(1000000));
        break;
    default:
        snprintf(into, size, "%s", below(2) ? "off" : "crash 3");
    }
}

static size_t put_phases(char *into, size_t size, size_t used, const char *model)
{
    for (unsigned p = below(4); p > 0; p--) {
        char time[32], fault[64], more[64];
        used = put(into, size, used, "[phase p%u]\nat = %s\n", p, time_of(time, sizeof time));
        if (strcmp(model, "open") == 0 && below(2))
            used = put(into, size, used, "rate = %u.%06u/s%s\n", 1 + below(1000), below(1000000),
                       below(2) ? " over 2.5s" : "");
        if (strcmp(model, "closed") == 0 && below(2))
            used = put(into, size, used, "in_flight = %u\n", 1 + below(1000000));
        if (below(2))
            used = put(into, size, used, "workers = %s\n",
                       pick((const char *const[]){"1", "64", "auto", "0.5x"}, 4));
        if (below(2))
            used = put(into, size, used, "mix = t0  %u.%u\n", 1 + below(100), below(1000000));
        fault_of(fault, sizeof fault);
        fault_of(more, sizeof more);
        if (below(2))
            used = put(into, size, used, "fault = %s ,%s\n", fault, more);
    }
    return used;
}

static size_t random_preset(char *into, size_t size)
{
    char a[200], b[200];
    size_t used = put(into, size, 0, "[preset]\ntitle = %s\n", text_of(a, PS_TITLE_MAX));
    if (below(2))
        used = put(into, size, used, "summary = %s\ngroup = %s\nlesson = %u\n", text_of(a, 150),
                   text_of(b, 30), below(1000));
    const struct ps_engine_word *engine = &test_engines[below(4)];
    used = put(into, size, used, "[engine]\nname = %s\n", engine->name);
    if (below(2))
        used = put(into, size, used, "policy = %s\n", engine->policies[0].name);
    static const char *const workers[] = {"1", "64", "auto", "2x", "0.5x", "0.333333x", "17"};
    used =
        put(into, size, used, "workers = %s\nqueue = %u\non_full = %s\n", pick(workers, 7),
            1 + below(10000000), pick((const char *const[]){"block", "refuse", "caller_runs"}, 3));
    used = put(into, size, used,
               "limit = %u\nstack = %s\noffload = %s\nstealing = %s\nwait = %s\nwake = "
               "%s\nlifo_slot = %s\nspawn = %s\nautotune = %s\n",
               below(1000), pick((const char *const[]){"0", "16KiB", "100000", "1M"}, 4),
               pick((const char *const[]){"off", "on", "7"}, 3), below(2) ? "on" : "off",
               below(2) ? "help" : "block", below(2) ? "one" : "all",
               pick((const char *const[]){"stealable", "kept", "off"}, 3),
               engine == &test_engines[0] && below(2) ? "work-first" : "help-first",
               below(2) ? "off" : "hill");
    const char *model = pick((const char *const[]){"open", "closed", "batch", "trace"}, 4);
    used = put(into, size, used, "[arrivals]\nmodel = %s\nrate = %u.%u/s\nprocess = %s\n", model,
               1 + below(10000), below(1000000), below(2) ? "poisson" : "uniform");
    used = put(into, size, used, "in_flight = %u\nthink = %s\ntasks = %u\n", 1 + below(1000000),
               dist_of(a, sizeof a), 1 + below(1000000));
    used = put(into, size, used, "clients = %u\n", below(10001));
    used = put(into, size, used, "trace = %s\ntrace_scale = %u.%06ux\n",
               pick((const char *const[]){"rows.csv", "/var/log/a b.csv", "../x;y.csv"}, 3),
               below(1000), 1 + below(999999));
    used = put_types(into, size, used);
    used = put_phases(into, size, used, model);
    if (below(2))
        used = put(into, size, used,
                   "[task locks]\nsteps = lock l1 1us\n[lock l1]\nkind = %s\n[task hard]\nrealtime "
                   "= %u\nsteps = yield\n",
                   strcmp(engine->name, "threadpool") == 0 ? "unfair" : "fair",
                   strcmp(engine->name, "threadpool") == 0 ? below(91) : 0);
    used = put(into, size, used, "[run]\ncpus = %u\nduration = %s\nseed = %llu\n", below(3),
               time_of(a, sizeof a), (unsigned long long)ps_rng_next(&rng));
    return put(into, size, used, "[faults]\nfail = %u.%u%%\n", below(100), below(1000000));
}

static void parse(struct ps_experiment *experiment, const char *text, size_t size)
{
    struct ps_complaints complaints = {.count = 0};
    if (ps_experiment_parse(experiment, &test_words, "random", text, size, &complaints) != PS_OK) {
        char line[1024];
        fail_msg("%s in\n%s", ps_complaint_text(line, sizeof line, &complaints.list[0]), text);
    }
}

static void assert_same_dist(const struct ps_dist *a, const struct ps_dist *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_true(a->a == b->a && a->b == b->b);
}

static void assert_same_type(const struct ps_task_type *a, const struct ps_task_type *b)
{
    assert_string_equal(a->name, b->name);
    assert_true(a->weight == b->weight);
    assert_int_equal(a->timeout_ns, b->timeout_ns);
    assert_int_equal(a->realtime, b->realtime);
    assert_true(a->retries == b->retries && a->retry_budget == b->retry_budget);
    assert_true(a->backoff.first_ns == b->backoff.first_ns &&
                a->backoff.factor == b->backoff.factor && a->backoff.max_ns == b->backoff.max_ns &&
                a->backoff.jitter == b->backoff.jitter);
    assert_int_equal(a->step_count, b->step_count);
    for (unsigned s = 0; s < a->step_count; s++) {
        const struct ps_step_def *x = &a->steps[s], *y = &b->steps[s];
        assert_int_equal(x->kind, y->kind);
        assert_same_dist(&x->time, &y->time);
        assert_true(x->size == y->size && x->count == y->count && x->type == y->type &&
                    x->lock == y->lock && x->write == y->write && x->sync == y->sync &&
                    x->chance == y->chance);
        assert_true(x->n == y->n && x->width == y->width && x->height == y->height &&
                    x->stages == y->stages && x->depth == y->depth && x->grain == y->grain &&
                    x->padded == y->padded);
    }
}

static void assert_same_phase(const struct ps_phase_def *a, const struct ps_phase_def *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->at_ns, b->at_ns);
    assert_true(a->rate.rate == b->rate.rate && a->rate.over_ns == b->rate.over_ns);
    assert_true(a->workers.count == b->workers.count && a->workers.factor == b->workers.factor);
    assert_int_equal(a->in_flight, b->in_flight);
    assert_int_equal(a->mix.count, b->mix.count);
    for (unsigned i = 0; i < a->mix.count; i++)
        assert_true(a->mix.part[i].type == b->mix.part[i].type &&
                    a->mix.part[i].weight == b->mix.part[i].weight);
    assert_int_equal(a->faults.count, b->faults.count);
    for (unsigned i = 0; i < a->faults.count; i++) {
        const struct ps_fault *x = &a->faults.fault[i], *y = &b->faults.fault[i];
        assert_true(x->kind == y->kind && x->worker == y->worker && x->type == y->type &&
                    x->cpu == y->cpu && x->factor == y->factor && x->count == y->count &&
                    x->chance == y->chance && x->for_ns == y->for_ns);
    }
}

static void assert_same(const struct ps_experiment *a, const struct ps_experiment *b)
{
    assert_string_equal(a->title, b->title);
    assert_string_equal(a->summary, b->summary);
    assert_string_equal(a->group, b->group);
    assert_string_equal(a->engine, b->engine);
    assert_string_equal(a->policy, b->policy);
    assert_true(a->lesson == b->lesson && a->workers.count == b->workers.count &&
                a->workers.factor == b->workers.factor && a->queue == b->queue &&
                a->on_full == b->on_full && a->limit == b->limit &&
                a->stack_bytes == b->stack_bytes && a->offload == b->offload &&
                a->stealing == b->stealing && a->help == b->help && a->wake_all == b->wake_all &&
                a->lifo_slot == b->lifo_slot && a->work_first == b->work_first &&
                a->autotune == b->autotune && a->cpus == b->cpus);
    assert_true(a->model == b->model && a->rate == b->rate && a->process == b->process &&
                a->in_flight == b->in_flight && a->tasks == b->tasks && a->clients == b->clients);
    assert_same_dist(&a->think, &b->think);
    assert_string_equal(a->trace, b->trace);
    assert_true(a->trace_scale == b->trace_scale);
    assert_true(a->duration_ns == b->duration_ns && a->seed == b->seed && a->fail == b->fail);
    assert_int_equal(a->type_count, b->type_count);
    for (unsigned t = 0; t < a->type_count; t++)
        assert_same_type(&a->types[t], &b->types[t]);
    assert_int_equal(a->lock_def_count, b->lock_def_count);
    for (unsigned i = 0; i < a->lock_def_count; i++) {
        assert_string_equal(a->lock_defs[i].name, b->lock_defs[i].name);
        assert_int_equal(a->lock_defs[i].kind, b->lock_defs[i].kind);
    }
    assert_int_equal(a->phase_count, b->phase_count);
    for (unsigned p = 0; p < a->phase_count; p++)
        assert_same_phase(&a->phases[p], &b->phases[p]);
    assert_int_equal(a->lock_count, b->lock_count);
    for (unsigned i = 0; i < a->lock_count; i++)
        assert_string_equal(a->locks[i], b->locks[i]);
}

static void written_text_is_the_same_experiment(void **state)
{
    (void)state;
    static struct ps_experiment first, second;
    static char preset[PS_PRESET_MAX_BYTES];
    for (unsigned i = 0; i < 3000; i++) {
        rng = ps_rng_make(2024, i);
        size_t size = random_preset(preset, sizeof preset);
        parse(&first, preset, size);
        char *text, *again;
        size_t length, again_length;
        assert_int_equal(ps_experiment_text(&first, &text, &length), PS_OK);
        parse(&second, text, length);
        assert_same(&first, &second);
        assert_int_equal(ps_experiment_text(&second, &again, &again_length), PS_OK);
        assert_string_equal(text, again);
        free(text);
        free(again);
    }
}

/* A program that is short as given and too long as it would be written is refused, not cut. */
static void a_program_fits_its_line(void **state)
{
    (void)state;
    static struct ps_experiment experiment;
    struct ps_complaints complaints = {.count = 0};
    char preset[512];
    size_t used =
        put(preset, sizeof preset, 0, "[preset]\ntitle = t\n[task a]\nsteps = disk read 1K");
    for (unsigned s = 1; s < 13; s++)
        used = put(preset, sizeof preset, used, ",disk read 1K");
    used = put(preset, sizeof preset, used, "\n");
    assert_int_equal(ps_experiment_parse(&experiment, &test_words, "x", preset, used, &complaints),
                     PS_EPARSE);
    assert_int_equal(complaints.list[0].line, 4);
    assert_non_null(strstr(complaints.list[0].text, "longer than"));
}

static void keys_that_are_left_out_have_their_defaults(void **state)
{
    (void)state;
    static struct ps_experiment first, second;
    const char *little = "[preset]\ntitle = t\n[task a]\nsteps = yield\n";
    parse(&first, little, strlen(little));
    char full[4096], value[256];
    size_t used = 0;
    const char *section = "";
    for (const struct ps_key *key = ps_keys; key->section; key++) {
        bool skip = strcmp(key->section, "phase") == 0 || strcmp(key->section, "lock") == 0;
        if (strcmp(section, key->section) != 0 && !skip)
            used = put(full, sizeof full, used, "[%s%s]\n", key->section,
                       ps_section_is_named(key->section) ? " a" : "");
        section = key->section;
        if (skip)
            continue;
        snprintf(value, sizeof value, "%s",
                 key->standard                     ? key->standard
                 : strcmp(key->name, "title") == 0 ? "t"
                                                   : "yield");
        used = put(full, sizeof full, used, "%s = %s\n", key->name, value);
    }
    parse(&second, full, used);
    assert_same(&first, &second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_text_is_the_same_experiment),
        cmocka_unit_test(a_program_fits_its_line),
        cmocka_unit_test(keys_that_are_left_out_have_their_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
