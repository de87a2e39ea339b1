/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every kernel against a slow version in double, at widths 1..67 with a guarded border, and every
 * CPU level against the plainest one, bit for bit.
 */
#include "kernels/kernels.h"

#include <hyperfocal/api.h>
#include <math.h>
#include <string.h>

enum { WIDEST = 67, EDGE = 8, ROOM = 2 * WIDEST + 4 * EDGE };

static const float GUARD = 12345.0f;

typedef struct Ground {
    float rows[9][ROOM];
    float out[ROOM];
} Ground;

static void
fill (Ground *ground, GRand *random)
{
    for (int k = 0; k < 9; k++)
        for (int x = 0; x < ROOM; x++)
            ground->rows[k][x] = (float) g_rand_double_range (random, -1, 1);
    for (int x = 0; x < ROOM; x++)
        ground->out[x] = GUARD;
}

static void
check_guard (const float *out, int n)
{
    for (int x = 0; x < ROOM; x++)
        if (x < EDGE || x >= EDGE + n)
            g_assert_true (out[x] == GUARD);
}

typedef void (*Run) (const HfAlignKernels *kernels, Ground *ground, int n);
typedef double (*Expect) (const Ground *ground, int x);

/* Runs at every level; the first is held against the slow version, the others against the first. */
static void
check_rows (Run run, Expect expect, double tolerance)
{
    guint32 seed = g_test_rand_int ();

    for (int n = 1; n <= WIDEST; n++) {
        Ground first = { 0 }, ground;

        for (int i = 0; hf_kernels_level (i); i++) {
            GRand *random = g_rand_new_with_seed (seed + (guint32) n);

            fill (&ground, random);
            run (hf_kernels_level (i)->align, &ground, n);
            check_guard (ground.out, n);
            if (i == 0)
                first = ground;
            g_assert_cmpmem (ground.out, sizeof ground.out, first.out, sizeof first.out);
            for (int x = 0; x < n; x++)
                g_assert_cmpfloat_with_epsilon (ground.out[EDGE + x], expect (&ground, x),
                                                tolerance);
            g_rand_free (random);
        }
    }
}

static void
run_halve_columns (const HfAlignKernels *kernels, Ground *ground, int n)
{
    const float *rows[6];

    for (int k = 0; k < 6; k++)
        rows[k] = ground->rows[k];
    kernels->halve_columns (ground->out + EDGE, rows, n);
}

static double
expect_halve_columns (const Ground *ground, int x)
{
    static const double taps[6] = { 1, 5, 10, 10, 5, 1 };
    double sum = 0;

    for (int k = 0; k < 6; k++)
        sum += taps[k] / 32 * (double) ground->rows[k][x];
    return sum;
}

static void
run_halve_row (const HfAlignKernels *kernels, Ground *ground, int n)
{
    kernels->halve_row (ground->out + EDGE, ground->rows[0] + EDGE, n);
}

static double
expect_halve_row (const Ground *ground, int x)
{
    static const double taps[6] = { 1, 5, 10, 10, 5, 1 };
    double sum = 0;

    for (int k = 0; k < 6; k++)
        sum += taps[k] / 32 * (double) ground->rows[0][EDGE + 2 * x + k - 2];
    return sum;
}

static const double binomial[9] = { 1, 8, 28, 56, 70, 56, 28, 8, 1 };

static void
run_smooth_columns (const HfAlignKernels *kernels, Ground *ground, int n)
{
    const float *rows[9];

    for (int k = 0; k < 9; k++)
        rows[k] = ground->rows[k];
    kernels->smooth_columns (ground->out + EDGE, rows, n);
}

static double
expect_smooth_columns (const Ground *ground, int x)
{
    double sum = 0;

    for (int k = 0; k < 9; k++)
        sum += binomial[k] / 256 * (double) ground->rows[k][x];
    return sum;
}

static void
run_smooth_row (const HfAlignKernels *kernels, Ground *ground, int n)
{
    kernels->smooth_row (ground->out + EDGE, ground->rows[0] + EDGE, n);
}

static double
expect_smooth_row (const Ground *ground, int x)
{
    double sum = 0;

    for (int k = 0; k < 9; k++)
        sum += binomial[k] / 256 * (double) ground->rows[0][EDGE + x + k - 4];
    return sum;
}

