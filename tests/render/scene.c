/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The background is one surface without gaps: flat, a tilted plane, or a wavy one with bumps and
 * dents, scaled to reach from the first to the last focus. With occluders it fills the farther
 * half, and groups of objects — twigs, hairs, leaves — stand before it, each on a slightly tilted
 * plane of its own.
 */
#include "scene.h"

#include "random.h"
#include "shape.h"
#include "texture.h"

#include <math.h>

enum { STREAM_BACKGROUND = 201, STREAM_RELIEF, STREAM_OCCLUDER = 301 };

#define RELIEF_STEP 4.0 /* pixels */

double
hf_relief_at (const HfRelief *relief, double x, double y)
{
    double u = CLAMP ((x - relief->x) / relief->step, 0, relief->width - 1);
    double v = CLAMP ((y - relief->y) / relief->step, 0, relief->height - 1);
    int i = MIN ((int) u, relief->width - 2), j = MIN ((int) v, relief->height - 2);
    const float *at = relief->depth + (size_t) j * (size_t) relief->width + (size_t) i;
    double top = at[0] + (u - i) * (at[1] - at[0]);
    double bottom = at[relief->width] + (u - i) * (at[relief->width + 1] - at[relief->width]);

    return top + (v - j) * (bottom - top);
}

static HfRelief
new_relief (double left, double top, double width, double height)
{
    HfRelief relief = { .x = left, .y = top, .step = RELIEF_STEP };

    relief.width = (int) ceil (width / RELIEF_STEP) + 2;
    relief.height = (int) ceil (height / RELIEF_STEP) + 2;
    relief.depth = g_new0 (float, (size_t) relief.width *(size_t) relief.height);
    return relief;
}

static void
add_slope (HfRelief *relief, double by_x, double by_y)
{
    for (int j = 0; j < relief->height; j++)
        for (int i = 0; i < relief->width; i++)
            relief->depth[j * relief->width + i] += (float) (by_x * (relief->x + i * relief->step) +
                                                             by_y * (relief->y + j * relief->step));
}

/* Gaussian hills and hollows, sizes in parts of the picture's height. */
static void
add_bumps (HfRelief *relief, const HfRenderOptions *options, HfRandom *random)
{
    for (int n = 0; n < 14; n++) {
        double x = hf_random_next (random, 0, options->width);
        double y = hf_random_next (random, 0, options->height);
        double size = options->height * hf_random_next (random, 0.06, 0.2);
        double height = hf_random_next (random, -0.45, 0.45);

        for (int j = 0; j < relief->height; j++) {
            for (int i = 0; i < relief->width; i++) {
                double dx = (relief->x + i * relief->step - x) / size;
                double dy = (relief->y + j * relief->step - y) / size;

                relief->depth[j * relief->width + i] +=
                    (float) (height * exp (-0.5 * (dx * dx + dy * dy)));
            }
        }
    }
}

/* Scales the depths found within the picture to from .. to; what lies outside is held there. */
static void
stretch (HfRelief *relief, const HfRenderOptions *options, double from, double to)
{
    double least = G_MAXDOUBLE, most = -G_MAXDOUBLE;

    for (int y = 0; y < options->height; y += 4) {
        for (int x = 0; x < options->width; x += 4) {
            double depth = hf_relief_at (relief, x, y);

            least = fmin (least, depth);
            most = fmax (most, depth);
        }
    }
    for (int i = 0; i < relief->width * relief->height; i++) {
        double share = most > least ? (relief->depth[i] - least) / (most - least) : 0;

        relief->depth[i] = (float) (from + CLAMP (share, 0, 1) * (to - from));
    }
}

static HfRelief
background_relief (const HfRenderOptions *options, double margin)
{
    HfRandom random = { hf_random_stream (options->seed, STREAM_RELIEF), 0 };
    double angle = hf_random_next (&random, 0, 2 * G_PI);
    double last = options->n_frames - 1;
    HfRelief relief =
        new_relief (-margin, -margin, options->width + 2 * margin, options->height + 2 * margin);

    if (options->surface == HF_SURFACE_FLAT) {
        for (int i = 0; i < relief.width * relief.height; i++)
            relief.depth[i] = (float) options->flat_depth;
        return relief;
    }
    add_slope (&relief, cos (angle) / options->width, sin (angle) / options->height);
    if (options->surface == HF_SURFACE_BUMPS)
        add_bumps (&relief, options, &random);
    stretch (&relief, options, options->n_occluders || options->rod ? 0.45 * last : 0, last);
    return relief;
}

/* Weakens or strengthens the texture about the mean. */
static void
set_contrast (HfCanvas *canvas, double contrast)
{
    HfPixel mean = { HF_TEXTURE_MEAN, HF_TEXTURE_MEAN, HF_TEXTURE_MEAN, 1 };

    if (contrast == 1)
        return;
    for (size_t i = 0; i < (size_t) canvas->width * (size_t) canvas->height; i++)
        canvas->pixels[i] = mean + (float) contrast * (canvas->pixels[i] - mean);
}

