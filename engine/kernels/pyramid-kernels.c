/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "kernels/pyramid-kernels.h"

#include "kernels/level.h"

#include <float.h>
#include <string.h>

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

static inline uint32_t
bits_of (float value)
{
    uint32_t bits;

    memcpy (&bits, &value, sizeof bits);
    return bits;
}

static inline float
float_of (uint32_t bits)
{
    float value;

    memcpy (&value, &bits, sizeof value);
    return value;
}

/* ---- expanding and reducing ---- */

static void
expand (float *restrict out, const float *restrict in, int n)
{
    for (int i = 0; i < n; i++) {
        out[2 * i] = (in[i - 1] + in[i + 1]) * 0.125f + in[i] * 0.75f;
        out[2 * i + 1] = (in[i] + in[i + 1]) * 0.5f;
    }
}

static void
stretch (float *restrict out, const float *restrict in, int n)
{
    for (int i = 0; i < n; i++) {
        out[2 * i] = in[i];
        out[2 * i + 1] = (in[i] + in[i + 1]) * 0.5f;
    }
}

static void
add_expanded (float *restrict row, const float *restrict above, const float *restrict middle,
              const float *restrict below, const float near[3], int n)
{
    float a = near[0], b = near[1], c = near[2];

    for (int i = 0; i < n; i++)
        row[i] += above[i] * a + middle[i] * b + below[i] * c;
}

static void
smooth_columns (float *restrict out, const float *const rows[5], int n)
{
    const float *restrict a = rows[0], *restrict b = rows[1], *restrict c = rows[2];
    const float *restrict d = rows[3], *restrict e = rows[4];

    for (int i = 0; i < n; i++)
        out[i] = (a[i] + e[i]) * 0.0625f + (b[i] + d[i]) * 0.25f + c[i] * 0.375f;
}

static void
smooth_row (float *restrict out, const float *restrict in, int n)
{
    for (int i = 0; i < n; i++)
        out[i] =
            (in[i - 2] + in[i + 2]) * 0.0625f + (in[i - 1] + in[i + 1]) * 0.25f + in[i] * 0.375f;
}

static void
reduce_row (float *restrict out, const float *restrict in, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = (in[2 * i - 2] + in[2 * i + 2]) * 0.0625f +
                 (in[2 * i - 1] + in[2 * i + 1]) * 0.25f + in[2 * i] * 0.375f;
}

static void
soften_row (float *restrict out, const float *restrict in, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = (in[i - 1] + in[i + 1]) * 0.25f + in[i] * 0.5f;
}

static void
soften_reduce (float *restrict out, const float *restrict above, const float *restrict middle,
               const float *restrict below, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = (above[2 * i] + below[2 * i]) * 0.25f + middle[2 * i] * 0.5f;
}

static void
soften_ratio (float *restrict out, const float *const sums[3], const float *const weights[3], int n)
{
    const float *restrict a = sums[0], *restrict b = sums[1], *restrict c = sums[2];
    const float *restrict u = weights[0], *restrict v = weights[1], *restrict w = weights[2];

    for (int i = 0; i < n; i++) {
        float sum = (a[i] + c[i]) * 0.25f + b[i] * 0.5f;
        float weight = (u[i] + w[i]) * 0.25f + v[i] * 0.5f;

        out[i] = sum / larger (weight, FLT_MIN);
    }
}

/* ---- validity ---- */

static void
multiply (float *restrict row, const float *restrict weight, int n)
{
    for (int i = 0; i < n; i++)
        row[i] *= weight[i];
}

static void
divide (float *restrict row, const float *restrict weight, int n)
{
    for (int i = 0; i < n; i++)
        row[i] /= larger (weight[i], FLT_MIN);
}

static void
load_validity (float *restrict row, const void *kept, int n)
{
    const uint8_t *restrict validity = kept;

    for (int i = 0; i < n; i++)
        row[i] = (float) validity[i];
}

