/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Sharpness of a frame, from coarse to fine
 * -----------------------------------------
 * The frame is reduced again and again (1 4 6 4 1 both ways, weighted by validity), its sharpness
 * is measured at each level (focus-tile.c), and from the coarsest level down
 *
 *     E_l = own sharpness of level l + 0.3 × E_(l+1), expanded.
 *
 * Fine detail decides where there is some. Where there is none, the coarser levels do; and near a
 * bright object they outweigh the rim of its own blur disc, which is a real peak of sharpness, but
 * of the wrong frame.
 *
 * Energies of pixels that are not valid are 0, and can be no peak.
 */
#include "fuse/depth.h"

#include <string.h>

typedef struct Measure {
    HfDepth *depth;
    const HfBandReader *frame;
    int level;
} Measure;

size_t
hf_depth_measure_scratch (const HfDepth *depth)
{
    return hf_focus_tile_floats (hf_focus_margin (&depth->measure), depth->n_colours) +
           8 * (HF_TILE_WIDTH + 16);
}

/* Tile pixels weighted: plane × validity, reduced, row y of the coarser level. */
static void
reduce_plane (const Measure *measure, const HfFocusTile *tile, const float *plane, int y,
              const float *weight, float *row, float *out)
{
    static const float weights[5] = { 0.0625f, 0.25f, 0.375f, 0.25f, 0.0625f };
    const HfDepthKernels *kernels = measure->depth->kernels;
    const float *rows[5];
    int n = (tile->core.width + 1) / 2;

    for (int j = 0; j < 5; j++)
        rows[j] = plane + (ptrdiff_t) (2 * y + j - 2) * (ptrdiff_t) tile->stride - 2;
    kernels->convolve_columns (row, rows, weights, 2, 2 * n + 4);
    kernels->reduce_row (out, row + 2, n);
    if (weight)
        kernels->divide (out, weight, n);
}

/* Colours × validity, so that what is not valid does not count. */
static void
weigh_tile (const Measure *measure, HfFocusTile *tile)
{
    int m = 2;

    for (int c = 0; c < tile->n_colours; c++)
        for (int y = -m; y < tile->core.height + m; y++) {
            ptrdiff_t at = (ptrdiff_t) y * (ptrdiff_t) tile->stride - m;

            measure->depth->kernels->multiply (tile->colour[c] + at, tile->validity + at,
                                               tile->core.width + 2 * m);
        }
}

static void
reduce_tile (const Measure *measure, HfFocusTile *tile, float *row)
{
    HfDepthLevel *coarse = &measure->depth->levels[measure->level + 1];
    int x = tile->core.x / 2, n = (tile->core.width + 1) / 2;
    float *weight = row + HF_TILE_WIDTH + 16;

    if (!tile->opaque)
        weigh_tile (measure, tile);
    for (int y = 0; y < (tile->core.height + 1) / 2; y++) {
        size_t at = (size_t) (tile->core.y / 2 + y) * coarse->stride + (size_t) x;

        if (tile->opaque)
            for (int i = 0; i < n; i++)
                weight[i] = 1;
        else
            reduce_plane (measure, tile, tile->validity, y, NULL, row, weight);
        memcpy (coarse->validity + at, weight, (size_t) n * sizeof (float));
        for (int c = 0; c < tile->n_colours; c++)
            reduce_plane (measure, tile, tile->colour[c], y, tile->opaque ? NULL : weight, row,
                          coarse->picture[c] + at);
    }
}

static void
measure_tile (void *data, int chunk, int worker)
{
    Measure *measure = data;
    HfDepth *depth = measure->depth;
    const HfDepthLevel *level = &depth->levels[measure->level];
    float *memory = hf_depth_scratch (depth, worker);
    int margin = hf_focus_margin (&depth->measure);
    float *row = memory + hf_focus_tile_floats (margin, depth->n_colours);
    HfFocusTile tile;

    hf_focus_tile_place (&tile, level->width, level->height, chunk, margin, depth->n_colours,
                         memory);
    if (measure->level == 0) {
        hf_focus_tile_read (&tile, level->width, level->height, measure->frame, worker);
        if (!tile.opaque)
            __atomic_store_n (&depth->see_through, 1, __ATOMIC_RELAXED);
    } else {
        hf_focus_tile_load (&tile, level->width, level->height, level->stride, level->picture,
                            depth->opaque ? NULL : level->validity);
    }
    if (measure->level < depth->n_energy) {
        hf_focus_tile_measure (&tile, &depth->measure, depth->kernels);
        for (int y = 0; y < tile.core.height; y++)
            memcpy (hf_depth_row (level, level->energy, tile.core.y + y) + tile.core.x,
                    tile.work[0] + (size_t) y * tile.stride,
                    (size_t) tile.core.width * sizeof (float));
    }
    if (measure->level < depth->n_levels)
        reduce_tile (measure, &tile, row);
}

