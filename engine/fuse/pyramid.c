/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The pyramid fuser as a whole: its geometry and its memory, and the order of the steps.
 *
 * Number of bands: the picture is halved until its shorter side is pyramid-min-size or less, so
 * that the coarsest band is wider than any blur disc: with too few bands the light of a blurred
 * speck that reaches beyond them stays in the base and shows as a ring. At least 3 bands, so that
 * small and narrow pictures are fused at all; a side of one pixel stays one.
 *
 * Memory, in bytes a pixel of an RGB frame, all taken at the start:
 *                                compact (8 bit)   deep (16 bit)   exact (float)   fine (64 bit)
 *   current frame, all levels          6 × 4/3         12 × 4/3        12 × 4/3        12 × 4/3
 *   its validity                       1 × 4/3          1 × 4/3         1 × 4/3         1 × 4/3
 *   sharpness of its bands             4 × 1/3          4 × 1/3         4 × 1/3         4 × 1/3
 *   mean, weight, reference           10 × 4/3         20 × 4/3        20 × 4/3        40 × 4/3
 *   range, largest validity            6 + 1           12 + 2          24 + 4          24 + 4
 *   together                            31               59              73             100
 * and a few hundred KB for each worker. Collapsing reuses the memory of the current frame.
 *
 * Where that is more than the setup's limit, the finest levels go to a file (spill.h), as many as
 * must, and only a window of a few rows of them is in memory (pyramid-window.c): at 24 megapixels
 * of 8 bit the finest two leave 42 MB and some 30 MB of windows. Tiles, windows and files change
 * nothing in the result, not a bit.
 */
#include "fuse/pyramid.h"

#include <math.h>
#include <string.h>

enum { LEAST_BANDS = 3, ROW_ALIGNMENT = 32, OUTPUT_ROWS = 64 };

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
count_bands (int width, int height, int shortest)
{
    int n = 0;

    for (int side = MIN (width, height); side > shortest; side = (side + 1) / 2)
        n++;
    return MAX (n, LEAST_BANDS);
}

