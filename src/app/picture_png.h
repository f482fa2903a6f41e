/* The picture that julia steps drew as a PNG: the hue of a tile says which worker drew it, the
 * brightness of a pixel how many iterations it took. Tiles that nobody drew are grey. */
#ifndef PS_APP_PICTURE_PNG_H
#define PS_APP_PICTURE_PNG_H

#include "base/err.h"
#include "metrics/picture.h"

/* *png is malloc'ed. PS_ENOMEM. */
enum ps_err ps_picture_png(const struct ps_picture *picture, void **png, size_t *size);

#endif
