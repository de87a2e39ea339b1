/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The estimate of motion by features: points that are found again in the other frame. An optional
 * part of the library; the detectors and matchers are OpenCV's.
 */
#ifndef HF_FEATURES_H
#define HF_FEATURES_H

#include <hyperfocal/option.h>

HF_BEGIN_DECLS

typedef struct HfFeaturesOptions {
#include <hyperfocal/options/fields.h>
#include <hyperfocal/options/features.def>
#include <hyperfocal/options/undefine.h>
} HfFeaturesOptions;

HF_API extern const HfOptionTable hf_features_table;

/* Was the library built with feature detectors? */
HF_API bool hf_features_available (void);

/* Has it SURF too, which few builds of OpenCV have? */
HF_API bool hf_features_has_surf (void);

/*
 * Do detector, descriptor and matching of these options go together, and are they there?
 * HF_ERROR_ARGUMENT with the reason. Options that ask for no features are good anywhere.
 */
HF_API bool hf_features_check (const HfFeaturesOptions *options, GError **error);

HF_END_DECLS
#endif
