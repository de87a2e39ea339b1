/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The renderer against what is known of its pictures without it. */
#include "render.h"

#include <hyperfocal/error.h>
#include <math.h>
#include <string.h>

/* A small stack of floats without noise, to be changed. */
static HfRenderOptions
small_options (const char *name, guint64 seed)
{
    HfRenderOptions options;

    g_assert_true (hf_render_options_init (&options, name, seed));
    hf_render_options_resize (&options, 203, 141);
    options.n_frames = 5;
    options.format.type = HF_SAMPLE_FLOAT;
    options.noise = 0;
    return options;
}

static HfRender *
render_with (const HfRenderOptions *options)
{
    GError *error = NULL;
    HfRender *render = hf_render_new (options, NULL, &error);

    g_assert_no_error (error);
    return render;
}

static float
green (const HfImage *image, int x, int y)
{
    const float *row = hf_image_row (image, y);

    return row[x * image->format.n_channels + (image->format.n_channels == 3)];
}

typedef struct Moments {
    double mass, x, y, xx, yy;
} Moments;

/* Moments of what is brighter than the grey between dots (as at the window's corner: far from the
 * dot even a millionth weighs), within `reach` pixels of a place. */
static Moments
measure_dot (const HfImage *image, double x, double y, int reach)
{
    Moments m = { 0 };
    int left = (int) lround (x) - reach, top = (int) lround (y) - reach;
    double grey = (double) green (image, left, top);

    for (int j = top; j <= top + 2 * reach; j++) {
        for (int i = left; i <= left + 2 * reach; i++) {
            double light = (double) green (image, i, j) - grey;

            m.mass += light;
            m.x += light * i;
            m.y += light * j;
            m.xx += light * i * i;
            m.yy += light * j * j;
        }
    }
    m.x /= m.mass, m.y /= m.mass;
    m.xx = m.xx / m.mass - m.x * m.x;
    m.yy = m.yy / m.mass - m.y * m.y;
    return m;
}

static void
check_dots (const HfRender *render, double tolerance)
{
    const HfRenderOptions *options = &render->options;
    const int reach = 16;
    double x, y;
    int n_seen = 0;

    for (int k = 0; k < options->n_frames; k++) {
        for (int i = 0; hf_render_dot (options, i, &x, &y); i++) {
            Moments dot;

            hf_matrix_map (&render->matrices[k], x, y, &x, &y);
            if (x < reach + 1 || y < reach + 1 || x > options->width - reach - 2 ||
                y > options->height - reach - 2)
                continue;
            dot = measure_dot (render->frames[k], x, y, reach);
            g_assert_cmpfloat (hypot (dot.x - x, dot.y - y), <, tolerance);
            n_seen++;
        }
    }
    g_assert_cmpint (n_seen, >, 10 * options->n_frames);
}

static void
dots_lie_where_transforms_say (void)
{
    for (int kind = 0; kind < 4; kind++) {
        HfRenderOptions options = small_options ("dots", (guint64) kind + 20);
        HfRender *render;

        hf_render_options_resize (&options, 330, 251);
        options.surface = HF_SURFACE_FLAT; /* a slope would move the centroids of blurred dots */
        options.flat_depth = 2;
        options.breathing = kind == 0 ? 0.05 : 0;
        options.rotation = kind == 1 ? 3 : 0;
        options.drift = kind == 1 ? 9 : 0;
        options.keystone = kind == 2 ? 0.05 : 0;
        options.shake = kind == 3 ? 12 : 0;
        options.shake_rotation = kind == 3 ? 2 : 0;
        render = render_with (&options);
        g_assert_true (hf_matrix_is_identity (&render->matrices[2]));
        g_assert_false (hf_matrix_is_identity (&render->matrices[0]));
        g_assert_true (hf_matrix_is_affine (&render->matrices[0]) == (kind != 2));
        /* A keystone makes the blurred dot itself lopsided. */
        check_dots (render, kind == 2 ? 0.005 : 0.0015);
        hf_render_free (render);
    }
}

