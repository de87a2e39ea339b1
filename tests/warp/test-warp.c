/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The warp against a slow version in double precision that follows the formulas of
 * engine/steps/align-warp.c with the exact kernels, and against pictures whose shifted samples are
 * known.
 */
#include "pictures.h"

#include "kernels/kernels.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const int n_interpolations = HF_WARP_N_INTERPOLATIONS;

/* ---- The slow version ---- */

static double
sinc (double x)
{
    return x == 0 ? 1 : sin (G_PI * x) / (G_PI * x);
}

static double
cubic (double x)
{
    double d = fabs (x);

    return d < 1 ? 1 + d * d * (1.5 * d - 2.5) : d < 2 ? 2 + d * (-4 + d * (2.5 - 0.5 * d)) : 0;
}

/* Windowed sincs plus their window times a + b x, such that the weights add up and balance. */
static void
lanczos_weights (int lobes, double fraction, double weights[12])
{
    double window[12], moments[3] = { 0 }, level = 1, place = 0, a, b, determinant;

    for (int j = 0; j < 2 * lobes; j++) {
        double x = j - lobes + 1 - fraction;

        window[j] = fabs (x) < lobes ? sinc (x / lobes) : 0;
        level -= window[j] * sinc (x);
        place -= window[j] * sinc (x) * x;
        for (int k = 0; k < 3; k++)
            moments[k] += k == 0 ? window[j] : k == 1 ? window[j] * x : window[j] * x * x;
    }
    determinant = moments[0] * moments[2] - moments[1] * moments[1];
    a = (level * moments[2] - place * moments[1]) / determinant;
    b = (place * moments[0] - level * moments[1]) / determinant;
    for (int j = 0; j < 2 * lobes; j++) {
        double x = j - lobes + 1 - fraction;

        weights[j] = window[j] * (sinc (x) + a + b * x);
    }
}

/* Weights of the taps around a position; returns the number of the first tap. The optimal kernel is
 * its coefficients, so they are asked for (test keeps-parabolas). */
static int
slow_weights (HfInterpolation interpolation, double position, double weights[12])
{
    static const int taps[] = { 4, 6, 8, 12, 10 };
    int n = taps[interpolation], first = (int) floor (position) - n / 2 + 1;

    for (int j = 0; j < 12; j++)
        weights[j] = 0;
    if (interpolation == HF_INTERPOLATION_BICUBIC)
        for (int j = 0; j < n; j++)
            weights[j] = cubic (position - first - j);
    else if (interpolation == HF_INTERPOLATION_OPTIMAL)
        for (int j = 0; j < n; j++)
            weights[j] = hf_kernels ()->warp->value[interpolation]((float) (position - first - j));
    else
        lanczos_weights (n / 2, position - floor (position), weights);
    return first;
}

static double
frame_sample (const HfBand *frame, int plane, int x, int y)
{
    int column = CLAMP (x, 0, frame->rect.width - 1), row = CLAMP (y, 0, frame->rect.height - 1);
    double validity = frame->opaque ? 1 : band_sample (frame, frame->n_colours, column, row);

    return plane == frame->n_colours ? validity
                                     : validity * band_sample (frame, plane, column, row);
}

static double
slow_row (const HfBand *frame, int plane, HfInterpolation interpolation, double x, int y)
{
    double weights[12], sum = 0;
    int first = slow_weights (interpolation, CLAMP (x, 0, frame->rect.width - 1), weights);

    for (int j = 0; j < 12; j++)
        sum += weights[j] * frame_sample (frame, plane, first + j, y);
    return sum;
}

/* Premultiplied sample at output pixel (u, v): in two passes, or directly. */
static double
slow_sample (const HfBand *frame, int plane, HfInterpolation interpolation, const HfMatrix *matrix,
             bool two_passes, int u, int v)
{
    const double *m = matrix->m;
    double x, y, weights[12], sum = 0;
    int first, last = frame->rect.height - 1;

    hf_matrix_map (matrix, u, v, &x, &y);
    first = slow_weights (interpolation, CLAMP (y, 0, last), weights);
    for (int j = 0; j < 12; j++) {
        int row = CLAMP (first + j, 0, last);
        double at = two_passes ? m[0] * u + m[1] * ((row - m[3] * u - m[5]) / m[4]) + m[2] : x;

        sum += weights[j] * slow_row (frame, plane, interpolation, at, row);
    }
    return sum;
}

