/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { MOST_LEVELS = 16 };

typedef struct Plane {
    int width, height;
    double *value;
} Plane;

typedef struct Level {
    Plane picture[3], validity, band[3], energy, sharpness;
} Level;

static const double five[5] = { 1 / 16.0, 4 / 16.0, 6 / 16.0, 4 / 16.0, 1 / 16.0 };
const ReferenceOptions reference_defaults = { 16, 5, 0.375 };

static const double three[3] = { 1 / 4.0, 2 / 4.0, 1 / 4.0 };

Frame *
frame_new (int width, int height, int n_colours)
{
    Frame *frame = g_new0 (Frame, 1);
    size_t n = (size_t) width * (size_t) height;

    frame->width = width;
    frame->height = height;
    frame->n_colours = n_colours;
    for (int c = 0; c < n_colours; c++)
        frame->colour[c] = g_new0 (float, n);
    frame->validity = g_new (float, n);
    for (size_t i = 0; i < n; i++)
        frame->validity[i] = 1;
    return frame;
}

void
frame_free (Frame *frame)
{
    if (!frame)
        return;
    for (int c = 0; c < 3; c++)
        g_free (frame->colour[c]);
    g_free (frame->validity);
    g_free (frame);
}

static Plane
plane_new (int width, int height)
{
    return (Plane) { width, height, g_new0 (double, (size_t) width *(size_t) height) };
}

static int
mirror (int i, int n)
{
    while (n > 1 && (i < 0 || i >= n))
        i = i < 0 ? -i : 2 * n - 2 - i;
    return n > 1 ? i : 0;
}

static double *
at (const Plane *plane, int x, int y)
{
    return &plane->value[(size_t) mirror (y, plane->height) * (size_t) plane->width +
                         (size_t) mirror (x, plane->width)];
}

/* Sample (x, y) of a plane that stands for every second pixel of a width × height one. */
static double
at_half (const Plane *plane, int x, int y, int width, int height)
{
    return *at (plane, mirror (2 * x, width) / 2, mirror (2 * y, height) / 2);
}

static double
keep_validity (double value)
{
    double rounded = floor (value * 255 + 0.5);

    return value > 0 ? fmax (rounded, 1) / 255 : 0;
}

/* Weighted mean over n × n pixels around (x, y) of `plane`. */
static double
mean_around (const Plane *plane, const Plane *weight, const double *kernel, int n, int x, int y)
{
    double sum = 0, total = 0;

    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++) {
            int u = x + i - n / 2, v = y + j - n / 2;
            double w = kernel[i] * kernel[j] * *at (weight, u, v);

            sum += w * *at (plane, u, v);
            total += w;
        }
    return total > 0 ? sum / total : 0;
}

static double
weight_around (const Plane *weight, const double *kernel, int n, int x, int y)
{
    double total = 0;

    for (int j = 0; j < n; j++)
        for (int i = 0; i < n; i++)
            total += kernel[i] * kernel[j] * *at (weight, x + i - n / 2, y + j - n / 2);
    return total;
}

/* Between samples of every second pixel: the generating kernel of this centre, doubled; with .5
 * that is straight lines. */
static double
between (const Plane *half, int x, int y, int width, int height, double a)
{
    const double even[3] = { 0.5 - a, 2 * a, 0.5 - a }, odd[3] = { 0, 0.5, 0.5 };
    const double *across = x & 1 ? odd : even, *down = y & 1 ? odd : even;
    double sum = 0;

    for (int j = 0; j < 3; j++)
        for (int i = 0; i < 3; i++)
            if (across[i] * down[j] > 0)
                sum += across[i] * down[j] *
                       at_half (half, x / 2 + i - 1, y / 2 + j - 1, width, height);
    return sum;
}

static int
count_bands (int width, int height, int shortest)
{
    int n = 0;

    for (int side = MIN (width, height); side > shortest; side = (side + 1) / 2)
        n++;
    return MAX (n, 3);
}

static void
take (Level *levels, const Frame *frame)
{
    size_t n = (size_t) frame->width * (size_t) frame->height;

    levels[0].validity = plane_new (frame->width, frame->height);
    for (size_t i = 0; i < n; i++)
        levels[0].validity.value[i] = keep_validity (frame->validity[i]);
    for (int c = 0; c < frame->n_colours; c++) {
        levels[0].picture[c] = plane_new (frame->width, frame->height);
        for (size_t i = 0; i < n; i++)
            levels[0].picture[c].value[i] = frame->validity[i] > 0 ? frame->colour[c][i] : 0;
    }
}

