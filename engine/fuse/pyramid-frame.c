/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Taking a frame in: reading it by tiles, and the Gaussian reduction.
 *
 * A pixel of level l + 1 is the mean of 5 × 5 pixels of level l with the weights 1 4 6 4 1 both
 * ways, each multiplied with its validity; its own validity is the same mean of the validities.
 * Tiles in which all is valid skip the weighing: same result, since all weights are then equal.
 */
#include "fuse/pyramid.h"

#include <string.h>

/* ---- take ---- */

enum { TAKE_WIDTH = 512, TAKE_HEIGHT = 128 };

typedef struct Take {
    HfPyramid *pyramid;
    const HfBandReader *frame;
} Take;

size_t
hf_pyramid_take_scratch (int n_colours)
{
    return hf_band_floats (TAKE_WIDTH, TAKE_HEIGHT, n_colours);
}

/* Keeps the row's validity; returns it, or NULL where it is full everywhere. */
static const uint8_t *
take_validity (HfPyramid *pyramid, const HfBand *band, const float *row, int y)
{
    const HfPyramidLevel *whole = &pyramid->levels[0];
    uint8_t *validity = hf_pyramid_at (whole, whole->validity, 1, band->rect.x, y);
    int n = band->rect.width;

    if (band->opaque) {
        memset (validity, 255, (size_t) n);
        return NULL;
    }
    pyramid->kernels->keep_validity (validity, row, 255.0f, n);
    if (pyramid->kernels->all_valid (validity, n))
        return NULL;
    __atomic_store_n (&pyramid->opaque, 0, __ATOMIC_RELAXED);
    return validity;
}

static void
take_row (HfPyramid *pyramid, const HfBand *band, int y)
{
    const HfPyramidLevel *whole = &pyramid->levels[0];
    const HfPyramidStore *store = pyramid->store;
    size_t skip = (size_t) (y - band->rect.y) * band->stride;
    int x = band->rect.x, n = band->rect.width, bytes = store->range_bytes;
    const uint8_t *validity = take_validity (pyramid, band, band->validity + skip, y);

    store->raise (hf_pyramid_at (whole, pyramid->most, bytes, x, y),
                  validity ? band->validity + skip : NULL, n);
    for (int c = 0; c < pyramid->n_colours; c++) {
        const float *row = band->colour[c] + skip;

        store->take (hf_pyramid_at (whole, whole->picture[c], store->colour_bytes, x, y), row,
                     validity, n);
        store->widen (hf_pyramid_at (whole, pyramid->low[c], bytes, x, y),
                      hf_pyramid_at (whole, pyramid->high[c], bytes, x, y), row, validity, n);
    }
}

static void
take_tile (void *data, int chunk, int worker)
{
    Take *take = data;
    HfPyramid *pyramid = take->pyramid;
    const HfPyramidLevel *whole = &pyramid->levels[0];
    HfPyramidTile tile =
        hf_pyramid_tile (whole->width, whole->height, TAKE_WIDTH, TAKE_HEIGHT, chunk);
    HfBand band;

    hf_band_place (&band, (HfRect) { tile.x, tile.y, tile.width, tile.height }, pyramid->n_colours,
                   pyramid->scratch + (size_t) worker * pyramid->scratch_floats);
    take->frame->read (take->frame->data, &band, worker);
    for (int y = tile.y; y < tile.y + tile.height; y++)
        take_row (pyramid, &band, y);
}

bool
hf_pyramid_take (HfPyramid *pyramid, const HfBandReader *frame, HfMonitor *monitor, GError **error)
{
    const HfPyramidLevel *whole = &pyramid->levels[0];
    Take take = { pyramid, frame };

    pyramid->opaque = 1;
    return hf_pyramid_for (
        pyramid, hf_pyramid_n_tiles (whole->width, whole->height, TAKE_WIDTH, TAKE_HEIGHT),
        take_tile, &take, monitor, 0, 0.5, error);
}

/* ---- reduce ---- */

/* Of the coarse level; fine rows are twice as long, and 2 samples more at each end. */
enum { REDUCE_WIDTH = 512, REDUCE_HEIGHT = 64, REACH = 2 };

typedef struct Reduce {
    const HfPyramid *pyramid;
    const HfPyramidLevel *fine, *coarse;
} Reduce;

typedef struct ReduceRows {
    float fine[4][8][HF_PYRAMID_ROW]; /* colours × validity, and validity; row y stands at y & 7 */
    float column[HF_PYRAMID_ROW];     /* five rows made one, before it is reduced along */
    float coarse[4][HF_PYRAMID_ROW];
} ReduceRows;