static void
add_coarser (void *data, int chunk, int worker)
{
    const Measure *measure = data;
    const HfDepth *depth = measure->depth;
    const HfDepthLevel *level = &depth->levels[measure->level], *coarse = level + 1;
    float *expanded[3], *buffer = hf_depth_scratch (depth, worker);
    int first = chunk * HF_DEPTH_ROWS, last = MIN (first + HF_DEPTH_ROWS, level->height);

    for (int i = 0; i < 3; i++)
        expanded[i] = buffer + (size_t) (i + 1) * (coarse->stride * 2 + 16);
    for (int k = first / 2 - 1; k < first / 2 + 1; k++)
        hf_depth_expand (depth, coarse, coarse->energy, k, buffer, expanded[(k + 3) % 3]);
    for (int y = first; y < last; y++) {
        int k = y / 2;

        if (y % 2 == 0)
            hf_depth_expand (depth, coarse, coarse->energy, k + 1, buffer, expanded[(k + 1) % 3]);
        depth->kernels->add_expanded (hf_depth_row (level, level->energy, y), expanded[(k + 2) % 3],
                                      expanded[k % 3], expanded[(k + 1) % 3], hf_depth_near (y),
                                      HF_DEPTH_COARSER, 1, level->width);
    }
}

/* The coarsest level has nothing to add, but what is not valid must become 0 there too. */
static void
clear_invalid (const HfDepth *depth)
{
    const HfDepthLevel *level = &depth->levels[depth->n_energy - 1];

    for (int y = 0; y < level->height; y++)
        for (int x = 0; x < level->width; x++) {
            float *energy = hf_depth_row (level, level->energy, y) + x;

            *energy = MAX (*energy, 0.0f);
        }
}

bool
hf_depth_measure (HfDepth *depth, const HfBandReader *frame, HfDepthPart part, GError **error)
{
    double middle = part.from + 0.7 * (part.to - part.from);
    HfDepthPart first = { part.monitor, part.from, middle };
    HfDepthPart then = { part.monitor, middle, middle }, last = { part.monitor, middle, part.to };

    depth->see_through = 0;
    for (int i = 0; i < MAX (depth->n_levels, depth->n_energy); i++) {
        Measure measure = { depth, frame, i };
        const HfDepthLevel *level = &depth->levels[i];

        if (!hf_depth_for (depth, hf_focus_n_tiles (level->width, level->height), measure_tile,
                           &measure, i == 0 ? first : then, error))
            return false;
        depth->opaque = !depth->see_through;
    }
    clear_invalid (depth);
    for (int i = depth->n_energy - 2; i >= 0; i--) {
        Measure measure = { depth, NULL, i };
        int n = (depth->levels[i].height + HF_DEPTH_ROWS - 1) / HF_DEPTH_ROWS;

        if (!hf_depth_for (depth, n, add_coarser, &measure, i == 0 ? last : then, error))
            return false;
    }
    return true;
}

/* ---- the curves ---- */

static float *
from_row (float *plane, size_t skip)
{
    return plane ? plane + skip : NULL;
}

HfDepthTrack
hf_depth_track_row (const HfDepth *depth, int y)
{
    size_t skip = (size_t) y * depth->levels[0].stride;
    const HfDepthTrack *track = &depth->track;

    return (HfDepthTrack) { .last = track->last + skip,
                            .before_last = track->before_last + skip,
                            .sum = track->sum + skip,
                            .peak = track->peak + skip,
                            .before = track->before + skip,
                            .after = track->after + skip,
                            .index = track->index + skip,
                            .peak2 = from_row (track->peak2, skip),
                            .before2 = from_row (track->before2, skip),
                            .after2 = from_row (track->after2, skip),
                            .index2 = from_row (track->index2, skip) };
}

static void
track_rows (void *data, int chunk, int worker)
{
    const Measure *measure = data;
    const HfDepth *depth = measure->depth;
    const HfDepthLevel *level = &depth->levels[measure->level];
    int first = chunk * HF_DEPTH_ROWS, last = MIN (first + HF_DEPTH_ROWS, level->height);

    for (int y = first; y < last; y++) {
        float *energy = hf_depth_row (level, level->energy, y);
        float *peak = hf_depth_row (level, level->peak, y);

        for (int c = 0; measure->level > 0 && c < depth->n_colours; c++)
            depth->kernels->guide (hf_depth_row (level, level->guide[c], y),
                                   hf_depth_row (level, level->picture[c], y), energy, peak,
                                   level->width);
        if (measure->level > 0) {
            depth->kernels->raise (peak, energy, level->width);
        } else {
            HfDepthTrack row = hf_depth_track_row (depth, y);

            depth->kernels->track (&row, energy, (float) depth->frame, level->width);
        }
    }
}

bool
hf_depth_track (HfDepth *depth, HfDepthPart part, GError **error)
{
    for (int i = 0; i < depth->n_energy; i++) {
        Measure measure = { depth, NULL, i };
        int n = (depth->levels[i].height + HF_DEPTH_ROWS - 1) / HF_DEPTH_ROWS;

        if (!hf_depth_for (depth, n, track_rows, &measure, part, error))
            return false;
    }
    return true;
}
