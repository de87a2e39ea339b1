/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The estimate by features on rendered stacks with known truth, every combination that goes
 * together; those that do not are refused; the same bits for any number of threads.
 */
#include "drive.h"
#include "render.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 640, HEIGHT = 427, FRAMES = 3 };

/*
 * Mean end-point error in pixels at this size. Features are placed to some tenths of a pixel, and
 * hundreds of them average that to about 0.05; those of ORB and BRISK are placed worse, to whole
 * pixels of coarse pyramids; the worst drawn seed had 1.4 px (ORB's places, SIFT's descriptors).
 * Bounds are two to four times what was measured.
 */
typedef struct Combination {
    const char *detector, *descriptor, *matching;
    double bound;
} Combination;

static const Combination combinations[] = {
    { "sift", "auto", "auto", 0.15 },        { "sift", "sift", "knn", 0.15 },
    { "sift", "brisk", "auto", 0.15 },       { "orb", "auto", "auto", 0.4 },
    { "orb", "sift", "knn", 2.5 },           { "orb", "brisk", "norm-hamming", 2.5 },
    { "akaze", "auto", "auto", 0.2 },        { "akaze", "sift", "auto", 0.2 },
    { "akaze", "orb", "auto", 0.2 },         { "akaze", "brisk", "auto", 0.2 },
    { "brisk", "auto", "auto", 1.2 },        { "brisk", "sift", "auto", 1.2 },
    { "brisk", "orb", "norm-hamming", 1.2 },
};

static void
set (Drive *drive, const char *name, const char *value)
{
    void *part;
    const HfOption *option = hf_option_find (&hf_features_table, name);
    GError *error = NULL;

    part = &drive->options.features;
    g_assert_nonnull (option);
    g_assert_true (hf_option_set (option, part, value, &error));
    g_assert_no_error (error);
}

static bool
is_there (void)
{
    if (hf_features_available ())
        return true;
    g_test_skip ("this build has no feature detectors");
    return false;
}

static HfRender *
stack (const char *name, guint64 seed)
{
    HfRenderOptions options;
    GError *error = NULL;
    HfRender *render;
    HfPool *pool = hf_pool_new (2, NULL);

    g_assert_true (hf_render_options_init (&options, name, seed));
    hf_render_options_resize (&options, WIDTH, HEIGHT);
    options.n_frames = FRAMES;
    render = hf_render_new (&options, pool, &error);
    g_assert_no_error (error);
    hf_pool_free (pool);
    return render;
}

static void
drive_combination (Drive *drive, const Combination *combination, const char *estimate,
                   HfRender *render)
{
    GError *error = NULL;

    drive_init (drive);
    set (drive, "estimate", estimate);
    set (drive, "detector", combination->detector);
    set (drive, "descriptor", combination->descriptor);
    set (drive, "matching", combination->matching);
    g_assert_true (drive_images (drive, render->frames, FRAMES, &error));
    g_assert_no_error (error);
}

static void
recovers (gconstpointer data)
{
    static const char *const cases[] = { "breathing", "hand-held" };
    const Combination *combination = data;
    guint64 seed = (guint64) g_test_rand_int_range (1, 100000);

    /* mixed pairs on one case: what differs is where features are placed, not how frames move */
    for (int k = strcmp (combination->descriptor, "auto") != 0; is_there () && k < 2; k++) {
        HfRender *render = stack (cases[k], seed);
        double mean, worst;
        int left_out;
        Drive drive;

        drive_combination (&drive, combination, "features", render);
        left_out = drive_error (&drive, render->matrices, WIDTH, HEIGHT, &mean, &worst);
        g_test_message ("%s, %s + %s, seed %" G_GUINT64_FORMAT
                        ": mean %.3f, worst %.3f px, %.0f ms",
                        cases[k], combination->detector, combination->descriptor, seed, mean, worst,
                        1e3 * drive.seconds / FRAMES);
        g_assert_cmpint (left_out, ==, 0);
        g_assert_cmpfloat (mean, <, combination->bound);
        g_assert_cmpfloat (worst, <, 2 * combination->bound);
        drive_clear (&drive);
        hf_render_free (render);
    }
}

/* As the start of the direct estimate features change nothing of its precision. */
static void
start (void)
{
    guint64 seed = (guint64) g_test_rand_int_range (1, 100000);
    HfRender *render;
    double mean, worst;
    Drive drive;

    if (!is_there ())
        return;
    render = stack ("hand-held", seed);
    drive_combination (&drive, &combinations[0], "features-then-direct", render);
    g_assert_cmpint (drive_error (&drive, render->matrices, WIDTH, HEIGHT, &mean, &worst), ==, 0);
    g_test_message ("seed %" G_GUINT64_FORMAT ": mean %.4f, worst %.4f px", seed, mean, worst);
    g_assert_cmpfloat (mean, <, 0.04); /* as of the direct estimate alone */
    drive_clear (&drive);
    hf_render_free (render);
}

