/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "pipeline/scale.h"

#include <string.h>

struct HfScaleWriter {
    const HfBandWriter *writer;
    int factor;
    int n_rows; /* of the finer grid that are in the sums */
    HfBand row; /* the row that is being made: sums, weighted by validity */
};

HfRecord
hf_scale_record (const HfRecord *record, int factor)
{
    double shift = 0.5 / factor - 0.5;
    HfMatrix grid = { { 1.0 / factor, 0, shift, 0, 1.0 / factor, shift, 0, 0, 1 } };
    HfRecord scaled = *record;

    scaled.align.matrix = hf_matrix_multiply (record->align.matrix, grid);
    return scaled;
}

size_t
hf_scale_writer_memory (int factor, int width, int n_colours)
{
    return factor > 1 ? hf_band_floats (width, 1, n_colours) * sizeof (float) : 0;
}

static void
clear_row (HfScaleWriter *scale)
{
    size_t bytes = (size_t) scale->row.rect.width * sizeof (float);

    for (int c = 0; c < scale->row.n_colours; c++)
        memset (scale->row.colour[c], 0, bytes);
    memset (scale->row.validity, 0, bytes);
    scale->n_rows = 0;
}

HfScaleWriter *
hf_scale_writer_new (const HfBandWriter *writer, int factor, int width, int n_colours,
                     HfBudget *budget, GError **error)
{
    float *memory = hf_pixels_new (budget, hf_band_floats (width, 1, n_colours) * sizeof (float),
                                   "a row of the fused picture", error);
    HfScaleWriter *scale;

    if (!memory)
        return NULL;
    scale = g_new0 (HfScaleWriter, 1);
    scale->writer = writer;
    scale->factor = factor;
    hf_band_place (&scale->row, (HfRect) { 0, 0, width, 1 }, n_colours, memory);
    clear_row (scale);
    return scale;
}

void
hf_scale_writer_free (HfScaleWriter *scale)
{
    if (!scale)
        return;
    hf_pixels_free (scale->row.colour[0]);
    g_free (scale);
}

/* Adds row y of the band. */
static void
add_row (HfScaleWriter *scale, const HfBand *band, int y)
{
    size_t skip = (size_t) y * band->stride;

    for (int x = 0; x < scale->row.rect.width; x++)
        for (int i = 0; i < scale->factor; i++) {
            size_t at = skip + (size_t) (x * scale->factor + i);
            float validity = band->opaque ? 1 : band->validity[at];

            for (int c = 0; c < band->n_colours; c++)
                scale->row.colour[c][x] += validity * band->colour[c][at];
            scale->row.validity[x] += validity;
        }
    scale->n_rows++;
}

static bool
send_row (HfScaleWriter *scale, GError **error)
{
    HfBand *row = &scale->row;
    float share = 1.0f / (float) (scale->factor * scale->factor);
    bool good;

    row->opaque = true;
    for (int x = 0; x < row->rect.width; x++) {
        float sum = row->validity[x];

        for (int c = 0; c < row->n_colours && sum > 0; c++)
            row->colour[c][x] /= sum;
        row->validity[x] = MIN (sum * share, 1.0f);
        row->opaque = row->opaque && row->validity[x] >= 1;
    }
    good = scale->writer->write (scale->writer->data, row, error);
    row->rect.y++;
    clear_row (scale);
    return good;
}

static bool
write_band (void *data, const HfBand *band, GError **error)
{
    HfScaleWriter *scale = data;

    for (int y = 0; y < band->rect.height; y++) {
        add_row (scale, band, y);
        if (scale->n_rows == scale->factor && !send_row (scale, error))
            return false;
    }
    return true;
}

HfBandWriter
hf_scale_writer (HfScaleWriter *scale)
{
    return (HfBandWriter) { write_band, scale };
}
