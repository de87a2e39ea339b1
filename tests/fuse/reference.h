/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pyramid fusion once more, slow and plain: whole pictures in double precision, every sum
 * written out, all frames at once. Written from the formulas in engine/fuse/pyramid*.c, sharing no
 * code.
 */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdbool.h>

typedef struct Frame {
    int width, height, n_colours;
    float *colour[3];
    float *validity; /* 0 .. 1 */
} Frame;

Frame *frame_new (int width, int height, int n_colours); /* zeros, valid everywhere */
void frame_free (Frame *frame);

typedef struct ReferenceOptions {
    int shortest; /* side of the coarsest level at most */
    int window;   /* 3 .. 7 */
    double a;     /* centre of the generating kernel */
} ReferenceOptions;

/* What the options of the pyramid are unless they are set. */
extern const ReferenceOptions reference_defaults;

/* sigma: of the noise in one colour. Range limits are rounded outward to 1/255 when `bytes`. */
Frame *reference_fuse (Frame *const *frames, int n_frames, double sigma, bool bytes,
                       const ReferenceOptions *options);

#endif