size_t
hf_pyramid_reduce_scratch (int n_colours)
{
    return sizeof (ReduceRows) / sizeof (float);
}

static void
load_fine (const Reduce *reduce, ReduceRows *rows, HfPyramidTile tile, int y, bool opaque)
{
    const HfPyramid *pyramid = reduce->pyramid;
    const HfPyramidLevel *fine = reduce->fine;
    int at = hf_pyramid_mirror (y, fine->height), n = 2 * tile.width + 2 * REACH;
    int bytes = pyramid->store->colour_bytes;
    float *weight = rows->fine[3][y & 7];

    if (!opaque)
        hf_pyramid_load_row (pyramid->kernels->load_validity, 1,
                             hf_pyramid_at (fine, fine->validity, 1, 0, at), fine->width, 0,
                             2 * tile.x - REACH, n, weight);
    for (int c = 0; c < pyramid->n_colours; c++) {
        float *row = rows->fine[c][y & 7];

        hf_pyramid_load_row (pyramid->store->load, bytes,
                             hf_pyramid_at (fine, fine->picture[c], bytes, 0, at), fine->width, 0,
                             2 * tile.x - REACH, n, row);
        if (!opaque)
            pyramid->kernels->multiply (row, weight, n);
    }
}

static void
reduce_plane (const HfPyramidKernels *kernels, ReduceRows *rows, int plane, int y, int n)
{
    const float *five[5];

    for (int j = 0; j < 5; j++)
        five[j] = rows->fine[plane][(2 * y + j - REACH) & 7];
    kernels->smooth_columns (rows->column, five, 2 * n + 2 * REACH);
    kernels->reduce_row (rows->coarse[plane], rows->column + REACH, n);
}

static void
reduce_row (const Reduce *reduce, ReduceRows *rows, HfPyramidTile tile, int y, bool opaque)
{
    const HfPyramid *pyramid = reduce->pyramid;
    const HfPyramidKernels *kernels = pyramid->kernels;
    const HfPyramidLevel *coarse = reduce->coarse;
    uint8_t *validity = hf_pyramid_at (coarse, coarse->validity, 1, tile.x, y);
    int bytes = pyramid->store->colour_bytes, n = tile.width;

    if (!opaque) {
        reduce_plane (kernels, rows, 3, y, n);
        kernels->keep_validity (validity, rows->coarse[3], 1.0f, n);
    } else if (!pyramid->opaque) {
        memset (validity, 255, (size_t) n);
    }
    for (int c = 0; c < pyramid->n_colours; c++) {
        reduce_plane (kernels, rows, c, y, n);
        if (!opaque)
            kernels->divide (rows->coarse[c], rows->coarse[3], n);
        pyramid->store->keep (hf_pyramid_at (coarse, coarse->picture[c], bytes, tile.x, y),
                              rows->coarse[c], n);
    }
}

static void
reduce_tile (void *data, int chunk, int worker)
{
    const Reduce *reduce = data;
    const HfPyramid *pyramid = reduce->pyramid;
    ReduceRows *rows =
        (ReduceRows *) (pyramid->scratch + (size_t) worker * pyramid->scratch_floats);
    HfPyramidTile tile = hf_pyramid_tile (reduce->coarse->width, reduce->coarse->height,
                                          REDUCE_WIDTH, REDUCE_HEIGHT, chunk);
    int right = tile.x + tile.width, bottom = tile.y + tile.height;
    bool opaque =
        hf_pyramid_tile_opaque (pyramid, reduce->fine, 2 * tile.x - REACH, 2 * tile.y - REACH,
                                2 * right + REACH, 2 * bottom + REACH);

    for (int y = 2 * tile.y - REACH; y < 2 * tile.y + 1; y++)
        load_fine (reduce, rows, tile, y, opaque);
    for (int y = tile.y; y < bottom; y++) {
        load_fine (reduce, rows, tile, 2 * y + 1, opaque);
        load_fine (reduce, rows, tile, 2 * y + 2, opaque);
        reduce_row (reduce, rows, tile, y, opaque);
    }
}

bool
hf_pyramid_reduce (HfPyramid *pyramid, HfMonitor *monitor, GError **error)
{
    for (int i = 0; i < pyramid->n_levels; i++) {
        Reduce reduce = { pyramid, &pyramid->levels[i], &pyramid->levels[i + 1] };
        int n = hf_pyramid_n_tiles (reduce.coarse->width, reduce.coarse->height, REDUCE_WIDTH,
                                    REDUCE_HEIGHT);

        if (!hf_pyramid_for (pyramid, n, reduce_tile, &reduce, monitor, i ? 0.6 : 0.5, 0.6, error))
            return false;
    }
    return true;
}
