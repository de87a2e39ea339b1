/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HF_RENDER_TEXTURE_H
#define HF_RENDER_TEXTURE_H

#include "canvas.h"
#include "random.h"
#include "render.h"

/* Fills an opaque canvas with a texture of the given kind, from this stream of random numbers. */
bool hf_texture_fill (HfCanvas *canvas, HfRenderTexture kind, guint64 stream, HfPool *pool,
                      GError **error);

/* What contrast 0 leaves: the mean that textures vary about. */
#define HF_TEXTURE_MEAN 0.42f

/* Place of dot i of a width × height picture's lattice; false: no more. */
bool hf_texture_dot (int width, int height, int i, double *x, double *y);

#endif
