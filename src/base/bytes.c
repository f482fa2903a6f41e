#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

void ps_bytes_free(struct ps_bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct ps_bytes){.data = NULL};
}

void ps_bytes_clear(struct ps_bytes *bytes)
{
    bytes->size = 0;
    bytes->failed = false;
}

bool ps_bytes_reserve(struct ps_bytes *bytes, size_t more)
{
    if (bytes->failed)
        return false;
    if (more <= bytes->room - bytes->size)
        return true;
    size_t room = bytes->room ? bytes->room : 256;
    while (room - bytes->size < more && room <= SIZE_MAX / 2)
        room *= 2;
    uint8_t *data = room - bytes->size >= more ? realloc(bytes->data, room) : NULL;
    if (!data) {
        bytes->failed = true;
        return false;
    }
    bytes->data = data;
    bytes->room = room;
    return true;
}

void ps_bytes_put(struct ps_bytes *bytes, const void *from, size_t size)
{
    if (size == 0 || !ps_bytes_reserve(bytes, size))
        return;
    memcpy(bytes->data + bytes->size, from, size);
    bytes->size += size;
}

void ps_bytes_u8(struct ps_bytes *bytes, uint8_t value)
{
    ps_bytes_put(bytes, &value, 1);
}

static void put_word(struct ps_bytes *bytes, uint64_t value, unsigned size)
{
    uint8_t word[8];
    for (unsigned i = 0; i < size; i++)
        word[i] = (uint8_t)(value >> 8 * i);
    ps_bytes_put(bytes, word, size);
}

void ps_bytes_u32(struct ps_bytes *bytes, uint32_t value)
{
    put_word(bytes, value, 4);
}

void ps_bytes_u64(struct ps_bytes *bytes, uint64_t value)
{
    put_word(bytes, value, 8);
}

void ps_bytes_varint(struct ps_bytes *bytes, uint64_t value)
{
    if (!ps_bytes_reserve(bytes, PS_VARINT_MAX))
        return;
    uint8_t *at = bytes->data + bytes->size;
    for (; value >= 0x80; value >>= 7)
        *at++ = (uint8_t)(value | 0x80);
    *at++ = (uint8_t)value;
    bytes->size = (size_t)(at - bytes->data);
}

void ps_bytes_text(struct ps_bytes *bytes, const char *text)
{
    size_t size = strlen(text);
    ps_bytes_varint(bytes, size);
    ps_bytes_put(bytes, text, size);
}

const uint8_t *ps_cursor_take(struct ps_cursor *cursor, size_t size)
{
    if (cursor->bad || ps_cursor_left(cursor) < size) {
        cursor->bad = true;
        return NULL;
    }
    const uint8_t *at = cursor->at;
    cursor->at += size;
    return at;
}

static uint64_t take_word(struct ps_cursor *cursor, unsigned size)
{
    const uint8_t *at = ps_cursor_take(cursor, size);
    uint64_t value = 0;
    for (unsigned i = 0; at && i < size; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

uint8_t ps_cursor_u8(struct ps_cursor *cursor)
{
    return (uint8_t)take_word(cursor, 1);
}

uint32_t ps_cursor_u32(struct ps_cursor *cursor)
{
    return (uint32_t)take_word(cursor, 4);
}

uint64_t ps_cursor_u64(struct ps_cursor *cursor)
{
    return take_word(cursor, 8);
}

uint64_t ps_cursor_varint(struct ps_cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !cursor->bad && cursor->at < cursor->end; shift += 7) {
        uint8_t byte = *cursor->at++;
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    cursor->bad = true;
    return 0;
}

bool ps_cursor_text(struct ps_cursor *cursor, char *into, size_t size)
{
    size_t length = (size_t)ps_cursor_varint(cursor);
    const uint8_t *at = ps_cursor_take(cursor, length);
    into[0] = '\0';
    if (!at)
        return false;
    if (length >= size)
        length = size - 1;
    memcpy(into, at, length);
    into[length] = '\0';
    return true;
}
