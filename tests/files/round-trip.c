/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What goes into a file comes out of it: bit for bit for TIFF and PNG in every format, with every
 * compression; within the promised rounding where a file holds less than the picture; near for
 * JPEG.
 */
#include "pictures.h"

#include <math.h>

static const int sizes[][2] = {
    { 1, 1 }, { 1, 7 }, { 13, 1 }, { 31, 17 }, { 67, 33 }, { 300, 257 }
};

static void
save_with (const HfImage *image, const char *path, int compression, int rows_a_call)
{
    HfFileOptions options = default_file_options ();
    HfPictureInfo info = {
        .width = image->width, .height = image->height, .format = image->format, .frame = -1
    };
    GError *error = NULL;
    HfSink *sink;

    options.compression = compression;
    sink = hf_file_sink_new (path, &options, &error);
    g_assert_no_error (error);
    picture_write (sink, image, &info, rows_a_call, &error);
    g_assert_no_error (error);
    hf_sink_commit (sink, &error);
    g_assert_no_error (error);
    hf_sink_free (sink);
    hf_options_clear (&hf_file_table, &options);
}

static void
check_lossless (const char *ending, const HfImage *image, int compression, int rows_a_call)
{
    char *folder = folder_new (), *path = g_strdup_printf ("%s/picture%s", folder, ending);
    HfImage *back;

    save_with (image, path, compression, rows_a_call);
    back = picture_load (path);
    picture_assert_equal (image, back);
    hf_image_free (back);
    g_assert_cmpint (folder_count (folder), ==, 1);
    g_free (path);
    folder_remove (folder);
}

static void
tiff_is_lossless (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (size_t f = 0; f < G_N_ELEMENTS (all_formats); f++)
        for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++)
            for (int c = HF_COMPRESSION_NONE; c <= HF_COMPRESSION_DEFLATE; c++) {
                HfImage *image = picture_random (sizes[s][0], sizes[s][1], all_formats[f], random);

                check_lossless (c % 2 ? ".tif" : ".TIFF", image, c, 1 + (int) (f + s) % 40);
                hf_image_free (image);
            }
    g_rand_free (random);
}

static void
png_is_lossless (void)
{
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (size_t f = 0; f < 8; f++)
        for (size_t s = 0; s < G_N_ELEMENTS (sizes); s++) {
            HfImage *image = picture_random (sizes[s][0], sizes[s][1], all_formats[f], random);

            check_lossless (".png", image, HF_COMPRESSION_DEFLATE, 1 + (int) (f + s) % 40);
            hf_image_free (image);
        }
    g_rand_free (random);
}

/* A float's place on a scale of whole numbers, rounded to nearest and kept inside. */
static double
on_scale (double value, double largest)
{
    return isnan (value) ? 0 : floor (CLAMP (value, 0, 1) * largest + 0.5);
}

static void
png_takes_floats_as_16_bit (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "float.png");
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (int n = 1; n <= 4; n++) {
        HfImage *image = picture_random (41, 23, (HfFormat) { HF_SAMPLE_FLOAT, n }, random), *back;

        picture_set_sample (image, 0, 0, 0, NAN);
        picture_set_sample (image, 1, 0, 0, INFINITY);
        picture_set_sample (image, 2, 0, 0, -INFINITY);
        picture_save (image, path, NULL);
        back = picture_load (path);
        g_assert_cmpint (back->format.type, ==, HF_SAMPLE_U16);
        g_assert_cmpint (back->format.n_channels, ==, n);
        for (int y = 0; y < 23; y++)
            for (int x = 0; x < 41; x++)
                for (int c = 0; c < n; c++)
                    g_assert_cmpfloat_with_epsilon (
                        picture_sample (back, x, y, c),
                        on_scale (picture_sample (image, x, y, c), 65535), 0.5);
        hf_image_free (image);
        hf_image_free (back);
    }
    g_rand_free (random);
    g_free (path);
    folder_remove (folder);
}

/* A smooth picture through JPEG of high quality: off by a level or two of the DCT's rounding. */
static void
jpeg_is_near (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "near.jpg");

    for (size_t f = 0; f < G_N_ELEMENTS (all_formats); f++) {
        HfImage *image = picture_ramp (123, 77, all_formats[f]), *back;
        double largest = picture_sample (image, 0, 0, 0), scale = 1;

        largest = image->format.type == HF_SAMPLE_U8    ? 255
                  : image->format.type == HF_SAMPLE_U16 ? 65535
                                                        : 1;
        scale = 255 / largest;
        picture_save (image, path, NULL);
        back = picture_load (path);
        g_assert_cmpint (back->format.type, ==, HF_SAMPLE_U8);
        g_assert_cmpint (back->format.n_channels, ==, hf_format_n_colours (image->format));
        for (int y = 0; y < 77; y++)
            for (int x = 0; x < 123; x++)
                for (int c = 0; c < back->format.n_channels; c++)
                    g_assert_cmpfloat_with_epsilon (picture_sample (back, x, y, c),
                                                    picture_sample (image, x, y, c) * scale, 4);
        hf_image_free (image);
        hf_image_free (back);
    }
    g_free (path);
    folder_remove (folder);
}

