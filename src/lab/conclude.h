/* What follows from a sweep: the count to take, models beside the data, tuners replayed on it. Pure
 * arithmetic with fixed seeds: the same cells give the same conclusion. */
#ifndef PS_LAB_CONCLUDE_H
#define PS_LAB_CONCLUDE_H

#include "base/rng.h"
#include "lab/tune.h"

#define PS_MODELS 5u

struct ps_model {
    const char *name;  /* in JSON */
    const char *title; /* for people */
    double prediction; /* workers; NaN: the model says nothing */
    double low, high;  /* 95 %, where it was fitted; else NaN */
    bool has_curve;    /* predicts throughput, not only a count */
    bool rises;        /* it has no peak within the range: the prediction is its end */
    struct ps_curve curve;
    double r2; /* NaN: n/a */
};

struct ps_conclusion {
    struct ps_choice choice;
    struct ps_model model[PS_MODELS];
    double sigma_low, sigma_high, kappa_low, kappa_high; /* of the USL, 95 % */
    struct ps_tuner_run tuner[PS_TUNERS];
};

/* surface->count >= 2 for models; with fewer they are NaN. Intervals: 200 data sets drawn from the
 * medians and the measured noise (a parametric bootstrap: three repeats are too few to be drawn
 * from), each fitted anew. Tuners: 120 s each. */
void ps_conclude(const struct ps_tune_about *about, const struct ps_surface *surface,
                 struct ps_conclusion *into);

/* The same in steps of a few milliseconds, for a screen: begin gives all but the intervals of the
 * models (low, high, sigma and kappa: NaN); step works on them until it returns true. The surface
 * must stay for begin only. */
#define PS_CONCLUDE_RESAMPLES 200u
struct ps_concluding {
    struct ps_concluding_data {
        unsigned count;
        double n[PS_POINTS_MAX], x[PS_POINTS_MAX], noise[PS_POINTS_MAX];
        double most; /* workers */
    } data;
    unsigned model, done; /* resamples of it */
    struct ps_rng rng;
    double peak[PS_CONCLUDE_RESAMPLES], sigma[PS_CONCLUDE_RESAMPLES], kappa[PS_CONCLUDE_RESAMPLES];
};
void ps_conclude_begin(const struct ps_tune_about *about, const struct ps_surface *surface,
                       struct ps_concluding *work, struct ps_conclusion *into);
bool ps_conclude_step(struct ps_concluding *work, struct ps_conclusion *into);

/* What the tuners are replayed on. surface->count >= 1; the task refers to it. */
#define PS_TUNERS_SECONDS 120
struct ps_tuner_task ps_conclude_tuners(const struct ps_tune_about *about,
                                        const struct ps_surface *surface);

/* A model of that name; never NULL for "rule of thumb", "hard cap", "two lines", "Amdahl", "USL". */
const struct ps_model *ps_conclusion_model(const struct ps_conclusion *conclusion,
                                           const char *name);

#endif
