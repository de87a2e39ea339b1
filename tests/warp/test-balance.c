/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The balance step on rendered stacks with known gains, driven as the pipeline drives it. */
#include "pictures.h"

#include "render.h"
#include "steps/step.h"
#include <hyperfocal/error.h>

#include <math.h>
#include <string.h>

enum { REDUCTION = 2, MOST_FRAMES = 16 };

typedef struct Stack {
    HfRender *render;
    HfImage *reduced[MOST_FRAMES];
    HfFrameInfo infos[MOST_FRAMES];
    HfRecord records[MOST_FRAMES];
    int order[MOST_FRAMES], n;
} Stack;

static Stack *
stack_new (const char *name, double flicker, guint32 seed)
{
    Stack *stack = g_new0 (Stack, 1);
    HfRenderOptions options;
    GError *error = NULL;

    hf_render_options_init (&options, name, seed);
    hf_render_options_resize (&options, 420, 280);
    options.n_frames = 6;
    options.reference = -1;
    options.detail = 1;
    options.flicker = flicker;
    stack->render = hf_render_new (&options, NULL, &error);
    g_assert_no_error (error);
    stack->n = options.n_frames;
    for (int i = 0; i < stack->n; i++) {
        const HfImage *frame = stack->render->frames[i];
        int half = (i + 1) / 2, middle = stack->n / 2;

        stack->reduced[i] = hf_image_reduce (frame, REDUCTION, NULL, NULL);
        stack->infos[i] = (HfFrameInfo) { .width = frame->width,
                                          .height = frame->height,
                                          .format = frame->format };
        hf_record_init (&stack->records[i]);
        stack->records[i].align.matrix = stack->render->matrices[i];
        stack->order[i] = middle + (i % 2 ? half : -half);
    }
    for (int i = 0; i < stack->n; i++) /* outward from the middle, wrapped where one side ends */
        stack->order[i] = (stack->order[i] + stack->n) % stack->n;
    return stack;
}

static void
stack_free (Stack *stack)
{
    for (int i = 0; i < stack->n; i++) {
        hf_image_free (stack->reduced[i]);
        hf_record_clear (&stack->records[i]);
    }
    hf_render_free (stack->render);
    g_free (stack);
}

/* Runs the step over the stack in batches of `batch`. */
static bool
measure (Stack *stack, int batch, HfPool *pool, HfBudget *budget, GError **error)
{
    HfStackOptions options = { .balance = { .channel = HF_BALANCE_LUMI } };
    HfSweep sweep = { .options = &options,
                      .infos = stack->infos,
                      .n_frames = stack->n,
                      .reference = stack->n / 2,
                      .reduction = REDUCTION,
                      .records = stack->records,
                      .pool = pool,
                      .budget = budget };
    void *state = hf_balance_step.begin (&sweep, error);
    bool ok = state != NULL;

    for (int i = 0; i < stack->n && ok; i += batch) {
        HfImage *images[MOST_FRAMES];
        int n = MIN (batch, stack->n - i);

        for (int k = 0; k < n; k++)
            images[k] = stack->reduced[stack->order[i + k]];
        ok = hf_balance_step.look (state, &sweep, stack->order + i, images, n, error);
    }
    ok = ok && hf_balance_step.settle (state, &sweep, error);
    hf_balance_step.end (state);
    return ok;
}

static void
finds_gains (void)
{
    static const char *const cases[] = { "plane",  "breathing",  "noise",     "repeat",
                                         "16-bit", "vignetting", "hand-held", "bumps" };

    for (int i = 0; i < 8; i++) {
        Stack *stack = stack_new (cases[i], 0.12, drawn_seed () + (guint32) i);

        g_assert_true (measure (stack, 2, NULL, NULL, NULL));
        for (int k = 0; k < stack->n; k++) {
            const double *gain = stack->records[k].balance.gain;

            g_test_message ("%s frame %d: %.4f of %.4f", cases[i], k, gain[0],
                            1 / stack->render->gains[k]);
            g_assert_cmpfloat (fabs (gain[0] * stack->render->gains[k] - 1), <, 0.005);
            g_assert_true (gain[0] == gain[1] && gain[0] == gain[2]);
        }
        stack_free (stack);
    }
}

