/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The vignetting step on rendered stacks with a known falloff, 1 - v r². With --table SEED… prints
 * the errors of full-size stacks instead.
 */
#include "driven.h"

#include <hyperfocal/error.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static HfRenderOptions
render_options (const char *name, guint64 seed, double vignetting)
{
    HfRenderOptions options;

    g_assert_true (hf_render_options_init (&options, name, seed));
    hf_render_options_resize (&options, 640, 427);
    options.n_frames = 7;
    options.detail = 1;
    options.vignetting = vignetting;
    return options;
}

/* Largest relative error of the curve over all radii. */
static double
largest_error (const HfVignettingRecord *record, double vignetting)
{
    double worst = 0;

    for (int i = 0; i <= 100; i++) {
        double truth = 1 - vignetting * i * i / 1e4;

        worst = fmax (worst, fabs (hf_vignetting_falloff (record, i / 100.0) / truth - 1));
    }
    return worst;
}

static HfVignettingRecord
measured (Stack *stack)
{
    GError *error = NULL;

    g_assert_true (stack_measure (stack, &hf_vignetting_step, 3, NULL, NULL, &error));
    g_assert_no_error (error);
    return stack->records[0].vignetting;
}

/* As in the table of targets, 12 frames of 1280 × 853: 2 %. */
static void
finds_curve (void)
{
    static const double losses[] = { 0.6, 0.6, 0.35 };

    for (int i = 0; i < 3; i++) {
        guint64 seed = i == 0 ? 1 : g_random_int ();
        HfRenderOptions options = render_options ("vignetting", seed, losses[i]);
        HfVignettingRecord record;
        Stack *stack;
        double error;

        hf_render_options_resize (&options, 1280, 853);
        options.n_frames = 12;
        stack = stack_new (&options, 1);
        record = measured (stack);
        error = largest_error (&record, losses[i]);
        g_test_message ("seed %" G_GUINT64_FORMAT ", loss %.2f: error %.4f", seed, losses[i],
                        error);
        g_assert_true (record.applied);
        g_assert_cmpfloat (error, <, 0.02);
        for (int k = 0; k < stack->n; k++)
            g_assert_cmpmem (&stack->records[k].vignetting, sizeof record, &record, sizeof record);
        stack_free (stack);
    }
}

/* Small frames of every kind; seven of 640 × 427 tell the curve to 4 %. */
static void
finds_curve_in_all_formats (void)
{
    static const HfSampleType types[] = { HF_SAMPLE_U8, HF_SAMPLE_U16, HF_SAMPLE_FLOAT };
    static const char *const cases[] = { "hand-held", "noise", "flicker" };

    for (int i = 0; i < 6; i++) {
        guint64 seed = g_random_int ();
        HfRenderOptions options = render_options (cases[i % 3], seed, 0.5);
        HfVignettingRecord record;
        Stack *stack;

        options.format = (HfFormat) { types[i / 2], i % 2 ? 1 : 3 };
        stack = stack_new (&options, 1 + i % 2);
        record = measured (stack);
        g_test_message ("%s seed %" G_GUINT64_FORMAT ", %s: error %.4f", cases[i % 3], seed,
                        hf_format_name (options.format), largest_error (&record, 0.5));
        g_assert_true (record.applied);
        g_assert_cmpfloat (largest_error (&record, 0.5), <, 0.04);
        stack_free (stack);
    }
}

/* The sigmoid cannot follow 1 - 0.6 r² to less than 2 %. */
static void
finds_sigmoid (void)
{
    HfRenderOptions options = render_options ("vignetting", g_random_int (), 0.6);
    Stack *stack = stack_new (&options, 1);
    HfVignettingRecord record;

    stack->options.vignetting.model = HF_VIGNETTING_SIGMOID;
    record = measured (stack);
    g_assert_cmpint (record.model, ==, HF_VIGNETTING_SIGMOID);
    g_assert_cmpfloat (largest_error (&record, 0.6), <, 0.08);
    stack_free (stack);
}

