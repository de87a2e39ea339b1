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
#include <stdlib.h>
#include <string.h>

enum { N = HF_ALIGN_AFFINE, REWEIGHTINGS = 8 };

static const double TUKEY2 = 4.685 * 4.685;
static const double CHI2_MEDIAN = 1.386; /* of two degrees of freedom */

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

static void
add_tile (const HfAlignTile *tile, HfAlignQuadratic *quadratic)
{
    double at[3] = { 1, tile->u, tile->v };
    double xx = tile->weight * tile->xx, xy = tile->weight * tile->xy, yy = tile->weight * tile->yy;
    double bx = xx * tile->dx + xy * tile->dy, by = xy * tile->dx + yy * tile->dy;

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
    quadratic->n_tiles += tile->weight > 0;
}

static void
sum_tiles (const HfAlignTile *tiles, int n_tiles, HfAlignQuadratic *quadratic)
{
    memset (quadratic, 0, sizeof *quadratic);
    for (int i = 0; i < n_tiles; i++)
        add_tile (&tiles[i], quadratic);
}

static double
energy_of (const HfAlignTile *tile, const double p[N])
{
    double ex = p[0] + p[1] * tile->u + p[2] * tile->v - tile->dx;
    double ey = p[3] + p[4] * tile->u + p[5] * tile->v - tile->dy;

    return tile->xx * ex * ex + 2 * tile->xy * ex * ey + tile->yy * ey * ey;
}

static int
compare (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static void
weigh_tiles (HfAlignTile *tiles, int n_tiles, const double p[N], double *energies)
{
    double limit;

    for (int i = 0; i < n_tiles; i++)
        energies[i] = energy_of (&tiles[i], p);
    qsort (energies, (size_t) n_tiles, sizeof *energies, compare);
    limit = TUKEY2 * energies[n_tiles / 2] / CHI2_MEDIAN + 1e-12;
    for (int i = 0; i < n_tiles; i++) {
        double root = fmax (0, 1 - energy_of (&tiles[i], p) / limit);

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
    double *energies = g_new (double, MAX (n_tiles, 1));
    double p[N];

    sum_tiles (tiles, n_tiles, quadratic);
    for (int i = 0; i < REWEIGHTINGS && n_tiles > 0; i++) {
        if (!minimise (quadratic->h, quadratic->g, none, basis, n_parameters, p))
            break;
        weigh_tiles (tiles, n_tiles, p, energies);
        sum_tiles (tiles, n_tiles, quadratic);
    }
    g_free (energies);
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
