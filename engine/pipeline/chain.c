/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "pipeline/chain.h"

#include <string.h>

/* Two tiles of three colours and validity with their margins stay within a second-level cache. */
enum { TILE_WIDTH = 512, TILE_HEIGHT = 128 };

struct HfChain {
    const HfImage *image;
    const HfHotPixelMap *defects;        /* NULL: none */
    const HfHotPixelOptions *hot_pixels; /* how they are replaced */
    const HfRecord *record;
    HfVignettingGains vignetting;
    HfInterpolation interpolation;
    int n_colours;
    bool copy;          /* no motion: bands are read straight from the frame */
    size_t in_floats;   /* of the largest piece of the frame that a tile needs */
    size_t warp_floats; /* scratch of the warp */
    float *scratch;     /* in_floats + warp_floats for each worker */
};

/* Frames are bent by little: a tile reads at most twice its sides and the reach of the kernel. */
size_t
hf_chain_memory (int canvas_width, int canvas_height, int n_colours)
{
    int width = MIN (canvas_width, TILE_WIDTH * 2) + 32;
    int height = MIN (canvas_height, TILE_HEIGHT * 2) + 32;

    return 2 * hf_band_floats (width, height, n_colours) * sizeof (float);
}

static bool
needs_no_warp (const HfChain *chain, int canvas_width, int canvas_height)
{
    return hf_matrix_is_identity (&chain->record->align.matrix) &&
           chain->image->width >= canvas_width && chain->image->height >= canvas_height;
}

static HfRect
reach_of (const HfChain *chain, HfRect out)
{
    return hf_align_reach (&chain->record->align, chain->interpolation, out, chain->image->width,
                           chain->image->height);
}

static void
measure_scratch (HfChain *chain, int canvas_width, int canvas_height)
{
    for (int y = 0; y < canvas_height; y += TILE_HEIGHT) {
        for (int x = 0; x < canvas_width; x += TILE_WIDTH) {
            /* Bands may start anywhere: one pixel more covers all positions of a tile. */
            HfRect out = { x, y, TILE_WIDTH + 1, TILE_HEIGHT + 1 };
            HfRect in = reach_of (chain, out);

            chain->in_floats = MAX (chain->in_floats,
                                    hf_band_floats (in.width + 2, in.height + 2, chain->n_colours));
            chain->warp_floats = MAX (chain->warp_floats,
                                      hf_align_scratch (&chain->record->align, chain->interpolation,
                                                        out, chain->n_colours, chain->image->width,
                                                        chain->image->height));
        }
    }
    chain->warp_floats = (chain->warp_floats + 15) & ~(size_t) 15;
}

HfChain *
hf_chain_new (const HfImage *image, const HfHotPixelMap *defects, const HfRecord *record,
              const HfStackOptions *options, int canvas_width, int canvas_height, HfPool *pool,
              HfBudget *budget, GError **error)
{
    HfChain *chain = g_new0 (HfChain, 1);

    chain->image = image;
    chain->defects = defects;
    chain->hot_pixels = &options->hot_pixels;
    chain->record = record;
    chain->interpolation = (HfInterpolation) options->align.interpolation;
    hf_vignetting_prepare (&record->vignetting, &options->vignetting, &chain->vignetting);
    chain->n_colours = hf_format_n_colours (image->format);
    chain->copy = needs_no_warp (chain, canvas_width, canvas_height);
    if (chain->copy)
        return chain;
    measure_scratch (chain, canvas_width, canvas_height);
    chain->scratch = hf_pixels_new_n (budget, (size_t) hf_pool_n_threads (pool),
                                      (chain->in_floats + chain->warp_floats) * sizeof (float),
                                      "the warp", error);
    if (!chain->scratch) {
        hf_chain_free (chain);
        return NULL;
    }
    return chain;
}

void
hf_chain_free (HfChain *chain)
{
    if (!chain)
        return;
    hf_pixels_free (chain->scratch);
    g_free (chain);
}

static void
fill (const HfBand *band, float *plane, float value)
{
    for (int y = 0; y < band->rect.height; y++)
        for (int x = 0; x < band->rect.width; x++)
            plane[(size_t) y * band->stride + (size_t) x] = value;
}

static void
read_nothing (HfBand *tile)
{
    for (int c = 0; c < tile->n_colours; c++)
        fill (tile, tile->colour[c], 0);
    fill (tile, tile->validity, 0);
    tile->opaque = false;
}

