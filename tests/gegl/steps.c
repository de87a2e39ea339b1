/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hyperfocal:align and hyperfocal:balance against the engine's own apply, bit for bit. */
#include "pictures.h"

#include <gegl-plugin.h>
#include <math.h>
#include <string.h>

static const char *const matrices[] = {
    "1 0 0.25 0 1 -0.5 0 0 1",                    /* part of a pixel */
    "1 0 -7 0 1 12 0 0 1",                        /* whole pixels */
    "1.03 0.02 -3.7 -0.02 1.03 1.4 0 0 1",        /* rotation and scale */
    "1.01 0.03 2.2 -0.01 0.97 -4.9 1e-5 -2e-5 1", /* homography */
    "-1 0 60.5 0 -1 40.25 0 0 1",                 /* half a turn */
    "1 0 1000 0 1 0 0 0 1",                       /* nothing is covered */
    "9.5 0 -200 0 9.5 -150 0 0 1",                /* far away */
};

static const HfInterpolation interpolations[] = { HF_INTERPOLATION_BICUBIC,
                                                  HF_INTERPOLATION_LANCZOS_4,
                                                  HF_INTERPOLATION_OPTIMAL };

static HfFormat
with_alpha (HfFormat format)
{
    return (HfFormat) { HF_SAMPLE_FLOAT, hf_format_n_colours (format) + 1 };
}

static void
cover_directly (const HfBand *in, const HfMatrix *matrix, HfBorderMode mode, HfBand *out)
{
    int width = in->rect.width, height = in->rect.height;
    HfBorder border = { mode, { 40 / 255.0, 80 / 255.0, 120 / 255.0, 204 / 255.0 }, 12 };
    double *sums = g_new (double, hf_border_rim_doubles (width, height, in->n_colours));
    HfBorderRim rim;

    hf_border_rim_begin (&rim, width, height, in->n_colours, sums);
    hf_border_rim_take (&rim, in);
    hf_border_rim_settle (&rim);
    hf_border_fill (&border, &rim, matrix, width, height, out);
    g_free (sums);
}

/* What the engine makes of the whole picture, with a border unless its mode is below 0. */
static HfImage *
align_with_border (const HfImage *image, const char *matrix, HfInterpolation interpolation,
                   int border_mode)
{
    HfRect whole = { 0, 0, image->width, image->height };
    HfAlignRecord record = { .model = HF_TRANSFORM_AFFINE };
    HfBand in = picture_to_band (image);
    HfBand out = band_new (image->width, image->height, in.n_colours);
    float *scratch;
    HfImage *result;

    g_assert_true (hf_matrix_from_string (matrix, &record.matrix, NULL));
    scratch = hf_pixels_new_n (NULL,
                               1 + hf_align_scratch (&record, interpolation, whole, in.n_colours,
                                                     image->width, image->height),
                               sizeof (float), "scratch", NULL);
    hf_align_apply (&record, interpolation, image->width, image->height, &in, &out, scratch);
    if (border_mode >= 0)
        cover_directly (&in, &record.matrix, (HfBorderMode) border_mode, &out);
    result = band_to_picture (&out, with_alpha (image->format));
    hf_pixels_free (scratch);
    hf_pixels_free (in.colour[0]);
    hf_pixels_free (out.colour[0]);
    return result;
}

static HfImage *
align_directly (const HfImage *image, const char *matrix, HfInterpolation interpolation)
{
    return align_with_border (image, matrix, interpolation, -1);
}

/* The graph of one test: a buffer and an operation on it. */
typedef struct Graph {
    GeglNode *root, *input, *node;
    GeglRectangle extent;
} Graph;

static Graph
graph_new (const HfImage *image, int x, int y, const char *operation)
{
    GeglBuffer *buffer = picture_to_buffer (image, x, y, NULL);
    Graph graph = { .root = gegl_node_new (), .extent = { x, y, image->width, image->height } };

    graph.input = graph_add_buffer (graph.root, buffer);
    graph.node = gegl_node_new_child (graph.root, "operation", operation, NULL);
    gegl_node_link (graph.input, graph.node);
    g_object_unref (buffer);
    return graph;
}