/* Light that occluders hide and show is not constant: two percent, not half a one. */
static void
finds_gains_behind_occluders (void)
{
    Stack *stack = stack_new ("occlusion", 0.12, drawn_seed ());

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
        Stack *stack = stack_new (cases[i], 0, drawn_seed () + (guint32) i);

        g_assert_true (measure (stack, 3, NULL, NULL, NULL));
        for (int k = 0; k < stack->n; k++)
            g_assert_cmpfloat (stack->records[k].balance.gain[0], ==, 1);
        stack_free (stack);
    }
}

static void
does_not_depend_on_batches_and_threads (void)
{
    Stack *stack = stack_new ("breathing", 0.12, drawn_seed ());
    double first[MOST_FRAMES];

    for (int round = 0; round < 3; round++) {
        HfPool *pool = hf_pool_new (1 + 3 * round, NULL);

        g_assert_true (measure (stack, 1 + 2 * round, pool, NULL, NULL));
        for (int k = 0; k < stack->n; k++) {
            if (round)
                g_assert_cmpfloat (stack->records[k].balance.gain[0], ==, first[k]);
            first[k] = stack->records[k].balance.gain[0];
            stack->records[k].balance.gain[0] = 1;
        }
        hf_pool_free (pool);
    }
    stack_free (stack);
}

static void
passes_over_frames_left_out (void)
{
    Stack *stack = stack_new ("breathing", 0.12, drawn_seed ());

    hf_record_leave_out (&stack->records[0], "for the test");
    g_assert_true (measure (stack, 2, NULL, NULL, NULL));
    g_assert_cmpfloat (stack->records[0].balance.gain[0], ==, 1);
    stack_free (stack);
}

/* Black frames, frames that do not overlap: nothing can be said, so nothing is. */
static void
says_nothing_without_light (void)
{
    Stack *stack = stack_new ("breathing", 0.12, drawn_seed ());

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
    Stack *stack = stack_new ("plane", 0, drawn_seed ());

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

static void
applies_gains (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    HfBalanceRecord record = { { 1.5, 1, 3 } };
    HfBand in = random_band ((HfRect) { 5, 7, 37, 9 }, 3, true, random);
    HfBand out = band_new (in.rect, 3);

    hf_balance_apply (&record, &in, &out);
    g_assert_false (out.opaque);
    for (int y = 7; y < 16; y++) {
        for (int x = 5; x < 42; x++) {
            for (int c = 0; c < 3; c++)
                g_assert_cmpfloat (band_sample (&out, c, x, y), ==,
                                   band_sample (&in, c, x, y) * (float) record.gain[c]);
            g_assert_cmpfloat (band_sample (&out, 3, x, y), ==, band_sample (&in, 3, x, y));
        }
    }
    hf_balance_apply (&record, &in, &in);
    g_assert_true (bands_equal (&in, &out)); /* never clipped, in place too */
    band_free (&in);
    band_free (&out);
    g_rand_free (random);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/balance/finds-gains", finds_gains);
    g_test_add_func ("/balance/finds-gains-behind-occluders", finds_gains_behind_occluders);
    g_test_add_func ("/balance/leaves-steady-stacks-alone", leaves_steady_stacks_alone);
    g_test_add_func ("/balance/does-not-depend-on-batches-and-threads",
                     does_not_depend_on_batches_and_threads);
    g_test_add_func ("/balance/passes-over-frames-left-out", passes_over_frames_left_out);
    g_test_add_func ("/balance/says-nothing-without-light", says_nothing_without_light);
    g_test_add_func ("/balance/reports-missing-memory", reports_missing_memory);
    g_test_add_func ("/balance/applies-gains", applies_gains);
    return g_test_run ();
}
