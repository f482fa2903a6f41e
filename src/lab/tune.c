#include "lab/tune.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/machine.h"
#include "metrics/metric_table.h"
#include "model/kernels.h"

enum { TRIES = 3 }; /* of a cell that others disturb */

enum stage { COARSE, CLOSER, REPEATS, CLOSER_AGAIN, OVER };

struct order {
    unsigned workers, repeat;
};

struct ps_tune {
    struct ps_tune_spec spec;
    enum ps_tune_state state;
    enum stage stage;
    struct ps_surface surface;
    struct ps_slot *slot;
    uint64_t due_ns;
    unsigned order_count, order_next; /* of the stage */
    struct order order[PS_CELLS_MAX];
    unsigned cell_count;
    struct ps_tune_cell cell[PS_CELLS_MAX];
    unsigned tries;            /* of the order that is carried out */
    struct ps_tune_cell tried; /* the least disturbed of them */
    char why[512];
    enum ps_err err;
};

/* ---- the load ---- */

static void saturate(struct ps_tune_spec *spec)
{
    const struct ps_tune_about *about = &spec->about;
    double thumb =
        about->cpu_ns > 0 ? about->usable_cpus * (1 + about->wait_ns / about->cpu_ns) : 0;
    double clients = fmax(2.0 * about->high, fmin(4 * thumb, 10000));
    struct ps_experiment *experiment = &spec->experiment;
    experiment->model = PS_ARRIVAL_CLOSED;
    experiment->in_flight = (uint64_t)fmax(64, ceil(clients));
    experiment->think = (struct ps_dist){.kind = PS_DIST_CONSTANT};
    experiment->tasks = 0;
    if (experiment->queue < experiment->in_flight)
        experiment->queue = experiment->in_flight;
}

#define AT_RATE "open, "

bool ps_tune_is_at_rate(const struct ps_tune_about *about)
{
    return strncmp(about->load, AT_RATE, strlen(AT_RATE)) == 0;
}

static void say_load(const struct ps_experiment *experiment, char *into, size_t size)
{
    if (experiment->model == PS_ARRIVAL_OPEN)
        snprintf(into, size, AT_RATE "%g/s", experiment->rate);
    else if (experiment->model == PS_ARRIVAL_CLOSED)
        snprintf(into, size, "closed, %" PRIu64 " in flight", experiment->in_flight);
    else if (experiment->model == PS_ARRIVAL_HTTP)
        snprintf(into, size, "http, %u clients", experiment->clients);
    else
        snprintf(into, size, "batch of %" PRIu64, experiment->tasks);
}

/* How many tasks the clients of a preset can keep at work at once; 0: no limit, or more than clients,
 * as tasks bring others. */
static uint64_t clients_of(const struct ps_experiment *experiment)
{
    for (unsigned t = 0; t < experiment->type_count; t++)
        for (unsigned s = 0; s < experiment->types[t].step_count; s++) {
            enum ps_step_kind kind = experiment->types[t].steps[s].kind;
            if (kind == PS_STEP_SPAWN || ps_step_is_kernel(kind))
                return 0;
        }
    return experiment->model == PS_ARRIVAL_CLOSED ? experiment->in_flight
           : experiment->model == PS_ARRIVAL_HTTP ? experiment->clients
                                                  : 0;
}

/* A curve that is flat from there on says nothing of the pool. */
static void say_limit(const struct ps_tune_spec *spec, char *into, size_t size)
{
    uint64_t clients = clients_of(&spec->experiment);
    size_t used = strlen(into);
    if (clients > 0 && clients < spec->about.high)
        snprintf(into + used, size - used, ": work for %" PRIu64 " of %u", clients,
                 spec->about.high);
}

void ps_tune_prepare(struct ps_tune_spec *spec, enum ps_tune_load load)
{
    struct ps_machine machine;
    struct ps_tune_about *about = &spec->about;
    struct ps_experiment *experiment = &spec->experiment;
    ps_machine_read(&machine);
    about->usable_cpus = experiment->cpus > 0 && experiment->cpus < machine.usable
                             ? experiment->cpus
                             : machine.usable;
    about->seed = experiment->seed;
    ps_experiment_mean(experiment, &about->cpu_ns, &about->wait_ns);
    snprintf(about->engine, sizeof about->engine, "%s", experiment->engine);
    snprintf(about->policy, sizeof about->policy, "%s", experiment->policy);
    about->saturated =
        load == PS_TUNE_SATURATE ||
        (load == PS_TUNE_AUTO && experiment->model == PS_ARRIVAL_OPEN && about->goal_ns <= 0);
    if (about->saturated)
        saturate(spec);
    about->slot_s = (double)spec->length_ns / PS_NS_PER_S;
    about->warmup_s = (double)spec->warmup_ns / PS_NS_PER_S;
    say_load(experiment, about->load, sizeof about->load);
    say_limit(spec, about->load, sizeof about->load);
}

/* To the nine digits that a cell's line holds, so that what is concluded now and what is concluded
 * from the lines later are the same. */
