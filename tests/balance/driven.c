/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "driven.h"

/* Frame numbers r, r + 1, r - 1, … */
static void
order_outward (Stack *stack)
{
    int n = 0, reference = stack->n / 2;

    stack->order[n++] = reference;
    for (int distance = 1; n < stack->n; distance++) {
        if (reference + distance < stack->n)
            stack->order[n++] = reference + distance;
        if (reference - distance >= 0)
            stack->order[n++] = reference - distance;
    }
}

Stack *
stack_new (const HfRenderOptions *wishes, int reduction)
{
    Stack *stack = g_new0 (Stack, 1);
    HfRenderOptions options = *wishes;
    HfPool *pool = hf_pool_new (2, NULL);
    GError *error = NULL;

    options.reference = -1;
    g_assert_cmpint (options.n_frames, <=, MOST_FRAMES);
    stack->render = hf_render_new (&options, pool, &error);
    g_assert_no_error (error);
    stack->n = options.n_frames;
    stack->reduction = reduction;
    hf_stack_options_init (&stack->options);
    for (int i = 0; i < stack->n; i++) {
        const HfImage *frame = stack->render->frames[i];

        stack->reduced[i] = hf_image_reduce (frame, reduction, NULL, NULL);
        stack->infos[i] = (HfFrameInfo) { .width = frame->width,
                                          .height = frame->height,
                                          .format = frame->format };
        hf_record_init (&stack->records[i]);
        stack->records[i].align.matrix = stack->render->matrices[i];
    }
    order_outward (stack);
    hf_pool_free (pool);
    return stack;
}

void
stack_free (Stack *stack)
{
    for (int i = 0; i < stack->n; i++) {
        hf_image_free (stack->reduced[i]);
        hf_record_clear (&stack->records[i]);
    }
    hf_stack_options_clear (&stack->options);
    hf_render_free (stack->render);
    g_free (stack);
}

bool
stack_measure (Stack *stack, const HfStep *step, int batch, HfPool *pool, HfBudget *budget,
               GError **error)
{
    HfSweep sweep = { .options = &stack->options,
                      .infos = stack->infos,
                      .n_frames = stack->n,
                      .reference = stack->n / 2,
                      .reduction = stack->reduction,
                      .records = stack->records,
                      .pool = pool,
                      .budget = budget,
                      .plots = stack->plots };
    void *state = step->begin (&sweep, error);
    bool ok = state != NULL;

    for (int i = 0; i < stack->n && ok; i += batch) {
        HfImage *images[MOST_FRAMES];
        int n = MIN (batch, stack->n - i);

        for (int k = 0; k < n; k++)
            images[k] = stack->reduced[stack->order[i + k]];
        ok = step->look (state, &sweep, stack->order + i, images, n, error);
    }
    ok = ok && step->settle (state, &sweep, error);
    step->end (state);
    return ok;
}
