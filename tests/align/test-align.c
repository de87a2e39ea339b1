/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The alignment step on small stacks of known motion: what it finds, what it leaves out, and that
 * the result hangs on nothing but the pictures.
 *
 * Tolerances are end-point errors in pixels. Registration of these clean pictures reaches some
 * .005; the bound of .04 is the one the suite promises in any case.
 */
#include "stack.h"

#include <math.h>
#include <string.h>

static void
check_moving (HfFormat format)
{
    Stack stack;
    Drive drive;

    stack_init (&stack, MOVING, format, 0, drawn_seed ());
    drive_init (&drive);
    stack_run (&stack, &drive);
    stack_check (&stack, &drive, 0, PROMISED);
    for (int i = 0; i < FRAMES; i++) {
        const HfAlignRecord *record = &drive.records[i].align;

        g_assert_cmpint (record->model, ==,
                         i == FRAMES / 2 ? HF_TRANSFORM_NONE : HF_TRANSFORM_RIGID);
        g_assert_cmpfloat (record->correlation, >, 0.9);
        g_assert_cmpfloat (record->overlap, >, 0.9);
        g_assert_cmpfloat (record->residual, <, 0.5);
    }
    drive_clear (&drive);
    stack_clear (&stack);
}

static void
test_recovers_similarity (void)
{
    check_moving (GREY);
}

static void
test_formats (void)
{
    static const HfSampleType types[3] = { HF_SAMPLE_U8, HF_SAMPLE_U16, HF_SAMPLE_FLOAT };

    for (int t = 0; t < 3; t++)
        for (int channels = 1; channels <= 4; channels++)
            check_moving ((HfFormat) { types[t], channels });
}

static void
test_recovers_shift (void)
{
    Stack stack;
    Drive drive;

    stack_init (&stack, SHIFTED, GREY, 0, drawn_seed ());
    drive_init (&drive);
    stack_run (&stack, &drive);
    stack_check (&stack, &drive, 0, PROMISED);
    for (int i = 0; i < FRAMES; i++) {
        const double *m = drive.records[i].align.matrix.m;

        g_assert_cmpint (drive.records[i].align.model, ==,
                         i == FRAMES / 2 ? HF_TRANSFORM_NONE : HF_TRANSFORM_TRANSLATION);
        g_assert_true (m[0] == 1 && m[1] == 0 && m[3] == 0 && m[4] == 1);
    }
    drive_clear (&drive);
    stack_clear (&stack);
}

static void
test_models_asked_for (void)
{
    static const char *const names[4] = { "translation", "rigid", "affine", "homography" };
    Stack stack;

    stack_init (&stack, SHIFTED, GREY, 0, drawn_seed ());
    for (int k = 0; k < 4; k++) {
        Drive drive;

        drive_init (&drive);
        g_assert_true (hf_option_set (hf_option_find (&hf_align_table, "transform"),
                                      &drive.options.align, names[k], NULL));
        stack_run (&stack, &drive);
        stack_check (&stack, &drive, 0, PROMISED);
        g_assert_cmpint (drive.records[0].align.model, ==, HF_TRANSFORM_TRANSLATION + k);
        drive_clear (&drive);
    }
    stack_clear (&stack);
}

/* An affine motion that no similarity comes near to, found as such. */
static void
test_recovers_affine (void)
{
    Scene *scene = scene_new (WIDTH, HEIGHT, drawn_seed (), 0);
    HfImage *images[3];
    HfMatrix truth[3];
    Drive drive;
    double mean, worst;

    for (int i = 0; i < 3; i++) {
        SceneFrame frame = scene_frame ();

        frame.matrix.m[0] += 0.01 * (i - 1);
        frame.matrix.m[1] += 0.008 * (i - 1);
        frame.matrix.m[2] += 2.2 * (i - 1);
        truth[i] = frame.matrix;
        images[i] = scene_render (scene, &frame, (guint32) i);
    }
    drive_init (&drive);
    g_assert_true (drive_images (&drive, images, 3, NULL));
    g_assert_cmpint (drive_error (&drive, truth, WIDTH, HEIGHT, &mean, &worst), ==, 0);
    g_assert_cmpfloat (worst, <, PROMISED);
    g_assert_cmpint (drive.records[0].align.model, ==, HF_TRANSFORM_AFFINE);
    drive_clear (&drive);
    for (int i = 0; i < 3; i++)
        hf_image_free (images[i]);
    scene_free (scene);
}

