/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fuser by depth map as a part of a run: same bits, memory, small sizes, validity, NaN, maps,
 * cancel, failures, options. */
#include "frames.h"

#include <float.h>
#include <hyperfocal/error.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N_FRAMES = 5 };

typedef struct Stack {
    Frame *frames[N_FRAMES];
} Stack;

/* A texture that is sharp in frame 1 to the left and in frame 3 to the right. */
static Stack
stack_new (int width, int height, int n_colours, bool holes)
{
    Frame *texture = frame_new_texture (width, height, n_colours, 7);
    Stack stack;

    for (int f = 0; f < N_FRAMES; f++) {
        Frame *left = frame_blurred (texture, 0.01 + 1.5 * abs (f - 1));
        Frame *right = frame_blurred (texture, 0.01 + 1.5 * abs (f - 3));

        for (int c = 0; c < n_colours; c++)
            for (int y = 0; y < height; y++)
                memcpy (left->colour[c] + (size_t) y * (size_t) width + width / 2,
                        right->colour[c] + (size_t) y * (size_t) width + width / 2,
                        (size_t) (width - width / 2) * sizeof (float));
        frame_free (right);
        if (holes && f > 0)
            frame_make_holes (left, (guint32) f);
        stack.frames[f] = left;
    }
    frame_free (texture);
    return stack;
}

static void
stack_clear (Stack *stack)
{
    for (int f = 0; f < N_FRAMES; f++)
        frame_free (stack->frames[f]);
}

static HfFuserSetup
depth_setup (const Frame *frame, HfSampleType precision, HfFuseOptions *options)
{
    HfFuserSetup setup = setup_for (frame, precision, 0.003);

    *options = *setup.options;
    options->method = HF_FUSION_DEPTH_MAP;
    setup.options = options;
    return setup;
}

static void
same_bits_for_any_threads (void)
{
    static const int n_threads[] = { 1, 2, 3, 7 };
    Stack stack = stack_new (1100, 300, 3, true);
    HfFuseOptions options;
    HfFuserSetup setup = depth_setup (stack.frames[0], HF_SAMPLE_U8, &options);
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
    stack_clear (&stack);
}

