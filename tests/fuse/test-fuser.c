/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fuser as a part of a run: memory, threads, CPU levels, cancel, failures, wrong use. */
#include "frames.h"

#include <hyperfocal/error.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { N_FRAMES = 3 };

typedef struct Stack {
    Frame *frames[N_FRAMES];
} Stack;

/* Frames wide and high enough for several tiles, with holes. */
static Stack
stack_new (int width, int height, int n_colours)
{
    Stack stack;

    for (int f = 0; f < N_FRAMES; f++) {
        stack.frames[f] = frame_new_texture (width, height, n_colours, (guint32) f);
        if (f > 0)
            frame_make_holes (stack.frames[f], (guint32) f);
    }
    return stack;
}

static void
stack_clear (Stack *stack)
{
    for (int f = 0; f < N_FRAMES; f++)
        frame_free (stack->frames[f]);
}

static void
same_bits_for_any_threads (void)
{
    static const int n_threads[] = { 1, 2, 3, 7 };
    Stack stack = stack_new (1300, 400, 3);

    for (int t = 1; t <= 4; t *= 4) {
        HfFuserSetup setup =
            setup_for (stack.frames[0], t == 1 ? HF_SAMPLE_U8 : HF_SAMPLE_FLOAT, 0.01);
        Frame *first = fuse_frames (&setup, stack.frames, N_FRAMES);

        for (size_t i = 0; i < G_N_ELEMENTS (n_threads); i++) {
            HfPool *pool = hf_pool_new (n_threads[i], NULL);
            Frame *other;

            setup.pool = pool;
            other = fuse_frames (&setup, stack.frames, N_FRAMES);
            g_assert_true (frame_same_bits (first, other));
            frame_free (other);
            hf_pool_free (pool);
        }
        frame_free (first);
    }
    stack_clear (&stack);
}

/* How a pyramid may be cut up and kept; `limit` is a share of what it takes all in memory. */
typedef struct Manner {
    HfPyramidMode mode;
    int tile_size, tiled_layers, n_threads;
    double limit;
} Manner;

static Frame *
fuse_in_manner (HfFuserSetup setup, const Stack *stack, const Manner *manner)
{
    HfFuseOptions options = *setup.options;
    HfPool *pool = hf_pool_new (manner->n_threads, NULL);
    size_t whole, least;
    Frame *fused;

    setup.pool = pool;
    setup.options = &options;
    setup.budget = hf_budget_new (0);
    options.pyramid_tile_size = manner->tile_size;
    options.pyramid_tiled_layers = manner->tiled_layers;
    options.pyramid_mode = HF_PYRAMID_MODE_MEMORY;
    whole = hf_fuser_memory (&setup);
    options.pyramid_mode = HF_PYRAMID_MODE_TILED;
    least = hf_fuser_memory (&setup);
    options.pyramid_mode = manner->mode;
    setup.memory_limit = (size_t) ((double) whole * manner->limit);
    fused = fuse_frames (&setup, stack->frames, N_FRAMES);
    g_assert_cmpuint (hf_budget_peak (setup.budget), ==, hf_fuser_memory (&setup));
    if (manner->mode == HF_PYRAMID_MODE_TILED)
        g_assert_cmpuint (hf_budget_peak (setup.budget), ==, least);
    if (manner->limit == 1)
        g_assert_cmpuint (hf_budget_peak (setup.budget), ==, whole);
    if (manner->mode == HF_PYRAMID_MODE_AUTO && setup.memory_limit >= least)
        g_assert_cmpuint (hf_budget_peak (setup.budget), <=, setup.memory_limit);
    hf_budget_free (setup.budget);
    hf_pool_free (pool);
    return fused;
}

