/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hyperfocal:fuse against the engine's fuser, bit for bit, and its way with pads and extents. */
#include "pictures.h"

#include <gegl-plugin.h>
#include <string.h>

enum { MOST = 64 };

/* Frames of one test and where each lies. */
typedef struct Frames {
    HfImage *images[MOST];
    int x[MOST], y[MOST];
    int n;
    GeglRectangle canvas;
} Frames;

static void
frames_add (Frames *frames, HfImage *image, int x, int y)
{
    GeglRectangle extent = { x, y, image->width, image->height };

    gegl_rectangle_bounding_box (&frames->canvas, &frames->canvas, &extent);
    frames->x[frames->n] = x;
    frames->y[frames->n] = y;
    frames->images[frames->n++] = image;
}

static void
frames_free (Frames *frames)
{
    for (int i = 0; i < frames->n; i++)
        hf_image_free (frames->images[i]);
}

/* A frame on the canvas: a whole band, not valid beside the picture. */
static HfBand
frame_on_canvas (const Frames *frames, int i, int n_colours)
{
    HfBand band = band_new (frames->canvas.width, frames->canvas.height, n_colours);
    HfBand own = picture_to_band (frames->images[i]);

    memset (band.colour[0], 0,
            hf_band_floats (band.rect.width, band.rect.height, n_colours) * sizeof (float));
    for (int y = 0; y < own.rect.height; y++) {
        size_t to = (size_t) (y + frames->y[i] - frames->canvas.y) * band.stride +
                    (size_t) (frames->x[i] - frames->canvas.x);
        size_t from = (size_t) y * own.stride, bytes = (size_t) own.rect.width * sizeof (float);

        for (int c = 0; c < n_colours; c++)
            memcpy (band.colour[c] + to, own.colour[MIN (c, own.n_colours - 1)] + from, bytes);
        for (int x = 0; x < own.rect.width; x++)
            band.validity[to + (size_t) x] = own.opaque ? 1 : own.validity[from + (size_t) x];
    }
    hf_pixels_free (own.colour[0]);
    return band;
}

static void
read_band (void *data, HfBand *band, int worker)
{
    HfBand part = hf_band_crop (data, band->rect);

    for (int y = 0; y < band->rect.height; y++) {
        size_t to = (size_t) y * band->stride, from = (size_t) y * part.stride;
        size_t bytes = (size_t) band->rect.width * sizeof (float);

        for (int c = 0; c < band->n_colours; c++)
            memcpy (band->colour[c] + to, part.colour[c] + from, bytes);
        memcpy (band->validity + to, part.validity + from, bytes);
    }
    band->opaque = false;
}

static bool
keep_rows (void *data, const HfBand *band, GError **error)
{
    hf_band_write (band, data);
    return true;
}

/* What the engine makes of the frames. */
static HfImage *
fuse_directly (const Frames *frames, int n_colours, HfSampleType precision, double noise_level)
{
    HfFormat format = { HF_SAMPLE_FLOAT, n_colours + 1 };
    HfImage *result =
        hf_image_new (NULL, frames->canvas.width, frames->canvas.height, format, NULL);
    HfFuseOptions options;
    HfFuserSetup setup = { .options = &options,
                           .width = frames->canvas.width,
                           .height = frames->canvas.height,
                           .n_colours = n_colours,
                           .precision = precision };
    HfBandWriter writer = { keep_rows, result };
    HfFuser *fuser;

    hf_options_init (&hf_fuse_table, &options);
    options.noise_level = noise_level;
    hf_noise_measure (frames->images[0], NULL, setup.noise);
    fuser = hf_fuser_new (&setup, NULL);
    for (int pass = 0; pass < hf_fuser_n_passes (fuser); pass++) {
        for (int i = 0; i < frames->n; i++) {
            HfBand band = frame_on_canvas (frames, i, n_colours);
            HfBandReader reader = { read_band, &band };

            g_assert_true (hf_fuser_add (fuser, &reader, NULL, NULL));
            hf_pixels_free (band.colour[0]);
        }
        g_assert_true (hf_fuser_end_pass (fuser, NULL));
    }
    g_assert_true (hf_fuser_finish (fuser, &writer, NULL, NULL));
    hf_fuser_free (fuser);
    hf_options_clear (&hf_fuse_table, &options);
    return result;
}

static char *
pad_name (int pad)
{
    return pad == 0   ? g_strdup ("input")
           : pad == 1 ? g_strdup ("aux")
                      : g_strdup_printf ("aux%d", pad);
}

