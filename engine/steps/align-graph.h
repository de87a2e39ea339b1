/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* All frames on one side of the reference from the pairs that were registered; private to
 * alignment. */
#ifndef HF_ALIGN_GRAPH_H
#define HF_ALIGN_GRAPH_H

#include <hyperfocal/matrix.h>

typedef struct HfAlignEdge {
    int to, from;    /* nodes, to > from; node 0 is the reference; from >= to - 2 or 0 */
    double distance; /* good frames from one to the other */
    double variance; /* mean square of what the pair leaves, pixels²; the weight is
                      * 1 / (distance² variance) */
    HfMatrix matrix; /* full size: pixels of `from` -> pixels of `to` */
} HfAlignEdge;

/*
 * matrices[1 .. n_nodes - 1] := reference -> node, by least squares over all edges, those that do
 * not fit the others weighted down; the picture is width × height pixels. All edges are affine, or
 * with `projective` any of them may not be. Each node must be the end of an edge. False only if the system is singular; then the matrices stay what they were.
 */
bool hf_align_graph_solve (const HfAlignEdge *edges, int n_edges, int n_nodes, bool projective,
                           int width, int height, HfMatrix *matrices);

#endif
