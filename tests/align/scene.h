/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Small quick stacks for the tests of registration: overlapping discs of random grey on a tilted
 * plane, defocus by a disc of sample points, exact matrices. Not as natural as tests/render, but
 * any motion can be asked for, frame by frame.
 */
#ifndef HF_TEST_SCENE_H
#define HF_TEST_SCENE_H

#include <hyperfocal/hyperfocal.h>

typedef struct Scene {
    int width, height; /* pixels */
    guint32 seed;      /* the subject */
    double pattern;    /* period in pixels of a checkerboard in its place; 0 = none */
    float *texture;    /* the subject, twice as fine, with a border */
    int texture_width, texture_height;
} Scene;

typedef struct SceneFrame {
    HfMatrix matrix; /* reference pixels -> this frame's pixels */
    double focus;    /* column in focus, 0 left … 1 right */
    double blur;     /* pixels of radius at a distance of 1 from the focus */
    double gain;     /* 1 */
    double noise;    /* standard deviation, 0..1 */
    HfFormat format; /* with alpha: opaque */
} SceneFrame;

Scene *scene_new (int width, int height, guint32 seed, double pattern);
void scene_free (Scene *scene);

/* All sharp, no motion, 8-bit grey. */
SceneFrame scene_frame (void);

/* Rotation in degrees and scale about the middle, then a shift, as reference -> frame. */
HfMatrix scene_motion (const Scene *scene, double dx, double dy, double degrees, double scale);

HfImage *scene_render (const Scene *scene, const SceneFrame *frame, guint32 noise_seed);

#endif
