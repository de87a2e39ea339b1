/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What aligned frames show where they did not see the canvas: against a slow version that adds up
 * the rim pixel by pixel, and in whole runs, where nothing of it may reach the fusion.
 */
#include "pictures.h"

#include "render.h"

#include <hyperfocal/border.h>
#include <hyperfocal/error.h>
#include <hyperfocal/stack.h>
#include <math.h>
#include <string.h>

static const HfBorderMode modes[] = { HF_BORDER_CONSTANT, HF_BORDER_REPLICATE,
                                      HF_BORDER_REPLICATE_BLUR };

/* ---- The slow version ---- */

/* The integral of the triangle max (0, r - |x|) / r² up to x. */
static double
triangle_to (double x, double r)
{
    double t = CLAMP (x / r, -1, 1);

    return t < 0 ? (1 + t) * (1 + t) / 2 : 1 - (1 - t) * (1 - t) / 2;
}

/* Pixel k around the frame, and where it lies, by walking. */
static void
walk (int width, int height, int k, int *x, int *y)
{
    int dx = width > 1 ? 1 : 0, dy = width > 1 ? 0 : 1;

    *x = *y = 0;
    for (int i = 0; i < k; i++) {
        *x += dx, *y += dy;
        if (*x == width - 1 && *y == 0)
            dx = 0, dy = height > 1 ? 1 : 0;
        if (*x == width - 1 && *y == height - 1)
            dx = width > 1 ? -1 : 0, dy = width > 1 ? 0 : -1;
        if (*x == 0 && *y == height - 1 && k > 0 && (width > 1 || i + 1 >= height - 1))
            dx = 0, dy = -1;
        if (height == 1 && *x == width - 1)
            dx = -1, dy = 0;
    }
}

/* The place along the rim of the nearest point, by trying them all in steps of a pixel and then
 * along the side. */
static double
slow_place (int width, int height, int n, double x, double y, double *distance)
{
    double best = HUGE_VAL, place = 0;

    for (int k = 0; k < n; k++) {
        int ax, ay, bx, by;
        double along, nx, ny, d;

        walk (width, height, k, &ax, &ay);
        walk (width, height, (k + 1) % n, &bx, &by);
        along = CLAMP ((x - ax) * (bx - ax) + (y - ay) * (by - ay), 0, 1);
        nx = ax + along * (bx - ax), ny = ay + along * (by - ay);
        d = hypot (x - nx, y - ny);
        if (d < best - 1e-9)
            best = d, place = k + along;
    }
    *distance = best;
    return place;
}

static double
rim_sample (const HfBand *frame, int plane, int x, int y)
{
    double validity = frame->opaque ? 1 : band_sample (frame, frame->n_colours, x, y);

    return plane == frame->n_colours ? validity : validity * band_sample (frame, plane, x, y);
}

static double
slow_mean (const HfBand *frame, int plane, int n, double place, double reach)
{
    double sum = 0;

    for (int round = -40; round <= 40; round++) {
        for (int k = 0; k < n; k++) {
            double at = k + round * n - place;
            int x, y;

            if (fabs (at) > reach + 1)
                continue;
            walk (frame->rect.width, frame->rect.height, k, &x, &y);
            sum += (triangle_to (at + 0.5, reach) - triangle_to (at - 0.5, reach)) *
                   rim_sample (frame, plane, x, y);
        }
    }
    return sum;
}

static float
slow_colour (const HfBorder *border, const HfBand *frame, int c, double x, double y)
{
    int width = frame->rect.width, height = frame->rect.height;
    int n = MAX (2 * (width - 1) + 2 * (height - 1), 1);
    double distance, place, reach, validity;

    if (border->mode == HF_BORDER_CONSTANT)
        return frame->n_colours == 3 ? border->value[c]
                                     : (border->value[0] + border->value[1] + border->value[2]) / 3;
    place = slow_place (width, height, n, x, y, &distance);
    reach = border->mode == HF_BORDER_REPLICATE ? 1 : CLAMP (distance, 1, border->blur);
    validity = slow_mean (frame, frame->n_colours, n, place, reach);
    return validity > 1e-6 ? (float) (slow_mean (frame, c, n, place, reach) / validity) : 0;
}

