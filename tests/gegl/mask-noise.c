/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operation hyperfocal:mask-noise: the same bits as the engine, in any pieces; what it says of
 * masks that cannot be used. */
#include "pictures.h"

#include <hyperfocal/hyperfocal.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 301, HEIGHT = 277 };

/* A mask of about one pixel in 40 as a file; the caller removes and frees its name. */
static char *
new_mask (int width, int height, HfHotPixelMap **map)
{
    GRand *random = g_rand_new_with_seed (3);
    int n = width * height / 40;
    HfDefect *defects = g_new (HfDefect, n);
    char *folder = g_dir_make_tmp ("hyperfocal-mask-XXXXXX", NULL);
    char *path = g_build_filename (folder, "hot-rgb.png", NULL);
    HfFileOptions options;
    HfImage *image;
    HfSink *sink;

    for (int i = 0; i < n; i++)
        defects[i] =
            (HfDefect) { g_rand_int_range (random, 0, width), g_rand_int_range (random, 0, height),
                         (unsigned) g_rand_int_range (random, 1, 8) };
    *map = hf_hot_pixel_map_new (width, height, defects, n, NULL, NULL);
    image = hf_hot_pixel_map_to_image (*map, -1, NULL, NULL);
    hf_options_init (&hf_file_table, &options);
    sink = hf_file_sink_new (path, &options, NULL);
    g_assert_true (hf_sink_begin (sink,
                                  &(HfPictureInfo) { .name = "mask",
                                                     .frame = -1,
                                                     .width = width,
                                                     .height = height,
                                                     .format = image->format },
                                  NULL));
    g_assert_true (hf_sink_write (sink, image, NULL) && hf_sink_end (sink, NULL) &&
                   hf_sink_commit (sink, NULL));
    hf_sink_free (sink);
    hf_options_clear (&hf_file_table, &options);
    hf_image_free (image);
    g_free (defects);
    g_free (folder);
    g_rand_free (random);
    return path;
}

static void
remove_mask (char *path)
{
    char *folder = g_path_get_dirname (path);

    g_unlink (path);
    g_rmdir (folder);
    g_free (folder);
    g_free (path);
}

static HfImage *
mend_directly (const HfImage *image, const HfHotPixelMap *map, int method, int kernel_size)
{
    HfHotPixelOptions options;
    HfBand band = picture_to_band (image);
    HfImage *mended;

    hf_options_init (&hf_hot_pixel_table, &options);
    options.mask_method = method;
    options.mask_kernel_size = kernel_size;
    hf_hot_pixels_apply (map, &options, &band, &band);
    mended = band_to_picture (&band, (HfFormat) { HF_SAMPLE_FLOAT, image->format.n_channels });
    hf_options_clear (&hf_hot_pixel_table, &options);
    hf_pixels_free (band.colour[0]);
    return mended;
}

static GeglNode *
new_graph (const HfImage *image, int x, int y, const char *mask, GeglNode **root,
           GeglBuffer **buffer)
{
    GeglNode *node;

    *root = gegl_node_new ();
    *buffer = picture_to_buffer (image, x, y, NULL);
    node =
        gegl_node_new_child (*root, "operation", "hyperfocal:mask-noise", "noise-mask", mask, NULL);
    gegl_node_link (graph_add_buffer (*root, *buffer), node);
    return node;
}

static void
check_format (HfFormat format, int x, int y, const char *mask, const HfHotPixelMap *map, int method,
              int kernel_size)
{
    HfImage *image = picture_new (WIDTH, HEIGHT, format, 5), *got;
    HfImage *expected = mend_directly (image, map, method, kernel_size);
    GeglRectangle extent = { x, y, WIDTH, HEIGHT };
    GeglBuffer *buffer;
    GeglNode *root, *node = new_graph (image, x, y, mask, &root, &buffer);

    gegl_node_set (node, "mask-method", method, "mask-kernel-size", kernel_size, NULL);
    got = node_render (node, &extent, expected->format, NULL);
    pictures_assert_equal (expected, got);
    hf_image_free (got);
    hf_image_free (expected);
    hf_image_free (image);
    g_object_unref (root);
    g_object_unref (buffer);
}

static void
test_same_bits (void)
{
    HfHotPixelMap *map;
    char *mask = new_mask (WIDTH, HEIGHT, &map);

    for (int f = 0; f < N_FORMATS; f++)
        check_format (all_formats[f], f % 2 ? -7 : 0, f % 3 ? 11 : 0, mask, map,
                      f % 2 ? HF_MASK_MEDIAN : HF_MASK_MEAN, 3 + f % 5);
    hf_hot_pixel_map_free (map);
    remove_mask (mask);
}

/* Without a mask, or with one that marks nothing, the input passes. */
static void
test_unchanged (void)
{
    HfImage *image = picture_new (20, 10, (HfFormat) { HF_SAMPLE_U8, 3 }, 5), *got;
    GeglRectangle extent = { 0, 0, 20, 10 };
    GeglBuffer *buffer;
    GeglNode *root, *node = new_graph (image, 0, 0, "", &root, &buffer);

    got = node_render (node, &extent, image->format, NULL);
    pictures_assert_equal (image, got);
    hf_image_free (got);
    hf_image_free (image);
    g_object_unref (root);
    g_object_unref (buffer);
}

static void
assert_refused (const char *mask, const char *word)
{
    HfImage *image = picture_new (20, 10, (HfFormat) { HF_SAMPLE_U8, 3 }, 5), *got;
    GeglRectangle extent = { 0, 0, 20, 10 };
    GeglBuffer *buffer;
    GeglNode *root, *node = new_graph (image, 0, 0, mask, &root, &buffer);

    g_test_expect_message ("Hyperfocal", G_LOG_LEVEL_WARNING, word);
    got = node_render (node, &extent, image->format, NULL);
    g_test_assert_expected_messages ();
    pictures_assert_equal (image, got);
    hf_image_free (got);
    hf_image_free (image);
    g_object_unref (root);
    g_object_unref (buffer);
}

static void
test_problems (void)
{
    HfHotPixelMap *map;
    char *mask = new_mask (WIDTH, HEIGHT, &map);

    assert_refused ("/nowhere/mask.png", "*nowhere/mask.png*");
    assert_refused (mask, "*301*277*20*10*");
    hf_hot_pixel_map_free (map);
    remove_mask (mask);
}

int
main (int argc, char **argv)
{
    int status;

    g_test_init (&argc, &argv, NULL);
    gegl_init (&argc, &argv);
    g_test_add_func ("/gegl/mask-noise/same-bits", test_same_bits);
    g_test_add_func ("/gegl/mask-noise/unchanged", test_unchanged);
    g_test_add_func ("/gegl/mask-noise/problems", test_problems);
    status = g_test_run ();
    gegl_exit ();
    return status;
}
