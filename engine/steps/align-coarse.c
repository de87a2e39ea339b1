/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The coarse estimate: Gauss-Newton on the locally normalised planes of one level.
 *
 * With T the template, F the frame seen through the current matrix m, g the mean of both gradients
 * and r = F - T, the template's pixel x should have been taken from x + d (x), where d minimises
 *     sum w (r + g d)^2,   d (u, v) = (p0 + p2 u - p3 v, p1 + p3 u + p2 v),
 * w = 1 / (1 + (r / s)^2) with s the residual's RMS of the step before. The matrix becomes m × (I +
 * D). The mean of both gradients makes the step the same from either side and of second order. u
 * and v count from the middle of the template.
 *
 * The planes are normalised, so there is no gain or offset to solve for.
 */
#include "steps/align-pair.h"

#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

enum { MARGIN = 2, FEWEST_PIXELS = 64 };

static const double FEWEST_SHARE = 0.1; /* of the template that must be seen */
static const double SMALL_STEP = 0.01;  /* pixels of the level at the corner */

bool
hf_coarse_scratch_init (HfCoarseScratch *scratch, const HfAlignLevel *template,
                        const HfAlignLevel *frame, HfBudget *budget, GError **error)
{
    size_t stride = MAX (template->normal.stride, frame->normal.stride);
    size_t height = (size_t) template->height;
    size_t floats = stride * (height + 2);
    char *memory = hf_pixels_new (budget, floats * sizeof (float) + 2 * height * sizeof (int),
                                  "the coarse alignment", error);

    if (!memory)
        return false;
    *scratch = (HfCoarseScratch) { .memory = memory };
    scratch->seen = (HfPlane) { template->width, template->height, stride, (float *) memory };
    scratch->line = (float *) memory + stride * height;
    scratch->mask = scratch->line + stride;
    scratch->begin = (int *) (memory + floats * sizeof (float));
    scratch->end = scratch->begin + height;
    return true;
}

void
hf_coarse_scratch_clear (HfCoarseScratch *scratch)
{
    hf_pixels_free (scratch->memory);
    memset (scratch, 0, sizeof *scratch);
}

static void
look_through (const HfAlignLevel *template, const HfAlignLevel *frame, const HfMatrix *m,
              HfCoarseScratch *scratch)
{
    for (int y = 0; y < template->height; y++)
        hf_align_resample_row (&frame->normal, m, template->width, y, MARGIN,
                               scratch->seen.data + (size_t) y * scratch->seen.stride,
                               scratch->line, &scratch->begin[y], &scratch->end[y]);
}

/* Columns where a row and its neighbours above and below were seen, with a pixel to both sides. */
static void
common_columns (const HfCoarseScratch *scratch, int width, int y, int *begin, int *end)
{
    *begin = MARGIN;
    *end = width - MARGIN;
    for (int k = y - 1; k <= y + 1; k++) {
        *begin = MAX (*begin, scratch->begin[k] + 1);
        *end = MIN (*end, scratch->end[k] - 1);
    }
}