static double as_written(double value)
{
    char text[40];
    if (isnan(value))
        return value;
    snprintf(text, sizeof text, "%.9g", value);
    return strtod(text, NULL);
}

/* ---- what to measure ---- */

static void want(struct ps_tune *tune, unsigned workers, unsigned repeat)
{
    if (tune->order_count < PS_CELLS_MAX)
        tune->order[tune->order_count++] = (struct order){workers, repeat};
}

unsigned ps_tune_grid(unsigned low, unsigned high, unsigned counts[PS_POINTS_MAX])
{
    unsigned n = 0;
    for (unsigned count = low; count < high && n + 1 < PS_POINTS_MAX;) {
        counts[n++] = count;
        count += count / 4 ? count / 4 : 1;
    }
    counts[n++] = high;
    return n;
}

static void want_coarse(struct ps_tune *tune)
{
    unsigned counts[PS_POINTS_MAX];
    unsigned n = ps_surface_coarse(tune->spec.about.low, tune->spec.about.high, counts);
    for (unsigned i = 0; i < n; i++)
        want(tune, counts[i], 0);
}

/* False: nothing is worth a closer look. */
static bool want_closer(struct ps_tune *tune, unsigned repeats)
{
    unsigned next = ps_surface_next(&tune->surface, tune->spec.about.goal_ns);
    if (next == 0 || tune->cell_count + repeats > PS_CELLS_MAX)
        return false;
    for (unsigned repeat = 0; repeat < repeats; repeat++)
        want(tune, next, repeat);
    return true;
}

static void want_repeats(struct ps_tune *tune)
{
    const struct ps_surface *surface = &tune->surface;
    for (unsigned repeat = 1; repeat < tune->spec.about.repeats; repeat++)
        for (unsigned i = 0; i < surface->count; i++)
            want(tune, surface->point[repeat % 2 ? surface->count - 1 - i : i].workers, repeat);
}

/* All orders of the stage have been carried out. */
static void next_stage(struct ps_tune *tune)
{
    tune->order_count = tune->order_next = 0;
    while (tune->order_count == 0 && tune->stage != OVER) {
        switch (tune->stage) {
        case COARSE:
            tune->stage = CLOSER;
            break;
        case CLOSER:
            if (!want_closer(tune, 1)) {
                tune->stage = REPEATS;
                want_repeats(tune);
            }
            break;
        case REPEATS:
            tune->stage = CLOSER_AGAIN;
            break;
        case CLOSER_AGAIN:
            if (!want_closer(tune, tune->spec.about.repeats))
                tune->stage = OVER;
            break;
        case OVER:
            break;
        }
    }
    if (tune->stage == OVER)
        tune->state = PS_TUNE_DONE;
}

struct ps_tune *ps_tune_new(const struct ps_tune_spec *spec)
{
    struct ps_tune *tune = calloc(1, sizeof *tune);
    if (!tune)
        return NULL;
    tune->spec = *spec;
    want_coarse(tune);
    return tune;
}

struct ps_tune *ps_tune_new_cell(const struct ps_tune_spec *spec, unsigned workers, unsigned repeat)
{
    struct ps_tune *tune = calloc(1, sizeof *tune);
    if (!tune)
        return NULL;
    tune->spec = *spec;
    tune->stage = OVER;
    want(tune, workers, repeat);
    return tune;
}

void ps_tune_free(struct ps_tune *tune)
{
    if (!tune)
        return;
    ps_slot_free(tune->slot);
    free(tune);
}

/* ---- measuring ---- */

static void begin(struct ps_tune *tune)
{
    const struct order *order = &tune->order[tune->order_next];
    struct ps_experiment experiment = tune->spec.experiment;
    experiment.workers = (struct ps_workers_spec){.count = order->workers};
    experiment.seed += order->repeat;
    struct ps_slot_spec spec = {.experiment = &experiment,
                                .warmup_ns = tune->spec.warmup_ns,
                                .length_ns = tune->spec.length_ns};
    tune->err = ps_slot_start(&spec, &tune->slot, tune->why, sizeof tune->why);
    if (tune->err != PS_OK)
        tune->state = PS_TUNE_FAILED;
}

static double run_metric(const struct ps_snapshot *window, const char *key)
{
    struct ps_metric_source source = {.snapshot = window};
    struct ps_metric_value value = ps_metric_value(ps_metric_find(PS_METRIC_RUN, key), &source);
    return value.kind == PS_METRIC_COUNT  ? (double)value.count
           : value.kind == PS_METRIC_REAL ? value.real
                                          : NAN;
}

static struct ps_tune_cell cell_of(const struct ps_tune *tune, bool failed)
{
    const struct order *order = &tune->order[tune->order_next];
    const struct ps_snapshot *window = ps_slot_window(tune->slot);
    struct ps_tune_cell cell = {.workers = order->workers, .repeat = order->repeat};
    double throughput = run_metric(window, "throughput_per_s");
    cell.others = as_written(ps_slot_others(tune->slot));
    cell.p50_ns = failed ? NAN : run_metric(window, "latency_ns.response.p50");
    cell.p99_ns = failed ? NAN : run_metric(window, "latency_ns.response.p99");
    cell.throughput = failed || isnan(throughput) ? 0 : as_written(throughput);
    if (failed)
        snprintf(cell.failed, sizeof cell.failed, "%s",
                 window->message[0] ? window->message : ps_end_name(window->end));
    return cell;
}

