/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The balance step on rendered stacks with known gains, driven as the pipeline drives it. */
#include "driven.h"

#include "steps/balance-parts.h"

#include <hyperfocal/error.h>

#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* HF_TEST_SEED, or a number drawn and printed. */
static guint32
drawn_seed (void)
{
    static guint32 seed;
    const char *wish = g_getenv ("HF_TEST_SEED");

    if (!seed) {
        seed = wish ? (guint32) atoi (wish) : (guint32) g_random_int_range (1, 1000000);
        g_test_message ("HF_TEST_SEED=%u", seed);
    }
    return seed;
}

static HfRenderOptions
render_options (const char *name, double flicker, guint32 seed)
{
    HfRenderOptions options;

    g_assert_true (hf_render_options_init (&options, name, seed));
    hf_render_options_resize (&options, 420, 280);
    options.n_frames = strcmp (name, "specks") == 0 ? 12 : 6; /* its depths are those of twelve */
    options.detail = 1;
    options.flicker = flicker;
    return options;
}

static Stack *
case_new (const char *name, double flicker, guint32 seed)
{
    HfRenderOptions options = render_options (name, flicker, seed);

    return stack_new (&options, 2);
}

static bool
measure (Stack *stack, int batch, HfPool *pool, HfBudget *budget, GError **error)
{
    return stack_measure (stack, &hf_balance_step, batch, pool, budget, error);
}

static void
measure_well (Stack *stack)
{
    GError *error = NULL;

    g_assert_true (measure (stack, 2, NULL, NULL, &error));
    g_assert_no_error (error);
}

static void
finds_gains (void)
{
    static const char *const cases[] = { "plane",  "breathing",  "noise",     "repeat",
                                         "16-bit", "vignetting", "hand-held", "bumps" };

    for (int i = 0; i < 8; i++) {
        Stack *stack = case_new (cases[i], 0.12, drawn_seed () + (guint32) i);

        g_assert_true (measure (stack, 2, NULL, NULL, NULL));
        for (int k = 0; k < stack->n; k++) {
            const double *gain = stack->records[k].balance.gain;

            g_test_message ("%s frame %d: %.4f of %.4f", cases[i], k, gain[0],
                            1 / stack->render->gains[k]);
            g_assert_cmpfloat (fabs (gain[0] * stack->render->gains[k] - 1), <, 0.003);
            g_assert_true (gain[0] == gain[1] && gain[0] == gain[2]);
        }
        stack_free (stack);
    }
}

/* Light that occluders hide and show is not constant: two percent, not half a one. */
static void
finds_gains_behind_occluders (void)
{
    Stack *stack = case_new ("occlusion", 0.12, drawn_seed ());

    g_assert_true (measure (stack, 2, NULL, NULL, NULL));
    for (int k = 0; k < stack->n; k++)
        g_assert_cmpfloat (fabs (stack->records[k].balance.gain[0] * stack->render->gains[k] - 1),
                           <, 0.02);
    stack_free (stack);
}

static void
leaves_steady_stacks_alone (void)
{
    static const char *const cases[] = { "plane", "breathing", "noise", "vignetting", "hand-held" };

    for (int i = 0; i < 5; i++) {
        Stack *stack = case_new (cases[i], 0, drawn_seed () + (guint32) i);

        g_assert_true (measure (stack, 3, NULL, NULL, NULL));
        for (int k = 0; k < stack->n; k++)
            g_assert_cmpfloat (stack->records[k].balance.gain[0], ==, 1);
        stack_free (stack);
    }
}

static void
does_not_depend_on_batches_and_threads (void)
{
    Stack *stack = case_new ("breathing", 0.12, drawn_seed ());
    double first[MOST_FRAMES];

    for (int round = 0; round < 3; round++) {
        HfPool *pool = hf_pool_new (1 + 3 * round, NULL);

        g_assert_true (measure (stack, 1 + 2 * round, pool, NULL, NULL));
        for (int k = 0; k < stack->n; k++) {
            if (round)
                g_assert_cmpfloat (stack->records[k].balance.gain[0], ==, first[k]);
            first[k] = stack->records[k].balance.gain[0];
            stack->records[k].balance = hf_balance_none ();
        }
        hf_pool_free (pool);
    }
    stack_free (stack);
}

