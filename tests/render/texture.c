/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Textures with the statistics of photographs: energy that falls as 1 / f^2, made of octaves of
 * noise, in patches of materials (cells about random sites, their borders roughened by the noise),
 * some striped, each with a colour and a roughness of its own; on them dots, fibres and lines of
 * marks like writing.
 */
#include "texture.h"

#include "shape.h"

#include <math.h>

enum {
    OCTAVES = 9,
    DOT_LATTICE = 40, /* pixels between the dots of HF_TEXTURE_DOTS */
    CHECKER = 24      /* pixels, side of a square */
};

#define CELL 96.0 /* pixels, mean size of a material's patch */

/* One octave: a raster of noise. */
typedef struct Octave {
    int width, height;
    HfPixel *samples;
} Octave;

typedef struct Noise {
    Octave from, to;
    guint64 stream;
    float gain;
} Noise;

static HfPixel
white (guint64 stream, guint64 index)
{
    guint64 bits = hf_random_at (stream, index);

    return (HfPixel) { hf_random_part (bits, 0), hf_random_part (bits, 1), hf_random_part (bits, 2),
                       hf_random_part (bits, 3) };
}

/* A row of the next octave: the coarser one, doubled by the subdivision of the cubic spline, plus
 * fresh noise. */
static void
refine_row (void *data, int y, int worker)
{
    Noise *noise = data;
    const Octave *from = &noise->from;
    HfPixel *out = noise->to.samples + (size_t) y * (size_t) noise->to.width;
    const HfPixel *row = from->samples + (size_t) (y / 2) * (size_t) from->width;
    size_t below = (size_t) from->width, below_2 = 2 * below;
    float a = y & 1 ? 0.5f : 0.125f, b = y & 1 ? 0.5f : 0.75f, c = y & 1 ? 0 : 0.125f;

    for (int x = 0; x < noise->to.width; x++) {
        const HfPixel *in = row + x / 2;
        HfPixel left = a * in[0] + b * in[below] + c * in[below_2];
        HfPixel middle = a * in[1] + b * in[below + 1] + c * in[below_2 + 1];
        HfPixel smooth = 0.5f * (left + middle);

        if (!(x & 1)) {
            HfPixel right = a * in[2] + b * in[below + 2] + c * in[below_2 + 2];

            smooth = 0.125f * (left + right) + 0.75f * middle;
        }
        out[x] = smooth + noise->gain * white (noise->stream, (guint64) y << 32 | (guint64) x);
    }
}

/* Gain of an octave whose samples are `size` pixels apart: flat (1 / f^2 in energy) up to
 * 100 pixels, falling beyond and below half a pixel. */
static float
octave_gain (double size)
{
    return (float) (0.55 * fmin (1, sqrt (2 * size)) * fmin (1, 100 / size));
}

/* Noise for the canvas, four independent planes, of standard deviation about 0.6. */
static HfPixel *
new_noise (const HfCanvas *canvas, guint64 stream, HfPool *pool, GError **error)
{
    Noise noise = { { 0 } };

    for (int o = OCTAVES - 1; o >= 0; o--) {
        noise.stream = hf_random_stream (stream, (guint64) o);
        noise.gain = octave_gain (ldexp (canvas->step, o));
        noise.to.width = o ? (canvas->width >> o) + 5 : canvas->width;
        noise.to.height = o ? (canvas->height >> o) + 5 : canvas->height;
        noise.to.samples =
            hf_pixels_new_n (NULL, (size_t) noise.to.width * (size_t) noise.to.height,
                             sizeof (HfPixel), "the noise of a texture", error);
        if (!noise.to.samples) {
            hf_pixels_free (noise.from.samples);
            return NULL;
        }
        if (noise.from.samples) {
            hf_pool_for (pool, noise.to.height, refine_row, &noise);
        } else {
            for (int i = 0; i < noise.to.width * noise.to.height; i++)
                noise.to.samples[i] = noise.gain * white (noise.stream, (guint64) i);
        }
        hf_pixels_free (noise.from.samples);
        noise.from = noise.to;
    }
    return noise.from.samples;
}

typedef struct Material {
    double x, y; /* its site */
    double size; /* pixels that it reaches farther than others */
    HfPixel base, tint;
    float roughness;
    float stripes, across_x, across_y; /* depth of the stripes and their wave vector */
} Material;

typedef struct Patchwork {
    HfCanvas *canvas;
    HfPixel *noise;
    Material *materials;
    int columns, rows;
} Patchwork;

