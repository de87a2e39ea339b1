/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Colours from the frames near the depth
 * --------------------------------------
 * Frame k has at a pixel of depth d and confidence c the weight
 *
 *     w = P (|k - d|) × (sharpness of the frame / largest sharpness)^power
 *
 * with (map-type average) P (x) = (1 - (x / reach)²)² within the reach, which is wider where the
 * depth is not sure: where nothing is to be seen, many frames are averaged and noise goes down.
 * With map-type max P is 1 for the nearest frame and 0 for others, or falls off by 1 / (1 + x²)²
 * beyond half a frame in units of the temperature, and sharpness counts with a temperature only.
 *
 * Frames are blended in a Laplacian pyramid (P. Burt, E. Adelson: A multiresolution spline with
 * application to image mosaics, 1983; T. Mertens et al.: Exposure fusion, 2007): P is reduced level
 * by level, each level takes the sharpness of its own, and each band is the weighted mean of the
 * frames' bands. The result at each pixel stays within the range of the frames whose P is at least
 * 0.3 there.
 */
#include "fuse/depth.h"

#include <string.h>

typedef struct Blend {
    HfDepth *depth;
    const HfBandReader *frame;
    int level;
} Blend;

static int
n_row_chunks (const HfDepthLevel *level)
{
    return (level->height + HF_DEPTH_ROWS - 1) / HF_DEPTH_ROWS;
}

/* ---- weights ---- */

static void
prior_rows (void *data, int chunk, int worker)
{
    const HfDepth *depth = ((Blend *) data)->depth;
    const HfDepthLevel *whole = &depth->levels[0];
    int first = chunk * HF_DEPTH_ROWS, last = MIN (first + HF_DEPTH_ROWS, whole->height);

    for (int y = first; y < last; y++)
        depth->kernels->prior (hf_depth_row (whole, whole->weight, y),
                               hf_depth_row (whole, whole->depth, y),
                               hf_depth_row (whole, whole->peak, y), &depth->window, whole->width);
}

/* out = the plane of weights of the level below, smoothed by the window, at rows of `level`. */
static void
reduce_rows (void *data, int chunk, int worker)
{
    static const float weights[5] = { 0.0625f, 0.25f, 0.375f, 0.25f, 0.0625f };
    const Blend *blend = data;
    const HfDepth *depth = blend->depth;
    const HfDepthLevel *coarse = &depth->levels[blend->level], *fine = coarse - 1;
    int first = chunk * HF_DEPTH_ROWS, last = MIN (first + HF_DEPTH_ROWS, coarse->height);
    float *row = hf_depth_scratch (depth, worker), *wide = row + fine->stride + 16;

    for (int y = first; y < last; y++) {
        const float *rows[5];

        for (int j = 0; j < 5; j++)
            rows[j] =
                hf_depth_row (fine, fine->weight, hf_depth_mirror (2 * y + j - 2, fine->height));
        depth->kernels->convolve_columns (row, rows, weights, 2, fine->width);
        hf_depth_extend (wide, row, fine->width, 3);
        depth->kernels->reduce_row (hf_depth_row (coarse, coarse->weight, y), wide + 3,
                                    coarse->width);
    }
}

/* Weights of level 0, averaged over the window. */
static void
smooth_rows (void *data, int chunk, int worker)
{
    const HfDepth *depth = ((Blend *) data)->depth;
    const HfDepthLevel *whole = &depth->levels[0];
    int first = chunk * HF_DEPTH_ROWS, last = MIN (first + HF_DEPTH_ROWS, whole->height);
    int reach = depth->weight_reach;
    float *row = hf_depth_scratch (depth, worker), *wide = row + whole->stride + 16;

    for (int y = first; y < last; y++) {
        const float *rows[2 * HF_TILE_LONGEST_REACH + 1];

        for (int j = -reach; j <= reach; j++)
            rows[j + reach] =
                hf_depth_row (whole, whole->weight, hf_depth_mirror (y + j, whole->height));
        depth->kernels->convolve_columns (row, rows, depth->weight_window, reach, whole->width);
        hf_depth_extend (wide, row, whole->width, reach);
        depth->kernels->convolve_row (hf_depth_row (whole, depth->smoothed, y), wide + reach,
                                      depth->weight_window, reach, whole->width);
    }
}

static void
swap_weights (HfDepth *depth)
{
    float *weight = depth->levels[0].weight;

    depth->levels[0].weight = depth->smoothed;
    depth->smoothed = weight;
}