static void
graph_free (Graph *graph)
{
    g_object_unref (graph->root);
}

static void
check_align (int width, int height, HfFormat format, const char *matrix,
             HfInterpolation interpolation, guint32 seed)
{
    HfImage *image = picture_new (width, height, format, seed);
    HfImage *expected = align_directly (image, matrix, interpolation);
    Graph graph = graph_new (image, 0, 0, "hyperfocal:align");
    GeglRectangle box;
    HfImage *got;

    gegl_node_set (graph.node, "matrix", matrix, "interpolation", interpolation, NULL);
    box = gegl_node_get_bounding_box (graph.node);
    g_assert_true (gegl_rectangle_equal (&box, &graph.extent));
    got = node_render (graph.node, &graph.extent, with_alpha (format), NULL);
    pictures_assert_equal (expected, got);
    hf_image_free (image);
    hf_image_free (expected);
    hf_image_free (got);
    graph_free (&graph);
}

static void
test_align_same_bits (void)
{
    guint32 seed = drawn_seed ();

    for (int f = 0; f < N_FORMATS; f++)
        for (guint m = 0; m < G_N_ELEMENTS (matrices); m++)
            for (guint i = 0; i < G_N_ELEMENTS (interpolations); i++)
                check_align (61, 47, all_formats[f], matrices[m], interpolations[i], seed + m);
}

/* What is not covered shows the border, the same for the whole and for any region. */
static void
test_align_borders (void)
{
    for (int i = 0; i < 3 * 4; i++) {
        static const GeglRectangle part = { 3, 5, 30, 21 };
        HfFormat format = all_formats[i % N_FORMATS];
        HfImage *image = picture_new (61, 47, format, 7), *whole, *piece;
        HfImage *expected =
            align_with_border (image, matrices[2 + i / 3], HF_INTERPOLATION_OPTIMAL, i % 3);
        Graph graph = graph_new (image, 0, 0, "hyperfocal:align");

        gegl_node_set (graph.node, "matrix", matrices[2 + i / 3], "border-mode", i % 3,
                       "border-value", "40,80,120,204", "border-blur", 12.0, NULL);
        piece = node_render (graph.node, &part, with_alpha (format), NULL);
        whole = node_render (graph.node, &graph.extent, with_alpha (format), NULL);
        pictures_assert_equal (expected, whole);
        for (int y = 0; y < part.height; y++)
            g_assert_cmpmem (hf_image_row (piece, y), piece->stride,
                             (char *) hf_image_row (whole, part.y + y) +
                                 (size_t) part.x * hf_format_bytes (whole->format),
                             piece->stride);
        hf_image_free (image);
        hf_image_free (expected);
        hf_image_free (whole);
        hf_image_free (piece);
        graph_free (&graph);
    }
}

static void
test_align_sizes (void)
{
    static const int sizes[][2] = { { 1, 1 }, { 1, 40 }, { 40, 1 }, { 2, 3 }, { 531, 290 } };

    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
        for (guint m = 0; m < G_N_ELEMENTS (matrices); m++)
            check_align (sizes[s][0], sizes[s][1], all_formats[(s + m) % N_FORMATS], matrices[m],
                         HF_INTERPOLATION_LANCZOS_4, 5);
}

/* Any cut into regions gives the whole. The node before renders only what is asked of it. */
static void
test_align_regions (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (guint m = 0; m < G_N_ELEMENTS (matrices); m++) {
        HfFormat format = all_formats[g_rand_int_range (random, 0, N_FORMATS)];
        HfImage *image = picture_new (173, 121, format, m);
        Graph graph = graph_new (image, 0, 0, "hyperfocal:balance");
        GeglNode *align = gegl_node_new_child (graph.root, "operation", "hyperfocal:align",
                                               "matrix", matrices[m], NULL);
        HfImage *whole;

        gegl_node_set (graph.node, "gain-red", 1.25, "gain-green", 0.5, NULL);
        gegl_node_link (graph.node, align);
        whole = node_render (align, &graph.extent, with_alpha (format), NULL);
        for (int k = 0; k < 25; k++) {
            int x = g_rand_int_range (random, 0, 173), y = g_rand_int_range (random, 0, 121);
            GeglRectangle roi = { x, y, g_rand_int_range (random, 1, 174 - x),
                                  g_rand_int_range (random, 1, 122 - y) };
            HfImage *part = node_render (align, &roi, with_alpha (format), NULL);

            for (int row = 0; row < roi.height; row++)
                g_assert_cmpmem (hf_image_row (part, row), part->stride,
                                 (char *) hf_image_row (whole, y + row) +
                                     (size_t) x * hf_format_bytes (whole->format),
                                 part->stride);
            hf_image_free (part);
        }
        hf_image_free (whole);
        hf_image_free (image);
        graph_free (&graph);
    }
    g_rand_free (random);
}

