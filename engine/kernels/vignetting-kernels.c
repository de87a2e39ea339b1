/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "kernels/vignetting-kernels.h"

#include "kernels/level.h"

static void
polynomial_gains (float a, float b, float least, float share, float x, float y, float scale, int n,
                  float *restrict gain)
{
    const float rest = 1 - share;

    for (int i = 0; i < n; i++) {
        float dx = x + (float) i, q = (dx * dx + y * y) * scale, left = 1 + q * (a + q * b);

        left = left > least ? left : least;
        left = left < 1 ? left : 1;
        gain[i] = 1 / (rest + share * left);
    }
}

static void
gains (const float *restrict table, int last, float x, float y, float scale, int n,
       float *restrict gain)
{
    const float end = (float) last;

    for (int i = 0; i < n; i++) {
        float dx = x + (float) i, place = __builtin_sqrtf (dx * dx + y * y) * scale, part, low,
              high;
        int step;

        place = place < end ? place : end;
        step = (int) place;
        step = step < last ? step : last - 1;
        part = place - (float) step;
        low = table[step];
        high = table[step + 1];
        gain[i] = low + (high - low) * part;
    }
}

static void
spare_grey (const float *restrict grey, float black, int n, float *restrict gain)
{
    for (int i = 0; i < n; i++)
        gain[i] = grey[i] > black ? gain[i] : 1;
}

static void
spare_rgb (const float *restrict red, const float *restrict green, const float *restrict blue,
           float black, int n, float *restrict gain)
{
    for (int i = 0; i < n; i++) {
        float light = 0.2126f * red[i] + 0.7152f * green[i] + 0.0722f * blue[i];

        gain[i] = light > black ? gain[i] : 1;
    }
}

static void
multiply (const float *in, const float *restrict gain, int n, float *out)
{
    for (int i = 0; i < n; i++)
        out[i] = in[i] * gain[i];
}

extern const HfVignettingKernels HF_KERNEL (hf_vignetting_kernels);
const HfVignettingKernels HF_KERNEL (hf_vignetting_kernels) = {
    .polynomial_gains = polynomial_gains,
    .gains = gains,
    .spare_grey = spare_grey,
    .spare_rgb = spare_rgb,
    .multiply = multiply,
};
