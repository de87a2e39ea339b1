/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures to bands and back: every format, every CPU level, flawed samples. */
#include "pictures.h"

#include "kernels/kernels.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST = 67, GUARD = 0x5a };

static const HfSampleType types[3] = { HF_SAMPLE_U8, HF_SAMPLE_U16, HF_SAMPLE_FLOAT };

static void
fill_random (HfImage *image, GRand *random)
{
    size_t n = (size_t) image->width * (size_t) image->format.n_channels;

    for (int y = 0; y < image->height; y++) {
        for (size_t i = 0; i < n; i++) {
            if (image->format.type == HF_SAMPLE_U8)
                ((uint8_t *) hf_image_row (image, y))[i] = (uint8_t) g_rand_int (random);
            else if (image->format.type == HF_SAMPLE_U16)
                ((uint16_t *) hf_image_row (image, y))[i] = (uint16_t) g_rand_int (random);
            else
                ((float *) hf_image_row (image, y))[i] =
                    (float) g_rand_double_range (random, 0.1, 1);
        }
    }
}

static double
image_sample (const HfImage *image, int x, int y, int c)
{
    size_t at = (size_t) (x * image->format.n_channels + c);
    const void *row = hf_image_row (image, y);

    if (image->format.type == HF_SAMPLE_U8)
        return ((const uint8_t *) row)[at] / 255.0;
    if (image->format.type == HF_SAMPLE_U16)
        return ((const uint16_t *) row)[at] / 65535.0;
    return ((const float *) row)[at];
}

static HfImage *
random_image (int width, int height, HfFormat format, GRand *random)
{
    HfImage *image = hf_image_new (NULL, width, height, format, NULL);

    fill_random (image, random);
    return image;
}

/* What is read is within a rounding of sample / largest, and writing it back changes nothing. */
static void
round_trips (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    HfRect rect = { 3, 2, 41, 9 };

    for (int t = 0; t < 3; t++) {
        for (int n = 1; n <= 4; n++) {
            HfFormat format = { types[t], n };
            HfImage *image = random_image (47, 13, format, random);
            HfImage *back = random_image (47, 13, format, random);
            HfBand band = band_new (rect, hf_format_n_colours (format));

            hf_band_read (&band, image);
            hf_band_write (&band, back);
            g_assert_true (band.opaque == (n % 2 == 1));
            for (int y = rect.y; y < rect.y + rect.height; y++) {
                for (int x = rect.x; x < rect.x + rect.width; x++) {
                    bool hidden = n % 2 == 0 && image_sample (image, x, y, n - 1) == 0;

                    for (int c = 0; c < n; c++) {
                        int plane = n % 2 == 0 && c == n - 1 ? band.n_colours : c;
                        double sample = image_sample (image, x, y, c);

                        g_assert_cmpfloat (fabs (band_sample (&band, plane, x, y) - sample), <=,
                                           1.2e-7 * sample); /* one unit in the last place */
                        g_assert_cmpfloat (image_sample (back, x, y, c), ==, hidden ? 0 : sample);
                    }
                }
            }
            band_free (&band);
            hf_image_free (image);
            hf_image_free (back);
        }
    }
    g_rand_free (random);
}

/* All values of 8 and 16 bit come back as they were, and the ends are exactly 0 and 1. */
static void
keeps_every_value (void)
{
    HfImage *image = hf_image_new (NULL, 256, 256, (HfFormat) { HF_SAMPLE_U16, 1 }, NULL);
    HfImage *back = hf_image_new (NULL, 256, 256, (HfFormat) { HF_SAMPLE_U16, 1 }, NULL);
    HfImage *bytes = hf_image_new (NULL, 256, 1, (HfFormat) { HF_SAMPLE_U8, 1 }, NULL);
    HfImage *bytes_back = hf_image_new (NULL, 256, 1, (HfFormat) { HF_SAMPLE_U8, 1 }, NULL);
    HfBand band = band_new ((HfRect) { 0, 0, 256, 256 }, 1);
    HfBand line = band_new ((HfRect) { 0, 0, 256, 1 }, 1);

    for (int i = 0; i < 65536; i++)
        ((uint16_t *) image->data)[i] = (uint16_t) i;
    for (int i = 0; i < 256; i++)
        ((uint8_t *) bytes->data)[i] = (uint8_t) i;
    hf_band_read (&band, image);
    hf_band_write (&band, back);
    hf_band_read (&line, bytes);
    hf_band_write (&line, bytes_back);
    g_assert_cmpmem (image->data, 131072, back->data, 131072);
    g_assert_cmpmem (bytes->data, 256, bytes_back->data, 256);
    g_assert_cmpfloat (band_sample (&band, 0, 0, 0), ==, 0);
    g_assert_cmpfloat (band_sample (&band, 0, 255, 255), ==, 1);
    g_assert_cmpfloat (band_sample (&line, 0, 255, 0), ==, 1);
    band_free (&band);
    band_free (&line);
    hf_image_free (image);
    hf_image_free (back);
    hf_image_free (bytes);
    hf_image_free (bytes_back);
}

