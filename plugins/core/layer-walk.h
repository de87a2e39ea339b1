/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which layers are frames. */
#ifndef HF_LAYER_WALK_H
#define HF_LAYER_WALK_H

#include "host.h"

/* A layer that is taken as a frame. */
typedef struct HfFrameLayer {
    int layer;
    char *name; /* owned */
    int x, y;
} HfFrameLayer;

/*
 * All visible layers that are no groups and no results of earlier runs, the bottom one first;
 * members of visible groups stand where their group stands. `n_results` (may be NULL) counts the
 * visible results that were passed over. An array of HfFrameLayer; g_array_unref () frees all.
 */
GArray *hf_layer_walk (HfHost *host, int *n_results);

#endif
