/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Plausibility of a motion. About the middle of the reference a matrix moves its surroundings by an
 * affine motion, J + shift; with J = (a b; c d)
 *     rotation  atan2 (c - b, a + d)
 *     scale     |(a + d, c - b)| / 2, the mean of the singular values
 *     shear     |(a - d, b + c)| / 2, half their difference
 * and the keystone is how much the denominator changes from one edge to the other, which the scale
 * follows.
 */
#include "steps/align-limits.h"

#include "steps/align-chain.h"

#include <math.h>

typedef struct Motion {
    double rotation;               /* degrees */
    double scale, shear, keystone; /* 1 = all of it */
    double shift;                  /* by the reference's width */
} Motion;

static Motion
motion_of (const HfSweep *sweep, int frame, const HfMatrix *matrix)
{
    const HfFrameInfo *reference = &sweep->infos[sweep->reference];
    HfMatrix offset = hf_align_offset (sweep, sweep->reference, frame);
    double x = 0.5 * (reference->width - 1), y = 0.5 * (reference->height - 1), u, v, a, b, c, d, w;
    const double *m = matrix->m;

    hf_matrix_map (matrix, x, y, &u, &v);
    w = m[6] * x + m[7] * y + m[8];
    a = (m[0] - u * m[6]) / w;
    b = (m[1] - u * m[7]) / w;
    c = (m[3] - v * m[6]) / w;
    d = (m[4] - v * m[7]) / w;
    return (Motion) {
        .rotation = atan2 (c - b, a + d) * 180 / G_PI,
        .scale = hypot (a + d, c - b) / 2,
        .shear = hypot (a - d, b + c) / 2,
        .keystone = hypot (m[6] * reference->width, m[7] * reference->height) / fabs (w),
        .shift = hypot (u - x - offset.m[2], v - y - offset.m[5]) / reference->width,
    };
}

static bool fail (char reason[HF_ALIGN_REASON], const char *format, ...) G_GNUC_PRINTF (2, 3);

static bool
fail (char reason[HF_ALIGN_REASON], const char *format, ...)
{
    va_list arguments;

    va_start (arguments, format);
    g_vsnprintf (reason, HF_ALIGN_REASON, format, arguments);
    va_end (arguments);
    return false;
}

bool
hf_align_is_plausible (const HfSweep *sweep, int frame, const HfMatrix *matrix,
                       char reason[HF_ALIGN_REASON])
{
    const HfAlignOptions *options = &sweep->options->align;
    Motion motion = motion_of (sweep, frame, matrix);
    const HfFrameInfo *reference = &sweep->infos[sweep->reference], *info = &sweep->infos[frame];
    double largest = 1 + options->max_scale / 100;
    double overlap = 100 * hf_align_overlap (matrix, reference->width, reference->height,
                                             info->width, info->height);

    if (!(fabs (motion.rotation) <= options->max_rotation))
        return fail (reason, "seems to be rotated by %.2f degrees, more than max-rotation %g",
                     motion.rotation, options->max_rotation);
    if (!(motion.scale <= largest && motion.scale >= 1 / largest))
        return fail (reason, "seems to be scaled by %.4f, beyond max-scale %g %%", motion.scale,
                     options->max_scale);
    if (!(100 * motion.shear <= options->max_shear))
        return fail (reason, "seems to be sheared by %.2f %%, more than max-shear %g %%",
                     100 * motion.shear, options->max_shear);
    if (!(100 * motion.keystone <= options->max_keystone))
        return fail (reason, "seems to have a keystone of %.2f %%, more than max-keystone %g %%",
                     100 * motion.keystone, options->max_keystone);
    if (!(100 * motion.shift <= options->max_shift))
        return fail (reason,
                     "seems to be shifted by %.2f %% of the width, more than max-shift %g %%",
                     100 * motion.shift, options->max_shift);
    if (!(overlap >= options->min_overlap))
        return fail (reason, "sees %.1f %% of the reference, less than min-overlap %g %%", overlap,
                     options->min_overlap);
    return true;
}