/* A fuse node with the frames on every `step`-th pad. */
static GeglNode *
connect_frames (GeglNode *root, const Frames *frames, int step)
{
    GeglNode *fuse = gegl_node_new_child (root, "operation", "hyperfocal:fuse", NULL);

    for (int i = 0; i < frames->n; i++) {
        GeglBuffer *buffer =
            picture_to_buffer (frames->images[i], frames->x[i], frames->y[i], NULL);
        char *pad = pad_name (i * step);

        g_assert_true (gegl_node_connect_to (graph_add_buffer (root, buffer), "output", fuse, pad));
        g_object_unref (buffer);
        g_free (pad);
    }
    return fuse;
}

static void
check (const Frames *frames, int step, HfSampleType precision, int n_colours, double noise_level)
{
    HfImage *expected = fuse_directly (frames, n_colours, precision, noise_level);
    GeglNode *root = gegl_node_new (), *fuse = connect_frames (root, frames, step);
    GeglRectangle box;
    HfImage *got;

    gegl_node_set (fuse, "noise-level", noise_level, NULL);
    box = gegl_node_get_bounding_box (fuse);
    g_assert_true (gegl_rectangle_equal (&box, &frames->canvas));
    got = node_render (fuse, &frames->canvas, expected->format, NULL);
    pictures_assert_equal (expected, got);
    hf_image_free (expected);
    hf_image_free (got);
    g_object_unref (root);
}

static Frames
frames_new (int n, int width, int height, HfFormat format, guint32 seed)
{
    Frames frames = { .n = 0 };

    for (int i = 0; i < n; i++)
        frames_add (&frames, picture_new_frame (width, height, format, seed, i, n, 0), 0, 0);
    return frames;
}

static void
test_same_bits (void)
{
    guint32 seed = drawn_seed ();

    for (int f = 0; f < N_FORMATS; f++) {
        HfFormat format = all_formats[f];
        Frames frames = frames_new (3, 97, 61, format, seed);

        check (&frames, 1, format.type, hf_format_n_colours (format), f % 3);
        frames_free (&frames);
    }
}

static void
test_sizes (void)
{
    static const int sizes[][2] = { { 1, 1 }, { 1, 33 }, { 50, 1 }, { 2, 2 }, { 300, 270 } };

    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
        Frames frames =
            frames_new (2, sizes[s][0], sizes[s][1], (HfFormat) { HF_SAMPLE_U16, 3 }, 9);

        check (&frames, 1, HF_SAMPLE_U16, 3, 0);
        frames_free (&frames);
    }
}

/* Inputs of different extents, grey among colour, 8 bit among float. */
static void
test_extents (void)
{
    Frames frames = { .n = 0 };

    frames_add (&frames, picture_new (60, 50, (HfFormat) { HF_SAMPLE_U8, 3 }, 1), 0, 0);
    frames_add (&frames, picture_new (60, 50, (HfFormat) { HF_SAMPLE_U8, 4 }, 2), -13, 7);
    frames_add (&frames, picture_new (20, 90, (HfFormat) { HF_SAMPLE_U8, 3 }, 3), 70, -40);
    check (&frames, 1, HF_SAMPLE_U8, 3, 0);
    frames_free (&frames);
}

/* Grey among colour and 8 bit among float: the output is colour, the precision the finest. */
static void
test_mixed_formats (void)
{
    Frames frames = { .n = 0 };

    frames_add (&frames, picture_new (60, 50, (HfFormat) { HF_SAMPLE_FLOAT, 3 }, 1), 0, 0);
    frames_add (&frames, picture_new (60, 50, (HfFormat) { HF_SAMPLE_U8, 1 }, 2), 0, 0);
    check (&frames, 1, HF_SAMPLE_FLOAT, 3, 1);
    frames_free (&frames);
}

/* Pads that are not connected are passed over: three frames on input, aux5 and aux10. */
static void
test_gaps (void)
{
    Frames frames = frames_new (3, 70, 40, (HfFormat) { HF_SAMPLE_U8, 3 }, 4);

    check (&frames, 5, HF_SAMPLE_U8, 3, 0);
    frames_free (&frames);
}

static void
test_many_inputs (void)
{
    for (int n = 33; n <= MOST; n += MOST - 33) {
        Frames frames = frames_new (n, 64, 24, (HfFormat) { HF_SAMPLE_U8, 3 }, 5);

        check (&frames, 1, HF_SAMPLE_U8, 3, 0);
        frames_free (&frames);
    }
}

static void
test_one_input (void)
{
    for (int f = 0; f < N_FORMATS; f++) {
        Frames frames = frames_new (1, 70, 40, all_formats[f], 4);
        GeglNode *root = gegl_node_new (), *fuse = connect_frames (root, &frames, 1);
        HfImage *got = node_render (fuse, &frames.canvas, all_formats[f], NULL);

        pictures_assert_equal (frames.images[0], got);
        hf_image_free (got);
        g_object_unref (root);
        frames_free (&frames);
    }
}

