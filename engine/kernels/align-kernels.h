/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Inner loops of registration: grey conversion, smoothing, the cubic resampling of rows, and the
 * sums that the normal equations are made of. Sums are kept in 16 partial ones, one for each lane
 * of x, and added in a fixed order, so that every CPU level gives the same bits.
 */
#ifndef HF_ALIGN_KERNELS_H
#define HF_ALIGN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum { HF_ALIGN_LANES = 16 };

/* What row_sums () adds up for one row; w = weight, g = gradient, r = frame - template, u = x -
 * centre. */
typedef enum {
    HF_ROW_XX, /* w gx gx, then times u, then times u u */
    HF_ROW_XX_U,
    HF_ROW_XX_UU,
    HF_ROW_XY, /* w gx gy … */
    HF_ROW_XY_U,
    HF_ROW_XY_UU,
    HF_ROW_YY, /* w gy gy … */
    HF_ROW_YY_U,
    HF_ROW_YY_UU,
    HF_ROW_XR, /* w gx r, then times u */
    HF_ROW_XR_U,
    HF_ROW_YR, /* w gy r, … */
    HF_ROW_YR_U,
    HF_ROW_RR, /* w r r */
    HF_ROW_W,  /* w */
    HF_ROW_T,  /* template, without weight from here on, only where the mask is not 0 */
    HF_ROW_F,  /* frame */
    HF_ROW_TT,
    HF_ROW_FF,
    HF_ROW_TF,
    HF_ROW_N, /* pixels */
    HF_ROW_SUMS
} HfRowSum;

/*
 * A tile is 16 × 16 pixels. Its regressors are gx, gy, template minus its mean, 1, the template's
 * Laplacian, and frame - template; tile_sums () gives the upper triangle of their products, row by
 * row.
 */
enum { HF_TILE = 16, HF_TILE_REGRESSORS = 6, HF_TILE_SUMS = 21 };

typedef struct HfAlignKernels {
    /* n grey values 0..1 of interleaved samples; alpha is passed over. Floats are clamped to
     * -0.25..1.5, NaN becomes 0. */
    void (*grey_u8) (float *restrict grey, const uint8_t *restrict samples, int n_channels, int n);
    void (*grey_u16) (float *restrict grey, const uint16_t *restrict samples, int n_channels,
                      int n);
    void (*grey_float) (float *restrict grey, const float *restrict samples, int n_channels, int n);

    /* Halving by the binomial (1 5 10 10 5 1) / 32: down the columns of six rows, then along a row,
     * out[x] from in[2x - 2 .. 2x + 3]. */
    void (*halve_columns) (float *restrict out, const float *const rows[6], int n);
    void (*halve_row) (float *restrict out, const float *restrict in, int n);

    /* The binomial of nine taps / 256, sigma sqrt (2): down the columns, and along a row, out[x]
     * from in[x - 4 .. x + 4]. */
    void (*smooth_columns) (float *restrict out, const float *const rows[9], int n);
    void (*smooth_row) (float *restrict out, const float *restrict in, int n);

    /* The cubic of Catmull and Rom at rows[1] + fraction + i step, and along a row at
     * in[i + 1 + fraction + i step], in[i .. i + 3] read; fractions stay within 0..1. */
    void (*cubic_columns) (float *restrict out, const float *const rows[4], int n, float fraction,
                           float step);
    void (*cubic_row) (float *restrict out, const float *restrict in, int n, float fraction,
                       float step);

    /*
     * Adds n pixels to sums. t and f are three rows of template and frame, at the first pixel,
     * readable one pixel further on both sides; u is that pixel's x - centre; the weight of a
     * residual r is mask / (1 + r r inverse_scale2). `mask` may be NULL (all 1).
     */
    void (*row_sums) (const float *const t[3], const float *const f[3], const float *mask, int n,
                      float u, float inverse_scale2, float sums[HF_ROW_SUMS][HF_ALIGN_LANES]);

    /*
     * Sums of one tile; t and f point at its first pixel, one more pixel around is read. Weighted
     * by Tukey's biweight of what remains after `fit` (shift x, y, gain, offset, blur), zero from
     * 1 / inverse_limit on.
     */
    void (*tile_sums) (const float *restrict t, size_t t_stride, const float *restrict f,
                       size_t f_stride, const float fit[5], float inverse_limit,
                       float sums[HF_TILE_SUMS]);
} HfAlignKernels;

#endif
