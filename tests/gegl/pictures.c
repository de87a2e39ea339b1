/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pictures.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

const HfFormat all_formats[N_FORMATS] = {
    { HF_SAMPLE_U8, 1 },    { HF_SAMPLE_U8, 2 },    { HF_SAMPLE_U8, 3 },    { HF_SAMPLE_U8, 4 },
    { HF_SAMPLE_U16, 1 },   { HF_SAMPLE_U16, 2 },   { HF_SAMPLE_U16, 3 },   { HF_SAMPLE_U16, 4 },
    { HF_SAMPLE_FLOAT, 1 }, { HF_SAMPLE_FLOAT, 2 }, { HF_SAMPLE_FLOAT, 3 }, { HF_SAMPLE_FLOAT, 4 },
};

guint32
drawn_seed (void)
{
    const char *given = g_getenv ("HF_TEST_SEED");
    guint32 seed = given ? (guint32) g_ascii_strtoull (given, NULL, 10) : g_random_int ();

    g_test_message ("seed %u", seed);
    return seed;
}

/* A number 0 .. 1 that belongs to a lattice point. */
static double
lattice (guint32 seed, int x, int y, int channel)
{
    guint32 h = seed ^ ((guint32) x * 0x9e3779b1u) ^ ((guint32) y * 0x85ebca77u) ^
                ((guint32) channel * 0xc2b2ae3du);

    h = (h ^ (h >> 15)) * 0x2c1b3c6du;
    h = (h ^ (h >> 12)) * 0x297a2d39u;
    return (double) (h ^ (h >> 15)) / 4294967296.0;
}

/* Smooth noise with features of `scale` pixels. */
static double
smooth (guint32 seed, double x, double y, int channel, double scale)
{
    double u = x / scale, v = y / scale, fx = u - floor (u), fy = v - floor (v);
    int i = (int) floor (u), j = (int) floor (v);
    double top = lattice (seed, i, j, channel) * (1 - fx) + lattice (seed, i + 1, j, channel) * fx;
    double bottom =
        lattice (seed, i, j + 1, channel) * (1 - fx) + lattice (seed, i + 1, j + 1, channel) * fx;

    return top * (1 - fy) + bottom * fy;
}

static void
set_sample (HfImage *image, int x, int y, int channel, double value)
{
    size_t at = (size_t) x * (size_t) image->format.n_channels + (size_t) channel;
    void *row = hf_image_row (image, y);

    switch (image->format.type) {
    case HF_SAMPLE_U8:
        ((uint8_t *) row)[at] = (uint8_t) lrint (CLAMP (value, 0, 1) * 255);
        break;
    case HF_SAMPLE_U16:
        ((uint16_t *) row)[at] = (uint16_t) lrint (CLAMP (value, 0, 1) * 65535);
        break;
    case HF_SAMPLE_FLOAT:
        ((float *) row)[at] = (float) value;
        break;
    }
}

/* Alpha by areas: mostly 1, some 0, some between. */
static double
alpha_at (guint32 seed, int x, int y)
{
    double v = smooth (seed ^ 0xa1fa, x, y, 7, 9);

    return v < 0.25 ? 0 : v < 0.4 ? (v - 0.25) / 0.15 : 1;
}

typedef double (*Texture) (guint32 seed, int x, int y, int channel, const int *detail);

static HfImage *
fill (int width, int height, HfFormat format, guint32 seed, Texture texture, const int *detail)
{
    HfImage *image = hf_image_new (NULL, width, height, format, NULL);
    int n_colours = hf_format_n_colours (format);

    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            for (int c = 0; c < n_colours; c++)
                set_sample (image, x, y, c, texture (seed, x, y, c, detail));
            if (hf_format_has_alpha (format))
                set_sample (image, x, y, n_colours, alpha_at (seed, x, y));
        }
    }
    return image;
}

static double
plain_texture (guint32 seed, int x, int y, int channel, const int *detail)
{
    return 0.1 + 0.5 * smooth (seed, x, y, channel, 13) +
           0.3 * smooth (seed + 1, x, y, channel, 2.5);
}

/* detail: width, frame, n, shift. */
static double
frame_texture (guint32 seed, int x, int y, int channel, const int *detail)
{
    int width = detail[0], frame = detail[1], n = detail[2], shift = (frame - n / 2) * detail[3];
    int stripe = CLAMP ((x + shift) * n / width, 0, n - 1);
    double coarse = smooth (seed, x + shift, y + shift, channel, 13);
    double fine = smooth (seed + 1, x + shift, y + shift, channel, 2.5);

    return 0.1 + 0.5 * coarse + 0.3 * (stripe == frame ? fine : 0.5);
}

HfImage *
picture_new (int width, int height, HfFormat format, guint32 seed)
{
    return fill (width, height, format, seed, plain_texture, NULL);
}

