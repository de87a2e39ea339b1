/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hyperfocal:denoise and hyperfocal:sharpen against the engine's own apply, bit for bit. */
#include "pictures.h"

#include <gegl-plugin.h>
#include <string.h>

enum { WIDTH = 300, HEIGHT = 170 };

static const double noise[3] = { 0.03, 0.03, 0.03 };

static HfFormat
as_float (HfFormat format)
{
    return (HfFormat) { HF_SAMPLE_FLOAT, format.n_channels };
}

static HfFinishOptions
finish_options (void)
{
    HfFinishOptions options;

    hf_options_init (&hf_finish_table, &options);
    options.denoise_amount = 0.8;
    options.sharpen_amount_percent = 120;
    options.sharpen_radius = 2.3;
    options.sharpen_threshold = 3;
    return options;
}

static GeglNode *
add_operation (GeglNode *root, bool denoise)
{
    if (denoise)
        return gegl_node_new_child (root, "operation", "hyperfocal:denoise", "denoise-amount", 0.8,
                                    "noise-level", 3.0, NULL);
    return gegl_node_new_child (root, "operation", "hyperfocal:sharpen", "sharpen-amount-percent",
                                120.0, "sharpen-radius", 2.3, "sharpen-threshold", 3.0, NULL);
}

static HfImage *
finish_directly (const HfImage *image, bool denoise)
{
    HfFinishOptions options = finish_options ();
    HfBand in = picture_to_band (image);
    HfBand out = band_new (image->width, image->height, in.n_colours);
    size_t n = denoise ? hf_denoise_scratch (image->width, image->height, in.n_colours)
                       : hf_sharpen_scratch (&options, image->width, image->height, in.n_colours);
    float *scratch = hf_pixels_new_n (NULL, n, sizeof (float), "scratch", NULL);
    HfImage *result;

    if (denoise)
        hf_denoise_apply (&options, noise, &in, &out, scratch);
    else
        hf_sharpen_apply (&options, &in, &out, scratch);
    result = band_to_picture (&out, as_float (image->format));
    hf_pixels_free (scratch);
    hf_pixels_free (in.colour[0]);
    hf_pixels_free (out.colour[0]);
    return result;
}

static void
check_part (const HfImage *whole, const HfImage *part, const GeglRectangle *roi)
{
    for (int row = 0; row < roi->height; row++)
        g_assert_cmpmem (hf_image_row (part, row), part->stride,
                         (char *) hf_image_row (whole, roi->y + row) +
                             (size_t) roi->x * hf_format_bytes (whole->format),
                         part->stride);
}

/* The whole, wherever its extent begins, and parts of it. */
static void
check_operation (bool denoise, HfFormat format, guint32 seed)
{
    HfImage *image = picture_new (WIDTH, HEIGHT, format, seed);
    HfImage *expected = finish_directly (image, denoise), *got;
    GeglBuffer *buffer = picture_to_buffer (image, -40, 21, NULL);
    GeglRectangle extent = { -40, 21, WIDTH, HEIGHT }, box;
    GeglNode *root = gegl_node_new (), *node = add_operation (root, denoise);
    GRand *random = g_rand_new_with_seed (seed);

    gegl_node_link (graph_add_buffer (root, buffer), node);
    box = gegl_node_get_bounding_box (node);
    g_assert_true (gegl_rectangle_equal (&box, &extent));
    got = node_render (node, &extent, as_float (format), NULL);
    pictures_assert_equal (expected, got);
    hf_image_free (got);
    for (int k = 0; k < 5; k++) {
        int x = g_rand_int_range (random, 0, WIDTH), y = g_rand_int_range (random, 0, HEIGHT);
        GeglRectangle roi = { x, y, g_rand_int_range (random, 1, WIDTH + 1 - x),
                              g_rand_int_range (random, 1, HEIGHT + 1 - y) };
        GeglRectangle in_graph = { roi.x - 40, roi.y + 21, roi.width, roi.height };

        got = node_render (node, &in_graph, as_float (format), NULL);
        check_part (expected, got, &roi);
        hf_image_free (got);
    }
    g_rand_free (random);
    g_object_unref (root);
    g_object_unref (buffer);
    hf_image_free (image);
    hf_image_free (expected);
}

static void
same_bits (gconstpointer denoise)
{
    guint32 seed = drawn_seed ();

    for (int f = 0; f < N_FORMATS; f++)
        check_operation (GPOINTER_TO_INT (denoise), all_formats[f], seed + (guint32) f);
}

/* The defaults pass everything on untouched, in its own format. */
static void
defaults_change_nothing (void)
{
    static const char *const operations[] = { "hyperfocal:denoise", "hyperfocal:sharpen" };
    GeglRectangle extent = { 0, 0, 40, 30 };

    for (int i = 0; i < 2 * N_FORMATS; i++) {
        HfImage *image = picture_new (40, 30, all_formats[i / 2], 2), *got;
        GeglBuffer *buffer = picture_to_buffer (image, 0, 0, NULL);
        GeglNode *root = gegl_node_new ();
        GeglNode *node = gegl_node_new_child (root, "operation", operations[i % 2], NULL);

        gegl_node_link (graph_add_buffer (root, buffer), node);
        got = node_render (node, &extent, image->format, NULL);
        pictures_assert_equal (image, got);
        hf_image_free (image);
        hf_image_free (got);
        g_object_unref (root);
        g_object_unref (buffer);
    }
}

/* A changed pixel is said to change all that looks at it. */
static void
changes_reach (void)
{
    static const int reach[2] = { 7, 10 }; /* three radii of 2.3, rounded up; denoising's own */
    HfImage *image = picture_new (100, 90, all_formats[0], 2);
    GeglBuffer *buffer = picture_to_buffer (image, 0, 0, NULL);

    for (int denoise = 0; denoise < 2; denoise++) {
        GeglNode *root = gegl_node_new (), *node = add_operation (root, denoise);
        GeglRectangle pixel = { 50, 40, 1, 1 }, changed, needed;
        GeglRectangle expected = { 50 - reach[denoise], 40 - reach[denoise], 2 * reach[denoise] + 1,
                                   2 * reach[denoise] + 1 };
        GeglOperation *operation = gegl_node_get_gegl_operation (node);

        gegl_node_link (graph_add_buffer (root, buffer), node);
        hf_image_free (node_render (node, &pixel, all_formats[0], NULL));
        changed = gegl_operation_get_invalidated_by_change (operation, "input", &pixel);
        needed = gegl_operation_get_required_for_output (operation, "input", &pixel);
        g_assert_true (gegl_rectangle_equal (&changed, &expected));
        g_assert_true (gegl_rectangle_equal (&needed, &expected));
        g_object_unref (root);
    }
    hf_image_free (image);
    g_object_unref (buffer);
}

int
main (int argc, char **argv)
{
    int result;

    g_test_init (&argc, &argv, NULL);
    gegl_init (&argc, &argv);
    g_test_add_data_func ("/gegl/denoise/same-bits-as-engine", GINT_TO_POINTER (1), same_bits);
    g_test_add_data_func ("/gegl/sharpen/same-bits-as-engine", NULL, same_bits);
    g_test_add_func ("/gegl/finish/defaults-change-nothing", defaults_change_nothing);
    g_test_add_func ("/gegl/finish/changes-reach", changes_reach);
    result = g_test_run ();
    gegl_exit ();
    return result;
}
