#include "ui/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

const char *ps_figure_time(char into[PS_FIGURE_BYTES], uint64_t ns)
{
    static const struct {
        double ns;
        const char *unit;
    } units[] = {{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"}};
    if (ns == 0)
        return snprintf(into, PS_FIGURE_BYTES, "0"), into;
    if (ns >= UINT64_C(100000000000))
        return snprintf(into, PS_FIGURE_BYTES, "%" PRIu64 "m%02" PRIu64, ns / UINT64_C(60000000000),
                        ns / UINT64_C(1000000000) % 60),
               into;
    unsigned u = 0;
    while (u < 3 && (double)ns >= 999.5 * units[u].ns)
        u++;
    double value = (double)ns / units[u].ns;
    int digits = u == 0 || value >= 99.5 ? 0 : value >= 9.95 ? 1 : 2;
    snprintf(into, PS_FIGURE_BYTES, "%.*f%s", digits, value, units[u].unit);
    return into;
}

const char *ps_figure_age(char into[PS_FIGURE_BYTES], uint64_t ns)
{
    if (ns >= UINT64_C(100000000000))
        return ps_figure_time(into, ns);
    snprintf(into, PS_FIGURE_BYTES, ns < UINT64_C(20000000000) ? "%.1fs" : "%.0fs",
             (double)ns * 1e-9);
    return into;
}

const char *ps_figure_rate(char into[PS_FIGURE_BYTES], double value)
{
    if (value < 0.05)
        snprintf(into, PS_FIGURE_BYTES, "0");
    else if (value < 9.95 && fabs(value - round(value)) < 0.05)
        snprintf(into, PS_FIGURE_BYTES, "%.0f", value);
    else if (value < 9.95)
        snprintf(into, PS_FIGURE_BYTES, "%.1f", value);
    else if (value < 9999.5)
        snprintf(into, PS_FIGURE_BYTES, "%.0f", value);
    else if (value < 999.5e3)
        snprintf(into, PS_FIGURE_BYTES, value < 99.95e3 ? "%.1fk" : "%.0fk", value / 1e3);
    else if (value < 999.5e6)
        snprintf(into, PS_FIGURE_BYTES, value < 9.995e6 ? "%.2fM" : "%.0fM", value / 1e6);
    else
        snprintf(into, PS_FIGURE_BYTES, "%.2gG", value / 1e9);
    return into;
}

const char *ps_figure_whole(char into[PS_FIGURE_BYTES], uint64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    if (n > 15)
        return ps_figure_rate(into, (double)value);
    int out = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            into[out++] = ',';
        into[out++] = digits[i];
    }
    into[out] = '\0';
    return into;
}

const char *ps_figure_clock(char into[PS_FIGURE_BYTES], uint64_t ns)
{
    uint64_t s = ns / UINT64_C(1000000000);
    if (s < 3600)
        snprintf(into, PS_FIGURE_BYTES, "%02u:%02u", (unsigned)(s / 60), (unsigned)(s % 60));
    else
        snprintf(into, PS_FIGURE_BYTES, "%" PRIu64 ":%02u:%02u", s / 3600, (unsigned)(s / 60 % 60),
                 (unsigned)(s % 60));
    return into;
}