/* The matrix counts in the graph's coordinates, wherever the extent begins. */
static void
test_align_offset (void)
{
    HfImage *image = picture_new (90, 70, (HfFormat) { HF_SAMPLE_U16, 3 }, 3);
    Graph graph = graph_new (image, 20, -30, "hyperfocal:align");
    HfImage *got, *expected;

    /* x' = 1.5 x, so with x = 20 + u: u' = x' - 20 = 1.5 u + 10; y likewise with -30: -15. */
    expected = align_directly (image, "1.5 0 10 0 1.5 -15 0 0 1", HF_INTERPOLATION_OPTIMAL);
    gegl_node_set (graph.node, "matrix", "1.5 0 0 0 1.5 0 0 0 1", NULL);
    got = node_render (graph.node, &graph.extent, with_alpha (image->format), NULL);
    pictures_assert_equal (expected, got);
    hf_image_free (image);
    hf_image_free (expected);
    hf_image_free (got);
    graph_free (&graph);
}

/* Nine numbers that are none, or that cannot be: a warning, and the picture as it was. */
static void
test_align_bad_matrix (void)
{
    static const char *const bad[] = { "",
                                       "hello",
                                       "1 2 3",
                                       "1 0 0 0 1 0 0 0 0",
                                       "1 2 3 2 4 6 0 0 1",
                                       "nan 0 0 0 1 0 0 0 1",
                                       "inf 0 0 0 1 0 0 0 1" };
    HfImage *image = picture_new (33, 21, (HfFormat) { HF_SAMPLE_U8, 3 }, 8);

    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        Graph graph = graph_new (image, 0, 0, "hyperfocal:align");
        HfImage *got;

        gegl_node_set (graph.node, "matrix", bad[i], NULL);
        g_test_expect_message ("Hyperfocal", G_LOG_LEVEL_WARNING,
                               "hyperfocal:align: *the picture is left as it is");
        got = node_render (graph.node, &graph.extent, image->format, NULL);
        g_test_assert_expected_messages ();
        pictures_assert_equal (image, got);
        hf_image_free (got);
        graph_free (&graph);
    }
    hf_image_free (image);
}

/* The default passes everything on untouched, in its own format. */
static void
test_unchanged (void)
{
    const char *const operations[] = { "hyperfocal:align", "hyperfocal:balance" };

    for (int i = 0; i < 2; i++) {
        for (int f = 0; f < N_FORMATS; f++) {
            HfImage *image = picture_new (40, 30, all_formats[f], 2);
            Graph graph = graph_new (image, 0, 0, operations[i]);
            HfImage *got = node_render (graph.node, &graph.extent, image->format, NULL);

            pictures_assert_equal (image, got);
            hf_image_free (got);
            hf_image_free (image);
            graph_free (&graph);
        }
    }
}

/* An input without bounds passes: there is no frame to align. */
static void
test_align_unbounded (void)
{
    GeglNode *root = gegl_node_new ();
    GeglColor *color = gegl_color_new ("rgb(0.25, 0.5, 0.75)");
    GeglNode *plane = gegl_node_new_child (root, "operation", "gegl:color", "value", color, NULL);
    GeglNode *align =
        gegl_node_new_child (root, "operation", "hyperfocal:align", "matrix", matrices[2], NULL);
    GeglRectangle roi = { 0, 0, 16, 16 };
    HfImage *got, *expected;

    gegl_node_link (plane, align);
    expected = node_render (plane, &roi, (HfFormat) { HF_SAMPLE_FLOAT, 4 }, NULL);
    got = node_render (align, &roi, (HfFormat) { HF_SAMPLE_FLOAT, 4 }, NULL);
    pictures_assert_equal (expected, got);
    hf_image_free (got);
    hf_image_free (expected);
    g_object_unref (color);
    g_object_unref (root);
}

