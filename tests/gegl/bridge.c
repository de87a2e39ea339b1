/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bridge between GEGL's buffers and the engine's pictures. */
#include "pictures.h"

#include <string.h>

static void
test_formats (void)
{
    static const struct {
        const char *babl;
        HfFormat format;
    } known[] = {
        { "R'G'B' u8", { HF_SAMPLE_U8, 3 } },
        { "R'G'B'A u16", { HF_SAMPLE_U16, 4 } },
        { "Y' float", { HF_SAMPLE_FLOAT, 1 } },
        { "Y'A u8", { HF_SAMPLE_U8, 2 } },
        { "RGB u8", { HF_SAMPLE_U16, 3 } },
        { "RGBA u16", { HF_SAMPLE_FLOAT, 4 } },
        { "Y u8", { HF_SAMPLE_U16, 1 } },
        { "YA float", { HF_SAMPLE_FLOAT, 2 } },
        { "RaGaBaA float", { HF_SAMPLE_FLOAT, 4 } },
        { "R'aG'aB'aA u8", { HF_SAMPLE_U16, 4 } },
        { "R'G'B'A half", { HF_SAMPLE_FLOAT, 4 } },
        { "R'G'B' u32", { HF_SAMPLE_FLOAT, 3 } },
        { "CIE Lab float", { HF_SAMPLE_FLOAT, 3 } },
    };

    for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
        HfFormat format = hf_buffer_format (babl_format (known[i].babl));

        g_test_message ("%s", known[i].babl);
        g_assert_cmpstr (hf_format_name (format), ==, hf_format_name (known[i].format));
    }
    g_assert_true (hf_format_equal (hf_buffer_format (NULL), (HfFormat) { HF_SAMPLE_FLOAT, 4 }));
}

/* An indexed picture is colour of 8 bit. */
static void
test_palette (void)
{
    const Babl *palette, *palette_alpha;

    babl_new_palette ("hyperfocal test", &palette, &palette_alpha);
    g_assert_true (hf_format_equal (hf_buffer_format (palette), (HfFormat) { HF_SAMPLE_U8, 3 }));
    g_assert_true (
        hf_format_equal (hf_buffer_format (palette_alpha), (HfFormat) { HF_SAMPLE_U8, 4 }));
}

/* The engine's own formats come and go without a change of a bit, in any space. */
static void
test_round_trip (void)
{
    guint32 seed = drawn_seed ();
    const Babl *spaces[] = { babl_space ("sRGB"), babl_space ("ProPhoto") };

    for (int i = 0; i < N_FORMATS * 2; i++) {
        const Babl *space = spaces[i / N_FORMATS];
        HfFormat format = all_formats[i % N_FORMATS];
        HfImage *image = picture_new (67, 41, format, seed);
        GeglBuffer *buffer = picture_to_buffer (image, -5, 9, space);
        GeglBuffer *copy =
            gegl_buffer_new (GEGL_RECTANGLE (3, 4, 67, 41), hf_buffer_babl (format, space));
        HfImage *back, *again;

        g_assert_true (
            hf_format_equal (hf_buffer_format (gegl_buffer_get_format (buffer)), format));
        g_assert_true (hf_buffer_space (gegl_buffer_get_format (buffer)) == space);
        back = hf_buffer_read (buffer, gegl_buffer_get_extent (buffer), format, NULL, NULL, NULL);
        pictures_assert_equal (image, back);
        hf_buffer_write (copy, 3, 4, back, NULL);
        again = hf_buffer_read (copy, gegl_buffer_get_extent (copy), format, space, NULL, NULL);
        pictures_assert_equal (image, again);
        hf_image_free (image);
        hf_image_free (back);
        hf_image_free (again);
        g_object_unref (buffer);
        g_object_unref (copy);
    }
}

