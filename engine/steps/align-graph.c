/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * One least-squares problem for all frames of a side.
 *
 * An edge says X_to = E X_from, with X the wanted matrices reference -> frame. For affine ones,
 * with the coordinates counted from the middle of the picture, X = (A | t) and E = (B | s): A_to -
 * B A_from = 0,   t_to - B t_from = s, linear, and the same 2 × 2 blocks for each of the three
 * columns of X, so that one factorisation serves all. As B is nearly the unit matrix the residual
 * is the end-point error: |dA|² times the picture's mean square radius + |dt|². Shifts stay shifts
 * and similarities similarities.
 *
 * Projective matrices have a scale that means nothing. With all E and X of determinant 1 it is
 * fixed, X_to = E X_from holds for all nine numbers, and the blocks are 3 × 3; with coordinates
 * counted in mean radii of the picture, an error in any of them moves pixels about as far.
 *
 * An edge over k good frames that leaves the mean square v is weighted by 1 / (k² v): the error
 * that defocus makes grows with k, and a frame that shook fits nowhere well; and by Cauchy's 1 / (1
 * + (r / s)²), s the median residual. Edges reach two nodes back, so the matrix is banded; those
 * from the reference only enter the diagonal and the right side.
 */
#include "steps/align-graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REWEIGHTINGS = 6 };

static const double LEAST_SCALE = 0.01; /* pixels; residuals under it are all alike */

typedef struct System {
    int rows;        /* of a node that are unknown: 2 of an affine matrix, 3 of a projective one */
    int n;           /* unknowns of a column: rows a node */
    int width;       /* of the band: the lower half with the diagonal, two nodes back */
    double *band;    /* n × width: row i, columns i - width + 1 .. i */
    double *columns; /* 3 × n: right sides, then solutions */
    double *weights, *residuals, *sorted;
    HfMatrix to_units, to_pixels; /* from pixels to the system's coordinates, and back */
    int picture_width, picture_height;
} System;

static double *
entry (const System *system, int row, int column)
{
    return &system->band[row * system->width + column - row + system->width - 1];
}

/* The band += w a' b, 3 × 3 blocks of which `rows` count, at two nodes' unknowns. */
static void
add_block (const System *system, int row, int column, double w, const HfMatrix *a,
           const HfMatrix *b)
{
    int n = system->rows;

    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n && n * column + j <= n * row + i; j++) {
            double sum = 0;

            for (int k = 0; k < n; k++)
                sum += a->m[3 * k + i] * b->m[3 * k + j];
            *entry (system, n * row + i, n * column + j) += w * sum;
        }
    }
}

/* What row k of X_to - E X_from in column c must be, the unknowns alone counted on the left. */
static double
right_side (const System *system, const HfMatrix *e, bool from_reference, int k, int c)
{
    return from_reference || (system->rows == 2 && c == 2) ? e->m[3 * k + c] : 0;
}

/* Unknown number of a node's first row; the reference has none. */
static void
add_edge (const System *system, const HfAlignEdge *edge, const HfMatrix *e, double w)
{
    HfMatrix unit = hf_matrix_identity ();
    int to = edge->to - 1, from = edge->from - 1, n = system->rows;

    add_block (system, to, to, w, &unit, &unit);
    if (from >= 0) {
        add_block (system, to, from, -w, &unit, e);
        add_block (system, from, from, w, e, e);
    }
    for (int c = 0; c < 3; c++) {
        double *right = system->columns + c * system->n;

        for (int k = 0; k < n; k++) {
            double value = w * right_side (system, e, from < 0, k, c);

            right[n * to + k] += value;
            for (int i = 0; from >= 0 && i < n; i++)
                right[n * from + i] -= e->m[3 * k + i] * value;
        }
    }
}

static bool
factorise (const System *system)
{
    for (int i = 0; i < system->n; i++) {
        int first = MAX (0, i - system->width + 1);

        for (int j = first; j <= i; j++) {
            double sum = *entry (system, i, j);

            for (int k = MAX (first, j - system->width + 1); k < j; k++)
                sum -= *entry (system, i, k) * *entry (system, j, k);
            if (i == j && !(sum > 1e-12))
                return false;
            *entry (system, i, j) = i == j ? sqrt (sum) : sum / *entry (system, j, j);
        }
    }
    return true;
}

static void
substitute (const System *system, double *x)
{
    int n = system->n;

    for (int i = 0; i < n; i++) {
        for (int k = MAX (0, i - system->width + 1); k < i; k++)
            x[i] -= *entry (system, i, k) * x[k];
        x[i] /= *entry (system, i, i);
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < MIN (n, i + system->width); k++)
            x[i] -= *entry (system, k, i) * x[k];
        x[i] /= *entry (system, i, i);
    }
}

static bool
solve_weighted (const System *system, const HfAlignEdge *edges, const HfMatrix *centred,
                int n_edges)
{
    memset (system->band, 0, (size_t) system->n * (size_t) system->width * sizeof (double));
    memset (system->columns, 0, (size_t) system->n * 3 * sizeof (double));
    for (int i = 0; i < n_edges; i++)
        add_edge (system, &edges[i], &centred[i], system->weights[i]);
    if (!factorise (system))
        return false;
    for (int c = 0; c < 3; c++)
        substitute (system, system->columns + c * system->n);
    return true;
}

