/* What a terminal sends, as inputs: a pure decoder of its bytes, without the terminal.
 *
 * A control sequence (ECMA-48: ESC [ parameters intermediates final) is taken whole or not at all,
 * however its bytes are split on the way, and so is a string (OSC, DCS and their like: answers that
 * somebody else asked the terminal for); one that means nothing here is an input without meaning and
 * never the keys that its bytes look like. The mouse reports as xterm's modes 1006 (ESC [ < b ; x ; y M
 * or m) and 1000 (ESC [ M and three bytes) say; mode 1003 adds a report for every cell that it
 * passes. Plain memory, one owner. */
#ifndef PS_UI_INPUT_H
#define PS_UI_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/keys.h"

struct ps_input {
    int key; /* a code point or enum ps_input_key; PS_INPUT_NONE: nothing; -1: means nothing here */
    int x, y; /* PS_INPUT_MOUSE, PS_INPUT_MOTION: the cell, from 0 */
};

#define PS_SEQUENCES_MAX  64u
#define PS_SEQUENCE_BYTES 16u /* of the sequence of a key, with its NUL */
struct ps_input_decoder {
    unsigned count;
    struct {
        char bytes[PS_SEQUENCE_BYTES];
        int key;
    } list[PS_SEQUENCES_MAX];
};

/* Knows the sequences that terminals agree on. */
void ps_input_decoder_init(struct ps_input_decoder *decoder);
/* A key of this terminal (terminfo); too long ones, and those that begin with a character, are left
 * out. */
void ps_input_define(struct ps_input_decoder *decoder, const char *bytes, int key);

/* Decode the first input. Returns how many bytes it is, *into says what; 0: more bytes must come first.
 * `alone`: no more have come for a while, so that an ESC is the key and not the beginning of something.
 * Characters are those of the locale. */
size_t ps_input_decode(const struct ps_input_decoder *decoder, const char *bytes, size_t size,
                       bool alone, struct ps_input *into);

#endif
