/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the scene to the frames.
 *
 * Each layer is blurred by discs of a list of radii, each blurred canvas once for all frames. A
 * pixel of a frame goes back through the frame's transform to its place in the scene, reads the
 * depth there, and mixes the two blurred canvases next to its own radius such that the second
 * moment of the mixture is that of the disc wanted (variance r^2 / 4 along an axis). Layers are
 * laid over each other from the farthest to the nearest by their blurred cover, so that an object
 * out of focus spreads over what is behind it. Wide discs are laid on canvases halved once or
 * twice.
 *
 * The truth is one more frame: the identity, in focus everywhere.
 *
 * The work goes in strips of rows, so that huge frames need little more than their own memory.
 */
#include "expose.h"

#include "interpolation.h"
#include "random.h"

#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

enum {
    MOST_LEVELS = 64,
    HALVINGS = 2,
    NARROWEST = 5, /* samples: discs below are not laid on a halved canvas */
    STREAM_NOISE = 401
};

#define STRIP_BYTES 800e6
#define NOT_SEEN -2.0f /* level of a pixel where a layer is not */

typedef struct Level {
    double radius;   /* in samples of the canvas it is laid on; 0 = the canvas itself */
    double variance; /* of the blur along an axis, pixels² */
    int halvings;
} Level;

/* One layer at one blur, about to be added to all frames. */
typedef struct Pass {
    const HfCanvas *canvas;
    int level;
} Pass;

typedef struct Exposure {
    HfRender *render;
    const HfScene *scene;
    HfPool *pool;
    int n_views;    /* frames and, last, the truth */
    HfMatrix *back; /* of each view, its pixels -> reference */
    Level levels[MOST_LEVELS];
    int n_levels;
    int first_row, n_rows; /* of the strip */
    int most_rows;
    HfPixel *light;       /* n_views × n_rows × width: what all layers so far send */
    HfPixel *sum;         /* the same, of the layer at work; `light` itself for the background */
    HfPixel *layer_light; /* room for `sum` */
    float *level;         /* n_views × n_rows × width: place in the list of levels */
    float *least, *most;  /* of `level`, of each row of each view */
    const HfLayer *layer;
    Pass pass;
} Exposure;

double
hf_render_blur_radius (const HfRenderOptions *options, double depth, int frame)
{
    return fabs (depth - frame) * options->largest_blur / MAX (1, options->n_frames - 1);
}

static Level
level_of_radius (double radius, double step)
{
    Level level = { 0 };
    double wanted = 0.25 * radius * radius, smoothing = 0;

    while (level.halvings < HALVINGS && radius >= 2 * NARROWEST * step) {
        smoothing += step * step;
        step *= 2;
        level.halvings++;
    }
    level.radius = 2 * sqrt (wanted - smoothing) / step;
    level.variance = smoothing + step * step * hf_defocus_variance (level.radius);
    return level;
}

static void
list_levels (Exposure *exposure)
{
    const HfRenderOptions *options = &exposure->render->options;
    double step = 1 / options->detail, radius = step;

    exposure->n_levels = 1;
    exposure->levels[0] = (Level) { 0 };
    while (exposure->n_levels < MOST_LEVELS) {
        exposure->levels[exposure->n_levels++] = level_of_radius (radius, step);
        if (radius > options->largest_blur)
            break;
        radius += fmax (0.5 * step, 0.13 * radius);
    }
}

/* Place of a radius among the levels; `near` is a guess. */
static float
place_of_radius (const Exposure *exposure, double radius, int *near)
{
    const Level *levels = exposure->levels;
    double variance = 0.25 * radius * radius;
    int l = *near;

    while (l > 0 && levels[l].variance > variance)
        l--;
    while (l < exposure->n_levels - 2 && levels[l + 1].variance <= variance)
        l++;
    *near = l;
    return (float) (l + fmin (1, (variance - levels[l].variance) /
                                     (levels[l + 1].variance - levels[l].variance)));
}

static bool
canvas_sees (const HfCanvas *canvas, double x, double y)
{
    double room = 4 * canvas->step;

    return canvas->opaque ||
           (x > canvas->x - room && x < canvas->x + canvas->width * canvas->step + room &&
            y > canvas->y - room && y < canvas->y + canvas->height * canvas->step + room);
}

