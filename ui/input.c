#include "ui/input.h"

#include <string.h>
#include <wchar.h>

enum { BEL = 7, CAN = 24, SUB = 26, ESC = 27, CSI_MAX = 64, STRING_MAX = 512 };

/* Of the button of a report. */
enum { BUTTON = 3, MODIFIERS = 4 | 8 | 16, MOTION = 32, WHEEL = 64 };

/* ---- keys ---- */

static const struct {
    const char *bytes;
    int key;
} agreed[] = {
    {"\033[A", PS_INPUT_UP},      {"\033OA", PS_INPUT_UP},       {"\033[B", PS_INPUT_DOWN},
    {"\033OB", PS_INPUT_DOWN},    {"\033[C", PS_INPUT_RIGHT},    {"\033OC", PS_INPUT_RIGHT},
    {"\033[D", PS_INPUT_LEFT},    {"\033OD", PS_INPUT_LEFT},     {"\033[H", PS_INPUT_HOME},
    {"\033OH", PS_INPUT_HOME},    {"\033[1~", PS_INPUT_HOME},    {"\033[7~", PS_INPUT_HOME},
    {"\033[F", PS_INPUT_END},     {"\033OF", PS_INPUT_END},      {"\033[4~", PS_INPUT_END},
    {"\033[8~", PS_INPUT_END},    {"\033[5~", PS_INPUT_PAGE_UP}, {"\033[6~", PS_INPUT_PAGE_DOWN},
    {"\033[3~", PS_INPUT_DELETE}, {"\033[Z", PS_INPUT_BACK_TAB}, {"\033OM", PS_INPUT_ENTER},
    {"\033OP", PS_INPUT_F1},      {"\033[11~", PS_INPUT_F1},     {"\033[[A", PS_INPUT_F1},
    {"\033OQ", PS_INPUT_F2},      {"\033[12~", PS_INPUT_F2},     {"\033[[B", PS_INPUT_F2},
    {"\033[21~", PS_INPUT_F10},   {"\177", PS_INPUT_BACKSPACE},  {"\b", PS_INPUT_BACKSPACE},
    {"\r", PS_INPUT_ENTER},
};

void ps_input_decoder_init(struct ps_input_decoder *d)
{
    d->count = 0;
    for (unsigned i = 0; i < sizeof agreed / sizeof agreed[0]; i++)
        ps_input_define(d, agreed[i].bytes, agreed[i].key);
}

void ps_input_define(struct ps_input_decoder *d, const char *bytes, int key)
{
    size_t length = strlen(bytes);
    if (length == 0 || length >= PS_SEQUENCE_BYTES || d->count == PS_SEQUENCES_MAX ||
        ((unsigned char)bytes[0] >= ' ' && bytes[0] != 127))
        return;
    memcpy(d->list[d->count].bytes, bytes, length + 1);
    d->list[d->count++].key = key;
}

/* The key that the bytes begin with. 0: none; *more: they are the beginning of one. */
static size_t find_key(const struct ps_input_decoder *d, const char *bytes, size_t size, int *key,
                       bool *more)
{
    *more = false;
    for (unsigned i = 0; i < d->count; i++) {
        size_t length = strlen(d->list[i].bytes), both = length < size ? length : size;
        if (memcmp(d->list[i].bytes, bytes, both) != 0)
            continue;
        if (length <= size) {
            *key = d->list[i].key;
            return length;
        }
        *more = true;
    }
    return 0;
}

/* ---- the mouse ---- */

static struct ps_input report(unsigned button, int x, int y, bool pressed)
{
    struct ps_input input = {.key = -1, .x = x - 1, .y = y - 1};
    if (x < 1 || y < 1)
        return input;
    button &= ~(unsigned)MODIFIERS;
    if (button & MOTION)
        input.key = button & ~(unsigned)(MOTION | BUTTON) ? -1 : PS_INPUT_MOTION;
    else if (pressed && button == 0)
        input.key = PS_INPUT_MOUSE;
    else if (pressed && button == WHEEL)
        input.key = PS_INPUT_UP;
    else if (pressed && button == (WHEEL | 1))
        input.key = PS_INPUT_DOWN;
    return input;
}

