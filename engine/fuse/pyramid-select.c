/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The choice among the frames, band by band, coarse to fine.
 *
 * For a pixel of a band with values b (R, G, B):
 *   e  =  sum of b²                                        the band's energy
 *   m  =  half of e softened (1 2 1 both ways)
 *       + half of the same at every second pixel, smoothed (1 4 6 4 1 both ways) and stretched back
 *   t  =  m / (m + 30 N)                                   how surely this is more than noise
 *   m +=  .35 t² (e - m)                                   clear structure speaks for itself
 *   m +=  .2 × m of the next coarser band, stretched       the coarser band leads: no rings around
 *                                                          specks, no holes inside of objects
 *   E  =  m + 12 N                                         where noise rules, all frames are equal
 * with N the energy that noise alone gives the band. Weights are E^20, kept relative to the largest
 * E so far (the peak), since the power itself leaves the range of floats: peak' = max (peak, E),
 * weight' = (peak / peak')^20 weight + v (E / peak')^20 share = v (E / peak')^20 / weight',  mean
 * += share (b - mean) where v is the validity. Energies are smoothed with the validities as
 * weights. The base is averaged with v alone.
 *
 * Rows go by in pairs (2k, 2k + 1), since the wide smoothing lives at half the size. Its reach
 * means that the energies of pair k complete pair k - 3; rows wait in rings until then.
 */
#include "fuse/pyramid.h"

#include <string.h>

enum {
    REACH = 8, /* columns beyond the tile whose energy is computed, at most MARGIN / 2 */
    LAG = 3    /* pairs */
};

/* Rows of a tile: column x of the level stands at x - tile.x + MARGIN, half rows likewise at
 * x / 2 - tile.x / 2 + MARGIN. Row y of a ring of n stands at y & (n - 1). */
typedef struct SelectRows {
    float expanded[4][3][HF_PYRAMID_ROW]; /* rows of the coarse picture, by coarse row */
    float band[8][3][HF_PYRAMID_ROW];
    float own[8][HF_PYRAMID_ROW];   /* e */
    float soft[16][HF_PYRAMID_ROW]; /* e, softened along the row; × validity if not opaque */
    float soft_weight[16][HF_PYRAMID_ROW]; /* validity, softened along the row */
    float half[8][HF_PYRAMID_ROW];         /* half size, softened both ways */
    float half_weight[8][HF_PYRAMID_ROW];
    float wide[4][HF_PYRAMID_ROW]; /* smoothed at half size and stretched back, by half row */
    float lead[4][HF_PYRAMID_ROW]; /* m of the coarser band, stretched, by coarse row */
    float sharpness[HF_PYRAMID_ROW], energy[HF_PYRAMID_ROW], share[HF_PYRAMID_ROW];
    float buffer[3][HF_PYRAMID_ROW];
} SelectRows;

typedef struct Select {
    const HfPyramid *pyramid;
    const HfPyramidLevel *level, *coarse;
} Select;

typedef struct SelectTile {
    const HfPyramid *pyramid;
    const HfPyramidLevel *level, *coarse;
    SelectRows *rows;
    HfPyramidTile tile;
    int from, to; /* columns whose energy is computed */
    bool opaque;  /* all of these rows and columns are valid */
} SelectTile;

size_t
hf_pyramid_select_scratch (int n_colours)
{
    return sizeof (SelectRows) / sizeof (float);
}

/* Where column x, or half column x, stands in a row. */
static float *
column (const SelectTile *s, float *row, int x)
{
    return row + (x - s->tile.x + HF_PYRAMID_MARGIN);
}

static float *
half_column (const SelectTile *s, float *row, int x)
{
    return row + (x - s->tile.x / 2 + HF_PYRAMID_MARGIN);
}

/* One row of a plane of the coarse level, stretched or expanded to columns from .. to - 1 + at
 * most 1. */
static void
widen_row (const SelectTile *s, void (*load) (float *row, const void *kept, int n), int bytes,
           const void *plane, int k, void (*widen) (float *out, const float *in, int n), float *out)
{
    const HfPyramidLevel *coarse = s->coarse;
    int from = s->from / 2 - 1, n = (s->to - s->from + 1) / 2 + 2;
    int at = hf_pyramid_mirror_coarse (k, s->level->height);
    float *buffer = s->rows->buffer[0];

    hf_pyramid_load_row (load, bytes, hf_pyramid_at (coarse, plane, bytes, 0, at), coarse->width,
                         s->level->width, from, n, buffer);
    widen (column (s, out, s->from), buffer + 1, n - 2);
}

