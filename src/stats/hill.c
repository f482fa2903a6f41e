#include "stats/hill.h"

#include <complex.h>
#include <math.h>

#define PERIOD       4u   /* of the wave, in samples */
#define BIAS         0.15 /* throughput that a worker must be worth, relative */
#define SIGNAL_NOISE 3.0  /* what is wanted */
#define MAX_A_SECOND 4.0  /* workers */
#define MAX_A_SAMPLE 20.0
#define MAX_WAVE     20.0
#define SMOOTHING    0.01 /* of the noise */
#define GAIN         2.0  /* exponent */
#define MAX_ERROR    0.15 /* of a sample */

static void new_interval(struct ps_hill *hill)
{
    hill->interval_s = (10 + ps_rng_below(&hill->rng, 191)) / 1000.0;
}

void ps_hill_init(struct ps_hill *hill, unsigned low, unsigned high, unsigned start,
                  unsigned long long seed)
{
    *hill = (struct ps_hill){
        .low = low, .high = high, .setting = start, .count = start, .rng = ps_rng_make(seed, 77)};
    new_interval(hill);
}

/* The last n samples' component of a period, by Goertzel's algorithm. */
static double complex component(const struct ps_hill *hill, const double *samples, unsigned n,
                                double period)
{
    double w = 2 * 3.14159265358979323846 / period, q1 = 0, q2 = 0;
    for (unsigned i = 0; i < n; i++) {
        double q0 = 2 * cos(w) * q1 - q2 + samples[(hill->total - n + i) % PS_HILL_SAMPLES];
        q2 = q1;
        q1 = q0;
    }
    return (q1 - q2 * cos(w) + q2 * sin(w) * I) / n;
}

static double mean(const struct ps_hill *hill, const double *samples, unsigned n)
{
    double sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += samples[(hill->total - n + i) % PS_HILL_SAMPLES];
    return sum / n;
}

/* How throughput answers to the wave of counts (relative change for relative change, less the
 * bias), and how far that can be trusted (0 and up). */
static double answer(struct ps_hill *hill, unsigned n, double *confidence)
{
    double throughput = mean(hill, hill->throughput, n), counts = mean(hill, hill->counts, n);
    *confidence = 0;
    if (throughput <= 0 || counts <= 0)
        return 0;
    double bands = (double)n / PERIOD;
    double complex wave = component(hill, hill->throughput, n, PERIOD) / throughput;
    double error = cabs(component(hill, hill->throughput, n, n / (bands + 1)) / throughput);
    if (n / (bands - 1) <= n)
        error =
            fmax(error, cabs(component(hill, hill->throughput, n, n / (bands - 1)) / throughput));
    double complex cause = component(hill, hill->counts, n, PERIOD) / counts;
    hill->noise = hill->noise > 0 ? SMOOTHING * error + (1 - SMOOTHING) * hill->noise : error;
    double noise = fmax(hill->noise, error);
    *confidence = noise > 0 ? cabs(cause) / noise / SIGNAL_NOISE : 1;
    return cabs(cause) > 0 ? creal((wave - BIAS * cause) / cause) : 0;
}

static double move_of(double ratio, double confidence, double seconds)
{
    double move = fmin(1, fmax(-1, ratio)) * fmin(1, fmax(0, confidence));
    double size = pow(fabs(move), GAIN) * MAX_A_SECOND * seconds;
    return copysign(fmin(size, MAX_A_SAMPLE), move);
}

static unsigned next_count(struct ps_hill *hill)
{
    double wave = floor(0.5 + hill->setting * hill->noise * SIGNAL_NOISE * 2);
    wave = fmax(1, fmin(wave, MAX_WAVE));
    hill->setting = fmax(hill->low, fmin(hill->high - wave, hill->setting));
    double count = floor(hill->setting + wave * (hill->total / (PERIOD / 2) % 2));
    return (unsigned)fmax(hill->low, fmin(hill->high, count));
}

unsigned ps_hill_update(struct ps_hill *hill, double completions, double seconds)
{
    completions += hill->left_completions;
    seconds += hill->left_s;
    /* Tasks that were nearly done at either end make the count wrong by up to count - 1. */
    if (hill->total > 0 && hill->count - 1.0 >= MAX_ERROR * completions && seconds < 30) {
        hill->left_completions = completions;
        hill->left_s = seconds;
        hill->interval_s = 0.01;
        return hill->count;
    }
    hill->left_completions = hill->left_s = 0;
    hill->throughput[hill->total % PS_HILL_SAMPLES] = completions / seconds;
    hill->counts[hill->total % PS_HILL_SAMPLES] = hill->count;
    hill->total++;
    unsigned n = hill->total - 1 < PS_HILL_SAMPLES ? hill->total - 1 : PS_HILL_SAMPLES;
    n = n / PERIOD * PERIOD;
    double confidence = 0, ratio = n > PERIOD ? answer(hill, n, &confidence) : 0;
    hill->setting += move_of(ratio, confidence, seconds);
    unsigned count = next_count(hill);
    if (count != hill->count)
        new_interval(hill);
    else if (ratio < 0 && count == hill->low)
        hill->interval_s = fmin(10, hill->interval_s * 10 * fmax(-ratio, 1));
    hill->count = count;
    return count;
}
