#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* *value = *value * factor + add, false on overflow. */
static bool mul_add(uint64_t *value, uint64_t factor, uint64_t add)
{
    return !__builtin_mul_overflow(*value, factor, value) &&
           !__builtin_add_overflow(*value, add, value);
}

/* The digits at *text, which moves behind them; false if there are none or too many. */
static bool read_digits(const char **text, uint64_t *out)
{
    uint64_t value = 0;
    const char *at = *text;
    for (; is_digit(*at); at++)
        if (!mul_add(&value, 10, (uint64_t)(*at - '0')))
            return false;
    if (at == *text)
        return false;
    *text = at;
    *out = value;
    return true;
}

bool ps_parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t value;
    if (!read_digits(&text, &value) || *text || value < min || value > max)
        return false;
    *out = value;
    return true;
}

bool ps_parse_double(const char *text, double *out)
{
    bool negative = *text == '-';
    text += negative;
    uint64_t digits = 0;
    unsigned count = 0, after_point = 0;
    bool point = false;
    if (!is_digit(*text))
        return false;
    for (; is_digit(*text) || (*text == '.' && !point); text++) {
        if (*text == '.') {
            point = true;
            if (!is_digit(text[1]))
                return false;
            continue;
        }
        if (++count > 18)
            return false;
        digits = digits * 10 + (uint64_t)(*text - '0');
        after_point += point;
    }
    if (*text)
        return false;
    double scale = 1;
    while (after_point-- > 0)
        scale *= 10; /* exact up to 10^22 */
    double value = (double)digits / scale;
    *out = negative ? -value : value;
    return true;
}

struct unit {
    const char *name;
    uint64_t scale;
};

static const struct unit *find_unit(const struct unit *units, const char *name)
{
    for (; units->name; units++)
        if (strcmp(units->name, name) == 0)
            return units;
    return NULL;
}

static const struct unit durations[] = {
    {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"min", UINT64_C(60000000000)},
    {NULL, 0}};

bool ps_parse_duration(const char *text, uint64_t *ns)
{
    uint64_t value, part = 0;
    if (!read_digits(&text, &value))
        return false;
    const char *fraction = NULL;
    if (*text == '.') {
        fraction = ++text;
        while (is_digit(*text))
            text++;
        if (text == fraction)
            return false;
    }
    if (*text == '\0' && value == 0 && !fraction) {
        *ns = 0;
        return true;
    }
    const struct unit *unit = find_unit(durations, text);
    if (!unit)
        return false;
    uint64_t scale = unit->scale;
    for (const char *digit = fraction; digit && digit < text; digit++) {
        if (scale % 10 != 0 && *digit != '0')
            return false;
        scale /= 10;
        part += (uint64_t)(*digit - '0') * scale;
    }
    if (!mul_add(&value, unit->scale, part))
        return false;
    *ns = value;
    return true;
}

static const struct unit sizes[] = {{"", 1},
                                    {"B", 1},
                                    {"K", UINT64_C(1) << 10},
                                    {"KiB", UINT64_C(1) << 10},
                                    {"M", UINT64_C(1) << 20},
                                    {"MiB", UINT64_C(1) << 20},
                                    {"G", UINT64_C(1) << 30},
                                    {"GiB", UINT64_C(1) << 30},
                                    {NULL, 0}};

bool ps_parse_size(const char *text, uint64_t *bytes)
{
    uint64_t value;
    if (!read_digits(&text, &value))
        return false;
    const struct unit *unit = find_unit(sizes, text);
    if (!unit || !mul_add(&value, unit->scale, 0))
        return false;
    *bytes = value;
    return true;
}

/* ---- formatting: the point is written here, so that no locale changes it ---- */

/* value >= 0 at three significant digits, rounded once; integers in full. "trim" drops zeros behind
 * the point. */
static void three_digits(char *into, size_t size, double value, bool trim)
{
    static const uint64_t power[] = {1, 10, 100};
    unsigned decimals = 2;
    while (decimals > 0 && floor(value * (double)power[decimals] + 0.5) >= 1000)
        decimals--;
    uint64_t digits = (uint64_t)floor(value * (double)power[decimals] + 0.5);
    while (trim && decimals > 0 && digits % 10 == 0) {
        digits /= 10;
        decimals--;
    }
    if (decimals == 0)
        snprintf(into, size, "%" PRIu64, digits);
    else
        snprintf(into, size, "%" PRIu64 ".%0*" PRIu64, digits / power[decimals], (int)decimals,
                 digits % power[decimals]);
}

