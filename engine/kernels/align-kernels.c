/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "kernels/align-kernels.h"

#include "kernels/level.h"

enum { LANES = HF_ALIGN_LANES };

/* The same weights for all sample types: nearly those of luminance, and exact in binary. */
#define GREY(scale)                                                                                \
    if (n_channels < 3) {                                                                          \
        for (int x = 0; x < n; x++)                                                                \
            grey[x] = (float) samples[x * n_channels] * (scale);                                   \
    } else if (n_channels == 3) {                                                                  \
        for (int x = 0; x < n; x++)                                                                \
            grey[x] = (0.25f * (float) samples[3 * x] + 0.625f * (float) samples[3 * x + 1] +      \
                       0.125f * (float) samples[3 * x + 2]) *                                      \
                      (scale);                                                                     \
    } else {                                                                                       \
        for (int x = 0; x < n; x++)                                                                \
            grey[x] = (0.25f * (float) samples[4 * x] + 0.625f * (float) samples[4 * x + 1] +      \
                       0.125f * (float) samples[4 * x + 2]) *                                      \
                      (scale);                                                                     \
    }

static void
grey_u8 (float *restrict grey, const uint8_t *restrict samples, int n_channels, int n)
{
    GREY (1.0f / 255)
}

static void
grey_u16 (float *restrict grey, const uint16_t *restrict samples, int n_channels, int n)
{
    GREY (1.0f / 65535)
}

static void
grey_float (float *restrict grey, const float *restrict samples, int n_channels, int n)
{
    GREY (1.0f)
    for (int x = 0; x < n; x++) {
        float value = grey[x];

        value = value == value ? value : 0.0f;
        value = value < 1.5f ? value : 1.5f;
        grey[x] = value > -0.25f ? value : -0.25f;
    }
}

static void
halve_columns (float *restrict out, const float *const rows[6], int n)
{
    const float *restrict a = rows[0], *restrict b = rows[1], *restrict c = rows[2];
    const float *restrict d = rows[3], *restrict e = rows[4], *restrict f = rows[5];

    for (int x = 0; x < n; x++)
        out[x] = (a[x] + f[x]) * (1.0f / 32) + (b[x] + e[x]) * (5.0f / 32) +
                 (c[x] + d[x]) * (10.0f / 32);
}

static void
halve_row (float *restrict out, const float *restrict in, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (in[2 * x - 2] + in[2 * x + 3]) * (1.0f / 32) +
                 (in[2 * x - 1] + in[2 * x + 2]) * (5.0f / 32) +
                 (in[2 * x] + in[2 * x + 1]) * (10.0f / 32);
}

static void
smooth_columns (float *restrict out, const float *const rows[9], int n)
{
    const float *restrict a = rows[0], *restrict b = rows[1], *restrict c = rows[2];
    const float *restrict d = rows[3], *restrict e = rows[4], *restrict f = rows[5];
    const float *restrict g = rows[6], *restrict h = rows[7], *restrict i = rows[8];

    for (int x = 0; x < n; x++)
        out[x] = (a[x] + i[x]) * (1.0f / 256) + (b[x] + h[x]) * (8.0f / 256) +
                 (c[x] + g[x]) * (28.0f / 256) + (d[x] + f[x]) * (56.0f / 256) +
                 e[x] * (70.0f / 256);
}

static void
smooth_row (float *restrict out, const float *restrict in, int n)
{
    for (int x = 0; x < n; x++)
        out[x] = (in[x - 4] + in[x + 4]) * (1.0f / 256) + (in[x - 3] + in[x + 3]) * (8.0f / 256) +
                 (in[x - 2] + in[x + 2]) * (28.0f / 256) + (in[x - 1] + in[x + 1]) * (56.0f / 256) +
                 in[x] * (70.0f / 256);
}

static inline float
cubic (float a, float b, float c, float d, float at)
{
    float p1 = 0.5f * (c - a);
    float p2 = a - 2.5f * b + 2.0f * c - 0.5f * d;
    float p3 = 1.5f * (b - c) + 0.5f * (d - a);

    return b + at * (p1 + at * (p2 + at * p3));
}

