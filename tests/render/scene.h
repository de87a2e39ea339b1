/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scene: layers of surface, each with its own depth, from the farthest to the nearest. */
#ifndef HF_RENDER_SCENE_H
#define HF_RENDER_SCENE_H

#include "canvas.h"
#include "render.h"

enum { HF_SCENE_LAYERS = 16 };

/* Depth in frames, by place: a raster over reference coordinates, bilinear between its points. */
typedef struct HfRelief {
    int width, height;
    double x, y, step; /* pixels */
    float *depth;
} HfRelief;

typedef struct HfLayer {
    HfCanvas *canvas; /* as the pixels see it in focus */
    HfRelief relief;
} HfLayer;

typedef struct HfScene {
    int n_layers;
    HfLayer layers[HF_SCENE_LAYERS];
} HfScene;

/* Builds the scene, `margin` pixels larger than the reference at each side. */
HfScene *hf_scene_new (const HfRenderOptions *options, double margin, HfPool *pool, GError **error);
void hf_scene_free (HfScene *scene);

/* Depth at a place of the reference, beyond the raster that of its border. */
double hf_relief_at (const HfRelief *relief, double x, double y);

#endif
