/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Weights as polynomials
 * ----------------------
 * Between two samples each weight of an interpolation kernel is a smooth function of the fraction
 * t, and the kernel is even, so with h = t - 1/2 and s = h h weight j            = E_j (s) + h O_j
 * (s) weight taps - 1 - j = E_j (s) - h O_j (s) which gives two weights for little more than one,
 * for a vector of pixels at a time, without a table to gather from. Catmull-Rom is of this form as
 * it stands. Lanczos with a lobes is L (x) = sinc (x) sinc (x / a), |x| < a,      weight j = L (t -
 * j + a - 1) / sum over all j interpolated at the Chebyshev nodes of s in 0 … 1/4, stretched so
 * that the last node is at 1/4: whole positions reproduce the sample. Divided by their sum, so that
 * flat areas stay flat: the even coefficients of one power add up to 1/2 for the constant, else 0.
 * Largest error of a weight: 2.4e-7 (3 lobes), 9.7e-7 (4), 4.2e-7 (6).
 *
 * Blocks without gathers
 * ----------------------
 * Along a block of pixels (one vector register) the whole part of the position runs ahead of the
 * pixel, or falls behind, now and then. Instead of gathering, the weights of such pixels are moved
 * up by one place, and the block takes one tap more: all loads stay contiguous, and the planes
 * share the weights. A tap of weight zero adds zero, and positions are integers (2^-40 pixels), so
 * that a pixel's bits depend neither on the block it falls into nor on the width of the registers.
 *
 * The vectors are the compiler's own (vector_size), not intrinsics: loops over 16 pixels were
 * unrolled before they were vectorised, and took three times as long.
 */
#include "kernels/warp-kernels.h"

#include "kernels/level.h"

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))
#define UNROLL _Pragma ("GCC unroll 16")

/* Pixels of a block: what one register of the level holds. */
#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif

typedef float Lanes __attribute__ ((vector_size (4 * LANES)));
typedef int32_t Marks __attribute__ ((vector_size (4 * LANES)));
typedef float LanesAnywhere __attribute__ ((vector_size (4 * LANES), aligned (4), may_alias));
typedef int32_t MarksAnywhere __attribute__ ((vector_size (4 * LANES), aligned (4), may_alias));

enum { SLICE = 256, MOST_WEIGHTS = HF_WARP_MOST_TAPS + HF_WARP_MOST_SPREAD, BIAS = 1 << 22 };

static const Marks counting = {
#if LANES > 8
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
#elif LANES > 4
    0, 1, 2, 3, 4, 5, 6, 7,
#else
    0,
    1,
    2,
    3,
#endif
};

