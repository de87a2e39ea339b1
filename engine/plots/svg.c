/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Drawing a plot as SVG: a frame with ticks and a light grid, the series clipped to it, title
 * above, labels beside, the legend on the right, where it covers nothing.
 */
#include "plots/series.h"

#include <hyperfocal/error.h>
#include <glib/gstdio.h>
#include <errno.h>
#include <math.h>
#include <string.h>

/* Pixels of a panel, and of its margins. */
enum {
    WIDTH = 760,
    HEIGHT = 440,
    LEFT = 84,
    TOP = 48,
    BOTTOM = 60,
    RIGHT = 28,
    LEGEND = 190, /* instead of RIGHT where there is one */
    LEGEND_LINE = 20,
    LEGEND_TEXT = 22, /* letters of a name that have room */
    PIXELS_PER_TICK = 70
};

/* The area of one panel, and how numbers come to lie in it. */
typedef struct Panel {
    GString *svg;
    const HfPlot *plot;
    int number;           /* among the panels: names of its parts */
    double left, top;     /* of the frame, within the picture */
    double width, height; /* of the frame */
    Range x, y;
} Panel;

static const char *
number_text (double number, char *text)
{
    return g_ascii_formatd (text, G_ASCII_DTOSTR_BUF_SIZE, "%.2f", number);
}

/* Appends text where $ stands for the next of the numbers (two decimals, a point in any locale). */
static void
append (GString *svg, const char *text, const double *numbers)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    for (; *text; text++) {
        if (*text == '$')
            g_string_append (svg, number_text (*numbers++, number));
        else
            g_string_append_c (svg, *text);
    }
}

/* Text for XML: what may not stand in it at all becomes a question mark. */
static void
append_escaped (GString *svg, const char *text)
{
    char *clean = g_strdup (text), *escaped;

    for (char *c = clean; *c; c++)
        if ((guchar) *c < 0x20 || *c == 0x7f)
            *c = '?';
    escaped = g_markup_escape_text (clean, -1);
    g_string_append (svg, escaped);
    g_free (escaped);
    g_free (clean);
}

static void
append_text (GString *svg, double x, double y, const char *attributes, const char *text)
{
    append (svg, "<text x=\"$\" y=\"$\" ", (double[]) { x, y });
    g_string_append_printf (svg, "%s>", attributes);
    append_escaped (svg, text);
    g_string_append (svg, "</text>\n");
}

/* ---- from numbers to places ---- */

static double
place_x (const Panel *panel, double x)
{
    return panel->left + panel->width * (x - panel->x.from) / (panel->x.to - panel->x.from);
}

static double
place_y (const Panel *panel, double y)
{
    double from = panel->y.from, to = panel->y.to, share;

    if (panel->plot->y.logarithmic)
        share = (log (y) - log (from)) / (log (to) - log (from));
    else
        share = (y - from) / (to - from);
    return panel->top + panel->height * (panel->plot->y.reversed ? share : 1 - share);
}

/* Where the point lies; false for one that cannot be shown. Far outside is as good as just outside,
 * and keeps the numbers in the file sane. */
static bool
place (const Panel *panel, double x, double y, double at[2])
{
    if (!isfinite (x) || !isfinite (y) || (panel->plot->y.logarithmic && !(y > 0)))
        return false;
    at[0] = CLAMP (place_x (panel, x), -1e5, 1e5);
    at[1] = CLAMP (place_y (panel, y), -1e5, 1e5);
    return true;
}

/* ---- series ---- */

static void
draw_line (const Panel *panel, const Series *series)
{
    bool pen_down = false;

    g_string_append (panel->svg, "<path fill=\"none\" stroke-width=\"1.5\" d=\"");
    for (int i = 0; i < series->n; i++) {
        double at[2];
        bool seen = place (panel, series->xs[i], series->ys[i], at);

        if (seen)
            append (panel->svg, pen_down ? "L$ $" : "M$ $", at);
        pen_down = seen;
    }
    g_string_append (panel->svg, "\"/>\n");
}

static void
draw_points (const Panel *panel, const Series *series)
{
    for (int i = 0; i < series->n; i++) {
        double at[2];

        if (place (panel, series->xs[i], series->ys[i], at))
            append (panel->svg, "<circle cx=\"$\" cy=\"$\" r=\"2.5\" stroke=\"none\"/>\n", at);
    }
}

