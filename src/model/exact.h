/* Numbers as a preset writes them: what is written parses to the same value. Private to model. */
#ifndef PS_MODEL_EXACT_H
#define PS_MODEL_EXACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PS_MILLIONTHS 1000000u

/* A number >= 0 with at most six decimals, between min and max millionths. */
bool ps_exact_number(const char *text, uint64_t min, uint64_t max, double *out);
const char *ps_exact_format_number(char *into, size_t size, double value);

/* The shortest of ns us ms s min: "1.5s", "200us", "2min", "0". */
const char *ps_exact_format_duration(char *into, size_t size, uint64_t ns);

/* "64KiB", "100B", "0B". */
const char *ps_exact_format_size(char *into, size_t size, uint64_t bytes);

/* "12.5%" as 0.125: 0..100, at most six decimals. */
bool ps_exact_percent(const char *text, double *chance);
const char *ps_exact_format_percent(char *into, size_t size, double chance);

#endif
