/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * A tile of a picture with a margin all around, in which sharpness can be computed without asking
 * where the picture ends: beyond its edges it goes on mirrored about the outermost pixel.
 */
#ifndef HF_FOCUS_TILE_H
#define HF_FOCUS_TILE_H

#include "fuse/fuser.h"
#include "kernels/kernels.h"

enum {
    HF_TILE_WIDTH = 512,
    HF_TILE_HEIGHT = 128,
    HF_TILE_LONGEST_REACH = 48 /* of one window */
};

typedef struct HfFocusTile {
    HfRect core; /* in the picture */
    int margin;
    int n_colours;
    size_t stride;
    /* Samples of the core's first pixel; -margin .. size - 1 + margin may be used both ways. */
    float *colour[3], *validity;
    float *work[3]; /* for results, laid out alike; not filled */
    bool opaque;    /* validity is 1 everywhere and not filled */
} HfFocusTile;

/* How sharpness is measured. */
typedef struct HfFocusMeasure {
    HfDepthEnergy energy;
    int blur, window; /* pixels: how far the blur before and the window of the mean reach */
    int smooth;       /* the same of the edge-preserving smoothing; 0 = none */
    float blur_weights[2 * HF_TILE_LONGEST_REACH + 1];
    float window_weights[2 * HF_TILE_LONGEST_REACH + 1];
    float smooth_weights[HF_TILE_LONGEST_REACH + 1]; /* by distance */
    float smooth_sigma;
} HfFocusMeasure;

/* Weights of a Gaussian window of an odd number of samples, size = 2 reach + 1, sum 1; its
 * sigma is a fifth of the size. An even size counts as the next odd one. Returns the reach. */
int hf_focus_window (int size, float *weights);

/* Pixels around a pixel that its sharpness depends on. */
int hf_focus_margin (const HfFocusMeasure *measure);

/*
 * Expected sharpness where there is only white noise of the standard deviations sigma[], for the
 * picture itself and its reductions (1 4 6 4 1 both ways, each half of the one before): n_levels
 * results.
 */
void hf_focus_noise (const HfFocusMeasure *measure, const double *sigma, int n_colours,
                     int n_levels, double *noise);

/* Floats of a tile of at most HF_TILE_WIDTH × HF_TILE_HEIGHT pixels. */
size_t hf_focus_tile_floats (int margin, int n_colours);

int hf_focus_n_tiles (int width, int height);

/* Number `chunk` of the tiles of a picture, in `memory`; nothing is read yet. */
void hf_focus_tile_place (HfFocusTile *tile, int width, int height, int chunk, int margin,
                          int n_colours, float *memory);

/* Fills it from a frame, or from planes of the picture (validity NULL: valid everywhere). */
void hf_focus_tile_read (HfFocusTile *tile, int width, int height, const HfBandReader *frame,
                         int worker);
void hf_focus_tile_load (HfFocusTile *tile, int width, int height, size_t stride,
                         float *const colour[3], const float *validity);

/*
 * Sharpness of the core, left in work[0]: that of all colours together, averaged over the
 * window, then smoothed. Next to what is not valid there is none; -1 where the pixel itself is not.
 * Changes the tile's colours where there is a blur.
 */
void hf_focus_tile_measure (HfFocusTile *tile, const HfFocusMeasure *measure,
                            const HfDepthKernels *kernels);

#endif
