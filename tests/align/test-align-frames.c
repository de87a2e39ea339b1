/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which frames take part, and by way of which: bad ones among good ones, the order in which pairs
 * are made, and the limits of what is taken for possible.
 */
#include "stack.h"

#include <math.h>
#include <string.h>

static void
set_option (Drive *drive, const char *name, const char *text)
{
    GError *error = NULL;

    hf_option_set (hf_option_find (&hf_align_table, name), &drive->options.align, text, &error);
    g_assert_no_error (error);
}

/* Runs the frames that are not bad alone, about the same reference; records by the old numbers. */
static void
run_without (const Stack *stack, const bool bad[FRAMES], Drive *drive, int numbers[FRAMES])
{
    HfImage *images[FRAMES];
    int n = 0, reference = 0;
    char *text;

    for (int i = 0; i < FRAMES; i++) {
        if (i == FRAMES / 2)
            reference = n;
        numbers[i] = n;
        if (!bad[i])
            images[n++] = stack->images[i];
    }
    text = g_strdup_printf ("%d", reference);
    drive_init (drive);
    set_option (drive, "reference", text);
    g_assert_true (drive_images (drive, images, n, NULL));
    g_free (text);
}

/* All numbers of all good frames are those of a run that never saw the bad ones, bit for bit. */
static void
check_as_if_not_there (const Stack *stack, const bool bad[FRAMES])
{
    Drive with, without;
    int numbers[FRAMES];

    drive_init (&with);
    stack_run (stack, &with);
    run_without (stack, bad, &without, numbers);
    for (int i = 0; i < FRAMES; i++) {
        g_assert_cmpint (with.records[i].used, ==, !bad[i]);
        if (bad[i])
            g_assert_nonnull (strstr (with.records[i].reason, "0.50"));
        else
            g_assert_cmpmem (&with.records[i].align, sizeof (HfAlignRecord),
                             &without.records[numbers[i]].align, sizeof (HfAlignRecord));
    }
    drive_clear (&with);
    drive_clear (&without);
}

/* Each kind of bad frame as the first, the last, in the middle of a side, beside the reference on
 * one side and on both, and two in a row. */
static void
test_bad_frames (void)
{
    static const char *const places[] = { "x......", "......x", ".x.....", "....x..",
                                          "..x.x..", "....xx.", "x.x.x.x" };
    guint32 seed = drawn_seed ();

    for (gsize place = 0; place < G_N_ELEMENTS (places); place++) {
        for (Bad kind = 0; kind < (place < 4 ? N_BAD : 1); kind++) {
            bool bad[FRAMES];
            Stack stack;

            stack_init (&stack, MOVING, GREY, 0, seed);
            for (int i = 0; i < FRAMES; i++) {
                bad[i] = places[place][i] == 'x';
                if (bad[i])
                    stack_spoil (&stack, i, (Bad) ((kind + i) % N_BAD), seed + (guint32) i);
            }
            check_as_if_not_there (&stack, bad);
            stack_clear (&stack);
        }
    }
}

/* A frame that shook during the exposure may be in or out, but must not harm the others. */
static void
test_shaken_frames (void)
{
    static const char *const places[] = { "x......", "......x", ".x.....", "....x..", "..x.x.." };
    guint32 seed = drawn_seed ();

    for (gsize place = 0; place < G_N_ELEMENTS (places); place++) {
        Stack stack;
        Drive drive;

        stack_init (&stack, MOVING, GREY, 0, seed);
        for (int i = 0; i < FRAMES; i++)
            if (places[place][i] == 'x')
                stack_shake (&stack, i, 32);
        drive_init (&drive);
        stack_run (&stack, &drive);
        for (int i = 0; i < FRAMES; i++) {
            double distance;

            hf_matrix_distance (&drive.records[i].align.matrix, &stack.truth[i], WIDTH, HEIGHT,
                                &distance, NULL);
            if (places[place][i] != 'x')
                g_assert_cmpfloat (distance, <, 3 * PROMISED);
        }
        drive_clear (&drive);
        stack_clear (&stack);
    }
}

