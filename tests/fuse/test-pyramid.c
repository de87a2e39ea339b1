/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pyramid's picture: against the slow reference, against known truth, and what it promises. */
#include "frames.h"

#include <math.h>

/* What validity may be off by: it is rounded to levels, but not to 0. */
static double
validity_step (HfSampleType precision)
{
    return precision == HF_SAMPLE_U8 ? 1.0 / 255 : precision == HF_SAMPLE_U16 ? 1.0 / 65535 : 1e-7;
}

/*
 * Compact store: bands are rounded to 1/16384 at every frame and level, which moves the picture by
 * about 1e-4, and the energies of nearly equal frames, so that shares of frames which differ by
 * a few percent move a little: single pixels to 2e-3. The others: float against double; where
 * validity is partial, its rounding to 1/255 may fall the other way.
 */
static void
check_against_reference (Frame *const *frames, int n, HfSampleType precision, double sigma,
                         bool holes, const ReferenceOptions *options)
{
    HfFuserSetup setup = setup_for (frames[0], precision, sigma);
    HfFuseOptions fuse = *setup.options;
    Frame *expected = reference_fuse (frames, n, sigma, precision == HF_SAMPLE_U8, options);
    bool compact = precision == HF_SAMPLE_U8;
    double rms, largest;
    Frame *fused;

    setup.options = &fuse;
    fuse.pyramid_min_size = options->shortest;
    fuse.pyramid_kernel_size = options->window;
    fuse.pyramid_gen_kernel = options->a;
    fused = fuse_frames (&setup, frames, n);
    largest = frame_difference (fused, expected, &rms);
    g_test_message ("%d x %d x %d, %d bytes, %d frames: largest %g, rms %g", frames[0]->width,
                    frames[0]->height, frames[0]->n_colours, precision, n, largest, rms);
    g_assert_cmpfloat (largest, <=, compact ? 2e-3 : 1e-3);
    g_assert_cmpfloat (rms, <=, compact ? 1e-4 : holes ? 3e-5 : 2e-6);
    for (int i = 0; i < fused->width * fused->height; i++) {
        float validity = expected->validity[i];

        g_assert_cmpfloat_with_epsilon (fused->validity[i], validity, validity_step (precision));
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
compare_sizes (const int (*sizes)[2], int n_sizes, bool holes, guint32 seed,
               const ReferenceOptions *options)
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
            check_against_reference (frames, 4, types[t], 0.01, holes, options);
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

    compare_sizes (sizes, G_N_ELEMENTS (sizes), false, 1, &reference_defaults);
    compare_sizes (sizes + 7, 1, false, drawn_seed (), &reference_defaults);
}

static void
equals_reference_with_holes (void)
{
    static const int sizes[][2] = { { 1, 1 },    { 5, 2 },    { 34, 17 },
                                    { 130, 95 }, { 61, 140 }, { 1100, 40 } };

    compare_sizes (sizes, G_N_ELEMENTS (sizes), true, 7, &reference_defaults);
    compare_sizes (sizes + 3, 1, true, drawn_seed (), &reference_defaults);
}

/* Every option of the pyramid away from its default, alone and together. */
static void
options_equal_reference (void)
{
    static const int sizes[][2] = { { 130, 95 }, { 61, 140 } };
    static const ReferenceOptions options[] = {
        { 16, 3, 0.375 }, { 16, 7, 0.375 }, { 16, 5, 0.4 },  { 16, 5, 0.5 },
        { 4, 5, 0.375 },  { 60, 5, 0.375 }, { 30, 4, 0.32 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS (options); i++)
        compare_sizes (sizes + i % 2, 1, i % 3 == 0, 20 + (guint32) i, &options[i]);
}

/*
 * 64 bit against 32: what differs is the rounding of a few hundred float operations, at most 3e-5
 * of full scale where frames are nearly equally sharp and a ratio's rounding counts 20 fold; with 8
 * bit frames also that of the compact store, as against the reference.
 */
static void
double_agrees_with_float (void)
{
    static const HfSampleType types[3] = { HF_SAMPLE_U8, HF_SAMPLE_U16, HF_SAMPLE_FLOAT };

    for (int t = 0; t < 3; t++) {
        Frame *frames[4], *fine, *plain, *expected;
        HfFuserSetup setup;
        HfFuseOptions fuse;
        double fine_rms, plain_rms;

        make_strips (frames, 4, 150, 110, 3, drawn_seed ());
        for (int f = 0; f < 4; f++) {
            frame_round (frames[f], types[t]);
            frame_make_holes (frames[f], 5 + (guint32) f);
        }
        setup = setup_for (frames[0], types[t], 0.01);
        fuse = *setup.options;
        setup.options = &fuse;
        plain = fuse_frames (&setup, frames, 4);
        fuse.float_type = HF_FLOAT_64;
        fine = fuse_frames (&setup, frames, 4);
        expected = reference_fuse (frames, 4, 0.01, types[t] == HF_SAMPLE_U8, &reference_defaults);
        frame_difference (plain, expected, &plain_rms);
        g_test_message ("64 bit against 32: largest %g", frame_difference (fine, plain, &fine_rms));
        g_assert_cmpfloat (fine_rms, >, 0); /* or it is the same arithmetic */
        g_assert_cmpfloat (frame_difference (fine, plain, NULL), <=, t == 0 ? 2e-3 : 3e-5);
        frame_difference (fine, expected, &fine_rms);
        g_test_message ("rms to the reference: 64 bit %g, 32 bit %g", fine_rms, plain_rms);
        g_assert_cmpfloat (fine_rms, <=, 1.1 * plain_rms); /* bands and energies are floats */
        for (int f = 0; f < 4; f++)
            frame_free (frames[f]);
        frame_free (plain);
        frame_free (fine);
        frame_free (expected);
    }
}

/* ---- promises ---- */

static void
single_frame_comes_back (void)
{
    static const HfSampleType types[3] = { HF_SAMPLE_U8, HF_SAMPLE_U16, HF_SAMPLE_FLOAT };

    for (int t = 0; t < 3; t++) {
        Frame *frame = frame_new_texture (123, 77, 3, 5);
        HfFuserSetup setup = setup_for (frame, types[t], 0.01);
        Frame *fused;

        frame_round (frame, types[t]);
        fused = fuse_frames (&setup, &frame, 1);
        /* The range of one frame is that frame: exact but for the last bit of k / 255. */
        g_assert_cmpfloat (frame_difference (fused, frame, NULL), <=, 1.2e-7);
        frame_free (frame);
        frame_free (fused);
    }
}

static void
equal_frames_give_that_frame (void)
{
    Frame *frame = frame_new_texture (123, 77, 3, 6);
    Frame *frames[5] = { frame, frame, frame, frame, frame };
    HfFuserSetup setup = setup_for (frame, HF_SAMPLE_U16, 0.0);
    Frame *fused;

    frame_round (frame, HF_SAMPLE_U16);
    fused = fuse_frames (&setup, frames, 5);
    g_assert_cmpfloat (frame_difference (fused, frame, NULL), <=, 1.2e-7);
    frame_free (frame);
    frame_free (fused);
}

/* Lowest and highest value of the frames that are valid at pixel i; false where none is. */
static bool
range_at (Frame *const *frames, int n, int c, int i, float *low, float *high)
{
    *low = INFINITY, *high = -INFINITY;
    for (int f = 0; f < n; f++)
        if (frames[f]->validity[i] > 0) {
            *low = fminf (*low, frames[f]->colour[c][i]);
            *high = fmaxf (*high, frames[f]->colour[c][i]);
        }
    return *low <= *high;
}

/* Unrelated frames: blended bands overshoot everywhere. */
static void
stays_in_range (void)
{
    static const HfSampleType types[3] = { HF_SAMPLE_U8, HF_SAMPLE_U16, HF_SAMPLE_FLOAT };
    guint32 seed = drawn_seed ();

    for (int t = 0; t < 3; t++) {
        HfFuserSetup setup;
        Frame *frames[4], *fused;
        int at_limit = 0;
        float low, high;

        for (int f = 0; f < 4; f++) {
            frames[f] = frame_new_texture (150, 90, 3, seed + (guint32) f);
            frame_round (frames[f], types[t]);
            if (f > 0)
                frame_make_holes (frames[f], seed + (guint32) f);
        }
        setup = setup_for (frames[0], types[t], 0.01);
        fused = fuse_frames (&setup, frames, 4);
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < 150 * 90; i++) {
                float value = fused->colour[c][i];

                g_assert_true (range_at (frames, 4, c, i, &low, &high));
                g_assert_cmpfloat (value, >=, low - 1.2e-7f);
                g_assert_cmpfloat (value, <=, high + 1.2e-7f);
                at_limit += value <= low || value >= high;
            }
        g_assert_cmpint (at_limit, >, 100); /* or nothing was limited at all */
        for (int f = 0; f < 4; f++)
            frame_free (frames[f]);
        frame_free (fused);
    }
}

static void
float_values_leave_0_to_1 (void)
{
    Frame *sharp = frame_new_texture (90, 70, 3, 9), *blurred;
    Frame *frames[2], *fused;
    HfFuserSetup setup = setup_for (sharp, HF_SAMPLE_FLOAT, 0.0);
    double rms;

    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 90 * 70; i++)
            sharp->colour[c][i] = sharp->colour[c][i] * 9 - 4;
    blurred = frame_blurred (sharp, 2);
    frames[0] = blurred, frames[1] = sharp;
    fused = fuse_frames (&setup, frames, 2);
    frame_difference (fused, sharp, &rms);
    g_assert_cmpfloat (rms, <=, 0.1); /* the texture's own is 1.2 */
    frame_free (sharp);
    frame_free (blurred);
    frame_free (fused);
}

