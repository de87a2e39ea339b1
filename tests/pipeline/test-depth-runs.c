/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole runs by depth map: maps to their sinks, their samples, the plot, the finer grid. */
#include "render.h"

#include <glib/gstdio.h>
#include <hyperfocal/error.h>
#include <hyperfocal/stack.h>
#include <math.h>
#include <string.h>

typedef struct Run {
    HfRender *render;
    HfSource *source;
    HfStackOptions options;
    HfSink *fused, *depth, *confidence;
    HfStackResult result;
} Run;

static Run
run_new (void)
{
    HfRenderOptions scene;
    Run run = { 0 };

    hf_render_options_init (&scene, "breathing", 5);
    hf_render_options_resize (&scene, 300, 200);
    scene.n_frames = 6;
    run.render = hf_render_new (&scene, NULL, NULL);
    run.source = hf_source_new_from_images (run.render->frames, NULL, NULL, scene.n_frames);
    hf_stack_options_init (&run.options);
    run.options.fuse.method = HF_FUSION_DEPTH_MAP;
    run.fused = hf_sink_new_memory (NULL);
    run.depth = hf_sink_new_memory (NULL);
    run.confidence = hf_sink_new_memory (NULL);
    return run;
}

static bool
run_go (Run *run, GError **error)
{
    HfStackSinks sinks = { .fused = run->fused,
                           .depth = run->depth,
                           .confidence = run->confidence };

    return hf_stack_run (run->source, &run->options, &sinks, NULL, &run->result, error);
}

static void
run_clear (Run *run)
{
    hf_stack_result_clear (&run->result);
    hf_sink_free (run->fused);
    hf_sink_free (run->depth);
    hf_sink_free (run->confidence);
    hf_stack_options_clear (&run->options);
    hf_source_free (run->source);
    hf_render_free (run->render);
}

/* Share of the pixels away from the border whose depth is within half a frame of the truth. */
static double
share_right (const Run *run, const HfImage *depth)
{
    int border = hf_render_border (run->render), n = 0, right = 0;

    for (int y = border; y < depth->height - border; y++)
        for (int x = border; x < depth->width - border; x++) {
            const char *row = hf_image_row (depth, y);
            float truth = ((const float *) hf_image_row (run->render->depth, y))[x], found;

            if (depth->format.type == HF_SAMPLE_U8)
                found = (float) ((const guint8 *) row)[x] / 255;
            else if (depth->format.type == HF_SAMPLE_U16)
                found = (float) ((const guint16 *) (const void *) row)[x] / 65535;
            else
                found = ((const float *) (const void *) row)[x];
            n++;
            right += fabsf (found * 5 - truth) <= 0.5f;
        }
    return (double) right / n;
}

static void
maps_have_the_samples (void)
{
    static const HfSampleType types[] = { HF_SAMPLE_U16, HF_SAMPLE_U8, HF_SAMPLE_U16,
                                          HF_SAMPLE_FLOAT };

    for (int bits = HF_DEPTH_BITS_AUTO; bits <= HF_DEPTH_BITS_FLOAT; bits++) {
        Run run = run_new ();
        GError *error = NULL;
        HfPictureKind kind;
        HfImage *depth, *confidence;

        run.options.output.depth_bits = bits;
        run_go (&run, &error);
        g_assert_no_error (error);
        depth = hf_memory_sink_take (run.depth, 0, &kind, NULL);
        g_assert_cmpint (kind, ==, HF_PICTURE_DEPTH);
        confidence = hf_memory_sink_take (run.confidence, 0, &kind, NULL);
        g_assert_cmpint (kind, ==, HF_PICTURE_CONFIDENCE);
        g_assert_cmpint (depth->format.type, ==, types[bits]);
        g_assert_cmpint (confidence->format.type, ==, types[bits]);
        g_assert_cmpint (depth->format.n_channels, ==, 1);
        g_assert_cmpfloat (share_right (&run, depth), >=, 0.9);
        hf_image_free (depth);
        hf_image_free (confidence);
        run_clear (&run);
    }
}

