/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The pyramid fuser as a whole: its geometry and its memory, and the order of the steps.
 *
 * Number of bands: the picture is halved until its shorter side is 16 pixels or less, so that the
 * coarsest band is wider than any blur disc: with too few bands the light of a blurred speck that
 * reaches beyond them stays in the base and shows as a ring. At least 3 bands, so that small and
 * narrow pictures are fused at all; a side of one pixel stays one.
 *
 * Memory, in bytes a pixel of an RGB frame, all taken at the start:
 *                                compact (8 bit)   deep (16 bit)   exact (float)
 *   current frame, all levels          6 × 4/3         12 × 4/3        12 × 4/3
 *   its validity                       1 × 4/3          1 × 4/3         1 × 4/3
 *   sharpness of its bands             4 × 1/3          4 × 1/3         4 × 1/3
 *   mean, weight, peak                10 × 4/3         20 × 4/3        20 × 4/3
 *   range, largest validity            6 + 1           12 + 2          24 + 4
 *   together                            31               59              73
 * and a few hundred KB for each worker. Collapsing reuses the memory of the current frame.
 */
#include "fuse/pyramid.h"

#include <string.h>

enum { SHORTEST_BASE = 16, LEAST_BANDS = 3, ROW_ALIGNMENT = 32, OUTPUT_ROWS = 64 };

/* ---- geometry ---- */

int
hf_pyramid_mirror (int i, int n)
{
    if (n == 1)
        return 0;
    while (i < 0 || i >= n)
        i = i < 0 ? -i : 2 * (n - 1) - i;
    return i;
}

int
hf_pyramid_mirror_coarse (int i, int n)
{
    return hf_pyramid_mirror (2 * i, n) / 2;
}

int
hf_pyramid_n_tiles (int width, int height, int tile_width, int tile_height)
{
    return ((width + tile_width - 1) / tile_width) * ((height + tile_height - 1) / tile_height);
}

HfPyramidTile
hf_pyramid_tile (int width, int height, int tile_width, int tile_height, int chunk)
{
    int columns = (width + tile_width - 1) / tile_width;
    int x = chunk % columns * tile_width, y = chunk / columns * tile_height;

    return (HfPyramidTile) { x, y, MIN (tile_width, width - x), MIN (tile_height, height - y) };
}

void
hf_pyramid_load_row (void (*load) (float *row, const void *kept, int n), int bytes, const void *row,
                     int width, int fine_width, int first, int n, float *out)
{
    int from = MAX (first, 0), to = MIN (first + n, width);

    load (out + (from - first), (const char *) row + (size_t) from * (size_t) bytes, to - from);
    for (int i = first; i < first + n; i++) {
        int at;

        if (i == from)
            i = to;
        if (i >= first + n)
            break;
        at = fine_width ? hf_pyramid_mirror_coarse (i, fine_width) : hf_pyramid_mirror (i, width);
        load (out + (i - first), (const char *) row + (size_t) at * (size_t) bytes, 1);
    }
}

bool
hf_pyramid_tile_opaque (const HfPyramid *pyramid, const HfPyramidLevel *level, int x0, int y0,
                        int x1, int y1)
{
    bool opaque = true;

    if (pyramid->opaque)
        return true;
    x0 = MAX (x0, 0), y0 = MAX (y0, 0);
    x1 = MIN (x1, level->width), y1 = MIN (y1, level->height);
    for (int y = y0; opaque && y < y1; y++)
        opaque =
            pyramid->kernels->all_valid (hf_pyramid_at (level, level->validity, 1, x0, y), x1 - x0);
    return opaque;
}

static int
count_bands (int width, int height)
{
    int n = 0;

    for (int side = MIN (width, height); side > SHORTEST_BASE; side = (side + 1) / 2)
        n++;
    return MAX (n, LEAST_BANDS);
}

static void
size_levels (HfPyramid *pyramid, int width, int height)
{
    pyramid->n_levels = count_bands (width, height);
    for (int i = 0; i <= pyramid->n_levels; i++) {
        HfPyramidLevel *level = &pyramid->levels[i];

        level->width = width;
        level->height = height;
        level->stride = ((size_t) width + ROW_ALIGNMENT - 1) & ~(size_t) (ROW_ALIGNMENT - 1);
        width = (width + 1) / 2;
        height = (height + 1) / 2;
    }
}

/* ---- memory ---- */

/* A walk through one block of memory; without a block it only counts. */
typedef struct Layout {
    char *block;
    size_t at;
} Layout;

static void *
place (Layout *layout, size_t count, int bytes)
{
    void *memory = layout->block ? layout->block + layout->at : NULL;

    layout->at += (count * (size_t) bytes + 63) & ~(size_t) 63;
    return memory;
}

static size_t
plane_of (const HfPyramidLevel *level)
{
    return level->stride * (size_t) level->height;
}