/* About the middle: 1 / (1 + k . q) from the first frame to the last, and a shift. */
static HfMatrix
leaning (const Scene *scene, double lean_x, double lean_y, double dx)
{
    double x = 0.5 * (scene->width - 1), y = 0.5 * (scene->height - 1);
    HfMatrix there = { { 1, 0, -x, 0, 1, -y, 0, 0, 1 } }, back = { { 1, 0, x, 0, 1, y, 0, 0, 1 } };
    HfMatrix lean = { { 1, 0, dx, 0, 1, 0, lean_x / scene->width, lean_y / scene->height, 1 } };

    return hf_matrix_normalise (hf_matrix_multiply (back, hf_matrix_multiply (lean, there)));
}

/* Frames taken more and more from one side: found as a homography by itself and when asked for, and
 * chained in the reference's pixels, not the neighbour's. */
static void
test_recovers_homography (void)
{
    static const char *const names[2] = { "auto", "homography" };
    Scene *scene = scene_new (WIDTH, HEIGHT, drawn_seed (), 0);
    HfImage *images[5];
    HfMatrix truth[5];

    for (int i = 0; i < 5; i++) {
        SceneFrame frame = scene_frame ();

        frame.matrix = truth[i] = leaning (scene, 0.025 * (i - 2), -0.018 * (i - 2), 3.3 * (i - 2));
        images[i] = scene_render (scene, &frame, (guint32) i);
    }
    for (int k = 0; k < 2; k++) {
        Drive drive;
        double mean, worst;

        drive_init (&drive);
        g_assert_true (hf_option_set (hf_option_find (&hf_align_table, "transform"),
                                      &drive.options.align, names[k], NULL));
        g_assert_true (drive_images (&drive, images, 5, NULL));
        g_assert_cmpint (drive_error (&drive, truth, WIDTH, HEIGHT, &mean, &worst), ==, 0);
        g_test_message ("%s: mean %.4f, worst frame %.4f px", names[k], mean, worst);
        g_assert_cmpfloat (worst, <, PROMISED);
        g_assert_cmpint (drive.records[0].align.model, ==, HF_TRANSFORM_HOMOGRAPHY);
        g_assert_true (drive.records[0].align.matrix.m[8] == 1);
        drive_clear (&drive);
    }
    for (int i = 0; i < 5; i++)
        hf_image_free (images[i]);
    scene_free (scene);
}

static void
check_still (double noise)
{
    Stack stack;
    Drive drive;

    stack_init (&stack, STILL, GREY, noise, drawn_seed ());
    drive_init (&drive);
    stack_run (&stack, &drive);
    for (int i = 0; i < FRAMES; i++) {
        g_assert_true (drive.records[i].used);
        g_assert_true (hf_matrix_is_identity (&drive.records[i].align.matrix));
        g_assert_cmpint (drive.records[i].align.model, ==, HF_TRANSFORM_NONE);
    }
    drive_clear (&drive);
    stack_clear (&stack);
}

static void
test_no_motion_is_identity (void)
{
    check_still (0);
    check_still (0.035);
}

static void
test_equal_frames (void)
{
    Stack stack;
    Drive drive;
    HfImage *images[FRAMES];

    stack_init (&stack, STILL, GREY, 0, drawn_seed ());
    for (int i = 0; i < FRAMES; i++)
        images[i] = stack.images[0];
    drive_init (&drive);
    g_assert_true (drive_images (&drive, images, FRAMES, NULL));
    for (int i = 0; i < FRAMES; i++) {
        g_assert_true (drive.records[i].used);
        g_assert_true (hf_matrix_is_identity (&drive.records[i].align.matrix));
    }
    drive_clear (&drive);
    stack_clear (&stack);
}

