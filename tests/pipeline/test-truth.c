/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole runs against the truth: rendered stacks of targets' size (12 frames, 1280 × 853), default
 * options, several seeds, one of them drawn when the test runs and printed.
 */
#include "render.h"

#include <hyperfocal/stack.h>
#include <string.h>

typedef struct Outcome {
    double mean, worst; /* pixels: end-point error, mean over frames and largest frame's mean */
    double psnr, ceiling;
} Outcome;

static void
measure_registration (const HfRender *render, const HfStackResult *result, Outcome *outcome)
{
    int n = result->n_frames, n_moved = 0;

    for (int i = 0; i < n; i++) {
        double mean;

        if (i == result->reference)
            continue;
        hf_matrix_distance (&result->records[i].align.matrix, &render->matrices[i],
                            render->options.width, render->options.height, &mean, NULL);
        outcome->mean += mean;
        outcome->worst = MAX (outcome->worst, mean);
        n_moved++;
    }
    outcome->mean /= n_moved;
}

static void
measure_picture (const HfRender *render, const HfImage *fused, HfPool *pool, Outcome *outcome)
{
    HfImage *ceiling = hf_render_ceiling (render, pool, NULL);
    int border = hf_render_border (render);

    outcome->psnr = hf_picture_psnr (fused, render->truth, border, NULL);
    outcome->ceiling = hf_picture_psnr (ceiling, render->truth, border, NULL);
    hf_image_free (ceiling);
}

static Outcome
run_case (const char *name, guint64 seed)
{
    HfRenderOptions options;
    HfPool *pool = hf_pool_new (0, NULL);
    HfSink *sink = hf_sink_new_memory (NULL);
    HfStackOptions stack;
    HfStackResult result;
    HfRender *render;
    HfSource *source;
    HfImage *fused;
    Outcome outcome = { 0 };

    g_assert_true (hf_render_options_init (&options, name, seed));
    render = hf_render_new (&options, pool, NULL);
    source = hf_source_new_from_images (render->frames, NULL, NULL, render->options.n_frames);
    hf_stack_options_init (&stack);
    g_assert_true (
        hf_stack_run (source, &stack, &(HfStackSinks) { .fused = sink }, NULL, &result, NULL));
    g_assert_cmpint (result.n_used, ==, render->options.n_frames);
    fused = hf_memory_sink_take (sink, 0, NULL, NULL);
    measure_registration (render, &result, &outcome);
    measure_picture (render, fused, pool, &outcome);
    g_test_message ("%s seed %" G_GUINT64_FORMAT
                    ": end-point error %.3f px (worst frame %.3f), fused %.2f dB, ceiling %.2f dB",
                    name, seed, outcome.mean, outcome.worst, outcome.psnr, outcome.ceiling);
    hf_image_free (fused);
    hf_stack_result_clear (&result);
    hf_stack_options_clear (&stack);
    hf_source_free (source);
    hf_sink_free (sink);
    hf_render_free (render);
    hf_pool_free (pool);
    return outcome;
}

/* The breathing case: 5 % change of scale, drift and rotation over 12 frames. */
static void
test_breathing (void)
{
    guint64 seeds[] = { 1, 2, g_random_int_range (100, 1000000) };

    for (guint i = 0; i < G_N_ELEMENTS (seeds); i++) {
        Outcome outcome = run_case ("breathing", seeds[i]);

        g_assert_cmpfloat (outcome.mean, <=, 0.1);
        g_assert_cmpfloat (outcome.psnr, >=, outcome.ceiling - 2);
    }
}

/* The other cases of the first walk: nothing may fall far behind what the frames hold. */
static void
test_case (gconstpointer name)
{
    Outcome outcome = run_case (name, (guint64) g_random_int_range (100, 1000000));

    g_assert_cmpfloat (outcome.mean, <=, 0.1);
    g_assert_cmpfloat (outcome.psnr, >=, outcome.ceiling - 2);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/truth/breathing", test_breathing);
    g_test_add_data_func ("/truth/flicker", "flicker", test_case);
    g_test_add_data_func ("/truth/noise", "noise", test_case);
    g_test_add_data_func ("/truth/16-bit", "16-bit", test_case);
    g_test_add_data_func ("/truth/hand-held", "hand-held", test_case);
    return g_test_run ();
}