/* A textured canvas over a rectangle of the reference, its samples on whole multiples of the step.
 */
static HfCanvas *
new_textured (const HfRenderOptions *options, double left, double top, double right, double bottom,
              HfRenderTexture texture, guint64 stream, HfPool *pool, GError **error)
{
    double step = 1 / options->detail;
    double x = floor (left / step) * step, y = floor (top / step) * step;
    int width = MAX (16, (int) ceil ((right - x) / step) + 1);
    int height = MAX (16, (int) ceil ((bottom - y) / step) + 1);
    HfCanvas *canvas = hf_canvas_new (width, height, x, y, step, true, error);

    if (!canvas)
        return NULL;
    if (!hf_texture_fill (canvas, texture, stream, pool, error)) {
        hf_canvas_free (canvas);
        return NULL;
    }
    set_contrast (canvas, options->contrast);
    return canvas;
}

/* Adds a layer for the drawn canvas, which is freed. */
static bool
add_layer (HfScene *scene, const HfRenderOptions *options, HfCanvas *drawn, HfRelief relief,
           HfPool *pool, GError **error)
{
    HfLayer *layer = &scene->layers[scene->n_layers++];

    layer->relief = relief;
    layer->canvas = hf_canvas_expose (drawn, options->lens_blur, pool, error);
    hf_canvas_free (drawn);
    return layer->canvas != NULL;
}

static bool
add_background (HfScene *scene, const HfRenderOptions *options, double margin, HfPool *pool,
                GError **error)
{
    HfCanvas *canvas = new_textured (
        options, -margin, -margin, options->width + margin, options->height + margin,
        options->texture, hf_random_stream (options->seed, STREAM_BACKGROUND), pool, error);

    return canvas &&
           add_layer (scene, options, canvas, background_relief (options, margin), pool, error);
}

static void
draw_twig (GArray *strokes, HfRandom *random, double x, double y, double size)
{
    double angle = hf_random_next (random, 0, 2 * G_PI);
    guint first = strokes->len, end;

    x -= 0.45 * size * cos (angle);
    y -= 0.45 * size * sin (angle);
    hf_shape_curve (strokes, random, x, y, angle, 24, size, 0.09, 0.026 * size, 0.008 * size);
    end = strokes->len;
    for (guint i = first + 5; i < end; i += 5) {
        HfStroke from = g_array_index (strokes, HfStroke, i);
        double side = hf_random_next (random, -1, 1) < 0 ? -0.8 : 0.8;

        hf_shape_curve (strokes, random, from.ax, from.ay, angle + side, 10, 0.3 * size, 0.14,
                        0.5 * from.a_half, 1);
    }
}

static void
draw_hairs (GArray *strokes, HfRandom *random, double x, double y, double size)
{
    double angle = hf_random_next (random, 0, 2 * G_PI);

    for (int i = 0; i < 9; i++)
        hf_shape_curve (strokes, random, x + hf_random_next (random, -0.1, 0.1) * size,
                        y + hf_random_next (random, -0.1, 0.1) * size,
                        angle + hf_random_next (random, -0.7, 0.7), 20,
                        size * hf_random_next (random, 0.3, 0.7), 0.12,
                        hf_random_next (random, 1, 3), 0.5);
}

static void
draw_leaf (GArray *strokes, HfRandom *random, double x, double y, double size)
{
    double angle = hf_random_next (random, 0, 2 * G_PI), width = hf_random_next (random, 0.1, 0.16);
    guint first = strokes->len;

    hf_shape_curve (strokes, random, x, y, angle, 18, 0.55 * size, 0.06, 1, 1);
    for (guint i = first; i < strokes->len; i++) {
        HfStroke *stroke = &g_array_index (strokes, HfStroke, i);
        double t = (i - first) / 18.0, step = 1 / 18.0;

        stroke->a_half = fmax (2, size * width * sin (G_PI * pow (t, 0.7)));
        stroke->b_half = fmax (2, size * width * sin (G_PI * pow (t + step, 0.7)));
    }
}

static void
draw_rod (GArray *strokes, const HfRenderOptions *options)
{
    HfStroke rod = { 0.2 * options->width,   1.1 * options->height,   0.75 * options->width,
                     -0.1 * options->height, 0.022 * options->height, 0.022 * options->height };

    g_array_append_val (strokes, rod);
}

/* Gives the texture one colour of its own, clearly lighter or darker than most of the background.
 */
