/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pyramid's picture: against the slow reference, against known truth, and what it promises. */
#include "frames.h"

#include <math.h>

/*
 * Compact store: bands are rounded to 1/16384 at every frame and level, which moves the picture by
 * about 1e-4, and the energies of nearly equal frames, so that shares of frames which differ by
 * a few percent move a little: single pixels to 2e-3. Validity is rounded to 1/255, but not to 0.
 * Exact store: float against double.
 */
static void
check_against_reference (Frame *const *frames, int n, HfSampleType precision, double sigma)
{
    HfFuserSetup setup = setup_for (frames[0], precision, sigma);
    Frame *fused = fuse_frames (&setup, frames, n);
    Frame *expected = reference_fuse (frames, n, sigma, precision == HF_SAMPLE_U8);
    bool compact = precision == HF_SAMPLE_U8;
    double rms, largest = frame_difference (fused, expected, &rms);

    g_test_message ("%d x %d x %d, %d bytes, %d frames: largest %g, rms %g", frames[0]->width,
                    frames[0]->height, frames[0]->n_colours, precision, n, largest, rms);
    g_assert_cmpfloat (largest, <=, compact ? 2e-3 : 1e-4);
    g_assert_cmpfloat (rms, <=, compact ? 1e-4 : 2e-6);
    for (int i = 0; i < fused->width * fused->height; i++) {
        float validity = expected->validity[i];

        g_assert_cmpfloat_with_epsilon (fused->validity[i], validity, compact ? 1.0 / 255 : 1e-7);
        if (validity == 0)
            g_assert_cmpfloat (fused->colour[0][i], ==, 0);
    }
    frame_free (fused);
    frame_free (expected);
}

/* Frames of one texture, each sharp in its own strip. */
static void
make_strips (Frame **frames, int n, int width, int height, int n_colours, guint32 seed)
{
    Frame *sharp = frame_new_texture (width, height, n_colours, seed);
    Frame *blurred = frame_blurred (sharp, 2.5);

    for (int f = 0; f < n; f++) {
        frames[f] = frame_copy (blurred);
        for (int c = 0; c < n_colours; c++)
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                    if ((x + y) * n / (width + height) == f)
                        frames[f]->colour[c][y * width + x] = sharp->colour[c][y * width + x];
    }
    frame_free (sharp);
    frame_free (blurred);
}

static void
compare_sizes (const int (*sizes)[2], int n_sizes, bool holes, guint32 seed)
{
    static const HfSampleType types[3] = { HF_SAMPLE_U8, HF_SAMPLE_U16, HF_SAMPLE_FLOAT };

    for (int i = 0; i < n_sizes; i++)
        for (int t = 0; t < 3; t++) {
            Frame *frames[4];

            make_strips (frames, 4, sizes[i][0], sizes[i][1], (i + t) % 2 ? 1 : 3,
                         seed + (guint32) i);
            for (int f = 0; f < 4; f++) {
                frame_add_noise (frames[f], 0.01, seed + 50 + (guint32) f);
                frame_round (frames[f], types[t]);
                if (holes)
                    frame_make_holes (frames[f], seed + 100 + (guint32) f);
            }
            check_against_reference (frames, 4, types[t], 0.01);
            for (int f = 0; f < 4; f++)
                frame_free (frames[f]);
        }
}

static void
equals_reference (void)
{
    static const int sizes[][2] = { { 1, 1 },    { 2, 1 },     { 1, 7 },   { 37, 1 },
                                    { 3, 3 },    { 16, 8 },    { 33, 18 }, { 130, 95 },
                                    { 67, 131 }, { 1100, 40 }, { 40, 290 } };

    compare_sizes (sizes, G_N_ELEMENTS (sizes), false, 1);
    compare_sizes (sizes + 7, 1, false, drawn_seed ());
}

static void
equals_reference_with_holes (void)
{
    static const int sizes[][2] = { { 1, 1 },    { 5, 2 },    { 34, 17 },
                                    { 130, 95 }, { 61, 140 }, { 1100, 40 } };

    compare_sizes (sizes, G_N_ELEMENTS (sizes), true, 7);
    compare_sizes (sizes + 3, 1, true, drawn_seed ());
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/pyramid/equals-reference", equals_reference);
    g_test_add_func ("/pyramid/equals-reference-with-holes", equals_reference_with_holes);
    return g_test_run ();
}
