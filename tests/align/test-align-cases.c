/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registration of rendered stacks against their true transforms, as a table of errors by case:
 *     test-align-cases                        quick: half size, one seed drawn and printed
 *     test-align-cases --table [SEEDS [WIDTH HEIGHT [CASE]]]   the table alone
 * Errors are end-point errors over the picture in pixels.
 */
#include "drive.h"
#include "render.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const cases[] = {
    "plane",      "bumps",      "breathing", "flicker",   "noise",     "weak-texture", "repeat",
    "vignetting", "hot-pixels", "16-bit",    "occlusion", "hand-held", "keystone",     NULL
};

typedef struct Outcome {
    double mean, worst, correlation, milliseconds;
    int left_out, n_moved;  /* frames that are not identity */
    HfTransformModel model; /* the loosest of all frames */
} Outcome;

static bool
measure_case (const char *name, guint64 seed, int width, int height, Outcome *outcome,
              GError **error)
{
    HfRenderOptions options;
    HfPool *pool = hf_pool_new (0, NULL);
    HfRender *render;
    Drive drive;
    bool good;

    hf_render_options_init (&options, name, seed);
    hf_render_options_resize (&options, width, height);
    render = hf_render_new (&options, pool, error);
    hf_pool_free (pool);
    if (!render)
        return false;
    drive_init (&drive);
    *outcome = (Outcome) { .correlation = 1 };
    good = drive_images (&drive, render->frames, options.n_frames, error);
    if (good) {
        outcome->left_out =
            drive_error (&drive, render->matrices, width, height, &outcome->mean, &outcome->worst);
        outcome->milliseconds = 1e3 * drive.seconds / options.n_frames;
        for (int i = 0; i < options.n_frames; i++) {
            outcome->correlation = fmin (outcome->correlation, drive.records[i].align.correlation);
            outcome->model = MAX (outcome->model, drive.records[i].align.model);
            outcome->n_moved += !hf_matrix_is_identity (&drive.records[i].align.matrix);
        }
    }
    drive_clear (&drive);
    hf_render_free (render);
    return good;
}

static int
print_table (int argc, char **argv)
{
    int seeds = argc > 2 ? atoi (argv[2]) : 2;
    int width = argc > 4 ? atoi (argv[3]) : 1280, height = argc > 4 ? atoi (argv[4]) : 853;

    g_print (
        "%d x %d pixels, 12 frames; end-point errors in pixels, ms of processor time a frame\n",
        width, height);
    g_print ("%-14s %6s  %6s  %6s  %4s  %5s  %5s\n", "case", "seed", "mean", "worst", "out", "corr",
             "ms");
    for (int k = 0; cases[k]; k++) {
        for (int s = 1; s <= seeds; s++) {
            GError *error = NULL;
            Outcome outcome;

            if (argc > 5 && !strstr (cases[k], argv[5]))
                continue;
            if (!measure_case (cases[k], (guint64) s, width, height, &outcome, &error))
                g_error ("%s", error->message);
            g_print ("%-14s %6d  %6.4f  %6.4f  %4d  %5.3f  %5.1f  %s\n", cases[k], s, outcome.mean,
                     outcome.worst, outcome.left_out, outcome.correlation, outcome.milliseconds,
                     hf_choice_nick (hf_transform_choices, (int) outcome.model));
        }
    }
    return 0;
}

/*
 * At half the size there is a quarter of the texture and blur and movement are twice as large in
 * proportion; only occlusion, whose blur discs are a tenth of the picture, needs the double bound.
 */
static void
test_case (gconstpointer name)
{
    guint64 seed = (guint64) g_test_rand_int_range (1, 100000);
    double bound = strcmp (name, "occlusion") == 0 ? 2 : 1;
    bool still = strcmp (name, "plane") == 0 || strcmp (name, "bumps") == 0;
    GError *error = NULL;
    Outcome outcome;

    g_assert_true (measure_case (name, seed, 640, 427, &outcome, &error));
    g_assert_no_error (error);
    g_test_message ("%s, seed %" G_GUINT64_FORMAT ": mean %.4f, worst frame %.4f px",
                    (const char *) name, seed, outcome.mean, outcome.worst);
    g_assert_cmpint (outcome.left_out, ==, 0);
    g_assert_cmpfloat (outcome.mean, <=, 0.04 * bound);
    g_assert_cmpfloat (outcome.worst, <=, 0.12 * bound);
    if (still)
        g_assert_cmpint (outcome.n_moved, ==, 0);
}

int
main (int argc, char **argv)
{
    if (argc > 1 && strcmp (argv[1], "--table") == 0)
        return print_table (argc, argv);
    g_test_init (&argc, &argv, NULL);
    for (int k = 0; cases[k]; k++) {
        char *path = g_strdup_printf ("/align/case/%s", cases[k]);

        g_test_add_data_func (path, cases[k], test_case);
        g_free (path);
    }
    return g_test_run ();
}
