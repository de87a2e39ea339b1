/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The warp's kernels at every CPU level: against plain sums over value () at widths 1 … 67, to
 * the bit between levels, with guards around what they may write. (The weights themselves are
 * checked against the exact kernels by test-warp.c.)
 */
#include "pictures.h"

#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

enum { MOST = 67, ROOM = 96, FRAME = 256, N = HF_WARP_N_INTERPOLATIONS };

static const double one = 0x1p40;

static void
fill_random (float *samples, int n, GRand *random)
{
    for (int i = 0; i < n; i++)
        samples[i] = (float) g_rand_double (random);
}

/* The sum over the taps around `position` of samples that lie `step` apart. */
static double
plain_sum (const HfWarpKernels *kernels, int interpolation, const float *samples, int step,
           double position)
{
    int taps = kernels->taps[interpolation], first = (int) floor (position) - taps / 2 + 1;
    double sum = 0;

    for (int j = 0; j < taps; j++)
        sum += kernels->value[interpolation]((float) (position - first - j)) *
               samples[(first + j) * step];
    return sum;
}

static void
along_row_matches_plain (void)
{
    static const double slopes[] = { 1, 0.97, 1.031, 1.2, 0.6 };
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    float rows[3][FRAME], out[3][ROOM], plain[3][ROOM];

    for (int p = 0; p < 3; p++)
        fill_random (rows[p], FRAME, random);
    for (int i = 0; i < N * 5 * MOST; i++) {
        int interpolation = i % N, n = i / (N * 5) + 1;
        int64_t slope = (int64_t) (slopes[i / N % 5] * one);
        int64_t start = (int64_t) (g_rand_double_range (random, 40, 50) * one) - 1000 * slope;

        for (int level = 0; hf_kernels_level (level); level++) {
            const HfWarpKernels *kernels = hf_kernels_level (level)->warp;
            HfWarpAlongRow work = {
                slope, start, 1000, n, { rows[0], rows[1], rows[2] }, 0, { out[0], out[1], out[2] },
                3
            };

            for (int k = 0; k < 3 * ROOM; k++)
                out[k / ROOM][k % ROOM] = 42;
            kernels->along_row[interpolation](&work);
            for (int p = 0; p < 3; p++) {
                for (int x = 0; x < n; x++) {
                    double position = (double) (slope * (1000 + x) + start) / one;

                    g_assert_cmpfloat (
                        fabs (out[p][x] - plain_sum (kernels, interpolation, rows[p], 1, position)),
                        <, 2e-6);
                    if (level)
                        g_assert_cmpfloat (out[p][x], ==, plain[p][x]);
                }
                g_assert_cmpfloat (out[p][(n + 15) / 16 * 16], ==, 42);
            }
            if (level == 0)
                memcpy (plain, out, sizeof plain);
        }
    }
    g_rand_free (random);
}

static void
along_column_matches_plain (void)
{
    static const double slopes[] = { 0, 0.004, -0.05, 0.45, -0.3 };
    GRand *random = g_rand_new_with_seed (drawn_seed () + 1);
    float *frame = g_new (float, FRAME * 3 * ROOM), out[3][ROOM], plain[3][ROOM];
    const float *rows[FRAME];

    fill_random (frame, FRAME * 3 * ROOM, random);
    for (int y = 0; y < FRAME; y++)
        rows[y] = frame + y * 3 * ROOM;
    for (int i = 0; i < N * 5 * MOST; i++) {
        int interpolation = i % N, n = i / (N * 5) + 1;
        int64_t slope = (int64_t) (slopes[i / N % 5] * one);
        int64_t start = (int64_t) (g_rand_double_range (random, 90, 100) * one) + 500 * slope;

        for (int level = 0; hf_kernels_level (level); level++) {
            const HfWarpKernels *kernels = hf_kernels_level (level)->warp;
            HfWarpAlongColumn work = { slope, start, -500, n,
                                       rows,  0,     ROOM, { out[0], out[1], out[2] },
                                       3 };

            for (int k = 0; k < 3 * ROOM; k++)
                out[k / ROOM][k % ROOM] = 42;
            kernels->along_column[interpolation](&work);
            for (int p = 0; p < 3; p++) {
                for (int x = 0; x < n; x++) {
                    double position = (double) (slope * (x - 500) + start) / one;

                    g_assert_cmpfloat (
                        fabs (out[p][x] - plain_sum (kernels, interpolation, frame + p * ROOM + x,
                                                     3 * ROOM, position)),
                        <, 2e-6);
                    if (level)
                        g_assert_cmpfloat (out[p][x], ==, plain[p][x]);
                }
                g_assert_cmpfloat (out[p][n], ==, 42);
            }
            if (level == 0)
                memcpy (plain, out, sizeof plain);
        }
    }
    g_free (frame);
    g_rand_free (random);
}

