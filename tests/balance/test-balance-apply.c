/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The balance record: its text, and what it does to bands. */
#include "pictures.h"

#include <hyperfocal/balance.h>
#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

static const HfBalanceChannel channels[] = { HF_BALANCE_LUMI, HF_BALANCE_RGB, HF_BALANCE_HSV,
                                             HF_BALANCE_HLS, HF_BALANCE_LAB };

/* Each channel has another map, hue none. */
static HfBalanceRecord
some_record (HfBalanceChannel channel, HfBalanceMap map)
{
    HfBalanceRecord record = hf_balance_none ();

    record.channel = channel;
    record.map = map;
    for (int c = 0; c < 3; c++) {
        if (channel != HF_BALANCE_LUMI && channel != HF_BALANCE_RGB && channel != HF_BALANCE_LAB &&
            c == 0)
            continue;
        record.gain[c] = channel == HF_BALANCE_LUMI ? 1.1 : 1.1 - 0.07 * c;
        record.gamma[c] = channel == HF_BALANCE_LUMI ? 0.9 : 0.9 + 0.06 * c;
        for (int i = 0; i <= HF_BALANCE_STEPS; i++)
            record.curve[c][i] = powf ((float) i / HF_BALANCE_STEPS, (float) record.gamma[c]);
    }
    return record;
}

static void
applies_gains (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    HfBalanceRecord record = { { 1.5, 1, 3 } };
    HfBand in = random_band ((HfRect) { 5, 7, 37, 9 }, 3, true, random);
    HfBand out = band_new (in.rect, 3);

    hf_balance_apply (&record, &in, &out);
    g_assert_false (out.opaque);
    for (int y = 7; y < 16; y++) {
        for (int x = 5; x < 42; x++) {
            for (int c = 0; c < 3; c++)
                g_assert_cmpfloat (band_sample (&out, c, x, y), ==,
                                   band_sample (&in, c, x, y) * (float) record.gain[c]);
            g_assert_cmpfloat (band_sample (&out, 3, x, y), ==, band_sample (&in, 3, x, y));
        }
    }
    hf_balance_apply (&record, &in, &in);
    g_assert_true (bands_equal (&in, &out)); /* never clipped, in place too */
    band_free (&in);
    band_free (&out);
    g_rand_free (random);
}

/* Every channel and map: cut into bands, in place, grey and RGB, wider than a slice. */
static void
does_not_depend_on_bands (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (int i = 0; i < 5 * 3 * 2; i++) {
        HfBalanceRecord record = some_record (channels[i / 6], (HfBalanceMap) (i / 2 % 3));
        HfRect whole = { 0, 0, 1100, 3 };
        HfBand in = random_band (whole, i % 2 ? 1 : 3, i % 4 == 1, random);
        HfBand out = band_new (whole, in.n_colours);

        in.colour[0][7] = 2.5f;
        in.colour[0][8] = -0.5f;
        hf_balance_apply (&record, &in, &out);
        if (in.n_colours == 3)
            g_assert_false (bands_equal (&in, &out));
        for (int k = 0; k < 10; k++) {
            int x = g_rand_int_range (random, 0, 1100);
            HfRect rect = { x, 1, g_rand_int_range (random, 1, 1101 - x), 2 };
            HfBand from = hf_band_crop (&in, rect), wanted = hf_band_crop (&out, rect);
            HfBand part = band_new (rect, in.n_colours);

            hf_balance_apply (&record, &from, &part);
            g_assert_true (bands_equal (&wanted, &part));
            band_free (&part);
        }
        hf_balance_apply (&record, &in, &in);
        g_assert_true (bands_equal (&in, &out));
        for (int at = 0; at < 1100; at++)
            g_assert_true (isfinite (out.colour[0][at]));
        band_free (&in);
        band_free (&out);
    }
    g_rand_free (random);
}

/* The picture in its own samples, corrected. */
static HfImage *
corrected (const HfImage *image, const HfBalanceRecord *record)
{
    HfImage *out = hf_image_new (NULL, image->width, image->height, image->format, NULL);
    HfBand band = band_new ((HfRect) { 0, 0, image->width, image->height }, 3);

    hf_band_read (&band, image);
    hf_balance_apply (record, &band, &band);
    hf_band_write (&band, out);
    band_free (&band);
    return out;
}

/*
 * The same picture in 8, 16 bit and float: 16 bit and float differ from 8 bit by half a step of 8
 * bits, the rounding of what is written, and hardly from each other.
 */
static void
agrees_in_all_types (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    HfImage *in[3], *out[3];

    for (int t = 0; t < 3; t++)
        in[t] = hf_image_new (NULL, 71, 13, (HfFormat) { (HfSampleType) (1 << t), 3 }, NULL);
    for (int y = 0; y < 13; y++)
        for (int i = 0; i < 3 * 71; i++) {
            guint8 sample = (guint8) g_rand_int_range (random, 0, 256);

            ((guint8 *) hf_image_row (in[0], y))[i] = sample;
            ((guint16 *) hf_image_row (in[1], y))[i] = (guint16) (sample * 257);
            ((float *) hf_image_row (in[2], y))[i] = (float) sample / 255;
        }
    for (int i = 0; i < 15; i++) {
        HfBalanceRecord record = some_record (channels[i / 3], (HfBalanceMap) (i % 3));

        for (int t = 0; t < 3; t++)
            out[t] = corrected (in[t], &record);
        for (int y = 0; y < 13; y++)
            for (int k = 0; k < 3 * 71; k++) {
                double a = ((guint8 *) hf_image_row (out[0], y))[k] / 255.0;
                double b = ((guint16 *) hf_image_row (out[1], y))[k] / 65535.0;
                double c = (double) ((float *) hf_image_row (out[2], y))[k];

                c = CLAMP (c, 0, 1);
                g_assert_cmpfloat (fabs (a - c), <=, 0.501 / 255);
                g_assert_cmpfloat (fabs (b - c), <=, 0.6 / 65535);
            }
        for (int t = 0; t < 3; t++)
            hf_image_free (out[t]);
    }
    for (int t = 0; t < 3; t++)
        hf_image_free (in[t]);
    g_rand_free (random);
}