static void
cubic_columns (float *restrict out, const float *const rows[4], int n, float fraction, float step)
{
    const float *restrict a = rows[0], *restrict b = rows[1];
    const float *restrict c = rows[2], *restrict d = rows[3];

    for (int x = 0; x < n; x++)
        out[x] = cubic (a[x], b[x], c[x], d[x], fraction + (float) x * step);
}

static void
cubic_row (float *restrict out, const float *restrict in, int n, float fraction, float step)
{
    for (int x = 0; x < n; x++)
        out[x] = cubic (in[x], in[x + 1], in[x + 2], in[x + 3], fraction + (float) x * step);
}

/* One group of 16 pixels; `inside` is 1 for those that count, 0 beyond the row's end. */
static inline void
add_group (const float *const t[3], const float *const f[3], const float *restrict inside, int x,
           float u, float inverse_scale2, float sums[HF_ROW_SUMS][LANES])
{
    const float *restrict t0 = t[0] + x, *restrict t1 = t[1] + x, *restrict t2 = t[2] + x;
    const float *restrict f0 = f[0] + x, *restrict f1 = f[1] + x, *restrict f2 = f[2] + x;

    for (int i = 0; i < LANES; i++) {
        float gx = 0.25f * ((t1[i + 1] - t1[i - 1]) + (f1[i + 1] - f1[i - 1]));
        float gy = 0.25f * ((t2[i] - t0[i]) + (f2[i] - f0[i]));
        float r = f1[i] - t1[i], at = u + (float) (x + i);
        float in = inside[i];
        float w = in / (1.0f + r * r * inverse_scale2);
        float xx = w * gx * gx, xy = w * gx * gy, yy = w * gy * gy, xr = w * gx * r,
              yr = w * gy * r;

        sums[HF_ROW_XX][i] += xx;
        sums[HF_ROW_XX_U][i] += xx * at;
        sums[HF_ROW_XX_UU][i] += xx * at * at;
        sums[HF_ROW_XY][i] += xy;
        sums[HF_ROW_XY_U][i] += xy * at;
        sums[HF_ROW_XY_UU][i] += xy * at * at;
        sums[HF_ROW_YY][i] += yy;
        sums[HF_ROW_YY_U][i] += yy * at;
        sums[HF_ROW_YY_UU][i] += yy * at * at;
        sums[HF_ROW_XR][i] += xr;
        sums[HF_ROW_XR_U][i] += xr * at;
        sums[HF_ROW_YR][i] += yr;
        sums[HF_ROW_YR_U][i] += yr * at;
        sums[HF_ROW_RR][i] += w * r * r;
        sums[HF_ROW_W][i] += w;
        sums[HF_ROW_T][i] += in * t1[i];
        sums[HF_ROW_F][i] += in * f1[i];
        sums[HF_ROW_TT][i] += in * t1[i] * t1[i];
        sums[HF_ROW_FF][i] += in * f1[i] * f1[i];
        sums[HF_ROW_TF][i] += in * t1[i] * f1[i];
        sums[HF_ROW_N][i] += in;
    }
}

static void
row_sums (const float *const t[3], const float *const f[3], const float *mask, int n, float u,
          float inverse_scale2, float sums[HF_ROW_SUMS][HF_ALIGN_LANES])
{
    static const float all[LANES] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
    float rest_t[3][LANES + 2], rest_f[3][LANES + 2], inside[LANES];
    int whole = n / LANES * LANES;

    for (int x = 0; x < whole; x += LANES)
        add_group (t, f, mask ? mask + x : all, x, u, inverse_scale2, sums);
    if (whole == n)
        return;
    for (int i = 0; i < LANES; i++)
        inside[i] = whole + i < n ? (mask ? mask[whole + i] : 1.0f) : 0.0f;
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < LANES + 2; i++) {
            int x = whole + i - 1 <= n ? whole + i - 1 : n;

            rest_t[k][i] = t[k][x];
            rest_f[k][i] = f[k][x];
        }
    }
    {
        const float *const last_t[3] = { rest_t[0] + 1, rest_t[1] + 1, rest_t[2] + 1 };
        const float *const last_f[3] = { rest_f[0] + 1, rest_f[1] + 1, rest_f[2] + 1 };

        add_group (last_t, last_f, inside, 0, u + (float) whole, inverse_scale2, sums);
    }
}

