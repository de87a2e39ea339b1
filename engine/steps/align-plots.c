/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * What the alignment found, as pictures.
 *
 * Of each frame the places that its registration went by are kept, tiles or matched features, with
 * where their content lies in either frame. They are measured once more for that, around the motion
 * that was found, so that nothing is kept or done where no plots are wanted.
 */
#include "steps/align-plots.h"

#include "plots/plot.h"

#include <math.h>

enum { MOST_ARROWS = 400 };

/* One place: where its content lies, in full-size pixels of both frames. */
typedef struct Place {
    float x, y; /* of the template */
    float u, v; /* of the frame */
    bool agrees;
} Place;

typedef struct Frame {
    int template; /* index; -1 = not registered */
    Place *places;
    int n;
} Frame;

struct HfAlignPlots {
    Frame *frames;
    int n_frames;
};

HfAlignPlots *
hf_align_plots_new (int n_frames)
{
    HfAlignPlots *plots = g_new (HfAlignPlots, 1);

    plots->n_frames = n_frames;
    plots->frames = g_new0 (Frame, n_frames);
    for (int i = 0; i < n_frames; i++)
        plots->frames[i].template = -1;
    return plots;
}

void
hf_align_plots_free (HfAlignPlots *plots)
{
    if (!plots)
        return;
    for (int i = 0; i < plots->n_frames; i++)
        g_free (plots->frames[i].places);
    g_free (plots->frames);
    g_free (plots);
}

/* ---- what is kept ---- */

static double
to_full (double at, double factor)
{
    return (at + 0.5) * factor - 0.5;
}

static Place
place_of (const HfAlignTile *tile, const HfAlignLevel *template, const HfMatrix *m)
{
    double x = tile->u + 0.5 * (template->width - 1), y = tile->v + 0.5 * (template->height - 1);
    double u, v, factor = template->factor;

    hf_matrix_map (m, x + tile->dx, y + tile->dy, &u, &v);
    return (Place) { (float) to_full (x, factor), (float) to_full (y, factor),
                     (float) to_full (u, factor), (float) to_full (v, factor),
                     tile->alike && tile->weight > 0.1 };
}

/* The tiles around the pair's motion with their weights; *m is on level 0. False: there are none.
 */
static bool
find_tiles (const HfAlignTools *tools, const HfAlignView *template, const HfAlignView *frame,
            const HfAlignPair *pair, HfMatrix *m, HfAlignTiles *tiles)
{
    const HfAlignLevel *level = &template->levels[0];
    HfAlignPair ignored = { .matrix = pair->matrix };
    HfAlignQuadratic quadratic;
    bool good;

    *m = hf_matrix_to_reduced (pair->matrix, level->factor);
    if (template->features && tools->features->estimate == HF_ESTIMATE_FEATURES)
        good = hf_align_feature_tiles (tools, template, frame, m, tiles, &ignored, NULL);
    else
        good = hf_align_tiles (tools, level, &frame->levels[0], m, tiles, NULL);
    if (good && tiles->n > 0)
        hf_align_fit_tiles (tiles, 8, level, m, &quadratic);
    return good && tiles->n > 0;
}

void
hf_align_plots_add (HfAlignPlots *plots, const HfAlignTools *tools, const HfAlignView *template,
                    const HfAlignView *frame, const HfAlignPair *pair)
{
    Frame *kept = &plots->frames[frame->frame];
    HfAlignTiles tiles;
    HfMatrix m;

    kept->template = template->frame;
    if (!find_tiles (tools, template, frame, pair, &m, &tiles))
        return;
    g_free (kept->places);
    kept->places = g_new (Place, MIN (tiles.n, MOST_ARROWS));
    kept->n = MIN (tiles.n, MOST_ARROWS);
    for (int i = 0; i < kept->n; i++) /* evenly out of all */
        kept->places[i] =
            place_of (&tiles.tiles[(gint64) i * tiles.n / kept->n], &template->levels[0], &m);
    g_free (tiles.tiles);
}

/* ---- one frame ---- */

/* Arrows at the places that agree, or do not, from `leads` (x, y) to where they were seen. */
static void
add_arrows (HfPlot *plot, const char *name, const char *colour, const Frame *frame, bool agree,
            const HfMatrix *leads, double magnification)
{
    double *numbers = g_new (double, 4 * (gsize) MAX (frame->n, 1));
    double *xs = numbers, *ys = xs + frame->n, *dxs = ys + frame->n, *dys = dxs + frame->n;
    int n = 0;

    for (int i = 0; i < frame->n; i++) {
        const Place *place = &frame->places[i];
        double x, y;

        if (place->agrees != agree)
            continue;
        hf_matrix_map (leads, place->x, place->y, &x, &y);
        xs[n] = place->x;
        ys[n] = place->y;
        dxs[n] = place->u - x;
        dys[n++] = place->v - y;
    }
    if (n > 0) {
        hf_plot_arrows (plot, name, xs, ys, dxs, dys, n, magnification);
        hf_plot_colour (plot, colour);
    }
    g_free (numbers);
}

static HfPlot *
picture_plot (const HfSweep *sweep, const char *title)
{
    const HfFrameInfo *reference = &sweep->infos[sweep->reference];
    HfPlot *plot = hf_plot_new (title, "x / px", "y / px");

    hf_plot_picture (plot, reference->width, reference->height);
    return plot;
}

static char *
base_name (const HfSweep *sweep, int frame)
{
    const char *name = sweep->infos[frame].name;

    return name ? g_path_get_basename (name) : g_strdup_printf ("frame %d", frame);
}

