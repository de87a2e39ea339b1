/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Borders of an aligned frame as a picture
 * -----------------------------------------
 * A pixel that the warp's matrix puts outside of the frame, at (x, y), has a nearest point on the
 * rectangle through the centres of the frame's outermost pixels, at the distance d. Those pixels
 * form a closed line, the rim; s is the place of the nearest point along it, in pixels. The
 * pixel's colour is the mean of the rim around s,
 *     sum over k of  c[k] × integral from k - 1/2 to k + 1/2 of max (0, r - |s - t|) / r² dt
 * with r = 1, hardly more than linear interpolation, in mode replicate, and r = d, at least 1 and
 * at most border-blur, in mode replicate-blur: so what is beyond joins the frame without a seam and
 * loses its detail evenly with the distance, instead of drawing streaks.
 *
 * The mean costs the same for any r: with P the running sum of the running sum of c, taken as
 * constant over each pixel, it is (P (s + r) - 2 P (s) + P (s - r)) / r². c is taken less its mean,
 * and its running sum less its own, so that both are periodic around the rim and stay small.
 *
 * Colours are weighted by validity, as everywhere.
 */
#include <hyperfocal/border.h>

#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

bool
hf_border_init (HfBorder *border, const HfAlignOptions *options, GError **error)
{
    char **words = g_strsplit (options->border_value, ",", -1);
    bool good = g_strv_length (words) == 4;

    *border =
        (HfBorder) { .mode = (HfBorderMode) options->border_mode, .blur = options->border_blur };
    for (int i = 0; i < 4 && good; i++) {
        char *end, *word = g_strstrip (words[i]);
        double value = g_ascii_strtod (word, &end);

        good = end != word && *end == '\0' && value >= 0 && value <= 255;
        border->value[i] = (float) (value / 255);
    }
    g_strfreev (words);
    if (!good)
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "border-value \"%s\" is not four numbers 0 to 255: red, green, blue, alpha",
                     options->border_value);
    return good;
}

/* ---- the rim ---- */

/* Pixels around; a frame of a single row or column is its rim, there and back. */
static int
rim_length (int width, int height)
{
    return MAX (2 * (width - 1) + 2 * (height - 1), 1);
}

size_t
hf_border_rim_doubles (int width, int height, int n_colours)
{
    return (size_t) (n_colours + 1) * 2 * ((size_t) rim_length (width, height) + 1);
}

/* The running sum of a plane, and the running sum of that. */
static double *
first_sums (const HfBorderRim *rim, int plane)
{
    return rim->sums + (size_t) plane * 2 * ((size_t) rim->n + 1);
}

static double *
second_sums (const HfBorderRim *rim, int plane)
{
    return first_sums (rim, plane) + rim->n + 1;
}

void
hf_border_rim_begin (HfBorderRim *rim, int width, int height, int n_colours, double *memory)
{
    *rim = (HfBorderRim) { .width = width,
                           .height = height,
                           .n_colours = n_colours,
                           .n = rim_length (width, height),
                           .sums = memory };
    memset (memory, 0, hf_border_rim_doubles (width, height, n_colours) * sizeof *memory);
}

/* Clockwise from the frame's first pixel. */
static void
rim_pixel (const HfBorderRim *rim, int k, int *x, int *y)
{
    int right = rim->width - 1, bottom = rim->height - 1;

    if (k < right)
        *x = k, *y = 0;
    else if (k < right + bottom)
        *x = right, *y = k - right;
    else if (k < 2 * right + bottom)
        *x = 2 * right + bottom - k, *y = bottom;
    else
        *x = 0, *y = k == 0 ? 0 : 2 * right + 2 * bottom - k;
}

/* Where a point on the rim lies along it. */
static double
rim_place (const HfBorderRim *rim, double x, double y)
{
    double right = rim->width - 1, bottom = rim->height - 1;

    if (y <= 0)
        return x;
    if (x >= right)
        return right + y;
    if (y >= bottom)
        return right + bottom + (right - x);
    return 2 * right + bottom + (bottom - y);
}

static bool
holds (HfRect rect, int x, int y)
{
    return x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
}

void
hf_border_rim_take (HfBorderRim *rim, const HfBand *band)
{
    for (int k = 0; k < rim->n; k++) {
        int x, y;
        size_t at;
        double validity;

        rim_pixel (rim, k, &x, &y);
        if (!holds (band->rect, x, y))
            continue;
        at = (size_t) (y - band->rect.y) * band->stride + (size_t) (x - band->rect.x);
        validity = band->opaque ? 1 : band->validity[at];
        first_sums (rim, rim->n_colours)[k] = validity;
        for (int c = 0; c < rim->n_colours; c++)
            first_sums (rim, c)[k] = validity > 0 ? validity * band->colour[c][at] : 0;
    }
}

static double
mean_of (const double *values, int n)
{
    double sum = 0;

    for (int k = 0; k < n; k++)
        sum += values[k];
    return sum / n;
}