/* Rounded to 0 .. most, but only 0 becomes 0. */
static inline int
validity_level (float value, float most)
{
    int rounded = (int) (smaller (value, most) + 0.5f), least = value > 0.0f;

    return rounded > least ? rounded : least;
}

static void
keep_validity (uint8_t *restrict validity, const float *restrict row, float scale, int n)
{
    for (int i = 0; i < n; i++)
        validity[i] = (uint8_t) validity_level (row[i] * scale, 255.0f);
}

static int
all_valid (const uint8_t *restrict validity, int n)
{
    uint8_t all = 255;

    for (int i = 0; i < n; i++)
        all &= validity[i];
    return all == 255;
}

/* ---- sharpness ---- */

static void
sharpness (float *restrict out, float *restrict energy, const float *const fine[3],
           const float *restrict own, const float *const wide[2], const float *const coarse[2],
           float noise, int n)
{
    const float *restrict a = fine[0], *restrict b = fine[1], *restrict c = fine[2];
    const float *restrict s = wide[0], *restrict t = wide[1];
    const float *restrict u = coarse[0], *restrict v = coarse[1];
    float doubt = 30.0f * noise, floor = 12.0f * noise;

    for (int i = 0; i < n; i++) {
        float mean = ((a[i] + c[i]) * 0.25f + b[i] * 0.5f) * 0.5f + (s[i] + t[i]) * 0.25f;
        float sure = mean / (mean + doubt);

        mean += 0.35f * sure * sure * (own[i] - mean);
        mean += (u[i] + v[i]) * 0.1f;
        out[i] = mean;
        energy[i] = mean + floor;
    }
}

/* ---- what both ways of keeping share ---- */

/* x to the 20th, not below 2^-60: no denormal numbers, and what is that small does not count. */
static inline float
twentieth_power (float x)
{
    float x4, x16;

    x = larger (x, 0.125f);
    x4 = x * x * (x * x);
    x16 = x4 * x4 * (x4 * x4);
    return x16 * x4;
}

/* What a validity of 0..255 counts in the mean: see fuse/pyramid-select.c. */
static inline float
trust (uint8_t validity)
{
    float v = (float) validity * (1.0f / 255.0f);

    return larger (2.0f * v - 1.0f, v * (1.0f / 1024.0f));
}

/* ---- compact: 16 bit ---- */

/* Added to a number of at most ±2^22, leaves the nearest whole number in the lowest bits. */
#define TO_WHOLE 12582912.0f

static inline int16_t
whole_steps (float steps)
{
    return (int16_t) bits_of (steps + TO_WHOLE);
}

static inline float
load_upper (uint16_t kept)
{
    return float_of ((uint32_t) kept << 16);
}

static void
compact_take (void *kept, const float *restrict row, const uint8_t *restrict validity, int n)
{
    int16_t *restrict out = kept;

    for (int i = 0; i < n; i++) {
        float value = smaller (larger (row[i], -0.49f), 1.49f) * HF_PYRAMID_COMPACT_UNIT;

        out[i] = whole_steps (!validity || validity[i] ? value : 0.0f);
    }
}

static void
compact_keep (void *kept, const float *restrict row, int n)
{
    int16_t *restrict out = kept;

    for (int i = 0; i < n; i++)
        out[i] = whole_steps (row[i]);
}

static void
compact_load (float *restrict row, const void *kept, int n)
{
    const int16_t *restrict in = kept;

    for (int i = 0; i < n; i++)
        row[i] = (float) in[i];
}

static void
compact_smooth_columns (float *restrict out, const void *const kept[5], int n)
{
    const int16_t *restrict a = kept[0], *restrict b = kept[1], *restrict c = kept[2];
    const int16_t *restrict d = kept[3], *restrict e = kept[4];

    for (int i = 0; i < n; i++) {
        int32_t sum = a[i] + e[i] + 4 * (b[i] + d[i]) + 6 * c[i];

        out[i] = (float) sum * 0.0625f;
    }
}