/* The slot has ended. False: it was disturbed and is to be measured again. */
static bool note(struct ps_tune *tune, bool failed)
{
    const struct ps_snapshot *window = ps_slot_window(tune->slot);
    struct ps_tune_about *about = &tune->spec.about;
    struct ps_tune_cell cell = cell_of(tune, failed);
    snprintf(about->engine, sizeof about->engine, "%s", window->engine);
    snprintf(about->policy, sizeof about->policy, "%s", window->policy);
    if (tune->tries == 0 || !(cell.others >= tune->tried.others))
        tune->tried = cell;
    if (++tune->tries < TRIES && cell.others > PS_TUNE_DISTURBED)
        return false;
    tune->tries = 0;
    tune->cell[tune->cell_count++] = tune->tried;
    ps_surface_add(&tune->surface, tune->tried.workers, tune->tried.throughput, tune->tried.p99_ns);
    return true;
}

static void refuse(struct ps_tune *tune)
{
    snprintf(tune->why, sizeof tune->why, "%s", ps_slot_why(tune->slot, &tune->err));
    tune->state = PS_TUNE_FAILED;
}

enum ps_tune_state ps_tune_advance(struct ps_tune *tune)
{
    if (tune->state != PS_TUNE_RUNNING)
        return tune->state;
    if (!tune->slot) {
        begin(tune);
        tune->due_ns = ps_now_ns();
        return tune->state;
    }
    enum ps_slot_state state = ps_slot_advance(tune->slot);
    tune->due_ns = ps_slot_due_ns(tune->slot);
    if (state < PS_SLOT_DONE)
        return tune->state;
    bool refused = state == PS_SLOT_REFUSED, noted = false;
    if (refused)
        refuse(tune);
    else
        noted = note(tune, state == PS_SLOT_FAILED);
    ps_slot_free(tune->slot);
    tune->slot = NULL;
    tune->due_ns = ps_now_ns();
    if (noted && ++tune->order_next == tune->order_count)
        next_stage(tune);
    return tune->state;
}

bool ps_tune_more(struct ps_tune *tune)
{
    struct ps_tune_about *about = &tune->spec.about;
    unsigned points = tune->surface.count;
    if (tune->state != PS_TUNE_DONE || points == 0 || about->repeats == PS_REPEATS_MAX ||
        tune->cell_count + points > PS_CELLS_MAX)
        return false;
    tune->order_count = tune->order_next = 0;
    for (unsigned i = 0; i < points; i++) {
        unsigned at = about->repeats % 2 ? points - 1 - i : i;
        want(tune, tune->surface.point[at].workers, about->repeats);
    }
    about->repeats++;
    tune->stage = REPEATS;
    tune->state = PS_TUNE_RUNNING;
    return true;
}

void ps_tune_goal(struct ps_tune *tune, double goal_ns)
{
    tune->spec.about.goal_ns = goal_ns;
}

uint64_t ps_tune_due_ns(const struct ps_tune *tune)
{
    return tune->due_ns;
}

double ps_tune_progress(const struct ps_tune *tune)
{
    enum { CLOSER_LOOKS = 4 };
    const struct ps_tune_spec *spec = &tune->spec;
    unsigned points = tune->surface.count, coming = tune->order_count - tune->order_next;
    unsigned expected = coming;
    if (tune->stage < REPEATS)
        expected += CLOSER_LOOKS + (points + coming + CLOSER_LOOKS) * (spec->about.repeats - 1);
    double done = tune->cell_count;
    double all = done + expected;
    if (tune->slot)
        done +=
            (double)ps_slot_elapsed_ns(tune->slot) / (double)(spec->warmup_ns + spec->length_ns);
    return all > 0 ? done / all : 0;
}

/* ---- looking ---- */

const char *ps_tune_why(const struct ps_tune *tune, enum ps_err *err)
{
    *err = tune->err;
    return tune->why;
}

struct ps_slot *ps_tune_slot(struct ps_tune *tune, unsigned *workers, unsigned *repeat)
{
    const struct order *order =
        &tune->order[tune->order_next < tune->order_count ? tune->order_next : 0];
    *workers = order->workers;
    *repeat = order->repeat;
    return tune->slot;
}

unsigned ps_tune_tries(const struct ps_tune *tune)
{
    return tune->tries;
}

const struct ps_tune_cell *ps_tune_cells(const struct ps_tune *tune, unsigned *count)
{
    *count = tune->cell_count;
    return tune->cell;
}

const struct ps_surface *ps_tune_surface(const struct ps_tune *tune)
{
    return &tune->surface;
}

const struct ps_tune_about *ps_tune_about(const struct ps_tune *tune)
{
    return &tune->spec.about;
}
