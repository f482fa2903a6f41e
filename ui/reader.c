#include "ui/reader.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* What has begun with ESC [ and stays at that was typed. While the mouse moves an ESC is most likely
 * the first byte of a report, and gets as much time. */
#define TYPED_NS  (100 * (uint64_t)PS_NS_PER_MS)
#define MOVING_NS (200 * (uint64_t)PS_NS_PER_MS)

enum { ESC = 27 };
enum refill { REFILL_NOTHING, REFILL_MORE, REFILL_GONE };

void ps_reader_init(struct ps_reader *r, int fd)
{
    memset(r, 0, sizeof *r);
    r->fd = fd;
    ps_input_decoder_init(&r->decoder);
}

/* A signal is no sign that nothing follows. */
static bool wait_input(struct pollfd *in, uint64_t patience_ns)
{
    uint64_t until_ns = ps_now_ns() + patience_ns;
    int ready;
    do {
        uint64_t now_ns = ps_now_ns();
        struct timespec left = ps_timespec(until_ns > now_ns ? until_ns - now_ns : 0);
        ready = ppoll(in, 1, &left, NULL);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

static enum refill refill(struct ps_reader *r, int patience_ms)
{
    struct pollfd in = {.fd = r->fd, .events = POLLIN};
    memmove(r->bytes, r->bytes + r->at, r->end - r->at);
    r->end -= r->at;
    r->at = 0;
    if (!wait_input(&in, (uint64_t)patience_ms * PS_NS_PER_MS))
        return REFILL_NOTHING;
    ssize_t n = 0;
    if (in.revents & POLLIN)
        n = read(r->fd, r->bytes + r->end, sizeof r->bytes - r->end);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return REFILL_NOTHING;
    if (n <= 0)
        return REFILL_GONE;
    r->end += (size_t)n;
    r->read_ns = ps_now_ns();
    return REFILL_MORE;
}

static bool decode(struct ps_reader *r, bool alone, struct ps_input *into)
{
    size_t taken = ps_input_decode(&r->decoder, r->bytes + r->at, r->end - r->at, alone, into);
    r->at += taken;
    if (taken > 0 && into->key == PS_INPUT_MOTION)
        r->motion_ns = r->read_ns;
    return taken > 0;
}

struct ps_input ps_reader_next(struct ps_reader *r)
{
    struct ps_input input;
    while (!decode(r, false, &input)) {
        bool moving = r->motion_ns && r->read_ns - r->motion_ns < MOVING_NS;
        bool esc = !moving && r->end - r->at == 1 && r->bytes[r->at] == ESC;
        enum refill came = refill(r, esc ? PS_READER_ESC_MS : 0);
        if (came == REFILL_GONE)
            return (struct ps_input){.key = PS_INPUT_HANGUP};
        if (came == REFILL_MORE)
            continue;
        bool alone = esc || (r->end > r->at && ps_now_ns() - r->read_ns > TYPED_NS);
        if (!alone || !decode(r, true, &input))
            return (struct ps_input){.key = PS_INPUT_NONE};
        break;
    }
    return input;
}

void ps_reader_drop(struct ps_reader *r, int quiet_ms, int limit_ms)
{
    uint64_t until = ps_now_ns() + (uint64_t)limit_ms * PS_NS_PER_MS;
    do
        r->at = r->end;
    while (refill(r, quiet_ms) == REFILL_MORE && ps_now_ns() < until);
}
