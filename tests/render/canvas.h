/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A canvas: a raster of the scene, finer than the pixels of the frames and larger than the
 * reference, placed in reference coordinates. Colour is premultiplied by alpha.
 */
#ifndef HF_RENDER_CANVAS_H
#define HF_RENDER_CANVAS_H

#include <hyperfocal/memory.h>
#include <hyperfocal/threads.h>

/* R, G, B times alpha, alpha. */
typedef float HfPixel __attribute__ ((vector_size (16)));

typedef struct HfCanvas {
    int width, height; /* samples */
    double x, y;       /* reference coordinates of the first sample, pixels */
    double step;       /* pixels from sample to sample */
    bool opaque;       /* beyond the border lies its nearest sample; otherwise nothing */
    bool view;         /* the samples belong to another canvas */
    HfPixel *pixels;   /* height × width */
} HfCanvas;

/* Uninitialised samples. NULL with HF_ERROR_MEMORY. */
HfCanvas *hf_canvas_new (int width, int height, double x, double y, double step, bool opaque,
                         GError **error);
void hf_canvas_free (HfCanvas *canvas);

/* Rows from .. to - 1 (clamped to what there is) as a canvas that borrows them. */
HfCanvas *hf_canvas_view (const HfCanvas *canvas, int from, int to);

/* Every other sample, after smoothing by 1 4 6 4 1. */
HfCanvas *hf_canvas_halve (const HfCanvas *canvas, HfPool *pool, GError **error);

/* The canvas seen through the lens where it is in focus and the pixels: a Gaussian of `sigma`
 * pixels and the mean over one pixel's area. */
HfCanvas *hf_canvas_expose (const HfCanvas *canvas, double sigma, HfPool *pool, GError **error);

/*
 * The canvas blurred by a disc with area-weighted rim, its radius in samples of the canvas (half a
 * sample or less copies). `blurred` owns at least as many samples as the canvas has and takes its
 * shape and place; `room` holds hf_canvas_defocus_room () pixels of scratch.
 */
void hf_canvas_defocus (const HfCanvas *canvas, double radius, HfCanvas *blurred, HfPixel *room,
                        HfPool *pool);
size_t hf_canvas_defocus_room (const HfCanvas *canvas, double radius);

/* The second moment of such a disc along one axis, samples². */
double hf_defocus_variance (double radius);

/* The canvas at a place in reference coordinates; weights: hf_true_weights (). */
HfPixel hf_canvas_sample (const HfCanvas *canvas, const float *weights, double x, double y);

#endif
