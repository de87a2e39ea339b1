/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rendered stacks whose frames one step looks at, driven as the pipeline drives it. */
#ifndef DRIVEN_H
#define DRIVEN_H

#include "render.h"

#include "steps/step.h"

enum { MOST_FRAMES = 16 };

typedef struct Stack {
    HfRender *render;
    HfStackOptions options;
    int reduction;
    HfImage *reduced[MOST_FRAMES]; /* what the step sees */
    HfFrameInfo infos[MOST_FRAMES];
    HfRecord records[MOST_FRAMES]; /* the true matrices */
    int order[MOST_FRAMES], n;     /* outward from the reference n / 2 */
    const char *plots;
} Stack;

/* Renders; the frames are looked at reduced so many times. */
Stack *stack_new (const HfRenderOptions *options, int reduction);
void stack_free (Stack *stack);

/* Runs the step over the stack in batches of `batch`. */
bool stack_measure (Stack *stack, const HfStep *step, int batch, HfPool *pool, HfBudget *budget,
                    GError **error);

#endif
