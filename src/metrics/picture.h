/* The picture that julia steps draw: a tail of the segment, shared with the front end.
 *
 * Shape: one ps_picture, tiles row by row, pixels row by row (a 16-bit count of iterations each).
 * The header is constant. A tile is written by the worker that draws it: its pixels (relaxed), then
 * time_ns and pass, then owner (release). A reader loads owner (acquire): if it is not 0 the tile's
 * pixels are whole. Every execution of a julia step draws the same picture again and is a new pass:
 * pixels keep their values, owners and times change. Whoever wants to show it grow dims tiles whose
 * pass is not the newest. */
#ifndef PS_METRICS_PICTURE_H
#define PS_METRICS_PICTURE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ps_picture_shape {
    uint32_t width, height; /* pixels; 0: no picture */
    uint32_t iterations;    /* the most a pixel can have: it belongs to the set */
    uint32_t tile;          /* edge of a tile in pixels; those of the last column and row are cut */
};

#define PS_PICTURE_PIXELS_MAX (UINT64_C(1) << 24)

struct ps_tile {
    _Atomic uint32_t owner;   /* the worker's slot + 1; 0: nobody yet */
    _Atomic uint32_t pass;    /* when it was drawn last, 1.. */
    _Atomic uint64_t time_ns; /* how long that took */
};

struct ps_picture {
    _Alignas(128) struct ps_picture_shape shape;
    uint32_t columns, rows;                /* tiles */
    _Alignas(128) _Atomic uint32_t passes; /* begun. Writer: who begins one, atomically */
};

/* Bytes of a picture, a multiple of 128; 0: a shape that no picture can have, or width 0. */
size_t ps_picture_bytes(const struct ps_picture_shape *shape);

/* Lay out zeroed memory of ps_picture_bytes. */
void ps_picture_init(struct ps_picture *picture, const struct ps_picture_shape *shape);

/* Whether memory of that size, written by somebody else, holds a picture. */
bool ps_picture_valid(const struct ps_picture *picture, size_t bytes);

static inline uint32_t ps_picture_tiles(const struct ps_picture *picture)
{
    return picture->columns * picture->rows;
}

static inline struct ps_tile *ps_picture_tile(const struct ps_picture *picture, uint32_t tile)
{
    return (struct ps_tile *)(picture + 1) + tile;
}

/* Row y, `width` pixels. */
static inline _Atomic uint16_t *ps_picture_row(const struct ps_picture *picture, uint32_t y)
{
    _Atomic uint16_t *first =
        (_Atomic uint16_t *)(void *)ps_picture_tile(picture, ps_picture_tiles(picture));
    return first + (size_t)y * picture->shape.width;
}

/* The tile that a pixel belongs to. */
static inline uint32_t ps_picture_tile_at(const struct ps_picture *picture, uint32_t x, uint32_t y)
{
    return y / picture->shape.tile * picture->columns + x / picture->shape.tile;
}

#endif
