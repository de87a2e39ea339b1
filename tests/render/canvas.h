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
 * The canvas blurred by a disc with area-weighted rim. radius in samples of the canvas; radius 0
 * copies. *variance (may be NULL) is the disc's measured second moment along one axis, samples².
 */
HfCanvas *hf_canvas_defocus (const HfCanvas *canvas, double radius, HfPool *pool, double *variance,
                             GError **error);

/* That second moment for a radius of more than half a sample, without a blur. */
double hf_defocus_variance (double radius);

/*
 * Weights of Lanczos interpolation with `lobes` (up to 6) at 1025 phases: 2 × lobes weights each,
 * of sum 1, phase p lying p / 1024 after sample lobes - 1. Computed once for each number of lobes,
 * static.
 */
const float *hf_lanczos_table (int lobes);

enum { HF_LANCZOS_PHASES = 1024 };

/* The canvas at a place in reference coordinates, by Lanczos interpolation with 3 lobes. */
HfPixel hf_canvas_sample (const HfCanvas *canvas, const float *lanczos_3, double x, double y);

#endif
