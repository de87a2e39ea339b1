/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps, and what replaces the pixels they mark, against a plain loop over the definition. */
#include <hyperfocal/error.h>
#include <hyperfocal/hot-pixels.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const HfFormat formats[] = {
    { HF_SAMPLE_U8, 1 },    { HF_SAMPLE_U8, 2 },    { HF_SAMPLE_U8, 3 },    { HF_SAMPLE_U8, 4 },
    { HF_SAMPLE_U16, 1 },   { HF_SAMPLE_U16, 3 },   { HF_SAMPLE_U16, 4 },   { HF_SAMPLE_FLOAT, 1 },
    { HF_SAMPLE_FLOAT, 2 }, { HF_SAMPLE_FLOAT, 3 }, { HF_SAMPLE_FLOAT, 4 },
};

static const int sizes[][2] = { { 1, 1 }, { 7, 1 }, { 1, 9 }, { 2, 2 }, { 37, 29 }, { 64, 50 } };

/* Owns nothing. */
static HfHotPixelOptions
default_options (void)
{
    HfHotPixelOptions options, plain;

    hf_options_init (&hf_hot_pixel_table, &options);
    plain = options;
    hf_options_clear (&hf_hot_pixel_table, &options);
    plain.noise_mask = NULL;
    return plain;
}

static HfImage *
random_image (int width, int height, HfFormat format, GRand *random)
{
    HfImage *image = hf_image_new (NULL, width, height, format, NULL);
    HfBand band;
    float *memory = g_new (float, hf_band_floats (width, height, 3));

    hf_band_place (&band, (HfRect) { 0, 0, width, height }, hf_format_n_colours (format), memory);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            size_t at = (size_t) y * band.stride + (size_t) x;

            for (int c = 0; c < band.n_colours; c++)
                band.colour[c][at] = (float) g_rand_double (random);
            band.validity[at] =
                g_rand_boolean (random) ? 1 : (float) g_rand_int_range (random, 0, 2);
        }
    hf_band_write (&band, image);
    g_free (memory);
    return image;
}

/* About one pixel in `every`. */
static HfHotPixelMap *
random_map (int width, int height, int every, GRand *random)
{
    int n = width * height / every + 1;
    HfDefect *defects = g_new (HfDefect, n);
    HfHotPixelMap *map;

    for (int i = 0; i < n; i++)
        defects[i] =
            (HfDefect) { g_rand_int_range (random, 0, width), g_rand_int_range (random, 0, height),
                         (unsigned) g_rand_int_range (random, 1, 8) };
    map = hf_hot_pixel_map_new (width, height, defects, n, NULL, NULL);
    g_free (defects);
    return map;
}

static HfBand
whole_band (const HfImage *image)
{
    int n_colours = hf_format_n_colours (image->format);
    HfBand band;

    hf_band_place (&band, (HfRect) { 0, 0, image->width, image->height }, n_colours,
                   g_new0 (float, hf_band_floats (image->width, image->height, n_colours)));
    hf_band_read (&band, image);
    return band;
}

static bool
is_wrong (const HfHotPixelMap *map, int n_colours, int x, int y, int c)
{
    unsigned channels = hf_hot_pixel_map_at (map, x, y);

    return n_colours == 1 ? channels != 0 : channels >> c & 1;
}

