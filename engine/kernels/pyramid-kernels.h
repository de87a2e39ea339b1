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
 * How rows are kept in memory between steps. There are three ways:
 *   compact  colour: int16 in steps of 1/16384, rounded to nearest, of frames limited to -.49
 * .. 1.49 so that their bands fit too; weight and peak: the upper half of a float; range: bytes in
 *            steps of 1/255, 0 .. 1, rounded outward
 *   deep     range: 16 bit in steps of 1/65535, rounded outward; the rest: float
 *   exact    everything: float
 * Inside of the pyramid colours count in `unit`s, which saves scaling them at each step.
 */
#define HF_PYRAMID_COMPACT_UNIT 16384.0f

typedef struct HfPyramidStore {
    int colour_bytes, weight_bytes, range_bytes; /* of one sample */
    float unit;                                  /* 1.0 of a frame is this inside */

    /* Keeps a row of the frame; 0 where validity is 0 (may be NULL: valid everywhere). */
    void (*take) (void *kept, const float *row, const uint8_t *validity, int n);
    /* Keeps a row of a coarser level, in units; loads any. */
    void (*keep) (void *kept, const float *row, int n);
    void (*load) (float *row, const void *kept, int n);
    /* The weights 1 4 6 4 1 over 16, down the columns of five rows. */
    void (*smooth_columns) (float *out, const void *const kept[5], int n);

    /*
     * band = kept - (near[0] × above + near[1] × middle + near[2] × below); energy gets the band's
     * square, or has it added when `more`.
     */
    void (*band) (float *band, float *energy, const void *kept, const float *above,
                  const float *middle, const float *below, const float near[3], int more, int n);

    /*
     * One step of the running softmax: peak and weight take in the energy (> 0; validity 0..255 or
     * NULL), share becomes this frame's part of the new weight, 0 .. 1.
     */
    void (*weigh) (void *weight, void *peak, float *share, const float *energy,
                   const uint8_t *validity, int n);
    /* mean += share × (band - mean). */
    void (*blend) (void *mean, const float *share, const float *band, int n);

    /* The range that holds nothing, widened to hold the row where it is valid. */
    void (*clear_range) (void *low, void *high, int n);
    void (*widen) (void *low, void *high, const float *row, const uint8_t *validity, int n);
    /* Brings the row back from units, and into the range; 0 where validity is 0. */
    void (*limit) (float *row, const void *low, const void *high, const float *validity, int n);
    /* The largest validity so far, kept as a range's sample: raised to that of a row (0 .. 1; NULL
     * = 1 everywhere). */
    void (*raise) (void *most, const float *validity, int n);
    void (*load_most) (float *validity, const void *most, int n);
} HfPyramidStore;

typedef struct HfPyramidKernels {
    HfPyramidStore compact, deep, exact; /* for frames of 8 bit, 16 bit, float */

    /* out[2i] = (in[i-1] + 6 in[i] + in[i+1]) / 8, out[2i+1] = (in[i] + in[i+1]) / 2, i < n. */
    void (*expand) (float *out, const float *in, int n);
    /* out[2i] = in[i], out[2i+1] = (in[i] + in[i+1]) / 2, i < n. */
    void (*stretch) (float *out, const float *in, int n);
    /* row += near[0] × above + near[1] × middle + near[2] × below. */
    void (*add_expanded) (float *row, const float *above, const float *middle, const float *below,
                          const float near[3], int n);

    /* The weights 1 4 6 4 1 over 16, down the columns of five rows. */
    void (*smooth_columns) (float *out, const float *const rows[5], int n);
    /* The same along a row, at each sample; and at every second one (in[2i]). */
    void (*smooth_row) (float *out, const float *in, int n);
    void (*reduce_row) (float *out, const float *in, int n);
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
    /* Validity is kept as bytes; 0..255 as floats too. */
    void (*load_validity) (float *row, const void *validity, int n);
    /* row × scale is rounded to 0..255, but only 0 becomes 0. */
    void (*keep_validity) (uint8_t *validity, const float *row, float scale, int n);
    /* 1 where all n bytes are 255. */
    int (*all_valid) (const uint8_t *validity, int n);

    /*
     * The sharpness of a row (fuse/pyramid-select.c): `fine` are three rows of the energy softened
     * along the row, `own` the energy itself, `wide` and `coarse` two rows each whose mean counts;
     * `noise` is that of the band's energy. sharpness: without the floor, for the next finer
     * level; energy: with it, what the softmax compares.
     */
    void (*sharpness) (float *sharpness, float *energy, const float *const fine[3],
                       const float *own, const float *const wide[2], const float *const coarse[2],
                       float noise, int n);
} HfPyramidKernels;

#endif
