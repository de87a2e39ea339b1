/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Inner loops of the warp (steps/align-warp.c tells what it computes). All come once for each
 * interpolation, indexed by HfInterpolation.
 *
 * A kernel of `taps` weights spans the samples whole - taps / 2 + 1 … whole + taps / 2 around a
 * position whole + fraction. Positions are integers in units of 2^-HF_WARP_FRACTION pixels, so that
 * they are the same however a row is cut.
 */
#ifndef HF_WARP_KERNELS_H
#define HF_WARP_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum {
    HF_WARP_FRACTION = 40,
    HF_WARP_BLOCK = 16, /* most pixels that are worked on together */
    HF_WARP_MOST_TAPS = 12,
    HF_WARP_MOST_SPREAD = 15, /* by how much whole positions may drift apart within a block */
    HF_WARP_N_INTERPOLATIONS = 5
};

/* Half a level of 8 bit: what is fainter would blow up rounding errors. */
#define HF_WARP_LEAST_VALIDITY 0x1p-9f

/* Interpolation along rows: out[p][i] from rows[p] at slope (first + i) + start, for i < n. */
typedef struct HfWarpAlongRow {
    int64_t slope, start; /* positions stay within ±2^22 pixels, 1/4 <= slope <= 7/4 */
    int first, n;
    const float
        *rows[4]; /* sample x at rows[p][x - origin], readable from the first pixel's first tap
                     - the spread to the last tap of n rounded up to whole blocks + the spread */
    int origin;
    float *out[4]; /* room for n rounded up to whole blocks */
    int n_planes;
} HfWarpAlongRow;

/* Interpolation along columns: out[p][i] from column i of the rows at slope (first + i) + start. */
typedef struct HfWarpAlongColumn {
    int64_t slope, start; /* as above, -3/4 <= slope <= 3/4 */
    int first, n;
    const float *const
        *rows; /* sample (i, y) of plane p at rows[y - origin][p plane + i], for all taps of
                  the n pixels, readable up to n rounded up to whole blocks */
    int origin;
    size_t plane;
    float *out[4]; /* room for n */
    int n_planes;
} HfWarpAlongColumn;

/* Interpolation of n <= HF_WARP_BLOCK pixels anywhere. */
typedef struct HfWarpBlock {
    const float *planes[4];
    size_t stride;            /* of the planes' rows */
    const ptrdiff_t *offsets; /* in the planes, of each pixel's first tap in the first row */
    const float *x, *y;       /* fractions */
    int n;
    float *out[4];
    int n_planes;
} HfWarpBlock;

typedef struct HfWarpKernels {
    /* out[i] = colour[i] × validity[i]; out[i] = 1 - validity[i] */
    void (*premultiply) (const float *colour, const float *validity, int n, float *out);
    void (*complement) (const float *validity, int n, float *out);
    /*
     * Turns interpolated premultiplied colours and the interpolated complement of validity, which
     * `validity` holds, into colours and validity, in place. Validity under HF_WARP_LEAST_VALIDITY
     * becomes 0, and so does the colour there.
     */
    void (*unmultiply) (float *const *colours, int n_colours, float *validity, int n);
    void (*along_row[HF_WARP_N_INTERPOLATIONS]) (const HfWarpAlongRow *work);
    void (*along_column[HF_WARP_N_INTERPOLATIONS]) (const HfWarpAlongColumn *work);
    void (*block[HF_WARP_N_INTERPOLATIONS]) (const HfWarpBlock *work);
    /* The kernel at a distance from its centre, for those who stretch it; 0 from taps / 2 on. */
    float (*value[HF_WARP_N_INTERPOLATIONS]) (float distance);
    int taps[HF_WARP_N_INTERPOLATIONS];
} HfWarpKernels;

#endif