static void
place_frame (HfPyramid *pyramid, Layout *layout)
{
    for (int i = 0; i <= pyramid->n_levels; i++) {
        HfPyramidLevel *level = &pyramid->levels[i];

        for (int c = 0; c < pyramid->n_colours; c++)
            level->picture[c] = place (layout, plane_of (level), pyramid->store->colour_bytes);
    }
}

static void
place_result (HfPyramid *pyramid, Layout *layout)
{
    for (int i = 1; i <= pyramid->n_levels; i++) {
        HfPyramidLevel *level = &pyramid->levels[i];

        for (int c = 0; c < pyramid->n_colours; c++)
            level->result[c] = place (layout, plane_of (level), sizeof (float));
    }
    pyramid->output_rows = MIN (OUTPUT_ROWS, pyramid->levels[0].height);
    pyramid->output = place (
        layout, hf_band_floats (pyramid->levels[0].width, pyramid->output_rows, pyramid->n_colours),
        sizeof (float));
}

static void
place_state (HfPyramid *pyramid, Layout *layout)
{
    for (int i = 0; i <= pyramid->n_levels; i++) {
        HfPyramidLevel *level = &pyramid->levels[i];

        for (int c = 0; c < pyramid->n_colours; c++)
            level->mean[c] = place (layout, plane_of (level), pyramid->store->colour_bytes);
        level->weight = place (layout, plane_of (level), pyramid->store->weight_bytes);
        level->peak = place (layout, plane_of (level), pyramid->store->weight_bytes);
    }
    pyramid->most = place (layout, plane_of (&pyramid->levels[0]), pyramid->store->range_bytes);
}

static void
place_rest (HfPyramid *pyramid, Layout *layout)
{
    const HfPyramidLevel *whole = &pyramid->levels[0];
    int n = pyramid->n_colours;

    for (int c = 0; c < n; c++) {
        pyramid->low[c] = place (layout, plane_of (whole), pyramid->store->range_bytes);
        pyramid->high[c] = place (layout, plane_of (whole), pyramid->store->range_bytes);
    }
    for (int i = 0; i <= pyramid->n_levels; i++) {
        HfPyramidLevel *level = &pyramid->levels[i];

        level->validity = place (layout, plane_of (level), 1);
        if (i > 0 && i < pyramid->n_levels)
            level->sharpness = place (layout, plane_of (level), sizeof (float));
    }
    pyramid->scratch_floats =
        MAX (MAX (hf_pyramid_take_scratch (n), hf_pyramid_reduce_scratch (n)),
             MAX (hf_pyramid_select_scratch (n), hf_pyramid_collapse_scratch (n)));
    pyramid->scratch =
        place (layout, pyramid->scratch_floats * (size_t) pyramid->n_workers, sizeof (float));
}

/* Everything in one block; the pictures of the current frame and the results share their place. */
static size_t
lay_out (HfPyramid *pyramid, char *block)
{
    Layout frame = { block, 0 }, result = { block, 0 }, layout = { block, 0 };

    place_frame (pyramid, &frame);
    place_result (pyramid, &result);
    layout.at = MAX (frame.at, result.at);
    pyramid->state_from = layout.at;
    place_state (pyramid, &layout);
    pyramid->state_bytes = layout.at - pyramid->state_from;
    place_rest (pyramid, &layout);
    return layout.at;
}

static const HfPyramidStore *
store_of (const HfPyramidKernels *kernels, HfSampleType precision)
{
    switch (precision) {
    case HF_SAMPLE_U8:
        return &kernels->compact;
    case HF_SAMPLE_U16:
        return &kernels->deep;
    case HF_SAMPLE_FLOAT:
        break;
    }
    return &kernels->exact;
}

static size_t
set_up (HfPyramid *pyramid, const HfFuserSetup *setup)
{
    memset (pyramid, 0, sizeof *pyramid);
    pyramid->n_colours = setup->n_colours;
    pyramid->kernels = hf_kernels ()->pyramid;
    pyramid->store = store_of (pyramid->kernels, setup->precision);
    pyramid->pool = setup->pool;
    pyramid->n_workers = hf_pool_n_threads (setup->pool);
    size_levels (pyramid, setup->width, setup->height);
    return lay_out (pyramid, NULL);
}

static size_t
pyramid_memory (const HfFuserSetup *setup)
{
    HfPyramid pyramid;

    return set_up (&pyramid, setup);
}

/* ---- work ---- */

enum { PIECE_TILES = 32 };

typedef struct Piece {
    void (*func) (void *data, int chunk, int worker);
    void *data;
    const HfMonitor *monitor;
    int first;
} Piece;

static void
run_tile (void *data, int chunk, int worker)
{
    const Piece *piece = data;

    if (!hf_monitor_cancelled (piece->monitor))
        piece->func (piece->data, piece->first + chunk, worker);
}

