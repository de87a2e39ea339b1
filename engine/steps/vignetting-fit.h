/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * What is known about the logarithm u of the falloff, as a function of the squared radius, and the
 * curves that are fitted to it.
 */
#ifndef HF_VIGNETTING_FIT_H
#define HF_VIGNETTING_FIT_H

#include <hyperfocal/vignetting.h>

enum { HF_SHADE_KNOTS = 17 };

/*
 * The function u is linear between knots at squared radii 0, 1/16, …, 1. Every observation is a
 * weighted sum of knots with a variance; of all of them there remain the normal equations, so that
 * any number of frames needs the same memory. Observations are of differences: a constant in u
 * changes nothing.
 */
typedef struct HfShadeEvidence {
    double matrix[HF_SHADE_KNOTS][HF_SHADE_KNOTS];
    double vector[HF_SHADE_KNOTS];
} HfShadeEvidence;

/* Adds `share` times u at this squared radius to an observation's row. */
void hf_shade_hat (double *row, double squared_radius, double share);

/* Adds the observation row . u = value. */
void hf_shade_observe (HfShadeEvidence *evidence, const double *row, double value, double weight);

/* Adds weight × other. */
void hf_shade_join (HfShadeEvidence *evidence, const HfShadeEvidence *other, double weight);

/*
 * The curve of record->model with the least squares against the evidence, among those that never
 * grow with the radius and leave 2 % of the light or more. Sets shape and error.
 */
void hf_shade_fit (const HfShadeEvidence *evidence, HfVignettingRecord *record);

#endif