/* Robust fits, indexes and subsampling of either kind: each leads to the truth. */
static void
variants (gconstpointer data)
{
    char **words = g_strsplit (data, " ", -1);
    GError *error = NULL;
    HfRender *render;
    double mean, worst;
    Drive drive;

    if (is_there ()) {
        render = stack ("hand-held", 71);
        drive_init (&drive);
        set (&drive, "estimate", "features");
        for (int i = 0; words[i] && words[i + 1]; i += 2)
            set (&drive, words[i], words[i + 1]);
        g_assert_true (drive_images (&drive, render->frames, FRAMES, &error));
        g_assert_no_error (error);
        g_assert_cmpint (drive_error (&drive, render->matrices, WIDTH, HEIGHT, &mean, &worst), ==,
                         0);
        g_test_message ("%s: mean %.3f, worst %.3f px", (const char *) data, mean, worst);
        g_assert_cmpfloat (mean, <, strstr (data, "sampl") ? 0.3 : 0.15);
        drive_clear (&drive);
        hf_render_free (render);
    }
    g_strfreev (words);
}

static void
same_bits (void)
{
    HfRender *render;
    Drive one, other;

    if (!is_there ())
        return;
    render = stack ("breathing", 72);
    for (int k = 0; k < 7; k += 3) { /* sift, orb, akaze */
        drive_combination (&one, &combinations[k], "features", render);
        drive_init (&other);
        other.threads = 5;
        other.batch = 3;
        set (&other, "estimate", "features");
        set (&other, "detector", combinations[k].detector);
        g_assert_true (drive_images (&other, render->frames, FRAMES, NULL));
        for (int i = 0; i < FRAMES; i++)
            g_assert_cmpmem (one.records[i].align.matrix.m, sizeof (HfMatrix),
                             other.records[i].align.matrix.m, sizeof (HfMatrix));
        drive_clear (&one);
        drive_clear (&other);
    }
    hf_render_free (render);
}

