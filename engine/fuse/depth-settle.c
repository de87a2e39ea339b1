/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * From curves of sharpness to a depth map
 * ---------------------------------------
 * Each pixel has the peak of its curve, the energies of the frames before and after it, and the
 * mean of all. The depth is the top of a bell curve (a parabola through the logarithms, noise taken
 * off) through the three (Nayar & Nakagawa 1994), in frames, 0 .. n - 1. Confidence tells how far
 * the peak stands above the mean of the curve, and above what noise would do.
 *
 * Where there is nothing to see, or only noise, the depth of the surroundings is taken over: push
 * and pull (S. Gortler et al.: The Lumigraph, 1996). Up: depth and confidence are reduced level by
 * level, depth weighted by the square of confidence. Down: at each level
 *
 *     D = mean of the coarser level's pixels around, weighted by distance, confidence, and
 *         likeness 1 / (1 + (difference of colours / tolerance)²)² (as J. Kopf et al.: Joint
 *         bilateral upsampling, 2007)
 *     depth = (c² depth + pull × D) / (c² + pull)
 *
 * (c² is what is pushed up) so that sure pixels keep what they have seen, and unsure ones go by
 * those around that look like them. The colours compared are those of the picture where each pixel
 * was sharpest, at half the size.
 */
#include "fuse/depth.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct Settle {
    HfDepth *depth;
    int level;
    float tolerance; /* squared */
} Settle;

static bool
for_rows (Settle *settle, void (*func) (void *data, int chunk, int worker), GError **error)
{
    int height = settle->depth->levels[settle->level].height;
    HfDepthPart part = { NULL, 0, 0 };

    return hf_depth_for (settle->depth, (height + HF_DEPTH_ROWS - 1) / HF_DEPTH_ROWS, func, settle,
                         part, error);
}

static void
settle_rows (void *data, int chunk, int worker)
{
    const HfDepth *depth = ((Settle *) data)->depth;
    const HfDepthLevel *whole = &depth->levels[0];
    int first = chunk * HF_DEPTH_ROWS, last = MIN (first + HF_DEPTH_ROWS, whole->height);

    for (int y = first; y < last; y++) {
        HfDepthTrack row = hf_depth_track_row (depth, y);

        /* A curve may be highest at its end: what comes after is lower than all. */
        for (int x = 0; x < whole->width; x++)
            hf_depth_row (whole, whole->energy, y)[x] = -1;
        depth->kernels->track (&row, hf_depth_row (whole, whole->energy, y),
                               (float) depth->n_frames, whole->width);
        depth->kernels->settle (hf_depth_row (whole, whole->depth, y),
                                hf_depth_row (whole, whole->confidence, y), &row, &depth->judge,
                                whole->width);
    }
}

/* ---- blur discs ---- */

/*
 * The rim of a blur disc is a peak of sharpness along the stack like any other, but a weak one
 * beside the object it comes from. So confidence goes down where the peak is small against the mean
 * of the peaks around, taken over windows of 2 to 64 pixels:
 *     s = peak / largest mean,  confidence ×= s² / (s² + veto²).
 * The means stand in the coarser levels' planes of depth, which are not in use yet.
 */
enum { MOST_DOUBT = 6 };

static float
mean_of_peaks (const HfDepthLevel *fine, bool first, int x, int y)
{
    static const float weights[3] = { 0.25f, 0.5f, 0.25f };
    float sum = 0;

    for (int j = -1; j <= 1; j++) {
        const float *row = hf_depth_row (fine, first ? fine->peak : fine->depth,
                                         hf_depth_mirror (y + j, fine->height));

        for (int i = -1; i <= 1; i++)
            sum += weights[j + 1] * weights[i + 1] * row[hf_depth_mirror (x + i, fine->width)];
    }
    return sum;
}

static void
reduce_peaks (void *data, int chunk, int worker)
{
    const Settle *settle = data;
    HfDepthLevel *coarse = &settle->depth->levels[settle->level];
    int first = chunk * HF_DEPTH_ROWS, last = MIN (first + HF_DEPTH_ROWS, coarse->height);

    for (int y = first; y < last; y++)
        for (int x = 0; x < coarse->width; x++)
            hf_depth_row (coarse, coarse->depth, y)[x] =
                mean_of_peaks (coarse - 1, settle->level == 1, 2 * x, 2 * y);
}

/* The coarser level's mean at a pixel of the finer one. */
static float
coarser_mean (const HfDepthLevel *fine, int x, int y)
{
    const HfDepthLevel *coarse = fine + 1;
    int x0 = x / 2, x1 = MIN ((x + 1) / 2, coarse->width - 1);
    const float *above = hf_depth_row (coarse, coarse->depth, y / 2);
    const float *below =
        hf_depth_row (coarse, coarse->depth, MIN ((y + 1) / 2, coarse->height - 1));

    return (above[x0] + above[x1] + below[x0] + below[x1]) * 0.25f;
}