static const float bicubic_even[] = {
    -0.0625f,
    0.25f,
    0.5625f,
    -0.25f,
};
static const float bicubic_odd[] = {
    0.125f,
    -0.5f,
    -1.375f,
    1.5f,
};
static const float lanczos_3_even[] = {
    0.0244565494f, -0.088126339f, -0.0568438694f, 0.0779720843f, -0.0231775213f,
    -0.135869518f, 0.570760727f,  -0.114001982f,  0.0282511301f, -0.0350635946f,
    0.611412942f,  -0.482634395f, 0.170845851f,   -0.106223211f, 0.058241114f,
};
static const float lanczos_3_odd[] = {
    -0.0639243647f, 0.30998686f,   -0.241697595f, 0.111013308f,  -0.0514144301f,
    0.181159228f,   -0.841505706f, 0.525260866f,  -0.262984991f, 0.127366558f,
    -1.33667123f,   1.54527032f,   -0.909333289f, 0.522032619f,  -0.248259157f,
};
static const float lanczos_4_even[] = {
    -0.0126301534f, 0.0491720289f, 0.0135911088f, -0.035954114f,  0.0126681766f,
    0.0597641096f,  -0.267825812f, 0.109214209f,  0.0291078612f,  -0.0226190556f,
    -0.166011393f,  0.717510343f,  -0.206379205f, -0.0396208651f, 0.0388082862f,
    0.61887747f,    -0.498856544f, 0.0835738927f, 0.046467118f,   -0.0288574081f,
};
static const float lanczos_4_odd[] = {
    0.0311656874f, -0.150789365f, 0.110458046f,  -0.0238062311f, -0.0672542974f, 0.32259348f,
    -0.225540459f, 0.0449410342f, 0.167342305f,  -0.760278165f,  0.377540529f,   -0.0556186736f,
    -1.30204678f,  1.31780136f,   -0.442268968f, 0.0152461659f,
};
static const float lanczos_6_even[] = {
    -0.0051977532f, 0.0221334528f,   -0.0039344877f, -0.00574110262f, 0.0212127622f, -0.0993839279f,
    0.0599724539f,  -0.00736378878f, -0.047900904f,  0.227076948f,    -0.148509994f, 0.0264666881f,
    0.0938857347f,  -0.441057622f,   0.273316622f,   -0.0450314432f,  -0.190914258f, 0.845823884f,
    -0.339471668f,  0.043216873f,    0.628914416f,   -0.554592788f,   0.158627093f,  -0.0115472274f,
};
static const float lanczos_6_odd[] = {
    0.0120467031f,  -0.0589564592f, 0.0462119803f, -0.0125335511f, -0.0205347091f, 0.100417346f,
    -0.0784029141f, 0.0211555827f,  0.0340921879f, -0.16595149f,   0.126547396f,   -0.0328658037f,
    -0.0619364455f, 0.297214925f,   -0.209961236f, 0.0483388454f,  0.154589683f,   -0.699214041f,
    0.33913219f,    -0.0628435388f, -1.28669763f,  1.25223124f,    -0.436537087f,  0.0590939373f,
};

ALWAYS_INLINE Lanes
load (const float *from)
{
    return *(const LanesAnywhere *) from;
}

ALWAYS_INLINE void
store (float *to, Lanes lanes)
{
    *(LanesAnywhere *) to = lanes;
}

ALWAYS_INLINE Lanes
choose (Marks mark, Lanes yes, Lanes no)
{
    return (Lanes) ((mark & (Marks) yes) | (~mark & (Marks) no));
}

ALWAYS_INLINE Lanes
polynomial (const float *coefficients, const int n, Lanes x)
{
    Lanes sum = x * coefficients[n - 1] + coefficients[n - 2];

    UNROLL
    for (int k = n - 3; k >= 0; k--)
        sum = sum * x + coefficients[k];
    return sum;
}

/* weights[j] of all taps = 2 pairs at these fractions. */
ALWAYS_INLINE void
weigh (const int pairs, const float *even, const int n_even, const float *odd, const int n_odd,
       Lanes fraction, Lanes *weights)
{
    Lanes h = fraction - 0.5f, s = h * h;

    UNROLL
    for (int j = 0; j < pairs; j++) {
        Lanes e = polynomial (even + j * n_even, n_even, s);
        Lanes o = polynomial (odd + j * n_odd, n_odd, s) * h;

        weights[j] = e + o;
        weights[2 * pairs - 1 - j] = e - o;
    }
}

/* Moves the n weights of the marked pixels up by one place: n + 1 are then in use. */
ALWAYS_INLINE void
move_up (int n, Marks mark, Lanes *weights)
{
    const Lanes zero = { 0 };

    weights[n] = choose (mark, weights[n - 1], zero);
    UNROLL
    for (int j = n - 1; j > 0; j--)
        weights[j] = choose (mark, weights[j - 1], weights[j]);
    weights[0] = choose (mark, zero, weights[0]);
}

/* Whole parts and fractions of n positions, to the end of the last block. */
ALWAYS_INLINE void
place (int64_t slope, int64_t start, int first, int n, int32_t *restrict whole,
       float *restrict fraction)
{
    uint64_t position = (uint64_t) (start + slope * first) + ((uint64_t) BIAS << HF_WARP_FRACTION);

    n = (n + LANES - 1) / LANES * LANES;
    for (int i = 0; i < n; i++) {
        whole[i] = (int32_t) (position >> HF_WARP_FRACTION) - BIAS;
        fraction[i] =
            (float) (int32_t) ((position >> (HF_WARP_FRACTION - 24)) & 0xffffff) * 0x1p-24f;
        position += (uint64_t) slope;
    }
}