static void
passes_over_frames_left_out (void)
{
    Stack *stack = case_new ("breathing", 0.12, drawn_seed ());

    hf_record_leave_out (&stack->records[0], "for the test");
    g_assert_true (measure (stack, 2, NULL, NULL, NULL));
    g_assert_cmpfloat (stack->records[0].balance.gain[0], ==, 1);
    stack_free (stack);
}

/* Black frames, frames that do not overlap: nothing can be said, so nothing is. */
static void
says_nothing_without_light (void)
{
    Stack *stack = case_new ("breathing", 0.12, drawn_seed ());

    memset (stack->reduced[1]->data, 0,
            (size_t) stack->reduced[1]->height * stack->reduced[1]->stride);
    stack->records[0].align.matrix.m[2] = 1e6;
    g_assert_true (measure (stack, 2, NULL, NULL, NULL));
    g_assert_cmpfloat (stack->records[0].balance.gain[0], ==, 1);
    g_assert_cmpfloat (stack->records[1].balance.gain[0], ==, 1);
    stack_free (stack);
}

static void
reports_missing_memory (void)
{
    Stack *stack = case_new ("plane", 0, drawn_seed ());

    for (int n = 0; n < 8; n++) {
        HfBudget *budget = hf_budget_new (0);
        GError *error = NULL;

        hf_memory_fail_after (n);
        g_assert_false (measure (stack, 3, NULL, budget, &error));
        g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
        hf_memory_fail_after (-1);
        g_assert_cmpint ((int) hf_budget_used (budget), ==, 0);
        g_clear_error (&error);
        hf_budget_free (budget);
    }
    stack_free (stack);
}

/* Changes each sample, 0..1, of the reduced frame by the function. */
static void
change_frame (Stack *stack, int frame, double (*map) (double sample, int c))
{
    HfImage *image = stack->reduced[frame];
    int n = image->width * image->format.n_channels;

    for (int y = 0; y < image->height; y++) {
        void *row = hf_image_row (image, y);

        for (int i = 0; i < n; i++) {
            int c = i % image->format.n_channels;

            if (image->format.type == HF_SAMPLE_U8)
                ((guint8 *) row)[i] =
                    (guint8) (CLAMP (map (((guint8 *) row)[i] / 255.0, c), 0, 1) * 255 + 0.5);
            else if (image->format.type == HF_SAMPLE_U16)
                ((guint16 *) row)[i] =
                    (guint16) (CLAMP (map (((guint16 *) row)[i] / 65535.0, c), 0, 1) * 65535 + 0.5);
            else
                ((float *) row)[i] = (float) map ((double) ((float *) row)[i], c);
        }
    }
}

static double
other_light (double sample, int c)
{
    static const double gains[3] = { 0.9, 0.8, 0.95 };

    return gains[c] * sample;
}

static double
other_gamma (double sample, int c)
{
    return pow (sample, 1 / 1.15);
}

static double
other_curve (double sample, int c)
{
    return 0.85 * sample * (1.2 - 0.3 * sample);
}

static Stack *
float_case (const char *name, guint32 seed)
{
    HfRenderOptions options = render_options (name, 0, seed);

    options.format = (HfFormat) { HF_SAMPLE_FLOAT, 3 };
    return stack_new (&options, 2);
}

static HfBand
band_of (const HfImage *image)
{
    HfRect whole = { 0, 0, image->width, image->height };
    HfBand band;

    hf_band_place (&band, whole, 3,
                   hf_pixels_new_n (NULL, hf_band_floats (image->width, image->height, 3),
                                    sizeof (float), "a test", NULL));
    hf_band_read (&band, image);
    return band;
}

/* The mean difference of a corrected frame from what it was before it was changed, relative. */
static double
error_left (const HfBalanceRecord *record, const HfImage *changed, const HfImage *before)
{
    HfBand a = band_of (changed), b = band_of (before);
    double difference = 0, sum = 0;

    hf_balance_apply (record, &a, &a);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < a.rect.height; y++)
            for (int x = 0; x < a.rect.width; x++) {
                size_t at = (size_t) y * a.stride + (size_t) x;

                difference += fabs ((double) (a.colour[c][at] - b.colour[c][at]));
                sum += (double) b.colour[c][at];
            }
    hf_pixels_free (a.colour[0]);
    hf_pixels_free (b.colour[0]);
    return difference / sum;
}