static bool
covers (const HfBand *frame, const HfMatrix *matrix, int u, int v)
{
    double x, y;

    hf_matrix_map (matrix, u, v, &x, &y);
    return x >= -1e-6 && y >= -1e-6 && x <= frame->rect.width - 1 + 1e-6 &&
           y <= frame->rect.height - 1 + 1e-6;
}

/* Largest difference to the slow version over all covered pixels that are valid enough to compare.
 */
static double
worst_difference (const HfBand *frame, const HfBand *out, HfInterpolation interpolation,
                  const HfMatrix *matrix, bool two_passes)
{
    double worst = 0;

    for (int v = out->rect.y; v < out->rect.y + out->rect.height; v++) {
        for (int u = out->rect.x; u < out->rect.x + out->rect.width; u++) {
            float validity = out->opaque ? 1 : band_sample (out, out->n_colours, u, v);
            double expected =
                slow_sample (frame, frame->n_colours, interpolation, matrix, two_passes, u, v);

            if (!covers (frame, matrix, u, v)) {
                g_assert_cmpfloat (validity, ==, 0);
                continue;
            }
            if (expected > 0.2)
                worst = fmax (worst, fabs (validity - CLAMP (expected, 0, 1)));
            for (int c = 0; c < frame->n_colours && expected > 0.2; c++)
                worst = fmax (worst, expected * fabs (band_sample (out, c, u, v) -
                                                      slow_sample (frame, c, interpolation, matrix,
                                                                   two_passes, u, v) /
                                                          expected));
        }
    }
    return worst;
}

/* ---- Tests ---- */

/* Random samples 0..1: 1e-6 a weight and pass, and the rounding of up to 24 float products. */
static const double tolerance = 4e-6;

static void
check_against_slow (HfMatrix matrix, int width, int height, HfRect rect, bool two_passes,
                    GRand *random)
{
    HfAlignRecord record = record_of (matrix);

    for (int i = 0; i < n_interpolations; i++) {
        for (int kind = 0; kind < 4; kind++) {
            HfRect whole = { 0, 0, width, height };
            HfBand frame = random_band (whole, kind & 1 ? 3 : 1, kind & 2, random);
            HfBand out = warp_rect (&frame, &record, (HfInterpolation) i, rect);
            double worst =
                worst_difference (&frame, &out, (HfInterpolation) i, &matrix, two_passes);

            g_test_message ("interpolation %d, kind %d: %.2g", i, kind, worst);
            g_assert_cmpfloat (worst, <, kind & 2 ? 2 * tolerance : tolerance);
            band_free (&frame);
            band_free (&out);
        }
    }
}

static void
matches_slow_separable (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    static const double rotations[] = { 0, 0.005, -0.03, 0.2, -0.43 };
    static const double scales[] = { 1, 0.95, 1.06, 0.8, 1.08 };

    for (int i = 0; i < 5; i++) {
        HfMatrix matrix = motion (rotations[i], scales[i], g_rand_double_range (random, -5, 5),
                                  g_rand_double_range (random, -5, 5), 61, 47);

        check_against_slow (matrix, 61, 47, (HfRect) { -3, -2, 70, 50 }, true, random);
    }
    g_rand_free (random);
}

static void
matches_slow_direct (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed () + 1);
    HfMatrix turned = motion (1.1, 1.03, 0.3, -0.7, 41, 37);
    HfMatrix mirrored = { { -1, 0.02, 38.3, 0.01, 1, 0.4, 0, 0, 1 } };
    HfMatrix keystone = { { 1.01, 0.02, 0.3, -0.01, 0.99, 0.6, 2e-4, -1e-4, 1 } };

    check_against_slow (turned, 41, 37, (HfRect) { -2, -3, 47, 42 }, false, random);
    check_against_slow (mirrored, 41, 37, (HfRect) { -2, -3, 47, 42 }, false, random);
    check_against_slow (keystone, 41, 37, (HfRect) { -2, -3, 47, 42 }, false, random);
    g_rand_free (random);
}

