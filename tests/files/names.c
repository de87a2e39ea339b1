/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Natural order, and which files of a folder are frames. */
#include "pictures.h"

#include <hyperfocal/error.h>
#include <glib/gstdio.h>
#include <string.h>

static void
numbers_count_by_value (void)
{
    static const char *const sorted[] = { "",
                                          "01",
                                          "1",
                                          "2",
                                          "010",
                                          "10",
                                          "A9",
                                          "a",
                                          "a01",
                                          "a1",
                                          "a1b",
                                          "a2",
                                          "a10",
                                          "a10b2",
                                          "a10b11",
                                          "a99999999999999999998",
                                          "a99999999999999999999",
                                          "a100000000000000000000",
                                          "b0",
                                          "b00x",
                                          "b1",
                                          "é1",
                                          "é2" };
    int n = G_N_ELEMENTS (sorted);

    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            int order = hf_files_compare (sorted[i], sorted[j]);

            g_assert_cmpint ((order > 0) - (order < 0), ==, (i > j) - (i < j));
        }
}

/* A total order: never equal but for the same name, antisymmetric, transitive; random names. */
static void
order_is_total (void)
{
    static const char letters[] = "0019aA-.";
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    char names[60][8] = { { 0 } };

    for (int i = 0; i < 60; i++)
        for (int k = 0, length = g_rand_int_range (random, 0, 7); k < length; k++)
            names[i][k] = letters[g_rand_int_range (random, 0, sizeof letters - 1)];
    for (int i = 0; i < 60; i++)
        for (int j = 0; j < 60; j++) {
            int order = hf_files_compare (names[i], names[j]);
            int back = hf_files_compare (names[j], names[i]);

            g_assert_true ((order == 0) == (strcmp (names[i], names[j]) == 0));
            g_assert_true ((order < 0) == (back > 0));
            for (int k = 0; k < 60 && order < 0; k++)
                if (hf_files_compare (names[j], names[k]) < 0)
                    g_assert_cmpint (hf_files_compare (names[i], names[k]), <, 0);
        }
    g_rand_free (random);
}

static void
folder_is_listed_in_order (void)
{
    static const char *const made[] = { "f10.png",     "f9.JPG",    "f1.tif",
                                        ".hidden.png", "notes.txt", "f2.jpeg",
                                        "f02b.tiff",   "png",       "with space.png" };
    static const char *const listed[] = { "f1.tif", "f2.jpeg", "f02b.tiff",
                                          "f9.JPG", "f10.png", "with space.png" };
    char *folder = folder_new (), *sub = folder_file (folder, "sub.png"), **paths;
    GError *error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS (made); i++) {
        char *path = folder_file (folder, made[i]);

        g_assert_true (g_file_set_contents (path, "x", 1, NULL));
        g_free (path);
    }
    g_assert_cmpint (g_mkdir (sub, 0777), ==, 0);
    paths = hf_files_list (folder, &error);
    g_assert_no_error (error);
    g_assert_cmpint ((int) g_strv_length (paths), ==, G_N_ELEMENTS (listed));
    for (size_t i = 0; i < G_N_ELEMENTS (listed); i++) {
        char *path = folder_file (folder, listed[i]);

        g_assert_cmpstr (paths[i], ==, path);
        g_free (path);
    }
    g_strfreev (paths);
    g_free (sub);
    folder_remove (folder);
}

static void
folders_without_pictures_are_named (void)
{
    char *folder = folder_new (), *missing = folder_file (folder, "missing");
    GError *error = NULL;

    g_assert_null (hf_files_list (folder, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_FILE);
    g_assert_nonnull (strstr (error->message, folder));
    g_clear_error (&error);
    g_assert_null (hf_files_list (missing, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_FILE);
    g_assert_nonnull (strstr (error->message, missing));
    g_clear_error (&error);
    g_free (missing);
    folder_remove (folder);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/files/names/numbers-count-by-value", numbers_count_by_value);
    g_test_add_func ("/files/names/order-is-total", order_is_total);
    g_test_add_func ("/files/names/folder-is-listed-in-order", folder_is_listed_in_order);
    g_test_add_func ("/files/names/folders-without-pictures-are-named",
                     folders_without_pictures_are_named);
    return g_test_run ();
}