static void
check_changed_frame (HfBalanceChannel channel, HfBalanceMap kind,
                     double (*map) (double sample, int c), double tolerance)
{
    static const char *const cases[] = { "breathing", "hand-held", "plane" };

    for (int i = 0; i < 3; i++) {
        guint32 seed = drawn_seed () + 10 * (guint32) i;
        Stack *stack = float_case (cases[i], seed);
        HfImage *before;
        double error;

        before = hf_image_reduce (stack->reduced[1], 1, NULL, NULL);
        change_frame (stack, 1, map);
        stack->options.balance.channel = (int) channel;
        stack->options.balance.map = (int) kind;
        measure_well (stack);
        error = error_left (&stack->records[1].balance, stack->reduced[1], before);
        hf_image_free (before);
        g_test_message ("%s seed %u: %.4f off", cases[i], seed, error);
        g_assert_cmpfloat (error, <, tolerance);
        for (int k = 0; k < stack->n; k++)
            if (k != 1 && kind != HF_BALANCE_MATCH_HIST)
                g_assert_true (hf_balance_is_identity (&stack->records[k].balance));
        stack_free (stack);
    }
}

static void
finds_gains_of_colours (void)
{
    check_changed_frame (HF_BALANCE_RGB, HF_BALANCE_LINEAR, other_light, 0.005);
}

static void
finds_exponent (void)
{
    check_changed_frame (HF_BALANCE_LUMI, HF_BALANCE_GAMMA, other_gamma, 0.01);
    check_changed_frame (HF_BALANCE_RGB, HF_BALANCE_GAMMA, other_gamma, 0.01);
}

/* The histograms of cells differ a little with focus. */
static void
matches_histograms (void)
{
    check_changed_frame (HF_BALANCE_LUMI, HF_BALANCE_MATCH_HIST, other_curve, 0.025);
    check_changed_frame (HF_BALANCE_RGB, HF_BALANCE_MATCH_HIST, other_curve, 0.025);
}

/* Saturation and value, lightness and saturation, L*a*b*: what has changed is found, to 3 %, and so
 * are frames that have not. Saturation is no sum of light: it changes a little with focus. */
static void
finds_changes_in_other_spaces (void)
{
    static const HfBalanceChannel channels[] = { HF_BALANCE_HSV, HF_BALANCE_HLS, HF_BALANCE_LAB };

    for (int i = 0; i < 3; i++) {
        HfBalanceRecord truth = hf_balance_none (), back;
        Stack *stack = float_case ("breathing", drawn_seed () + (guint32) i);
        HfImage *image = stack->reduced[1];
        float *memory = g_new (float, hf_band_floats (image->width, image->height, 3));
        HfBand band;

        truth.channel = channels[i];
        truth.gain[1] = i == 2 ? 1.03 : 0.85;
        truth.gain[2] = i == 2 ? 0.97 : 0.9;
        hf_band_place (&band, (HfRect) { 0, 0, image->width, image->height }, 3, memory);
        hf_band_read (&band, image);
        hf_balance_apply (&truth, &band, &band);
        hf_band_write (&band, image);
        stack->options.balance.channel = (int) channels[i];
        measure_well (stack);
        back = stack->records[1].balance;
        g_test_message ("%s: %.4f of %.4f, %.4f of %.4f",
                        hf_choice_nick (hf_balance_channel_choices, (int) channels[i]),
                        back.gain[1], 1 / truth.gain[1], back.gain[2], 1 / truth.gain[2]);
        g_assert_cmpint (back.channel, ==, channels[i]);
        g_assert_cmpfloat (fabs (back.gain[1] * truth.gain[1] - 1), <, 0.03);
        g_assert_cmpfloat (fabs (back.gain[2] * truth.gain[2] - 1), <, 0.03);
        for (int k = 2; k < stack->n; k++)
            g_assert_cmpfloat (hf_balance_change (&stack->records[k].balance), <, 0.03);
        g_free (memory);
        stack_free (stack);
    }
}