/* On the finer grid nothing is lost: size, depth and colours are those of the plain run, nearly. */
static void
finer_grid (gconstpointer method)
{
    HfImage *fused[2];

    for (int i = 0; i < 2; i++) {
        Run run = run_new ();
        GError *error = NULL;

        run.options.fuse.method = GPOINTER_TO_INT (method);
        run.options.output.scale_factor = 1 + i;
        if (run.options.fuse.method != HF_FUSION_DEPTH_MAP) {
            g_clear_pointer (&run.depth, hf_sink_free);
            g_clear_pointer (&run.confidence, hf_sink_free);
        }
        run_go (&run, &error);
        g_assert_no_error (error);
        fused[i] = hf_memory_sink_take (run.fused, 0, NULL, NULL);
        g_assert_cmpint (fused[i]->width, ==, 300);
        g_assert_cmpint (fused[i]->height, ==, 200);
        g_test_message (
            "scale factor %d: %.2f dB", 1 + i,
            hf_picture_psnr (fused[i], run.render->truth, hf_render_border (run.render), NULL));
        if (run.depth) {
            HfImage *depth = hf_memory_sink_take (run.depth, 0, NULL, NULL);

            g_assert_cmpint (depth->width, ==, 300);
            g_assert_cmpfloat (share_right (&run, depth), >=, 0.9);
            hf_image_free (depth);
        }
        run_clear (&run);
    }
    g_assert_cmpfloat (hf_picture_psnr (fused[0], fused[1], 10, NULL), >=, 32);
    g_assert_true (isfinite (hf_picture_psnr (fused[0], fused[1], 10, NULL)));
    hf_image_free (fused[0]);
    hf_image_free (fused[1]);
}

static void
expect_refusal (Run *run, const char *text)
{
    GError *error = NULL;

    g_assert_false (run_go (run, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_assert_nonnull (strstr (error->message, text));
    g_clear_error (&error);
    run_clear (run);
}

static void
what_cannot_be_is_refused (void)
{
    Run run = run_new ();

    run.options.output.plot_depth_map = true;
    expect_refusal (&run, "plots");
    run = run_new (), run.options.fuse.method = HF_FUSION_SIMPLE;
    expect_refusal (&run, "simple");
    run = run_new (), run.options.output.scale_factor = 2, run.options.slabs.slabs = 3;
    expect_refusal (&run, "scale-factor");
}

static void
plot_is_written (void)
{
    char *folder = g_dir_make_tmp ("hyperfocal-XXXXXX", NULL), *path, *text;
    Run run = run_new ();
    GError *error = NULL;

    run.options.output.plot_depth_map = true;
    g_free (run.options.output.plots);
    run.options.output.plots = g_strdup (folder);
    run_go (&run, &error);
    g_assert_no_error (error);
    path = g_build_filename (folder, "depth-map.svg", NULL);
    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    g_assert_nonnull (strstr (text, "Depth map"));
    g_free (text);
    g_free (path);
    run_clear (&run);
    {
        GDir *dir = g_dir_open (folder, 0, NULL);
        const char *name;

        while ((name = g_dir_read_name (dir))) {
            path = g_build_filename (folder, name, NULL);
            g_unlink (path);
            g_free (path);
        }
        g_dir_close (dir);
    }
    g_rmdir (folder);
    g_free (folder);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/depth-runs/maps-have-the-samples", maps_have_the_samples);
    g_test_add_data_func ("/depth-runs/finer-grid/depth-map", GINT_TO_POINTER (HF_FUSION_DEPTH_MAP),
                          finer_grid);
    g_test_add_data_func ("/depth-runs/finer-grid/pyramid", GINT_TO_POINTER (HF_FUSION_PYRAMID),
                          finer_grid);
    g_test_add_data_func ("/depth-runs/finer-grid/simple", GINT_TO_POINTER (HF_FUSION_SIMPLE),
                          finer_grid);
    g_test_add_func ("/depth-runs/what-cannot-be-is-refused", what_cannot_be_is_refused);
    g_test_add_func ("/depth-runs/plot-is-written", plot_is_written);
    return g_test_run ();
}