/* The frame itself, corrected in its own coordinates. */
static void
read_source (const HfChain *chain, HfBand *band)
{
    hf_band_read (band, chain->image);
    if (chain->defects)
        hf_hot_pixels_mend (chain->defects, chain->hot_pixels, chain->image, band);
    if (!chain->vignetting.identity)
        hf_vignetting_apply (&chain->vignetting, chain->image->width, chain->image->height, band,
                             band);
}

static void
read_tile (const HfChain *chain, HfBand *tile, float *scratch)
{
    HfRect reach = reach_of (chain, tile->rect);
    HfBand in;

    if (hf_rect_is_empty (reach)) {
        read_nothing (tile);
        return;
    }
    hf_band_place (&in, reach, chain->n_colours, scratch);
    read_source (chain, &in);
    hf_align_apply (&chain->record->align, chain->interpolation, chain->image->width,
                    chain->image->height, &in, tile, scratch + chain->in_floats);
}

static HfBand
tile_of (const HfBand *band, int number)
{
    HfRect whole = band->rect;
    int n_columns = (whole.width + TILE_WIDTH - 1) / TILE_WIDTH;
    int x = number % n_columns * TILE_WIDTH, y = number / n_columns * TILE_HEIGHT;

    return hf_band_crop (band,
                         (HfRect) { whole.x + x, whole.y + y, MIN (TILE_WIDTH, whole.width - x),
                                    MIN (TILE_HEIGHT, whole.height - y) });
}

static void
fill_validity (const HfBand *band, int number)
{
    HfBand tile = tile_of (band, number);

    fill (&tile, tile.validity, 1);
}

/* Reads all tiles of the band. Opaque ones need their validity written only where others are not:
 * from the first such tile on, and then for all before it. */
static void
read_warped (const HfChain *chain, HfBand *band, float *scratch)
{
    int n = ((band->rect.width + TILE_WIDTH - 1) / TILE_WIDTH) *
            ((band->rect.height + TILE_HEIGHT - 1) / TILE_HEIGHT);

    band->opaque = true;
    for (int i = 0; i < n; i++) {
        HfBand tile = tile_of (band, i);

        read_tile (chain, &tile, scratch);
        if (tile.opaque && !band->opaque)
            fill_validity (band, i);
        for (int k = 0; k < i && !tile.opaque && band->opaque; k++)
            fill_validity (band, k);
        band->opaque = band->opaque && tile.opaque;
    }
}

static void
read_band (void *data, HfBand *band, int worker)
{
    const HfChain *chain = data;

    if (chain->copy)
        read_source (chain, band);
    else
        read_warped (chain, band,
                     chain->scratch + (size_t) worker * (chain->in_floats + chain->warp_floats));
    hf_balance_apply (&chain->record->balance, band, band);
}

HfBandReader
hf_chain_reader (HfChain *chain)
{
    return (HfBandReader) { read_band, chain };
}

/* ---- the rim ---- */

enum { RIM_PIECE = 64, RIM_FLOATS = 4 * RIM_PIECE * 16 }; /* a column's rows are 16 floats apart */

static void
take_rim (const HfChain *chain, HfBorderRim *rim, HfRect line)
{
    float memory[RIM_FLOATS];
    bool across = line.width > line.height;
    int n = across ? line.width : line.height;

    for (int from = 0; from < n; from += RIM_PIECE) {
        int size = MIN (RIM_PIECE, n - from);
        HfRect piece = across ? (HfRect) { line.x + from, line.y, size, 1 }
                              : (HfRect) { line.x, line.y + from, 1, size };
        HfBand band;

        hf_band_place (&band, piece, chain->n_colours, memory);
        read_source (chain, &band);
        hf_balance_apply (&chain->record->balance, &band, &band);
        hf_border_rim_take (rim, &band);
    }
}

void
hf_chain_rim (const HfChain *chain, HfBorderRim *rim)
{
    int width = rim->width, height = rim->height;

    take_rim (chain, rim, (HfRect) { 0, 0, width, 1 });
    take_rim (chain, rim, (HfRect) { 0, height - 1, width, 1 });
    take_rim (chain, rim, (HfRect) { 0, 0, 1, height });
    take_rim (chain, rim, (HfRect) { width - 1, 0, 1, height });
    hf_border_rim_settle (rim);
}
