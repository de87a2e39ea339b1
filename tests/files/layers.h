/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A layered TIFF for tests: frames first, then a slab, the fused picture last, of
 * different sizes and places. */
#ifndef HF_TEST_LAYERS_H
#define HF_TEST_LAYERS_H

#include "pictures.h"

enum { N_LAYERS = 4, SLAB_LAYER = 2, FUSED_LAYER = 3 };

typedef struct Layer {
    const char *name;
    int x, y; /* as given to the sink */
    HfImage *image;
} Layer;

/* Pictures of this format, random but for alpha, which is never 0. */
void layers_new (Layer layers[N_LAYERS], HfFormat format, guint32 seed);
void layers_clear (Layer layers[N_LAYERS]);

/* Writes them in this order through the layered sink; fails the test on an error. */
void layers_save (const Layer layers[N_LAYERS], const char *path, HfMetadata *metadata);

/* The layer at place `page` of the file. */
int layer_of_page (int page);

#endif