static inline float
lane_sum (float lanes[LANES])
{
    for (int step = LANES / 2; step > 0; step /= 2)
        for (int i = 0; i < step; i++)
            lanes[i] += lanes[i + step];
    return lanes[0];
}

static inline float
tile_mean (const float *restrict t, size_t stride)
{
    float lanes[LANES] = { 0 };

    for (int y = 0; y < HF_TILE; y++)
        for (int i = 0; i < LANES; i++)
            lanes[i] += t[(size_t) y * stride + (size_t) i];
    return lane_sum (lanes) * (1.0f / (HF_TILE * HF_TILE));
}

static inline void
add_tile_row (const float *restrict t, ptrdiff_t ts, const float *restrict f, ptrdiff_t fs,
              float mean, const float fit[5], float inverse_limit, float sums[HF_TILE_SUMS][LANES])
{
    for (int i = 0; i < LANES; i++) {
        float gx = 0.25f * ((t[i + 1] - t[i - 1]) + (f[i + 1] - f[i - 1]));
        float gy = 0.25f * ((t[i + ts] - t[i - ts]) + (f[i + fs] - f[i - fs]));
        float level = t[i] - mean;
        float blur = (t[i + 1] + t[i - 1]) + (t[i + ts] + t[i - ts]) - 4.0f * t[i];
        float r = f[i] - t[i];
        float left = (r + fit[0] * gx + fit[1] * gy - fit[2] * level - fit[3] - fit[4] * blur) *
                     inverse_limit;
        float biweight = 1.0f - left * left;
        float root = biweight > 0.0f ? biweight : 0.0f;
        float w = root * root;
        float wx = w * gx, wy = w * gy, wl = w * level, wb = w * blur, wr = w * r;

        sums[0][i] += wx * gx;
        sums[1][i] += wx * gy;
        sums[2][i] += wx * level;
        sums[3][i] += wx;
        sums[4][i] += wx * blur;
        sums[5][i] += wx * r;
        sums[6][i] += wy * gy;
        sums[7][i] += wy * level;
        sums[8][i] += wy;
        sums[9][i] += wy * blur;
        sums[10][i] += wy * r;
        sums[11][i] += wl * level;
        sums[12][i] += wl;
        sums[13][i] += wl * blur;
        sums[14][i] += wl * r;
        sums[15][i] += w;
        sums[16][i] += wb;
        sums[17][i] += wr;
        sums[18][i] += wb * blur;
        sums[19][i] += wb * r;
        sums[20][i] += wr * r;
    }
}

static void
tile_sums (const float *restrict t, size_t t_stride, const float *restrict f, size_t f_stride,
           const float fit[5], float inverse_limit, float sums[HF_TILE_SUMS])
{
    float lanes[HF_TILE_SUMS][LANES] = { { 0 } };
    float mean = tile_mean (t, t_stride);

    for (size_t y = 0; y < HF_TILE; y++)
        add_tile_row (t + y * t_stride, (ptrdiff_t) t_stride, f + y * f_stride,
                      (ptrdiff_t) f_stride, mean, fit, inverse_limit, lanes);
    for (int k = 0; k < HF_TILE_SUMS; k++)
        sums[k] = lane_sum (lanes[k]);
}

extern const HfAlignKernels HF_KERNEL (hf_align_kernels);
const HfAlignKernels HF_KERNEL (hf_align_kernels) = {
    grey_u8,    grey_u16,      grey_float, halve_columns, halve_row, smooth_columns,
    smooth_row, cubic_columns, cubic_row,  row_sums,      tile_sums,
};