static int
compare_doubles (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

/* The definition: the smallest square that holds a good sample of a valid pixel. */
static double
expected_at (const HfHotPixelMap *map, const HfHotPixelOptions *options, const HfBand *in, int x,
             int y, int c)
{
    double good[17 * 17], sum = 0;
    int n = 0;

    if (!is_wrong (map, in->n_colours, x, y, c))
        return (double) in->colour[c][(size_t) y * in->stride + (size_t) x];
    for (int radius = options->mask_kernel_size / 2; n == 0 && radius <= 8; radius++)
        for (int j = y - radius; j <= y + radius; j++)
            for (int i = x - radius; i <= x + radius; i++) {
                size_t at = (size_t) j * in->stride + (size_t) i;

                if (i >= 0 && j >= 0 && i < in->rect.width && j < in->rect.height &&
                    !is_wrong (map, in->n_colours, i, j, c) && (in->opaque || in->validity[at] > 0))
                    good[n++] = (double) in->colour[c][at];
            }
    if (n == 0)
        return (double) in->colour[c][(size_t) y * in->stride + (size_t) x];
    qsort (good, (size_t) n, sizeof *good, compare_doubles);
    for (int i = 0; i < n; i++)
        sum += good[i];
    if (options->mask_method == HF_MASK_MEDIAN)
        return (good[n / 2] + good[(n - 1) / 2]) / 2;
    return sum / n;
}

static void
check_band (const HfHotPixelMap *map, const HfHotPixelOptions *options, const HfBand *in,
            const HfBand *out)
{
    for (int y = out->rect.y; y < out->rect.y + out->rect.height; y++)
        for (int x = out->rect.x; x < out->rect.x + out->rect.width; x++)
            for (int c = 0; c < out->n_colours; c++) {
                double got = (double) out->colour[c][(size_t) (y - out->rect.y) * out->stride +
                                                     (size_t) (x - out->rect.x)];

                g_assert_cmpfloat_with_epsilon (got, expected_at (map, options, in, x, y, c), 1e-6);
            }
}

/* All formats and sizes, sparse and dense maps: apply, in place and not, and mend. */
static void
check_replacing (HfFormat format, int width, int height, int every, GRand *random)
{
    HfImage *image = random_image (width, height, format, random);
    HfHotPixelMap *map = random_map (width, height, every, random);
    HfHotPixelOptions options = default_options ();
    HfBand in = whole_band (image), out = whole_band (image), mended = whole_band (image);

    options.mask_method = g_rand_boolean (random) ? HF_MASK_MEAN : HF_MASK_MEDIAN;
    options.mask_kernel_size = g_rand_int_range (random, 3, 16);
    hf_hot_pixels_apply (map, &options, &in, &out);
    check_band (map, &options, &in, &out);
    hf_hot_pixels_mend (map, &options, image, &mended);
    check_band (map, &options, &in, &mended);
    hf_hot_pixels_apply (map, &options, &mended, &mended); /* good pixels have not changed */
    check_band (map, &options, &in, &mended);
    g_assert_true (out.opaque == in.opaque);
    g_free (in.colour[0]);
    g_free (out.colour[0]);
    g_free (mended.colour[0]);
    hf_hot_pixel_map_free (map);
    hf_image_free (image);
}

static void
test_replacing (void)
{
    guint32 seed = g_random_int ();
    GRand *random = g_rand_new_with_seed (seed);

    g_test_message ("drawn seed %u", seed);
    for (gsize f = 0; f < G_N_ELEMENTS (formats); f++)
        for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
            for (int every = 1; every <= 64; every *= 4)
                check_replacing (formats[f], sizes[s][0], sizes[s][1], every, random);
    g_rand_free (random);
}

/* Pieces of a picture come out as the whole: mend needs no margin, apply the one it asks for. */
static void
test_pieces (void)
{
    GRand *random = g_rand_new_with_seed (5);
    HfImage *image = random_image (61, 47, (HfFormat) { HF_SAMPLE_U16, 4 }, random);
    HfHotPixelMap *map = random_map (61, 47, 3, random);
    HfHotPixelOptions options = default_options ();
    HfBand in = whole_band (image);
    int margin = hf_hot_pixels_margin ();

    for (int k = 0; k < 50; k++) {
        HfRect frame = { 0, 0, 61, 47 }, rect, wide;
        HfBand piece, around;
        float *memory = g_new (float, 2 * hf_band_floats (80, 80, 3));

        rect.x = g_rand_int_range (random, 0, 61);
        rect.y = g_rand_int_range (random, 0, 47);
        rect.width = g_rand_int_range (random, 1, 62 - rect.x);
        rect.height = g_rand_int_range (random, 1, 48 - rect.y);
        wide = hf_rect_intersect (frame,
                                  (HfRect) { rect.x - margin, rect.y - margin,
                                             rect.width + 2 * margin, rect.height + 2 * margin });
        hf_band_place (&piece, rect, 3, memory);
        hf_band_place (&around, wide, 3, memory + hf_band_floats (80, 80, 3));
        hf_band_read (&piece, image);
        hf_hot_pixels_mend (map, &options, image, &piece);
        check_band (map, &options, &in, &piece);
        hf_band_read (&around, image);
        hf_hot_pixels_apply (map, &options, &around, &piece);
        check_band (map, &options, &in, &piece);
        g_free (memory);
    }
    g_free (in.colour[0]);
    hf_hot_pixel_map_free (map);
    hf_image_free (image);
    g_rand_free (random);
}

/* Mending a picture in place is mending its band and writing that. */
static void
test_image (void)
{
    GRand *random = g_rand_new_with_seed (6);

    for (gsize f = 0; f < G_N_ELEMENTS (formats); f++) {
        HfImage *image = random_image (40, 33, formats[f], random);
        HfHotPixelMap *map = random_map (40, 33, 9, random);
        HfHotPixelOptions options = default_options ();
        HfBand in = whole_band (image), out;
        double step = formats[f].type == HF_SAMPLE_U8    ? 0.5 / 255
                      : formats[f].type == HF_SAMPLE_U16 ? 0.5 / 65535
                                                         : 0;

        hf_hot_pixels_mend_image (map, &options, image);
        out = whole_band (image);
        for (int y = 0; y < 33; y++)
            for (int x = 0; x < 40; x++)
                for (int c = 0; c < out.n_colours; c++)
                    if (out.opaque || out.validity[(size_t) y * out.stride + (size_t) x] > 0)
                        g_assert_cmpfloat_with_epsilon (
                            (double) out.colour[c][(size_t) y * out.stride + (size_t) x],
                            expected_at (map, &options, &in, x, y, c), step + 1e-6);
        g_free (in.colour[0]);
        g_free (out.colour[0]);
        hf_hot_pixel_map_free (map);
        hf_image_free (image);
    }
    g_rand_free (random);
}

/* NaN is no good neighbour, and a lone NaN that is marked is replaced. */
static void
test_nan (void)
{
    HfImage *image = hf_image_new (NULL, 5, 5, (HfFormat) { HF_SAMPLE_FLOAT, 1 }, NULL);
    HfDefect defect = { 2, 2, 7 };
    HfHotPixelMap *map = hf_hot_pixel_map_new (5, 5, &defect, 1, NULL, NULL);
    HfHotPixelOptions options = default_options ();
    HfBand band;

    for (int i = 0; i < 25; i++)
        ((float *) image->data)[i] = 0.25f;
    ((float *) image->data)[12] = NAN;
    ((float *) image->data)[11] = INFINITY;
    ((float *) image->data)[13] = NAN;
    options.mask_method = HF_MASK_MEDIAN;
    band = whole_band (image);
    hf_hot_pixels_mend (map, &options, image, &band);
    g_assert_true (band.colour[0][2 * band.stride + 2] == 0.25f);
    g_free (band.colour[0]);
    hf_hot_pixel_map_free (map);
    hf_image_free (image);
}

static void
assert_same_map (const HfHotPixelMap *a, const HfHotPixelMap *b)
{
    int n = hf_hot_pixel_map_count (a, -1);

    g_assert_cmpint (n, ==, hf_hot_pixel_map_count (b, -1));
    for (int i = 0; i < n; i++) {
        HfDefect p = hf_hot_pixel_map_defects (a)[i], q = hf_hot_pixel_map_defects (b)[i];

        g_assert_true (p.x == q.x && p.y == q.y && p.channels == q.channels);
    }
}

/* A map as a picture and back; what pictures of other types mean. */
static void
test_map_as_picture (void)
{
    GRand *random = g_rand_new_with_seed (7);
    HfHotPixelMap *map = random_map (67, 41, 11, random), *back;
    HfImage *rgb = hf_hot_pixel_map_to_image (map, -1, NULL, NULL);

    back = hf_hot_pixel_map_from_image (rgb, NULL, NULL);
    assert_same_map (map, back);
    for (int c = 0; c < 3; c++) {
        HfImage *grey = hf_hot_pixel_map_to_image (map, c, NULL, NULL);
        HfHotPixelMap *one = hf_hot_pixel_map_from_image (grey, NULL, NULL);
        int n = 0;

        g_assert_cmpint (grey->format.n_channels, ==, 1);
        for (int y = 0; y < 41; y++)
            for (int x = 0; x < 67; x++) {
                bool marked = hf_hot_pixel_map_at (map, x, y) >> c & 1;

                g_assert_cmpuint (hf_hot_pixel_map_at (one, x, y), ==, marked ? 7 : 0);
                n += marked;
            }
        g_assert_cmpint (hf_hot_pixel_map_count (map, c), ==, n);
        g_assert_cmpint (hf_hot_pixel_map_count (one, -1), ==, n);
        hf_hot_pixel_map_free (one);
        hf_image_free (grey);
    }
    hf_hot_pixel_map_free (back);
    hf_hot_pixel_map_free (map);
    hf_image_free (rgb);
    g_rand_free (random);
}

static void
test_map_basics (void)
{
    HfDefect defects[] = { { 3, 2, 1 }, { 0, 0, 4 },  { 3, 2, 2 },
                           { 9, 9, 7 }, { -1, 0, 7 }, { 4, 4, 0 } };
    HfHotPixelMap *map = hf_hot_pixel_map_new (5, 5, defects, 6, NULL, NULL), *reduced;
    GError *error = NULL;

    g_assert_cmpint (hf_hot_pixel_map_count (map, -1), ==, 2);
    g_assert_cmpuint (hf_hot_pixel_map_at (map, 3, 2), ==, 3);
    g_assert_cmpuint (hf_hot_pixel_map_at (map, 0, 0), ==, 4);
    g_assert_cmpuint (hf_hot_pixel_map_at (map, 4, 4), ==, 0);
    g_assert_cmpuint (hf_hot_pixel_map_at (map, 5, 0), ==, 0);
    g_assert_cmpuint (hf_hot_pixel_map_at (NULL, 0, 0), ==, 0);
    g_assert_cmpint (hf_hot_pixel_map_count (NULL, -1), ==, 0);
    reduced = hf_hot_pixel_map_reduce (map, 4, NULL, NULL);
    g_assert_cmpint (hf_hot_pixel_map_width (reduced), ==, 2);
    g_assert_cmpint (hf_hot_pixel_map_height (reduced), ==, 2);
    g_assert_cmpuint (hf_hot_pixel_map_at (reduced, 0, 0), ==, 7);
    g_assert_cmpint (hf_hot_pixel_map_count (reduced, -1), ==, 1);
    g_assert_true (hf_hot_pixel_map_fits (map, 5, 5, "a.tif", &error));
    g_assert_false (hf_hot_pixel_map_fits (map, 50, 40, "a.tif", &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_SIZE);
    g_assert_nonnull (strstr (error->message, "5 × 5"));
    g_assert_nonnull (strstr (error->message, "50 × 40"));
    g_assert_nonnull (strstr (error->message, "a.tif"));
    g_clear_error (&error);
    hf_hot_pixel_map_free (reduced);
    hf_hot_pixel_map_free (map);
}

/* A frame of a dark room: noise, hot pixels by the definition of `values` at fixed places. */
static HfImage *
dark_frame (int width, int height, HfFormat format, const HfDefect *defects, const float *values,
            int n, GRand *random)
{
    HfImage *image = hf_image_new (NULL, width, height, format, NULL);
    HfBand band;

    memset (image->data, 0, image->stride * (size_t) height);
    band = whole_band (image);
    band.opaque = true;
    for (int c = 0; c < band.n_colours; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                double noise = 0;

                for (int k = 0; k < 6; k++)
                    noise += g_rand_double (random) - 0.5;
                band.colour[c][(size_t) y * band.stride + (size_t) x] =
                    (float) (0.1 + 0.01 * noise);
            }
    for (int i = 0; i < n; i++)
        for (int c = 0; c < band.n_colours; c++)
            if (band.n_colours == 1 || defects[i].channels >> c & 1)
                band.colour[c][(size_t) defects[i].y * band.stride + (size_t) defects[i].x] +=
                    values[i];
    hf_band_write (&band, image);
    g_free (band.colour[0]);
    return image;
}

enum { N_DARK = 4, DARK_WIDTH = 200, DARK_HEIGHT = 150 };

typedef struct Dark {
    HfImage *frames[N_DARK];
    HfSource *source;
} Dark;

static const HfDefect dark_defects[] = { { 20, 20, 7 }, { 60, 31, 1 },   { 100, 75, 2 },
                                         { 0, 80, 7 },  { 199, 149, 7 }, { 150, 120, 4 },
                                         { 151, 60, 6 } };
static const float dark_values[] = { 0.5f, 0.2f, 0.3f, 0.4f, 0.6f, 0.2f, 0.25f };

static Dark
dark_new (HfFormat format, int n_defects, guint32 seed)
{
    GRand *random = g_rand_new_with_seed (seed);
    Dark dark;

    for (int i = 0; i < N_DARK; i++)
        dark.frames[i] = dark_frame (DARK_WIDTH, DARK_HEIGHT, format, dark_defects, dark_values,
                                     n_defects, random);
    dark.source = hf_source_new_from_images (dark.frames, NULL, NULL, N_DARK);
    g_rand_free (random);
    return dark;
}

static void
dark_clear (Dark *dark)
{
    hf_source_free (dark->source);
    for (int i = 0; i < N_DARK; i++)
        hf_image_free (dark->frames[i]);
}

static HfHotPixelMap *
find (HfSource *const *sources, int n, const char *thresholds, GError **error)
{
    HfNoiseMapOptions options;
    HfHotPixelMap *map;

    hf_options_init (&hf_noise_map_table, &options);
    g_free (options.channel_thresholds);
    options.channel_thresholds = g_strdup (thresholds);
    map = hf_hot_pixels_find (sources, n, &options, NULL, NULL, NULL, NULL, error);
    hf_options_clear (&hf_noise_map_table, &options);
    return map;
}

static void
assert_dark_map (const HfHotPixelMap *map, HfFormat format)
{
    int n = (int) G_N_ELEMENTS (dark_defects);

    g_assert_cmpint (hf_hot_pixel_map_count (map, -1), ==, n);
    for (int i = 0; i < n; i++) {
        HfDefect defect = dark_defects[i];
        unsigned wanted = hf_format_n_colours (format) == 1 ? 7 : defect.channels;

        g_assert_cmpuint (hf_hot_pixel_map_at (map, defect.x, defect.y), ==, wanted);
    }
}

/* Dark frames of all kinds: both ways find the defects, in their channels, and nothing else; a
 * clean sensor gives an empty map. */
static void
test_dark_frames (void)
{
    guint32 seed = g_random_int ();

    g_test_message ("drawn seed %u", seed);
    for (gsize f = 0; f < G_N_ELEMENTS (formats); f++) {
        Dark dark = dark_new (formats[f], (int) G_N_ELEMENTS (dark_defects), seed);
        Dark clean = dark_new (formats[f], 0, seed + 1);
        HfHotPixelMap *map = find (&dark.source, 1, "auto", NULL);

        assert_dark_map (map, formats[f]);
        hf_hot_pixel_map_free (map);
        map = find (&dark.source, 1, "25,25,25", NULL);
        assert_dark_map (map, formats[f]);
        hf_hot_pixel_map_free (map);
        map = find (&clean.source, 1, "auto", NULL);
        g_assert_cmpint (hf_hot_pixel_map_count (map, -1), ==, 0);
        hf_hot_pixel_map_free (map);
        dark_clear (&dark);
        dark_clear (&clean);
    }
}

/* A defect in one folder only is none: a sensor's are in every picture it takes. */
static void
test_several_sources (void)
{
    HfFormat format = { HF_SAMPLE_U16, 3 };
    Dark dark = dark_new (format, (int) G_N_ELEMENTS (dark_defects), 11);
    Dark again = dark_new (format, (int) G_N_ELEMENTS (dark_defects), 12);
    Dark clean = dark_new (format, 0, 13);
    HfSource *same[] = { dark.source, again.source }, *other[] = { dark.source, clean.source };
    HfHotPixelMap *map = find (same, 2, "auto", NULL);

    assert_dark_map (map, format);
    hf_hot_pixel_map_free (map);
    map = find (other, 2, "auto", NULL);
    g_assert_cmpint (hf_hot_pixel_map_count (map, -1), ==, 0);
    hf_hot_pixel_map_free (map);
    dark_clear (&dark);
    dark_clear (&again);
    dark_clear (&clean);
}

/* Fixed thresholds: mean minus its blur, against a plain loop; each channel has its own. */
static void
test_thresholds (void)
{
    static const double weights[] = { 1 / 16.0, 4 / 16.0, 6 / 16.0, 4 / 16.0, 1 / 16.0 };
    static const int thresholds[3] = { 2, 30, 100 };
    HfFormat format = { HF_SAMPLE_FLOAT, 3 };
    Dark dark = dark_new (format, (int) G_N_ELEMENTS (dark_defects), 21);
    HfHotPixelMap *map = find (&dark.source, 1, " 2, 30,100", NULL);
    HfBand frames[N_DARK];

    for (int i = 0; i < N_DARK; i++)
        frames[i] = whole_band (dark.frames[i]);
    for (int c = 0; c < 3; c++) {
        int n = 0;

        for (int y = 0; y < DARK_HEIGHT; y++)
            for (int x = 0; x < DARK_WIDTH; x++) {
                double residue = 0;

                for (int i = 0; i < N_DARK; i++) {
                    double blur = 0;

                    for (int j = -2; j <= 2; j++)
                        for (int k = -2; k <= 2; k++) {
                            int row = ABS (y + j), column = ABS (x + k);

                            row = row >= DARK_HEIGHT ? 2 * (DARK_HEIGHT - 1) - row : row;
                            column = column >= DARK_WIDTH ? 2 * (DARK_WIDTH - 1) - column : column;
                            blur +=
                                weights[j + 2] * weights[k + 2] *
                                (double) frames[i]
                                    .colour[c][(size_t) row * frames[i].stride + (size_t) column];
                        }
                    residue +=
                        (double) frames[i].colour[c][(size_t) y * frames[i].stride + (size_t) x] -
                        blur;
                }
                residue = residue / N_DARK * 255;
                if (fabs (residue - thresholds[c]) > 1e-3)
                    g_assert_cmpint (hf_hot_pixel_map_at (map, x, y) >> c & 1, ==,
                                     residue > thresholds[c]);
                n += residue > thresholds[c];
            }
        g_assert_cmpint (n, >, 0);
    }
    for (int i = 0; i < N_DARK; i++)
        g_free (frames[i].colour[0]);
    hf_hot_pixel_map_free (map);
    dark_clear (&dark);
}

static void
assert_fails (HfSource *const *sources, int n, const char *thresholds, int code, const char *word)
{
    GError *error = NULL;
    HfHotPixelMap *map = find (sources, n, thresholds, &error);

    g_assert_null (map);
    g_assert_error (error, HF_ERROR, code);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, word));
    g_clear_error (&error);
}

