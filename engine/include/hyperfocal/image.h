/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Pictures in their own sample type, as files and editors hold them: interleaved rows. */
#ifndef HF_IMAGE_H
#define HF_IMAGE_H

#include <hyperfocal/memory.h>

HF_BEGIN_DECLS

/* The value is the number of bytes of a sample. */
typedef enum { HF_SAMPLE_U8 = 1, HF_SAMPLE_U16 = 2, HF_SAMPLE_FLOAT = 4 } HfSampleType;

typedef struct HfFormat {
    HfSampleType type;
    int n_channels; /* 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha (never premultiplied) */
} HfFormat;

typedef struct HfImage {
    int width, height; /* pixels */
    HfFormat format;
    size_t stride; /* bytes from row to row */
    void *data;    /* height × stride bytes, owned */
} HfImage;

HF_API bool hf_format_equal (HfFormat a, HfFormat b);
HF_API bool hf_format_has_alpha (HfFormat format);
HF_API int hf_format_n_colours (HfFormat format);        /* 1 or 3 */
HF_API size_t hf_format_bytes (HfFormat format);         /* bytes a pixel */
HF_API const char *hf_format_name (HfFormat format);     /* "RGB 8 bit", static */

/* A picture with uninitialised samples from `budget` (may be NULL). HF_ERROR_MEMORY,
 * HF_ERROR_SIZE when a side is not 1 .. 1 << 20. */
HF_API HfImage *hf_image_new (HfBudget *budget, int width, int height, HfFormat format,
                              GError **error);
HF_API void hf_image_free (HfImage *image);

/* First byte of row y. */
HF_API void *hf_image_row (const HfImage *image, int y);

/*
 * The picture reduced `factor` times (1, 2, 4, 8) by the mean over factor × factor boxes, weighted
 * by alpha; the last box of a row or column holds what is left, so the size is rounded up. Pixel k
 * of the result lies at (k + 0.5) factor - 0.5 of the source. New image, same format.
 */
HF_API HfImage *hf_image_reduce (const HfImage *image, int factor, HfBudget *budget,
                                 GError **error);

HF_END_DECLS
#endif
