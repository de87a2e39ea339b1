/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must not be seen beside bright and foreground things: the whole pipeline, with its defaults,
 * on rendered stacks of bright specks and a rod before them, over a dark background without any
 * texture that no frame shows sharp. The frames are 16 bit, so that 1 % of a speck is many levels.
 *
 * A halo is light that the truth does not have, outside of what is not background in the truth,
 * grown by 3 pixels. Where the rod stands before a speck the background beside it is seen by no
 * frame: those that show the rod sharp have the speck's disc there, those that show the specks
 * sharp the rod's. That is left out.
 *
 * And on stacks with noise: what is flat is no noisier than one frame.
 */
#include "render.h"

#include <hyperfocal/stack.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 640, HEIGHT = 427, GROWN = 3 };

static const double allowed = 0.01; /* of the highest speck */

static HfRender *
render_specks (guint64 seed, bool moving)
{
    HfRenderOptions options;
    HfRender *render;

    hf_render_options_init (&options, "specks", seed);
    hf_render_options_resize (&options, WIDTH, HEIGHT);
    options.format.type = HF_SAMPLE_U16;
    if (moving) {
        options.breathing = 0.03;
        options.drift = 6;
    }
    render = hf_render_new (&options, NULL, NULL);
    g_assert_nonnull (render);
    return render;
}

static HfImage *
fuse (const HfRender *render, HfFusionMethod method)
{
    HfSource *source =
        hf_source_new_from_images (render->frames, NULL, NULL, render->options.n_frames);
    HfSink *sink = hf_sink_new_memory (NULL);
    HfStackSinks sinks = { .fused = sink };
    HfStackResult result;
    HfStackOptions options;
    HfImage *fused;
    GError *error = NULL;

    hf_stack_options_init (&options);
    options.fuse.method = (int) method;
    hf_stack_run (source, &options, &sinks, NULL, &result, &error);
    g_assert_no_error (error);
    g_assert_cmpint (result.n_used, ==, render->options.n_frames);
    fused = hf_memory_sink_take (sink, 0, NULL, NULL);
    hf_stack_result_clear (&result);
    hf_stack_options_clear (&options);
    hf_sink_free (sink);
    hf_source_free (source);
    return fused;
}

static float
truth_at (const HfRender *render, int x, int y, int c)
{
    return ((const float *) hf_image_row (render->truth, y))[x * 3 + c];
}

static double
sample_at (const HfImage *image, int x, int y, int c)
{
    const void *row = hf_image_row (image, y);

    return image->format.type == HF_SAMPLE_U8 ? ((const guint8 *) row)[x * 3 + c] / 255.0
                                              : ((const guint16 *) row)[x * 3 + c] / 65535.0;
}

static int
compare_floats (const void *a, const void *b)
{
    float x = *(const float *) a, y = *(const float *) b;

    return (x > y) - (x < y);
}

/* The truth's background, its median, and how far the brightest goes beyond it. */
static double
find_background (const HfRender *render, float background[3])
{
    float *samples = g_new (float, WIDTH *HEIGHT);
    double height = 0;

    for (int c = 0; c < 3; c++) {
        for (int i = 0; i < WIDTH * HEIGHT; i++)
            samples[i] = truth_at (render, i % WIDTH, i / WIDTH, c);
        qsort (samples, WIDTH * HEIGHT, sizeof *samples, compare_floats);
        background[c] = samples[WIDTH * HEIGHT / 2];
        height = fmax (height, (double) samples[WIDTH * HEIGHT - 1] - (double) background[c]);
    }
    g_free (samples);
    return height;
}

static void
mark (guint8 *mask, int x, int y, int by)
{
    for (int v = MAX (y - by, 0); v <= MIN (y + by, HEIGHT - 1); v++)
        for (int u = MAX (x - by, 0); u <= MIN (x + by, WIDTH - 1); u++)
            mask[v * WIDTH + u] = 1;
}

static bool
is_lit (const HfRender *render, const float background[3], int x, int y, double least)
{
    for (int c = 0; c < 3; c++)
        if (fabs ((double) truth_at (render, x, y, c) - (double) background[c]) > least)
            return true;
    return false;
}

