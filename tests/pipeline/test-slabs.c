/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slabs: how the stack is cut, what each holds, and the fused picture beside them. */
#include "render.h"

#include <hyperfocal/error.h>
#include <hyperfocal/stack.h>
#include <string.h>

enum { N = 8 };

/* One run: what it got and what came of it. */
typedef struct Run {
    HfStackOptions options;
    HfSink *fused, *slabs, *layers;
    HfStackResult result;
} Run;

static HfRender *
render_stack (const char *name, guint64 seed)
{
    HfRenderOptions options;
    HfRender *render;

    hf_render_options_init (&options, name, seed);
    hf_render_options_resize (&options, 200, 140);
    options.n_frames = N;
    render = hf_render_new (&options, NULL, NULL);
    g_assert_nonnull (render);
    return render;
}

static void
run_init (Run *run, int size, int overlap)
{
    memset (run, 0, sizeof *run);
    hf_stack_options_init (&run->options);
    run->options.output.threads = 2;
    run->options.fuse.noise_level = 0.4; /* the same for any first frame */
    run->options.slabs.slabs = size;
    run->options.slabs.slab_overlap = overlap;
    run->fused = hf_sink_new_memory (NULL);
    run->slabs = hf_sink_new_memory (NULL);
    run->layers = hf_sink_new_memory (NULL);
}

static void
run_clear (Run *run)
{
    hf_stack_options_clear (&run->options);
    hf_stack_result_clear (&run->result);
    hf_sink_free (run->fused);
    hf_sink_free (run->slabs);
    hf_sink_free (run->layers);
}

/* Frames first … first + n - 1 of the render through the run; `sinks` names those that are used. */
static bool
stack_part (Run *run, const HfRender *render, int first, int n, const char *sinks, GError **error)
{
    HfSource *source = hf_source_new_from_images (render->frames + first, NULL, NULL, n);
    HfStackSinks used = { .fused = strchr (sinks, 'f') ? run->fused : NULL,
                          .slabs = strchr (sinks, 's') ? run->slabs : NULL,
                          .layers = strchr (sinks, 'l') ? run->layers : NULL };
    bool good = hf_stack_run (source, &run->options, &used, NULL, &run->result, error);

    hf_source_free (source);
    return good;
}

static void
check_equal (const HfImage *a, const HfImage *b)
{
    g_assert_true (hf_format_equal (a->format, b->format));
    g_assert_cmpint (a->width, ==, b->width);
    for (int y = 0; y < a->height; y++)
        g_assert_cmpmem (hf_image_row (a, y), (size_t) a->width * hf_format_bytes (a->format),
                         hf_image_row (b, y), (size_t) b->width * hf_format_bytes (b->format));
}

/* The picture that these frames give alone. */
static HfImage *
fuse_part (const HfRender *render, int first, int n)
{
    HfImage *fused;
    Run run;

    run_init (&run, 0, 0);
    run.options.align.transform = HF_TRANSFORM_NONE;
    run.options.balance.channel = HF_BALANCE_NONE;
    run.options.hot_pixels.search = HF_HOT_PIXELS_OFF;
    g_assert_true (stack_part (&run, render, first, n, "f", NULL));
    fused = hf_memory_sink_take (run.fused, 0, NULL, NULL);
    run_clear (&run);
    return fused;
}

static const struct {
    int size, overlap, n_slabs;
    int first[N], length[N];
} cuts[] = {
    { 3, 0, 3, { 0, 3, 6 }, { 3, 3, 2 } },
    { 4, 0, 2, { 0, 4 }, { 4, 4 } },
    { 4, 2, 3, { 0, 2, 4 }, { 4, 4, 4 } },
    { 5, 2, 2, { 0, 3 }, { 5, 5 } },
    { 6, 3, 2, { 0, 3 }, { 6, 5 } },
    { 7, 6, 2, { 0, 1 }, { 7, 7 } },
    { 8, 3, 1, { 0 }, { 8 } },
    { 100, 99, 1, { 0 }, { 8 } },
    { 0, 0, 1, { 0 }, { 8 } }, /* of ten, where no size is given */
};

/* Each slab is what its frames give alone, each frame is in one, and no slab holds an overlap only.
 */