/* Keys' cubic with a = -1/2, by its definition on the distance. */
static double
keys (double d)
{
    d = fabs (d);
    return d < 1   ? 1.5 * d * d * d - 2.5 * d * d + 1
           : d < 2 ? -0.5 * d * d * d + 2.5 * d * d - 4 * d + 2
                   : 0;
}

static const float FRACTION = 0.03125f, STEP = 0.0078125f;

static void
run_cubic_columns (const HfAlignKernels *kernels, Ground *ground, int n)
{
    const float *rows[4] = { ground->rows[0], ground->rows[1], ground->rows[2], ground->rows[3] };

    kernels->cubic_columns (ground->out + EDGE, rows, n, FRACTION, STEP);
}

static double
expect_cubic_columns (const Ground *ground, int x)
{
    double at = 1 + (double) FRACTION + x * (double) STEP, sum = 0;

    for (int k = 0; k < 4; k++)
        sum += keys (at - k) * (double) ground->rows[k][x];
    return sum;
}

static void
run_cubic_row (const HfAlignKernels *kernels, Ground *ground, int n)
{
    kernels->cubic_row (ground->out + EDGE, ground->rows[0], n, FRACTION, STEP);
}

static double
expect_cubic_row (const Ground *ground, int x)
{
    double at = 1 + (double) FRACTION + x * (double) STEP, sum = 0;

    for (int k = 0; k < 4; k++)
        sum += keys (at - k) * (double) ground->rows[0][x + k];
    return sum;
}

/* Tolerances: a few roundings of floats of size 1. */
static void
test_halve_columns (void)
{
    check_rows (run_halve_columns, expect_halve_columns, 1e-6);
}

static void
test_halve_row (void)
{
    check_rows (run_halve_row, expect_halve_row, 1e-6);
}

static void
test_smooth_columns (void)
{
    check_rows (run_smooth_columns, expect_smooth_columns, 1e-6);
}

static void
test_smooth_row (void)
{
    check_rows (run_smooth_row, expect_smooth_row, 1e-6);
}

static void
test_cubic_columns (void)
{
    check_rows (run_cubic_columns, expect_cubic_columns, 2e-6);
}

static void
test_cubic_row (void)
{
    check_rows (run_cubic_row, expect_cubic_row, 2e-6);
}

static double
grey_of (const double *sample, int n_channels)
{
    return n_channels < 3 ? sample[0] : 0.25 * sample[0] + 0.625 * sample[1] + 0.125 * sample[2];
}

static void
check_grey (int level, int n_channels, int n, GRand *random)
{
    const HfAlignKernels *kernels = hf_kernels_level (level)->align;
    uint8_t bytes[4 * WIDEST];
    uint16_t words[4 * WIDEST];
    float floats[4 * WIDEST], out[3][ROOM];

    for (int i = 0; i < 4 * WIDEST; i++) {
        bytes[i] = (uint8_t) g_rand_int_range (random, 0, 256);
        words[i] = (uint16_t) g_rand_int_range (random, 0, 65536);
        floats[i] = (float) g_rand_double (random);
    }
    for (int k = 0; k < 3; k++)
        for (int x = 0; x < ROOM; x++)
            out[k][x] = GUARD;
    kernels->grey_u8 (out[0] + EDGE, bytes, n_channels, n);
    kernels->grey_u16 (out[1] + EDGE, words, n_channels, n);
    kernels->grey_float (out[2] + EDGE, floats, n_channels, n);
    for (int x = 0; x < n; x++) {
        double b[4], w[4], f[4];

        for (int c = 0; c < n_channels; c++) {
            b[c] = bytes[x * n_channels + c] / 255.0;
            w[c] = words[x * n_channels + c] / 65535.0;
            f[c] = (double) floats[x * n_channels + c];
        }
        g_assert_cmpfloat_with_epsilon (out[0][EDGE + x], grey_of (b, n_channels), 1e-6);
        g_assert_cmpfloat_with_epsilon (out[1][EDGE + x], grey_of (w, n_channels), 1e-6);
        g_assert_cmpfloat_with_epsilon (out[2][EDGE + x], grey_of (f, n_channels), 1e-6);
    }
    for (int k = 0; k < 3; k++)
        check_guard (out[k], n);
}

