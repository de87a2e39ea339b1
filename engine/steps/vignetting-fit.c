/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Bounded least squares for two parameters
 * ----------------------------------------
 * With u (p) the logarithm of a curve at the knots, the sum of the weighted squares of all
 * observations is, but for a constant, u' M u - 2 v' u. It is brought down by a pattern search: of
 * the eight neighbours of the best parameters the first better one is taken, and where there is
 * none the step is halved (R. Hooke, T. Jeeves, "Direct search" solution of numerical and
 * statistical problems, 1961); curves out of bounds are infinitely bad. A sum of squares of smooth
 * functions of two numbers needs no more, and it cannot leave the bounds or diverge.
 *
 * The parameters of the polynomial have a weak prior about 0; those of the sigmoid are bounded.
 * The standard error is that of the curvature at the best place, by differences.
 */
#include "steps/vignetting-fit.h"

#include <math.h>

enum { MOST_ROUNDS = 4000 };

static const double first_step = 0.3, last_step = 1e-6;
static const double least_k = 0.3, most_k = 12, least_r0 = -0.5, most_r0 = 5;
static const double prior[2] = { 0.1, 1 }; /* of a and b: 1 / variance */

void
hf_shade_hat (double *row, double squared_radius, double share)
{
    double place = CLAMP (squared_radius, 0, 1) * (HF_SHADE_KNOTS - 1);
    int knot = MIN ((int) place, HF_SHADE_KNOTS - 2);

    row[knot] += share * (knot + 1 - place);
    row[knot + 1] += share * (place - knot);
}

void
hf_shade_observe (HfShadeEvidence *evidence, const double *row, double value, double weight)
{
    for (int i = 0; i < HF_SHADE_KNOTS; i++) {
        evidence->vector[i] += weight * row[i] * value;
        for (int k = 0; k < HF_SHADE_KNOTS; k++)
            evidence->matrix[i][k] += weight * row[i] * row[k];
    }
}

void
hf_shade_join (HfShadeEvidence *evidence, const HfShadeEvidence *other, double weight)
{
    for (int i = 0; i < HF_SHADE_KNOTS; i++) {
        evidence->vector[i] += weight * other->vector[i];
        for (int k = 0; k < HF_SHADE_KNOTS; k++)
            evidence->matrix[i][k] += weight * other->matrix[i][k];
    }
}

/* Does the curve leave any light? (The rest of the bounds is kept by move ().) */
static bool
is_allowed (const HfVignettingRecord *record)
{
    const double *p = record->shape;

    if (record->model == HF_VIGNETTING_SIGMOID)
        return true;
    return 1 + p[0] + p[1] >= 0.02;
}

/* The sum of squares of a curve, but for a constant. */
static double
badness (const HfShadeEvidence *evidence, const HfVignettingRecord *record)
{
    double u[HF_SHADE_KNOTS], sum = 0;

    if (!is_allowed (record))
        return INFINITY;
    for (int i = 0; i < HF_SHADE_KNOTS; i++)
        u[i] = log (hf_vignetting_falloff (record, sqrt (i / (HF_SHADE_KNOTS - 1.0))));
    for (int i = 0; i < HF_SHADE_KNOTS; i++) {
        double product = -2 * evidence->vector[i];

        for (int k = 0; k < HF_SHADE_KNOTS; k++)
            product += evidence->matrix[i][k] * u[k];
        sum += u[i] * product;
    }
    if (record->model == HF_VIGNETTING_POLYNOMIAL)
        for (int i = 0; i < 2; i++)
            sum += prior[i] * record->shape[i] * record->shape[i];
    return sum;
}

/*
 * One step of the search, along what is bounded: of the polynomial a and a + 2 b, its slopes over
 * r² in the centre and in the corner. Those stop at 0, or the search would stick to a slanted
 * bound.
 */
static void
move (HfVignettingRecord *record, double first, double second)
{
    double *p = record->shape;

    if (record->model == HF_VIGNETTING_POLYNOMIAL) {
        double centre = fmin (p[0] + first, 0), corner = fmin (p[0] + 2 * p[1] + second, 0);

        p[0] = centre;
        p[1] = (corner - centre) / 2;
    } else {
        p[0] = CLAMP (p[0] + first, least_k, most_k);
        p[1] = CLAMP (p[1] + second, least_r0, most_r0);
    }
}

/* Moves to the first better neighbour at this distance. */
static bool
improve (const HfShadeEvidence *evidence, HfVignettingRecord *record, double step, double *least)
{
    for (int i = 0; i < 9; i++) {
        HfVignettingRecord trial = *record;
        double bad;

        move (&trial, (i % 3 - 1) * step, (i / 3 - 1) * step);
        bad = badness (evidence, &trial);
        if (bad < *least) {
            *least = bad;
            *record = trial;
            return true;
        }
    }
    return false;
}

/* Curvature of the badness along two parameters. */
static double
curvature (const HfShadeEvidence *evidence, const HfVignettingRecord *record, int i, int k)
{
    const double h = 1e-3;
    double sum = 0;

    for (int s = 0; s < 4; s++) {
        HfVignettingRecord trial = *record;

        trial.shape[i] += s & 1 ? h : -h;
        trial.shape[k] += s & 2 ? h : -h;
        sum += (s == 0 || s == 3 ? 1 : -1) * badness (evidence, &trial);
    }
    return sum / (4 * h * h);
}

/* Standard error of the falloff at radius 1; where a bound is in the way, of the bounded curve. */
static double
error_at_corner (const HfShadeEvidence *evidence, HfVignettingRecord record)
{
    double a, b, c, slope[2], determinant;

    if (record.model == HF_VIGNETTING_POLYNOMIAL) {
        record.shape[0] = MIN (record.shape[0], -5e-3);
        record.shape[1] = MIN (record.shape[1], -record.shape[0] / 2 - 5e-3);
    }
    a = curvature (evidence, &record, 0, 0) / 2;
    b = curvature (evidence, &record, 0, 1) / 2;
    c = curvature (evidence, &record, 1, 1) / 2;
    for (int i = 0; i < 2; i++) {
        HfVignettingRecord trial = record;

        trial.shape[i] -= 1e-4;
        slope[i] = (hf_vignetting_falloff (&record, 1) - hf_vignetting_falloff (&trial, 1)) / 1e-4;
    }
    determinant = a * c - b * b;
    if (!(determinant > 0) || !isfinite (determinant))
        return 1;
    return sqrt ((slope[0] * slope[0] * c - 2 * slope[0] * slope[1] * b + slope[1] * slope[1] * a) /
                 determinant);
}

void
hf_shade_fit (const HfShadeEvidence *evidence, HfVignettingRecord *record)
{
    double least, step = first_step;

    record->shape[0] = record->model == HF_VIGNETTING_SIGMOID ? 2 : 0;
    record->shape[1] = record->model == HF_VIGNETTING_SIGMOID ? 1.5 : 0;
    least = badness (evidence, record);
    for (int round = 0; round < MOST_ROUNDS && step > last_step; round++)
        if (!improve (evidence, record, step, &least))
            step /= 2;
    record->error = error_at_corner (evidence, *record);
}