/* What is under a quarter of a pixel at most is not seen as motion, but half a pixel must be. */
static void
test_slight_motion_is_motion (void)
{
    Scene *scene = scene_new (WIDTH, HEIGHT, drawn_seed (), 0);
    HfImage *images[2];
    HfMatrix truth[2];
    Drive drive;
    double mean, worst;

    for (int i = 0; i < 2; i++) {
        SceneFrame frame = scene_frame ();

        frame.matrix = truth[i] = scene_motion (scene, i ? 0 : 0.5, 0, 0, 1);
        images[i] = scene_render (scene, &frame, (guint32) i);
    }
    drive_init (&drive);
    g_assert_true (drive_images (&drive, images, 2, NULL));
    g_assert_cmpint (drive_error (&drive, truth, WIDTH, HEIGHT, &mean, &worst), ==, 0);
    g_assert_cmpfloat (worst, <, PROMISED);
    drive_clear (&drive);
    hf_image_free (images[0]);
    hf_image_free (images[1]);
    scene_free (scene);
}

/* Starts as far as promised for 1280 × 853: 150 px, 12 degrees, 12 %; here in proportion. */
static void
test_far_starts (void)
{
    guint32 seed = drawn_seed ();

    for (int k = 0; k < 8; k++) {
        Scene *scene = scene_new (WIDTH, HEIGHT, seed + (guint32) k, 0);
        SceneFrame frames[2] = { scene_frame (), scene_frame () };
        double far = 150.0 / 1280 * WIDTH, angle = k * 0.8 + 0.3, distance;
        HfImage *images[2];
        Drive drive;

        frames[1].matrix = scene_motion (scene, far * cos (angle), far * sin (angle),
                                         k % 2 ? 12 : -12, k % 4 < 2 ? 1.12 : 1 / 1.12);
        for (int i = 0; i < 2; i++) {
            frames[i].focus = 0.3 + 0.2 * i;
            frames[i].blur = 4;
            images[i] = scene_render (scene, &frames[i], (guint32) i);
        }
        drive_init (&drive);
        g_free (drive.options.align.reference);
        drive.options.align.reference = g_strdup ("first");
        g_assert_true (drive_images (&drive, images, 2, NULL));
        g_assert_cmpstr (drive.records[1].reason, ==, NULL);
        hf_matrix_distance (&drive.records[1].align.matrix, &frames[1].matrix, WIDTH, HEIGHT,
                            &distance, NULL);
        g_assert_cmpfloat (distance, <, PROMISED);
        drive_clear (&drive);
        hf_image_free (images[0]);
        hf_image_free (images[1]);
        scene_free (scene);
    }
}

/* Of a checkerboard the period nearest to the start is right: motion here stays under half of it.
 */
static void
test_repeated_pattern (void)
{
    Scene *scene = scene_new (WIDTH, HEIGHT, drawn_seed (), 40);
    HfImage *images[5];
    HfMatrix truth[5];
    Drive drive;
    double mean, worst;

    for (int i = 0; i < 5; i++) {
        SceneFrame frame = scene_frame ();

        frame.matrix = truth[i] =
            scene_motion (scene, 6.0 * (i - 2), -3.0 * (i - 2), 0.3 * (i - 2), 1 + 0.01 * (i - 2));
        frame.focus = i / 4.0;
        frame.blur = 6;
        images[i] = scene_render (scene, &frame, (guint32) i);
    }
    drive_init (&drive);
    g_assert_true (drive_images (&drive, images, 5, NULL));
    g_assert_cmpint (drive_error (&drive, truth, WIDTH, HEIGHT, &mean, &worst), ==, 0);
    g_assert_cmpfloat (worst, <, PROMISED);
    drive_clear (&drive);
    for (int i = 0; i < 5; i++)
        hf_image_free (images[i]);
    scene_free (scene);
}

static void
test_same_for_any_batch_and_threads (void)
{
    static const int batches[3] = { 1, 3, 7 }, threads[3] = { 1, 2, 7 };
    guint32 seed = drawn_seed ();
    Stack stack;
    Drive first;

    stack_init (&stack, MOVING, GREY, 0.01, seed);
    stack_spoil (&stack, FRAMES / 2 + 1, BLACK, seed); /* the ways around a bad frame too */
    drive_init (&first);
    stack_run (&stack, &first);
    for (int k = 0; k < 9; k++) {
        Drive drive;

        drive_init (&drive);
        drive.batch = batches[k / 3];
        drive.threads = threads[k % 3];
        stack_run (&stack, &drive);
        for (int i = 0; i < FRAMES; i++) {
            g_assert_cmpmem (&drive.records[i].align, sizeof (HfAlignRecord),
                             &first.records[i].align, sizeof (HfAlignRecord));
            g_assert_cmpstr (drive.records[i].reason, ==, first.records[i].reason);
        }
        drive_clear (&drive);
    }
    drive_clear (&first);
    stack_clear (&stack);
}