static bool
make_weights (Blend *blend, HfDepthPart part, GError **error)
{
    HfDepth *depth = blend->depth;

    if (!hf_depth_for (depth, n_row_chunks (&depth->levels[0]), prior_rows, blend, part, error))
        return false;
    if (depth->weight_reach) {
        if (!hf_depth_for (depth, n_row_chunks (&depth->levels[0]), smooth_rows, blend, part,
                           error))
            return false;
        swap_weights (depth);
    }
    for (blend->level = 1; blend->level <= depth->n_blend; blend->level++)
        if (!hf_depth_for (depth, n_row_chunks (&depth->levels[blend->level]), reduce_rows, blend,
                           part, error))
            return false;
    return true;
}

/* ---- bands ---- */

/* Rows of a band of one colour: picture - coarser picture expanded. */
static void
subtract_coarser (const HfDepth *depth, const HfDepthLevel *coarse, int c, int y,
                  float *expanded[3], float *row, int x, int n)
{
    int k = y / 2;

    depth->kernels->add_expanded (row, expanded[(k + 2) % 3] + x, expanded[k % 3] + x,
                                  expanded[(k + 1) % 3] + x, hf_depth_near (y), -1, 0, n);
}

/* Weights of a row from x on; `validity` NULL: valid. */
static void
weigh_row (const HfDepth *depth, int level, int x, int y, const float *validity, float *weight,
           int n)
{
    const HfDepthLevel *at = &depth->levels[level];
    bool measured = level < depth->n_energy;
    float floor = measured ? depth->noise_share * (float) at->noise + 1e-12f : 1;

    memcpy (weight, hf_depth_row (at, at->weight, y) + x, (size_t) n * sizeof (float));
    depth->kernels->weigh (weight, measured ? hf_depth_row (at, at->energy, y) + x : weight,
                           measured ? hf_depth_row (at, at->peak, y) + x : weight, validity, floor,
                           measured ? depth->power : 0, n);
}

static void
add_row (const HfDepth *depth, int level, int c, int x, int y, const float *weight,
         const float *band, int n)
{
    const HfDepthLevel *at = &depth->levels[level];

    depth->kernels->accumulate (hf_depth_row (at, at->sum[c], y) + x, weight, band, n);
}

static void
add_total (const HfDepth *depth, int level, int x, int y, const float *weight, int n)
{
    const HfDepthLevel *at = &depth->levels[level];
    float *total = hf_depth_row (at, at->total, y) + x;

    for (int i = 0; i < n; i++)
        total[i] += weight[i];
}

typedef struct Rows {
    float *expanded[3], *buffer, *row, *weight;
} Rows;

static Rows
rows_of (const HfDepth *depth, int worker)
{
    size_t stride = depth->levels[0].stride + 32;
    float *memory = hf_depth_scratch (depth, worker);
    Rows rows = { { memory, memory + stride, memory + 2 * stride },
                  memory + 3 * stride,
                  memory + 4 * stride,
                  memory + 5 * stride };

    return rows;
}

static void
start_expanding (const HfDepth *depth, const HfDepthLevel *coarse, float *plane, int first,
                 const Rows *rows)
{
    for (int k = first / 2 - 1; k < first / 2 + 1; k++)
        hf_depth_expand (depth, coarse, plane, k, rows->buffer, rows->expanded[(k + 3) % 3]);
}

/* Bands of the levels from 1 on, whose pictures are kept. */
static void
blend_rows (void *data, int chunk, int worker)
{
    const Blend *blend = data;
    const HfDepth *depth = blend->depth;
    const HfDepthLevel *level = &depth->levels[blend->level], *coarse = level + 1;
    int first = chunk * HF_DEPTH_ROWS, last = MIN (first + HF_DEPTH_ROWS, level->height);
    Rows rows = rows_of (depth, worker);

    for (int c = 0; c < depth->n_colours; c++) {
        if (blend->level < depth->n_blend)
            start_expanding (depth, coarse, coarse->picture[c], first, &rows);
        for (int y = first; y < last; y++) {
            if (blend->level < depth->n_blend && y % 2 == 0)
                hf_depth_expand (depth, coarse, coarse->picture[c], y / 2 + 1, rows.buffer,
                                 rows.expanded[(y / 2 + 1) % 3]);
            memcpy (rows.row, hf_depth_row (level, level->picture[c], y),
                    (size_t) level->width * sizeof (float));
            if (blend->level < depth->n_blend)
                subtract_coarser (depth, coarse, c, y, rows.expanded, rows.row, 0, level->width);
            weigh_row (depth, blend->level, 0, y,
                       depth->opaque ? NULL : hf_depth_row (level, level->validity, y), rows.weight,
                       level->width);
            add_row (depth, blend->level, c, 0, y, rows.weight, rows.row, level->width);
            if (c == 0)
                add_total (depth, blend->level, 0, y, rows.weight, level->width);
        }
    }
}

