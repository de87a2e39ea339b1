/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "kernels/finish-kernels.h"

#include "kernels/level.h"

#include <float.h>
#include <stddef.h>

static void
difference_1 (const float *restrict a, const float *restrict b, int n, float *restrict out)
{
    for (int i = 0; i < n; i++)
        out[i] = (a[i] - b[i]) * (a[i] - b[i]);
}

static void
difference_3 (const float *restrict a0, const float *restrict a1, const float *restrict a2,
              const float *restrict b0, const float *restrict b1, const float *restrict b2, int n,
              float *restrict out)
{
    for (int i = 0; i < n; i++) {
        float d0 = a0[i] - b0[i], d1 = a1[i] - b1[i], d2 = a2[i] - b2[i];

        out[i] = d0 * d0 + d1 * d1 + d2 * d2;
    }
}

static void
difference (const float *const *a, const float *const *b, int n_colours, int n, float *out)
{
    if (n_colours == 1)
        difference_1 (a[0], b[0], n, out);
    else
        difference_3 (a[0], a[1], a[2], b[0], b[1], b[2], n, out);
}

static void
multiply (const float *restrict a, const float *restrict b, int n, float *restrict out)
{
    for (int i = 0; i < n; i++)
        out[i] = a[i] * b[i];
}

/* Sums of a patch in blocks that stay in registers and first-level cache. */
enum { BLOCK = 64, PATCH = HF_DENOISE_PATCH, CALM = HF_DENOISE_CALM };

/* Sum over the patch's rows, for m + PATCH - 1 columns from `first` on. */
static void
patch_columns (const float *const *rows, int first, int m, float *restrict out)
{
    const float *restrict r0 = rows[0] + first, *restrict r1 = rows[1] + first;
    const float *restrict r2 = rows[2] + first, *restrict r3 = rows[3] + first;
    const float *restrict r4 = rows[4] + first;

    for (int i = 0; i < m + PATCH - 1; i++)
        out[i] = r0[i] + r1[i] + r2[i] + r3[i] + r4[i];
}

static float
patch_sum (const float *columns)
{
    return columns[0] + columns[1] + columns[2] + columns[3] + columns[4];
}

/* NaN becomes the least. */
static float
bounded (float value, float least, float most)
{
    value = value > least ? value : least;
    return value < most ? value : most;
}

static void
weigh_all (const HfDenoiseRow *row, int first, int m, float *restrict out)
{
    const float *restrict noise = row->noise + first, *restrict other = row->other_noise + first;
    float columns[BLOCK + PATCH - 1];
    float scale = row->scale;

    patch_columns (row->distances, first, m, columns);
    for (int i = 0; i < m; i++) {
        float mean = patch_sum (columns + i) / (PATCH * PATCH);
        float t = bounded (2 - mean * scale / (noise[i] + other[i]), 0, 1);

        out[i] = t * t;
    }
}

static void
weigh_valid (const HfDenoiseRow *row, int first, int m, float *restrict out)
{
    const float *restrict noise = row->noise + first, *restrict other = row->other_noise + first;
    const float *restrict validity = row->other_validity + first;
    float columns[BLOCK + PATCH - 1], pairs[BLOCK + PATCH - 1];
    float scale = row->scale;

    patch_columns (row->distances, first, m, columns);
    patch_columns (row->pairs, first, m, pairs);
    for (int i = 0; i < m; i++) {
        float share = patch_sum (pairs + i);
        float mean = patch_sum (columns + i) / (share > 0 ? share : 1);
        float t = bounded (2 - mean * scale / (noise[i] + other[i]), 0, 1);

        float weight = t * t * validity[i];

        out[i] = share > 0 ? weight : 0;
    }
}

static void
weigh (const HfDenoiseRow *row, float *out)
{
    for (int first = 0; first < row->n; first += BLOCK) {
        int m = row->n - first < BLOCK ? row->n - first : BLOCK;

        if (row->pairs)
            weigh_valid (row, first, m, out + first);
        else
            weigh_all (row, first, m, out + first);
    }
}

static void
gather_1 (const float *restrict weight, const float *restrict a, const float *restrict b, int n,
          float *restrict sum)
{
    for (int i = 0; i < n; i++)
        sum[i] += weight[i] * (b[i] - a[i]);
}

static void
gather (const float *weight, const float *const *a, const float *const *b, int n_colours, int n,
        float *const *sums, float *restrict total)
{
    for (int c = 0; c < n_colours; c++)
        gather_1 (weight, a[c], b[c], n, sums[c]);
    for (int i = 0; i < n; i++)
        total[i] += weight[i];
}

