/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fusion by depth map on rendered stacks: colours against the ceiling, depth and confidence
 * against the true depth. With --table SEED WIDTH HEIGHT [OPTIONS …] prints all cases instead, once
 * for each set of options ("name=value,name=value"; none: the defaults).
 */
#include "rendered.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static HfFuseOptions
depth_options (void)
{
    HfFuseOptions options;

    hf_options_init (&hf_fuse_table, &options);
    options.method = HF_FUSION_DEPTH_MAP;
    return options;
}

static float
sample (const HfImage *image, int x, int y)
{
    return ((const float *) hf_image_row (image, y))[x];
}

/* How a depth map does against the truth, in frames; away from the border. */
typedef struct DepthScore {
    double median;                  /* error of the pixels of confidence >= 0.5 */
    double share;                   /* of the pixels, of confidence >= 0.5 */
    double within;                  /* of those, within one frame of the truth */
    double all;                     /* of all pixels, the same */
    double bins[10], bin_share[10]; /* within one frame by confidence */
} DepthScore;

static int
compare_floats (const void *a, const void *b)
{
    float first = *(const float *) a, second = *(const float *) b;

    return (first > second) - (first < second);
}

static DepthScore
score_depth (const HfRender *render, HfImage *const maps[2])
{
    const HfRenderOptions *options = &render->options;
    int border = hf_render_border (render), n = 0, all = 0, within = 0, all_within = 0;
    float *errors = g_new (float, (gsize) options->width * options->height);
    int bin[10] = { 0 }, bin_within[10] = { 0 };
    DepthScore score = { 0 };

    for (int y = border; y < options->height - border; y++)
        for (int x = border; x < options->width - border; x++) {
            float depth = sample (maps[0], x, y) * (float) (options->n_frames - 1);
            float confidence = sample (maps[1], x, y);
            float error = fabsf (depth - sample (render->depth, x, y));
            int b = MIN ((int) (confidence * 10), 9);

            all++;
            all_within += error <= 1;
            bin[b]++;
            bin_within[b] += error <= 1;
            if (confidence >= 0.5f) {
                errors[n++] = error;
                within += error <= 1;
            }
        }
    qsort (errors, (size_t) n, sizeof *errors, compare_floats);
    score.median = n ? errors[n / 2] : NAN;
    score.share = (double) n / all;
    score.within = n ? (double) within / n : NAN;
    score.all = (double) all_within / all;
    for (int b = 0; b < 10; b++) {
        score.bins[b] = bin[b] ? (double) bin_within[b] / bin[b] : NAN;
        score.bin_share[b] = (double) bin[b] / all;
    }
    g_free (errors);
    return score;
}

static void
set_options (HfFuseOptions *options, const char *text)
{
    char **pairs = g_strsplit (text, ",", -1);

    for (int i = 0; pairs[i] && pairs[i][0]; i++) {
        char **pair = g_strsplit (pairs[i], "=", 2);
        const HfOption *option = hf_option_find (&hf_fuse_table, pair[0]);
        GError *error = NULL;

        if (!option || !hf_option_set (option, options, pair[1], &error))
            g_error ("%s: %s", pairs[i], error ? error->message : "no such option");
        g_strfreev (pair);
    }
    g_strfreev (pairs);
}

static void
print_line (const HfRender *render, const char *name, const char *text, HfPool *pool)
{
    HfFuseOptions options = depth_options ();
    HfImage *maps[2], *fused;
    RenderedScore score;
    DepthScore depth;
    bool has_maps;

    set_options (&options, text);
    has_maps = hf_fuse_method_has_maps ((HfFusionMethod) options.method);
    fused = rendered_fuse_by (render, HF_INTERPOLATION_LANCZOS_4, pool, &options,
                              has_maps ? maps : NULL);
    score = rendered_score (render, fused, pool);
    printf ("%-13s %6.2f %6.2f %+6.2f %6.2f %+6.2f", name, score.ceiling, score.fused,
            score.fused - score.ceiling, score.fused_edges,
            score.fused_edges - score.ceiling_edges);
    if (has_maps) {
        depth = score_depth (render, maps);
        printf ("  %5.2f %4.0f %5.1f %5.1f", depth.median, 100 * depth.share, 100 * depth.within,
                100 * depth.all);
        for (int b = 0; b < 10; b++)
            printf (" %3.0f/%-3.0f", 100 * depth.bins[b], 100 * depth.bin_share[b]);
        hf_image_free (maps[0]);
        hf_image_free (maps[1]);
    }
    printf ("  %s\n", text);
    fflush (stdout);
    hf_image_free (fused);
    hf_options_clear (&hf_fuse_table, &options);
}