/*
 * How the whole parts of a block lie, counted against the pixels (along = 1) or not (0): by how
 * much each is ahead of the least, and the most of that among its n pixels. They rise or fall
 * throughout.
 */
ALWAYS_INLINE int
spread_of (const int32_t *whole, const int along, int n, Marks *ahead, int *least)
{
    int last = n < LANES ? n - 1 : LANES - 1;
    int from = whole[0], to = whole[last] - along * last;
    Marks steps = *(const MarksAnywhere *) whole;

    if (along)
        steps -= counting;
    *least = from < to ? from : to;
    *ahead = steps - *least;
    return from < to ? to - from : from - to;
}

/* One block of all planes from n weights. */
ALWAYS_INLINE void
sum_along_row (const HfWarpAlongRow *work, const int n, const Lanes *weights, int x, int from)
{
    for (int p = 0; p < work->n_planes; p++) {
        const float *row = work->rows[p] + (x + from - work->origin);
        Lanes sum = weights[0] * load (row);

        UNROLL
        for (int j = 1; j < n; j++)
            sum += weights[j] * load (row + j);
        store (work->out[p] + x, sum);
    }
}

ALWAYS_INLINE void
sum_along_column (const HfWarpAlongColumn *work, const int n, const Lanes *weights, int x, int from)
{
    const float *const *rows = work->rows + (from - work->origin);
    int n_pixels = work->n - x;

    for (int p = 0; p < work->n_planes; p++) {
        size_t at = (size_t) p * work->plane + (size_t) x;
        Lanes sum = weights[0] * load (rows[0] + at);

        UNROLL
        for (int j = 1; j < n; j++)
            sum += weights[j] * load (rows[j] + at);
        if (n_pixels >= LANES)
            store (work->out[p] + x, sum);
        else
            for (int i = 0; i < n_pixels; i++)
                work->out[p][x + i] = sum[i];
    }
}

/*
 * Sums a block whose pixels lie up to `spread` apart: SUM (number of weights, weights). The
 * spreads of common motions are constants, so that the weights stay in registers.
 */
#define SUM_WITH_SPREAD(taps, spread, ahead, weights, SUM)                                         \
    if (spread == 0) {                                                                             \
        SUM (taps, weights);                                                                       \
    } else if (spread == 1) {                                                                      \
        move_up (taps, ahead > 0, weights);                                                        \
        SUM (taps + 1, weights);                                                                   \
    } else if (spread == 2) {                                                                      \
        move_up (taps, ahead > 0, weights);                                                        \
        move_up (taps + 1, ahead > 1, weights);                                                    \
        SUM (taps + 2, weights);                                                                   \
    } else {                                                                                       \
        Lanes many[MOST_WEIGHTS];                                                                  \
                                                                                                   \
        UNROLL                                                                                     \
        for (int j = 0; j < taps; j++)                                                             \
            many[j] = weights[j];                                                                  \
        for (int s = 0; s < spread; s++)                                                           \
            move_up (taps + s, ahead > s, many);                                                   \
        SUM (taps + spread, many);                                                                 \
    }

ALWAYS_INLINE void
slice_along_row (const int pairs, const float *even, const int n_even, const float *odd,
                 const int n_odd, const HfWarpAlongRow *work, int begin, int n)
{
    const int taps = 2 * pairs;
    int32_t whole[SLICE];
    float fraction[SLICE];

    place (work->slope, work->start, work->first + begin, n, whole, fraction);
    for (int i = 0; i < n; i += LANES) {
        Lanes weights[HF_WARP_MOST_TAPS + 2];
        Marks ahead;
        int least, spread = spread_of (whole + i, 1, n - i, &ahead, &least);

        weigh (pairs, even, n_even, odd, n_odd, load (fraction + i), weights);
#define SUM(n_weights, w)                                                                          \
    sum_along_row (work, n_weights, w, begin + i, least - begin - i - pairs + 1)
        SUM_WITH_SPREAD (taps, spread, ahead, weights, SUM)
#undef SUM
    }
}