static void
motion_is_as_large_as_asked (void)
{
    HfRenderOptions options = small_options ("hand-held", 5);
    HfRender *render;
    double farthest = 0, widest = 0, x, y;

    options.breathing = 0;
    render = render_with (&options);
    for (int k = 0; k < options.n_frames; k++) {
        const double *m = render->matrices[k].m;

        hf_matrix_map (&render->matrices[k], 101, 70, &x, &y);
        farthest = fmax (farthest, hypot (x - 101, y - 70));
        widest = fmax (widest, fabs (atan2 (m[3], m[0])) * 180 / G_PI);
    }
    g_assert_cmpfloat_with_epsilon (farthest, 25, 1e-9);
    g_assert_cmpfloat_with_epsilon (widest, 2, 1e-9);
    hf_render_free (render);
}

static double
largest_difference (const HfImage *a, const HfImage *b, double factor)
{
    double largest = 0;

    for (int y = 0; y < a->height; y++) {
        const float *p = hf_image_row (a, y), *q = hf_image_row (b, y);

        for (int i = 0; i < a->width * a->format.n_channels; i++)
            largest = fmax (largest, fabs ((double) p[i] - factor * (double) q[i]));
    }
    return largest;
}

static void
frame_in_focus_is_the_truth (void)
{
    HfRenderOptions options = small_options ("bumps", 3);
    HfRender *render;

    options.surface = HF_SURFACE_FLAT;
    options.flat_depth = 3;
    render = render_with (&options);
    g_assert_cmpfloat (largest_difference (render->frames[3], render->truth, 1), ==, 0);
    g_assert_cmpfloat (hf_picture_psnr (render->frames[2], render->truth, 0, NULL), <, 45);
    g_assert_cmpfloat (hf_picture_psnr (render->frames[0], render->truth, 0, NULL), <,
                       hf_picture_psnr (render->frames[2], render->truth, 0, NULL));
    g_assert_cmpfloat_with_epsilon (*(float *) render->depth->data, 3, 1e-6);
    hf_render_free (render);
}

/* A disc of radius r adds r^2 / 4 to the variance of a dot along each axis, and no light. */
static void
defocus_is_a_disc (void)
{
    HfRenderOptions options = small_options ("dots", 1);
    HfRender *render;
    double x, y;

    options.surface = HF_SURFACE_FLAT;
    options.n_frames = 40;
    options.largest_blur = 13;
    options.detail = 2;
    render = render_with (&options);
    g_assert_true (hf_render_dot (&options, 7, &x, &y));
    for (int k = 1; k < options.n_frames; k++) {
        double radius = hf_render_blur_radius (&options, 0, k), wanted = 0.25 * radius * radius;
        Moments sharp = measure_dot (render->frames[0], x, y, 19);
        Moments dot = measure_dot (render->frames[k], x, y, 19);

        g_assert_cmpfloat_with_epsilon (radius, k / 3.0, 1e-9);
        g_assert_cmpfloat_with_epsilon (dot.mass / sharp.mass, 1, 0.002);
        g_assert_cmpfloat_with_epsilon (dot.xx - sharp.xx, wanted, 0.005 + 0.002 * wanted);
        g_assert_cmpfloat_with_epsilon (dot.yy - sharp.yy, wanted, 0.005 + 0.002 * wanted);
    }
    hf_render_free (render);
}

