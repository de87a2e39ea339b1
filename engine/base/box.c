/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Without alpha, rows are summed column by column in floats (whole numbers stay exact: 8 samples of
 * 16 bit need 19 bits), and the columns of a box in double at the end. With alpha, each box has
 * sums of its own, in double, colours weighted.
 */
#include "base/box.h"

#include <string.h>

struct HfBox {
    int width, reduced_width, factor, first;
    HfFormat format;
    int n_rows;       /* added */
    float *columns;   /* width × n_channels; without alpha */
    double *weighted; /* reduced_width × n_channels; with alpha, whose place keeps the weights */
    size_t size;      /* bytes of the one that is there */
};

int
hf_box_reduced (int side, int factor)
{
    return (side + factor - 1) / factor;
}

int
hf_box_first (int side, int factor, bool flip)
{
    int left = side % factor;

    return flip && left != 0 ? left : MIN (factor, side);
}

HfBox *
hf_box_new (int width, HfFormat format, int factor, bool flip, HfBudget *budget, GError **error)
{
    bool weighted = hf_format_has_alpha (format);
    HfBox box = { .width = width,
                  .reduced_width = hf_box_reduced (width, factor),
                  .factor = factor,
                  .first = hf_box_first (width, factor, flip),
                  .format = format };
    void *sums;

    box.size = weighted ? (size_t) box.reduced_width * (size_t) format.n_channels * sizeof (double)
                        : (size_t) width * (size_t) format.n_channels * sizeof (float);
    sums = hf_pixels_new (budget, box.size, "the reduction of a frame", error);
    if (!sums)
        return NULL;
    memset (sums, 0, box.size);
    box.columns = weighted ? NULL : sums;
    box.weighted = weighted ? sums : NULL;
    return g_memdup2 (&box, sizeof box);
}

void
hf_box_free (HfBox *box)
{
    if (!box)
        return;
    hf_pixels_free (box->columns);
    hf_pixels_free (box->weighted);
    g_free (box);
}

#define ADD_COLUMNS(name, Sample)                                                                  \
    static void name (float *restrict sums, const Sample *restrict row, size_t n)                  \
    {                                                                                              \
        for (size_t i = 0; i < n; i++)                                                             \
            sums[i] += (float) row[i];                                                             \
    }

/* Colours weighted by alpha, which is the last channel. */
#define ADD_WEIGHTED(name, Sample)                                                                 \
    static void name (HfBox *box, const Sample *in)                                                \
    {                                                                                              \
        int n = box->format.n_channels, box_width = box->first;                                    \
        double *sum = box->weighted;                                                               \
                                                                                                   \
        for (int left = box->width; left > 0; sum += n) {                                          \
            int count = MIN (box_width, left);                                                     \
                                                                                                   \
            for (int i = 0; i < count; i++, in += n) {                                             \
                double weight = (double) in[n - 1];                                                \
                                                                                                   \
                for (int c = 0; c < n - 1; c++)                                                    \
                    sum[c] += weight * (double) in[c];                                             \
                sum[n - 1] += weight;                                                              \
            }                                                                                      \
            left -= count;                                                                         \
            box_width = box->factor;                                                               \
        }                                                                                          \
    }

ADD_COLUMNS (add_columns_u8, uint8_t)
ADD_COLUMNS (add_columns_u16, uint16_t)
ADD_COLUMNS (add_columns_float, float)
ADD_WEIGHTED (add_weighted_u8, uint8_t)
ADD_WEIGHTED (add_weighted_u16, uint16_t)
ADD_WEIGHTED (add_weighted_float, float)

static void
add_columns (HfBox *box, const void *row)
{
    size_t n = (size_t) box->width * (size_t) box->format.n_channels;

    switch (box->format.type) {
    case HF_SAMPLE_U8:
        add_columns_u8 (box->columns, row, n);
        break;
    case HF_SAMPLE_U16:
        add_columns_u16 (box->columns, row, n);
        break;
    case HF_SAMPLE_FLOAT:
        add_columns_float (box->columns, row, n);
        break;
    }
}

static void
add_weighted (HfBox *box, const void *row)
{
    switch (box->format.type) {
    case HF_SAMPLE_U8:
        add_weighted_u8 (box, row);
        break;
    case HF_SAMPLE_U16:
        add_weighted_u16 (box, row);
        break;
    case HF_SAMPLE_FLOAT:
        add_weighted_float (box, row);
        break;
    }
}

void
hf_box_add (HfBox *box, const void *row)
{
    box->n_rows++;
    if (box->columns)
        add_columns (box, row);
    else
        add_weighted (box, row);
}

static void
set_sample (void *row, size_t at, HfSampleType type, double value)
{
    switch (type) {
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

/* Means of the columns left .. right - 1 as pixel x. */
static void
take_columns (const HfBox *box, void *reduced_row, int x, int left, int right)
{
    int n = box->format.n_channels;

    for (int c = 0; c < n; c++) {
        const float *column = box->columns + (size_t) left * (size_t) n + (size_t) c;
        double sum = 0;

        for (int i = 0; i < right - left; i++)
            sum += (double) column[i * n];
        set_sample (reduced_row, (size_t) x * (size_t) n + (size_t) c, box->format.type,
                    sum / (box->n_rows * (right - left)));
    }
}

static void
take_weighted (const HfBox *box, void *reduced_row, int x, int left, int right)
{
    int n = box->format.n_channels;
    size_t at = (size_t) x * (size_t) n;
    const double *sums = box->weighted + at;
    double weight = sums[n - 1];

    for (int c = 0; c < n - 1; c++)
        set_sample (reduced_row, at + (size_t) c, box->format.type,
                    weight > 0 ? sums[c] / weight : 0);
    set_sample (reduced_row, at + (size_t) n - 1, box->format.type,
                weight / (box->n_rows * (right - left)));
}

void
hf_box_take (HfBox *box, void *reduced_row)
{
    for (int x = 0, left = 0, right = box->first; x < box->reduced_width; x++) {
        if (box->columns)
            take_columns (box, reduced_row, x, left, right);
        else
            take_weighted (box, reduced_row, x, left, right);
        left = right;
        right = MIN (right + box->factor, box->width);
    }
    memset (box->columns ? (void *) box->columns : (void *) box->weighted, 0, box->size);
    box->n_rows = 0;
}
