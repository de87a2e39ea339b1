/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "files/tiff-samples.h"

#include <math.h>
#include <string.h>
#include <tiffio.h>

size_t
hf_tiff_sample_bytes (const HfTiffSamples *self)
{
    return self->bits / 8;
}

bool
hf_tiff_samples_are_rows (const HfTiffSamples *self)
{
    return !self->palette[0] && self->photometric != PHOTOMETRIC_MINISWHITE && !self->associated &&
           self->n_samples == self->format.n_channels && self->bits == 8 * self->format.type;
}

static void
unpack_palette (const HfTiffSamples *self, const uint8_t *from, uint8_t *to)
{
    int n = self->format.n_channels;

    for (int x = 0; x < self->width; x++, from += self->n_samples, to += n) {
        for (int c = 0; c < 3; c++)
            to[c] = (uint8_t) (self->palette[c][from[0]] >> self->palette_shift);
        if (self->alpha >= 0)
            to[3] = from[self->alpha];
    }
}

/* 16-bit floats (IEEE 754 binary16): sign, 5 bits of exponent with bias 15, 10 bits of fraction. */
static float
half_to_float (uint16_t half)
{
    int exponent = half >> 10 & 31, fraction = half & 1023;
    float value = exponent == 0    ? ldexpf ((float) fraction, -24)
                  : exponent == 31 ? (fraction ? NAN : INFINITY)
                                   : ldexpf ((float) (fraction + 1024), exponent - 25);

    return half & 0x8000 ? -value : value;
}

static float
float_sample (const HfTiffSamples *self, const char *at)
{
    union {
        uint16_t half;
        float single;
        double real;
    } value;

    memcpy (&value, at, hf_tiff_sample_bytes (self));
    return self->bits == 16   ? half_to_float (value.half)
           : self->bits == 32 ? value.single
                              : (float) value.real;
}

/* Picks the channels of one row out of its samples, as numbers; `white` is the largest value. */
#define UNPACK(name, Sample, get, white, divide)                                                   \
    static void name (const HfTiffSamples *self, const char *from, Sample *to)                     \
    {                                                                                              \
        int n = self->format.n_channels, n_colours = hf_format_n_colours (self->format);           \
        size_t bytes = hf_tiff_sample_bytes (self);                                                \
        bool invert = self->photometric == PHOTOMETRIC_MINISWHITE;                                 \
                                                                                                   \
        for (int x = 0; x < self->width; x++, from += bytes * self->n_samples, to += n) {          \
            for (int c = 0; c < n_colours; c++) {                                                  \
                Sample value = get (self, from + (size_t) c * bytes);                              \
                                                                                                   \
                to[c] = invert ? (Sample) ((white) -value) : value;                                \
            }                                                                                      \
            if (self->alpha < 0)                                                                   \
                continue;                                                                          \
            to[n_colours] = get (self, from + (size_t) self->alpha * bytes);                       \
            for (int c = 0; self->associated && c < n_colours; c++)                                \
                to[c] = divide (to[c], to[n_colours]);                                             \
        }                                                                                          \
    }

static uint8_t
u8_sample (const HfTiffSamples *self, const char *at)
{
    return *(const uint8_t *) at;
}

static uint16_t
u16_sample (const HfTiffSamples *self, const char *at)
{
    uint16_t value;

    memcpy (&value, at, sizeof value);
    return value;
}

static uint8_t
divide_u8 (uint8_t colour, uint8_t alpha)
{
    return alpha == 0 ? 0 : (uint8_t) MIN ((colour * 255u + alpha / 2u) / alpha, 255u);
}

static uint16_t
divide_u16 (uint16_t colour, uint16_t alpha)
{
    return alpha == 0 ? 0
                      : (uint16_t) MIN ((colour * UINT64_C (65535) + alpha / 2u) / alpha, 65535u);
}

static float
divide_float (float colour, float alpha)
{
    return alpha > 0 ? colour / alpha : 0;
}

UNPACK (unpack_u8, uint8_t, u8_sample, 255, divide_u8)
UNPACK (unpack_u16, uint16_t, u16_sample, 65535, divide_u16)
UNPACK (unpack_float, float, float_sample, 1.0f, divide_float)

void
hf_tiff_samples_unpack (const HfTiffSamples *self, const char *samples, void *row)
{
    if (self->palette[0]) {
        unpack_palette (self, (const uint8_t *) samples, row);
        return;
    }
    switch (self->format.type) {
    case HF_SAMPLE_U8:
        unpack_u8 (self, samples, row);
        break;
    case HF_SAMPLE_U16:
        unpack_u16 (self, samples, row);
        break;
    case HF_SAMPLE_FLOAT:
        unpack_float (self, samples, row);
        break;
    }
}
