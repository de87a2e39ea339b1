/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole runs that denoise and sharpen: what is written is the fused picture, finished. */
#include "render.h"

#include <hyperfocal/stack.h>
#include <string.h>

static HfImage *
run (const HfRender *render, const HfStackOptions *options, HfStackResult *result)
{
    HfSource *source =
        hf_source_new_from_images (render->frames, NULL, NULL, render->options.n_frames);
    HfSink *sink = hf_sink_new_memory (NULL);
    HfStackSinks sinks = { .fused = sink };
    HfImage *fused;

    g_assert_true (hf_stack_run (source, options, &sinks, NULL, result, NULL));
    fused = hf_memory_sink_take (sink, 0, NULL, NULL);
    hf_sink_free (sink);
    hf_source_free (source);
    return fused;
}

/* The whole picture through one of the two. */
static void
finish_band (const HfFinishOptions *options, bool denoise, const double *noise, HfBand *band)
{
    HfRect rect = band->rect;
    int n = band->n_colours;
    float *memory = g_new (float, hf_band_floats (rect.width, rect.height, n));
    float *scratch =
        g_new (float, denoise ? hf_denoise_scratch (rect.width, rect.height, n)
                              : hf_sharpen_scratch (options, rect.width, rect.height, n));
    HfBand out;

    hf_band_place (&out, rect, n, memory);
    if (denoise)
        hf_denoise_apply (options, noise, band, &out, scratch);
    else
        hf_sharpen_apply (options, band, &out, scratch);
    for (int c = 0; c < n; c++)
        memcpy (band->colour[c], out.colour[c],
                (size_t) rect.height * band->stride * sizeof (float));
    g_free (memory);
    g_free (scratch);
}

static HfImage *
finish_directly (const HfFinishOptions *options, const double noise[3], const HfImage *image)
{
    HfRect rect = { 0, 0, image->width, image->height };
    int n = hf_format_n_colours (image->format);
    HfImage *finished = hf_image_new (NULL, image->width, image->height, image->format, NULL);
    float *memory = g_new (float, hf_band_floats (rect.width, rect.height, n));
    HfBand band;

    hf_band_place (&band, rect, n, memory);
    hf_band_read (&band, image);
    finish_band (options, true, noise, &band);
    finish_band (options, false, noise, &band);
    hf_band_write (&band, finished);
    g_free (memory);
    return finished;
}

static void
check_equal (const HfImage *a, const HfImage *b)
{
    g_assert_true (hf_format_equal (a->format, b->format));
    for (int y = 0; y < a->height; y++)
        g_assert_cmpmem (hf_image_row (a, y), (size_t) a->width * hf_format_bytes (a->format),
                         hf_image_row (b, y), (size_t) b->width * hf_format_bytes (b->format));
}

static HfRender *
render_noisy (HfSampleType type, guint64 seed)
{
    HfRenderOptions options;
    HfRender *render;

    hf_render_options_init (&options, "noise", seed);
    hf_render_options_resize (&options, 300, 210);
    options.n_frames = 5;
    options.format.type = type;
    render = hf_render_new (&options, NULL, NULL);
    g_assert_nonnull (render);
    return render;
}

static void
init_options (HfStackOptions *options)
{
    hf_stack_options_init (options);
    options->finish.denoise_amount = 0.75;
    options->finish.sharpen_amount_percent = 60;
    options->finish.sharpen_threshold = 2;
}

static void
fused_then_finished (void)
{
    HfRender *render = render_noisy (HF_SAMPLE_FLOAT, 3);
    HfStackOptions plain, options;
    HfStackResult result = { 0 }, other = { 0 };
    HfImage *fused, *expected, *got;

    hf_stack_options_init (&plain);
    init_options (&options);
    fused = run (render, &plain, &result);
    expected = finish_directly (&options.finish, result.noise, fused);
    got = run (render, &options, &other);
    check_equal (expected, got);
    g_assert_cmpfloat (hf_picture_psnr (fused, got, 0, NULL), <, 60); /* it did something */
    hf_image_free (fused);
    hf_image_free (expected);
    hf_image_free (got);
    hf_stack_result_clear (&result);
    hf_stack_result_clear (&other);
    hf_stack_options_clear (&plain);
    hf_stack_options_clear (&options);
    hf_render_free (render);
}

static void
same_bits (void)
{
    HfRender *render = render_noisy (HF_SAMPLE_U8, g_test_rand_int ());
    HfImage *first = NULL;

    for (int threads = 1; threads < 8; threads += 3) {
        HfStackOptions options;
        HfStackResult result = { 0 };
        HfImage *fused;

        init_options (&options);
        options.output.threads = threads;
        fused = run (render, &options, &result);
        if (first)
            check_equal (first, fused);
        else
            first = g_steal_pointer (&fused);
        hf_image_free (fused);
        hf_stack_result_clear (&result);
        hf_stack_options_clear (&options);
    }
    hf_image_free (first);
    hf_render_free (render);
}

/* With the noise told instead of measured it is that which goes. */
static void
told_noise_rules (void)
{
    HfRender *render = render_noisy (HF_SAMPLE_FLOAT, 4);
    HfImage *pictures[2];

    for (int i = 0; i < 2; i++) {
        HfStackOptions options;
        HfStackResult result = { 0 };

        init_options (&options);
        options.finish.sharpen_amount_percent = 0;
        options.fuse.noise_level = i ? 7 : 0.5; /* there are 3.5 % */
        pictures[i] = run (render, &options, &result);
        hf_stack_result_clear (&result);
        hf_stack_options_clear (&options);
    }
    g_assert_cmpfloat (hf_picture_psnr (pictures[0], pictures[1], 8, NULL), <, 40);
    hf_image_free (pictures[0]);
    hf_image_free (pictures[1]);
    hf_render_free (render);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/finish/run/fused-then-finished", fused_then_finished);
    g_test_add_func ("/finish/run/same-bits", same_bits);
    g_test_add_func ("/finish/run/told-noise-rules", told_noise_rules);
    return g_test_run ();
}