static void
test_tiny_frames (void)
{
    static const int sizes[6][2] = { { 1, 1 },   { 8, 8 },   { 1, 300 },
                                     { 300, 1 }, { 17, 31 }, { 40, 23 } };

    for (int k = 0; k < 6; k++) {
        HfImage *images[3];
        Drive drive;

        for (int i = 0; i < 3; i++) {
            images[i] = hf_image_new (NULL, sizes[k][0], sizes[k][1], GREY, NULL);
            for (int y = 0; y < sizes[k][1]; y++)
                memset (hf_image_row (images[i], y), (y * 7) & 255, (size_t) sizes[k][0]);
        }
        drive_init (&drive);
        g_assert_true (drive_images (&drive, images, 3, NULL));
        g_assert_true (drive.records[1].used); /* the reference */
        g_assert_false (drive.records[0].used);
        g_assert_nonnull (drive.records[0].reason);
        drive_clear (&drive);
        for (int i = 0; i < 3; i++)
            hf_image_free (images[i]);
    }
}

/* Half of the picture is transparent, with another picture's colour under it. */
static void
test_transparent_part (void)
{
    static const HfFormat rgba = { HF_SAMPLE_U8, 4 };
    guint32 seed = drawn_seed ();
    Stack stack, other;
    Drive drive;

    stack_init (&stack, MOVING, rgba, 0, seed);
    stack_init (&other, STILL, rgba, 0, seed + 1);
    for (int i = 0; i < FRAMES; i++) {
        for (int y = 0; y < HEIGHT; y++) {
            uint8_t *row = hf_image_row (stack.images[i], y);

            memcpy (row, hf_image_row (other.images[i], y), 4 * (WIDTH / 2));
            for (int x = 0; x < WIDTH / 2; x++)
                row[4 * x + 3] = 0;
        }
    }
    drive_init (&drive);
    stack_run (&stack, &drive);
    stack_check (&stack, &drive, 0, PROMISED);
    drive_clear (&drive);
    stack_clear (&other);
    stack_clear (&stack);
}

typedef struct OffsetSource {
    HfSource parent;
    HfSource *images;
    int x[3], y[3];
} OffsetSource;

static bool
offset_info (HfSource *source, int frame, HfFrameInfo *info, GError **error)
{
    OffsetSource *self = (OffsetSource *) source;

    if (!hf_source_info (self->images, frame, info, error))
        return false;
    info->x = self->x[frame];
    info->y = self->y[frame];
    return true;
}

static HfImage *
offset_read (HfSource *source, int frame, int reduction, HfBudget *budget, GError **error)
{
    return hf_source_read (((OffsetSource *) source)->images, frame, reduction, budget, error);
}

static const HfSourceClass offset_class = { offset_info, offset_read, NULL, true };

/* Layers that the user has moved into place roughly: their offsets are where the search begins, and
 * with no transform they are the result. */
