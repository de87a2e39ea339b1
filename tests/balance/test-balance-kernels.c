/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The balance's kernels at every CPU level against plain versions in double, widths 1 … 67. */
#include "kernels/kernels.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { MOST = 67, GUARD = 8, ROOM = MOST + 2 * GUARD, LAST = 64 };

typedef struct Rows {
    float plane[3][ROOM];
} Rows;

static const float guard = 12345;

static Rows
guarded (void)
{
    Rows rows;

    for (int c = 0; c < 3; c++)
        for (int i = 0; i < ROOM; i++)
            rows.plane[c][i] = guard;
    return rows;
}

/* n pixels, some of them grey, black, without one colour, or out of range. */
static Rows
random_rows (GRand *random, int n)
{
    Rows rows = guarded ();

    for (int i = GUARD; i < GUARD + n; i++) {
        for (int c = 0; c < 3; c++)
            rows.plane[c][i] =
                (float) g_rand_double_range (random, i % 5 == 4 ? -0.3 : 0, i % 5 == 4 ? 1.4 : 1);
        if (i % 7 == 3)
            rows.plane[0][i] = rows.plane[1][i] = rows.plane[2][i];
        if (i % 11 == 5)
            rows.plane[i % 3][i] = 0;
        if (i % 29 == 7)
            rows.plane[0][i] = rows.plane[1][i] = rows.plane[2][i] = 0;
    }
    return rows;
}

static void
check_guards (const Rows *rows, int n)
{
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < GUARD; i++) {
            g_assert_cmpfloat (rows->plane[c][i], ==, guard);
            g_assert_cmpfloat (rows->plane[c][GUARD + n + i], ==, guard);
        }
}

#define IN(rows)                                                                                   \
    (const float *const[3])                                                                        \
    {                                                                                              \
        (rows).plane[0] + GUARD, (rows).plane[1] + GUARD, (rows).plane[2] + GUARD                  \
    }
#define OUT(rows)                                                                                  \
    (float *const[3])                                                                              \
    {                                                                                              \
        (rows).plane[0] + GUARD, (rows).plane[1] + GUARD, (rows).plane[2] + GUARD                  \
    }

static void
near_to (double got, double wanted, double tolerance)
{
    if (!(fabs (got - wanted) <= tolerance))
        g_error ("%.9g, not %.9g", got, wanted);
}

static void
test_power (void)
{
    static const float exponents[] = { 1, 0.4f, 2.4f, 0.87f, 1.15f, 3 };
    GRand *random = g_rand_new_with_seed ((guint32) g_random_int ());

    for (int n = 1; n <= MOST; n++) {
        Rows in = random_rows (random, n), first;
        float exponent = exponents[n % 6];

        in.plane[0][GUARD] = n % 2 ? 1e-20f : 1000;
        for (int level = 0; hf_kernels_level (level); level++) {
            Rows out = guarded ();

            hf_kernels_level (level)->balance->power (in.plane[0] + GUARD, exponent, n,
                                                      out.plane[0] + GUARD);
            check_guards (&out, n);
            for (int i = GUARD; i < GUARD + n; i++) {
                double x = (double) in.plane[0][i],
                       wanted = copysign (pow (fabs (x), (double) exponent), x);

                near_to ((double) out.plane[0][i], wanted, 4e-6 * fabs (wanted) + 1e-36);
            }
            if (level == 0)
                first = out;
            g_assert_cmpmem (&out, sizeof out, &first, sizeof first);
        }
    }
    g_rand_free (random);
}

static void
test_curve (void)
{
    GRand *random = g_rand_new_with_seed ((guint32) g_random_int ());
    float table[LAST + 1];

    for (int i = 0; i <= LAST; i++)
        table[i] = (float) sqrt (i / 64.0);
    for (int n = 1; n <= MOST; n++) {
        Rows in = random_rows (random, n), first;

        for (int level = 0; hf_kernels_level (level); level++) {
            Rows out = guarded ();

            hf_kernels_level (level)->balance->curve (in.plane[0] + GUARD, table, LAST, n,
                                                      out.plane[0] + GUARD);
            check_guards (&out, n);
            for (int i = GUARD; i < GUARD + n; i++) {
                double x = (double) in.plane[0][i], inside = CLAMP (x, 0, 1) * LAST;
                int step = MIN ((int) inside, LAST - 1);

                near_to ((double) out.plane[0][i],
                         (double) table[step] +
                             (double) (table[step + 1] - table[step]) * (inside - step) + x -
                             inside / LAST,
                         4e-6);
            }
            if (level == 0)
                first = out;
            g_assert_cmpmem (&out, sizeof out, &first, sizeof first);
        }
    }
    g_rand_free (random);
}

/* Plain versions of single pixels. */
static void
plain_hsv (const double p[3], double *s, double *v)
{
    double high = fmax (fmax (p[0], p[1]), p[2]), low = fmin (fmin (p[0], p[1]), p[2]);

    *v = high;
    *s = high > 0 ? (high - low) / high : 0;
}

static void
plain_hls (const double p[3], double *l, double *s)
{
    double high = fmax (fmax (p[0], p[1]), p[2]), low = fmin (fmin (p[0], p[1]), p[2]);
    double room = 1 - fabs (high + low - 1);

    *l = (high + low) / 2;
    *s = room > 0 ? (high - low) / room : 0;
}

static double
plain_linear (double x)
{
    double size = fabs (x);

    return copysign (size > 0.04045 ? pow ((size + 0.055) / 1.055, 2.4) : size / 12.92, x);
}