/* All sample types, grey and RGB; grey frames have luminosity only. */
static void
finds_gains_in_all_formats (void)
{
    static const HfSampleType types[] = { HF_SAMPLE_U8, HF_SAMPLE_U16, HF_SAMPLE_FLOAT };

    for (int i = 0; i < 6; i++) {
        HfRenderOptions options = render_options ("breathing", 0.12, drawn_seed () + (guint32) i);
        Stack *stack;

        options.format = (HfFormat) { types[i / 2], i % 2 ? 1 : 3 };
        stack = stack_new (&options, 2);
        stack->options.balance.channel = i % 2 ? HF_BALANCE_LAB : HF_BALANCE_RGB;
        measure_well (stack);
        for (int k = 0; k < stack->n; k++)
            for (int c = 0; c < 3; c++)
                g_assert_cmpfloat (
                    fabs (stack->records[k].balance.gain[c] * stack->render->gains[k] - 1), <,
                    0.006);
        stack_free (stack);
    }
}

/* Nearly black 8-bit frames without noise, 7.65 steps: rounding, 13 %, must not pass for light.
 * What is left comes from the bright rod, whose blur is as wide as it is. */
static void
is_not_misled_by_rounding (void)
{
    for (int i = 0; i < 2; i++) {
        guint32 seed = drawn_seed () + (guint32) i;
        HfRenderOptions options = render_options ("specks", 0.12, seed);
        Stack *stack;

        hf_render_options_resize (&options, 1280, 853);
        stack = stack_new (&options, 1);

        measure_well (stack);
        for (int k = 0; k < stack->n; k++) {
            double gain = stack->records[k].balance.gain[0];

            g_test_message ("seed %u frame %d: %.4f of %.4f", seed, k, gain,
                            1 / stack->render->gains[k]);
            g_assert_cmpfloat (fabs (gain * stack->render->gains[k] - 1), <, 0.02);
        }
        stack_free (stack);
    }
}

/* A bright rim that changes is outside of the mask, a dark half outside of the interval. */
static double
changed_rim (double sample, int c)
{
    return 0.7 * sample;
}

static void
counts_within_mask_and_interval (void)
{
    Stack *stack = float_case ("plane", drawn_seed ());
    HfImage *image = stack->reduced[1];

    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++)
            if (hypot (x - 104.5, y - 69.5) > 62)
                for (int c = 0; c < 3; c++) {
                    float *sample = (float *) hf_image_row (image, y) + 3 * x + c;

                    *sample = (float) changed_rim ((double) *sample, c);
                }
    measure_well (stack);
    g_assert_cmpfloat (stack->records[1].balance.gain[0], !=, 1);
    stack->options.balance.mask_size = 0.8; /* a radius of 56 of these pixels */
    measure_well (stack);
    g_assert_cmpfloat (stack->records[1].balance.gain[0], ==, 1);
    stack->options.balance.mask_size = 0;
    hf_option_set (hf_option_find (&hf_balance_table, "intensity-interval"),
                   &stack->options.balance, "2,-1", NULL);
    measure_well (stack); /* nothing is so bright */
    g_assert_cmpfloat (stack->records[1].balance.gain[0], ==, 1);
    stack_free (stack);
}

/* The interval is in the frame's own units: 0..128 of 8 bits is half of the range. */
static void
reads_interval (void)
{
    static const char *const bad[] = { "", "1", "a,b", "5,2", "-3,9", "1,2,3", "1,2x", "nan,1" };
    Stack *stack = case_new ("breathing", 0.12, drawn_seed ());
    const HfOption *option = hf_option_find (&hf_balance_table, "intensity-interval");

    hf_option_set (option, &stack->options.balance, " 30, 200 ", NULL);
    measure_well (stack);
    for (int k = 0; k < stack->n; k++)
        g_assert_cmpfloat (fabs (stack->records[k].balance.gain[0] * stack->render->gains[k] - 1),
                           <, 0.02);
    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        GError *error = NULL;

        hf_option_set (option, &stack->options.balance, bad[i], NULL);
        g_assert_false (measure (stack, 2, NULL, NULL, &error));
        g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
        g_assert_nonnull (strstr (error->message, "intensity-interval"));
        g_clear_error (&error);
    }
    stack_free (stack);
}

