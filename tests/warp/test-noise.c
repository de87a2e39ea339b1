/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The noise level of rendered and synthetic frames. */
#include "pictures.h"

#include "render.h"
#include <hyperfocal/noise.h>

#include <math.h>
#include <string.h>

/* Frame 0 of a rendered case: textured, a part of it in focus, as frames of stacks are. */
static HfRender *
render (const char *name, double noise, HfFormat format, guint32 seed)
{
    HfRenderOptions options;
    GError *error = NULL;
    HfRender *made;

    hf_render_options_init (&options, name, seed);
    hf_render_options_resize (&options, 420, 280);
    options.n_frames = 2;
    options.reference = 0;
    options.detail = 1;
    options.noise = noise;
    options.format = format;
    made = hf_render_new (&options, NULL, &error);
    g_assert_no_error (error);
    return made;
}

static void
finds_the_level (void)
{
    static const char *const cases[] = { "plane", "occlusion", "weak-texture", "repeat" };
    static const double levels[] = { 0.003, 0.01, 0.035, 0.05 };
    static const HfFormat formats[] = { { HF_SAMPLE_U8, 3 },
                                        { HF_SAMPLE_U16, 3 },
                                        { HF_SAMPLE_FLOAT, 1 } };

    for (int i = 0; i < 16; i++) {
        double level = levels[i % 4], sigma[3];
        HfRender *made = render (cases[i / 4], level, formats[i % 3], drawn_seed () + (guint32) i);

        hf_noise_measure (made->frames[0], NULL, sigma);
        for (int c = 0; c < 3; c++) {
            g_test_message ("%s %.3f: %.4f", cases[i / 4], level, sigma[c]);
            g_assert_cmpfloat (fabs (sigma[c] / level - 1), <, 0.15);
        }
        hf_render_free (made);
    }
}

static void
finds_none_in_clean_frames (void)
{
    static const char *const cases[] = { "plane", "occlusion", "weak-texture", "repeat" };

    for (int i = 0; i < 8; i++) {
        HfFormat format = { i & 1 ? HF_SAMPLE_U8 : HF_SAMPLE_FLOAT, 3 };
        HfRender *made = render (cases[i / 2], 0, format, drawn_seed () + (guint32) i);
        double sigma[3];

        hf_noise_measure (made->frames[0], NULL, sigma);
        g_test_message ("%s: %.5f", cases[i / 2], sigma[0]);
        for (int c = 0; c < 3; c++)
            g_assert_cmpfloat (sigma[c], <, 0.0015);
        hf_render_free (made);
    }
}

/* A band of black that cuts the noise off, a transparent one, and the rest with noise. */
static void
passes_over_what_has_no_noise (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());
    HfImage *image = hf_image_new (NULL, 300, 300, (HfFormat) { HF_SAMPLE_U8, 4 }, NULL);
    double sigma[3];

    for (int y = 0; y < 300; y++) {
        uint8_t *row = hf_image_row (image, y);

        for (int x = 0; x < 300; x++) {
            for (int c = 0; c < 3; c++) {
                double noise = 0;

                for (int k = 0; k < 12; k++)
                    noise += g_rand_double (random) - 0.5;
                row[4 * x + c] = x < 100   ? (uint8_t) CLAMP (noise * 5, 0, 255)
                                 : x < 200 ? 77
                                           : (uint8_t) (120.5 + noise * 5);
            }
            row[4 * x + 3] = x >= 100 && x < 200 ? 0 : 255;
        }
    }
    hf_noise_measure (image, NULL, sigma);
    for (int c = 0; c < 3; c++)
        g_assert_cmpfloat (fabs (sigma[c] / (5 / 255.0) - 1), <, 0.1);
    hf_image_free (image);
    g_rand_free (random);
}

static void
does_not_depend_on_threads (void)
{
    HfRender *made = render ("plane", 0.01, (HfFormat) { HF_SAMPLE_U8, 3 }, drawn_seed ());
    double one[3], many[3];

    hf_noise_measure (made->frames[0], NULL, one);
    for (int n = 2; n < 8; n += 5) {
        HfPool *pool = hf_pool_new (n, NULL);

        hf_noise_measure (made->frames[0], pool, many);
        g_assert_cmpmem (one, sizeof one, many, sizeof many);
        hf_pool_free (pool);
    }
    hf_render_free (made);
}

static void
takes_tiny_frames (void)
{
    static const int sizes[][2] = { { 1, 1 }, { 15, 200 }, { 200, 15 }, { 16, 16 }, { 17, 300 } };

    for (int i = 0; i < 5; i++) {
        HfImage *image =
            hf_image_new (NULL, sizes[i][0], sizes[i][1], (HfFormat) { HF_SAMPLE_U8, 1 }, NULL);
        double sigma[3] = { 9, 9, 9 };

        memset (image->data, 100, (size_t) image->height * image->stride);
        hf_noise_measure (image, NULL, sigma);
        for (int c = 0; c < 3; c++)
            g_assert_cmpfloat (sigma[c], ==, 0);
        hf_image_free (image);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/noise/finds-the-level", finds_the_level);
    g_test_add_func ("/noise/finds-none-in-clean-frames", finds_none_in_clean_frames);
    g_test_add_func ("/noise/passes-over-what-has-no-noise", passes_over_what_has_no_noise);
    g_test_add_func ("/noise/does-not-depend-on-threads", does_not_depend_on_threads);
    g_test_add_func ("/noise/takes-tiny-frames", takes_tiny_frames);
    return g_test_run ();
}
