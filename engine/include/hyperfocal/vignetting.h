/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The vignetting step: light that is lost towards the corners of every frame, given back in the
 * frame's own coordinates, before the warp.
 *
 * Radii are distances from the centre of the frame, half a diagonal = 1.
 */
#ifndef HF_VIGNETTING_H
#define HF_VIGNETTING_H

#include <hyperfocal/band.h>
#include <hyperfocal/option.h>

HF_BEGIN_DECLS

typedef struct HfVignettingOptions {
#include <hyperfocal/options/fields.h>
#include <hyperfocal/options/vignetting.def>
#include <hyperfocal/options/undefine.h>
} HfVignettingOptions;

HF_API extern const HfOptionTable hf_vignetting_table;

typedef struct HfVignettingRecord {
    HfVignettingModel model;
    double shape[2]; /* polynomial: a, b; sigmoid: k, r0. Polynomial with 0, 0: nothing is lost */
    double light;    /* luminosity that the fit gives the centre, 0..1; 0 = not measured */
    double error;    /* standard error of the falloff at radius 1; 0 = not known */
    bool applied;    /* false: measured, but the frames are left as they are */
} HfVignettingRecord;

/* A record that changes nothing. */
HF_API HfVignettingRecord hf_vignetting_none (void);

/* The share of the centre's light that is left at this radius; kept within 0.02 .. 1. */
HF_API double hf_vignetting_falloff (const HfVignettingRecord *record, double radius);

/* The curve as text, "polynomial -0.6 0.01", and back; the rest of the record is set to "applied".
 * Newly allocated. HF_ERROR_ARGUMENT for a text that is no curve. */
HF_API char *hf_vignetting_to_string (const HfVignettingRecord *record);
HF_API bool hf_vignetting_from_string (const char *text, HfVignettingRecord *record,
                                       GError **error);

enum { HF_VIGNETTING_STEPS = 256 };

/* What apply needs, made once a frame: a polynomial, or factors at radii 0, 1/256, …, 1. */
typedef struct HfVignettingGains {
    bool identity;
    float black; /* pixels that are not lighter are left alone, 0..1 */
    bool polynomial;
    float shape[2], share;  /* a and b; the part of the loss that is given back */
    float gain[HF_VIGNETTING_STEPS + 1];
} HfVignettingGains;

/* Of the options, the black threshold and the largest correction count. */
HF_API void hf_vignetting_prepare (const HfVignettingRecord *record,
                                   const HfVignettingOptions *options, HfVignettingGains *gains);

/*
 * Divides by the falloff; never clips. Bands are in coordinates of the frame, which has width ×
 * height pixels; `out` may be `in`. Cannot fail.
 */
HF_API void hf_vignetting_apply (const HfVignettingGains *gains, int width, int height,
                                 const HfBand *in, HfBand *out);

HF_END_DECLS
#endif
