/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* The whole walk: source -> measure, settle -> apply, fuse -> sinks. */
#ifndef HF_STACK_H
#define HF_STACK_H

#include <hyperfocal/features.h>
#include <hyperfocal/finish.h>
#include <hyperfocal/fuse.h>
#include <hyperfocal/hot-pixels.h>
#include <hyperfocal/record.h>
#include <hyperfocal/sink.h>
#include <hyperfocal/source.h>

HF_BEGIN_DECLS

typedef struct HfSlabsOptions {
#include <hyperfocal/options/fields.h>
#include <hyperfocal/options/slabs.def>
#include <hyperfocal/options/undefine.h>
} HfSlabsOptions;

HF_API extern const HfOptionTable hf_slabs_table;

typedef struct HfOutputOptions {
#include <hyperfocal/options/fields.h>
#include <hyperfocal/options/output.def>
#include <hyperfocal/options/undefine.h>
} HfOutputOptions;

HF_API extern const HfOptionTable hf_output_table;

typedef struct HfStackOptions {
    HfHotPixelOptions hot_pixels;
    HfVignettingOptions vignetting;
    HfAlignOptions align;
    HfFeaturesOptions features;
    HfBalanceOptions balance;
    HfFuseOptions fuse;
    HfSlabsOptions slabs;
    HfFinishOptions finish;
    HfOutputOptions output;
} HfStackOptions;

/* One part of HfStackOptions: its table and where it lies. */
typedef struct HfStackPart {
    const HfOptionTable *table;
    size_t offset;
} HfStackPart;

/* All parts, in the order they are shown; ended by a NULL table. */
HF_API extern const HfStackPart hf_stack_parts[];

HF_API void hf_stack_options_init (HfStackOptions *options);
HF_API void hf_stack_options_clear (HfStackOptions *options);

/* The option of this name in any part, and the address of the struct it belongs to; NULL: none. */
HF_API const HfOption *hf_stack_option_find (HfStackOptions *options, const char *name,
                                             void **part);

typedef struct HfStage {
    const char *name; /* "measure", static */
    double seconds;   /* wall clock */
} HfStage;

/* What a run found out. */
typedef struct HfStackResult {
    int n_frames;
    HfRecord *records; /* n_frames, in the source's order; owned */
    char **names;      /* n_frames, owned */
    int reference;     /* index of the reference frame */
    int n_used;        /* frames that took part */
    HfRect crop;       /* the output's rectangle in reference pixels */
    int threads;
    size_t peak_memory; /* bytes, of the budget */
    double noise[3];    /* what the fusion went by */
    int n_defects;      /* pixels of the sensor that were replaced in every frame */
    HfStage stages[8];
    int n_stages;
} HfStackResult;

HF_API void hf_stack_result_clear (HfStackResult *result);

/* The run as JSON, see docs/report.md; newly allocated. */
HF_API char *hf_stack_result_to_json (const HfStackResult *result);

/*
 * Where the pictures of a run go; any may be NULL, not all of them. One sink may stand for several
 * of them: it gets each picture once.
 */
typedef struct HfStackSinks {
    HfSink *fused;      /* the fused picture */
    HfSink *layers;     /* the aligned frames in order, then the fused picture if `fused` is there */
    HfSink *slabs;      /* the slabs in order, each as soon as it is fused */
    HfSink *depth;      /* the depth map, in the samples of the option depth-bits */
    HfSink *confidence; /* its confidence, likewise */
} HfStackSinks;

/*
 * Slabs: the used frames are cut into runs of `slabs` neighbours, each beginning slab-overlap frames
 * before the one ahead of it ends; the last may have fewer. Each is fused for itself, and denoised and
 * sharpened as the fused picture is. That one comes from the slabs, or from all frames as without
 * slabs. Memory does not depend on the number of slabs: what is to be fused again waits in an
 * unlinked temporary file, as float.
 */

/*
 * Runs a stack. Without a sink for what is fused (all but `layers`) frames are aligned and nothing is fused. Fused picture
 * and aligned frames have the sample type of the reference, with alpha where a frame does not
 * cover the canvas. All sinks are committed at the end, after all was computed. `monitor` may be
 * NULL. `result` is filled as far as the run came, also on failure; clear it in any case. May be
 * called by several threads at once, each with its own source and sinks.
 *
 * Where hardly any frame fits the reference that was asked for (it is black, of another scene) another
 * one of its size and format is taken, with a warning; the option strict forbids that.
 *
 * Errors: those of source and sinks; HF_ERROR_ARGUMENT for a map that the method of fusion does
 * not make, or for slabs that overlap entirely; HF_ERROR_SIZE for frames that do not fit the reference, HF_ERROR_STACK when fewer
 * than two frames can be used, HF_ERROR_MEMORY before the work starts when the budget cannot
 * do, with the number needed.
 */
HF_API bool hf_stack_run (HfSource *source, const HfStackOptions *options,
                          const HfStackSinks *sinks, HfMonitor *monitor, HfStackResult *result,
                          GError **error);

HF_END_DECLS
#endif
