/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The defaults against the quality table: every case through the whole pipeline, at half the
 * table's size, a fixed seed and one that is drawn and printed. With --full at the table's own
 * size, two drawn seeds.
 */
#include "quality.h"

#include <string.h>

static bool full;

static void
report (const QualityCase *quality, guint64 seed, const QualityScore *score)
{
    g_test_message ("%s, seed %" G_GUINT64_FORMAT ": fused %.2f dB, ceiling %.2f (edges %.2f, "
                    "%.2f), motion %.3f px, worst frame %.3f, %d frames left out",
                    quality->name, seed, score->fused, score->ceiling, score->fused_edges,
                    score->ceiling_edges, score->motion, score->worst_motion, score->n_left_out);
}

static void
reaches_target (gconstpointer data)
{
    const QualityCase *quality = data;
    guint64 drawn = (guint64) g_random_int_range (100, 1000000);
    guint64 seeds[2] = { full ? drawn + 1 : 1, drawn };
    HfPool *pool = hf_pool_new (0, NULL);

    for (int i = 0; i < 2; i++) {
        QualityScore score;
        GError *error = NULL;

        quality_score (quality, seeds[i], full ? 0 : 640, full ? 0 : 427, HF_FUSION_PYRAMID, pool,
                       &score, &error);
        g_assert_no_error (error);
        report (quality, seeds[i], &score);
        g_assert_cmpint (score.n_left_out, ==, 0);
        g_assert_true (quality_reached (quality, &score));
    }
    hf_pool_free (pool);
}

int
main (int argc, char **argv)
{
    full = argc > 1 && strcmp (argv[1], "--full") == 0;
    if (full)
        argc = 1;
    g_test_init (&argc, &argv, NULL);
    for (const QualityCase *quality = quality_cases; quality->name; quality++) {
        char *path = g_strdup_printf ("/quality/%s", quality->name);
        g_test_add_data_func (path, quality, reaches_target);
        g_free (path);
    }
    return g_test_run ();
}