static void
test_grey (void)
{
    GRand *random = g_rand_new_with_seed (g_test_rand_int ());

    for (int i = 0; hf_kernels_level (i); i++)
        for (int channels = 1; channels <= 4; channels++)
            for (int n = 1; n <= WIDEST; n++)
                check_grey (i, channels, n, random);
    g_rand_free (random);
}

static void
test_grey_of_strange_floats (void)
{
    float samples[4] = { NAN, INFINITY, -INFINITY, 0.5f }, out[4];

    for (int i = 0; hf_kernels_level (i); i++) {
        hf_kernels_level (i)->align->grey_float (out, samples, 1, 4);
        g_assert_cmpfloat (out[0], ==, 0);
        g_assert_cmpfloat (out[1], ==, 1.5f);
        g_assert_cmpfloat (out[2], ==, -0.25f);
        g_assert_cmpfloat (out[3], ==, 0.5f);
    }
}

/* The sums of a row of n pixels, one after the other. */
static void
slow_row_sums (const float *const t[3], const float *const f[3], const float *mask, int n, double u,
               double inverse_scale2, double s[HF_ROW_SUMS])
{
    for (int x = 0; x < n; x++) {
        double gx = 0.25 * ((double) t[1][x + 1] - t[1][x - 1] + f[1][x + 1] - f[1][x - 1]);
        double gy = 0.25 * ((double) t[2][x] - t[0][x] + f[2][x] - f[0][x]);
        double r = (double) f[1][x] - t[1][x], in = mask ? mask[x] : 1, at = u + x;
        double w = in / (1 + r * r * inverse_scale2), a = t[1][x], b = f[1][x];
        double add[HF_ROW_SUMS] = { w * gx * gx,     w * gx * gx * at, w * gx * gx * at * at,
                                    w * gx * gy,     w * gx * gy * at, w * gx * gy * at * at,
                                    w * gy * gy,     w * gy * gy * at, w * gy * gy * at * at,
                                    w * gx * r,      w * gx * r * at,  w * gy * r,
                                    w * gy * r * at, w * r * r,        w,
                                    in * a,          in * b,           in * a * a,
                                    in * b * b,      in * a * b,       in };

        for (int k = 0; k < HF_ROW_SUMS; k++)
            s[k] += add[k];
    }
}

static void
check_row_sums (int n, bool masked, guint32 seed)
{
    float first[HF_ROW_SUMS][HF_ALIGN_LANES];

    for (int i = 0; hf_kernels_level (i); i++) {
        GRand *random = g_rand_new_with_seed (seed);
        float lanes[HF_ROW_SUMS][HF_ALIGN_LANES] = { { 0 } }, mask[WIDEST];
        double expected[HF_ROW_SUMS] = { 0 };
        Ground ground;
        const float *t[3], *f[3];

        fill (&ground, random);
        for (int x = 0; x < WIDEST; x++)
            mask[x] = (float) g_rand_int_range (random, 0, 2);
        for (int k = 0; k < 3; k++) {
            t[k] = ground.rows[k] + EDGE;
            f[k] = ground.rows[3 + k] + EDGE;
            /* nothing beyond one pixel around may be looked at */
            for (int x = EDGE + n + 1; x < ROOM; x++)
                ground.rows[k][x] = ground.rows[3 + k][x] = NAN;
        }
        hf_kernels_level (i)->align->row_sums (t, f, masked ? mask : NULL, n, -7.5f, 0.7f, lanes);
        slow_row_sums (t, f, masked ? mask : NULL, n, -7.5, (double) 0.7f, expected);
        for (int k = 0; k < HF_ROW_SUMS; k++) {
            double sum = 0;

            for (int l = 0; l < HF_ALIGN_LANES; l++)
                sum += (double) lanes[k][l];
            /* sums of up to 67 terms of size 60 squared */
            g_assert_cmpfloat_with_epsilon (sum, expected[k], 2e-2);
        }
        if (i == 0)
            memcpy (first, lanes, sizeof lanes);
        g_assert_cmpmem (lanes, sizeof lanes, first, sizeof first);
        g_rand_free (random);
    }
}