static void
expand_pictures (const SelectTile *s, int k)
{
    const HfPyramidStore *store = s->pyramid->store;

    for (int c = 0; c < s->pyramid->n_colours; c++)
        widen_row (s, store->load, store->colour_bytes, s->coarse->picture[c], k,
                   s->pyramid->kernels->expand, s->rows->expanded[k & 3][c]);
}

/* The sample beyond each end of the picture, where the columns reach it. */
static void
mirror_ends (const SelectTile *s, float *row)
{
    if (s->from == 0)
        column (s, row, 0)[-1] = *column (s, row, hf_pyramid_mirror (-1, s->level->width));
    if (s->to == s->level->width)
        *column (s, row, s->to) = *column (s, row, hf_pyramid_mirror (s->to, s->level->width));
}

/* The row's energy as it enters the smoothing: weighted by validity. */
static void
soften_weighted (const SelectTile *s, int y)
{
    const HfPyramidKernels *kernels = s->pyramid->kernels;
    SelectRows *rows = s->rows;
    float *weight = rows->buffer[0], *weighted = rows->buffer[1];
    int n = s->to - s->from;

    kernels->load_validity (column (s, weight, s->from),
                            hf_pyramid_at (s->level, s->level->validity, 1, s->from, y), n);
    memcpy (column (s, weighted, s->from), column (s, rows->own[y & 7], s->from),
            (size_t) n * sizeof (float));
    kernels->multiply (column (s, weighted, s->from), column (s, weight, s->from), n);
    mirror_ends (s, weight);
    mirror_ends (s, weighted);
    kernels->soften_row (column (s, rows->soft[y & 15], s->from), column (s, weighted, s->from), n);
    kernels->soften_row (column (s, rows->soft_weight[y & 15], s->from),
                         column (s, weight, s->from), n);
}

/* Band and energy of row y. */
static void
measure_row (const SelectTile *s, int y)
{
    const HfPyramidStore *store = s->pyramid->store;
    SelectRows *rows = s->rows;
    int k = y / 2, n = s->to - s->from;
    float *own = rows->own[y & 7];

    for (int c = 0; c < s->pyramid->n_colours; c++)
        store->band (
            column (s, rows->band[y & 7][c], s->from), column (s, own, s->from),
            hf_pyramid_at (s->level, s->level->picture[c], store->colour_bytes, s->from, y),
            column (s, rows->expanded[(k - 1) & 3][c], s->from),
            column (s, rows->expanded[k & 3][c], s->from),
            column (s, rows->expanded[(k + 1) & 3][c], s->from), hf_pyramid_near (y), c > 0, n);
    if (!s->opaque) {
        soften_weighted (s, y);
        return;
    }
    mirror_ends (s, own);
    s->pyramid->kernels->soften_row (column (s, rows->soft[y & 15], s->from),
                                     column (s, own, s->from), n);
}

static void
halve_rows (const SelectTile *s, int k)
{
    const HfPyramidKernels *kernels = s->pyramid->kernels;
    SelectRows *rows = s->rows;
    int above = hf_pyramid_mirror (2 * k - 1, s->level->height) & 15, middle = (2 * k) & 15;
    int below = hf_pyramid_mirror (2 * k + 1, s->level->height) & 15;
    int n = (s->to - s->from + 1) / 2;

    kernels->soften_reduce (
        half_column (s, rows->half[k & 7], s->from / 2), column (s, rows->soft[above], s->from),
        column (s, rows->soft[middle], s->from), column (s, rows->soft[below], s->from), n);
    if (!s->opaque)
        kernels->soften_reduce (half_column (s, rows->half_weight[k & 7], s->from / 2),
                                column (s, rows->soft_weight[above], s->from),
                                column (s, rows->soft_weight[middle], s->from),
                                column (s, rows->soft_weight[below], s->from), n);
}

