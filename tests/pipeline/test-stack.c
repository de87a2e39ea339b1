/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole runs on small rendered stacks: what a run promises besides the picture. */
#include "render.h"

#include <hyperfocal/error.h>
#include <hyperfocal/stack.h>
#include <string.h>

/* One run on pictures in memory with all that belongs to it. */
typedef struct Fixture {
    HfRender *render;
    HfSource *source;
    HfStackOptions options;
    HfSink *fused, *layers;
    HfStackResult result;
} Fixture;

static HfRender *
render_case (const char *name, guint64 seed, int width, int height, int n_frames)
{
    HfRenderOptions options;
    HfRender *render;

    g_assert_true (hf_render_options_init (&options, name, seed));
    hf_render_options_resize (&options, width, height);
    options.n_frames = n_frames;
    render = hf_render_new (&options, NULL, NULL);
    g_assert_nonnull (render);
    return render;
}

static void
set_up_images (Fixture *fixture, HfImage *const *images, int n_images)
{
    fixture->source = hf_source_new_from_images (images, NULL, NULL, n_images);
    hf_stack_options_init (&fixture->options);
    fixture->options.output.threads = 2;
    fixture->fused = hf_sink_new_memory (NULL);
    fixture->layers = hf_sink_new_memory (NULL);
    memset (&fixture->result, 0, sizeof fixture->result);
}

static void
set_up (Fixture *fixture, const char *name, guint64 seed, int n_frames)
{
    fixture->render = render_case (name, seed, 240, 160, n_frames);
    set_up_images (fixture, fixture->render->frames, n_frames);
}

static void
tear_down (Fixture *fixture)
{
    hf_stack_result_clear (&fixture->result);
    hf_stack_options_clear (&fixture->options);
    hf_sink_free (fixture->fused);
    hf_sink_free (fixture->layers);
    hf_source_free (fixture->source);
    hf_render_free (fixture->render);
    memset (fixture, 0, sizeof *fixture);
}

static bool
run (Fixture *fixture, HfMonitor *monitor, GError **error)
{
    HfStackSinks sinks = { .fused = fixture->fused, .layers = fixture->layers };

    hf_stack_result_clear (&fixture->result);
    return hf_stack_run (fixture->source, &fixture->options, &sinks, monitor, &fixture->result,
                         error);
}

static void
test_outputs (void)
{
    Fixture f = { 0 };
    HfPictureKind kind;
    int frame;

    set_up (&f, "breathing", 11, 6);
    g_assert_true (run (&f, NULL, NULL));
    g_assert_cmpint (f.result.n_frames, ==, 6);
    g_assert_cmpint (f.result.n_used, ==, 6);
    g_assert_cmpint (f.result.reference, ==, 3);
    g_assert_cmpint (hf_memory_sink_n_pictures (f.fused), ==, 1);
    g_assert_cmpint (hf_memory_sink_n_pictures (f.layers), ==, 7);
    for (int i = 0; i < 7; i++) {
        HfImage *image = hf_memory_sink_take (f.layers, i, &kind, &frame);

        g_assert_cmpint (kind, ==, i < 6 ? HF_PICTURE_ALIGNED : HF_PICTURE_FUSED);
        g_assert_cmpint (frame, ==, i < 6 ? i : -1);
        g_assert_cmpint (image->width * 1000 + image->height, ==, 240160);
        hf_image_free (image);
    }
    tear_down (&f);
}

/* A sink that stands for two gets the frames and the fused picture, each once. */
static void
test_one_sink (void)
{
    Fixture f = { 0 };
    HfStackSinks sinks;
    HfPictureKind kind;

    set_up (&f, "breathing", 11, 4);
    sinks = (HfStackSinks) { .fused = f.layers, .layers = f.layers };
    g_assert_true (hf_stack_run (f.source, &f.options, &sinks, NULL, &f.result, NULL));
    g_assert_cmpint (hf_memory_sink_n_pictures (f.layers), ==, 5);
    hf_image_free (hf_memory_sink_take (f.layers, 4, &kind, NULL));
    g_assert_cmpint (kind, ==, HF_PICTURE_FUSED);
    tear_down (&f);
}

/* With no sink but that of the layers, frames come out as they do beside a fusion, in less memory.
 */
