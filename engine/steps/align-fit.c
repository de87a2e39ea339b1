/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * From the local shifts of the tiles to one motion of the picture.
 *
 * A tile at (u, v) that saw the shift d with inverse covariance S adds w (p (u, v) - d)' S (p (u,
 * v) - d) to the energy of a motion p. w is Tukey's biweight of that term against the median of all
 * tiles: tiles on occlusion borders, on repeated texture that slipped, or on things that moved by
 * themselves do not vote. Summed up, the energy is a quadratic in the six numbers of an affine p.
 * It is all that is kept of a pair: the best shift, similarity or affine motion, and how well "no
 * motion" does, follow from it without looking at pixels again.
 */
#include "steps/align-pair.h"

#include <math.h>
#include <string.h>

enum { N = HF_ALIGN_AFFINE, REWEIGHTINGS = 8, BINS = 1024 };

static const double TUKEY2 = 4.685 * 4.685;
static const double CHI2_MEDIAN = 1.386;   /* of two degrees of freedom */
static const double FIRST_SPREAD = 1;      /* pixels² of the level */
static const double LEAST_SPREAD = 0.0004; /* pixels² of the level */

/* Cholesky's factorisation after scaling the diagonal to one. */
bool
hf_align_solve (double *a, double *b, int n)
{
    double scale[N];

    for (int i = 0; i < n; i++) {
        if (!(a[i * n + i] > 0))
            return false;
        scale[i] = 1 / sqrt (a[i * n + i]);
    }
    for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = a[i * n + j] * scale[i] * scale[j];

            for (int k = 0; k < j; k++)
                sum -= a[i * n + k] * a[j * n + k];
            if (i != j)
                a[i * n + j] = sum / a[j * n + j];
            else if (sum > 1e-9)
                a[i * n + i] = sqrt (sum);
            else
                return false;
        }
        b[i] *= scale[i];
        for (int k = 0; k < i; k++)
            b[i] -= a[i * n + k] * b[k];
        b[i] /= a[i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++)
            b[i] -= a[k * n + i] * b[k];
        b[i] /= a[i * n + i];
    }
    for (int i = 0; i < n; i++)
        b[i] *= scale[i];
    return true;
}

/* Least energy over p = fixed + sum q_k basis_k; p is what comes out. */
static bool
minimise (const double h[N][N], const double g[N], const double fixed[N], const double basis[][N],
          int n, double p[N])
{
    double a[N * N], b[N];

    for (int k = 0; k < n; k++) {
        b[k] = 0;
        for (int i = 0; i < N; i++) {
            double residual = g[i];

            for (int j = 0; j < N; j++)
                residual -= h[i][j] * fixed[j];
            b[k] += basis[k][i] * residual;
        }
        for (int l = 0; l < n; l++) {
            a[k * n + l] = 0;
            for (int i = 0; i < N; i++)
                for (int j = 0; j < N; j++)
                    a[k * n + l] += basis[k][i] * h[i][j] * basis[l][j];
        }
    }
    if (n > 0 && !hf_align_solve (a, b, n))
        return false;
    memcpy (p, fixed, N * sizeof *p);
    for (int k = 0; k < n; k++)
        for (int i = 0; i < N; i++)
            p[i] += b[k] * basis[k][i];
    return true;
}

/*
 * The inverse of the covariance of a tile's shift about the model: that of noise, and `spread`, the
 * variance of what the model does not explain, times the tile's softness.
 *     (C + t)^-1 = (S + t |S|) / (1 + t tr S + t² |S|)   for S = C^-1
 */
static void
information (const HfAlignTile *tile, double spread, double *xx, double *xy, double *yy)
{
    double t = spread * tile->softness;
    double determinant = tile->xx * tile->yy - tile->xy * tile->xy;
    double scale = 1 / (1 + t * (tile->xx + tile->yy) + t * t * determinant);

    *xx = (tile->xx + t * determinant) * scale;
    *xy = tile->xy * scale;
    *yy = (tile->yy + t * determinant) * scale;
}

static void
add_tile (const HfAlignTile *tile, double spread, HfAlignQuadratic *quadratic)
{
    double at[3] = { 1, tile->u, tile->v }, w = tile->weight, xx, xy, yy, bx, by;

    information (tile, spread, &xx, &xy, &yy);
    xx *= w;
    xy *= w;
    yy *= w;
    bx = xx * tile->dx + xy * tile->dy;
    by = xy * tile->dx + yy * tile->dy;
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            quadratic->h[i][j] += xx * at[i] * at[j];
            quadratic->h[i][3 + j] += xy * at[i] * at[j];
            quadratic->h[3 + i][j] += xy * at[i] * at[j];
            quadratic->h[3 + i][3 + j] += yy * at[i] * at[j];
        }
        quadratic->g[i] += bx * at[i];
        quadratic->g[3 + i] += by * at[i];
    }
    quadratic->c += bx * tile->dx + by * tile->dy;
    quadratic->weight += 0.5 * (xx + yy);
    quadratic->noise += 2 * w - spread * tile->softness * (xx + yy);
    quadratic->n_tiles += w > 0;
}

