#include "metrics/picture.h"

_Static_assert(sizeof(struct ps_picture) % 128 == 0, "tiles begin on a cache line pair");
_Static_assert(sizeof(struct ps_tile) == 16 && sizeof(_Atomic uint16_t) == 2,
               "the same layout in both processes");

static uint32_t parts_of(uint32_t pixels, uint32_t tile)
{
    return pixels / tile + (pixels % tile != 0);
}

size_t ps_picture_bytes(const struct ps_picture_shape *shape)
{
    uint64_t pixels = (uint64_t)shape->width * shape->height;
    if (pixels == 0 || pixels > PS_PICTURE_PIXELS_MAX || shape->tile == 0 ||
        shape->iterations == 0 || shape->iterations > UINT16_MAX)
        return 0;
    uint64_t tiles =
        (uint64_t)parts_of(shape->width, shape->tile) * parts_of(shape->height, shape->tile);
    uint64_t bytes = sizeof(struct ps_picture) + tiles * sizeof(struct ps_tile) + pixels * 2;
    return (bytes + 127) & ~(uint64_t)127;
}

void ps_picture_init(struct ps_picture *picture, const struct ps_picture_shape *shape)
{
    picture->shape = *shape;
    picture->columns = parts_of(shape->width, shape->tile);
    picture->rows = parts_of(shape->height, shape->tile);
}

bool ps_picture_valid(const struct ps_picture *picture, size_t bytes)
{
    struct ps_picture_shape shape = picture->shape;
    return ps_picture_bytes(&shape) == bytes && bytes > 0 &&
           picture->columns == parts_of(shape.width, shape.tile) &&
           picture->rows == parts_of(shape.height, shape.tile);
}
