/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Sweep 2 in its parts: spans of frames into a fuser, and the fused picture out of it. */
#ifndef HF_RUN_FUSE_H
#define HF_RUN_FUSE_H

#include "pipeline/run.h"

/* Some of the used frames, in order. */
typedef struct HfFrameSpan {
    const int *frames; /* n indices, borrowed */
    int n;
    int n_sent;      /* so many at the beginning have gone to the layers' sink already */
    double from, to; /* of the progress, 0..1 */
} HfFrameSpan;

/* fuse.c: makes run->fuser (there is none yet) and adds the span, as often as it wants; measures
 * the noise of the first frame where that has not been done. Aligned frames go to the layers' sink.
 */
bool hf_run_fuse_span (HfRun *run, const HfFrameSpan *span, GError **error);

/* fuse.c: hands the fused picture, denoised and sharpened as wanted, to the writer; and as it is to
 * `beside`, which may be NULL. */
bool hf_run_finish_to (HfRun *run, const HfBandWriter *beside, const HfBandWriter *writer,
                       GError **error);

/* fuse.c: hands a map of run->fuser, on the canvas, to the writer. */
bool hf_run_read_map (HfRun *run, HfFuserMap map, const HfBandWriter *writer, GError **error);

/* depth-plot.c: the depth map as a plot, after the fusion is finished. */
bool hf_run_plot_depth (HfRun *run, GError **error);
/* depth-plot.c: HF_ERROR_ARGUMENT where a plot is wanted that cannot be. */
bool hf_run_check_plot_depth (const HfRun *run, GError **error);

/* slabs.c: frames of a slab; 0 where none are made. */
int hf_run_slab_size (const HfRun *run);
/* slabs.c: is the fused picture made of the slabs? */
bool hf_run_fuses_slabs_again (const HfRun *run);
/* slabs.c: HF_ERROR_ARGUMENT for slabs that cannot be. */
bool hf_run_check_slabs (const HfRun *run, GError **error);
/* slabs.c: makes all slabs; where they are fused again, run->fuser is left ready to finish. */
bool hf_run_fuse_slabs (HfRun *run, const int *used, int n_used, double from, double to,
                        GError **error);

#endif