/* "<35;10;5M", of `size` bytes. */
static struct ps_input report_sgr(const char *bytes, size_t size)
{
    int number[3] = {0, 0, 0};
    unsigned at = 0;
    for (size_t i = 1; i + 1 < size; i++) {
        if (bytes[i] == ';' && at < 2)
            at++;
        else if (bytes[i] >= '0' && bytes[i] <= '9' && number[at] < 100000)
            number[at] = 10 * number[at] + (bytes[i] - '0');
        else
            return (struct ps_input){.key = -1};
    }
    return report((unsigned)number[0], number[1], number[2], bytes[size - 1] == 'M');
}

/* Three bytes, each more by 32 than what it says. */
static struct ps_input report_x10(const char *bytes)
{
    unsigned button = (unsigned char)bytes[0] - 32u;
    bool pressed = (button & BUTTON) != BUTTON;
    return report(button, (unsigned char)bytes[1] - 32, (unsigned char)bytes[2] - 32, pressed);
}

/* ---- sequences ---- */

/* The end of the control sequence ESC [ ...; 0: it has not come. What breaks it off is not part of
 * it. */
static size_t csi_length(const char *bytes, size_t size)
{
    for (size_t i = 2; i < size; i++) {
        if (bytes[i] >= '@' && bytes[i] <= '~')
            return i + 1;
        if (bytes[i] < ' ' || bytes[i] > '?' || i >= CSI_MAX)
            return i;
    }
    return 0;
}

static size_t decode_csi(const char *bytes, size_t size, struct ps_input *into)
{
    size_t length = csi_length(bytes, size);
    if (length == 0)
        return 0;
    char last = bytes[length - 1];
    if (length == 3 && last == 'M') {
        if (size < 6)
            return 0;
        *into = report_x10(bytes + 3);
        return 6;
    }
    if (bytes[2] == '<' && (last == 'M' || last == 'm'))
        *into = report_sgr(bytes + 2, length - 2);
    return length;
}

/* What begins a string: of ESC P (DCS), X (SOS), ] (OSC), ^ (PM) and _ (APC). */
static bool begins_string(char after_escape)
{
    return after_escape != '\0' && strchr("PX]^_", after_escape) != NULL;
}

/* The end of the string ESC ] ... ESC \ (or BEL, as xterm ends one); 0: it has not come. One that
 * stops half way is done with what has come: it must not hold the keys back. */
static size_t string_length(const char *bytes, size_t size, bool alone)
{
    for (size_t i = 2; i < size; i++) {
        if (bytes[i] == BEL || bytes[i] == CAN || bytes[i] == SUB || i >= STRING_MAX)
            return i + 1;
        if (bytes[i] == ESC && i + 1 < size)
            return bytes[i + 1] == '\\' ? i + 2 : i;
    }
    return alone ? size : 0;
}

static size_t decode_escape(const char *bytes, size_t size, bool alone, struct ps_input *into)
{
    bool is_string = size > 1 && begins_string(bytes[1]);
    bool begun = size == 1 || ((bytes[1] == '[' || bytes[1] == 'O' || is_string) && size == 2);
    if (begun && !alone)
        return 0;
    if (!begun && bytes[1] == '[')
        return decode_csi(bytes, size, into);
    if (!begun && bytes[1] == 'O')
        return 3;
    if (!begun && is_string)
        return string_length(bytes, size, alone);
    into->key = PS_INPUT_ESC;
    return 1;
}

static size_t decode_character(const char *bytes, size_t size, bool alone, struct ps_input *into)
{
    mbstate_t state = {0};
    wchar_t code = 0;
    size_t length = mbrtowc(&code, bytes, size, &state);
    if (length == (size_t)-2 && !alone)
        return 0;
    if (length == 0 || length > size)
        return 1; /* NUL, or no character of the locale */
    into->key = (int)code;
    return length;
}

size_t ps_input_decode(const struct ps_input_decoder *d, const char *bytes, size_t size, bool alone,
                       struct ps_input *into)
{
    bool more;
    *into = (struct ps_input){.key = -1};
    if (size == 0)
        return 0;
    size_t length = find_key(d, bytes, size, &into->key, &more);
    if (length > 0 || (more && !alone))
        return length;
    if (bytes[0] == ESC)
        return decode_escape(bytes, size, alone, into);
    return decode_character(bytes, size, alone, into);
}
