/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shapes made of tapered strokes with round ends, painted on a canvas without double cover. */
#ifndef HF_RENDER_SHAPE_H
#define HF_RENDER_SHAPE_H

#include "canvas.h"
#include "random.h"

#include <hyperfocal/band.h>

/* A stroke from a to b; half widths at both ends. All in reference pixels. */
typedef struct HfStroke {
    double ax, ay, bx, by, a_half, b_half;
} HfStroke;

/* A curve that wanders: `n` strokes of `length` / n from (x, y) in direction `angle`, turning by
 * up to `bend` radians a stroke, tapering from half width `from` to `to`; appended to `strokes`
 * (GArray of HfStroke). Returns the end's direction. */
double hf_shape_curve (GArray *strokes, HfRandom *random, double x, double y, double angle, int n,
                       double length, double bend, double from, double to);

/* The rectangle that the strokes cover, reference pixels. */
void hf_shape_bounds (const GArray *strokes, double *left, double *top, double *right,
                      double *bottom);

/* Paints the strokes' union on the canvas, with a rim one sample wide. */
void hf_shape_paint (const GArray *strokes, HfCanvas *canvas, const float colour[3], float opacity);

/* Multiplies the canvas by the strokes' union: what lies outside becomes transparent. */
void hf_shape_cut_out (const GArray *strokes, HfCanvas *canvas);

#endif