static void
test_layer_offsets (void)
{
    Scene *scene = scene_new (WIDTH, HEIGHT, drawn_seed (), 0);
    OffsetSource source = { { &offset_class, 3 }, NULL, { 0, 100, 260 }, { 0, -20, 40 } };
    static const double dx[3] = { 0, -101.3, -258.8 }, dy[3] = { 0, 18.4, -41.7 };
    HfImage *images[3];

    for (int i = 0; i < 3; i++) {
        SceneFrame frame = scene_frame ();

        frame.matrix = scene_motion (scene, dx[i], dy[i], 0, 1);
        images[i] = scene_render (scene, &frame, (guint32) i);
    }
    source.images = hf_source_new_from_images (images, NULL, NULL, 3);
    for (int none = 0; none < 2; none++) {
        Drive drive;

        drive_init (&drive);
        g_free (drive.options.align.reference);
        drive.options.align.reference = g_strdup ("0");
        if (none)
            drive.options.align.transform = HF_TRANSFORM_NONE;
        g_assert_true (drive_run (&drive, &source.parent, NULL));
        for (int i = 1; i < 3; i++) {
            const double *m = drive.records[i].align.matrix.m;

            g_assert_cmpstr (drive.records[i].reason, ==, NULL);
            g_assert_cmpfloat_with_epsilon (m[2], none ? -source.x[i] : dx[i],
                                            none ? 1e-9 : PROMISED);
            g_assert_cmpfloat_with_epsilon (m[5], none ? -source.y[i] : dy[i],
                                            none ? 1e-9 : PROMISED);
        }
        g_assert_cmpfloat (drive.records[2].align.overlap, <, 0.5);
        drive_clear (&drive);
    }
    hf_source_free (source.images);
    for (int i = 0; i < 3; i++)
        hf_image_free (images[i]);
    scene_free (scene);
}

static HfImage *
cut (const HfImage *image, int x, int y, int width, int height)
{
    HfImage *part = hf_image_new (NULL, width, height, image->format, NULL);
    size_t pixel = hf_format_bytes (image->format);

    for (int j = 0; j < height; j++)
        memcpy (hf_image_row (part, j), (char *) hf_image_row (image, y + j) + (size_t) x * pixel,
                (size_t) width * pixel);
    return part;
}

/* Layers of an editor may have any sizes; the parts cut out are of their own size and place. */
static void
test_mixed_sizes (void)
{
    static const int x[3] = { 40, 0, 25 }, y[3] = { 30, 0, 60 };
    static const int width[3] = { 330, WIDTH, 395 }, height[3] = { 250, HEIGHT, 201 };
    Scene *scene = scene_new (WIDTH, HEIGHT, drawn_seed (), 0);
    OffsetSource source = { { &offset_class, 3 }, NULL, { 40, 0, 25 }, { 30, 0, 60 } };
    HfImage *parts[3];
    HfMatrix truth[3];
    Drive drive;
    double mean, worst;

    for (int i = 0; i < 3; i++) {
        SceneFrame frame = scene_frame ();
        HfImage *whole;

        frame.matrix =
            scene_motion (scene, 3.3 * (i - 1), 2.1 * (i - 1), 0.5 * (i - 1), 1 + 0.02 * (i - 1));
        whole = scene_render (scene, &frame, (guint32) i);
        parts[i] = cut (whole, x[i], y[i], width[i], height[i]);
        hf_image_free (whole);
        truth[i] = frame.matrix;
        truth[i].m[2] -= x[i];
        truth[i].m[5] -= y[i];
    }
    source.images = hf_source_new_from_images (parts, NULL, NULL, 3);
    drive_init (&drive);
    g_assert_true (drive_run (&drive, &source.parent, NULL));
    g_assert_cmpint (drive_error (&drive, truth, WIDTH, HEIGHT, &mean, &worst), ==, 0);
    g_assert_cmpfloat (worst, <, PROMISED);
    drive_clear (&drive);
    hf_source_free (source.images);
    for (int i = 0; i < 3; i++)
        hf_image_free (parts[i]);
    scene_free (scene);
}

