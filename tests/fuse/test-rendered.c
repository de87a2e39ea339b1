/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fusion on rendered stacks, against the truth and the ceiling (render.h). With --table [SEED…]
 * prints the scores of all cases at their full size instead; each further --with NAME=VALUE[,…]
 * adds a column with these options.
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

/* ---- the table ---- */

enum { MOST_VARIANTS = 8, MOST_SEEDS = 16 };

typedef struct Table {
    HfFuseOptions variants[MOST_VARIANTS]; /* the first: defaults */
    const char *names[MOST_VARIANTS];
    int n_variants;
    guint64 seeds[MOST_SEEDS];
    int n_seeds;
    char **words; /* of the command line, among them names of cases */
    int n_words, n_cases;
    HfPool *pool;
} Table;

static bool
is_case (const char *word)
{
    return g_strv_contains (hf_render_cases, word);
}

/* Cases that are named, or all but the one that is there for its size. */
static bool
is_wanted (const Table *table, const char *name)
{
    for (int i = 0; i < table->n_words; i++)
        if (strcmp (table->words[i], name) == 0)
            return true;
    return table->n_cases == 0 && strcmp (name, "speed") != 0;
}

/* Sets options from NAME=VALUE[,NAME=VALUE…]. */
static void
set_options (HfFuseOptions *options, const char *text)
{
    char **words = g_strsplit (text, ",", 0);
    GError *error = NULL;

    for (int i = 0; words[i]; i++) {
        char **pair = g_strsplit (words[i], "=", 2);
        const HfOption *option = hf_option_find (&hf_fuse_table, pair[0]);

        if (!option || !pair[1] || !hf_option_set (option, options, pair[1], &error))
            g_error ("%s cannot be set", words[i]);
        g_strfreev (pair);
    }
    g_strfreev (words);
}

static void
print_case (const Table *table, const char *name, guint64 seed)
{
    HfRenderOptions options;
    HfRender *render;
    RenderedScore score;

    g_assert_true (hf_render_options_init (&options, name, seed));
    render = hf_render_new (&options, table->pool, NULL);
    printf ("%-13s %5d", name, (int) seed);
    for (int v = 0; v < table->n_variants; v++) {
        HfImage *fused = rendered_fuse_by (render, HF_INTERPOLATION_OPTIMAL, table->pool,
                                           &table->variants[v], NULL);

        score = rendered_score (render, fused, table->pool);
        if (v == 0)
            printf (" %8.2f", score.ceiling);
        printf (" %8.2f (%5.2f)", score.fused, score.fused_edges);
        fflush (stdout);
        hf_image_free (fused);
    }
    printf ("\n");
    hf_render_free (render);
}

static int
print_table (int n_words, char **words)
{
    Table table = { .n_variants = 1, .words = words, .n_words = n_words };

    hf_options_init (&hf_fuse_table, &table.variants[0]);
    for (int i = 0; i < n_words; i++) {
        int v = table.n_variants;

        if (strcmp (words[i], "--with") == 0 && i + 1 < n_words && v < MOST_VARIANTS) {
            table.names[v] = words[++i];
            hf_options_init (&hf_fuse_table, &table.variants[v]);
            set_options (&table.variants[v], table.names[v]);
            table.n_variants++;
        } else if (is_case (words[i])) {
            table.n_cases++;
        } else if (table.n_seeds < MOST_SEEDS) {
            table.seeds[table.n_seeds++] = (guint64) atoll (words[i]);
        }
    }
    table.pool = hf_pool_new (0, NULL);
    printf ("dB against the truth, in parentheses beside jumps of the depth; then with");
    for (int v = 1; v < table.n_variants; v++)
        printf (" (%d) %s", v, table.names[v]);
    printf ("\n%-13s %5s %8s %16s\n", "case", "seed", "ceiling", "fused");
    for (int i = 0; hf_render_cases[i]; i++)
        for (int s = 0; s < MAX (table.n_seeds, 1); s++)
            if (is_wanted (&table, hf_render_cases[i]))
                print_case (&table, hf_render_cases[i], table.n_seeds ? table.seeds[s] : 1);
    for (int v = 0; v < table.n_variants; v++)
        hf_options_clear (&hf_fuse_table, &table.variants[v]);
    hf_pool_free (table.pool);
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
        RenderedScore score = score_case (name, seeds[s], 360, 240, HF_INTERPOLATION_OPTIMAL, pool);

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
    if (argc > 1 && strcmp (argv[1], "--table") == 0)
        return print_table (argc - 2, argv + 2);
    g_test_init (&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS (small_cases); i++) {
        char *path = g_strdup_printf ("/rendered/%s-is-near-the-ceiling", small_cases[i]);

        g_test_add_data_func (path, small_cases[i], near_the_ceiling);
        g_free (path);
    }
    return g_test_run ();
}
