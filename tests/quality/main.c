/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints the quality table.
 *
 *     hf-quality [--case NAME]… [--method NAME]… [--size WxH] [--markdown] [SEED… | --draw N]
 *
 * Without --case all, without --method all of the engine's, without seeds 1 2 3; --draw N takes N
 * drawn ones, which are printed as all are. One line a stack, then for each method and case the
 * mean over the seeds. Exits 1 when a mean misses its target.
 */
#include "quality.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Wishes {
    char **cases, **methods, **seeds, *size;
    int n_drawn;
    int width, height; /* 0: the case's own */
    gboolean markdown;
    GArray *numbers; /* guint64: the seeds */
} Wishes;

static bool
parse (int *argc, char ***argv, Wishes *wishes, GError **error)
{
    GOptionEntry entries[] = {
        { "case", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wishes->cases, "Only this case", "NAME" },
        { "method", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wishes->methods, "Only this method", "NAME" },
        { "size", 0, 0, G_OPTION_ARG_STRING, &wishes->size, "Size of the frames", "WxH" },
        { "draw", 0, 0, G_OPTION_ARG_INT, &wishes->n_drawn, "Draw so many seeds", "N" },
        { "markdown", 0, 0, G_OPTION_ARG_NONE, &wishes->markdown, "Means as a table", NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &wishes->seeds, NULL, "SEED…" },
        { NULL },
    };
    GOptionContext *context = g_option_context_new ("- fused pictures against the truth");
    bool parsed;

    g_option_context_add_main_entries (context, entries, NULL);
    parsed = g_option_context_parse (context, argc, argv, error);
    g_option_context_free (context);
    if (parsed && wishes->size &&
        (sscanf (wishes->size, "%dx%d", &wishes->width, &wishes->height) != 2 ||
         wishes->width < 1 || wishes->height < 1)) {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     "a size is WIDTHxHEIGHT in pixels, not \"%s\"", wishes->size);
        return false;
    }
    return parsed;
}

static void
choose_seeds (Wishes *wishes)
{
    wishes->numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
    for (int i = 0; wishes->seeds && wishes->seeds[i]; i++) {
        guint64 seed = g_ascii_strtoull (wishes->seeds[i], NULL, 10);

        g_array_append_val (wishes->numbers, seed);
    }
    for (int i = 0; i < wishes->n_drawn; i++) {
        guint64 seed = (guint64) g_random_int_range (100, 1000000);

        g_array_append_val (wishes->numbers, seed);
    }
    for (guint64 seed = 1; !wishes->seeds && wishes->n_drawn == 0 && seed <= 3; seed++)
        g_array_append_val (wishes->numbers, seed);
}

static bool
is_wanted (char *const *names, const char *name)
{
    return !names || g_strv_contains ((const char *const *) names, name);
}

static void
print_line (bool markdown, const char *method, const char *name, const char *seed, double ceiling,
            double fused, double target, bool reached, const QualityScore *score)
{
    const char *verdict = reached ? "yes" : "MISS";

    if (markdown)
        printf ("| %s | %s | %.2f | %.2f | %+.2f | %+.1f | %s | %.3f / %.3f |\n", method, name,
                ceiling, fused, fused - ceiling, target, verdict, score->motion,
                score->worst_motion);
    else
        printf ("%-10s %-12s %8s %8.2f %8.2f %+7.2f %+6.1f  %-4s %7.3f %7.3f\n", method, name, seed,
                ceiling, fused, fused - ceiling, target, verdict, score->motion,
                score->worst_motion);
}

static void
print_score (const char *method, const char *seed, const QualityCase *quality,
             const QualityScore *score, bool markdown)
{
    print_line (markdown, method, quality->name, seed, score->ceiling, score->fused,
                quality->distance, score->fused >= score->ceiling + quality->distance, score);
    if (!isnan (quality->edge_distance))
        print_line (markdown, method, "its edges", seed, score->ceiling_edges, score->fused_edges,
                    quality->edge_distance,
                    score->fused_edges >= score->ceiling_edges + quality->edge_distance, score);
    if (score->n_left_out > 0)
        printf ("%s%d frames of %s were left out: MISS\n", markdown ? "\n" : "", score->n_left_out,
                quality->name);
    fflush (stdout);
}