/* ---- Filling ---- */

static HfBorder
border_of (HfBorderMode mode, double blur, float alpha)
{
    return (HfBorder) { mode, { 0.25f, 0.5f, 0.125f, alpha }, blur };
}

static HfBand
filled (const HfBorder *border, const HfBand *frame, const HfMatrix *matrix, HfRect rect)
{
    int width = frame->rect.width, height = frame->rect.height;
    HfAlignRecord record = record_of (*matrix);
    HfBand out = warp_rect (frame, &record, HF_INTERPOLATION_OPTIMAL, rect);
    double *memory = g_new (double, hf_border_rim_doubles (width, height, frame->n_colours));
    HfBorderRim rim;

    hf_border_rim_begin (&rim, width, height, frame->n_colours, memory);
    hf_border_rim_take (&rim, frame);
    hf_border_rim_settle (&rim);
    hf_border_fill (border, border->mode == HF_BORDER_CONSTANT ? NULL : &rim, matrix, width, height,
                    &out);
    g_free (memory);
    return out;
}

/* 1e-5: a float's rounding, and sums of the rim of 1e3 in double; where validity is small the
 * quotient of two such. */
static void
check_filled (const HfBorder *border, const HfBand *frame, const HfMatrix *matrix, HfRect rect)
{
    HfBand out = filled (border, frame, matrix, rect);

    for (int v = rect.y; v < rect.y + rect.height; v++) {
        for (int u = rect.x; u < rect.x + rect.width; u++) {
            double x, y;

            hf_matrix_map (matrix, u, v, &x, &y);
            if (out.opaque || (x >= -1e-6 && y >= -1e-6 && x <= frame->rect.width - 1 + 1e-6 &&
                               y <= frame->rect.height - 1 + 1e-6))
                continue;
            g_assert_cmpfloat (band_sample (&out, out.n_colours, u, v), ==, border->value[3]);
            for (int c = 0; c < out.n_colours; c++)
                g_assert_cmpfloat (
                    fabs (band_sample (&out, c, u, v) - slow_colour (border, frame, c, x, y)), <,
                    1e-5);
        }
    }
    band_free (&out);
}

static void
test_matches_slow (void)
{
    static const int sizes[][2] = {
        { 31, 23 }, { 1, 1 }, { 1, 9 }, { 12, 1 }, { 2, 2 }, { 5, 40 }
    };
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
        int width = sizes[s][0], height = sizes[s][1];
        HfMatrix matrices[] = { motion (0.1, 1.05, 3.3, -2.2, width, height),
                                { { 1, 0, 7, 0, 1, -4, 0, 0, 1 } },
                                { { 1.1, 0.1, 3, -0.1, 0.9, 2, 1e-3, -2e-3, 1 } } };

        for (int m = 0; m < 3; m++) {
            for (int kind = 0; kind < 4; kind++) {
                HfRect whole = { 0, 0, width, height };
                HfBand frame = random_band (whole, kind & 1 ? 3 : 1, kind & 2, random);

                for (int i = 0; i < 3; i++) {
                    HfBorder border = border_of (modes[i], 1 + 8 * i, kind & 1 ? 0 : 0.75f);

                    check_filled (&border, &frame, &matrices[m],
                                  (HfRect) { -9, -8, width + 17, height + 15 });
                }
                band_free (&frame);
            }
        }
    }
    g_rand_free (random);
}

/* Beside a frame of waves with a period of 21 rows: the same half a pixel away; 20 pixels away, in
 * the mean over as many to both sides, next to nothing of them (0.2 %). */
