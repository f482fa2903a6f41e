#include "model/exact.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool ps_exact_number(const char *text, uint64_t min, uint64_t max, double *out)
{
    const char *point = strchr(text, '.');
    double value;
    if (*text == '-' || (point && strlen(point + 1) > 6) || !ps_parse_double(text, &value))
        return false;
    double millionths = round(value * PS_MILLIONTHS);
    if (millionths < (double)min || millionths > (double)max)
        return false;
    *out = value;
    return true;
}

/* whole.fraction with so many decimals, without zeros at the end. */
static void decimal(char *into, size_t size, uint64_t whole, uint64_t fraction, int decimals)
{
    while (decimals > 0 && fraction % 10 == 0) {
        fraction /= 10;
        decimals--;
    }
    if (decimals == 0)
        snprintf(into, size, "%" PRIu64, whole);
    else
        snprintf(into, size, "%" PRIu64 ".%0*" PRIu64, whole, decimals, fraction);
}

const char *ps_exact_format_number(char *into, size_t size, double value)
{
    uint64_t millionths = (uint64_t)llround(value * PS_MILLIONTHS);
    decimal(into, size, millionths / PS_MILLIONTHS, millionths % PS_MILLIONTHS, 6);
    return into;
}

const char *ps_exact_format_duration(char *into, size_t size, uint64_t ns)
{
    static const struct {
        const char *name;
        uint64_t scale;
        int decimals;
    } units[] = {{"s", 1000000000, 9}, {"ms", 1000000, 6}, {"us", 1000, 3}, {"ns", 1, 0}};
    const uint64_t minute = UINT64_C(60000000000);
    if (ns == 0) {
        snprintf(into, size, "0");
        return into;
    }
    if (ns % minute == 0 && ns > minute) {
        snprintf(into, size, "%" PRIu64 "min", ns / minute);
        return into;
    }
    char best[40] = "";
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        char number[32], text[40];
        uint64_t rest = ns % units[i].scale;
        decimal(number, sizeof number, ns / units[i].scale, rest, units[i].decimals);
        snprintf(text, sizeof text, "%s%s", number, units[i].name);
        bool shorter = strlen(text) < strlen(best);
        bool rounder = strlen(text) == strlen(best) && rest == 0 && strchr(best, '.');
        if (best[0] == '\0' || shorter || rounder)
            memcpy(best, text, sizeof best);
    }
    snprintf(into, size, "%s", best);
    return into;
}

const char *ps_exact_format_size(char *into, size_t size, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    unsigned unit = 0;
    while (unit < 3 && bytes > 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    snprintf(into, size, "%" PRIu64 "%s", bytes, units[unit]);
    return into;
}

bool ps_exact_percent(const char *text, double *chance)
{
    char number[32];
    size_t length = strlen(text);
    if (length < 2 || length > sizeof number || text[length - 1] != '%')
        return false;
    memcpy(number, text, length - 1);
    number[length - 1] = '\0';
    double percent;
    if (!ps_exact_number(number, 0, UINT64_C(100) * PS_MILLIONTHS, &percent))
        return false;
    *chance = percent / 100;
    return true;
}

const char *ps_exact_format_percent(char *into, size_t size, double chance)
{
    char number[32];
    ps_exact_format_number(number, sizeof number, chance * 100);
    snprintf(into, size, "%s%%", number);
    return into;
}