/* Frames without falloff, moving or still, bright in the middle or not. */
static void
leaves_others_alone (gconstpointer name)
{
    for (int i = 0; i < 2; i++) {
        guint64 seed = g_random_int ();
        HfRenderOptions options = render_options (name, seed, 0);
        Stack *stack = stack_new (&options, 1);
        HfVignettingRecord record = measured (stack);

        g_test_message ("%s seed %" G_GUINT64_FORMAT ": corner %.3f ± %.3f", (const char *) name,
                        seed, hf_vignetting_falloff (&record, 1), record.error);
        g_assert_false (record.applied);
        stack_free (stack);
    }
}

/* Where nothing moves there is no proof; switched on, the rings decide: 6 % on a dull subject. */
static void
asks_rings_where_nothing_moves (void)
{
    HfRenderOptions options = render_options ("plane", g_random_int (), 0.5);
    Stack *stack;
    HfVignettingRecord record;

    options.contrast = 0.05;
    stack = stack_new (&options, 1);
    g_assert_false (measured (stack).applied);
    stack->options.vignetting.mode = HF_VIGNETTING_ON;
    record = measured (stack);
    g_assert_true (record.applied);
    g_assert_cmpfloat (largest_error (&record, 0.5), <, 0.06);
    stack->options.vignetting.rings = 40;
    record = measured (stack);
    g_assert_cmpfloat (largest_error (&record, 0.5), <, 0.06);
    stack->options.vignetting.apply = false;
    g_assert_false (measured (stack).applied);
    stack_free (stack);
}

/* One frame of three has lost more: by frame each finds its own. */
static void
fits_frames_alone (void)
{
    HfRenderOptions options = render_options ("plane", g_random_int (), 0.2);
    Stack *stack;

    options.contrast = 0.05;
    options.n_frames = 3;
    stack = stack_new (&options, 1);
    for (int y = 0; y < 427; y++) {
        guint8 *row = hf_image_row (stack->reduced[0], y);

        for (int x = 0; x < 640; x++)
            for (int c = 0; c < 3; c++)
                row[3 * x + c] = (guint8) (row[3 * x + c] * hf_render_vignetting (
                                                                &stack->render->options, x, y) +
                                           0.5);
    }
    stack->options.vignetting.mode = HF_VIGNETTING_ON;
    stack->options.vignetting.per_frame = true;
    measured (stack);
    g_assert_cmpfloat (fabs (hf_vignetting_falloff (&stack->records[0].vignetting, 1) - 0.64), <,
                       0.04);
    for (int k = 1; k < 3; k++)
        g_assert_cmpfloat (fabs (hf_vignetting_falloff (&stack->records[k].vignetting, 1) - 0.8), <,
                           0.04);
    stack_free (stack);
}

static void
does_not_depend_on_batches_and_threads (void)
{
    HfRenderOptions options = render_options ("vignetting", g_random_int (), 0.6);
    Stack *stack = stack_new (&options, 1);
    HfVignettingRecord first = { 0 };

    for (int round = 0; round < 3; round++) {
        HfPool *pool = hf_pool_new (1 + 3 * round, NULL);

        g_assert_true (stack_measure (stack, &hf_vignetting_step, 1 + 2 * round, pool, NULL, NULL));
        if (round == 0)
            first = stack->records[1].vignetting;
        g_assert_cmpmem (&first, sizeof first, &stack->records[1].vignetting, sizeof first);
        hf_pool_free (pool);
    }
    stack_free (stack);
}

/* Black frames, frames left out, frames that do not overlap: what is left still tells. */
static void
passes_over_useless_frames (void)
{
    HfRenderOptions options = render_options ("vignetting", g_random_int (), 0.6);
    Stack *stack = stack_new (&options, 1);
    HfVignettingRecord record;

    memset (stack->reduced[1]->data, 0,
            (size_t) stack->reduced[1]->height * stack->reduced[1]->stride);
    stack->records[2].align.matrix.m[2] = 1e6;
    hf_record_leave_out (&stack->records[4], "for the test");
    record = measured (stack);
    g_assert_true (record.applied);
    g_assert_cmpfloat (largest_error (&record, 0.6), <, 0.06);
    for (int k = 0; k < stack->n; k++)
        memset (stack->reduced[k]->data, 0,
                (size_t) stack->reduced[k]->height * stack->reduced[k]->stride);
    stack->options.vignetting.mode = HF_VIGNETTING_ON;
    record = measured (stack);
    g_assert_cmpfloat (hf_vignetting_falloff (&record, 1), >, 0.99);
    stack_free (stack);
}

