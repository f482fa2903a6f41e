/* How the rows of a comparison are told: the same words in the report of the command and on the
 * screen. Each returns `into`. */
#ifndef PS_LAB_WORDS_H
#define PS_LAB_WORDS_H

#include "lab/compare.h"

#define PS_WORDS_BYTES 48u
#define PS_WORDS_CLEAR 0.10

/* A value of the row's metric with its unit: "1842", "38 ms", "12.3 MiB"; NaN: "n/a". */
const char *ps_words_value(char into[PS_WORDS_BYTES], const struct ps_compare_row *row,
                           double value);
/* The difference of b to a: "+14.3 %", "x12" where it is tenfold and more, "-": not known. */
const char *ps_words_difference(char into[PS_WORDS_BYTES], const struct ps_compare_row *row);
/* Its 95 % interval: "+12 .. +17 %". */
const char *ps_words_interval(char into[PS_WORDS_BYTES], const struct ps_compare_row *row);
/* Whether the row's own interval says that there is a difference that counts, and yet it could be
 * the one of many rows that says so by chance. */
bool ps_words_may_differ(const struct ps_compare_row *row);
/* Whether the interval leaves no room for more than PS_WORDS_CLEAR either way. */
bool ps_words_is_clear(const struct ps_compare_row *row);
/* "B", "no difference", "A cannot steal", "B has more", "not measured"; a and b are the letters of
 * the sides. "too few rounds" (below PS_PAIRED_LEAST) and "maybe B" (may differ) are no difference
 * that may become one; "unclear" is said where the interval leaves room for more than
 * PS_WORDS_CLEAR: that none was found does not mean that there is none. */
const char *ps_words_verdict(char into[PS_WORDS_BYTES], const struct ps_compare_row *row, char a,
                             char b);
/* A relative difference (0.14) as "+14.0 %". */
const char *ps_words_share(char into[PS_WORDS_BYTES], double share);
/* "open 2000/s", "closed, 64 in flight", "batch of 1000". */
const char *ps_words_load(char into[PS_WORDS_BYTES], const struct ps_experiment *experiment);

#endif
