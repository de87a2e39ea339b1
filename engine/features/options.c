/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Which detector, descriptor and matching go together, in OpenCV and in principle:
 *
 *   - AKAZE describes only what AKAZE found: it reads the level of its own scale space from the
 *     feature.
 *   - ORB cannot describe what SIFT found: both keep the octave of a feature in the same place, in
 *     different ways.
 *   - SIFT's descriptors are numbers, all others strings of bits. Of bits the number that differ
 *     counts (Hamming's norm); the index for nearest neighbours compares numbers.
 */
#include <hyperfocal/features.h>

#include <hyperfocal/error.h>

#define HF_OPTION_STRUCT HfFeaturesOptions
static const HfOption table[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/features.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_features_table = { "features", "Features", table, G_N_ELEMENTS (table),
                                          sizeof (HfFeaturesOptions) };

static HfDescriptor
descriptor_of (const HfFeaturesOptions *options)
{
    static const HfDescriptor own[] = { [HF_DETECTOR_SIFT] = HF_DESCRIPTOR_SIFT,
                                        [HF_DETECTOR_ORB] = HF_DESCRIPTOR_ORB,
                                        [HF_DETECTOR_SURF] = HF_DESCRIPTOR_SIFT,
                                        [HF_DETECTOR_AKAZE] = HF_DESCRIPTOR_AKAZE,
                                        [HF_DETECTOR_BRISK] = HF_DESCRIPTOR_BRISK };

    return options->descriptor == HF_DESCRIPTOR_AUTO ? own[options->detector]
                                                     : (HfDescriptor) options->descriptor;
}

static const char *
why_not (HfDetector detector, HfDescriptor descriptor, HfMatching matching)
{
    if (descriptor == HF_DESCRIPTOR_AKAZE && detector != HF_DETECTOR_AKAZE)
        return "akaze describes only what akaze has found";
    if (descriptor == HF_DESCRIPTOR_ORB && detector == HF_DETECTOR_SIFT)
        return "orb misreads the octave of what sift has found";
    if (descriptor == HF_DESCRIPTOR_SIFT && matching == HF_MATCHING_NORM_HAMMING)
        return "sift describes by numbers, norm-hamming compares bits; take knn";
    if (descriptor != HF_DESCRIPTOR_SIFT && matching == HF_MATCHING_KNN)
        return "the index of knn compares numbers, but this descriptor is of bits; take "
               "norm-hamming";
    return NULL;
}

static bool
check_pair (const HfFeaturesOptions *options, GError **error)
{
    HfDescriptor descriptor = descriptor_of (options);
    const char *reason =
        why_not ((HfDetector) options->detector, descriptor, (HfMatching) options->matching);

    if (!reason)
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                 "detector %s, descriptor %s and matching %s do not go together: %s",
                 hf_choice_nick (hf_detector_choices, options->detector),
                 hf_choice_nick (hf_descriptor_choices, (int) descriptor),
                 hf_choice_nick (hf_matching_choices, options->matching), reason);
    return false;
}

bool
hf_features_check (const HfFeaturesOptions *options, GError **error)
{
    if (options->estimate == HF_ESTIMATE_DIRECT)
        return true;
    if (!hf_features_available ()) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "estimate %s needs feature detectors, which this build does not have; it was "
                     "made without OpenCV",
                     hf_choice_nick (hf_estimate_choices, options->estimate));
        return false;
    }
    if (options->detector == HF_DETECTOR_SURF && !hf_features_has_surf ()) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "detector surf is not there: the OpenCV of this build has no SURF; take sift, "
                     "orb, akaze or brisk");
        return false;
    }
    return check_pair (options, error);
}
