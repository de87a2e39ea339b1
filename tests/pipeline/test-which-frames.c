/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which frames a run looks at, about which reference, and what it says of the others. */
#include "render.h"

#include <hyperfocal/error.h>
#include <hyperfocal/stack.h>
#include <string.h>

enum { WIDTH = 300, HEIGHT = 200, MOST_FRAMES = 16 };

typedef struct Fixture {
    HfRender *render, *other; /* the stack, and another scene */
    HfImage *images[MOST_FRAMES];
    int n_frames;
    HfStackOptions options;
    HfStackResult result;
    HfSink *fused;
    GString *warnings;
} Fixture;

static HfRender *
render_case (const char *name, guint64 seed, int n_frames)
{
    HfRenderOptions options;
    HfRender *render;

    g_assert_true (hf_render_options_init (&options, name, seed));
    hf_render_options_resize (&options, WIDTH, HEIGHT);
    options.n_frames = n_frames;
    render = hf_render_new (&options, NULL, NULL);
    g_assert_nonnull (render);
    return render;
}

static void
set_up (Fixture *f, int n_frames)
{
    guint64 seed = (guint64) g_test_rand_int_range (1, 100000);

    g_test_message ("seed %" G_GUINT64_FORMAT, seed);
    memset (f, 0, sizeof *f);
    f->render = render_case ("breathing", seed, n_frames);
    f->other = render_case ("breathing", seed + 1, 2);
    f->n_frames = n_frames;
    memcpy (f->images, f->render->frames, sizeof (HfImage *) * (size_t) n_frames);
    hf_stack_options_init (&f->options);
    f->options.output.threads = 2;
    f->warnings = g_string_new (NULL);
}

static void
tear_down (Fixture *f)
{
    hf_sink_free (f->fused);
    hf_stack_result_clear (&f->result);
    hf_stack_options_clear (&f->options);
    hf_render_free (f->render);
    hf_render_free (f->other);
    g_string_free (f->warnings, TRUE);
}

static void
note_warning (void *data, const char *message)
{
    g_string_append_printf (data, "%s\n", message);
}

static bool
run (Fixture *f, GError **error)
{
    HfSource *source = hf_source_new_from_images (f->images, NULL, NULL, f->n_frames);
    HfStackSinks sinks = { 0 };
    HfMonitor monitor;
    bool good;

    hf_sink_free (f->fused);
    hf_stack_result_clear (&f->result);
    g_string_truncate (f->warnings, 0);
    hf_monitor_init (&monitor, NULL, note_warning, f->warnings);
    sinks.fused = f->fused = hf_sink_new_memory (NULL);
    good = hf_stack_run (source, &f->options, &sinks, &monitor, &f->result, error);
    hf_source_free (source);
    return good;
}

static void
set_reference (Fixture *f, int reference)
{
    g_free (f->options.align.reference);
    f->options.align.reference = g_strdup_printf ("%d", reference);
}

/* The frames that are taken come out as if they were the stack, to the last bit of the picture. */
static void
test_resample (void)
{
    Fixture f, few;
    HfImage *every, *alone;

    set_up (&f, 13);
    f.options.align.resample = 3;
    f.options.align.strict = true; /* what is passed over is no failure */
    set_reference (&f, 7);
    g_assert_true (run (&f, NULL));
    g_assert_cmpint (f.result.n_used, ==, 4);
    g_assert_cmpstr (f.warnings->str, ==, "");
    few = f;
    memset (&few.result, 0, sizeof few.result);
    few.fused = NULL;
    few.warnings = g_string_new (NULL);
    few.n_frames = 0;
    for (int i = 0; i < 13; i++) {
        bool taken = i % 3 == 1;

        g_assert_cmpint (f.result.records[i].used, ==, taken);
        g_assert_cmpint (f.result.records[i].taken, ==, taken);
        if (!taken)
            g_assert_nonnull (strstr (f.result.records[i].reason, "resample"));
        else
            few.images[few.n_frames++] = f.images[i];
    }
    few.options.align.resample = 1;
    few.options.align.reference = (char *) "2";
    g_assert_true (run (&few, NULL));
    for (int i = 0; i < 4; i++)
        g_assert_cmpmem (&few.result.records[i].align, sizeof (HfAlignRecord),
                         &f.result.records[1 + 3 * i].align, sizeof (HfAlignRecord));
    every = hf_memory_sink_take (f.fused, 0, NULL, NULL);
    alone = hf_memory_sink_take (few.fused, 0, NULL, NULL);
    g_assert_cmpmem (every->data, HEIGHT * every->stride, alone->data, HEIGHT * alone->stride);
    hf_image_free (every);
    hf_image_free (alone);
    hf_sink_free (few.fused);
    hf_stack_result_clear (&few.result);
    g_string_free (few.warnings, TRUE);
    tear_down (&f);
}