/* Every value of a linear 8-bit buffer survives the way through the engine's format and back. */
static void
test_linear (void)
{
    const char *names[] = { "RGB u8", "RGB u16", "RGB float" };

    for (int i = 0; i < 3; i++) {
        const Babl *format = babl_format (names[i]);
        int bytes = babl_format_get_bytes_per_pixel (format);
        GeglRectangle extent = { 0, 0, 256, 1 };
        GeglBuffer *buffer = gegl_buffer_new (&extent, format);
        float values[256 * 3];
        g_autofree guchar *before = g_malloc ((gsize) bytes * 256);
        g_autofree guchar *after = g_malloc ((gsize) bytes * 256);
        HfImage *image;

        for (int k = 0; k < 256 * 3; k++)
            values[k] = (float) (k / 3) / 255;
        gegl_buffer_set (buffer, &extent, 0, babl_format ("RGB float"), values,
                         GEGL_AUTO_ROWSTRIDE);
        gegl_buffer_get (buffer, &extent, 1.0, NULL, before, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
        image = hf_buffer_read (buffer, &extent, hf_buffer_format (format), NULL, NULL, NULL);
        gegl_buffer_clear (buffer, &extent);
        hf_buffer_write (buffer, 0, 0, image, NULL);
        gegl_buffer_get (buffer, &extent, 1.0, NULL, after, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
        for (int k = 0; k < 256 * 3; k++) {
            /* Exact in 8 bit; babl's approximate curves may be off by a few 1e-6 in the others. */
            if (i == 0)
                g_assert_cmpint (before[k], ==, after[k]);
            else if (i == 1)
                g_assert_cmpint (ABS (((guint16 *) before)[k] - ((guint16 *) after)[k]), <=, 1);
            else
                g_assert_cmpfloat_with_epsilon (((float *) before)[k], ((float *) after)[k], 1e-5);
        }
        hf_image_free (image);
        g_object_unref (buffer);
    }
}

/* What lies outside of the extent is empty. */
static void
test_outside (void)
{
    HfImage *image = picture_new (8, 8, (HfFormat) { HF_SAMPLE_U8, 4 }, 1);
    GeglBuffer *buffer = picture_to_buffer (image, 10, 10, NULL);
    HfImage *wide =
        hf_buffer_read (buffer, GEGL_RECTANGLE (0, 0, 30, 30), image->format, NULL, NULL, NULL);
    const uint8_t *corner = hf_image_row (wide, 0);

    g_assert_cmpint (corner[0] | corner[1] | corner[2] | corner[3], ==, 0);
    g_assert_cmpmem ((uint8_t *) hf_image_row (wide, 12) + 40, 32, hf_image_row (image, 2), 32);
    hf_image_free (image);
    hf_image_free (wide);
    g_object_unref (buffer);
}

static void
test_no_memory (void)
{
    HfImage *image = picture_new (100, 100, (HfFormat) { HF_SAMPLE_U8, 3 }, 1);
    GeglBuffer *buffer = picture_to_buffer (image, 0, 0, NULL);
    HfBudget *budget = hf_budget_new (1000);
    GError *error = NULL;

    g_assert_null (hf_buffer_read (buffer, gegl_buffer_get_extent (buffer), image->format, NULL,
                                   budget, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
    g_error_free (error);
    hf_budget_free (budget);
    hf_image_free (image);
    g_object_unref (buffer);
}

static void
assert_reduced (const HfImage *read, const HfImage *image, int reduction)
{
    HfImage *reduced = hf_image_reduce (image, reduction, NULL, NULL);

    pictures_assert_equal (read, reduced);
    hf_image_free (reduced);
}

/* A source gives its frames as they are, their places, and reduced ones like the engine's own. */
static void
test_source (void)
{
    guint32 seed = drawn_seed ();

    for (int f = 0; f < N_FORMATS; f++) {
        HfImage *image = picture_new (131, 150, all_formats[f], seed);
        GeglBuffer *buffer = picture_to_buffer (image, 2, 3, NULL);
        HfBufferFrame frames[] = { { buffer, "one", 0, 0 }, { buffer, NULL, 10, -20 } };
        HfSource *source = hf_buffer_source_new (frames, 2, NULL, NULL, f % 2 == 0);
        HfFrameInfo info;

        g_object_unref (buffer);
        g_assert_true (source->klass->any_thread == (f % 2 == 0));
        g_assert_true (hf_source_info (source, 1, &info, NULL));
        g_assert_cmpstr (info.name, ==, "frame 1");
        g_assert_cmpint (info.x, ==, 12);
        g_assert_cmpint (info.y, ==, -17);
        g_assert_true (hf_format_equal (info.format, all_formats[f]));
        hf_frame_info_clear (&info);
        for (int reduction = 1; reduction <= 8; reduction *= 2) {
            HfImage *read = hf_source_read (source, 0, reduction, NULL, NULL);

            if (reduction == 1)
                pictures_assert_equal (read, image);
            else
                assert_reduced (read, image, reduction);
            hf_image_free (read);
        }
        hf_source_free (source);
        hf_image_free (image);
    }
}

/* Grey frames among colour ones are read as colour, alpha stays a frame's own matter. */
static void
test_mixed_source (void)
{
    HfImage *grey = picture_new (20, 10, (HfFormat) { HF_SAMPLE_U8, 1 }, 1);
    HfImage *colour = picture_new (20, 10, (HfFormat) { HF_SAMPLE_U16, 4 }, 1);
    GeglBuffer *buffers[] = { picture_to_buffer (grey, 0, 0, NULL),
                              picture_to_buffer (colour, 0, 0, NULL) };
    HfBufferFrame frames[] = { { buffers[0], NULL, 0, 0 }, { buffers[1], NULL, 0, 0 } };
    HfSource *source = hf_buffer_source_new (frames, 2, NULL, NULL, true);
    HfImage *read = hf_source_read (source, 0, 1, NULL, NULL);

    g_assert_true (hf_format_equal (read->format, (HfFormat) { HF_SAMPLE_U8, 3 }));
    for (int i = 0; i < 20; i++)
        for (int c = 0; c < 3; c++)
            g_assert_cmpint (((uint8_t *) hf_image_row (read, 5))[3 * i + c], ==,
                             ((uint8_t *) hf_image_row (grey, 5))[i]);
    hf_image_free (read);
    read = hf_source_read (source, 1, 1, NULL, NULL);
    pictures_assert_equal (read, colour);
    hf_image_free (read);
    hf_source_free (source);
    hf_image_free (grey);
    hf_image_free (colour);
    g_object_unref (buffers[0]);
    g_object_unref (buffers[1]);
}

/* Rows in pieces arrive as buffers that are as the pictures were. */
static void
test_sink (void)
{
    const Babl *space = babl_space ("Adobish");
    HfSink *sink = hf_buffer_sink_new (space);
    HfImage *images[N_FORMATS];

    for (int f = 0; f < N_FORMATS; f++) {
        HfPictureInfo info = { .kind = f ? HF_PICTURE_ALIGNED : HF_PICTURE_FUSED,
                               .name = "picture",
                               .frame = f - 1,
                               .width = 77,
                               .height = 50,
                               .x = 4,
                               .y = f,
                               .format = all_formats[f] };

        images[f] = picture_new (77, 50, all_formats[f], (guint32) f);
        g_assert_true (hf_sink_begin (sink, &info, NULL));
        for (int y = 0; y < 50; y += 7) {
            HfImage rows = *images[f];

            rows.data = hf_image_row (images[f], y);
            rows.height = MIN (7, 50 - y);
            g_assert_true (hf_sink_write (sink, &rows, NULL));
        }
        g_assert_true (hf_sink_end (sink, NULL));
    }
    g_assert_true (hf_sink_commit (sink, NULL));
    g_assert_cmpint (hf_buffer_sink_n_pictures (sink), ==, N_FORMATS);
    for (int f = 0; f < N_FORMATS; f++) {
        HfBufferPicture picture = hf_buffer_sink_take (sink, f);
        HfImage *read;

        g_assert_cmpstr (picture.name, ==, "picture");
        g_assert_cmpint (picture.frame, ==, f - 1);
        g_assert_cmpint (picture.y, ==, f);
        g_assert_true (gegl_buffer_get_format (picture.buffer) ==
                       hf_buffer_babl (all_formats[f], space));
        read = hf_buffer_read (picture.buffer, gegl_buffer_get_extent (picture.buffer),
                               all_formats[f], NULL, NULL, NULL);
        pictures_assert_equal (read, images[f]);
        hf_image_free (read);
        hf_image_free (images[f]);
        hf_buffer_picture_clear (&picture);
    }
    hf_sink_free (sink);
}

/* A space other than sRGB travels as a profile that babl reads back as a space of the same colours;
 * ICC holds primaries and curve in 16 bits, hence 0.001. */
static void
test_profile (void)
{
    const Babl *space = babl_space ("ProPhoto"), *back;
    HfMetadata *metadata = hf_buffer_metadata (space);
    float colours[2][3] = { { 0.2f, 0.5f, 0.8f }, { 0 } };
    const char *problem = NULL, *icc;
    gsize length;

    g_assert_null (hf_buffer_metadata (babl_space ("sRGB")));
    g_assert_null (hf_buffer_metadata (NULL));
    g_assert_nonnull (metadata);
    icc = g_bytes_get_data (metadata->icc, &length);
    back = babl_space_from_icc (icc, (int) length, BABL_ICC_INTENT_RELATIVE_COLORIMETRIC, &problem);
    g_assert_nonnull (back);
    babl_process (babl_fish (babl_format_with_space ("R'G'B' float", space),
                             babl_format_with_space ("R'G'B' float", back)),
                  colours[0], colours[1], 1);
    for (int c = 0; c < 3; c++)
        g_assert_cmpfloat_with_epsilon (colours[0][c], colours[1][c], 1e-3);
    hf_metadata_unref (metadata);
}

int
main (int argc, char **argv)
{
    int status;

    g_test_init (&argc, &argv, NULL);
    gegl_init (&argc, &argv);
    g_test_add_func ("/gegl/bridge/formats", test_formats);
    g_test_add_func ("/gegl/bridge/palette", test_palette);
    g_test_add_func ("/gegl/bridge/round-trip", test_round_trip);
    g_test_add_func ("/gegl/bridge/linear", test_linear);
    g_test_add_func ("/gegl/bridge/outside", test_outside);
    g_test_add_func ("/gegl/bridge/no-memory", test_no_memory);
    g_test_add_func ("/gegl/bridge/source", test_source);
    g_test_add_func ("/gegl/bridge/mixed-source", test_mixed_source);
    g_test_add_func ("/gegl/bridge/sink", test_sink);
    g_test_add_func ("/gegl/bridge/profile", test_profile);
    status = g_test_run ();
    gegl_exit ();
    return status;
}
