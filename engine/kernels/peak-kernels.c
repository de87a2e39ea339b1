/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "kernels/peak-kernels.h"

static inline float
larger (float a, float b)
{
    return a > b ? a : b;
}

static inline float
smaller (float a, float b)
{
    return a < b ? a : b;
}

static void
residue (const float *restrict above, const float *restrict row, const float *restrict below, int n,
         float *restrict out)
{
    for (int i = 0; i < n; i++) {
        float sides = (above[i - 1] + above[i + 1]) + (below[i - 1] + below[i + 1]);
        float cross = (above[i] + below[i]) + (row[i - 1] + row[i + 1]);

        out[i] = row[i] - (sides + cross) * 0.125f;
    }
}

static void
excess (const float *restrict above, const float *restrict row, const float *restrict below, int n,
        float *restrict out)
{
    for (int i = 0; i < n; i++) {
        float a = above[i - 1], b = above[i], c = above[i + 1], d = row[i - 1];
        float e = row[i + 1], f = below[i - 1], g = below[i], h = below[i + 1];
        float most =
            larger (larger (larger (a, b), larger (c, d)), larger (larger (e, f), larger (g, h)));
        float least = smaller (smaller (smaller (a, b), smaller (c, d)),
                               smaller (smaller (e, f), smaller (g, h)));

        out[i] = larger (row[i] - most, 0) + smaller (row[i] - least, 0);
    }
}

static void
extend (const float *restrict row, int n, float *restrict least, float *restrict most)
{
    for (int i = 0; i < n; i++) {
        least[i] = smaller (least[i], row[i]);
        most[i] = larger (most[i], row[i]);
    }
}

static void
add (const float *restrict row, float factor, int n, float *restrict sum)
{
    for (int i = 0; i < n; i++)
        sum[i] += factor * row[i];
}

static int
count (const float *restrict out, float threshold, int n)
{
    int found = 0;

    for (int i = 0; i < n; i++)
        found += out[i] > threshold || out[i] < -threshold;
    return found;
}

const HfPeakKernels HF_KERNEL (hf_peak_kernels) = { residue, excess, extend, add, count };
