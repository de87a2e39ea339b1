/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Inner loops of the pyramid fusion (fuse/pyramid.h tells what they are for). All work on rows of
 * n floats; rows read with neighbours must have them in memory before and behind. Nothing overlaps
 * what is written, except where a row is said to be changed in place.
 */
#ifndef HF_PYRAMID_KERNELS_H
#define HF_PYRAMID_KERNELS_H

#include <stdint.h>

/*
 * How rows are kept in memory between steps. There are four ways:
 *   compact  colour: int16 in steps of 1/16384, rounded to nearest, of frames limited to -.49
 * .. 1.49 so that their bands fit too; weight and reference: the upper half of a float; range:
 *            bytes in steps of 1/255, 0 .. 1, rounded outward
 *   deep     range: 16 bit in steps of 1/65535, rounded outward; the rest: float
 *   exact    everything: float
 *   fine     as exact, but means, weights and results are double, and so is what makes them
 * Inside of the pyramid colours count in `unit`s, which saves scaling them at each step.
 */
#define HF_PYRAMID_COMPACT_UNIT 16384.0f

/*
 * Weights of the generating kernel (P. Burt, E. Adelson 1983): outer, 1/4, centre, 1/4, outer, with
 * 2 outer + centre = 1/2. Expanding has twice as much at the pixels that exist: 2 outer, 2 centre,
 * 2 outer at even ones, 1/2, 1/2 at odd ones.
 */
typedef struct HfPyramidTaps {
    float outer, centre;
} HfPyramidTaps;

/* One row whose bands are made: band = picture - (near[0] × above + near[1] × middle + near[2] ×
 * below), energy = the sum of the bands' squares. n_colours (1 or 3) of each. */
typedef struct HfPyramidBands {
    int n_colours;
    const void *picture[3]; /* as kept */
    const float *above[3], *middle[3], *below[3];
    float near[3];
    float *band[3], *energy;
} HfPyramidBands;

/*
 * One row of a frame that is weighed against the frames before it. `own` is the energy itself,
 * `soft` three rows of it softened along the row, `wide` and `lead` two rows each whose mean
 * counts.
 */
typedef struct HfPyramidChoice {
    int n_colours;
    const float *own, *soft[3], *wide[2], *lead[2], *band[3];
    const uint8_t *validity; /* 0..255, or NULL: valid everywhere */
    float noise;             /* energy of the band where there is only noise */
    float preference;        /* factor on the energy of this frame where it is no noise, minus 1 */
    float wide_share;        /* what the wide smoothing counts, 0 .. 1; the soft one has the rest */
    float *sharpness;        /* for the next finer level: the energy without its floor */
    void *weight, *reference, *mean[3]; /* as kept; taken in and changed */
} HfPyramidChoice;

typedef struct HfPyramidStore {
    int colour_bytes, mean_bytes, weight_bytes, range_bytes, result_bytes; /* of one sample */
    float unit; /* 1.0 of a frame is this inside */

    /* Keeps a row of the frame; 0 where validity is 0 (may be NULL: valid everywhere). */
    void (*take) (void *kept, const float *row, const uint8_t *validity, int n);
    /* Keeps a row of a coarser level, in units; loads any. */
    void (*keep) (void *kept, const float *row, int n);
    void (*load) (float *row, const void *kept, int n);
    /* The generating kernel, down the columns of five rows. */
    void (*reduce_columns) (float *out, const void *const kept[5], HfPyramidTaps taps, int n);

    void (*bands) (const HfPyramidBands *bands, int n);
    /* Sharpness, running softmax, running mean: fuse/pyramid-select.c has the formulas. */
    void (*choose) (const HfPyramidChoice *choice, int n);
    /* The mean of all frames alike: weight += trust in validity (NULL: 1); mean of pictures. */
    void (*average) (void *const mean[3], void *weight, const void *const picture[3], int n_colours,
                     const uint8_t *validity, int n);

    /* result = mean, as results are kept. */
    void (*begin_result) (void *result, const void *mean, int n);
    /* The kernel of `taps`, stretched along a row of results: 2n samples. */
    void (*expand_result) (void *out, const void *in, HfPyramidTaps taps, int n);
    /* result = mean + near[0] × above + near[1] × middle + near[2] × below. */
    void (*add_result) (void *result, const void *mean, const void *above, const void *middle,
                        const void *below, const float near[3], int n);

    /* The range that holds nothing, widened to hold the row where it is valid. */
    void (*clear_range) (void *low, void *high, int n);
    void (*widen) (void *low, void *high, const float *row, const uint8_t *validity, int n);
    /* Brings a result back from units, and into the range; 0 where validity is 0. */
    void (*limit) (float *row, const void *result, const void *low, const void *high,
                   const float *validity, int n);
    /* The largest validity so far, kept as a range's sample: raised to that of a row (0 .. 1; NULL
     * = 1 everywhere). */
    void (*raise) (void *most, const float *validity, int n);
    /* Gives it back; 1 where it is full everywhere. */
    int (*load_most) (float *validity, const void *most, int n);
} HfPyramidStore;

typedef struct HfPyramidKernels {
    HfPyramidStore compact, deep, exact, fine;

    /* The kernel of `taps`, stretched along a row: 2n samples. */
    void (*expand) (float *out, const float *in, HfPyramidTaps taps, int n);
    /* out[2i] = in[i], out[2i+1] = (in[i] + in[i+1]) / 2, i < n. */
    void (*stretch) (float *out, const float *in, int n);
    /* The generating kernel, down five rows, and along a row at every second sample (in[2i]). */
    void (*reduce_columns) (float *out, const float *const rows[5], HfPyramidTaps taps, int n);
    void (*reduce_row) (float *out, const float *in, HfPyramidTaps taps, int n);

    /* The weights 1 4 6 4 1 over 16, down the columns of five rows, and along a row. */
    void (*smooth_columns) (float *out, const float *const rows[5], int n);
    void (*smooth_row) (float *out, const float *in, int n);
    /* The weights 1 2 1 over 4 along a row. */
    void (*soften_row) (float *out, const float *in, int n);
    /* The same down three rows, at every second sample (in[2i]). */
    void (*soften_reduce) (float *out, const float *above, const float *middle, const float *below,
                           int n);
    /* The same down three rows of a weighted sum, over that of the weights; 0 where there are none.
     */
    void (*soften_ratio) (float *out, const float *const sums[3], const float *const weights[3],
                          int n);

    /* row × weight, and row / weight, in place; weights are >= 0, and 0 / 0 gives 0. */
    void (*multiply) (float *row, const float *weight, int n);
    void (*divide) (float *row, const float *weight, int n);
    /* Validity is kept as bytes; 255 becomes 1.0 to the last bit. */
    void (*load_validity) (float *row, const void *validity, int n);
    /* row × scale is rounded to 0..255, but only 0 becomes 0. */
    void (*keep_validity) (uint8_t *validity, const float *row, float scale, int n);
    /* 1 where all n bytes are 255. */
    int (*all_valid) (const uint8_t *validity, int n);
} HfPyramidKernels;

#endif
