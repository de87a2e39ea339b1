/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the camera moves along a stack. About the picture's centre c, a frame's pixel is
 *     c + t + scale R(angle) P(q),   P(q) = q / (1 + k.q),   q = reference pixel - c:
 * scale, angle, shift t and keystone k grow evenly along the stack (focus stepped on a rail or by
 * the lens), with a little jitter; hand-held, shift and angle follow a random walk, scaled so that
 * its farthest point lies exactly as far from the reference as asked for.
 */
#include "motion.h"

#include "random.h"

#include <math.h>

enum { STREAM_DRIFT = 101, STREAM_SHAKE, STREAM_GAIN };

typedef struct Pose {
    double x, y, angle, scale, keystone_x, keystone_y;
} Pose;

static void
add_drift (const HfRenderOptions *options, Pose *poses)
{
    HfRandom random = { hf_random_stream (options->seed, STREAM_DRIFT), 0 };
    double direction = hf_random_next (&random, 0, 2 * G_PI);
    double lean = hf_random_next (&random, 0, 2 * G_PI);
    double sign = hf_random_next (&random, -1, 1) < 0 ? -1 : 1;
    int last = MAX (1, options->n_frames - 1);
    int farthest = MAX (1, MAX (options->reference, last - options->reference));

    for (int k = 0; k < options->n_frames; k++) {
        double along = (double) (k - options->reference) / last;
        double jitter = k == options->reference ? 0 : 0.1 * options->drift;
        double keystone = options->keystone * (k - options->reference) / farthest;

        poses[k].x +=
            along * options->drift * cos (direction) + jitter * hf_random_next (&random, -0.5, 0.5);
        poses[k].y +=
            along * options->drift * sin (direction) + jitter * hf_random_next (&random, -0.5, 0.5);
        poses[k].angle += sign * along * options->rotation;
        poses[k].scale = 1 + along * options->breathing;
        poses[k].keystone_x = keystone * cos (lean) / options->width;
        poses[k].keystone_y = keystone * sin (lean) / options->height;
    }
}

static void
add_shake (const HfRenderOptions *options, Pose *poses)
{
    HfRandom random = { hf_random_stream (options->seed, STREAM_SHAKE), 0 };
    Pose *walk = g_new0 (Pose, options->n_frames);
    Pose at = { 0 }, start;
    double farthest = 0, widest = 0;

    for (int k = 0; k < options->n_frames; k++) {
        at.x += hf_random_next (&random, -1, 1);
        at.y += hf_random_next (&random, -1, 1);
        at.angle += hf_random_next (&random, -1, 1);
        walk[k] = at;
    }
    start = walk[options->reference];
    for (int k = 0; k < options->n_frames; k++) {
        farthest = fmax (farthest, hypot (walk[k].x - start.x, walk[k].y - start.y));
        widest = fmax (widest, fabs (walk[k].angle - start.angle));
    }
    for (int k = 0; k < options->n_frames && farthest > 0; k++) {
        poses[k].x += options->shake * (walk[k].x - start.x) / farthest;
        poses[k].y += options->shake * (walk[k].y - start.y) / farthest;
        poses[k].angle += options->shake_rotation * (walk[k].angle - start.angle) / widest;
    }
    g_free (walk);
}

static HfMatrix
pose_matrix (const Pose *pose, double centre_x, double centre_y)
{
    double angle = pose->angle * G_PI / 180;
    double a = pose->scale * cos (angle), b = pose->scale * sin (angle);
    HfMatrix to_centre = { { 1, 0, -centre_x, 0, 1, -centre_y, 0, 0, 1 } };
    HfMatrix lean = { { 1, 0, 0, 0, 1, 0, pose->keystone_x, pose->keystone_y, 1 } };
    HfMatrix turn = { { a, -b, centre_x + pose->x, b, a, centre_y + pose->y, 0, 0, 1 } };
    HfMatrix all = hf_matrix_multiply (turn, hf_matrix_multiply (lean, to_centre));
    double scale = 1 / all.m[8];

    for (int i = 0; i < 8; i++)
        all.m[i] *= scale;
    all.m[8] = 1;
    return all;
}

void
hf_motion_fill (const HfRenderOptions *options, HfMatrix *matrices)
{
    Pose *poses = g_new0 (Pose, options->n_frames);

    add_drift (options, poses);
    add_shake (options, poses);
    for (int k = 0; k < options->n_frames; k++)
        matrices[k] =
            pose_matrix (&poses[k], 0.5 * (options->width - 1), 0.5 * (options->height - 1));
    /* Not left to rounding: nothing may touch the reference's samples. */
    matrices[options->reference] = hf_matrix_identity ();
    g_free (poses);
}

void
hf_motion_fill_gains (const HfRenderOptions *options, double *gains)
{
    HfRandom random = { hf_random_stream (options->seed, STREAM_GAIN), 0 };

    for (int k = 0; k < options->n_frames; k++) {
        double change = hf_random_next (&random, -options->flicker, options->flicker);

        gains[k] = k == options->reference ? 1 : 1 + change;
    }
}

double
hf_motion_overreach (const HfRenderOptions *options, const HfMatrix *matrices)
{
    double right = options->width - 1, bottom = options->height - 1, most = 0;

    for (int k = 0; k < options->n_frames; k++) {
        HfMatrix back;

        if (!hf_matrix_invert (matrices[k], &back))
            continue;
        for (int corner = 0; corner < 4; corner++) {
            double x, y;

            hf_matrix_map (&back, corner & 1 ? right : 0, corner & 2 ? bottom : 0, &x, &y);
            most = fmax (most, fmax (fmax (-x, x - right), fmax (-y, y - bottom)));
        }
    }
    return most;
}
