/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Powers are 2^(p log2 x). log2 takes the exponent from the float's bits and the mantissa m, within
 * sqrt (1/2) .. sqrt (2), by the series of 2 artanh ((m - 1) / (m + 1)); 2^x takes the whole part
 * to the exponent and the rest, within ±1/2, by the series of exp. sRGB is that of IEC 61966-2-1,
 * L*a*b* that of CIE 15 with the white of D65.
 */
#include "kernels/balance-kernels.h"

#include "kernels/level.h"

#include <stdint.h>
#include <string.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

static const float smallest = 1e-30f; /* below, powers are 0 */

ALWAYS_INLINE float
of_bits (int32_t bits)
{
    float x;

    memcpy (&x, &bits, sizeof x);
    return x;
}

ALWAYS_INLINE int32_t
bits_of (float x)
{
    int32_t bits;

    memcpy (&bits, &x, sizeof bits);
    return bits;
}

/* log2 of a normal positive number */
ALWAYS_INLINE float
log2_of (float x)
{
    int32_t bits = bits_of (x), shifted = bits - 0x3f3504f3; /* sqrt (1/2) */
    int32_t exponent = shifted >> 23;
    float m = of_bits (bits - exponent * (1 << 23));
    float z = (m - 1) / (m + 1), z2 = z * z;
    float series = 1 + z2 * (1 / 3.0f + z2 * (1 / 5.0f + z2 * (1 / 7.0f + z2 * (1 / 9.0f))));

    return (float) exponent + 2.88539008f * z * series;
}

/* 2^x, x kept within -126 .. 126 */
ALWAYS_INLINE float
exp2_of (float x)
{
    float rest, series;
    int32_t whole;

    x = x > -126 ? x : -126;
    x = x < 126 ? x : 126;
    whole = (int32_t) (x + 1000.5f) - 1000;
    rest = (x - (float) whole) * 0.693147181f;
    series = 1 + rest / 7;
    series = 1 + rest / 6 * series;
    series = 1 + rest / 5 * series;
    series = 1 + rest / 4 * series;
    series = 1 + rest / 3 * series;
    series = 1 + rest / 2 * series;
    series = 1 + rest * series;
    return of_bits ((whole + 127) * (1 << 23)) * series;
}

ALWAYS_INLINE float
power_of (float x, float exponent)
{
    float size = x < 0 ? -x : x;
    float result = exp2_of (exponent * log2_of (size > smallest ? size : 1));

    result = size > smallest ? result : 0;
    return x < 0 ? -result : result;
}

static void
power (const float *in, float exponent, int n, float *out)
{
    for (int i = 0; i < n; i++)
        out[i] = power_of (in[i], exponent);
}

static void
curve (const float *in, const float *restrict table, int last, int n, float *out)
{
    for (int i = 0; i < n; i++) {
        float x = in[i], inside = x > 0 ? x : 0, place;
        int step;

        inside = inside < 1 ? inside : 1;
        place = inside * (float) last;
        step = (int) place;
        step = step < last ? step : last - 1;
        out[i] =
            table[step] + (table[step + 1] - table[step]) * (place - (float) step) + (x - inside);
    }
}

ALWAYS_INLINE float
larger (float a, float b)
{
    return a > b ? a : b;
}

ALWAYS_INLINE float
smaller (float a, float b)
{
    return a < b ? a : b;
}

static void
split_hsv (const float *const in[3], int n, float *restrict saturation, float *restrict value)
{
    const float *restrict red = in[0], *restrict green = in[1], *restrict blue = in[2];

    for (int i = 0; i < n; i++) {
        float high = larger (larger (red[i], green[i]), blue[i]);
        float low = smaller (smaller (red[i], green[i]), blue[i]);

        value[i] = high;
        saturation[i] = high > 0 ? (high - low) / high : 0;
    }
}

static void
join_hsv (const float *const in[3], const float *restrict saturation, const float *restrict value,
          int n, float *const out[3])
{
    for (int i = 0; i < n; i++) {
        float red = in[0][i], green = in[1][i], blue = in[2][i];
        float high = larger (larger (red, green), blue);
        float range = high - smaller (smaller (red, green), blue);
        float before = high > 0 ? range / high : 0, most = before > 1 ? before : 1;
        float after = saturation[i] < most ? saturation[i] : most;
        float share = range > 0 ? value[i] * after / range : 0;

        out[0][i] = high > 0 ? value[i] - share * (high - red) : red;
        out[1][i] = high > 0 ? value[i] - share * (high - green) : green;
        out[2][i] = high > 0 ? value[i] - share * (high - blue) : blue;
    }
}

/* The most that colours of this lightness can differ. */
ALWAYS_INLINE float
room_at (float lightness)
{
    float from_middle = 2 * lightness - 1;

    return 1 - (from_middle < 0 ? -from_middle : from_middle);
}