static void
order_does_not_matter (void)
{
    static const int order[5] = { 3, 0, 4, 2, 1 };
    Frame *frames[5], *shuffled[5], *a, *b;
    HfFuserSetup setup;

    make_strips (frames, 5, 140, 100, 3, 11);
    for (int f = 0; f < 5; f++) {
        frame_add_noise (frames[f], 0.01, (guint32) f);
        frame_make_holes (frames[f], (guint32) f);
    }
    for (int f = 0; f < 5; f++)
        shuffled[f] = frames[order[f]];
    for (int t = 1; t <= 4; t *= 4) {
        setup = setup_for (frames[0], t == 1 ? HF_SAMPLE_U8 : HF_SAMPLE_FLOAT, 0.01);
        a = fuse_frames (&setup, frames, 5);
        b = fuse_frames (&setup, shuffled, 5);
        /* Running means are rounded at each frame: to 1/16384 in each band, or as floats. */
        g_assert_cmpfloat (frame_difference (a, b, NULL), <=, t == 1 ? 1e-3 : 1e-5);
        frame_free (a);
        frame_free (b);
    }
    for (int f = 0; f < 5; f++)
        frame_free (frames[f]);
}

/* ---- known truth ---- */

static double
psnr (const Frame *a, const Frame *b)
{
    double rms;

    frame_difference (a, b, &rms);
    return -20 * log10 (rms);
}

