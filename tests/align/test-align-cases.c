/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What registration promises, held on rendered stacks of half the size and two seeds, one of which
 * is drawn; and at full size for one case that is drawn. registration-table prints the numbers.
 */
#include "cases.h"

#include <math.h>
#include <string.h>

static void
check_case (const Case *which, guint64 seed, int width, int height, double bound)
{
    GError *error = NULL;
    Outcome outcome;

    g_assert_true (case_measure (which, seed, width, height, NULL, &outcome, &error));
    g_assert_no_error (error);
    g_test_message ("%s, seed %" G_GUINT64_FORMAT ": mean %.4f, worst frame %.4f px", which->name,
                    seed, outcome.mean, outcome.worst);
    g_assert_cmpint (outcome.left_out, ==, 0);
    g_assert_cmpfloat (outcome.mean, <=, which->mean * bound);
    g_assert_cmpfloat (outcome.worst, <=, which->worst * bound);
    g_assert_cmpint (outcome.model, ==, which->model);
    if (which->model == HF_TRANSFORM_NONE)
        g_assert_cmpint (outcome.n_moved, ==, 0);
}

static guint64
drawn_seed (void)
{
    return (guint64) g_test_rand_int_range (1, 1 << 30);
}

/*
 * At half the size there is a quarter of the texture and blur and movement are twice as large in
 * proportion; only occlusion, whose blur discs are a tenth of the picture, needs the double bound.
 */
static void
test_case (gconstpointer data)
{
    const Case *which = data;
    double bound = strcmp (which->name, "occlusion") == 0 ? 2 : 1;

    check_case (which, 1, 640, 427, bound);
    check_case (which, drawn_seed (), 640, 427, bound);
}

static void
test_full_size (void)
{
    const Case *which;

    do
        which = &cases[g_test_rand_int_range (0, 14)];
    while (which->mean == 0);
    check_case (which, drawn_seed (), 1280, 853, 1);
}

/* A hundred frames, each registered to its neighbours: the last one lies right against the first.
 */
static void
test_long (void)
{
    const Case *which = cases;
    GError *error = NULL;
    Outcome outcome;

    while (strcmp (which->name, "long") != 0)
        which++;
    g_assert_true (case_measure (which, drawn_seed (), 480, 320, NULL, &outcome, &error));
    g_assert_no_error (error);
    g_test_message ("last of %d frames %.4f px", which->n_frames, outcome.farthest);
    g_assert_cmpint (outcome.left_out, ==, 0);
    g_assert_cmpfloat (outcome.farthest, <=, 0.1);
}

/* Homography asked for is as good as found, and does no harm where there is none. */
static void
test_homography_asked_for (void)
{
    static const char *const homography[] = { "transform=homography", NULL };
    static const char *const names[] = { "keystone", "breathing" };
    guint64 seed = drawn_seed ();

    for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
        const Case *which = cases;
        GError *error = NULL;
        Outcome outcome;

        while (strcmp (which->name, names[i]) != 0)
            which++;
        g_assert_true (case_measure (which, seed, 640, 427, homography, &outcome, &error));
        g_assert_no_error (error);
        g_test_message ("%s: mean %.4f, worst frame %.4f px", names[i], outcome.mean,
                        outcome.worst);
        g_assert_cmpint (outcome.left_out, ==, 0);
        g_assert_cmpint (outcome.model, ==, HF_TRANSFORM_HOMOGRAPHY);
        g_assert_cmpfloat (outcome.mean, <=, 0.04);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    for (const Case *which = cases; which->name; which++) {
        char *path = g_strdup_printf ("/align/case/%s", which->name);

        if (strcmp (which->name, "long") != 0)
            g_test_add_data_func (path, which, test_case);
        g_free (path);
    }
    g_test_add_func ("/align/case/full-size", test_full_size);
    g_test_add_func ("/align/case/long", test_long);
    g_test_add_func ("/align/case/homography-asked-for", test_homography_asked_for);
    return g_test_run ();
}