static void
spread_peaks (void *data, int chunk, int worker)
{
    const Settle *settle = data;
    HfDepthLevel *fine = &settle->depth->levels[settle->level];
    int first = chunk * HF_DEPTH_ROWS, last = MIN (first + HF_DEPTH_ROWS, fine->height);

    for (int y = first; y < last; y++) {
        float *row = hf_depth_row (fine, fine->depth, y);

        for (int x = 0; x < fine->width; x++)
            row[x] = MAX (row[x], coarser_mean (fine, x, y));
    }
}

static void
doubt_rows (void *data, int chunk, int worker)
{
    const Settle *settle = data;
    const HfDepthLevel *whole = &settle->depth->levels[0];
    int first = chunk * HF_DEPTH_ROWS, last = MIN (first + HF_DEPTH_ROWS, whole->height);

    for (int y = first; y < last; y++) {
        const float *peak = hf_depth_row (whole, whole->peak, y);
        float *confidence = hf_depth_row (whole, whole->confidence, y);

        for (int x = 0; x < whole->width; x++) {
            float share = peak[x] / (coarser_mean (whole, x, y) + FLT_MIN);

            share *= share;
            confidence[x] *= share / (share + settle->depth->veto * settle->depth->veto);
        }
    }
}

/* Confidence against the surroundings. */
static bool
doubt (Settle *settle, GError **error)
{
    int n = MIN (MOST_DOUBT, settle->depth->n_settle);

    if (n < 1)
        return true;
    for (settle->level = 1; settle->level <= n; settle->level++)
        if (!for_rows (settle, reduce_peaks, error))
            return false;
    for (settle->level = n - 1; settle->level >= 1; settle->level--)
        if (!for_rows (settle, spread_peaks, error))
            return false;
    settle->level = 0;
    return for_rows (settle, doubt_rows, error);
}

/* ---- up ---- */

/* A pixel with its confidence. */
typedef struct Sure {
    float depth, confidence;
} Sure;

static Sure
push_pixel (const HfDepthLevel *fine, bool first, int x, int y)
{
    static const float weights[3] = { 0.25f, 0.5f, 0.25f };
    float sum = 0, total = 0;

    for (int j = -1; j <= 1; j++) {
        const float *depth =
            hf_depth_row (fine, fine->depth, hf_depth_mirror (y + j, fine->height));
        const float *confidence =
            hf_depth_row (fine, fine->confidence, hf_depth_mirror (y + j, fine->height));

        for (int i = -1; i <= 1; i++) {
            int at = hf_depth_mirror (x + i, fine->width);
            float sure = first ? confidence[at] * confidence[at] : confidence[at];
            float weight = weights[j + 1] * weights[i + 1] * sure;

            sum += weight * depth[at];
            total += weight;
        }
    }
    return (Sure) { total > 0 ? sum / total : 0, MIN (1.5f * total, 1.0f) };
}

static void
push_rows (void *data, int chunk, int worker)
{
    const Settle *settle = data;
    HfDepthLevel *coarse = &settle->depth->levels[settle->level];
    int first = chunk * HF_DEPTH_ROWS, last = MIN (first + HF_DEPTH_ROWS, coarse->height);

    for (int y = first; y < last; y++)
        for (int x = 0; x < coarse->width; x++) {
            Sure sure = push_pixel (coarse - 1, settle->level == 1, 2 * x, 2 * y);

            hf_depth_row (coarse, coarse->depth, y)[x] = sure.depth;
            hf_depth_row (coarse, coarse->confidence, y)[x] = sure.confidence;
        }
}

/* ---- down ---- */

static float
likeness (const Settle *settle, const HfDepthLevel *fine, int x, int y, int coarse_x, int coarse_y)
{
    const HfDepthLevel *coarse = fine + 1;
    float sum = 0;

    if (!fine->guide[0] || !coarse->guide[0])
        return 1;
    for (int c = 0; c < settle->depth->n_colours; c++) {
        float difference = hf_depth_row (fine, fine->guide[c], y)[x] -
                           hf_depth_row (coarse, coarse->guide[c], coarse_y)[coarse_x];

        sum += difference * difference;
    }
    sum = 1 / (1 + sum / settle->tolerance);
    return MAX (sum * sum, 0.03f);
}

