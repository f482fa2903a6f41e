/* Files that a command makes because it was asked to. */
#ifndef PS_APP_OUTPUT_H
#define PS_APP_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/* Write a file whole or not at all. An existing one is kept (PS_EEXIST) unless `replace`: then it
 * is replaced in one step. why: what went wrong, for people. */
enum ps_err ps_output_write(const char *path, const void *bytes, size_t size, bool replace,
                            char *why, size_t why_size);

/* Whether a picture can be made of an SVG here; why: what to install. */
enum ps_err ps_png_available(char *why, size_t why_size);

/* SVG to PNG at twice its size, by rsvg-convert. *png is malloc'ed. */
enum ps_err ps_png_from_svg(const char *svg, void **png, size_t *size, char *why, size_t why_size);

/* A file that is written for a while. Like ps_output_write: never over what exists unless `replace`,
 * never through a link, readable by its owner only. */
struct ps_output {
    FILE *to;
    const char *path;     /* the caller's */
    char temporary[4096]; /* "": there is none, `path` itself is written */
};

/* replace: a file beside `path`, which takes its place when it is committed. PS_EEXIST, PS_EIO. */
enum ps_err ps_output_open(struct ps_output *output, const char *path, bool replace, char *why,
                           size_t why_size);
/* Flush, make durable, put in place. On failure nothing is left behind. */
enum ps_err ps_output_commit(struct ps_output *output, char *why, size_t why_size);
/* Close and leave nothing behind. */
void ps_output_abandon(struct ps_output *output);

/* An empty file to be written while something goes on, and of use even when its writer dies: it has
 * its name at once; replace: in the place of what was there. *fd: write only, the caller's. */
enum ps_err ps_output_create(const char *path, bool replace, int *fd, char *why, size_t why_size);

#endif
