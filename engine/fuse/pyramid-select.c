/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The choice among the frames, band by band, coarse to fine.
 *
 * For a pixel of a band with values b (R, G, B):
 *   e  =  sum of b²                                        the band's energy
 *   m  =  (1 - s) × e softened (1 2 1 both ways)
 *       + s × the same at every second pixel, smoothed (1 4 6 4 1 both ways) and stretched back
 *   t  =  m / (m + 30 N)                                   how surely this is more than noise
 *   m +=  .35 t² (e - m)                                   clear structure speaks for itself
 *   m +=  .2 × m of the next coarser band, stretched       the coarser band leads: no rings around
 *                                                          specks, no holes inside of objects
 *   E  =  m (1 + t² (p - 1)) + 12 N                        where noise rules, all frames are equal
 * with N the energy that noise alone gives the band and s = 0, ½, 1 for a pyramid-kernel-size of
 * 3, 5, 7. p is 1, unless one end of the stack is preferred: then it goes from 2 at that end to 1
 * at the other, evenly in its logarithm, so that of two depths of about the same contrast that one
 * is taken, and a single one hardly moves. Weights are E^20. The power itself leaves the range of
 * floats, so it is taken of E times a reference, one over a power of two near the energy of an
 * earlier frame: part = v max (reference × E, 1/8)^20,   weight += part,   mean += part / weight ×
 * (b - mean) where v is the validity. A frame with eight times the energy that the reference stands
 * for brings its own, and the weight is carried over. Energies are smoothed with the validities as
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
    float sharpness[HF_PYRAMID_ROW];
    float buffer[3][HF_PYRAMID_ROW];
} SelectRows;

