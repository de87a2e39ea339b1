/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels of vignetting at every CPU level against plain versions, widths 1 … 67, guarded. */
#include "kernels/kernels.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { MOST = 67, GUARD = 8, ROOM = MOST + 2 * GUARD, LAST = 32 };

typedef struct Row {
    float samples[ROOM];
} Row;

static const float guard = 12345;

static Row
row_new (GRand *random, double low, double high)
{
    Row row;

    for (int i = 0; i < ROOM; i++)
        row.samples[i] = random ? (float) g_rand_double_range (random, low, high) : guard;
    return row;
}

static void
check_guard (const Row *row, int n)
{
    for (int i = 0; i < GUARD; i++) {
        g_assert_cmpfloat (row->samples[i], ==, guard);
        g_assert_cmpfloat (row->samples[GUARD + n + i], ==, guard);
    }
}

static void
test_gains (void)
{
    GRand *random = g_rand_new_with_seed ((guint32) g_random_int ());
    float table[LAST + 1];

    for (int i = 0; i <= LAST; i++)
        table[i] = (float) g_rand_double_range (random, 1, 3);
    for (int n = 1; n <= MOST; n++) {
        float x = (float) g_rand_int_range (random, -80, 20) / 2, y = (float) (n - 30) / 2;
        float scale = LAST / 90.0f;
        Row base;

        for (int level = 0; hf_kernels_level (level); level++) {
            Row out = row_new (NULL, 0, 0);

            hf_kernels_level (level)->vignetting->gains (table, LAST, x, y, scale, n,
                                                         out.samples + GUARD);
            check_guard (&out, n);
            for (int i = 0; i < n; i++) {
                double place = fmin (hypot ((double) x + i, (double) y), 90) / 90 * LAST;
                int step = MIN ((int) place, LAST - 1);
                double wanted = (double) table[step] +
                                (double) (table[step + 1] - table[step]) * (place - step);

                g_assert_cmpfloat (fabs ((double) out.samples[GUARD + i] - wanted), <, 2e-5);
            }
            if (level == 0)
                base = out;
            g_assert_cmpmem (&out, sizeof out, &base, sizeof base);
        }
    }
    g_rand_free (random);
}

static void
test_polynomial_gains (void)
{
    for (int n = 1; n <= MOST; n++) {
        float x = (float) (n - 60) / 2, y = (float) (20 - n) / 2, scale = 1 / 900.0f;
        float share = n % 2 ? 1 : 0.4f;
        Row base;

        for (int level = 0; hf_kernels_level (level); level++) {
            Row out = row_new (NULL, 0, 0);

            hf_kernels_level (level)->vignetting->polynomial_gains (
                -0.7f, n % 3 ? -0.1f : 0.9f, 0.02f, share, x, y, scale, n, out.samples + GUARD);
            check_guard (&out, n);
            for (int i = 0; i < n; i++) {
                double q = (pow ((double) x + i, 2) + pow ((double) y, 2)) / 900;
                double left = 1 + q * (-0.7 + q * (n % 3 ? -0.1 : 0.9));
                double wanted = 1 / (1 - (double) share * (1 - CLAMP (left, 0.02, 1)));

                g_assert_cmpfloat (fabs ((double) out.samples[GUARD + i] / wanted - 1), <, 1e-4);
            }
            if (level == 0)
                base = out;
            g_assert_cmpmem (&out, sizeof out, &base, sizeof base);
        }
    }
}

static void
test_spares_black (void)
{
    GRand *random = g_rand_new_with_seed ((guint32) g_random_int ());

    for (int n = 1; n <= MOST; n++) {
        Row red = row_new (random, 0, 1), green = row_new (random, 0, 1),
            blue = row_new (random, 0, 1), gain = row_new (random, 1, 2);

        for (int i = 0; i < GUARD; i++)
            gain.samples[i] = gain.samples[GUARD + n + i] = guard;
        for (int level = 0; hf_kernels_level (level); level++) {
            const HfVignettingKernels *kernels = hf_kernels_level (level)->vignetting;
            Row grey = gain, colour = gain;

            kernels->spare_grey (red.samples + GUARD, 0.4f, n, grey.samples + GUARD);
            kernels->spare_rgb (red.samples + GUARD, green.samples + GUARD, blue.samples + GUARD,
                                0.4f, n, colour.samples + GUARD);
            check_guard (&grey, n);
            check_guard (&colour, n);
            for (int i = GUARD; i < GUARD + n; i++) {
                float light = 0.2126f * red.samples[i] + 0.7152f * green.samples[i] +
                              0.0722f * blue.samples[i];

                g_assert_cmpfloat (grey.samples[i], ==,
                                   red.samples[i] > 0.4f ? gain.samples[i] : 1);
                g_assert_cmpfloat (colour.samples[i], ==, light > 0.4f ? gain.samples[i] : 1);
            }
        }
    }
    g_rand_free (random);
}

static void
test_multiplies (void)
{
    GRand *random = g_rand_new_with_seed ((guint32) g_random_int ());

    for (int n = 1; n <= MOST; n++) {
        Row in = row_new (random, -1, 2), gain = row_new (random, 1, 2);

        for (int level = 0; hf_kernels_level (level); level++) {
            const HfVignettingKernels *kernels = hf_kernels_level (level)->vignetting;
            Row out = row_new (NULL, 0, 0), same = in;

            kernels->multiply (in.samples + GUARD, gain.samples + GUARD, n, out.samples + GUARD);
            kernels->multiply (same.samples + GUARD, gain.samples + GUARD, n, same.samples + GUARD);
            check_guard (&out, n);
            for (int i = GUARD; i < GUARD + n; i++) {
                g_assert_cmpfloat (out.samples[i], ==, in.samples[i] * gain.samples[i]);
                g_assert_cmpfloat (out.samples[i], ==, same.samples[i]);
            }
        }
    }
    g_rand_free (random);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/vignetting-kernels/gains", test_gains);
    g_test_add_func ("/vignetting-kernels/polynomial-gains", test_polynomial_gains);
    g_test_add_func ("/vignetting-kernels/spares-black", test_spares_black);
    g_test_add_func ("/vignetting-kernels/multiplies", test_multiplies);
    return g_test_run ();
}
