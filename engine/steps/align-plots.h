/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Plots of the alignment, where they are wanted; private to the alignment step. */
#ifndef HF_ALIGN_PLOTS_H
#define HF_ALIGN_PLOTS_H

#include "steps/align-pair.h"
#include "steps/step.h"

typedef struct HfAlignPlots HfAlignPlots;

HfAlignPlots *hf_align_plots_new (int n_frames);
void hf_align_plots_free (HfAlignPlots *plots);

/* Keeps for a frame what is to be seen of its registration to `template`. */
void hf_align_plots_add (HfAlignPlots *plots, const HfAlignTools *tools,
                         const HfAlignView *template, const HfAlignView *frame,
                         const HfAlignPair *pair);

/*
 * Writes alignment.svg, all records over the frames, and alignment-N.svg for each frame N that
 * was registered: the shifts seen against its neighbour, and what the final motion leaves of them.
 */
bool hf_align_plots_save (const HfAlignPlots *plots, const HfSweep *sweep, GError **error);

#endif
