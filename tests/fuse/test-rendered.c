/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fusion on rendered stacks, against the truth and the ceiling (render.h). With --table [SEED…]
 * prints the scores of all cases at their full size instead.
 */
#include "rendered.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static RenderedScore
score_case (const char *name, guint64 seed, int width, int height, HfInterpolation interpolation,
            HfPool *pool)
{
    HfRenderOptions options;
    HfRender *render;
    HfImage *fused;
    RenderedScore score;

    g_assert_true (hf_render_options_init (&options, name, seed));
    if (width > 0)
        hf_render_options_resize (&options, width, height);
    render = hf_render_new (&options, pool, NULL);
    fused = rendered_fuse (render, interpolation, pool);
    score = rendered_score (render, fused, pool);
    hf_image_free (fused);
    hf_render_free (render);
    return score;
}

static int
print_table (int n_seeds, char **seeds)
{
    HfPool *pool = hf_pool_new (0, NULL);

    printf ("%-13s %5s %8s %8s %8s %8s %8s\n", "case", "seed", "ceiling", "fused", "gain", "edges",
            "gain");
    for (int i = 0; hf_render_cases[i]; i++)
        for (int s = 0; s < n_seeds; s++) {
            RenderedScore score;

            if (strcmp (hf_render_cases[i], "speed") == 0)
                continue;
            score = score_case (hf_render_cases[i], (guint64) atoll (seeds[s]), 0, 0,
                                HF_INTERPOLATION_OPTIMAL, pool);
            printf ("%-13s %5s %8.2f %8.2f %+8.2f %8.2f %+8.2f\n", hf_render_cases[i], seeds[s],
                    score.ceiling, score.fused, score.fused - score.ceiling, score.fused_edges,
                    score.fused_edges - score.ceiling_edges);
            fflush (stdout);
        }
    hf_pool_free (pool);
    return 0;
}

/*
 * Small stacks, a drawn seed beside a fixed one. What moves is resampled, which costs the ceiling
 * the same; and where frames are noisy, averaging those that agree beats taking one. Without noise
 * and motion taking the nearest frame is hard to beat.
 */
static void
near_the_ceiling (gconstpointer name)
{
    bool still = strcmp (name, "plane") == 0 || strcmp (name, "bumps") == 0;
    guint64 seeds[2] = { 3, g_random_int () };
    HfPool *pool = hf_pool_new (2, NULL);

    for (int s = 0; s < 2; s++) {
        RenderedScore score =
            score_case (name, seeds[s], 360, 240, HF_INTERPOLATION_OPTIMAL, pool);

        g_test_message ("%s, seed %" G_GUINT64_FORMAT ": %.2f dB, ceiling %.2f",
                        (const char *) name, seeds[s], score.fused, score.ceiling);
        g_assert_cmpfloat (score.fused, >=, score.ceiling - (still ? 2.2 : 0));
    }
    hf_pool_free (pool);
}

int
main (int argc, char **argv)
{
    static const char *const small_cases[] = { "plane",        "bumps",  "breathing", "occlusion",
                                               "noise",        "repeat", "16-bit",    "vignetting",
                                               "weak-texture", "specks", "hand-held" };
    static char *first_seeds[] = { (char *) "1", (char *) "2" };

    if (argc > 1 && strcmp (argv[1], "--table") == 0)
        return argc > 2 ? print_table (argc - 2, argv + 2) : print_table (2, first_seeds);
    g_test_init (&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS (small_cases); i++) {
        char *path = g_strdup_printf ("/rendered/%s-is-near-the-ceiling", small_cases[i]);

        g_test_add_data_func (path, small_cases[i], near_the_ceiling);
        g_free (path);
    }
    return g_test_run ();
}