static void
matches_slow_on_tiny_frames (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed () + 2);
    static const int sizes[][2] = { { 1, 1 }, { 1, 9 }, { 23, 1 }, { 2, 2 }, { 5, 3 } };

    for (int i = 0; i < 5; i++) {
        int width = sizes[i][0], height = sizes[i][1];
        HfMatrix matrix = motion (0.01, 1.02, 0.2, -0.3, width, height);

        check_against_slow (matrix, width, height, (HfRect) { -1, -1, width + 2, height + 2 }, true,
                            random);
    }
    g_rand_free (random);
}

/* What was not there before is the whole frame, bit by bit; border colours beyond. */
static void
copies_whole_shifts (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed () + 3);

    for (int kind = 0; kind < 4; kind++) {
        int dx = kind * 3 - 5, dy = 2 - kind;
        HfBand frame = random_band ((HfRect) { 0, 0, 37, 29 }, kind & 1 ? 3 : 1, kind & 2, random);
        HfAlignRecord record = record_of (kind ? (HfMatrix) { { 1, 0, dx, 0, 1, dy, 0, 0, 1 } }
                                               : hf_matrix_identity ());
        HfBand out = warp_rect (&frame, &record, HF_INTERPOLATION_LANCZOS_4, frame.rect);

        g_assert_cmpint (
            hf_align_scratch (&record, HF_INTERPOLATION_LANCZOS_4, frame.rect, 3, 37, 29), ==, 0);
        g_assert_true (out.opaque == (kind == 0));
        for (int v = 0; v < 29; v++) {
            for (int u = 0; u < 37; u++) {
                int x = u + (kind ? dx : 0), y = v + (kind ? dy : 0);
                bool inside = x >= 0 && x < 37 && y >= 0 && y < 29;
                int xx = CLAMP (x, 0, 36), yy = CLAMP (y, 0, 28);

                if (!out.opaque)
                    g_assert_cmpfloat (band_sample (&out, out.n_colours, u, v), ==,
                                       !inside        ? 0
                                       : frame.opaque ? 1
                                                      : band_sample (&frame, out.n_colours, x, y));
                for (int c = 0; c < out.n_colours; c++)
                    g_assert_cmpfloat (band_sample (&out, c, u, v), ==,
                                       band_sample (&frame, c, xx, yy));
            }
        }
        band_free (&frame);
        band_free (&out);
    }
    g_rand_free (random);
}

/* A plane, or a parabola, through the samples comes out as it was: the weights add up and balance.
 */
static void
check_surface (HfInterpolation interpolation, double curve, double allowed)
{
    HfBand frame = band_new ((HfRect) { 0, 0, 200, 150 }, 1), out;
    HfMatrix matrix = motion (0.006, 0.97, 1.3, -2.7, 200, 150);
    HfAlignRecord record = record_of (matrix);

    frame.opaque = true;
    for (int y = 0; y < 150; y++)
        for (int x = 0; x < 200; x++)
            frame.colour[0][(size_t) y * frame.stride + (size_t) x] =
                (float) (0.1 + 0.003 * x + 0.002 * y + curve * ((x - 100) * (x - 100) - x * y));
    out = warp_rect (&frame, &record, interpolation, (HfRect) { 20, 20, 150, 110 });
    g_assert_true (out.opaque);
    for (int v = 20; v < 130; v++) {
        for (int u = 20; u < 170; u++) {
            double x, y;

            hf_matrix_map (&matrix, u, v, &x, &y);
            g_assert_cmpfloat (fabs (band_sample (&out, 0, u, v) - 0.1 - 0.003 * x - 0.002 * y -
                                     curve * ((x - 100) * (x - 100) - x * y)),
                               <, allowed);
        }
    }
    band_free (&out);
    band_free (&frame);
}