/* Not step by step a frame's place is what it is beside the reference alone. */
static void
test_directly_to_reference (void)
{
    Stack stack;
    Drive all;

    stack_init (&stack, MOVING, GREY, 0.01, drawn_seed ());
    drive_init (&all);
    set_option (&all, "step-process", "no");
    set_option (&all, "transform", "rigid");
    stack_run (&stack, &all);
    stack_check (&stack, &all, 0, PROMISED);
    for (int i = 0; i < FRAMES; i++) {
        HfImage *two[2] = { stack.images[FRAMES / 2], stack.images[i] };
        double largest;
        Drive pair;

        drive_init (&pair);
        set_option (&pair, "reference", "first");
        set_option (&pair, "transform", "rigid");
        g_assert_true (drive_images (&pair, two, 2, NULL));
        hf_matrix_distance (&pair.records[1].align.matrix, &all.records[i].align.matrix, WIDTH,
                            HEIGHT, NULL, &largest);
        g_assert_cmpfloat (largest, <, i == FRAMES / 2 ? PROMISED : 1e-6);
        drive_clear (&pair);
    }
    drive_clear (&all);
    stack_clear (&stack);
}

/* A camera that pans so far that the last frames do not see the reference's subject: a frame that
 * does not fit the reference is taken by way of its neighbour. */
static void
test_directly_or_by_neighbours (void)
{
    enum { N = 4 };
    Scene *scene = scene_new (WIDTH, HEIGHT, drawn_seed (), 0);
    HfImage *images[N];
    HfMatrix truth[N];
    double mean, worst;
    Drive drive;

    for (int i = 0; i < N; i++) {
        SceneFrame frame = scene_frame ();

        frame.matrix = truth[i] = scene_motion (scene, 140.4 * (i - 1.5), 0, 0, 1);
        images[i] = scene_render (scene, &frame, (guint32) i);
    }
    for (int i = N - 1; i >= 0; i--) {
        HfMatrix back;

        g_assert_true (hf_matrix_invert (truth[0], &back));
        truth[i] = hf_matrix_multiply (truth[i], back);
    }
    drive_init (&drive);
    set_option (&drive, "step-process", "no");
    set_option (&drive, "reference", "first");
    set_option (&drive, "transform", "translation");
    set_option (&drive, "min-overlap", "0");
    set_option (&drive, "max-shift", "200");
    g_assert_true (drive_images (&drive, images, N, NULL));
    g_assert_cmpint (drive_error (&drive, truth, WIDTH, HEIGHT, &mean, &worst), ==, 0);
    g_assert_cmpfloat (worst, <, PROMISED);
    g_assert_cmpfloat (drive.records[N - 1].align.overlap, <, 0.01);
    drive_clear (&drive);
    for (int i = 0; i < N; i++)
        hf_image_free (images[i]);
    scene_free (scene);
}

typedef struct Limit {
    const char *option, *tight, *wide;
    HfMatrix motion;
} Limit;

/* Motions that each go beyond one limit; middle of the picture is (209.5, 149.5). */
static Limit
limit_of (const Scene *scene, int k)
{
    HfMatrix shear = { { 1.03, 0.01, -7.8, 0.01, 0.97, 2.4, 0, 0, 1 } };
    double lean = 0.03 / WIDTH;
    HfMatrix keystone = { { 1 + lean * 209.5, 0, -lean * 209.5 * 209.5, lean * 149.5, 1,
                            -lean * 149.5 * 209.5, lean, 0, 1 - lean * 209.5 } };

    switch (k) {
    case 0:
        return (Limit) { "max-rotation", "1.9", "2.1", scene_motion (scene, 1, 1, -2, 1) };
    case 1:
        return (Limit) { "max-scale", "2.9", "3.1", scene_motion (scene, 1, 1, 0, 1.03) };
    case 2:
        return (Limit) { "max-scale", "2.9", "3.1", scene_motion (scene, 1, 1, 0, 1 / 1.03) };
    case 3:
        return (Limit) { "max-shear", "3.1", "3.2", shear };
    case 4:
        return (Limit) { "max-keystone", "2.9", "3.1", hf_matrix_normalise (keystone) };
    case 5:
        return (Limit) { "max-shift", "4.9", "5.1",
                         scene_motion (scene, 0.04 * WIDTH, 0.03 * WIDTH, 0, 1) };
    default:
        return (Limit) { "min-overlap", "97", "95", scene_motion (scene, 0.04 * WIDTH, 0, 0, 1) };
    }
}

