/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * What the alignment asks of OpenCV, as C: find features in a picture, match those of two pictures,
 * tell right matches from wrong ones. opencv.cpp does it, absent.c where OpenCV is not there.
 *
 * Any thread, several at once. The same input gives the same output however many threads there are:
 * OpenCV works on the calling thread alone, random numbers begin anew with each call, and what the
 * host has set of both is as it was afterwards. What OpenCV allocates is not of the budget.
 */
#ifndef HF_FEATURES_FEATURES_H
#define HF_FEATURES_FEATURES_H

#include <hyperfocal/features.h>
#include <hyperfocal/matrix.h>

HF_BEGIN_DECLS

/* Bytes a pixel that finding features takes at its peak (SIFT: eleven planes of twice the sides).
 */
enum { HF_FEATURES_BYTES = 200 };

/* Packed rows of 8 bits. */
typedef struct HfFeaturePicture {
    int width, height;
    const uint8_t *grey;
    const uint8_t *mask; /* 0 where nothing is to be found; NULL: everywhere */
} HfFeaturePicture;

typedef struct HfFeatureMatch {
    float x0, y0, x1, y1; /* pixels of the first and of the second picture */
    float size;           /* diameter of the feature in the first, pixels */
    bool agrees;          /* with the motion that was fitted */
} HfFeatureMatch;

/* The features of one picture with their descriptors. */
typedef struct HfFeatureSet HfFeatureSet;

/* The options have been checked. HF_ERROR_MEMORY, or HF_ERROR_ARGUMENT with OpenCV's complaint. */
HfFeatureSet *hf_feature_set_new (const HfFeaturesOptions *options, const HfFeaturePicture *picture,
                                  GError **error);
void hf_feature_set_free (HfFeatureSet *set);
int hf_feature_set_n (const HfFeatureSet *set);

/* The good matches by the match threshold, at most one for a feature of the first picture; *n of
 * them, g_free (); NULL with *error, or without where there is none. */
HfFeatureMatch *hf_feature_match (const HfFeaturesOptions *options, const HfFeatureSet *first,
                                  const HfFeatureSet *second, int *n, GError **error);

/*
 * The motion first -> second of the model (rigid for a translation, homography for automatic) that
 * most matches agree with, and which do. Returns their number, 0 where there is no such motion, -1
 * with *error.
 */
int hf_feature_fit (const HfFeaturesOptions *options, HfTransformModel model,
                    HfFeatureMatch *matches, int n, HfMatrix *motion, GError **error);

HF_END_DECLS
#endif
