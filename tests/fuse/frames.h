/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames for the tests of the fusion, and a run of the fuser over them. */
#ifndef FRAMES_H
#define FRAMES_H

#include "reference.h"

#include <hyperfocal/fuse.h>

/* Random texture at all scales, 0..1. */
Frame *frame_new_texture (int width, int height, int n_colours, guint32 seed);
/* A copy with a Gaussian blur of this sigma (pixels). */
Frame *frame_blurred (const Frame *frame, double sigma);
Frame *frame_copy (const Frame *frame);
/* Normal noise of this standard deviation is added. */
void frame_add_noise (Frame *frame, double sigma, guint32 seed);
/* Rounds the samples to 8 or 16 bits, 0..1; float: nothing. */
void frame_round (Frame *frame, HfSampleType precision);
/* Ellipses and a border strip of validity 0, and strips of partial validity. */
void frame_make_holes (Frame *frame, guint32 seed);

/* A setup with default options (static), one thread, no budget. */
HfFuserSetup setup_for (const Frame *frame, HfSampleType precision, double sigma);

bool frame_add (HfFuser *fuser, const Frame *frame, HfMonitor *monitor, GError **error);
/* The fused picture, or NULL. */
Frame *frame_finish (HfFuser *fuser, const HfFuserSetup *setup, HfMonitor *monitor, GError **error);
/* All of it; aborts the test where it fails. */
Frame *fuse_frames (const HfFuserSetup *setup, Frame *const *frames, int n_frames);

/* Largest and root mean square difference of colour where both are valid. */
double frame_difference (const Frame *a, const Frame *b, double *rms);
bool frame_same_bits (const Frame *a, const Frame *b);

/* A seed that changes from run to run, printed. */
guint32 drawn_seed (void);

#endif
