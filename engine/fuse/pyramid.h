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
#include "fuse/spill.h"
#include "kernels/kernels.h"

enum {
    HF_PYRAMID_MOST_LEVELS = 24,
    HF_PYRAMID_MARGIN = 16,      /* floats around a tile's row, for neighbours */
    HF_PYRAMID_WIDEST = 1024,    /* tiles, in samples */
    HF_PYRAMID_MARGIN_ROWS = 16, /* around a strip of a level that does not stay in memory */
    HF_PYRAMID_ROW = HF_PYRAMID_WIDEST + 2 * HF_PYRAMID_MARGIN /* floats of a row buffer */
};

/* Planes that are read and written together. */
typedef enum HfPyramidGroup {
    HF_PYRAMID_FRAME = 1,     /* the current frame: picture, validity */
    HF_PYRAMID_SHARPNESS = 2, /* of its band */
    HF_PYRAMID_STATE = 4,     /* mean, weight, reference */
    HF_PYRAMID_RANGE = 8,     /* level 0: low, high, most */
    HF_PYRAMID_RESULT = 16
} HfPyramidGroup;

/* A plane of a level as the spill file knows it. */
typedef struct HfPyramidPlane {
    void **samples;
    int bytes; /* of a sample */
    HfPyramidGroup group;
    size_t place; /* in the file */
} HfPyramidPlane;

enum { HF_PYRAMID_MOST_PLANES = 20 };

typedef struct HfPyramidLevel {
    int width, height;
    size_t stride; /* samples from row to row, of all planes */

    /* A level that does not stay in memory has its planes in a file, and a window on them here:
     * n_rows rows from row `first` on. Any other: 0 and height. */
    bool spilled;
    int first, n_rows;
    HfPyramidPlane planes[HF_PYRAMID_MOST_PLANES];
    int n_planes;

    /* The current frame. */
    void *picture[3]; /* kept as HfPyramidStore says */
    void *validity;   /* bytes */
    void *sharpness;  /* floats, of its band, written by select; NULL at level 0 and the base */

    /* All frames so far. */
    void *mean[3];     /* of the bands; the base: of the pictures */
    void *weight;      /* sum of weights */
    void *reference;   /* the energy that weighs 1 is one over it */
    double band_noise; /* expected energy of the band where there is only noise */

    /* Level 0: range of the frames so far, and their largest validity. */
    void *low[3], *high[3], *most;

    void *result[3]; /* collapse: from level 1 up; shares the memory of the current frame */
} HfPyramidLevel;

typedef struct HfPyramid {
    int n_colours;
    int n_levels; /* bands; levels[n_levels] is the base */
    HfPyramidLevel levels[HF_PYRAMID_MOST_LEVELS + 1];
    const HfPyramidKernels *kernels;
    const HfPyramidStore *store;
    HfPyramidTaps taps;
    float near[2][3]; /* weights of the expanded rows k - 1, k, k + 1 at row 2 k, 2 k + 1 */
    float wide_share;
    HfPrefer prefer;
    int n_frames, frame; /* to come, 0 = not known; number of the current one */
    float preference;    /* of the current frame: what its energy is raised by */
    int tile_width, tile_height;
    HfPool *pool;
    int n_workers;

    int opaque;       /* the current frame is valid everywhere; its validity is not read */
    bool all_seen;    /* the largest validity is full everywhere */
    float *output[2]; /* collapse: bands on their way to the writer, of output_rows */
    int output_rows;
    float *scratch; /* n_workers × scratch_floats */
    size_t scratch_floats;
    char *memory;                   /* all of the above */
    size_t state_from, state_bytes; /* of it: what starts as zeros */
    HfSpill *spill;                 /* NULL: all levels stay in memory */
    size_t spill_bytes;
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

/* Address of sample (x, y) of a plane of `bytes` a sample; the window must hold it. */
static inline void *
hf_pyramid_at (const HfPyramidLevel *level, const void *plane, int bytes, int x, int y)
{
    size_t at = (size_t) (y - level->first) * level->stride + (size_t) x;

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

/* ---- pyramid-window.c: levels that do not stay in memory; nothing is done for any other ---- */

/* Rows that a step may work on at a time. */
int hf_pyramid_strip (const HfPyramid *pyramid, const HfPyramidLevel *level);
/* Moves the window, as far as the level reaches; its samples are not those of the file yet. */
void hf_pyramid_move (HfPyramidLevel *level, int first);
/* Reads, writes rows first .. end - 1 of the groups, as far as they exist; they must be in the
 * window. */
bool hf_pyramid_fetch (HfPyramid *pyramid, HfPyramidLevel *level, int groups, int first, int end,
                       GError **error);
bool hf_pyramid_keep (HfPyramid *pyramid, HfPyramidLevel *level, int groups, int first, int end,
                      GError **error);

/* Runs func over tiles in pieces, with a check point between them; `done` .. `then` of the part. */
bool hf_pyramid_for (HfPyramid *pyramid, int n_tiles,
                     void (*func) (void *data, int chunk, int worker), void *data,
                     HfMonitor *monitor, double done, double then, GError **error);

/* Energy of each band of white noise of variance 1 in one colour, for a generating kernel of this
 * outer weight; gain has n_levels entries. */
void hf_pyramid_noise_gain (int n_levels, double outer, double *gain);

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