static void
keep_range (const HfDepth *depth, const HfBand *band, int row, const float *contributes)
{
    const HfDepthLevel *whole = &depth->levels[0];
    size_t skip = (size_t) row * band->stride;
    size_t at = (size_t) (band->rect.y + row) * whole->stride;

    for (int c = 0; c < depth->n_colours; c++)
        depth->kernels->widen (depth->low[c] + at, depth->high[c] + at, band->colour[c] + skip,
                               contributes, band->rect.width);
    for (int x = 0; x < band->rect.width; x++) {
        float validity = band->opaque ? 1 : band->validity[skip + (size_t) x];

        depth->most[at + (size_t) x] = MAX (depth->most[at + (size_t) x], validity);
    }
}

/* What contributes: the prior, if valid. */
static void
contributions (const HfDepth *depth, const HfBand *band, int row, float *out)
{
    const HfDepthLevel *whole = &depth->levels[0];
    const float *prior = hf_depth_row (whole, whole->weight, band->rect.y + row);
    const float *validity = band->validity + (size_t) row * band->stride;

    for (int x = 0; x < band->rect.width; x++)
        out[x] = band->opaque || validity[x] > 0 ? prior[x] : 0;
}

/* Level 0, read again by strips of rows. */
static void
blend_strip (void *data, int chunk, int worker)
{
    const Blend *blend = data;
    const HfDepth *depth = blend->depth;
    const HfDepthLevel *whole = &depth->levels[0], *coarse = &depth->levels[1];
    int first = chunk * HF_DEPTH_ROWS, n_rows = MIN (HF_DEPTH_ROWS, whole->height - first);
    Rows rows = rows_of (depth, worker);
    HfBand band;

    hf_band_place (&band, (HfRect) { 0, first, whole->width, n_rows }, depth->n_colours,
                   rows.weight + whole->stride + 32);
    blend->frame->read (blend->frame->data, &band, worker);
    for (int row = 0; row < n_rows; row++) {
        contributions (depth, &band, row, rows.row);
        keep_range (depth, &band, row, rows.row);
    }
    for (int c = 0; c < depth->n_colours; c++) {
        if (depth->n_blend > 0)
            start_expanding (depth, coarse, coarse->picture[c], first, &rows);
        for (int row = 0; row < n_rows; row++) {
            int y = first + row;
            size_t skip = (size_t) row * band.stride;

            if (depth->n_blend > 0) {
                if (y % 2 == 0)
                    hf_depth_expand (depth, coarse, coarse->picture[c], y / 2 + 1, rows.buffer,
                                     rows.expanded[(y / 2 + 1) % 3]);
                subtract_coarser (depth, coarse, c, y, rows.expanded, band.colour[c] + skip, 0,
                                  whole->width);
            }
            weigh_row (depth, 0, 0, y, band.opaque ? NULL : band.validity + skip, rows.weight,
                       whole->width);
            add_row (depth, 0, c, 0, y, rows.weight, band.colour[c] + skip, whole->width);
            if (c == 0)
                add_total (depth, 0, 0, y, rows.weight, whole->width);
        }
    }
}

bool
hf_depth_blend (HfDepth *depth, const HfBandReader *frame, HfDepthPart part, GError **error)
{
    double middle = 0.5 * (part.from + part.to);
    HfDepthPart first = { part.monitor, part.from, part.from };
    HfDepthPart then = { part.monitor, part.from, middle },
                last = { part.monitor, middle, part.to };
    Blend blend = { depth, frame, 0 };

    if (!make_weights (&blend, first, error))
        return false;
    for (blend.level = 1; blend.level <= depth->n_blend; blend.level++)
        if (!hf_depth_for (depth, n_row_chunks (&depth->levels[blend.level]), blend_rows, &blend,
                           blend.level == 1 ? then : (HfDepthPart) { part.monitor, middle, middle },
                           error))
            return false;
    return hf_depth_for (depth, n_row_chunks (&depth->levels[0]), blend_strip, &blend, last, error);
}