bool
hf_pyramid_for (HfPyramid *pyramid, int n_tiles, void (*func) (void *data, int chunk, int worker),
                void *data, HfMonitor *monitor, double done, double then, GError **error)
{
    Piece piece = { func, data, monitor, 0 };
    int most = MAX (PIECE_TILES, 8 * pyramid->n_workers);

    for (; piece.first < n_tiles; piece.first += most) {
        int n = MIN (most, n_tiles - piece.first);

        hf_pool_for (pyramid->pool, n, run_tile, &piece);
        if (!hf_monitor_check (monitor, done + (then - done) * (piece.first + n) / n_tiles, error))
            return false;
    }
    return true;
}

/* ---- the fuser ---- */

/* At least what rounding to the sample type does; of a float picture, what no eye would see. */
static double
least_noise (HfSampleType precision)
{
    switch (precision) {
    case HF_SAMPLE_U8:
        return 0.29 / 255;
    case HF_SAMPLE_U16:
        return 0.29 / 65535;
    case HF_SAMPLE_FLOAT:
        break;
    }
    return 1e-6;
}

static void
set_noise (HfPyramid *pyramid, const HfFuserSetup *setup)
{
    double gain[HF_PYRAMID_MOST_LEVELS], variance = 0, unit = pyramid->store->unit;

    for (int c = 0; c < pyramid->n_colours; c++) {
        double given = setup->options->noise_level;
        double sigma = given > 0 ? given / 100 : setup->noise[c];

        sigma = MAX (sigma, least_noise (setup->precision));
        variance += sigma * sigma;
    }
    hf_pyramid_noise_gain (pyramid->n_levels, gain);
    for (int i = 0; i < pyramid->n_levels; i++)
        pyramid->levels[i].band_noise = (float) (gain[i] * variance * unit * unit);
}

enum { CLEAR_BYTES = 1 << 20 };

static void
clear_chunk (void *data, int chunk, int worker)
{
    HfPyramid *pyramid = data;
    size_t from = (size_t) chunk * CLEAR_BYTES;

    memset (pyramid->memory + pyramid->state_from + from, 0,
            MIN ((size_t) CLEAR_BYTES, pyramid->state_bytes - from));
}

static void
clear_range (void *data, int y, int worker)
{
    HfPyramid *pyramid = data;
    const HfPyramidLevel *whole = &pyramid->levels[0];
    int bytes = pyramid->store->range_bytes;

    for (int c = 0; c < pyramid->n_colours; c++)
        pyramid->store->clear_range (hf_pyramid_at (whole, pyramid->low[c], bytes, 0, y),
                                     hf_pyramid_at (whole, pyramid->high[c], bytes, 0, y),
                                     (int) whole->stride);
}

static void
clear (HfPyramid *pyramid)
{
    hf_pool_for (pyramid->pool, (int) ((pyramid->state_bytes + CLEAR_BYTES - 1) / CLEAR_BYTES),
                 clear_chunk, pyramid);
    hf_pool_for (pyramid->pool, pyramid->levels[0].height, clear_range, pyramid);
    memset (pyramid->scratch, 0,
            pyramid->scratch_floats * (size_t) pyramid->n_workers * sizeof (float));
}

static void *
pyramid_begin (const HfFuserSetup *setup, GError **error)
{
    HfPyramid *pyramid = g_new (HfPyramid, 1);
    size_t bytes = set_up (pyramid, setup);

    pyramid->memory = hf_pixels_new (setup->budget, bytes, "the state of the fusion", error);
    if (!pyramid->memory) {
        g_free (pyramid);
        return NULL;
    }
    lay_out (pyramid, pyramid->memory);
    set_noise (pyramid, setup);
    clear (pyramid);
    return pyramid;
}

static void
pyramid_end (void *state)
{
    HfPyramid *pyramid = state;

    if (!pyramid)
        return;
    hf_pixels_free (pyramid->memory);
    g_free (pyramid);
}

static bool
pyramid_add (void *state, const HfBandReader *frame, HfMonitor *monitor, GError **error)
{
    HfPyramid *pyramid = state;

    return hf_pyramid_take (pyramid, frame, monitor, error) &&
           hf_pyramid_reduce (pyramid, monitor, error) &&
           hf_pyramid_select (pyramid, monitor, error);
}

static bool
pyramid_finish (void *state, const HfBandWriter *writer, HfMonitor *monitor, GError **error)
{
    return hf_pyramid_collapse (state, writer, monitor, error);
}

static int
one_pass (const HfFuserSetup *setup)
{
    return 1;
}

const HfFuserClass hf_pyramid_fuser = {
    .n_passes = one_pass,
    .memory = pyramid_memory,
    .begin = pyramid_begin,
    .add = pyramid_add,
    .finish = pyramid_finish,
    .end = pyramid_end,
};
