/* Byte strings put together and taken apart: fixed little-endian words, varints (LEB128, 7 bits a
 * byte, lowest first, as protobuf's), zigzag (0 -1 1 -2 ... as 0 1 2 3 ...), counted text.
 *
 * A writer that runs out of memory notes it in `failed` and takes nothing more; a reader that runs
 * off its end, or meets a varint of more than 64 bits, notes it in `bad` and yields zeros from then
 * on. So a caller checks once, at the end. Plain memory, one owner. */
#ifndef PS_BASE_BYTES_H
#define PS_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PS_VARINT_MAX 10u

/* All zero bytes: empty. Owner: the caller, ps_bytes_free. */
struct ps_bytes {
    uint8_t *data;
    size_t size, room;
    bool failed;
};

void ps_bytes_free(struct ps_bytes *bytes);
/* Forget the content, keep the memory; `failed` too is forgotten. */
void ps_bytes_clear(struct ps_bytes *bytes);
/* Room for `more` bytes at the end; false: failed. */
bool ps_bytes_reserve(struct ps_bytes *bytes, size_t more);

void ps_bytes_put(struct ps_bytes *bytes, const void *from, size_t size);
void ps_bytes_u8(struct ps_bytes *bytes, uint8_t value);
void ps_bytes_u32(struct ps_bytes *bytes, uint32_t value);
void ps_bytes_u64(struct ps_bytes *bytes, uint64_t value);
void ps_bytes_varint(struct ps_bytes *bytes, uint64_t value);
/* A varint of the length, then the bytes without a NUL. */
void ps_bytes_text(struct ps_bytes *bytes, const char *text);

struct ps_cursor {
    const uint8_t *at, *end;
    bool bad;
};

static inline size_t ps_cursor_left(const struct ps_cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}
uint8_t ps_cursor_u8(struct ps_cursor *cursor);
uint32_t ps_cursor_u32(struct ps_cursor *cursor);
uint64_t ps_cursor_u64(struct ps_cursor *cursor);
uint64_t ps_cursor_varint(struct ps_cursor *cursor);
/* The next `size` bytes, in place; NULL: there are fewer. */
const uint8_t *ps_cursor_take(struct ps_cursor *cursor, size_t size);
/* A counted text, cut to fit `into`, with NUL. False: bad. */
bool ps_cursor_text(struct ps_cursor *cursor, char *into, size_t size);

static inline uint64_t ps_zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}
static inline int64_t ps_unzigzag(uint64_t code)
{
    return (int64_t)(code >> 1 ^ (0 - (code & 1)));
}

#endif