/* 1e-6: the rounding of floats near 1, and of positions; 0.001 of a pixel would be 3e-6. */
static void
reproduces_ramps (void)
{
    for (int i = 0; i < n_interpolations; i++)
        check_surface ((HfInterpolation) i, 0, 1e-6);
}

static void
keeps_parabolas (void)
{
    check_surface (HF_INTERPOLATION_BICUBIC, 1e-5, 1e-6);
    check_surface (HF_INTERPOLATION_OPTIMAL, 1e-5, 1e-6);
}

/* A picture of waves: amplitude, and radians a pixel in x and y. */
typedef struct Wave {
    double amplitude, x, y;
} Wave;

static double
waves_at (const Wave *waves, int n, double x, double y)
{
    double sum = 0.5;

    for (int i = 0; i < n; i++)
        sum += waves[i].amplitude * sin (waves[i].x * x + waves[i].y * y + i);
    return sum;
}

/* The most by which an interpolation changes a wave along one axis, in size or place: its frequency
 * response at worst fraction. */
static double
response_error (HfInterpolation interpolation, double frequency)
{
    double worst = 0;

    for (int k = 0; k < 64; k++) {
        double weights[12], re = -1, im = 0, position = 100 + k / 64.0;
        int first = slow_weights (interpolation, position, weights);

        for (int j = 0; j < 12; j++) {
            re += weights[j] * cos (frequency * (first + j - position));
            im += weights[j] * sin (frequency * (first + j - position));
        }
        worst = fmax (worst, hypot (re, im));
    }
    return worst;
}

static double
allowed_error (HfInterpolation interpolation, const Wave *waves, int n)
{
    double sum =
        1e-5; /* what the waves leave at the rounding of floats, and between the fractions */

    for (int i = 0; i < n; i++) {
        /* pass 1 sees the wave sheared by the rotation, hence the larger x */
        double x = response_error (interpolation, fabs (waves[i].x) + 0.01);
        double y = response_error (interpolation, fabs (waves[i].y) + 0.01);

        sum += waves[i].amplitude * (x + y + x * y);
    }
    return sum;
}

static double
worst_wave_error (HfInterpolation interpolation, HfMatrix matrix, const Wave *waves, int n)
{
    HfAlignRecord record = record_of (matrix);
    HfBand frame = band_new ((HfRect) { 0, 0, 160, 120 }, 1), out;
    double worst = 0;

    frame.opaque = true;
    for (int y = 0; y < 120; y++)
        for (int x = 0; x < 160; x++)
            frame.colour[0][(size_t) y * frame.stride + (size_t) x] =
                (float) waves_at (waves, n, x, y);
    out = warp_rect (&frame, &record, interpolation, (HfRect) { 15, 15, 130, 90 });
    for (int v = 15; v < 105; v++) {
        for (int u = 15; u < 145; u++) {
            double x, y;

            hf_matrix_map (&matrix, u, v, &x, &y);
            worst = fmax (worst, fabs (band_sample (&out, 0, u, v) - waves_at (waves, n, x, y)));
        }
    }
    band_free (&out);
    band_free (&frame);
    return worst;
}

/* Moved waves are where they belong, up to what each kernel's frequency response allows; in two
 * passes and directly. */
static void
moves_waves (void)
{
    static const Wave pictures[3][3] = {
        { { 0.15, 0.3, 0 }, { 0.15, 0, 0.3 }, { 0.1, 0.2, 0.25 } },
        { { 0.15, 0.8, 0 }, { 0.15, 0, 0.8 }, { 0.1, 0.7, -0.5 } },
        { { 0.15, 1.6, 0 }, { 0.15, 0, 1.6 }, { 0.1, 1.2, 1.1 } },
    };
    const HfMatrix matrices[] = { motion (0.004, 1.03, 0.37, -0.61, 160, 120),
                                  motion (0.004, 0.98, -3.4, 2.19, 160, 120),
                                  { { 1.01, 0.002, 0.3, -0.001, 0.99, 0.6, 1e-4, -6e-5, 1 } } };

    for (guint m = 0; m < G_N_ELEMENTS (matrices); m++) {
        for (int k = 0; k < 3; k++) {
            for (int i = 0; i < n_interpolations; i++) {
                double allowed = allowed_error ((HfInterpolation) i, pictures[k], 3);
                double worst = worst_wave_error ((HfInterpolation) i, matrices[m], pictures[k], 3);

                g_test_message ("waves %d, interpolation %d: %.3g of %.3g", k, i, worst, allowed);
                g_assert_cmpfloat (worst, <, allowed);
            }
        }
    }
    /* and what the default is chosen for: fine waves survive it */
    g_assert_cmpfloat (
        worst_wave_error (HF_INTERPOLATION_OPTIMAL, matrices[0], pictures[2], 3), <,
        0.6 * worst_wave_error (HF_INTERPOLATION_BICUBIC, matrices[0], pictures[2], 3));
}