/* A wide disc is flat inside, empty outside, and its rim is half way up at the radius. */
static void
disc_has_a_rim (void)
{
    HfRenderOptions options = small_options ("dots", 1);
    HfRender *render;
    double x, y, inside, radius = 12;
    int row;

    options.surface = HF_SURFACE_FLAT;
    options.largest_blur = radius;
    render = render_with (&options);
    g_assert_true (hf_render_dot (&options, 7, &x, &y));
    row = (int) lround (y);
    inside = (double) green (render->frames[4], (int) lround (x), row) - 0.3;
    for (int i = -18; i <= 18; i++) {
        double light = (double) green (render->frames[4], (int) lround (x) + i, row) - 0.3;

        /* The dot itself has a radius of 3, so the rim is 9 .. 15; the disc is mixed of two that
         * differ by 13 %. */
        if (abs (i) <= 7)
            g_assert_cmpfloat_with_epsilon (light / inside, 1, 0.03);
        if (abs (i) >= 17)
            g_assert_cmpfloat_with_epsilon (light / inside, 0, 0.03);
        if (abs (i) == (int) radius)
            g_assert_cmpfloat_with_epsilon (light / inside, 0.45, 0.12);
    }
    hf_render_free (render);
}

static void
gains_multiply (void)
{
    HfRenderOptions options = small_options ("flicker", 9);
    HfRender *render;
    bool differ = false;

    options.breathing = options.drift = options.rotation = options.largest_blur = 0;
    render = render_with (&options);
    for (int k = 0; k < options.n_frames; k++) {
        g_assert_cmpfloat (fabs (render->gains[k] - 1), <=, 0.12);
        differ = differ || fabs (render->gains[k] - 1) > 0.02;
        g_assert_cmpfloat (largest_difference (render->frames[k], render->truth, render->gains[k]),
                           <, 1e-6);
    }
    g_assert_true (differ);
    g_assert_cmpfloat (render->gains[2], ==, 1);
    hf_render_free (render);
}

static void
corners_lose_light (void)
{
    HfRenderOptions options = small_options ("vignetting", 4);
    HfRender *render;
    HfImage *seen;

    options.breathing = options.drift = options.rotation = options.largest_blur = 0;
    render = render_with (&options);
    seen = hf_render_seen_truth (render, NULL);
    g_assert_cmpfloat (largest_difference (render->frames[4], seen, 1), <, 1e-6);
    g_assert_cmpfloat_with_epsilon (green (seen, 101, 70) / green (render->truth, 101, 70), 1,
                                    1e-6);
    for (int corner = 0; corner < 4; corner++) {
        int x = corner & 1 ? 202 : 0, y = corner & 2 ? 140 : 0;

        g_assert_cmpfloat_with_epsilon (green (seen, x, y) / green (render->truth, x, y), 0.4,
                                        1e-6);
    }
    hf_image_free (seen);
    hf_render_free (render);
}

static void
noise_has_its_sigma (void)
{
    HfRenderOptions options = small_options ("noise", 12);
    HfRender *clean = render_with (&options), *noisy;
    double square[3] = { 0 }, mixed = 0, along = 0, last = 0;
    int n = options.width * options.height;

    options.noise = 0.035;
    noisy = render_with (&options);
    for (int i = 0; i < n; i++) {
        const float *p = (const float *) clean->frames[1]->data + 3 * i;
        const float *q = (const float *) noisy->frames[1]->data + 3 * i;

        for (int c = 0; c < 3; c++)
            square[c] += pow ((double) q[c] - (double) p[c], 2);
        mixed += (double) ((q[0] - p[0]) * (q[1] - p[1]));
        along += last * (double) (q[0] - p[0]);
        last = (double) (q[0] - p[0]);
    }
    for (int c = 0; c < 3; c++) /* of 28623 samples: 0.4 % each sigma */
        g_assert_cmpfloat_with_epsilon (sqrt (square[c] / n), 0.035, 0.035 * 0.02);
    g_assert_cmpfloat (fabs (mixed / square[0]), <, 0.03);
    g_assert_cmpfloat (fabs (along / square[0]), <, 0.03);
    g_assert_cmpfloat (largest_difference (clean->truth, noisy->truth, 1), ==, 0);
    hf_render_free (clean);
    hf_render_free (noisy);
}