static int
print_table (int argc, char **argv)
{
    HfPool *pool = hf_pool_new (0, NULL);
    const char *only = g_getenv ("CASES");

    printf ("%-13s %6s %6s %6s %6s %6s  %5s %4s %5s %5s\n", "case", "ceil", "fused", "gain",
            "edges", "gain", "error", "%", "in 1", "all");
    for (int i = 0; hf_render_cases[i]; i++) {
        HfRenderOptions options;
        HfRender *render;

        if (strcmp (hf_render_cases[i], "speed") == 0 ||
            (only && !strstr (only, hf_render_cases[i])))
            continue;
        hf_render_options_init (&options, hf_render_cases[i], (guint64) atoll (argv[0]));
        hf_render_options_resize (&options, atoi (argv[1]), atoi (argv[2]));
        render = hf_render_new (&options, pool, NULL);
        for (int k = 3; k < MAX (argc, 4); k++)
            print_line (render, hf_render_cases[i], k < argc ? argv[k] : "", pool);
        hf_render_free (render);
    }
    hf_pool_free (pool);
    return 0;
}

/* ---- tests ---- */

typedef struct Wanted {
    const char *name;
    double margin; /* dB that the colours may be below the ceiling */
    double error;  /* frames, median of the sure pixels */
    double within; /* share of the sure pixels that are within one frame of the truth */
    bool textured; /* all over: sure or not, nearly all pixels are right */
} Wanted;

/*
 * Small stacks, a fixed seed and a drawn one. Without noise and motion nothing beats the nearest
 * frame; elsewhere averaging what agrees does. The wanted median is 0.25 frames. Pixels are sure
 * from a confidence of 0.5 on. Among occluders the blurred edge of the one in front is all that the
 * frames show of what is behind it, so that the truth is not to be had there; the few specks that
 * lie by the rod are most of what is wrong.
 */
static const Wanted wanted[] = {
    { "plane", 2.5, 0.25, 0.99, true },   { "bumps", 2.5, 0.25, 0.99, true },
    { "breathing", 0, 0.25, 0.99, true }, { "occlusion", 0, 0.25, 0.80, false },
    { "noise", -1, 0.25, 0.99, true },    { "weak-texture", -1, 0.25, 0.99, true },
    { "repeat", 0.5, 0.25, 0.99, true },  { "16-bit", 0, 0.25, 0.99, true },
    { "hand-held", 0, 0.25, 0.99, true }, { "dots", 0.5, 0.25, 0.99, false },
    { "specks", 0, 0.25, 0.40, false },
};

static void
near_the_truth (gconstpointer data)
{
    const Wanted *aim = data;
    guint64 seeds[2] = { 3, g_random_int () };
    HfPool *pool = hf_pool_new (2, NULL);

    for (int s = 0; s < 2; s++) {
        HfFuseOptions options = depth_options ();
        HfRenderOptions scene;
        HfRender *render;
        HfImage *maps[2], *fused;
        RenderedScore score;
        DepthScore depth;

        hf_render_options_init (&scene, aim->name, seeds[s]);
        hf_render_options_resize (&scene, 360, 240);
        render = hf_render_new (&scene, pool, NULL);
        fused = rendered_fuse_by (render, HF_INTERPOLATION_LANCZOS_4, pool, &options, maps);
        score = rendered_score (render, fused, pool);
        depth = score_depth (render, maps);
        g_test_message ("%s, seed %" G_GUINT64_FORMAT
                        ": %.2f dB, ceiling %.2f; %.0f %% sure, median "
                        "error %.3f frames, %.1f %% within 1; of all %.1f %%",
                        aim->name, seeds[s], score.fused, score.ceiling, 100 * depth.share,
                        depth.median, 100 * depth.within, 100 * depth.all);
        g_assert_cmpfloat (score.fused, >=, score.ceiling - aim->margin);
        g_assert_cmpfloat (depth.share, >, 0.0002);
        g_assert_cmpfloat (depth.median, <=, aim->error);
        g_assert_cmpfloat (depth.within, >=, aim->within);
        if (aim->textured)
            g_assert_cmpfloat (depth.all, >=, 0.94);
        for (int i = 0; i < 2; i++)
            hf_image_free (maps[i]);
        hf_image_free (fused);
        hf_render_free (render);
        hf_options_clear (&hf_fuse_table, &options);
    }
    hf_pool_free (pool);
}

int
main (int argc, char **argv)
{
    if (argc >= 5 && strcmp (argv[1], "--table") == 0)
        return print_table (argc - 2, argv + 2);
    g_test_init (&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS (wanted); i++) {
        char *path = g_strdup_printf ("/depth/%s-is-near-the-truth", wanted[i].name);

        g_test_add_data_func (path, &wanted[i], near_the_truth);
        g_free (path);
    }
    return g_test_run ();
}
