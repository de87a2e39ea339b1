/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Bands: a rectangle of a picture as float planes. All arithmetic on pixels happens in bands;
 * whole pictures exist in their own sample type only.
 *
 * Validity says how far a pixel may be believed: alpha × coverage, 0..1. Where it is 0 the colour is
 * undefined but finite. A band that is `opaque` is valid everywhere, and its validity plane is then
 * neither read nor written.
 */
#ifndef HF_BAND_H
#define HF_BAND_H

#include <hyperfocal/image.h>

HF_BEGIN_DECLS

typedef struct HfRect {
    int x, y, width, height; /* pixels; empty where width or height <= 0 */
} HfRect;

typedef struct HfBand {
    HfRect rect;      /* where it lies in its picture */
    int n_colours;    /* 1 or 3 */
    size_t stride;    /* floats from row to row, the same for all planes */
    float *colour[3]; /* n_colours planes of rect.height × stride floats */
    float *validity;  /* one more plane, always there */
    bool opaque;      /* validity is 1 everywhere; the plane is not to be read */
} HfBand;

HF_API bool hf_rect_is_empty (HfRect rect);
HF_API HfRect hf_rect_intersect (HfRect a, HfRect b);

/* Floats that hf_band_place () needs for a band of this size: (n_colours + 1) planes. */
HF_API size_t hf_band_floats (int width, int height, int n_colours);

/* Lays a band out in `memory` (hf_band_floats () of them, borrowed); rows are packed with the
 * stride rounded up to 16 floats. The samples stay as they are. */
HF_API void hf_band_place (HfBand *band, HfRect rect, int n_colours, float *memory);

/* A view of the part of `band` within `rect` (picture coordinates, inside band->rect). */
HF_API HfBand hf_band_crop (const HfBand *band, HfRect rect);

/*
 * Fills the band from the same rectangle of the picture. 8 and 16 bit become 0..1; alpha becomes
 * validity; the band is opaque when no alpha in it is below 1. Grey stays one plane. NaN samples are
 * read as 0 with validity 0 (the band is then not opaque), others kept within ±FLT_MAX / 4.
 * The rectangle must lie inside the picture and n_colours must fit.
 */
HF_API void hf_band_read (HfBand *band, const HfImage *image);

/*
 * Writes the band to its rectangle of the picture: 8 and 16 bit rounded to nearest and clamped, float
 * as it is. With alpha in the format validity is written to it, colour under zero validity becomes 0.
 */
HF_API void hf_band_write (const HfBand *band, HfImage *image);

/* The same with the colour under zero validity as it stands in the band. */
HF_API void hf_band_write_all (const HfBand *band, HfImage *image);

/* Something that can fill any band of one frame: the rectangle and planes of `band` are set, the
 * samples, validity and `opaque` are to be written. Called by several workers at once, each with
 * its own number. Cannot fail. */
typedef struct HfBandReader {
    void (*read) (void *data, HfBand *band, int worker);
    void *data;
} HfBandReader;

/* Something that takes finished rows, from the top down, each once, full width. Called from the
 * thread that called the engine. */
typedef struct HfBandWriter {
    bool (*write) (void *data, const HfBand *band, GError **error);
    void *data;
} HfBandWriter;

HF_END_DECLS
#endif