/* The same frame the other way round. */
static HfBand
turned (const HfBand *band)
{
    HfBand out = band_new (band->rect, band->n_colours);
    int right = band->rect.width - 1, bottom = band->rect.height - 1;

    out.opaque = band->opaque;
    for (int y = 0; y <= bottom; y++) {
        for (int x = 0; x <= right; x++) {
            size_t from = (size_t) y * band->stride + (size_t) x;
            size_t to = (size_t) (bottom - y) * out.stride + (size_t) (right - x);

            for (int c = 0; c < band->n_colours; c++)
                out.colour[c][to] = band->colour[c][from];
            out.validity[to] = band->opaque ? 1 : band->validity[from];
        }
    }
    return out;
}

static HfMatrix
turned_matrix (HfMatrix matrix, int width, int height)
{
    HfMatrix turn = { { -1, 0, width - 1, 0, -1, height - 1, 0, 0, 1 } };

    return hf_matrix_multiply (turn, hf_matrix_multiply (matrix, turn));
}

/* A frame turned by half and moved accordingly comes out turned by half, so that what holds at its
 * left and top edges holds at the right and bottom ones, to parts of a pixel. 4e-6: rounding. */
static void
treats_all_edges_alike (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed () + 8);
    HfMatrix matrices[] = { { { 1, 0, 0.25, 0, 1, -0.375, 0, 0, 1 } },
                            { { 1, 0, -2.4, 0, 1, 1.7, 0, 0, 1 } },
                            motion (0.02, 0.93, 0.4, 0.2, 75, 53),
                            motion (0.7, 1, 0.1, 0.3, 75, 53),
                            { { 1.03, 0.02, -2, -0.01, 1.02, -1, 1e-4, -2e-4, 1 } } };

    for (int i = 0; i < 5 * n_interpolations; i++) {
        HfMatrix matrix = matrices[i / n_interpolations];
        HfAlignRecord one = record_of (matrix), other = record_of (turned_matrix (matrix, 75, 53));
        HfBand frame = random_band ((HfRect) { 0, 0, 75, 53 }, 1, false, random);
        HfBand flipped = turned (&frame);
        HfBand a = warp_rect (&frame, &one, (HfInterpolation) (i % n_interpolations), frame.rect);
        HfBand b =
            warp_rect (&flipped, &other, (HfInterpolation) (i % n_interpolations), frame.rect);
        HfBand back = turned (&b);

        for (int y = 0; y < 53; y++) {
            for (int x = 0; x < 75; x++) {
                g_assert_cmpfloat (a.opaque ? 1 : band_sample (&a, 1, x, y), ==,
                                   band_sample (&back, 1, x, y));
                g_assert_cmpfloat (fabs (band_sample (&a, 0, x, y) - band_sample (&back, 0, x, y)),
                                   <, band_sample (&back, 1, x, y)> 0 ? 4e-6 : 1);
            }
        }
        band_free (&frame);
        band_free (&flipped);
        band_free (&a);
        band_free (&b);
        band_free (&back);
    }
    g_rand_free (random);
}

