/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vignetting record: its curve, its text, and what it does to bands. */
#include "pictures.h"

#include <hyperfocal/error.h>
#include <hyperfocal/vignetting.h>
#include <math.h>
#include <string.h>

static const HfVignettingOptions usual = { .black_threshold = 1, .max_correction = 1 };

static HfVignettingRecord
curve (const char *text)
{
    HfVignettingRecord record;

    g_assert_true (hf_vignetting_from_string (text, &record, NULL));
    return record;
}

static double
radius_of (int width, int height, int x, int y)
{
    return hypot (x - (width - 1) / 2.0, y - (height - 1) / 2.0) * 2 / hypot (width, height);
}

/* The formula, pixel by pixel; 2e-4: between the steps of the table the factor is linear. */
static void
check_against_formula (int width, int height, int n_colours, const char *text, double black)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    HfVignettingRecord record = curve (text);
    HfVignettingOptions options = { .black_threshold = black, .max_correction = 1 };
    HfRect whole = { 0, 0, width, height };
    HfBand in = random_band (whole, n_colours, true, random), out = band_new (whole, n_colours);
    HfVignettingGains gains;

    in.colour[0][0] = 3; /* over the range, and under it */
    in.colour[0][in.stride * (size_t) (height - 1)] = -1;
    hf_vignetting_prepare (&record, &options, &gains);
    hf_vignetting_apply (&gains, width, height, &in, &out);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            double light = n_colours == 1 ? (double) band_sample (&in, 0, x, y)
                                          : 0.2126 * (double) band_sample (&in, 0, x, y) +
                                                0.7152 * (double) band_sample (&in, 1, x, y) +
                                                0.0722 * (double) band_sample (&in, 2, x, y);
            double left = hf_vignetting_falloff (&record, radius_of (width, height, x, y));

            if (fabs (light - black / 255) < 1e-6)
                continue;
            for (int c = 0; c < n_colours; c++) {
                double before = (double) band_sample (&in, c, x, y);
                double wanted = light > black / 255 ? before / left : before;

                g_assert_cmpfloat (fabs ((double) band_sample (&out, c, x, y) - wanted), <=,
                                   2e-4 * fabs (wanted));
            }
            g_assert_cmpfloat (band_sample (&out, n_colours, x, y), ==,
                               band_sample (&in, n_colours, x, y));
        }
    }
    band_free (&in);
    band_free (&out);
    g_rand_free (random);
}

static void
follows_formula (void)
{
    static const int sizes[][2] = { { 1, 1 },   { 1, 9 },    { 9, 1 },
                                    { 61, 47 }, { 1100, 3 }, { 64, 48 } };

    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
        for (int n_colours = 1; n_colours <= 3; n_colours += 2) {
            check_against_formula (sizes[i][0], sizes[i][1], n_colours, "polynomial -0.6 0", 1);
            check_against_formula (sizes[i][0], sizes[i][1], n_colours, "sigmoid 2.4 0.84", 100);
        }
}

/* Any cut into bands, in place or not, gives the same bits. */
static void
does_not_depend_on_bands (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    HfVignettingRecord record = curve ("polynomial -0.5 -0.1");
    HfRect whole = { 0, 0, 700, 31 };
    HfBand in = random_band (whole, 3, false, random), out = band_new (whole, 3);
    HfVignettingGains gains;

    hf_vignetting_prepare (&record, &usual, &gains);
    hf_vignetting_apply (&gains, 700, 31, &in, &out);
    for (int i = 0; i < 50; i++) {
        int x = g_rand_int_range (random, 0, 700), y = g_rand_int_range (random, 0, 31);
        HfRect rect = { x, y, g_rand_int_range (random, 1, 701 - x),
                        g_rand_int_range (random, 1, 32 - y) };
        HfBand from = hf_band_crop (&in, rect), wanted = hf_band_crop (&out, rect);
        HfBand part = band_new (rect, 3);

        hf_vignetting_apply (&gains, 700, 31, &from, &part);
        g_assert_true (bands_equal (&wanted, &part));
        band_free (&part);
    }
    hf_vignetting_apply (&gains, 700, 31, &in, &in);
    g_assert_true (bands_equal (&in, &out));
    band_free (&in);
    band_free (&out);
    g_rand_free (random);
}

