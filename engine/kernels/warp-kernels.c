/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Weights as polynomials
 * ----------------------
 * Between two samples each weight of an interpolation kernel is a smooth function of the fraction
 * t, and the kernel is even, so with h = t - 1/2 and s = h h
 *     weight j            = E_j (s) + h O_j (s)
 *     weight taps - 1 - j = E_j (s) - h O_j (s)
 * which gives two weights for little more than one, for a vector of pixels at a time, without a
 * table to gather from. tests/warp/warp-weights.c finds the coefficients and tells how.
 *
 * Catmull-Rom (bicubic) is of this form as it stands.
 *
 * Lanczos with a lobes, sinc (x) sinc (x / a), is neither of sum 1 nor centred: divided by its sum
 * it moves content by up to 0.02 pixels to and fro. Here it is
 *     sinc (x) sinc (x / a) + sinc (x / a) (p + q x)
 * with p and q for each t such that flat areas stay flat and planes stay in place; the
 * polynomials meet that to 1.4e-6 (3 lobes), 6e-7 (4), 3e-7 (6).
 *
 * Optimal is the best linear prediction of pictures from their samples, over 5 lobes, that leaves
 * planes and parabolas as they are: a little sharper than Lanczos-4, and cheaper.
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

typedef uint64_t Positions __attribute__ ((vector_size (4 * LANES))); /* of half a block */

enum { MOST_WEIGHTS = HF_WARP_MOST_TAPS + HF_WARP_MOST_SPREAD };

