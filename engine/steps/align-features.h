/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* A frame's features, as the alignment keeps them in its view; private to the alignment step. */
#ifndef HF_ALIGN_FEATURES_H
#define HF_ALIGN_FEATURES_H

#include "features/features.h"

#include <hyperfocal/image.h>

typedef struct HfAlignFeatures HfAlignFeatures;

/* Finds the features of a frame that comes reduced `reduction` times; by the options' subsampling
 * it may be reduced further. */
HfAlignFeatures *hf_align_features_new (const HfFeaturesOptions *options, const HfImage *image,
                                        int reduction, HfBudget *budget, GError **error);
void hf_align_features_free (HfAlignFeatures *features);

#endif