/* Linear light is encoded on the way in: the same as aligning the encoded picture. */
static void
test_align_linear (void)
{
    HfImage *image = picture_new (64, 48, (HfFormat) { HF_SAMPLE_FLOAT, 4 }, 4), *expected, *got;
    GeglRectangle extent = { 0, 0, 64, 48 };
    GeglBuffer *buffer = gegl_buffer_new (&extent, babl_format ("RGBA float"));
    GeglNode *root = gegl_node_new ();
    GeglNode *align =
        gegl_node_new_child (root, "operation", "hyperfocal:align", "matrix", matrices[2], NULL);
    HfImage *encoded;

    hf_buffer_write (buffer, 0, 0, image, NULL);
    encoded = hf_buffer_read (buffer, &extent, image->format, NULL, NULL, NULL);
    gegl_node_link (graph_add_buffer (root, buffer), align);
    expected = align_directly (encoded, matrices[2], HF_INTERPOLATION_OPTIMAL);
    got = node_render (align, &extent, image->format, NULL);
    pictures_assert_equal (expected, got);
    hf_image_free (image);
    hf_image_free (encoded);
    hf_image_free (expected);
    hf_image_free (got);
    g_object_unref (buffer);
    g_object_unref (root);
}

/* The picture's space goes through, and values in it are not touched. */
static void
test_space (void)
{
    const Babl *space = babl_space ("ProPhoto");
    HfImage *image = picture_new (64, 48, (HfFormat) { HF_SAMPLE_U16, 3 }, 4), *expected, *got;
    GeglRectangle extent = { 0, 0, 64, 48 };
    GeglBuffer *buffer = picture_to_buffer (image, 0, 0, space);
    GeglNode *root = gegl_node_new ();
    GeglNode *align =
        gegl_node_new_child (root, "operation", "hyperfocal:align", "matrix", matrices[2], NULL);

    gegl_node_link (graph_add_buffer (root, buffer), align);
    expected = align_directly (image, matrices[2], HF_INTERPOLATION_OPTIMAL);
    got = node_render (align, &extent, with_alpha (image->format), space);
    pictures_assert_equal (expected, got);
    g_assert_true (gegl_operation_get_format (gegl_node_get_gegl_operation (align), "output") ==
                   hf_buffer_babl (with_alpha (image->format), space));
    hf_image_free (image);
    hf_image_free (expected);
    hf_image_free (got);
    g_object_unref (buffer);
    g_object_unref (root);
}

/* A changed pixel of the input changes the output within the region that is said to be invalid
 * only. */
static void
check_invalidation (const char *matrix, int x, int y)
{
    HfFormat format = { HF_SAMPLE_FLOAT, 1 };
    HfImage *image = picture_new (120, 90, format, 6), *before, *after;
    GeglRectangle pixel = { x, y, 1, 1 }, invalid;
    Graph graph;

    before = align_directly (image, matrix, HF_INTERPOLATION_LANCZOS_6);
    graph = graph_new (image, 0, 0, "hyperfocal:align");
    gegl_node_set (graph.node, "matrix", matrix, NULL);
    hf_image_free (node_render (graph.node, &graph.extent, with_alpha (format), NULL));
    invalid = gegl_operation_get_invalidated_by_change (gegl_node_get_gegl_operation (graph.node),
                                                        "input", &pixel);
    ((float *) hf_image_row (image, y))[x] += 0.5f;
    after = align_directly (image, matrix, HF_INTERPOLATION_LANCZOS_6);
    for (int j = 0; j < 90; j++) {
        const float *a = hf_image_row (before, j), *b = hf_image_row (after, j);

        for (int i = 0; i < 120; i++)
            if (a[2 * i] != b[2 * i] || a[2 * i + 1] != b[2 * i + 1])
                g_assert_true (i >= invalid.x && j >= invalid.y && i < invalid.x + invalid.width &&
                               j < invalid.y + invalid.height);
    }
    hf_image_free (image);
    hf_image_free (before);
    hf_image_free (after);
    graph_free (&graph);
}