/* Also with double arithmetic, grey, and sides that no tile divides. */
static void
same_bits_for_any_tiles_and_memory (void)
{
    static const Manner manners[] = {
        { HF_PYRAMID_MODE_MEMORY, 1024, 2, 1, 0 }, { HF_PYRAMID_MODE_MEMORY, 64, 2, 2, 0 },
        { HF_PYRAMID_MODE_MEMORY, 202, 2, 3, 0 },  { HF_PYRAMID_MODE_TILED, 1024, 2, 2, 0 },
        { HF_PYRAMID_MODE_TILED, 64, 8, 1, 0 },    { HF_PYRAMID_MODE_TILED, 130, 1, 3, 0 },
        { HF_PYRAMID_MODE_AUTO, 512, 2, 2, 1 },    { HF_PYRAMID_MODE_AUTO, 256, 3, 2, 0.7 },
        { HF_PYRAMID_MODE_AUTO, 64, 8, 7, 0.3 },
    };
    static const int sizes[][3] = {
        { 1117, 501, 3 }, { 260, 777, 1 }, { 70, 3, 3 }, { 1, 300, 1 }
    };

    for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++) {
        Stack stack = stack_new (sizes[s][0], sizes[s][1], sizes[s][2]);

        for (int t = 0; t < 4; t++) {
            HfFuserSetup setup =
                setup_for (stack.frames[0], (HfSampleType) (t < 3 ? 1 << t : 4), 0.01);
            HfFuseOptions options = *setup.options;
            Frame *first;

            if (t == 3)
                options.float_type = HF_FLOAT_64;
            setup.options = &options;
            first = fuse_frames (&setup, stack.frames, N_FRAMES);
            for (size_t i = 0; i < G_N_ELEMENTS (manners); i++) {
                Frame *other = fuse_in_manner (setup, &stack, &manners[i]);

                g_assert_true (frame_same_bits (first, other));
                frame_free (other);
            }
            frame_free (first);
        }
        stack_clear (&stack);
    }
}

/* A checksum of what this process makes of the stack: its CPU level is chosen once, at its start.
 */
static void
print_checksum (void)
{
    Stack stack = stack_new (301, 203, 3);

    for (int t = 1; t <= 4; t *= 4) {
        HfFuserSetup setup =
            setup_for (stack.frames[0], t == 1 ? HF_SAMPLE_U8 : HF_SAMPLE_FLOAT, 0.01);
        Frame *fused = fuse_frames (&setup, stack.frames, N_FRAMES);
        GChecksum *sum = g_checksum_new (G_CHECKSUM_SHA1);

        for (int c = 0; c < 3; c++)
            g_checksum_update (sum, (const guchar *) fused->colour[c], 301 * 203 * sizeof (float));
        printf ("%s\n", g_checksum_get_string (sum));
        g_checksum_free (sum);
        frame_free (fused);
    }
    stack_clear (&stack);
}

static const char *program;

static void
same_bits_on_any_cpu_level (void)
{
    static const char *levels[] = { "base", "v2", "v3", "v4" };
    char *first = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS (levels); i++) {
        char *arguments[] = { (char *) program, (char *) "--checksum", NULL };
        char **environment = g_environ_setenv (g_get_environ (), "HF_CPU_LEVEL", levels[i], TRUE);
        char *output = NULL;
        GError *error = NULL;
        int status;

        g_spawn_sync (NULL, arguments, environment, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &output,
                      NULL, &status, &error);
        g_assert_no_error (error);
        g_assert_cmpint (status, ==, 0);
        g_assert_cmpint (strlen (output), >, 80);
        if (first)
            g_assert_cmpstr (output, ==, first);
        else
            first = g_strdup (output);
        g_free (output);
        g_strfreev (environment);
    }
    g_free (first);
}

static void
memory_is_as_said (void)
{
    static const int sizes[][3] = { { 1, 1, 1 }, { 5, 300, 3 }, { 700, 450, 1 }, { 1300, 200, 3 } };

    for (size_t i = 0; i < G_N_ELEMENTS (sizes); i++)
        for (int t = 1; t <= 4; t *= 2) {
            Stack stack = stack_new (sizes[i][0], sizes[i][1], sizes[i][2]);
            HfFuserSetup setup = setup_for (stack.frames[0], (HfSampleType) t, 0.01);
            size_t said;
            Frame *fused;

            setup.pool = hf_pool_new (2, NULL);
            setup.budget = hf_budget_new (0);
            said = hf_fuser_memory (&setup);
            fused = fuse_frames (&setup, stack.frames, N_FRAMES);
            g_assert_cmpuint (hf_budget_peak (setup.budget), ==, said);
            g_assert_cmpuint (hf_budget_used (setup.budget), ==, 0);
            frame_free (fused);
            hf_budget_free (setup.budget);
            hf_pool_free (setup.pool);
            stack_clear (&stack);
        }
}

