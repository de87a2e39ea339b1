/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Vignetting: the falloff of the light, told from the subject
 * -------------------------------------------------------------
 * The mean luminosity of rings about the centre shows the falloff times the subject, and no subject
 * is grey: on rendered scenes rings alone are 28 % off in the corners. But between the frames of a
 * stack the subject moves -- focusing changes the scale, rails are not straight, hands shake -- and
 * the falloff does not. Where the part of the subject that the reference sees at radius r lies at
 * radius s in another frame, their lights are in the ratio
 *
 *     log R - log F = log g + u (r) - u (s),    u = logarithm of the falloff, g the frame's gain
 *
 * whatever the subject is. It is formed in windows (light.h), which defocus hardly changes; a first
 * fit of each frame with u a polynomial of three terms in r² gives Tukey's weights, 0 from 8 robust
 * standard deviations on, and the gain, which is then eliminated. What remains is added to the
 * normal equations for u of the whole stack (vignetting-fit.h), and the curve is fitted to those:
 *
 *     polynomial   1 + a r² + b r⁴
 *     sigmoid      1 / (1 + exp (exp (k (r - r0)))), relative to its value at r = 0
 *
 * The matrices are those that the alignment has found for the batch. Half a pixel of error there
 * moves nothing that a window would notice.
 *
 * The rings speak too, as the option asks for, and are plotted: each of r-steps rings in 32
 * sectors, summed over all frames. What is used is the change of the logarithm from ring to ring
 * within a sector, with Tukey's weights (3 robust standard deviations): edges of things are
 * outliers there. The outcome is taken with a standard error of 25 % in the corner, since the
 * subject may be brighter in the middle. They are asked when the step is switched on and motion
 * proves nothing: because nothing moves, or because the shade moves with the subject, as that of
 * the stops in a microscope may.
 *
 * Automatic corrects on the evidence of motion alone: when it tells the corner's light to 5 %, the
 * loss is over 8 % and over five standard errors, and the curve still falls in the corner.
 */
#include <hyperfocal/vignetting.h>

#include "plots/plot.h"
#include "steps/least-squares.h"
#include "steps/light.h"
#include "steps/step.h"
#include "steps/vignetting-fit.h"

#include <math.h>
#include <string.h>