static void
test_align_invalidation (void)
{
    for (guint m = 0; m < G_N_ELEMENTS (matrices); m++) {
        check_invalidation (matrices[m], 60, 45);
        check_invalidation (matrices[m], 0, 89);
    }
}

/* Reduced previews come out about as the reduced picture: 2 % of full scale on average, since they
 * are made from reduced pixels. */
static void
test_align_preview (void)
{
    HfImage *image = picture_new (256, 256, (HfFormat) { HF_SAMPLE_FLOAT, 3 }, 6), *whole,
            *expected;
    Graph graph = graph_new (image, 0, 0, "hyperfocal:align");
    HfImage *small = hf_image_new (NULL, 128, 128, with_alpha (image->format), NULL);
    double difference = 0;

    g_object_set (gegl_config (), "mipmap-rendering", TRUE, NULL);
    gegl_node_set (graph.node, "matrix", "1 0 6.5 0 1 -4.25 0 0 1", NULL);
    whole = node_render (graph.node, &graph.extent, with_alpha (image->format), NULL);
    expected = hf_image_reduce (whole, 2, NULL, NULL);
    gegl_node_blit (graph.node, 0.5, GEGL_RECTANGLE (0, 0, 128, 128),
                    hf_buffer_babl (small->format, NULL), small->data, (gint) small->stride,
                    GEGL_BLIT_DEFAULT);
    for (int y = 16; y < 112; y++)
        for (int i = 16 * 4; i < 112 * 4; i++)
            difference += fabs (((float *) hf_image_row (small, y))[i] -
                                ((float *) hf_image_row (expected, y))[i]);
    g_object_set (gegl_config (), "mipmap-rendering", FALSE, NULL);
    g_test_message ("mean difference %g", difference / (96 * 96 * 4));
    g_assert_cmpfloat (difference / (96 * 96 * 4), <, 0.02);
    hf_image_free (image);
    hf_image_free (whole);
    hf_image_free (expected);
    hf_image_free (small);
    graph_free (&graph);
}

/* Without a connected input nothing happens. */
static void
test_no_input (void)
{
    const char *const operations[] = { "hyperfocal:align", "hyperfocal:balance",
                                       "hyperfocal:fuse" };

    for (guint i = 0; i < G_N_ELEMENTS (operations); i++) {
        GeglNode *root = gegl_node_new ();
        GeglNode *node = gegl_node_new_child (root, "operation", operations[i], NULL);
        GeglRectangle roi = { 0, 0, 4, 4 }, box = gegl_node_get_bounding_box (node);
        HfImage *got = node_render (node, &roi, (HfFormat) { HF_SAMPLE_U8, 4 }, NULL);

        g_assert_true (gegl_rectangle_is_empty (&box));
        g_assert_cmpint (*(guint32 *) got->data, ==, 0);
        hf_image_free (got);
        g_object_unref (root);
    }
}

static HfFormat
as_float (HfFormat format)
{
    return (HfFormat) { HF_SAMPLE_FLOAT, format.n_channels };
}

static void
test_balance_same_bits (void)
{
    HfBalanceRecord record = { { 1.37, 0.81, 1.0 / 3 } };
    guint32 seed = drawn_seed ();

    for (int f = 0; f < N_FORMATS; f++) {
        HfFormat format = all_formats[f];
        HfImage *image = picture_new (301, 277, format, seed), *expected, *got;
        HfBand band = picture_to_band (image);
        Graph graph = graph_new (image, 0, 0, "hyperfocal:balance");

        gegl_node_set (graph.node, "gain-red", record.gain[0], "gain-green", record.gain[1],
                       "gain-blue", record.gain[2], NULL);
        hf_balance_apply (&record, &band, &band);
        expected = band_to_picture (&band, as_float (format));
        got = node_render (graph.node, &graph.extent, as_float (format), NULL);
        pictures_assert_equal (expected, got);
        hf_pixels_free (band.colour[0]);
        hf_image_free (image);
        hf_image_free (expected);
        hf_image_free (got);
        graph_free (&graph);
    }
}