static void
sum_tiles (const HfAlignTile *tiles, int n_tiles, double spread, HfAlignQuadratic *quadratic)
{
    memset (quadratic, 0, sizeof *quadratic);
    for (int i = 0; i < n_tiles; i++)
        add_tile (&tiles[i], spread, quadratic);
}

/* Medians from a histogram: 16 bins for each power of two. */
typedef struct Histogram {
    double bins[BINS];
} Histogram;

static void
count (Histogram *histogram, double value, double weight)
{
    int exponent = 0;
    double mantissa = frexp (value, &exponent);
    int bin = (int) ((exponent + 2 * mantissa - 1 + BINS / 32) * 16);

    histogram->bins[CLAMP (bin, 0, BINS - 1)] += weight;
}

static double
median_of (const Histogram *histogram)
{
    double sum = 0, half = 0;
    int bin = 0;

    for (int i = 0; i < BINS; i++)
        half += histogram->bins[i] / 2;
    while (bin < BINS - 1 && sum + histogram->bins[bin] < half)
        sum += histogram->bins[bin++];
    return ldexp (0.5 + 0.5 * ((bin + 0.5) / 16 - floor ((bin + 0.5) / 16)),
                  (int) floor ((bin + 0.5) / 16) - BINS / 32);
}

static void
error_of (const HfAlignTile *tile, const double p[N], double *ex, double *ey)
{
    *ex = p[0] + p[1] * tile->u + p[2] * tile->v - tile->dx;
    *ey = p[3] + p[4] * tile->u + p[5] * tile->v - tile->dy;
}

/*
 * What the model p leaves unexplained, as a variance of either coordinate: the median square error
 * without the median variance that noise explains, tiles counting by their information.
 */
static double
spread_of (const HfAlignTile *tiles, int n_tiles, const double p[N], double spread)
{
    Histogram errors = { { 0 } }, noises = { { 0 } };

    for (int i = 0; i < n_tiles; i++) {
        const HfAlignTile *tile = &tiles[i];
        double ex, ey, xx, xy, yy, determinant = tile->xx * tile->yy - tile->xy * tile->xy;

        error_of (tile, p, &ex, &ey);
        information (tile, spread, &xx, &xy, &yy);
        count (&errors, (ex * ex + ey * ey) / tile->softness, (xx + yy) * tile->softness);
        count (&noises, 0.5 * (tile->xx + tile->yy) / determinant / tile->softness,
               (xx + yy) * tile->softness);
    }
    return fmax (median_of (&errors) / CHI2_MEDIAN - median_of (&noises), LEAST_SPREAD);
}

static void
weigh_tiles (HfAlignTile *tiles, int n_tiles, const double p[N], double spread)
{
    for (int i = 0; i < n_tiles; i++) {
        double ex, ey, xx, xy, yy, root;

        error_of (&tiles[i], p, &ex, &ey);
        information (&tiles[i], spread, &xx, &xy, &yy);
        root = fmax (0, 1 - (xx * ex * ex + 2 * xy * ex * ey + yy * ey * ey) / TUKEY2);
        tiles[i].weight = root * root;
    }
}

static const double shift_basis[2][N] = { { 1, 0, 0, 0, 0, 0 }, { 0, 0, 0, 1, 0, 0 } };
static const double rigid_basis[4][N] = {
    { 1, 0, 0, 0, 0, 0 }, { 0, 0, 0, 1, 0, 0 }, { 0, 1, 0, 0, 0, 1 }, { 0, 0, -1, 0, 1, 0 }
};
static const double affine_basis[6][N] = { { 1, 0, 0, 0, 0, 0 }, { 0, 1, 0, 0, 0, 0 },
                                           { 0, 0, 1, 0, 0, 0 }, { 0, 0, 0, 1, 0, 0 },
                                           { 0, 0, 0, 0, 1, 0 }, { 0, 0, 0, 0, 0, 1 } };

