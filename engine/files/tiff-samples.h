/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* From the samples of a TIFF, as they are stored, to rows in one of the engine's formats. */
#ifndef HF_FILES_TIFF_SAMPLES_H
#define HF_FILES_TIFF_SAMPLES_H

#include <hyperfocal/image.h>

typedef struct HfTiffSamples {
    int width;          /* pixels of a row */
    HfFormat format;    /* of the rows */
    uint16_t n_samples; /* of a pixel; those that are no colour and no alpha are passed over */
    uint16_t bits;      /* of a sample: 8, 16; floats 16, 32, 64 */
    uint16_t sample_format, photometric; /* as in the file */
    uint16_t *palette[3];                /* borrowed; NULL = none */
    int palette_shift;                   /* to 8 bit */
    int alpha;                           /* index of its sample, -1 = none */
    bool associated;                     /* colours are stored multiplied by alpha */
} HfTiffSamples;

/* Bytes of a sample. */
size_t hf_tiff_sample_bytes (const HfTiffSamples *samples);

/* Are the samples of a row the row, with nothing to do? */
bool hf_tiff_samples_are_rows (const HfTiffSamples *samples);

/*
 * Unpacks the samples of one row: channels picked, white-is-zero turned round, alpha divided out of
 * the colours where it is associated, palettes and other floats converted. Not in place.
 */
void hf_tiff_samples_unpack (const HfTiffSamples *samples, const char *from, void *row);

#endif