/* An input without bounds is cut to the canvas of the others. */
static void
test_unbounded (void)
{
    Frames frames = frames_new (1, 70, 40, (HfFormat) { HF_SAMPLE_FLOAT, 3 }, 4);
    GeglNode *root = gegl_node_new (), *fuse = connect_frames (root, &frames, 1);
    GeglColor *color = gegl_color_new ("rgb(0.25, 0.5, 0.75)");
    GeglNode *plane = gegl_node_new_child (root, "operation", "gegl:color", "value", color, NULL);
    GeglRectangle box;
    HfImage *image, *got, *expected;

    gegl_node_connect_to (plane, "output", fuse, "aux");
    box = gegl_node_get_bounding_box (fuse);
    g_assert_true (gegl_rectangle_equal (&box, &frames.canvas));
    image = node_render (plane, &frames.canvas, (HfFormat) { HF_SAMPLE_FLOAT, 4 }, NULL);
    frames_add (&frames, image, 0, 0);
    expected = fuse_directly (&frames, 3, HF_SAMPLE_FLOAT, 0);
    got = node_render (fuse, &frames.canvas, expected->format, NULL);
    pictures_assert_equal (expected, got);
    hf_image_free (expected);
    hf_image_free (got);
    frames_free (&frames);
    g_object_unref (color);
    g_object_unref (root);
}

/* Regions, and regions again, are cut from one fused picture; it is made anew when an option
 * changes. */
static void
test_regions (void)
{
    Frames frames = frames_new (3, 200, 150, (HfFormat) { HF_SAMPLE_U16, 3 }, 12);
    GeglNode *root = gegl_node_new (), *fuse = connect_frames (root, &frames, 1);
    HfFormat format = { HF_SAMPLE_FLOAT, 4 };
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (int level = 0; level < 3; level++) {
        HfImage *expected = fuse_directly (&frames, 3, HF_SAMPLE_U16, level);

        gegl_node_set (fuse, "noise-level", (double) level, NULL);
        for (int k = 0; k < 6; k++) {
            int x = g_rand_int_range (random, 0, 200), y = g_rand_int_range (random, 0, 150);
            GeglRectangle roi = { x, y, g_rand_int_range (random, 1, 201 - x),
                                  g_rand_int_range (random, 1, 151 - y) };
            HfImage *part = node_render (fuse, &roi, format, NULL);

            for (int row = 0; row < roi.height; row++)
                g_assert_cmpmem (hf_image_row (part, row), part->stride,
                                 (char *) hf_image_row (expected, y + row) +
                                     (size_t) x * hf_format_bytes (format),
                                 part->stride);
            hf_image_free (part);
        }
        hf_image_free (expected);
    }
    g_rand_free (random);
    frames_free (&frames);
    g_object_unref (root);
}

static void
test_threads (void)
{
    Frames frames = frames_new (3, 211, 157, (HfFormat) { HF_SAMPLE_U8, 3 }, 13);
    int before;

    g_object_get (gegl_config (), "threads", &before, NULL);
    for (int threads = 1; threads <= 7; threads += 3) {
        g_object_set (gegl_config (), "threads", threads, NULL);
        check (&frames, 1, HF_SAMPLE_U8, 3, 0);
    }
    g_object_set (gegl_config (), "threads", before, NULL);
    frames_free (&frames);
}

/* The whole chain in one graph: frames that are balanced and aligned, then fused, in linear light.
 */
static void
test_chain (void)
{
    Frames frames = frames_new (2, 90, 60, (HfFormat) { HF_SAMPLE_U16, 3 }, 21);
    GeglNode *root = gegl_node_new ();
    GeglNode *fuse = gegl_node_new_child (root, "operation", "hyperfocal:fuse", NULL);
    Frames corrected = { .n = 0 };
    HfImage *expected, *got;

    for (int i = 0; i < 2; i++) {
        GeglBuffer *buffer = picture_to_buffer (frames.images[i], 0, 0, NULL);
        GeglNode *balance = gegl_node_new_child (root, "operation", "hyperfocal:balance",
                                                 "gain-red", 1.0 + i, NULL);
        GeglNode *align = gegl_node_new_child (root, "operation", "hyperfocal:align", "matrix",
                                               "1 0 2.25 0 1 0.5 0 0 1", NULL);

        gegl_node_link_many (graph_add_buffer (root, buffer), balance, align, NULL);
        gegl_node_connect_to (align, "output", fuse, i ? "aux" : "input");
        frames_add (&corrected,
                    node_render (align, &frames.canvas, (HfFormat) { HF_SAMPLE_FLOAT, 4 }, NULL), 0,
                    0);
        g_object_unref (buffer);
    }
    expected = fuse_directly (&corrected, 3, HF_SAMPLE_FLOAT, 0);
    got = node_render (fuse, &frames.canvas, expected->format, NULL);
    pictures_assert_equal (expected, got);
    hf_image_free (expected);
    hf_image_free (got);
    frames_free (&frames);
    frames_free (&corrected);
    g_object_unref (root);
}

