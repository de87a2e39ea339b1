/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Fusion: frames go in one after the other, one picture comes out. The state's size depends on the
 * picture, never on the number of frames. The result does not depend on the number of threads.
 *
 *     fuser = hf_fuser_new (…);
 *     for (pass = 0; pass < hf_fuser_n_passes (fuser); pass++) {
 *         for each frame: hf_fuser_add (fuser, frame, …);
 *         hf_fuser_end_pass (fuser, …);
 *     }
 *     hf_fuser_finish (fuser, writer, …);
 *     hf_fuser_free (fuser);
 */
#ifndef HF_FUSE_H
#define HF_FUSE_H

#include <hyperfocal/band.h>
#include <hyperfocal/monitor.h>
#include <hyperfocal/option.h>
#include <hyperfocal/threads.h>

HF_BEGIN_DECLS

typedef struct HfFuseOptions {
#include <hyperfocal/options/fields.h>
#include <hyperfocal/options/fuse.def>
#include <hyperfocal/options/undefine.h>
} HfFuseOptions;

HF_API extern const HfOptionTable hf_fuse_table;

typedef struct HfFuser HfFuser;

typedef struct HfFuserSetup {
    const HfFuseOptions *options; /* borrowed during hf_fuser_new () */
    int width, height;            /* pixels of the canvas */
    int n_colours;                /* 1 or 3 */
    int n_frames;                 /* that will be added in a pass; the option prefer weighs by it.
                                   * 0 = not known: nothing is preferred */
    HfSampleType precision;       /* of the frames; decides how bands are kept between steps */
    double noise[3];              /* standard deviation of one frame, 0..1; 0 = free of noise */
    size_t memory_limit;          /* bytes the fuser is to hold at most, the rest goes to a
                                   * temporary file; 0 = what it likes */
    HfPool *pool;                 /* borrowed for the fuser's life; NULL = one thread */
    HfBudget *budget;             /* borrowed likewise; NULL = no limit */
} HfFuserSetup;

/* Bytes of pixel memory that a fuser of this setup holds at its peak: within memory_limit where the
 * method can do with that, else the least that it can do with. */
HF_API size_t hf_fuser_memory (const HfFuserSetup *setup);

/* HF_ERROR_MEMORY when the state does not fit, HF_ERROR_ARGUMENT for options out of range. */
HF_API HfFuser *hf_fuser_new (const HfFuserSetup *setup, GError **error);
HF_API void hf_fuser_free (HfFuser *fuser);

/* How often all frames must be added; at least 1. */
HF_API int hf_fuser_n_passes (const HfFuser *fuser);

/*
 * Takes one frame. `frame` is asked for bands that together cover the canvas, by several workers, each
 * pixel at least once, all before this returns. HF_ERROR_CANCELLED, HF_ERROR_MEMORY.
 */
HF_API bool hf_fuser_add (HfFuser *fuser, const HfBandReader *frame, HfMonitor *monitor,
                          GError **error);
HF_API bool hf_fuser_end_pass (HfFuser *fuser, GError **error);

/*
 * Hands the fused picture to `writer`, whole rows from the top down, float, validity = the largest
 * validity of all frames. Values stay within the range that the contributing frames have there.
 * Without any frame added: HF_ERROR_STACK.
 */
HF_API bool hf_fuser_finish (HfFuser *fuser, const HfBandWriter *writer, HfMonitor *monitor,
                             GError **error);

/* What a method may know beside the fused picture. */
typedef enum {
    HF_FUSER_MAP_DEPTH,     /* position along the stack, first frame 0, last 1, with fractions of frames */
    HF_FUSER_MAP_CONFIDENCE /* 0..1 */
} HfFuserMap;

/* Does this method make maps? */
HF_API bool hf_fuse_method_has_maps (HfFusionMethod method);

/*
 * Hands a map to `writer`, in bands of one colour, whole rows from the top down; after
 * hf_fuser_finish (). HF_ERROR_ARGUMENT when the method has none.
 */
HF_API bool hf_fuser_map (HfFuser *fuser, HfFuserMap map, const HfBandWriter *writer,
                          HfMonitor *monitor, GError **error);

HF_END_DECLS
#endif