static void
test_errors (void)
{
    static const char *const bad[] = { "",   "x", "1,2", "1,2,3,4", "-1", "256", "auto,auto,auto",
                                       "nan" };
    Dark rgb = dark_new ((HfFormat) { HF_SAMPLE_U8, 3 }, 0, 1);
    Dark grey = dark_new ((HfFormat) { HF_SAMPLE_U8, 1 }, 0, 1);
    HfImage *small = hf_image_new (NULL, 10, 20, (HfFormat) { HF_SAMPLE_U8, 3 }, NULL);
    HfSource *single = hf_source_new_from_images (rgb.frames, NULL, NULL, 1);
    HfSource *other;
    HfSource *kinds[] = { rgb.source, grey.source }, *sizes_differ[2];

    memset (small->data, 0, small->stride * 20);
    other = hf_source_new_from_images (&small, NULL, NULL, 1);
    sizes_differ[0] = rgb.source;
    sizes_differ[1] = other;
    for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
        assert_fails (&rgb.source, 1, bad[i], HF_ERROR_ARGUMENT, "channel-thresholds");
    assert_fails (kinds, 2, "auto", HF_ERROR_SIZE, "grey 8 bit");
    assert_fails (sizes_differ, 2, "auto", HF_ERROR_SIZE, "10 × 20");
    assert_fails (&single, 1, "auto", HF_ERROR_STACK, "two frames");
    hf_source_free (single);
    hf_source_free (other);
    hf_image_free (small);
    dark_clear (&rgb);
    dark_clear (&grey);
}

