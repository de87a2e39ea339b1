/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "steps/light.h"

#include <hyperfocal/band.h>
#include <math.h>
#include <string.h>

enum { WINDOWS = 16 };

static const float too_bright = 0.995f; /* of an integer sample: cut off */
static const double most_cut_off = 0.1; /* of a cell's samples */
static const float weights[3] = { 0.2126f, 0.7152f, 0.0722f };

/* What is summed up over one row of cells. */
typedef struct Sums {
    float *colour[3], *cut_off, *lowest, *highest; /* a number each cell */
    float *lights;                                 /* one row of pixels: luminosity */
    float *memory;
    int n; /* cells */
} Sums;

static bool
sums_new (Sums *sums, int n, int width, HfBudget *budget, GError **error)
{
    size_t cells = (size_t) n;

    sums->n = n;
    sums->memory = hf_pixels_new_n (budget, 6 * cells + (size_t) width, sizeof (float),
                                    "the light of a frame", error);
    if (!sums->memory)
        return false;
    for (int c = 0; c < 3; c++)
        sums->colour[c] = sums->memory + (size_t) c * cells;
    sums->cut_off = sums->memory + 3 * cells;
    sums->lowest = sums->memory + 4 * cells;
    sums->highest = sums->memory + 5 * cells;
    sums->lights = sums->memory + 6 * cells;
    return true;
}

static void
sums_start (Sums *sums)
{
    memset (sums->memory, 0, 4 * (size_t) sums->n * sizeof (float));
    for (int i = 0; i < sums->n; i++) {
        sums->lowest[i] = INFINITY;
        sums->highest[i] = -INFINITY;
    }
}

/* A row of pixels: the extremes of the luminosity in each cell. */
static void
add_extremes (Sums *sums, const float *const *colour, int n_colours, int size, int width)
{
    float *lights = sums->lights;

    if (n_colours == 3)
        for (int x = 0; x < width; x++)
            lights[x] =
                weights[0] * colour[0][x] + weights[1] * colour[1][x] + weights[2] * colour[2][x];
    else
        memcpy (lights, colour[0], (size_t) width * sizeof *lights);
    for (int i = 0; i < sums->n; i++) {
        int end = MIN ((i + 1) * size, width);
        float low = sums->lowest[i], high = sums->highest[i];

        for (int x = i * size; x < end; x++) {
            low = MIN (low, lights[x]);
            high = MAX (high, lights[x]);
        }
        sums->lowest[i] = low;
        sums->highest[i] = high;
    }
}

/* A row of pixels: sums of a colour and number of its samples at the upper end. */
static void
add_colour (Sums *sums, int c, const float *row, int size, int width)
{
    for (int i = 0; i < sums->n; i++) {
        int end = MIN ((i + 1) * size, width);
        float sum = 0, cut_off = 0;

        for (int x = i * size; x < end; x++) {
            sum += row[x];
            cut_off += row[x] > too_bright ? 1.0f : 0.0f;
        }
        sums->colour[c][i] += sum;
        sums->cut_off[i] += cut_off;
    }
}

static void
add_band (Sums *sums, const HfBand *band, int size)
{
    for (int y = 0; y < band->rect.height; y++) {
        const float *colour[3];

        for (int c = 0; c < band->n_colours; c++) {
            colour[c] = band->colour[c] + (size_t) y * band->stride;
            add_colour (sums, c, colour[c], size, band->rect.width);
        }
        add_extremes (sums, colour, band->n_colours, size, band->rect.width);
    }
}

static bool
is_opaque (const HfBand *band, int x, int width)
{
    if (band->opaque)
        return true;
    for (int y = 0; y < band->rect.height; y++)
        for (int i = 0; i < width; i++)
            if (band->validity[(size_t) y * band->stride + (size_t) (x + i)] < 1)
                return false;
    return true;
}

/* Writes the row of cells that the sums are of. */
static void
finish_row (HfLight *light, int row, const Sums *sums, const HfBand *band,
            const HfLightRules *rules, float step)
{
    int n_colours = band->n_colours;

    for (int i = 0; i < light->width; i++) {
        size_t at = (size_t) row * (size_t) light->width + (size_t) i;
        int width = MIN (light->size, band->rect.width - i * light->size);
        float n = (float) (width * band->rect.height), mean[3] = { 0 }, luminosity;
        bool good;

        for (int c = 0; c < n_colours; c++)
            mean[c] = sums->colour[c][i] / n;
        luminosity = n_colours == 1
                         ? mean[0]
                         : weights[0] * mean[0] + weights[1] * mean[1] + weights[2] * mean[2];
        good = (step <= 0 || sums->cut_off[i] <= (float) most_cut_off * n * (float) n_colours) &&
               luminosity >= (float) rules->darkest && luminosity <= (float) rules->brightest &&
               is_opaque (band, i * light->size, width);
        for (int c = 0; c < light->n_planes; c++)
            light->plane[c][at] = !good ? NAN : light->n_planes == 1 ? luminosity : mean[c];
        light->flat[at] = sums->highest[i] - sums->lowest[i] < 1.5f * step ? 1.0f : 0.0f;
    }
}