/* Does a frame where the rod is sharp have light here that is not the rod's? */
static bool
shows_disc (const HfRender *render, const float background[3], int x, int y, double least)
{
    const HfImage *frame = render->frames[1];
    double u, v;

    hf_matrix_map (&render->matrices[1], x, y, &u, &v);
    u = CLAMP (u, 0, WIDTH - 1), v = CLAMP (v, 0, HEIGHT - 1);
    for (int c = 0; c < 3; c++)
        if (sample_at (frame, (int) lround (u), (int) lround (v), c) - (double) background[c] >
            least)
            return true;
    return false;
}

/* 1 where nothing is demanded: WIDTH × HEIGHT. */
static guint8 *
find_footprint (const HfRender *render, const float background[3], double height)
{
    guint8 *footprint = g_new0 (guint8, WIDTH * HEIGHT), *rod = g_new0 (guint8, WIDTH * HEIGHT);
    int rod_blur = (int) ceil (hf_render_blur_radius (&render->options, 1.1, 8)) + GROWN;

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            if (is_lit (render, background, x, y, allowed * height))
                mark (footprint, x, y, GROWN);
            if (((const float *) hf_image_row (render->depth, y))[x] < 4)
                mark (rod, x, y, rod_blur);
        }
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            if (rod[y * WIDTH + x] && shows_disc (render, background, x, y, 0.5 * allowed * height))
                footprint[y * WIDTH + x] = 1;
    g_free (rod);
    return footprint;
}

/* The largest halo, as a part of the height, `border` pixels off the picture's border. */
static double
worst_halo (const HfRender *render, const HfImage *fused, int border, int *at_x, int *at_y)
{
    float background[3];
    double height = find_background (render, background), worst = 0;
    guint8 *footprint = find_footprint (render, background, height);

    for (int y = border; y < HEIGHT - border; y++)
        for (int x = border; x < WIDTH - border; x++)
            for (int c = 0; c < 3 && !footprint[y * WIDTH + x]; c++) {
                double off =
                    fabs (sample_at (fused, x, y, c) - (double) truth_at (render, x, y, c));

                if (off / height > worst)
                    worst = off / height, *at_x = x, *at_y = y;
            }
    g_free (footprint);
    return worst;
}

static void
check_halo (guint64 seed, bool moving, int border)
{
    HfRender *render = render_specks (seed, moving);
    HfImage *fused = fuse (render, HF_FUSION_PYRAMID);
    int x = 0, y = 0;
    double worst = worst_halo (render, fused, border, &x, &y);

    g_test_message ("seed %" G_GUINT64_FORMAT ": largest halo %.2f %% of the height, at %d, %d",
                    seed, 100 * worst, x, y);
    g_assert_cmpfloat (worst, <=, allowed);
    hf_image_free (fused);
    hf_render_free (render);
}

static void
no_halo (gconstpointer moving)
{
    bool moves = GPOINTER_TO_INT (moving);

    for (guint64 seed = 1; seed <= 3; seed++)
        check_halo (seed, moves, moves ? 16 : 8);
    check_halo (g_random_int (), moves, moves ? 16 : 8);
}

/* ---- flat areas ---- */

/* Dots on grey that stand still, with noise: nothing is resampled, so the noise of a frame is what
 * was put in. */
static HfRender *
render_flat (guint64 seed, HfSampleType type, double noise)
{
    HfRenderOptions options;
    HfRender *render;

    hf_render_options_init (&options, "dots", seed);
    hf_render_options_resize (&options, WIDTH, HEIGHT);
    options.format.type = type;
    options.noise = noise;
    render = hf_render_new (&options, NULL, NULL);
    g_assert_nonnull (render);
    return render;
}

/* 1 where some frame may not show the flat background. */
static guint8 *
find_busy (const HfRender *render)
{
    guint8 *busy = g_new0 (guint8, WIDTH * HEIGHT);
    int reach = (int) ceil (render->options.largest_blur) + 6, border = hf_render_border (render);
    float background[3];

    find_background (render, background);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            if (is_lit (render, background, x, y, 0.01))
                mark (busy, x, y, reach);
            if (MIN (x, WIDTH - 1 - x) < border || MIN (y, HEIGHT - 1 - y) < border)
                busy[y * WIDTH + x] = 1;
        }
    return busy;
}

