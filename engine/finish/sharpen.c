/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The unsharp mask
 * ----------------
 *     out = in + amount × shrink (in - blur (in), threshold)
 *
 * with a Gaussian blur of standard deviation `radius`, cut off at three of them, and shrink (d, t)
 * = d brought nearer to 0 by t: a difference just above the threshold is sharpened just a little,
 * so that no line shows where it begins. The blur is weighted by validity (H. Knutsson, C.-F.
 * Westin: Normalized and differential convolution, 1993), so that neither what is not valid nor the
 * outside of the picture leaves a rim.
 */
#include <hyperfocal/finish.h>

#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

enum { MOST_REACH = 90 }; /* three times the largest radius */

int
hf_sharpen_reach (const HfFinishOptions *options)
{
    int reach = (int) ceil (3 * options->sharpen_radius);

    return options->sharpen_amount_percent > 0 ? CLAMP (reach, 1, MOST_REACH) : 0;
}

typedef struct Work {
    const HfKernels *kernels;
    int reach, width, height, n_colours;
    size_t stride;
    float weights[MOST_REACH + 1]; /* of the blur, from the centre; all together 1 */
    float *padded;                 /* one row with its reach */
    float *planes[4];              /* blurred along rows: colours × validity, validity;
                                    * height + 2 reach rows */
    float *blurred, *share;        /* one row */
} Work;

static size_t
row_stride (int width, int reach)
{
    return ((size_t) width + 2 * (size_t) reach + 15) & ~(size_t) 15;
}

size_t
hf_sharpen_scratch (const HfFinishOptions *options, int width, int height, int n_colours)
{
    int reach = hf_sharpen_reach (options);
    size_t rows = ((size_t) height + 2 * (size_t) reach) * ((size_t) n_colours + 1);

    return row_stride (width, reach) * (rows + 3);
}

static void
place_work (Work *work, const HfFinishOptions *options, float *memory)
{
    size_t plane;
    double sum = 0;

    work->stride = row_stride (work->width, work->reach);
    plane = work->stride * ((size_t) work->height + 2 * (size_t) work->reach);
    work->padded = memory;
    work->blurred = memory + work->stride;
    work->share = memory + 2 * work->stride;
    for (int p = 0; p <= work->n_colours; p++)
        work->planes[p] = memory + 3 * work->stride + (size_t) p * plane;
    for (int k = 0; k <= work->reach; k++)
        sum += (k ? 2 : 1) * exp (-0.5 * pow (k / options->sharpen_radius, 2));
    for (int k = 0; k <= work->reach; k++)
        work->weights[k] = (float) (exp (-0.5 * pow (k / options->sharpen_radius, 2)) / sum);
}

/* Row y of the neighbourhood, blurred along itself; 0 where there is nothing. */
static void
blur_row (Work *work, const HfBand *in, HfRect rect, int y)
{
    int x = rect.x - work->reach, from = MAX (x, in->rect.x);
    int n = MIN (rect.x + rect.width + work->reach, in->rect.x + in->rect.width) - from;
    bool there = y >= in->rect.y && y < in->rect.y + in->rect.height;
    size_t offset = (size_t) (y - in->rect.y) * in->stride + (size_t) (from - in->rect.x);
    size_t row = (size_t) (y - rect.y + work->reach) * work->stride;

    for (int p = 0; p <= work->n_colours; p++) {
        bool colour = p < work->n_colours;
        float *target = work->padded + (from - x);

        memset (work->padded, 0, work->stride * sizeof (float));
        if (there && colour && in->opaque)
            memcpy (target, in->colour[p] + offset, (size_t) n * sizeof (float));
        else if (there && colour)
            work->kernels->finish->multiply (in->colour[p] + offset, in->validity + offset, n,
                                             target);
        else if (there && !in->opaque)
            memcpy (target, in->validity + offset, (size_t) n * sizeof (float));
        for (int i = 0; there && !colour && in->opaque && i < n; i++)
            target[i] = 1;
        work->kernels->finish->blur_row (work->padded, work->weights, work->reach, work->width,
                                         work->planes[p] + row);
    }
}

static void
blur_columns (const Work *work, const float *plane, int y, float *out)
{
    const float *rows[2 * MOST_REACH + 1];

    for (int k = 0; k <= 2 * work->reach; k++)
        rows[k] = plane + (size_t) (y + k) * work->stride;
    work->kernels->finish->blur_rows (rows, work->weights, work->reach, work->width, out);
}

static void
sharpen_row (Work *work, const HfFinishOptions *options, const HfBand *in, int y, HfBand *out)
{
    size_t from =
        (size_t) (out->rect.y + y - in->rect.y) * in->stride + (size_t) (out->rect.x - in->rect.x);
    size_t to = (size_t) y * out->stride;
    float amount = (float) (options->sharpen_amount_percent / 100);
    float threshold = (float) (options->sharpen_threshold / 255);

    blur_columns (work, work->planes[work->n_colours], y, work->share);
    for (int c = 0; c < work->n_colours; c++) {
        blur_columns (work, work->planes[c], y, work->blurred);
        work->kernels->finish->sharpen (in->colour[c] + from, work->blurred, work->share, amount,
                                        threshold, work->width, out->colour[c] + to);
    }
    if (!in->opaque)
        memcpy (out->validity + to, in->validity + from, (size_t) work->width * sizeof (float));
}

void
hf_sharpen_apply (const HfFinishOptions *options, const HfBand *in, HfBand *out, float *scratch)
{
    Work work = { .kernels = hf_kernels (),
                  .reach = hf_sharpen_reach (options),
                  .width = out->rect.width,
                  .height = out->rect.height,
                  .n_colours = out->n_colours };

    place_work (&work, options, scratch);
    for (int y = -work.reach; y < work.height + work.reach; y++)
        blur_row (&work, in, out->rect, out->rect.y + y);
    for (int y = 0; y < work.height; y++)
        sharpen_row (&work, options, in, y, out);
    out->opaque = in->opaque;
}