static void
draw_bars (const Panel *panel, const Series *series)
{
    double half = series_bar_width (series) / 2;
    double zero = panel->plot->y.logarithmic ? panel->y.from : 0;

    for (int i = 0; i < series->n; i++) {
        double a[2], b[2];

        if (place (panel, series->xs[i] - half, series->ys[i], a) &&
            place (panel, series->xs[i] + half, zero, b))
            append (panel->svg,
                    "<rect x=\"$\" y=\"$\" width=\"$\" height=\"$\" fill-opacity=\"0.45\" "
                    "stroke-width=\"0.5\"/>\n",
                    (double[]) { a[0], fmin (a[1], b[1]), b[0] - a[0], fabs (b[1] - a[1]) });
    }
}

/* The head is two strokes of 6 pixels, shorter on a short arrow. */
static void
draw_arrow (const Panel *panel, const double from[2], const double to[2])
{
    double dx = to[0] - from[0], dy = to[1] - from[1], length = hypot (dx, dy);
    double head = fmin (6, length / 2);

    if (!(length > 0))
        return;
    dx *= head / length;
    dy *= head / length;
    append (panel->svg, "<path fill=\"none\" d=\"M$ $L$ $M$ $L$ $L$ $\"/>\n",
            (double[]) { from[0], from[1], to[0], to[1], to[0] - dx + dy / 2, to[1] - dy - dx / 2,
                         to[0], to[1], to[0] - dx - dy / 2, to[1] - dy + dx / 2 });
}

static void
draw_arrows (const Panel *panel, const Series *series)
{
    for (int i = 0; i < series->n; i++) {
        double from[2], to[2], x = series->xs[i], y = series->ys[i];

        if (!place (panel, x, y, from))
            continue;
        append (panel->svg, "<circle cx=\"$\" cy=\"$\" r=\"1.5\" stroke=\"none\"/>\n", from);
        if (place (panel, x + series->dxs[i], y + series->dys[i], to))
            draw_arrow (panel, from, to);
    }
}

static void
draw_mark (const Panel *panel, const Series *series)
{
    double from[2] = { panel->left, panel->top };
    double to[2] = { panel->left + panel->width, panel->top + panel->height };

    if (isfinite (series->xs[0]))
        from[0] = to[0] = CLAMP (place_x (panel, series->xs[0]), -1e5, 1e5);
    else if (isfinite (series->ys[0]) && (!panel->plot->y.logarithmic || series->ys[0] > 0))
        from[1] = to[1] = CLAMP (place_y (panel, series->ys[0]), -1e5, 1e5);
    else
        return;
    append (panel->svg, "<path fill=\"none\" stroke-dasharray=\"5 4\" d=\"M$ $L$ $\"/>\n",
            (double[]) { from[0], from[1], to[0], to[1] });
}

static void
draw_series (const Panel *panel, const Series *series)
{
    static void (*const draw[]) (const Panel *, const Series *) = {
        [SERIES_LINE] = draw_line,     [SERIES_POINTS] = draw_points, [SERIES_BARS] = draw_bars,
        [SERIES_ARROWS] = draw_arrows, [SERIES_MARK] = draw_mark,
    };

    g_string_append (panel->svg, "<g stroke=\"");
    append_escaped (panel->svg, series->colour);
    g_string_append (panel->svg, "\" fill=\"");
    append_escaped (panel->svg, series->colour);
    g_string_append (panel->svg, "\">\n");
    draw[series->kind](panel, series);
    g_string_append (panel->svg, "</g>\n");
}

/* ---- around the frame ---- */

static void
draw_x_ticks (const Panel *panel, const Ticks *ticks)
{
    double bottom = panel->top + panel->height;

    for (int i = 0; i < ticks->n; i++) {
        double x = place_x (panel, ticks->at[i]);

        append (panel->svg, "<path stroke=\"#dddddd\" d=\"M$ $V$\"/>\n",
                (double[]) { x, panel->top, bottom });
        append_text (panel->svg, x, bottom + 18, "text-anchor=\"middle\"", ticks->text[i]);
    }
}

