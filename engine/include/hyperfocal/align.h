/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The alignment step: where each frame lies against the reference, and the warp that brings it
 * there, once, from the source, in float.
 */
#ifndef HF_ALIGN_H
#define HF_ALIGN_H

#include <hyperfocal/band.h>
#include <hyperfocal/matrix.h>
#include <hyperfocal/option.h>

HF_BEGIN_DECLS

typedef struct HfAlignOptions {
#include <hyperfocal/options/fields.h>
#include <hyperfocal/options/align.def>
#include <hyperfocal/options/undefine.h>
} HfAlignOptions;

HF_API extern const HfOptionTable hf_align_table;

typedef struct HfAlignRecord {
    HfMatrix matrix;        /* reference pixels -> this frame's pixels, full size */
    HfTransformModel model; /* what was fitted; NONE = identity */
    double residual;        /* pixels, RMS of the local shifts that the model leaves (0 for the reference) */
    double correlation;     /* 0..1, of the locally normalised pictures after alignment */
    double overlap;         /* 0..1, share of the reference that the frame covers */
    double inliers;         /* 0..1, share of the texture that agrees with the motion, within a pixel of what is
                             * looked at */
} HfAlignRecord;

/*
 * The rectangle of the source frame (src_width × src_height) that a warp to `out` reads; empty when
 * none of `out` is covered. Never larger than the frame.
 */
HF_API HfRect hf_align_reach (const HfAlignRecord *record, HfInterpolation interpolation,
                              HfRect out, int src_width, int src_height);

/* Floats of scratch that hf_align_apply () needs for this `out`. */
HF_API size_t hf_align_scratch (const HfAlignRecord *record, HfInterpolation interpolation,
                                HfRect out, int n_colours, int src_width, int src_height);

/*
 * Warps: fills out (rectangle and planes set) from `in`, which holds at least hf_align_reach () of
 * the frame. An identity or whole-pixel shift copies the samples bit for bit. Outside of the frame
 * validity is 0 and the colour that of the nearest pixel of the frame's border. Validity of the
 * source weighs the interpolation. Cannot fail, allocates nothing. `scratch` may be NULL when
 * hf_align_scratch () is 0.
 */
HF_API void hf_align_apply (const HfAlignRecord *record, HfInterpolation interpolation,
                            int src_width, int src_height, const HfBand *in, HfBand *out,
                            float *scratch);

/* Share of the reference, 0..1, that a frame with this matrix covers, by 64 × 64 points. */
HF_API double hf_align_overlap (const HfMatrix *matrix, int reference_width, int reference_height,
                                int frame_width, int frame_height);

/* Index of the reference frame among n, from the option's text ("middle" = n / 2). */
HF_API bool hf_align_reference (const HfAlignOptions *options, int n_frames, int *reference,
                                GError **error);

HF_END_DECLS
#endif