static void
hot_pixels_stay_on_the_sensor (void)
{
    HfRenderOptions options = small_options ("hot-pixels", 6);
    HfRender *hot, *clean;

    options.n_hot_pixels = 30;
    hot = render_with (&options);
    options.n_hot_pixels = 0;
    clean = render_with (&options);
    for (int k = 0; k < options.n_frames; k++) {
        for (int i = 0; i < hot->n_hot_pixels; i++) {
            const HfHotPixel *pixel = &hot->hot_pixels[i];
            float *row = hf_image_row (hot->frames[k], pixel->y);

            g_assert_cmpfloat (pixel->value[1], >, 0.04);
            for (int c = 0; c < 3; c++)
                row[3 * pixel->x + c] -= pixel->value[c];
        }
        g_assert_cmpfloat (largest_difference (hot->frames[k], clean->frames[k], 1), <, 1e-6);
    }
    hf_render_free (hot);
    hf_render_free (clean);
}

static bool
same_pixels (const HfRender *a, const HfRender *b)
{
    for (int k = 0; k < a->options.n_frames; k++)
        if (memcmp (a->frames[k]->data, b->frames[k]->data,
                    a->frames[k]->stride * (size_t) a->frames[k]->height) != 0)
            return false;
    return memcmp (a->truth->data, b->truth->data, a->truth->stride * (size_t) a->truth->height) ==
           0;
}

static void
seed_decides_alone (void)
{
    HfPool *pool = hf_pool_new (3, NULL);

    for (int i = 0; hf_render_cases[i]; i++) {
        HfRenderOptions options;
        HfRender *one, *again, *other;

        g_assert_true (hf_render_options_init (&options, hf_render_cases[i], 8));
        hf_render_options_resize (&options, 67, 45);
        options.n_frames = 3;
        one = render_with (&options);
        again = hf_render_new (&options, pool, NULL);
        g_assert_true (same_pixels (one, again));
        options.seed = 9;
        other = render_with (&options);
        /* The lattice of dots is the same for all seeds, but not its depth. */
        g_assert_false (same_pixels (one, other));
        hf_render_free (one);
        hf_render_free (again);
        hf_render_free (other);
    }
    hf_pool_free (pool);
}

static HfRender *
render_rod (HfRenderTexture texture)
{
    HfRenderOptions options = small_options ("specks", 2);

    options.texture = texture;
    options.height = 400; /* a rod of 9 pixels on either side */
    options.largest_blur = 30;
    options.n_frames = 11;
    options.flat_depth = 9;
    options.seed = 2;
    return render_with (&options);
}

/* In focus, the rod hides what is behind it; out of focus, it spreads and lets it through. */
static void
objects_occlude (void)
{
    HfRender *specks = render_rod (HF_TEXTURE_SPECKS), *dots = render_rod (HF_TEXTURE_DOTS);
    int n_hidden = 0, n_spread = 0;

    for (int y = 0; y < 400; y++) {
        for (int x = 0; x < 203; x++) {
            float depth = ((const float *) hf_image_row (specks->depth, y))[x];
            /* On the dark background, what is much lighter away from the rod is its blur. */
            float light = green (specks->frames[9], x, y) - green (specks->truth, x, y);

            if (depth < 2 && x > 3 && x < 199 &&
                ((const float *) hf_image_row (specks->depth, y))[x - 3] < 2 &&
                ((const float *) hf_image_row (specks->depth, y))[x + 3] < 2) {
                g_assert_cmpfloat_with_epsilon (green (specks->frames[1], x, y),
                                                green (dots->frames[1], x, y), 1e-3);
                g_assert_cmpfloat (green (dots->frames[9], x, y), >,
                                   green (specks->frames[9], x, y) + 0.02f);
                n_hidden++;
            }
            if (depth > 8 && light > 0.02f)
                n_spread++;
        }
    }
    g_assert_cmpint (n_hidden, >, 400);
    g_assert_cmpint (n_spread, >, 2 * n_hidden);
    hf_render_free (specks);
    hf_render_free (dots);
}

