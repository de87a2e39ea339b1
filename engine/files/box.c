/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Sums of whole numbers are kept in 32 bits (8 × 8 × 65535 fits); sums of floats, and those
 * weighted by alpha, in double, in the order of hf_image_reduce (): the results are the same bits.
 */
#include "files/box.h"

#include <string.h>

struct HfBox {
    int width, reduced_width, factor, first;
    HfFormat format;
    bool whole; /* sums are uint32_t, else double */
    int n_rows; /* added */
    void *sums; /* reduced_width × n_channels */
    size_t size;
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
    HfBox box = { .width = width,
                  .reduced_width = hf_box_reduced (width, factor),
                  .factor = factor,
                  .first = hf_box_first (width, factor, flip),
                  .format = format,
                  .whole = format.type != HF_SAMPLE_FLOAT && !hf_format_has_alpha (format) };

    box.size = (size_t) box.reduced_width * (size_t) format.n_channels *
               (box.whole ? sizeof (uint32_t) : sizeof (double));
    box.sums = hf_pixels_new (budget, box.size, "the reduction of a frame", error);
    if (!box.sums)
        return NULL;
    memset (box.sums, 0, box.size);
    return g_memdup2 (&box, sizeof box);
}

void
hf_box_free (HfBox *box)
{
    if (!box)
        return;
    hf_pixels_free (box->sums);
    g_free (box);
}

/* Sums of n channels each, without weights. */
#define ADD_PLAIN(name, Sample, Sum)                                                               \
    static void name (HfBox *box, const Sample *in, Sum *sum, int n)                               \
    {                                                                                              \
        int box_width = box->first;                                                                \
                                                                                                   \
        for (int left = box->width; left > 0; sum += n) {                                          \
            int count = MIN (box_width, left);                                                     \
                                                                                                   \
            for (int i = 0; i < count; i++, in += n)                                               \
                for (int c = 0; c < n; c++)                                                        \
                    sum[c] += in[c];                                                               \
            left -= count;                                                                         \
            box_width = box->factor;                                                               \
        }                                                                                          \
    }

/* Colours weighted by alpha, which is the last channel and keeps the sum of the weights. */
#define ADD_WEIGHTED(name, Sample)                                                                 \
    static void name (HfBox *box, const Sample *in, double *sum, int n)                            \
    {                                                                                              \
        int box_width = box->first;                                                                \
                                                                                                   \
        for (int left = box->width; left > 0; sum += n) {                                          \
            int count = MIN (box_width, left);                                                     \
                                                                                                   \
            for (int i = 0; i < count; i++, in += n) {                                             \
                double weight = in[n - 1];                                                         \
                                                                                                   \
                for (int c = 0; c < n - 1; c++)                                                    \
                    sum[c] += weight * in[c];                                                      \
                sum[n - 1] += weight;                                                              \
            }                                                                                      \
            left -= count;                                                                         \
            box_width = box->factor;                                                               \
        }                                                                                          \
    }

ADD_PLAIN (add_u8, uint8_t, uint32_t)
ADD_PLAIN (add_u16, uint16_t, uint32_t)
ADD_PLAIN (add_float, float, double)
ADD_WEIGHTED (add_weighted_u8, uint8_t)
ADD_WEIGHTED (add_weighted_u16, uint16_t)
ADD_WEIGHTED (add_weighted_float, float)

void
hf_box_add (HfBox *box, const void *row)
{
    int n = box->format.n_channels;
    bool weighted = hf_format_has_alpha (box->format);

    box->n_rows++;
    switch (box->format.type) {
    case HF_SAMPLE_U8:
        if (weighted)
            add_weighted_u8 (box, row, box->sums, n);
        else
            add_u8 (box, row, box->sums, n);
        break;
    case HF_SAMPLE_U16:
        if (weighted)
            add_weighted_u16 (box, row, box->sums, n);
        else
            add_u16 (box, row, box->sums, n);
        break;
    case HF_SAMPLE_FLOAT:
        if (weighted)
            add_weighted_float (box, row, box->sums, n);
        else
            add_float (box, row, box->sums, n);
        break;
    }
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

static double
sum_at (const HfBox *box, size_t at)
{
    return box->whole ? ((const uint32_t *) box->sums)[at] : ((const double *) box->sums)[at];
}

void
hf_box_take (HfBox *box, void *reduced_row)
{
    int n = box->format.n_channels, right = box->first;
    int alpha = hf_format_has_alpha (box->format) ? n - 1 : -1;

    for (int x = 0, left = 0; x < box->reduced_width; x++) {
        size_t at = (size_t) x * (size_t) n;
        double count = (double) (right - left) * box->n_rows;
        double weight = alpha < 0 ? count : sum_at (box, at + (size_t) alpha);

        for (int c = 0; c < n; c++)
            set_sample (reduced_row, at + (size_t) c, box->format.type,
                        c == alpha   ? weight / count
                        : weight > 0 ? sum_at (box, at + (size_t) c) / weight
                                     : 0);
        left = right;
        right = MIN (right + box->factor, box->width);
    }
    memset (box->sums, 0, box->size);
    box->n_rows = 0;
}