static const float *
mask_of_row (const HfAlignLevel *template, const HfAlignLevel *frame, const HfMatrix *m, int y,
             int begin, int end, float *mask)
{
    static const HfMatrix itself = { { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };

    if (!template->valid && !frame->valid)
        return NULL;
    for (int x = begin; x < end; x++)
        mask[x] = 1;
    hf_align_mask_row (template, &itself, y, begin, end, mask);
    hf_align_mask_row (frame, m, y, begin, end, mask);
    return mask + begin;
}

/* Sums of one row, as doubles. */
static bool
sum_row (const HfAlignLevel *template, const HfAlignLevel *frame, const HfMatrix *m, int y,
         double inverse_scale2, HfCoarseScratch *scratch, double sums[HF_ROW_SUMS])
{
    float lanes[HF_ROW_SUMS][HF_ALIGN_LANES] = { { 0 } };
    const float *t[3], *f[3];
    int begin, end;

    common_columns (scratch, template->width, y, &begin, &end);
    if (begin >= end)
        return false;
    for (int k = 0; k < 3; k++) {
        size_t row = (size_t) (y - 1 + k);

        t[k] = template->normal.data + row * template->normal.stride + begin;
        f[k] = scratch->seen.data + row * scratch->seen.stride + begin;
    }
    hf_kernels ()->align->row_sums (
        t, f, mask_of_row (template, frame, m, y, begin, end, scratch->mask), end - begin,
        (float) (begin - 0.5 * (template->width - 1)), (float) inverse_scale2, lanes);
    for (int k = 0; k < HF_ROW_SUMS; k++) {
        sums[k] = 0;
        for (int i = 0; i < HF_ALIGN_LANES; i++)
            sums[k] += (double) lanes[k][i];
    }
    return true;
}

/* Adds a row at height v to the normal equations of the similarity, upper triangle. */
static void
add_row (const double s[HF_ROW_SUMS], double v, double h[4][4], double g[4])
{
    double xx = s[HF_ROW_XX], xy = s[HF_ROW_XY], yy = s[HF_ROW_YY];
    double xxu = s[HF_ROW_XX_U], xyu = s[HF_ROW_XY_U], yyu = s[HF_ROW_YY_U];
    double xxuu = s[HF_ROW_XX_UU], xyuu = s[HF_ROW_XY_UU], yyuu = s[HF_ROW_YY_UU];

    h[0][0] += xx;
    h[0][1] += xy;
    h[0][2] += xxu + xy * v;
    h[0][3] += xyu - xx * v;
    h[1][1] += yy;
    h[1][2] += xyu + yy * v;
    h[1][3] += yyu - xy * v;
    h[2][2] += xxuu + 2 * xyu * v + yy * v * v;
    h[2][3] += xyuu - xxu * v + yyu * v - xy * v * v;
    h[3][3] += yyuu - 2 * xyu * v + xx * v * v;
    g[0] -= s[HF_ROW_XR];
    g[1] -= s[HF_ROW_YR];
    g[2] -= s[HF_ROW_XR_U] + s[HF_ROW_YR] * v;
    g[3] -= s[HF_ROW_YR_U] - s[HF_ROW_XR] * v;
}

/* The normal equations and the totals of the sums that need no position. */
static void
sum_picture (const HfAlignLevel *template, const HfAlignLevel *frame, const HfMatrix *m,
             double inverse_scale2, HfCoarseScratch *scratch, double h[4][4], double g[4],
             double totals[HF_ROW_SUMS])
{
    memset (h, 0, 16 * sizeof (double));
    memset (g, 0, 4 * sizeof (double));
    memset (totals, 0, HF_ROW_SUMS * sizeof (double));
    look_through (template, frame, m, scratch);
    for (int y = MARGIN; y < template->height - MARGIN; y++) {
        double sums[HF_ROW_SUMS];

        if (!sum_row (template, frame, m, y, inverse_scale2, scratch, sums))
            continue;
        add_row (sums, y - 0.5 * (template->height - 1), h, g);
        for (int k = 0; k < HF_ROW_SUMS; k++)
            totals[k] += sums[k];
    }
    for (int i = 1; i < 4; i++)
        for (int j = 0; j < i; j++)
            h[i][j] = h[j][i];
}

static double
correlation_of (const double s[HF_ROW_SUMS])
{
    double n = s[HF_ROW_N];
    double tt = s[HF_ROW_TT] - s[HF_ROW_T] * s[HF_ROW_T] / n;
    double ff = s[HF_ROW_FF] - s[HF_ROW_F] * s[HF_ROW_F] / n;
    double tf = s[HF_ROW_TF] - s[HF_ROW_T] * s[HF_ROW_F] / n;

    /* a picture without contrast is like nothing */
    return tt > 1e-6 * n && ff > 1e-6 * n ? tf / sqrt (tt * ff) : 0;
}

/* m × (I + D), D about the template's middle. */
static HfMatrix
moved (HfMatrix m, const double p[4], const HfAlignLevel *template)
{
    double cx = 0.5 * (template->width - 1), cy = 0.5 * (template->height - 1);
    HfMatrix step = { { 1 + p[2], -p[3], p[0] - p[2] * cx + p[3] * cy, p[3], 1 + p[2],
                        p[1] - p[3] * cx - p[2] * cy, 0, 0, 1 } };

    return hf_matrix_multiply (m, step);
}

static double
length_of_step (const double p[4], const HfAlignLevel *template)
{
    return hypot (p[0], p[1]) +
           hypot (p[2], p[3]) * 0.5 * hypot (template->width, template->height);
}

/* Steps are kept to what the level can see: two pixels and a few percent. */
static void
shorten_step (double p[4], const HfAlignLevel *template)
{
    double length = length_of_step (p, template), most = 3;

    for (int k = 0; length > most && k < 4; k++)
        p[k] *= most / length;
}

double
hf_align_coarse (const HfAlignLevel *template, const HfAlignLevel *frame, int n_parameters,
                 int most_iterations, HfCoarseScratch *scratch, HfMatrix *m)
{
    double inverse_scale2 = 0, correlation = 0;
    double fewest = fmax (FEWEST_PIXELS, FEWEST_SHARE * template->width * template->height);

    scratch->seen.width = template->width;
    scratch->seen.height = template->height;
    for (int i = 0; i < most_iterations; i++) {
        double h[4][4], p[4] = { 0 }, small[16], totals[HF_ROW_SUMS];

        sum_picture (template, frame, m, inverse_scale2, scratch, h, p, totals);
        if (totals[HF_ROW_N] < fewest)
            return 0;
        correlation = correlation_of (totals);
        for (int a = 0; a < n_parameters; a++)
            for (int b = 0; b < n_parameters; b++)
                small[a * n_parameters + b] = h[a][b];
        if (!hf_align_solve (small, p, n_parameters))
            return correlation;
        for (int k = n_parameters; k < 4; k++)
            p[k] = 0;
        shorten_step (p, template);
        *m = moved (*m, p, template);
        if (length_of_step (p, template) < SMALL_STEP)
            break;
        inverse_scale2 = totals[HF_ROW_W] / fmax (totals[HF_ROW_RR], 1e-9 * totals[HF_ROW_W]);
    }
    return correlation;
}