static Material
random_material (guint64 stream, int column, int row)
{
    HfRandom random = { hf_random_stream (stream, ((guint64) row << 32) + (guint64) column), 0 };
    double hue = hf_random_next (&random, 0, 2 * G_PI);
    double saturation = hf_random_next (&random, 0.02, 0.16);
    double light = hf_random_next (&random, 0.14, 0.66);
    double angle = hf_random_next (&random, 0, G_PI), period = hf_random_next (&random, 5, 40);
    bool striped = hf_random_next (&random, 0, 1) < 0.3;
    Material material = {
        .x = (column - 1 + hf_random_next (&random, 0.1, 0.9)) * CELL,
        .y = (row - 1 + hf_random_next (&random, 0.1, 0.9)) * CELL,
        .size = hf_random_next (&random, -0.35, 0.35) * CELL,
        .roughness = (float) (0.3 + 1.5 * pow (hf_random_next (&random, 0, 1), 1.5)),
        .stripes = striped ? (float) hf_random_next (&random, 0.03, 0.1) : 0,
        .across_x = (float) (2 * G_PI * cos (angle) / period),
        .across_y = (float) (2 * G_PI * sin (angle) / period),
    };

    for (int c = 0; c < 3; c++) {
        double colour = cos (hue - c * 2 * G_PI / 3);

        material.base[c] = (float) (light + saturation * colour);
        material.tint[c] = (float) (1 + 2 * saturation * colour);
    }
    return material;
}

/* The material of a place: that of the nearest site in the 3 × 3 cells about it, after sizes; and
 * by how much it is nearer than the next. */
static const Material *
nearest_material (const Patchwork *work, double x, double y, const Material **next, double *margin)
{
    int column = CLAMP ((int) floor (x / CELL) + 1, 1, work->columns - 2);
    int row = CLAMP ((int) floor (y / CELL) + 1, 1, work->rows - 2);
    const Material *best = NULL;
    double least = G_MAXDOUBLE, second = G_MAXDOUBLE;

    *next = NULL;
    for (int j = row - 1; j <= row + 1; j++) {
        for (int i = column - 1; i <= column + 1; i++) {
            const Material *material = work->materials + j * work->columns + i;
            double dx = x - material->x, dy = y - material->y;
            double distance = sqrt (dx * dx + dy * dy) - material->size;

            if (distance < least) {
                second = least, *next = best;
                least = distance, best = material;
            } else if (distance < second) {
                second = distance, *next = material;
            }
        }
    }
    *margin = second - least;
    return best;
}

static HfPixel
material_colour (const Material *material, HfPixel noise, double x, double y)
{
    float light = 0.2f * noise[0];
    HfPixel chroma = { noise[1], noise[2], noise[3], 0 };

    if (material->stripes > 0)
        light += material->stripes * sinf ((float) x * material->across_x +
                                           (float) y * material->across_y + 1.5f * noise[1]);
    return material->base + material->roughness * (light * material->tint + 0.06f * chroma);
}

static HfPixel
limited (HfPixel colour)
{
    for (int c = 0; c < 3; c++)
        colour[c] = CLAMP (colour[c], 0.02f, 0.88f);
    colour[3] = 1;
    return colour;
}

static void
patchwork_row (void *data, int y, int worker)
{
    Patchwork *work = data;
    HfCanvas *canvas = work->canvas;
    size_t start = (size_t) y * (size_t) canvas->width;

    for (int x = 0; x < canvas->width; x++) {
        HfPixel noise = work->noise[start + (size_t) x], colour;
        double at_x = x * canvas->step, at_y = y * canvas->step, margin;
        const Material *next;
        const Material *material = nearest_material (
            work, at_x + 9.0 * (double) noise[2], at_y + 9.0 * (double) noise[3], &next, &margin);

        colour = material_colour (material, noise, at_x, at_y);
        if (margin < 2) {
            HfPixel other = material_colour (next, noise, at_x, at_y);

            colour += (float) (0.5 - 0.25 * margin) * (other - colour);
        }
        canvas->pixels[start + (size_t) x] = limited (colour);
    }
}

static bool
fill_patchwork (HfCanvas *canvas, guint64 stream, HfPool *pool, GError **error)
{
    Patchwork work = { .canvas = canvas };

    work.noise = new_noise (canvas, hf_random_stream (stream, 1), pool, error);
    if (!work.noise)
        return false;
    work.columns = (int) (canvas->width * canvas->step / CELL) + 3;
    work.rows = (int) (canvas->height * canvas->step / CELL) + 3;
    work.materials = g_new (Material, work.columns * work.rows);
    for (int j = 0; j < work.rows; j++)
        for (int i = 0; i < work.columns; i++)
            work.materials[j * work.columns + i] =
                random_material (hf_random_stream (stream, 2), i, j);
    hf_pool_for (pool, canvas->height, patchwork_row, &work);
    hf_pixels_free (work.noise);
    g_free (work.materials);
    return true;
}