static void
reduce (Level *coarse, const Level *fine, int n_colours, double a)
{
    const double kernel[5] = { 0.25 - a / 2, 0.25, a, 0.25, 0.25 - a / 2 };
    int width = (fine->validity.width + 1) / 2, height = (fine->validity.height + 1) / 2;

    coarse->validity = plane_new (width, height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            *at (&coarse->validity, x, y) =
                keep_validity (weight_around (&fine->validity, kernel, 5, 2 * x, 2 * y));
    for (int c = 0; c < n_colours; c++) {
        coarse->picture[c] = plane_new (width, height);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                *at (&coarse->picture[c], x, y) =
                    mean_around (&fine->picture[c], &fine->validity, kernel, 5, 2 * x, 2 * y);
    }
}

static Plane
band_energy (Level *level, const Level *coarse, int n_colours, double a)
{
    int width = level->validity.width, height = level->validity.height;
    Plane energy = plane_new (width, height);

    for (int c = 0; c < n_colours; c++) {
        level->band[c] = plane_new (width, height);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                double value = *at (&level->picture[c], x, y) -
                               between (&coarse->picture[c], x, y, width, height, a);

                *at (&level->band[c], x, y) = value;
                *at (&energy, x, y) += value * value;
            }
    }
    return energy;
}

/* The wide smoothing of the energy, at every second pixel. */
static Plane
wide_energy (const Plane *energy, const Plane *validity)
{
    int width = energy->width, height = energy->height;
    Plane sum = plane_new ((width + 1) / 2, (height + 1) / 2);
    Plane weight = plane_new ((width + 1) / 2, (height + 1) / 2);
    Plane wide = plane_new ((width + 1) / 2, (height + 1) / 2);

    for (int y = 0; y < sum.height; y++)
        for (int x = 0; x < sum.width; x++) {
            *at (&weight, x, y) = weight_around (validity, three, 3, 2 * x, 2 * y);
            *at (&sum, x, y) =
                mean_around (energy, validity, three, 3, 2 * x, 2 * y) * *at (&weight, x, y);
        }
    for (int y = 0; y < sum.height; y++)
        for (int x = 0; x < sum.width; x++) {
            double s = 0, w = 0;

            for (int j = -2; j <= 2; j++)
                for (int i = -2; i <= 2; i++) {
                    double k = five[i + 2] * five[j + 2];

                    s += k * at_half (&sum, x + i, y + j, width, height);
                    w += k * at_half (&weight, x + i, y + j, width, height);
                }
            *at (&wide, x, y) = w > 0 ? s / w : 0;
        }
    g_free (sum.value);
    g_free (weight.value);
    return wide;
}

static void
measure (Level *level, const Level *coarse, int n_colours, double noise,
         const ReferenceOptions *options)
{
    double share = (options->window - 3) / 4.0;
    int width = level->validity.width, height = level->validity.height;
    Plane own = band_energy (level, coarse, n_colours, options->a);
    Plane wide = wide_energy (&own, &level->validity);

    level->sharpness = plane_new (width, height);
    level->energy = plane_new (width, height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double m = (1 - share) * mean_around (&own, &level->validity, three, 3, x, y) +
                       share * between (&wide, x, y, width, height, 0.5);
            double t = m / (m + 30 * noise);

            m += 0.35 * t * t * (*at (&own, x, y) - m);
            if (coarse->sharpness.value)
                m += 0.2 * between (&coarse->sharpness, x, y, width, height, 0.5);
            *at (&level->sharpness, x, y) = m;
            *at (&level->energy, x, y) = m + 12 * noise;
        }
    g_free (own.value);
    g_free (wide.value);
}

/* Variance of each band of white noise: from a filter bank run on single bright pixels. */
static void
noise_gain (double *gain, int n_levels, double a)
{
    enum { SIZE = 256 };
    int period = 1 << n_levels;

    for (int l = 0; l < n_levels; l++)
        gain[l] = 0;
    /* The bands of a line of pixels; pixels of the picture are products, see below. */
    for (int l = 0; l < n_levels; l++) {
        double own = 0, both = 0, expanded = 0;

        for (int phase = 0; phase < period; phase++) {
            Level line[MOST_LEVELS + 1] = { 0 };
            Frame *impulse = frame_new (SIZE * 4, 1, 1);
            int n;

            impulse->colour[0][SIZE * 2 + phase] = 1;
            take (&line[0], impulse);
            for (int i = 0; i <= l; i++)
                reduce (&line[i + 1], &line[i], 1, a);
            n = line[l].validity.width;
            for (int x = 0; x < n; x++) {
                double g = *at (&line[l].picture[0], x, 0);
                double e = between (&line[l + 1].picture[0], x, 0, n, 1, a);

                /* Even and odd pixels of the level each come once in two pixels of it. */
                own += g * g, both += g * e, expanded += e * e;
            }
            for (int i = 0; i <= l + 1; i++) {
                g_free (line[i].validity.value);
                g_free (line[i].picture[0].value);
            }
            frame_free (impulse);
        }
        own /= period >> l, both /= period >> l, expanded /= period >> l;
        gain[l] = own * own - 2 * both * both + expanded * expanded;
    }
}