/* What stays: hue under HSV and HLS, the colours of other channels, saturation within 1. */
static void
keeps_what_is_not_mapped (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    HfBand in = random_band ((HfRect) { 0, 0, 200, 4 }, 3, false, random),
           out = band_new (in.rect, 3);
    HfBalanceRecord record = hf_balance_none ();

    record.channel = HF_BALANCE_HSV;
    record.gain[1] = 5; /* more than there can be */
    hf_balance_apply (&record, &in, &out);
    for (int x = 0; x < 200; x++) {
        float high[2] = { 0 };

        for (int c = 0; c < 3; c++) {
            high[0] = MAX (high[0], band_sample (&in, c, x, 0));
            high[1] = MAX (high[1], band_sample (&out, c, x, 0));
            g_assert_cmpfloat (band_sample (&out, c, x, 0), >, -1e-6);
        }
        g_assert_cmpfloat (fabsf (high[0] - high[1]), <, 1e-6);
    }
    record.channel = HF_BALANCE_HLS;
    record.gain[1] = 1;
    record.gain[2] = 0; /* grey of the same lightness */
    hf_balance_apply (&record, &in, &out);
    for (int x = 0; x < 200; x++)
        g_assert_cmpfloat (fabsf (band_sample (&out, 0, x, 1) - band_sample (&out, 2, x, 1)), <,
                           1e-6);
    band_free (&in);
    band_free (&out);
    g_rand_free (random);
}

static void
goes_through_text (void)
{
    static const char *const bad[] = { "",
                                       "rgb",
                                       "rgb linear 1 1",
                                       "rgb linear 1 1 1 1",
                                       "lumi linear 0",
                                       "lumi linear -1",
                                       "lumi gamma nan",
                                       "cmy linear 1 1 1",
                                       "rgb cubic 1 1 1",
                                       "lumi match-hist 1 2 3",
                                       "lumi linear one" };

    for (int i = 0; i < 15; i++) {
        HfBalanceRecord record = some_record (channels[i / 3], (HfBalanceMap) (i % 3)), back;
        GError *error = NULL;
        char *text = hf_balance_to_string (&record), *again;

        g_assert_false (hf_balance_is_identity (&record));
        hf_balance_from_string (text, &back, &error);
        g_assert_no_error (error);
        again = hf_balance_to_string (&back);
        g_assert_cmpstr (text, ==, again);
        g_assert_cmpint (back.channel, ==, record.channel);
        g_assert_cmpint (back.map, ==, record.map);
        if (record.map == HF_BALANCE_LINEAR)
            g_assert_cmpmem (back.gain, sizeof back.gain, record.gain, sizeof record.gain);
        if (record.map == HF_BALANCE_GAMMA)
            g_assert_cmpmem (back.gamma, sizeof back.gamma, record.gamma, sizeof record.gamma);
        if (record.map == HF_BALANCE_MATCH_HIST)
            g_assert_cmpmem (back.curve, sizeof back.curve, record.curve, sizeof record.curve);
        g_free (text);
        g_free (again);
    }
    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        HfBalanceRecord record = hf_balance_none ();
        GError *error = NULL;

        g_assert_false (hf_balance_from_string (bad[i], &record, &error));
        g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
        g_assert_true (hf_balance_is_identity (&record));
        g_clear_error (&error);
    }
}

static void
none_changes_nothing (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    HfBand in = random_band ((HfRect) { 0, 0, 40, 4 }, 3, true, random),
           out = band_new (in.rect, 3);

    for (int i = 0; i < 15; i++) {
        HfBalanceRecord record = hf_balance_none ();

        record.channel = channels[i / 3];
        record.map = (HfBalanceMap) (i % 3);
        g_assert_true (hf_balance_is_identity (&record));
        hf_balance_apply (&record, &in, &out);
        g_assert_true (bands_equal (&in, &out));
    }
    band_free (&in);
    band_free (&out);
    g_rand_free (random);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/balance-apply/applies-gains", applies_gains);
    g_test_add_func ("/balance-apply/does-not-depend-on-bands", does_not_depend_on_bands);
    g_test_add_func ("/balance-apply/agrees-in-all-types", agrees_in_all_types);
    g_test_add_func ("/balance-apply/keeps-what-is-not-mapped", keeps_what_is_not_mapped);
    g_test_add_func ("/balance-apply/goes-through-text", goes_through_text);
    g_test_add_func ("/balance-apply/none-changes-nothing", none_changes_nothing);
    return g_test_run ();
}
