/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cases that registration promises to manage: rendered stacks with known motion, and how far
 * its result may be from that. Errors are end-point errors over the picture, in pixels.
 */
#ifndef HF_TEST_CASES_H
#define HF_TEST_CASES_H

#include "drive.h"
#include "render.h"

typedef struct Case {
    const char *name;
    const char *rendered;   /* the renderer's case it is made of */
    double mean, worst;     /* promised for 1280 × 853: over all frames, and of any one */
    HfTransformModel model; /* that auto must not go beyond */
    int n_frames;           /* 0 = the renderer's */
    const char *reference;  /* option */
    double drift, turn,
        growth;   /* pixels, degrees and share from first to last frame; 0 = as it is */
    double noise; /* standard deviation, 0..1; 0 = as it is */
} Case;

/* All of them, ended by a NULL name. */
extern const Case cases[];

typedef struct Outcome {
    double mean, worst;          /* end-point error over all frames, of the worst frame */
    double farthest;             /* of the frame farthest from the reference */
    double correlation, inliers; /* the least of any frame */
    double milliseconds;         /* of processor time a frame, without rendering and decoding */
    int left_out;
    int n_moved;            /* frames that are not identity */
    HfTransformModel model; /* the loosest of all frames */
} Outcome;

/*
 * Renders and registers one case. `settings` are texts "name=value" for options of the run, ended
 * by NULL; may be NULL. Fails for a setting that is none, a size that cannot be rendered.
 */
bool case_measure (const Case *which, guint64 seed, int width, int height,
                   const char *const *settings, Outcome *outcome, GError **error);

#endif