void
hf_align_fit_tiles (HfAlignTile *tiles, int n_tiles, int n_parameters, const HfAlignLevel *template,
                    const HfMatrix *m, HfAlignQuadratic *quadratic)
{
    static const double none[N] = { 0 };
    const double (*basis)[N] = n_parameters == 2   ? shift_basis
                               : n_parameters == 4 ? rigid_basis
                                                   : affine_basis;
    double p[N], spread = FIRST_SPREAD;

    sum_tiles (tiles, n_tiles, spread, quadratic);
    for (int i = 0; i < REWEIGHTINGS && n_tiles > 0; i++) {
        if (!minimise (quadratic->h, quadratic->g, none, basis, n_parameters, p))
            break;
        spread = spread_of (tiles, n_tiles, p, spread);
        weigh_tiles (tiles, n_tiles, p, spread);
        sum_tiles (tiles, n_tiles, spread, quadratic);
    }
    quadratic->base = *m;
    quadratic->centre_x = 0.5 * (template->width - 1);
    quadratic->centre_y = 0.5 * (template->height - 1);
}

/* The p of base × (I + P) = q, about the centre. */
static void
to_parameters (const HfAlignQuadratic *quadratic, const HfMatrix *inverse, HfMatrix q, double p[N])
{
    HfMatrix d = hf_matrix_multiply (*inverse, q);
    double x = quadratic->centre_x, y = quadratic->centre_y;

    d.m[0] -= 1;
    d.m[4] -= 1;
    for (int row = 0; row < 2; row++) {
        const double *m = d.m + 3 * row;

        p[3 * row] = m[0] * x + m[1] * y + m[2];
        p[3 * row + 1] = m[0];
        p[3 * row + 2] = m[1];
    }
}

static HfMatrix
from_parameters (const HfAlignQuadratic *quadratic, const double p[N])
{
    double x = quadratic->centre_x, y = quadratic->centre_y;
    HfMatrix step = { { 1 + p[1], p[2], p[0] - p[1] * x - p[2] * y, p[4], 1 + p[5],
                        p[3] - p[4] * x - p[5] * y, 0, 0, 1 } };

    return hf_matrix_multiply (quadratic->base, step);
}

/* Matrices of a model are first + sum q_k unit_k; the last row stays 0 0 1. */
static int
matrices_of (HfTransformModel model, const HfMatrix *none, HfMatrix *first, HfMatrix units[N])
{
    static const HfMatrix zero = { { 0, 0, 0, 0, 0, 0, 0, 0, 1 } };
    int n = 0;

    *first = model == HF_TRANSFORM_NONE || model == HF_TRANSFORM_TRANSLATION ? *none : zero;
    for (int k = 0; k < N; k++)
        units[k] = *first;
    if (model == HF_TRANSFORM_NONE)
        return 0;
    units[n++].m[2] += 1;
    units[n++].m[5] += 1;
    if (model == HF_TRANSFORM_AFFINE) {
        units[n++].m[0] += 1;
        units[n++].m[1] += 1;
        units[n++].m[3] += 1;
        units[n++].m[4] += 1;
    } else if (model != HF_TRANSFORM_TRANSLATION) {
        units[n].m[0] += 1;
        units[n++].m[4] += 1;
        units[n].m[1] -= 1;
        units[n++].m[3] += 1;
    }
    return n;
}

static double
mean_square_at (const HfAlignQuadratic *quadratic, const double p[N])
{
    double energy = quadratic->c;

    for (int i = 0; i < N; i++) {
        energy -= 2 * quadratic->g[i] * p[i];
        for (int j = 0; j < N; j++)
            energy += quadratic->h[i][j] * p[i] * p[j];
    }
    return quadratic->weight > 0 ? fmax (energy, 0) / quadratic->weight : 0;
}

bool
hf_align_best (const HfAlignQuadratic *quadratic, HfTransformModel model, const HfMatrix *none,
               HfMatrix *matrix, double *mean_square)
{
    HfMatrix first, units[N], inverse;
    double fixed[N], basis[N][N], p[N];
    int n = matrices_of (model, none, &first, units);

    if (!hf_matrix_invert (quadratic->base, &inverse))
        return false;
    to_parameters (quadratic, &inverse, first, fixed);
    for (int k = 0; k < n; k++) {
        to_parameters (quadratic, &inverse, units[k], basis[k]);
        for (int i = 0; i < N; i++)
            basis[k][i] -= fixed[i];
    }
    if (!minimise (quadratic->h, quadratic->g, fixed, basis, n, p))
        return false;
    *matrix = model == HF_TRANSFORM_NONE ? *none : from_parameters (quadratic, p);
    *mean_square = mean_square_at (quadratic, p);
    return true;
}