static void
finds_gains_at_any_scale (void)
{
    static const int scales[] = { 1, 8, 24 };

    for (int i = 0; i < 3; i++) {
        Stack *stack = case_new ("breathing", 0.12, drawn_seed ());

        stack->options.balance.img_scale = scales[i];
        measure_well (stack);
        for (int k = 0; k < stack->n; k++)
            g_assert_cmpfloat (
                fabs (stack->records[k].balance.gain[0] * stack->render->gains[k] - 1), <, 0.008);
        stack_free (stack);
    }
}

static void
plots (void)
{
    char *folder = g_dir_make_tmp ("balance-XXXXXX", NULL);
    Stack *stack = case_new ("breathing", 0.12, drawn_seed ());

    stack->plots = folder;
    stack->options.balance.channel = HF_BALANCE_HSV;
    measure_well (stack);
    for (int k = 0; k < stack->n; k++) {
        char *name = g_strdup_printf ("balance-%04d.svg", k), *text;
        char *path = g_build_filename (folder, name, NULL);

        g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS) == (k != stack->n / 2));
        if (k != stack->n / 2) {
            g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
            g_assert_nonnull (strstr (text, "saturation"));
            g_assert_nonnull (strstr (text, "before"));
            g_free (text);
            g_remove (path);
        }
        g_free (path);
        g_free (name);
    }
    g_rmdir (folder);
    g_free (folder);
    stack_free (stack);
}

/* Errors of the gains of full-size stacks, for the table of docs/algorithms/balance.md. */
static int
print_table (int n_seeds, char **seeds)
{
    static const char *const cases[] = { "plane",        "breathing",  "noise",     "repeat",
                                         "16-bit",       "vignetting", "hand-held", "bumps",
                                         "weak-texture", "occlusion",  "specks" };

    printf ("%-13s %8s %8s\n", "case", "mean", "worst");
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        double sum = 0, worst = 0;
        int n = 0;

        for (int s = 0; s < n_seeds; s++) {
            HfRenderOptions options = render_options (cases[i], 0.12, (guint32) atoi (seeds[s]));
            Stack *stack;

            hf_render_options_resize (&options, 640, 427);
            stack = stack_new (&options, 1);
            measure_well (stack);
            for (int k = 0; k < stack->n; k++) {
                double error =
                    fabs (stack->records[k].balance.gain[0] * stack->render->gains[k] - 1);

                worst = fmax (worst, error);
                sum += error;
                n++;
            }
            stack_free (stack);
        }
        printf ("%-13s %7.2f%% %7.2f%%\n", cases[i], 100 * sum / n, 100 * worst);
    }
    return 0;
}

int
main (int argc, char **argv)
{
    if (argc > 2 && strcmp (argv[1], "--table") == 0)
        return print_table (argc - 2, argv + 2);
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/balance/finds-gains", finds_gains);
    g_test_add_func ("/balance/finds-gains-behind-occluders", finds_gains_behind_occluders);
    g_test_add_func ("/balance/leaves-steady-stacks-alone", leaves_steady_stacks_alone);
    g_test_add_func ("/balance/does-not-depend-on-batches-and-threads",
                     does_not_depend_on_batches_and_threads);
    g_test_add_func ("/balance/passes-over-frames-left-out", passes_over_frames_left_out);
    g_test_add_func ("/balance/says-nothing-without-light", says_nothing_without_light);
    g_test_add_func ("/balance/reports-missing-memory", reports_missing_memory);
    g_test_add_func ("/balance/finds-gains-of-colours", finds_gains_of_colours);
    g_test_add_func ("/balance/finds-exponent", finds_exponent);
    g_test_add_func ("/balance/matches-histograms", matches_histograms);
    g_test_add_func ("/balance/finds-changes-in-other-spaces", finds_changes_in_other_spaces);
    g_test_add_func ("/balance/finds-gains-in-all-formats", finds_gains_in_all_formats);
    g_test_add_func ("/balance/finds-gains-at-any-scale", finds_gains_at_any_scale);
    g_test_add_func ("/balance/is-not-misled-by-rounding", is_not_misled_by_rounding);
    g_test_add_func ("/balance/counts-within-mask-and-interval", counts_within_mask_and_interval);
    g_test_add_func ("/balance/reads-interval", reads_interval);
    g_test_add_func ("/balance/plots", plots);
    return g_test_run ();
}