/* Standard deviation from the truth where nothing is busy, after averaging over side × side. */
static double
flat_deviation (const HfRender *render, const HfImage *image, const guint8 *busy, int side)
{
    double squares = 0;
    int n = 0;

    for (int y = 0; y + side <= HEIGHT; y++)
        for (int x = 0; x + side <= WIDTH; x++) {
            double sum = 0;
            bool flat = true;

            for (int i = 0; i < side * side && flat; i++) {
                int u = x + i % side, v = y + i / side;

                flat = !busy[v * WIDTH + u];
                sum += sample_at (image, u, v, 1) - (double) truth_at (render, u, v, 1);
            }
            if (flat) {
                squares += pow (sum / (side * side), 2);
                n++;
            }
        }
    g_assert_cmpint (n, >, 1000);
    return sqrt (squares / n);
}

/* No noisier than one frame, neither fine nor, as blotches, in the mean over 4 × 4 pixels. */
static void
check_flat (HfSampleType type, double level)
{
    HfRender *render = render_flat (g_random_int (), type, level);
    HfImage *fused = fuse (render, HF_FUSION_PYRAMID);
    const HfImage *reference = render->frames[render->options.reference];
    guint8 *busy = find_busy (render);
    double fine = flat_deviation (render, fused, busy, 1);
    double coarse = flat_deviation (render, fused, busy, 4);
    double fine_frame = flat_deviation (render, reference, busy, 1);
    double coarse_frame = flat_deviation (render, reference, busy, 4);

    g_test_message ("%d bytes a sample, seed %" G_GUINT64_FORMAT ": noise of %.5f is %.5f, in "
                    "means of 4 by 4 %.5f is %.5f",
                    (int) type, render->options.seed, fine_frame, fine, coarse_frame, coarse);
    g_assert_cmpfloat (fabs (fine_frame / level - 1), <, 0.05); /* it is flat */
    g_assert_cmpfloat (fine, <=, fine_frame);
    g_assert_cmpfloat (coarse, <=, coarse_frame);
    g_free (busy);
    hf_image_free (fused);
    hf_render_free (render);
}

static void
flat_is_calm (void)
{
    static const double levels[] = { 0.006, 0.012, 0.035 };

    for (guint i = 0; i < G_N_ELEMENTS (levels); i++) {
        check_flat (HF_SAMPLE_U8, levels[i]);
        check_flat (HF_SAMPLE_U16, levels[i]);
    }
}

/* ---- the picture's border ---- */

/* Mean difference from the truth of the row or column that lies `inside` pixels from a border. */
static double
mean_of_line (const HfRender *render, const HfImage *fused, int side, int inside)
{
    int n = side < 2 ? WIDTH : HEIGHT;
    double sum = 0;

    for (int i = 0; i < n; i++) {
        int at = side % 2 ? (side < 2 ? HEIGHT : WIDTH) - 1 - inside : inside;
        int x = side < 2 ? i : at, y = side < 2 ? at : i;

        for (int c = 0; c < 3; c++)
            sum += sample_at (fused, x, y, c) - (double) truth_at (render, x, y, c);
    }
    return sum / (3 * n);
}

/* Frames that moved end inside of the picture: where they do no bright or dark rim shows. Blur
 * alone keeps means, but for what it brings in from beside the line: 2.5 %. */
static void
no_rims (void)
{
    for (int i = 0; i < 2; i++) {
        HfRenderOptions options;
        HfRender *render;
        HfImage *fused;
        double worst = 0;

        hf_render_options_init (&options, i ? "breathing" : "hand-held", g_random_int ());
        hf_render_options_resize (&options, WIDTH, HEIGHT);
        options.format.type = HF_SAMPLE_U16;
        render = hf_render_new (&options, NULL, NULL);
        fused = fuse (render, HF_FUSION_PYRAMID);
        for (int side = 0; side < 4; side++)
            for (int inside = 0; inside < 48; inside++)
                worst = fmax (worst, fabs (mean_of_line (render, fused, side, inside)));
        g_test_message ("seed %" G_GUINT64_FORMAT ": a line at the border is %.2f %% off at most",
                        options.seed, 100 * worst);
        g_assert_cmpfloat (worst, <=, 0.025);
        hf_image_free (fused);
        hf_render_free (render);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_data_func ("/artefacts/no-halo", NULL, no_halo);
    g_test_add_data_func ("/artefacts/no-halo-where-frames-move", GINT_TO_POINTER (1), no_halo);
    g_test_add_func ("/artefacts/flat-is-calm", flat_is_calm);
    g_test_add_func ("/artefacts/no-rims", no_rims);
    return g_test_run ();
}