/* Red and green stripes of one pixel: halved colour would mix them. */
static void
jpeg_keeps_colour_from_90_on (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "stripes.jpg");
    HfFormat format = { HF_SAMPLE_U8, 3 };
    HfImage *image = picture_ramp (64, 64, format);
    double contrast[2];

    for (int y = 0; y < 64; y++)
        for (int x = 0; x < 64; x++)
            for (int c = 0; c < 3; c++)
                picture_set_sample (image, x, y, c, c == x % 2 ? 200 : 60);
    for (int i = 0; i < 2; i++) {
        HfFileOptions options = default_file_options ();
        HfPictureInfo info = { .width = 64, .height = 64, .format = format };
        HfSink *sink;
        HfImage *back;

        options.quality = i ? 90 : 89;
        sink = hf_file_sink_new (path, &options, NULL);
        g_assert_true (picture_write (sink, image, &info, 64, NULL));
        g_assert_true (hf_sink_commit (sink, NULL));
        hf_sink_free (sink);
        hf_options_clear (&hf_file_table, &options);
        back = picture_load (path);
        contrast[i] = picture_sample (back, 32, 32, 0) - picture_sample (back, 33, 32, 0);
        hf_image_free (back);
    }
    g_assert_cmpfloat (contrast[0], <, 80);
    g_assert_cmpfloat (contrast[1], >, 100);
    hf_image_free (image);
    g_free (path);
    folder_remove (folder);
}

/* 16 to 8 bit is round (v / 257): every value. */
static void
sixteen_bit_is_rounded (void)
{
    char *folder = folder_new (), *path = folder_file (folder, "levels.jpg");
    HfImage *image = picture_ramp (64, 64, (HfFormat) { HF_SAMPLE_U16, 1 }), *back;

    for (int level = 0; level < 256; level += 5)
        for (int off = -128; off <= 128; off += 64) {
            int value = CLAMP (level * 257 + off, 0, 65535);

            for (int y = 0; y < 64; y++)
                for (int x = 0; x < 64; x++)
                    picture_set_sample (image, x, y, 0, value);
            picture_save (image, path, NULL);
            back = picture_load (path);
            /* a flat block survives the DCT at quality 100 within one step of its constant part */
            g_assert_cmpfloat_with_epsilon (picture_sample (back, 20, 20, 0), level, 0.5);
            hf_image_free (back);
        }
    hf_image_free (image);
    g_free (path);
    folder_remove (folder);
}

/* Strips are packed by any number of threads; the file is the same, byte for byte. */
static void
threads_do_not_show (void)
{
    static const int threads[] = { 0, 1, 2, 7 };
    GRand *random = g_rand_new_with_seed (drawn_seed ());

    for (size_t f = 0; f < G_N_ELEMENTS (all_formats); f++)
        for (int compression = HF_COMPRESSION_NONE; compression <= HF_COMPRESSION_DEFLATE;
             compression++) {
            HfImage *image = picture_random (701, 501, all_formats[f], random);
            HfPictureInfo info = { .width = 701, .height = 501, .format = image->format };
            char *folder = folder_new (), *path = folder_file (folder, "threads.tif"),
                 *first = NULL;
            HfFileOptions options = default_file_options ();
            gsize n_first = 0;

            options.compression = compression;
            for (size_t t = 0; t < G_N_ELEMENTS (threads); t++) {
                HfPool *pool = threads[t] ? hf_pool_new (threads[t], NULL) : NULL;
                HfSink *sink = hf_file_sink_new (path, &options, NULL);
                char *bytes;
                gsize n;

                info.pool = pool;
                g_assert_true (picture_write (sink, image, &info, 64, NULL));
                g_assert_true (hf_sink_commit (sink, NULL));
                hf_sink_free (sink);
                hf_pool_free (pool);
                g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
                if (first)
                    g_assert_cmpmem (bytes, n, first, n_first);
                g_free (first);
                first = bytes;
                n_first = n;
            }
            g_free (first);
            hf_options_clear (&hf_file_table, &options);
            hf_image_free (image);
            g_free (path);
            folder_remove (folder);
        }
    g_rand_free (random);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/files/round-trip/tiff-is-lossless", tiff_is_lossless);
    g_test_add_func ("/files/round-trip/threads-do-not-show", threads_do_not_show);
    g_test_add_func ("/files/round-trip/png-is-lossless", png_is_lossless);
    g_test_add_func ("/files/round-trip/png-takes-floats-as-16-bit", png_takes_floats_as_16_bit);
    g_test_add_func ("/files/round-trip/jpeg-is-near", jpeg_is_near);
    g_test_add_func ("/files/round-trip/jpeg-keeps-colour-from-90-on",
                     jpeg_keeps_colour_from_90_on);
    g_test_add_func ("/files/round-trip/sixteen-bit-is-rounded", sixteen_bit_is_rounded);
    return g_test_run ();
}