/* The goal of a whole run is 1.0 GB with two decoded frames of 72 MB, and 300 MB with one. */
static void
memory_of_24_megapixels (void)
{
    static const HfSampleType types[3] = { HF_SAMPLE_U8, HF_SAMPLE_U16, HF_SAMPLE_FLOAT };
    Frame size = { .width = 6000, .height = 4000, .n_colours = 3 };
    HfPool *pool = hf_pool_new (2, NULL);

    for (int i = 0; i < 6; i++) {
        HfFuserSetup setup = setup_for (&size, types[i % 3], 0.01);
        HfFuseOptions options = *setup.options;
        size_t bytes[3];

        setup.pool = pool;
        setup.options = &options;
        options.float_type = i < 3 ? HF_FLOAT_32 : HF_FLOAT_64;
        bytes[0] = hf_fuser_memory (&setup);
        options.pyramid_mode = HF_PYRAMID_MODE_TILED;
        for (options.pyramid_tiled_layers = 1; options.pyramid_tiled_layers <= 2;
             options.pyramid_tiled_layers++)
            bytes[options.pyramid_tiled_layers] = hf_fuser_memory (&setup);
        g_test_message ("%s samples, %d bit arithmetic: %.0f MB, 1 layer tiled %.0f, 2 %.0f",
                        hf_format_name ((HfFormat) { types[i % 3], 3 }), i < 3 ? 32 : 64,
                        (double) bytes[0] / 1e6, (double) bytes[1] / 1e6, (double) bytes[2] / 1e6);
        if (i == 0)
            g_assert_cmpuint (bytes[0], <=, 800000000);
        if (i == 0)
            g_assert_cmpuint (bytes[2], <=, 300000000 - 72000000 - 40000000);
    }
    hf_pool_free (pool);
}