static void
test_joins_the_frame (void)
{
    HfBand frame = band_new ((HfRect) { 0, 0, 60, 120 }, 1);
    HfMatrix matrix = { { 1, 0, -20.5, 0, 1, 0, 0, 0, 1 } };
    HfBorder border = border_of (HF_BORDER_REPLICATE_BLUR, 20, 1);
    HfBand out;

    frame.opaque = true;
    for (int y = 0; y < 120; y++)
        for (int x = 0; x < 60; x++)
            frame.colour[0][(size_t) y * frame.stride + (size_t) x] =
                (float) (0.5 + 0.4 * sin (0.3 * y));
    out = filled (&border, &frame, &matrix, (HfRect) { 0, 0, 60, 120 });
    for (int y = 30; y < 90; y++) {
        double inside = band_sample (&out, 0, 21, y);

        g_assert_cmpfloat (fabs (inside - band_sample (&out, 0, 20, y)), <, 0.01);
        g_assert_cmpfloat (fabs (band_sample (&out, 0, 0, y) - 0.5), <, 0.002);
    }
    band_free (&out);
    band_free (&frame);
}

static void
test_does_not_depend_on_cutting (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed () + 1);
    HfMatrix matrix = motion (0.07, 1.1, 9, -5, 120, 80);
    HfBand frame = random_band ((HfRect) { 0, 0, 120, 80 }, 3, true, random);
    HfBorder border = border_of (HF_BORDER_REPLICATE_BLUR, 20, 0.5f);
    HfBand out = filled (&border, &frame, &matrix, (HfRect) { -30, -20, 180, 120 });

    for (int piece = 0; piece < 30; piece++) {
        int x = g_rand_int_range (random, -30, 149), y = g_rand_int_range (random, -20, 99);
        HfRect rect = { x, y, g_rand_int_range (random, 1, 151 - x),
                        g_rand_int_range (random, 1, 101 - y) };
        HfBand part = filled (&border, &frame, &matrix, rect), same = hf_band_crop (&out, rect);

        g_assert_true (bands_equal (&part, &same));
        band_free (&part);
    }
    band_free (&out);
    band_free (&frame);
    g_rand_free (random);
}

static void
test_values (void)
{
    static const char *const wrong[] = { "",          "1,2,3",    "1,2,3,4,5",
                                         "1,2,3,256", "-1,0,0,0", "a,b,c,d" };
    HfAlignOptions options;
    HfBorder border;
    GError *error = NULL;

    hf_options_init (&hf_align_table, &options);
    g_assert_true (hf_border_init (&border, &options, NULL));
    g_assert_cmpint (border.mode, ==, HF_BORDER_REPLICATE_BLUR);
    g_assert_cmpfloat (border.blur + border.value[0] + border.value[3], ==, 50);
    for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
        g_free (options.border_value);
        options.border_value = g_strdup (wrong[i]);
        g_assert_false (hf_border_init (&border, &options, &error));
        g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
        g_clear_error (&error);
    }
    g_free (options.border_value);
    options.border_value = g_strdup (" 255, 51 ,0, 127.5");
    g_assert_true (hf_border_init (&border, &options, NULL));
    g_assert_cmpfloat (fabs (border.value[1] - 0.2f) + fabs (border.value[3] - 0.5f), <, 1e-6);
    hf_options_clear (&hf_align_table, &options);
}

/* ---- Whole runs ---- */

typedef struct Pictures {
    HfImage *fused, *aligned; /* of the first frame */
} Pictures;

static Pictures
run (const HfRender *render, const char *mode, const char *value)
{
    HfSource *source =
        hf_source_new_from_images (render->frames, NULL, NULL, render->options.n_frames);
    HfStackSinks sinks = { .fused = hf_sink_new_memory (NULL),
                           .layers = hf_sink_new_memory (NULL) };
    HfStackOptions options;
    HfStackResult result;
    Pictures pictures;

    hf_stack_options_init (&options);
    g_assert_true (hf_option_set (hf_option_find (&hf_align_table, "border-mode"), &options.align,
                                  mode, NULL));
    g_assert_true (hf_option_set (hf_option_find (&hf_align_table, "border-value"), &options.align,
                                  value, NULL));
    g_assert_true (hf_stack_run (source, &options, &sinks, NULL, &result, NULL));
    pictures.fused = hf_memory_sink_take (sinks.fused, 0, NULL, NULL);
    pictures.aligned = hf_memory_sink_take (sinks.layers, 0, NULL, NULL);
    hf_stack_result_clear (&result);
    hf_stack_options_clear (&options);
    hf_sink_free (sinks.fused);
    hf_sink_free (sinks.layers);
    hf_source_free (source);
    return pictures;
}

