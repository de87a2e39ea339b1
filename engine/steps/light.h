/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The light of a frame in small square cells, and windows of cells in which two frames are
 * compared.
 *
 * Focusing spreads light without making any: sums of light over a part of the subject are alike
 * whatever is in focus, but for what crosses the edge of that part. So frames are compared in
 * windows that fade out: with the edge spread over a whole window, a disc of blur that is small
 * against the window moves next to nothing in or out.
 */
#ifndef HF_LIGHT_H
#define HF_LIGHT_H

#include <hyperfocal/image.h>
#include <hyperfocal/matrix.h>

/* Means of cells of size × size reduced pixels. */
typedef struct HfLight {
    int width, height;       /* cells */
    int size;                /* reduced pixels, the side of a cell */
    double pitch;            /* pixels of the frame, the side of a cell */
    double frame_x, frame_y; /* pixels: the centre of the frame, full size */
    double half_diagonal;    /* pixels */
    int n_planes;            /* 1: luminosity; 3: red, green and blue */
    float *plane[3];         /* width × height; NaN where a cell is not to be used */
    float *flat;             /* width × height: 1 where all samples are within one step */
} HfLight;

typedef struct HfLightRules {
    int size;                  /* reduced pixels, the side of a cell, >= 1 */
    bool colours;              /* means of the colours instead of the luminosity */
    double darkest, brightest; /* of a cell's luminosity, 0..1; cells outside are not to be used */
} HfLightRules;

/*
 * Fills `light` from a frame of width × height pixels, seen reduced. Not to be used are cells that
 * are not opaque, or of which a tenth of the samples or more lies at the upper end of an integer's
 * range. (Dark ones count: leaving out what is dark where it is sharp would pass for a gain.)
 */
bool hf_light_measure (HfLight *light, const HfImage *image, int reduction, int width, int height,
                       const HfLightRules *rules, HfBudget *budget, GError **error);
void hf_light_clear (HfLight *light);

/* Full-size pixel coordinates of the centre of a cell. */
void hf_light_place (const HfLight *light, int column, int row, double *x, double *y);

/* Squared distance from the centre of the frame, half a diagonal = 1. */
double hf_light_squared_radius (const HfLight *light, double x, double y);

/* Four cells about a place, and their shares. */
typedef struct HfLightSpot {
    size_t first; /* index of the upper left cell */
    double x, y;  /* share of the right and of the lower ones */
} HfLightSpot;

/* The cells about a place in full-size pixels; false when they are not all there. */
bool hf_light_find (const HfLight *light, double x, double y, HfLightSpot *spot);

/* A plane (or `flat`) there, bilinear; NaN when one of the cells is not to be used. */
double hf_light_at (const HfLight *light, const float *plane, const HfLightSpot *spot);

/* ---- Windows ---- */

enum { HF_LIGHT_MOST_WINDOWS = 18 * 18 };

/*
 * Windows lie on a square raster, 16 pitches on the longer side, and reach from one neighbour's
 * centre to the other's; the weights cos² (pi / 2 distance / pitch) of the four windows that hold a
 * cell add up to 1.
 */
typedef struct HfLightWindows {
    int columns, rows;
    double pitch; /* cells */
} HfLightWindows;

HfLightWindows hf_light_windows (const HfLight *light);

/* The four windows that hold a cell, and its weights in them. */
void hf_light_windows_of (const HfLightWindows *windows, int column, int row, int index[4],
                          double weight[4]);

#endif
