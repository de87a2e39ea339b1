/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HF_RENDER_MOTION_H
#define HF_RENDER_MOTION_H

#include "render.h"

/* The transform of each frame, reference -> frame pixels; the reference's is the identity. */
void hf_motion_fill (const HfRenderOptions *options, HfMatrix *matrices);

/* The gain of each frame; the reference's is 1. */
void hf_motion_fill_gains (const HfRenderOptions *options, double *gains);

/* How far any frame sees beyond the reference's border, pixels. */
double hf_motion_overreach (const HfRenderOptions *options, const HfMatrix *matrices);

#endif