/* What is left of the difference is beside the seams of the strips, where no frame is right. */
static void
strips_become_sharp (void)
{
    guint32 seed = drawn_seed ();

    for (int n = 2; n <= 6; n += 2) {
        Frame *frames[6], *truth = frame_new_texture (300, 200, 3, seed), *fused;
        HfFuserSetup setup = setup_for (truth, HF_SAMPLE_U8, 0.0);

        make_strips (frames, n, 300, 200, 3, seed);
        for (int f = 0; f < n; f++)
            frame_round (frames[f], HF_SAMPLE_U8);
        fused = fuse_frames (&setup, frames, n);
        g_test_message ("%d strips: %.1f dB, one frame %.1f dB", n, psnr (fused, truth),
                        psnr (frames[0], truth));
        g_assert_cmpfloat (psnr (fused, truth), >=, 45);
        g_assert_cmpfloat (psnr (frames[0], truth), <=, 30);
        for (int f = 0; f < n; f++)
            frame_free (frames[f]);
        frame_free (truth);
        frame_free (fused);
    }
}

/*
 * Frames that see different parts of one sharp scene: the fused picture is that scene, at borders
 * of validity too, where a dark rim or a seam would stand out. What is not valid is full of
 * nonsense.
 */
static void
borders_leave_no_seam (void)
{
    guint32 seed = drawn_seed ();
    Frame *truth = frame_new_texture (220, 160, 3, seed), *frames[4], *fused;
    HfFuserSetup setup = setup_for (truth, HF_SAMPLE_FLOAT, 0.005);
    double largest;

    for (int f = 0; f < 4; f++) {
        frames[f] = frame_copy (truth);
        frame_make_holes (frames[f], seed + (guint32) f);
        for (int i = 0; i < 220 * 160; i++)
            for (int c = 0; c < 3; c++)
                if (frames[f]->validity[i] == 0)
                    frames[f]->colour[c][i] = (i + c) & 1 ? 1e30f : -7.0f;
    }
    fused = fuse_frames (&setup, frames, 4);
    largest = frame_difference (fused, truth, NULL);
    g_test_message ("largest %g", largest);
    /* All valid samples are equal, so the range leaves nothing but the truth. */
    g_assert_cmpfloat (largest, ==, 0);
    for (int f = 0; f < 4; f++)
        frame_free (frames[f]);
    frame_free (truth);
    frame_free (fused);
}

