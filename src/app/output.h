/* Files that a command makes because it was asked to. */
#ifndef PS_APP_OUTPUT_H
#define PS_APP_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Write a file whole or not at all. An existing one is kept (PS_EEXIST) unless `replace`: then it
 * is replaced in one step. why: what went wrong, for people. */
enum ps_err ps_output_write(const char *path, const void *bytes, size_t size, bool replace,
                            char *why, size_t why_size);

/* Whether a picture can be made of an SVG here; why: what to install. */
enum ps_err ps_png_available(char *why, size_t why_size);

/* SVG to PNG at twice its size, by rsvg-convert. *png is malloc'ed. */
enum ps_err ps_png_from_svg(const char *svg, void **png, size_t *size, char *why, size_t why_size);

#endif