/* However a picture is cut into rectangles, the bits are the same. */
static void
does_not_depend_on_cutting (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed () + 4);
    HfMatrix matrices[] = { motion (0.004, 1.03, 0.37, -0.61, 300, 90),
                            motion (-0.3, 0.97, 3.37, 0.61, 300, 90),
                            motion (0.9, 1.4, 0, 0, 300, 90),
                            { { 1, 0, 4, 0, 1, -3, 0, 0, 1 } },
                            { { 1.01, 0.02, 0.3, -0.01, 0.99, 0.6, 1e-4, -1e-4, 1 } } };

    for (int i = 0; i < 5; i++) {
        for (int kind = 0; kind < 4; kind++) {
            HfAlignRecord record = record_of (matrices[i]);
            HfBand frame =
                random_band ((HfRect) { 0, 0, 300, 90 }, kind & 1 ? 3 : 1, kind & 2, random);
            HfBand out = warp_rect (&frame, &record, HF_INTERPOLATION_LANCZOS_4,
                                    (HfRect) { -5, -4, 310, 98 });

            for (int piece = 0; piece < 25; piece++) {
                int x = g_rand_int_range (random, -5, 304), y = g_rand_int_range (random, -4, 93);
                HfRect rect = { x, y, g_rand_int_range (random, 1, 306 - x),
                                g_rand_int_range (random, 1, 95 - y) };
                HfBand part = warp_rect (&frame, &record, HF_INTERPOLATION_LANCZOS_4, rect);
                HfBand same = hf_band_crop (&out, rect);

                g_assert_true (bands_equal (&part, &same));
                band_free (&part);
            }
            band_free (&frame);
            band_free (&out);
        }
    }
    g_rand_free (random);
}

/* A validity plane of ones gives the bits of an opaque frame. */
static void
valid_everywhere_is_opaque (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed () + 5);
    HfAlignRecord record = record_of (motion (0.01, 0.98, 0.4, 0.2, 90, 70));
    HfBand frame = random_band ((HfRect) { 0, 0, 90, 70 }, 3, true, random);
    HfBand loose, opaque;

    for (int y = 0; y < 70; y++)
        for (int x = 0; x < 90; x++)
            frame.validity[(size_t) y * frame.stride + (size_t) x] = 1;
    loose = warp_rect (&frame, &record, HF_INTERPOLATION_LANCZOS_6, frame.rect);
    frame.opaque = true;
    opaque = warp_rect (&frame, &record, HF_INTERPOLATION_LANCZOS_6, frame.rect);
    g_assert_true (bands_equal (&loose, &opaque));
    band_free (&loose);
    band_free (&opaque);
    band_free (&frame);
    g_rand_free (random);
}

/* What lies under zero alpha never shows: two frames that differ only there warp to the same. */
static void
hidden_colour_never_leaks (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed () + 6);
    HfMatrix matrices[] = { motion (0.01, 0.98, 0.4, 0.2, 90, 70), motion (0.8, 1, 0, 0, 90, 70) };

    for (int i = 0; i < 2; i++) {
        HfAlignRecord record = record_of (matrices[i]);
        HfBand frame = random_band ((HfRect) { 0, 0, 90, 70 }, 3, true, random), one, other;

        for (int y = 0; y < 70; y++)
            for (int x = 30; x < 60; x++)
                frame.validity[(size_t) y * frame.stride + (size_t) x] = 0;
        one = warp_rect (&frame, &record, HF_INTERPOLATION_LANCZOS_4, frame.rect);
        for (int y = 0; y < 70; y++)
            for (int x = 30; x < 60; x++)
                frame.colour[1][(size_t) y * frame.stride + (size_t) x] = 1e6f;
        other = warp_rect (&frame, &record, HF_INTERPOLATION_LANCZOS_4, frame.rect);
        g_assert_true (bands_equal (&one, &other));
        band_free (&one);
        band_free (&other);
        band_free (&frame);
    }
    g_rand_free (random);
}

/* A frame twice as fine as the output: a checkerboard of single pixels must become grey, not alias.
 */
