#include "app/compare_report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "app/json_tools.h"
#include "base/clock.h"
#include "base/text.h"
#include "lab/words.h"

#define SCHEMA 1

struct label {
    char text[160];
};

/* "threadpool:steal, 4 workers", and what else was set for this side. */
static struct label label_of(const struct ps_compare_report *report, unsigned side)
{
    struct label label;
    char engine[PS_NAME_BYTES], policy[PS_NAME_BYTES];
    unsigned workers;
    ps_compare_engine(report->compare, side, engine, policy, &workers);
    const char *settings = strchr(report->given[side], ',');
    char clean[64];
    ps_text_clean(clean, sizeof clean, settings ? settings : "");
    snprintf(label.text, sizeof label.text, "%s:%s, %u worker%s%.40s", engine, policy, workers,
             workers == 1 ? "" : "s", clean);
    return label;
}

/* ---- text ---- */

static void print_row(const struct ps_compare_report *report, unsigned a, unsigned b, unsigned m,
                      FILE *to)
{
    struct ps_compare_row row;
    char left[PS_WORDS_BYTES], right[PS_WORDS_BYTES], difference[PS_WORDS_BYTES];
    char range[PS_WORDS_BYTES], verdict[PS_WORDS_BYTES];
    ps_compare_row(report->compare, a, b, m, &row);
    fprintf(
        to, " %-13s %10s %10s %9s  %16s  %s\n", row.metric->label,
        ps_words_value(left, &row, row.a_never ? NAN : ps_compare_median(report->compare, a, m)),
        ps_words_value(right, &row, row.b_never ? NAN : ps_compare_median(report->compare, b, m)),
        ps_words_difference(difference, &row), ps_words_interval(range, &row),
        ps_words_verdict(verdict, &row, (char)('A' + a), (char)('A' + b)));
}

static void print_pair(const struct ps_compare_report *report, unsigned a, unsigned b, FILE *to)
{
    char title[16];
    snprintf(title, sizeof title, "%c vs %c", 'A' + b, 'A' + a);
    fprintf(to, "\n %-13s %10c %10c %9s  %16s  verdict\n", "metric", 'A' + a, 'A' + b, title,
            "95 % interval");
    for (unsigned m = 0; m < PS_COMPARE_METRICS; m++)
        print_row(report, a, b, m, to);
}

/* Rows against columns: what the row's side has more or less than the column's, or '='. */
static void print_matrix(const struct ps_compare_report *report, unsigned m, FILE *to)
{
    unsigned sides = report->spec->sides;
    fprintf(to, "\n %-16s", ps_compare_metrics[m].label);
    for (unsigned side = 0; side < sides; side++)
        fprintf(to, "     vs %c", 'A' + side);
    fputs("\n", to);
    for (unsigned side = 0; side < sides; side++) {
        char value[PS_WORDS_BYTES];
        struct ps_compare_row row;
        ps_compare_row(report->compare, 0, side, m, &row);
        fprintf(to, "   %c %11s ", 'A' + side,
                ps_words_value(value, &row, ps_compare_median(report->compare, side, m)));
        for (unsigned other = 0; other < sides; other++) {
            char cell[PS_WORDS_BYTES] = ".";
            ps_compare_row(report->compare, other, side, m, &row);
            if (other != side && row.verdict == PS_VERDICT_NONE)
                snprintf(cell, sizeof cell, "n/a");
            else if (other != side && row.verdict == PS_VERDICT_SAME)
                snprintf(cell, sizeof cell, "=");
            else if (other != side)
                ps_words_share(cell, row.pair.difference);
            fprintf(to, " %8s", cell);
        }
        fputs("\n", to);
    }
}

static void print_head(const struct ps_compare_report *report, FILE *to)
{
    const struct ps_compare_spec *spec = report->spec;
    char length[32], warmup[32], load[PS_WORDS_BYTES];
    fprintf(to, "%s: %s\n", report->preset, spec->side[0].title);
    for (unsigned side = 0; side < spec->sides; side++)
        fprintf(to, " %c  %s\n", 'A' + side, label_of(report, side).text);
    fprintf(to, " %s; seeds %" PRIu64 " to %" PRIu64 ", one a round\n",
            ps_words_load(load, &spec->side[0]), spec->side[0].seed,
            spec->side[0].seed + spec->rounds - 1);
    fprintf(to, " %u slots each, %s after a warm-up of %s\n", spec->rounds,
            ps_format_duration(length, sizeof length, spec->length_ns),
            ps_format_duration(warmup, sizeof warmup, spec->warmup_ns));
}

static bool can_steal(const struct ps_compare_report *report, unsigned side)
{
    bool can = false;
    for (unsigned m = 0; m < PS_COMPARE_METRICS; m++) {
        struct ps_compare_row row;
        ps_compare_row(report->compare, side, side, m, &row);
        can = can || (row.described->trait == PS_TRAIT_STEALS && !row.a_never);
    }
    return can;
}

static void print_notes(const struct ps_compare_report *report, FILE *to)
{
    const struct ps_compare_spec *spec = report->spec;
    fprintf(to,
            "\n They took turns on this machine (A B, B A, ...) under the same arrivals. A\n"
            " verdict is named where it holds for all rows together with 99 %% confidence and\n"
            " exceeds %g %%. The interval is that of its row alone; where only that leaves\n"
            " out 0, one of so many rows may do so by chance: 'maybe'. 'unclear': none was\n"
            " found, but the interval leaves room for more than 10 %%. More --slots tell more.\n",
            PS_COMPARE_SMALLEST * 100);
    for (unsigned side = 0; side < spec->sides; side++) {
        if (can_steal(report, side) && !spec->side[side].stealing)
            fprintf(
                to,
                " %c could steal, but this preset has stealing = off (--set engine.stealing=on).\n",
                'A' + side);
    }
    double others = ps_compare_others(report->compare);
    if (others > 0.1)
        fprintf(
            to,
            " ! other processes took up to %.0f %% of the CPUs in a slot: intervals are wider.\n",
            others * 100);
    if (spec->rounds < 4)
        fprintf(to, " %u slots are too few to name any but the largest differences (--slots 6).\n",
                spec->rounds);
}

