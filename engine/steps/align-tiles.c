/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The fine estimate: what each tile of 16 × 16 pixels says about the shift between two frames.
 *
 * Frames of a focal stack differ by more than motion: by defocus, exposure, and vignetting. Within
 * a tile all of that is a gain, an offset and a little blur or sharpening, and the motion, nearly
 * known by now, is one shift d. With T the template, F the frame seen through the current matrix, g
 * the mean of both gradients and L the Laplacian of T, F + g d = T + gain (T - mean) + offset +
 * blur L + noise is solved by least squares, reweighted by Tukey's biweight against hot pixels,
 * dust and borders of occlusion; gain, offset and blur are eliminated (Schur complement), which
 * leaves a 2 × 2 matrix N and d = N^-1 b. What the motion of the whole picture is, the tiles decide
 * together (align-fit.c).
 *
 * How sure a tile is: the residual's variance s² gives the covariance NOISE_AREA s² N^-1; the area
 * is the number of pixels over which the smoothing has made noise alike (4 pi sigma²). The part of
 * N that noise alone would make is taken off before: g is the mean of two gradients of smoothed
 * noise, so noise of residual variance s² contributes NOISE_GRADIENT s² a pixel to either diagonal
 * element.
 *
 * Beside noise there is what the model of the picture does not explain: parallax, and defocus whose
 * disc is not the same on all sides of an edge, both growing with the blur of the tile. `softness`
 * says by how much: (mean square wavelength)³, from the energies of gradient and Laplacian. So what
 * is in focus in both frames decides, which is what has to fit in the fused picture. On real stacks
 * with depth this took the error of closing a triangle of three pairs from 3 pixels to .5.
 */
#include "steps/align-pair.h"

#include "kernels/kernels.h"

#include <math.h>
#include <string.h>

enum {
    MARGIN = 6, /* pixels at the border of a level that smoothing made up */
    ROWS = HF_TILE + 2,
    REGRESSORS = 5, /* shift x, y, gain, offset, blur */
    REWEIGHTINGS = 1
};

static const double TUKEY = 4.685;
static const double NOISE_GRADIENT = 0.049; /* (1 - exp (-1/2)) / 8 for sigma sqrt 2 */
static const double NOISE_AREA = 25;
static const double SHARP_LENGTH2 =
    3; /* pixels², gradient energy by Laplacian energy where sharp */

typedef struct Work {
    const HfAlignTools *tools;
    const HfAlignLevel *template, *frame;
    HfMatrix m;
    int columns, rows; /* of tiles */
    int left, top;     /* of the first one */
    HfAlignTile *tiles;
    float *scratch; /* for each worker */
    size_t scratch_floats;
} Work;

/* Index of the product of regressors a <= b among the sums of a tile. */
static int
product (int a, int b)
{
    return a * HF_TILE_REGRESSORS - a * (a - 1) / 2 + b - a;
}

/* Gaussian elimination of gain, offset and blur; what is left stands in the first two rows. */
static bool
eliminate (double a[REGRESSORS][REGRESSORS + 1])
{
    for (int k = REGRESSORS - 1; k >= 2; k--) {
        if (!(a[k][k] > 0))
            return false;
        for (int i = 0; i < k; i++) {
            double factor = a[i][k] / a[k][k];

            for (int j = 0; j <= REGRESSORS; j++)
                a[i][j] -= factor * a[k][j];
        }
    }
    return true;
}

typedef struct Solution {
    double fit[REGRESSORS];
    double xx, xy, yy; /* N */
    double pixels;     /* sum of weights */
    double rms2;       /* of the residual */
    double variance;   /* of the template */
    double softness;
} Solution;

/* The third power of the mean square wavelength against that of sharp texture. */
static double
softness_of (const float sums[HF_TILE_SUMS])
{
    double gradient = (double) sums[product (0, 0)] + (double) sums[product (1, 1)];
    double laplacian = (double) sums[product (4, 4)] + 1e-9;
    double longer = fmax (1, gradient / laplacian / SHARP_LENGTH2);

    return longer * longer * longer;
}

