/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels of the search for defects against plain loops, at all levels, widths 1..67, with
 * guards around what they may write. */
#include "kernels/kernels.h"

#include <glib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDEST = 67, ROOM = WIDEST + 34 };

#define GUARD 1234.5f

typedef struct Rows {
    float rows[3][ROOM]; /* from index 1: row -1, 0, … */
    float out[2][ROOM];
} Rows;

static void
fill (Rows *rows, GRand *random)
{
    for (int r = 0; r < 3; r++)
        for (int i = 0; i < ROOM; i++)
            rows->rows[r][i] = (float) g_rand_double_range (random, -1, 2);
    for (int r = 0; r < 2; r++)
        for (int i = 0; i < ROOM; i++)
            rows->out[r][i] = GUARD;
}

static void
check_guards (const float *out, int n)
{
    g_assert_true (out[0] == GUARD);
    for (int i = n + 1; i < ROOM; i++)
        g_assert_true (out[i] == GUARD);
}

/* The neighbours of pixel i by value, smallest first, and their mean. */
static double
neighbours (const Rows *rows, int i, float *least, float *most)
{
    double sum = 0;

    *least = INFINITY;
    *most = -INFINITY;
    for (int r = 0; r < 3; r++)
        for (int k = -1; k <= 1; k++)
            if (r != 1 || k != 0) {
                float value = rows->rows[r][1 + i + k];

                sum += (double) value;
                *least = fminf (*least, value);
                *most = fmaxf (*most, value);
            }
    return sum / 8;
}

static void
check_width (const HfPeakKernels *kernels, int n, GRand *random)
{
    static Rows rows;

    fill (&rows, random);
    kernels->residue (rows.rows[0] + 1, rows.rows[1] + 1, rows.rows[2] + 1, n, rows.out[0] + 1);
    kernels->excess (rows.rows[0] + 1, rows.rows[1] + 1, rows.rows[2] + 1, n, rows.out[1] + 1);
    for (int i = 0; i < n; i++) {
        float least, most, middle = rows.rows[1][1 + i];
        double mean = neighbours (&rows, i, &least, &most);
        float excess = middle > most ? middle - most : middle < least ? middle - least : 0;

        g_assert_cmpfloat_with_epsilon ((double) rows.out[0][1 + i], (double) middle - mean, 1e-6);
        g_assert_true (rows.out[1][1 + i] == excess);
    }
    check_guards (rows.out[0], n);
    check_guards (rows.out[1], n);
}

static void
check_extend_add_count (const HfPeakKernels *kernels, int n, GRand *random)
{
    static Rows rows;
    static float before[2][ROOM];
    int count = 0;

    fill (&rows, random);
    for (int r = 0; r < 2; r++)
        for (int i = 0; i < n; i++)
            rows.out[r][1 + i] = (float) g_rand_double_range (random, -1, 2);
    memcpy (before, rows.out, sizeof before);
    kernels->extend (rows.rows[0] + 1, n, rows.out[0] + 1, rows.out[1] + 1);
    for (int i = 1; i <= n; i++) {
        g_assert_true (rows.out[0][i] == fminf (before[0][i], rows.rows[0][i]));
        g_assert_true (rows.out[1][i] == fmaxf (before[1][i], rows.rows[0][i]));
        count += fabsf (rows.rows[2][i]) > 0.5f;
    }
    check_guards (rows.out[0], n);
    check_guards (rows.out[1], n);
    memcpy (before, rows.out, sizeof before);
    kernels->add (rows.rows[1] + 1, 0.25f, n, rows.out[0] + 1);
    for (int i = 1; i <= n; i++)
        g_assert_true (rows.out[0][i] == before[0][i] + 0.25f * rows.rows[1][i]);
    check_guards (rows.out[0], n);
    g_assert_cmpint (kernels->count (rows.rows[2] + 1, 0.5f, n), ==, count);
}

static void
test_all_levels (void)
{
    guint32 seed = g_random_int ();

    g_test_message ("drawn seed %u", seed);
    for (int level = 0; hf_kernels_level (level); level++) {
        GRand *random = g_rand_new_with_seed (seed);

        for (int n = 1; n <= WIDEST; n++) {
            check_width (hf_kernels_level (level)->peak, n, random);
            check_extend_add_count (hf_kernels_level (level)->peak, n, random);
        }
        g_rand_free (random);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/peak-kernels/all-levels", test_all_levels);
    return g_test_run ();
}
