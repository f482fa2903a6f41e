/* The inverse of the normal distribution: Wichura, "Algorithm AS 241: The Percentage Points of the
 * Normal Distribution", Applied Statistics 37 (1988), PPND16, relative accuracy about 1e-16. One
 * uniform draw gives one lognormal one, which Box-Muller and rejection would not. */
#include "model/dist.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/exact.h"

#define TERMS 8
static const double near_top[TERMS] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                       1.9715909503065514427e3, 1.3731693765509461125e4,
                                       4.5921953931549871457e4, 6.7265770927008700853e4,
                                       3.3430575583588128105e4, 2.5090809287301226727e3};
static const double near_bottom[TERMS] = {1.0,
                                          4.2313330701600911252e1,
                                          6.8718700749205790830e2,
                                          5.3941960214247511077e3,
                                          2.1213794301586595867e4,
                                          3.9307895800092710610e4,
                                          2.8729085735721942674e4,
                                          5.2264952788528545610e3};
static const double far_top[TERMS] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                      5.76949722146069140550e0,  3.64784832476320460504e0,
                                      1.27045825245236838258e0,  2.41780725177450611770e-1,
                                      2.27238449892691845833e-2, 7.74545014278341407640e-4};
static const double far_bottom[TERMS] = {1.0,
                                         2.05319162663775882187e0,
                                         1.67638483018380384940e0,
                                         6.89767334985100004550e-1,
                                         1.48103976427480074590e-1,
                                         1.51986665636164571966e-2,
                                         5.47593808499534494600e-4,
                                         1.05075007164441684324e-9};
static const double tail_top[TERMS] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                       1.78482653991729133580e0,  2.96560571828504891230e-1,
                                       2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                       2.71155556874348757815e-5, 2.01033439929228813265e-7};
static const double tail_bottom[TERMS] = {1.0,
                                          5.99832206555887937690e-1,
                                          1.36929880922735805310e-1,
                                          1.48753612908506148525e-2,
                                          7.86869131145613259100e-4,
                                          1.84631831751005468180e-5,
                                          1.42151175831644588870e-7,
                                          2.04426310338993978564e-15};

static double ratio(const double top[TERMS], const double bottom[TERMS], double x)
{
    double above = 0, below = 0;
    for (int i = TERMS - 1; i >= 0; i--) {
        above = above * x + top[i];
        below = below * x + bottom[i];
    }
    return above / below;
}

/* The z that a standard normal value stays below with probability p, 0 < p < 1. */
static double normal_quantile(double p)
{
    double q = p - 0.5;
    if (fabs(q) <= 0.425)
        return q * ratio(near_top, near_bottom, 0.180625 - q * q);
    double r = sqrt(-log(q < 0 ? p : 1 - p));
    double z = r <= 5 ? ratio(far_top, far_bottom, r - 1.6) : ratio(tail_top, tail_bottom, r - 5);
    return q < 0 ? -z : z;
}

/* ---- one row a kind ---- */

static double draw_constant(const struct ps_dist *dist, struct ps_rng *rng)
{
    (void)rng;
    return dist->a;
}

static double draw_uniform(const struct ps_dist *dist, struct ps_rng *rng)
{
    return dist->a + (dist->b - dist->a) * ps_rng_unit(rng);
}

static double draw_exp(const struct ps_dist *dist, struct ps_rng *rng)
{
    return -dist->a * log1p(-ps_rng_unit(rng));
}

static double draw_pareto(const struct ps_dist *dist, struct ps_rng *rng)
{
    return dist->a * pow(1 - ps_rng_unit(rng), -1 / dist->b);
}

static double draw_lognormal(const struct ps_dist *dist, struct ps_rng *rng)
{
    double p = ps_rng_unit(rng) + 0x1.0p-54; /* never 0 */
    return dist->a * exp(dist->b * normal_quantile(p));
}

static double mean_constant(const struct ps_dist *dist)
{
    return dist->a;
}

static double mean_uniform(const struct ps_dist *dist)
{
    return (dist->a + dist->b) / 2;
}

static double mean_pareto(const struct ps_dist *dist)
{
    return dist->a * dist->b / (dist->b - 1);
}

static double mean_lognormal(const struct ps_dist *dist)
{
    return dist->a * exp(dist->b * dist->b / 2);
}

enum second { NOTHING, A_TIME, A_NUMBER };

