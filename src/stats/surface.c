#include "stats/surface.h"

#include <math.h>
#include <string.h>

#include "stats/sample.h"
#include "stats/student.h"

static double median_of_known(const double *values, unsigned n)
{
    double known[PS_REPEATS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < n; i++)
        if (!isnan(values[i]))
            known[count++] = values[i];
    return count ? ps_sample_median(known, count) : NAN;
}

/* The noise of one repeat, from the spread within points: the median of the points, so that a slot
 * in which somebody else took the machine does not count for all. Deviations of few repeats are
 * mostly too small: the median of chi-squared / k is (1 - 2 / (9 k))^3 (Wilson and Hilferty 1931). */
static void pool(struct ps_surface *surface)
{
    double relative[PS_POINTS_MAX];
    unsigned n = 0;
    surface->freedom = 0;
    for (unsigned i = 0; i < surface->count; i++) {
        const struct ps_point *point = &surface->point[i];
        if (point->repeats < 2 || point->middle <= 0)
            continue;
        unsigned k = point->repeats - 1;
        relative[n++] = point->deviation / point->middle / pow(1 - 2.0 / (9 * k), 1.5);
        surface->freedom += k;
    }
    surface->noise = n ? ps_sample_median(relative, n) : 0;
}

bool ps_surface_add(struct ps_surface *surface, unsigned workers, double throughput, double p99_ns)
{
    unsigned at = 0;
    while (at < surface->count && surface->point[at].workers < workers)
        at++;
    struct ps_point *point = &surface->point[at];
    if (at == surface->count || point->workers != workers) {
        if (surface->count == PS_POINTS_MAX)
            return false;
        memmove(point + 1, point, (surface->count - at) * sizeof *point);
        surface->count++;
        *point = (struct ps_point){.workers = workers};
    }
    if (point->repeats == PS_REPEATS_MAX)
        return false;
    point->throughput[point->repeats] = throughput;
    point->p99_ns[point->repeats++] = p99_ns;
    point->middle = ps_sample_median(point->throughput, point->repeats);
    point->deviation = ps_sample_deviation(point->throughput, point->repeats);
    point->middle_p99_ns = median_of_known(point->p99_ns, point->repeats);
    pool(surface);
    return true;
}

const struct ps_point *ps_surface_find(const struct ps_surface *surface, unsigned workers)
{
    for (unsigned i = 0; i < surface->count; i++)
        if (surface->point[i].workers == workers)
            return &surface->point[i];
    return NULL;
}

unsigned ps_point_kept(const struct ps_point *point, double goal_ns)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < point->repeats; i++)
        kept += point->p99_ns[i] <= goal_ns;
    return kept;
}

/* The point at or below `workers`, and how far it is to the next one (0 to 1). */
static const struct ps_point *below(const struct ps_surface *surface, double workers, double *part)
{
    unsigned i = 0;
    while (i + 1 < surface->count && surface->point[i + 1].workers <= workers)
        i++;
    const struct ps_point *point = &surface->point[i];
    *part = 0;
    if (i + 1 < surface->count && workers > point->workers)
        *part = (workers - point->workers) / (point[1].workers - point->workers);
    return point;
}

static double between(double a, double b, double part)
{
    return part > 0 ? a + part * (b - a) : a;
}

double ps_surface_throughput(const struct ps_surface *surface, double workers)
{
    double part;
    const struct ps_point *point = below(surface, workers, &part);
    return between(point->middle, part > 0 ? point[1].middle : 0, part);
}

double ps_surface_p99_ns(const struct ps_surface *surface, double workers)
{
    double part;
    const struct ps_point *point = below(surface, workers, &part);
    return between(point->middle_p99_ns, part > 0 ? point[1].middle_p99_ns : 0, part);
}

static unsigned fewest_repeats(const struct ps_surface *surface)
{
    unsigned fewest = PS_REPEATS_MAX;
    for (unsigned i = 0; i < surface->count; i++)
        if (surface->point[i].repeats < fewest)
            fewest = surface->point[i].repeats;
    return fewest;
}

static double noise_between(const struct ps_surface *surface)
{
    if (surface->freedom == 0)
        return NAN;
    double t = ps_student_critical(0.05, surface->freedom);
    return t * surface->noise * sqrt(2.0 / fewest_repeats(surface));
}

static double tolerance(double noise)
{
    return isnan(noise) ? PS_TOLERANCE_LEAST
                        : fmin(PS_TOLERANCE_MOST, fmax(PS_TOLERANCE_LEAST, noise));
}

struct ps_choice ps_surface_choose(const struct ps_surface *surface, double goal_ns)
{
    double noise = noise_between(surface);
    struct ps_choice choice = {.tolerance = tolerance(noise), .noise = noise};
    double alike = isnan(noise) ? choice.tolerance : fmax(noise, choice.tolerance);
    double best = -1, best_in_goal = -1, lowest_ns = INFINITY;
    for (unsigned i = 0; i < surface->count; i++) {
        const struct ps_point *point = &surface->point[i];
        bool keeps = goal_ns <= 0 || point->middle_p99_ns <= goal_ns;
        if (point->middle > best) {
            best = point->middle;
            choice.best = point->workers;
        }
        if (keeps && point->middle > best_in_goal)
            best_in_goal = point->middle;
        if (point->middle_p99_ns < lowest_ns) {
            lowest_ns = point->middle_p99_ns;
            choice.nearest = point->workers;
        }
    }
    for (unsigned i = 0; i < surface->count && best_in_goal > 0; i++) {
        const struct ps_point *point = &surface->point[i];
        bool keeps = goal_ns <= 0 || point->middle_p99_ns <= goal_ns;
        if (!choice.recommended && keeps && point->middle >= best_in_goal * (1 - choice.tolerance))
            choice.recommended = point->workers;
        if (keeps && point->middle >= best_in_goal * (1 - alike)) {
            choice.alike_low = choice.alike_low ? choice.alike_low : point->workers;
            choice.alike_high = point->workers;
        }
    }
    return choice;
}

unsigned ps_surface_coarse(unsigned low, unsigned high, unsigned counts[PS_POINTS_MAX])
{
    unsigned n = 0;
    counts[n++] = low;
    for (unsigned power = 1; power < high; power *= 2)
        if (power > low)
            counts[n++] = power;
    if (high > low)
        counts[n++] = high;
    return n;
}

/* The middle of a gap that is wider than `most`; 0: it is not. */
static unsigned split(unsigned from, unsigned to, unsigned most)
{
    return to - from > (most ? most : 1) ? from + (to - from) / 2 : 0;
}

unsigned ps_surface_next(const struct ps_surface *surface, double goal_ns)
{
    struct ps_choice choice = ps_surface_choose(surface, goal_ns);
    unsigned centre = choice.recommended ? choice.recommended : choice.nearest;
    if (surface->count == PS_POINTS_MAX || centre == 0)
        return 0;
    unsigned i = 0;
    while (i < surface->count && surface->point[i].workers != centre)
        i++;
    unsigned next = i > 0 ? split(surface->point[i - 1].workers, centre, centre / 10) : 0;
    if (next == 0 && i + 1 < surface->count)
        next = split(centre, surface->point[i + 1].workers, centre / 4);
    return next;
}