static void
settle (const float *restrict in, const float *restrict sum, const float *restrict total,
        float amount, int n, float *restrict out)
{
    for (int i = 0; i < n; i++)
        out[i] = in[i] + amount * (sum[i] / total[i]);
}

static void
detail (const float *const *rows, int n, float *restrict out)
{
    const float *restrict a = rows[0], *restrict b = rows[1], *restrict c = rows[2];

    for (int i = 0; i < n; i++) {
        float left = a[i] - 2 * b[i] + c[i];
        float middle = a[i + 1] - 2 * b[i + 1] + c[i + 1];
        float right = a[i + 2] - 2 * b[i + 2] + c[i + 2];
        float found = left - 2 * middle + right;

        out[i] += found * found / 36;
    }
}

static void
whole (const float *const *validities, int n, float *restrict out)
{
    const float *restrict a = validities[0], *restrict b = validities[1],
                          *restrict c = validities[2];

    for (int i = 0; i < n; i++)
        out[i] = (a[i] * a[i + 1] * a[i + 2]) * (b[i] * b[i + 1] * b[i + 2]) *
                 (c[i] * c[i + 1] * c[i + 2]);
}

static void
calm_columns (const float *const *rows, int first, int m, float *restrict out)
{
    for (int i = 0; i < m + CALM - 1; i++)
        out[i] = 0;
    for (int j = 0; j < CALM; j++) {
        const float *restrict row = rows[j] + first;

        for (int i = 0; i < m + CALM - 1; i++)
            out[i] += row[i];
    }
}

static void
weighted_columns (const float *const *rows, const float *const *weights, int first, int m,
                  float *restrict out)
{
    for (int i = 0; i < m + CALM - 1; i++)
        out[i] = 0;
    for (int j = 0; j < CALM; j++) {
        const float *restrict row = rows[j] + first, *restrict weight = weights[j] + first;

        for (int i = 0; i < m + CALM - 1; i++)
            out[i] += row[i] * weight[i];
    }
}

static float
calm_sum (const float *columns)
{
    float sum = 0;

    for (int k = 0; k < CALM; k++)
        sum += columns[k];
    return sum;
}

static void
calm (const float *const *details, const float *const *weights, int n, float scale, float least,
      float *restrict out)
{
    float columns[BLOCK + CALM - 1], shares[BLOCK + CALM - 1];

    for (int first = 0; first < n; first += BLOCK) {
        int m = n - first < BLOCK ? n - first : BLOCK;

        if (weights) {
            weighted_columns (details, weights, first, m, columns);
            calm_columns (weights, first, m, shares);
        } else {
            calm_columns (details, first, m, columns);
            for (int i = 0; i < m + CALM - 1; i++)
                shares[i] = CALM;
        }
        for (int i = 0; i < m; i++) {
            float share = calm_sum (shares + i);
            float mean = calm_sum (columns + i) / (share > 0 ? share : 1);

            out[first + i] = share > 0 ? bounded (mean * scale, least, 1) : 1;
        }
    }
}

static void
blur_rows (const float *const *rows, const float *weights, int reach, int n, float *restrict out)
{
    const float *restrict middle = rows[reach];

    for (int i = 0; i < n; i++)
        out[i] = weights[0] * middle[i];
    for (int k = 1; k <= reach; k++) {
        const float *restrict above = rows[reach - k], *restrict below = rows[reach + k];
        float weight = weights[k];

        for (int i = 0; i < n; i++)
            out[i] += weight * (above[i] + below[i]);
    }
}

static void
blur_row (const float *restrict row, const float *weights, int reach, int n, float *restrict out)
{
    for (int i = 0; i < n; i++)
        out[i] = weights[0] * row[reach + i];
    for (int k = 1; k <= reach; k++) {
        const float *restrict left = row + reach - k, *restrict right = row + reach + k;
        float weight = weights[k];

        for (int i = 0; i < n; i++)
            out[i] += weight * (left[i] + right[i]);
    }
}

static void
sharpen (const float *restrict in, const float *restrict blurred, const float *restrict share,
         float amount, float threshold, int n, float *restrict out)
{
    for (int i = 0; i < n; i++) {
        float mean = blurred[i] / (share[i] > 0 ? share[i] : 1);
        float d = share[i] > 0 ? in[i] - mean : 0;
        float above = d - threshold, below = d + threshold;
        float kept = above > 0 ? above : (below < 0 ? below : 0);

        out[i] = bounded (in[i] + amount * kept, -FLT_MAX / 4, FLT_MAX / 4);
    }
}

const HfFinishKernels HF_KERNEL (hf_finish_kernels) = {
    difference, multiply, weigh, gather, settle, detail, whole, calm, blur_rows, blur_row, sharpen,
};
