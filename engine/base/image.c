/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/image.h>

#include <hyperfocal/error.h>
#include <string.h>

enum { LONGEST_SIDE = 1 << 20 };

bool
hf_format_equal (HfFormat a, HfFormat b)
{
    return a.type == b.type && a.n_channels == b.n_channels;
}

bool
hf_format_has_alpha (HfFormat format)
{
    return format.n_channels == 2 || format.n_channels == 4;
}

int
hf_format_n_colours (HfFormat format)
{
    return format.n_channels < 3 ? 1 : 3;
}

size_t
hf_format_bytes (HfFormat format)
{
    return (size_t) format.type * (size_t) format.n_channels;
}

const char *
hf_format_name (HfFormat format)
{
    static const char *const names[3][4] = {
        { "grey 8 bit", "grey and alpha 8 bit", "RGB 8 bit", "RGB and alpha 8 bit" },
        { "grey 16 bit", "grey and alpha 16 bit", "RGB 16 bit", "RGB and alpha 16 bit" },
        { "grey float", "grey and alpha float", "RGB float", "RGB and alpha float" },
    };
    int type = format.type == HF_SAMPLE_U8 ? 0 : format.type == HF_SAMPLE_U16 ? 1 : 2;

    return names[type][CLAMP (format.n_channels, 1, 4) - 1];
}

HfImage *
hf_image_new (HfBudget *budget, int width, int height, HfFormat format, GError **error)
{
    size_t stride = (size_t) MAX (width, 0) * hf_format_bytes (format);
    HfImage *image;
    void *data;

    if (width < 1 || height < 1 || width > LONGEST_SIDE || height > LONGEST_SIDE) {
        g_set_error (error, HF_ERROR, HF_ERROR_SIZE,
                     "a picture of %d × %d pixels is not possible: a side is from 1 to %d", width,
                     height, LONGEST_SIDE);
        return NULL;
    }
    data = hf_pixels_new_n (budget, (size_t) height, stride, "a picture", error);
    if (!data)
        return NULL;
    image = g_new (HfImage, 1);
    *image = (HfImage) { width, height, format, stride, data };
    return image;
}

void
hf_image_free (HfImage *image)
{
    if (!image)
        return;
    hf_pixels_free (image->data);
    g_free (image);
}

void *
hf_image_row (const HfImage *image, int y)
{
    return (char *) image->data + (size_t) y * image->stride;
}

static double
sample (const HfImage *image, int x, int y, int channel)
{
    size_t at = (size_t) x * (size_t) image->format.n_channels + (size_t) channel;
    const void *row = hf_image_row (image, y);

    switch (image->format.type) {
    case HF_SAMPLE_U8:
        return ((const uint8_t *) row)[at];
    case HF_SAMPLE_U16:
        return ((const uint16_t *) row)[at];
    case HF_SAMPLE_FLOAT:
        break;
    }
    return ((const float *) row)[at];
}

static void
set_sample (HfImage *image, int x, int y, int channel, double value)
{
    size_t at = (size_t) x * (size_t) image->format.n_channels + (size_t) channel;
    void *row = hf_image_row (image, y);

    switch (image->format.type) {
    case HF_SAMPLE_U8:
        ((uint8_t *) row)[at] = (uint8_t) (value + 0.5);
        break;
    case HF_SAMPLE_U16:
        ((uint16_t *) row)[at] = (uint16_t) (value + 0.5);
        break;
    case HF_SAMPLE_FLOAT:
        ((float *) row)[at] = (float) value;
        break;
    }
}

/* One pixel of the reduced picture: the box's mean, colour weighted by alpha. */
static void
reduce_box (const HfImage *image, HfImage *reduced, int factor, int x, int y)
{
    int n = image->format.n_channels, alpha = hf_format_has_alpha (image->format) ? n - 1 : -1;
    int right = MIN ((x + 1) * factor, image->width),
        bottom = MIN ((y + 1) * factor, image->height);
    double sum[4] = { 0 }, weight = 0, count = 0;

    for (int j = y * factor; j < bottom; j++) {
        for (int i = x * factor; i < right; i++) {
            double w = alpha < 0 ? 1 : sample (image, i, j, alpha);

            for (int c = 0; c < n; c++)
                sum[c] += c == alpha ? 0 : w * sample (image, i, j, c);
            weight += w;
            count += 1;
        }
    }
    for (int c = 0; c < n; c++)
        set_sample (reduced, x, y, c,
                    c == alpha   ? weight / count
                    : weight > 0 ? sum[c] / weight
                                 : 0);
}

/* sums[i] += row[i]. Whole numbers stay exact: 64 samples of 16 bit need 22 bits of a float's 24.
 */
static void
add_row (float *restrict sums, const void *row, HfSampleType type, size_t n)
{
    if (type == HF_SAMPLE_U8) {
        const uint8_t *restrict samples = row;

        for (size_t i = 0; i < n; i++)
            sums[i] += (float) samples[i];
    } else if (type == HF_SAMPLE_U16) {
        const uint16_t *restrict samples = row;

        for (size_t i = 0; i < n; i++)
            sums[i] += (float) samples[i];
    } else {
        const float *restrict samples = row;

        for (size_t i = 0; i < n; i++)
            sums[i] += samples[i];
    }
}

/* One row of the reduced picture from the sums of its boxes' columns; for formats without alpha. */
static void
reduce_sums (const HfImage *image, HfImage *reduced, int factor, int y, const float *sums)
{
    int n = image->format.n_channels, rows = MIN (factor, image->height - y * factor);

    for (int x = 0; x < reduced->width; x++) {
        int columns = MIN (factor, image->width - x * factor);

        for (int c = 0; c < n; c++) {
            const float *box = sums + (size_t) (x * factor) * (size_t) n + (size_t) c;
            double sum = 0;

            for (int i = 0; i < columns; i++)
                sum += (double) box[i * n];
            set_sample (reduced, x, y, c, sum / (rows * columns));
        }
    }
}

static void
reduce_opaque (const HfImage *image, HfImage *reduced, int factor)
{
    size_t n = (size_t) image->width * (size_t) image->format.n_channels;
    float *sums = g_new (float, n);

    for (int y = 0; y < reduced->height; y++) {
        memset (sums, 0, n * sizeof *sums);
        for (int j = y * factor; j < MIN ((y + 1) * factor, image->height); j++)
            add_row (sums, hf_image_row (image, j), image->format.type, n);
        reduce_sums (image, reduced, factor, y, sums);
    }
    g_free (sums);
}

HfImage *
hf_image_reduce (const HfImage *image, int factor, HfBudget *budget, GError **error)
{
    HfImage *reduced = hf_image_new (budget, (image->width + factor - 1) / factor,
                                     (image->height + factor - 1) / factor, image->format, error);

    if (!reduced)
        return NULL;
    if (!hf_format_has_alpha (image->format)) {
        reduce_opaque (image, reduced, factor);
        return reduced;
    }
    for (int y = 0; y < reduced->height; y++)
        for (int x = 0; x < reduced->width; x++)
            reduce_box (image, reduced, factor, x, y);
    return reduced;
}