ALWAYS_INLINE void
along_row (const int pairs, const float *even, const int n_even, const float *odd, const int n_odd,
           const HfWarpAlongRow *work)
{
    for (int x = 0; x < work->n; x += SLICE)
        slice_along_row (pairs, even, n_even, odd, n_odd, work, x,
                         work->n - x < SLICE ? work->n - x : SLICE);
}

ALWAYS_INLINE void
slice_along_column (const int pairs, const float *even, const int n_even, const float *odd,
                    const int n_odd, const HfWarpAlongColumn *work, int begin, int n)
{
    const int taps = 2 * pairs;
    int32_t whole[SLICE];
    float fraction[SLICE];

    place (work->slope, work->start, work->first + begin, n, whole, fraction);
    for (int i = 0; i < n; i += LANES) {
        Lanes weights[HF_WARP_MOST_TAPS + 2];
        Marks ahead;
        int least, spread = spread_of (whole + i, 0, n - i, &ahead, &least);

        weigh (pairs, even, n_even, odd, n_odd, load (fraction + i), weights);
#define SUM(n_weights, w) sum_along_column (work, n_weights, w, begin + i, least - pairs + 1)
        SUM_WITH_SPREAD (taps, spread, ahead, weights, SUM)
#undef SUM
    }
}

ALWAYS_INLINE void
along_column (const int pairs, const float *even, const int n_even, const float *odd,
              const int n_odd, const HfWarpAlongColumn *work)
{
    for (int x = 0; x < work->n; x += SLICE)
        slice_along_column (pairs, even, n_even, odd, n_odd, work, x,
                            work->n - x < SLICE ? work->n - x : SLICE);
}

/* The weights of n <= HF_WARP_BLOCK fractions, those of a pixel together. */
ALWAYS_INLINE void
weigh_pixels (const int pairs, const float *even, const int n_even, const float *odd,
              const int n_odd, const float *fraction, int n, float (*pixels)[HF_WARP_MOST_TAPS])
{
    for (int i = 0; i < n; i += LANES) {
        Lanes some = { 0 }, weights[HF_WARP_MOST_TAPS];
        int n_lanes = n - i < LANES ? n - i : LANES;

        for (int k = 0; k < n_lanes; k++)
            some[k] = fraction[i + k];
        weigh (pairs, even, n_even, odd, n_odd, some, weights);
        for (int k = 0; k < n_lanes; k++)
            for (int j = 0; j < 2 * pairs; j++)
                pixels[i + k][j] = weights[j][k];
    }
}

/* First the rows of the window are added up with the weights of y, a vector of taps at a time, then
 * the columns with those of x. */
ALWAYS_INLINE void
block (const int pairs, const float *even, const int n_even, const float *odd, const int n_odd,
       const HfWarpBlock *work)
{
    const int taps = 2 * pairs;
    float across[HF_WARP_BLOCK][HF_WARP_MOST_TAPS], down[HF_WARP_BLOCK][HF_WARP_MOST_TAPS];

    weigh_pixels (pairs, even, n_even, odd, n_odd, work->x, work->n, across);
    weigh_pixels (pairs, even, n_even, odd, n_odd, work->y, work->n, down);
    for (int p = 0; p < work->n_planes; p++) {
        for (int i = 0; i < work->n; i++) {
            const float *restrict window = work->planes[p] + work->offsets[i];
            float columns[HF_WARP_MOST_TAPS], sum;

            for (int k = 0; k < taps; k++)
                columns[k] = down[i][0] * window[k];
            for (int j = 1; j < taps; j++)
                for (int k = 0; k < taps; k++)
                    columns[k] += down[i][j] * window[(size_t) j * work->stride + (size_t) k];
            sum = across[i][0] * columns[0];
            for (int k = 1; k < taps; k++)
                sum += across[i][k] * columns[k];
            work->out[p][i] = sum;
        }
    }
}

