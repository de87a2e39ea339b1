/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The transforms file: written and read again, refused when wrong, fitted to another stack. */
#include <hyperfocal/error.h>
#include <hyperfocal/transforms.h>

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

static HfMatrix
random_matrix (GRand *random)
{
    HfMatrix a = hf_matrix_identity ();

    for (int i = 0; i < 6; i++)
        a.m[i] += g_rand_double_range (random, -0.2, 0.2) * (i % 3 == 2 ? 100 : 1);
    a.m[6] = g_rand_double_range (random, -1e-5, 1e-5);
    a.m[7] = g_rand_double_range (random, -1e-5, 1e-5);
    return a;
}

/* Nine frames of 1001 × 701 pixels, one of them left out. */
static HfTransforms *
random_transforms (GRand *random)
{
    HfTransforms *transforms = hf_transforms_new (9, 4);

    for (int i = 0; i < 9; i++) {
        HfFrameTransform *frame = &transforms->frames[i];

        frame->name = g_strdup_printf (" folder with blanks/ä \"%d\"\n\\.tif ", i);
        frame->width = 1001;
        frame->height = 701;
        frame->used = i != 7;
        if (i == 7)
            frame->reason = g_strdup ("it correlates by 0.1 only\tor so");
        if (frame->used && i != 4) {
            frame->model = HF_TRANSFORM_AFFINE;
            frame->matrix = random_matrix (random);
        }
    }
    return transforms;
}

static void
assert_same (const HfTransforms *a, const HfTransforms *b)
{
    g_assert_cmpint (a->n_frames, ==, b->n_frames);
    g_assert_cmpint (a->reference, ==, b->reference);
    for (int i = 0; i < a->n_frames; i++) {
        g_assert_cmpstr (a->frames[i].name, ==, b->frames[i].name);
        g_assert_cmpstr (a->frames[i].reason, ==, b->frames[i].reason);
        g_assert_cmpint (a->frames[i].width, ==, b->frames[i].width);
        g_assert_cmpint (a->frames[i].height, ==, b->frames[i].height);
        g_assert_cmpint (a->frames[i].used, ==, b->frames[i].used);
        g_assert_cmpint (a->frames[i].model, ==, b->frames[i].model);
        g_assert_cmpmem (a->frames[i].matrix.m, sizeof a->frames[i].matrix.m, b->frames[i].matrix.m,
                         sizeof b->frames[i].matrix.m);
    }
}

static HfTransforms *
read_text (const char *text, GError **error)
{
    return hf_transforms_from_text (text, strlen (text), "t.txt", error);
}

static void
test_round_trip (void)
{
    guint32 seed = g_test_rand_int ();
    GRand *random = g_rand_new_with_seed (seed);

    g_test_message ("seed %u", seed);
    for (int n = 0; n < 20; n++) {
        GError *error = NULL;
        HfTransforms *written = random_transforms (random);
        char *text = hf_transforms_to_text (written);
        HfTransforms *read = read_text (text, &error);

        g_assert_no_error (error);
        assert_same (written, read);
        hf_transforms_free (written);
        hf_transforms_free (read);
        g_free (text);
    }
    g_rand_free (random);
}

