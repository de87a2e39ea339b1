/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pictures.h"

#include <glib/gstdio.h>
#include <string.h>

const HfFormat all_formats[12] = {
    { HF_SAMPLE_U8, 1 },    { HF_SAMPLE_U8, 2 },    { HF_SAMPLE_U8, 3 },    { HF_SAMPLE_U8, 4 },
    { HF_SAMPLE_U16, 1 },   { HF_SAMPLE_U16, 2 },   { HF_SAMPLE_U16, 3 },   { HF_SAMPLE_U16, 4 },
    { HF_SAMPLE_FLOAT, 1 }, { HF_SAMPLE_FLOAT, 2 }, { HF_SAMPLE_FLOAT, 3 }, { HF_SAMPLE_FLOAT, 4 },
};

static HfImage *
new_picture (int width, int height, HfFormat format)
{
    GError *error = NULL;
    HfImage *image = hf_image_new (NULL, width, height, format, &error);

    g_assert_no_error (error);
    return image;
}

double
picture_sample (const HfImage *image, int x, int y, int channel)
{
    const void *row = hf_image_row (image, y);
    int at = x * image->format.n_channels + channel;

    return image->format.type == HF_SAMPLE_U8    ? ((const uint8_t *) row)[at]
           : image->format.type == HF_SAMPLE_U16 ? ((const uint16_t *) row)[at]
                                                 : (double) ((const float *) row)[at];
}

void
picture_set_sample (HfImage *image, int x, int y, int channel, double value)
{
    void *row = hf_image_row (image, y);
    int at = x * image->format.n_channels + channel;

    if (image->format.type == HF_SAMPLE_U8)
        ((uint8_t *) row)[at] = (uint8_t) (value + 0.5);
    else if (image->format.type == HF_SAMPLE_U16)
        ((uint16_t *) row)[at] = (uint16_t) (value + 0.5);
    else
        ((float *) row)[at] = (float) value;
}

static bool
is_alpha (HfFormat format, int channel)
{
    return hf_format_has_alpha (format) && channel == format.n_channels - 1;
}

static double
largest (HfFormat format)
{
    return format.type == HF_SAMPLE_U8 ? 255 : format.type == HF_SAMPLE_U16 ? 65535 : 1;
}

HfImage *
picture_random (int width, int height, HfFormat format, GRand *random)
{
    HfImage *image = new_picture (width, height, format);

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < format.n_channels; c++) {
                double value = g_rand_double (random);

                if (format.type == HF_SAMPLE_FLOAT && !is_alpha (format, c))
                    value = 2 * value - 0.5;
                picture_set_sample (image, x, y, c, value * largest (format));
            }
    return image;
}

HfImage *
picture_ramp (int width, int height, HfFormat format)
{
    HfImage *image = new_picture (width, height, format);

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < format.n_channels; c++)
                picture_set_sample (image, x, y, c,
                                    is_alpha (format, c) ? largest (format)
                                                         : (x + 2.0 * y) / (width + 2.0 * height) *
                                                               largest (format));
    return image;
}

void
picture_assert_equal (const HfImage *a, const HfImage *b)
{
    g_assert_cmpint (a->width, ==, b->width);
    g_assert_cmpint (a->height, ==, b->height);
    g_assert_cmpstr (hf_format_name (a->format), ==, hf_format_name (b->format));
    for (int y = 0; y < a->height; y++)
        g_assert_cmpmem (hf_image_row (a, y), (size_t) a->width * hf_format_bytes (a->format),
                         hf_image_row (b, y), (size_t) b->width * hf_format_bytes (b->format));
}

bool
picture_write (HfSink *sink, const HfImage *image, const HfPictureInfo *info, int rows_a_call,
               GError **error)
{
    if (!hf_sink_begin (sink, info, error))
        return false;
    for (int y = 0; y < image->height; y += rows_a_call) {
        HfImage rows = *image;

        rows.data = hf_image_row (image, y);
        rows.height = MIN (rows_a_call, image->height - y);
        if (!hf_sink_write (sink, &rows, error))
            return false;
    }
    return hf_sink_end (sink, error);
}

HfFileOptions
default_file_options (void)
{
    HfFileOptions options;

    hf_options_init (&hf_file_table, &options);
    return options;
}

void
picture_save (const HfImage *image, const char *path, HfMetadata *metadata)
{
    HfFileOptions options = default_file_options ();
    HfPictureInfo info = { .name = "picture",
                           .frame = -1,
                           .width = image->width,
                           .height = image->height,
                           .format = image->format,
                           .metadata = metadata };
    GError *error = NULL;
    HfSink *sink;

    options.quality = 100;
    sink = hf_file_sink_new (path, &options, &error);
    g_assert_no_error (error);
    picture_write (sink, image, &info, 7, &error);
    g_assert_no_error (error);
    hf_sink_commit (sink, &error);
    g_assert_no_error (error);
    hf_sink_free (sink);
    hf_options_clear (&hf_file_table, &options);
}

HfImage *
picture_load (const char *path)
{
    GError *error = NULL;
    HfImage *image = hf_file_read (path, 1, NULL, NULL, &error);

    g_assert_no_error (error);
    return image;
}

char *
folder_new (void)
{
    GError *error = NULL;
    char *folder = g_dir_make_tmp ("hyperfocal-test-XXXXXX", &error);

    g_assert_no_error (error);
    return folder;
}

void
folder_remove (char *folder)
{
    GDir *dir = g_dir_open (folder, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name (dir))) {
        char *path = g_build_filename (folder, name, NULL);

        if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
            folder_remove (path);
        else {
            g_unlink (path);
            g_free (path);
        }
    }
    if (dir)
        g_dir_close (dir);
    g_rmdir (folder);
    g_free (folder);
}

int
folder_count (const char *folder)
{
    GDir *dir = g_dir_open (folder, 0, NULL);
    int n = 0;

    g_assert_nonnull (dir);
    while (g_dir_read_name (dir))
        n++;
    g_dir_close (dir);
    return n;
}

char *
folder_file (const char *folder, const char *name)
{
    return g_build_filename (folder, name, NULL);
}

guint32
drawn_seed (void)
{
    const char *given = g_getenv ("HF_TEST_SEED");
    guint32 seed = given ? (guint32) g_ascii_strtoull (given, NULL, 10) : g_random_int ();

    g_test_message ("seed %u", seed);
    return seed;
}

uint32_t
png_check_sum (const uint8_t *bytes, size_t n)
{
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}
