/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* What a plot is made of, for the files of this room. */
#ifndef HF_PLOTS_SERIES_H
#define HF_PLOTS_SERIES_H

#include "plots/plot.h"

typedef enum { SERIES_LINE, SERIES_POINTS, SERIES_BARS, SERIES_ARROWS, SERIES_MARK } SeriesKind;

typedef struct Series {
    SeriesKind kind;
    char *name; /* valid UTF-8, NULL = not in the legend */
    char *colour;
    int n;
    double *xs, *ys;   /* a mark has one of them NaN */
    double *dxs, *dys; /* arrows only; already magnified */
} Series;

typedef struct Range {
    double from, to;
} Range;

/* One axis: the numbers it shows. */
typedef struct Axis {
    char *label;
    bool fixed; /* `wanted` was asked for */
    Range wanted;
    bool tight; /* ends near the last number, not at a tick */
    bool logarithmic;
    bool reversed; /* grows downwards */
} Axis;

struct HfPlot {
    char *title;
    Axis x, y;
    bool square; /* one scale for both axes */
    GPtrArray *series;
};

enum { MOST_TICKS = 24 };

typedef struct Ticks {
    int n;
    double at[MOST_TICKS];
    char text[MOST_TICKS][24];
} Ticks;

/* The narrowest range that holds the axis's numbers of all series; 0..1 (1..10) without any. */
Range series_range_x (const HfPlot *plot);
Range series_range_y (const HfPlot *plot);

/* Has the plot a number to show? */
bool series_any (const HfPlot *plot);

/* Widens the range to round numbers, unless the axis is fixed or logarithmic, and lists about
 * `n_wanted` ticks within it. */
void ticks_choose (const Axis *axis, Range *range, int n_wanted, Ticks *ticks);

/* 1, 2 or 5 times a power of ten, the next at or above `step` (> 0). */
double round_step (double step);

/* Bars of this series are so wide, in units of x. */
double series_bar_width (const Series *series);

#endif
