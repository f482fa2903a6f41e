#include "lab/words.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *ps_words_value(char into[PS_WORDS_BYTES], const struct ps_compare_row *row,
                           double value)
{
    if (isnan(value))
        snprintf(into, PS_WORDS_BYTES, "n/a");
    else if (strcmp(row->described->unit, "ns") == 0)
        ps_format_duration(into, PS_WORDS_BYTES, (uint64_t)(value + 0.5));
    else if (strcmp(row->described->unit, "bytes") == 0)
        ps_format_bytes(into, PS_WORDS_BYTES, (uint64_t)(value + 0.5));
    else
        ps_format_count(into, PS_WORDS_BYTES, value);
    return into;
}

/* A bootstrap of few rounds, one of them odd, can give any power of ten. */
static const char *factor(char into[PS_WORDS_BYTES], double times)
{
    if (times >= 999.5)
        snprintf(into, PS_WORDS_BYTES, ">x999");
    else if (times < 0.001)
        snprintf(into, PS_WORDS_BYTES, "<x0.001");
    else
        snprintf(into, PS_WORDS_BYTES, "x%.3g", times);
    return into;
}

const char *ps_words_share(char into[PS_WORDS_BYTES], double share)
{
    double percent = share * 100;
    if (isnan(percent))
        snprintf(into, PS_WORDS_BYTES, "-");
    else if (percent == 0)
        snprintf(into, PS_WORDS_BYTES, "0");
    else if (fabs(percent) >= 999.5)
        factor(into, share + 1);
    else
        snprintf(into, PS_WORDS_BYTES, "%+.*f %%", fabs(percent) < 99.95 ? 1 : 0, percent);
    return into;
}

const char *ps_words_difference(char into[PS_WORDS_BYTES], const struct ps_compare_row *row)
{
    return ps_words_share(into, row->rounds > 0 ? row->pair.difference : NAN);
}

const char *ps_words_interval(char into[PS_WORDS_BYTES], const struct ps_compare_row *row)
{
    const struct ps_paired *pair = &row->pair;
    if (row->rounds == 0 || isnan(pair->low) || isnan(pair->high)) {
        snprintf(into, PS_WORDS_BYTES, "-");
    } else if (pair->low == 0 && pair->high == 0) {
        snprintf(into, PS_WORDS_BYTES, "0");
    } else if (pair->high >= 9.995) {
        char low[PS_WORDS_BYTES], high[PS_WORDS_BYTES];
        snprintf(into, PS_WORDS_BYTES, "%.20s .. %.20s", factor(low, pair->low + 1),
                 factor(high, pair->high + 1));
    } else {
        int digits = fmax(fabs(pair->low), fabs(pair->high)) < 0.0995 ? 1 : 0;
        double unit = digits ? 1000 : 100, least = digits ? 10 : 1;
        /* Adding 0 takes the sign from what is rounded to it. */
        snprintf(into, PS_WORDS_BYTES, "%+.*f .. %+.*f %%", digits,
                 round(pair->low * unit) / least + 0.0, digits,
                 round(pair->high * unit) / least + 0.0);
    }
    return into;
}

bool ps_words_may_differ(const struct ps_compare_row *row)
{
    const struct ps_paired *pair = &row->pair;
    return row->verdict == PS_VERDICT_SAME && fabs(pair->difference) >= PS_COMPARE_SMALLEST &&
           (pair->low > 0 || pair->high < 0);
}

/* Of a row that has a difference, sure or not: who is better, or has more. */
static char ahead(const struct ps_compare_row *row, char a, char b)
{
    if (row->verdict == PS_VERDICT_A || row->verdict == PS_VERDICT_B)
        return row->verdict == PS_VERDICT_A ? a : b;
    bool b_more = isnan(row->pair.difference) || row->pair.difference > 0;
    return b_more == (row->metric->better != PS_BETTER_LOWER) ? b : a;
}

bool ps_words_is_clear(const struct ps_compare_row *row)
{
    return row->pair.low >= -PS_WORDS_CLEAR && row->pair.high <= PS_WORDS_CLEAR;
}

const char *ps_words_verdict(char into[PS_WORDS_BYTES], const struct ps_compare_row *row, char a,
                             char b)
{
    char better = ahead(row, a, b);
    const char *more = row->metric->better == PS_BETTER_NEITHER ? " more" : "";
    if (row->a_never || row->b_never) {
        char who[4] = {row->a_never ? a : b, ' ', '\0'};
        snprintf(into, PS_WORDS_BYTES, "%scannot%s", row->a_never && row->b_never ? "" : who,
                 row->described->trait == PS_TRAIT_STEALS ? " steal" : "");
    } else if (row->verdict == PS_VERDICT_NONE) {
        snprintf(into, PS_WORDS_BYTES, "not measured");
    } else if (row->verdict == PS_VERDICT_SAME && row->rounds < PS_PAIRED_LEAST) {
        snprintf(into, PS_WORDS_BYTES, "too few rounds");
    } else if (ps_words_may_differ(row)) {
        snprintf(into, PS_WORDS_BYTES, "maybe %c%s", better, more);
    } else if (row->verdict == PS_VERDICT_SAME && !ps_words_is_clear(row)) {
        snprintf(into, PS_WORDS_BYTES, "unclear");
    } else if (row->verdict == PS_VERDICT_SAME) {
        snprintf(into, PS_WORDS_BYTES, "no difference");
    } else if (*more) {
        snprintf(into, PS_WORDS_BYTES, "%c has more", better);
    } else {
        snprintf(into, PS_WORDS_BYTES, "%c", better);
    }
    return into;
}

const char *ps_words_load(char into[PS_WORDS_BYTES], const struct ps_experiment *experiment)
{
    switch (experiment->model) {
    case PS_ARRIVAL_OPEN:
        snprintf(into, PS_WORDS_BYTES, "open %g/s", experiment->rate);
        break;
    case PS_ARRIVAL_CLOSED:
        snprintf(into, PS_WORDS_BYTES, "closed, %" PRIu64 " in flight", experiment->in_flight);
        break;
    case PS_ARRIVAL_TRACE:
        snprintf(into, PS_WORDS_BYTES, "a trace");
        break;
    case PS_ARRIVAL_HTTP:
        if (experiment->clients > 0)
            snprintf(into, PS_WORDS_BYTES, "http, %u clients", experiment->clients);
        else
            snprintf(into, PS_WORDS_BYTES, "http requests");
        break;
    case PS_ARRIVAL_BATCH:
        snprintf(into, PS_WORDS_BYTES, "batch of %" PRIu64, experiment->tasks);
        break;
    }
    return into;
}