static void
size_levels (HfPyramid *pyramid, int width, int height, int shortest)
{
    pyramid->n_levels = count_bands (width, height, shortest);
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

static void
enter (HfPyramidLevel *level, void **samples, int bytes, HfPyramidGroup group)
{
    level->planes[level->n_planes++] = (HfPyramidPlane) { samples, bytes, group, 0 };
}

static void
enter_planes (HfPyramid *pyramid, int l)
{
    HfPyramidLevel *level = &pyramid->levels[l];
    const HfPyramidStore *store = pyramid->store;

    for (int c = 0; c < pyramid->n_colours; c++) {
        enter (level, &level->picture[c], store->colour_bytes, HF_PYRAMID_FRAME);
        enter (level, &level->mean[c], store->mean_bytes, HF_PYRAMID_STATE);
        if (l > 0)
            enter (level, &level->result[c], store->result_bytes, HF_PYRAMID_RESULT);
        if (l == 0) {
            enter (level, &level->low[c], store->range_bytes, HF_PYRAMID_RANGE);
            enter (level, &level->high[c], store->range_bytes, HF_PYRAMID_RANGE);
        }
    }
    enter (level, &level->validity, 1, HF_PYRAMID_FRAME);
    enter (level, &level->weight, store->weight_bytes, HF_PYRAMID_STATE);
    enter (level, &level->reference, store->weight_bytes, HF_PYRAMID_STATE);
    if (l == 0)
        enter (level, &level->most, store->range_bytes, HF_PYRAMID_RANGE);
    else if (l < pyramid->n_levels)
        enter (level, &level->sharpness, sizeof (float), HF_PYRAMID_SHARPNESS);
}

static void
place_group (HfPyramid *pyramid, HfPyramidGroup group, Layout *layout)
{
    for (int l = 0; l <= pyramid->n_levels; l++) {
        HfPyramidLevel *level = &pyramid->levels[l];

        for (int i = 0; i < level->n_planes; i++)
            if (level->planes[i].group == group)
                *level->planes[i].samples =
                    place (layout, level->stride * (size_t) level->n_rows, level->planes[i].bytes);
    }
}

static void
place_rest (HfPyramid *pyramid, Layout *layout)
{
    int n = pyramid->n_colours;

    pyramid->scratch_floats =
        MAX (MAX (hf_pyramid_take_scratch (n), hf_pyramid_reduce_scratch (n)),
             MAX (hf_pyramid_select_scratch (n), hf_pyramid_collapse_scratch (n)));
    pyramid->scratch =
        place (layout, pyramid->scratch_floats * (size_t) pyramid->n_workers, sizeof (float));
}

/* Two bands on their way out: one is written while the next is made. */
static void
place_output (HfPyramid *pyramid, Layout *layout)
{
    const HfPyramidLevel *whole = &pyramid->levels[0];
    int n = pyramid->n_colours;

    pyramid->output_rows = MIN (OUTPUT_ROWS, hf_pyramid_strip (pyramid, whole));
    for (int i = 0; i < 2; i++)
        pyramid->output[i] =
            place (layout, hf_band_floats (whole->width, pyramid->output_rows, n), sizeof (float));
}

/* Everything in one block; the current frame and the results share their place. */
static size_t
lay_out (HfPyramid *pyramid, char *block)
{
    Layout frame = { block, 0 }, result = { block, 0 }, layout = { block, 0 };

    place_group (pyramid, HF_PYRAMID_FRAME, &frame);
    place_group (pyramid, HF_PYRAMID_SHARPNESS, &frame);
    place_group (pyramid, HF_PYRAMID_RESULT, &result);
    place_output (pyramid, &result);
    layout.at = MAX (frame.at, result.at);
    pyramid->state_from = layout.at;
    place_group (pyramid, HF_PYRAMID_STATE, &layout);
    pyramid->state_bytes = layout.at - pyramid->state_from;
    place_group (pyramid, HF_PYRAMID_RANGE, &layout);
    place_rest (pyramid, &layout);
    return layout.at;
}

/* Sends the n finest levels to the file; gives the bytes that stay in memory. */
static size_t
spill_levels (HfPyramid *pyramid, int n)
{
    pyramid->spill_bytes = 0;
    for (int l = 0; l <= pyramid->n_levels; l++) {
        HfPyramidLevel *level = &pyramid->levels[l];

        level->spilled = l < n;
        level->n_rows = level->height;
        if (!level->spilled)
            continue;
        level->n_rows = MIN (level->height, pyramid->tile_height + 2 * HF_PYRAMID_MARGIN_ROWS);
        for (int i = 0; i < level->n_planes; i++) {
            level->planes[i].place = pyramid->spill_bytes;
            pyramid->spill_bytes +=
                level->stride * (size_t) level->height * (size_t) level->planes[i].bytes;
        }
    }
    return lay_out (pyramid, NULL);
}

/* As few levels as the limit allows; the least that works where it allows nothing. */
static size_t
fit (HfPyramid *pyramid, const HfFuserSetup *setup)
{
    const HfFuseOptions *options = setup->options;
    int most = MIN (options->pyramid_tiled_layers, pyramid->n_levels);

    switch ((HfPyramidMode) options->pyramid_mode) {
    case HF_PYRAMID_MODE_MEMORY:
        return spill_levels (pyramid, 0);
    case HF_PYRAMID_MODE_TILED:
        return spill_levels (pyramid, most);
    case HF_PYRAMID_MODE_AUTO:
        break;
    }
    for (int n = 0; n < most; n++) {
        size_t bytes = spill_levels (pyramid, n);

        if (setup->memory_limit == 0 || bytes <= setup->memory_limit)
            return bytes;
    }
    return spill_levels (pyramid, most);
}

static const HfPyramidStore *
store_of (const HfPyramidKernels *kernels, const HfFuserSetup *setup)
{
    if (setup->options->float_type == HF_FLOAT_64)
        return &kernels->fine;
    switch (setup->precision) {
    case HF_SAMPLE_U8:
        return &kernels->compact;
    case HF_SAMPLE_U16:
        return &kernels->deep;
    case HF_SAMPLE_FLOAT:
        break;
    }
    return &kernels->exact;
}

/* Burt and Adelson's kernel; in steps of 2^-20, so that its sums are 1 to the last bit. */
static HfPyramidTaps
taps_of (double a)
{
    float outer = (float) (floor ((0.25 - 0.5 * a) * 0x1p20 + 0.5) * 0x1p-20);

    return (HfPyramidTaps) { outer, 0.5f - 2 * outer };
}

static void
set_kernels (HfPyramid *pyramid, const HfFuserSetup *setup)
{
    const HfFuseOptions *options = setup->options;
    HfPyramidTaps taps = taps_of (options->pyramid_gen_kernel);
    float near[2][3] = { { 2 * taps.outer, 2 * taps.centre, 2 * taps.outer }, { 0, 0.5f, 0.5f } };

    pyramid->taps = taps;
    memcpy (pyramid->near, near, sizeof near);
    pyramid->wide_share = (float) (options->pyramid_kernel_size - 3) / 4;
    pyramid->tile_width = options->pyramid_tile_size & ~1;
    pyramid->tile_height = MAX (2, options->pyramid_tile_size / 8 & ~1);
}

static size_t
set_up (HfPyramid *pyramid, const HfFuserSetup *setup)
{
    memset (pyramid, 0, sizeof *pyramid);
    pyramid->n_colours = setup->n_colours;
    pyramid->kernels = hf_kernels ()->pyramid;
    pyramid->store = store_of (pyramid->kernels, setup);
    pyramid->pool = setup->pool;
    pyramid->n_workers = hf_pool_n_threads (setup->pool);
    pyramid->prefer = (HfPrefer) setup->options->prefer;
    pyramid->n_frames = setup->n_frames;
    set_kernels (pyramid, setup);
    size_levels (pyramid, setup->width, setup->height, setup->options->pyramid_min_size);
    for (int l = 0; l <= pyramid->n_levels; l++)
        enter_planes (pyramid, l);
    return fit (pyramid, setup);
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
    hf_pyramid_noise_gain (pyramid->n_levels, pyramid->taps.outer, gain);
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

typedef struct Rows {
    HfPyramid *pyramid;
    int first;
} Rows;

static void
clear_range (void *data, int y, int worker)
{
    const Rows *rows = data;
    const HfPyramid *pyramid = rows->pyramid;
    const HfPyramidLevel *whole = &pyramid->levels[0];
    int bytes = pyramid->store->range_bytes;

    y += rows->first;
    memset (hf_pyramid_at (whole, whole->most, bytes, 0, y), 0, whole->stride * (size_t) bytes);
    for (int c = 0; c < pyramid->n_colours; c++)
        pyramid->store->clear_range (hf_pyramid_at (whole, whole->low[c], bytes, 0, y),
                                     hf_pyramid_at (whole, whole->high[c], bytes, 0, y),
                                     (int) whole->stride);
}

/* The file starts as zeros, which is what all but the range start from. */
static bool
clear_ranges (HfPyramid *pyramid, GError **error)
{
    HfPyramidLevel *whole = &pyramid->levels[0];
    int strip = hf_pyramid_strip (pyramid, whole);

    for (int y = 0; y < whole->height; y += strip) {
        Rows rows = { pyramid, y };

        hf_pyramid_move (whole, y);
        hf_pool_for (pyramid->pool, MIN (strip, whole->height - y), clear_range, &rows);
        if (!hf_pyramid_keep (pyramid, whole, HF_PYRAMID_RANGE, y, y + strip, error))
            return false;
    }
    return true;
}

static bool
clear (HfPyramid *pyramid, GError **error)
{
    hf_pool_for (pyramid->pool, (int) ((pyramid->state_bytes + CLEAR_BYTES - 1) / CLEAR_BYTES),
                 clear_chunk, pyramid);
    memset (pyramid->scratch, 0,
            pyramid->scratch_floats * (size_t) pyramid->n_workers * sizeof (float));
    return clear_ranges (pyramid, error);
}

static void
pyramid_end (void *state)
{
    HfPyramid *pyramid = state;

    if (!pyramid)
        return;
    hf_spill_free (pyramid->spill);
    hf_pixels_free (pyramid->memory);
    g_free (pyramid);
}

static void *
pyramid_begin (const HfFuserSetup *setup, GError **error)
{
    HfPyramid *pyramid = g_new (HfPyramid, 1);
    size_t bytes = set_up (pyramid, setup);

    pyramid->memory = hf_pixels_new (setup->budget, bytes, "the state of the fusion", error);
    if (pyramid->memory && pyramid->spill_bytes > 0)
        pyramid->spill = hf_spill_new (pyramid->spill_bytes, error);
    if (!pyramid->memory || (pyramid->spill_bytes > 0 && !pyramid->spill)) {
        pyramid_end (pyramid);
        return NULL;
    }
    lay_out (pyramid, pyramid->memory);
    set_noise (pyramid, setup);
    if (!clear (pyramid, error)) {
        pyramid_end (pyramid);
        return NULL;
    }
    return pyramid;
}

/* From 1 at the preferred end of the stack to 0 at the other: the energy is raised by 2 to that. */
static float
preference_of (const HfPyramid *pyramid)
{
    double place;

    if (pyramid->prefer == HF_PREFER_NONE || pyramid->n_frames < 2)
        return 0;
    place = MIN (1, (double) pyramid->frame / (pyramid->n_frames - 1));
    return (float) exp2 (pyramid->prefer == HF_PREFER_BACK ? place : 1 - place) - 1;
}

static bool
pyramid_add (void *state, const HfBandReader *frame, HfMonitor *monitor, GError **error)
{
    HfPyramid *pyramid = state;

    pyramid->preference = preference_of (pyramid);
    pyramid->frame++;
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