static void
draw_y_ticks (const Panel *panel, const Ticks *ticks)
{
    for (int i = 0; i < ticks->n; i++) {
        double y = place_y (panel, ticks->at[i]);

        append (panel->svg, "<path stroke=\"#dddddd\" d=\"M$ $H$\"/>\n",
                (double[]) { panel->left, y, panel->left + panel->width });
        append_text (panel->svg, panel->left - 8, y + 4, "text-anchor=\"end\"", ticks->text[i]);
    }
}

static void
draw_labels (const Panel *panel)
{
    const HfPlot *plot = panel->plot;
    double middle = panel->top + panel->height / 2;

    if (plot->title)
        append_text (panel->svg, panel->left, panel->top - 18,
                     "font-size=\"16\" font-weight=\"bold\"", plot->title);
    if (plot->x.label)
        append_text (panel->svg, panel->left + panel->width / 2, panel->top + panel->height + 42,
                     "text-anchor=\"middle\"", plot->x.label);
    if (plot->y.label) {
        append (panel->svg, "<g transform=\"rotate(-90 $ $)\">",
                (double[]) { panel->left - LEFT + 20, middle });
        append_text (panel->svg, panel->left - LEFT + 20, middle, "text-anchor=\"middle\"",
                     plot->y.label);
        g_string_append (panel->svg, "</g>\n");
    }
}

/* The sign of a series in the legend is a series of its own, drawn at that place. */
static void
draw_sign (const Panel *panel, const Series *series, double x, double y)
{
    static const char *const signs[] = {
        [SERIES_LINE] = "<path stroke-width=\"1.5\" d=\"M$ $h22\"/>",
        [SERIES_POINTS] = "<circle transform=\"translate(11 0)\" cx=\"$\" cy=\"$\" r=\"2.5\"/>",
        [SERIES_BARS] = "<rect x=\"$\" y=\"$\" width=\"22\" height=\"8\" "
                        "transform=\"translate(0 -4)\" fill-opacity=\"0.45\"/>",
        [SERIES_ARROWS] = "<path fill=\"none\" d=\"M$ $h22m-6 -3l6 3l-6 3\"/>",
        [SERIES_MARK] = "<path stroke-dasharray=\"5 4\" d=\"M$ $h22\"/>",
    };

    g_string_append (panel->svg, "<g stroke=\"");
    append_escaped (panel->svg, series->colour);
    g_string_append (panel->svg, "\" fill=\"");
    append_escaped (panel->svg, series->colour);
    g_string_append (panel->svg, "\">");
    append (panel->svg, signs[series->kind], (double[]) { x, y });
    g_string_append (panel->svg, "</g>\n");
}

/* A name that is too long loses its middle; the whole stands in a tool tip. */
static char *
shorten (const char *name)
{
    glong length = g_utf8_strlen (name, -1);
    char *head, *tail, *both;

    if (length <= LEGEND_TEXT)
        return g_strdup (name);
    head = g_utf8_substring (name, 0, LEGEND_TEXT / 2);
    tail = g_utf8_substring (name, length - LEGEND_TEXT / 2 + 1, length);
    both = g_strconcat (head, "…", tail, NULL);
    g_free (head);
    g_free (tail);
    return both;
}

static void
draw_legend (const Panel *panel)
{
    double x = panel->left + panel->width + 14, y = panel->top + 10;
    double last = panel->top + panel->height - LEGEND_LINE;

    for (guint i = 0; i < panel->plot->series->len; i++) {
        const Series *series = panel->plot->series->pdata[i];
        char *name;

        if (!series->name)
            continue;
        if (y > last) {
            append_text (panel->svg, x + 28, y + 4, "", "…");
            return;
        }
        draw_sign (panel, series, x, y);
        name = shorten (series->name);
        append (panel->svg, "<text x=\"$\" y=\"$\"><title>", (double[]) { x + 28, y + 4 });
        append_escaped (panel->svg, series->name);
        g_string_append (panel->svg, "</title>");
        append_escaped (panel->svg, name);
        g_string_append (panel->svg, "</text>\n");
        g_free (name);
        y += LEGEND_LINE;
    }
}

