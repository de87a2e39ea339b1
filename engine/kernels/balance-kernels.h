/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Maps of single channels, and colours as saturation and value, lightness and saturation, or CIE
 * L*a*b*. Rows of n samples; samples may lie outside of 0..1. `out` may be
 * `in`, but not for L*a*b*.
 */
#ifndef HF_BALANCE_KERNELS_H
#define HF_BALANCE_KERNELS_H

typedef struct HfBalanceKernels {
    /* out[i] = |in[i]|^exponent with the sign of in[i]; relative error below 4e-6 */
    void (*power) (const float *in, float exponent, int n, float *out);
    /* out[i] is the table of last + 1 entries over 0..1, linearly interpolated; what in[i] lies
     * outside of 0..1 is added. */
    void (*curve) (const float *in, const float *table, int last, int n, float *out);

    /*
     * HSV: value = max of the colours, saturation = (max - min) / max, 0 where max <= 0. Joined, each
     * colour is value (1 - saturation × its place between max and min), so the hue of `in` is kept;
     * saturation does not go beyond 1 unless it was there. Pixels with max <= 0 stay as they are.
     */
    void (*split_hsv) (const float *const in[3], int n, float *saturation, float *value);
    void (*join_hsv) (const float *const in[3], const float *saturation, const float *value, int n,
                      float *const out[3]);
    /*
     * HLS: lightness = (max + min) / 2, saturation = (max - min) / (1 - |2 lightness - 1|), 0 where
     * lightness is not within 0..1. Joined likewise; the colours of pixels whose lightness was not
     * within 0..1 move by what it has changed.
     */
    void (*split_hls) (const float *const in[3], int n, float *lightness, float *saturation);
    void (*join_hls) (const float *const in[3], const float *lightness, const float *saturation,
                      int n, float *const out[3]);
    /* L*a*b* of sRGB colours (D65), as L / 100, (a + 128) / 256, (b + 128) / 256; extended beyond
     * 0..1 so that joining takes every colour back. */
    void (*split_lab) (const float *const in[3], int n, float *const lab[3]);
    void (*join_lab) (const float *const lab[3], int n, float *const out[3]);
} HfBalanceKernels;

#endif