static void
allocations_may_fail (void)
{
    Stack stack = stack_new (100, 80, 3);
    HfFuserSetup setup = setup_for (stack.frames[0], HF_SAMPLE_U8, 0.01);
    HfFuser *fuser;
    GError *error = NULL;
    long n;

    setup.budget = hf_budget_new (0);
    hf_memory_fail_after (-1);
    frame_free (fuse_frames (&setup, stack.frames, N_FRAMES));
    n = hf_memory_fail_after (-1);
    g_assert_cmpint (n, >, 0);
    for (long i = 0; i < n; i++) {
        hf_memory_fail_after (i);
        fuser = hf_fuser_new (&setup, &error);
        hf_memory_fail_after (-1);
        g_assert_null (fuser);
        g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
        g_clear_error (&error);
        g_assert_cmpuint (hf_budget_used (setup.budget), ==, 0);
    }
    hf_budget_free (setup.budget);

    setup.budget = hf_budget_new (hf_fuser_memory (&setup) - 1);
    g_assert_null (hf_fuser_new (&setup, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
    g_clear_error (&error);
    hf_budget_free (setup.budget);
    stack_clear (&stack);
}

typedef struct Countdown {
    int calls, cancel_at;
    double last;
} Countdown;

static bool
count_down (void *data, double fraction, const char *stage)
{
    Countdown *countdown = data;

    g_assert_cmpfloat (fraction, >=, countdown->last);
    g_assert_cmpfloat (fraction, <=, 1);
    countdown->last = fraction;
    return countdown->calls++ != countdown->cancel_at;
}

static void
cancel_is_heard_everywhere (void)
{
    Stack stack = stack_new (400, 300, 3);
    HfFuserSetup setup = setup_for (stack.frames[0], HF_SAMPLE_U8, 0.01);
    Countdown all = { 0, -1, 0 };
    HfMonitor monitor;
    GError *error = NULL;

    for (int at = -1; at < all.calls; at++) {
        Countdown countdown = { 0, at, 0 };
        HfFuser *fuser = hf_fuser_new (&setup, NULL);
        Frame *fused = NULL;
        bool good;

        hf_monitor_init (&monitor, count_down, NULL, &countdown);
        hf_monitor_part (&monitor, 0, 0.5, "Fusing");
        good = frame_add (fuser, stack.frames[0], &monitor, &error);
        hf_monitor_part (&monitor, 0.5, 1, "Finishing");
        if (good)
            fused = frame_finish (fuser, &setup, &monitor, &error);
        if (at < 0) {
            g_assert_no_error (error);
            g_assert_cmpfloat (countdown.last, ==, 1);
            all = countdown;
            g_assert_cmpint (all.calls, >, 10);
        } else {
            g_assert_null (fused);
            g_assert_error (error, HF_ERROR, HF_ERROR_CANCELLED);
            g_clear_error (&error);
        }
        if (!good) { /* half a frame is in the state: nothing may come of it */
            g_assert_false (frame_add (fuser, stack.frames[0], NULL, NULL));
            g_assert_null (frame_finish (fuser, &setup, NULL, NULL));
        }
        frame_free (fused);
        hf_fuser_free (fuser);
    }
    stack_clear (&stack);
}

/* A temporary file that may not grow, as on a full disk; in a process of its own. */
static void
no_room_is_an_error (void)
{
    if (g_test_subprocess ()) {
        const struct rlimit little = { 100000, 100000 };
        Frame size = { .width = 300, .height = 200, .n_colours = 3 };
        HfFuserSetup setup = setup_for (&size, HF_SAMPLE_U8, 0.01);
        HfFuseOptions options = *setup.options;
        GError *error = NULL;

        setup.options = &options;
        setup.budget = hf_budget_new (0);
        options.pyramid_mode = HF_PYRAMID_MODE_TILED;
        signal (SIGXFSZ, SIG_IGN);
        g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &little), ==, 0);
        g_assert_null (hf_fuser_new (&setup, &error));
        g_assert_error (error, HF_ERROR, HF_ERROR_FILE);
        g_assert_nonnull (strstr (error->message, "MB in "));
        g_clear_error (&error);
        g_assert_cmpuint (hf_budget_used (setup.budget), ==, 0);
        hf_budget_free (setup.budget);
        return;
    }
    g_test_trap_subprocess (NULL, 0, (GTestSubprocessFlags) 0);
    g_test_trap_assert_passed ();
}

static bool
refuse (void *data, const HfBand *band, GError **error)
{
    g_set_error (error, HF_ERROR, HF_ERROR_FILE, "no more room");
    return false;
}

