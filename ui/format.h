/* Figures as text, short enough for tables. Each returns `into`. */
#ifndef PS_UI_FORMAT_H
#define PS_UI_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define PS_FIGURE_BYTES 24u

/* "0", "410us", "1.25ms", "38ms", "2.1s", "3m20": at most 6 columns. */
const char *ps_figure_time(char into[PS_FIGURE_BYTES], uint64_t ns);
/* How long something lasts by now, calm enough to be read: "0.3s", "8.0s", "42s", "3m20". */
const char *ps_figure_age(char into[PS_FIGURE_BYTES], uint64_t ns);
/* "0.3", "8", "1842", "12.3k", "4.50M": at most 5 columns. */
const char *ps_figure_rate(char into[PS_FIGURE_BYTES], double value);
/* "9,998". */
const char *ps_figure_whole(char into[PS_FIGURE_BYTES], uint64_t value);
/* "00:42", "1:02:03". */
const char *ps_figure_clock(char into[PS_FIGURE_BYTES], uint64_t ns);

#endif
