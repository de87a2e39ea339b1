/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The chain of registered pairs on both sides of the reference, as the sweep brings the frames;
 * private to the alignment step.
 */
#ifndef HF_ALIGN_CHAIN_H
#define HF_ALIGN_CHAIN_H

#include "steps/align-graph.h"
#include "steps/align-pair.h"
#include "steps/align-plots.h"
#include "steps/step.h"

/* A registered pair of one side; nodes count the good frames outward, 0 is the reference. */
typedef struct HfAlignLink {
    int to, from;             /* nodes */
    int to_frame, from_frame; /* indices in the stack */
    double correlation;
    HfAlignQuadratic quadratic;
} HfAlignLink;

/* A good frame that later ones may be registered to. */
typedef struct HfAlignAnchor {
    HfAlignView *view;
    int node;
    HfMatrix matrix;  /* reference -> frame, full size, not yet refined */
    bool linked;      /* to the anchor before it, by: */
    HfMatrix to_last; /* that one -> this one, full size */
} HfAlignAnchor;

typedef struct HfAlignSide {
    HfAlignAnchor anchors[2]; /* the last good frame and the one before */
    int n_anchors;
    int n_nodes;
    GArray *links; /* HfAlignLink, those that registered */
} HfAlignSide;

typedef struct HfAlignChain {
    HfAlignTools tools;
    HfAlignView *reference;
    bool step_by_step;
    HfAlignSide sides[2]; /* before and after the reference */
    int *nodes;           /* of each frame; -1 = not registered */
    HfAlignPlots *plots;  /* NULL: none wanted */
} HfAlignChain;

HfAlignChain *hf_align_chain_new (const HfSweep *sweep);
void hf_align_chain_free (HfAlignChain *chain);

/* Where a frame lies by its layer's offset alone: reference -> frame. */
HfMatrix hf_align_offset (const HfSweep *sweep, int from, int to);

/* Where the estimate of a pair begins: by the sweep's transforms where they know both frames, else
 * by the offsets. */
HfMatrix hf_align_start (const HfSweep *sweep, int from, int to);

/*
 * Registers a batch (see HfStep.look) and writes provisional matrices into the records. Frames that
 * fit nowhere are left out with the reason.
 */
bool hf_align_chain_add (HfAlignChain *chain, HfSweep *sweep, const int *frames,
                         HfImage *const *images, int n, GError **error);

/* --- align-model.c --- */

/*
 * The simplest model that explains what all pairs saw, for HF_TRANSFORM_AUTO; and for the frames of
 * either side the matrices by that model: refined matrices go into the records, with residual,
 * correlation and overlap.
 */
bool hf_align_settle (HfAlignChain *chain, HfSweep *sweep, GError **error);

#endif
