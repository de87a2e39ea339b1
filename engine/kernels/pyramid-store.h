/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The loops of the pyramid for one way of keeping rows; included by pyramid-kernels.c once for
 * each, no guard. Before it are defined STORE(name)     the name with the way's prefix Real what is
 * computed in: float or double Colour, Mean, Weight, Result   how samples are kept load_weight(w),
 * keep_weight(x), keep_mean(x), rough_inverse(x) reference_of(x) x as a Weight can hold it and
 * undefined behind it. Pointers are copied to locals and the loops marked as free of overlap, so
 * that each becomes one vector loop; colours are unrolled by hand for the same reason.
 */
#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

ALWAYS_INLINE void
STORE (bands_of) (const HfPyramidBands *bands, const int n_colours, int n)
{
    const float a = bands->near[0], b = bands->near[1], c = bands->near[2];
    const Colour *p0 = bands->picture[0], *p1 = bands->picture[1], *p2 = bands->picture[2];
    const float *a0 = bands->above[0], *a1 = bands->above[1], *a2 = bands->above[2];
    const float *m0 = bands->middle[0], *m1 = bands->middle[1], *m2 = bands->middle[2];
    const float *b0 = bands->below[0], *b1 = bands->below[1], *b2 = bands->below[2];
    float *out0 = bands->band[0], *out1 = bands->band[1], *out2 = bands->band[2];
    float *energy = bands->energy;

#pragma GCC ivdep
    for (int i = 0; i < n; i++) {
        float value = (float) p0[i] - (a0[i] * a + m0[i] * b + b0[i] * c), sum = value * value;

        out0[i] = value;
        if (n_colours == 3) {
            float green = (float) p1[i] - (a1[i] * a + m1[i] * b + b1[i] * c);
            float blue = (float) p2[i] - (a2[i] * a + m2[i] * b + b2[i] * c);

            out1[i] = green;
            out2[i] = blue;
            sum = sum + green * green + blue * blue;
        }
        energy[i] = sum;
    }
}

static void
STORE (bands) (const HfPyramidBands *bands, int n)
{
    if (bands->n_colours == 3)
        STORE (bands_of) (bands, 3, n);
    else
        STORE (bands_of) (bands, 1, n);
}

/* x to the 20th, from 2^-60 to 2^60: what is smaller does not count, larger ones do not come. */
ALWAYS_INLINE Real
STORE (twentieth_power) (Real x)
{
    Real x4, x16;

    x = x > (Real) 0.125 ? x : (Real) 0.125;
    x4 = x * x * (x * x);
    x16 = x4 * x4 * (x4 * x4);
    return x16 * x4;
}

ALWAYS_INLINE Bits
STORE (bits_of) (Real value)
{
    Bits bits;

    memcpy (&bits, &value, sizeof bits);
    return bits;
}

ALWAYS_INLINE Real
STORE (real_of) (Bits bits)
{
    Real value;

    memcpy (&value, &bits, sizeof value);
    return value;
}

/* One over the largest power of two that is at most x, for normal numbers; of 0 something large. */
ALWAYS_INLINE Real
STORE (inverse_power) (Real x)
{
    Bits power = STORE (bits_of) (x) >> MANTISSA;

    return STORE (real_of) ((2 * BIAS - power) << MANTISSA);
}

/* What weights under an old reference count under a smaller new one, both powers of two: the 20th
 * power of their ratio; 0 unless `any`. */
ALWAYS_INLINE Real
STORE (measure_anew) (Real old, Real fresh, int any)
{
    Bits steps = (STORE (bits_of) (fresh) >> MANTISSA) - (STORE (bits_of) (old) >> MANTISSA);
    Bits power = BIAS + 20 * steps;

    return STORE (real_of) (any && power > 0 ? power << MANTISSA : 0);
}