static void
test_cancel (void)
{
    HfMonitor monitor;
    GError *error = NULL;
    Stack stack;
    Drive drive;

    stack_init (&stack, MOVING, GREY, 0, drawn_seed ());
    hf_monitor_init (&monitor, NULL, NULL, NULL);
    hf_monitor_cancel (&monitor);
    drive_init (&drive);
    drive.monitor = &monitor;
    g_assert_false (drive_images (&drive, stack.images, FRAMES, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_CANCELLED);
    g_error_free (error);
    drive_clear (&drive);
    stack_clear (&stack);
}

/* Every allocation fails once; the run says so, and gives back all it had. */
static void
test_failing_allocations (void)
{
    HfBudget *budget = hf_budget_new (0);
    long n_allocations;
    Stack stack;
    Drive drive;

    stack_init (&stack, MOVING, GREY, 0, drawn_seed ());
    drive_init (&drive);
    drive.budget = budget;
    drive.threads = 1;
    hf_memory_fail_after (-1);
    stack_run (&stack, &drive);
    n_allocations = hf_memory_fail_after (-1);
    g_assert_cmpint (n_allocations, >, FRAMES);
    for (long k = 0; k < n_allocations; k += 1 + n_allocations / 60) {
        GError *error = NULL;

        hf_memory_fail_after (k);
        g_assert_false (drive_images (&drive, stack.images, FRAMES, &error));
        g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
        g_clear_error (&error);
        g_assert_cmpuint (hf_budget_used (budget), ==, 0);
    }
    hf_memory_fail_after (-1);
    drive_clear (&drive);
    hf_budget_free (budget);
    stack_clear (&stack);
}

/* Memory does not grow with the number of frames. */
static void
test_memory_is_flat (void)
{
    size_t peaks[2];
    Stack stack;

    stack_init (&stack, STILL, GREY, 0, drawn_seed ());
    for (int k = 0; k < 2; k++) {
        int n = k ? 40 : 12;
        HfImage *images[40];
        HfBudget *budget = hf_budget_new (0);
        Drive drive;

        for (int i = 0; i < n; i++)
            images[i] = stack.images[i % FRAMES];
        drive_init (&drive);
        drive.budget = budget;
        drive.threads = 1;
        g_assert_true (drive_images (&drive, images, n, NULL));
        peaks[k] = hf_budget_peak (budget);
        drive_clear (&drive);
        hf_budget_free (budget);
    }
    g_assert_cmpuint (peaks[0], ==, peaks[1]);
    stack_clear (&stack);
}

static void
test_reference_option (void)
{
    static const struct {
        const char *text;
        int n, reference; /* -1 = refused */
    } cases[] = {
        { "middle", 7, 3 }, { "middle", 8, 4 }, { "middle", 1, 0 }, { "first", 5, 0 },
        { "last", 5, 4 },   { "2", 5, 2 },      { "5", 5, -1 },     { "-1", 5, -1 },
        { "best", 5, -1 },  { "", 5, -1 },      { "2x", 5, -1 },
    };
    HfAlignOptions options;

    hf_options_init (&hf_align_table, &options);
    for (gsize k = 0; k < G_N_ELEMENTS (cases); k++) {
        GError *error = NULL;
        int reference = -1;
        bool good;

        g_free (options.reference);
        options.reference = g_strdup (cases[k].text);
        good = hf_align_reference (&options, cases[k].n, &reference, &error);
        g_assert_cmpint (good, ==, cases[k].reference >= 0);
        if (good)
            g_assert_cmpint (reference, ==, cases[k].reference);
        else
            g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
        g_clear_error (&error);
    }
    hf_options_clear (&hf_align_table, &options);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/align/reference-option", test_reference_option);
    g_test_add_func ("/align/recovers-similarity", test_recovers_similarity);
    g_test_add_func ("/align/recovers-shift", test_recovers_shift);
    g_test_add_func ("/align/recovers-affine", test_recovers_affine);
    g_test_add_func ("/align/recovers-homography", test_recovers_homography);
    g_test_add_func ("/align/models-asked-for", test_models_asked_for);
    g_test_add_func ("/align/formats", test_formats);
    g_test_add_func ("/align/no-motion-is-identity", test_no_motion_is_identity);
    g_test_add_func ("/align/equal-frames", test_equal_frames);
    g_test_add_func ("/align/slight-motion-is-motion", test_slight_motion_is_motion);
    g_test_add_func ("/align/far-starts", test_far_starts);
    g_test_add_func ("/align/repeated-pattern", test_repeated_pattern);
    g_test_add_func ("/align/same-for-any-batch-and-threads", test_same_for_any_batch_and_threads);
    g_test_add_func ("/align/tiny-frames", test_tiny_frames);
    g_test_add_func ("/align/transparent-part", test_transparent_part);
    g_test_add_func ("/align/layer-offsets", test_layer_offsets);
    g_test_add_func ("/align/mixed-sizes", test_mixed_sizes);
    g_test_add_func ("/align/cancel", test_cancel);
    g_test_add_func ("/align/failing-allocations", test_failing_allocations);
    g_test_add_func ("/align/memory-is-flat", test_memory_is_flat);
    return g_test_run ();
}