/* `n` samples beyond each end of the half-size picture, where the columns reach it. */
static void
mirror_half_ends (const SelectTile *s, float *row, int n)
{
    int width = s->level->width, end = (width + 1) / 2;

    for (int i = 1; i <= n; i++) {
        if (s->from == 0)
            *half_column (s, row, -i) = *half_column (s, row, hf_pyramid_mirror_coarse (-i, width));
        if (s->to == width)
            *half_column (s, row, end - 1 + i) =
                *half_column (s, row, hf_pyramid_mirror_coarse (end - 1 + i, width));
    }
}

static void
smooth_half (const SelectTile *s, float (*half)[HF_PYRAMID_ROW], int k, float *out)
{
    float *columns = s->rows->buffer[2];
    int first = s->from / 2, n = (s->to - s->from + 1) / 2;
    const float *five[5];

    for (int j = 0; j < 5; j++)
        five[j] = half_column (s, half[hf_pyramid_mirror_coarse (k + j - 2, s->level->height) & 7],
                               first);
    s->pyramid->kernels->smooth_columns (half_column (s, columns, first), five, n);
    mirror_half_ends (s, columns, 2);
    s->pyramid->kernels->smooth_row (half_column (s, out, first), half_column (s, columns, first),
                                     n);
}

/* The wide smoothing around row 2k, back at full size. */
static void
widen_energy (const SelectTile *s, int k)
{
    const HfPyramidKernels *kernels = s->pyramid->kernels;
    SelectRows *rows = s->rows;
    float *smooth = rows->buffer[0], *weight = rows->buffer[1];
    int first = s->from / 2, n = (s->to - s->from + 1) / 2;

    smooth_half (s, rows->half, k, smooth);
    if (!s->opaque) {
        smooth_half (s, rows->half_weight, k, weight);
        kernels->divide (half_column (s, smooth, first), half_column (s, weight, first), n);
    }
    mirror_half_ends (s, smooth, 1);
    kernels->stretch (column (s, rows->wide[k & 3], s->from), half_column (s, smooth, first), n);
}

/* Weighs the frame against those before it at row y, whose energies stand in rows->energy. */
static void
blend_row (const SelectTile *s, int y, float *const band[3])
{
    const HfPyramidLevel *level = s->level;
    const HfPyramidStore *store = s->pyramid->store;
    int x = s->tile.x, n = s->tile.width;
    const uint8_t *validity = s->opaque ? NULL : hf_pyramid_at (level, level->validity, 1, x, y);

    store->weigh (hf_pyramid_at (level, level->weight, store->weight_bytes, x, y),
                  hf_pyramid_at (level, level->peak, store->weight_bytes, x, y), s->rows->share,
                  s->rows->energy, validity, n);
    for (int c = 0; c < s->pyramid->n_colours; c++)
        store->blend (hf_pyramid_at (level, level->mean[c], store->colour_bytes, x, y),
                      s->rows->share, band[c], n);
}

static void
choose_row (const SelectTile *s, int y)
{
    const HfPyramidLevel *level = s->level;
    SelectRows *rows = s->rows;
    int k = y / 2, next = y & 1 ? hf_pyramid_mirror_coarse (k + 1, level->height) : k;
    int x = s->tile.x, n = s->tile.width;
    const float *fine[3], *fine_weight[3], *wide[2], *lead[2];
    float *band[3];

    for (int j = 0; j < 3; j++) {
        int at = hf_pyramid_mirror (y + j - 1, level->height) & 15;

        fine[j] = column (s, rows->soft[at], x);
        fine_weight[j] = column (s, rows->soft_weight[at], x);
        band[j] = column (s, rows->band[y & 7][j], x);
    }
    if (!s->opaque) {
        s->pyramid->kernels->soften_ratio (rows->buffer[0], fine, fine_weight, n);
        fine[0] = fine[1] = fine[2] = rows->buffer[0];
    }
    wide[0] = column (s, rows->wide[k & 3], x);
    wide[1] = column (s, rows->wide[next & 3], x);
    lead[0] = column (s, rows->lead[k & 3], x);
    lead[1] = column (s, rows->lead[(k + (y & 1)) & 3], x);
    s->pyramid->kernels->sharpness (
        level->sharpness ? hf_pyramid_at (level, level->sharpness, sizeof (float), x, y)
                         : rows->sharpness,
        rows->energy, fine, column (s, rows->own[y & 7], x), wide, lead, level->band_noise, n);
    blend_row (s, y, band);
}