static void
depth_spans_the_stack (void)
{
    static const char *const names[] = { "plane", "bumps", "occlusion" };

    for (int i = 0; i < 3; i++) {
        HfRenderOptions options = small_options (names[i], (guint64) i + 40);
        HfRender *render = render_with (&options);
        HfImage *edges = hf_render_edges (render, 2, NULL);
        float least = 99, most = -99;
        bool any = false;

        for (int n = 0; n < options.width * options.height; n++) {
            float depth = ((const float *) render->depth->data)[n];

            least = MIN (least, depth), most = MAX (most, depth);
            any = any || ((const guint8 *) edges->data)[n];
        }
        g_assert_cmpfloat (least, >=, 0);
        g_assert_cmpfloat (least, <, 0.6);
        g_assert_cmpfloat_with_epsilon (most, 4, 0.05);
        g_assert_true (any == (i == 2));
        hf_image_free (edges);
        hf_render_free (render);
    }
}

static void
formats_agree (void)
{
    HfRenderOptions options = small_options ("plane", 17);
    HfRender *exact = render_with (&options), *eight, *sixteen, *grey;

    options.format.type = HF_SAMPLE_U8;
    eight = render_with (&options);
    options.format.type = HF_SAMPLE_U16;
    sixteen = render_with (&options);
    options.format = (HfFormat) { HF_SAMPLE_FLOAT, 1 };
    grey = render_with (&options);
    for (int i = 0; i < options.width * options.height; i++) {
        const float *p = (const float *) exact->frames[1]->data + 3 * i;
        const guint8 *a = (const guint8 *) eight->frames[1]->data + 3 * i;
        const guint16 *b = (const guint16 *) sixteen->frames[1]->data + 3 * i;

        for (int c = 0; c < 3; c++) {
            g_assert_cmpfloat (fabs (a[c] / 255.0 - (double) p[c]), <=, 0.501 / 255);
            g_assert_cmpfloat (fabs (b[c] / 65535.0 - (double) p[c]), <=, 0.51 / 65535);
        }
        g_assert_cmpfloat_with_epsilon (((const float *) grey->frames[1]->data)[i],
                                        0.2126f * p[0] + 0.7152f * p[1] + 0.0722f * p[2], 1e-5);
    }
    g_assert_cmpint (grey->truth->format.n_channels, ==, 1);
    hf_render_free (exact);
    hf_render_free (eight);
    hf_render_free (sixteen);
    hf_render_free (grey);
}

static void
any_size_can_be_rendered (void)
{
    static const int sizes[][3] = { { 1, 1, 1 }, { 1, 1, 4 }, { 1, 30, 2 }, { 31, 1, 2 } };

    for (int i = 0; hf_render_cases[i]; i++) {
        for (gsize k = 0; k < G_N_ELEMENTS (sizes); k++) {
            HfRenderOptions options;
            HfRender *render;
            HfImage *ceiling;

            g_assert_true (hf_render_options_init (&options, hf_render_cases[i], 1));
            hf_render_options_resize (&options, sizes[k][0], sizes[k][1]);
            options.n_frames = sizes[k][2];
            render = render_with (&options);
            ceiling = hf_render_ceiling (render, NULL, NULL);
            g_assert_false (isnan (hf_picture_psnr (ceiling, render->truth, 0, NULL)));
            hf_image_free (ceiling);
            hf_render_free (render);
        }
    }
}

