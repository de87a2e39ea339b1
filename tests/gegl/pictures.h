/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures, buffers and graphs for the tests of the GEGL operations. */
#ifndef HF_TEST_PICTURES_H
#define HF_TEST_PICTURES_H

#include "bridge/buffer.h"

/* All twelve formats of the engine. */
#define N_FORMATS 12
extern const HfFormat all_formats[N_FORMATS];

/* A seed drawn at test time, printed; HF_TEST_SEED in the environment replays one. */
guint32 drawn_seed (void);

/* A textured picture; alpha, where there is some, is 0, 1 and between by areas. */
HfImage *picture_new (int width, int height, HfFormat format, guint32 seed);

/* Frame `frame` of `n`: the same texture in all, sharp in its own vertical stripe, blurred
 * elsewhere, shifted by `shift` whole pixels a frame. */
HfImage *picture_new_frame (int width, int height, HfFormat format, guint32 seed, int frame, int n,
                            int shift);

/* The picture as a buffer of its own format whose extent begins at (x, y). */
GeglBuffer *picture_to_buffer (const HfImage *image, int x, int y, const Babl *space);

/* Same size, format and bits? Fails the test with the first difference. */
void pictures_assert_equal (const HfImage *a, const HfImage *b);

/* The largest difference of two samples, in levels or 1 / 65535. */
double pictures_difference (const HfImage *a, const HfImage *b);

/* A node that gives the buffer. */
GeglNode *graph_add_buffer (GeglNode *graph, GeglBuffer *buffer);

/* Renders a rectangle of a node's output in the engine's format, without any cache. */
HfImage *node_render (GeglNode *node, const GeglRectangle *rect, HfFormat format,
                      const Babl *space);

/* A whole picture as a band, and back into a new picture of `format`. The memory is the band's
 * first colour plane, freed with hf_pixels_free (). */
HfBand picture_to_band (const HfImage *image);
HfImage *band_to_picture (const HfBand *band, HfFormat format);
HfBand band_new (int width, int height, int n_colours);

/* Saves a picture under this name in `folder`; returns the path. */
char *picture_save (const HfImage *image, const char *folder, const char *name);

/* A new folder that folder_remove () empties and deletes. */
char *folder_new (void);
void folder_remove (char *folder);

#endif
