#include "model/backoff.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/exact.h"

#define HOUR_NS UINT64_C(3600000000000)

static bool parse_time(const char *text, uint64_t *ns)
{
    return text && ps_parse_duration(text, ns) && *ns > 0 && *ns <= HOUR_NS;
}

static bool parse_words(char *rest, struct ps_backoff *backoff)
{
    char *word = strtok_r(rest, " \t", &rest);
    if (!parse_time(word, &backoff->first_ns))
        return false;
    word = strtok_r(rest, " \t", &rest);
    if (word && word[0] == 'x') {
        if (!ps_exact_number(word + 1, PS_MILLIONTHS, 100 * PS_MILLIONTHS, &backoff->factor))
            return false;
        word = strtok_r(rest, " \t", &rest);
    }
    if (word && strcmp(word, "max") == 0) {
        if (!parse_time(strtok_r(rest, " \t", &rest), &backoff->max_ns))
            return false;
        word = strtok_r(rest, " \t", &rest);
    }
    if (word && strcmp(word, "jitter") == 0) {
        backoff->jitter = true;
        word = strtok_r(rest, " \t", &rest);
    }
    return !word;
}

bool ps_backoff_parse(const char *text, struct ps_backoff *backoff)
{
    char copy[128];
    struct ps_backoff read = {.factor = 1};
    if (snprintf(copy, sizeof copy, "%s", text) >= (int)sizeof copy || !parse_words(copy, &read))
        return false;
    *backoff = read;
    return true;
}

void ps_backoff_format(char *into, size_t size, const struct ps_backoff *backoff)
{
    char first[40], factor[40] = "", max[40] = "", number[32], time[40];
    ps_exact_format_duration(first, sizeof first, backoff->first_ns);
    if (backoff->factor != 1)
        snprintf(factor, sizeof factor, " x%s",
                 ps_exact_format_number(number, sizeof number, backoff->factor));
    if (backoff->max_ns)
        snprintf(max, sizeof max, " max %.34s",
                 ps_exact_format_duration(time, sizeof time, backoff->max_ns));
    snprintf(into, size, "%s%s%s%s", first, factor, max, backoff->jitter ? " jitter" : "");
}

uint64_t ps_backoff_draw(const struct ps_backoff *backoff, unsigned k, struct ps_rng *rng)
{
    double max = (double)(backoff->max_ns ? backoff->max_ns : HOUR_NS);
    double base = (double)backoff->first_ns * pow(backoff->factor, (double)k - 1);
    base = base < max ? base : max;
    return (uint64_t)(backoff->jitter ? base * ps_rng_unit(rng) : base);
}

/* Slots that have left the window are emptied. */
static void turn(struct ps_budget *budget, uint64_t at_ns)
{
    uint64_t now = at_ns / PS_BUDGET_SLOT_NS;
    for (unsigned n = 0; budget->now < now && n < PS_BUDGET_SLOTS; n++)
        memset(&budget->slot[++budget->now % PS_BUDGET_SLOTS], 0, sizeof *budget->slot);
    if (budget->now < now)
        budget->now = now;
}

void ps_budget_earn(struct ps_budget *budget, uint64_t at_ns, uint64_t successes)
{
    turn(budget, at_ns);
    budget->slot[budget->now % PS_BUDGET_SLOTS].successes += successes;
}

bool ps_budget_spend(struct ps_budget *budget, uint64_t at_ns)
{
    uint64_t successes = 0, retries = 0;
    if (budget->ratio <= 0)
        return true;
    turn(budget, at_ns);
    for (unsigned i = 0; i < PS_BUDGET_SLOTS; i++) {
        successes += budget->slot[i].successes;
        retries += budget->slot[i].retries;
    }
    if ((double)retries + 1 > budget->ratio * (double)successes + PS_BUDGET_RESERVE)
        return false;
    budget->slot[budget->now % PS_BUDGET_SLOTS].retries++;
    return true;
}