/* Replaces n samples by their running sums. */
static void
sum_up (double *samples, int n, double mean, double *second)
{
    double sum = 0, level = 0;

    for (int k = 0; k <= n; k++) {
        double sample = k < n ? samples[k] - mean : 0;

        samples[k] = sum;
        level += k < n ? sum + sample / 2 : 0; /* the integral over pixel k */
        sum += sample;
    }
    level /= n;
    sum = 0;
    for (int k = 0; k <= n; k++) {
        samples[k] -= level;
        second[k] = sum;
        if (k < n)
            sum += samples[k] + (samples[k + 1] - level - samples[k]) / 2;
    }
}

void
hf_border_rim_settle (HfBorderRim *rim)
{
    for (int plane = 0; plane <= rim->n_colours; plane++) {
        double *samples = first_sums (rim, plane);

        rim->means[plane] = mean_of (samples, rim->n);
        sum_up (samples, rim->n, rim->means[plane], second_sums (rim, plane));
    }
}

/* The running sum of the running sum up to t, which is within 0 … n. */
static double
sum_to (const HfBorderRim *rim, int plane, double t)
{
    const double *first = first_sums (rim, plane), *second = second_sums (rim, plane);
    int k = MIN ((int) t, rim->n - 1);
    double part = t - k;

    return second[k] + part * (first[k] + part * (first[k + 1] - first[k]) / 2);
}

/* Brings a place into the rim's first round. */
static double
wrapped (const HfBorderRim *rim, double t)
{
    t -= floor (t / rim->n) * rim->n;
    return t < rim->n ? t : 0;
}

static double
rim_mean (const HfBorderRim *rim, int plane, double place, double reach)
{
    double t = place + 0.5; /* pixel k covers k … k + 1 */
    double sum = sum_to (rim, plane, wrapped (rim, t - reach)) -
                 2 * sum_to (rim, plane, wrapped (rim, t)) +
                 sum_to (rim, plane, wrapped (rim, t + reach));

    return rim->means[plane] + sum / (reach * reach);
}

/* ---- filling ---- */

/* The colour at (x, y), outside of the frame. */
static void
border_colour (const HfBorder *border, const HfBorderRim *rim, double x, double y, float *colour)
{
    double near_x = CLAMP (x, 0, rim->width - 1), near_y = CLAMP (y, 0, rim->height - 1);
    double distance = sqrt ((x - near_x) * (x - near_x) + (y - near_y) * (y - near_y));
    double reach = border->mode == HF_BORDER_REPLICATE ? 1 : CLAMP (distance, 1, border->blur);
    double place = rim_place (rim, near_x, near_y);
    double validity = rim_mean (rim, rim->n_colours, place, reach);

    for (int c = 0; c < rim->n_colours; c++) {
        double sum = rim_mean (rim, c, place, reach);

        colour[c] = validity > 1e-6 ? (float) (sum / validity) : 0;
    }
}

static void
constant_colour (const HfBorder *border, int n_colours, float *colour)
{
    const float *value = border->value;

    for (int c = 0; c < 3; c++)
        colour[c] = n_colours == 3 ? value[c] : (value[0] + value[1] + value[2]) / 3;
}

/* Where a canvas pixel lies in the frame: false, and far away, behind the horizon. */
static bool
place_of (const HfMatrix *matrix, int u, int v, double *x, double *y)
{
    const double *m = matrix->m;
    double w = m[6] * u + (m[7] * v + m[8]);

    *x = (m[0] * u + (m[1] * v + m[2])) / w;
    *y = (m[3] * u + (m[4] * v + m[5])) / w;
    return w > 1e-9 && fabs (*x) < 1e9 && fabs (*y) < 1e9;
}

void
hf_border_fill (const HfBorder *border, const HfBorderRim *rim, const HfMatrix *matrix,
                int src_width, int src_height, HfBand *band)
{
    HfRect rect = band->rect;
    float colour[3];

    if (band->opaque)
        return;
    constant_colour (border, band->n_colours, colour);
    for (int v = 0; v < rect.height; v++) {
        for (int u = 0; u < rect.width; u++) {
            size_t at = (size_t) v * band->stride + (size_t) u;
            double x = 0, y = 0;
            bool seen, placed;

            if (band->validity[at] > 0)
                continue;
            placed = place_of (matrix, rect.x + u, rect.y + v, &x, &y);
            seen = placed && x >= -1e-6 && y >= -1e-6 && x <= src_width - 1 + 1e-6 &&
                   y <= src_height - 1 + 1e-6;
            if (border->mode != HF_BORDER_CONSTANT && !seen)
                border_colour (border, rim, placed ? x : -1e9, placed ? y : -1e9, colour);
            for (int c = 0; c < band->n_colours; c++)
                band->colour[c][at] = seen ? 0 : colour[c];
            band->validity[at] = seen ? 0 : border->value[3];
        }
    }
}