static void
level_row (void *data, int chunk, int worker)
{
    Exposure *exposure = data;
    const HfRenderOptions *options = &exposure->render->options;
    int view = chunk / exposure->n_rows, y = chunk % exposure->n_rows, near = 0;
    float *out = exposure->level + (size_t) chunk * (size_t) options->width;
    float least = MOST_LEVELS, most = NOT_SEEN;

    for (int x = 0; x < options->width; x++) {
        double at_x, at_y, radius = 0;

        hf_matrix_map (&exposure->back[view], x, y + exposure->first_row, &at_x, &at_y);
        if (!canvas_sees (exposure->layer->canvas, at_x, at_y)) {
            out[x] = NOT_SEEN;
            continue;
        }
        if (view < options->n_frames)
            radius = hf_render_blur_radius (
                options, hf_relief_at (&exposure->layer->relief, at_x, at_y), view);
        out[x] = place_of_radius (exposure, radius, &near);
        least = MIN (least, out[x]), most = MAX (most, out[x]);
    }
    exposure->least[chunk] = least;
    exposure->most[chunk] = most;
}

/* Adds what the canvas at work sends to a row of a view. */
static void
gather_row (void *data, int chunk, int worker)
{
    Exposure *exposure = data;
    int view = chunk / exposure->n_rows, y = chunk % exposure->n_rows;
    int width = exposure->render->options.width;
    const float *levels = exposure->level + (size_t) chunk * (size_t) width;
    HfPixel *sum = exposure->sum + (size_t) chunk * (size_t) width;
    const float *weights = hf_true_weights ();
    float level = (float) exposure->pass.level;

    if (exposure->least[chunk] >= level + 1 || exposure->most[chunk] <= level - 1)
        return;
    for (int x = 0; x < width; x++) {
        float weight = 1 - fabsf (levels[x] - level);
        double at_x, at_y;

        if (weight <= 0)
            continue;
        hf_matrix_map (&exposure->back[view], x, y + exposure->first_row, &at_x, &at_y);
        sum[x] += weight * hf_canvas_sample (exposure->pass.canvas, weights, at_x, at_y);
    }
}

static bool
level_is_wanted (const Exposure *exposure, int level)
{
    for (int i = 0; i < exposure->n_views * exposure->n_rows; i++)
        if (exposure->least[i] < level + 1 && exposure->most[i] > level - 1)
            return true;
    return false;
}

/* The rows of a layer's canvas that the strip of any view may see, with room for the blur. */
static HfCanvas *
visible_rows (const Exposure *exposure, const HfCanvas *canvas)
{
    const HfRenderOptions *options = &exposure->render->options;
    double top = G_MAXDOUBLE, bottom = -G_MAXDOUBLE;
    double room = 1.2 * options->largest_blur + 64 * canvas->step;

    for (int i = 0; i < 4 * exposure->n_views; i++) {
        double x = i & 1 ? options->width - 1 : 0, y = exposure->first_row;

        hf_matrix_map (&exposure->back[i / 4], x, i & 2 ? y + exposure->n_rows - 1 : y, &x, &y);
        top = fmin (top, y), bottom = fmax (bottom, y);
    }
    /* From a multiple of four, so that halved canvases lie alike in all strips. */
    return hf_canvas_view (canvas, (int) ((top - room - canvas->y) / canvas->step) / 4 * 4,
                           (int) ((bottom + room - canvas->y) / canvas->step) + 1);
}

/* Scratch for the largest of the blurs. */
static HfPixel *
new_room (const Exposure *exposure, HfCanvas *const halved[HALVINGS + 1], GError **error)
{
    size_t most = 0;

    for (int l = 0; l < exposure->n_levels; l++) {
        Level level = exposure->levels[l];

        most = MAX (most, hf_canvas_defocus_room (halved[level.halvings], level.radius));
    }
    return hf_pixels_new_n (NULL, most, sizeof (HfPixel), "a blurred canvas", error);
}

