/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Taking a frame in: reading it by tiles, and the Gaussian reduction.
 *
 * A pixel of level l + 1 is the mean of 5 × 5 pixels of level l with the weights of the generating
 * kernel both ways, each multiplied with its validity; its own validity is the same mean of the
 * validities. Tiles in which all is valid skip the weighing: same result, since all weights are
 * then equal.
 */
#include "fuse/pyramid.h"

#include <string.h>

/* ---- take ---- */

enum { TAKE_WIDTH = 512, TAKE_HEIGHT = 128 };

typedef struct Take {
    HfPyramid *pyramid;
    const HfBandReader *frame;
    int first, n_rows; /* of the strip */
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

    if (!pyramid->all_seen)
        store->raise (hf_pyramid_at (whole, whole->most, bytes, x, y),
                      validity ? band->validity + skip : NULL, n);
    for (int c = 0; c < pyramid->n_colours; c++) {
        const float *row = band->colour[c] + skip;

        store->take (hf_pyramid_at (whole, whole->picture[c], store->colour_bytes, x, y), row,
                     validity, n);
        store->widen (hf_pyramid_at (whole, whole->low[c], bytes, x, y),
                      hf_pyramid_at (whole, whole->high[c], bytes, x, y), row, validity, n);
    }
}

static void
take_tile (void *data, int chunk, int worker)
{
    Take *take = data;
    HfPyramid *pyramid = take->pyramid;
    const HfPyramidLevel *whole = &pyramid->levels[0];
    HfPyramidTile tile =
        hf_pyramid_tile (whole->width, take->n_rows, TAKE_WIDTH, TAKE_HEIGHT, chunk);
    HfBand band;

    tile.y += take->first;
    hf_band_place (&band, (HfRect) { tile.x, tile.y, tile.width, tile.height }, pyramid->n_colours,
                   pyramid->scratch + (size_t) worker * pyramid->scratch_floats);
    take->frame->read (take->frame->data, &band, worker);
    for (int y = tile.y; y < tile.y + tile.height; y++)
        take_row (pyramid, &band, y);
}

bool
hf_pyramid_take (HfPyramid *pyramid, const HfBandReader *frame, HfMonitor *monitor, GError **error)
{
    HfPyramidLevel *whole = &pyramid->levels[0];
    int strip = hf_pyramid_strip (pyramid, whole);
    Take take = { pyramid, frame, 0, 0 };

    pyramid->opaque = 1;
    for (int y = 0; y < whole->height; y += strip) {
        double done = 0.5 * y / whole->height, then = 0.5 * MIN (y + strip, whole->height);

        take.first = y;
        take.n_rows = MIN (strip, whole->height - y);
        hf_pyramid_move (whole, y);
        if (!hf_pyramid_fetch (pyramid, whole, HF_PYRAMID_RANGE, y, y + strip, error) ||
            !hf_pyramid_for (
                pyramid, hf_pyramid_n_tiles (whole->width, take.n_rows, TAKE_WIDTH, TAKE_HEIGHT),
                take_tile, &take, monitor, done, then / whole->height, error) ||
            !hf_pyramid_keep (pyramid, whole, HF_PYRAMID_FRAME | HF_PYRAMID_RANGE, y, y + strip,
                              error))
            return false;
    }
    pyramid->all_seen = pyramid->all_seen || pyramid->opaque;
    return true;
}

/* ---- reduce ---- */

/* Of the coarse level; fine rows are twice as long, and 2 samples more at each end. */
enum { REDUCE_WIDTH = 512, REDUCE_HEIGHT = 64, REACH = 2 };