/* The numbers of a block's pixels, and of the halves' pixels; the even words of two vectors. */
#if LANES > 8
#define COUNTING 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define COUNTING_LOW 0, 1, 2, 3, 4, 5, 6, 7
#define COUNTING_HIGH 8, 9, 10, 11, 12, 13, 14, 15
#define EVEN_WORDS 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#elif LANES > 4
#define COUNTING 0, 1, 2, 3, 4, 5, 6, 7
#define COUNTING_LOW 0, 1, 2, 3
#define COUNTING_HIGH 4, 5, 6, 7
#define EVEN_WORDS 0, 2, 4, 6, 8, 10, 12, 14
#else
#define COUNTING 0, 1, 2, 3
#define COUNTING_LOW 0, 1
#define COUNTING_HIGH 2, 3
#define EVEN_WORDS 0, 2, 4, 6
#endif

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
    0.024622798f,   -0.105979323f,  0.0215643644f, 0.0335519314f, -0.134077311f, 0.551635504f,
    -0.0445091724f, -0.0671855211f, 0.609454513f,  -0.44565618f,  0.022944808f,  0.0336335897f,
};
static const float lanczos_3_odd[] = {
    -0.0548875332f, 0.264142394f,  -0.190251112f, 0.0475270748f, 0.19814074f,   -0.914967775f,
    0.520798087f,   -0.124711156f, -1.31998444f,  1.42419147f,   -0.611139059f, 0.136497974f,
};
static const float lanczos_4_even[] = {
    -0.0127325058f, 0.0558983088f, -0.0173252821f, -0.0101931095f, 0.0596680641f, -0.265307903f,
    0.102677464f,   0.0154616833f, -0.166818023f,  0.724112272f,   -0.230560184f, 0.0128009319f,
    0.619882464f,   -0.514702678f, 0.145208001f,   -0.0180695057f,
};
static const float lanczos_4_odd[] = {
    0.0283920765f, -0.138216853f, 0.105714202f,  -0.0284826756f, -0.0744947195f, 0.359239459f,
    -0.261576414f, 0.0661365986f, 0.160630465f,  -0.730674148f,  0.373018742f,   -0.0816406012f,
    -1.30816269f,  1.36334288f,   -0.551173806f, 0.113617659f,
};
static const float lanczos_6_even[] = {
    -0.00521063805f, 0.0234286785f, -0.00993287563f, -0.00164186954f, 0.021197319f,
    -0.0984562635f,  0.0560470819f, -0.00551426411f, -0.0479898453f,  0.228331804f,
    -0.15332365f,    0.0313373804f, 0.0938780308f,   -0.441593409f,   0.277049661f,
    -0.0509003401f,  -0.191145539f, 0.84759593f,     -0.345432758f,   0.053512454f,
    0.629270673f,    -0.559306741f, 0.175592542f,    -0.0267933607f,
};
static const float lanczos_6_odd[] = {
    0.0114746094f,  -0.0562691689f, 0.0446666479f, -0.0127352476f, -0.0221664906f, 0.108520865f,
    -0.0854344368f, 0.0240585804f,  0.0318988562f, -0.155375242f,  0.119194031f,   -0.0323017836f,
    -0.0642015934f, 0.308704972f,   -0.221219063f, 0.0544964075f,  0.153074026f,   -0.692645431f,
    0.338894844f,   -0.0699919462f, -1.28822911f,  1.26431108f,    -0.467370272f,  0.0871675014f,
};
static const float optimal_even[] = {
    0.00567388535f, -0.0259741545f, 0.0131143332f, -0.0256969929f, 0.11757946f,
    -0.0591652393f, 0.0674446821f,  -0.30691278f,  0.14853704f,    -0.167390704f,
    0.725003481f,   -0.221763015f,  0.61996913f,   -0.509696007f,  0.119276881f,
};
static const float optimal_odd[] = {
    -0.00505447388f, 0.0202176571f, 0.0207740068f, -0.0830960274f, -0.0540802479f,
    0.21632123f,     0.155044913f,  -0.620179892f, -1.29466152f,   1.17864609f,
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

/* weights[j] of all taps = 2 pairs at the fractions h + 1/2. */
ALWAYS_INLINE void
weigh (const int pairs, const float *even, const int n_even, const float *odd, const int n_odd,
       Lanes h, Lanes *weights)
{
    Lanes s = h * h;

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

/* Positions of a block's pixels: scalars for its ends, vectors for what lies between. */
typedef struct Places {
    int64_t first;       /* the first pixel's */
    Positions low, high; /* the pixels', counted from the first's */
} Places;

static const int half_pixel_shift = HF_WARP_FRACTION - 1;

ALWAYS_INLINE Places
places_of (int64_t slope, int64_t start, int first)
{
    return (Places) { start + slope * first, (Positions) { COUNTING_LOW } * (uint64_t) slope,
                      (Positions) { COUNTING_HIGH } * (uint64_t) slope };
}

/* The lower words of position >> bits. */
ALWAYS_INLINE Marks
words_of (const Places *places, uint64_t first, int bits)
{
    Positions low = (places->low + first) >> bits, high = (places->high + first) >> bits;

    return __builtin_shufflevector ((Marks) low, (Marks) high, EVEN_WORDS);
}

/* Fractions - 1/2: half a pixel back, the 32 bits after the point are a signed number. */
ALWAYS_INLINE Lanes
fractions_of (const Places *places)
{
    uint64_t first = (uint64_t) places->first - ((uint64_t) 1 << half_pixel_shift);
    Marks words = words_of (places, first, HF_WARP_FRACTION - 32);

    return __builtin_convertvector(words, Lanes) * 0x1p-32f;
}

/*
 * How the whole parts of a block lie, counted against the pixels (along = 1) or not (0): the least
 * of them and by how much the most is ahead, among its n pixels. They rise or fall throughout.
 */
ALWAYS_INLINE int
spread_of (const Places *places, int64_t slope, const int along, int n, int *least)
{
    int last = n < LANES ? n - 1 : LANES - 1;
    int from = (int) (places->first >> HF_WARP_FRACTION);
    int to = (int) ((places->first + slope * last) >> HF_WARP_FRACTION) - along * last;

    *least = from < to ? from : to;
    return from < to ? to - from : from - to;
}

/* By how much each is ahead of the least. */
ALWAYS_INLINE Marks
ahead_of (const Places *places, const int along, int least)
{
    /* Whole numbers counted from the least are small: the sign is not lost in the lower words. */
    uint64_t first = (uint64_t) places->first - ((uint64_t) (int64_t) least << HF_WARP_FRACTION);
    Marks steps = words_of (places, first, HF_WARP_FRACTION);

    /* Logical shift: what is below the least, which pixels behind the last may be, is no matter. */
    return along ? steps - (Marks) { COUNTING } : steps;
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
sum_along_column (const HfWarpAlongColumn *work, const int n, const Lanes *weights, int x, int from,
                  float *const *out)
{
    const float *const *rows = work->rows + (from - work->origin);

    for (int p = 0; p < work->n_planes; p++) {
        size_t at = (size_t) p * work->plane + (size_t) x;
        Lanes sum = weights[0] * load (rows[0] + at);

        UNROLL
        for (int j = 1; j < n; j++)
            sum += weights[j] * load (rows[j] + at);
        store (out[p], sum);
    }
}

/*
 * Sums a block whose pixels lie up to `spread` apart: SUM (number of weights, weights). The
 * spreads of common motions are constants, so that the weights stay in registers.
 */
#define SUM_WITH_SPREAD(taps, spread, AHEAD, weights, SUM)                                         \
    if (spread == 0) {                                                                             \
        SUM (taps, weights);                                                                       \
    } else if (spread == 1) {                                                                      \
        move_up (taps, AHEAD > 0, weights);                                                        \
        SUM (taps + 1, weights);                                                                   \
    } else if (spread == 2) {                                                                      \
        Marks ahead = AHEAD;                                                                       \
                                                                                                   \
        move_up (taps, ahead > 0, weights);                                                        \
        move_up (taps + 1, ahead > 1, weights);                                                    \
        SUM (taps + 2, weights);                                                                   \
    } else {                                                                                       \
        Marks ahead = AHEAD;                                                                       \
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
along_row (const int pairs, const float *even, const int n_even, const float *odd, const int n_odd,
           const HfWarpAlongRow *work)
{
    const int taps = 2 * pairs;
    Places places = places_of (work->slope, work->start, work->first);

    for (int x = 0; x < work->n; x += LANES, places.first += work->slope * LANES) {
        Lanes weights[HF_WARP_MOST_TAPS + 2];
        int least, spread = spread_of (&places, work->slope, 1, work->n - x, &least);

        weigh (pairs, even, n_even, odd, n_odd, fractions_of (&places), weights);
#define SUM(n_weights, w) sum_along_row (work, n_weights, w, x, least - x - pairs + 1)
        SUM_WITH_SPREAD (taps, spread, ahead_of (&places, 1, least), weights, SUM)
#undef SUM
    }
}

/* Where the pixels from x on go: only whole blocks straight to what may be written. */
ALWAYS_INLINE void
choose_outs (const HfWarpAlongColumn *work, int x, float (*tails)[LANES], float **out)
{
    for (int p = 0; p < 4; p++)
        out[p] = work->n - x < LANES ? tails[p] : work->out[p] + x;
}

ALWAYS_INLINE void
along_column (const int pairs, const float *even, const int n_even, const float *odd,
              const int n_odd, const HfWarpAlongColumn *work)
{
    const int taps = 2 * pairs;
    Places places = places_of (work->slope, work->start, work->first);
    float tails[4][LANES];

    for (int x = 0; x < work->n; x += LANES, places.first += work->slope * LANES) {
        Lanes weights[HF_WARP_MOST_TAPS + 2];
        float *out[4];
        int least, spread = spread_of (&places, work->slope, 0, work->n - x, &least);

        choose_outs (work, x, tails, out);
        weigh (pairs, even, n_even, odd, n_odd, fractions_of (&places), weights);
#define SUM(n_weights, w) sum_along_column (work, n_weights, w, x, least - pairs + 1, out)
        SUM_WITH_SPREAD (taps, spread, ahead_of (&places, 0, least), weights, SUM)
#undef SUM
    }
    for (int i = 0; i < work->n % LANES; i++)
        for (int p = 0; p < work->n_planes; p++)
            work->out[p][work->n - work->n % LANES + i] = tails[p][i];
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
            some[k] = fraction[i + k] - 0.5f;
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
DEFINE_WARP (lanczos_3, 3, 4, 4)
DEFINE_WARP (lanczos_4, 4, 4, 4)
DEFINE_WARP (lanczos_6, 6, 4, 4)
DEFINE_WARP (optimal, 5, 3, 2)

extern const HfWarpKernels HF_KERNEL (hf_warp_kernels);
const HfWarpKernels HF_KERNEL (hf_warp_kernels) = {
    .taps = { 4, 6, 8, 12, 10 },
    .premultiply = premultiply,
    .complement = complement,
    .unmultiply = unmultiply,
    .along_row = { along_row_bicubic, along_row_lanczos_3, along_row_lanczos_4, along_row_lanczos_6,
                   along_row_optimal },
    .along_column = { along_column_bicubic, along_column_lanczos_3, along_column_lanczos_4,
                      along_column_lanczos_6, along_column_optimal },
    .block = { block_bicubic, block_lanczos_3, block_lanczos_4, block_lanczos_6, block_optimal },
    .value = { value_bicubic, value_lanczos_3, value_lanczos_4, value_lanczos_6, value_optimal },
};
