/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The samples of bands: pictures to float planes and back.
 *
 * 8 and 16 bit go by a multiplication with 1 / 255 and 1 / 65535, which gives 0 and 1 exactly and
 * comes back to the same integer. A band says whether it is opaque by what it holds: alpha that
 * is 1 throughout makes it opaque, a NaN makes it not; so what follows must give the same for an
 * opaque band and for one whose validity is 1.
 */
#include <hyperfocal/band.h>

#include "kernels/kernels.h"

enum { SLICE = 512 }; /* pixels that are hidden or filled at a time on the stack */

static const void *
samples_at (const HfImage *image, int x, int y)
{
    return (const char *) hf_image_row (image, y) + (size_t) x * hf_format_bytes (image->format);
}

/* The planes of a band's row in the order of the picture's channels. */
static void
channel_rows (const HfBand *band, int row, bool alpha, float *planes[4])
{
    for (int c = 0; c < band->n_colours; c++)
        planes[c] = band->colour[c] + (size_t) row * band->stride;
    if (alpha)
        planes[band->n_colours] = band->validity + (size_t) row * band->stride;
}

static int
read_row (const HfBandKernels *kernels, const HfImage *image, HfRect rect, int row,
          float *const *planes)
{
    const void *samples = samples_at (image, rect.x, rect.y + row);
    int n_channels = image->format.n_channels;

    switch (image->format.type) {
    case HF_SAMPLE_U8:
        return kernels->read_u8 (samples, n_channels, rect.width, planes);
    case HF_SAMPLE_U16:
        return kernels->read_u16 (samples, n_channels, rect.width, planes);
    case HF_SAMPLE_FLOAT:
        break;
    }
    return kernels->read_float (samples, n_channels, rect.width, planes);
}

/* Writes the validity of a float band in which NaN was seen. */
static void
write_nan_validity (const HfBandKernels *kernels, HfBand *band, const HfImage *image, bool alpha)
{
    for (int row = 0; row < band->rect.height; row++) {
        float *validity = band->validity + (size_t) row * band->stride;

        for (int x = 0; x < band->rect.width && !alpha; x++)
            validity[x] = 1;
        kernels->reject_nan (samples_at (image, band->rect.x, band->rect.y + row),
                             image->format.n_channels, band->rect.width, validity);
    }
}

void
hf_band_read (HfBand *band, const HfImage *image)
{
    const HfBandKernels *kernels = hf_kernels ()->band;
    bool alpha = hf_format_has_alpha (image->format);
    float *planes[4] = { NULL };
    int see_through = 0;

    for (int row = 0; row < band->rect.height; row++) {
        channel_rows (band, row, alpha, planes);
        see_through |= read_row (kernels, image, band->rect, row, planes);
    }
    if (see_through && image->format.type == HF_SAMPLE_FLOAT)
        write_nan_validity (kernels, band, image, alpha);
    band->opaque = !see_through;
}

static void
write_slice (const HfBandKernels *kernels, const float *const *planes, HfFormat format, int n,
             void *samples)
{
    switch (format.type) {
    case HF_SAMPLE_U8:
        kernels->write_u8 (planes, format.n_channels, n, samples);
        break;
    case HF_SAMPLE_U16:
        kernels->write_u16 (planes, format.n_channels, n, samples);
        break;
    case HF_SAMPLE_FLOAT:
        kernels->write_float (planes, format.n_channels, n, samples);
        break;
    }
}

/* n pixels with alpha; with `hide` colour that nobody saw becomes 0. */
static void
write_slice_with_alpha (const HfBandKernels *kernels, const HfBand *band, float *const *planes,
                        HfFormat format, bool hide, int n, void *samples)
{
    float hidden[4][SLICE];
    const float *slices[4];

    for (int c = 0; c < band->n_colours; c++) {
        slices[c] = planes[c];
        if (!band->opaque && hide) {
            kernels->hide (planes[c], planes[band->n_colours], n, hidden[c]);
            slices[c] = hidden[c];
        }
    }
    slices[band->n_colours] = planes[band->n_colours];
    if (band->opaque) {
        for (int i = 0; i < n; i++)
            hidden[band->n_colours][i] = 1;
        slices[band->n_colours] = hidden[band->n_colours];
    }
    write_slice (kernels, slices, format, n, samples);
}

static void
write_band (const HfBand *band, HfImage *image, bool hide)
{
    const HfBandKernels *kernels = hf_kernels ()->band;
    bool alpha = hf_format_has_alpha (image->format);
    HfRect rect = band->rect;

    for (int row = 0; row < rect.height; row++) {
        float *planes[4] = { NULL };

        channel_rows (band, row, alpha, planes);
        for (int x = 0; x < rect.width; x += SLICE) {
            int n = MIN (SLICE, rect.width - x);
            void *samples = (void *) samples_at (image, rect.x + x, rect.y + row);

            if (alpha)
                write_slice_with_alpha (kernels, band, planes, image->format, hide, n, samples);
            else
                write_slice (kernels, (const float *const *) planes, image->format, n, samples);
            for (int c = 0; c < image->format.n_channels; c++)
                planes[c] += n;
        }
    }
}

void
hf_band_write (const HfBand *band, HfImage *image)
{
    write_band (band, image, true);
}

void
hf_band_write_all (const HfBand *band, HfImage *image)
{
    write_band (band, image, false);
}
