/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "kernels/band-kernels.h"

#include "kernels/level.h"

#include <float.h>

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

static const float largest = FLT_MAX / 4;

/*
 * The loops are written for a constant number of channels, so that each becomes one vector loop
 * with the shuffles for that spacing; the functions of the table only choose among them.
 */
#define DEFINE_READ(name, Type, maximum)                                                           \
    ALWAYS_INLINE int read_##name##_channels (const Type *restrict row, const int n_channels,      \
                                              int n, float *restrict a, float *restrict b,         \
                                              float *restrict c, float *restrict d)                \
    {                                                                                              \
        const float scale = 1.0f / maximum;                                                        \
        const int alpha = n_channels - 1;                                                          \
        int see_through = 0;                                                                       \
                                                                                                   \
        for (int i = 0; i < n; i++) {                                                              \
            a[i] = (float) row[i * n_channels] * scale;                                            \
            if (n_channels > 1)                                                                    \
                b[i] = (float) row[i * n_channels + 1] * scale;                                    \
            if (n_channels > 2)                                                                    \
                c[i] = (float) row[i * n_channels + 2] * scale;                                    \
            if (n_channels > 3)                                                                    \
                d[i] = (float) row[i * n_channels + 3] * scale;                                    \
            if (n_channels % 2 == 0)                                                               \
                see_through |= row[i * n_channels + alpha] != maximum;                             \
        }                                                                                          \
        return see_through;                                                                        \
    }                                                                                              \
                                                                                                   \
    static int read_##name (const Type *row, int n_channels, int n, float *const *planes)          \
    {                                                                                              \
        switch (n_channels) {                                                                      \
        case 1:                                                                                    \
            return read_##name##_channels (row, 1, n, planes[0], 0, 0, 0);                         \
        case 2:                                                                                    \
            return read_##name##_channels (row, 2, n, planes[0], planes[1], 0, 0);                 \
        case 3:                                                                                    \
            return read_##name##_channels (row, 3, n, planes[0], planes[1], planes[2], 0);         \
        default:                                                                                   \
            return read_##name##_channels (row, 4, n, planes[0], planes[1], planes[2], planes[3]); \
        }                                                                                          \
    }

DEFINE_READ (u8, uint8_t, 255)
DEFINE_READ (u16, uint16_t, 65535)

ALWAYS_INLINE float
limited (float value, float low, float high)
{
    value = value > high ? high : value;
    value = value < low ? low : value;
    return value != value ? 0 : value;
}

static int
read_float (const float *restrict row, int n_channels, int n, float *const *planes)
{
    int flawed = 0;

    for (int c = 0; c < n_channels; c++) {
        float *restrict plane = planes[c];

        if (n_channels % 2 == 0 && c == n_channels - 1) {
            for (int i = 0; i < n; i++) {
                float sample = row[i * n_channels + c];

                plane[i] = limited (sample, 0, 1);
                flawed |= !(sample >= 1);
            }
        } else {
            for (int i = 0; i < n; i++) {
                float sample = row[i * n_channels + c];

                plane[i] = limited (sample, -largest, largest);
                flawed |= sample != sample;
            }
        }
    }
    return flawed;
}

static void
reject_nan (const float *restrict row, int n_channels, int n, float *restrict validity)
{
    for (int c = 0; c < n_channels; c++) {
        for (int i = 0; i < n; i++) {
            float sample = row[i * n_channels + c];

            validity[i] = sample != sample ? 0 : validity[i];
        }
    }
}

#define DEFINE_WRITE(name, Type, maximum)                                                          \
    ALWAYS_INLINE Type to_##name (float value)                                                     \
    {                                                                                              \
        float scaled = value * maximum + 0.5f;                                                     \
                                                                                                   \
        scaled = scaled > 0 ? scaled : 0;                                                          \
        scaled = scaled < maximum ? scaled : maximum;                                              \
        return (Type) (int) scaled;                                                                \
    }                                                                                              \
                                                                                                   \
    ALWAYS_INLINE void write_##name##_channels (const float *restrict a, const float *restrict b,  \
                                                const float *restrict c, const float *restrict d,  \
                                                const int n_channels, int n, Type *restrict row)   \
    {                                                                                              \
        for (int i = 0; i < n; i++) {                                                              \
            row[i * n_channels] = to_##name (a[i]);                                                \
            if (n_channels > 1)                                                                    \
                row[i * n_channels + 1] = to_##name (b[i]);                                        \
            if (n_channels > 2)                                                                    \
                row[i * n_channels + 2] = to_##name (c[i]);                                        \
            if (n_channels > 3)                                                                    \
                row[i * n_channels + 3] = to_##name (d[i]);                                        \
        }                                                                                          \
    }                                                                                              \
                                                                                                   \
    static void write_##name (const float *const *planes, int n_channels, int n, Type *row)        \
    {                                                                                              \
        switch (n_channels) {                                                                      \
        case 1:                                                                                    \
            write_##name##_channels (planes[0], 0, 0, 0, 1, n, row);                               \
            break;                                                                                 \
        case 2:                                                                                    \
            write_##name##_channels (planes[0], planes[1], 0, 0, 2, n, row);                       \
            break;                                                                                 \
        case 3:                                                                                    \
            write_##name##_channels (planes[0], planes[1], planes[2], 0, 3, n, row);               \
            break;                                                                                 \
        default:                                                                                   \
            write_##name##_channels (planes[0], planes[1], planes[2], planes[3], 4, n, row);       \
            break;                                                                                 \
        }                                                                                          \
    }

DEFINE_WRITE (u8, uint8_t, 255)
DEFINE_WRITE (u16, uint16_t, 65535)

static void
write_float (const float *const *planes, int n_channels, int n, float *restrict row)
{
    for (int c = 0; c < n_channels; c++) {
        const float *restrict plane = planes[c];

        for (int i = 0; i < n; i++)
            row[i * n_channels + c] = plane[i];
    }
}

static void
scale (const float *in, float factor, int n, float *out)
{
    for (int i = 0; i < n; i++)
        out[i] = in[i] * factor;
}

static void
hide (const float *restrict colour, const float *restrict validity, int n, float *restrict out)
{
    for (int i = 0; i < n; i++)
        out[i] = validity[i] > 0 ? colour[i] : 0;
}

extern const HfBandKernels HF_KERNEL (hf_band_kernels);
const HfBandKernels HF_KERNEL (hf_band_kernels) = {
    .read_u8 = read_u8,
    .read_u16 = read_u16,
    .read_float = read_float,
    .reject_nan = reject_nan,
    .write_u8 = write_u8,
    .write_u16 = write_u16,
    .write_float = write_float,
    .scale = scale,
    .hide = hide,
};