static bool
has_legend (const HfPlot *plot)
{
    for (guint i = 0; i < plot->series->len; i++)
        if (((const Series *) plot->series->pdata[i])->name)
            return true;
    return false;
}

/* One scale for both axes: the frame becomes as narrow or as low as the numbers ask. */
static void
make_square (Panel *panel)
{
    double scale = fmin (panel->width / (panel->x.to - panel->x.from),
                         panel->height / (panel->y.to - panel->y.from));

    /* a very long and thin picture keeps a frame that can be seen */
    panel->width = fmax (scale * (panel->x.to - panel->x.from), 60);
    panel->height = fmax (scale * (panel->y.to - panel->y.from), 60);
}

static void
draw_panel (GString *svg, const HfPlot *plot, int number, double left, double top)
{
    Panel panel = { svg, plot, number, left + LEFT, top + TOP };
    Ticks x_ticks, y_ticks;

    panel.width = WIDTH - LEFT - (has_legend (plot) ? LEGEND : RIGHT);
    panel.height = HEIGHT - TOP - BOTTOM;
    panel.x = series_range_x (plot);
    panel.y = series_range_y (plot);
    ticks_choose (&plot->x, &panel.x, (int) panel.width / PIXELS_PER_TICK, &x_ticks);
    ticks_choose (&plot->y, &panel.y, (int) panel.height / PIXELS_PER_TICK + 2, &y_ticks);
    if (plot->square)
        make_square (&panel);
    draw_x_ticks (&panel, &x_ticks);
    draw_y_ticks (&panel, &y_ticks);
    g_string_append_printf (svg, "<clipPath id=\"frame-%d\">", number);
    append (svg, "<rect x=\"$\" y=\"$\" width=\"$\" height=\"$\"/></clipPath>\n",
            (double[]) { panel.left, panel.top, panel.width, panel.height });
    g_string_append_printf (svg, "<g clip-path=\"url(#frame-%d)\">\n", number);
    for (guint i = 0; i < plot->series->len; i++)
        draw_series (&panel, plot->series->pdata[i]);
    g_string_append (svg, "</g>\n");
    append (svg,
            "<rect x=\"$\" y=\"$\" width=\"$\" height=\"$\" fill=\"none\" stroke=\"#444444\"/>\n",
            (double[]) { panel.left, panel.top, panel.width, panel.height });
    if (!series_any (plot))
        append_text (svg, panel.left + panel.width / 2, panel.top + panel.height / 2,
                     "text-anchor=\"middle\" fill=\"#888888\"", "no data");
    draw_labels (&panel);
    draw_legend (&panel);
}

char *
hf_plot_to_svg (HfPlot *const *plots, int n, int columns)
{
    int n_columns = CLAMP (n, 1, MAX (columns, 1)),
        n_rows = MAX (1, (n + n_columns - 1) / n_columns);
    GString *svg = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");

    g_string_append_printf (svg,
                            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                            "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"13\">\n"
                            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
                            WIDTH * n_columns, HEIGHT * n_rows, WIDTH * n_columns, HEIGHT * n_rows);
    for (int i = 0; i < n; i++)
        draw_panel (svg, plots[i], i, WIDTH * (double) (i % n_columns),
                    HEIGHT * (double) (i / n_columns));
    g_string_append (svg, "</svg>\n");
    return g_string_free (svg, FALSE);
}

bool
hf_plot_save_panels (HfPlot *const *plots, int n, int columns, const char *path, GError **error)
{
    char *folder = g_path_get_dirname (path), *label = g_filename_display_name (path);
    GError *failure = NULL;
    bool good = g_mkdir_with_parents (folder, 0777) == 0;

    if (!good) {
        g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' cannot be written: %s", label,
                     g_strerror (errno));
    } else {
        char *svg = hf_plot_to_svg (plots, n, columns);

        good = g_file_set_contents (path, svg, -1, &failure);
        if (!good)
            g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' cannot be written: %s", label,
                         failure->message);
        g_clear_error (&failure);
        g_free (svg);
    }
    g_free (folder);
    g_free (label);
    return good;
}

bool
hf_plot_save (HfPlot *plot, const char *path, GError **error)
{
    return hf_plot_save_panels (&plot, 1, 1, path, error);
}