static void
clear (Pictures *pictures)
{
    hf_image_free (pictures->fused);
    hf_image_free (pictures->aligned);
}

static HfRender *
moved_stack (void)
{
    HfRenderOptions options;
    HfRender *render;

    g_assert_true (hf_render_options_init (&options, "breathing", drawn_seed ()));
    hf_render_options_resize (&options, 240, 160);
    options.n_frames = 4;
    options.drift = 30;
    render = hf_render_new (&options, NULL, NULL);
    g_assert_nonnull (render);
    return render;
}

static void
assert_same (const HfImage *a, const HfImage *b)
{
    g_assert_true (hf_format_equal (a->format, b->format));
    for (int y = 0; y < a->height; y++)
        g_assert_cmpmem (hf_image_row (a, y), (size_t) a->width * hf_format_bytes (a->format),
                         hf_image_row (b, y), (size_t) b->width * hf_format_bytes (b->format));
}

/* What is shown beyond the frames never takes part in the fusion: same bits. */
static void
test_fusion_sees_nothing_of_it (void)
{
    HfRender *render = moved_stack ();
    Pictures plain = run (render, "replicate-blur", "0,0,0,0");
    Pictures red = run (render, "constant", "255,0,0,255");
    Pictures rim = run (render, "replicate", "0,0,0,255");

    assert_same (plain.fused, red.fused);
    assert_same (plain.fused, rim.fused);
    clear (&plain);
    clear (&red);
    clear (&rim);
    hf_render_free (render);
}

static const guint8 *
pixel (const HfImage *image, int x, int y)
{
    return (const guint8 *) hf_image_row (image, y) + x * image->format.n_channels;
}

/* A constant colour stands where the transparent picture has alpha 0, and nowhere else; opaque
 * ones come without alpha; the colour below alpha 0 is that of the mode. */
static void
test_aligned_frames (void)
{
    HfRender *render = moved_stack ();
    Pictures below = run (render, "constant", "10,200,30,0");
    Pictures half = run (render, "constant", "10,200,30,128");
    Pictures full = run (render, "constant", "10,200,30,255");
    int n_beyond = 0;

    g_assert_cmpint (below.aligned->format.n_channels, ==, 4);
    g_assert_cmpint (half.aligned->format.n_channels, ==, 4);
    g_assert_cmpint (full.aligned->format.n_channels, ==, 3);
    for (int y = 0; y < 160; y++) {
        for (int x = 0; x < 240; x++) {
            const guint8 *a = pixel (below.aligned, x, y), *b = pixel (half.aligned, x, y);
            static const guint8 green[] = { 10, 200, 30 };

            g_assert_cmpmem (a, 3, b, 3);
            g_assert_cmpmem (a, 3, pixel (full.aligned, x, y), 3);
            g_assert_cmpint (b[3], ==, a[3] ? 255 : 128);
            if (a[3] == 0)
                g_assert_cmpmem (a, 3, green, 3);
            n_beyond += a[3] == 0;
        }
    }
    g_assert_cmpint (n_beyond, >, 240 * 160 / 50);
    clear (&below);
    clear (&half);
    clear (&full);
    hf_render_free (render);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/border/matches-slow", test_matches_slow);
    g_test_add_func ("/border/joins-the-frame", test_joins_the_frame);
    g_test_add_func ("/border/does-not-depend-on-cutting", test_does_not_depend_on_cutting);
    g_test_add_func ("/border/values", test_values);
    g_test_add_func ("/border/fusion-sees-nothing-of-it", test_fusion_sees_nothing_of_it);
    g_test_add_func ("/border/aligned-frames", test_aligned_frames);
    return g_test_run ();
}