static const struct kind {
    const char *word; /* NULL: a time alone */
    const char *form; /* for people */
    double (*draw)(const struct ps_dist *dist, struct ps_rng *rng);
    double (*mean)(const struct ps_dist *dist);
    enum second second;
    uint64_t min, max; /* millionths, of the second when it is a number */
} kinds[] = {
    [PS_DIST_CONSTANT] = {NULL, "T", draw_constant, mean_constant, NOTHING, 0, 0},
    [PS_DIST_UNIFORM] = {"uniform", "uniform A B", draw_uniform, mean_uniform, A_TIME, 0, 0},
    [PS_DIST_EXP] = {"exp", "exp MEAN", draw_exp, mean_constant, NOTHING, 0, 0},
    [PS_DIST_PARETO] = {"pareto", "pareto MIN ALPHA, alpha 1.01..100", draw_pareto, mean_pareto,
                        A_NUMBER, 1010000, 100000000},
    [PS_DIST_LOGNORMAL] = {"lognormal", "lognormal MEDIAN SIGMA, sigma 0..4", draw_lognormal,
                           mean_lognormal, A_NUMBER, 0, 4000000},
};
#define KINDS (sizeof kinds / sizeof *kinds)

uint64_t ps_dist_draw(const struct ps_dist *dist, struct ps_rng *rng)
{
    double value = kinds[dist->kind].draw(dist, rng);
    if (!(value < (double)PS_DIST_MAX_NS))
        return PS_DIST_MAX_NS;
    return value > 0 ? (uint64_t)(value + 0.5) : 0;
}

double ps_dist_mean(const struct ps_dist *dist)
{
    return kinds[dist->kind].mean(dist);
}

static bool read_time(const char *word, double *into, char *why, size_t size)
{
    uint64_t ns;
    if (!word) {
        snprintf(why, size, "a time is missing");
    } else if (!ps_parse_duration(word, &ns)) {
        char shown[32];
        ps_text_clean(shown, sizeof shown, word);
        snprintf(why, size, "'%s' is not a time (a number and ns us ms s min)", shown);
    } else if (ns > PS_DIST_MAX_NS) {
        snprintf(why, size, "a time of more than 60min");
    } else {
        *into = (double)ns;
        return true;
    }
    return false;
}

static bool read_second(const struct kind *kind, const char *word, struct ps_dist *dist, char *why,
                        size_t size)
{
    if (kind->second == NOTHING)
        return true;
    if (kind->second == A_TIME) {
        if (!read_time(word, &dist->b, why, size))
            return false;
        if (dist->b >= dist->a)
            return true;
        snprintf(why, size, "uniform A B needs A <= B");
        return false;
    }
    if (word && ps_exact_number(word, kind->min, kind->max, &dist->b))
        return true;
    snprintf(why, size, "expected %s", kind->form);
    return false;
}

bool ps_dist_parse(const char *const *words, size_t *used, struct ps_dist *dist, char *why,
                   size_t why_size)
{
    if (!words[0]) {
        snprintf(why, why_size, "a time is missing");
        return false;
    }
    unsigned kind = PS_DIST_CONSTANT;
    const char *names[KINDS] = {NULL};
    for (unsigned k = 1; k < KINDS; k++) {
        names[k - 1] = kinds[k].word;
        if (strcmp(words[0], kinds[k].word) == 0)
            kind = k;
    }
    size_t at = kind == PS_DIST_CONSTANT ? 0 : 1;
    struct ps_dist read = {.kind = (enum ps_dist_kind)kind};
    if (!read_time(words[at], &read.a, why, why_size)) {
        const char *near = at == 0 ? ps_suggest(words[0], names) : NULL;
        if (near) {
            char shown[32];
            ps_text_clean(shown, sizeof shown, words[0]);
            snprintf(why, why_size, "'%s' is not a time; did you mean '%s'?", shown, near);
        }
        return false;
    }
    at++;
    if (!read_second(&kinds[kind], words[at], &read, why, why_size))
        return false;
    *used = at + (kinds[kind].second != NOTHING);
    *dist = read;
    return true;
}

const char *ps_dist_format(char *into, size_t size, const struct ps_dist *dist)
{
    const struct kind *kind = &kinds[dist->kind];
    char a[40], b[40] = "";
    ps_exact_format_duration(a, sizeof a, (uint64_t)dist->a);
    if (kind->second == A_TIME)
        ps_exact_format_duration(b, sizeof b, (uint64_t)dist->b);
    else if (kind->second == A_NUMBER)
        ps_exact_format_number(b, sizeof b, dist->b);
    snprintf(into, size, "%s%s%s%s%s", kind->word ? kind->word : "", kind->word ? " " : "", a,
             *b ? " " : "", b);
    return into;
}
