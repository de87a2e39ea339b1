/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The noise-aware softmax pyramid: what its parts share.
 *
 * A frame is taken apart into Laplacian bands, each with half the rows and columns of the finer one
 * (P. Burt, E. Adelson: The Laplacian pyramid as a compact image code, 1983), and a base. In each
 * band and at each pixel the frames are averaged with weights that grow with the 20th power of
 * their sharpness there: the sharpest frame has nearly all the weight where one is clearly
 * sharpest; where only noise is seen all have the same, so that flat areas become calmer than in
 * any frame. The averages are kept as running means, so that frames go by one after the other,
 * once.
 *
 * One frame is added in four steps, each over all tiles of a level, tiles shared out to the
 * threads: take     (pyramid-frame.c)    reads the frame, keeps it as level 0, widens the range of
 * values reduce   (pyramid-frame.c)    level 0 -> 1 -> 2 … , weighted by validity select
 * (pyramid-select.c)   coarse to fine: bands, their sharpness, the running softmax and at the end
 *   collapse (pyramid-collapse.c) base and bands added up, limited to the range of the frames
 *
 * Level l has its pixel (x, y) at (2^l x, 2^l y) of the picture. Beyond the edges pictures go on
 * mirrored about the outermost pixel.
 *
 * Validity. A pixel that is not valid in a frame weighs nothing: not in the reduction (a weighted
 * mean of what is valid), not in the smoothing of the energies (the same), not in the running
 * means. Bands need no weights: the coarse pixels that expanding reads at a valid pixel are those
 * whose reduction has counted this pixel, so they hold something (expanding is reducing
 * transposed).
 */
#ifndef HF_PYRAMID_H
#define HF_PYRAMID_H

#include "fuse/fuser.h"
#include "kernels/kernels.h"

enum {
    HF_PYRAMID_MOST_LEVELS = 24,
    HF_PYRAMID_MARGIN = 16, /* floats around a tile's row, for neighbours */
    HF_PYRAMID_TILE_WIDTH = 1024,
    HF_PYRAMID_TILE_HEIGHT = 128,
    HF_PYRAMID_ROW = HF_PYRAMID_TILE_WIDTH + 2 * HF_PYRAMID_MARGIN /* floats of a row buffer */
};

typedef struct HfPyramidLevel {
    int width, height;
    size_t stride; /* samples from row to row, of all planes */

    /* The current frame. */
    void *picture[3];  /* kept as HfPyramidStore says */
    uint8_t *validity; /* 0 .. 255 */
    float *sharpness;  /* of its band, written by select; NULL at level 0 and the base */

    /* All frames so far. */
    void *mean[3];     /* of the bands; the base: of the pictures */
    void *weight;      /* sum of weights, relative to those of the sharpest frame */
    void *peak;        /* largest energy */
    double band_noise; /* expected energy of the band where there is only noise */

    float *result[3]; /* collapse: from this level up; shares the memory of the current frame */
} HfPyramidLevel;

typedef struct HfPyramid {
    int n_colours;
    int n_levels; /* bands; levels[n_levels] is the base */
    HfPyramidLevel levels[HF_PYRAMID_MOST_LEVELS + 1];
    const HfPyramidKernels *kernels;
    const HfPyramidStore *store;
    HfPool *pool;
    int n_workers;

    void *low[3], *high[3]; /* range of the frames so far, level 0 */
    void *most;             /* largest validity of the frames so far, level 0 */
    int opaque;             /* the current frame is valid everywhere; its validity is not read */
    float *output;          /* collapse: a band on its way to the writer, of output_rows */
    int output_rows;
    float *scratch; /* n_workers × scratch_floats */
    size_t scratch_floats;
    char *memory;                   /* all of the above */
    size_t state_from, state_bytes; /* of it: what starts as zeros */
} HfPyramid;

/* A tile of a level: x and y are even. */
typedef struct HfPyramidTile {
    int x, y, width, height;
} HfPyramidTile;

/* Where a picture of n samples goes on beyond its ends. */
int hf_pyramid_mirror (int i, int n);
/* The same for the level above, in its samples: i for a level of n samples. */
int hf_pyramid_mirror_coarse (int i, int n);

HfPyramidTile hf_pyramid_tile (int width, int height, int tile_width, int tile_height, int chunk);
int hf_pyramid_n_tiles (int width, int height, int tile_width, int tile_height);

/* Address of sample (x, y) of a plane of `bytes` a sample. */
static inline void *
hf_pyramid_at (const HfPyramidLevel *level, const void *plane, int bytes, int x, int y)
{
    size_t at = (size_t) y * level->stride + (size_t) x;

    return (char *) plane + at * (size_t) bytes;
}

/* Is the current frame valid in the whole of these rows and columns, as far as they exist? */
bool hf_pyramid_tile_opaque (const HfPyramid *pyramid, const HfPyramidLevel *level, int x0, int y0,
                             int x1, int y1);

/*
 * Loads samples first .. first + n - 1 of a row of `width`, mirrored beyond its ends; `load` and
 * `bytes` say how they are kept. `fine_width` is 0, or the width of the level below where the row
 * is to go on as that one's does.
 */
void hf_pyramid_load_row (void (*load) (float *row, const void *kept, int n), int bytes,
                          const void *row, int width, int fine_width, int first, int n, float *out);

/* Weights of the three expanded rows (k - 1, k, k + 1) at row y, k = y / 2. */
static inline const float *
hf_pyramid_near (int y)
{
    static const float near[2][3] = { { 0.125f, 0.75f, 0.125f }, { 0.0f, 0.5f, 0.5f } };

    return near[y & 1];
}

/* Runs func over tiles in pieces, with a check point between them; `done` .. `then` of the part. */
bool hf_pyramid_for (HfPyramid *pyramid, int n_tiles,
                     void (*func) (void *data, int chunk, int worker), void *data,
                     HfMonitor *monitor, double done, double then, GError **error);

/* Energy of each band of white noise of variance 1 in one colour; gain has n_levels entries. */
void hf_pyramid_noise_gain (int n_levels, double *gain);

/* The steps. */
bool hf_pyramid_take (HfPyramid *pyramid, const HfBandReader *frame, HfMonitor *monitor,
                      GError **error);
bool hf_pyramid_reduce (HfPyramid *pyramid, HfMonitor *monitor, GError **error);
bool hf_pyramid_select (HfPyramid *pyramid, HfMonitor *monitor, GError **error);
bool hf_pyramid_collapse (HfPyramid *pyramid, const HfBandWriter *writer, HfMonitor *monitor,
                          GError **error);

/* Floats of scratch that a step needs for each worker. */
size_t hf_pyramid_take_scratch (int n_colours);
size_t hf_pyramid_reduce_scratch (int n_colours);
size_t hf_pyramid_select_scratch (int n_colours);
size_t hf_pyramid_collapse_scratch (int n_colours);

#endif
