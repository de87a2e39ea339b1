/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Adding up: result of a level = mean of its bands + the coarser result, expanded; from the base
 * down. Level 0 is made in bands of rows that go to the writer as they come, each value brought
 * into the range that the frames have at its pixel: blending bands of different frames may
 * overshoot at edges, where it shows as a bright or dark rim.
 */
#include "fuse/pyramid.h"

#include <string.h>

typedef struct CollapseRows {
    float expanded[4][HF_PYRAMID_ROW]; /* coarse row k stands at k & 3 */
    float buffer[HF_PYRAMID_ROW];
} CollapseRows;

typedef struct Collapse {
    const HfPyramid *pyramid;
    const HfPyramidLevel *level, *coarse;
    int first, n_rows; /* rows of the level that are wanted */
    HfBand output;     /* level 0 only */
} Collapse;

size_t
hf_pyramid_collapse_scratch (int n_colours)
{
    return sizeof (CollapseRows) / sizeof (float);
}

static void
expand_row (const Collapse *collapse, CollapseRows *rows, HfPyramidTile tile, int c, int k)
{
    const HfPyramidLevel *coarse = collapse->coarse;
    const HfPyramidKernels *kernels = collapse->pyramid->kernels;
    int at = hf_pyramid_mirror_coarse (k, collapse->level->height), n = (tile.width + 1) / 2;

    hf_pyramid_load_row (kernels->exact.load, sizeof (float),
                         hf_pyramid_at (coarse, coarse->result[c], sizeof (float), 0, at),
                         coarse->width, collapse->level->width, tile.x / 2 - 1, n + 2,
                         rows->buffer);
    kernels->expand (rows->expanded[k & 3], rows->buffer + 1, n);
}

/* Where row y of the result goes. */
static float *
result_row (const Collapse *collapse, int c, int x, int y)
{
    const HfBand *output = &collapse->output;

    if (collapse->level != &collapse->pyramid->levels[0])
        return hf_pyramid_at (collapse->level, collapse->level->result[c], sizeof (float), x, y);
    return output->colour[c] + (size_t) (y - output->rect.y) * output->stride + x;
}

static void
collapse_plane (const Collapse *collapse, CollapseRows *rows, HfPyramidTile tile, int c)
{
    const HfPyramid *pyramid = collapse->pyramid;
    const HfPyramidLevel *level = collapse->level;
    int bytes = pyramid->store->colour_bytes;

    for (int k = tile.y / 2 - 1; k < tile.y / 2 + 1; k++)
        expand_row (collapse, rows, tile, c, k);
    for (int y = tile.y; y < tile.y + tile.height; y++) {
        float *row = result_row (collapse, c, tile.x, y);
        int k = y / 2;

        if (y % 2 == 0)
            expand_row (collapse, rows, tile, c, k + 1);
        pyramid->store->load (row, hf_pyramid_at (level, level->mean[c], bytes, tile.x, y),
                              tile.width);
        pyramid->kernels->add_expanded (row, rows->expanded[(k - 1) & 3], rows->expanded[k & 3],
                                        rows->expanded[(k + 1) & 3], hf_pyramid_near (y),
                                        tile.width);
    }
}

static void
limit_tile (const Collapse *collapse, HfPyramidTile tile)
{
    const HfPyramid *pyramid = collapse->pyramid;
    const HfBand *output = &collapse->output;
    int bytes = pyramid->store->range_bytes;

    for (int y = tile.y; y < tile.y + tile.height; y++) {
        float *validity =
            output->validity + (size_t) (y - output->rect.y) * output->stride + tile.x;

        pyramid->store->load_most (
            validity, hf_pyramid_at (collapse->level, pyramid->most, bytes, tile.x, y), tile.width);
        for (int c = 0; c < pyramid->n_colours; c++)
            pyramid->store->limit (
                result_row (collapse, c, tile.x, y),
                hf_pyramid_at (collapse->level, pyramid->low[c], bytes, tile.x, y),
                hf_pyramid_at (collapse->level, pyramid->high[c], bytes, tile.x, y), validity,
                tile.width);
    }
}

enum { COLLAPSE_HEIGHT = 32 };

static void
collapse_tile (void *data, int chunk, int worker)
{
    const Collapse *collapse = data;
    const HfPyramid *pyramid = collapse->pyramid;
    CollapseRows *rows =
        (CollapseRows *) (pyramid->scratch + (size_t) worker * pyramid->scratch_floats);
    HfPyramidTile tile = hf_pyramid_tile (collapse->level->width, collapse->n_rows,
                                          HF_PYRAMID_TILE_WIDTH, COLLAPSE_HEIGHT, chunk);

    tile.y += collapse->first;
    for (int c = 0; c < pyramid->n_colours; c++)
        collapse_plane (collapse, rows, tile, c);
    if (collapse->level == &pyramid->levels[0])
        limit_tile (collapse, tile);
}

static bool
collapse_rows (HfPyramid *pyramid, Collapse *collapse, HfMonitor *monitor, double done,
               GError **error)
{
    int n = hf_pyramid_n_tiles (collapse->level->width, collapse->n_rows, HF_PYRAMID_TILE_WIDTH,
                                COLLAPSE_HEIGHT);

    return hf_pyramid_for (pyramid, n, collapse_tile, collapse, monitor, done, done, error);
}

static void
start_from_base (HfPyramid *pyramid)
{
    const HfPyramidLevel *base = &pyramid->levels[pyramid->n_levels];
    int bytes = pyramid->store->colour_bytes;

    for (int c = 0; c < pyramid->n_colours; c++)
        for (int y = 0; y < base->height; y++)
            pyramid->store->load (hf_pyramid_at (base, base->result[c], sizeof (float), 0, y),
                                  hf_pyramid_at (base, base->mean[c], bytes, 0, y), base->width);
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

static bool
write_picture (HfPyramid *pyramid, const HfBandWriter *writer, HfMonitor *monitor, GError **error)
{
    const HfPyramidLevel *whole = &pyramid->levels[0];

    for (int y = 0; y < whole->height; y += pyramid->output_rows) {
        int n_rows = MIN (pyramid->output_rows, whole->height - y);
        Collapse collapse = { pyramid, whole, &pyramid->levels[1], y, n_rows };

        hf_band_place (&collapse.output, (HfRect) { 0, y, whole->width, n_rows },
                       pyramid->n_colours, pyramid->output);
        if (!collapse_rows (pyramid, &collapse, monitor, (double) y / whole->height, error))
            return false;
        collapse.output.opaque = all_opaque (&collapse.output);
        if (!writer->write (writer->data, &collapse.output, error))
            return false;
    }
    return hf_monitor_check (monitor, 1, error);
}

bool
hf_pyramid_collapse (HfPyramid *pyramid, const HfBandWriter *writer, HfMonitor *monitor,
                     GError **error)
{
    start_from_base (pyramid);
    for (int i = pyramid->n_levels - 1; i > 0; i--) {
        const HfPyramidLevel *level = &pyramid->levels[i];
        Collapse collapse = { pyramid, level, &pyramid->levels[i + 1], 0, level->height };

        if (!collapse_rows (pyramid, &collapse, monitor, 0, error))
            return false;
    }
    return write_picture (pyramid, writer, monitor, error);
}
