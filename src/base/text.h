/* Small text helpers: strict parsing, formatting for people, near-miss suggestions, UTF-8.
 * No function here allocates or keeps state. */
#ifndef PS_BASE_TEXT_H
#define PS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits only, the whole text, within [min, max]; false leaves *out alone. */
bool ps_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/* A finite decimal number (at most 18 digits, one '.' between digits, no exponent, optional leading
 * '-'), the whole text. Does not depend on the locale, as nothing here does. */
bool ps_parse_double(const char *text, double *out);

/* A duration with a unit: ns us ms s min; "0" needs none. Fractions are allowed ("1.5ms") if they
 * are whole nanoseconds. */
bool ps_parse_duration(const char *text, uint64_t *ns);

/* A size with an optional unit: B, KiB/K, MiB/M, GiB/G (powers of 1024). */
bool ps_parse_size(const char *text, uint64_t *bytes);

/* Three significant digits and a unit: "38 ms", "1.25 s", "410 us", "0". Returns into. */
const char *ps_format_duration(char *into, size_t size, uint64_t ns);

/* "1842", "12.3k", "4.50M", "1.20G". Returns into. */
const char *ps_format_count(char *into, size_t size, double value);

/* "512 B", "38.1 MiB". Returns into. */
const char *ps_format_bytes(char *into, size_t size, uint64_t bytes);

/* The candidate nearest to word (Damerau-Levenshtein, case ignored) if it is at most
 * max(1, strlen(word) / 3) edits away; else NULL. One that begins with word (of 3 bytes at least)
 * is one edit away, and before others that are. candidates ends with NULL. */
const char *ps_suggest(const char *word, const char *const *candidates);

/* Decode one code point at text (NUL-terminated): returns bytes used, 0 at the end; an invalid
 * byte yields U+FFFD and uses 1. */
size_t ps_utf8_next(const char *text, uint32_t *code_point);

/* Whether size bytes are valid UTF-8 without NUL (RFC 3629: no surrogates, no overlong forms). */
bool ps_utf8_valid(const char *bytes, size_t size);

/* Copy with control bytes (C0, DEL, C1) replaced by '?', cut at a code-point boundary. */
void ps_text_clean(char *into, size_t size, const char *from);

#endif