ALWAYS_INLINE void
STORE (choose_of) (const HfPyramidChoice *choice, const int n_colours, const int masked, int n)
{
    const float *own = choice->own, *u = choice->lead[0], *v = choice->lead[1];
    const float *s0 = choice->soft[0], *s1 = choice->soft[1], *s2 = choice->soft[2];
    const float *w0 = choice->wide[0], *w1 = choice->wide[1];
    const float *band0 = choice->band[0], *band1 = choice->band[1], *band2 = choice->band[2];
    const uint8_t *validity = choice->validity;
    const Real doubt = (Real) 30 * (Real) choice->noise, floor = (Real) 12 * (Real) choice->noise;
    const Real wide = (Real) 0.5f * (Real) choice->wide_share;
    const Real soft = (Real) 1 - (Real) choice->wide_share;
    const Real preference = (Real) choice->preference;
    float *sharpness = choice->sharpness;
    Weight *weights = choice->weight, *references = choice->reference;
    Mean *mean0 = choice->mean[0], *mean1 = choice->mean[1], *mean2 = choice->mean[2];

#pragma GCC ivdep
    for (int i = 0; i < n; i++) {
        Real valid = masked ? (Real) trust (validity[i]) : (Real) 1;
        /* In floats, as where it is weighted by validity. */
        float near = (s0[i] + s2[i]) * 0.25f + s1[i] * 0.5f;
        Real mean = (Real) near * soft + ((Real) w0[i] + (Real) w1[i]) * wide;
        Real sure = mean / (mean + doubt), energy, fresh, ratio, part, sum, share;
        Real weight = load_weight (weights[i]), reference = load_weight (references[i]);
        int keeps;

        mean += (Real) 0.35f * sure * sure * ((Real) own[i] - mean);
        mean += ((Real) u[i] + (Real) v[i]) * (Real) 0.1f;
        sharpness[i] = (float) mean;
        mean += mean * sure * sure * preference;
        energy = masked && !(valid > 0) ? (Real) 0 : mean + floor;

        /* Nothing yet, or far less than this: the measure is this frame's own. */
        fresh = STORE (inverse_power) (energy);
        keeps = energy * reference < (Real) 8 && weight > 0;
        weight *= keeps ? (Real) 1 : STORE (measure_anew) (reference, fresh, weight > 0);
        reference = keeps ? reference : fresh;
        ratio = energy * reference;
        part = STORE (twentieth_power) (ratio) * valid;
        sum = weight + part;
        share = part / (sum > (Real) FLT_MIN ? sum : (Real) FLT_MIN);
        weights[i] = keep_weight (sum);
        references[i] = keep_weight (reference);
        mean0[i] = keep_mean ((Real) mean0[i] + share * ((Real) band0[i] - (Real) mean0[i]));
        if (n_colours == 3) {
            mean1[i] = keep_mean ((Real) mean1[i] + share * ((Real) band1[i] - (Real) mean1[i]));
            mean2[i] = keep_mean ((Real) mean2[i] + share * ((Real) band2[i] - (Real) mean2[i]));
        }
    }
}

static void
STORE (choose) (const HfPyramidChoice *choice, int n)
{
    if (choice->validity && choice->n_colours == 3)
        STORE (choose_of) (choice, 3, 1, n);
    else if (choice->validity)
        STORE (choose_of) (choice, 1, 1, n);
    else if (choice->n_colours == 3)
        STORE (choose_of) (choice, 3, 0, n);
    else
        STORE (choose_of) (choice, 1, 0, n);
}

static void
STORE (average) (void *const means[3], void *weight_, const void *const pictures[3], int n_colours,
                 const uint8_t *restrict validity, int n)
{
    Weight *restrict weight = weight_;

    for (int i = 0; i < n; i++) {
        Real part = validity ? (Real) trust (validity[i]) : (Real) 1;
        Real sum = load_weight (weight[i]) + part;
        Real share = part / (sum > (Real) FLT_MIN ? sum : (Real) FLT_MIN);

        weight[i] = keep_weight (sum);
        for (int c = 0; c < n_colours; c++) {
            const Colour *picture = pictures[c];
            Mean *mean = means[c];

            mean[i] = keep_mean ((Real) mean[i] + share * ((Real) picture[i] - (Real) mean[i]));
        }
    }
}

/* ---- results ---- */

static void
STORE (begin_result) (void *result_, const void *mean_, int n)
{
    Result *restrict result = result_;
    const Mean *restrict mean = mean_;

    for (int i = 0; i < n; i++)
        result[i] = (Result) mean[i];
}

static void
STORE (expand_result) (void *out_, const void *in_, HfPyramidTaps taps, int n)
{
    Result *restrict out = out_;
    const Result *restrict in = in_;
    Result side = (Result) 2 * (Result) taps.outer, middle = (Result) 2 * (Result) taps.centre;

    for (int i = 0; i < n; i++) {
        out[2 * i] = (in[i - 1] + in[i + 1]) * side + in[i] * middle;
        out[2 * i + 1] = (in[i] + in[i + 1]) * (Result) 0.5f;
    }
}

static void
STORE (add_result) (void *result_, const void *mean_, const void *above_, const void *middle_,
                    const void *below_, const float near[3], int n)
{
    Result *restrict result = result_;
    const Mean *restrict mean = mean_;
    const Result *restrict above = above_, *restrict middle = middle_, *restrict below = below_;
    Result a = (Result) near[0], b = (Result) near[1], c = (Result) near[2];

    for (int i = 0; i < n; i++)
        result[i] = (Result) mean[i] + (above[i] * a + middle[i] * b + below[i] * c);
}

#undef ALWAYS_INLINE
#undef STORE
#undef Real
#undef Colour
#undef Mean
#undef Weight
#undef Result
#undef load_weight
#undef keep_weight
#undef keep_mean
#undef Bits
#undef MANTISSA
#undef BIAS