static void
lay_out (HfLight *light, const HfImage *image, int reduction, int width, int height,
         const HfLightRules *rules)
{
    light->size = MAX (rules->size, 1);
    light->width = (image->width + light->size - 1) / light->size;
    light->height = (image->height + light->size - 1) / light->size;
    light->pitch = (double) light->size * reduction;
    light->frame_x = (width - 1) / 2.0;
    light->frame_y = (height - 1) / 2.0;
    light->half_diagonal = hypot (width, height) / 2;
    light->n_planes = rules->colours && hf_format_n_colours (image->format) == 3 ? 3 : 1;
}

static float
step_of (HfFormat format)
{
    return format.type == HF_SAMPLE_U8    ? 1 / 255.0f
           : format.type == HF_SAMPLE_U16 ? 1 / 65535.0f
                                          : 0;
}

static void
fill (HfLight *light, const HfImage *image, const HfLightRules *rules, Sums *sums, float *memory)
{
    for (int row = 0; row < light->height; row++) {
        int top = row * light->size, height = MIN (light->size, image->height - top);
        HfBand band;

        hf_band_place (&band, (HfRect) { 0, top, image->width, height },
                       hf_format_n_colours (image->format), memory);
        hf_band_read (&band, image);
        sums_start (sums);
        add_band (sums, &band, light->size);
        finish_row (light, row, sums, &band, rules, step_of (image->format));
    }
}

bool
hf_light_measure (HfLight *light, const HfImage *image, int reduction, int width, int height,
                  const HfLightRules *rules, HfBudget *budget, GError **error)
{
    int n_colours = hf_format_n_colours (image->format);
    Sums sums = { 0 };
    float *cells, *memory;
    size_t n;

    lay_out (light, image, reduction, width, height, rules);
    n = (size_t) light->width * (size_t) light->height;
    cells = hf_pixels_new_n (budget, n * (size_t) (light->n_planes + 1), sizeof (float),
                             "the light of a frame", error);
    for (int c = 0; c < light->n_planes; c++)
        light->plane[c] = cells + (size_t) c * n;
    light->flat = cells + (size_t) light->n_planes * n;
    memory = cells ? hf_pixels_new_n (budget, hf_band_floats (image->width, light->size, n_colours),
                                      sizeof (float), "the light of a frame", error)
                   : NULL;
    if (memory && sums_new (&sums, light->width, image->width, budget, error)) {
        fill (light, image, rules, &sums, memory);
        hf_pixels_free (sums.memory);
        hf_pixels_free (memory);
        return true;
    }
    hf_pixels_free (memory);
    hf_pixels_free (cells);
    light->plane[0] = NULL;
    return false;
}

void
hf_light_clear (HfLight *light)
{
    hf_pixels_free (light->plane[0]);
    memset (light, 0, sizeof *light);
}

void
hf_light_place (const HfLight *light, int column, int row, double *x, double *y)
{
    *x = (column + 0.5) * light->pitch - 0.5;
    *y = (row + 0.5) * light->pitch - 0.5;
}

double
hf_light_squared_radius (const HfLight *light, double x, double y)
{
    double dx = (x - light->frame_x) / light->half_diagonal,
           dy = (y - light->frame_y) / light->half_diagonal;

    return dx * dx + dy * dy;
}

bool
hf_light_find (const HfLight *light, double x, double y, HfLightSpot *spot)
{
    double column = (x + 0.5) / light->pitch - 0.5, row = (y + 0.5) / light->pitch - 0.5;

    if (!(column >= 0 && row >= 0 && column < light->width - 1 && row < light->height - 1))
        return false;
    spot->first = (size_t) row * (size_t) light->width + (size_t) column;
    spot->x = column - floor (column);
    spot->y = row - floor (row);
    return true;
}

double
hf_light_at (const HfLight *light, const float *plane, const HfLightSpot *spot)
{
    const float *upper = plane + spot->first, *lower = upper + light->width;

    return (upper[0] * (1 - spot->x) + upper[1] * spot->x) * (1 - spot->y) +
           (lower[0] * (1 - spot->x) + lower[1] * spot->x) * spot->y;
}

HfLightWindows
hf_light_windows (const HfLight *light)
{
    double pitch = MAX (light->width, light->height) / (double) WINDOWS;

    return (HfLightWindows) { (int) floor ((light->width - 0.5) / pitch) + 2,
                              (int) floor ((light->height - 0.5) / pitch) + 2, pitch };
}

/* The window before the place, and the share of the one after it. */
static int
share_out (double place, double pitch, double *share)
{
    double window = place / pitch;
    int before = (int) window;

    *share = 0.5 - 0.5 * cos (G_PI * (window - before));
    return before;
}

void
hf_light_windows_of (const HfLightWindows *windows, int column, int row, int index[4],
                     double weight[4])
{
    double right, below;
    int x = share_out (column + 0.5, windows->pitch, &right);
    int y = share_out (row + 0.5, windows->pitch, &below);

    for (int i = 0; i < 4; i++) {
        index[i] = (y + i / 2) * windows->columns + x + i % 2;
        weight[i] = (i % 2 ? right : 1 - right) * (i / 2 ? below : 1 - below);
    }
}