static void
free_levels (Level *levels, int n)
{
    for (int i = 0; i <= n; i++) {
        g_free (levels[i].validity.value);
        g_free (levels[i].energy.value);
        g_free (levels[i].sharpness.value);
        for (int c = 0; c < 3; c++) {
            g_free (levels[i].picture[c].value);
            g_free (levels[i].band[c].value);
        }
    }
    g_free (levels);
}

/* The frames' means at sample i of a level. */
static void
average (Level **frames, int n_frames, int l, bool base, int n_colours, size_t i, double mean[3])
{
    double peak = 0, total = 0;

    for (int f = 0; f < n_frames && !base; f++)
        if (frames[f][l].validity.value[i] > 0)
            peak = fmax (peak, frames[f][l].energy.value[i]);
    mean[0] = mean[1] = mean[2] = 0;
    for (int f = 0; f < n_frames; f++) {
        const Level *level = &frames[f][l];
        double valid = level->validity.value[i], v = fmax (2 * valid - 1, valid / 1024);
        double w = v > 0 ? v * (base ? 1 : pow (level->energy.value[i] / peak, 20)) : 0;

        total += w;
        for (int c = 0; c < n_colours; c++)
            mean[c] += w * (base ? level->picture : level->band)[c].value[i];
    }
    for (int c = 0; c < n_colours; c++)
        mean[c] = total > 0 ? mean[c] / total : 0;
}

static void
limit (Frame *result, Frame *const *frames, int n_frames, bool bytes, size_t i)
{
    result->validity[i] = 0;
    for (int f = 0; f < n_frames; f++)
        result->validity[i] = fmaxf (result->validity[i], frames[f]->validity[i]);
    for (int c = 0; c < result->n_colours; c++) {
        double low = INFINITY, high = -INFINITY, value = result->colour[c][i];

        for (int f = 0; f < n_frames; f++)
            if (frames[f]->validity[i] > 0) {
                low = fmin (low, frames[f]->colour[c][i]);
                high = fmax (high, frames[f]->colour[c][i]);
            }
        if (bytes) {
            low = fmax (0, floor (low * 255 + 1 / 64.0)) / 255;
            high = fmin (255, ceil (high * 255 - 1 / 64.0)) / 255;
        }
        result->colour[c][i] =
            (float) (result->validity[i] > 0 ? fmin (fmax (value, low), high) : 0);
    }
}

Frame *
reference_fuse (Frame *const *frames, int n_frames, double sigma, bool bytes,
                const ReferenceOptions *options)
{
    int width = frames[0]->width, height = frames[0]->height, n_colours = frames[0]->n_colours;
    int n_levels = count_bands (width, height, options->shortest);
    double gain[MOST_LEVELS];
    Level **levels = g_new (Level *, n_frames), *sum = g_new0 (Level, n_levels + 1);
    Frame *result = frame_new (width, height, n_colours);

    noise_gain (gain, n_levels, options->a);
    for (int f = 0; f < n_frames; f++) {
        levels[f] = g_new0 (Level, n_levels + 1);
        take (levels[f], frames[f]);
        for (int l = 0; l < n_levels; l++)
            reduce (&levels[f][l + 1], &levels[f][l], n_colours, options->a);
        for (int l = n_levels - 1; l >= 0; l--)
            measure (&levels[f][l], &levels[f][l + 1], n_colours,
                     gain[l] * n_colours * sigma * sigma, options);
    }
    for (int l = n_levels; l >= 0; l--) {
        int w = levels[0][l].validity.width, h = levels[0][l].validity.height;

        for (int c = 0; c < n_colours; c++)
            sum[l].picture[c] = plane_new (w, h);
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                size_t i = (size_t) y * (size_t) w + (size_t) x;
                double mean[3];

                average (levels, n_frames, l, l == n_levels, n_colours, i, mean);
                for (int c = 0; c < n_colours; c++)
                    sum[l].picture[c].value[i] =
                        mean[c] + (l < n_levels
                                       ? between (&sum[l + 1].picture[c], x, y, w, h, options->a)
                                       : 0);
            }
    }
    for (size_t i = 0; i < (size_t) width * (size_t) height; i++) {
        for (int c = 0; c < n_colours; c++)
            result->colour[c][i] = (float) sum[0].picture[c].value[i];
        limit (result, frames, n_frames, bytes, i);
    }
    for (int f = 0; f < n_frames; f++)
        free_levels (levels[f], n_levels);
    g_free (levels);
    free_levels (sum, n_levels);
    return result;
}
