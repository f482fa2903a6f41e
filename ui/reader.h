/* Inputs from a descriptor: reads what has come, many bytes at once, and hands it out decoded. Never
 * waits, except PS_READER_ESC_MS for what may follow an ESC. One owner, one thread. */
#ifndef PS_UI_READER_H
#define PS_UI_READER_H

#include <stdint.h>

#include "ui/input.h"

#define PS_READER_ESC_MS 10
#define PS_READER_BYTES  4096u

struct ps_reader {
    int fd; /* the caller's */
    struct ps_input_decoder decoder;
    char bytes[PS_READER_BYTES];
    size_t at, end;     /* bytes[at .. end) are not decoded yet */
    uint64_t read_ns;   /* when bytes came last */
    uint64_t motion_ns; /* when a report of a motion did */
};

void ps_reader_init(struct ps_reader *reader, int fd);
/* PS_INPUT_NONE: there is nothing; PS_INPUT_HANGUP: nor will there be. */
struct ps_input ps_reader_next(struct ps_reader *reader);
/* Throw away what is there and what comes until nothing has for `quiet_ms`, at most `limit_ms`. */
void ps_reader_drop(struct ps_reader *reader, int quiet_ms, int limit_ms);

#endif
