/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Factors that depend on the distance from the centre of a picture, and their use on rows. */
#ifndef HF_VIGNETTING_KERNELS_H
#define HF_VIGNETTING_KERNELS_H

typedef struct HfVignettingKernels {
    /* gain[i] = 1 / (1 - share (1 - left)), left = 1 + q (a + q b) kept within least .. 1,
     * q = ((x + i)² + y²) × scale */
    void (*polynomial_gains) (float a, float b, float least, float share, float x, float y,
                              float scale, int n, float *gain);
    /*
     * gain[i] is the table, linearly interpolated, at sqrt ((x + i)² + y²) × scale, which is taken to
     * lie in 0 .. last; the table has last + 1 entries.
     */
    void (*gains) (const float *table, int last, float x, float y, float scale, int n, float *gain);
    /* gain[i] = 1 where the luminosity (Rec. 709) is not above black */
    void (*spare_grey) (const float *grey, float black, int n, float *gain);
    void (*spare_rgb) (const float *red, const float *green, const float *blue, float black, int n,
                       float *gain);
    /* out[i] = in[i] × gain[i]; out may be in */
    void (*multiply) (const float *in, const float *gain, int n, float *out);
} HfVignettingKernels;

#endif
