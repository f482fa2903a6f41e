/* Formulas over the figures of runs: what a lesson expects and what a lab asks for.
 *
 *   test   = sum ("<" | "<=" | ">" | ">=" | "=") sum ["within" PERCENT]     within: only behind "="
 *   sum    = term {("+" | "-") term}
 *   term   = value {("*" | "/") value}
 *   value  = NUMBER | NUMBER UNIT | PERCENT | "(" sum ")" | FUNCTION "(" figure ")" | figure
 *   figure = [TRIAL "."] METRIC ["[" INDEX "]"]
 *
 * UNIT is ns us ms s min (the value is in ns) or B KiB MiB GiB; METRIC is a key of the table of
 * metrics (dots belong to it), INDEX a task type or the number of a worker. "a = b within 10%" holds
 * if |a - b| <= 0.1 * |b|. Text in, answer out: nothing is kept, nothing allocated. */
#ifndef PS_MODEL_FORMULA_H
#define PS_MODEL_FORMULA_H

#include <stdbool.h>
#include <stddef.h>

/* What a figure is called in a formula. Empty: not given. */
struct ps_figure_name {
    char function[16];
    char name[96]; /* "TRIAL.METRIC" or "METRIC": only the owner of the trials can tell */
    char index[32];
};

enum ps_figure_kind {
    PS_FIGURE_KNOWN,
    PS_FIGURE_NA,   /* it exists, but cannot be had: `why` */
    PS_FIGURE_WRONG /* there is no such figure: `why` */
};

struct ps_figure {
    enum ps_figure_kind kind;
    double number;
    const char *unit; /* "ns", "bytes", "" ... ; static storage */
    char why[160];
};

/* Says what a figure is. */
typedef struct ps_figure (*ps_figure_lookup)(void *user, const struct ps_figure_name *name);

enum ps_formula_answer { PS_FORMULA_TRUE, PS_FORMULA_FALSE, PS_FORMULA_NA, PS_FORMULA_WRONG };

struct ps_formula_result {
    enum ps_formula_answer answer;
    struct ps_figure left, right; /* TRUE, FALSE */
    const char *relation;         /* "<" ...; static storage */
    char why[200];                /* NA, WRONG */
};

/* Work out a test. Reads the whole formula even where a figure is n/a, so WRONG is found always. */
struct ps_formula_result ps_formula_test(const char *text, ps_figure_lookup lookup, void *user);

/* Work out a sum: kind KNOWN, NA or WRONG. */
struct ps_figure ps_formula_value(const char *text, ps_figure_lookup lookup, void *user);

/* "31.4 ms", "1.20 MiB", "0.51": a number for people in its unit. Returns into. */
const char *ps_figure_format(char *into, size_t size, double number, const char *unit);

#endif