HfImage *
picture_new_frame (int width, int height, HfFormat format, guint32 seed, int frame, int n,
                   int shift)
{
    int detail[] = { width, frame, n, shift };

    return fill (width, height, format, seed, frame_texture, detail);
}

GeglBuffer *
picture_to_buffer (const HfImage *image, int x, int y, const Babl *space)
{
    GeglRectangle extent = { x, y, image->width, image->height };
    const Babl *format = hf_buffer_babl (image->format, space);
    GeglBuffer *buffer = gegl_buffer_new (&extent, format);

    gegl_buffer_set (buffer, &extent, 0, format, image->data, (gint) image->stride);
    return buffer;
}

void
pictures_assert_equal (const HfImage *a, const HfImage *b)
{
    size_t row_bytes = (size_t) a->width * hf_format_bytes (a->format);

    g_assert_cmpint (a->width, ==, b->width);
    g_assert_cmpint (a->height, ==, b->height);
    g_assert_true (hf_format_equal (a->format, b->format));
    for (int y = 0; y < a->height; y++)
        g_assert_cmpmem (hf_image_row (a, y), row_bytes, hf_image_row (b, y), row_bytes);
}

double
pictures_difference (const HfImage *a, const HfImage *b)
{
    double largest = 0;

    g_assert_true (hf_format_equal (a->format, b->format) && a->width == b->width &&
                   a->height == b->height);
    for (int y = 0; y < a->height; y++) {
        for (int i = 0; i < a->width * a->format.n_channels; i++) {
            const void *p = hf_image_row (a, y), *q = hf_image_row (b, y);
            double difference = a->format.type == HF_SAMPLE_U8
                                    ? ((const uint8_t *) p)[i] - ((const uint8_t *) q)[i]
                                : a->format.type == HF_SAMPLE_U16
                                    ? ((const uint16_t *) p)[i] - ((const uint16_t *) q)[i]
                                    : 65535.0 * (((const float *) p)[i] - ((const float *) q)[i]);

            largest = fmax (largest, fabs (difference));
        }
    }
    return largest;
}

GeglNode *
graph_add_buffer (GeglNode *graph, GeglBuffer *buffer)
{
    return gegl_node_new_child (graph, "operation", "gegl:buffer-source", "buffer", buffer, NULL);
}

HfImage *
node_render (GeglNode *node, const GeglRectangle *rect, HfFormat format, const Babl *space)
{
    HfImage *image = hf_image_new (NULL, rect->width, rect->height, format, NULL);

    gegl_node_blit (node, 1.0, rect, hf_buffer_babl (format, space), image->data,
                    (gint) image->stride, GEGL_BLIT_DEFAULT);
    return image;
}

HfBand
band_new (int width, int height, int n_colours)
{
    HfBand band = { 0 };
    float *memory = hf_pixels_new_n (NULL, hf_band_floats (width, height, n_colours),
                                     sizeof (float), "a band", NULL);

    hf_band_place (&band, (HfRect) { 0, 0, width, height }, n_colours, memory);
    return band;
}

HfBand
picture_to_band (const HfImage *image)
{
    HfBand band = band_new (image->width, image->height, hf_format_n_colours (image->format));

    hf_band_read (&band, image);
    return band;
}

HfImage *
band_to_picture (const HfBand *band, HfFormat format)
{
    HfImage *image = hf_image_new (NULL, band->rect.width, band->rect.height, format, NULL);

    hf_band_write (band, image);
    return image;
}

char *
picture_save (const HfImage *image, const char *folder, const char *name)
{
    char *path = g_build_filename (folder, name, NULL);
    HfPictureInfo info = { .kind = HF_PICTURE_FUSED,
                           .name = name,
                           .frame = -1,
                           .width = image->width,
                           .height = image->height,
                           .format = image->format };
    HfFileOptions options;
    GError *error = NULL;
    HfSink *sink;

    hf_options_init (&hf_file_table, &options);
    sink = hf_file_sink_new (path, &options, &error);
    g_assert_no_error (error);
    g_assert_true (hf_sink_begin (sink, &info, &error) && hf_sink_write (sink, image, &error) &&
                   hf_sink_end (sink, &error) && hf_sink_commit (sink, &error));
    hf_sink_free (sink);
    hf_options_clear (&hf_file_table, &options);
    return path;
}

char *
folder_new (void)
{
    char *folder = g_dir_make_tmp ("hyperfocal-gegl-XXXXXX", NULL);

    g_assert_nonnull (folder);
    return folder;
}

void
folder_remove (char *folder)
{
    GDir *dir = g_dir_open (folder, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name (dir))) {
        char *path = g_build_filename (folder, name, NULL);

        if (g_file_test (path, G_FILE_TEST_IS_DIR)) {
            folder_remove (path); /* frees it */
            continue;
        }
        g_unlink (path);
        g_free (path);
    }
    g_clear_pointer (&dir, g_dir_close);
    g_rmdir (folder);
    g_free (folder);
}
