/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render.h"

#include "expose.h"
#include "motion.h"
#include "random.h"
#include "scene.h"
#include "texture.h"

#include <hyperfocal/error.h>
#include <math.h>

enum { STREAM_HOT_PIXELS = 1 };

typedef struct Limit {
    const char *name;
    double value, least, most;
} Limit;

static bool
check_options (const HfRenderOptions *o, GError **error)
{
    const Limit limits[] = {
        { "width", o->width, 1, 1 << 16 },
        { "height", o->height, 1, 1 << 16 },
        { "number of frames", o->n_frames, 1, 1000 },
        { "reference", o->reference, -1, o->n_frames - 1 },
        { "number of occluders", o->n_occluders, 0, HF_SCENE_LAYERS - 2 },
        { "number of channels", o->format.n_channels == 2 ? 0 : o->format.n_channels, 1, 3 },
        { "contrast", o->contrast, 0, 2 },
        { "lens blur", o->lens_blur, 0, 2 },
        { "largest blur", o->largest_blur, 0, 200 },
        { "breathing", o->breathing, -0.5, 0.5 },
        { "drift", o->drift, -1000, 1000 },
        { "rotation", o->rotation, -45, 45 },
        { "keystone", o->keystone, -0.2, 0.2 },
        { "shake", o->shake, 0, 1000 },
        { "shake rotation", o->shake_rotation, 0, 45 },
        { "flicker", o->flicker, 0, 0.9 },
        { "noise", o->noise, 0, 1 },
        { "vignetting", o->vignetting, 0, 1 },
        { "number of hot pixels", o->n_hot_pixels, 0, 1000000 },
        { "detail", o->detail, 0.25, 4 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (limits); i++) {
        if (limits[i].value >= limits[i].least && limits[i].value <= limits[i].most)
            continue;
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "a stack to render has a %s of %g to %g, not %g", limits[i].name,
                     limits[i].least, limits[i].most, limits[i].value);
        return false;
    }
    return true;
}

static int
compare_hot_pixels (const void *a, const void *b)
{
    const HfHotPixel *p = a, *q = b;

    return p->y != q->y ? (p->y > q->y) - (p->y < q->y) : (p->x > q->x) - (p->x < q->x);
}

/* Sorted by row, so that a row finds its own quickly. */
static void
fill_hot_pixels (HfRender *render)
{
    const HfRenderOptions *options = &render->options;
    HfRandom random = { hf_random_stream (options->seed, STREAM_HOT_PIXELS), 0 };

    render->n_hot_pixels = options->n_hot_pixels;
    render->hot_pixels = g_new0 (HfHotPixel, MAX (1, options->n_hot_pixels));
    for (int i = 0; i < options->n_hot_pixels; i++) {
        HfHotPixel *hot = &render->hot_pixels[i];
        double strength = hf_random_next (&random, 0.15, 0.6);

        hot->x = (int) hf_random_next (&random, 0, options->width);
        hot->y = (int) hf_random_next (&random, 0, options->height);
        for (int c = 0; c < 3; c++)
            hot->value[c] = (float) (strength * hf_random_next (&random, 0.3, 1));
    }
    qsort (render->hot_pixels, (size_t) options->n_hot_pixels, sizeof (HfHotPixel),
           compare_hot_pixels);
}

static bool
allocate (HfRender *render, GError **error)
{
    const HfRenderOptions *o = &render->options;
    HfFormat depth = { HF_SAMPLE_FLOAT, 1 }, truth = { HF_SAMPLE_FLOAT, o->format.n_channels };

    render->frames = g_new0 (HfImage *, o->n_frames);
    render->matrices = g_new (HfMatrix, o->n_frames);
    render->gains = g_new (double, o->n_frames);
    for (int k = 0; k < o->n_frames; k++) {
        render->frames[k] = hf_image_new (NULL, o->width, o->height, o->format, error);
        if (!render->frames[k])
            return false;
    }
    render->truth = hf_image_new (NULL, o->width, o->height, truth, error);
    if (!render->truth)
        return false;
    render->depth = hf_image_new (NULL, o->width, o->height, depth, error);
    return render->depth != NULL;
}