static void
test_file (void)
{
    GRand *random = g_rand_new_with_seed (2);
    HfTransforms *written = random_transforms (random), *read;
    char *folder = g_dir_make_tmp ("hf-transforms-XXXXXX", NULL);
    char *path = g_build_filename (folder, "motion.txt", NULL);
    char *nowhere = g_build_filename (folder, "none", "motion.txt", NULL);
    GError *error = NULL;

    for (int n = 0; n < 2; n++) { /* the second time over the first */
        g_assert_true (hf_transforms_write (written, path, &error));
        read = hf_transforms_read (path, &error);
        g_assert_no_error (error);
        assert_same (written, read);
        hf_transforms_free (read);
    }
    g_assert_false (hf_transforms_write (written, nowhere, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_FILE);
    g_clear_error (&error);
    g_assert_null (hf_transforms_read (nowhere, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_FILE);
    g_clear_error (&error);
    g_assert_null (hf_transforms_read (folder, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_FILE);
    g_clear_error (&error);
    g_unlink (path);
    g_rmdir (folder);
    g_free (nowhere);
    g_free (path);
    g_free (folder);
    hf_transforms_free (written);
    g_rand_free (random);
}

/* A device without an end is not read for ever. */
static void
test_endless (void)
{
    GError *error = NULL;

    if (g_access ("/dev/zero", R_OK) != 0) {
        g_test_skip ("no /dev/zero");
        return;
    }
    g_assert_null (hf_transforms_read ("/dev/zero", &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_FORMAT);
    g_clear_error (&error);
}

#define HEAD "hyperfocal transforms 1\nframes 2\nreference 0\n"
#define FIRST "frame 0\nsize 100 80\nused yes\nmatrix 1 0 0 0 1 0 0 0 1\n"
#define BOTH HEAD FIRST "frame 1\nsize 100 80\nused yes\nmodel rigid\nmatrix "

/* Written by hand: comments, blanks and ends of line of other systems. */
static void
test_by_hand (void)
{
    GError *error = NULL;
    HfTransforms *read = read_text ("# mine\r\n\r\n  hyperfocal   transforms 1\r\nframes 2\r\n"
                                    "reference 1 \nframe 0\n\tused no\n size\t100  80\n"
                                    "frame 1\nused yes\nsize 100 80\nmatrix 1,0,0, 0,1,0, 0,0,1",
                                    &error);

    g_assert_no_error (error);
    g_assert_cmpint (read->reference, ==, 1);
    g_assert_false (read->frames[0].used);
    g_assert_null (read->frames[0].name);
    g_assert_cmpint (read->frames[1].model, ==, HF_TRANSFORM_NONE);
    hf_transforms_free (read);
}

/* Each wrong text is refused, with the line and the words that say what is wrong. */
static void
test_wrong (void)
{
    static const struct {
        const char *text, *message;
    } wrong[] = {
        { "", "line 1: this is no file of transforms" },
        { "P6 1 1 255", "line 1: this is no file of transforms" },
        { "hyperfocal transforms 2\n", "line 1: version \"2\"" },
        { "hyperfocal transforms 1\n", "line 2: the file ends where \"frames\"" },
        { "hyperfocal transforms 1\nframes x\n", "line 2: frames needs a whole number, not \"x\"" },
        { "hyperfocal transforms 1\nframes 0\n", "line 2: frames is 0, but must be from 1" },
        { "hyperfocal transforms 1\nframes 4000000000\n", "line 2: frames is 4000000000" },
        { "hyperfocal transforms 1\nframes 99999999999999999999\n", "line 2: frames is" },
        { "hyperfocal transforms 1\nframes 2\nreference 2\n", "line 3: reference is 2" },
        { "hyperfocal transforms 1\nframes 2\nreference -1\n", "line 3: reference is -1" },
        { HEAD, "line 4: the file ends after 0 of its 2 frames" },
        { HEAD "used yes\n", "line 4: \"used\" before the first frame" },
        { HEAD FIRST, "line 8: the file ends after 1 of its 2 frames" },
        { HEAD "frame 1\n", "line 4: frame 0 should come here, not 1" },
        { HEAD "frame 0\nused perhaps\n", "line 5: used is yes or no, not \"perhaps\"" },
        { HEAD "frame 0\nsize 0 5\n", "line 5: width is 0" },
        { HEAD "frame 0\nsize 5\n", "line 5: height needs a whole number" },
        { HEAD "frame 0\nsize 5 5 5\n", "line 5: \"5\" after the size" },
        { HEAD "frame 0\ncolour red\n", "line 5: \"colour\" is not known here" },
        { HEAD "frame 0\nname a\\\\\\\n", "line 5: a backslash at the end" },
        { HEAD "frame 0\nmodel auto\n", "line 5: \"auto\" is no model" },
        { HEAD "frame 0\nused yes\nused yes\n", "line 6: frame 0 has a second \"used\"" },
        { HEAD "frame 0\nused yes\nframe 1\n", "line 6: frame 0 has no \"size\"" },
        { HEAD "frame 0\nsize 9 9\nframe 1\n", "line 6: frame 0 has no \"used\"" },
        { HEAD "frame 0\nused yes\nsize 9 9\nframe 1\n", "line 7: frame 0 is used, but has no" },
        { HEAD "frame 0\nused no\nsize 9 9\nframe 1\n", "line 7: frame 0 is the reference" },
        { HEAD FIRST "frame 1\nused no\nsize 9 9\nmatrix 1 0 0 0 1 0 0 0 1\n",
          "line 12: frame 1 is not used, but has a \"matrix\"" },
        { BOTH "1 0 0 0 1 0 0 0 1\nframe 2\n", "line 13: more frames than the 2" },
        { BOTH "1 0 0 0 1 0 0 0", "line 12: a matrix needs nine numbers" },
        { BOTH "1 0 0 0 1 0 0 0 nan", "line 12: a matrix needs nine numbers" },
        { BOTH "1 0 0 0 1 0 0 0 1e999", "line 12: a matrix needs nine numbers" },
        { BOTH "1 0 0 2 0 0 0 0 1", "line 12: the matrix of frame 1 is singular" },
        { BOTH "0 0 0 0 0 0 0 0 0", "line 12: the matrix of frame 1 is singular" },
        { BOTH "-1 0 99 0 1 0 0 0 1", "line 12: the matrix of frame 1 mirrors" },
        { BOTH "17 0 0 0 17 0 0 0 1", "line 12: the matrix of frame 1 scales by more than 16" },
        { BOTH "1 0 0 0 1 0 0 0 20", "line 12: the matrix of frame 1 scales by more than 16" },
        { BOTH "1 0 100 0 1 0 0 0 1", "line 12: the matrix of frame 1 leads beside" },
        { BOTH "1 0 1e300 0 1 0 0 0 1", "line 12: the matrix of frame 1 leads beside" },
        { BOTH "1 0 0 0 1 0 -0.02 0 1", "line 12: the matrix of frame 1 leads to infinity" },
        { HEAD "frame 0\nsize 9 9\nused yes\nmatrix 1 0 1 0 1 0 0 0 1\n"
               "frame 1\nsize 9 9\nused no\nreason so\n",
          "line 7: the matrix of frame 0, the reference, is not the identity" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
        GError *error = NULL;

        g_assert_null (read_text (wrong[i].text, &error));
        g_assert_error (error, HF_ERROR, HF_ERROR_FORMAT);
        if (!strstr (error->message, wrong[i].message))
            g_error ("text %u: \"%s\" instead of \"%s\"", i, error->message, wrong[i].message);
        g_clear_error (&error);
    }
}

/* Bytes changed, dropped or repeated by chance: read or refused, never a crash or a bad matrix. */
static void
test_damaged (void)
{
    guint32 seed = g_test_rand_int ();
    GRand *random = g_rand_new_with_seed (seed);
    HfTransforms *written = random_transforms (random);
    char *text = hf_transforms_to_text (written);
    size_t length = strlen (text);

    g_test_message ("seed %u", seed);
    for (int n = 0; n < 3000; n++) {
        char *damaged = g_memdup2 (text, length + 1);
        int n_changes = g_rand_int_range (random, 1, 5);
        size_t keep = n % 3 ? length : (size_t) g_rand_int_range (random, 0, (int) length);
        GError *error = NULL;
        HfTransforms *read;

        for (int k = 0; k < n_changes; k++)
            damaged[g_rand_int_range (random, 0, (int) length)] =
                (char) (k % 2 ? g_rand_int_range (random, 0, 256)
                              : text[g_rand_int_range (random, 0, (int) length)]);
        read = hf_transforms_from_text (damaged, keep, "t.txt", &error);
        g_assert_true ((read == NULL) == (error != NULL));
        for (int i = 0; read && i < read->n_frames; i++)
            for (int k = 0; k < 9; k++)
                g_assert_true (isfinite (read->frames[i].matrix.m[k]));
        g_clear_error (&error);
        hf_transforms_free (read);
        g_free (damaged);
    }
    g_free (text);
    hf_transforms_free (written);
    g_rand_free (random);
}

static HfFrameInfo *
infos_of_size (int n, int width, int height)
{
    HfFrameInfo *infos = g_new0 (HfFrameInfo, n);

    for (int i = 0; i < n; i++) {
        infos[i].name = (char *) "frame";
        infos[i].width = width;
        infos[i].height = height;
    }
    return infos;
}

/* A stack of pictures twice, or a third, as large: points go where the reduced ones went. */
static void
test_another_size (void)
{
    static const struct {
        int width, height;
        double factor;
    } sizes[] = { { 2002, 1402, 2 }, { 2001, 1401, 2 }, { 334, 234, 334.0 / 1001 } };
    GRand *random = g_rand_new_with_seed (3);

    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
        double f = s == 1 ? 2001.0 / 1001 : sizes[s].factor;
        HfTransforms *was = random_transforms (random), *is = hf_transforms_copy (was);
        HfFrameInfo *infos = infos_of_size (9, sizes[s].width, sizes[s].height);
        GError *error = NULL;

        g_assert_true (hf_transforms_fit (is, infos, 9, "t.txt", &error));
        g_assert_no_error (error);
        for (int i = 0; i < 9; i++) {
            double ax, ay, bx, by;

            hf_matrix_map (&was->frames[i].matrix, 300, 200, &ax, &ay);
            hf_matrix_map (&is->frames[i].matrix, f * 300.5 - 0.5, f * 200.5 - 0.5, &bx, &by);
            g_assert_cmpfloat_with_epsilon (bx, f * (ax + 0.5) - 0.5, 1e-8);
            g_assert_cmpfloat_with_epsilon (by, f * (ay + 0.5) - 0.5, 1e-8);
            g_assert_cmpint (is->frames[i].width, ==, sizes[s].width);
        }
        g_assert_true (hf_matrix_is_identity (&is->frames[4].matrix));
        g_free (infos);
        hf_transforms_free (is);
        hf_transforms_free (was);
    }
    g_rand_free (random);
}

static void
assert_unfit (HfTransforms *transforms, const HfFrameInfo *infos, int n, const char *words)
{
    GError *error = NULL;

    g_assert_false (hf_transforms_fit (transforms, infos, n, "t.txt", &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_SIZE);
    g_assert_nonnull (strstr (error->message, words));
    g_clear_error (&error);
}

static void
test_unfit (void)
{
    GRand *random = g_rand_new_with_seed (4);
    HfTransforms *transforms = random_transforms (random),
                 *before = hf_transforms_copy (transforms);
    HfFrameInfo *infos = infos_of_size (10, 1001, 701);

    assert_unfit (transforms, infos, 10, "the transforms of 9 frames, but the stack has 10");
    assert_unfit (transforms, infos, 8, "the transforms of 9 frames, but the stack has 8");
    infos[3].width = 999;
    assert_unfit (transforms, infos, 9,
                  "999 × 701 pixels, but its transform in 't.txt' is for "
                  "1001 × 701");
    assert_same (transforms, before);
    g_free (infos);
    infos = infos_of_size (9, 701, 1001);
    assert_unfit (transforms, infos, 9, "701 × 1001");
    g_free (infos);
    hf_transforms_free (before);
    hf_transforms_free (transforms);
    g_rand_free (random);
}

/* With another reference points of any two frames still belong to each other. */
static void
test_another_reference (void)
{
    GRand *random = g_rand_new_with_seed (5);
    HfTransforms *was = random_transforms (random), *is = hf_transforms_copy (was);
    GError *error = NULL;

    g_assert_true (hf_transforms_rebase (is, 2, &error));
    g_assert_no_error (error);
    g_assert_cmpint (is->reference, ==, 2);
    g_assert_true (hf_matrix_is_identity (&is->frames[2].matrix));
    g_assert_cmpint (is->frames[4].model, ==, HF_TRANSFORM_AFFINE);
    for (int i = 0; i < 9; i++) {
        double x, y, ax, ay, bx, by;

        if (!was->frames[i].used)
            continue;
        hf_matrix_map (&was->frames[2].matrix, 300, 200, &x, &y);
        hf_matrix_map (&was->frames[i].matrix, 300, 200, &ax, &ay);
        hf_matrix_map (&is->frames[i].matrix, x, y, &bx, &by);
        g_assert_cmpfloat_with_epsilon (bx, ax, 1e-8);
        g_assert_cmpfloat_with_epsilon (by, ay, 1e-8);
    }
    g_assert_false (hf_transforms_rebase (is, 7, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_clear_error (&error);
    g_assert_false (hf_transforms_rebase (is, 9, &error));
    g_clear_error (&error);
    hf_transforms_free (is);
    hf_transforms_free (was);
    g_rand_free (random);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/transforms/round-trip", test_round_trip);
    g_test_add_func ("/transforms/file", test_file);
    g_test_add_func ("/transforms/endless-file", test_endless);
    g_test_add_func ("/transforms/by-hand", test_by_hand);
    g_test_add_func ("/transforms/wrong", test_wrong);
    g_test_add_func ("/transforms/damaged", test_damaged);
    g_test_add_func ("/transforms/another-size", test_another_size);
    g_test_add_func ("/transforms/unfit", test_unfit);
    g_test_add_func ("/transforms/another-reference", test_another_reference);
    return g_test_run ();
}