/* A pixel allocation that fails anywhere on the way: a warning and an empty result. */
static void
test_no_memory (void)
{
    Frames frames = frames_new (2, 64, 48, (HfFormat) { HF_SAMPLE_U8, 3 }, 21);
    GeglNode *root = gegl_node_new (), *fuse = connect_frames (root, &frames, 1);
    HfFormat format = { HF_SAMPLE_FLOAT, 4 };
    float *pixels = g_new (float, 64 * 48 * 4);
    const Babl *babl = hf_buffer_babl (format, NULL);
    long n;

    hf_memory_fail_after (-1);
    gegl_node_blit (fuse, 1.0, &frames.canvas, babl, pixels, GEGL_AUTO_ROWSTRIDE,
                    GEGL_BLIT_DEFAULT);
    n = hf_memory_fail_after (-1);
    g_assert_cmpint (n, >, 3);
    for (long k = 0; k < n; k++) {
        gegl_node_set (fuse, "noise-level", k % 2 ? 1.0 : 2.0, NULL); /* makes the result stale */
        g_test_expect_message ("Hyperfocal", G_LOG_LEVEL_WARNING, "hyperfocal:fuse: *is empty");
        hf_memory_fail_after (k);
        gegl_node_blit (fuse, 1.0, &frames.canvas, babl, pixels, GEGL_AUTO_ROWSTRIDE,
                        GEGL_BLIT_DEFAULT);
        hf_memory_fail_after (-1);
        g_test_assert_expected_messages ();
        for (int i = 0; i < 64 * 48 * 4; i++)
            g_assert_cmpfloat (pixels[i], ==, 0);
    }
    g_free (pixels);
    frames_free (&frames);
    g_object_unref (root);
}

/* XML knows input and aux: two frames. */
static void
test_xml (void)
{
    char *folder = folder_new ();
    Frames frames = frames_new (2, 80, 50, (HfFormat) { HF_SAMPLE_U16, 3 }, 31);
    char *paths[2], *xml;
    HfImage *expected, *got;
    GeglNode *graph;

    for (int i = 0; i < 2; i++)
        paths[i] = picture_save (frames.images[i], folder, i ? "b.png" : "a.png");
    xml = g_strdup_printf ("<?xml version='1.0' encoding='UTF-8'?><gegl>"
                           "<node operation='hyperfocal:fuse'>"
                           "<params><param name='noise-level'>1</param></params>"
                           "<node operation='gegl:load'><params>"
                           "<param name='path'>%s</param></params></node>"
                           "</node>"
                           "<node operation='gegl:load'><params>"
                           "<param name='path'>%s</param></params></node></gegl>",
                           paths[1], paths[0]);
    graph = gegl_node_new_from_xml (xml, folder);
    g_assert_nonnull (graph);
    expected = fuse_directly (&frames, 3, HF_SAMPLE_U16, 1);
    got = node_render (graph, &frames.canvas, expected->format, NULL);
    pictures_assert_equal (expected, got);
    hf_image_free (expected);
    hf_image_free (got);
    g_object_unref (graph);
    g_free (xml);
    g_free (paths[0]);
    g_free (paths[1]);
    frames_free (&frames);
    folder_remove (folder);
}

int
main (int argc, char **argv)
{
    int status;

    g_test_init (&argc, &argv, NULL);
    gegl_init (&argc, &argv);
    g_test_add_func ("/gegl/fuse/same-bits-as-engine", test_same_bits);
    g_test_add_func ("/gegl/fuse/sizes", test_sizes);
    g_test_add_func ("/gegl/fuse/extents", test_extents);
    g_test_add_func ("/gegl/fuse/mixed-formats", test_mixed_formats);
    g_test_add_func ("/gegl/fuse/gaps", test_gaps);
    g_test_add_func ("/gegl/fuse/many-inputs", test_many_inputs);
    g_test_add_func ("/gegl/fuse/one-input", test_one_input);
    g_test_add_func ("/gegl/fuse/unbounded", test_unbounded);
    g_test_add_func ("/gegl/fuse/regions", test_regions);
    g_test_add_func ("/gegl/fuse/threads", test_threads);
    g_test_add_func ("/gegl/fuse/chain", test_chain);
    g_test_add_func ("/gegl/fuse/no-memory", test_no_memory);
    g_test_add_func ("/gegl/fuse/xml", test_xml);
    status = g_test_run ();
    gegl_exit ();
    return status;
}