/* The sharpness of the coarser band around pair k; the coarsest band has none above it. */
static void
lead_rows (const SelectTile *s, int k)
{
    SelectRows *rows = s->rows;

    if (s->coarse->sharpness)
        widen_row (s, s->pyramid->kernels->exact.load, sizeof (float), s->coarse->sharpness, k,
                   s->pyramid->kernels->stretch, rows->lead[k & 3]);
    else
        memset (rows->lead[k & 3], 0, sizeof rows->lead[0]);
}

static void
measure_pair (const SelectTile *s, int k)
{
    expand_pictures (s, k + 1);
    measure_row (s, 2 * k);
    if (2 * k + 1 < s->level->height)
        measure_row (s, 2 * k + 1);
    halve_rows (s, k);
}

static void
choose_pair (const SelectTile *s, int k)
{
    lead_rows (s, k + 1);
    choose_row (s, 2 * k);
    if (2 * k + 1 < s->level->height)
        choose_row (s, 2 * k + 1);
}

static SelectTile
start_tile (const Select *select, int chunk, int worker)
{
    const HfPyramidLevel *level = select->level;
    const HfPyramid *pyramid = select->pyramid;
    SelectTile s = { pyramid, level, select->coarse };

    s.rows = (SelectRows *) (pyramid->scratch + (size_t) worker * pyramid->scratch_floats);
    s.tile = hf_pyramid_tile (level->width, level->height, HF_PYRAMID_TILE_WIDTH,
                              HF_PYRAMID_TILE_HEIGHT, chunk);
    s.from = MAX (0, s.tile.x - REACH);
    s.to = MIN (level->width, s.tile.x + s.tile.width + REACH);
    s.opaque = hf_pyramid_tile_opaque (pyramid, level, s.from, s.tile.y - 2 * LAG - 2, s.to,
                                       s.tile.y + s.tile.height + 2 * LAG + 2);
    return s;
}

static void
select_tile (void *data, int chunk, int worker)
{
    SelectTile s = start_tile (data, chunk, worker);
    int first = s.tile.y / 2, end = (s.tile.y + s.tile.height + 1) / 2;
    int pairs = (s.level->height + 1) / 2, start = MAX (0, first - LAG);

    expand_pictures (&s, start - 1);
    expand_pictures (&s, start);
    lead_rows (&s, first);
    for (int k = start; k < end + LAG; k++) {
        if (k < pairs)
            measure_pair (&s, k);
        if (k - 2 >= first && k - 2 < pairs)
            widen_energy (&s, k - 2);
        if (k - LAG >= first && k - LAG < end)
            choose_pair (&s, k - LAG);
    }
}

/* The base: all frames alike. */
static void
average_tile (void *data, int chunk, int worker)
{
    SelectTile s = start_tile (data, chunk, worker);
    const HfPyramidStore *store = s.pyramid->store;
    int bytes = store->colour_bytes;
    float *picture[3];

    s.opaque = s.pyramid->opaque;
    for (int i = 0; i < s.tile.width; i++)
        s.rows->energy[i] = 1;
    for (int y = s.tile.y; y < s.tile.y + s.tile.height; y++) {
        for (int c = 0; c < s.pyramid->n_colours; c++) {
            picture[c] = s.rows->band[0][c];
            store->load (picture[c],
                         hf_pyramid_at (s.level, s.level->picture[c], bytes, s.tile.x, y),
                         s.tile.width);
        }
        blend_row (&s, y, picture);
    }
}

bool
hf_pyramid_select (HfPyramid *pyramid, HfMonitor *monitor, GError **error)
{
    for (int i = pyramid->n_levels; i >= 0; i--) {
        bool base = i == pyramid->n_levels;
        Select select = { pyramid, &pyramid->levels[i], base ? NULL : &pyramid->levels[i + 1] };
        int n = hf_pyramid_n_tiles (select.level->width, select.level->height,
                                    HF_PYRAMID_TILE_WIDTH, HF_PYRAMID_TILE_HEIGHT);

        if (!hf_pyramid_for (pyramid, n, base ? average_tile : select_tile, &select, monitor,
                             i ? 0.6 : 0.7, i ? 0.7 : 1, error))
            return false;
    }
    return true;
}