/* NaN becomes 0 with validity 0, infinity the largest finite value; the rest stays. */
static void
defuses_flawed_floats (void)
{
    for (int n = 1; n <= 4; n++) {
        HfImage *image = hf_image_new (NULL, 20, 3, (HfFormat) { HF_SAMPLE_FLOAT, n }, NULL);
        HfBand band = band_new ((HfRect) { 0, 0, 20, 3 }, n < 3 ? 1 : 3);
        float *row = hf_image_row (image, 1);

        for (int i = 0; i < 60 * n; i++)
            ((float *) image->data)[i] = 1;
        hf_band_read (&band, image);
        g_assert_true (band.opaque);
        row[5 * n] = NAN;
        row[7 * n] = INFINITY;
        row[8 * n] = -INFINITY;
        row[9 * n] = 1.5f;
        row[19 * n + n - 1] = NAN;
        hf_band_read (&band, image);
        g_assert_false (band.opaque);
        for (int y = 0; y < 3; y++)
            for (int x = 0; x < 20; x++)
                g_assert_cmpfloat (band_sample (&band, band.n_colours, x, y), ==,
                                   y == 1 && (x == 5 || x == 19) ? 0 : 1);
        g_assert_cmpfloat (band_sample (&band, 0, 5, 1), ==, 0);
        g_assert_cmpfloat (band_sample (&band, 0, 7, 1), ==, FLT_MAX / 4);
        g_assert_cmpfloat (band_sample (&band, 0, 8, 1), ==, -FLT_MAX / 4);
        g_assert_cmpfloat (band_sample (&band, 0, 9, 1), ==, 1.5);
        band_free (&band);
        hf_image_free (image);
    }
}

/* Integers are rounded to nearest and clamped; a band without validity writes full alpha. */
static void
rounds_and_clamps (void)
{
    static const float samples[] = { -1, -0.001f, 0.0019f, 0.0020f, 0.5f, 0.9981f, 1.7f, 1e30f };
    static const uint8_t expected[] = { 0, 0, 0, 1, 128, 255, 255, 255 };
    HfImage *image = hf_image_new (NULL, 8, 1, (HfFormat) { HF_SAMPLE_U8, 2 }, NULL);
    HfBand band = band_new ((HfRect) { 0, 0, 8, 1 }, 1);

    memcpy (band.colour[0], samples, sizeof samples);
    band.opaque = true;
    hf_band_write (&band, image);
    for (int i = 0; i < 8; i++) {
        g_assert_cmpint (((uint8_t *) image->data)[2 * i], ==, expected[i]);
        g_assert_cmpint (((uint8_t *) image->data)[2 * i + 1], ==, 255);
    }
    band_free (&band);
    hf_image_free (image);
}

typedef struct Rows {
    uint8_t samples[MOST * 16 + 64];
    float planes[4][MOST + 16];
    int flag;
} Rows;

/* Reads n pixels with one level's kernels, with guards around all that is written. */
static void
read_rows (const HfBandKernels *kernels, int type, int n_channels, int n, const void *row,
           Rows *rows)
{
    float *planes[4];

    memset (rows, GUARD, sizeof *rows);
    for (int c = 0; c < 4; c++)
        planes[c] = rows->planes[c] + 3;
    rows->flag = type == 0   ? kernels->read_u8 (row, n_channels, n, planes)
                 : type == 1 ? kernels->read_u16 (row, n_channels, n, planes)
                             : kernels->read_float (row, n_channels, n, planes);
    rows->flag = rows->flag != 0;
}

static void
write_rows (const HfBandKernels *kernels, int type, int n_channels, int n, const Rows *from,
            Rows *rows)
{
    const float *planes[4];
    void *row = rows->samples + 16;

    memset (rows, GUARD, sizeof *rows);
    for (int c = 0; c < 4; c++)
        planes[c] = from->planes[c] + 3;
    if (type == 0)
        kernels->write_u8 (planes, n_channels, n, row);
    else if (type == 1)
        kernels->write_u16 (planes, n_channels, n, row);
    else
        kernels->write_float (planes, n_channels, n, row);
}

/* Every level does to the bit what the plainest does (which the other tests check), and no more. */
static void
is_the_same_at_every_level (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed () + 1);
    Rows *plain = g_new (Rows, 2), *fast = g_new (Rows, 2);

    for (int type = 0; type < 3; type++) {
        for (int n_channels = 1; n_channels <= 4; n_channels++) {
            HfImage *image = random_image (MOST, 1, (HfFormat) { types[type], n_channels }, random);

            if (type == 2)
                ((float *) image->data)[n_channels * 30] = NAN;
            for (int n = 1; n <= MOST; n++) {
                for (int level = 0; hf_kernels_level (level); level++) {
                    Rows *to = level ? fast : plain;
                    const HfBandKernels *kernels = hf_kernels_level (level)->band;

                    read_rows (kernels, type, n_channels, n, image->data, &to[0]);
                    write_rows (kernels, type, n_channels, n, &to[0], &to[1]);
                    if (level)
                        g_assert_cmpmem (plain, 2 * sizeof *plain, fast, 2 * sizeof *fast);
                }
                g_assert_cmpint (((uint8_t *) &plain[0].planes[0][3 + n])[0], ==, GUARD);
                g_assert_cmpint (plain[1].samples[16 + n * n_channels * (int) types[type]], ==,
                                 GUARD);
                g_assert_cmpint (plain[1].samples[15], ==, GUARD);
            }
            hf_image_free (image);
        }
    }
    g_free (plain);
    g_free (fast);
    g_rand_free (random);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/band/round-trips", round_trips);
    g_test_add_func ("/band/keeps-every-value", keeps_every_value);
    g_test_add_func ("/band/defuses-flawed-floats", defuses_flawed_floats);
    g_test_add_func ("/band/rounds-and-clamps", rounds_and_clamps);
    g_test_add_func ("/band/is-the-same-at-every-level", is_the_same_at_every_level);
    return g_test_run ();
}
