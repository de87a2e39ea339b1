/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Adding up: result of a level = mean of its bands + the coarser result, expanded; from the base
 * down. Level 0 is made in bands of rows that go to the writer as they come, each value brought
 * into the range that the frames have at its pixel: blending bands of different frames may
 * overshoot at edges, where it shows as a bright or dark rim.
 */
#include "fuse/pyramid.h"

#include <string.h>

typedef struct CollapseRows {              /* of doubles, or floats, as results are kept */
    double expanded[3][4][HF_PYRAMID_ROW]; /* coarse row k of a colour stands at k & 3 */
    double result[HF_PYRAMID_ROW];         /* level 0 */
    double buffer[HF_PYRAMID_ROW];
} CollapseRows;

typedef struct Collapse {
    const HfPyramid *pyramid;
    const HfPyramidLevel *level, *coarse;
    int first, n_rows; /* rows of the level that are wanted */
    HfBand output;     /* level 0 only */
    int opaque;
} Collapse;

size_t
hf_pyramid_collapse_scratch (int n_colours)
{
    return sizeof (CollapseRows) / sizeof (float);
}

/* Results first .. first + n - 1 of a row of the coarse level, mirrored as the finer level is. */
static void
load_results (const Collapse *collapse, const char *row, int first, int n, char *out)
{
    int bytes = collapse->pyramid->store->result_bytes, width = collapse->level->width;
    int from = MAX (first, 0), to = MIN (first + n, collapse->coarse->width);

    memcpy (out + (from - first) * bytes, row + (size_t) from * (size_t) bytes,
            (size_t) (to - from) * (size_t) bytes);
    for (int i = first; i < from; i++)
        memcpy (out + (i - first) * bytes, row + hf_pyramid_mirror_coarse (i, width) * bytes,
                (size_t) bytes);
    for (int i = to; i < first + n; i++)
        memcpy (out + (i - first) * bytes, row + hf_pyramid_mirror_coarse (i, width) * bytes,
                (size_t) bytes);
}

/* Coarse row k of all colours. */
static void
expand_rows (const Collapse *collapse, CollapseRows *rows, HfPyramidTile tile, int k)
{
    const HfPyramidLevel *coarse = collapse->coarse;
    const HfPyramidStore *store = collapse->pyramid->store;
    int at = hf_pyramid_mirror_coarse (k, collapse->level->height), n = (tile.width + 1) / 2;

    for (int c = 0; c < collapse->pyramid->n_colours; c++) {
        load_results (collapse,
                      hf_pyramid_at (coarse, coarse->result[c], store->result_bytes, 0, at),
                      tile.x / 2 - 1, n + 2, (char *) rows->buffer);
        store->expand_result (rows->expanded[c][k & 3], (char *) rows->buffer + store->result_bytes,
                              collapse->pyramid->taps, n);
    }
}

static void
add_row (const Collapse *collapse, CollapseRows *rows, HfPyramidTile tile, int c, int y,
         void *result)
{
    const HfPyramid *pyramid = collapse->pyramid;
    const HfPyramidLevel *level = collapse->level;
    int k = y / 2;

    pyramid->store->add_result (
        result, hf_pyramid_at (level, level->mean[c], pyramid->store->mean_bytes, tile.x, y),
        rows->expanded[c][(k - 1) & 3], rows->expanded[c][k & 3], rows->expanded[c][(k + 1) & 3],
        pyramid->near[y & 1], tile.width);
}

/* A row of level 0, limited, to the band that goes out. */
static void
output_row (Collapse *collapse, CollapseRows *rows, HfPyramidTile tile, int y)
{
    const HfPyramid *pyramid = collapse->pyramid;
    const HfPyramidLevel *level = collapse->level;
    const HfBand *output = &collapse->output;
    size_t skip = (size_t) (y - output->rect.y) * output->stride + (size_t) tile.x;
    int bytes = pyramid->store->range_bytes;

    if (!pyramid->store->load_most (output->validity + skip,
                                    hf_pyramid_at (level, level->most, bytes, tile.x, y),
                                    tile.width))
        __atomic_store_n (&collapse->opaque, 0, __ATOMIC_RELAXED);
    for (int c = 0; c < pyramid->n_colours; c++) {
        add_row (collapse, rows, tile, c, y, rows->result);
        pyramid->store->limit (output->colour[c] + skip, rows->result,
                               hf_pyramid_at (level, level->low[c], bytes, tile.x, y),
                               hf_pyramid_at (level, level->high[c], bytes, tile.x, y),
                               output->validity + skip, tile.width);
    }
}

enum { COLLAPSE_HEIGHT = 32 };

static void
collapse_tile (void *data, int chunk, int worker)
{
    Collapse *collapse = data;
    const HfPyramid *pyramid = collapse->pyramid;
    const HfPyramidLevel *level = collapse->level;
    CollapseRows *rows =
        (CollapseRows *) (pyramid->scratch + (size_t) worker * pyramid->scratch_floats);
    HfPyramidTile tile = hf_pyramid_tile (collapse->level->width, collapse->n_rows,
                                          pyramid->tile_width, COLLAPSE_HEIGHT, chunk);

    tile.y += collapse->first;
    expand_rows (collapse, rows, tile, tile.y / 2 - 1);
    expand_rows (collapse, rows, tile, tile.y / 2);
    for (int y = tile.y; y < tile.y + tile.height; y++) {
        if (y % 2 == 0)
            expand_rows (collapse, rows, tile, y / 2 + 1);
        if (level == &pyramid->levels[0])
            output_row (collapse, rows, tile, y);
        else
            for (int c = 0; c < pyramid->n_colours; c++)
                add_row (collapse, rows, tile, c, y,
                         hf_pyramid_at (level, level->result[c], pyramid->store->result_bytes,
                                        tile.x, y));
    }
}