static void
split_hls (const float *const in[3], int n, float *restrict lightness, float *restrict saturation)
{
    const float *restrict red = in[0], *restrict green = in[1], *restrict blue = in[2];

    for (int i = 0; i < n; i++) {
        float high = larger (larger (red[i], green[i]), blue[i]);
        float low = smaller (smaller (red[i], green[i]), blue[i]), middle = 0.5f * (high + low);
        float room = room_at (middle);

        lightness[i] = middle;
        saturation[i] = room > 0 ? (high - low) / room : 0;
    }
}

static void
join_hls (const float *const in[3], const float *restrict lightness,
          const float *restrict saturation, int n, float *const out[3])
{
    for (int i = 0; i < n; i++) {
        float red = in[0][i], green = in[1][i], blue = in[2][i];
        float high = larger (larger (red, green), blue), low = smaller (smaller (red, green), blue);
        float middle = 0.5f * (high + low), range = high - low, room = room_at (middle);
        float before = room > 0 ? range / room : 0, most = before > 1 ? before : 1;
        float after = saturation[i] < most ? saturation[i] : most;
        float wide = room_at (lightness[i]), share;

        wide = wide > 0 ? wide : 0;
        share = range > 0 ? after * wide / range : 0;
        share = room > 0 ? share : 1;
        out[0][i] = lightness[i] + share * (red - middle);
        out[1][i] = lightness[i] + share * (green - middle);
        out[2][i] = lightness[i] + share * (blue - middle);
    }
}

/* sRGB's curve and its inverse, odd about 0 */
ALWAYS_INLINE float
to_linear (float x)
{
    float size = x < 0 ? -x : x;
    float curved = power_of ((size + 0.055f) * (1 / 1.055f), 2.4f);
    float y = size > 0.04045f ? curved : size * (1 / 12.92f);

    return x < 0 ? -y : y;
}

ALWAYS_INLINE float
from_linear (float x)
{
    float size = x < 0 ? -x : x;
    float curved = 1.055f * power_of (size, 1 / 2.4f) - 0.055f;
    float y = size > 0.0031308f ? curved : size * 12.92f;

    return x < 0 ? -y : y;
}

ALWAYS_INLINE float
to_response (float t)
{
    float root = power_of (t, 1 / 3.0f);

    return t > 216 / 24389.0f ? root : t * (841 / 108.0f) + 4 / 29.0f;
}

ALWAYS_INLINE float
from_response (float f)
{
    return f > 6 / 29.0f ? f * f * f : (f - 4 / 29.0f) * (108 / 841.0f);
}

static void
split_lab (const float *const in[3], int n, float *const lab[3])
{
    const float *restrict reds = in[0], *restrict greens = in[1], *restrict blues = in[2];
    float *restrict lightness = lab[0], *restrict a = lab[1], *restrict b = lab[2];

    for (int i = 0; i < n; i++) {
        float red = to_linear (reds[i]), green = to_linear (greens[i]), blue = to_linear (blues[i]);
        /* rows of the matrix to XYZ, divided by the white's X, Y and Z */
        float x = to_response (0.4339499f * red + 0.3762098f * green + 0.1898403f * blue);
        float y = to_response (0.2126729f * red + 0.7151521f * green + 0.0721750f * blue);
        float z = to_response (0.0177566f * red + 0.1094680f * green + 0.8727755f * blue);

        lightness[i] = 1.16f * y - 0.16f;
        a[i] = 0.5f + (500 / 256.0f) * (x - y);
        b[i] = 0.5f + (200 / 256.0f) * (y - z);
    }
}

static void
join_lab (const float *const lab[3], int n, float *const out[3])
{
    const float *restrict lightness = lab[0], *restrict a = lab[1], *restrict b = lab[2];
    float *restrict red = out[0], *restrict green = out[1], *restrict blue = out[2];

    for (int i = 0; i < n; i++) {
        float y = (lightness[i] + 0.16f) * (1 / 1.16f);
        float x = from_response (y + (a[i] - 0.5f) * (256 / 500.0f));
        float z = from_response (y - (b[i] - 0.5f) * (256 / 200.0f));

        y = from_response (y);
        red[i] = from_linear (3.0799557f * x - 1.5371395f * y - 0.5428162f * z);
        green[i] = from_linear (-0.9212589f * x + 1.8760114f * y + 0.0452475f * z);
        blue[i] = from_linear (0.0528874f * x - 0.2040259f * y + 1.1511384f * z);
    }
}

extern const HfBalanceKernels HF_KERNEL (hf_balance_kernels);
const HfBalanceKernels HF_KERNEL (hf_balance_kernels) = {
    .power = power,
    .curve = curve,
    .split_hsv = split_hsv,
    .join_hsv = join_hsv,
    .split_hls = split_hls,
    .join_hls = join_hls,
    .split_lab = split_lab,
    .join_lab = join_lab,
};