/*
 * The same where the range does not help: two frames of different brightness, the second sees the
 * left half only. Near the border nothing may be darker or brighter than both by more than the
 * soft step between them.
 */
static void
step_in_brightness_stays_soft (void)
{
    Frame *frames[2] = { frame_new (256, 64, 1), frame_new (256, 64, 1) }, *fused;
    HfFuserSetup setup = setup_for (frames[0], HF_SAMPLE_FLOAT, 0.01);
    double steepest = 0;

    for (int i = 0; i < 256 * 64; i++) {
        frames[0]->colour[0][i] = 0.5f;
        frames[1]->colour[0][i] = 0.52f;
        frames[1]->validity[i] = i % 256 < 128;
    }
    fused = fuse_frames (&setup, frames, 2);
    for (int x = 1; x < 256; x++)
        steepest = fmax (
            steepest, fabs (fused->colour[0][32 * 256 + x] - fused->colour[0][32 * 256 + x - 1]));
    /* Far left both count the same, far right only the first: .01 between, over many pixels. */
    g_assert_cmpfloat_with_epsilon (fused->colour[0][32 * 256 + 2], 0.51, 0.002);
    g_assert_cmpfloat_with_epsilon (fused->colour[0][32 * 256 + 250], 0.5, 0.002);
    g_test_message ("steepest %g", steepest);
    g_assert_cmpfloat (steepest, <=, 0.0025);
    frame_free (frames[0]);
    frame_free (frames[1]);
    frame_free (fused);
}

static void
nothing_valid_gives_nothing (void)
{
    Frame *frames[2], *fused;
    HfFuserSetup setup;

    for (int f = 0; f < 2; f++) {
        frames[f] = frame_new_texture (70, 50, 3, (guint32) f);
        for (int i = 0; i < 70 * 50; i++)
            if (i % 70 > 20 + f)
                frames[f]->validity[i] = 0;
    }
    for (int t = 1; t <= 4; t *= 4) {
        setup = setup_for (frames[0], t == 1 ? HF_SAMPLE_U8 : HF_SAMPLE_FLOAT, 0.01);
        fused = fuse_frames (&setup, frames, 2);
        for (int i = 0; i < 70 * 50; i++) {
            bool seen = i % 70 <= 21;

            g_assert_cmpfloat (fused->validity[i], ==, seen ? 1 : 0);
            for (int c = 0; c < 3; c++)
                g_assert_true (seen || fused->colour[c][i] == 0);
        }
        frame_free (fused);
    }
    frame_free (frames[0]);
    frame_free (frames[1]);
}

