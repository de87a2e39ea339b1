/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Resampling of a plane for registration, row by row, by the cubic of Catmull and Rom.
 *
 * An output row is a slanted line of the source, u = a x + b y + c, v = d x + e y + f. It is
 * sampled in two passes: down the columns, at v as a function of u (slope d / a), then along the
 * row, at u as a function of x. In both, the whole part of the position changes every few dozen
 * pixels only as motion between frames is slight, and between two changes all loads are contiguous.
 */
#include "steps/align-view.h"

#include "kernels/kernels.h"

#include <math.h>

/* Narrows [begin, end) to the x where low <= slope x + start <= high. */
static void
narrow (double slope, double start, double low, double high, double *begin, double *end)
{
    double from, to;

    if (fabs (slope) < 1e-12) {
        if (start < low || start > high)
            *end = *begin;
        return;
    }
    from = (low - start) / slope;
    to = (high - start) / slope;
    *begin = fmax (*begin, ceil (fmin (from, to)));
    *end = fmin (*end, floor (fmax (from, to)) + 1);
}

/* Column x lies at row start + slope x; columns begin .. end - 1. */
static void
sample_columns (const HfPlane *plane, double slope, double start, int begin, int end, float *out)
{
    int x = begin;

    while (x < end) {
        double at = start + slope * x, whole = floor (at);
        double change = slope > 0   ? ceil ((whole + 1 - start) / slope)
                        : slope < 0 ? floor ((whole - start) / slope) + 1
                                    : end;
        int next = change < end ? MAX ((int) change, x + 1) : end;
        const float *rows[4];

        for (int k = 0; k < 4; k++) {
            int y = CLAMP ((int) whole + k - 1, 0, plane->height - 1);

            rows[k] = plane->data + (size_t) y * plane->stride + x;
        }
        hf_kernels ()->align->cubic_columns (out + x, rows, next - x, (float) (at - whole),
                                             (float) slope);
        x = next;
    }
}

/* Output x lies at column start + slope x of `line`; slope > 0. */
static void
sample_row (const float *line, double slope, double start, int begin, int end, float *out)
{
    double excess = slope - 1; /* the whole part moves on by one with each pixel */
    int x = begin;

    while (x < end) {
        double at = start + slope * x, whole = floor (at);
        double change = excess > 0   ? ceil ((whole - x + 1 - start) / excess)
                        : excess < 0 ? floor ((whole - x - start) / excess) + 1
                                     : end;
        int next = change < end ? MAX ((int) change, x + 1) : end;

        hf_kernels ()->align->cubic_row (out + x, line + (int) whole - 1, next - x,
                                         (float) (at - whole), (float) excess);
        x = next;
    }
}

void
hf_align_resample_row (const HfPlane *plane, const HfMatrix *m, int width, int y, int margin,
                       float *out, float *scratch, int *begin, int *end)
{
    double a = m->m[0], b = m->m[1] * y + m->m[2], d = m->m[3], e = m->m[4] * y + m->m[5];
    double first = 0, last = width;
    int left, right;

    *begin = *end = 0;
    if (!(a > 0.25 && a < 4))
        return;
    narrow (a, b, margin, plane->width - 1 - margin, &first, &last);
    narrow (d, e, margin, plane->height - 1 - margin, &first, &last);
    if (!(first < last))
        return;
    *begin = (int) first;
    *end = (int) last;
    left = MAX ((int) floor (a * *begin + b) - 1, 0);
    right = MIN ((int) floor (a * (*end - 1) + b) + 3, plane->width);
    sample_columns (plane, d / a, e - d * b / a, left, right, scratch);
    sample_row (scratch, a, b, *begin, *end, out);
}

void
hf_align_mask_row (const HfAlignLevel *level, const HfMatrix *m, int y, int begin, int end,
                   float *mask)
{
    if (!level->valid)
        return;
    for (int x = begin; x < end; x++) {
        int u = (int) lrint (m->m[0] * x + m->m[1] * y + m->m[2]);
        int v = (int) lrint (m->m[3] * x + m->m[4] * y + m->m[5]);

        u = CLAMP (u, 0, level->width - 1);
        v = CLAMP (v, 0, level->height - 1);
        if (!level->valid[(size_t) v * (size_t) level->width + (size_t) u])
            mask[x] = 0;
    }
}
