/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Sharpness of a pixel
 * --------------------
 * One of five measures of how much the picture changes within 3 × 3 pixels, v the samples of one
 * colour (S. Pertuz, D. Puig, M. A. Garcia: Analysis of focus measure operators for
 * shape-from-focus, 2013, compares such measures):
 *
 *     tenengrad           gx² + gy²                 g: Sobel's slopes / 8 (J. Tenenbaum, 1970)
 *     sobel               |gx| + |gy|
 *     laplacian           ((4 v - its 4 neighbours) / 4)²
 *     modified-laplacian  (|2 v - left - right| + |2 v - above - below|) / 4
 *                         (S. Nayar, Y. Nakagawa: Shape from Focus, 1994)
 *     variance            variance of the 9 samples
 *
 * summed over the colours and averaged over a Gaussian window. Those that are not squares are
 * squared after the averaging, so that all grow with the square of contrast. The two Laplacians,
 * which see the noise most, may be taken of the blurred picture.
 *
 * At last the sharpness is smoothed within its own edges: each of the neighbours j of i within a
 * square counts
 *     exp (-distance² / (2 sigma_space²)) / (1 + ((s_i - s_j) / (sigma_color (s_i + s_j)))²)²,
 * a bilateral filter (C. Tomasi, R. Manduchi, 1998) on relative differences.
 *
 * Validity. A pixel whose 3 × 3 (and the blur's) neighbours are not all valid takes part with the
 * least validity among them, which is 0 beside a hole.
 */
#include "fuse/focus-tile.h"

#include <math.h>
#include <string.h>

/* ---- windows and noise ---- */

int
hf_focus_window (int size, float *weights)
{
    int reach = MIN (size / 2, HF_TILE_LONGEST_REACH);
    double sigma = (2 * reach + 1) / 5.0, sum = 0;

    for (int i = -reach; i <= reach; i++)
        sum += exp (-i * i / (2 * sigma * sigma));
    for (int i = -reach; i <= reach; i++)
        weights[i + reach] = (float) (exp (-i * i / (2 * sigma * sigma)) / sum);
    return reach;
}

int
hf_focus_margin (const HfFocusMeasure *measure)
{
    return MAX (2, 1 + measure->blur + measure->window + measure->smooth);
}

enum { MOST_TAPS = 2048 };

/* A filter along one direction, in pixels of the full picture. */
typedef struct Taps {
    double at[MOST_TAPS];
    int n;
} Taps;

/* taps * weights, these `step` pixels from one another. */
static void
convolve (Taps *taps, const double *weights, int n_weights, int step)
{
    static const int most = MOST_TAPS;
    Taps *out = g_new0 (Taps, 1);

    out->n = MIN (taps->n + (n_weights - 1) * step, most);
    for (int i = 0; i < taps->n; i++)
        for (int j = 0; j < n_weights && i + j * step < most; j++)
            out->at[i + j * step] += taps->at[i] * weights[j];
    *taps = *out;
    g_free (out);
}

/* Sum of the squares of taps * weights. */
static double
energy_of (const Taps *taps, const double *weights, int n_weights, int step)
{
    Taps *both = g_new (Taps, 1);
    double sum = 0;

    *both = *taps;
    convolve (both, weights, n_weights, step);
    for (int i = 0; i < both->n; i++)
        sum += both->at[i] * both->at[i];
    g_free (both);
    return sum;
}

/* Variance of the measure's filter in noise of variance 1, of one direction where there are two;
 * for the mean of squares of several directions their sum. */
static double
filter_gain (const Taps *taps, HfDepthEnergy energy, int step)
{
    static const double one[] = { 1 }, slope[] = { -0.5, 0, 0.5 }, soft[] = { 0.25, 0.5, 0.25 };
    static const double bend[] = { 1, -2, 1 }, box[] = { 1 / 3.0, 1 / 3.0, 1 / 3.0 };
    double plain = energy_of (taps, one, 1, step), bent = energy_of (taps, bend, 3, step);
    double sloped = energy_of (taps, slope, 3, step), boxed = energy_of (taps, box, 3, step);

    switch (energy) {
    case HF_DEPTH_ENERGY_TENENGRAD:
        return 2 * energy_of (taps, soft, 3, step) * sloped;
    case HF_DEPTH_ENERGY_SOBEL:
        return energy_of (taps, soft, 3, step) * sloped;
    case HF_DEPTH_ENERGY_LAPLACIAN: {
        /* Of x and y bends together: the sum of bend and no bend squared is that of slopes. */
        double shared = 4 * energy_of (taps, (const double[]) { -0.5, 0.5 }, 2, step);

        return (2 * plain * bent + 2 * shared * shared) / 16;
    }
    case HF_DEPTH_ENERGY_MODIFIED_LAPLACIAN:
        return plain * bent / 16;
    case HF_DEPTH_ENERGY_VARIANCE:
        return plain * plain - boxed * boxed;
    }
    return 0;
}

static bool
is_linear (HfDepthEnergy energy)
{
    return energy == HF_DEPTH_ENERGY_SOBEL || energy == HF_DEPTH_ENERGY_MODIFIED_LAPLACIAN;
}

void
hf_focus_noise (const HfFocusMeasure *measure, const double *sigma, int n_colours, int n_levels,
                double *noise)
{
    static const double reduce[] = { 0.0625, 0.25, 0.375, 0.25, 0.0625 };
    Taps *reduced = g_new0 (Taps, 1), *blurred = g_new (Taps, 1);
    double blur[2 * HF_TILE_LONGEST_REACH + 1], squares = 0, sum = 0;

    for (int c = 0; c < n_colours; c++) {
        squares += sigma[c] * sigma[c];
        sum += sigma[c];
    }
    for (int i = 0; i <= 2 * measure->blur; i++)
        blur[i] = measure->blur_weights[i];
    reduced->at[0] = reduced->n = 1;
    for (int i = 0, step = 1; i < n_levels; i++, step *= 2) {
        double gain;

        *blurred = *reduced;
        if (measure->blur)
            convolve (blurred, blur, 2 * measure->blur + 1, step);
        gain = filter_gain (blurred, measure->energy, step);
        /* The mean of two absolute values of normal numbers is sqrt (2 / pi) of their deviation
         * each. */
        noise[i] = is_linear (measure->energy) ? 4 * (2 / G_PI) * gain * sum * sum : gain * squares;
        convolve (reduced, reduce, 5, step);
    }
    g_free (reduced);
    g_free (blurred);
}

/* ---- tiles ---- */

static size_t
tile_stride (int margin)
{
    return (size_t) ((HF_TILE_WIDTH + 2 * margin + 15) & ~15);
}

size_t
hf_focus_tile_floats (int margin, int n_colours)
{
    return (size_t) (n_colours + 4) * tile_stride (margin) * (size_t) (HF_TILE_HEIGHT + 2 * margin);
}

int
hf_focus_n_tiles (int width, int height)
{
    return ((width + HF_TILE_WIDTH - 1) / HF_TILE_WIDTH) *
           ((height + HF_TILE_HEIGHT - 1) / HF_TILE_HEIGHT);
}

void
hf_focus_tile_place (HfFocusTile *tile, int width, int height, int chunk, int margin, int n_colours,
                     float *memory)
{
    int columns = (width + HF_TILE_WIDTH - 1) / HF_TILE_WIDTH;
    int x = chunk % columns * HF_TILE_WIDTH, y = chunk / columns * HF_TILE_HEIGHT;
    size_t plane = tile_stride (margin) * (size_t) (HF_TILE_HEIGHT + 2 * margin);
    float *first;

    tile->core =
        (HfRect) { x, y, MIN (HF_TILE_WIDTH, width - x), MIN (HF_TILE_HEIGHT, height - y) };
    tile->margin = margin;
    tile->n_colours = n_colours;
    tile->stride = tile_stride (margin);
    first = memory + (size_t) margin * tile->stride + margin;
    for (int c = 0; c < n_colours; c++)
        tile->colour[c] = first + (size_t) c * plane;
    tile->validity = first + (size_t) n_colours * plane;
    for (int i = 0; i < 3; i++)
        tile->work[i] = first + (size_t) (n_colours + 1 + i) * plane;
}

/* Where a picture of n samples goes on beyond its ends. */
static int
mirror (int i, int n)
{
    int period = 2 * (n - 1);

    if (n == 1)
        return 0;
    i = ((i % period) + period) % period;
    return i < n ? i : period - i;
}

/* The part of the tile with its margin that lies in the picture; where the picture is smaller than
 * the margin, mirroring may need all of it. */
static HfRect
inside (const HfFocusTile *tile, int width, int height)
{
    HfRect core = tile->core;
    int m = tile->margin;
    HfRect whole = { 0, 0, width, height };

    return hf_rect_intersect (
        (HfRect) { core.x - m, core.y - m, core.width + 2 * m, core.height + 2 * m }, whole);
}

static float *
tile_row (const HfFocusTile *tile, float *plane, int y)
{
    return plane + (ptrdiff_t) (y - tile->core.y) * (ptrdiff_t) tile->stride;
}

static void
extend_row (const HfFocusTile *tile, float *row, int width, HfRect inner)
{
    int x0 = tile->core.x, last = x0 + tile->core.width + tile->margin;

    for (int x = x0 - tile->margin; x < inner.x; x++)
        row[x - x0] = row[mirror (x, width) - x0];
    for (int x = inner.x + inner.width; x < last; x++)
        row[x - x0] = row[mirror (x, width) - x0];
}

static void
extend (const HfFocusTile *tile, float *plane, int width, int height, HfRect inner)
{
    int y0 = tile->core.y, m = tile->margin;
    size_t bytes = (size_t) (tile->core.width + 2 * m) * sizeof (float);

    for (int y = inner.y; y < inner.y + inner.height; y++)
        extend_row (tile, tile_row (tile, plane, y), width, inner);
    for (int y = y0 - m; y < y0 + tile->core.height + m; y++)
        if (y < inner.y || y >= inner.y + inner.height)
            memcpy (tile_row (tile, plane, y) - m, tile_row (tile, plane, mirror (y, height)) - m,
                    bytes);
}

static void
extend_all (HfFocusTile *tile, int width, int height, HfRect inner)
{
    for (int c = 0; c < tile->n_colours; c++)
        extend (tile, tile->colour[c], width, height, inner);
    if (!tile->opaque)
        extend (tile, tile->validity, width, height, inner);
}

/* Colour that nobody saw must not show in a blur or a mean. */
static void
hide_invalid (const HfBand *band)
{
    for (int y = 0; y < band->rect.height; y++) {
        size_t skip = (size_t) y * band->stride;

        for (int c = 0; c < band->n_colours; c++)
            for (int x = 0; x < band->rect.width; x++)
                band->colour[c][skip + (size_t) x] =
                    band->validity[skip + (size_t) x] > 0 ? band->colour[c][skip + (size_t) x] : 0;
    }
}

void
hf_focus_tile_read (HfFocusTile *tile, int width, int height, const HfBandReader *frame, int worker)
{
    HfRect inner = inside (tile, width, height);
    HfBand band = { .rect = inner, .n_colours = tile->n_colours, .stride = tile->stride };
    int x = inner.x - tile->core.x;

    for (int c = 0; c < tile->n_colours; c++)
        band.colour[c] = tile_row (tile, tile->colour[c], inner.y) + x;
    band.validity = tile_row (tile, tile->validity, inner.y) + x;
    frame->read (frame->data, &band, worker);
    tile->opaque = band.opaque;
    if (!band.opaque)
        hide_invalid (&band);
    extend_all (tile, width, height, inner);
}

void
hf_focus_tile_load (HfFocusTile *tile, int width, int height, size_t stride, float *const colour[3],
                    const float *validity)
{
    HfRect inner = inside (tile, width, height);
    size_t bytes = (size_t) inner.width * sizeof (float);
    int x = inner.x - tile->core.x;

    tile->opaque = !validity;
    for (int y = inner.y; y < inner.y + inner.height; y++) {
        size_t from = (size_t) y * stride + (size_t) inner.x;

        for (int c = 0; c < tile->n_colours; c++)
            memcpy (tile_row (tile, tile->colour[c], y) + x, colour[c] + from, bytes);
        if (validity)
            memcpy (tile_row (tile, tile->validity, y) + x, validity + from, bytes);
    }
    extend_all (tile, width, height, inner);
}

/* ---- measuring ---- */

/* Rows y - reach .. y + reach of a plane, from column x on. */
static void
rows_around (const HfFocusTile *tile, const float *plane, int x, int y, int reach,
             const float **rows)
{
    for (int j = -reach; j <= reach; j++)
        rows[j + reach] = plane + (ptrdiff_t) (y + j) * (ptrdiff_t) tile->stride + x;
}

typedef struct Window {
    const float *weights; /* NULL: the smallest of the window */
    int reach;
} Window;

/* in -> out through `between`, for the core grown by `grown`; in must be good `reach` farther. */
static void
filter (const HfFocusTile *tile, const HfDepthKernels *kernels, Window window, int grown,
        const float *in, float *between, float *out)
{
    const float *rows[2 * HF_TILE_LONGEST_REACH + 1];
    int reach = window.reach, n = tile->core.width + 2 * grown;

    for (int y = -grown; y < tile->core.height + grown; y++) {
        float *row = between + (ptrdiff_t) y * (ptrdiff_t) tile->stride;
        float *result = out + (ptrdiff_t) y * (ptrdiff_t) tile->stride - grown;

        rows_around (tile, in, -grown - reach, y, reach, rows);
        if (window.weights) {
            kernels->convolve_columns (row - grown - reach, rows, window.weights, reach,
                                       n + 2 * reach);
            kernels->convolve_row (result, row - grown, window.weights, reach, n);
        } else {
            kernels->least_of_rows (row - grown - reach, rows, reach, n + 2 * reach);
            kernels->least_in_row (result, row - grown, reach, n);
        }
    }
}

typedef void (*Sharpness) (float *out, const float *const *rows, int more, int n);

static Sharpness
sharpness_of (const HfDepthKernels *kernels, HfDepthEnergy energy)
{
    switch (energy) {
    case HF_DEPTH_ENERGY_TENENGRAD:
        return kernels->tenengrad;
    case HF_DEPTH_ENERGY_SOBEL:
        return kernels->sobel;
    case HF_DEPTH_ENERGY_LAPLACIAN:
        return kernels->laplacian;
    case HF_DEPTH_ENERGY_MODIFIED_LAPLACIAN:
        return kernels->modified_laplacian;
    case HF_DEPTH_ENERGY_VARIANCE:
        return kernels->variance;
    }
    return kernels->tenengrad;
}

/* Sharpness of each pixel of the core grown by `grown`, in work[0]. */
static void
measure_pixels (HfFocusTile *tile, const HfFocusMeasure *measure, const HfDepthKernels *kernels,
                int grown)
{
    Sharpness sharpness = sharpness_of (kernels, measure->energy);
    Window blur = { measure->blur_weights, measure->blur };
    const float *rows[3];

    for (int c = 0; c < tile->n_colours; c++) {
        const float *picture = tile->colour[c];

        if (measure->blur) {
            filter (tile, kernels, blur, grown + 1, picture, tile->work[1], tile->work[2]);
            picture = tile->work[2];
        }
        for (int y = -grown; y < tile->core.height + grown; y++) {
            rows_around (tile, picture, -grown, y, 1, rows);
            sharpness (tile->work[0] + (ptrdiff_t) y * (ptrdiff_t) tile->stride - grown, rows,
                       c > 0, tile->core.width + 2 * grown);
        }
    }
}

/* Takes out what saw something invalid. */
static void
measure_validity (HfFocusTile *tile, const HfFocusMeasure *measure, const HfDepthKernels *kernels,
                  int grown)
{
    Window least = { NULL, 1 + measure->blur };
    int n = tile->core.width + 2 * grown;

    filter (tile, kernels, least, grown, tile->validity, tile->work[1], tile->work[2]);
    for (int y = -grown; y < tile->core.height + grown; y++) {
        ptrdiff_t at = (ptrdiff_t) y * (ptrdiff_t) tile->stride - grown;

        kernels->multiply (tile->work[0] + at, tile->work[2] + at, n);
    }
}

static void
smooth_energy (HfFocusTile *tile, const HfFocusMeasure *measure, const HfDepthKernels *kernels)
{
    const float *rows[2 * HF_TILE_LONGEST_REACH + 1];

    for (int y = 0; y < tile->core.height; y++) {
        rows_around (tile, tile->work[0], 0, y, measure->smooth, rows);
        kernels->smooth (tile->work[1] + (size_t) y * tile->stride, rows, measure->smooth_weights,
                         measure->smooth_sigma, measure->smooth, tile->core.width);
    }
    for (int y = 0; y < tile->core.height; y++)
        memcpy (tile->work[0] + (size_t) y * tile->stride,
                tile->work[1] + (size_t) y * tile->stride,
                (size_t) tile->core.width * sizeof (float));
}

void
hf_focus_tile_measure (HfFocusTile *tile, const HfFocusMeasure *measure,
                       const HfDepthKernels *kernels)
{
    Window window = { measure->window_weights, measure->window };
    int grown = measure->smooth, all = grown + measure->window;

    measure_pixels (tile, measure, kernels, all);
    if (!tile->opaque)
        measure_validity (tile, measure, kernels, all);
    if (measure->window)
        filter (tile, kernels, window, grown, tile->work[0], tile->work[1], tile->work[2]);
    for (int y = -grown; y < tile->core.height + grown; y++) {
        ptrdiff_t at = (ptrdiff_t) y * (ptrdiff_t) tile->stride - grown;
        int n = tile->core.width + 2 * grown;

        if (measure->window)
            memcpy (tile->work[0] + at, tile->work[2] + at, (size_t) n * sizeof (float));
        if (is_linear (measure->energy))
            kernels->square (tile->work[0] + at, n);
    }
    if (measure->smooth)
        smooth_energy (tile, measure, kernels);
    for (int y = 0; y < tile->core.height && !tile->opaque; y++)
        kernels->mark_invalid (tile->work[0] + (size_t) y * tile->stride,
                               tile->validity + (size_t) y * tile->stride, tile->core.width);
}