static void
plain_lab (const double p[3], double lab[3])
{
    static const double xyz[3][3] = { { 0.4124564, 0.3575761, 0.1804375 },
                                      { 0.2126729, 0.7151522, 0.0721750 },
                                      { 0.0193339, 0.1191920, 0.9503041 } };
    double f[3];

    for (int k = 0; k < 3; k++) {
        double sum = 0, white = xyz[k][0] + xyz[k][1] + xyz[k][2];

        for (int c = 0; c < 3; c++)
            sum += xyz[k][c] * plain_linear (p[c]) / white;
        f[k] = sum > 216 / 24389.0 ? cbrt (sum) : sum * 24389 / 27 / 116 + 16 / 116.0;
    }
    lab[0] = (116 * f[1] - 16) / 100;
    lab[1] = (500 * (f[0] - f[1]) + 128) / 256;
    lab[2] = (200 * (f[1] - f[2]) + 128) / 256;
}

static void
check_split (const HfBalanceKernels *kernels, const Rows *in, int n)
{
    Rows hsv = guarded (), hls = guarded (), lab = guarded ();

    kernels->split_hsv (IN (*in), n, hsv.plane[1] + GUARD, hsv.plane[2] + GUARD);
    kernels->split_hls (IN (*in), n, hls.plane[1] + GUARD, hls.plane[2] + GUARD);
    kernels->split_lab (IN (*in), n, OUT (lab));
    for (int i = GUARD; i < GUARD + n; i++) {
        double p[3], a, b, c[3];

        for (int k = 0; k < 3; k++)
            p[k] = (double) in->plane[k][i];
        plain_hsv (p, &a, &b);
        near_to ((double) hsv.plane[1][i], a, 2e-6 * (1 + a));
        near_to ((double) hsv.plane[2][i], b, 1e-7);
        plain_hls (p, &a, &b);
        near_to ((double) hls.plane[1][i], a, 1e-6);
        if (b < 50) /* where there is hardly room for colour, rounding is all */
            near_to ((double) hls.plane[2][i], b,
                     1e-6 + 4e-7 * (1 + b) / fmax (1 - fabs (2 * a - 1), 1e-6));
        plain_lab (p, c);
        for (int k = 0; k < 3; k++)
            near_to ((double) lab.plane[k][i], c[k], 8e-6);
    }
    for (int k = 0; k < 3; k++)
        hsv.plane[0][k] = hls.plane[0][k] = guard;
    check_guards (&lab, n);
    check_guards (&hsv, n);
    check_guards (&hls, n);
}

/* Splitting and joining gives the colours back, also those out of range. */
static void
check_join (const HfBalanceKernels *kernels, const Rows *in, int n, Rows out[3])
{
    float a[ROOM], b[ROOM];
    Rows lab = guarded ();

    for (int k = 0; k < 3; k++)
        out[k] = guarded ();
    kernels->split_hsv (IN (*in), n, a, b);
    kernels->join_hsv (IN (*in), a, b, n, OUT (out[0]));
    kernels->split_hls (IN (*in), n, a, b);
    kernels->join_hls (IN (*in), a, b, n, OUT (out[1]));
    kernels->split_lab (IN (*in), n, OUT (lab));
    kernels->join_lab (IN (lab), n, OUT (out[2]));
    for (int k = 0; k < 3; k++) {
        check_guards (&out[k], n);
        for (int c = 0; c < 3; c++)
            for (int i = GUARD; i < GUARD + n; i++)
                near_to ((double) out[k].plane[c][i], (double) in->plane[c][i], 2e-5);
    }
}

static void
test_spaces (void)
{
    GRand *random = g_rand_new_with_seed ((guint32) g_random_int ());

    for (int n = 1; n <= MOST; n++) {
        Rows in = random_rows (random, n), first[3], out[3];

        for (int level = 0; hf_kernels_level (level); level++) {
            check_split (hf_kernels_level (level)->balance, &in, n);
            check_join (hf_kernels_level (level)->balance, &in, n, out);
            if (level == 0)
                memcpy (first, out, sizeof out);
            g_assert_cmpmem (out, sizeof out, first, sizeof first);
        }
    }
    g_rand_free (random);
}

/* Known colours: white, the primaries of sRGB, a middle grey (CIE values after B. Lindbloom's
 * formulas). */
static void
test_known_lab (void)
{
    static const float colours[4][3] = { { 1, 1, 1 }, { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };
    static const double wanted[4][3] = {
        { 100, 0, 0 }, { 53.24, 80.09, 67.20 }, { 87.73, -86.18, 83.18 }, { 32.30, 79.19, -107.86 }
    };

    for (int i = 0; i < 4; i++) {
        float lab[3];

        hf_kernels ()->balance->split_lab (
            (const float *const[3]) { &colours[i][0], &colours[i][1], &colours[i][2] }, 1,
            (float *const[3]) { &lab[0], &lab[1], &lab[2] });
        near_to (100 * (double) lab[0], wanted[i][0], 0.02);
        near_to (256 * (double) lab[1] - 128, wanted[i][1], 0.02);
        near_to (256 * (double) lab[2] - 128, wanted[i][2], 0.02);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/balance-kernels/power", test_power);
    g_test_add_func ("/balance-kernels/curve", test_curve);
    g_test_add_func ("/balance-kernels/spaces", test_spaces);
    g_test_add_func ("/balance-kernels/known-lab", test_known_lab);
    return g_test_run ();
}
