#include "app/picture_png.h"

#include <math.h>
#include <png.h>
#include <stdlib.h>

/* The hue of worker n: steps of the golden angle keep any number of neighbours apart. */
static double hue_of(uint32_t worker)
{
    return fmod(0.58 + worker * 0.61803398875, 1);
}

/* One of red, green, blue (shift 0, 2/3, 1/3) of a hue at full saturation. */
static double component(double hue, double shift)
{
    double at = fmod(hue + shift, 1) * 6;
    double level = fabs(at - 3) - 1;
    return level < 0 ? 0 : level > 1 ? 1 : level;
}

/* On a logarithmic scale: most pixels leave early. What never leaves is black. */
static double brightness_of(uint16_t count, uint32_t iterations)
{
    if (count >= iterations)
        return 0;
    return log1p(count) / log1p(iterations);
}

static void paint(uint8_t rgb[3], uint32_t owner, uint16_t count, uint32_t iterations)
{
    static const double shift[3] = {0, 2.0 / 3, 1.0 / 3};
    double brightness = brightness_of(count, iterations);
    for (unsigned i = 0; i < 3; i++) {
        double light = owner ? component(hue_of(owner - 1), shift[i]) : 0.5;
        /* From black over the hue to white. */
        double level = brightness < 0.6 ? light * brightness / 0.6
                                        : light + (1 - light) * (brightness - 0.6) / 0.4;
        rgb[i] = (uint8_t)(owner ? 16 + 239 * level : 64);
    }
}

static void paint_row(uint8_t *rgb, const struct ps_picture *picture, uint32_t y)
{
    const _Atomic uint16_t *row = ps_picture_row(picture, y);
    for (uint32_t x = 0; x < picture->shape.width; x++) {
        const struct ps_tile *tile = ps_picture_tile(picture, ps_picture_tile_at(picture, x, y));
        paint(rgb + (size_t)x * 3, atomic_load_explicit(&tile->owner, memory_order_acquire),
              atomic_load_explicit(&row[x], memory_order_relaxed), picture->shape.iterations);
    }
}

enum ps_err ps_picture_png(const struct ps_picture *picture, void **png, size_t *size)
{
    uint32_t width = picture->shape.width, height = picture->shape.height;
    png_image image = {
        .version = PNG_IMAGE_VERSION, .width = width, .height = height, .format = PNG_FORMAT_RGB};
    uint8_t *pixels = malloc((size_t)width * height * 3);
    png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(image);
    *png = malloc(bytes);
    enum ps_err err = pixels && *png ? PS_OK : PS_ENOMEM;
    for (uint32_t y = 0; err == PS_OK && y < height; y++)
        paint_row(pixels + (size_t)y * width * 3, picture, y);
    if (err == PS_OK && !png_image_write_to_memory(&image, *png, &bytes, 0, pixels, 0, NULL))
        err = PS_ENOMEM;
    free(pixels);
    if (err != PS_OK) {
        free(*png);
        *png = NULL;
    }
    *size = bytes;
    return err;
}