static void
wrong_options_are_named (void)
{
    HfRenderOptions options = small_options ("plane", 1), before = options;
    GError *error = NULL;

    g_assert_false (hf_render_options_init (&options, "plain", 1));
    g_assert_cmpmem (&options, sizeof options, &before, sizeof before);
    options.flicker = 1.5;
    g_assert_null (hf_render_new (&options, NULL, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_assert_nonnull (strstr (error->message, "flicker"));
    g_assert_nonnull (strstr (error->message, "1.5"));
    g_clear_error (&error);
}

/* Each allocation fails once; nothing leaks (the address sanitizer looks) and nothing crashes. */
static void
missing_memory_is_reported (void)
{
    HfRenderOptions options;
    HfRender *render = NULL;
    int n_failed = 0;

    g_assert_true (hf_render_options_init (&options, "occlusion", 1));
    hf_render_options_resize (&options, 20, 14);
    options.n_frames = 2;
    while (!render) {
        GError *error = NULL;

        hf_memory_fail_after (n_failed);
        render = hf_render_new (&options, NULL, &error);
        hf_memory_fail_after (-1);
        if (render)
            break;
        g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
        g_clear_error (&error);
        n_failed++;
    }
    g_assert_cmpint (n_failed, >, 20);
    hf_render_free (render);
}

/* Without motion and blur, taking the frame of the true depth gives its samples. */
static void
ceiling_takes_the_best_frame (void)
{
    HfRenderOptions options = small_options ("plane", 23);
    HfRender *render;
    HfImage *ceiling;

    options.flicker = 0.1;
    render = render_with (&options);
    ceiling = hf_render_ceiling (render, NULL, NULL);
    for (int y = 0; y < options.height; y += 7) {
        for (int x = 0; x < options.width; x += 7) {
            int k = (int) lround ((double) ((const float *) hf_image_row (render->depth, y))[x]);

            g_assert_cmpfloat_with_epsilon (
                green (ceiling, x, y), green (render->frames[k], x, y) / (float) render->gains[k],
                1e-5);
        }
    }
    hf_image_free (ceiling);
    hf_render_free (render);
}

/* The cases are as hard as those that the project's targets were measured on (ceilings there, in
 * dB); sizes and seeds differ, and with them the ceiling by some dB. Only occlusion is harder in
 * small: its edges, blurred as widely, fill more of the picture. */
static void
cases_are_as_hard_as_planned (void)
{
    static const struct {
        const char *name;
        double ceiling;
    } cases[] = {
        { "plane", 54.7 },      { "breathing", 36.0 },    { "occlusion", 27.0 }, { "noise", 29.4 },
        { "flicker", 36.5 },    { "weak-texture", 42.3 }, { "repeat", 37.3 },    { "16-bit", 36.4 },
        { "vignetting", 35.2 }, { "hot-pixels", 35.6 },   { "hand-held", 35.8 },
    };
    guint64 seed = (guint64) g_random_int ();

    g_test_message ("seed %" G_GUINT64_FORMAT, seed);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
        HfRenderOptions options;
        HfRender *render;
        HfImage *ceiling;
        double psnr;

        g_assert_true (hf_render_options_init (&options, cases[i].name, seed));
        hf_render_options_resize (&options, 480, 320);
        render = render_with (&options);
        ceiling = hf_render_ceiling (render, NULL, NULL);
        psnr = hf_picture_psnr (ceiling, render->truth, hf_render_border (render), NULL);
        g_test_message ("%s: ceiling %.2f dB", cases[i].name, psnr);
        g_assert_cmpfloat (fabs (psnr - cases[i].ceiling), <, 5);
        hf_image_free (ceiling);
        hf_render_free (render);
    }
}

static void
psnr_is_the_formula (void)
{
    HfImage *a = hf_image_new (NULL, 9, 7, (HfFormat) { HF_SAMPLE_FLOAT, 3 }, NULL);
    HfImage *b = hf_image_new (NULL, 9, 7, (HfFormat) { HF_SAMPLE_U8, 3 }, NULL);
    HfImage *mask = hf_image_new (NULL, 9, 7, (HfFormat) { HF_SAMPLE_U8, 1 }, NULL);

    for (int i = 0; i < 9 * 7 * 3; i++) {
        ((float *) a->data)[i] = 0.5f;
        ((guint8 *) b->data)[i] = 102;
    }
    memset (mask->data, 0, 9 * 7);
    g_assert_cmpfloat_with_epsilon (hf_picture_psnr (a, b, 0, NULL), 20, 1e-5);
    g_assert_true (isinf (hf_picture_psnr (a, a, 2, NULL)));
    g_assert_true (isnan (hf_picture_psnr (a, b, 4, NULL)));
    g_assert_true (isnan (hf_picture_psnr (a, mask, 0, NULL)));
    ((float *) a->data)[0] = 9;
    g_assert_cmpfloat_with_epsilon (hf_picture_psnr (a, b, 1, NULL), 20, 1e-5);
    g_assert_true (isnan (hf_picture_psnr (a, b, 0, mask)));
    ((guint8 *) mask->data)[3 * 9 + 4] = 255;
    g_assert_cmpfloat_with_epsilon (hf_picture_psnr (a, b, 0, mask), 20, 1e-5);
    hf_image_free (a);
    hf_image_free (b);
    hf_image_free (mask);
}

static void
text_holds_the_truth (void)
{
    HfRenderOptions options = small_options ("hot-pixels", 3);
    HfRender *render;
    char *text, **lines;
    int n_frames = 0, n_hot = 0;

    options.flicker = 0.1;
    options.n_hot_pixels = 4;
    render = render_with (&options);
    text = hf_render_to_text (render);
    lines = g_strsplit (text, "\n", 0);
    for (int i = 0; lines[i]; i++) {
        char *matrix = strstr (lines[i], " matrix ");
        HfMatrix read;

        n_hot += g_str_has_prefix (lines[i], "hot ");
        if (!matrix)
            continue;
        g_assert_true (hf_matrix_from_string (matrix + strlen (" matrix "), &read, NULL));
        g_assert_cmpmem (&read, sizeof read, &render->matrices[n_frames], sizeof read);
        g_assert_cmpfloat (g_ascii_strtod (strstr (lines[i], "gain ") + 5, NULL), ==,
                           render->gains[n_frames]);
        n_frames++;
    }
    g_assert_cmpint (n_frames, ==, 5);
    g_assert_cmpint (n_hot, ==, 4);
    g_strfreev (lines);
    g_free (text);
    hf_render_free (render);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/render/dots-lie-where-transforms-say", dots_lie_where_transforms_say);
    g_test_add_func ("/render/motion-is-as-large-as-asked", motion_is_as_large_as_asked);
    g_test_add_func ("/render/frame-in-focus-is-the-truth", frame_in_focus_is_the_truth);
    g_test_add_func ("/render/defocus-is-a-disc", defocus_is_a_disc);
    g_test_add_func ("/render/disc-has-a-rim", disc_has_a_rim);
    g_test_add_func ("/render/gains-multiply", gains_multiply);
    g_test_add_func ("/render/corners-lose-light", corners_lose_light);
    g_test_add_func ("/render/noise-has-its-sigma", noise_has_its_sigma);
    g_test_add_func ("/render/hot-pixels-stay-on-the-sensor", hot_pixels_stay_on_the_sensor);
    g_test_add_func ("/render/seed-decides-alone", seed_decides_alone);
    g_test_add_func ("/render/objects-occlude", objects_occlude);
    g_test_add_func ("/render/depth-spans-the-stack", depth_spans_the_stack);
    g_test_add_func ("/render/formats-agree", formats_agree);
    g_test_add_func ("/render/any-size-can-be-rendered", any_size_can_be_rendered);
    g_test_add_func ("/render/wrong-options-are-named", wrong_options_are_named);
    g_test_add_func ("/render/missing-memory-is-reported", missing_memory_is_reported);
    g_test_add_func ("/render/ceiling-takes-the-best-frame", ceiling_takes_the_best_frame);
    g_test_add_func ("/render/cases-are-as-hard-as-planned", cases_are_as_hard_as_planned);
    g_test_add_func ("/render/psnr-is-the-formula", psnr_is_the_formula);
    g_test_add_func ("/render/text-holds-the-truth", text_holds_the_truth);
    return g_test_run ();
}