static void
print_checksum (void)
{
    Stack stack = stack_new (301, 203, 3, true);
    HfFuseOptions options;
    HfFuserSetup setup = depth_setup (stack.frames[0], HF_SAMPLE_U8, &options);

    for (int energy = 0; energy < 5; energy++) {
        Frame *fused;
        GChecksum *sum = g_checksum_new (G_CHECKSUM_SHA1);

        options.depth_energy = energy;
        options.map_type = energy == 1 ? HF_MAP_MAX : HF_MAP_AVERAGE;
        options.temperature = energy == 1 ? 0.5 : 0;
        options.prefer = energy == 2 ? HF_PREFER_FRONT : HF_PREFER_NONE;
        options.pyramid_smooth_size = energy == 3 ? 5 : 1;
        fused = fuse_frames (&setup, stack.frames, N_FRAMES);
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
        g_assert_cmpint (strlen (output), ==, 5 * 41);
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
    static const int sizes[][3] = { { 1, 1, 1 }, { 5, 300, 3 }, { 700, 250, 1 }, { 1100, 150, 3 } };

    for (size_t i = 0; i < G_N_ELEMENTS (sizes); i++)
        for (int prefer = 0; prefer < 2; prefer++) {
            Stack stack = stack_new (sizes[i][0], sizes[i][1], sizes[i][2], false);
            HfFuseOptions options;
            HfFuserSetup setup = depth_setup (stack.frames[0], HF_SAMPLE_U8, &options);
            size_t said;

            options.prefer = prefer;
            options.pyramid_smooth_size = 1 + 2 * prefer;
            setup.pool = hf_pool_new (2, NULL);
            setup.budget = hf_budget_new (0);
            said = hf_fuser_memory (&setup);
            frame_free (fuse_frames (&setup, stack.frames, N_FRAMES));
            g_assert_cmpuint (hf_budget_peak (setup.budget), ==, said);
            g_assert_cmpuint (hf_budget_used (setup.budget), ==, 0);
            hf_budget_free (setup.budget);
            hf_pool_free (setup.pool);
            stack_clear (&stack);
        }
}

static void
memory_of_24_megapixels (void)
{
    Frame size = { .width = 6000, .height = 4000, .n_colours = 3 };
    HfFuseOptions options;
    HfFuserSetup setup = depth_setup (&size, HF_SAMPLE_U8, &options);

    g_test_message ("%.1f MB", hf_fuser_memory (&setup) / 1e6);
    g_assert_cmpuint (hf_fuser_memory (&setup), <=, 2000000000);
}

static void
memory_may_be_missing (void)
{
    Stack stack = stack_new (60, 50, 3, false);
    HfFuseOptions options;
    HfFuserSetup setup = depth_setup (stack.frames[0], HF_SAMPLE_U8, &options);
    GError *error = NULL;

    setup.budget = hf_budget_new (hf_fuser_memory (&setup) - 1);
    g_assert_null (hf_fuser_new (&setup, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
    g_clear_error (&error);
    hf_budget_free (setup.budget);
    stack_clear (&stack);
}

/* All frames alike: so is the result, at any size and with any options. */
static void
one_picture_stays (gconstpointer map_type)
{
    static const int sizes[][2] = { { 1, 1 },  { 2, 1 },   { 1, 3 },   { 3, 2 },
                                    { 17, 1 }, { 16, 16 }, { 33, 47 }, { 130, 61 } };

    for (size_t i = 0; i < G_N_ELEMENTS (sizes); i++)
        for (int n_colours = 1; n_colours <= 3; n_colours += 2)
            for (int levels = 0; levels <= 10; levels += 5) {
                Frame *frame =
                    frame_new_texture (sizes[i][0], sizes[i][1], n_colours, drawn_seed ());
                Frame *frames[3] = { frame, frame, frame }, *fused;
                HfFuseOptions options;
                HfFuserSetup setup = depth_setup (frame, HF_SAMPLE_FLOAT, &options);

                options.map_type = GPOINTER_TO_INT (map_type);
                options.pyramid_levels = levels;
                fused = fuse_frames (&setup, frames, 3);
                /* Range limits are exact; what is left is the rounding of pyramid and means. */
                g_assert_cmpfloat (frame_difference (fused, frame, NULL), <=, 1e-6);
                frame_free (fused);
                frame_free (frame);
            }
}

typedef struct Map {
    float *samples;
    int next;
} Map;

static bool
take_map (void *data, const HfBand *band, GError **error)
{
    Map *map = data;

    g_assert_cmpint (band->n_colours, ==, 1);
    g_assert_cmpint (band->rect.y, ==, map->next);
    for (int y = 0; y < band->rect.height; y++)
        memcpy (map->samples + (size_t) (map->next + y) * (size_t) band->rect.width,
                band->colour[0] + (size_t) y * band->stride,
                (size_t) band->rect.width * sizeof (float));
    map->next += band->rect.height;
    return true;
}

static HfFuser *
run_fuser (const HfFuserSetup *setup, Frame *const *frames, int n_frames)
{
    HfFuser *fuser = hf_fuser_new (setup, NULL);

    for (int pass = 0; pass < 2; pass++) {
        for (int f = 0; f < n_frames; f++)
            g_assert_true (frame_add (fuser, frames[f], NULL, NULL));
        g_assert_true (hf_fuser_end_pass (fuser, NULL));
    }
    frame_free (frame_finish (fuser, setup, NULL, NULL));
    return fuser;
}

static float *
map_of (HfFuser *fuser, HfFuserMap kind, int width, int height)
{
    Map map = { g_new (float, width *height), 0 };
    HfBandWriter writer = { take_map, &map };
    GError *error = NULL;

    hf_fuser_map (fuser, kind, &writer, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpint (map.next, ==, height);
    return map.samples;
}

/* Depth 1 of 0 .. 4 to the left, 3 to the right. */
static void
maps_tell_the_depth (gconstpointer energy)
{
    enum { WIDTH = 160, HEIGHT = 90 };
    Stack stack = stack_new (WIDTH, HEIGHT, 3, false);
    HfFuseOptions options;
    HfFuserSetup setup = depth_setup (stack.frames[0], HF_SAMPLE_FLOAT, &options);
    HfFuser *fuser;
    float *depth, *confidence;

    options.depth_energy = GPOINTER_TO_INT (energy);
    fuser = run_fuser (&setup, stack.frames, N_FRAMES);
    depth = map_of (fuser, HF_FUSER_MAP_DEPTH, WIDTH, HEIGHT);
    confidence = map_of (fuser, HF_FUSER_MAP_CONFIDENCE, WIDTH, HEIGHT);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            float wanted = x < WIDTH / 2 ? 0.25f : 0.75f, found = depth[y * WIDTH + x];

            g_assert_true (found >= 0 && found <= 1);
            g_assert_true (confidence[y * WIDTH + x] >= 0 && confidence[y * WIDTH + x] <= 1);
            /* A quarter of a frame; near the jump windows mix both sides. */
            if (abs (x - WIDTH / 2) > 20)
                g_assert_cmpfloat (fabsf (found - wanted), <=, 0.0625f);
        }
    g_free (depth);
    g_free (confidence);
    hf_fuser_free (fuser);
    stack_clear (&stack);
}

/* Nothing to see: no confidence, and no more noise than one frame has. */
static void
flat_areas_stay_calm (void)
{
    enum { SIDE = 200 };
    guint32 seed = drawn_seed ();
    Frame *frames[6], *fused, *flat = frame_new (SIDE, SIDE, 3);
    HfFuseOptions options;
    HfFuserSetup setup;
    HfFuser *fuser;
    float *confidence;
    double rms, noise;

    for (int c = 0; c < 3; c++)
        for (int i = 0; i < SIDE * SIDE; i++)
            flat->colour[c][i] = 0.4f;
    for (int f = 0; f < 6; f++) {
        frames[f] = frame_copy (flat);
        frame_add_noise (frames[f], 0.02, seed + (guint32) f);
    }
    setup = depth_setup (flat, HF_SAMPLE_FLOAT, &options);
    setup.noise[0] = setup.noise[1] = setup.noise[2] = 0.02;
    fused = fuse_frames (&setup, frames, 6);
    frame_difference (fused, flat, &rms);
    frame_difference (frames[0], flat, &noise);
    g_test_message ("noise of a frame %.4f, of the result %.4f", noise, rms);
    g_assert_cmpfloat (rms, <=, 0.6 * noise);
    fuser = run_fuser (&setup, frames, 6);
    confidence = map_of (fuser, HF_FUSER_MAP_CONFIDENCE, SIDE, SIDE);
    for (int i = 0; i < SIDE * SIDE; i++)
        g_assert_cmpfloat (confidence[i], <=, 0.25f);
    g_free (confidence);
    hf_fuser_free (fuser);
    for (int f = 0; f < 6; f++)
        frame_free (frames[f]);
    frame_free (fused);
    frame_free (flat);
}

/* What is not valid in a frame counts nowhere: its samples may be anything. */
static void
hidden_samples_do_not_count (void)
{
    Stack stack = stack_new (210, 120, 3, true), other = stack_new (210, 120, 3, true);
    HfFuseOptions options;
    HfFuserSetup setup = depth_setup (stack.frames[0], HF_SAMPLE_FLOAT, &options);

    for (int energy = 0; energy < 5; energy++) {
        Frame *a, *b;

        options.depth_energy = energy;
        for (int f = 0; f < N_FRAMES; f++)
            for (int i = 0; i < 210 * 120; i++)
                for (int c = 0; c < 3 && other.frames[f]->validity[i] == 0; c++)
                    other.frames[f]->colour[c][i] = i % 2 ? 1e6f : -1e6f;
        a = fuse_frames (&setup, stack.frames, N_FRAMES);
        b = fuse_frames (&setup, other.frames, N_FRAMES);
        g_assert_true (frame_same_bits (a, b));
        for (int i = 0; i < 210 * 120; i++) {
            float most = 0;

            for (int f = 0; f < N_FRAMES; f++)
                most = MAX (most, stack.frames[f]->validity[i]);
            g_assert_cmpfloat (a->validity[i], ==, most);
        }
        frame_free (a);
        frame_free (b);
    }
    stack_clear (&stack);
    stack_clear (&other);
}

/* What floats can hold at most (infinity is read as that) spoils nothing but its own surroundings.
 */
static void
huge_samples_stay_finite (void)
{
    Stack stack = stack_new (150, 100, 3, false);
    HfFuseOptions options;
    HfFuserSetup setup = depth_setup (stack.frames[0], HF_SAMPLE_FLOAT, &options);

    for (int c = 0; c < 3; c++) {
        stack.frames[1]->colour[c][50 * 150 + 70] = FLT_MAX / 4;
        stack.frames[2]->colour[c][30 * 150 + 20] = -FLT_MAX / 4;
    }
    for (int energy = 0; energy < 5; energy++) {
        Frame *fused;

        options.depth_energy = energy;
        fused = fuse_frames (&setup, stack.frames, N_FRAMES);
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < 150 * 100; i++)
                g_assert_true (isfinite (fused->colour[c][i]));
        frame_free (fused);
    }
    stack_clear (&stack);
}

/* No value that no frame has at that pixel; valid frames that are far from the depth count as well.
 */
static void
colours_are_not_invented (void)
{
    Stack stack = stack_new (150, 100, 3, false);
    HfFuseOptions options;
    HfFuserSetup setup = depth_setup (stack.frames[0], HF_SAMPLE_FLOAT, &options);
    Frame *fused = fuse_frames (&setup, stack.frames, N_FRAMES);

    for (int c = 0; c < 3; c++)
        for (int i = 0; i < 150 * 100; i++) {
            float low = INFINITY, high = -INFINITY;

            for (int f = 0; f < N_FRAMES; f++) {
                low = MIN (low, stack.frames[f]->colour[c][i]);
                high = MAX (high, stack.frames[f]->colour[c][i]);
            }
            g_assert_cmpfloat (fused->colour[c][i], >=, low);
            g_assert_cmpfloat (fused->colour[c][i], <=, high);
        }
    frame_free (fused);
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

static bool
run_watched (const Stack *stack, const HfFuserSetup *setup, HfMonitor *monitor, GError **error)
{
    HfFuser *fuser = hf_fuser_new (setup, NULL);
    Frame *fused = NULL;
    bool good = true;

    for (int pass = 0; good && pass < 2; pass++) {
        hf_monitor_part (monitor, pass * 0.4, pass * 0.4 + 0.4, "Fusing");
        good =
            frame_add (fuser, stack->frames[0], monitor, error) && hf_fuser_end_pass (fuser, error);
    }
    hf_monitor_part (monitor, 0.8, 1, "Finishing");
    if (good)
        fused = frame_finish (fuser, setup, monitor, error);
    good = fused != NULL;
    frame_free (fused);
    hf_fuser_free (fuser);
    return good;
}

static void
cancel_is_heard_everywhere (void)
{
    Stack stack = stack_new (200, 150, 3, false);
    HfFuseOptions options;
    HfFuserSetup setup = depth_setup (stack.frames[0], HF_SAMPLE_U8, &options);
    Countdown all = { 0, -1, 0 };

    for (int at = -1; at < all.calls; at++) {
        Countdown countdown = { 0, at, 0 };
        HfMonitor monitor;
        GError *error = NULL;

        hf_monitor_init (&monitor, count_down, NULL, &countdown);
        g_assert_true (run_watched (&stack, &setup, &monitor, &error) == (at < 0));
        if (at < 0) {
            g_assert_cmpfloat (countdown.last, ==, 1);
            all = countdown;
            g_assert_cmpint (all.calls, >, 10);
        } else {
            g_assert_error (error, HF_ERROR, HF_ERROR_CANCELLED);
        }
        g_clear_error (&error);
    }
    stack_clear (&stack);
}

/* Two layers, one seen through the other: frame 1 shows one sharp, frame 4 the other, which is the
 * stronger. Without a preference the stronger is the depth, with one that end's, and it is the one
 * that is sharp in the picture. */
static void
preference_chooses_the_layer (void)
{
    enum { SIDE = 96, LAYERS = 6 };
    guint32 seed = drawn_seed ();
    Frame *front = frame_new_texture (SIDE, SIDE, 3, seed);
    Frame *back = frame_new_texture (SIDE, SIDE, 3, seed + 1);
    Frame *frames[LAYERS], *fused[3];
    static const float wanted[] = { 0.8f, 0.2f, 0.8f };
    HfFuseOptions options;
    HfFuserSetup setup;

    for (int f = 0; f < LAYERS; f++) {
        Frame *a = frame_blurred (front, 0.01 + 2.0 * abs (f - 1));
        Frame *b = frame_blurred (back, 0.01 + 2.0 * abs (f - 4));

        for (int c = 0; c < 3; c++)
            for (int i = 0; i < SIDE * SIDE; i++)
                a->colour[c][i] = 0.45f * a->colour[c][i] + 0.55f * b->colour[c][i];
        frame_free (b);
        frames[f] = a;
    }
    setup = depth_setup (frames[0], HF_SAMPLE_FLOAT, &options);
    for (int prefer = HF_PREFER_NONE; prefer <= HF_PREFER_BACK; prefer++) {
        HfFuser *fuser;
        float *depth;
        int n = 0;

        options.prefer = prefer;
        fuser = run_fuser (&setup, frames, LAYERS);
        depth = map_of (fuser, HF_FUSER_MAP_DEPTH, SIDE, SIDE);
        for (int i = 0; i < SIDE * SIDE; i++)
            n += fabsf (depth[i] - wanted[prefer]) < 0.15f;
        g_test_message ("prefer %d: %.1f %% at the layer", prefer, 100.0 * n / (SIDE * SIDE));
        /* Textures are random: here and there the weaker one is hardly there, or the stronger. */
        g_assert_cmpfloat (n, >=, (prefer == HF_PREFER_NONE ? 0.6 : 0.7) * SIDE * SIDE);
        fused[prefer] = fuse_frames (&setup, frames, LAYERS);
        g_free (depth);
        hf_fuser_free (fuser);
    }
    for (int prefer = HF_PREFER_FRONT; prefer <= HF_PREFER_BACK; prefer++) {
        double own, other;

        frame_difference (fused[prefer], frames[prefer == HF_PREFER_FRONT ? 1 : 4], &own);
        frame_difference (fused[prefer], frames[prefer == HF_PREFER_FRONT ? 4 : 1], &other);
        g_assert_cmpfloat (own, <, 0.7 * other);
    }
    for (int prefer = 0; prefer < 3; prefer++)
        frame_free (fused[prefer]);
    for (int f = 0; f < LAYERS; f++)
        frame_free (frames[f]);
    frame_free (front);
    frame_free (back);
}

/* Each option changes the result. */
static void
options_do_something (void)
{
    static const char *const texts[][2] = {
        { "depth-energy", "variance" },
        { "depth-kernel-size", "9" },
        { "energy-smooth-size", "0" },
        { "energy-sigma-color", "0.05" },
        { "energy-sigma-space", "0.3" },
        { "map-type", "max" },
        { "weight-power", "2" },
        { "pyramid-levels", "1" },
        { "pyramid-smooth-size", "7" },
        { "radius", "8" },
        { "smoothing", "9" },
        { "noise-level", "3" },
    };
    Stack stack = stack_new (90, 70, 3, true);
    HfFuseOptions options;
    HfFuserSetup setup = depth_setup (stack.frames[0], HF_SAMPLE_U8, &options);
    HfFuseOptions defaults = options;
    Frame *usual = fuse_frames (&setup, stack.frames, N_FRAMES);
    Frame *blurred[2], *soft[2];

    for (size_t i = 0; i < G_N_ELEMENTS (texts); i++) {
        Frame *other;

        options = defaults;
        g_assert_true (hf_option_set (hf_option_find (&hf_fuse_table, texts[i][0]), &options,
                                      texts[i][1], NULL));
        other = fuse_frames (&setup, stack.frames, N_FRAMES);
        g_test_message ("%s", texts[i][0]);
        g_assert_false (frame_same_bits (usual, other));
        frame_free (other);
    }
    for (int i = 0; i < 2; i++) {
        options = defaults, options.depth_energy = HF_DEPTH_ENERGY_LAPLACIAN;
        options.depth_blur_size = i ? 1 : 5;
        blurred[i] = fuse_frames (&setup, stack.frames, N_FRAMES);
        options = defaults, options.map_type = HF_MAP_MAX, options.temperature = i;
        soft[i] = fuse_frames (&setup, stack.frames, N_FRAMES);
    }
    g_assert_false (frame_same_bits (blurred[0], blurred[1]));
    g_assert_false (frame_same_bits (soft[0], soft[1]));
    for (int i = 0; i < 2; i++) {
        frame_free (blurred[i]);
        frame_free (soft[i]);
    }
    frame_free (usual);
    stack_clear (&stack);
}

static double
mirrored (const Frame *frame, int c, int x, int y)
{
    int w = frame->width, h = frame->height;

    x = w == 1 ? 0 : x < 0 ? -x : x >= w ? 2 * w - 2 - x : x;
    y = h == 1 ? 0 : y < 0 ? -y : y >= h ? 2 * h - 2 - y : y;
    return frame->colour[c][y * w + x];
}

/* The strength of a frame's Laplacian at a pixel, without blur and window, in double precision. */
static double
laplacian_at (const Frame *frame, int x, int y)
{
    double sum = 0;

    for (int c = 0; c < frame->n_colours; c++) {
        double bend = 4 * mirrored (frame, c, x, y) - mirrored (frame, c, x - 1, y) -
                      mirrored (frame, c, x + 1, y) - mirrored (frame, c, x, y - 1) -
                      mirrored (frame, c, x, y + 1);

        sum += bend * bend / 16;
    }
    return sum;
}

/* The simple method takes each pixel from the frame of the strongest Laplacian: as a plain search
 * finds, but where two frames are as good as equal. */
static void
simple_takes_the_sharpest (void)
{
    static const int sizes[][2] = { { 1, 1 }, { 2, 5 }, { 61, 33 }, { 530, 140 } };

    for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++)
        for (int n_colours = 1; n_colours <= 3; n_colours += 2) {
            int w = sizes[s][0], h = sizes[s][1];
            Frame *frames[3], *fused;
            HfFuseOptions options;
            HfFuserSetup setup;

            for (int f = 0; f < 3; f++)
                frames[f] = frame_new_texture (w, h, n_colours, drawn_seed ());
            setup = depth_setup (frames[0], HF_SAMPLE_FLOAT, &options);
            options.method = HF_FUSION_SIMPLE;
            options.gauss_size = options.laplace_size = 1;
            fused = fuse_frames (&setup, frames, 3);
            for (int y = 0; y < h; y++)
                for (int x = 0; x < w; x++) {
                    double strength[3], most;
                    int of = -1;

                    for (int f = 0; f < 3; f++) {
                        strength[f] = laplacian_at (frames[f], x, y);
                        if (fused->colour[0][y * w + x] == frames[f]->colour[0][y * w + x])
                            of = f;
                    }
                    most = MAX (MAX (strength[0], strength[1]), strength[2]);
                    g_assert_cmpint (of, >=, 0);
                    g_assert_cmpfloat (strength[of], >=, most * 0.9999 - 1e-9);
                }
            frame_free (fused);
            for (int f = 0; f < 3; f++)
                frame_free (frames[f]);
        }
}

static void
simple_is_a_fuser (void)
{
    Stack stack = stack_new (700, 200, 3, true), same = stack_new (700, 200, 3, true);
    HfFuseOptions options;
    HfFuserSetup setup = depth_setup (stack.frames[0], HF_SAMPLE_U8, &options);
    Frame *one, *two, *other;
    size_t said;

    options.method = HF_FUSION_SIMPLE;
    g_assert_false (hf_fuse_method_has_maps (HF_FUSION_SIMPLE));
    one = fuse_frames (&setup, stack.frames, N_FRAMES);
    setup.pool = hf_pool_new (3, NULL);
    setup.budget = hf_budget_new (0);
    said = hf_fuser_memory (&setup);
    for (int f = 0; f < N_FRAMES; f++)
        for (int i = 0; i < 700 * 200; i++)
            for (int c = 0; c < 3 && same.frames[f]->validity[i] == 0; c++)
                same.frames[f]->colour[c][i] = 1e6f;
    two = fuse_frames (&setup, same.frames, N_FRAMES);
    g_assert_true (frame_same_bits (one, two));
    g_assert_cmpuint (hf_budget_peak (setup.budget), ==, said);
    options.gauss_size = 9;
    other = fuse_frames (&setup, stack.frames, N_FRAMES);
    g_assert_false (frame_same_bits (one, other));
    frame_free (other);
    options.gauss_size = 5, options.laplace_size = 11;
    other = fuse_frames (&setup, stack.frames, N_FRAMES);
    g_assert_false (frame_same_bits (one, other));
    frame_free (other);
    frame_free (one);
    frame_free (two);
    hf_budget_free (setup.budget);
    hf_pool_free (setup.pool);
    stack_clear (&stack);
    stack_clear (&same);
}

static void
two_passes_are_needed (void)
{
    Stack stack = stack_new (20, 20, 1, false);
    HfFuseOptions options;
    HfFuserSetup setup = depth_setup (stack.frames[0], HF_SAMPLE_U8, &options);
    HfFuser *fuser = hf_fuser_new (&setup, NULL);
    GError *error = NULL;

    g_assert_cmpint (hf_fuser_n_passes (fuser), ==, 2);
    g_assert_true (hf_fuse_method_has_maps (HF_FUSION_DEPTH_MAP));
    frame_add (fuser, stack.frames[0], NULL, NULL);
    g_assert_null (frame_finish (fuser, &setup, NULL, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_STACK);
    g_clear_error (&error);
    hf_fuser_free (fuser);
    stack_clear (&stack);
}

int
main (int argc, char **argv)
{
    static const char *energies[] = { "tenengrad", "laplacian", "modified-laplacian", "sobel",
                                      "variance" };

    if (argc == 2 && strcmp (argv[1], "--checksum") == 0) {
        print_checksum ();
        return 0;
    }
    program = argv[0];
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/depth/same-bits-for-any-threads", same_bits_for_any_threads);
    g_test_add_func ("/depth/same-bits-on-any-cpu-level", same_bits_on_any_cpu_level);
    g_test_add_func ("/depth/memory-is-as-said", memory_is_as_said);
    g_test_add_func ("/depth/memory-of-24-megapixels", memory_of_24_megapixels);
    g_test_add_func ("/depth/memory-may-be-missing", memory_may_be_missing);
    g_test_add_data_func ("/depth/one-picture-stays/average", GINT_TO_POINTER (HF_MAP_AVERAGE),
                          one_picture_stays);
    g_test_add_data_func ("/depth/one-picture-stays/max", GINT_TO_POINTER (HF_MAP_MAX),
                          one_picture_stays);
    for (int i = 0; i < 5; i++) {
        char *path = g_strdup_printf ("/depth/maps-tell-the-depth/%s", energies[i]);

        g_test_add_data_func (path, GINT_TO_POINTER (i), maps_tell_the_depth);
        g_free (path);
    }
    g_test_add_func ("/depth/flat-areas-stay-calm", flat_areas_stay_calm);
    g_test_add_func ("/depth/hidden-samples-do-not-count", hidden_samples_do_not_count);
    g_test_add_func ("/depth/huge-samples-stay-finite", huge_samples_stay_finite);
    g_test_add_func ("/depth/colours-are-not-invented", colours_are_not_invented);
    g_test_add_func ("/depth/cancel-is-heard-everywhere", cancel_is_heard_everywhere);
    g_test_add_func ("/depth/preference-chooses-the-layer", preference_chooses_the_layer);
    g_test_add_func ("/depth/options-do-something", options_do_something);
    g_test_add_func ("/simple/takes-the-sharpest", simple_takes_the_sharpest);
    g_test_add_func ("/simple/is-a-fuser", simple_is_a_fuser);
    g_test_add_func ("/depth/two-passes-are-needed", two_passes_are_needed);
    return g_test_run ();
}