#define HF_OPTION_STRUCT HfVignettingOptions
static const HfOption options[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/vignetting.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_vignetting_table = { "vignetting", "Vignetting", options,
                                            G_N_ELEMENTS (options), sizeof (HfVignettingOptions) };

enum { MOST_CELLS = 256, SECTORS = 32, N_ROUNDS = 8, N_RING_ROUNDS = 6, LEAST_WINDOWS = 8 };

static const double least_share = 0.1;     /* of a window's cells */
static const double cut = 8, ring_cut = 3; /* robust standard deviations */
static const double ring_error = 0.25;     /* of the light in the corner, by rings alone */
static const double known = 0.05;          /* standard error that counts as determined */
static const double noticed = 0.08;        /* loss in the corner */
static const double least_slope = 0.15;    /* in the corner, of the mean */
static const double certain = 5;           /* standard errors */
/* Frames that hardly move tell of their focus and of the errors of their registration only. */
static const double least_motion = 0.01; /* of half a diagonal */

/* Sums over the cells of each ring and sector. */
typedef struct Rings {
    int n;
    double *light, *cells; /* n × SECTORS */
} Rings;

static Rings
rings_new (int n)
{
    return (Rings) { n, g_new0 (double, n *SECTORS), g_new0 (double, n *SECTORS) };
}

static void
rings_clear (Rings *rings)
{
    g_free (rings->light);
    g_free (rings->cells);
}

static void
rings_add (Rings *rings, const Rings *other)
{
    for (int i = 0; i < rings->n * SECTORS; i++) {
        rings->light[i] += other->light[i];
        rings->cells[i] += other->cells[i];
    }
}

static void
rings_fill (Rings *rings, const HfLight *light)
{
    for (int row = 0; row < light->height; row++) {
        for (int column = 0; column < light->width; column++) {
            float value = light->plane[0][row * light->width + column];
            double x, y, turn;
            int ring, at;

            hf_light_place (light, column, row, &x, &y);
            ring = (int) (sqrt (hf_light_squared_radius (light, x, y)) * rings->n);
            turn = atan2 (y - light->frame_y, x - light->frame_x) / (2 * G_PI) + 0.5;
            at = MIN (ring, rings->n - 1) * SECTORS + MIN ((int) (turn * SECTORS), SECTORS - 1);
            if (value > 0) {
                rings->light[at] += (double) value;
                rings->cells[at] += 1;
            }
        }
    }
}

/* A change from a ring to the next one that holds cells, within one sector. */
typedef struct Change {
    double from, to; /* squared radii */
    double value, weight;
} Change;

static double
ring_middle (const Rings *rings, int ring)
{
    double radius = (ring + 0.5) / rings->n;

    return radius * radius;
}

static int
list_changes (const Rings *rings, Change *changes)
{
    int n = 0;

    for (int sector = 0; sector < SECTORS; sector++) {
        int before = -1;

        for (int ring = 0; ring < rings->n; ring++) {
            int at = ring * SECTORS + sector, last = before * SECTORS + sector;

            if (rings->cells[at] < 1)
                continue;
            if (before >= 0)
                changes[n++] = (Change) { ring_middle (rings, before), ring_middle (rings, ring),
                                          log (rings->light[at] / rings->cells[at]) -
                                              log (rings->light[last] / rings->cells[last]),
                                          sqrt (fmin (rings->cells[at], rings->cells[last])) };
            before = ring;
        }
    }
    return n;
}

static double
change_residual (const Change *change, const HfVignettingRecord *record)
{
    return change->value - log (hf_vignetting_falloff (record, sqrt (change->to)) /
                                hf_vignetting_falloff (record, sqrt (change->from)));
}

/* What the rings say, weighed so that the corner's light is known to no more than ring_error. */
static void
rings_evidence (const Rings *rings, HfShadeEvidence *evidence)
{
    Change *changes = g_new (Change, rings->n * SECTORS);
    double *sizes = g_new (double, rings->n *SECTORS);
    int n = list_changes (rings, changes);
    HfVignettingRecord record = hf_vignetting_none ();

    memset (evidence, 0, sizeof *evidence);
    for (int round = 0; round < N_RING_ROUNDS && n > 0; round++) {
        HfShadeEvidence found = { 0 };
        double scale;

        for (int i = 0; i < n; i++)
            sizes[i] = fabs (change_residual (&changes[i], &record));
        scale = 1.4826 * hf_median (sizes, n) + 1e-6;
        for (int i = 0; i < n; i++) {
            double row[HF_SHADE_KNOTS] = { 0 };
            double weight = hf_tukey (change_residual (&changes[i], &record), ring_cut * scale);

            hf_shade_hat (row, changes[i].to, 1);
            hf_shade_hat (row, changes[i].from, -1);
            hf_shade_observe (&found, row, changes[i].value,
                              weight * changes[i].weight / (scale * scale));
        }
        hf_shade_fit (&found, &record);
        *evidence = found;
    }
    if (record.error < ring_error) {
        HfShadeEvidence weak = { 0 };

        hf_shade_join (&weak, evidence, record.error * record.error / (ring_error * ring_error));
        *evidence = weak;
    }
    g_free (changes);
    g_free (sizes);
}

/* ---- Motion ---- */

/* Sums over the cells of a window that the reference and the frame see. */
typedef struct Window {
    double reference, frame, cells;
    double knots[HF_SHADE_KNOTS]; /* frame × (u there - u here) */
    double power[3];              /* frame × the same of r², r⁴, r⁶ */
} Window;

static void
add_to_window (Window *window, double weight, double reference, double frame, double there,
               double here)
{
    window->reference += weight * reference;
    window->frame += weight * frame;
    window->cells += weight;
    hf_shade_hat (window->knots, there, weight * frame);
    hf_shade_hat (window->knots, here, -weight * frame);
    window->power[0] += weight * frame * (there - here);
    window->power[1] += weight * frame * (there * there - here * here);
    window->power[2] += weight * frame * (there * there * there - here * here * here);
}

static void
add_cell (const HfLight *reference, const HfLight *frame, const HfMatrix *matrix, int column,
          int row, const HfLightWindows *windows, Window *sums)
{
    float wanted = reference->plane[0][row * reference->width + column];
    double u, v, x, y, light, weight[4];
    HfLightSpot spot;
    int index[4];

    hf_light_place (reference, column, row, &u, &v);
    hf_matrix_map (matrix, u, v, &x, &y);
    if (!(wanted > 0) || !hf_light_find (frame, x, y, &spot))
        return;
    light = hf_light_at (frame, frame->plane[0], &spot);
    if (!(light > 0))
        return;
    hf_light_windows_of (windows, column, row, index, weight);
    for (int i = 0; i < 4; i++)
        add_to_window (&sums[index[i]], weight[i], (double) wanted, light,
                       hf_light_squared_radius (reference, u, v),
                       hf_light_squared_radius (frame, x, y));
}

/* Fills sums[HF_LIGHT_MOST_WINDOWS] with means of the windows that hold enough; their number. */
static int
fill_windows (const HfLight *reference, const HfLight *frame, const HfMatrix *matrix, Window *sums)
{
    HfLightWindows windows = hf_light_windows (reference);
    double least = least_share * windows.pitch * windows.pitch;
    int n = 0;

    memset (sums, 0, HF_LIGHT_MOST_WINDOWS * sizeof *sums);
    for (int row = 0; row < reference->height; row++)
        for (int column = 0; column < reference->width; column++)
            add_cell (reference, frame, matrix, column, row, &windows, sums);
    for (int i = 0; i < windows.columns * windows.rows; i++) {
        Window window = sums[i];

        if (window.cells < least)
            continue;
        for (int k = 0; k < HF_SHADE_KNOTS; k++)
            window.knots[k] /= window.frame;
        for (int k = 0; k < 3; k++)
            window.power[k] /= window.frame;
        sums[n++] = window;
    }
    return n;
}

static double
ratio_of (const Window *window)
{
    return log (window->reference / window->frame);
}

static double
window_residual (const Window *window, const double p[4])
{
    return ratio_of (window) - p[0] - p[1] * window->power[0] - p[2] * window->power[1] -
           p[3] * window->power[2];
}

/* Robust weights of n windows, 1 / variance; what a frame of this brightness is worth. */
static void
weigh_windows (const Window *windows, int n, double *weights)
{
    double p[4] = { 0 }, sizes[HF_LIGHT_MOST_WINDOWS], scale = 1;

    for (int i = 0; i < n; i++)
        weights[i] = windows[i].frame;
    for (int round = 0; round < N_ROUNDS; round++) {
        HfNormal normal = { .n = 4 };

        for (int i = 0; i < n; i++)
            hf_normal_add (
                &normal,
                (double[]) { 1, windows[i].power[0], windows[i].power[1], windows[i].power[2] },
                ratio_of (&windows[i]), weights[i]);
        for (int k = 1; k < 4; k++)
            hf_normal_expect_zero (&normal, k,
                                   (round ? scale * scale : 0) + 1e-9 * normal.matrix[0][0]);
        hf_normal_solve (&normal, p);
        for (int i = 0; i < n; i++)
            sizes[i] = fabs (window_residual (&windows[i], p)) * sqrt (windows[i].frame);
        scale = 1.4826 * hf_median (sizes, n) + 1e-6;
        for (int i = 0; i < n; i++)
            weights[i] =
                windows[i].frame *
                hf_tukey (window_residual (&windows[i], p) * sqrt (windows[i].frame), cut * scale);
    }
    for (int i = 0; i < n; i++)
        weights[i] /= scale * scale;
}

/* Adds what the frame's motion says; the frame's gain is eliminated: rows relative to their mean.
 */
static void
motion_evidence (const HfLight *reference, const HfLight *frame, const HfMatrix *matrix,
                 HfShadeEvidence *evidence)
{
    Window *windows = g_new (Window, HF_LIGHT_MOST_WINDOWS);
    double weights[HF_LIGHT_MOST_WINDOWS], mean[HF_SHADE_KNOTS] = { 0 }, value = 0, sum = 0;
    int n = fill_windows (reference, frame, matrix, windows);

    if (n >= LEAST_WINDOWS)
        weigh_windows (windows, n, weights);
    else
        n = 0;
    for (int i = 0; i < n; i++) {
        sum += weights[i];
        value += weights[i] * ratio_of (&windows[i]);
        for (int k = 0; k < HF_SHADE_KNOTS; k++)
            mean[k] += weights[i] * windows[i].knots[k];
    }
    for (int i = 0; i < n && sum > 0; i++) {
        double row[HF_SHADE_KNOTS];

        for (int k = 0; k < HF_SHADE_KNOTS; k++)
            row[k] = windows[i].knots[k] - mean[k] / sum;
        hf_shade_observe (evidence, row, ratio_of (&windows[i]) - value / sum, weights[i]);
    }
    g_free (windows);
}

/* ---- The step ---- */

typedef struct State {
    HfLight reference;
    HfShadeEvidence motion;
    Rings rings;
} State;

static bool
wanted (const HfStackOptions *stack)
{
    return stack->vignetting.mode != HF_VIGNETTING_OFF;
}

static void *
begin (HfSweep *sweep, GError **error)
{
    State *state = g_new0 (State, 1);

    state->rings = rings_new (sweep->options->vignetting.rings);
    return state;
}

/* What one frame of a batch says. */
typedef struct Finding {
    HfShadeEvidence motion;
    Rings rings;
    GError *error;
} Finding;

typedef struct Batch {
    State *state;
    HfSweep *sweep;
    const int *frames;
    HfImage *const *images;
    Finding *findings;
} Batch;

static bool
measure_light (HfLight *light, HfSweep *sweep, int frame, const HfImage *image, GError **error)
{
    const HfFrameInfo *info = &sweep->infos[frame];
    int longest = MAX (image->width, image->height);
    HfLightRules rules = { .size = (longest + MOST_CELLS - 1) / MOST_CELLS,
                           .darkest = sweep->options->vignetting.black_threshold / 255,
                           .brightest = INFINITY };

    return hf_light_measure (light, image, sweep->reduction, info->width, info->height, &rules,
                             sweep->budget, error);
}

static void
fit_frame (HfSweep *sweep, int frame, const Rings *rings)
{
    HfVignettingRecord *record = &sweep->records[frame].vignetting;
    HfShadeEvidence evidence;

    rings_evidence (rings, &evidence);
    record->model = (HfVignettingModel) sweep->options->vignetting.model;
    hf_shade_fit (&evidence, record);
}

static void
measure_one (void *data, int chunk, int worker)
{
    const Batch *batch = data;
    HfSweep *sweep = batch->sweep;
    Finding *finding = &batch->findings[chunk];
    int frame = batch->frames[chunk];
    HfLight light = { 0 };

    finding->rings = rings_new (batch->state->rings.n);
    if (!sweep->records[frame].used ||
        !measure_light (&light, sweep, frame, batch->images[chunk], &finding->error))
        return;
    rings_fill (&finding->rings, &light);
    if (frame != sweep->reference)
        motion_evidence (&batch->state->reference, &light, &sweep->records[frame].align.matrix,
                         &finding->motion);
    if (sweep->options->vignetting.per_frame)
        fit_frame (sweep, frame, &finding->rings);
    hf_light_clear (&light);
}

/* Adds the findings in the order of the frames, so that batches do not show; false on an error. */
static bool
collect (State *state, Finding *findings, int n, GError **error)
{
    bool ok = true;

    for (int i = 0; i < n; i++) {
        if (findings[i].error) {
            if (ok)
                g_propagate_error (error, g_steal_pointer (&findings[i].error));
            g_clear_error (&findings[i].error);
            ok = false;
        }
        if (ok) {
            hf_shade_join (&state->motion, &findings[i].motion, 1);
            rings_add (&state->rings, &findings[i].rings);
        }
        rings_clear (&findings[i].rings);
    }
    return ok;
}

static bool
look (void *data, HfSweep *sweep, const int *frames, HfImage *const *images, int n, GError **error)
{
    State *state = data;
    Finding *findings = g_new0 (Finding, n);
    Batch batch = { state, sweep, frames, images, findings };
    bool ok = true;

    for (int i = 0; i < n && ok; i++)
        if (frames[i] == sweep->reference)
            ok = measure_light (&state->reference, sweep, frames[i], images[i], error);
    if (ok) {
        hf_pool_for (sweep->pool, n, measure_one, &batch);
        ok = collect (state, findings, n, error);
    }
    g_free (findings);
    return ok;
}

/* The farthest that a corner of the reference moves in any frame, half a diagonal = 1. */
static double
farthest_motion (const HfSweep *sweep)
{
    const HfFrameInfo *info = &sweep->infos[sweep->reference];
    double farthest = 0;

    for (int i = 0; i < sweep->n_frames; i++)
        for (int corner = 0; corner < 4 && sweep->records[i].used; corner++) {
            double x = corner & 1 ? info->width : 0, y = corner & 2 ? info->height : 0, u, v;

            hf_matrix_map (&sweep->records[i].align.matrix, x, y, &u, &v);
            farthest = MAX (farthest, hypot (u - x, v - y));
        }
    return farthest / (0.5 * hypot (info->width, info->height));
}

/* Does motion prove a loss? Lenses lose most in the corners: a curve that is level there is none.
 */
static bool
is_proven (const State *state, const HfSweep *sweep)
{
    HfVignettingRecord curve = hf_vignetting_none ();
    double lost, slope;

    hf_shade_fit (&state->motion, &curve);
    lost = 1 - hf_vignetting_falloff (&curve, 1);
    slope = -(curve.shape[0] + 2 * curve.shape[1]); /* over r², in the corner */
    return farthest_motion (sweep) > least_motion && curve.error < known && lost > noticed &&
           lost > certain * curve.error && slope > least_slope * lost;
}

/* The stack's curve, by motion or, if the user wishes so, by the rings. */
static HfVignettingRecord
fit_stack (const State *state, const HfVignettingOptions *wishes, bool proven)
{
    HfVignettingRecord record = { .model = (HfVignettingModel) wishes->model };
    HfShadeEvidence evidence = state->motion;

    if (wishes->mode == HF_VIGNETTING_ON && !proven)
        rings_evidence (&state->rings, &evidence);
    hf_shade_fit (&evidence, &record);
    return record;
}

static double
ring_mean (const Rings *rings, int ring)
{
    double light = 0, cells = 0;

    for (int sector = 0; sector < SECTORS; sector++) {
        light += rings->light[ring * SECTORS + sector];
        cells += rings->cells[ring * SECTORS + sector];
    }
    return light / cells;
}

/* The centre's light: the median of what the rings say. */
static double
light_at_centre (const Rings *rings, const HfVignettingRecord *record)
{
    double *lights = g_new (double, rings->n), median;
    int n = 0;

    for (int ring = 0; ring < rings->n; ring++) {
        double light = ring_mean (rings, ring) /
                       hf_vignetting_falloff (record, sqrt (ring_middle (rings, ring)));

        if (isfinite (light))
            lights[n++] = light;
    }
    median = hf_median (lights, n);
    g_free (lights);
    return median;
}

/* Rings and fit, and beside them the factor. */
static bool
plot (const Rings *rings, const HfVignettingRecord *record, const HfVignettingOptions *wishes,
      const char *folder, GError **error)
{
    HfPlot *plots[2] = { hf_plot_new ("Vignetting: rings and fit", "radius / half diagonal",
                                      "mean luminosity, 1 = full scale"),
                         hf_plot_new (record->applied ? "Vignetting: correction"
                                                      : "Vignetting: correction (not applied)",
                                      "radius / half diagonal", "factor") };
    double *radii = g_new (double, rings->n), *means = g_new (double, rings->n);
    double *fitted = g_new (double, rings->n), *factors = g_new (double, rings->n);
    char *path = g_build_filename (folder, "vignetting.svg", NULL);
    HfVignettingRecord applied = *record;
    HfVignettingGains gains;
    bool ok;

    applied.applied = true;
    hf_vignetting_prepare (&applied, wishes, &gains);
    for (int ring = 0; ring < rings->n; ring++) {
        double place = ring_middle (rings, ring);

        radii[ring] = sqrt (place);
        means[ring] = ring_mean (rings, ring);
        fitted[ring] = record->light * hf_vignetting_falloff (record, radii[ring]);
        factors[ring] =
            gains.identity ? 1 : (double) gains.gain[(int) (radii[ring] * HF_VIGNETTING_STEPS)];
    }
    hf_plot_points (plots[0], "rings", radii, means, rings->n);
    hf_plot_line (plots[0], "fit", radii, fitted, rings->n);
    hf_plot_range_y (plots[0], 0, 1.25 * record->light);
    hf_plot_line (plots[1], NULL, radii, factors, rings->n);
    ok = hf_plot_save_panels (plots, 2, 2, path, error);
    for (int i = 0; i < 2; i++)
        hf_plot_free (plots[i]);
    g_free (radii);
    g_free (means);
    g_free (fitted);
    g_free (factors);
    g_free (path);
    return ok;
}

static bool
settle (void *data, HfSweep *sweep, GError **error)
{
    const State *state = data;
    const HfVignettingOptions *wishes = &sweep->options->vignetting;
    bool proven = is_proven (state, sweep);
    HfVignettingRecord record = fit_stack (state, wishes, proven);

    record.applied = wishes->apply && (proven || wishes->mode == HF_VIGNETTING_ON);
    record.light = light_at_centre (&state->rings, &record);
    for (int i = 0; i < sweep->n_frames; i++) {
        HfVignettingRecord *frame = &sweep->records[i].vignetting;

        if (wishes->per_frame && sweep->records[i].used) {
            frame->applied = record.applied;
            frame->light = record.light;
        } else {
            *frame = record;
        }
    }
    return !sweep->plots || plot (&state->rings, &record, wishes, sweep->plots, error);
}

static void
end (void *data)
{
    State *state = data;

    if (state) {
        hf_light_clear (&state->reference);
        rings_clear (&state->rings);
    }
    g_free (state);
}

const HfStep hf_vignetting_step = { "vignetting", wanted, begin, look, settle, end };
