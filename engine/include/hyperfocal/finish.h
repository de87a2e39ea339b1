/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * What is done to the fused picture: noise taken out, then an unsharp mask. Both look at a
 * neighbourhood, weighted by validity; what lies outside of the picture is not valid. Validity
 * itself stays as it is. The samples do not depend on how a picture is cut into bands.
 */
#ifndef HF_FINISH_H
#define HF_FINISH_H

#include <hyperfocal/band.h>
#include <hyperfocal/option.h>
#include <hyperfocal/threads.h>

HF_BEGIN_DECLS

typedef struct HfFinishOptions {
#include <hyperfocal/options/fields.h>
#include <hyperfocal/options/finish.def>
#include <hyperfocal/options/undefine.h>
} HfFinishOptions;

HF_API extern const HfOptionTable hf_finish_table;

/*
 * Pixels that denoising a picture reaches for on each side; 0 when nothing is to be done: amount 0,
 * or a noise of 0 in all colours. `noise` is the standard deviation of the noise of one frame,
 * 0..1, for each colour (grey: the first).
 */
HF_API int hf_denoise_reach (const HfFinishOptions *options, const double noise[3],
                             int n_colours);
/* Floats of scratch for a band of this size. */
HF_API size_t hf_denoise_scratch (int width, int height, int n_colours);
/*
 * Fills `out` (rectangle and planes set) from `in`, which holds that rectangle grown by the reach as
 * far as the picture goes. The noise in the picture may be weaker than that of a frame, and differ
 * from place to place. Cannot fail, allocates nothing.
 */
HF_API void hf_denoise_apply (const HfFinishOptions *options, const double noise[3],
                              const HfBand *in, HfBand *out, float *scratch);

/* The same for sharpening; 0 for an amount of 0. */
HF_API int hf_sharpen_reach (const HfFinishOptions *options);
HF_API size_t hf_sharpen_scratch (const HfFinishOptions *options, int width, int height,
                                  int n_colours);
HF_API void hf_sharpen_apply (const HfFinishOptions *options, const HfBand *in, HfBand *out,
                              float *scratch);

/* ---- both on rows that stream by ---- */

typedef struct HfFinish HfFinish;

typedef struct HfFinishSetup {
    const HfFinishOptions *options; /* borrowed for the HfFinish's life */
    int width, height;              /* pixels of the picture */
    int n_colours;                  /* 1 or 3 */
    double noise[3];                /* of one frame, as above */
    HfPool *pool;                   /* borrowed likewise; NULL = one thread */
    HfBudget *budget;               /* borrowed likewise; NULL = no limit */
} HfFinishSetup;

/* Bytes of pixel memory; 0 when nothing is to be done. */
HF_API size_t hf_finish_memory (const HfFinishSetup *setup);

/*
 * Takes the rows of a picture from the top and hands finished ones to `next` (copied), all of them
 * once the last has come. HF_ERROR_MEMORY when the window of rows does not fit.
 */
HF_API HfFinish *hf_finish_new (const HfFinishSetup *setup, const HfBandWriter *next,
                                GError **error);
HF_API HfBandWriter hf_finish_writer (HfFinish *finish); /* valid as long as it */
HF_API void hf_finish_free (HfFinish *finish);

HF_END_DECLS
#endif
