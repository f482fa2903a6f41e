#include "model/formula.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define DEPTH_MAX 16u

struct reader {
    const char *at;
    ps_figure_lookup lookup;
    void *user;
    unsigned depth;
};

static struct ps_figure known(double number, const char *unit)
{
    return (struct ps_figure){.kind = PS_FIGURE_KNOWN, .number = number, .unit = unit};
}

__attribute__((format(printf, 1, 2))) static struct ps_figure wrong(const char *format, ...)
{
    struct ps_figure figure = {.kind = PS_FIGURE_WRONG, .unit = ""};
    va_list list;
    va_start(list, format);
    vsnprintf(figure.why, sizeof figure.why, format, list);
    va_end(list);
    return figure;
}

static void skip(struct reader *reader)
{
    reader->at += strspn(reader->at, " \t");
}

static bool take(struct reader *reader, const char *word)
{
    skip(reader);
    size_t length = strlen(word);
    if (strncmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

/* ---- values ---- */

static const struct unit {
    const char *word;
    double factor;
    const char *unit;
} units[] = {
    {"ns", 1, "ns"},           {"us", 1e3, "ns"},
    {"ms", 1e6, "ns"},         {"s", 1e9, "ns"},
    {"min", 6e10, "ns"},       {"%", 0.01, ""},
    {"B", 1, "bytes"},         {"KiB", 1024, "bytes"},
    {"MiB", 1048576, "bytes"}, {"GiB", 1073741824, "bytes"},
};

static struct ps_figure read_number(struct reader *reader)
{
    size_t digits = strspn(reader->at, "0123456789.");
    char text[32];
    double number;
    snprintf(text, sizeof text, "%.*s", (int)(digits < 31 ? digits : 31), reader->at);
    if (digits > 30 || !ps_parse_double(text, &number))
        return wrong("'%s' is no number", text);
    reader->at += digits;
    const char *word = reader->at + strspn(reader->at, " \t");
    size_t letters = *word == '%' ? 1 : 0;
    while (isalpha((unsigned char)word[letters]))
        letters++;
    for (size_t i = 0; letters && i < sizeof units / sizeof *units; i++) {
        if (strlen(units[i].word) == letters && strncmp(units[i].word, word, letters) == 0) {
            reader->at = word + letters;
            return known(number * units[i].factor, units[i].unit);
        }
    }
    if (letters == 0 || word > reader->at) /* a word behind a blank may be one of the grammar */
        return known(number, "");
    return wrong("'%.*s' is no unit: ns us ms s min %% B KiB MiB GiB",
                 (int)(letters < 20 ? letters : 20), word);
}

static bool copy(char *into, size_t size, const char *from, size_t length)
{
    if (length == 0 || length >= size)
        return false;
    memcpy(into, from, length);
    into[length] = '\0';
    return true;
}

static size_t name_length(const struct reader *reader)
{
    size_t length = 0;
    while (is_name(reader->at[length]))
        length++;
    return length;
}

static struct ps_figure read_figure(struct reader *reader)
{
    struct ps_figure_name name = {.function = ""};
    skip(reader);
    size_t length = name_length(reader);
    if (length == 0 && *reader->at == '\0')
        return wrong("a figure or a number is missing at the end");
    if (length == 0)
        return wrong("'%.1s' where a figure or a number should be", reader->at);
    bool function = reader->at[length] == '(';
    if (function) {
        if (!copy(name.function, sizeof name.function, reader->at, length))
            return wrong("'%.*s' is no function", (int)(length < 32 ? length : 32), reader->at);
        reader->at += length + 1;
        skip(reader);
        length = name_length(reader);
    }
    if (!copy(name.name, sizeof name.name, reader->at, length))
        return wrong("no figure has such a name");
    reader->at += length;
    if (take(reader, "[")) {
        length = strcspn(reader->at, "]");
        if (reader->at[length] != ']' || !copy(name.index, sizeof name.index, reader->at, length))
            return wrong("expected a task type or the number of a worker and ']'");
        reader->at += length + 1;
    }
    if (function && !take(reader, ")"))
        return wrong("')' is missing behind %s", name.name);
    struct ps_figure figure = reader->lookup(reader->user, &name);
    if (!figure.unit)
        figure.unit = "";
    return figure;
}

static struct ps_figure read_sum(struct reader *reader);

static struct ps_figure read_value(struct reader *reader)
{
    skip(reader);
    if (isdigit((unsigned char)*reader->at))
        return read_number(reader);
    if (!take(reader, "("))
        return read_figure(reader);
    if (reader->depth == DEPTH_MAX)
        return wrong("more than %u brackets", DEPTH_MAX);
    reader->depth++;
    struct ps_figure inner = read_sum(reader);
    reader->depth--;
    if (inner.kind != PS_FIGURE_WRONG && !take(reader, ")"))
        return wrong("')' is missing");
    return inner;
}

static struct ps_figure combine(char operation, struct ps_figure a, struct ps_figure b)
{
    if (a.kind == PS_FIGURE_WRONG || (a.kind == PS_FIGURE_NA && b.kind != PS_FIGURE_WRONG))
        return a;
    if (b.kind != PS_FIGURE_KNOWN)
        return b;
    const char *unit = *a.unit ? a.unit : b.unit;
    const char *product = *a.unit && *b.unit ? "" : unit;
    switch (operation) {
    case '+':
        return known(a.number + b.number, unit);
    case '-':
        return known(a.number - b.number, unit);
    case '*':
        return known(a.number * b.number, product);
    default:
        break;
    }
    if (b.number == 0) {
        struct ps_figure none = {.kind = PS_FIGURE_NA, .unit = ""};
        snprintf(none.why, sizeof none.why, "a division by 0");
        return none;
    }
    return known(a.number / b.number, *b.unit ? "" : a.unit);
}

static struct ps_figure read_chain(struct reader *reader, const char *operations,
                                   struct ps_figure (*next)(struct reader *reader))
{
    struct ps_figure so_far = next(reader);
    for (;;) {
        skip(reader);
        char operation = *reader->at;
        if (operation == '\0' || !strchr(operations, operation) || so_far.kind == PS_FIGURE_WRONG)
            return so_far;
        reader->at++;
        so_far = combine(operation, so_far, next(reader));
    }
}

static struct ps_figure read_term(struct reader *reader)
{
    return read_chain(reader, "*/", read_value);
}

static struct ps_figure read_sum(struct reader *reader)
{
    return read_chain(reader, "+-", read_term);
}

/* ---- tests ---- */

static bool holds(const char *relation, double a, double b, double tolerance)
{
    switch (relation[0]) {
    case '<':
        return relation[1] ? a <= b : a < b;
    case '>':
        return relation[1] ? a >= b : a > b;
    default:
        return fabs(a - b) <= tolerance * fabs(b);
    }
}

static struct ps_formula_result refuse(enum ps_formula_answer answer, const char *why)
{
    struct ps_formula_result result = {.answer = answer, .relation = ""};
    snprintf(result.why, sizeof result.why, "%s", why);
    return result;
}

static const char *read_relation(struct reader *reader)
{
    static const char *const relations[] = {"<=", ">=", "<", ">", "=", NULL};
    for (const char *const *relation = relations; *relation; relation++)
        if (take(reader, *relation))
            return *relation;
    return NULL;
}

struct ps_formula_result ps_formula_test(const char *text, ps_figure_lookup lookup, void *user)
{
    struct reader reader = {.at = text, .lookup = lookup, .user = user};
    struct ps_figure left = read_sum(&reader);
    if (left.kind == PS_FIGURE_WRONG)
        return refuse(PS_FORMULA_WRONG, left.why);
    const char *relation = read_relation(&reader);
    if (!relation)
        return refuse(PS_FORMULA_WRONG, "expected one of < <= > >= = between two values");
    struct ps_figure right = read_sum(&reader);
    struct ps_figure tolerance = known(0, "");
    if (right.kind != PS_FIGURE_WRONG && relation[0] == '=' && take(&reader, "within"))
        tolerance = read_value(&reader);
    skip(&reader);
    if (right.kind == PS_FIGURE_WRONG)
        return refuse(PS_FORMULA_WRONG, right.why);
    if (tolerance.kind != PS_FIGURE_KNOWN)
        return refuse(PS_FORMULA_WRONG, tolerance.why);
    if (*reader.at) {
        struct ps_figure rest = wrong("'%.24s' is too much", reader.at);
        return refuse(PS_FORMULA_WRONG, rest.why);
    }
    if (left.kind == PS_FIGURE_NA || right.kind == PS_FIGURE_NA)
        return refuse(PS_FORMULA_NA, left.kind == PS_FIGURE_NA ? left.why : right.why);
    bool yes = holds(relation, left.number, right.number, tolerance.number);
    return (struct ps_formula_result){.answer = yes ? PS_FORMULA_TRUE : PS_FORMULA_FALSE,
                                      .left = left,
                                      .right = right,
                                      .relation = relation};
}

struct ps_figure ps_formula_value(const char *text, ps_figure_lookup lookup, void *user)
{
    struct reader reader = {.at = text, .lookup = lookup, .user = user};
    struct ps_figure value = read_sum(&reader);
    skip(&reader);
    if (value.kind != PS_FIGURE_WRONG && *reader.at)
        return wrong("'%.24s' is too much", reader.at);
    return value;
}

const char *ps_figure_format(char *into, size_t size, double number, const char *unit)
{
    bool large = number >= 0 && number < 9e18;
    if (strcmp(unit, "ns") == 0 && large)
        return ps_format_duration(into, size, (uint64_t)llround(number));
    if (strcmp(unit, "bytes") == 0 && large)
        return ps_format_bytes(into, size, (uint64_t)llround(number));
    const char *suffix = strcmp(unit, "1/s") == 0 ? "/s" : "";
    char text[32];
    if (number >= 1000)
        ps_format_count(text, sizeof text, number);
    else
        snprintf(text, sizeof text, "%.3g", number);
    snprintf(into, size, "%s%s", text, suffix);
    return into;
}