static void
writer_may_fail (void)
{
    Stack stack = stack_new (100, 80, 1);
    HfFuserSetup setup = setup_for (stack.frames[0], HF_SAMPLE_U8, 0.01);
    HfFuser *fuser = hf_fuser_new (&setup, NULL);
    HfBandWriter writer = { refuse, NULL };
    GError *error = NULL;

    frame_add (fuser, stack.frames[0], NULL, NULL);
    g_assert_false (hf_fuser_finish (fuser, &writer, NULL, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_FILE);
    g_clear_error (&error);
    hf_fuser_free (fuser);
    stack_clear (&stack);
}

static void
no_frames_no_picture (void)
{
    Frame size = { .width = 30, .height = 20, .n_colours = 1 };
    HfFuserSetup setup = setup_for (&size, HF_SAMPLE_U8, 0.01);
    HfFuser *fuser = hf_fuser_new (&setup, NULL);
    GError *error = NULL;

    g_assert_cmpint (hf_fuser_n_passes (fuser), ==, 1);
    g_assert_null (frame_finish (fuser, &setup, NULL, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_STACK);
    g_clear_error (&error);
    g_assert_false (hf_fuser_end_pass (fuser, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_STACK);
    g_clear_error (&error);
    hf_fuser_free (fuser);
    hf_fuser_free (NULL);
}

static void
expect_refusal (const HfFuserSetup *setup, const char *number)
{
    GError *error = NULL;

    g_assert_null (hf_fuser_new (setup, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_assert_nonnull (strstr (error->message, number));
    g_clear_error (&error);
    g_assert_cmpuint (hf_fuser_memory (setup), ==, 0);
}

static void
wrong_setups_are_refused (void)
{
    Frame size = { .width = 30, .height = 20, .n_colours = 3 };
    HfFuserSetup good = setup_for (&size, HF_SAMPLE_U8, 0.01), setup = good;
    HfFuseOptions options = *good.options;

    setup.width = 0;
    expect_refusal (&setup, "0");
    setup = good, setup.height = (1 << 20) + 1;
    expect_refusal (&setup, "1048577");
    setup = good, setup.n_colours = 4;
    expect_refusal (&setup, "4");
    setup = good, setup.noise[1] = -0.5;
    expect_refusal (&setup, "-0.5");
    setup = good, setup.options = &options;
    options.noise_level = 26;
    expect_refusal (&setup, "26");
    options = *good.options, options.pyramid_kernel_size = 9;
    expect_refusal (&setup, "pyramid-kernel-size");
    options = *good.options, options.pyramid_gen_kernel = NAN;
    expect_refusal (&setup, "pyramid-gen-kernel");
    options = *good.options, options.pyramid_mode = 12;
    expect_refusal (&setup, "pyramid-mode");
    options = *good.options, options.pyramid_tile_size = 0;
    expect_refusal (&setup, "pyramid-tile-size");
    options = *good.options, options.method = 77;
    expect_refusal (&setup, "77");
}

/* The option counts instead of what was measured: percent of full scale. */
static void
noise_level_overrides (void)
{
    Stack stack = stack_new (100, 80, 3);
    HfFuserSetup setup = setup_for (stack.frames[0], HF_SAMPLE_FLOAT, 0.03);
    HfFuseOptions options = *setup.options;
    Frame *measured = fuse_frames (&setup, stack.frames, N_FRAMES), *given, *other;

    setup.options = &options;
    setup.noise[0] = setup.noise[1] = setup.noise[2] = 0.1;
    options.noise_level = 3;
    given = fuse_frames (&setup, stack.frames, N_FRAMES);
    options.noise_level = 0;
    other = fuse_frames (&setup, stack.frames, N_FRAMES);
    g_assert_true (frame_same_bits (measured, given));
    g_assert_false (frame_same_bits (measured, other));
    frame_free (measured);
    frame_free (given);
    frame_free (other);
    stack_clear (&stack);
}

int
main (int argc, char **argv)
{
    if (argc == 2 && strcmp (argv[1], "--checksum") == 0) {
        print_checksum ();
        return 0;
    }
    program = argv[0];
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/fuser/same-bits-for-any-threads", same_bits_for_any_threads);
    g_test_add_func ("/fuser/same-bits-for-any-tiles-and-memory",
                     same_bits_for_any_tiles_and_memory);
    g_test_add_func ("/fuser/same-bits-on-any-cpu-level", same_bits_on_any_cpu_level);
    g_test_add_func ("/fuser/memory-is-as-said", memory_is_as_said);
    g_test_add_func ("/fuser/memory-of-24-megapixels", memory_of_24_megapixels);
    g_test_add_func ("/fuser/allocations-may-fail", allocations_may_fail);
    g_test_add_func ("/fuser/cancel-is-heard-everywhere", cancel_is_heard_everywhere);
    g_test_add_func ("/fuser/no-room-is-an-error", no_room_is_an_error);
    g_test_add_func ("/fuser/writer-may-fail", writer_may_fail);
    g_test_add_func ("/fuser/no-frames-no-picture", no_frames_no_picture);
    g_test_add_func ("/fuser/wrong-setups-are-refused", wrong_setups_are_refused);
    g_test_add_func ("/fuser/noise-level-overrides", noise_level_overrides);
    return g_test_run ();
}
