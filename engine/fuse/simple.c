/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The simple fusion
 * -----------------
 * What small command-line stackers do, for comparison and for speed: each frame is blurred
 * (Gaussian window of gauss-size pixels), the strength of its Laplacian is taken,
 *
 *     s = sum over the colours of ((4 v - its 4 neighbours) / 4)²,
 *
 * as a mean over laplace-size pixels, and each pixel of the result is that of the frame where s is
 * largest. One pass; nothing is weighed, blended or filled, so that edges halo and flat areas keep
 * the noise of one frame. What is not valid in a frame is taken from it nowhere.
 */
#include "fuse/focus-tile.h"

#include <string.h>

enum { OUTPUT_ROWS = 64, PIECE = 32 };

typedef struct Simple {
    int width, height, n_colours;
    size_t stride;
    HfFocusMeasure measure;
    const HfDepthKernels *kernels;
    HfPool *pool;
    int n_workers;
    float *best, *colour[3], *validity; /* height × stride */
    float *scratch;                     /* n_workers × scratch_floats */
    size_t scratch_floats;
    float *memory;
} Simple;

static size_t
set_up (Simple *simple, const HfFuserSetup *setup)
{
    HfFocusMeasure *measure = &simple->measure;
    size_t plane;

    memset (simple, 0, sizeof *simple);
    simple->width = setup->width;
    simple->height = setup->height;
    simple->n_colours = setup->n_colours;
    simple->stride = (size_t) ((setup->width + 15) & ~15);
    simple->kernels = hf_kernels ()->depth;
    simple->pool = setup->pool;
    simple->n_workers = hf_pool_n_threads (setup->pool);
    measure->energy = HF_DEPTH_ENERGY_LAPLACIAN;
    measure->blur = hf_focus_window (setup->options->gauss_size, measure->blur_weights);
    measure->window = hf_focus_window (setup->options->laplace_size, measure->window_weights);
    simple->scratch_floats = hf_focus_tile_floats (hf_focus_margin (measure), simple->n_colours);
    plane = simple->stride * (size_t) simple->height;
    return (plane * (size_t) (2 + simple->n_colours) +
            simple->scratch_floats * (size_t) simple->n_workers) *
           sizeof (float);
}

static size_t
simple_memory (const HfFuserSetup *setup)
{
    Simple simple;

    return set_up (&simple, setup);
}

static void *
simple_begin (const HfFuserSetup *setup, GError **error)
{
    Simple *simple = g_new (Simple, 1);
    size_t bytes = set_up (simple, setup), plane = simple->stride * (size_t) simple->height;

    simple->memory = hf_pixels_new (setup->budget, bytes, "the state of the fusion", error);
    if (!simple->memory) {
        g_free (simple);
        return NULL;
    }
    memset (simple->memory, 0, bytes);
    simple->best = simple->memory;
    simple->validity = simple->best + plane;
    for (int c = 0; c < simple->n_colours; c++)
        simple->colour[c] = simple->validity + plane * (size_t) (1 + c);
    simple->scratch = simple->validity + plane * (size_t) (1 + simple->n_colours);
    for (size_t i = 0; i < plane; i++) /* not even the flattest valid pixel stays without colour */
        simple->best[i] = -0.5f;
    return simple;
}

static void
simple_end (void *state)
{
    Simple *simple = state;

    if (!simple)
        return;
    hf_pixels_free (simple->memory);
    g_free (simple);
}

typedef struct Add {
    Simple *simple;
    const HfBandReader *frame;
    const HfMonitor *monitor;
    int first;
} Add;

/* The measure may blur the tile's colours only in its work planes, so they are still the frame's.
 */
static void
take_tile (const Simple *simple, HfFocusTile *tile)
{
    for (int y = 0; y < tile->core.height; y++) {
        size_t at = (size_t) (tile->core.y + y) * simple->stride + (size_t) tile->core.x;
        size_t from = (size_t) y * tile->stride;
        float *colour[3] = { NULL };
        const float *row[3] = { NULL };

        for (int x = 0; tile->opaque && x < tile->core.width; x++)
            tile->validity[from + (size_t) x] = 1;
        for (int c = 0; c < simple->n_colours; c++) {
            colour[c] = simple->colour[c] + at;
            row[c] = tile->colour[c] + from;
        }
        simple->kernels->take_sharper (simple->best + at, colour, simple->validity + at,
                                       tile->work[0] + from, row, tile->validity + from,
                                       simple->n_colours, tile->core.width);
    }
}

static void
add_tile (void *data, int chunk, int worker)
{
    const Add *add = data;
    Simple *simple = add->simple;
    HfFocusTile tile;

    if (hf_monitor_cancelled (add->monitor))
        return;
    hf_focus_tile_place (&tile, simple->width, simple->height, add->first + chunk,
                         hf_focus_margin (&simple->measure), simple->n_colours,
                         simple->scratch + (size_t) worker * simple->scratch_floats);
    hf_focus_tile_read (&tile, simple->width, simple->height, add->frame, worker);
    hf_focus_tile_measure (&tile, &simple->measure, simple->kernels);
    take_tile (simple, &tile);
}

static bool
simple_add (void *state, const HfBandReader *frame, HfMonitor *monitor, GError **error)
{
    Simple *simple = state;
    Add add = { simple, frame, monitor, 0 };
    int n_tiles = hf_focus_n_tiles (simple->width, simple->height);
    int most = MAX (PIECE, 8 * simple->n_workers);

    for (; add.first < n_tiles; add.first += most) {
        int n = MIN (most, n_tiles - add.first);

        hf_pool_for (simple->pool, n, add_tile, &add);
        if (!hf_monitor_check (monitor, (double) (add.first + n) / n_tiles, error))
            return false;
    }
    return true;
}

static bool
simple_finish (void *state, const HfBandWriter *writer, HfMonitor *monitor, GError **error)
{
    Simple *simple = state;

    for (int y = 0; y < simple->height; y += OUTPUT_ROWS) {
        int n_rows = MIN (OUTPUT_ROWS, simple->height - y);
        size_t at = (size_t) y * simple->stride;
        HfBand band = { .rect = { 0, y, simple->width, n_rows },
                        .n_colours = simple->n_colours,
                        .stride = simple->stride,
                        .validity = simple->validity + at };

        for (int c = 0; c < simple->n_colours; c++)
            band.colour[c] = simple->colour[c] + at;
        if (!hf_monitor_check (monitor, (double) y / simple->height, error) ||
            !writer->write (writer->data, &band, error))
            return false;
    }
    return hf_monitor_check (monitor, 1, error);
}

static int
one_pass (const HfFuserSetup *setup)
{
    return 1;
}

const HfFuserClass hf_simple_fuser = {
    .n_passes = one_pass,
    .memory = simple_memory,
    .begin = simple_begin,
    .add = simple_add,
    .finish = simple_finish,
    .end = simple_end,
};