/*
 * Unknowns are d, gain, offset and blur in r + g d - gain T' - offset - blur L = 0; a little is
 * added to the diagonal of the last three so that a flat tile has a solution (0).
 */
static bool
solve_tile (const float sums[HF_TILE_SUMS], Solution *solution)
{
    static const double sign[REGRESSORS] = { 1, 1, -1, -1, -1 };
    double a[REGRESSORS][REGRESSORS + 1], determinant, energy;

    for (int i = 0; i < REGRESSORS; i++) {
        for (int j = 0; j < REGRESSORS; j++)
            a[i][j] = sign[i] * sign[j] * (double) sums[product (MIN (i, j), MAX (i, j))];
        a[i][REGRESSORS] = -sign[i] * (double) sums[product (i, REGRESSORS)];
        a[i][i] += i < 2 ? 0 : 1e-6 * a[i][i] + 1e-7;
    }
    energy = (double) sums[product (REGRESSORS, REGRESSORS)];
    if (!eliminate (a))
        return false;
    determinant = a[0][0] * a[1][1] - a[0][1] * a[1][0];
    if (!(determinant > 1e-6 * a[0][0] * a[1][1]) || !(a[0][0] > 0))
        return false;
    solution->fit[0] = (a[0][5] * a[1][1] - a[0][1] * a[1][5]) / determinant;
    solution->fit[1] = (a[0][0] * a[1][5] - a[1][0] * a[0][5]) / determinant;
    for (int k = 2; k < REGRESSORS; k++) {
        double value = a[k][REGRESSORS];

        for (int j = 0; j < k; j++)
            value -= a[k][j] * solution->fit[j];
        solution->fit[k] = value / a[k][k];
    }
    for (int k = 0; k < REGRESSORS; k++)
        energy += solution->fit[k] * sign[k] * (double) sums[product (k, REGRESSORS)];
    solution->softness = softness_of (sums);
    solution->xx = a[0][0];
    solution->xy = a[0][1];
    solution->yy = a[1][1];
    solution->pixels = (double) sums[product (3, 3)];
    solution->rms2 = fmax (energy, 0) / fmax (solution->pixels, 1);
    solution->variance = (double) sums[product (2, 2)] / fmax (solution->pixels, 1);
    return true;
}

/* Tukey's weights, each time with the scale of the residuals before. */
static bool
measure_tile (const float *t, size_t t_stride, const float *f, size_t f_stride, Solution *solution)
{
    float fit[REGRESSORS] = { 0 }, sums[HF_TILE_SUMS], inverse_limit = 0;

    for (int i = 0; i <= REWEIGHTINGS; i++) {
        hf_kernels ()->align->tile_sums (t, t_stride, f, f_stride, fit, inverse_limit, sums);
        if (!solve_tile (sums, solution))
            return false;
        for (int k = 0; k < REGRESSORS; k++)
            fit[k] = (float) solution->fit[k];
        inverse_limit = (float) (1 / (TUKEY * sqrt (solution->rms2) + 1e-5));
    }
    return true;
}

/* What noise leaves of the tile's N, divided by s²; it says nothing if too few pixels agree. */
static void
enter_tile (const Solution *solution, HfAlignTile *tile)
{
    double variance = solution->rms2 + 1e-8;
    double noise = NOISE_GRADIENT * variance * solution->pixels;
    double trace = 0.5 * (solution->xx + solution->yy);
    double share = fmax (0, 1 - noise / trace) / (variance * NOISE_AREA);

    tile->texture = sqrt (fmax (0, 2 * (trace - noise)));
    tile->dx = solution->fit[0];
    tile->dy = solution->fit[1];
    tile->xx = solution->xx * share;
    tile->xy = solution->xy * share;
    tile->yy = solution->yy * share;
    tile->softness = solution->softness;
    tile->alike = 2 * solution->rms2 < solution->variance;
    tile->weight = share > 0 && tile->xx * tile->yy > tile->xy * tile->xy &&
                   solution->pixels > 0.25 * HF_TILE * HF_TILE;
}