static void
test_align_only (void)
{
    Fixture f = { 0 };
    HfStackSinks sinks = { 0 };
    size_t memory;

    set_up (&f, "hand-held", 13, 4);
    g_assert_true (run (&f, NULL, NULL));
    memory = f.result.peak_memory;
    hf_stack_result_clear (&f.result);
    sinks.layers = hf_sink_new_memory (NULL);
    g_assert_true (hf_stack_run (f.source, &f.options, &sinks, NULL, &f.result, NULL));
    g_assert_cmpuint (f.result.peak_memory, <, memory);
    g_assert_cmpint (hf_memory_sink_n_pictures (sinks.layers), ==, 4);
    for (int i = 0; i < 4; i++) {
        HfImage *beside = hf_memory_sink_take (f.layers, i, NULL, NULL);
        HfImage *alone = hf_memory_sink_take (sinks.layers, i, NULL, NULL);

        g_assert_true (hf_format_equal (beside->format, alone->format));
        g_assert_cmpmem (beside->data, 160 * beside->stride, alone->data, 160 * alone->stride);
        hf_image_free (beside);
        hf_image_free (alone);
    }
    hf_sink_free (sinks.layers);
    tear_down (&f);
}

static void
test_no_sinks (void)
{
    Fixture f = { 0 };
    HfStackSinks sinks = { 0 };
    GError *error = NULL;

    set_up (&f, "plane", 14, 3);
    g_assert_false (hf_stack_run (f.source, &f.options, &sinks, NULL, &f.result, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_error_free (error);
    tear_down (&f);
}

/* The reference is never resampled: its aligned layer has the frame's very samples. */
static void
test_reference_untouched (void)
{
    Fixture f = { 0 };
    HfImage *aligned;

    set_up (&f, "flicker", 12, 5);
    g_assert_true (run (&f, NULL, NULL));
    aligned = hf_memory_sink_take (f.layers, 2, NULL, NULL);
    g_assert_cmpint (aligned->format.n_channels, ==, 3);
    g_assert_cmpmem (aligned->data, 160 * aligned->stride, f.render->frames[2]->data,
                     160 * f.render->frames[2]->stride);
    hf_image_free (aligned);
    tear_down (&f);
}

static HfImage *
fused_with (const char *name, int threads, const char *memory)
{
    Fixture f = { 0 };
    HfImage *image;

    set_up (&f, name, 13, 5);
    f.options.output.threads = threads;
    g_free (f.options.output.memory);
    f.options.output.memory = g_strdup (memory);
    g_assert_true (run (&f, NULL, NULL));
    g_assert_cmpint (f.result.threads, ==, threads);
    image = hf_memory_sink_take (f.fused, 0, NULL, NULL);
    tear_down (&f);
    return image;
}

static void
test_same_bits (gconstpointer name)
{
    HfImage *one = fused_with (name, 1, "auto");
    const int threads[] = { 2, 7 };

    for (guint i = 0; i < G_N_ELEMENTS (threads); i++) {
        HfImage *other = fused_with (name, threads[i], i ? "30M" : "auto");

        g_assert_cmpmem (one->data, (size_t) one->height * one->stride, other->data,
                         (size_t) other->height * other->stride);
        hf_image_free (other);
    }
    hf_image_free (one);
}

static void
expect_failure (Fixture *f, HfErrorCode code, const char *part)
{
    GError *error = NULL;

    g_assert_false (run (f, NULL, &error));
    g_assert_error (error, HF_ERROR, (gint) code);
    if (!strstr (error->message, part))
        g_error ("\"%s\" does not tell of \"%s\"", error->message, part);
    g_clear_error (&error);
    g_assert_cmpint (f->result.n_stages, <=, 3);
}

static void
test_one_frame (void)
{
    Fixture f = { 0 };

    f.render = render_case ("plane", 1, 64, 48, 2);
    set_up_images (&f, f.render->frames, 1);
    expect_failure (&f, HF_ERROR_STACK, "two frames, not 1");
    tear_down (&f);
}

static void
test_mixed_colours (void)
{
    Fixture f = { 0 };
    HfImage *grey = hf_image_new (NULL, 64, 48, (HfFormat) { HF_SAMPLE_U8, 1 }, NULL);
    HfImage *images[3];

    f.render = render_case ("plane", 1, 64, 48, 2);
    images[0] = f.render->frames[0];
    images[1] = f.render->frames[1];
    images[2] = grey;
    memset (grey->data, 0, 64 * 48);
    set_up_images (&f, images, 3);
    expect_failure (&f, HF_ERROR_SIZE, "frame 2 is grey 8 bit");
    tear_down (&f);
    hf_image_free (grey);
}

static void
test_too_little_memory (void)
{
    Fixture f = { 0 };

    set_up (&f, "plane", 1, 3);
    g_free (f.options.output.memory);
    f.options.output.memory = g_strdup ("100K");
    expect_failure (&f, HF_ERROR_MEMORY, "needs at least");
    g_free (f.options.output.memory);
    f.options.output.memory = g_strdup ("much");
    expect_failure (&f, HF_ERROR_ARGUMENT, "\"much\"");
    tear_down (&f);
}

/* Cancel at every check point in turn: each time the run says so, and nothing is written twice. */
typedef struct Counter {
    int calls, stop_at;
    double last;
} Counter;

static bool
count_progress (void *data, double fraction, const char *stage)
{
    Counter *counter = data;

    g_assert_cmpfloat (fraction, >=, counter->last);
    g_assert_cmpfloat (fraction, <=, 1);
    counter->last = fraction;
    return counter->calls++ != counter->stop_at;
}

static int
run_until (Fixture *f, int stop_at, bool *cancelled)
{
    Counter counter = { .stop_at = stop_at };
    HfMonitor monitor;
    GError *error = NULL;

    hf_monitor_init (&monitor, count_progress, NULL, &counter);
    *cancelled = !run (f, &monitor, &error);
    if (*cancelled)
        g_assert_error (error, HF_ERROR, HF_ERROR_CANCELLED);
    g_clear_error (&error);
    return counter.calls;
}

static void
test_cancel (void)
{
    Fixture f = { 0 };
    bool cancelled;
    int n_points;

    f.render = render_case ("breathing", 14, 120, 80, 4);
    set_up_images (&f, f.render->frames, 4);
    n_points = run_until (&f, -1, &cancelled);
    g_assert_false (cancelled);
    g_assert_cmpint (n_points, >=, 10);
    for (int i = 0; i < n_points; i++) {
        run_until (&f, i, &cancelled);
        g_assert_true (cancelled);
    }
    tear_down (&f);
}

/* Every allocation of pixels fails once: always an error, never a crash, nothing is leaked (a
 * budget that is freed with pixels alive complains, which is fatal in tests). */
static void
test_failing_allocations (void)
{
    Fixture f = { 0 };
    long n_allocations;

    f.render = render_case ("breathing", 15, 96, 64, 3);
    set_up_images (&f, f.render->frames, 3);
    f.options.output.threads = 1;
    hf_memory_fail_after (-1);
    g_assert_true (run (&f, NULL, NULL));
    n_allocations = hf_memory_fail_after (-1);
    g_assert_cmpint (n_allocations, >, 10);
    for (long i = 0; i < n_allocations; i++) {
        GError *error = NULL;
        bool good;

        hf_memory_fail_after (i);
        good = run (&f, NULL, &error);
        hf_memory_fail_after (-1);
        if (good)
            g_error ("allocation %ld of %ld failed and nobody noticed", i, n_allocations);
        g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
        g_clear_error (&error);
    }
    tear_down (&f);
}

static size_t
peak_of (int n_frames)
{
    Fixture f = { 0 };
    size_t peak;

    set_up (&f, "breathing", 16, n_frames);
    f.options.output.threads = 1; /* more depend on who allocates first */
    hf_sink_free (f.layers);
    f.layers = NULL;
    g_assert_true (run (&f, NULL, NULL));
    peak = f.result.peak_memory;
    tear_down (&f);
    return peak;
}

/* What is kept in pixels does not grow with the stack, once that is longer than the window of sweep
 * 1; 5 % is for tiles of warps that differ. */
static void
test_memory_is_flat (void)
{
    double few = (double) peak_of (16), many = (double) peak_of (48);

    g_assert_cmpfloat (many, <=, 1.05 * few);
}

/* A frame of nothing among good ones is left out with a reason, and the others come out as if it
 * were not there. */
static void
test_bad_frame (void)
{
    Fixture f = { 0 };
    HfImage *images[6], *bad;
    int n = 0;

    f.render = render_case ("breathing", 17, 240, 160, 5);
    bad = hf_image_new (NULL, 240, 160, f.render->frames[0]->format, NULL);
    memset (bad->data, 0, 160 * bad->stride);
    for (int i = 0; i < 5; i++) {
        if (i == 3)
            images[n++] = bad;
        images[n++] = f.render->frames[i];
    }
    set_up_images (&f, images, 6);
    g_free (f.options.align.reference);
    f.options.align.reference = g_strdup ("2");
    g_assert_true (run (&f, NULL, NULL));
    g_assert_cmpint (f.result.n_used, ==, 5);
    g_assert_false (f.result.records[3].used);
    g_assert_nonnull (f.result.records[3].reason);
    g_assert_cmpint (hf_memory_sink_n_pictures (f.layers), ==, 6);
    for (int i = 0; i < 6; i++) {
        double mean;
        int truth = i > 3 ? i - 1 : i;

        if (i == 3)
            continue;
        hf_matrix_distance (&f.result.records[i].align.matrix, &f.render->matrices[truth], 240, 160,
                            &mean, NULL);
        /* 38,000 pixels say less than a megapixel: the tolerance is that of the small picture. */
        g_assert_cmpfloat (mean, <, 0.3);
    }
    f.options.align.strict = true;
    expect_failure (&f, HF_ERROR_STACK, "frame 3 cannot be used: ");
    tear_down (&f);
    hf_image_free (bad);
}

static void
test_nothing_fits (void)
{
    Fixture f = { 0 };
    HfImage *images[3];

    for (int i = 0; i < 3; i++) {
        images[i] = hf_image_new (NULL, 64, 48, (HfFormat) { HF_SAMPLE_U8, 3 }, NULL);
        memset (images[i]->data, 40 * i, 48 * images[i]->stride);
    }
    set_up_images (&f, images, 3);
    f.options.align.transform = HF_TRANSFORM_RIGID;
    expect_failure (&f, HF_ERROR_STACK, "of 3 frames can be used");
    tear_down (&f);
    for (int i = 0; i < 3; i++)
        hf_image_free (images[i]);
}

static void
test_crop (void)
{
    Fixture f = { 0 };
    HfImage *image;

    set_up (&f, "breathing", 18, 5);
    f.options.output.crop = HF_CROP_COMMON;
    g_assert_true (run (&f, NULL, NULL));
    image = hf_memory_sink_take (f.fused, 0, NULL, NULL);
    g_assert_cmpint (image->width, ==, f.result.crop.width);
    g_assert_cmpint (image->height, ==, f.result.crop.height);
    g_assert_cmpint (image->width * image->height, <, 240 * 160);
    g_assert_cmpint (image->width * image->height, >, 240 * 160 / 2);
    hf_image_free (image);
    for (int i = 0; i < 5; i++) {
        /* Inside the common crop every frame is opaque. */
        image = hf_memory_sink_take (f.layers, i, NULL, NULL);
        g_assert_cmpint (image->format.n_channels, ==, 3);
        hf_image_free (image);
    }
    tear_down (&f);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/stack/one-sink", test_one_sink);
    g_test_add_func ("/stack/align-only", test_align_only);
    g_test_add_func ("/stack/no-sinks", test_no_sinks);
    g_test_add_func ("/stack/outputs", test_outputs);
    g_test_add_func ("/stack/reference-untouched", test_reference_untouched);
    g_test_add_data_func ("/stack/same-bits/8", "breathing", test_same_bits);
    g_test_add_data_func ("/stack/same-bits/16", "16-bit", test_same_bits);
    g_test_add_func ("/stack/one-frame", test_one_frame);
    g_test_add_func ("/stack/mixed-colours", test_mixed_colours);
    g_test_add_func ("/stack/too-little-memory", test_too_little_memory);
    g_test_add_func ("/stack/cancel", test_cancel);
    g_test_add_func ("/stack/failing-allocations", test_failing_allocations);
    g_test_add_func ("/stack/memory-is-flat", test_memory_is_flat);
    g_test_add_func ("/stack/bad-frame", test_bad_frame);
    g_test_add_func ("/stack/nothing-fits", test_nothing_fits);
    g_test_add_func ("/stack/crop", test_crop);
    return g_test_run ();
}
