/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small stacks of known motion, focused from left to right, good and spoilt. */
#ifndef HF_TEST_STACK_H
#define HF_TEST_STACK_H

#include "drive.h"
#include "scene.h"

enum { WIDTH = 420, HEIGHT = 300, FRAMES = 7 };

/* End-point errors in pixels. Registration of these clean pictures reaches some .005; this is what
 * the suite promises in any case. */
#define PROMISED 0.04

#define GREY ((HfFormat) { HF_SAMPLE_U8, 1 })

typedef struct Stack {
    Scene *scene;
    HfImage *images[FRAMES];
    HfMatrix truth[FRAMES];
    int n;
} Stack;

typedef enum { STILL, SHIFTED, MOVING } Motion;

/* A seed that is drawn, and printed. */
guint32 drawn_seed (void);

/* The reference, which does not move, is frame FRAMES / 2. */
void stack_init (Stack *stack, Motion motion, HfFormat format, double noise, guint32 seed);
void stack_clear (Stack *stack);

typedef enum { BLACK, WHITE, OTHER_SCENE, NOISE, N_BAD } Bad;

/* Makes a grey frame one that cannot be registered. */
void stack_spoil (Stack *stack, int frame, Bad bad, guint32 seed);

/* Blurs a grey frame by a motion of `length` pixels along the rows. */
void stack_shake (Stack *stack, int frame, int length);

/* Runs the step, which must not fail. */
void stack_run (const Stack *stack, Drive *drive);

/* So many frames left out, the others within `most` on average and three times that each. */
void stack_check (const Stack *stack, const Drive *drive, int left_out, double most);

#endif