/* Every allocation may fail: an error then, and nothing leaks. */
static void
test_failing_memory (void)
{
    Dark dark = dark_new ((HfFormat) { HF_SAMPLE_U8, 3 }, (int) G_N_ELEMENTS (dark_defects), 3);
    HfBudget *budget = hf_budget_new (0);
    int n = 0;

    for (;; n++) {
        HfNoiseMapOptions options;
        GError *error = NULL;
        HfHotPixelMap *map;

        hf_options_init (&hf_noise_map_table, &options);
        hf_memory_fail_after (n);
        map = hf_hot_pixels_find (&dark.source, 1, &options, NULL, NULL, budget, NULL, &error);
        hf_memory_fail_after (-1);
        hf_options_clear (&hf_noise_map_table, &options);
        if (map) {
            hf_hot_pixel_map_free (map);
            break;
        }
        g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
        g_clear_error (&error);
        g_assert_cmpuint (hf_budget_used (budget), ==, 0);
    }
    g_assert_cmpint (n, >, 8);
    g_assert_cmpuint (hf_budget_used (budget), ==, 0);
    hf_budget_free (budget);
    dark_clear (&dark);
}

/* The smallest pictures there are. */
static void
test_tiny (void)
{
    for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++) {
        GRand *random = g_rand_new_with_seed ((guint32) s);
        HfImage *images[3];
        HfSource *source;
        HfHotPixelMap *map;

        for (int i = 0; i < 3; i++)
            images[i] =
                random_image (sizes[s][0], sizes[s][1], (HfFormat) { HF_SAMPLE_U8, 3 }, random);
        source = hf_source_new_from_images (images, NULL, NULL, 3);
        map = find (&source, 1, "auto", NULL);
        g_assert_cmpint (hf_hot_pixel_map_count (map, -1), ==, 0);
        hf_hot_pixel_map_free (map);
        map = find (&source, 1, "20", NULL);
        g_assert_nonnull (map);
        hf_hot_pixel_map_free (map);
        map = hf_hot_pixels_sample ((const HfImage *const *) images, 3, NULL, NULL, NULL);
        g_assert_cmpint (hf_hot_pixel_map_count (map, -1), ==, 0);
        hf_hot_pixel_map_free (map);
        hf_source_free (source);
        for (int i = 0; i < 3; i++)
            hf_image_free (images[i]);
        g_rand_free (random);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/hot-pixels/replacing", test_replacing);
    g_test_add_func ("/hot-pixels/pieces", test_pieces);
    g_test_add_func ("/hot-pixels/image", test_image);
    g_test_add_func ("/hot-pixels/nan", test_nan);
    g_test_add_func ("/hot-pixels/map-basics", test_map_basics);
    g_test_add_func ("/hot-pixels/map-as-picture", test_map_as_picture);
    g_test_add_func ("/hot-pixels/dark-frames", test_dark_frames);
    g_test_add_func ("/hot-pixels/several-sources", test_several_sources);
    g_test_add_func ("/hot-pixels/thresholds", test_thresholds);
    g_test_add_func ("/hot-pixels/errors", test_errors);
    g_test_add_func ("/hot-pixels/failing-memory", test_failing_memory);
    g_test_add_func ("/hot-pixels/tiny", test_tiny);
    return g_test_run ();
}