static void
compact_band (float *restrict band, float *restrict energy, const void *kept,
              const float *restrict above, const float *restrict middle,
              const float *restrict below, const float near[3], int more, int n)
{
    const int16_t *restrict in = kept;
    float a = near[0], b = near[1], c = near[2];

    for (int i = 0; i < n; i++) {
        float value = (float) in[i] - (above[i] * a + middle[i] * b + below[i] * c);

        band[i] = value;
        energy[i] = value * value + (more ? energy[i] : 0.0f);
    }
}

/*
 * Sixteen-bit rows are unpacked, worked on and packed by blocks: loops over one width of sample
 * each are what compilers make vectors of.
 */
enum { BLOCK = 64 };

static inline void
unpack_upper (float *restrict row, const uint16_t *restrict kept, int n)
{
    for (int i = 0; i < n; i++)
        row[i] = load_upper (kept[i]);
}

static inline void
compact_weigh_block (uint16_t *restrict weight, uint16_t *restrict peak, float *restrict share,
                     const float *restrict energy, const uint8_t *restrict validity, int n)
{
    float weights[BLOCK], peaks[BLOCK], energies[BLOCK], valid[BLOCK];

    unpack_upper (weights, weight, n);
    unpack_upper (peaks, peak, n);
    for (int i = 0; i < n; i++)
        valid[i] = validity ? trust (validity[i]) : 1.0f;
    for (int i = 0; i < n; i++)
        energies[i] = valid[i] > 0.0f ? energy[i] : FLT_MIN;
    for (int i = 0; i < n; i++) {
        /* A peak may as well be a little too high, so it is rounded up: parts stay below 1. */
        float top = larger (peaks[i], float_of ((bits_of (energies[i]) + 0xffffu) & ~0xffffu));
        float scale = 1.0f / top, part = twentieth_power (energies[i] * scale) * valid[i];
        float sum = twentieth_power (peaks[i] * scale) * weights[i] + part;

        share[i] = part / larger (sum, FLT_MIN);
        weights[i] = sum;
        peaks[i] = top;
    }
    for (int i = 0; i < n; i++)
        weight[i] = (uint16_t) ((bits_of (weights[i]) + 0x8000u) >> 16);
    for (int i = 0; i < n; i++)
        peak[i] = (uint16_t) (bits_of (peaks[i]) >> 16);
}

static void
compact_weigh (void *weight_, void *peak_, float *restrict share, const float *restrict energy,
               const uint8_t *restrict validity, int n)
{
    uint16_t *weight = weight_, *peak = peak_;
    int i = 0;

    for (; i + BLOCK <= n; i += BLOCK)
        compact_weigh_block (weight + i, peak + i, share + i, energy + i,
                             validity ? validity + i : NULL, BLOCK);
    compact_weigh_block (weight + i, peak + i, share + i, energy + i,
                         validity ? validity + i : NULL, n - i);
}

static void
compact_blend (void *mean_, const float *restrict share, const float *restrict band, int n)
{
    int16_t *restrict mean = mean_;

    for (int i = 0; i < n; i++) {
        float old = (float) mean[i];

        mean[i] = whole_steps (old + share[i] * (band[i] - old));
    }
}

/*
 * Ranges of samples that come from whole levels 0 .. MOST: rounded outward to levels. A value
 * within 1/64 of a level counts as that level, so that whole levels do not widen by float rounding.
 */