/* ---- the end ---- */

/* sum[c] of row y becomes the result: the mean of the bands and the coarser result. */
static void
collapse_row (const HfDepth *depth, int level, int c, int y, float *expanded[3], float *out)
{
    const HfDepthLevel *at = &depth->levels[level];
    const float *sum = hf_depth_row (at, at->sum[c], y);

    if (out != sum)
        memcpy (out, sum, (size_t) at->width * sizeof (float));
    depth->kernels->divide (out, hf_depth_row (at, at->total, y), at->width);
    if (level < depth->n_blend)
        depth->kernels->add_expanded (out, expanded[(y / 2 + 2) % 3], expanded[y / 2 % 3],
                                      expanded[(y / 2 + 1) % 3], hf_depth_near (y), 1, 0,
                                      at->width);
}

typedef struct Collapse {
    HfDepth *depth;
    int level;
    HfBand *output; /* level 0 only: rows from output->rect.y on */
} Collapse;

static void
collapse_rows (void *data, int chunk, int worker)
{
    const Collapse *collapse = data;
    const HfDepth *depth = collapse->depth;
    const HfDepthLevel *level = &depth->levels[collapse->level], *coarse = level + 1;
    HfBand *output = collapse->output;
    int from = output ? output->rect.y : 0;
    int end = output ? from + output->rect.height : level->height;
    int first = from + chunk * HF_DEPTH_ROWS, last = MIN (first + HF_DEPTH_ROWS, end);
    Rows rows = rows_of (depth, worker);

    for (int c = 0; c < depth->n_colours; c++) {
        if (collapse->level < depth->n_blend)
            start_expanding (depth, coarse, coarse->sum[c], first, &rows);
        for (int y = first; y < last; y++) {
            float *out = output ? output->colour[c] + (size_t) (y - from) * output->stride
                                : hf_depth_row (level, level->sum[c], y);

            if (collapse->level < depth->n_blend && y % 2 == 0)
                hf_depth_expand (depth, coarse, coarse->sum[c], y / 2 + 1, rows.buffer,
                                 rows.expanded[(y / 2 + 1) % 3]);
            collapse_row (depth, collapse->level, c, y, rows.expanded, out);
            if (output) {
                size_t at = (size_t) y * level->stride;
                float *validity = output->validity + (size_t) (y - from) * output->stride;

                memcpy (validity, depth->most + at, (size_t) level->width * sizeof (float));
                depth->kernels->limit (out, depth->low[c] + at, depth->high[c] + at, validity,
                                       level->width);
            }
        }
    }
}

static bool
all_opaque (const HfBand *band)
{
    for (int y = 0; y < band->rect.height; y++)
        for (int x = 0; x < band->rect.width; x++)
            if (band->validity[(size_t) y * band->stride + (size_t) x] < 1.0f)
                return false;
    return true;
}

bool
hf_depth_write (HfDepth *depth, const HfBandWriter *writer, HfMonitor *monitor, GError **error)
{
    const HfDepthLevel *whole = &depth->levels[0];
    HfBand band;

    for (; depth->collapsed < depth->n_blend; depth->collapsed++) {
        int i = depth->n_blend - depth->collapsed;
        Collapse collapse = { depth, i, NULL };

        if (!hf_depth_for (depth, n_row_chunks (&depth->levels[i]), collapse_rows, &collapse,
                           (HfDepthPart) { monitor, 0, 0 }, error))
            return false;
    }
    for (int y = 0; y < whole->height; y += depth->output_rows) {
        Collapse collapse = { depth, 0, &band };
        int n_rows = MIN (depth->output_rows, whole->height - y);
        double done = (double) y / whole->height;

        hf_band_place (&band, (HfRect) { 0, y, whole->width, n_rows }, depth->n_colours,
                       depth->output);
        if (!hf_depth_for (depth, (n_rows + HF_DEPTH_ROWS - 1) / HF_DEPTH_ROWS, collapse_rows,
                           &collapse, (HfDepthPart) { monitor, done, done }, error))
            return false;
        band.opaque = all_opaque (&band);
        if (!writer->write (writer->data, &band, error))
            return false;
    }
    return hf_monitor_check (monitor, 1, error);
}
