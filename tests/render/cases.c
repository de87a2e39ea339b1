/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The named cases. */
#include "render.h"

#include <math.h>
#include <string.h>

const char *const hf_render_cases[] = {
    "plane",  "breathing", "occlusion",  "noise",      "flicker",   "weak-texture",
    "repeat", "16-bit",    "vignetting", "hot-pixels", "hand-held", "keystone",
    "bumps",  "specks",    "dots",       "speed",      NULL,
};

static const HfRenderOptions still = {
    .width = 1280,
    .height = 853,
    .n_frames = 12,
    .reference = -1,
    .format = { HF_SAMPLE_U8, 3 },
    .surface = HF_SURFACE_BUMPS,
    .texture = HF_TEXTURE_NATURAL,
    .contrast = 1,
    .lens_blur = 0,
    .largest_blur = 8,
    .detail = 2,
};

/* A stack focused by the lens on a rail that is not quite straight. */
static void
set_moving (HfRenderOptions *options)
{
    options->breathing = 0.05;
    options->drift = 8;
    options->rotation = 0.6;
    options->noise = 0.0035;
}

static void
set_speed (HfRenderOptions *options)
{
    set_moving (options);
    options->width = 6000;
    options->height = 4000;
    options->n_frames = 8;
    options->drift = 24;
    options->largest_blur = 24;
    options->noise = 0.01;
    options->detail = 0.5;
}

static void
set_still_case (HfRenderOptions *options, const char *name)
{
    if (strcmp (name, "plane") == 0)
        options->surface = HF_SURFACE_PLANE, options->largest_blur = 7;
    if (strcmp (name, "specks") == 0) {
        options->surface = HF_SURFACE_FLAT;
        options->flat_depth = 8;
        options->texture = HF_TEXTURE_SPECKS;
        options->rod = true;
        options->largest_blur = 20;
    }
    if (strcmp (name, "dots") == 0) {
        options->surface = HF_SURFACE_PLANE;
        options->texture = HF_TEXTURE_DOTS;
        options->largest_blur = 6;
    }
}

static void
set_moving_case (HfRenderOptions *options, const char *name)
{
    set_moving (options);
    if (strcmp (name, "occlusion") == 0) {
        options->n_occluders = 3;
        options->largest_blur = 20;
    } else if (strcmp (name, "noise") == 0) {
        options->noise = 0.035;
    } else if (strcmp (name, "flicker") == 0) {
        options->flicker = 0.12;
    } else if (strcmp (name, "weak-texture") == 0) {
        options->contrast = 0.2;
        options->noise = 0.007;
    } else if (strcmp (name, "repeat") == 0) {
        options->texture = HF_TEXTURE_CHECKERBOARD;
    } else if (strcmp (name, "16-bit") == 0) {
        options->format.type = HF_SAMPLE_U16;
    } else if (strcmp (name, "vignetting") == 0) {
        options->vignetting = 0.6;
    } else if (strcmp (name, "hot-pixels") == 0) {
        options->n_hot_pixels = 400;
    } else if (strcmp (name, "hand-held") == 0) {
        options->drift = 0;
        options->rotation = 0;
        options->shake = 25;
        options->shake_rotation = 2;
    } else if (strcmp (name, "keystone") == 0) {
        options->keystone = 0.02;
    } else if (strcmp (name, "speed") == 0) {
        set_speed (options);
    }
}

bool
hf_render_options_init (HfRenderOptions *options, const char *name, guint64 seed)
{
    static const char *const still_cases[] = { "plane", "bumps", "specks", "dots", NULL };

    if (!g_strv_contains (hf_render_cases, name))
        return false;
    *options = still;
    options->seed = seed;
    if (g_strv_contains (still_cases, name))
        set_still_case (options, name);
    else
        set_moving_case (options, name);
    return true;
}

void
hf_render_options_resize (HfRenderOptions *options, int width, int height)
{
    double area = (double) options->width * options->height;

    options->n_hot_pixels = (int) ceil (options->n_hot_pixels * ((double) width * height) / area);
    options->width = width;
    options->height = height;
}
