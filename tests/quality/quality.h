/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The quality table: rendered stacks with known truth (tests/render), each through the whole
 * pipeline with its default options, alignment and all, scored against the truth beside what a
 * stacker could give at best (hf_render_ceiling ()).
 *
 * A case's target is its distance to the ceiling: figures in dB move with the seed by several dB,
 * the distance to what the very same frames hold by a few tenths.
 */
#ifndef QUALITY_H
#define QUALITY_H

#include "render.h"

#include <hyperfocal/stack.h>

typedef struct QualityCase {
    const char *name; /* of the renderer */
    double distance;  /* dB that the fused picture may lie below the ceiling, or must lie above */
    double edge_distance; /* the same near jumps of the depth; NAN: not judged */
} QualityCase;

/* Ended by a NULL name. */
extern const QualityCase quality_cases[];

/* The case of this name, or NULL. */
const QualityCase *quality_case_find (const char *name);

typedef struct QualityScore {
    double fused, ceiling;             /* dB against the truth, in the interior */
    double fused_edges, ceiling_edges; /* dB near jumps of the depth; NAN where not judged */
    double motion, worst_motion;       /* pixels: end-point error of the registration, mean over the
                                        * frames and largest frame's mean */
    int n_left_out;                    /* frames that the run did not use */
} QualityScore;

/* Renders the case at width × height (0 = its own size) and stacks it by this method. False with an
 * error where one of the two fails. */
bool quality_score (const QualityCase *quality, guint64 seed, int width, int height,
                    HfFusionMethod method, HfPool *pool, QualityScore *score, GError **error);

/* Does the score reach the case's distances, with all frames used? */
bool quality_reached (const QualityCase *quality, const QualityScore *score);

#endif
