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
expand (float *restrict out, const float *restrict in, HfPyramidTaps taps, int n)
{
    float side = 2.0f * taps.outer, middle = 2.0f * taps.centre;

    for (int i = 0; i < n; i++) {
        out[2 * i] = (in[i - 1] + in[i + 1]) * side + in[i] * middle;
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
reduce_columns (float *restrict out, const float *const rows[5], HfPyramidTaps taps, int n)
{
    const float *restrict a = rows[0], *restrict b = rows[1], *restrict c = rows[2];
    const float *restrict d = rows[3], *restrict e = rows[4];

    for (int i = 0; i < n; i++)
        out[i] = (a[i] + e[i]) * taps.outer + (b[i] + d[i]) * 0.25f + c[i] * taps.centre;
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
reduce_row (float *restrict out, const float *restrict in, HfPyramidTaps taps, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = (in[2 * i - 2] + in[2 * i + 2]) * taps.outer +
                 (in[2 * i - 1] + in[2 * i + 1]) * 0.25f + in[2 * i] * taps.centre;
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
        row[i] = (float) validity[i] * (1.0f / 255.0f);
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

/* ---- the choice ---- */

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
compact_reduce_columns (float *restrict out, const void *const kept[5], HfPyramidTaps taps, int n)
{
    const int16_t *restrict a = kept[0], *restrict b = kept[1], *restrict c = kept[2];
    const int16_t *restrict d = kept[3], *restrict e = kept[4];

    for (int i = 0; i < n; i++)
        out[i] = (float) (a[i] + e[i]) * taps.outer + (float) (b[i] + d[i]) * 0.25f +
                 (float) c[i] * taps.centre;
}

/* A float's upper half, rounded to nearest. */
static inline uint16_t
keep_upper (float value)
{
    return (uint16_t) ((bits_of (value) + 0x8000u) >> 16);
}

#define STORE(name) compact_##name
#define Real float
#define Colour int16_t
#define Mean int16_t
#define Weight uint16_t
#define Result float
#define load_weight(w) load_upper (w)
#define keep_weight(x) keep_upper (x)
#define keep_mean(x) whole_steps (x)
#define Bits int32_t
#define MANTISSA 23
#define BIAS 127
#include "kernels/pyramid-store.h"

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
    static void name##_limit (float *restrict row, const void *result_, const void *low_,          \
                              const void *high_, const float *restrict validity, int n)            \
    {                                                                                              \
        const type *restrict low = low_, *restrict high = high_;                                   \
        const float *restrict result = result_;                                                    \
                                                                                                   \
        for (int i = 0; i < n; i++) {                                                              \
            float value = larger (result[i] * (1.0f / UNIT), (float) low[i] / MOST);               \
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
    static int name##_load_most (float *restrict validity, const void *most_, int n)               \
    {                                                                                              \
        const type *restrict most = most_;                                                         \
        type all = (type) MOST;                                                                    \
                                                                                                   \
        for (int i = 0; i < n; i++) {                                                              \
            all &= most[i];                                                                        \
            validity[i] = (float) most[i] / MOST;                                                  \
        }                                                                                          \
        return all == (type) MOST;                                                                 \
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
exact_reduce_columns (float *restrict out, const void *const kept[5], HfPyramidTaps taps, int n)
{
    const float *rows[5] = { kept[0], kept[1], kept[2], kept[3], kept[4] };

    reduce_columns (out, rows, taps, n);
}

#define STORE(name) exact_##name
#define Real float
#define Colour float
#define Mean float
#define Weight float
#define Result float
#define load_weight(w) (w)
#define keep_weight(x) (x)
#define keep_mean(x) (x)
#define Bits int32_t
#define MANTISSA 23
#define BIAS 127
#include "kernels/pyramid-store.h"

#define STORE(name) fine_##name
#define Real double
#define Colour float
#define Mean double
#define Weight double
#define Result double
#define load_weight(w) (w)
#define keep_weight(x) (x)
#define keep_mean(x) (x)
#define Bits int64_t
#define MANTISSA 52
#define BIAS 1023
#include "kernels/pyramid-store.h"

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
exact_limit (float *restrict row, const void *result_, const void *low_, const void *high_,
             const float *restrict validity, int n)
{
    const float *restrict low = low_, *restrict high = high_, *restrict result = result_;

    for (int i = 0; i < n; i++) {
        float value = smaller (larger (result[i], low[i]), high[i]);

        row[i] = validity[i] > 0.0f ? value : 0.0f;
    }
}

static void
fine_limit (float *restrict row, const void *result_, const void *low_, const void *high_,
            const float *restrict validity, int n)
{
    const float *restrict low = low_, *restrict high = high_;
    const double *restrict result = result_;

    for (int i = 0; i < n; i++) {
        float value = smaller (larger ((float) result[i], low[i]), high[i]);

        row[i] = validity[i] > 0.0f ? value : 0.0f;
    }
}

static int
exact_load_most (float *restrict validity, const void *most_, int n)
{
    const float *restrict most = most_;
    int all = 1;

    for (int i = 0; i < n; i++) {
        all &= most[i] >= 1.0f;
        validity[i] = most[i];
    }
    return all;
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
    .compact = { .colour_bytes = sizeof (int16_t),
                 .mean_bytes = sizeof (int16_t),
                 .weight_bytes = sizeof (uint16_t),
                 .range_bytes = sizeof (uint8_t),
                 .result_bytes = sizeof (float),
                 .unit = HF_PYRAMID_COMPACT_UNIT,
                 .take = compact_take,
                 .keep = compact_keep,
                 .load = compact_load,
                 .reduce_columns = compact_reduce_columns,
                 .bands = compact_bands,
                 .choose = compact_choose,
                 .average = compact_average,
                 .begin_result = compact_begin_result,
                 .expand_result = compact_expand_result,
                 .add_result = compact_add_result,
                 .clear_range = compact_clear_range,
                 .widen = compact_widen,
                 .limit = compact_limit,
                 .raise = compact_raise,
                 .load_most = compact_load_most },
    .deep = { .colour_bytes = sizeof (float),
              .mean_bytes = sizeof (float),
              .weight_bytes = sizeof (float),
              .range_bytes = sizeof (uint16_t),
              .result_bytes = sizeof (float),
              .unit = 1,
              .take = exact_take,
              .keep = exact_keep,
              .load = exact_load,
              .reduce_columns = exact_reduce_columns,
              .bands = exact_bands,
              .choose = exact_choose,
              .average = exact_average,
              .begin_result = exact_begin_result,
              .expand_result = exact_expand_result,
              .add_result = exact_add_result,
              .clear_range = deep_clear_range,
              .widen = deep_widen,
              .limit = deep_limit,
              .raise = deep_raise,
              .load_most = deep_load_most },
    .exact = { .colour_bytes = sizeof (float),
               .mean_bytes = sizeof (float),
               .weight_bytes = sizeof (float),
               .range_bytes = sizeof (float),
               .result_bytes = sizeof (float),
               .unit = 1,
               .take = exact_take,
               .keep = exact_keep,
               .load = exact_load,
               .reduce_columns = exact_reduce_columns,
               .bands = exact_bands,
               .choose = exact_choose,
               .average = exact_average,
               .begin_result = exact_begin_result,
               .expand_result = exact_expand_result,
               .add_result = exact_add_result,
               .clear_range = exact_clear_range,
               .widen = exact_widen,
               .limit = exact_limit,
               .raise = exact_raise,
               .load_most = exact_load_most },
    .fine = { .colour_bytes = sizeof (float),
              .mean_bytes = sizeof (double),
              .weight_bytes = sizeof (double),
              .range_bytes = sizeof (float),
              .result_bytes = sizeof (double),
              .unit = 1,
              .take = exact_take,
              .keep = exact_keep,
              .load = exact_load,
              .reduce_columns = exact_reduce_columns,
              .bands = fine_bands,
              .choose = fine_choose,
              .average = fine_average,
              .begin_result = fine_begin_result,
              .expand_result = fine_expand_result,
              .add_result = fine_add_result,
              .clear_range = exact_clear_range,
              .widen = exact_widen,
              .limit = fine_limit,
              .raise = exact_raise,
              .load_most = exact_load_most },
    .expand = expand,
    .stretch = stretch,
    .reduce_columns = reduce_columns,
    .reduce_row = reduce_row,
    .smooth_columns = smooth_columns,
    .smooth_row = smooth_row,
    .soften_row = soften_row,
    .soften_reduce = soften_reduce,
    .soften_ratio = soften_ratio,
    .multiply = multiply,
    .divide = divide,
    .load_validity = load_validity,
    .keep_validity = keep_validity,
    .all_valid = all_valid,
};