/* Noise of a flat area: well under one frame's, since all frames are averaged there. */
static void
flat_areas_become_calm (void)
{
    enum { N = 12 };
    guint32 seed = drawn_seed ();
    Frame *frames[N], *flat = frame_new (200, 150, 3), *fused;
    HfFuserSetup setup = setup_for (flat, HF_SAMPLE_U8, 0.035);
    double rms;

    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 200 * 150; i++)
            flat->colour[c][i] = 0.5f;
    for (int f = 0; f < N; f++) {
        frames[f] = frame_copy (flat);
        frame_add_noise (frames[f], 0.035, seed + (guint32) f);
        frame_round (frames[f], HF_SAMPLE_U8);
    }
    fused = fuse_frames (&setup, frames, N);
    frame_difference (fused, flat, &rms);
    g_test_message ("noise of one frame .035, fused %g", rms);
    g_assert_cmpfloat (rms, <=, 0.035 * 0.5);
    for (int f = 0; f < N; f++)
        frame_free (frames[f]);
    frame_free (flat);
    frame_free (fused);
}

/* Mean of a × b over the picture, both without their own means. */
static double
correlation (const Frame *a, const Frame *b)
{
    int n = a->width * a->height;
    double sum_a = 0, sum_b = 0, sum = 0;

    for (int i = 0; i < n; i++) {
        sum_a += a->colour[0][i];
        sum_b += b->colour[0][i];
        sum += (double) a->colour[0][i] * b->colour[0][i];
    }
    return sum / n - sum_a / n * (sum_b / n);
}

/*
 * Something transparent: two sheets of the same contrast, one sharp in the third frame, the other
 * in the ninth. The preferred one shows, the other is as blurred as in the third or ninth frame;
 * and where there is one depth only preferring either end changes little.
 */
static void
prefers_an_end (void)
{
    enum { N = 12, SIZE = 128 };
    static const HfPrefer prefer[3] = { HF_PREFER_NONE, HF_PREFER_FRONT, HF_PREFER_BACK };
    Frame *sheets[2], *frames[N], *single[N], *fused[3], *alone[3];
    HfFuserSetup setup;
    HfFuseOptions options;
    double front[3], back[3], rms;

    for (int k = 0; k < 2; k++)
        sheets[k] = frame_new_texture (SIZE, SIZE, 1, 30 + (guint32) k);
    for (int f = 0; f < N; f++) {
        Frame *near = frame_blurred (sheets[0], 0.1 + 0.8 * abs (f - 2));
        Frame *far = frame_blurred (sheets[1], 0.1 + 0.8 * abs (f - 8));

        frames[f] = frame_copy (near);
        single[f] = near;
        for (int i = 0; i < SIZE * SIZE; i++)
            frames[f]->colour[0][i] = 0.5f * (near->colour[0][i] + far->colour[0][i]);
        frame_free (far);
    }
    setup = setup_for (frames[0], HF_SAMPLE_FLOAT, 0.002);
    setup.n_frames = N;
    options = *setup.options;
    setup.options = &options;
    for (int p = 0; p < 3; p++) {
        options.prefer = (int) prefer[p];
        fused[p] = fuse_frames (&setup, frames, N);
        alone[p] = fuse_frames (&setup, single, N);
        front[p] = correlation (fused[p], sheets[0]);
        back[p] = correlation (fused[p], sheets[1]);
        g_test_message ("%s: front sheet %g, back sheet %g",
                        hf_choice_nick (hf_prefer_choices, (int) prefer[p]), front[p], back[p]);
    }
    g_assert_cmpfloat (front[1], >, front[0] * 1.05);
    g_assert_cmpfloat (back[1], <, back[0] * 0.95);
    g_assert_cmpfloat (back[2], >, back[0] * 1.05);
    g_assert_cmpfloat (front[2], <, front[0] * 0.95);
    for (int p = 1; p < 3; p++) {
        frame_difference (alone[p], alone[0], &rms);
        g_test_message ("one depth: rms %g", rms);
        g_assert_cmpfloat (rms, <=, 0.005); /* the texture's is .15 */
    }
    for (int f = 0; f < N; f++) {
        frame_free (frames[f]);
        frame_free (single[f]);
    }
    for (int p = 0; p < 3; p++) {
        frame_free (fused[p]);
        frame_free (alone[p]);
    }
    frame_free (sheets[0]);
    frame_free (sheets[1]);
}