static void
limits_the_correction (void)
{
    HfVignettingRecord record = curve ("polynomial -0.6 0");
    HfVignettingOptions options = usual;
    HfVignettingGains gains;

    hf_vignetting_prepare (&record, &options, &gains);
    g_assert_cmpfloat (fabs ((double) gains.gain[HF_VIGNETTING_STEPS] - 2.5), <, 1e-5);
    options.max_correction = 0.3; /* half of the loss is given back, at every radius */
    hf_vignetting_prepare (&record, &options, &gains);
    for (int i = 0; i <= HF_VIGNETTING_STEPS; i++)
        g_assert_cmpfloat (fabs (1 / (double) gains.gain[i] -
                                 (1 - 0.3 * pow (i / (double) HF_VIGNETTING_STEPS, 2))),
                           <, 1e-6);
    options.max_correction = 0;
    hf_vignetting_prepare (&record, &options, &gains);
    g_assert_true (gains.identity);
    options = usual;
    record.applied = false;
    hf_vignetting_prepare (&record, &options, &gains);
    g_assert_true (gains.identity);
}

static void
copies_without_falloff (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    HfVignettingRecord none = hf_vignetting_none ();
    HfRect rect = { 3, 4, 50, 20 };
    HfBand in = random_band (rect, 3, true, random), out = band_new (rect, 3);
    HfVignettingGains gains;

    hf_vignetting_prepare (&none, &usual, &gains);
    hf_vignetting_apply (&gains, 100, 80, &in, &out);
    g_assert_true (bands_equal (&in, &out));
    band_free (&in);
    band_free (&out);
    g_rand_free (random);
}

static void
goes_through_text (void)
{
    static const char *const bad[] = {
        "",           "polynomial",  "polynomial 1",  "polynomial 1 2 3",
        "cosine 1 2", "sigmoid 1 x", "sigmoid 1 nan", "polynomial inf 0"
    };
    HfVignettingRecord record = { HF_VIGNETTING_SIGMOID, { 1 / 3.0, -2.7e-5 } }, back;
    char *text = hf_vignetting_to_string (&record);

    g_assert_true (hf_vignetting_from_string (text, &back, NULL));
    g_assert_cmpint (back.model, ==, record.model);
    g_assert_cmpmem (back.shape, sizeof back.shape, record.shape, sizeof record.shape);
    g_assert_true (back.applied);
    g_free (text);
    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        GError *error = NULL;

        g_assert_false (hf_vignetting_from_string (bad[i], &back, &error));
        g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
        g_clear_error (&error);
        g_assert_cmpint (back.model, ==, record.model); /* as it was */
    }
}

/* Whatever the numbers, what is left lies within 0.02 .. 1. */
static void
keeps_within_bounds (void)
{
    static const char *const wild[] = { "polynomial -5 0", "polynomial 3 3", "sigmoid 1e6 -3",
                                        "sigmoid -4 1e5", "polynomial -1e300 1e300" };

    for (guint i = 0; i < G_N_ELEMENTS (wild); i++) {
        HfVignettingRecord record = curve (wild[i]);

        for (int r = 0; r <= 10; r++) {
            double left = hf_vignetting_falloff (&record, r / 10.0);

            g_assert_true (left >= 0.02 && left <= 1);
        }
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/vignetting-apply/follows-formula", follows_formula);
    g_test_add_func ("/vignetting-apply/does-not-depend-on-bands", does_not_depend_on_bands);
    g_test_add_func ("/vignetting-apply/limits-the-correction", limits_the_correction);
    g_test_add_func ("/vignetting-apply/copies-without-falloff", copies_without_falloff);
    g_test_add_func ("/vignetting-apply/goes-through-text", goes_through_text);
    g_test_add_func ("/vignetting-apply/keeps-within-bounds", keeps_within_bounds);
    return g_test_run ();
}
