/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* A frame's features, as the alignment keeps them in its view; private to the alignment step. */
#ifndef HF_ALIGN_FEATURES_H
#define HF_ALIGN_FEATURES_H

#include "features/features.h"

#include <hyperfocal/image.h>

typedef struct HfAlignFeatures HfAlignFeatures;

/*
 * Finds the features of a frame that comes reduced `reduction` times, in a picture reduced
 * `further` times more; 0: as the options' subsampling asks for.
 */
HfAlignFeatures *hf_align_features_new (const HfFeaturesOptions *options, const HfImage *image,
                                        int reduction, int further, HfBudget *budget,
                                        GError **error);
void hf_align_features_free (HfAlignFeatures *features);

/*
 * How many frames' features may be looked for at once, in pictures of so many pixels: OpenCV's
 * memory is not of the budget, but is to stay within it by and large.
 */
int hf_align_features_at_once (const HfFeaturesOptions *options, double pixels,
                               const HfBudget *budget, int n_threads);

/* The reduction in which a frame is looked at again: 1 if memory allows, else a larger one. */
int hf_align_features_fine (double pixels, const HfBudget *budget);

/* Are these of a picture that was reduced by more? */
bool hf_align_features_coarser (const HfAlignFeatures *features, int reduction);

#endif