#define DEFINE_RANGE(name, type, MOST, UNIT)                                                       \
    static void name##_clear_range (void *low, void *high, int n)                                  \
    {                                                                                              \
        memset (low, 255, (size_t) n * sizeof (type));                                             \
        memset (high, 0, (size_t) n * sizeof (type));                                              \
    }                                                                                              \
                                                                                                   \
    static void name##_widen (void *low_, void *high_, const float *restrict row,                  \
                              const uint8_t *restrict validity, int n)                             \
    {                                                                                              \
        const float inward = 0.5f - 0.015625f;                                                     \
        type *restrict low = low_, *restrict high = high_;                                         \
                                                                                                   \
        for (int i = 0; i < n; i++) {                                                              \
            float level = smaller (larger (row[i] * MOST, 0.0f), MOST);                            \
            type outside = validity && !validity[i] ? (type) MOST : 0;                             \
            type below = (type) bits_of (level - inward + TO_WHOLE) | outside;                     \
            type above = (type) bits_of (level + inward + TO_WHOLE) & (type) ~outside;             \
                                                                                                   \
            low[i] = below < low[i] ? below : low[i];                                              \
            high[i] = above > high[i] ? above : high[i];                                           \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void name##_limit (float *restrict row, const void *low_, const void *high_,            \
                              const float *restrict validity, int n)                               \
    {                                                                                              \
        const type *restrict low = low_, *restrict high = high_;                                   \
                                                                                                   \
        for (int i = 0; i < n; i++) {                                                              \
            float value = larger (row[i] * (1.0f / UNIT), (float) low[i] / MOST);                  \
                                                                                                   \
            value = smaller (value, (float) high[i] / MOST);                                       \
            row[i] = validity[i] > 0.0f ? value : 0.0f;                                            \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void name##_raise (void *most_, const float *restrict validity, int n)                  \
    {                                                                                              \
        type *restrict most = most_;                                                               \
                                                                                                   \
        if (!validity)                                                                             \
            memset (most, 255, (size_t) n * sizeof (type));                                        \
        for (int i = 0; validity && i < n; i++) {                                                  \
            type value = (type) validity_level (validity[i] * MOST, MOST);                         \
                                                                                                   \
            most[i] = value > most[i] ? value : most[i];                                           \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void name##_load_most (float *restrict validity, const void *most_, int n)              \
    {                                                                                              \
        const type *restrict most = most_;                                                         \
                                                                                                   \
        for (int i = 0; i < n; i++)                                                                \
            validity[i] = (float) most[i] / MOST;                                                  \
    }

DEFINE_RANGE (compact, uint8_t, 255.0f, HF_PYRAMID_COMPACT_UNIT)
DEFINE_RANGE (deep, uint16_t, 65535.0f, 1.0f)

/* ---- exact: float ---- */

/* Keeps squares and sums of frames full of nonsense finite; the range still holds them as they are.
 */
#define LARGEST 1e15f

static void
exact_take (void *kept, const float *restrict row, const uint8_t *restrict validity, int n)
{
    float *restrict out = kept;

    for (int i = 0; i < n; i++) {
        float value = smaller (larger (row[i], -LARGEST), LARGEST);

        out[i] = !validity || validity[i] ? value : 0.0f;
    }
}

static void
exact_keep (void *kept, const float *row, int n)
{
    memcpy (kept, row, (size_t) n * sizeof *row);
}

static void
exact_load (float *restrict row, const void *kept, int n)
{
    memcpy (row, kept, (size_t) n * sizeof *row);
}

static void
exact_smooth_columns (float *restrict out, const void *const kept[5], int n)
{
    const float *rows[5] = { kept[0], kept[1], kept[2], kept[3], kept[4] };

    smooth_columns (out, rows, n);
}

static void
exact_band (float *restrict band, float *restrict energy, const void *kept,
            const float *restrict above, const float *restrict middle, const float *restrict below,
            const float near[3], int more, int n)
{
    const float *restrict in = kept;
    float a = near[0], b = near[1], c = near[2];

    for (int i = 0; i < n; i++) {
        float value = in[i] - (above[i] * a + middle[i] * b + below[i] * c);

        band[i] = value;
        energy[i] = value * value + (more ? energy[i] : 0.0f);
    }
}

static void
exact_weigh (void *weight_, void *peak_, float *restrict share, const float *restrict energy,
             const uint8_t *restrict validity, int n)
{
    float *restrict weight = weight_, *restrict peak = peak_;

    for (int i = 0; i < n; i++) {
        float v = validity ? trust (validity[i]) : 1.0f;
        float now = v > 0.0f ? energy[i] : FLT_MIN;
        float top = larger (peak[i], now), scale = 1.0f / top;
        float part = twentieth_power (now * scale) * v;
        float sum = twentieth_power (peak[i] * scale) * weight[i] + part;

        share[i] = part / larger (sum, FLT_MIN);
        weight[i] = sum;
        peak[i] = top;
    }
}

static void
exact_blend (void *mean_, const float *restrict share, const float *restrict band, int n)
{
    float *restrict mean = mean_;

    for (int i = 0; i < n; i++)
        mean[i] += share[i] * (band[i] - mean[i]);
}

static void
exact_clear_range (void *low_, void *high_, int n)
{
    float *restrict low = low_, *restrict high = high_;

    for (int i = 0; i < n; i++) {
        low[i] = FLT_MAX;
        high[i] = -FLT_MAX;
    }
}

static void
exact_widen (void *low_, void *high_, const float *restrict row, const uint8_t *restrict validity,
             int n)
{
    float *restrict low = low_, *restrict high = high_;

    for (int i = 0; i < n; i++) {
        int valid = !validity || validity[i];

        low[i] = smaller (low[i], valid ? row[i] : FLT_MAX);
        high[i] = larger (high[i], valid ? row[i] : -FLT_MAX);
    }
}

static void
exact_limit (float *restrict row, const void *low_, const void *high_,
             const float *restrict validity, int n)
{
    const float *restrict low = low_, *restrict high = high_;

    for (int i = 0; i < n; i++) {
        float value = smaller (larger (row[i], low[i]), high[i]);

        row[i] = validity[i] > 0.0f ? value : 0.0f;
    }
}

static void
exact_raise (void *most_, const float *restrict validity, int n)
{
    float *restrict most = most_;

    for (int i = 0; i < n; i++)
        most[i] = larger (most[i], validity ? validity[i] : 1.0f);
}

extern const HfPyramidKernels HF_KERNEL (hf_pyramid_kernels);
const HfPyramidKernels HF_KERNEL (hf_pyramid_kernels) = {
    .compact = { sizeof (int16_t), sizeof (uint16_t), sizeof (uint8_t), HF_PYRAMID_COMPACT_UNIT,
                 compact_take, compact_keep, compact_load, compact_smooth_columns, compact_band,
                 compact_weigh, compact_blend, compact_clear_range, compact_widen, compact_limit,
                 compact_raise, compact_load_most },
    .deep = { sizeof (float), sizeof (float), sizeof (uint16_t), 1, exact_take, exact_keep,
              exact_load, exact_smooth_columns, exact_band, exact_weigh, exact_blend,
              deep_clear_range, deep_widen, deep_limit, deep_raise, deep_load_most },
    .exact = { sizeof (float), sizeof (float), sizeof (float), 1, exact_take, exact_keep,
               exact_load, exact_smooth_columns, exact_band, exact_weigh, exact_blend,
               exact_clear_range, exact_widen, exact_limit, exact_raise, exact_load },
    .expand = expand,
    .stretch = stretch,
    .add_expanded = add_expanded,
    .smooth_columns = smooth_columns,
    .smooth_row = smooth_row,
    .reduce_row = reduce_row,
    .soften_row = soften_row,
    .soften_reduce = soften_reduce,
    .soften_ratio = soften_ratio,
    .multiply = multiply,
    .divide = divide,
    .load_validity = load_validity,
    .keep_validity = keep_validity,
    .all_valid = all_valid,
    .sharpness = sharpness,
};