/* The curve follows the extent, wherever it lies. */
static void
test_vignetting_same_bits (void)
{
    const char *text = "polynomial -0.55 0.02";
    HfVignettingOptions options = { .black_threshold = 3, .max_correction = 0.4 };
    HfVignettingRecord record;
    HfVignettingGains gains;

    g_assert_true (hf_vignetting_from_string (text, &record, NULL));
    hf_vignetting_prepare (&record, &options, &gains);
    for (int f = 0; f < N_FORMATS; f++) {
        HfFormat format = all_formats[f];
        HfImage *image = picture_new (301, 277, format, drawn_seed ()), *expected, *got;
        HfBand band = picture_to_band (image);
        Graph graph = graph_new (image, 40 * f, -f, "hyperfocal:vignetting");

        gegl_node_set (graph.node, "falloff", text, "black-threshold", 3.0, "max-correction", 0.4,
                       NULL);
        hf_vignetting_apply (&gains, 301, 277, &band, &band);
        expected = band_to_picture (&band, as_float (format));
        got = node_render (graph.node, &graph.extent, as_float (format), NULL);
        pictures_assert_equal (expected, got);
        hf_pixels_free (band.colour[0]);
        hf_image_free (image);
        hf_image_free (expected);
        hf_image_free (got);
        graph_free (&graph);
    }
}

/* A text that is no curve: a warning, and the picture as it is. */
static void
test_vignetting_refuses_text (void)
{
    HfImage *image = picture_new (30, 20, (HfFormat) { HF_SAMPLE_U16, 3 }, 1), *got;
    Graph graph = graph_new (image, 0, 0, "hyperfocal:vignetting");

    gegl_node_set (graph.node, "falloff", "dark corners", NULL);
    g_test_expect_message ("Hyperfocal", G_LOG_LEVEL_WARNING, "*dark corners*");
    got = node_render (graph.node, &graph.extent, image->format, NULL);
    g_test_assert_expected_messages ();
    pictures_assert_equal (image, got);
    hf_image_free (image);
    hf_image_free (got);
    graph_free (&graph);
}

/* A record as the report has it, in another colour space. */
static void
test_balance_record (void)
{
    const char *text = "hls gamma 1 0.9 1.2";
    HfBalanceRecord record;

    g_assert_true (hf_balance_from_string (text, &record, NULL));
    for (int f = 0; f < N_FORMATS; f++) {
        HfFormat format = all_formats[f];
        HfImage *image = picture_new (301, 77, format, drawn_seed ()), *expected, *got;
        HfBand band = picture_to_band (image);
        Graph graph = graph_new (image, 0, 0, "hyperfocal:balance");

        gegl_node_set (graph.node, "gain-red", 3.0, "record", text, NULL); /* the record rules */
        hf_balance_apply (&record, &band, &band);
        expected = band_to_picture (&band, as_float (format));
        got = node_render (graph.node, &graph.extent, as_float (format), NULL);
        pictures_assert_equal (expected, got);
        hf_pixels_free (band.colour[0]);
        hf_image_free (image);
        hf_image_free (expected);
        hf_image_free (got);
        graph_free (&graph);
    }
}

/* Values above 1 survive a gain there and back: nothing is clipped between. */
static void
test_balance_never_clips (void)
{
    HfImage *image = picture_new (50, 50, (HfFormat) { HF_SAMPLE_U16, 3 }, 1), *got;
    Graph graph = graph_new (image, 0, 0, "hyperfocal:balance");
    GeglNode *back = gegl_node_new_child (graph.root, "operation", "hyperfocal:balance", "gain-red",
                                          0.25, "gain-green", 0.25, "gain-blue", 0.25, NULL);

    gegl_node_set (graph.node, "gain-red", 4.0, "gain-green", 4.0, "gain-blue", 4.0, NULL);
    gegl_node_link (graph.node, back);
    got = node_render (back, &graph.extent, image->format, NULL);
    pictures_assert_equal (image, got);
    hf_image_free (image);
    hf_image_free (got);
    graph_free (&graph);
}