static void
tint (HfCanvas *canvas, HfRandom *random)
{
    HfPixel mean = { HF_TEXTURE_MEAN, HF_TEXTURE_MEAN, HF_TEXTURE_MEAN, 1 };
    double light = hf_random_next (random, 0, 1) < 0.5 ? 0.18 : 0.62;
    HfPixel base = { 0, 0, 0, 1 };

    for (int c = 0; c < 3; c++)
        base[c] = (float) (light + hf_random_next (random, -0.1, 0.14));
    for (size_t i = 0; i < (size_t) canvas->width * (size_t) canvas->height; i++) {
        HfPixel colour = base + 0.55f * (canvas->pixels[i] - mean);

        for (int c = 0; c < 3; c++)
            colour[c] = CLAMP (colour[c], 0.02f, 0.88f);
        colour[3] = 1;
        canvas->pixels[i] = colour;
    }
}

/* What stands before the background: cut out of a texture of its own, with room to be blurred. */
static bool
add_object (HfScene *scene, const HfRenderOptions *options, GArray *strokes, double depth,
            guint64 stream, HfPool *pool, GError **error)
{
    HfRandom random = { hf_random_stream (stream, 2), 0 };
    double room = options->largest_blur + 8, left, top, right, bottom;
    double size = options->width + options->height;
    HfCanvas *canvas;
    HfRelief relief;

    hf_shape_bounds (strokes, &left, &top, &right, &bottom);
    left = fmax (left, -0.25 * size), right = fmin (right, options->width + 0.25 * size);
    top = fmax (top, -0.25 * size), bottom = fmin (bottom, options->height + 0.25 * size);
    canvas = new_textured (options, left - room, top - room, right + room, bottom + room,
                           HF_TEXTURE_NATURAL, hf_random_stream (stream, 1), pool, error);
    if (!canvas)
        return false;
    tint (canvas, &random);
    hf_shape_cut_out (strokes, canvas);
    canvas->opaque = false;
    relief = new_relief (left - room, top - room, right - left + 2 * room, bottom - top + 2 * room);
    add_slope (&relief, hf_random_next (&random, -1, 1) / size,
               hf_random_next (&random, -1, 1) / size);
    depth -= hf_relief_at (&relief, 0.5 * (left + right), 0.5 * (top + bottom));
    for (int i = 0; i < relief.width * relief.height; i++)
        relief.depth[i] = (float) CLAMP (relief.depth[i] + depth, 0, options->n_frames - 1);
    return add_layer (scene, options, canvas, relief, pool, error);
}

static bool
add_occluder (HfScene *scene, const HfRenderOptions *options, int i, HfPool *pool, GError **error)
{
    static void (*const kinds[]) (GArray *, HfRandom *, double, double,
                                  double) = { draw_leaf, draw_twig, draw_hairs };
    guint64 stream = hf_random_stream (options->seed, (guint64) (STREAM_OCCLUDER + i));
    HfRandom random = { stream, 0 };
    GArray *strokes = g_array_new (FALSE, FALSE, sizeof (HfStroke));
    double share = (i + 0.5) / options->n_occluders;
    double depth = (options->n_frames - 1) * (0.36 - 0.33 * share);
    double across = hf_random_next (&random, 0.15, 0.85);
    bool added;

    for (int n = 0; n < 3; n++)
        kinds[(i + n) % 3](strokes, &random, options->width * fmod (across + 0.31 * n, 1),
                           options->height * hf_random_next (&random, 0.2, 0.8),
                           options->height * hf_random_next (&random, 0.7, 1.0));
    added = add_object (scene, options, strokes, depth, stream, pool, error);
    g_array_free (strokes, TRUE);
    return added;
}

static bool
add_rod (HfScene *scene, const HfRenderOptions *options, HfPool *pool, GError **error)
{
    GArray *strokes = g_array_new (FALSE, FALSE, sizeof (HfStroke));
    bool added;

    draw_rod (strokes, options);
    added = add_object (scene, options, strokes, 0.1 * (options->n_frames - 1),
                        hf_random_stream (options->seed, STREAM_OCCLUDER - 1), pool, error);
    g_array_free (strokes, TRUE);
    return added;
}

HfScene *
hf_scene_new (const HfRenderOptions *options, double margin, HfPool *pool, GError **error)
{
    HfScene *scene = g_new0 (HfScene, 1);
    bool built = add_background (scene, options, margin, pool, error);

    for (int i = 0; built && i < options->n_occluders; i++)
        built = add_occluder (scene, options, i, pool, error);
    if (built && options->rod)
        built = add_rod (scene, options, pool, error);
    if (built)
        return scene;
    hf_scene_free (scene);
    return NULL;
}

void
hf_scene_free (HfScene *scene)
{
    if (!scene)
        return;
    for (int i = 0; i < scene->n_layers; i++) {
        hf_canvas_free (scene->layers[i].canvas);
        g_free (scene->layers[i].relief.depth);
    }
    g_free (scene);
}