/* All blurs of the layer that pixels ask for. */
static bool
add_levels (Exposure *exposure, HfCanvas *const halved[HALVINGS + 1], GError **error)
{
    const HfCanvas *all = halved[0];
    HfCanvas *blurred =
        hf_canvas_new (all->width, all->height, all->x, all->y, all->step, all->opaque, error);
    HfPixel *room = blurred ? new_room (exposure, halved, error) : NULL;
    bool placed = room != NULL;

    for (int l = 0; placed && l < exposure->n_levels; l++) {
        Level level = exposure->levels[l];

        if (!level_is_wanted (exposure, l))
            continue;
        if (l > 0)
            hf_canvas_defocus (halved[level.halvings], level.radius, blurred, room, exposure->pool);
        exposure->pass = (Pass) { l > 0 ? blurred : all, l };
        hf_pool_for (exposure->pool, exposure->n_views * exposure->n_rows, gather_row, exposure);
    }
    hf_canvas_free (blurred);
    hf_pixels_free (room);
    return placed;
}

/* What the layer leaves of those behind it, and itself. */
static void
compose_row (void *data, int chunk, int worker)
{
    Exposure *exposure = data;
    const HfRenderOptions *options = &exposure->render->options;
    int view = chunk / exposure->n_rows, y = chunk % exposure->n_rows + exposure->first_row;
    HfPixel *light = exposure->light + (size_t) chunk * (size_t) options->width;
    const HfPixel *sum = exposure->sum + (size_t) chunk * (size_t) options->width;
    float *depth = hf_image_row (exposure->render->depth, y);

    for (int x = 0; x < options->width; x++) {
        if (view == options->n_frames && sum[x][3] >= 0.5f)
            depth[x] = (float) hf_relief_at (&exposure->layer->relief, x, y);
        if (sum != light)
            light[x] = sum[x] + (1 - sum[x][3]) * light[x];
    }
}

static bool
add_layer (Exposure *exposure, const HfLayer *layer, GError **error)
{
    int n_chunks = exposure->n_views * exposure->n_rows;
    HfCanvas *halved[HALVINGS + 1] = { visible_rows (exposure, layer->canvas) };
    bool added = true;

    exposure->layer = layer;
    exposure->sum = layer == exposure->scene->layers ? exposure->light : exposure->layer_light;
    memset (exposure->sum, 0,
            (size_t) n_chunks * (size_t) exposure->render->options.width * sizeof (HfPixel));
    hf_pool_for (exposure->pool, n_chunks, level_row, exposure);
    for (int h = 1; added && h <= exposure->levels[exposure->n_levels - 1].halvings; h++) {
        halved[h] = hf_canvas_halve (halved[h - 1], exposure->pool, error);
        added = halved[h] != NULL;
    }
    added = added && add_levels (exposure, halved, error);
    if (added)
        hf_pool_for (exposure->pool, n_chunks, compose_row, exposure);
    for (int h = 0; h <= HALVINGS; h++)
        hf_canvas_free (halved[h]);
    return added;
}

static void
store (const HfImage *image, size_t at, int y, float value)
{
    void *row = hf_image_row (image, y);

    if (image->format.type == HF_SAMPLE_FLOAT)
        ((float *) row)[at] = value;
    else if (image->format.type == HF_SAMPLE_U16)
        ((guint16 *) row)[at] = (guint16) (CLAMP (value, 0, 1) * 65535 + 0.5f);
    else
        ((guint8 *) row)[at] = (guint8) (CLAMP (value, 0, 1) * 255 + 0.5f);
}

static void
store_pixel (const HfImage *image, int x, int y, HfPixel colour)
{
    if (image->format.n_channels == 1) {
        float grey = 0.2126f * colour[0] + 0.7152f * colour[1] + 0.0722f * colour[2];

        store (image, (size_t) x, y, grey);
        return;
    }
    for (int c = 0; c < 3; c++)
        store (image, (size_t) x * 3 + (size_t) c, y, colour[c]);
}

/* White noise; for grey pictures of the same strength as for colour. */
static HfPixel
noise_at (const HfRenderOptions *options, int frame, int x, int y)
{
    const float *normal = hf_random_normal_table ();
    guint64 stream = hf_random_stream (options->seed, (guint64) (STREAM_NOISE + frame));
    guint64 bits = hf_random_at (stream, (guint64) y << 32 | (guint64) x);
    int spread = options->format.n_channels == 1 ? 0 : 14;
    HfPixel noise = { 0 };

    for (int c = 0; c < 3; c++)
        noise[c] =
            (float) options->noise * normal[(bits >> (8 + spread * c)) & (HF_NORMAL_STEPS - 1)];
    return noise;
}

