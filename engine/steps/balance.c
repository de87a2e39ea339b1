/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Balance: one gain a frame against flicker
 * ------------------------------------------
 * Focusing spreads light without making any, so sums over the part of the subject that both frames
 * see are alike whatever is in focus; single pixels are not. Both reduced pictures are brought to a
 * raster of at most 128 cells (mean luminosity, Rec. 709 weights on the encoded samples); the
 * frame's raster is read, bilinearly, where the record's matrix says that the centre of each cell
 * of the reference lies, and the pairs are added up in tiles of 8 × 8 cells. Between the sums r
 * (reference) and f (frame) of a tile stands
 *
 *     r = f (g + k d2 + l d4),    d2 = mean of rf² - rr²,   d4 = mean of rf⁴ - rr⁴
 *
 * with g the gain wanted and rr, rf the distances from the centres of the two pictures, half a
 * diagonal = 1. k and l take up vignetting, which a frame that breathes shows at other places of
 * the subject; without them 60 % of it moves the gain by 2 %. The equations
 *
 *     sum w phi (r - f phi . (g, k, l)) = 0,   phi = (1, d2, d4)
 *
 * are those of a Poisson regression: with k = l = 0 g is the ratio of the sums, free of the bias
 * that a fit of f to r has from noise in f. k and l have a prior of 0 ± 1, against which the
 * residuals' variance is weighed, so that frames that did not move do not buy them with noise. The
 * weights w are Tukey's with a cut at 8 robust standard deviations of (r - model) / sqrt (model).
 * They are those of tiles, and wide, because the light that defocus moves must stay in the sums on
 * both of its ways: weights for single cells were off by up to 0.9 %, these by 0.3 %.
 *
 * Cells of which a tenth or more is at the upper end of its range in one of the pictures are left
 * out of both, and so are those without light.
 *
 * A frame keeps exactly 1 when its gain is within 0.3 %, or within three standard errors, of 1, and
 * all frames do when none is further off than 1 %, which the fusion does not notice (and to which
 * occluders and high contrast at the border may come without flicker).
 */
#include <hyperfocal/balance.h>

#include "kernels/kernels.h"
#include "steps/step.h"

#include <math.h>