/* A frame beyond a limit is left out with name and number of it, and the frame behind it, which is
 * not, is aligned as ever; within the limit it is used. */
static void
test_limits (void)
{
    guint32 seed = drawn_seed ();

    for (int k = 0; k < 7; k++) {
        Scene *scene = scene_new (WIDTH, HEIGHT, seed, 0);
        Limit limit = limit_of (scene, k);
        HfMatrix truth[3] = { hf_matrix_identity (), limit.motion,
                              scene_motion (scene, 2.3, 1.2, 0, 1) };
        HfImage *images[3];

        for (int i = 0; i < 3; i++) {
            SceneFrame frame = scene_frame ();

            frame.matrix = truth[i];
            images[i] = scene_render (scene, &frame, (guint32) i);
        }
        for (int wide = 0; wide < 2; wide++) {
            double mean, worst;
            Drive drive;

            drive_init (&drive);
            set_option (&drive, "reference", "first");
            set_option (&drive, limit.option, wide ? limit.wide : limit.tight);
            g_assert_true (drive_images (&drive, images, 3, NULL));
            g_assert_cmpint (drive_error (&drive, truth, WIDTH, HEIGHT, &mean, &worst), ==, !wide);
            g_assert_cmpfloat (worst, <, PROMISED);
            g_assert_cmpint (drive.records[1].used, ==, wide);
            if (!wide)
                g_assert_nonnull (strstr (drive.records[1].reason, limit.option));
            drive_clear (&drive);
        }
        for (int i = 0; i < 3; i++)
            hf_image_free (images[i]);
        scene_free (scene);
    }
}

/* What is hidden in a third of the picture does not agree with the motion, and is counted. */
static void
test_inliers (void)
{
    Stack stack, other;
    Drive clean, hidden;

    stack_init (&stack, MOVING, GREY, 0, drawn_seed ());
    stack_init (&other, STILL, GREY, 0, stack.scene->seed + 1);
    drive_init (&clean);
    stack_run (&stack, &clean);
    for (int y = 0; y < HEIGHT; y++)
        memcpy (hf_image_row (stack.images[1], y), hf_image_row (other.images[1], y), WIDTH / 3);
    drive_init (&hidden);
    stack_run (&stack, &hidden);
    g_test_message ("inliers %.3f, a third hidden %.3f", clean.records[1].align.inliers,
                    hidden.records[1].align.inliers);
    g_assert_cmpfloat (clean.records[1].align.inliers, >, 0.75);
    g_assert_cmpfloat (hidden.records[1].align.inliers, <, clean.records[1].align.inliers - 0.1);
    g_assert_cmpfloat (clean.records[FRAMES / 2].align.inliers, ==, 1);
    drive_clear (&clean);
    drive_clear (&hidden);
    stack_clear (&other);
    stack_clear (&stack);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/align/frames/bad", test_bad_frames);
    g_test_add_func ("/align/frames/shaken", test_shaken_frames);
    g_test_add_func ("/align/frames/directly-to-reference", test_directly_to_reference);
    g_test_add_func ("/align/frames/directly-or-by-neighbours", test_directly_or_by_neighbours);
    g_test_add_func ("/align/frames/limits", test_limits);
    g_test_add_func ("/align/frames/inliers", test_inliers);
    return g_test_run ();
}