static void
block_matches_plain (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed () + 2);
    float frame[40 * 40], out[HF_WARP_BLOCK + 1], plain[HF_WARP_BLOCK + 1];

    fill_random (frame, 40 * 40, random);
    for (int i = 0; i < N * HF_WARP_BLOCK; i++) {
        int interpolation = i % N, n = i / N + 1;
        float x[HF_WARP_BLOCK], y[HF_WARP_BLOCK];
        ptrdiff_t offsets[HF_WARP_BLOCK];

        for (int k = 0; k < n; k++) {
            x[k] = (float) g_rand_double (random);
            y[k] = (float) g_rand_double (random);
            offsets[k] = g_rand_int_range (random, 0, 28) * 40 + g_rand_int_range (random, 0, 28);
        }
        for (int level = 0; hf_kernels_level (level); level++) {
            const HfWarpKernels *kernels = hf_kernels_level (level)->warp;
            int taps = kernels->taps[interpolation];
            HfWarpBlock work = { { frame }, 40, offsets, x, y, n, { out }, 1 };

            for (int k = 0; k <= HF_WARP_BLOCK; k++)
                out[k] = 42;
            kernels->block[interpolation](&work);
            for (int k = 0; k < n; k++) {
                double sum = 0;

                for (int j = 0; j < taps; j++)
                    sum += kernels->value[interpolation](y[k] - (float) (j - taps / 2 + 1)) *
                           plain_sum (kernels, interpolation, frame + offsets[k] + j * 40, 1,
                                      taps / 2 - 1 + x[k]);
                g_assert_cmpfloat (fabs (out[k] - sum), <, 4e-6);
                if (level)
                    g_assert_cmpfloat (out[k], ==, plain[k]);
            }
            g_assert_cmpfloat (out[n], ==, 42);
            if (level == 0)
                memcpy (plain, out, sizeof plain);
        }
    }
    g_rand_free (random);
}

static void
rows_of_validity (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed () + 3);
    float colour[MOST], validity[MOST], product[MOST + 1], rest[MOST + 1];

    for (int n = 1; n <= MOST; n++) {
        for (int level = 0; hf_kernels_level (level); level++) {
            const HfWarpKernels *kernels = hf_kernels_level (level)->warp;
            float *colours[1] = { product };

            fill_random (colour, n, random);
            fill_random (validity, n, random);
            validity[n / 2] = 0x1p-10f; /* too faint */
            product[n] = rest[n] = 42;
            kernels->premultiply (colour, validity, n, product);
            kernels->complement (validity, n, rest);
            kernels->unmultiply (colours, 1, rest, n);
            for (int i = 0; i < n; i++) {
                bool faint = validity[i] < 0x1p-9f;

                g_assert_cmpfloat (fabs (rest[i] - (faint ? 0 : validity[i])), <, 1e-7);
                if (faint)
                    g_assert_cmpfloat (product[i], ==, 0);
                else /* what 1 - (1 - validity) loses, over the validity */
                    g_assert_cmpfloat (fabs (product[i] - colour[i]), <, 2e-7 / validity[i]);
            }
            g_assert_cmpfloat (product[n], ==, 42);
            g_assert_cmpfloat (rest[n], ==, 42);
        }
    }
    g_rand_free (random);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/warp-kernels/along-row-matches-plain", along_row_matches_plain);
    g_test_add_func ("/warp-kernels/along-column-matches-plain", along_column_matches_plain);
    g_test_add_func ("/warp-kernels/block-matches-plain", block_matches_plain);
    g_test_add_func ("/warp-kernels/rows-of-validity", rows_of_validity);
    return g_test_run ();
}
