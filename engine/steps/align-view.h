/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * A frame as registration sees it: grey planes, each half the size of the one before. Private to
 * the alignment step.
 */
#ifndef HF_ALIGN_VIEW_H
#define HF_ALIGN_VIEW_H

#include "steps/align-features.h"

#include <hyperfocal/image.h>
#include <hyperfocal/matrix.h>

enum { HF_ALIGN_MOST_LEVELS = 20 };

/* Which levels are made; the same for all frames of a stack. Level 0 is the finest that is used. */
typedef struct HfAlignPlan {
    int reduction; /* of the pictures that come in */
    int n_halved;  /* how often they are halved to reach level 0 */
    int n_levels;
    int n_smooth;     /* levels 0 .. n_smooth - 1 have a smooth plane */
    int first_normal; /* levels first_normal .. n_levels - 1 have a normalised plane */
} HfAlignPlan;

typedef struct HfPlane {
    int width, height;
    size_t stride; /* floats from row to row */
    float *data;   /* NULL where the level has none */
} HfPlane;

typedef struct HfAlignLevel {
    int width, height;
    double factor;  /* full-size pixels a pixel of this level */
    HfPlane smooth; /* grey 0..1 after the binomial of sigma 1.4 */
    HfPlane normal; /* locally normalised: mean about 0, contrast about 1 */
    uint8_t *valid; /* width × height, 1 = can be believed; NULL = all of it */
} HfAlignLevel;

typedef struct HfAlignView {
    int frame;
    HfAlignLevel levels[HF_ALIGN_MOST_LEVELS];
    int n_levels;
    HfAlignFeatures *features; /* NULL where the estimate is direct */
    HfAlignFeatures *fine;     /* those of the frame in full resolution; NULL until they are wanted */
    void *memory[HF_ALIGN_MOST_LEVELS]; /* one block a level, from the budget */
} HfAlignView;

/* The levels for pictures of width × height pixels, reduced `reduction` times. */
HfAlignPlan hf_align_plan (int width, int height, int reduction);

/* Full-size pixels a pixel of level 0. */
double hf_align_plan_factor (const HfAlignPlan *plan);

HfAlignView *hf_align_view_new (const HfAlignPlan *plan, int frame, const HfImage *image,
                                HfBudget *budget, GError **error);
void hf_align_view_free (HfAlignView *view);

/*
 * One row of `plane` seen through m (pixels of the output -> pixels of `plane`): writes
 * out[*begin .. *end - 1], the part of 0 .. width - 1 that lies at least `margin` (>= 2) pixels
 * inside the plane. `scratch` holds plane->width + 16 floats.
 */
void hf_align_resample_row (const HfPlane *plane, const HfMatrix *m, int width, int y, int margin,
                            float *out, float *scratch, int *begin, int *end);

/* Sets mask[x] to 0 where the pixel of `level` that m maps (x, y) to is not valid; begin <= x <
 * end, all of which lie inside. */
void hf_align_mask_row (const HfAlignLevel *level, const HfMatrix *m, int y, int begin, int end,
                        float *mask);

#endif