static void
slabs_are_parts (void)
{
    HfRender *render = render_stack ("plane", 3);

    for (guint i = 0; i < G_N_ELEMENTS (cuts); i++) {
        Run run;

        run_init (&run, cuts[i].size, cuts[i].overlap);
        run.options.align.transform = HF_TRANSFORM_NONE;
        run.options.balance.channel = HF_BALANCE_NONE;
        run.options.hot_pixels.search = HF_HOT_PIXELS_OFF;
        g_assert_true (stack_part (&run, render, 0, N, "s", NULL));
        g_assert_cmpint (hf_memory_sink_n_pictures (run.slabs), ==, cuts[i].n_slabs);
        for (int k = 0; k < cuts[i].n_slabs; k++) {
            HfPictureKind kind;
            int frame;
            HfImage *slab = hf_memory_sink_take (run.slabs, k, &kind, &frame);
            HfImage *expected = fuse_part (render, cuts[i].first[k], cuts[i].length[k]);

            g_assert_cmpint (kind, ==, HF_PICTURE_SLAB);
            g_assert_cmpint (frame, ==, -1);
            check_equal (expected, slab);
            hf_image_free (slab);
            hf_image_free (expected);
        }
        run_clear (&run);
    }
    hf_render_free (render);
}

/* A last slab of a single frame is that frame. */
static void
lone_frame (void)
{
    HfRender *render = render_stack ("plane", 3);
    HfImage *slab;
    Run run;

    run_init (&run, 7, 0);
    run.options.align.transform = HF_TRANSFORM_NONE;
    run.options.balance.channel = HF_BALANCE_NONE;
    run.options.hot_pixels.search = HF_HOT_PIXELS_OFF;
    g_assert_true (stack_part (&run, render, 0, N, "s", NULL));
    slab = hf_memory_sink_take (run.slabs, 1, NULL, NULL);
    g_assert_cmpfloat (hf_picture_psnr (slab, render->frames[7], 0, NULL), >, 55);
    hf_image_free (slab);
    run_clear (&run);
    hf_render_free (render);
}

/* Made of all frames the fused picture is the one without slabs; made of slabs it is as near to the
 * truth within 0.3 dB. */
static void
fused_beside_slabs (void)
{
    HfRender *render = render_stack ("breathing", g_random_int ());
    HfImage *plain, *frames, *again;
    double of_frames, of_slabs;
    Run run[3];
    int border = hf_render_border (render);

    for (int i = 0; i < 3; i++) {
        run_init (&run[i], i ? 3 : 0, i ? 1 : 0);
        run[i].options.slabs.slab_result = i == 1 ? HF_SLAB_RESULT_FRAMES : HF_SLAB_RESULT_SLABS;
        g_assert_true (stack_part (&run[i], render, 0, N, i == 1 ? "fs" : "f", NULL));
    }
    plain = hf_memory_sink_take (run[0].fused, 0, NULL, NULL);
    frames = hf_memory_sink_take (run[1].fused, 0, NULL, NULL);
    again = hf_memory_sink_take (run[2].fused, 0, NULL, NULL);
    check_equal (plain, frames);
    of_frames = hf_picture_psnr (frames, render->truth, border, NULL);
    of_slabs = hf_picture_psnr (again, render->truth, border, NULL);
    g_test_message ("seed %" G_GUINT64_FORMAT ": %.2f dB of all frames, %.2f dB of slabs",
                    render->options.seed, of_frames, of_slabs);
    g_assert_cmpfloat (of_slabs, >=, of_frames - 0.3);
    g_assert_cmpint (hf_memory_sink_n_pictures (run[0].slabs), ==, 0);
    for (int i = 0; i < 3; i++)
        run_clear (&run[i]);
    hf_image_free (plain);
    hf_image_free (frames);
    hf_image_free (again);
    hf_render_free (render);
}

/* Aligned frames go out once each, in order, although slabs overlap; one sink takes it all. */
static void
aligned_frames_once (void)
{
    HfRender *render = render_stack ("breathing", 5);

    for (int result = 0; result < 2; result++) {
        int n_frames = 0, n_slabs = 0;
        Run run;

        run_init (&run, 4, 2);
        run.options.slabs.slab_result = result ? HF_SLAB_RESULT_FRAMES : HF_SLAB_RESULT_SLABS;
        hf_sink_free (run.slabs);
        run.slabs = run.layers;
        g_assert_true (stack_part (&run, render, 0, N, "fsl", NULL));
        for (int i = 0; i < hf_memory_sink_n_pictures (run.layers); i++) {
            HfPictureKind kind;
            int frame;

            hf_image_free (hf_memory_sink_take (run.layers, i, &kind, &frame));
            if (kind == HF_PICTURE_ALIGNED)
                g_assert_cmpint (frame, ==, n_frames++);
            n_slabs += kind == HF_PICTURE_SLAB;
        }
        g_assert_cmpint (n_frames, ==, N);
        g_assert_cmpint (n_slabs, ==, 3);
        run.slabs = NULL;
        run_clear (&run);
    }
    hf_render_free (render);
}

/* A slab without the reference does not cover the canvas where frames moved: it says so by alpha.
 */