static void
premultiply (const float *restrict colour, const float *restrict validity, int n,
             float *restrict out)
{
    for (int i = 0; i < n; i++)
        out[i] = colour[i] * validity[i];
}

static void
complement (const float *restrict validity, int n, float *restrict out)
{
    for (int i = 0; i < n; i++)
        out[i] = 1 - validity[i];
}

static void
unmultiply (float *const *colours, int n_colours, float *restrict validity, int n)
{
    for (int c = 0; c < n_colours; c++) {
        float *restrict colour = colours[c];

        for (int i = 0; i < n; i++) {
            float v = 1 - validity[i], safe = v < HF_WARP_LEAST_VALIDITY ? 1 : v;

            colour[i] = v < HF_WARP_LEAST_VALIDITY ? 0 : colour[i] / safe;
        }
    }
    for (int i = 0; i < n; i++) {
        float v = 1 - validity[i];

        v = v < HF_WARP_LEAST_VALIDITY ? 0 : v;
        validity[i] = v > 1 ? 1 : v;
    }
}

ALWAYS_INLINE float
value_at (const int pairs, const float *even, const int n_even, const float *odd, const int n_odd,
          float distance)
{
    float d = distance < 0 ? -distance : distance, e, o;
    int piece = d < (float) pairs ? (int) d : pairs, j = pairs - 1 - piece;
    float h = d - (float) piece - 0.5f;

    if (j < 0)
        return 0;
    e = even[j * n_even + n_even - 1];
    for (int k = n_even - 2; k >= 0; k--)
        e = e * (h * h) + even[j * n_even + k];
    o = odd[j * n_odd + n_odd - 1];
    for (int k = n_odd - 2; k >= 0; k--)
        o = o * (h * h) + odd[j * n_odd + k];
    return e + o * h;
}

#define DEFINE_WARP(name, pairs, n_even, n_odd)                                                    \
    static void along_row_##name (const HfWarpAlongRow *work)                                      \
    {                                                                                              \
        along_row (pairs, name##_even, n_even, name##_odd, n_odd, work);                           \
    }                                                                                              \
    static void along_column_##name (const HfWarpAlongColumn *work)                                \
    {                                                                                              \
        along_column (pairs, name##_even, n_even, name##_odd, n_odd, work);                        \
    }                                                                                              \
    static void block_##name (const HfWarpBlock *work)                                             \
    {                                                                                              \
        block (pairs, name##_even, n_even, name##_odd, n_odd, work);                               \
    }                                                                                              \
    static float value_##name (float distance)                                                     \
    {                                                                                              \
        return value_at (pairs, name##_even, n_even, name##_odd, n_odd, distance);                 \
    }

DEFINE_WARP (bicubic, 2, 2, 2)
DEFINE_WARP (lanczos_3, 3, 5, 5)
DEFINE_WARP (lanczos_4, 4, 5, 4)
DEFINE_WARP (lanczos_6, 6, 4, 4)

extern const HfWarpKernels HF_KERNEL (hf_warp_kernels);
const HfWarpKernels HF_KERNEL (hf_warp_kernels) = {
    .taps = { 4, 6, 8, 12 },
    .premultiply = premultiply,
    .complement = complement,
    .unmultiply = unmultiply,
    .along_row = { along_row_bicubic, along_row_lanczos_3, along_row_lanczos_4,
                   along_row_lanczos_6 },
    .along_column = { along_column_bicubic, along_column_lanczos_3, along_column_lanczos_4,
                      along_column_lanczos_6 },
    .block = { block_bicubic, block_lanczos_3, block_lanczos_4, block_lanczos_6 },
    .value = { value_bicubic, value_lanczos_3, value_lanczos_4, value_lanczos_6 },
};