static float
pull_pixel (const Settle *settle, const HfDepthLevel *fine, int x, int y)
{
    /* Coarse pixels at x / 2 - 1, x / 2, x / 2 + 1 from an even and an odd one. */
    static const float near[2][3] = { { 0.125f, 0.75f, 0.125f }, { 0, 0.5f, 0.5f } };
    const HfDepthLevel *coarse = fine + 1;
    float sum = 0, total = 0;

    for (int j = 0; j < 3; j++) {
        int row = hf_depth_mirror (2 * (y / 2 + j - 1), fine->height) / 2;
        const float *depth = hf_depth_row (coarse, coarse->depth, row);
        const float *confidence = hf_depth_row (coarse, coarse->confidence, row);

        for (int i = 0; i < 3; i++) {
            int at = hf_depth_mirror (2 * (x / 2 + i - 1), fine->width) / 2;
            float weight = near[y & 1][j] * near[x & 1][i] * (confidence[at] + 1e-5f);

            if (weight > 0)
                weight *= likeness (settle, fine, x, y, at, row);
            sum += weight * depth[at];
            total += weight;
        }
    }
    return sum / total;
}

static void
pull_rows (void *data, int chunk, int worker)
{
    const Settle *settle = data;
    HfDepthLevel *fine = &settle->depth->levels[settle->level];
    float pull = (float) settle->depth->pull;
    int first = chunk * HF_DEPTH_ROWS, last = MIN (first + HF_DEPTH_ROWS, fine->height);

    for (int y = first; y < last; y++)
        for (int x = 0; x < fine->width; x++) {
            float *depth = hf_depth_row (fine, fine->depth, y) + x;
            float confidence = hf_depth_row (fine, fine->confidence, y)[x];
            float sure = settle->level == 0 ? confidence * confidence : confidence;

            *depth = (sure * *depth + pull * pull_pixel (settle, fine, x, y)) / (sure + pull);
        }
}

/* ---- jumps ---- */

enum { JUMP_REACH = 8 };

/* Smallest and largest of the depths within JUMP_REACH rows, then columns. */
static void
range_of_depths (const HfDepth *depth, int y, float *low, float *high)
{
    const HfDepthLevel *whole = &depth->levels[0];

    for (int j = -JUMP_REACH; j <= JUMP_REACH; j++) {
        const float *row =
            hf_depth_row (whole, whole->depth, hf_depth_mirror (y + j, whole->height));

        for (int x = 0; x < whole->width; x++) {
            low[x] = j == -JUMP_REACH ? row[x] : MIN (low[x], row[x]);
            high[x] = j == -JUMP_REACH ? row[x] : MAX (high[x], row[x]);
        }
    }
}

/* Where a depth jumps is known no better than to the window's width: less is believed around it. */
static void
jump_rows (void *data, int chunk, int worker)
{
    const HfDepth *depth = ((Settle *) data)->depth;
    const HfDepthLevel *whole = &depth->levels[0];
    int first = chunk * HF_DEPTH_ROWS, last = MIN (first + HF_DEPTH_ROWS, whole->height);
    float *low = hf_depth_scratch (depth, worker), *high = low + whole->stride;

    for (int y = first; y < last; y++) {
        float *confidence = hf_depth_row (whole, whole->confidence, y);

        range_of_depths (depth, y, low, high);
        for (int x = 0; x < whole->width; x++) {
            float least = low[x], most = high[x], jump;

            for (int i = MAX (x - JUMP_REACH, 0); i <= MIN (x + JUMP_REACH, whole->width - 1);
                 i++) {
                least = MIN (least, low[i]);
                most = MAX (most, high[i]);
            }
            jump = 0.5f * (most - least);
            confidence[x] /= 1 + jump * jump;
        }
    }
}

/* Differences of colours that count: some of the contrast, and more than noise. */
static float
tolerance_of (const HfDepth *depth)
{
    return 0.02f * 0.02f * (float) depth->n_colours + 4 * (float) depth->noise_variance;
}

/* The coarsest level holds whatever is known; where nothing is, the middle of the stack. */
static void
start_pull (const HfDepth *depth)
{
    const HfDepthLevel *coarsest = &depth->levels[depth->n_settle];

    for (int y = 0; y < coarsest->height; y++)
        for (int x = 0; x < coarsest->width; x++)
            if (hf_depth_row (coarsest, coarsest->confidence, y)[x] <= 0)
                hf_depth_row (coarsest, coarsest->depth, y)[x] =
                    0.5f * (float) (depth->n_frames - 1);
}

bool
hf_depth_settle (HfDepth *depth, GError **error)
{
    Settle settle = { depth, 0, tolerance_of (depth) };

    if (!for_rows (&settle, settle_rows, error) || !doubt (&settle, error))
        return false;
    for (settle.level = 1; settle.level <= depth->n_settle; settle.level++)
        if (!for_rows (&settle, push_rows, error))
            return false;
    start_pull (depth);
    for (settle.level = depth->n_settle - 1; settle.level >= 0; settle.level--)
        if (!for_rows (&settle, pull_rows, error))
            return false;
    settle.level = 0;
    return for_rows (&settle, jump_rows, error);
}