void ps_compare_text(const struct ps_compare_report *report, FILE *to)
{
    print_head(report, to);
    if (report->spec->sides == 2) {
        print_pair(report, 0, 1, to);
    } else {
        for (unsigned m = 0; m < PS_COMPARE_METRICS; m++)
            print_matrix(report, m, to);
        fputs("\n Each cell: the row's engine against the column's; '=': no difference.\n", to);
    }
    print_notes(report, to);
}

/* ---- JSON ---- */

static json_t *values(const double *list, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, ps_json_number(list[i]));
    return array;
}

static json_t *percent(double share)
{
    return ps_json_number(share * 100);
}

static json_t *row_object(const struct ps_compare_report *report, unsigned a, unsigned b,
                          unsigned m)
{
    static const char *const better[] = {[PS_BETTER_NEITHER] = "neither",
                                         [PS_BETTER_HIGHER] = "higher",
                                         [PS_BETTER_LOWER] = "lower"};
    struct ps_compare_row row;
    ps_compare_row(report->compare, a, b, m, &row);
    bool has = row.rounds > 0;
    const char *word = ps_verdict_word(row.verdict);
    json_t *object = json_object();
    json_object_set_new(object, "name", json_string(row.metric->name));
    json_object_set_new(object, "better", json_string(better[row.metric->better]));
    json_object_set_new(object, "a",
                        row.a_never ? json_null()
                                    : ps_json_number(ps_compare_median(report->compare, a, m)));
    json_object_set_new(object, "b",
                        row.b_never ? json_null()
                                    : ps_json_number(ps_compare_median(report->compare, b, m)));
    json_object_set_new(object, "difference", has ? percent(row.pair.difference) : json_null());
    json_t *interval = has && !isnan(row.pair.low) ? json_array() : json_null();
    if (json_is_array(interval)) {
        json_array_append_new(interval, percent(row.pair.low));
        json_array_append_new(interval, percent(row.pair.high));
    }
    json_object_set_new(object, "interval", interval);
    json_object_set_new(object, "p", has ? ps_json_number(row.pair.p) : json_null());
    json_object_set_new(object, "verdict", word ? json_string(word) : json_null());
    json_object_set_new(object, "a_slots", values(row.a, row.rounds));
    json_object_set_new(object, "b_slots", values(row.b, row.rounds));
    return object;
}

static json_t *metrics_array(const struct ps_compare_report *report, unsigned a, unsigned b)
{
    json_t *array = json_array();
    for (unsigned m = 0; m < PS_COMPARE_METRICS; m++)
        json_array_append_new(array, row_object(report, a, b, m));
    return array;
}

static json_t *letter(unsigned side)
{
    char text[2] = {(char)('a' + side), '\0'};
    return json_string(text);
}

static json_t *sides_array(const struct ps_compare_report *report)
{
    json_t *array = json_array();
    for (unsigned side = 0; side < report->spec->sides; side++) {
        char engine[PS_NAME_BYTES], policy[PS_NAME_BYTES];
        unsigned workers;
        ps_compare_engine(report->compare, side, engine, policy, &workers);
        json_t *object = json_object();
        json_object_set_new(object, "side", letter(side));
        json_object_set_new(object, "given", ps_json_text(report->given[side]));
        json_object_set_new(object, "engine", ps_json_text(engine));
        json_object_set_new(object, "policy", ps_json_text(policy));
        json_object_set_new(object, "workers", json_integer(workers));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *pairs_array(const struct ps_compare_report *report)
{
    json_t *array = json_array();
    for (unsigned a = 0; a < report->spec->sides; a++)
        for (unsigned b = a + 1; b < report->spec->sides; b++) {
            json_t *object = json_object();
            json_object_set_new(object, "a", letter(a));
            json_object_set_new(object, "b", letter(b));
            json_object_set_new(object, "metrics", metrics_array(report, a, b));
            json_array_append_new(array, object);
        }
    return array;
}

enum ps_err ps_compare_json(const struct ps_compare_report *report, FILE *to)
{
    const struct ps_compare_spec *spec = report->spec;
    json_t *root = json_object();
    json_object_set_new(root, "schema", json_integer(SCHEMA));
    json_object_set_new(root, "version", json_string(POOLSCOPE_VERSION));
    json_object_set_new(root, "preset", ps_json_text(report->preset));
    json_object_set_new(root, "sides", sides_array(report));
    json_object_set_new(root, "slots", json_integer(spec->rounds));
    json_object_set_new(root, "slot_seconds", json_real((double)spec->length_ns / PS_NS_PER_S));
    json_object_set_new(root, "warmup_seconds", json_real((double)spec->warmup_ns / PS_NS_PER_S));
    json_object_set_new(root, "seed", json_integer((json_int_t)spec->side[0].seed));
    json_object_set_new(root, "others", ps_json_number(ps_compare_others(report->compare)));
    json_object_set_new(root, "difference_unit", json_string("percent"));
    json_object_set_new(root, "metrics", metrics_array(report, 0, 1));
    if (spec->sides > 2)
        json_object_set_new(root, "pairs", pairs_array(report));
    return ps_json_print(root, JSON_INDENT(2), to);
}