static void
random_colour (HfRandom *random, float colour[3])
{
    double light = hf_random_next (random, 0, 1) < 0.5 ? 0.12 : 0.74;

    for (int c = 0; c < 3; c++)
        colour[c] = (float) (light + hf_random_next (random, -0.1, 0.14));
}

static void
random_place (HfRandom *random, const HfCanvas *canvas, double *x, double *y)
{
    *x = canvas->x + hf_random_next (random, 0, canvas->width * canvas->step);
    *y = canvas->y + hf_random_next (random, 0, canvas->height * canvas->step);
}

static void
paint_dot (HfCanvas *canvas, HfRandom *random)
{
    GArray *strokes = g_array_new (FALSE, FALSE, sizeof (HfStroke));
    double x, y, radius = 0.5 * exp (hf_random_next (random, 0, 2.3));
    HfStroke dot;
    float colour[3];

    random_place (random, canvas, &x, &y);
    random_colour (random, colour);
    dot = (HfStroke) { x, y, x, y, radius, radius };
    g_array_append_val (strokes, dot);
    hf_shape_paint (strokes, canvas, colour, (float) hf_random_next (random, 0.4, 1));
    g_array_free (strokes, TRUE);
}

static void
paint_fibre (HfCanvas *canvas, HfRandom *random)
{
    GArray *strokes = g_array_new (FALSE, FALSE, sizeof (HfStroke));
    double x, y, half = hf_random_next (random, 0.3, 1.0);
    float colour[3];

    random_place (random, canvas, &x, &y);
    random_colour (random, colour);
    hf_shape_curve (strokes, random, x, y, hf_random_next (random, 0, 2 * G_PI), 16,
                    hf_random_next (random, 40, 260), 0.16, half, 0.5 * half);
    hf_shape_paint (strokes, canvas, colour, (float) hf_random_next (random, 0.5, 1));
    g_array_free (strokes, TRUE);
}

/* A mark like a letter: strokes between the points of a 3 × 3 lattice. */
static void
paint_letter (HfCanvas *canvas, HfRandom *random, double x, double y, double size,
              const float colour[3])
{
    GArray *strokes = g_array_new (FALSE, FALSE, sizeof (HfStroke));
    int n = 2 + (int) hf_random_next (random, 0, 3);
    double px = x, py = y, half = 0.07 * size;

    for (int i = 0; i < n; i++) {
        double to_x = x + 0.3 * size * floor (hf_random_next (random, 0, 3));
        double to_y = y + 0.5 * size * floor (hf_random_next (random, 0, 3));
        HfStroke stroke = { px, py, to_x, to_y, half, half };

        g_array_append_val (strokes, stroke);
        px = to_x, py = to_y;
    }
    hf_shape_paint (strokes, canvas, colour, 1);
    g_array_free (strokes, TRUE);
}

static void
paint_writing (HfCanvas *canvas, HfRandom *random)
{
    double x, y, size = hf_random_next (random, 6, 18);
    int n_lines = 1 + (int) hf_random_next (random, 0, 4);
    float colour[3];

    random_place (random, canvas, &x, &y);
    random_colour (random, colour);
    for (int line = 0; line < n_lines; line++) {
        int n = 5 + (int) hf_random_next (random, 0, 10);

        for (int i = 0; i < n; i++)
            if (hf_random_next (random, 0, 1) < 0.85)
                paint_letter (canvas, random, x + 0.95 * size * i, y + 1.7 * size * line, size,
                              colour);
    }
}

static void
paint_marks (HfCanvas *canvas, guint64 stream)
{
    double area = canvas->width * canvas->step * canvas->height * canvas->step;
    HfRandom random = { hf_random_stream (stream, 3), 0 };

    for (int i = 0; i < area / 60000 + 1; i++)
        paint_writing (canvas, &random);
    for (int i = 0; i < area / 900 + 1; i++)
        paint_dot (canvas, &random);
    for (int i = 0; i < area / 7000 + 1; i++)
        paint_fibre (canvas, &random);
}

static bool
fill_natural (HfCanvas *canvas, guint64 stream, HfPool *pool, GError **error)
{
    if (!fill_patchwork (canvas, stream, pool, error))
        return false;
    paint_marks (canvas, stream);
    return true;
}