HfRender *
hf_render_new (const HfRenderOptions *options, HfPool *pool, GError **error)
{
    HfRender *render;
    HfScene *scene = NULL;
    bool done = false;

    if (!check_options (options, error))
        return NULL;
    render = g_new0 (HfRender, 1);
    render->options = *options;
    if (options->reference < 0)
        render->options.reference = options->n_frames / 2;
    if (allocate (render, error)) {
        hf_motion_fill (&render->options, render->matrices);
        hf_motion_fill_gains (&render->options, render->gains);
        fill_hot_pixels (render);
        scene = hf_scene_new (&render->options,
                              hf_motion_overreach (&render->options, render->matrices) +
                                  options->largest_blur + 8,
                              pool, error);
        done = scene && hf_expose (render, scene, pool, error);
    }
    hf_scene_free (scene);
    if (done)
        return render;
    hf_render_free (render);
    return NULL;
}

void
hf_render_free (HfRender *render)
{
    if (!render)
        return;
    for (int k = 0; k < render->options.n_frames; k++)
        hf_image_free (render->frames[k]);
    hf_image_free (render->truth);
    hf_image_free (render->depth);
    g_free (render->frames);
    g_free (render->matrices);
    g_free (render->gains);
    g_free (render->hot_pixels);
    g_free (render);
}

double
hf_render_vignetting (const HfRenderOptions *options, double x, double y)
{
    double right = 0.5 * (options->width - 1), bottom = 0.5 * (options->height - 1);
    double dx = x - right, dy = y - bottom, square = right * right + bottom * bottom;

    if (options->vignetting == 0)
        return 1;
    return square > 0 ? 1 - options->vignetting * (dx * dx + dy * dy) / square : 1;
}

bool
hf_render_dot (const HfRenderOptions *options, int i, double *x, double *y)
{
    return hf_texture_dot (options->width, options->height, i, x, y);
}

int
hf_render_border (const HfRender *render)
{
    const HfRenderOptions *options = &render->options;
    double right = options->width - 1, bottom = options->height - 1, most = 0;

    for (int k = 0; k < options->n_frames; k++) {
        for (int corner = 0; corner < 4; corner++) {
            double x = corner & 1 ? right : 0, y = corner & 2 ? bottom : 0, at_x, at_y;

            hf_matrix_map (&render->matrices[k], x, y, &at_x, &at_y);
            most = fmax (most, fmax (fabs (at_x - x), fabs (at_y - y)));
        }
    }
    return (int) ceil (most) + 8;
}

static void
append_number (GString *text, double number)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append_printf (text, " %s", g_ascii_dtostr (digits, sizeof digits, number));
}

char *
hf_render_to_text (const HfRender *render)
{
    const HfRenderOptions *o = &render->options;
    GString *text = g_string_new (NULL);

    g_string_append_printf (text, "width %d\nheight %d\nframes %d\nreference %d\n", o->width,
                            o->height, o->n_frames, o->reference);
    g_string_append_printf (text, "seed %" G_GUINT64_FORMAT "\nnoise", o->seed);
    append_number (text, o->noise);
    g_string_append (text, "\nvignetting");
    append_number (text, o->vignetting);
    g_string_append_printf (text, "\nborder %d\n", hf_render_border (render));
    for (int k = 0; k < o->n_frames; k++) {
        char *matrix = hf_matrix_to_string (&render->matrices[k]);

        g_string_append_printf (text, "frame %d gain", k);
        append_number (text, render->gains[k]);
        g_string_append_printf (text, " matrix %s\n", matrix);
        g_free (matrix);
    }
    for (int i = 0; i < render->n_hot_pixels; i++) {
        const HfHotPixel *hot = &render->hot_pixels[i];

        g_string_append_printf (text, "hot %d %d", hot->x, hot->y);
        for (int c = 0; c < 3; c++)
            append_number (text, hot->value[c]);
        g_string_append_c (text, '\n');
    }
    return g_string_free (text, FALSE);
}