static void
test_resample_leaves_one (void)
{
    GError *error = NULL;
    Fixture f;

    set_up (&f, 4);
    f.options.align.resample = 5;
    g_assert_false (run (&f, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_STACK);
    g_assert_nonnull (strstr (error->message, "only 1 of 4 frames can be used"));
    g_assert_nonnull (strstr (error->message, "resample"));
    g_error_free (error);
    tear_down (&f);
}

/* The reference, and what lies next to it, is of another scene or black: the others are not thrown
 * away with it. They come out as they do about the frame that took its place. */
static void
check_bad_reference (Fixture *f, int asked, int first_bad, int n_bad, int expected)
{
    Fixture straight;

    set_reference (f, asked);
    g_assert_true (run (f, NULL));
    g_assert_cmpint (f->result.reference, ==, expected);
    g_assert_cmpint (f->result.n_used, ==, f->n_frames - n_bad);
    g_assert_nonnull (strstr (f->warnings->str, "in place of"));
    straight = *f;
    memset (&straight.result, 0, sizeof straight.result);
    straight.fused = NULL;
    straight.warnings = g_string_new (NULL);
    straight.options.align.reference = g_strdup_printf ("%d", expected);
    g_assert_true (run (&straight, NULL));
    g_assert_null (strstr (straight.warnings->str, "in place of"));
    for (int i = 0; i < f->n_frames; i++) {
        bool bad = i >= first_bad && i < first_bad + n_bad;

        g_assert_cmpint (f->result.records[i].used, ==, !bad);
        g_assert_cmpmem (&straight.result.records[i].align, sizeof (HfAlignRecord),
                         &f->result.records[i].align, sizeof (HfAlignRecord));
    }
    g_free (straight.options.align.reference);
    hf_sink_free (straight.fused);
    hf_stack_result_clear (&straight.result);
    g_string_free (straight.warnings, TRUE);
}

static void
test_bad_reference (void)
{
    HfImage *black;
    Fixture f;

    set_up (&f, 8);
    f.images[4] = f.other->frames[0];
    check_bad_reference (&f, 4, 4, 1, 5);
    f.images[5] = f.other->frames[1]; /* two that fit each other: still the fewer */
    check_bad_reference (&f, 4, 4, 2, 3);
    black = hf_image_new (NULL, WIDTH, HEIGHT, f.images[0]->format, NULL);
    memset (black->data, 0, HEIGHT * black->stride);
    f.images[4] = f.render->frames[4];
    f.images[5] = f.render->frames[5];
    f.images[0] = black;
    check_bad_reference (&f, 0, 0, 1, 1);
    f.images[0] = f.render->frames[0];
    f.images[7] = black;
    check_bad_reference (&f, 7, 7, 1, 6);
    hf_image_free (black);
    tear_down (&f);
}

/* Under strict the reference is what was asked for. */
static void
test_bad_reference_strictly (void)
{
    GError *error = NULL;
    Fixture f;

    set_up (&f, 6);
    f.images[3] = f.other->frames[0];
    f.options.align.strict = true;
    g_assert_false (run (&f, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_STACK);
    g_assert_nonnull (strstr (error->message, "cannot be used"));
    g_error_free (error);
    tear_down (&f);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/which-frames/resample", test_resample);
    g_test_add_func ("/which-frames/resample-leaves-one", test_resample_leaves_one);
    g_test_add_func ("/which-frames/bad-reference", test_bad_reference);
    g_test_add_func ("/which-frames/bad-reference-strictly", test_bad_reference_strictly);
    return g_test_run ();
}
