/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Resampling of a plane for registration, row by row, by the cubic of Catmull and Rom.
 *
 * An output row is a slanted line of the source, u = a x + b y + c, v = d x + e y + f. It is
 * sampled in two passes: down the columns, at v as a function of u (slope d / a), then along the
 * row, at u as a function of x. In both, the whole part of the position changes every few dozen
 * pixels only as motion between frames is slight, and between two changes all loads are contiguous.
 *
 * A projective map bends the line a little. It is cut into pieces, each taken for straight between
 * its ends, short enough that the chord is nowhere more than CHORD off.
 */
#include "steps/align-view.h"

#include "kernels/kernels.h"

#include <math.h>

enum { SHORTEST_PIECE = 8 };

static const double CHORD = 0.002; /* pixels */

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

/* Columns begin .. end - 1 of a straight row u = a x + b, v = d x + e, all of which lie inside. */
static void
resample_piece (const HfPlane *plane, double a, double b, double d, double e, int begin, int end,
                float *out, float *scratch)
{
    int left = MAX ((int) floor (a * begin + b) - 1, 0);
    int right = MIN ((int) floor (a * (end - 1) + b) + 3, plane->width);

    sample_columns (plane, d / a, e - d * b / a, left, right, scratch);
    sample_row (scratch, a, b, begin, end, out);
}

/* The whole range, narrowed to what lies inside: each bound of the plane is a line of the output.
 */
static void
narrow_projective (const HfPlane *plane, const HfMatrix *m, int y, int margin, double *first,
                   double *last)
{
    const double *n = m->m;
    double w[2] = { n[6], n[7] * y + n[8] };
    double u[2] = { n[0], n[1] * y + n[2] }, v[2] = { n[3], n[4] * y + n[5] };
    double low = margin, right = plane->width - 1 - margin, bottom = plane->height - 1 - margin;

    narrow (w[0], w[1], 0.25, 4, first, last);
    narrow (u[0] - low * w[0], u[1] - low * w[1], 0, HUGE_VAL, first, last);
    narrow (u[0] - right * w[0], u[1] - right * w[1], -HUGE_VAL, 0, first, last);
    narrow (v[0] - low * w[0], v[1] - low * w[1], 0, HUGE_VAL, first, last);
    narrow (v[0] - bottom * w[0], v[1] - bottom * w[1], -HUGE_VAL, 0, first, last);
}

/* Length of pieces that stay within CHORD: it is off by |curvature| length² / 8. */
static int
length_of_pieces (const HfMatrix *m, int y, int begin, int end)
{
    double most = 0;

    for (int k = 0; k < 2; k++) {
        double u, v, w;
        const double *n = m->m;
        int x = k ? end - 1 : begin;

        hf_matrix_map (m, x, y, &u, &v);
        w = n[6] * x + n[7] * y + n[8];
        most = fmax (most, 2 * fabs (n[6] / w) *
                               fmax (fabs (n[0] - u * n[6]), fabs (n[3] - v * n[6])) / fabs (w));
    }
    return most * (end - begin) * (end - begin) <= 8 * CHORD
               ? end - begin
               : MAX (SHORTEST_PIECE, (int) sqrt (8 * CHORD / most));
}

static void
resample_bent_row (const HfPlane *plane, const HfMatrix *m, int width, int y, int margin,
                   float *out, float *scratch, int *begin, int *end)
{
    double first = 0, last = width, u, v;
    int length;

    narrow_projective (plane, m, y, margin, &first, &last);
    if (!(first < last))
        return;
    length = length_of_pieces (m, y, (int) first, (int) last);
    hf_matrix_map (m, first, y, &u, &v);
    for (int x = (int) first, next; x < (int) last; x = next) {
        double next_u, next_v, a, d;

        next = (int) last - x < 2 * length ? (int) last : x + length;
        hf_matrix_map (m, next, y, &next_u, &next_v);
        a = (next_u - u) / (next - x);
        d = (next_v - v) / (next - x);
        if (!(a > 0.25 && a < 4))
            return;
        resample_piece (plane, a, u - a * x, d, v - d * x, x, next, out, scratch);
        u = next_u;
        v = next_v;
    }
    *begin = (int) first;
    *end = (int) last;
}

void
hf_align_resample_row (const HfPlane *plane, const HfMatrix *m, int width, int y, int margin,
                       float *out, float *scratch, int *begin, int *end)
{
    double a = m->m[0], b = m->m[1] * y + m->m[2], d = m->m[3], e = m->m[4] * y + m->m[5];
    double first = 0, last = width;

    *begin = *end = 0;
    if (!hf_matrix_is_affine (m)) {
        resample_bent_row (plane, m, width, y, margin, out, scratch, begin, end);
        return;
    }
    if (!(a > 0.25 && a < 4))
        return;
    narrow (a, b, margin, plane->width - 1 - margin, &first, &last);
    narrow (d, e, margin, plane->height - 1 - margin, &first, &last);
    if (!(first < last))
        return;
    *begin = (int) first;
    *end = (int) last;
    resample_piece (plane, a, b, d, e, *begin, *end, out, scratch);
}

void
hf_align_mask_row (const HfAlignLevel *level, const HfMatrix *m, int y, int begin, int end,
                   float *mask)
{
    if (!level->valid)
        return;
    for (int x = begin; x < end; x++) {
        double at_u, at_v;
        int u, v;

        hf_matrix_map (m, x, y, &at_u, &at_v);
        u = (int) lrint (CLAMP (at_u, 0, level->width - 1));
        v = (int) lrint (CLAMP (at_v, 0, level->height - 1));
        if (!level->valid[(size_t) v * (size_t) level->width + (size_t) u])
            mask[x] = 0;
    }
}
