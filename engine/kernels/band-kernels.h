/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Rows of interleaved samples to rows of float planes and back (band.c puts bands together from
 * them). `n_channels` is 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha; planes[] holds one pointer a
 * channel, alpha last. Rows may start anywhere; no more than n pixels are touched.
 */
#ifndef HF_BAND_KERNELS_H
#define HF_BAND_KERNELS_H

#include <stdint.h>

typedef struct HfBandKernels {
    /* planes[c][i] = row[i n_channels + c] / 255 or 65535; true when a sample of the alpha channel
     * (2 and 4 channels) is not the largest. */
    int (*read_u8) (const uint8_t *row, int n_channels, int n, float *const *planes);
    int (*read_u16) (const uint16_t *row, int n_channels, int n, float *const *planes);
    /* The same for floats: NaN gives 0, values are kept within ±FLT_MAX / 4 and alpha within 0..1;
     * true when a sample is NaN or alpha is not 1. */
    int (*read_float) (const float *row, int n_channels, int n, float *const *planes);
    /* validity[i] = 0 where one of the n_channels samples of a pixel is NaN; the rest stays. */
    void (*reject_nan) (const float *row, int n_channels, int n, float *validity);
    /* row[i n_channels + c] = planes[c][i], integers rounded to nearest and clamped. */
    void (*write_u8) (const float *const *planes, int n_channels, int n, uint8_t *row);
    void (*write_u16) (const float *const *planes, int n_channels, int n, uint16_t *row);
    void (*write_float) (const float *const *planes, int n_channels, int n, float *row);
    /* out[i] = in[i] × factor; out may be in */
    void (*scale) (const float *in, float factor, int n, float *out);
    /* out[i] = validity[i] > 0 ? colour[i] : 0 */
    void (*hide) (const float *colour, const float *validity, int n, float *out);
} HfBandKernels;

#endif