/* Properties are the option tables': names, defaults, choices. */
static void
test_properties (void)
{
    GeglNode *root = gegl_node_new ();
    GeglNode *node = gegl_node_new_child (root, "operation", "hyperfocal:focus-stack", NULL);

    for (const HfStackPart *part = hf_stack_parts; part->table; part++) {
        for (int i = 0; i < part->table->n_options; i++) {
            const HfOption *option = &part->table->options[i];
            GParamSpec *spec = gegl_node_find_property (node, option->name);

            if (g_str_equal (option->name, "crop")) {
                g_assert_null (spec);
                continue;
            }
            g_assert_nonnull (spec);
            g_assert_cmpstr (g_param_spec_get_nick (spec), ==, option->label);
            g_assert_cmpstr (g_param_spec_get_blurb (spec), ==, option->help);
            if (option->type == HF_OPTION_TYPE_CHOICE)
                g_assert_cmpint (G_PARAM_SPEC_ENUM (spec)->default_value, ==, option->initial);
        }
    }
    g_object_unref (root);
}

/* Takes what GObject says of values out of range; a warning or a critical one, by its version. */
static gboolean
count_refusal (const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data)
{
    bool refused = g_str_equal (domain, "GLib-GObject") && strstr (message, "out of range");

    *(int *) data += refused;
    return !refused;
}

/* A value out of range is refused aloud; the property stays as it was. */
static void
test_bad_properties (void)
{
    static const double bad[] = { 1e9, -3.0, 0.0 };
    GeglNode *root = gegl_node_new ();
    GeglNode *node = gegl_node_new_child (root, "operation", "hyperfocal:balance", NULL);
    int n_refused = 0;
    double gain;

    g_test_log_set_fatal_handler (count_refusal, &n_refused);
    for (int i = 0; i < (int) G_N_ELEMENTS (bad); i++) {
        gegl_node_set (node, "gain-red", bad[i], NULL);
        gegl_node_get (node, "gain-red", &gain, NULL);
        g_assert_cmpfloat (gain, ==, 1);
        g_assert_cmpint (n_refused, ==, i + 1);
    }
    g_object_unref (root);
}

int
main (int argc, char **argv)
{
    int status;

    g_test_init (&argc, &argv, NULL);
    gegl_init (&argc, &argv);
    g_test_add_func ("/gegl/align/same-bits-as-engine", test_align_same_bits);
    g_test_add_func ("/gegl/align/sizes", test_align_sizes);
    g_test_add_func ("/gegl/align/borders", test_align_borders);
    g_test_add_func ("/gegl/align/regions-equal-whole", test_align_regions);
    g_test_add_func ("/gegl/align/offset", test_align_offset);
    g_test_add_func ("/gegl/align/bad-matrix", test_align_bad_matrix);
    g_test_add_func ("/gegl/align/unbounded", test_align_unbounded);
    g_test_add_func ("/gegl/align/linear-light", test_align_linear);
    g_test_add_func ("/gegl/align/space", test_space);
    g_test_add_func ("/gegl/align/invalidation", test_align_invalidation);
    g_test_add_func ("/gegl/align/preview", test_align_preview);
    g_test_add_func ("/gegl/balance/same-bits-as-engine", test_balance_same_bits);
    g_test_add_func ("/gegl/balance/record", test_balance_record);
    g_test_add_func ("/gegl/balance/never-clips", test_balance_never_clips);
    g_test_add_func ("/gegl/vignetting/same-bits-as-engine", test_vignetting_same_bits);
    g_test_add_func ("/gegl/vignetting/refuses-text", test_vignetting_refuses_text);
    g_test_add_func ("/gegl/operations/unchanged", test_unchanged);
    g_test_add_func ("/gegl/operations/no-input", test_no_input);
    g_test_add_func ("/gegl/operations/properties", test_properties);
    g_test_add_func ("/gegl/operations/bad-properties", test_bad_properties);
    status = g_test_run ();
    gegl_exit ();
    return status;
}