static void
assert_refused (const char *detector, const char *descriptor, const char *matching,
                const char *reason)
{
    Drive drive;
    GError *error = NULL;

    drive_init (&drive);
    set (&drive, "estimate", "features");
    set (&drive, "detector", detector);
    set (&drive, "descriptor", descriptor);
    set (&drive, "matching", matching);
    g_assert_false (hf_features_check (&drive.options.features, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_test_message ("%s", error->message);
    g_assert_nonnull (
        strstr (error->message, hf_features_available () ? reason : "made without OpenCV"));
    g_clear_error (&error);
    set (&drive, "estimate", "direct");
    g_assert_true (hf_features_check (&drive.options.features, &error));
    drive_clear (&drive);
}

static void
refusals (void)
{
    static const char *const others[] = { "sift", "orb", "brisk" };
    static const char *const binary[] = { "orb", "akaze", "brisk" };

    for (int i = 0; i < 3; i++)
        assert_refused (others[i], "akaze", "auto", "akaze describes only");
    for (int i = 0; i < 3; i++)
        assert_refused (binary[i], "auto", "knn", "compares numbers");
    assert_refused ("sift", "auto", "norm-hamming", "compares bits");
    assert_refused ("orb", "sift", "norm-hamming", "compares bits");
    assert_refused ("sift", "orb", "auto", "misreads the octave");
    if (!hf_features_has_surf ())
        assert_refused ("surf", "auto", "auto", "no SURF");
}

/* Where a picture reduced eight times has too few features, the frame itself is looked at. */
static void
full_resolution (void)
{
    HfRender *render;
    double mean, worst;
    Drive drive;

    if (!is_there ())
        return;
    render = stack ("hand-held", 73);
    for (int few = 0; few < 2; few++) {
        drive_init (&drive);
        set (&drive, "estimate", "features");
        set (&drive, "subsample", "8");
        /* more than the eighth has, and more than there are anywhere */
        set (&drive, "min-good-matches", few ? "100000" : "200");
        g_assert_true (drive_images (&drive, render->frames, FRAMES, NULL));
        if (few) {
            g_assert_nonnull (strstr (drive.records[0].reason, "where 100000 are needed"));
        } else {
            g_assert_cmpint (drive_error (&drive, render->matrices, WIDTH, HEIGHT, &mean, &worst),
                             ==, 0);
            g_test_message ("mean %.3f, worst %.3f px", mean, worst);
            g_assert_cmpfloat (mean, <, 0.15); /* of the full size; of an eighth it is more */
        }
        drive_clear (&drive);
    }
    hf_render_free (render);
}

/* The picture seen through a matrix, width pixels of it. */
static HfImage *
seen_through (const HfImage *image, HfMatrix matrix, int width)
{
    HfAlignRecord record = { .matrix = matrix, .model = HF_TRANSFORM_RIGID };
    HfInterpolation cubic = HF_INTERPOLATION_BICUBIC;
    HfRect rect = { 0, 0, width, image->height }, all = { 0, 0, image->width, image->height };
    int n = hf_format_n_colours (image->format);
    HfFormat format = { image->format.type, n + 1 };
    HfImage *seen = hf_image_new (NULL, width, image->height, format, NULL);
    float *memory = g_new (float, hf_band_floats (all.width, all.height, n) * 2 + 64);
    float *scratch =
        g_new (float, hf_align_scratch (&record, cubic, rect, n, image->width, image->height) + 16);
    HfBand in, out;

    hf_band_place (&in, all, n, memory);
    hf_band_place (&out, rect, n, memory + hf_band_floats (all.width, all.height, n));
    hf_band_read (&in, image);
    hf_align_apply (&record, cubic, image->width, image->height, &in, &out, scratch);
    hf_band_write (&out, seen);
    g_free (scratch);
    g_free (memory);
    return seen;
}

/* Turned by 12 degrees and 60 % of the width aside: found by features, not by the direct estimate.
 */
static void
little_overlap (void)
{
    const double angle = 12 * G_PI / 180, c = cos (angle), s = sin (angle);
    HfMatrix turn = { { c, -s, 330 - 320 * c + 213 * s, s, c, 213 - 320 * s - 213 * c, 0, 0, 1 } };
    HfMatrix aside = hf_matrix_identity (), truth, found;
    HfImage *images[2];
    HfRender *render;
    double mean;
    Drive drive;

    if (!is_there ())
        return;
    render = stack ("plane", 74);
    aside.m[2] = 240;
    turn = hf_matrix_multiply (turn, aside); /* of the second window's pixels */
    images[0] = seen_through (render->frames[0], hf_matrix_identity (), 400);
    images[1] = seen_through (render->frames[0], turn, 400);
    g_assert_true (hf_matrix_invert (turn, &truth));
    for (int k = 0; k < 2; k++) {
        drive_init (&drive);
        set (&drive, "estimate", k ? "features" : "direct");
        g_free (drive.options.align.reference);
        drive.options.align.reference = g_strdup ("first");
        g_assert_true (drive_images (&drive, images, 2, NULL));
        found = drive.records[1].align.matrix;
        hf_matrix_distance (&found, &truth, 400, HEIGHT, &mean, NULL);
        g_test_message ("%s: %s, %.3f px", k ? "features" : "direct",
                        drive.records[1].used ? "used" : "left out", mean);
        if (k) {
            g_assert_true (drive.records[1].used);
            g_assert_cmpfloat (mean, <, 0.5); /* mostly outside of what both see */
        }
        drive_clear (&drive);
    }
    for (int i = 0; i < 2; i++)
        hf_image_free (images[i]);
    hf_render_free (render);
}

/* A picture of one grey, and of one pixel, has no features: left out, with the reason. */
static void
nothing_to_find (void)
{
    HfImage *images[2];
    GError *error = NULL;
    Drive drive;

    if (!is_there ())
        return;
    for (int size = 1; size < 300; size += 149) {
        drive_init (&drive);
        set (&drive, "estimate", "features");
        for (int i = 0; i < 2; i++) {
            images[i] = hf_image_new (NULL, size, size, (HfFormat) { HF_SAMPLE_FLOAT, 2 }, NULL);
            memset (images[i]->data, size == 1 ? 0xff : 0, images[i]->stride * (size_t) size);
        }
        g_assert_true (drive_images (&drive, images, 2, &error));
        g_assert_no_error (error);
        g_assert_false (drive.records[0].used);
        g_assert_nonnull (strstr (drive.records[0].reason, "only 0 matching features"));
        for (int i = 0; i < 2; i++)
            hf_image_free (images[i]);
        drive_clear (&drive);
    }
}

int
main (int argc, char **argv)
{
    static const char *const words[] = {
        "robust-fit lmeds",
        "flann-idx-kdtree 2",
        "flann-idx-kdtree 4",
        "flann-trees 2 flann-checks 200 match-threshold 0.6",
        "rans-threshold 1.5 refine-iters 10 align-confidence 99 max-iters 500",
        "subsample 2",
        "subsample 2 fast-subsampling yes",
        NULL
    };

    g_test_init (&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS (combinations); i++) {
        char *path = g_strdup_printf ("/align/features/%s-%s", combinations[i].detector,
                                      combinations[i].descriptor);

        g_test_add_data_func (path, &combinations[i], recovers);
        g_free (path);
    }
    for (int i = 0; words[i]; i++) {
        char *name = g_strdelimit (g_strdup (words[i]), " ", '-');
        char *path = g_strdup_printf ("/align/features/with-%s", name);

        g_test_add_data_func (path, words[i], variants);
        g_free (path);
        g_free (name);
    }
    g_test_add_func ("/align/features/start", start);
    g_test_add_func ("/align/features/same-bits", same_bits);
    g_test_add_func ("/align/features/refusals", refusals);
    g_test_add_func ("/align/features/full-resolution", full_resolution);
    g_test_add_func ("/align/features/little-overlap", little_overlap);
    g_test_add_func ("/align/features/nothing-to-find", nothing_to_find);
    return g_test_run ();
}