/* Rows first .. end - 1 of a level's means, and the coarser results around them. */
static bool
fetch_strip (HfPyramid *pyramid, HfPyramidLevel *level, int first, int end, GError **error)
{
    hf_pyramid_move (level, first);
    hf_pyramid_move (level + 1, first / 2 - HF_PYRAMID_MARGIN_ROWS);
    return hf_pyramid_fetch (pyramid, level, HF_PYRAMID_STATE | HF_PYRAMID_RANGE, first, end,
                             error) &&
           hf_pyramid_fetch (pyramid, level + 1, HF_PYRAMID_RESULT, first / 2 - 2, end / 2 + 3,
                             error);
}

static void
run_tiles (HfPyramid *pyramid, Collapse *collapse)
{
    hf_pool_for (pyramid->pool,
                 hf_pyramid_n_tiles (collapse->level->width, collapse->n_rows, pyramid->tile_width,
                                     COLLAPSE_HEIGHT),
                 collapse_tile, collapse);
}

static bool
collapse_level (HfPyramid *pyramid, int l, HfMonitor *monitor, GError **error)
{
    HfPyramidLevel *level = &pyramid->levels[l];
    int strip = hf_pyramid_strip (pyramid, level);

    for (int y = 0; y < level->height; y += strip) {
        int end = MIN (y + strip, level->height);
        Collapse collapse = { pyramid, level, level + 1, y, end - y };

        if (!fetch_strip (pyramid, level, y, end, error))
            return false;
        run_tiles (pyramid, &collapse);
        if (!hf_pyramid_keep (pyramid, level, HF_PYRAMID_RESULT, y, end, error) ||
            !hf_monitor_check (monitor, 0, error))
            return false;
    }
    return true;
}

static bool
start_from_base (HfPyramid *pyramid, GError **error)
{
    HfPyramidLevel *base = &pyramid->levels[pyramid->n_levels];
    const HfPyramidStore *store = pyramid->store;
    int strip = hf_pyramid_strip (pyramid, base);

    for (int first = 0; first < base->height; first += strip) {
        int end = MIN (first + strip, base->height);

        hf_pyramid_move (base, first);
        if (!hf_pyramid_fetch (pyramid, base, HF_PYRAMID_STATE, first, end, error))
            return false;
        for (int c = 0; c < pyramid->n_colours; c++)
            for (int y = first; y < end; y++)
                store->begin_result (
                    hf_pyramid_at (base, base->result[c], store->result_bytes, 0, y),
                    hf_pyramid_at (base, base->mean[c], store->mean_bytes, 0, y), base->width);
        if (!hf_pyramid_keep (pyramid, base, HF_PYRAMID_RESULT, first, end, error))
            return false;
    }
    return true;
}

/* ---- the way out: a band is made by the other workers while the one before it is written ---- */

typedef struct Band {
    HfPyramid *pyramid;
    Collapse collapse;
    HfJob *job;
    GError *error;
} Band;

static void
make_band (void *data, int worker)
{
    Band *band = data;
    Collapse *collapse = &band->collapse;
    int end = collapse->first + collapse->n_rows;

    if (!fetch_strip (band->pyramid, &band->pyramid->levels[0], collapse->first, end, &band->error))
        return;
    run_tiles (band->pyramid, collapse);
    collapse->output.opaque = collapse->opaque;
}

/* Begins the band that starts at row y, if there is one. */
static void
begin_band (Band *band, HfPyramid *pyramid, int y)
{
    const HfPyramidLevel *whole = &pyramid->levels[0];
    int n_rows = MIN (pyramid->output_rows, whole->height - y);

    *band = (Band) { .pyramid = pyramid,
                     .collapse = { pyramid, whole, &pyramid->levels[1], y, n_rows, .opaque = 1 } };
    if (n_rows <= 0)
        return;
    hf_band_place (&band->collapse.output, (HfRect) { 0, y, whole->width, n_rows },
                   pyramid->n_colours, pyramid->output[y / pyramid->output_rows & 1]);
    band->job = hf_pool_submit (pyramid->pool, make_band, band);
}

static bool
finish_band (Band *band, GError **error)
{
    bool good;

    hf_job_wait (band->pyramid->pool, band->job);
    band->job = NULL;
    good = band->error == NULL;
    if (!good)
        g_propagate_error (error, g_steal_pointer (&band->error));
    return good;
}

static bool
write_picture (HfPyramid *pyramid, const HfBandWriter *writer, HfMonitor *monitor, GError **error)
{
    const HfPyramidLevel *whole = &pyramid->levels[0];
    Band bands[2] = { { 0 } };
    bool good = true;

    begin_band (&bands[0], pyramid, 0);
    for (int y = 0, i = 0; good && y < whole->height; y += pyramid->output_rows, i ^= 1) {
        good = finish_band (&bands[i], error);
        if (!good)
            break;
        begin_band (&bands[i ^ 1], pyramid, y + pyramid->output_rows);
        good = hf_monitor_check (monitor, (double) y / whole->height, error) &&
               writer->write (writer->data, &bands[i].collapse.output, error);
    }
    for (int i = 0; i < 2; i++) {
        hf_job_wait (pyramid->pool, bands[i].job);
        g_clear_error (&bands[i].error);
    }
    return good && hf_monitor_check (monitor, 1, error);
}

bool
hf_pyramid_collapse (HfPyramid *pyramid, const HfBandWriter *writer, HfMonitor *monitor,
                     GError **error)
{
    if (!start_from_base (pyramid, error))
        return false;
    for (int l = pyramid->n_levels - 1; l > 0; l--)
        if (!collapse_level (pyramid, l, monitor, error))
            return false;
    return write_picture (pyramid, writer, monitor, error);
}