/* The sensor: light falls off, is amplified, gets noise, and becomes numbers. */
static void
read_out_row (void *data, int chunk, int worker)
{
    Exposure *exposure = data;
    HfRender *render = exposure->render;
    const HfRenderOptions *options = &render->options;
    int view = chunk / exposure->n_rows, y = chunk % exposure->n_rows + exposure->first_row;
    const HfPixel *light = exposure->light + (size_t) chunk * (size_t) options->width;
    const HfHotPixel *hot = render->hot_pixels, *end = hot + render->n_hot_pixels;

    while (hot < end && hot->y < y)
        hot++;
    for (int x = 0; x < options->width; x++) {
        if (view == options->n_frames) {
            store_pixel (render->truth, x, y, light[x]);
        } else {
            HfPixel seen =
                light[x] * (float) (render->gains[view] * hf_render_vignetting (options, x, y));

            if (options->noise > 0)
                seen += noise_at (options, view, x, y);
            for (; hot < end && hot->x == x && hot->y == y; hot++)
                for (int c = 0; c < 3; c++)
                    seen[c] += hot->value[c];
            store_pixel (render->frames[view], x, y, seen);
        }
    }
}

static bool
expose_strip (Exposure *exposure, GError **error)
{
    for (int i = 0; i < exposure->scene->n_layers; i++)
        if (!add_layer (exposure, &exposure->scene->layers[i], error))
            return false;
    hf_pool_for (exposure->pool, exposure->n_views * exposure->n_rows, read_out_row, exposure);
    return true;
}

/* Memory for one strip. */
static bool
begin (Exposure *exposure, GError **error)
{
    const HfRenderOptions *options = &exposure->render->options;
    size_t views = (size_t) exposure->n_views, per_row, rows;
    bool layered = exposure->scene->n_layers > 1;

    per_row =
        views * (size_t) options->width * (sizeof (float) + (layered ? 2 : 1) * sizeof (HfPixel));
    exposure->most_rows = (int) CLAMP (STRIP_BYTES / (double) per_row, 1, options->height);
    rows = views * (size_t) exposure->most_rows;
    exposure->light = hf_pixels_new_n (NULL, rows * (size_t) options->width, sizeof (HfPixel),
                                       "the frames of a strip", error);
    exposure->level = exposure->light
                          ? hf_pixels_new_n (NULL, rows * (size_t) options->width, sizeof (float),
                                             "the blur of a strip", error)
                          : NULL;
    if (exposure->level && layered)
        exposure->layer_light = hf_pixels_new_n (NULL, rows * (size_t) options->width,
                                                 sizeof (HfPixel), "a layer of a strip", error);
    exposure->least = g_new (float, rows);
    exposure->most = g_new (float, rows);
    return exposure->level && (!layered || exposure->layer_light);
}

bool
hf_expose (HfRender *render, const HfScene *scene, HfPool *pool, GError **error)
{
    const HfRenderOptions *options = &render->options;
    Exposure exposure = { render, scene, pool, options->n_frames + 1 };
    bool done = begin (&exposure, error);

    exposure.back = g_new (HfMatrix, exposure.n_views);
    for (int k = 0; k < exposure.n_views; k++)
        exposure.back[k] = hf_matrix_identity ();
    for (int k = 0; k < options->n_frames; k++)
        hf_matrix_invert (render->matrices[k], &exposure.back[k]);
    list_levels (&exposure);
    for (int y = 0; done && y < options->height; y += exposure.most_rows) {
        exposure.first_row = y;
        exposure.n_rows = MIN (exposure.most_rows, options->height - y);
        done = expose_strip (&exposure, error);
    }
    hf_pixels_free (exposure.light);
    hf_pixels_free (exposure.layer_light);
    hf_pixels_free (exposure.level);
    g_free (exposure.least);
    g_free (exposure.most);
    g_free (exposure.back);
    return done;
}