static HfMatrix
node_matrix (const System *system, int node)
{
    HfMatrix x = hf_matrix_identity ();

    for (int c = 0; node > 0 && c < 3; c++)
        for (int k = 0; k < system->rows; k++)
            x.m[3 * k + c] = system->columns[c * system->n + system->rows * (node - 1) + k];
    return x;
}

static HfMatrix
in_pixels (const System *system, HfMatrix m)
{
    return hf_matrix_normalise (
        hf_matrix_multiply (system->to_pixels, hf_matrix_multiply (m, system->to_units)));
}

/* Root of the mean square distance, over the picture, of what the edge says to what was found. */
static double
affine_residual (const System *system, const HfMatrix *to, const HfMatrix *said)
{
    double width = system->picture_width, height = system->picture_height, sum = 0;
    double variance[3] = { width * width / 12, height * height / 12, 1 };

    for (int i = 0; i < 6; i++)
        sum += (to->m[i] - said->m[i]) * (to->m[i] - said->m[i]) * variance[i % 3];
    return sqrt (sum);
}

static double
residual_of (const System *system, const HfAlignEdge *edge, const HfMatrix *e)
{
    HfMatrix to = node_matrix (system, edge->to);
    HfMatrix said = hf_matrix_multiply (*e, node_matrix (system, edge->from));
    double mean;

    if (system->rows == 2)
        return affine_residual (system, &to, &said);
    to = in_pixels (system, to);
    said = in_pixels (system, said);
    hf_matrix_distance (&to, &said, system->picture_width, system->picture_height, &mean, NULL);
    return mean;
}

static int
compare (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

static double
weight_of (const HfAlignEdge *edge)
{
    return 1 / (edge->distance * edge->distance * (edge->variance + LEAST_SCALE * LEAST_SCALE));
}

static void
reweigh (const System *system, const HfAlignEdge *edges, const HfMatrix *centred, int n_edges)
{
    double scale;

    for (int i = 0; i < n_edges; i++)
        system->residuals[i] = system->sorted[i] = residual_of (system, &edges[i], &centred[i]);
    qsort (system->sorted, (size_t) n_edges, sizeof (double), compare);
    scale = fmax (LEAST_SCALE, system->sorted[n_edges / 2]);
    for (int i = 0; i < n_edges; i++) {
        double r = system->residuals[i] / scale;

        system->weights[i] = weight_of (&edges[i]) / (1 + r * r);
    }
}

/* The system's coordinates count from the middle of the picture, projective ones in mean radii. */
static void
set_coordinates (System *system, int width, int height)
{
    double x = 0.5 * (width - 1), y = 0.5 * (height - 1);
    double radius =
        system->rows == 2 ? 1 : sqrt ((width * (double) width + height * (double) height) / 12);

    system->picture_width = width;
    system->picture_height = height;
    system->to_units =
        (HfMatrix) { { 1 / radius, 0, -x / radius, 0, 1 / radius, -y / radius, 0, 0, 1 } };
    system->to_pixels = (HfMatrix) { { radius, 0, x, 0, radius, y, 0, 0, 1 } };
}

static double
determinant (const double *m)
{
    return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
           m[2] * (m[3] * m[7] - m[4] * m[6]);
}

/* The edge's matrix in the system's coordinates, a projective one with the determinant 1. */
static HfMatrix
in_units (const System *system, HfMatrix m)
{
    m = hf_matrix_multiply (system->to_units, hf_matrix_multiply (m, system->to_pixels));
    if (system->rows == 3) {
        double scale = 1 / cbrt (determinant (m.m));

        for (int i = 0; i < 9; i++)
            m.m[i] *= scale;
    }
    return m;
}

static bool
iterate (const System *system, const HfAlignEdge *edges, int n_edges, int n_nodes,
         HfMatrix *matrices)
{
    HfMatrix *centred = g_new (HfMatrix, n_edges);
    bool good = true;

    for (int i = 0; i < n_edges; i++) {
        centred[i] = in_units (system, edges[i].matrix);
        system->weights[i] = weight_of (&edges[i]);
    }
    for (int i = 0; i < REWEIGHTINGS && good; i++) {
        if (i > 0)
            reweigh (system, edges, centred, n_edges);
        good = solve_weighted (system, edges, centred, n_edges);
    }
    for (int node = 1; good && node < n_nodes; node++)
        matrices[node] = in_pixels (system, node_matrix (system, node));
    g_free (centred);
    return good;
}

bool
hf_align_graph_solve (const HfAlignEdge *edges, int n_edges, int n_nodes, bool projective,
                      int width, int height, HfMatrix *matrices)
{
    System system = { .rows = projective ? 3 : 2 };
    bool good;

    if (n_nodes < 2)
        return true;
    system.n = system.rows * (n_nodes - 1);
    system.width = 3 * system.rows;
    set_coordinates (&system, width, height);
    system.band = g_new (double, system.n *system.width);
    system.columns = g_new (double, system.n * 3);
    system.weights = g_new (double, n_edges);
    system.residuals = g_new (double, n_edges);
    system.sorted = g_new (double, n_edges);
    good = iterate (&system, edges, n_edges, n_nodes, matrices);
    g_free (system.band);
    g_free (system.columns);
    g_free (system.weights);
    g_free (system.residuals);
    g_free (system.sorted);
    return good;
}