typedef struct Select {
    const HfPyramid *pyramid;
    const HfPyramidLevel *level, *coarse;
    int first, n_rows; /* of the strip */
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

/* The coarse samples of one row of a plane that columns from .. to - 1 + at most 1 are made of;
 * returns their number. */
static int
load_coarse (const SelectTile *s, void (*load) (float *row, const void *kept, int n), int bytes,
             const void *plane, int k)
{
    const HfPyramidLevel *coarse = s->coarse;
    int from = s->from / 2 - 1, n = (s->to - s->from + 1) / 2;
    int at = hf_pyramid_mirror_coarse (k, s->level->height);

    hf_pyramid_load_row (load, bytes, hf_pyramid_at (coarse, plane, bytes, 0, at), coarse->width,
                         s->level->width, from, n + 2, s->rows->buffer[0]);
    return n;
}

static void
expand_pictures (const SelectTile *s, int k)
{
    const HfPyramidStore *store = s->pyramid->store;

    for (int c = 0; c < s->pyramid->n_colours; c++) {
        int n = load_coarse (s, store->load, store->colour_bytes, s->coarse->picture[c], k);

        s->pyramid->kernels->expand (column (s, s->rows->expanded[k & 3][c], s->from),
                                     s->rows->buffer[0] + 1, s->pyramid->taps, n);
    }
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
    HfPyramidBands bands = { .n_colours = s->pyramid->n_colours,
                             .energy = column (s, own, s->from) };

    memcpy (bands.near, s->pyramid->near[y & 1], sizeof bands.near);
    for (int c = 0; c < bands.n_colours; c++) {
        bands.picture[c] =
            hf_pyramid_at (s->level, s->level->picture[c], store->colour_bytes, s->from, y);
        bands.above[c] = column (s, rows->expanded[(k - 1) & 3][c], s->from);
        bands.middle[c] = column (s, rows->expanded[k & 3][c], s->from);
        bands.below[c] = column (s, rows->expanded[(k + 1) & 3][c], s->from);
        bands.band[c] = column (s, rows->band[y & 7][c], s->from);
    }
    store->bands (&bands, n);
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

/* What of the state row y takes part in. */
static void
set_state (const SelectTile *s, int y, HfPyramidChoice *choice)
{
    const HfPyramidLevel *level = s->level;
    const HfPyramidStore *store = s->pyramid->store;
    int x = s->tile.x;

    choice->n_colours = s->pyramid->n_colours;
    choice->validity = s->opaque ? NULL : hf_pyramid_at (level, level->validity, 1, x, y);
    choice->weight = hf_pyramid_at (level, level->weight, store->weight_bytes, x, y);
    choice->reference = hf_pyramid_at (level, level->reference, store->weight_bytes, x, y);
    for (int c = 0; c < choice->n_colours; c++)
        choice->mean[c] = hf_pyramid_at (level, level->mean[c], store->mean_bytes, x, y);
}

static void
set_softened (const SelectTile *s, int y, HfPyramidChoice *choice)
{
    SelectRows *rows = s->rows;
    const float *weights[3];

    for (int j = 0; j < 3; j++) {
        int at = hf_pyramid_mirror (y + j - 1, s->level->height) & 15;

        choice->soft[j] = column (s, rows->soft[at], s->tile.x);
        weights[j] = column (s, rows->soft_weight[at], s->tile.x);
    }
    if (s->opaque)
        return;
    s->pyramid->kernels->soften_ratio (rows->buffer[0], choice->soft, weights, s->tile.width);
    choice->soft[0] = choice->soft[1] = choice->soft[2] = rows->buffer[0];
}

/* Weighs the frame against those before it at row y. */
static void
choose_row (const SelectTile *s, int y)
{
    const HfPyramidLevel *level = s->level;
    SelectRows *rows = s->rows;
    int k = y / 2, next = y & 1 ? hf_pyramid_mirror_coarse (k + 1, level->height) : k;
    int x = s->tile.x;
    HfPyramidChoice choice = {
        .noise = (float) level->band_noise,
        .preference = s->pyramid->preference,
        .wide_share = s->pyramid->wide_share,
        .own = column (s, rows->own[y & 7], x),
        .wide = { column (s, rows->wide[k & 3], x), column (s, rows->wide[next & 3], x) },
        .lead = { column (s, rows->lead[k & 3], x), column (s, rows->lead[(k + (y & 1)) & 3], x) }
    };

    set_state (s, y, &choice);
    set_softened (s, y, &choice);
    for (int c = 0; c < choice.n_colours; c++)
        choice.band[c] = column (s, rows->band[y & 7][c], x);
    choice.sharpness = level->sharpness
                           ? hf_pyramid_at (level, level->sharpness, sizeof (float), x, y)
                           : rows->sharpness;
    s->pyramid->store->choose (&choice, s->tile.width);
}

/* The sharpness of the coarser band around pair k; the coarsest band has none above it. */
static void
lead_rows (const SelectTile *s, int k)
{
    SelectRows *rows = s->rows;

    if (s->coarse->sharpness) {
        int n = load_coarse (s, s->pyramid->kernels->exact.load, sizeof (float),
                             s->coarse->sharpness, k);

        s->pyramid->kernels->stretch (column (s, rows->lead[k & 3], s->from), rows->buffer[0] + 1,
                                      n);
    } else {
        memset (rows->lead[k & 3], 0, sizeof rows->lead[0]);
    }
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
    s.tile = hf_pyramid_tile (level->width, select->n_rows, pyramid->tile_width,
                              pyramid->tile_height, chunk);
    s.tile.y += select->first;
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

    for (int y = s.tile.y; y < s.tile.y + s.tile.height; y++) {
        HfPyramidChoice state;
        const void *picture[3];

        set_state (&s, y, &state);
        for (int c = 0; c < state.n_colours; c++)
            picture[c] =
                hf_pyramid_at (s.level, s.level->picture[c], store->colour_bytes, s.tile.x, y);
        store->average (state.mean, state.weight, picture, state.n_colours, state.validity,
                        s.tile.width);
    }
}

/* Rows first .. end - 1 of a level, and what they need around them and of the coarser level. */
static bool
fetch_strip (HfPyramid *pyramid, HfPyramidLevel *level, HfPyramidLevel *coarse, int first, int end,
             GError **error)
{
    int above = 2 * LAG + 2;

    hf_pyramid_move (level, first - HF_PYRAMID_MARGIN_ROWS);
    if (!hf_pyramid_fetch (pyramid, level, HF_PYRAMID_FRAME, first - above, end + above, error) ||
        !hf_pyramid_fetch (pyramid, level, HF_PYRAMID_STATE, first, end, error))
        return false;
    if (!coarse)
        return true;
    hf_pyramid_move (coarse, first / 2 - HF_PYRAMID_MARGIN_ROWS);
    return hf_pyramid_fetch (pyramid, coarse, HF_PYRAMID_FRAME | HF_PYRAMID_SHARPNESS,
                             first / 2 - above, end / 2 + above, error);
}

static bool
select_level (HfPyramid *pyramid, int l, HfMonitor *monitor, GError **error)
{
    HfPyramidLevel *level = &pyramid->levels[l], *coarse = l < pyramid->n_levels ? level + 1 : NULL;
    int strip = hf_pyramid_strip (pyramid, level);
    double from = l ? 0.6 : 0.7, to = l ? 0.7 : 1;

    for (int y = 0; y < level->height; y += strip) {
        int end = MIN (y + strip, level->height);
        Select select = { pyramid, level, coarse, y, end - y };
        int n =
            hf_pyramid_n_tiles (level->width, end - y, pyramid->tile_width, pyramid->tile_height);

        if (!fetch_strip (pyramid, level, coarse, y, end, error) ||
            !hf_pyramid_for (pyramid, n, coarse ? select_tile : average_tile, &select, monitor,
                             from + (to - from) * y / level->height,
                             from + (to - from) * end / level->height, error) ||
            !hf_pyramid_keep (pyramid, level, HF_PYRAMID_STATE | HF_PYRAMID_SHARPNESS, y, end,
                              error))
            return false;
    }
    return true;
}

bool
hf_pyramid_select (HfPyramid *pyramid, HfMonitor *monitor, GError **error)
{
    for (int l = pyramid->n_levels; l >= 0; l--)
        if (!select_level (pyramid, l, monitor, error))
            return false;
    return true;
}
