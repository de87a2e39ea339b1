/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <hyperfocal/matrix.h>
#include <math.h>

static HfMatrix
random_matrix (GRand *random)
{
    HfMatrix a = hf_matrix_identity ();

    for (int i = 0; i < 6; i++)
        a.m[i] += g_rand_double_range (random, -0.2, 0.2) * (i % 3 == 2 ? 100 : 1);
    a.m[6] = g_rand_double_range (random, -1e-4, 1e-4);
    a.m[7] = g_rand_double_range (random, -1e-4, 1e-4);
    return a;
}

static void
test_inverse (void)
{
    GRand *random = g_rand_new_with_seed (1);
    HfMatrix singular = { { 1, 2, 3, 2, 4, 6, 0, 0, 1 } }, inverse;

    for (int n = 0; n < 100; n++) {
        HfMatrix a = random_matrix (random), product;
        HfMatrix identity = hf_matrix_identity ();
        double largest;

        g_assert_true (hf_matrix_invert (a, &inverse));
        product = hf_matrix_multiply (a, inverse);
        hf_matrix_distance (&product, &identity, 1000, 700, NULL, &largest);
        g_assert_cmpfloat (largest, <, 1e-9);
    }
    g_assert_false (hf_matrix_invert (singular, &inverse));
    g_rand_free (random);
}

/* A point of the reduced picture and the same of the full one are mapped to the same place. */
static void
test_reduced (void)
{
    GRand *random = g_rand_new_with_seed (2);

    for (int n = 0; n < 100; n++) {
        HfMatrix small = random_matrix (random), full = hf_matrix_from_reduced (small, 4);
        HfMatrix back = hf_matrix_to_reduced (full, 4);
        double x = g_rand_double_range (random, 0, 200), y = g_rand_double_range (random, 0, 200);
        double sx, sy, fx, fy, largest;

        hf_matrix_map (&small, x, y, &sx, &sy);
        hf_matrix_map (&full, 4 * x + 1.5, 4 * y + 1.5, &fx, &fy);
        g_assert_cmpfloat_with_epsilon (fx, 4 * sx + 1.5, 1e-8);
        g_assert_cmpfloat_with_epsilon (fy, 4 * sy + 1.5, 1e-8);
        hf_matrix_distance (&small, &back, 100, 100, NULL, &largest);
        g_assert_cmpfloat (largest, <, 1e-9);
    }
    g_rand_free (random);
}

static void
test_identity_stays_exact (void)
{
    HfMatrix identity = hf_matrix_identity ();
    HfMatrix reduced = hf_matrix_to_reduced (identity, 4),
             full = hf_matrix_from_reduced (identity, 8);

    g_assert_true (hf_matrix_is_identity (&reduced));
    g_assert_true (hf_matrix_is_identity (&full));
    g_assert_true (hf_matrix_is_affine (&full));
}

static void
test_text (void)
{
    GRand *random = g_rand_new_with_seed (3);
    const char *wrong[] = { "", "1 0 0 0 1 0 0 0", "1 0 0 0 1 0 0 0 1 2", "1 0 0 0 x 0 0 0 1",
                            "1 0 0 0 inf 0 0 0 1" };
    HfMatrix read;

    for (int n = 0; n < 100; n++) {
        HfMatrix a = random_matrix (random);
        char *text = hf_matrix_to_string (&a);

        g_assert_true (hf_matrix_from_string (text, &read, NULL));
        for (int i = 0; i < 9; i++)
            g_assert_cmpfloat (read.m[i], ==, a.m[i]);
        g_free (text);
    }
    g_assert_true (hf_matrix_from_string (" 1,0,0, 0,1,0, 0,0,1 ", &read, NULL));
    for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
        g_assert_false (hf_matrix_from_string (wrong[i], &read, NULL));
    g_rand_free (random);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/matrix/inverse", test_inverse);
    g_test_add_func ("/matrix/reduced-and-full", test_reduced);
    g_test_add_func ("/matrix/identity-stays-exact", test_identity_stays_exact);
    g_test_add_func ("/matrix/text", test_text);
    return g_test_run ();
}
