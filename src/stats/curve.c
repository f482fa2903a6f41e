#include "stats/curve.h"

#include <math.h>
#include <stdbool.h>

#include "stats/sample.h"
#include "stats/surface.h"

struct data {
    const double *n, *x;
    size_t count;
};

static double shape_at(const struct ps_curve *curve, double n)
{
    if (curve->kind == PS_CURVE_TWO_LINES)
        return fmin(n, curve->knee);
    return n / (1 + curve->sigma * (n - 1) + curve->kappa * n * (n - 1));
}

double ps_curve_at(const struct ps_curve *curve, double n)
{
    return curve->scale * shape_at(curve, n);
}

double ps_curve_peak(const struct ps_curve *curve, double most)
{
    double peak = most;
    if (curve->kind == PS_CURVE_TWO_LINES)
        peak = curve->knee;
    else if (curve->kappa > 0)
        peak = sqrt(fmax(0, 1 - curve->sigma) / curve->kappa);
    return fmax(1, fmin(peak, most));
}

/* Give the shape its best scale; returns the sum of squares that is left. */
static double project(struct ps_curve *curve, const struct data *data)
{
    double xf = 0, ff = 0, left = 0;
    for (size_t i = 0; i < data->count; i++) {
        double f = shape_at(curve, data->n[i]);
        xf += data->x[i] * f;
        ff += f * f;
    }
    curve->scale = ff > 0 ? xf / ff : 0;
    for (size_t i = 0; i < data->count; i++) {
        double r = data->x[i] - ps_curve_at(curve, data->n[i]);
        left += r * r;
    }
    return left;
}

/* ---- two lines ---- */

static void fit_knee(struct ps_curve *curve, const struct data *data)
{
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < data->count; i++) {
        low = fmin(low, data->n[i]);
        high = fmax(high, data->n[i]);
    }
    enum { STEPS = 200, ROUNDS = 3 };
    double best = INFINITY, knee = high;
    for (int round = 0; round < ROUNDS; round++) {
        double step = (high - low) / STEPS, from = low;
        for (int i = 0; i <= STEPS; i++) {
            curve->knee = from + step * i;
            double left = project(curve, data);
            if (left < best) {
                best = left;
                knee = curve->knee;
            }
        }
        low = fmax(low, knee - step);
        high = fmin(high, knee + step);
    }
    curve->knee = knee;
    project(curve, data);
}

/* ---- Amdahl and USL ---- */

/* Derivatives of the projected residuals by sigma and kappa, by differences. */
static void derive(struct ps_curve curve, const struct data *data, double (*slope)[2], bool usl)
{
    double *shape[2] = {&curve.sigma, &curve.kappa};
    for (int p = 0; p < (usl ? 2 : 1); p++) {
        double value = *shape[p], step = fmax(1e-7, value * 1e-5);
        struct ps_curve moved = curve;
        double *place = p == 0 ? &moved.sigma : &moved.kappa;
        *place = value + step;
        project(&moved, data);
        for (size_t i = 0; i < data->count; i++)
            slope[i][p] =
                (ps_curve_at(&moved, data->n[i]) - ps_curve_at(&curve, data->n[i])) / step;
    }
}

/* The damped step of Levenberg and Marquardt in one or two dimensions. A shape at 0 that would go
 * below stays there. */
static void step_of(const struct ps_curve *curve, const struct data *data, double (*slope)[2],
                    double damping, bool usl, double step[2])
{
    double a = 0, b = 0, d = 0, g = 0, h = 0;
    for (size_t i = 0; i < data->count; i++) {
        double r = data->x[i] - ps_curve_at(curve, data->n[i]);
        a += slope[i][0] * slope[i][0];
        b += slope[i][0] * slope[i][1];
        d += slope[i][1] * slope[i][1];
        g += slope[i][0] * r;
        h += slope[i][1] * r;
    }
    bool first = !(curve->sigma <= 0 && g < 0), second = usl && !(curve->kappa <= 0 && h < 0);
    a *= 1 + damping;
    d *= 1 + damping;
    step[0] = first && a > 0 ? g / a : 0;
    step[1] = second && d > 0 ? h / d : 0;
    double determinant = a * d - b * b;
    if (first && second && determinant > 0) {
        step[0] = (g * d - b * h) / determinant;
        step[1] = (a * h - b * g) / determinant;
    }
}

static double descend(struct ps_curve *curve, const struct data *data)
{
    bool usl = curve->kind == PS_CURVE_USL;
    double slope[PS_POINTS_MAX][2] = {{0}}, damping = 1e-3, left = project(curve, data);
    for (int i = 0; i < 200 && damping < 1e12; i++) {
        double step[2];
        derive(*curve, data, slope, usl);
        step_of(curve, data, slope, damping, usl, step);
        struct ps_curve next = *curve;
        next.sigma = fmax(0, curve->sigma + step[0]);
        next.kappa = fmax(0, curve->kappa + step[1]);
        double after = project(&next, data);
        if (after >= left) {
            damping *= 10;
            continue;
        }
        bool settled = left - after <= 1e-14 * left;
        *curve = next;
        left = after;
        damping = fmax(damping / 10, 1e-12);
        if (settled)
            break;
    }
    return left;
}

static void fit_shape(struct ps_curve *curve, const struct data *data)
{
    static const double starts[][2] = {{0, 0}, {0.01, 1e-4}, {0.1, 1e-3}, {0.5, 0.01}, {1, 0.1}};
    double best = INFINITY;
    struct ps_curve found = *curve;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        struct ps_curve one = *curve;
        one.sigma = starts[i][0];
        one.kappa = curve->kind == PS_CURVE_USL ? starts[i][1] : 0;
        double left = descend(&one, data);
        if (left < best) {
            best = left;
            found = one;
        }
    }
    *curve = found;
}

struct ps_curve ps_curve_fit(enum ps_curve_kind kind, const double *n, const double *x,
                             size_t count)
{
    struct ps_curve curve = {.kind = kind};
    struct data data = {.n = n, .x = x, .count = count < PS_POINTS_MAX ? count : PS_POINTS_MAX};
    if (kind == PS_CURVE_TWO_LINES)
        fit_knee(&curve, &data);
    else
        fit_shape(&curve, &data);
    double model[PS_POINTS_MAX];
    for (size_t i = 0; i < data.count; i++)
        model[i] = ps_curve_at(&curve, n[i]);
    curve.r2 = ps_sample_r2(x, model, data.count);
    return curve;
}
