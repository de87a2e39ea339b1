/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "plots/series.h"

#include <math.h>
#include <string.h>

/* Okabe and Ito, Color Universal Design, 2008: told apart by the colour-blind too. */
static const char *const palette[] = { "#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                       "#e69f00", "#56b4e9", "#000000" };

static const double arrow_share = 0.125; /* of the axis, for the longest arrow */

static char *
copy_text (const char *text)
{
    return text ? g_utf8_make_valid (text, -1) : NULL;
}

HfPlot *
hf_plot_new (const char *title, const char *x_label, const char *y_label)
{
    HfPlot *plot = g_new0 (HfPlot, 1);

    plot->title = copy_text (title);
    plot->x.label = copy_text (x_label);
    plot->y.label = copy_text (y_label);
    plot->x.tight = true;
    plot->series = g_ptr_array_new ();
    return plot;
}

static void
series_free (Series *series)
{
    g_free (series->name);
    g_free (series->colour);
    g_free (series->xs);
    g_free (series->ys);
    g_free (series->dxs);
    g_free (series->dys);
    g_free (series);
}

void
hf_plot_free (HfPlot *plot)
{
    if (!plot)
        return;
    for (guint i = 0; i < plot->series->len; i++)
        series_free (plot->series->pdata[i]);
    g_ptr_array_free (plot->series, TRUE);
    g_free (plot->title);
    g_free (plot->x.label);
    g_free (plot->y.label);
    g_free (plot);
}

static double *
copy_numbers (const double *numbers, int n)
{
    double *copy = g_new (double, n + 1);

    if (n > 0)
        memcpy (copy, numbers, (size_t) n * sizeof *copy);
    return copy;
}

static Series *
add_series (HfPlot *plot, SeriesKind kind, const char *name, const double *xs, const double *ys,
            int n)
{
    Series *series = g_new0 (Series, 1);

    series->kind = kind;
    series->name = copy_text (name);
    series->colour = g_strdup (palette[plot->series->len % G_N_ELEMENTS (palette)]);
    series->n = n;
    series->xs = copy_numbers (xs, n);
    series->ys = copy_numbers (ys, n);
    g_ptr_array_add (plot->series, series);
    return series;
}

void
hf_plot_line (HfPlot *plot, const char *name, const double *xs, const double *ys, int n)
{
    add_series (plot, SERIES_LINE, name, xs, ys, n);
}

void
hf_plot_points (HfPlot *plot, const char *name, const double *xs, const double *ys, int n)
{
    add_series (plot, SERIES_POINTS, name, xs, ys, n);
}

void
hf_plot_bars (HfPlot *plot, const char *name, const double *xs, const double *ys, int n)
{
    add_series (plot, SERIES_BARS, name, xs, ys, n);
}

void
hf_plot_mark_x (HfPlot *plot, const char *name, double x)
{
    const double none = NAN;

    add_series (plot, SERIES_MARK, name, &x, &none, 1);
}

void
hf_plot_mark_y (HfPlot *plot, const char *name, double y)
{
    const double none = NAN;

    add_series (plot, SERIES_MARK, name, &none, &y, 1);
}

static double
longest_arrow (const Series *series)
{
    double longest = 0;

    for (int i = 0; i < series->n; i++) {
        double length = hypot (series->dxs[i], series->dys[i]);

        if (isfinite (length))
            longest = fmax (longest, length);
    }
    return longest;
}

/* The round number that makes the longest arrow of the series at most its share of what is shown.
 */
static double
choose_magnification (const HfPlot *plot, const Series *series)
{
    Range x = series_range_x (plot), y = series_range_y (plot);
    double longest = longest_arrow (series);
    double extent = fmax (x.to - x.from, y.to - y.from), magnification;

    if (!(longest > 0) || !(extent > 0))
        return 1;
    magnification = 1 / round_step (longest / (arrow_share * extent));
    return isfinite (magnification) && magnification > 0 ? magnification : 1;
}

void
hf_plot_arrows (HfPlot *plot, const char *name, const double *xs, const double *ys,
                const double *dxs, const double *dys, int n, double magnification)
{
    Series *series = add_series (plot, SERIES_ARROWS, NULL, xs, ys, n);

    series->dxs = copy_numbers (dxs, n);
    series->dys = copy_numbers (dys, n);
    if (!(magnification > 0)) {
        Series plain = *series;

        series->dxs = series->dys = NULL; /* the range of the points alone */
        magnification = choose_magnification (plot, &plain);
        *series = plain;
    }
    for (int i = 0; i < n; i++) {
        series->dxs[i] *= magnification;
        series->dys[i] *= magnification;
    }
    series->name = copy_text (name);
    if (name && magnification != 1) {
        char number[32], *told;

        g_ascii_formatd (number, sizeof number, "%.6g", magnification);
        told = g_strdup_printf ("%s (drawn × %s)", series->name, number);
        g_free (series->name);
        series->name = told;
    }
}

void
hf_plot_colour (HfPlot *plot, const char *colour)
{
    Series *last = plot->series->len ? plot->series->pdata[plot->series->len - 1] : NULL;

    if (!last)
        return;
    g_free (last->colour);
    last->colour = copy_text (colour);
}

static void
fix_range (Axis *axis, double from, double to)
{
    axis->fixed = isfinite (from) && isfinite (to) && from < to;
    if (axis->fixed)
        axis->wanted = (Range) { from, to };
}

void
hf_plot_range_x (HfPlot *plot, double from, double to)
{
    fix_range (&plot->x, from, to);
}

void
hf_plot_range_y (HfPlot *plot, double from, double to)
{
    fix_range (&plot->y, from, to);
}

void
hf_plot_log_y (HfPlot *plot)
{
    plot->y.logarithmic = true;
}

void
hf_plot_picture (HfPlot *plot, int width, int height)
{
    fix_range (&plot->x, 0, width);
    fix_range (&plot->y, 0, height);
    plot->y.reversed = true;
    plot->square = true;
}

/* ---- what is shown ---- */

static void
widen (Range *range, double number, bool logarithmic)
{
    if (!isfinite (number) || fabs (number) > 1e300 || (logarithmic && !(number > 0)))
        return;
    range->from = fmin (range->from, number);
    range->to = fmax (range->to, number);
}

double
series_bar_width (const Series *series)
{
    double width = INFINITY;

    for (int i = 0; i + 1 < series->n; i++) {
        double step = fabs (series->xs[i + 1] - series->xs[i]);

        if (step > 0)
            width = fmin (width, step);
    }
    return isfinite (width) ? width : 1;
}

static void
widen_by_series (Range *range, const Series *series, bool along_x, bool logarithmic)
{
    const double *from = along_x ? series->xs : series->ys;
    const double *by = along_x ? series->dxs : series->dys;
    double half = series->kind == SERIES_BARS && along_x ? series_bar_width (series) / 2 : 0;

    for (int i = 0; i < series->n; i++) {
        widen (range, from[i] - half, logarithmic);
        widen (range, from[i] + half, logarithmic);
        if (by && isfinite (by[i]))
            widen (range, from[i] + by[i], logarithmic);
    }
    if (series->kind == SERIES_BARS && !along_x && series->n > 0)
        widen (range, 0, logarithmic);
}

static Range
series_range (const HfPlot *plot, const Axis *axis, bool along_x)
{
    Range range = { INFINITY, -INFINITY };

    if (axis->fixed)
        return axis->wanted;
    for (guint i = 0; i < plot->series->len; i++)
        widen_by_series (&range, plot->series->pdata[i], along_x, axis->logarithmic);
    if (range.from > range.to)
        return axis->logarithmic ? (Range) { 1, 10 } : (Range) { 0, 1 };
    return range;
}

Range
series_range_x (const HfPlot *plot)
{
    return series_range (plot, &plot->x, true);
}

Range
series_range_y (const HfPlot *plot)
{
    return series_range (plot, &plot->y, false);
}

bool
series_any (const HfPlot *plot)
{
    for (guint i = 0; i < plot->series->len; i++) {
        const Series *series = plot->series->pdata[i];

        for (int k = 0; k < series->n; k++)
            if (series->kind != SERIES_MARK && isfinite (series->xs[k]) && isfinite (series->ys[k]))
                return true;
    }
    return false;
}
