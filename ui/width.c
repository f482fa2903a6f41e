/* Columns of characters, after Unicode 15 East Asian Width W and F and general category Mn, reduced
 * to the ranges that can come from a preset's text. */
#include "ui/canvas.h"

#include "base/text.h"

struct range {
    uint32_t first, last;
};

static bool within(const struct range *ranges, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

int ps_char_width(uint32_t code)
{
    static const struct range none[] = {
        {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
        {0x0900, 0x0902}, {0x093a, 0x093c}, {0x0941, 0x0948}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a},
        {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x206f},
        {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0000, 0xe0fff},
    };
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
        {0x25fd, 0x25fe},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26a1, 0x26a1},
        {0x2705, 0x2705},   {0x2728, 0x2728},   {0x274c, 0x274c},   {0x2753, 0x2755},
        {0x2795, 0x2797},   {0x2b50, 0x2b50},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},
        {0xa960, 0xa97c},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
        {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
        {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
    };
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        return 0;
    if (code < 0x300)
        return 1;
    if (within(none, sizeof none / sizeof none[0], code))
        return 0;
    if (code < 0x1100 || (code >= 0x2500 && code < 0x25fd) || (code >= 0x2800 && code < 0x2900))
        return 1;
    return within(wide, sizeof wide / sizeof wide[0], code) ? 2 : 1;
}

int ps_text_width(const char *text)
{
    int width = 0;
    uint32_t code;
    for (size_t used; (used = ps_utf8_next(text, &code)) > 0; text += used)
        width += ps_char_width(code);
    return width;
}

size_t ps_utf8_put(char into[5], uint32_t code)
{
    size_t n = 0;
    if (code < 0x80) {
        into[n++] = (char)code;
    } else if (code < 0x800) {
        into[n++] = (char)(0xc0 | code >> 6);
        into[n++] = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        into[n++] = (char)(0xe0 | code >> 12);
        into[n++] = (char)(0x80 | (code >> 6 & 0x3f));
        into[n++] = (char)(0x80 | (code & 0x3f));
    } else {
        into[n++] = (char)(0xf0 | (code >> 18 & 7));
        into[n++] = (char)(0x80 | (code >> 12 & 0x3f));
        into[n++] = (char)(0x80 | (code >> 6 & 0x3f));
        into[n++] = (char)(0x80 | (code & 0x3f));
    }
    into[n] = '\0';
    return n;
}