static void
test_row_sums (void)
{
    for (int n = 1; n <= WIDEST; n++) {
        check_row_sums (n, false, g_test_rand_int ());
        check_row_sums (n, true, g_test_rand_int ());
    }
}

enum { AROUND = HF_TILE + 2 };

static void
slow_tile_sums (float t[AROUND][AROUND], float f[AROUND][AROUND], const float fit[5],
                double inverse, double s[HF_TILE_SUMS])
{
    double mean = 0;

    for (int y = 1; y <= HF_TILE; y++)
        for (int x = 1; x <= HF_TILE; x++)
            mean += (double) t[y][x] / (HF_TILE * HF_TILE);
    for (int y = 1; y <= HF_TILE; y++) {
        for (int x = 1; x <= HF_TILE; x++) {
            double v[6] = {
                0.25 * ((double) t[y][x + 1] - t[y][x - 1] + f[y][x + 1] - f[y][x - 1]),
                0.25 * ((double) t[y + 1][x] - t[y - 1][x] + f[y + 1][x] - f[y - 1][x]),
                (double) t[y][x] - mean,
                1,
                (double) t[y][x + 1] + t[y][x - 1] + t[y + 1][x] + t[y - 1][x] - 4.0 * t[y][x],
                (double) f[y][x] - t[y][x],
            };
            double left =
                v[5] + fit[0] * v[0] + fit[1] * v[1] - fit[2] * v[2] - fit[3] - fit[4] * v[4];
            double root = fmax (0, 1 - left * left * inverse * inverse);
            int k = 0;

            for (int a = 0; a < 6; a++)
                for (int b = a; b < 6; b++)
                    s[k++] += root * root * v[a] * v[b];
        }
    }
}

static void
check_tile_sums (float inverse_limit, guint32 seed)
{
    const float fit[5] = { 0.1f, -0.2f, 0.05f, 0.01f, 0.3f };
    float first[HF_TILE_SUMS];

    for (int i = 0; hf_kernels_level (i); i++) {
        GRand *random = g_rand_new_with_seed (seed);
        float t[AROUND][AROUND], f[AROUND][AROUND], sums[HF_TILE_SUMS];
        double expected[HF_TILE_SUMS] = { 0 };

        for (int y = 0; y < AROUND; y++) {
            for (int x = 0; x < AROUND; x++) {
                t[y][x] = (float) g_rand_double (random);
                f[y][x] = (float) g_rand_double (random);
            }
        }
        hf_kernels_level (i)->align->tile_sums (&t[1][1], AROUND, &f[1][1], AROUND, fit,
                                                inverse_limit, sums);
        slow_tile_sums (t, f, fit, (double) inverse_limit, expected);
        for (int k = 0; k < HF_TILE_SUMS; k++)
            g_assert_cmpfloat_with_epsilon (sums[k], expected[k], 2e-3); /* of some 300 */
        if (i == 0)
            memcpy (first, sums, sizeof sums);
        g_assert_cmpmem (sums, sizeof sums, first, sizeof first);
        g_rand_free (random);
    }
}

static void
test_tile_sums (void)
{
    check_tile_sums (0, g_test_rand_int ());
    check_tile_sums (1.5f, g_test_rand_int ());
    check_tile_sums (4, g_test_rand_int ());
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/align/kernels/grey", test_grey);
    g_test_add_func ("/align/kernels/grey-of-strange-floats", test_grey_of_strange_floats);
    g_test_add_func ("/align/kernels/halve-columns", test_halve_columns);
    g_test_add_func ("/align/kernels/halve-row", test_halve_row);
    g_test_add_func ("/align/kernels/smooth-columns", test_smooth_columns);
    g_test_add_func ("/align/kernels/smooth-row", test_smooth_row);
    g_test_add_func ("/align/kernels/cubic-columns", test_cubic_columns);
    g_test_add_func ("/align/kernels/cubic-row", test_cubic_row);
    g_test_add_func ("/align/kernels/row-sums", test_row_sums);
    g_test_add_func ("/align/kernels/tile-sums", test_tile_sums);
    return g_test_run ();
}
