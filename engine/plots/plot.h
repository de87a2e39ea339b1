/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Plots as SVG: what a step found out, for people. A plot has a title, two axes with round ticks
 * and any number of series; text is in the viewer's own sans-serif. The same calls give the same
 * bytes, in any locale.
 *
 *     HfPlot *plot = hf_plot_new ("Vignetting", "radius / half diagonal", "light");
 *     hf_plot_points (plot, "rings", radii, means, n);
 *     hf_plot_line (plot, "fit", radii, fitted, n);
 *     path = g_build_filename (sweep->plots, "vignetting.svg", NULL);
 *     good = hf_plot_save (plot, path, error);
 *     hf_plot_free (plot);
 *
 * Units belong in the labels. All arrays and texts are copied. Numbers that are not finite are
 * passed over (a line is broken there); a plot without any number says so. A series' name stands in
 * the legend, NULL keeps it out. Colours come from a palette that the colour-blind can tell apart.
 */
#ifndef HF_PLOT_H
#define HF_PLOT_H

#include <hyperfocal/api.h>

typedef struct HfPlot HfPlot;

/* Any of the texts may be NULL or hold any bytes (file names). */
HfPlot *hf_plot_new (const char *title, const char *x_label, const char *y_label);
void hf_plot_free (HfPlot *plot);

/* A line through n points, in the order given. */
void hf_plot_line (HfPlot *plot, const char *name, const double *xs, const double *ys, int n);

/* n points. */
void hf_plot_points (HfPlot *plot, const char *name, const double *xs, const double *ys, int n);

/* n bars from 0 to ys, as wide as the smallest step between neighbouring xs: histograms. */
void hf_plot_bars (HfPlot *plot, const char *name, const double *xs, const double *ys, int n);

/*
 * n arrows from (xs, ys) by (dxs, dys) times `magnification`, which the legend tells where it is
 * not 1; 0 takes a round one that makes the longest an eighth of the axes, or a bit less.
 */
void hf_plot_arrows (HfPlot *plot, const char *name, const double *xs, const double *ys,
                     const double *dxs, const double *dys, int n, double magnification);

/* A dashed line across the plot, at this x or y. */
void hf_plot_mark_x (HfPlot *plot, const char *name, double x);
void hf_plot_mark_y (HfPlot *plot, const char *name, double y);

/* The colour of the series added last, as CSS has it ("#d00000"). */
void hf_plot_colour (HfPlot *plot, const char *colour);

/* What the axis shows at least; without, what the series need. What lies outside is cut off. */
void hf_plot_range_x (HfPlot *plot, double from, double to);
void hf_plot_range_y (HfPlot *plot, double from, double to);

/* A logarithmic y axis: values <= 0 count as not finite. */
void hf_plot_log_y (HfPlot *plot);

/* The axes are the pixels of a picture: the whole of it, y down, one scale for both. */
void hf_plot_picture (HfPlot *plot, int width, int height);

/* n plots side by side in rows of `columns`, as the text of an SVG file; newly allocated. */
char *hf_plot_to_svg (HfPlot *const *plots, int n, int columns);

/*
 * Writes the plot, or n of them as panels of one file, to `path`, under a temporary name until
 * complete; its folder is made where it is missing. HF_ERROR_FILE naming the path.
 */
bool hf_plot_save (HfPlot *plot, const char *path, GError **error);
bool hf_plot_save_panels (HfPlot *const *plots, int n, int columns, const char *path,
                          GError **error);

#endif