static void
add_score (QualityScore *sum, const QualityScore *score)
{
    sum->fused += score->fused;
    sum->ceiling += score->ceiling;
    sum->fused_edges += score->fused_edges;
    sum->ceiling_edges += score->ceiling_edges;
    sum->motion += score->motion;
    sum->worst_motion = fmax (sum->worst_motion, score->worst_motion);
    sum->n_left_out += score->n_left_out;
}

static void
divide_score (QualityScore *sum, double n)
{
    sum->fused /= n;
    sum->ceiling /= n;
    sum->fused_edges /= n;
    sum->ceiling_edges /= n;
    sum->motion /= n;
}

/* Mean of the case over all seeds; false where a run failed, which has been said. */
static bool
score_case (const Wishes *wishes, const QualityCase *quality, const HfChoice *method, HfPool *pool,
            QualityScore *mean)
{
    *mean = (QualityScore) { 0 };
    for (guint i = 0; i < wishes->numbers->len; i++) {
        guint64 seed = g_array_index (wishes->numbers, guint64, i);
        char text[24];
        QualityScore score;
        GError *error = NULL;

        if (!quality_score (quality, seed, wishes->width, wishes->height,
                            (HfFusionMethod) method->value, pool, &score, &error)) {
            fprintf (stderr, "hf-quality: %s, seed %" G_GUINT64_FORMAT ": %s\n", quality->name,
                     seed, error->message);
            g_error_free (error);
            return false;
        }
        g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT, seed);
        if (!wishes->markdown)
            print_score (method->nick, text, quality, &score, false);
        add_score (mean, &score);
    }
    divide_score (mean, wishes->numbers->len);
    return true;
}

static bool
print_method (const Wishes *wishes, const HfChoice *method, HfPool *pool)
{
    bool good = true;

    for (const QualityCase *quality = quality_cases; quality->name; quality++) {
        QualityScore mean;

        if (!is_wanted (wishes->cases, quality->name))
            continue;
        if (!score_case (wishes, quality, method, pool, &mean)) {
            good = false;
            continue;
        }
        if (wishes->markdown || wishes->numbers->len > 1)
            print_score (method->nick, "mean", quality, &mean, wishes->markdown);
        good = good && quality_reached (quality, &mean);
    }
    return good;
}

static bool
print_table (const Wishes *wishes)
{
    HfPool *pool = hf_pool_new (0, NULL);
    bool good = true;

    if (wishes->markdown)
        printf ("| method | case | ceiling dB | fused dB | distance | target | reached "
                "| motion px: mean / worst |\n|---|---|---|---|---|---|---|---|\n");
    else
        printf ("%-10s %-12s %8s %8s %8s %7s %6s  %-4s %15s\n", "method", "case", "seed", "ceiling",
                "fused", "dist.", "target", "", "motion: mean, worst px");
    for (const HfChoice *method = hf_fusion_method_choices; method->nick; method++)
        if (is_wanted (wishes->methods, method->nick))
            good = print_method (wishes, method, pool) && good;
    hf_pool_free (pool);
    return good;
}

static bool
check_names (const Wishes *wishes, GError **error)
{
    for (int i = 0; wishes->cases && wishes->cases[i]; i++) {
        if (quality_case_find (wishes->cases[i]))
            continue;
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "there is no case \"%s\"",
                     wishes->cases[i]);
        return false;
    }
    return true;
}

int
main (int argc, char **argv)
{
    Wishes wishes = { 0 };
    GError *error = NULL;
    bool good;

    if (!parse (&argc, &argv, &wishes, &error) || !check_names (&wishes, &error)) {
        fprintf (stderr, "hf-quality: %s\n", error->message);
        g_error_free (error);
        return 2;
    }
    choose_seeds (&wishes);
    good = print_table (&wishes);
    g_array_free (wishes.numbers, TRUE);
    g_strfreev (wishes.cases);
    g_strfreev (wishes.methods);
    g_strfreev (wishes.seeds);
    g_free (wishes.size);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