static void
reports_missing_memory (void)
{
    HfRenderOptions options = render_options ("plane", 1, 0);
    Stack *stack;

    options.n_frames = 3;
    stack = stack_new (&options, 4);
    for (int n = 0; n < 12; n++) {
        HfBudget *budget = hf_budget_new (0);
        GError *error = NULL;

        hf_memory_fail_after (n);
        g_assert_false (stack_measure (stack, &hf_vignetting_step, 3, NULL, budget, &error));
        g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
        hf_memory_fail_after (-1);
        g_assert_cmpint ((int) hf_budget_used (budget), ==, 0);
        g_clear_error (&error);
        hf_budget_free (budget);
    }
    stack_free (stack);
}

static void
plots (void)
{
    HfRenderOptions options = render_options ("vignetting", 1, 0.6);
    char *folder = g_dir_make_tmp ("vignetting-XXXXXX", NULL), *text;
    char *path = g_build_filename (folder, "vignetting.svg", NULL);
    Stack *stack = stack_new (&options, 2);

    stack->plots = folder;
    measured (stack);
    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    g_assert_nonnull (strstr (text, "rings"));
    g_assert_nonnull (strstr (text, "radius / half diagonal"));
    g_free (text);
    g_remove (path);
    g_rmdir (folder);
    g_free (path);
    g_free (folder);
    stack_free (stack);
}

static int
print_table (int n, char **seeds)
{
    printf ("%6s %10s %8s %8s %10s\n", "seed", "model", "corner", "±", "error");
    for (int i = 0; i < 2 * n; i++) {
        HfRenderOptions options;
        HfVignettingRecord record;
        Stack *stack;

        hf_render_options_init (&options, "vignetting", (guint64) atoll (seeds[i / 2]));
        stack = stack_new (&options, 1);
        stack->options.vignetting.model = i % 2 ? HF_VIGNETTING_SIGMOID : HF_VIGNETTING_POLYNOMIAL;
        record = measured (stack);
        printf ("%6s %10s %8.4f %8.4f %10.4f\n", seeds[i / 2],
                hf_choice_nick (hf_vignetting_model_choices, (int) record.model),
                hf_vignetting_falloff (&record, 1), record.error, largest_error (&record, 0.6));
        stack_free (stack);
    }
    return 0;
}

int
main (int argc, char **argv)
{
    static const char *const others[] = { "breathing", "occlusion", "noise",     "weak-texture",
                                          "repeat",    "hand-held", "keystone",  "flicker",
                                          "bumps",     "specks",    "hot-pixels" };

    if (argc > 2 && strcmp (argv[1], "--table") == 0)
        return print_table (argc - 2, argv + 2);
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/vignetting/finds-curve", finds_curve);
    g_test_add_func ("/vignetting/finds-curve-in-all-formats", finds_curve_in_all_formats);
    g_test_add_func ("/vignetting/finds-sigmoid", finds_sigmoid);
    for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
        char *path = g_strdup_printf ("/vignetting/leaves-alone/%s", others[i]);

        g_test_add_data_func (path, others[i], leaves_others_alone);
        g_free (path);
    }
    g_test_add_func ("/vignetting/asks-rings-where-nothing-moves", asks_rings_where_nothing_moves);
    g_test_add_func ("/vignetting/fits-frames-alone", fits_frames_alone);
    g_test_add_func ("/vignetting/does-not-depend-on-batches-and-threads",
                     does_not_depend_on_batches_and_threads);
    g_test_add_func ("/vignetting/passes-over-useless-frames", passes_over_useless_frames);
    g_test_add_func ("/vignetting/reports-missing-memory", reports_missing_memory);
    g_test_add_func ("/vignetting/plots", plots);
    return g_test_run ();
}
