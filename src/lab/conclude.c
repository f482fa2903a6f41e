#include "lab/conclude.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "stats/sample.h"

enum model { THUMB, CAP, LINES, AMDAHL, USL };
#define RESAMPLES PS_CONCLUDE_RESAMPLES
_Static_assert(USL + 1 == PS_MODELS, "the number in the header");

static struct ps_concluding_data data_of(const struct ps_surface *surface)
{
    struct ps_concluding_data data = {.count = surface->count};
    for (unsigned i = 0; i < surface->count; i++) {
        const struct ps_point *point = &surface->point[i];
        data.n[i] = point->workers;
        data.x[i] = point->middle;
        data.noise[i] = point->middle * surface->noise / sqrt(point->repeats);
        data.most = point->workers;
    }
    return data;
}

/* Goetz, Java Concurrency in Practice, 8.2: N (1 + W/C), with the preset's means; and the curve it
 * belongs to: n workers do n / (C + W) until the CPUs' N / C is reached. */
static void from_preset(const struct ps_tune_about *about, const struct ps_concluding_data *data,
                        struct ps_conclusion *into)
{
    struct ps_model *thumb = &into->model[THUMB], *cap = &into->model[CAP];
    double whole_ns = about->cpu_ns + about->wait_ns;
    if (about->cpu_ns > 0)
        thumb->prediction = cap->prediction =
            about->usable_cpus * (1 + about->wait_ns / about->cpu_ns);
    if (whole_ns <= 0 || data->count == 0)
        return;
    cap->has_curve = true;
    cap->curve = (struct ps_curve){.kind = PS_CURVE_TWO_LINES,
                                   .scale = PS_NS_PER_S / whole_ns,
                                   .knee = about->cpu_ns > 0 ? cap->prediction : INFINITY};
    double model[PS_POINTS_MAX];
    for (unsigned i = 0; i < data->count; i++)
        model[i] = ps_curve_at(&cap->curve, data->n[i]);
    cap->r2 = ps_sample_r2(data->x, model, data->count);
}

static double normal(struct ps_rng *rng)
{
    double u = 1 - ps_rng_unit(rng), v = ps_rng_unit(rng);
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

static void range(double *values, double *low, double *high)
{
    ps_sample_sort(values, RESAMPLES);
    *low = ps_sample_quantile(values, RESAMPLES, 0.025);
    *high = ps_sample_quantile(values, RESAMPLES, 0.975);
}

/* Where the fit's own answer would have come out under the noise that was measured. */
static void resample(struct ps_concluding *work, const struct ps_model *model)
{
    const struct ps_concluding_data *data = &work->data;
    double x[PS_POINTS_MAX];
    unsigned r = work->done++;
    for (unsigned i = 0; i < data->count; i++)
        x[i] = fmax(0, data->x[i] + data->noise[i] * normal(&work->rng));
    struct ps_curve curve = ps_curve_fit(model->curve.kind, data->n, x, data->count);
    work->peak[r] = ps_curve_peak(&curve, data->most);
    work->sigma[r] = curve.sigma;
    work->kappa[r] = curve.kappa;
}

static void bound(struct ps_concluding *work, struct ps_model *model, struct ps_conclusion *into)
{
    range(work->peak, &model->low, &model->high);
    if (model->curve.kind != PS_CURVE_USL)
        return;
    range(work->sigma, &into->sigma_low, &into->sigma_high);
    range(work->kappa, &into->kappa_low, &into->kappa_high);
}

static void fit(struct ps_model *model, enum ps_curve_kind kind,
                const struct ps_concluding_data *data)
{
    if (data->count < 3)
        return;
    model->has_curve = true;
    model->curve = ps_curve_fit(kind, data->n, data->x, data->count);
    model->r2 = model->curve.r2;
    model->prediction = ps_curve_peak(&model->curve, data->most);
    model->rises = model->prediction >= data->most;
}

struct ps_tuner_task ps_conclude_tuners(const struct ps_tune_about *about,
                                        const struct ps_surface *surface)
{
    unsigned low = surface->point[0].workers, high = surface->point[surface->count - 1].workers;
    unsigned cpus = about->usable_cpus;
    return (struct ps_tuner_task){.surface = surface,
                                  .low = low,
                                  .high = high,
                                  .start = cpus < low    ? low
                                           : cpus > high ? high
                                                         : cpus,
                                  .slot_s = about->slot_s,
                                  .goal_ns = about->goal_ns,
                                  .seconds = PS_TUNERS_SECONDS,
                                  .seed = about->seed};
}

static void replay(const struct ps_tune_about *about, const struct ps_surface *surface,
                   struct ps_conclusion *into)
{
    struct ps_tuner_task task = ps_conclude_tuners(about, surface);
    for (unsigned i = 0; i < PS_TUNERS; i++)
        into->tuner[i] = ps_tuner_replay(i, &task);
}

void ps_conclude_begin(const struct ps_tune_about *about, const struct ps_surface *surface,
                       struct ps_concluding *work, struct ps_conclusion *into)
{
    static const struct ps_model models[PS_MODELS] = {
        [THUMB] = {.name = "rule of thumb", .title = "rule of thumb N(1+W/C)"},
        [CAP] = {.name = "hard cap", .title = "hard-cap bound min(n/(C+W), N/C)"},
        [LINES] = {.name = "two lines", .title = "two lines, fitted"},
        [AMDAHL] = {.name = "Amdahl", .title = "Amdahl, fitted"},
        [USL] = {.name = "USL", .title = "Universal Scalability Law, fitted"},
    };
    *into = (struct ps_conclusion){
        .sigma_low = NAN, .sigma_high = NAN, .kappa_low = NAN, .kappa_high = NAN};
    memcpy(into->model, models, sizeof models);
    for (unsigned i = 0; i < PS_MODELS; i++)
        into->model[i].prediction = into->model[i].low = into->model[i].high = into->model[i].r2 =
            NAN;
    work->data = data_of(surface);
    work->model = LINES;
    work->done = 0;
    from_preset(about, &work->data, into);
    fit(&into->model[LINES], PS_CURVE_TWO_LINES, &work->data);
    fit(&into->model[AMDAHL], PS_CURVE_AMDAHL, &work->data);
    fit(&into->model[USL], PS_CURVE_USL, &work->data);
    if (surface->count == 0)
        return;
    into->choice = ps_surface_choose(surface, about->goal_ns);
    replay(about, surface, into);
}

bool ps_conclude_step(struct ps_concluding *work, struct ps_conclusion *into)
{
    enum { AT_ONCE = 10 };
    if (work->model == PS_MODELS || work->data.count < 3)
        return true;
    struct ps_model *model = &into->model[work->model];
    if (work->done == 0)
        work->rng = ps_rng_make(1, (uint64_t)model->curve.kind);
    for (unsigned i = 0; i < AT_ONCE && work->done < RESAMPLES; i++)
        resample(work, model);
    if (work->done < RESAMPLES)
        return false;
    bound(work, model, into);
    work->model++;
    work->done = 0;
    return work->model == PS_MODELS;
}

void ps_conclude(const struct ps_tune_about *about, const struct ps_surface *surface,
                 struct ps_conclusion *into)
{
    struct ps_concluding work;
    ps_conclude_begin(about, surface, &work, into);
    while (!ps_conclude_step(&work, into))
        ;
}

const struct ps_model *ps_conclusion_model(const struct ps_conclusion *conclusion, const char *name)
{
    for (unsigned i = 0; i < PS_MODELS; i++)
        if (strcmp(conclusion->model[i].name, name) == 0)
            return &conclusion->model[i];
    return NULL;
}
