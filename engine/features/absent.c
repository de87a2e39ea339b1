/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Stands where OpenCV is not there: hf_features_check () has refused before anything here is asked.
 */
#ifndef HF_HAVE_OPENCV

#include "features/features.h"

#include <hyperfocal/error.h>

bool
hf_features_available (void)
{
    return false;
}

bool
hf_features_has_surf (void)
{
    return false;
}

static void
refuse (GError **error)
{
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "this build has no feature detectors");
}

HfFeatureSet *
hf_feature_set_new (const HfFeaturesOptions *options, const HfFeaturePicture *picture,
                    GError **error)
{
    refuse (error);
    return NULL;
}

void
hf_feature_set_free (HfFeatureSet *set)
{
}

int
hf_feature_set_n (const HfFeatureSet *set)
{
    return 0;
}

HfFeatureMatch *
hf_feature_match (const HfFeaturesOptions *options, const HfFeatureSet *first,
                  const HfFeatureSet *second, int *n, GError **error)
{
    *n = 0;
    refuse (error);
    return NULL;
}

int
hf_feature_fit (const HfFeaturesOptions *options, HfTransformModel model, HfFeatureMatch *matches,
                int n, HfMatrix *motion, GError **error)
{
    refuse (error);
    return -1;
}

#else
typedef int hf_features_are_there; /* a file needs something in it */
#endif
