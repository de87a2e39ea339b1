/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scene.h"

#include <math.h>
#include <string.h>

enum { FINE = 2, BORDER = 220, POINTS = 16 };

static void
paint_disc (Scene *scene, double x, double y, double radius, float grey)
{
    int top = MAX (0, (int) (y - radius)),
        bottom = MIN (scene->texture_height, (int) (y + radius) + 1);

    for (int j = top; j < bottom; j++) {
        double half2 = radius * radius - (j - y) * (j - y), half = half2 > 0 ? sqrt (half2) : -1;
        int left = MAX (0, (int) ceil (x - half)),
            right = MIN (scene->texture_width - 1, (int) floor (x + half));

        for (int i = left; i <= right; i++)
            scene->texture[(size_t) j * (size_t) scene->texture_width + (size_t) i] = grey;
    }
}

/* Radii by a power law, which gives the spectrum of natural pictures. */
static void
paint_discs (Scene *scene, GRand *random)
{
    int n = scene->texture_width * scene->texture_height / 160;

    for (int i = 0; i < n; i++) {
        double radius = FINE * 1.5 / sqrt (g_rand_double_range (random, 0.0016, 1));

        paint_disc (scene, g_rand_double_range (random, 0, scene->texture_width),
                    g_rand_double_range (random, 0, scene->texture_height), radius,
                    (float) g_rand_double_range (random, 0.15, 0.85));
    }
}

static void
paint_checkerboard (Scene *scene, GRand *random)
{
    double square = scene->pattern * FINE / 2;

    for (int y = 0; y < scene->texture_height; y++)
        for (int x = 0; x < scene->texture_width; x++)
            scene->texture[(size_t) y * (size_t) scene->texture_width + (size_t) x] =
                (((int) (x / square) + (int) (y / square)) % 2 ? 0.75f : 0.25f) +
                (float) g_rand_double_range (random, -0.03, 0.03);
}

/* A lens blur of sigma 0.7 pixels. */
static void
soften (Scene *scene)
{
    static const float taps[5] = { 1 / 16.f, 4 / 16.f, 6 / 16.f, 4 / 16.f, 1 / 16.f };
    int w = scene->texture_width, h = scene->texture_height;
    float *copy = g_new (float, (size_t) w *(size_t) h);

    for (int pass = 0; pass < 4; pass++) {
        size_t step = pass % 2 ? (size_t) w : 1;

        memcpy (copy, scene->texture, (size_t) w * (size_t) h * sizeof (float));
        for (int y = 2; y < h - 2; y++) {
            for (int x = 2; x < w - 2; x++) {
                size_t at = (size_t) y * (size_t) w + (size_t) x;
                float sum = 0;

                for (size_t k = 0; k < 5; k++)
                    sum += taps[k] * copy[at + k * step - 2 * step];
                scene->texture[at] = sum;
            }
        }
    }
    g_free (copy);
}

Scene *
scene_new (int width, int height, guint32 seed, double pattern)
{
    Scene *scene = g_new0 (Scene, 1);
    GRand *random = g_rand_new_with_seed (seed);

    scene->width = width;
    scene->height = height;
    scene->seed = seed;
    scene->pattern = pattern;
    scene->texture_width = FINE * (width + 2 * BORDER);
    scene->texture_height = FINE * (height + 2 * BORDER);
    scene->texture = g_new0 (float, (size_t) scene->texture_width *(size_t) scene->texture_height);
    if (pattern > 0)
        paint_checkerboard (scene, random);
    else
        paint_discs (scene, random);
    soften (scene);
    g_rand_free (random);
    return scene;
}

void
scene_free (Scene *scene)
{
    g_free (scene->texture);
    g_free (scene);
}

SceneFrame
scene_frame (void)
{
    return (
        SceneFrame) { .matrix = hf_matrix_identity (), .gain = 1, .format = { HF_SAMPLE_U8, 1 } };
}

HfMatrix
scene_motion (const Scene *scene, double dx, double dy, double degrees, double scale)
{
    double a = scale * cos (degrees * G_PI / 180), b = scale * sin (degrees * G_PI / 180);
    double x = 0.5 * (scene->width - 1), y = 0.5 * (scene->height - 1);

    return (HfMatrix) { { a, -b, x - a * x + b * y + dx, b, a, y - b * x - a * y + dy, 0, 0, 1 } };
}

static float
texture_at (const Scene *scene, double x, double y)
{
    double u = (x + BORDER + 0.5) * FINE - 0.5, v = (y + BORDER + 0.5) * FINE - 0.5;
    int i = CLAMP ((int) floor (u), 0, scene->texture_width - 2);
    int j = CLAMP ((int) floor (v), 0, scene->texture_height - 2);
    float fu = (float) (u - i), fv = (float) (v - j);
    const float *at = scene->texture + (size_t) j * (size_t) scene->texture_width + (size_t) i;
    size_t below = (size_t) scene->texture_width;

    return (1 - fv) * ((1 - fu) * at[0] + fu * at[1]) +
           fv * ((1 - fu) * at[below] + fu * at[below + 1]);
}

static float
pixel_at (const Scene *scene, const SceneFrame *frame, double x, double y)
{
    double distance = fabs (x / MAX (scene->width - 1, 1) - frame->focus);
    double radius = hypot (0.4, frame->blur * distance);
    float sum = 0;

    for (int k = 0; k < POINTS; k++) {
        /* points come in opposite pairs, so that their centre is that of the disc */
        double r = radius * sqrt ((k / 2 + 0.5) / (POINTS / 2));
        double angle = 2.399963 * (k / 2) + (k % 2) * G_PI;

        sum += texture_at (scene, x + r * cos (angle), y + r * sin (angle));
    }
    return sum / POINTS;
}

static void
store (HfImage *image, int x, int y, double grey, GRand *random, double noise)
{
    int n = image->format.n_channels, colours = hf_format_n_colours (image->format);

    for (int c = 0; c < n; c++) {
        size_t at = (size_t) x * (size_t) n + (size_t) c;
        double value = c >= colours ? 1 : grey * (1 - 0.1 * c);
        void *row = hf_image_row (image, y);

        if (c < colours && noise > 0)
            value +=
                noise *
                (g_rand_double (random) + g_rand_double (random) + g_rand_double (random) - 1.5) *
                2;
        if (image->format.type == HF_SAMPLE_FLOAT)
            ((float *) row)[at] = (float) value;
        else if (image->format.type == HF_SAMPLE_U16)
            ((uint16_t *) row)[at] = (uint16_t) (CLAMP (value, 0, 1) * 65535 + 0.5);
        else
            ((uint8_t *) row)[at] = (uint8_t) (CLAMP (value, 0, 1) * 255 + 0.5);
    }
}

HfImage *
scene_render (const Scene *scene, const SceneFrame *frame, guint32 noise_seed)
{
    HfImage *image = hf_image_new (NULL, scene->width, scene->height, frame->format, NULL);
    GRand *random = g_rand_new_with_seed (noise_seed);
    HfMatrix back;

    hf_matrix_invert (frame->matrix, &back);
    for (int y = 0; y < scene->height; y++) {
        for (int x = 0; x < scene->width; x++) {
            double u, v;

            hf_matrix_map (&back, x, y, &u, &v);
            store (image, x, y, frame->gain * pixel_at (scene, frame, u, v), random, frame->noise);
        }
    }
    g_rand_free (random);
    return image;
}