/* A disc of this radius with an edge one pixel wide, of the light of a disc of radius 2.5. */
static void
add_disc (Frame *frame, double x, double y, double radius, double height)
{
    double share = height * (2.5 * 2.5) / (radius * radius);

    for (int j = 0; j < frame->height; j++)
        for (int i = 0; i < frame->width; i++) {
            double inside = CLAMP (radius + 0.5 - hypot (i - x, j - y), 0, 1);

            for (int c = 0; c < frame->n_colours; c++)
                frame->colour[c][j * frame->width + i] += (float) (share * inside);
        }
}

/*
 * A bright speck on black, sharp in one of 9 frames: rings of its blur discs beyond 3 pixels from
 * its edge stay under 1 % of its height.
 */
static void
speck_has_no_ring (void)
{
    enum { N = 9, SIZE = 201 };
    Frame *frames[N], *fused;
    HfFuserSetup setup;
    double ring = 0, top;

    for (int f = 0; f < N; f++) {
        frames[f] = frame_new (SIZE, SIZE, 3);
        add_disc (frames[f], 100, 100, 2.5 + 3.0 * abs (f - 4), 0.9);
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < SIZE * SIZE; i++)
                frames[f]->colour[c][i] += 0.03f;
        frame_add_noise (frames[f], 0.002, (guint32) f);
        frame_round (frames[f], HF_SAMPLE_U8);
    }
    setup = setup_for (frames[0], HF_SAMPLE_U8, 0.002);
    fused = fuse_frames (&setup, frames, N);
    for (int j = 0; j < SIZE; j++)
        for (int i = 0; i < SIZE; i++)
            if (hypot (i - 100, j - 100) > 2.5 + 3)
                ring = fmax (ring, fabs (fused->colour[1][j * SIZE + i] - 0.03));
    top = fused->colour[1][100 * SIZE + 100];
    g_test_message ("speck %g, ring %g", top, ring);
    g_assert_cmpfloat (top, >=, 0.85);
    g_assert_cmpfloat (ring, <=, 0.01 * 0.9 + 0.004); /* and noise: two levels of 255 */
    for (int f = 0; f < N; f++)
        frame_free (frames[f]);
    frame_free (fused);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/pyramid/equals-reference", equals_reference);
    g_test_add_func ("/pyramid/equals-reference-with-holes", equals_reference_with_holes);
    g_test_add_func ("/pyramid/options-equal-reference", options_equal_reference);
    g_test_add_func ("/pyramid/double-agrees-with-float", double_agrees_with_float);
    g_test_add_func ("/pyramid/single-frame-comes-back", single_frame_comes_back);
    g_test_add_func ("/pyramid/equal-frames-give-that-frame", equal_frames_give_that_frame);
    g_test_add_func ("/pyramid/stays-in-range", stays_in_range);
    g_test_add_func ("/pyramid/float-values-leave-0-to-1", float_values_leave_0_to_1);
    g_test_add_func ("/pyramid/order-does-not-matter", order_does_not_matter);
    g_test_add_func ("/pyramid/strips-become-sharp", strips_become_sharp);
    g_test_add_func ("/pyramid/borders-leave-no-seam", borders_leave_no_seam);
    g_test_add_func ("/pyramid/step-in-brightness-stays-soft", step_in_brightness_stays_soft);
    g_test_add_func ("/pyramid/nothing-valid-gives-nothing", nothing_valid_gives_nothing);
    g_test_add_func ("/pyramid/flat-areas-become-calm", flat_areas_become_calm);
    g_test_add_func ("/pyramid/prefers-an-end", prefers_an_end);
    g_test_add_func ("/pyramid/speck-has-no-ring", speck_has_no_ring);
    return g_test_run ();
}
