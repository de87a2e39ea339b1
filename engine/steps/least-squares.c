/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "steps/least-squares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
hf_normal_add (HfNormal *normal, const double *phi, double y, double weight)
{
    for (int i = 0; i < normal->n; i++) {
        normal->vector[i] += weight * phi[i] * y;
        for (int k = 0; k < normal->n; k++)
            normal->matrix[i][k] += weight * phi[i] * phi[k];
    }
}

void
hf_normal_expect_zero (HfNormal *normal, int unknown, double weight)
{
    normal->matrix[unknown][unknown] += weight;
}

/* Cholesky's factor of the matrix, below the diagonal; false when it is not positive. */
static bool
factorise (const HfNormal *normal, double factor[HF_MOST_UNKNOWNS][HF_MOST_UNKNOWNS])
{
    for (int i = 0; i < normal->n; i++) {
        for (int k = 0; k <= i; k++) {
            double sum = normal->matrix[i][k];

            for (int j = 0; j < k; j++)
                sum -= factor[i][j] * factor[k][j];
            if (k < i)
                factor[i][k] = sum / factor[k][k];
            else if (sum > 1e-13 * normal->matrix[i][i])
                factor[i][i] = sqrt (sum);
            else
                return false;
        }
    }
    return true;
}

bool
hf_normal_solve (const HfNormal *normal, double *x)
{
    double factor[HF_MOST_UNKNOWNS][HF_MOST_UNKNOWNS], y[HF_MOST_UNKNOWNS];

    if (!factorise (normal, factor))
        return false;
    for (int i = 0; i < normal->n; i++) {
        y[i] = normal->vector[i];
        for (int k = 0; k < i; k++)
            y[i] -= factor[i][k] * y[k];
        y[i] /= factor[i][i];
    }
    for (int i = normal->n - 1; i >= 0; i--) {
        for (int k = i + 1; k < normal->n; k++)
            y[i] -= factor[k][i] * y[k];
        y[i] /= factor[i][i];
    }
    memcpy (x, y, (size_t) normal->n * sizeof *x);
    return true;
}

double
hf_normal_variance (const HfNormal *normal, const double *phi)
{
    HfNormal with = *normal;
    double x[HF_MOST_UNKNOWNS], variance = 0;

    memcpy (with.vector, phi, (size_t) normal->n * sizeof *phi);
    if (!hf_normal_solve (&with, x))
        return INFINITY;
    for (int i = 0; i < normal->n; i++)
        variance += phi[i] * x[i];
    return variance;
}

static int
compare_doubles (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

double
hf_median (double *numbers, int n)
{
    if (n == 0)
        return 0;
    qsort (numbers, (size_t) n, sizeof *numbers, compare_doubles);
    return numbers[n / 2];
}

double
hf_tukey (double residual, double cut)
{
    double t = residual / cut;

    return t * t < 1 ? (1 - t * t) * (1 - t * t) : 0;
}
