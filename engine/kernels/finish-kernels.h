/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Inner loops of denoising and sharpening (finish/denoise.c and finish/sharpen.c tell what they
 * compute). Rows begin anywhere; no more than the samples named are touched; `out` overlaps nothing
 * that is read. Each sample is computed alike wherever its row begins.
 */
#ifndef HF_FINISH_KERNELS_H
#define HF_FINISH_KERNELS_H

enum {
    HF_DENOISE_PATCH = 5, /* pixels: side of the patches that are compared */
    HF_DENOISE_CALM = 9   /* pixels: side of the window that the local noise is measured in */
};

/* One row of candidates against one row of pixels: pixel i and candidate i belong together. */
typedef struct HfDenoiseRow {
    const float *const *distances;    /* HF_DENOISE_PATCH rows of n + HF_DENOISE_PATCH - 1 floats */
    const float *const *pairs;        /* likewise: validities of both multiplied; NULL: all 1 */
    const float *noise, *other_noise; /* relative variance around each pixel and candidate */
    const float *other_validity;      /* of the candidates; not read where pairs is NULL */
    float scale;                      /* of a patch's mean square difference */
    int n;
} HfDenoiseRow;

typedef struct HfFinishKernels {
    /* out[i] = sum over the colours of (a[c][i] - b[c][i])² */
    void (*difference) (const float *const *a, const float *const *b, int n_colours, int n,
                        float *out);
    /* out[i] = a[i] × b[i] */
    void (*multiply) (const float *a, const float *b, int n, float *out);
    /*
     * Weights of the candidates, 0..1. With D the mean of the distances over the patch, weighted by
     * the pairs, d = D scale / (noise + other_noise): t = 2 - d kept within 0..1, weight t². 0
     * where no pair of the patch is valid; times the candidate's validity.
     */
    void (*weigh) (const HfDenoiseRow *row, float *out);
    /* sums[c][i] += weight[i] (b[c][i] - a[c][i]); total[i] += weight[i] */
    void (*gather) (const float *weight, const float *const *a, const float *const *b,
                    int n_colours, int n, float *const *sums, float *total);
    /* out[i] = in[i] + amount × sum[i] / total[i] */
    void (*settle) (const float *in, const float *sum, const float *total, float amount, int n,
                    float *out);
    /*
     * The finest diagonal detail, squared: out[i] += (rows filtered with 1 -2 1 both ways)² / 36.
     * Three rows of n + 2 samples. valid[i] is the product of the nine validities; NULL: not
     * wanted.
     */
    void (*detail) (const float *const *rows, int n, float *out);
    void (*whole) (const float *const *validities, int n, float *out);
    /*
     * Relative variance of the noise: mean of the details over HF_DENOISE_CALM rows of n +
     * HF_DENOISE_CALM - 1 samples, weighted (weights NULL: all 1), times scale, kept within
     * least..1; 1 where all weights are 0.
     */
    void (*calm) (const float *const *details, const float *const *weights, int n, float scale,
                  float least, float *out);
    /* out[i] = sum of weights[|k|] rows[reach + k][i] over k = -reach … reach */
    void (*blur_rows) (const float *const *rows, const float *weights, int reach, int n,
                       float *out);
    /* out[i] = sum of weights[|k|] row[reach + i + k] */
    void (*blur_row) (const float *row, const float *weights, int reach, int n, float *out);
    /*
     * Unsharp mask: with d = in - blurred / share (0 where share is 0), out = in + amount × (d
     * brought nearer to 0 by threshold), kept within ±FLT_MAX / 4.
     */
    void (*sharpen) (const float *in, const float *blurred, const float *share, float amount,
                     float threshold, int n, float *out);
} HfFinishKernels;

#endif