static bool
save_frame (const HfAlignPlots *plots, const HfSweep *sweep, int number, GError **error)
{
    const Frame *frame = &plots->frames[number];
    const HfAlignRecord *record = &sweep->records[number].align;
    HfMatrix identity = hf_matrix_identity (), back, motion = identity;
    char *name = base_name (sweep, number), *near = base_name (sweep, frame->template);
    char *seen = g_strdup_printf ("%s against %s: shifts seen", name, near);
    char *left = g_strdup_printf ("What the motion leaves: %.3f px, correlation %.3f",
                                  record->residual, record->correlation);
    char *file = g_strdup_printf ("alignment-%04d.svg", number);
    char *path = g_build_filename (sweep->plots, file, NULL);
    HfPlot *panels[2] = { picture_plot (sweep, seen), picture_plot (sweep, left) };
    bool good;

    if (hf_matrix_invert (sweep->records[frame->template].align.matrix, &back))
        motion = hf_matrix_multiply (record->matrix, back);
    add_arrows (panels[0], "agree", "#0072b2", frame, true, &identity, 0);
    add_arrows (panels[1], "agree", "#0072b2", frame, true, &motion, 0);
    add_arrows (panels[1], "left aside", "#d55e00", frame, false, &motion, 1);
    good = hf_plot_save_panels (panels, 2, 2, path, error);
    for (int i = 0; i < 2; i++)
        hf_plot_free (panels[i]);
    g_free (path);
    g_free (file);
    g_free (left);
    g_free (seen);
    g_free (near);
    g_free (name);
    return good;
}

/* ---- the stack ---- */

enum { SHIFT_X, SHIFT_Y, ROTATION, SCALE, RESIDUAL, CORRELATION, INLIERS, CURVES };

/* What one frame's record says, as people think of motion: at the picture's middle. */
static void
describe (const HfSweep *sweep, int frame, double numbers[CURVES])
{
    const HfFrameInfo *reference = &sweep->infos[sweep->reference];
    const HfAlignRecord *record = &sweep->records[frame].align;
    double x = 0.5 * (reference->width - 1), y = 0.5 * (reference->height - 1);
    double u, v, ux, vx, uy, vy, a, b;

    hf_matrix_map (&record->matrix, x, y, &u, &v);
    hf_matrix_map (&record->matrix, x + 1, y, &ux, &vx);
    hf_matrix_map (&record->matrix, x, y + 1, &uy, &vy);
    a = 0.5 * (ux - u + vy - v);
    b = 0.5 * (vx - v - (uy - u));
    numbers[SHIFT_X] = u - x;
    numbers[SHIFT_Y] = v - y;
    numbers[ROTATION] = atan2 (b, a) * 180 / G_PI;
    numbers[SCALE] = 100 * (hypot (a, b) - 1);
    /* the reference's own say nothing */
    numbers[RESIDUAL] = frame == sweep->reference ? NAN : record->residual;
    numbers[CORRELATION] = frame == sweep->reference ? NAN : record->correlation;
    numbers[INLIERS] = frame == sweep->reference ? NAN : record->inliers;
}

static void
add_curve (HfPlot *plot, const char *name, const double *xs, const double *ys, int n)
{
    hf_plot_line (plot, name, xs, ys, n);
    if (n <= 60) { /* a point each, as long as they can be told apart */
        hf_plot_points (plot, NULL, xs, ys, n);
        hf_plot_colour (plot, "#333333");
    }
}

static bool
save_summary (const HfSweep *sweep, GError **error)
{
    static const struct {
        const char *title, *label;
        int first, n_curves;
        const char *names[2];
    } panels[] = {
        { "Shift of the middle", "shift / px", SHIFT_X, 2, { "x", "y" } },
        { "Rotation", "rotation / degrees", ROTATION, 1 },
        { "Scale", "scale - 1 / %", SCALE, 1 },
        { "What the motion leaves", "residual / px", RESIDUAL, 0 },
        { "Agreement with the neighbour", "0 to 1", CORRELATION, 2, { "correlation", "inliers" } }
    };
    int n = sweep->n_frames;
    double *xs = g_new (double, n), *ys = g_new (double, (gsize) n *CURVES), numbers[CURVES];
    char *path = g_build_filename (sweep->plots, "alignment.svg", NULL);
    HfPlot *plots[G_N_ELEMENTS (panels)];
    bool good;

    for (int i = 0; i < n; i++) {
        xs[i] = i;
        describe (sweep, i, numbers);
        for (int k = 0; k < CURVES; k++)
            ys[k * n + i] = sweep->records[i].used ? numbers[k] : NAN;
    }
    for (gsize i = 0; i < G_N_ELEMENTS (panels); i++) {
        plots[i] = hf_plot_new (panels[i].title, "frame", panels[i].label);
        for (int k = 0; k < panels[i].n_curves; k++)
            add_curve (plots[i], panels[i].names[k], xs, ys + (panels[i].first + k) * n, n);
        if (panels[i].first == RESIDUAL)
            hf_plot_bars (plots[i], NULL, xs, ys + RESIDUAL * n, n);
        if (panels[i].first == CORRELATION)
            hf_plot_range_y (plots[i], 0, 1);
        hf_plot_mark_x (plots[i], i == 0 ? "reference" : NULL, sweep->reference);
    }
    good = hf_plot_save_panels (plots, G_N_ELEMENTS (plots), 2, path, error);
    for (gsize i = 0; i < G_N_ELEMENTS (plots); i++)
        hf_plot_free (plots[i]);
    g_free (path);
    g_free (ys);
    g_free (xs);
    return good;
}

bool
hf_align_plots_save (const HfAlignPlots *plots, const HfSweep *sweep, GError **error)
{
    for (int i = 0; i < plots->n_frames; i++)
        if (plots->frames[i].template >= 0 && sweep->records[i].used &&
            !save_frame (plots, sweep, i, error))
            return false;
    return save_summary (sweep, error);
}