static bool
tile_is_valid (const Work *work, int x0, int y0)
{
    static const HfMatrix itself = { { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
    float mask[HF_TILE];

    if (!work->template->valid && !work->frame->valid)
        return true;
    for (int y = y0; y < y0 + HF_TILE; y++) {
        for (int i = 0; i < HF_TILE; i++)
            mask[i] = 1;
        hf_align_mask_row (work->template, &itself, y, x0, x0 + HF_TILE, mask - x0);
        hf_align_mask_row (work->frame, &work->m, y, x0, x0 + HF_TILE, mask - x0);
        for (int i = 0; i < HF_TILE; i++)
            if (mask[i] == 0)
                return false;
    }
    return true;
}

/* One row of tiles: the frame's rows are resampled into the worker's scratch, which stays in cache.
 */
static void
measure_tile_row (void *data, int row, int worker)
{
    const Work *work = data;
    const HfPlane *t = &work->template->smooth, *f = &work->frame->smooth;
    size_t stride = t->stride;
    float *seen = work->scratch + (size_t) worker * work->scratch_floats;
    float *line = seen + ROWS * stride;
    int begin = 0, end = t->width, top = work->top + row * HF_TILE;

    if (hf_monitor_cancelled (work->tools->monitor))
        return;
    for (int k = 0; k < ROWS; k++) {
        int first, last;

        hf_align_resample_row (f, &work->m, t->width, top - 1 + k, MARGIN,
                               seen + (size_t) k * stride, line, &first, &last);
        begin = MAX (begin, first);
        end = MIN (end, last);
    }
    for (int column = 0; column < work->columns; column++) {
        HfAlignTile *tile = &work->tiles[row * work->columns + column];
        int left = work->left + column * HF_TILE;
        Solution solution;

        if (left - 1 < begin || left + HF_TILE + 1 > end || !tile_is_valid (work, left, top))
            continue;
        if (measure_tile (t->data + (size_t) top * t->stride + left, t->stride,
                          seen + stride + left, stride, &solution))
            enter_tile (&solution, tile);
        tile->u = left + 0.5 * (HF_TILE - 1) - 0.5 * (t->width - 1);
        tile->v = top + 0.5 * (HF_TILE - 1) - 0.5 * (t->height - 1);
    }
}

/* Tiles that have something to say, moved to the front. */
static void
gather (HfAlignTiles *tiles, int n)
{
    for (int i = 0; i < n; i++) {
        if (tiles->tiles[i].weight > 0)
            tiles->tiles[tiles->n++] = tiles->tiles[i];
        else
            tiles->lost += tiles->tiles[i].texture;
    }
}

bool
hf_align_tiles (const HfAlignTools *tools, const HfAlignLevel *template, const HfAlignLevel *frame,
                const HfMatrix *m, HfAlignTiles *tiles, GError **error)
{
    Work work = { .tools = tools, .template = template, .frame = frame, .m = *m };
    size_t line = MAX (template->smooth.stride, frame->smooth.stride);

    *tiles = (HfAlignTiles) { 0 };
    work.columns = (template->width - 2 * MARGIN) / HF_TILE;
    work.rows = (template->height - 2 * MARGIN) / HF_TILE;
    if (work.columns < 1 || work.rows < 1)
        return true;
    work.left = (template->width - work.columns * HF_TILE) / 2;
    work.top = (template->height - work.rows * HF_TILE) / 2;
    work.scratch_floats = ROWS * template->smooth.stride + line;
    work.scratch =
        hf_pixels_new_n (tools->budget, (size_t) hf_pool_n_threads (tools->pool),
                         work.scratch_floats * sizeof (float), "the fine alignment", error);
    if (!work.scratch)
        return false;
    work.tiles = tiles->tiles = g_new0 (HfAlignTile, work.columns * work.rows);
    hf_pool_for (tools->pool, work.rows, measure_tile_row, &work);
    hf_pixels_free (work.scratch);
    gather (tiles, work.columns * work.rows);
    return true;
}
