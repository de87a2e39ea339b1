/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "kernels/depth-kernels.h"

#include "kernels/level.h"

#include <float.h>
#include <stdint.h>
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

static inline float
absolute (float a)
{
    return a < 0.0f ? -a : a;
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

/* ---- logarithm and power ---- */

/* Logarithm to base 2 of a normal positive number, to 2e-7: the mantissa is brought to
 * sqrt (1/2) .. sqrt (2), the rest is the series of the area tangent. */
static inline float
log2_of (float x)
{
    uint32_t bits = bits_of (x) - 0x3f3504f3u;
    float exponent = (float) ((int32_t) bits >> 23);
    float mantissa = float_of ((bits & 0x007fffffu) + 0x3f3504f3u);
    float t = (mantissa - 1.0f) / (mantissa + 1.0f), t2 = t * t;

    return exponent + t * (2.8853901f + t2 * (0.96179669f + t2 * (0.57707802f + t2 * 0.41219859f)));
}

/* 2^x for x of -120 .. 120, to 3e-7 of it. */
static inline float
exp2_of (float x)
{
    float whole = (x + 12582912.0f) - 12582912.0f, rest = (x - whole) * 0.69314718f;
    float power =
        1.0f +
        rest * (1.0f +
                rest * (0.5f + rest * (0.16666667f +
                                       rest * (0.041666667f +
                                               rest * (0.0083333333f + rest * 0.0013888889f)))));

    return power * float_of ((uint32_t) ((int32_t) whole + 127) << 23);
}

/* ---- windows ---- */

static void
convolve_columns (float *restrict out, const float *const *rows, const float *restrict weights,
                  int reach, int n)
{
    const float *restrict middle = rows[reach];

    for (int i = 0; i < n; i++)
        out[i] = middle[i] * weights[reach];
    for (int j = 0; j < reach; j++) {
        const float *restrict above = rows[j], *restrict below = rows[2 * reach - j];
        float weight = weights[j];

        for (int i = 0; i < n; i++)
            out[i] += (above[i] + below[i]) * weight;
    }
}

static void
convolve_row (float *restrict out, const float *restrict in, const float *restrict weights,
              int reach, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = in[i] * weights[reach];
    for (int j = 1; j <= reach; j++) {
        float weight = weights[reach - j];

        for (int i = 0; i < n; i++)
            out[i] += (in[i - j] + in[i + j]) * weight;
    }
}

static void
least_of_rows (float *restrict out, const float *const *rows, int reach, int n)
{
    memcpy (out, rows[0], (size_t) n * sizeof (float));
    for (int j = 1; j <= 2 * reach; j++) {
        const float *restrict row = rows[j];

        for (int i = 0; i < n; i++)
            out[i] = smaller (out[i], row[i]);
    }
}

static void
least_in_row (float *restrict out, const float *restrict in, int reach, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = in[i];
    for (int j = 1; j <= reach; j++)
        for (int i = 0; i < n; i++)
            out[i] = smaller (out[i], smaller (in[i - j], in[i + j]));
}

/* ---- sharpness ---- */

/* Keeps squares of it, and sums of those, finite. */
#define MOST 1e15f

#define DEFINE_SHARPNESS(name)                                                                     \
    static void name (float *restrict out, const float *const *rows, int more, int n)              \
    {                                                                                              \
        const float *restrict a = rows[0], *restrict b = rows[1], *restrict c = rows[2];           \
                                                                                                   \
        if (more)                                                                                  \
            for (int i = 0; i < n; i++)                                                            \
                out[i] += smaller (name##_at (a + i, b + i, c + i), MOST);                         \
        else                                                                                       \
            for (int i = 0; i < n; i++)                                                            \
                out[i] = smaller (name##_at (a + i, b + i, c + i), MOST);                          \
    }

static inline float
slope_x (const float *a, const float *b, const float *c)
{
    return ((a[1] - a[-1]) + (c[1] - c[-1]) + 2.0f * (b[1] - b[-1])) * 0.125f;
}

static inline float
slope_y (const float *a, const float *b, const float *c)
{
    return ((c[-1] - a[-1]) + (c[1] - a[1]) + 2.0f * (c[0] - a[0])) * 0.125f;
}

static inline float
tenengrad_at (const float *a, const float *b, const float *c)
{
    float x = slope_x (a, b, c), y = slope_y (a, b, c);

    return x * x + y * y;
}

static inline float
sobel_at (const float *a, const float *b, const float *c)
{
    return absolute (slope_x (a, b, c)) + absolute (slope_y (a, b, c));
}

static inline float
laplacian_at (const float *a, const float *b, const float *c)
{
    float bend = ((a[0] + c[0]) + (b[-1] + b[1]) - 4.0f * b[0]) * 0.25f;

    return bend * bend;
}

static inline float
modified_laplacian_at (const float *a, const float *b, const float *c)
{
    return (absolute (2.0f * b[0] - b[-1] - b[1]) + absolute (2.0f * b[0] - a[0] - c[0])) * 0.25f;
}

/* About the middle sample, so that nothing is lost on a bright ground. */
static inline float
variance_at (const float *a, const float *b, const float *c)
{
    const float *const rows[3] = { a, b, c };
    float sum = 0.0f, squares = 0.0f;

    for (int j = 0; j < 3; j++)
        for (int i = -1; i <= 1; i++) {
            float difference = rows[j][i] - b[0];

            sum += difference;
            squares += difference * difference;
        }
    return larger (squares * (1.0f / 9.0f) - sum * sum * (1.0f / 81.0f), 0.0f);
}

DEFINE_SHARPNESS (tenengrad)
DEFINE_SHARPNESS (sobel)
DEFINE_SHARPNESS (laplacian)
DEFINE_SHARPNESS (modified_laplacian)
DEFINE_SHARPNESS (variance)

static void
square (float *restrict row, int n)
{
    for (int i = 0; i < n; i++)
        row[i] *= row[i];
}

static void
multiply (float *restrict row, const float *restrict factor, int n)
{
    for (int i = 0; i < n; i++)
        row[i] *= factor[i];
}

static void
divide (float *restrict row, const float *restrict weight, int n)
{
    for (int i = 0; i < n; i++)
        row[i] = weight[i] > 0.0f ? row[i] / larger (weight[i], FLT_MIN) : 0.0f;
}

static void
mark_invalid (float *restrict row, const float *restrict validity, int n)
{
    for (int i = 0; i < n; i++)
        row[i] = validity[i] > 0.0f ? row[i] : -1.0f;
}

enum { SMOOTH_BLOCK = 128 };

static void
smooth_block (float *restrict out, const float *const *rows, int at, const float *restrict spatial,
              float sigma, int reach, int n)
{
    const float *restrict own = rows[reach] + at;
    float sum[SMOOTH_BLOCK], total[SMOOTH_BLOCK];

    for (int i = 0; i < n; i++) {
        sum[i] = own[i];
        total[i] = 1.0f;
    }
    for (int j = -reach; j <= reach; j++)
        for (int k = -reach; k <= reach; k++) {
            const float *restrict other = rows[reach + j] + at + k;
            float near = spatial[j < 0 ? -j : j] * spatial[k < 0 ? -k : k];

            if (j == 0 && k == 0)
                continue;
            for (int i = 0; i < n; i++) {
                float range = (own[i] + other[i]) * sigma + FLT_MIN;
                float difference = (own[i] - other[i]) / range;
                float alike = 1.0f / (1.0f + difference * difference);
                float weight = near * alike * alike;

                sum[i] += weight * other[i];
                total[i] += weight;
            }
        }
    for (int i = 0; i < n; i++)
        out[i] = sum[i] / total[i];
}

static void
smooth (float *restrict out, const float *const *rows, const float *restrict spatial, float sigma,
        int reach, int n)
{
    for (int i = 0; i < n; i += SMOOTH_BLOCK)
        smooth_block (out + i, rows, i, spatial, sigma, reach,
                      n - i < SMOOTH_BLOCK ? n - i : SMOOTH_BLOCK);
}

/* ---- pyramids ---- */

static void
reduce_row (float *restrict out, const float *restrict in, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = (in[2 * i - 2] + in[2 * i + 2]) * 0.0625f +
                 (in[2 * i - 1] + in[2 * i + 1]) * 0.25f + in[2 * i] * 0.375f;
}

static void
expand_row (float *restrict out, const float *restrict in, int n)
{
    for (int i = 0; i < n; i++) {
        out[2 * i] = (in[i - 1] + in[i + 1]) * 0.125f + in[i] * 0.75f;
        out[2 * i + 1] = (in[i] + in[i + 1]) * 0.5f;
    }
}

static void
add_expanded (float *restrict row, const float *restrict above, const float *restrict middle,
              const float *restrict below, const float near[3], float scale, int keep, int n)
{
    float a = near[0] * scale, b = near[1] * scale, c = near[2] * scale;

    if (keep)
        for (int i = 0; i < n; i++) {
            float sum = row[i] + (above[i] * a + middle[i] * b + below[i] * c);

            row[i] = row[i] < 0.0f ? 0.0f : sum;
        }
    else
        for (int i = 0; i < n; i++)
            row[i] += above[i] * a + middle[i] * b + below[i] * c;
}

/* ---- the focus curve ---- */

static void
track_one (const HfDepthTrack *track, const float *restrict energy, float frame, int n)
{
    float *restrict last = track->last, *restrict before_last = track->before_last;
    float *restrict sum = track->sum, *restrict peak = track->peak;
    float *restrict before = track->before, *restrict after = track->after;
    float *restrict index = track->index;

    for (int i = 0; i < n; i++) {
        float now = energy[i], top = last[i], early = before_last[i];
        int better = (top >= early) & (top > now) & (top > peak[i]);

        before[i] = better ? early : before[i];
        after[i] = better ? now : after[i];
        index[i] = better ? frame - 1.0f : index[i];
        peak[i] = better ? top : peak[i];
        before_last[i] = top;
        last[i] = now;
        sum[i] += larger (now, 0.0f);
    }
}

static void
track_two (const HfDepthTrack *track, const float *restrict energy, int n)
{
    const float *restrict last = track->last, *restrict before_last = track->before_last;
    const float *restrict peak = track->peak;
    float *restrict peak2 = track->peak2, *restrict before2 = track->before2;
    float *restrict after2 = track->after2, *restrict index2 = track->index2;
    const float *restrict before = track->before, *restrict after = track->after;
    const float *restrict index = track->index;

    /* Before the first is changed: what it loses, or what does not reach it. */
    for (int i = 0; i < n; i++) {
        float now = energy[i], top = last[i], early = before_last[i];
        int found = (top >= early) & (top > now), better = found & (top > peak[i]);
        int second = found & !better & (top > peak2[i]);

        before2[i] = better ? before[i] : second ? early : before2[i];
        after2[i] = better ? after[i] : second ? now : after2[i];
        index2[i] = better ? index[i] : second ? -1.0f : index2[i];
        peak2[i] = better ? peak[i] : second ? top : peak2[i];
    }
}

static void
track (const HfDepthTrack *track_, const float *energy, float frame, int n)
{
    if (track_->peak2) {
        float *restrict index2 = track_->index2;
        const float *restrict peak2 = track_->peak2;

        track_two (track_, energy, n);
        for (int i = 0; i < n; i++)
            index2[i] = index2[i] < 0.0f && peak2[i] >= 0.0f ? frame - 1.0f : index2[i];
    }
    track_one (track_, energy, frame, n);
}

static void
raise (float *restrict peak, const float *restrict energy, int n)
{
    for (int i = 0; i < n; i++)
        peak[i] = larger (peak[i], energy[i]);
}

static void
guide (float *restrict kept, const float *restrict picture, const float *restrict energy,
       const float *restrict peak, int n)
{
    for (int i = 0; i < n; i++)
        kept[i] = energy[i] > peak[i] ? picture[i] : kept[i];
}

/*
 * The top of a bell curve through three energies, -0.5 .. 0.5 from the middle one: on logarithms
 * it is a parabola. Noise is taken off; no neighbour counts for less than 2 % of the middle.
 */
static inline float
top_of_bell (float before, float peak, float after, float noise)
{
    float top = larger (peak - noise, 0.1f * peak) + FLT_MIN;
    float a = log2_of (larger (before - noise, 0.02f * top) / top);
    float c = log2_of (larger (after - noise, 0.02f * top) / top);
    float shift = (a - c) / smaller (2.0f * (a + c), -1e-6f);

    return before < 0.0f || after < 0.0f ? 0.0f : larger (smaller (shift, 0.5f), -0.5f);
}

/*
 * Confidence: how far the peak stands above the mean of the curve, as a share of the peak's height
 * (that of the highest of some equal noises is about 0.3) and against what noise makes of energies.
 * A curve that is highest at its end may go on rising beyond it: blur discs do.
 */
static inline float
confidence_of (float peak, float sum, const HfDepthJudge *judge)
{
    float mean = sum / judge->n_frames, rise = larger (peak - mean, 0.0f);
    float share = rise / (peak + FLT_MIN);
    float sure = rise / (rise + judge->noise + FLT_MIN);

    return smaller (larger (share - 0.2f, 0.0f) * sure * sure * 1.7f, 1.0f);
}

static void
settle_one (float *restrict depth, float *restrict confidence, const HfDepthTrack *track_,
            const HfDepthJudge *judge, int n)
{
    const float *restrict peak = track_->peak, *restrict before = track_->before;
    const float *restrict after = track_->after, *restrict index = track_->index;
    const float *restrict sum = track_->sum;

    for (int i = 0; i < n; i++) {
        depth[i] = index[i] + top_of_bell (before[i], peak[i], after[i], judge->noise);
        float sure = confidence_of (peak[i], sum[i], judge);

        confidence[i] = (before[i] < 0.0f) | (after[i] < 0.0f) ? 0.15f * sure : sure;
    }
}

/* A second maximum competes when it is a third of the first, above the noise, and no shoulder. */
static void
settle_two (float *restrict depth, const HfDepthTrack *track_, const HfDepthJudge *judge, int n)
{
    const float *restrict peak = track_->peak, *restrict index = track_->index;
    const float *restrict peak2 = track_->peak2, *restrict before2 = track_->before2;
    const float *restrict after2 = track_->after2, *restrict index2 = track_->index2;
    float side = (float) judge->prefer;

    for (int i = 0; i < n; i++) {
        float height = peak2[i] - judge->noise;
        float beside = larger (before2[i], after2[i]) - judge->noise;
        int competes = (height > 0.3f * (peak[i] - judge->noise)) & (height > judge->noise) &
                       (beside < 0.9f * height) & ((index2[i] - index[i]) * side > 0.5f);
        float other = index2[i] + top_of_bell (before2[i], peak2[i], after2[i], judge->noise);

        depth[i] = competes ? other : depth[i];
    }
}

static void
settle (float *depth, float *confidence, const HfDepthTrack *track_, const HfDepthJudge *judge,
        int n)
{
    settle_one (depth, confidence, track_, judge, n);
    if (judge->prefer)
        settle_two (depth, track_, judge, n);
}

/* ---- colours ---- */

static void
prior_by_reach (float *restrict out, const float *restrict depth, const float *restrict peak,
                const HfDepthWindow *window, int n)
{
    float frame = window->frame, reach = window->reach, doubt = window->doubt;
    float noise = window->noise;

    for (int i = 0; i < n; i++) {
        float unsure = noise / (noise + peak[i]);
        float x = (frame - depth[i]) / (reach + doubt * unsure * unsure);
        float part = larger (1.0f - x * x, 0.0f);

        out[i] = larger (part * part, 1e-4f);
    }
}

static void
prior_nearest (float *restrict out, const float *restrict depth, const HfDepthWindow *window, int n)
{
    float frame = window->frame;

    for (int i = 0; i < n; i++) {
        float x = frame - depth[i];

        out[i] = (x >= -0.5f) & (x < 0.5f) ? 1.0f : 1e-6f;
    }
}

static void
prior_soft (float *restrict out, const float *restrict depth, const HfDepthWindow *window, int n)
{
    float frame = window->frame, scale = 1.0f / window->soft;

    for (int i = 0; i < n; i++) {
        float x = larger (absolute (frame - depth[i]) - 0.5f, 0.0f) * scale;
        float part = 1.0f / (1.0f + x * x);

        out[i] = larger (part * part, 1e-6f);
    }
}

static void
prior (float *out, const float *depth, const float *peak, const HfDepthWindow *window, int n)
{
    if (window->soft < 0.0f)
        prior_by_reach (out, depth, peak, window, n);
    else if (window->soft > 0.0f)
        prior_soft (out, depth, window, n);
    else
        prior_nearest (out, depth, window, n);
}

/* What is only partly valid counts little where others are valid, and fully where none is. */
static inline float
trust (float validity)
{
    return larger (2.0f * validity - 1.0f, validity * (1.0f / 1024.0f));
}

static void
weigh (float *restrict weight, const float *restrict energy, const float *restrict peak,
       const float *restrict validity, float floor, float power, int n)
{
    if (power > 0.0f)
        for (int i = 0; i < n; i++) {
            float ratio = (energy[i] + floor) / (peak[i] + floor);
            float exponent = log2_of (smaller (larger (ratio, 1e-6f), 1.0f)) * power;

            weight[i] *= exp2_of (larger (exponent, -40.0f));
        }
    if (validity)
        for (int i = 0; i < n; i++)
            weight[i] *= trust (validity[i]);
}

static void
accumulate (float *restrict sum, const float *restrict weight, const float *restrict row, int n)
{
    for (int i = 0; i < n; i++)
        sum[i] += weight[i] * row[i];
}

static void
widen (float *restrict low, float *restrict high, const float *restrict row,
       const float *restrict contributes, int n)
{
    for (int i = 0; i < n; i++) {
        int counts = contributes[i] >= 0.3f;

        low[i] = counts ? smaller (low[i], row[i]) : low[i];
        high[i] = counts ? larger (high[i], row[i]) : high[i];
    }
}

static void
limit (float *restrict row, const float *restrict low, const float *restrict high,
       const float *restrict validity, int n)
{
    for (int i = 0; i < n; i++) {
        float inside = smaller (larger (row[i], low[i]), high[i]);
        float value = low[i] <= high[i] ? inside : row[i];

        row[i] = validity[i] > 0.0f ? value : 0.0f;
    }
}

/* ---- simple ---- */

static void
take_sharper (float *restrict best, float *const colour[3], float *restrict validity,
              const float *restrict energy, const float *const row[3],
              const float *restrict row_validity, int n_colours, int n)
{
    for (int c = 0; c < n_colours; c++) {
        float *restrict kept = colour[c];
        const float *restrict in = row[c];

        for (int i = 0; i < n; i++)
            kept[i] = energy[i] > best[i] ? in[i] : kept[i];
    }
    for (int i = 0; i < n; i++)
        best[i] = larger (best[i], energy[i]);
    for (int i = 0; i < n; i++)
        validity[i] = larger (validity[i], row_validity[i]);
}

const HfDepthKernels HF_KERNEL (hf_depth_kernels) = {
    .convolve_columns = convolve_columns,
    .convolve_row = convolve_row,
    .least_of_rows = least_of_rows,
    .least_in_row = least_in_row,
    .tenengrad = tenengrad,
    .sobel = sobel,
    .laplacian = laplacian,
    .modified_laplacian = modified_laplacian,
    .variance = variance,
    .square = square,
    .multiply = multiply,
    .divide = divide,
    .mark_invalid = mark_invalid,
    .smooth = smooth,
    .reduce_row = reduce_row,
    .expand_row = expand_row,
    .add_expanded = add_expanded,
    .track = track,
    .raise = raise,
    .guide = guide,
    .settle = settle,
    .prior = prior,
    .weigh = weigh,
    .accumulate = accumulate,
    .widen = widen,
    .limit = limit,
    .take_sharper = take_sharper,
};
