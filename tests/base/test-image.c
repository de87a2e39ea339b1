/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <hyperfocal/band.h>
#include <hyperfocal/error.h>
#include <hyperfocal/monitor.h>
#include <hyperfocal/sink.h>
#include <hyperfocal/source.h>
#include <string.h>

static const HfSampleType types[] = { HF_SAMPLE_U8, HF_SAMPLE_U16, HF_SAMPLE_FLOAT };

static HfImage *
random_image (GRand *random, int width, int height, HfFormat format)
{
    HfImage *image = hf_image_new (NULL, width, height, format, NULL);
    size_t n = (size_t) width * (size_t) height * (size_t) format.n_channels;

    for (size_t i = 0; i < n; i++) {
        double value = g_rand_double (random);

        if (format.type == HF_SAMPLE_U8)
            ((uint8_t *) image->data)[i] = (uint8_t) (value * 255);
        else if (format.type == HF_SAMPLE_U16)
            ((uint16_t *) image->data)[i] = (uint16_t) (value * 65535);
        else
            ((float *) image->data)[i] = (float) value;
    }
    return image;
}

static void
test_refused_sizes (void)
{
    HfFormat format = { HF_SAMPLE_U8, 3 };
    GError *error = NULL;

    g_assert_null (hf_image_new (NULL, 0, 5, format, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_SIZE);
    g_clear_error (&error);
    g_assert_null (hf_image_new (NULL, 5, (1 << 20) + 1, format, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_SIZE);
    g_clear_error (&error);
}

/* A whole box has the mean of its samples; a size that does not divide is rounded up. */
static void
test_reduce (void)
{
    GRand *random = g_rand_new_with_seed (4);

    for (guint t = 0; t < G_N_ELEMENTS (types); t++) {
        HfFormat format = { types[t], 3 };
        HfImage *image = random_image (random, 13, 9, format);
        HfImage *small = hf_image_reduce (image, 4, NULL, NULL);
        double sum = 0, mean;

        g_assert_cmpint (small->width, ==, 4);
        g_assert_cmpint (small->height, ==, 3);
        for (int y = 4; y < 8; y++) {
            for (int x = 4; x < 8; x++) {
                size_t at = (size_t) (3 * x + 1);
                void *row = hf_image_row (image, y);

                sum += types[t] == HF_SAMPLE_U8    ? ((uint8_t *) row)[at]
                       : types[t] == HF_SAMPLE_U16 ? ((uint16_t *) row)[at]
                                                   : ((float *) row)[at];
            }
        }
        mean = types[t] == HF_SAMPLE_U8    ? ((uint8_t *) hf_image_row (small, 1))[4]
               : types[t] == HF_SAMPLE_U16 ? ((uint16_t *) hf_image_row (small, 1))[4]
                                           : ((float *) hf_image_row (small, 1))[4];
        g_assert_cmpfloat_with_epsilon (mean, sum / 16, types[t] == HF_SAMPLE_FLOAT ? 1e-6 : 0.501);
        hf_image_free (small);
        hf_image_free (image);
    }
    g_rand_free (random);
}

/* Colour under zero alpha does not leak into its neighbours. */
static void
test_reduce_alpha (void)
{
    HfImage *image = hf_image_new (NULL, 2, 2, (HfFormat) { HF_SAMPLE_U8, 2 }, NULL);
    const uint8_t samples[] = { 100, 255, 250, 0, 250, 0, 250, 0 };
    HfImage *small;

    memcpy (image->data, samples, sizeof samples);
    small = hf_image_reduce (image, 2, NULL, NULL);
    g_assert_cmpint (((uint8_t *) small->data)[0], ==, 100);
    g_assert_cmpint (((uint8_t *) small->data)[1], ==, 64);
    hf_image_free (small);
    hf_image_free (image);
}

static void
test_memory_source_and_sink (void)
{
    GRand *random = g_rand_new_with_seed (5);
    HfFormat format = { HF_SAMPLE_U16, 4 };
    HfImage *image = random_image (random, 7, 5, format), *copy, *taken;
    HfSource *source = hf_source_new_from_images (&image, NULL, NULL, 1);
    HfSink *sink = hf_sink_new_memory (NULL);
    HfFrameInfo info;
    HfPictureInfo picture = { HF_PICTURE_ALIGNED, "a", 3, 7, 5, 0, 0, format, NULL };
    HfPictureKind kind;
    int frame;
    GError *error = NULL;

    g_assert_true (hf_source_info (source, 0, &info, NULL));
    g_assert_cmpint (info.width, ==, 7);
    g_assert_cmpstr (info.name, ==, "frame 0");
    hf_frame_info_clear (&info);
    g_assert_false (hf_source_info (source, 1, &info, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_clear_error (&error);
    copy = hf_source_read (source, 0, 1, NULL, NULL);
    g_assert_true (hf_sink_begin (sink, &picture, NULL));
    g_assert_true (hf_sink_write (sink, copy, NULL));
    g_assert_true (hf_sink_end (sink, NULL) && hf_sink_commit (sink, NULL));
    taken = hf_memory_sink_take (sink, 0, &kind, &frame);
    g_assert_cmpint (kind, ==, HF_PICTURE_ALIGNED);
    g_assert_cmpint (frame, ==, 3);
    g_assert_cmpmem (taken->data, 5 * taken->stride, image->data, 5 * image->stride);
    hf_image_free (taken);
    hf_image_free (copy);
    hf_image_free (image);
    hf_sink_free (sink);
    hf_source_free (source);
    g_rand_free (random);
}

static bool
stop_at_half (void *data, double fraction, const char *stage)
{
    *(double *) data = fraction;
    g_assert_cmpstr (stage, ==, "Testing");
    return fraction < 0.5;
}

static void
test_monitor (void)
{
    double seen = -1;
    HfMonitor monitor;
    GError *error = NULL;

    hf_monitor_init (&monitor, stop_at_half, NULL, &seen);
    hf_monitor_part (&monitor, 0.2, 0.6, "Testing");
    g_assert_true (hf_monitor_check (&monitor, 0.5, NULL));
    g_assert_cmpfloat_with_epsilon (seen, 0.4, 1e-12);
    g_assert_false (hf_monitor_check (&monitor, 1, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_CANCELLED);
    g_clear_error (&error);
    g_assert_true (hf_monitor_cancelled (&monitor));
    g_assert_false (hf_monitor_check (&monitor, 0, NULL));
    g_assert_true (hf_monitor_check (NULL, 0.5, NULL));
}

static void
test_bands (void)
{
    float memory[4 * 16 * 6];
    HfRect rect = { 10, 20, 9, 6 };
    HfBand band, view;

    g_assert_cmpuint (hf_band_floats (9, 6, 3), ==, G_N_ELEMENTS (memory));
    hf_band_place (&band, rect, 3, memory);
    g_assert_true (band.validity == memory + 3 * 16 * 6);
    view = hf_band_crop (&band, (HfRect) { 12, 23, 4, 2 });
    g_assert_true (view.colour[1] == band.colour[1] + 3 * 16 + 2);
    g_assert_true (hf_rect_is_empty (hf_rect_intersect (rect, (HfRect) { 19, 20, 5, 5 })));
    rect = hf_rect_intersect (rect, (HfRect) { 0, 24, 12, 50 });
    g_assert_cmpint (rect.width * 100 + rect.height, ==, 202);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/image/refused-sizes", test_refused_sizes);
    g_test_add_func ("/image/reduce", test_reduce);
    g_test_add_func ("/image/reduce-weighs-by-alpha", test_reduce_alpha);
    g_test_add_func ("/image/memory-source-and-sink", test_memory_source_and_sink);
    g_test_add_func ("/monitor/parts-and-cancel", test_monitor);
    g_test_add_func ("/band/geometry", test_bands);
    return g_test_run ();
}
