/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rendered stacks fused with everything else perfect: true transforms, gains and vignetting, hot
 * pixels repaired at their known places, noise level as it was put in. What is left is the
 * fusion's.
 */
#ifndef RENDERED_H
#define RENDERED_H

#include "render.h"

#include <hyperfocal/fuse.h>

/* A picture of this name; the frames, fused on the reference's canvas. */
HfImage *rendered_fuse (const HfRender *render, HfInterpolation interpolation, HfPool *pool);

/* The same with these options; where `maps` is not NULL it gets the depth map (0..1) and its
 * confidence, grey float. */
HfImage *rendered_fuse_by (const HfRender *render, HfInterpolation interpolation, HfPool *pool,
                           const HfFuseOptions *fuse, HfImage *maps[2]);

typedef struct RenderedScore {
    double fused, ceiling; /* dB against the truth */
    double fused_edges,
        ceiling_edges; /* the same within 12 pixels of jumps of the depth; NaN: none */
} RenderedScore;

RenderedScore rendered_score (const HfRender *render, const HfImage *fused, HfPool *pool);

#endif