static void
fill_even (HfCanvas *canvas, float value)
{
    HfPixel colour = { value, value, value, 1 };

    for (size_t i = 0; i < (size_t) canvas->width * (size_t) canvas->height; i++)
        canvas->pixels[i] = colour;
}

/* 1 inside of dark squares, 0 inside of light ones, a ramp of one sample between. */
static float
checker (double x, double y, double step)
{
    double u = fabs (fmod (fabs (x), 2 * CHECKER) - CHECKER) - CHECKER / 2.0;
    double v = fabs (fmod (fabs (y), 2 * CHECKER) - CHECKER) - CHECKER / 2.0;
    double a = CLAMP (u / step, -0.5, 0.5), b = CLAMP (v / step, -0.5, 0.5);

    return (float) (0.5 + 2 * a * b);
}

static bool
fill_checkerboard (HfCanvas *canvas, guint64 stream, HfPool *pool, GError **error)
{
    static const HfPixel light = { 0.72f, 0.69f, 0.60f, 1 }, dark = { 0.16f, 0.20f, 0.26f, 1 };
    HfPixel *noise = new_noise (canvas, stream, pool, error);

    if (!noise)
        return false;
    for (int y = 0; y < canvas->height; y++) {
        for (int x = 0; x < canvas->width; x++) {
            size_t at = (size_t) y * (size_t) canvas->width + (size_t) x;
            float share =
                checker (canvas->x + x * canvas->step, canvas->y + y * canvas->step, canvas->step);

            canvas->pixels[at] =
                limited (light + share * (dark - light) + 0.14f * noise[at][0] + 0.05f * noise[at]);
        }
    }
    hf_pixels_free (noise);
    return true;
}

bool
hf_texture_dot (int width, int height, int i, double *x, double *y)
{
    int columns = width / DOT_LATTICE, rows = height / DOT_LATTICE;

    if (i < 0 || columns == 0 || i >= columns * rows)
        return false;
    *x = (i % columns + 0.5) * DOT_LATTICE;
    *y = (i / columns + 0.5) * DOT_LATTICE;
    return true;
}

/* Dots about the whole canvas, on the lattice of hf_texture_dot (). */
static void
fill_dots (HfCanvas *canvas)
{
    static const float colour[3] = { 0.85f, 0.80f, 0.70f };
    double right = canvas->x + canvas->width * canvas->step;
    double bottom = canvas->y + canvas->height * canvas->step;
    double lattice = DOT_LATTICE, left = floor (canvas->x / lattice) * lattice;

    fill_even (canvas, 0.3f);
    for (double y = floor (canvas->y / lattice) * lattice; y < bottom; y += lattice) {
        for (double x = left; x < right; x += lattice) {
            GArray *strokes = g_array_new (FALSE, FALSE, sizeof (HfStroke));
            double at_x = x + 0.5 * lattice, at_y = y + 0.5 * lattice;
            HfStroke dot = { at_x, at_y, at_x, at_y, 3, 3 };

            g_array_append_val (strokes, dot);
            hf_shape_paint (strokes, canvas, colour, 1);
            g_array_free (strokes, TRUE);
        }
    }
}

static void
fill_specks (HfCanvas *canvas, guint64 stream)
{
    double area = canvas->width * canvas->step * canvas->height * canvas->step;
    HfRandom random = { hf_random_stream (stream, 4), 0 };

    fill_even (canvas, 0.03f);
    for (int i = 0; i < area / 40000 + 1; i++) {
        GArray *strokes = g_array_new (FALSE, FALSE, sizeof (HfStroke));
        double x, y, half = hf_random_next (&random, 1, 3);
        float colour[3] = { 0.88f, 0.86f, (float) hf_random_next (&random, 0.6, 0.88) };
        HfStroke dot;

        random_place (&random, canvas, &x, &y);
        dot = (HfStroke) { x, y, x, y, half, half };
        g_array_append_val (strokes, dot);
        hf_shape_paint (strokes, canvas, colour, 1);
        g_array_free (strokes, TRUE);
    }
}

bool
hf_texture_fill (HfCanvas *canvas, HfRenderTexture kind, guint64 stream, HfPool *pool,
                 GError **error)
{
    switch (kind) {
    case HF_TEXTURE_NATURAL:
        return fill_natural (canvas, stream, pool, error);
    case HF_TEXTURE_CHECKERBOARD:
        return fill_checkerboard (canvas, stream, pool, error);
    case HF_TEXTURE_DOTS:
        fill_dots (canvas);
        break;
    case HF_TEXTURE_SPECKS:
        fill_specks (canvas, stream);
        break;
    }
    return true;
}