static void
low_passes_minified_frames (void)
{
    HfAlignRecord record = record_of ((HfMatrix) { { 2.03, 0, 0.3, 0, 2.03, 0.7, 0, 0, 1 } });
    HfBand frame = band_new ((HfRect) { 0, 0, 200, 200 }, 1), out;

    frame.opaque = true;
    for (int y = 0; y < 200; y++)
        for (int x = 0; x < 200; x++)
            frame.colour[0][(size_t) y * frame.stride + (size_t) x] = (float) ((x + y) & 1);
    out = warp_rect (&frame, &record, HF_INTERPOLATION_LANCZOS_4, (HfRect) { 10, 10, 70, 70 });
    for (int v = 10; v < 80; v++)
        for (int u = 10; u < 80; u++)
            g_assert_cmpfloat (fabs (band_sample (&out, 0, u, v) - 0.5), <, 0.02);
    band_free (&out);
    band_free (&frame);
}

static void
handles_what_is_not_there (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed () + 7);
    HfBand frame = random_band ((HfRect) { 0, 0, 30, 20 }, 3, false, random);
    HfMatrix matrices[] = { { { 1, 0, 1000, 0, 1, 0.5, 0, 0, 1 } },
                            { { NAN, 0, 0, 0, 1, 0, 0, 0, 1 } },
                            { { 0, 0, 0, 0, 0, 0, 0, 0, 0 } },
                            { { 1, 0, 1e300, 0, 1, 0, 0, 0, 1 } },
                            { { 1, 0, 0, 0, 1, 0, 0, 0, -1 } } };

    for (int i = 0; i < 5; i++) {
        HfAlignRecord record = record_of (matrices[i]);
        HfBand out =
            warp_rect (&frame, &record, HF_INTERPOLATION_LANCZOS_3, (HfRect) { 1, 1, 28, 18 });

        g_assert_false (out.opaque);
        for (int v = 1; v < 19; v++) {
            for (int u = 1; u < 29; u++) {
                g_assert_cmpfloat (band_sample (&out, 3, u, v), ==, 0);
                for (int c = 0; c < 3; c++)
                    g_assert_true (isfinite (band_sample (&out, c, u, v)));
            }
        }
        band_free (&out);
    }
    band_free (&frame);
    g_rand_free (random);
}

/* Samples at the limits of a band stay finite. */
static void
stays_finite (void)
{
    HfAlignRecord record = record_of (motion (0.01, 0.98, 0.4, 0.2, 40, 30));
    HfBand frame = band_new ((HfRect) { 0, 0, 40, 30 }, 1);

    frame.opaque = true;
    for (int y = 0; y < 30; y++)
        for (int x = 0; x < 40; x++)
            frame.colour[0][(size_t) y * frame.stride + (size_t) x] =
                ((x ^ y) & 1 ? -1 : 1) * (FLT_MAX / 4);
    for (int i = 0; i < n_interpolations; i++) {
        HfBand out = warp_rect (&frame, &record, (HfInterpolation) i, frame.rect);

        for (int v = 0; v < 30; v++)
            for (int u = 0; u < 40; u++)
                g_assert_true (isfinite (band_sample (&out, 0, u, v)));
        band_free (&out);
    }
    band_free (&frame);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/warp/matches-slow-separable", matches_slow_separable);
    g_test_add_func ("/warp/matches-slow-direct", matches_slow_direct);
    g_test_add_func ("/warp/matches-slow-on-tiny-frames", matches_slow_on_tiny_frames);
    g_test_add_func ("/warp/copies-whole-shifts", copies_whole_shifts);
    g_test_add_func ("/warp/reproduces-ramps", reproduces_ramps);
    g_test_add_func ("/warp/keeps-parabolas", keeps_parabolas);
    g_test_add_func ("/warp/moves-waves", moves_waves);
    g_test_add_func ("/warp/treats-all-edges-alike", treats_all_edges_alike);
    g_test_add_func ("/warp/does-not-depend-on-cutting", does_not_depend_on_cutting);
    g_test_add_func ("/warp/valid-everywhere-is-opaque", valid_everywhere_is_opaque);
    g_test_add_func ("/warp/hidden-colour-never-leaks", hidden_colour_never_leaks);
    g_test_add_func ("/warp/low-passes-minified-frames", low_passes_minified_frames);
    g_test_add_func ("/warp/handles-what-is-not-there", handles_what_is_not_there);
    g_test_add_func ("/warp/stays-finite", stays_finite);
    return g_test_run ();
}