/* Shows as 1000 or more. */
static bool four_digits(double value)
{
    return value >= 999.5;
}

const char *ps_format_duration(char *into, size_t size, uint64_t ns)
{
    if (ns == 0) {
        snprintf(into, size, "0");
        return into;
    }
    const struct unit *unit = durations;
    while (four_digits((double)ns / (double)unit->scale) && unit[1].name)
        unit++;
    char number[32];
    three_digits(number, sizeof number, (double)ns / (double)unit->scale, true);
    snprintf(into, size, "%s %s", number, unit->name);
    return into;
}

const char *ps_format_count(char *into, size_t size, double value)
{
    const char *sign = value < 0 ? "-" : "";
    char number[32], letter[2] = "";
    value = fabs(value);
    if (!(value < 1e18)) {
        snprintf(into, size, "n/a");
        return into;
    }
    bool plain = value < 9999.5;
    for (const char *next = "kMGTP"; !plain && *next; next++) {
        value /= 1000;
        letter[0] = *next;
        if (!four_digits(value))
            break;
    }
    three_digits(number, sizeof number, value, plain);
    snprintf(into, size, "%s%s%s", sign, number, letter);
    return into;
}

const char *ps_format_bytes(char *into, size_t size, uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    unsigned unit = 0;
    for (; unit < 6 && four_digits(value); unit++)
        value /= 1024;
    char number[32];
    three_digits(number, sizeof number, value, true);
    snprintf(into, size, "%s %s", number, units[unit]);
    return into;
}

/* ---- suggestions ---- */

#define WORD_MAX 48u

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. */
static unsigned edits(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][WORD_MAX + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        above[j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + !same);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        unsigned *free_row = before;
        before = above;
        above = row;
        row = free_row;
    }
    return above[b_length];
}

const char *ps_suggest(const char *word, const char *const *candidates)
{
    size_t length = strlen(word);
    if (length == 0 || length > WORD_MAX)
        return NULL;
    unsigned allowed = length / 3 > 1 ? (unsigned)(length / 3) : 1;
    unsigned best = allowed + 1;
    bool best_begins = false;
    const char *nearest = NULL;
    for (; *candidates; candidates++) {
        size_t candidate_length = strlen(*candidates);
        if (candidate_length > WORD_MAX)
            continue;
        unsigned distance = edits(word, length, *candidates, candidate_length);
        bool begins = length >= 3 && strncmp(word, *candidates, length) == 0;
        if (begins && distance > 1)
            distance = 1;
        if (distance < best || (distance == best && begins && !best_begins)) {
            best = distance;
            best_begins = begins;
            nearest = *candidates;
        }
    }
    return nearest;
}

/* ---- UTF-8 ---- */

/* Length of the well-formed sequence at bytes (RFC 3629, table of section 4), 0: malformed. */
static size_t sequence(const unsigned char *bytes, size_t size, uint32_t *code_point)
{
    unsigned char first = bytes[0];
    size_t length = first < 0x80   ? 1
                    : first < 0xc2 ? 0
                    : first < 0xe0 ? 2
                    : first < 0xf0 ? 3
                    : first < 0xf5 ? 4
                                   : 0;
    if (length == 0 || length > size)
        return 0;
    static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = first & first_bits[length];
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (bytes[i] & 0x3f);
    }
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < lowest[length] || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff)
        return 0;
    *code_point = code;
    return length;
}

size_t ps_utf8_next(const char *text, uint32_t *code_point)
{
    if (*text == '\0')
        return 0;
    size_t length = sequence((const unsigned char *)text, strnlen(text, 4), code_point);
    if (length > 0)
        return length;
    *code_point = 0xfffd;
    return 1;
}

bool ps_utf8_valid(const char *bytes, size_t size)
{
    uint32_t code_point;
    for (size_t at = 0; at < size;) {
        size_t length = sequence((const unsigned char *)bytes + at, size - at, &code_point);
        if (length == 0 || code_point == 0)
            return false;
        at += length;
    }
    return true;
}

void ps_text_clean(char *into, size_t size, const char *from)
{
    if (size == 0)
        return;
    size_t used = 0, length;
    uint32_t code_point;
    while ((length = ps_utf8_next(from, &code_point)) > 0) {
        bool bad = code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0) ||
                   (code_point == 0xfffd && length == 1);
        if (used + (bad ? 1 : length) >= size)
            break;
        if (bad)
            into[used++] = '?';
        else
            for (size_t i = 0; i < length; i++)
                into[used++] = from[i];
        from += length;
    }
    into[used] = '\0';
}