typedef struct Reduce {
    const HfPyramid *pyramid;
    const HfPyramidLevel *fine, *coarse;
    int first, n_rows; /* of the coarse level's strip */
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

typedef struct ReduceTile {
    const HfPyramid *pyramid;
    const HfPyramidLevel *fine, *coarse;
    ReduceRows *rows;
    HfPyramidTile tile; /* of the coarse level */
    bool opaque;        /* all that the tile reads is valid */
} ReduceTile;

/* A fine row for weighing, with its mirrored ends. */
static void
load_weighted (const ReduceTile *r, int y)
{
    const HfPyramidStore *store = r->pyramid->store;
    const HfPyramidLevel *fine = r->fine;
    int at = hf_pyramid_mirror (y, fine->height), first = 2 * r->tile.x - REACH;
    int n = 2 * r->tile.width + 2 * REACH;
    float *weight = r->rows->fine[3][y & 7];

    hf_pyramid_load_row (r->pyramid->kernels->load_validity, 1,
                         hf_pyramid_at (fine, fine->validity, 1, 0, at), fine->width, 0, first, n,
                         weight);
    for (int c = 0; c < r->pyramid->n_colours; c++) {
        float *row = r->rows->fine[c][y & 7];

        hf_pyramid_load_row (store->load, store->colour_bytes,
                             hf_pyramid_at (fine, fine->picture[c], store->colour_bytes, 0, at),
                             fine->width, 0, first, n, row);
        r->pyramid->kernels->multiply (row, weight, n);
    }
}

static void
reduce_weighted (const ReduceTile *r, int plane, int y)
{
    const HfPyramidKernels *kernels = r->pyramid->kernels;
    ReduceRows *rows = r->rows;
    const float *five[5];

    for (int j = 0; j < 5; j++)
        five[j] = rows->fine[plane][(2 * y + j - REACH) & 7];
    kernels->reduce_columns (rows->column, five, r->pyramid->taps, 2 * r->tile.width + 2 * REACH);
    kernels->reduce_row (rows->coarse[plane], rows->column + REACH, r->pyramid->taps,
                         r->tile.width);
}

static void
reduce_weighted_row (const ReduceTile *r, int y)
{
    const HfPyramidKernels *kernels = r->pyramid->kernels;
    float (*rows)[HF_PYRAMID_ROW] = r->rows->coarse;

    load_weighted (r, 2 * y + 1);
    load_weighted (r, 2 * y + 2);
    reduce_weighted (r, 3, y);
    kernels->keep_validity (hf_pyramid_at (r->coarse, r->coarse->validity, 1, r->tile.x, y),
                            rows[3], 255.0f, r->tile.width);
    for (int c = 0; c < r->pyramid->n_colours; c++) {
        reduce_weighted (r, c, y);
        kernels->divide (rows[c], rows[3], r->tile.width);
    }
}

/* Straight from the rows as they are kept: mirroring may wait until five rows have become one. */
static void
reduce_opaque (const ReduceTile *r, int c, int y)
{
    const HfPyramidStore *store = r->pyramid->store;
    const HfPyramidLevel *fine = r->fine;
    int from = MAX (0, 2 * r->tile.x - REACH);
    int to = MIN (fine->width, 2 * (r->tile.x + r->tile.width) + REACH);
    float *column = r->rows->column;
    int shift = REACH - 2 * r->tile.x; /* fine sample x stands at column[x + shift] */
    const void *five[5];

    for (int j = 0; j < 5; j++)
        five[j] = hf_pyramid_at (fine, fine->picture[c], store->colour_bytes, from,
                                 hf_pyramid_mirror (2 * y + j - REACH, fine->height));
    store->reduce_columns (column + from + shift, five, r->pyramid->taps, to - from);
    for (int i = 1; i <= REACH; i++) {
        if (from == 0)
            column[shift - i] = column[shift + hf_pyramid_mirror (-i, fine->width)];
        if (to == fine->width)
            column[shift + to - 1 + i] =
                column[shift + hf_pyramid_mirror (to - 1 + i, fine->width)];
    }
    r->pyramid->kernels->reduce_row (r->rows->coarse[c], column + REACH, r->pyramid->taps,
                                     r->tile.width);
}

static void
reduce_opaque_row (const ReduceTile *r, int y)
{
    if (!r->pyramid->opaque)
        memset (hf_pyramid_at (r->coarse, r->coarse->validity, 1, r->tile.x, y), 255,
                (size_t) r->tile.width);
    for (int c = 0; c < r->pyramid->n_colours; c++)
        reduce_opaque (r, c, y);
}

static ReduceTile
start_reduce (const Reduce *reduce, int chunk, int worker)
{
    const HfPyramid *pyramid = reduce->pyramid;
    ReduceTile r = { pyramid, reduce->fine, reduce->coarse };

    r.rows = (ReduceRows *) (pyramid->scratch + (size_t) worker * pyramid->scratch_floats);
    r.tile =
        hf_pyramid_tile (reduce->coarse->width, reduce->n_rows, REDUCE_WIDTH, REDUCE_HEIGHT, chunk);
    r.tile.y += reduce->first;
    r.opaque = hf_pyramid_tile_opaque (pyramid, reduce->fine, 2 * r.tile.x - REACH,
                                       2 * r.tile.y - REACH, 2 * (r.tile.x + r.tile.width) + REACH,
                                       2 * (r.tile.y + r.tile.height) + REACH);
    return r;
}

static void
reduce_tile (void *data, int chunk, int worker)
{
    ReduceTile r = start_reduce (data, chunk, worker);
    const HfPyramidStore *store = r.pyramid->store;

    for (int y = 2 * r.tile.y - REACH; !r.opaque && y < 2 * r.tile.y + 1; y++)
        load_weighted (&r, y);
    for (int y = r.tile.y; y < r.tile.y + r.tile.height; y++) {
        if (r.opaque)
            reduce_opaque_row (&r, y);
        else
            reduce_weighted_row (&r, y);
        for (int c = 0; c < r.pyramid->n_colours; c++)
            store->keep (
                hf_pyramid_at (r.coarse, r.coarse->picture[c], store->colour_bytes, r.tile.x, y),
                r.rows->coarse[c], r.tile.width);
    }
}

/* The strips of one level. */
static bool
reduce_level (HfPyramid *pyramid, HfPyramidLevel *fine, HfPyramidLevel *coarse, HfMonitor *monitor,
              double done, GError **error)
{
    int strip = fine->spilled ? MAX (1, pyramid->tile_height / 2) : coarse->height;

    for (int y = 0; y < coarse->height; y += strip) {
        int n_rows = MIN (strip, coarse->height - y);
        int n = hf_pyramid_n_tiles (coarse->width, n_rows, REDUCE_WIDTH, REDUCE_HEIGHT);
        Reduce reduce = { pyramid, fine, coarse, y, n_rows };

        hf_pyramid_move (fine, 2 * y - REACH);
        hf_pyramid_move (coarse, y);
        if (!hf_pyramid_fetch (pyramid, fine, HF_PYRAMID_FRAME, 2 * y - REACH,
                               2 * (y + n_rows) + REACH, error) ||
            !hf_pyramid_for (pyramid, n, reduce_tile, &reduce, monitor, done, 0.6, error) ||
            !hf_pyramid_keep (pyramid, coarse, HF_PYRAMID_FRAME, y, y + n_rows, error))
            return false;
        done = 0.6;
    }
    return true;
}

bool
hf_pyramid_reduce (HfPyramid *pyramid, HfMonitor *monitor, GError **error)
{
    for (int i = 0; i < pyramid->n_levels; i++)
        if (!reduce_level (pyramid, &pyramid->levels[i], &pyramid->levels[i + 1], monitor,
                           i ? 0.6 : 0.5, error))
            return false;
    return true;
}
