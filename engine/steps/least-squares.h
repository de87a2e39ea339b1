/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Small weighted least squares for the measuring steps: normal equations of a few unknowns. */
#ifndef HF_LEAST_SQUARES_H
#define HF_LEAST_SQUARES_H

#include <stdbool.h>

enum { HF_MOST_UNKNOWNS = 8 };

/* sum w phi phi' and sum w phi y over what was added. */
typedef struct HfNormal {
    int n; /* unknowns */
    double matrix[HF_MOST_UNKNOWNS][HF_MOST_UNKNOWNS];
    double vector[HF_MOST_UNKNOWNS];
} HfNormal;

/* Adds the equation phi . x = y with this weight; phi has n numbers. */
void hf_normal_add (HfNormal *normal, const double *phi, double y, double weight);

/* Adds the prior x[unknown] = 0 with this weight, 1 / variance in the units of the others. */
void hf_normal_expect_zero (HfNormal *normal, int unknown, double weight);

/* Solves for x[n]; false, with x as it was, when the equations do not determine it. */
bool hf_normal_solve (const HfNormal *normal, double *x);

/* phi' matrix^-1 phi: the variance of phi . x where weights are 1 / variance; infinite when the
 * equations do not determine it. */
double hf_normal_variance (const HfNormal *normal, const double *phi);

/* The median of n numbers, which are sorted by it; 0 for none. */
double hf_median (double *numbers, int n);

/* Tukey's weight of a residual: 1 at 0, 0 from `cut` on. */
double hf_tukey (double residual, double cut);

#endif
