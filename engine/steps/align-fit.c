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

enum { N = HF_ALIGN_PARAMETERS, REWEIGHTINGS = 8, BINS = 1024 };

static const double AGREES = 0.5; /* pixels of the level between a tile and the motion */
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

/* Least energy over p = fixed + sum q_k basis_k; p is what comes out, and q unless that is NULL. */
static bool
minimise (const HfAlignSums *sums, const double fixed[N], const double basis[][N], int n,
          double p[N], double *q)
{
    double a[N * N], b[N];

    for (int k = 0; k < n; k++) {
        b[k] = 0;
        for (int i = 0; i < N; i++) {
            double residual = sums->g[i];

            for (int j = 0; j < N; j++)
                residual -= sums->h[i][j] * fixed[j];
            b[k] += basis[k][i] * residual;
        }
        for (int l = 0; l < n; l++) {
            a[k * n + l] = 0;
            for (int i = 0; i < N; i++)
                for (int j = 0; j < N; j++)
                    a[k * n + l] += basis[k][i] * sums->h[i][j] * basis[l][j];
        }
    }
    if (n > 0 && !hf_align_solve (a, b, n))
        return false;
    memcpy (p, fixed, N * sizeof *p);
    for (int k = 0; k < n; k++)
        for (int i = 0; i < N; i++)
            p[i] += b[k] * basis[k][i];
    for (int k = 0; q && k < n; k++)
        q[k] = b[k];
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

/* Monomials u^i v^j of up to the fourth degree, the first six up to the second. */
enum { MONOMIALS = 15, SQUARES = 6 };
static const signed char exponents[MONOMIALS][2] = {
    { 0, 0 }, { 1, 0 }, { 0, 1 }, { 2, 0 }, { 1, 1 }, { 0, 2 }, { 3, 0 }, { 2, 1 },
    { 1, 2 }, { 0, 3 }, { 4, 0 }, { 3, 1 }, { 2, 2 }, { 1, 3 }, { 0, 4 },
};

/* By which monomial each parameter moves x and y; -1 = not at all. */
static const signed char moves[N][2] = {
    { 0, -1 }, { 1, -1 }, { 2, -1 }, { -1, 0 }, { -1, 1 }, { -1, 2 }, { 3, 4 }, { 4, 5 },
};

/* Sums over tiles from which the quadratic is put together. */
typedef struct Moments {
    double xx[MONOMIALS], xy[MONOMIALS], yy[MONOMIALS], x[SQUARES], y[SQUARES];
} Moments;

static int
product_of (int a, int b)
{
    int i = exponents[a][0] + exponents[b][0], j = exponents[a][1] + exponents[b][1];

    return (i + j) * (i + j + 1) / 2 + j;
}

static void
put_together (const Moments *moments, HfAlignSums *sums)
{
    const double *products[2][2] = { { moments->xx, moments->xy }, { moments->xy, moments->yy } };
    const double *rights[2] = { moments->x, moments->y };

    for (int i = 0; i < N; i++) {
        for (int a = 0; a < 2; a++) {
            if (moves[i][a] < 0)
                continue;
            sums->g[i] += rights[a][moves[i][a]];
            for (int j = 0; j < N; j++)
                for (int b = 0; b < 2; b++)
                    if (moves[j][b] >= 0)
                        sums->h[i][j] += products[a][b][product_of (moves[i][a], moves[j][b])];
        }
    }
}

static void
add_tile (const HfAlignTile *tile, double spread, Moments *moments, HfAlignSums *sums)
{
    double u = tile->u, v = tile->v, w = tile->weight, xx, xy, yy, bx, by;
    double uu = u * u, uv = u * v, vv = v * v;
    double at[MONOMIALS] = { 1,      u,      v,       uu,      uv,      vv,      u * uu, v * uu,
                             u * vv, v * vv, uu * uu, uu * uv, uu * vv, uv * vv, vv * vv };

    information (tile, spread, &xx, &xy, &yy);
    xx *= w;
    xy *= w;
    yy *= w;
    bx = xx * tile->dx + xy * tile->dy;
    by = xy * tile->dx + yy * tile->dy;
    for (int k = 0; k < MONOMIALS; k++) {
        moments->xx[k] += xx * at[k];
        moments->xy[k] += xy * at[k];
        moments->yy[k] += yy * at[k];
    }
    for (int k = 0; k < SQUARES; k++) {
        moments->x[k] += bx * at[k];
        moments->y[k] += by * at[k];
    }
    sums->c += bx * tile->dx + by * tile->dy;
    sums->weight += 0.5 * (xx + yy);
    sums->noise += 2 * w - spread * tile->softness * (xx + yy);
}

static void
add_sums (HfAlignSums *to, const HfAlignSums *sums, double sign)
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++)
            to->h[i][j] += sign * sums->h[i][j];
        to->g[i] += sign * sums->g[i];
    }
    to->c += sign * sums->c;
    to->weight += sign * sums->weight;
    to->noise += sign * sums->noise;
}