static void
borders_are_transparent (void)
{
    HfRender *render = render_stack ("hand-held", 2);
    Run run;

    run_init (&run, 3, 0);
    g_assert_true (stack_part (&run, render, 0, N, "s", NULL));
    for (int k = 0; k < 3; k++) {
        HfImage *slab = hf_memory_sink_take (run.slabs, k, NULL, NULL);
        bool holds_reference = run.result.reference / 3 == k;

        g_assert_cmpint (slab->format.n_channels, ==, holds_reference ? 3 : 4);
        hf_image_free (slab);
    }
    run_clear (&run);
    hf_render_free (render);
}

static void
expect_error (int size, int overlap, const char *sinks, HfErrorCode code, const char *pattern)
{
    HfRender *render = render_stack ("plane", 3);
    GError *error = NULL;
    Run run;

    run_init (&run, size, overlap);
    g_assert_false (stack_part (&run, render, 0, N, sinks, &error));
    g_assert_error (error, HF_ERROR, (gint) code);
    g_test_message ("%s", error->message);
    g_assert_true (g_pattern_match_simple (pattern, error->message));
    g_error_free (error);
    run_clear (&run);
    hf_render_free (render);
}

static void
refused (void)
{
    expect_error (4, 4, "s", HF_ERROR_ARGUMENT, "*4 frames*by 4*slab-overlap*");
    expect_error (4, 9, "f", HF_ERROR_ARGUMENT, "*4 frames*by 9*slab-overlap*");
    expect_error (0, 10, "s", HF_ERROR_ARGUMENT, "*10 frames*by 10*slab-overlap*");
}

static void
same_bits (void)
{
    HfRender *render = render_stack ("noise", 6);
    HfImage *first[2] = { NULL, NULL };

    for (int threads = 1; threads < 8; threads += 3) {
        Run run;
        HfImage *got[2];

        run_init (&run, 3, 1);
        run.options.output.threads = threads;
        run.options.finish.denoise_amount = 0.5;
        g_assert_true (stack_part (&run, render, 0, N, "fs", NULL));
        got[0] = hf_memory_sink_take (run.fused, 0, NULL, NULL);
        got[1] = hf_memory_sink_take (run.slabs, 1, NULL, NULL);
        for (int i = 0; i < 2; i++) {
            if (first[i])
                check_equal (first[i], got[i]);
            else
                first[i] = g_steal_pointer (&got[i]);
            hf_image_free (got[i]);
        }
        run_clear (&run);
    }
    hf_image_free (first[0]);
    hf_image_free (first[1]);
    hf_render_free (render);
}

/* The most memory is the same for two slabs and for four, with the fused picture made of them. */
static void
memory_is_flat (void)
{
    HfRender *render = render_stack ("breathing", 7);
    size_t peak[2];

    for (int i = 0; i < 2; i++) {
        Run run;

        run_init (&run, 2, 0);
        g_assert_true (stack_part (&run, render, 0, i ? N : N / 2, "fs", NULL));
        peak[i] = run.result.peak_memory;
        run_clear (&run);
    }
    g_test_message ("%zu bytes for %d frames, %zu for %d", peak[0], N / 2, peak[1], N);
    g_assert_cmpuint (peak[1], <=, peak[0] * 105 / 100);
    hf_render_free (render);
}

/* Every allocation of pixels fails once: an error each time, nothing is leaked. */
static void
failing_allocations (void)
{
    HfRender *render = render_stack ("plane", 8);
    bool good = false;

    for (long i = 0; !good; i++) {
        GError *error = NULL;
        Run run;

        run_init (&run, 5, 1);
        run.options.output.threads = 1;
        hf_memory_fail_after (i);
        good = stack_part (&run, render, 0, N, "fs", &error);
        hf_memory_fail_after (-1);
        if (!good)
            g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
        g_clear_error (&error);
        run_clear (&run);
        g_assert_cmpint (i, <, 1000);
    }
    hf_render_free (render);
}

static void
no_place_for_temporary (void)
{
    if (g_test_subprocess ()) {
        g_setenv ("TMPDIR", "/nowhere/at/all", TRUE);
        expect_error (3, 0, "f", HF_ERROR_FILE, "*slabs*temporary file*");
        return;
    }
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/slabs/are-parts-of-the-stack", slabs_are_parts);
    g_test_add_func ("/slabs/lone-frame", lone_frame);
    g_test_add_func ("/slabs/fused-beside-slabs", fused_beside_slabs);
    g_test_add_func ("/slabs/aligned-frames-once", aligned_frames_once);
    g_test_add_func ("/slabs/borders-are-transparent", borders_are_transparent);
    g_test_add_func ("/slabs/refused", refused);
    g_test_add_func ("/slabs/same-bits", same_bits);
    g_test_add_func ("/slabs/memory-is-flat", memory_is_flat);
    g_test_add_func ("/slabs/failing-allocations", failing_allocations);
    g_test_add_func ("/slabs/no-place-for-temporary-file", no_place_for_temporary);
    return g_test_run ();
}