#define HF_OPTION_STRUCT HfBalanceOptions
static const HfOption options[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/balance.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_balance_table = { "balance", "Balance", options, G_N_ELEMENTS (options),
                                         sizeof (HfBalanceOptions) };

enum { MOST_CELLS = 128, TILE = 8, MOST_TILES = 16 * 16, LEAST_TILES = 4, N_ROUNDS = 6 };

static const double too_bright = 0.995; /* of an integer sample: cut off */
static const double most_cut_off = 0.1; /* of a cell's samples */
static const double too_dark = 0.004;   /* a level of 8 bits */
static const double cut = 8;            /* robust standard deviations */
static const double small = 0.003;      /* gains this close to 1 are not applied */
static const double unnoticed = 0.01;

void
hf_balance_apply (const HfBalanceRecord *record, const HfBand *in, HfBand *out)
{
    const HfBandKernels *kernels = hf_kernels ()->band;

    for (int row = 0; row < out->rect.height; row++) {
        size_t from = (size_t) row * in->stride, to = (size_t) row * out->stride;

        for (int c = 0; c < out->n_colours; c++)
            if (record->gain[c] != 1 || in->colour[c] + from != out->colour[c] + to)
                kernels->scale (in->colour[c] + from, (float) record->gain[c], out->rect.width,
                                out->colour[c] + to);
        if (!in->opaque && in->validity + from != out->validity + to)
            kernels->scale (in->validity + from, 1, out->rect.width, out->validity + to);
    }
    out->opaque = in->opaque;
}

/* ---- Cells ---- */

/* Mean luminosity of cells of size × size reduced pixels; negative where it is not to be used. */
typedef struct Cells {
    int width, height, size;
    float *light;
} Cells;

static void
cells_clear (Cells *cells)
{
    hf_pixels_free (cells->light);
    cells->light = NULL;
}

/* Mean of the cell that begins at column x of the band, or -1. */
static float
cell_light (const HfBand *band, int x, int width, bool limited)
{
    static const float weights[3] = { 0.2126f, 0.7152f, 0.0722f };
    double sum = 0, valid = 0;
    int n_cut_off = 0, n = width * band->rect.height;

    for (int row = 0; row < band->rect.height; row++) {
        size_t at = (size_t) row * band->stride + (size_t) x;

        for (int i = 0; i < width; i++, at++) {
            float light = 0, v = band->opaque ? 1 : band->validity[at];

            for (int c = 0; c < band->n_colours; c++) {
                float sample = band->colour[c][at];

                n_cut_off += limited && sample > (float) too_bright;
                light += sample * (band->n_colours == 1 ? 1 : weights[c]);
            }
            sum += (double) (v * light);
            valid += v;
        }
    }
    if (valid < 0.99 * n || sum < too_dark * valid ||
        n_cut_off > most_cut_off * n * band->n_colours)
        return -1;
    return (float) (sum / valid);
}

static bool
cells_fill (Cells *cells, const HfImage *image, HfBudget *budget, GError **error)
{
    int longest = MAX (image->width, image->height),
        n_colours = hf_format_n_colours (image->format);
    size_t n_floats;
    float *memory;

    cells->size = (longest + MOST_CELLS - 1) / MOST_CELLS;
    cells->width = (image->width + cells->size - 1) / cells->size;
    cells->height = (image->height + cells->size - 1) / cells->size;
    n_floats = hf_band_floats (image->width, cells->size, n_colours);
    memory = hf_pixels_new_n (budget, n_floats, sizeof *memory, "the balance", error);
    cells->light = hf_pixels_new_n (budget, (size_t) cells->width * (size_t) cells->height,
                                    sizeof *cells->light, "the balance", error);
    for (int y = 0; y < cells->height && memory && cells->light; y++) {
        int top = y * cells->size, height = MIN (cells->size, image->height - top);
        HfBand band;

        hf_band_place (&band, (HfRect) { 0, top, image->width, height }, n_colours, memory);
        hf_band_read (&band, image);
        for (int x = 0; x < cells->width; x++)
            cells->light[y * cells->width + x] = cell_light (
                &band, x * cells->size, MIN (cells->size, image->width - x * cells->size),
                image->format.type != HF_SAMPLE_FLOAT);
    }
    hf_pixels_free (memory);
    return memory && cells->light;
}

/* Bilinear between four cells at (x, y) in cells, the first cell's centre at 0; negative where one
 * of them is not to be used. */
static double
cells_at (const Cells *cells, double x, double y)
{
    int column = (int) x, row = (int) y;
    const float *light = cells->light + row * cells->width + column;
    double fx = x - column, fy = y - row;
    double a, b, c, d;

    if (!(x >= 0 && y >= 0 && column + 1 < cells->width && row + 1 < cells->height))
        return -1;
    a = light[0], b = light[1], c = light[cells->width], d = light[cells->width + 1];
    if (a < 0 || b < 0 || c < 0 || d < 0)
        return -1;
    return (a * (1 - fx) + b * fx) * (1 - fy) + (c * (1 - fx) + d * fx) * fy;
}

/* ---- Tiles ---- */

/* A square of TILE × TILE cells of the reference: sums over the cells that both frames see. */
typedef struct Tile {
    double reference, frame; /* luminosities */
    double d2, d4; /* frame × what its distance from the centre has over the reference's */
} Tile;

/* Squared distance from a picture's centre, half a diagonal = 1. */
static double
squared_radius (const HfFrameInfo *info, double x, double y)
{
    double dx = x - (info->width - 1) / 2.0, dy = y - (info->height - 1) / 2.0;
    double w = info->width, h = info->height;

    return (dx * dx + dy * dy) / (w * w + h * h) * 4;
}

/* Adds the cell (column, row) of the reference to its tile if the frame sees it too. */
static void
add_cell (const HfSweep *sweep, int frame, const Cells *reference, const Cells *cells, int column,
          int row, Tile *tile)
{
    double pitch = (double) reference->size * sweep->reduction;
    double frame_pitch = (double) cells->size * sweep->reduction;
    double u = (column + 0.5) * pitch - 0.5, v = (row + 0.5) * pitch - 0.5, x, y, light;
    float wanted = reference->light[row * reference->width + column];
    double before, after;

    hf_matrix_map (&sweep->records[frame].align.matrix, u, v, &x, &y);
    light = cells_at (cells, (x + 0.5) / frame_pitch - 0.5, (y + 0.5) / frame_pitch - 0.5);
    if (wanted < 0 || light < 0)
        return;
    before = squared_radius (&sweep->infos[sweep->reference], u, v);
    after = squared_radius (&sweep->infos[frame], x, y);
    tile->reference += (double) wanted;
    tile->frame += light;
    tile->d2 += light * (after - before);
    tile->d4 += light * (after * after - before * before);
}

/* Fills tiles[MOST_TILES] and returns how many hold anything. */
static int
fill_tiles (const HfSweep *sweep, int frame, const Cells *reference, const Cells *cells,
            Tile *tiles)
{
    int n = 0;

    for (int top = 0; top < reference->height; top += TILE) {
        for (int left = 0; left < reference->width; left += TILE) {
            Tile tile = { 0 };

            for (int row = top; row < MIN (top + TILE, reference->height); row++)
                for (int column = left; column < MIN (left + TILE, reference->width); column++)
                    add_cell (sweep, frame, reference, cells, column, row, &tile);
            if (tile.frame > 0)
                tiles[n++] = tile;
        }
    }
    return n;
}

/* ---- Gain ---- */

typedef struct Fit {
    double part[3]; /* g, g k, g l */
    double scale;   /* robust standard deviation of (r - model) / sqrt (model) */
    double error;   /* standard error of g */
} Fit;

static double
model_at (const Fit *fit, const Tile *tile)
{
    return fit->part[0] * tile->frame + fit->part[1] * tile->d2 + fit->part[2] * tile->d4;
}

static double
residual_at (const Fit *fit, const Tile *tile)
{
    double model = fmax (model_at (fit, tile), 1e-3);

    return (tile->reference - model) / sqrt (model);
}

static int
compare_floats (const void *a, const void *b)
{
    float x = *(const float *) a, y = *(const float *) b;

    return (x > y) - (x < y);
}

/* Median of the absolute residuals as a standard deviation. */
static double
residual_scale (const Fit *fit, const Tile *tiles, int n)
{
    float sorted[MOST_TILES];

    for (int i = 0; i < n; i++)
        sorted[i] = (float) fabs (residual_at (fit, &tiles[i]));
    qsort (sorted, (size_t) n, sizeof *sorted, compare_floats);
    return 1.4826 * (double) sorted[n / 2];
}

static double
weight_at (const Fit *fit, const Tile *tile)
{
    double t = residual_at (fit, tile) / (cut * fit->scale + 1e-9);

    return t * t < 1 ? (1 - t * t) * (1 - t * t) : 0;
}

/* Solves a symmetric positive system of three, and gives the first row of the inverse. */
static void
solve (double a[3][3], const double b[3], double x[3], double inverse[3])
{
    double c00 = a[1][1] * a[2][2] - a[1][2] * a[1][2], c01 = a[0][2] * a[1][2] - a[0][1] * a[2][2];
    double c02 = a[0][1] * a[1][2] - a[0][2] * a[1][1], c11 = a[0][0] * a[2][2] - a[0][2] * a[0][2];
    double c12 = a[0][1] * a[0][2] - a[0][0] * a[1][2], c22 = a[0][0] * a[1][1] - a[0][1] * a[0][1];
    double determinant = a[0][0] * c00 + a[0][1] * c01 + a[0][2] * c02;

    x[0] = (c00 * b[0] + c01 * b[1] + c02 * b[2]) / determinant;
    x[1] = (c01 * b[0] + c11 * b[1] + c12 * b[2]) / determinant;
    x[2] = (c02 * b[0] + c12 * b[1] + c22 * b[2]) / determinant;
    inverse[0] = c00 / determinant, inverse[1] = c01 / determinant, inverse[2] = c02 / determinant;
}

/* One round of the reweighted equations; `robust` unless all weights are to be 1. */
static void
fit_round (Fit *fit, const Tile *tiles, int n, bool robust)
{
    double a[3][3] = { { 0 } }, spread[3][3] = { { 0 } }, b[3] = { 0 }, first[3], variance = 0;
    double prior = fit->scale * fit->scale;

    for (int i = 0; i < n; i++) {
        double phi[3] = { 1, tiles[i].d2 / tiles[i].frame, tiles[i].d4 / tiles[i].frame },
               w = robust ? weight_at (fit, &tiles[i]) : 1;
        double error = w * (tiles[i].reference - model_at (fit, &tiles[i]));

        for (int j = 0; j < 3; j++) {
            b[j] += w * phi[j] * tiles[i].reference;
            for (int k = 0; k < 3; k++) {
                a[j][k] += w * phi[j] * phi[k] * tiles[i].frame;
                spread[j][k] += error * error * phi[j] * phi[k];
            }
        }
    }
    a[1][1] += prior + 1e-9 * a[0][0];
    a[2][2] += prior + 1e-9 * a[0][0];
    solve (a, b, fit->part, first);
    for (int j = 0; j < 3; j++)
        for (int k = 0; k < 3; k++)
            variance += first[j] * spread[j][k] * first[k];
    fit->error = sqrt (fmax (variance, 0));
}

/* The gain that takes the frame to the reference, 1 where nothing can be said. */
static double
gain_of (const Tile *tiles, int n)
{
    Fit fit = { .part = { 1 }, .scale = 1 };

    if (n < LEAST_TILES)
        return 1;
    for (int round = 0; round < N_ROUNDS; round++) {
        fit_round (&fit, tiles, n, round > 0);
        fit.scale = residual_scale (&fit, tiles, n);
    }
    if (!(fit.part[0] > 0.05 && fit.part[0] < 20))
        return 1;
    return fabs (fit.part[0] - 1) <= fmax (small, 3 * fit.error) ? 1 : fit.part[0];
}

/* ---- The step ---- */

typedef struct State {
    Cells reference;
} State;

static bool
wanted (const HfStackOptions *stack)
{
    return stack->balance.channel != HF_BALANCE_NONE;
}

static void *
begin (HfSweep *sweep, GError **error)
{
    return g_new0 (State, 1);
}

typedef struct Batch {
    const State *state;
    HfSweep *sweep;
    const int *frames;
    HfImage *const *images;
    GError **errors;
} Batch;

static bool
measure (const State *state, HfSweep *sweep, int frame, const HfImage *image, GError **error)
{
    double *gain = sweep->records[frame].balance.gain;
    Cells cells = { 0 };
    bool ok = cells_fill (&cells, image, sweep->budget, error);

    if (ok) {
        Tile tiles[MOST_TILES];
        int n = fill_tiles (sweep, frame, &state->reference, &cells, tiles);

        gain[0] = gain[1] = gain[2] = gain_of (tiles, n);
    }
    cells_clear (&cells);
    return ok;
}

static void
measure_one (void *data, int chunk, int worker)
{
    const Batch *batch = data;
    int frame = batch->frames[chunk];

    if (frame != batch->sweep->reference && batch->sweep->records[frame].used)
        measure (batch->state, batch->sweep, frame, batch->images[chunk], &batch->errors[chunk]);
}

static bool
look (void *data, HfSweep *sweep, const int *frames, HfImage *const *images, int n, GError **error)
{
    State *state = data;
    GError **errors = g_new0 (GError *, n);
    Batch batch = { state, sweep, frames, images, errors };
    bool ok = true;

    for (int i = 0; i < n && ok; i++)
        if (frames[i] == sweep->reference)
            ok = cells_fill (&state->reference, images[i], sweep->budget, error);
    if (ok)
        hf_pool_for (sweep->pool, n, measure_one, &batch);
    for (int i = 0; i < n; i++) {
        if (errors[i] && ok) {
            g_propagate_error (error, errors[i]);
            ok = false;
        } else {
            g_clear_error (&errors[i]);
        }
    }
    g_free (errors);
    return ok;
}

/* Frames that were left out later, and stacks without flicker, keep 1. */
static bool
settle (void *data, HfSweep *sweep, GError **error)
{
    double most = 0;

    for (int i = 0; i < sweep->n_frames; i++)
        if (sweep->records[i].used)
            most = fmax (most, fabs (sweep->records[i].balance.gain[0] - 1));
    for (int i = 0; i < sweep->n_frames; i++)
        if (!sweep->records[i].used || most <= unnoticed)
            for (int c = 0; c < 3; c++)
                sweep->records[i].balance.gain[c] = 1;
    return true;
}

static void
end (void *data)
{
    State *state = data;

    if (state)
        cells_clear (&state->reference);
    g_free (state);
}

const HfStep hf_balance_step = { "balance", wanted, begin, look, settle, end };
