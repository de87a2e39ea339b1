/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * One least-squares problem for all frames of a side.
 *
 * An edge says X_to = E X_from, with X the wanted affine matrices reference -> frame. With the
 * coordinates counted from the middle of the picture, X = (A | t) and E = (B | s):
 *     A_to - B A_from = 0,   t_to - B t_from = s,
 * linear, and the same 2 × 2 blocks for each of the three columns of X, so that one factorisation
 * serves all. As B is nearly the unit matrix the residual is the end-point error: |dA|² times the
 * picture's mean square radius + |dt|². Shifts stay shifts and similarities similarities. An edge
 * over k frames that leaves the mean square v is weighted by 1 / (k² v): the error that defocus
 * makes grows with k, and a frame that shook fits nowhere well; and by Cauchy's 1 / (1 + (r / s)²),
 * s the median residual. Edges reach two nodes back, so the matrix is banded; those from the
 * reference only enter the diagonal and the right side.
 */
#include "steps/align-graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BAND = 6, REWEIGHTINGS = 6 }; /* lower half with diagonal: two nodes back, two rows each */

static const double LEAST_SCALE = 0.01; /* pixels; residuals under it are all alike */

typedef struct System {
    int n;           /* unknowns of a column: two a node */
    double *band;    /* n × BAND: row i, columns i - BAND + 1 .. i */
    double *columns; /* 3 × n: right sides, then solutions */
    double *weights, *residuals, *sorted;
} System;

static double *
entry (const System *system, int row, int column)
{
    return &system->band[row * BAND + column - row + BAND - 1];
}

static void
add_block (const System *system, int row, int column, double w, const double b[4])
{
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            if (2 * column + j <= 2 * row + i)
                *entry (system, 2 * row + i, 2 * column + j) += w * b[2 * i + j];
}

/* Unknown number of a node's first row; the reference has none. */
static void
add_edge (const System *system, const HfAlignEdge *edge, const HfMatrix *e, double w)
{
    static const double unit[4] = { 1, 0, 0, 1 };
    double b[4] = { e->m[0], e->m[1], e->m[3], e->m[4] };
    int to = edge->to - 1, from = edge->from - 1;

    add_block (system, to, to, w, unit);
    if (from >= 0) {
        double btb[4] = { b[0] * b[0] + b[2] * b[2], b[0] * b[1] + b[2] * b[3],
                          b[0] * b[1] + b[2] * b[3], b[1] * b[1] + b[3] * b[3] };

        add_block (system, to, from, -w, b);
        add_block (system, from, from, w, btb);
    }
    for (int c = 0; c < 3; c++) {
        double *right = system->columns + c * system->n;
        double x = c == 2 ? e->m[2] : from < 0 ? e->m[c] : 0;
        double y = c == 2 ? e->m[5] : from < 0 ? e->m[3 + c] : 0;

        right[2 * to] += w * x;
        right[2 * to + 1] += w * y;
        if (from >= 0) {
            right[2 * from] -= w * (b[0] * x + b[2] * y);
            right[2 * from + 1] -= w * (b[1] * x + b[3] * y);
        }
    }
}

static bool
factorise (const System *system)
{
    for (int i = 0; i < system->n; i++) {
        int first = MAX (0, i - BAND + 1);

        for (int j = first; j <= i; j++) {
            double sum = *entry (system, i, j);

            for (int k = MAX (first, j - BAND + 1); k < j; k++)
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
        for (int k = MAX (0, i - BAND + 1); k < i; k++)
            x[i] -= *entry (system, i, k) * x[k];
        x[i] /= *entry (system, i, i);
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < MIN (n, i + BAND); k++)
            x[i] -= *entry (system, k, i) * x[k];
        x[i] /= *entry (system, i, i);
    }
}

static bool
solve_weighted (const System *system, const HfAlignEdge *edges, const HfMatrix *centred,
                int n_edges)
{
    memset (system->band, 0, (size_t) system->n * BAND * sizeof (double));
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

    for (int c = 0; node > 0 && c < 3; c++) {
        x.m[c] = system->columns[c * system->n + 2 * (node - 1)];
        x.m[3 + c] = system->columns[c * system->n + 2 * (node - 1) + 1];
    }
    return x;
}

/* Root of the mean square distance, over the picture, of what the edge says to what was found. */
static double
residual_of (const System *system, const HfAlignEdge *edge, const HfMatrix *e, int width,
             int height)
{
    HfMatrix to = node_matrix (system, edge->to);
    HfMatrix said = hf_matrix_multiply (*e, node_matrix (system, edge->from));
    double variance[3] = { width * (double) width / 12, height * (double) height / 12, 1 }, sum = 0;

    for (int i = 0; i < 6; i++)
        sum += (to.m[i] - said.m[i]) * (to.m[i] - said.m[i]) * variance[i % 3];
    return sqrt (sum);
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
reweigh (const System *system, const HfAlignEdge *edges, const HfMatrix *centred, int n_edges,
         int width, int height)
{
    double scale;

    for (int i = 0; i < n_edges; i++)
        system->residuals[i] = system->sorted[i] =
            residual_of (system, &edges[i], &centred[i], width, height);
    qsort (system->sorted, (size_t) n_edges, sizeof (double), compare);
    scale = fmax (LEAST_SCALE, system->sorted[n_edges / 2]);
    for (int i = 0; i < n_edges; i++) {
        double r = system->residuals[i] / scale;

        system->weights[i] = weight_of (&edges[i]) / (1 + r * r);
    }
}

static HfMatrix
shifted (HfMatrix m, double x, double y)
{
    HfMatrix there = { { 1, 0, x, 0, 1, y, 0, 0, 1 } }, back = { { 1, 0, -x, 0, 1, -y, 0, 0, 1 } };

    return hf_matrix_multiply (back, hf_matrix_multiply (m, there));
}

static bool
iterate (const System *system, const HfAlignEdge *edges, int n_edges, int n_nodes, int width,
         int height, HfMatrix *matrices)
{
    double x = 0.5 * (width - 1), y = 0.5 * (height - 1);
    HfMatrix *centred = g_new (HfMatrix, n_edges);
    bool good = true;

    for (int i = 0; i < n_edges; i++) {
        centred[i] = shifted (edges[i].matrix, x, y);
        system->weights[i] = weight_of (&edges[i]);
    }
    for (int i = 0; i < REWEIGHTINGS && good; i++) {
        if (i > 0)
            reweigh (system, edges, centred, n_edges, width, height);
        good = solve_weighted (system, edges, centred, n_edges);
    }
    for (int node = 1; good && node < n_nodes; node++)
        matrices[node] = shifted (node_matrix (system, node), -x, -y);
    g_free (centred);
    return good;
}

bool
hf_align_graph_solve (const HfAlignEdge *edges, int n_edges, int n_nodes, int width, int height,
                      HfMatrix *matrices)
{
    System system = { .n = 2 * (n_nodes - 1) };
    bool good;

    if (n_nodes < 2)
        return true;
    system.band = g_new (double, system.n *BAND);
    system.columns = g_new (double, system.n * 3);
    system.weights = g_new (double, n_edges);
    system.residuals = g_new (double, n_edges);
    system.sorted = g_new (double, n_edges);
    good = iterate (&system, edges, n_edges, n_nodes, width, height, matrices);
    g_free (system.band);
    g_free (system.columns);
    g_free (system.weights);
    g_free (system.residuals);
    g_free (system.sorted);
    return good;
}