/* Which third of the picture, 0 .. 2, `at` lies in; 0 is the middle of `size`. */
static int
third (double at, double size)
{
    return CLAMP ((int) floor (3 * (at / size + 0.5)), 0, 2);
}

/* The quadratic's centre is set; it is that of the picture. */
static void
sum_tiles (const HfAlignTile *tiles, int n_tiles, double spread, HfAlignQuadratic *quadratic)
{
    double width = 2 * quadratic->centre_x + 1, height = 2 * quadratic->centre_y + 1;
    Moments moments[HF_ALIGN_CELLS] = { { { 0 } } };

    memset (&quadratic->all, 0, sizeof quadratic->all);
    memset (quadratic->cells, 0, sizeof quadratic->cells);
    quadratic->n_tiles = 0;
    for (int i = 0; i < n_tiles; i++) {
        int cell = 3 * third (tiles[i].v, height) + third (tiles[i].u, width);

        add_tile (&tiles[i], spread, &moments[cell], &quadratic->cells[cell]);
        quadratic->n_tiles += tiles[i].weight > 0;
    }
    for (int cell = 0; cell < HF_ALIGN_CELLS; cell++) {
        put_together (&moments[cell], &quadratic->cells[cell]);
        add_sums (&quadratic->all, &quadratic->cells[cell], 1);
    }
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
    double lean = p[6] * tile->u + p[7] * tile->v;

    *ex = p[0] + (p[1] + lean) * tile->u + p[2] * tile->v - tile->dx;
    *ey = p[3] + p[4] * tile->u + (p[5] + lean) * tile->v - tile->dy;
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

static const double shift_basis[2][N] = { { [0] = 1 }, { [3] = 1 } };
static const double rigid_basis[4][N] = {
    { [0] = 1 }, { [3] = 1 }, { [1] = 1, [5] = 1 }, { [2] = -1, [4] = 1 }
};
static const double every_basis[N][N] = { { [0] = 1 }, { [1] = 1 }, { [2] = 1 }, { [3] = 1 },
                                          { [4] = 1 }, { [5] = 1 }, { [6] = 1 }, { [7] = 1 } };

static double
inliers_of (const HfAlignTiles *tiles, const double p[N])
{
    double agree = 0, all = tiles->lost;

    for (int i = 0; i < tiles->n; i++) {
        double ex, ey;

        error_of (&tiles->tiles[i], p, &ex, &ey);
        if (tiles->tiles[i].alike && ex * ex + ey * ey < AGREES * AGREES)
            agree += tiles->tiles[i].texture;
        all += tiles->tiles[i].texture;
    }
    return all > 0 ? agree / all : 0;
}

void
hf_align_fit_tiles (HfAlignTiles *tiles, int n_parameters, const HfAlignLevel *template,
                    const HfMatrix *m, HfAlignQuadratic *quadratic)
{
    static const double none[N] = { 0 };
    const double (*basis)[N] = n_parameters == 2   ? shift_basis
                               : n_parameters == 4 ? rigid_basis
                                                   : every_basis;
    double p[N] = { 0 }, spread = FIRST_SPREAD;

    quadratic->base = *m;
    quadratic->centre_x = 0.5 * (template->width - 1);
    quadratic->centre_y = 0.5 * (template->height - 1);
    sum_tiles (tiles->tiles, tiles->n, spread, quadratic);
    for (int i = 0; i < REWEIGHTINGS && tiles->n > 0; i++) {
        if (!minimise (&quadratic->all, none, basis, n_parameters, p, NULL))
            break;
        spread = spread_of (tiles->tiles, tiles->n, p, spread);
        weigh_tiles (tiles->tiles, tiles->n, p, spread);
        sum_tiles (tiles->tiles, tiles->n, spread, quadratic);
    }
    quadratic->inliers = inliers_of (tiles, p);
}

/*
 * The p of base × (I + P) = q about the centre, linear in q: of a projective q the displacement
 * times its denominator, which is 1 but for the small motion that p is.
 */
static void
to_parameters (const HfAlignQuadratic *quadratic, const HfMatrix *inverse, HfMatrix q, double p[N])
{
    HfMatrix d = hf_matrix_multiply (*inverse, q);
    double x = quadratic->centre_x, y = quadratic->centre_y, *m = d.m;

    for (int row = 0; row < 3; row++)
        m[3 * row + 2] += m[3 * row] * x + m[3 * row + 1] * y;
    for (int column = 0; column < 3; column++) {
        m[column] -= x * m[6 + column];
        m[3 + column] -= y * m[6 + column];
    }
    p[0] = m[2];
    p[1] = m[0] - m[8];
    p[2] = m[1];
    p[3] = m[5];
    p[4] = m[3];
    p[5] = m[4] - m[8];
    p[6] = -m[6];
    p[7] = -m[7];
}

/* Matrices of a model are first + sum q_k unit_k; of all but homographies the last row is 0 0 1. */
static int
matrices_of (HfTransformModel model, const HfMatrix *none, HfMatrix *first, HfMatrix units[N])
{
    static const HfMatrix zero = { { 0, 0, 0, 0, 0, 0, 0, 0, 1 } };
    int n = 0;

    *first = model == HF_TRANSFORM_NONE || model == HF_TRANSFORM_TRANSLATION ? *none : zero;
    memset (units, 0, N * sizeof *units);
    if (model == HF_TRANSFORM_NONE)
        return 0;
    units[n++].m[2] = 1;
    units[n++].m[5] = 1;
    if (model == HF_TRANSFORM_AFFINE || model == HF_TRANSFORM_HOMOGRAPHY) {
        units[n++].m[0] = 1;
        units[n++].m[1] = 1;
        units[n++].m[3] = 1;
        units[n++].m[4] = 1;
    } else if (model != HF_TRANSFORM_TRANSLATION) {
        units[n].m[0] = 1;
        units[n++].m[4] = 1;
        units[n].m[1] = -1;
        units[n++].m[3] = 1;
    }
    if (model == HF_TRANSFORM_HOMOGRAPHY) {
        units[n++].m[6] = 1;
        units[n++].m[7] = 1;
    }
    return n;
}

static double
energy_at (const HfAlignSums *sums, const double p[N])
{
    double energy = sums->c;

    for (int i = 0; i < N; i++) {
        energy -= 2 * sums->g[i] * p[i];
        for (int j = 0; j < N; j++)
            energy += sums->h[i][j] * p[i] * p[j];
    }
    return fmax (energy, 0);
}

static double
mean_square_of (const HfAlignQuadratic *quadratic, double energy)
{
    return quadratic->all.weight > 0 ? energy / quadratic->all.weight : 0;
}

/* A model's matrices as parameters about the base: p = fixed + sum q_k basis_k. */
typedef struct Space {
    HfMatrix first, units[N];
    double fixed[N], basis[N][N];
    int n;
} Space;

static bool
space_of (const HfAlignQuadratic *quadratic, HfTransformModel model, const HfMatrix *none,
          Space *space)
{
    HfMatrix inverse;

    if (!hf_matrix_invert (quadratic->base, &inverse))
        return false;
    space->n = matrices_of (model, none, &space->first, space->units);
    to_parameters (quadratic, &inverse, space->first, space->fixed);
    for (int k = 0; k < space->n; k++)
        to_parameters (quadratic, &inverse, space->units[k], space->basis[k]);
    return true;
}

bool
hf_align_best (const HfAlignQuadratic *quadratic, HfTransformModel model, const HfMatrix *none,
               HfMatrix *matrix, double *mean_square)
{
    double p[N], q[N];
    Space space;

    if (!space_of (quadratic, model, none, &space) ||
        !minimise (&quadratic->all, space.fixed, space.basis, space.n, p, q))
        return false;
    *matrix = space.first;
    for (int k = 0; k < space.n; k++)
        for (int i = 0; i < 9; i++)
            matrix->m[i] += q[k] * space.units[k].m[i];
    *mean_square = mean_square_of (quadratic, energy_at (&quadratic->all, p));
    return true;
}

bool
hf_align_predict (const HfAlignQuadratic *quadratic, HfTransformModel model, const HfMatrix *none,
                  double *mean_square)
{
    double energy = 0, p[N];
    Space space;

    if (!space_of (quadratic, model, none, &space))
        return false;
    for (int cell = 0; cell < HF_ALIGN_CELLS; cell++) {
        HfAlignSums others = quadratic->all;

        add_sums (&others, &quadratic->cells[cell], -1);
        if (!minimise (&others, space.fixed, space.basis, space.n, p, NULL) &&
            !minimise (&quadratic->all, space.fixed, space.basis, space.n, p, NULL))
            return false;
        energy += energy_at (&quadratic->cells[cell], p);
    }
    *mean_square = mean_square_of (quadratic, energy);
    return true;
}
