/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * One channel's map
 * -----------------
 * Linear and gamma. The pairs of cells are added up in windows (light.h). Between the sum R of the
 * reference and the frame's samples f, weighted by the window w, stands
 *
 *     R = S (p) + k D2 + l D4 + c N,    S = sum w p f  or  sum w f^p
 *
 * with p the gain or exponent wanted; D2 and D4 the sums of w f times the difference of r² and r⁴,
 * frame - reference, r the distance from the centre; N the number of cells without structure. k and
 * l take up vignetting, which a frame that breathes shows at other places of the subject; without
 * them 60 % of it moves the gain by 2 %. c takes up the rounding of flat areas: 5.1 and 5.61 steps
 * become 5 and 6, a gain of 1.2 for one of 1.1; noise or texture of a step or more would average it
 * out, so that only cells without any count. The equations are solved by Gauss and Newton with the
 * weights of a Poisson regression (the variance of R is in proportion to S, so with k = l = c = 0
 * the gain is the ratio of the sums, free of the bias that a fit of R to f has from noise in f)
 * times Tukey's with a cut at 8 robust standard deviations: wide, because the light that defocus
 * moves must stay in the sums on both of its ways. k and l have a prior of 0 ± 1, c one of 0 ± 0.29
 * steps, against which the residuals' variance is weighed.
 *
 * The map stays the identity when it is within 0.3 %, or within three standard errors, of it
 * (sandwich estimate).
 *
 * Matched histograms. 65 quantiles of the frame's cells are paired with those of the reference;
 * equal ones of the frame become one with the mean of the others; between them the curve is linear,
 * below and beyond it goes on in proportion. Cells are means, and so the histograms hardly depend
 * on focus. The curve stays the identity when it moves samples by less than 1 % on the average.
 */
#include "steps/balance-parts.h"
#include "steps/least-squares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_ROUNDS = 8, LEAST_WINDOWS = 8, QUANTILES = 65 };

static const double cut = 8;           /* robust standard deviations */
static const double least_share = 0.1; /* of a window's cells */
static const double small = 0.003;     /* changes that are not applied */
static const double unnoticed = 0.01;  /* of a curve */
static const double rounding = 0.41;   /* standard deviation of two roundings, steps */

typedef struct Window {
    double reference, value, slope; /* R, S and its derivative by p */
    double d2, d4, flat, cells;
} Window;

typedef struct Fit {
    const HfBalancePairs *pairs;
    int c;
    HfBalanceMap map;
    Window windows[HF_LIGHT_MOST_WINDOWS];
    double parameter, nuisance[3]; /* p; k, l, c */
    double scale;                  /* robust standard deviation of a residual / sqrt (S) */
    double error;                  /* standard error of p */
    double residuals[HF_LIGHT_MOST_WINDOWS];
} Fit;

/* The frame's sample under the map, and the derivative. */
static void
map_value (const Fit *fit, double sample, double *value, double *slope)
{
    if (fit->map == HF_BALANCE_LINEAR) {
        *value = fit->parameter * sample;
        *slope = sample;
    } else {
        double power = sample > 0 ? pow (sample, fit->parameter) : 0;

        *value = power;
        *slope = sample > 0 ? power * log (sample) : 0;
    }
}

static void
add_pair (Fit *fit, const HfBalancePair *pair)
{
    double value, slope, weight[4];
    int index[4];

    map_value (fit, (double) pair->frame[fit->c], &value, &slope);
    hf_light_windows_of (&fit->pairs->windows, pair->column, pair->row, index, weight);
    for (int i = 0; i < 4; i++) {
        Window *window = &fit->windows[index[i]];

        window->reference += weight[i] * (double) pair->reference[fit->c];
        window->value += weight[i] * value;
        window->slope += weight[i] * slope;
        window->d2 += weight[i] * value * (double) pair->d2;
        window->d4 += weight[i] * value * (double) pair->d4;
        window->flat += weight[i] * (double) pair->flat;
        window->cells += weight[i];
    }
}

/* Sums up the windows for the present parameter; returns how many hold enough. */
static int
fill_windows (Fit *fit)
{
    const HfLightWindows *windows = &fit->pairs->windows;
    double least = least_share * windows->pitch * windows->pitch;
    int n = 0;

    memset (fit->windows, 0, sizeof fit->windows);
    for (int i = 0; i < fit->pairs->n; i++)
        add_pair (fit, &fit->pairs->pairs[i]);
    for (int i = 0; i < windows->columns * windows->rows; i++)
        if (fit->windows[i].cells >= least &&
            fit->windows[i].value > fit->windows[i].cells * fit->pairs->darkest)
            fit->windows[n++] = fit->windows[i];
    return n;
}

static double
residual_at (const Fit *fit, const Window *window, double change)
{
    return window->reference - window->value - change * window->slope -
           fit->nuisance[0] * window->d2 - fit->nuisance[1] * window->d4 -
           fit->nuisance[2] * window->flat;
}

/* One round of the reweighted equations; unweighted in the first. Returns the change of p. */
static double
solve_round (Fit *fit, int n, int round)
{
    HfNormal normal = { .n = 4 }, spread = { .n = 4 }, first = { .n = 4 };
    double x[4] = { 0 }, step = rounding * fit->pairs->step, variance = 0;

    for (int i = 0; i < n; i++) {
        const Window *window = &fit->windows[i];
        double phi[4] = { window->slope, window->d2, window->d4, window->flat };
        double residual = residual_at (fit, window, 0);
        double weight =
            (round ? hf_tukey (residual / sqrt (window->value), cut * fit->scale + 1e-9) : 1) /
            window->value;

        hf_normal_add (&normal, phi, window->reference - window->value, weight);
        hf_normal_add (&spread, phi, 0, weight * weight * residual * residual);
    }
    for (int k = 1; k < 3; k++)
        hf_normal_expect_zero (&normal, k, fit->scale * fit->scale + 1e-9 * normal.matrix[0][0]);
    hf_normal_expect_zero (&normal, 3,
                           step > 0 ? fit->scale * fit->scale / (step * step)
                                    : 1e9 * (1 + normal.matrix[3][3]));
    if (!hf_normal_solve (&normal, x))
        return 0;
    memcpy (fit->nuisance, x + 1, sizeof fit->nuisance);
    first = normal;
    memset (first.vector, 0, sizeof first.vector);
    first.vector[0] = 1;
    if (hf_normal_solve (&first, first.vector))
        for (int i = 0; i < 4; i++)
            for (int k = 0; k < 4; k++)
                variance += first.vector[i] * spread.matrix[i][k] * first.vector[k];
    fit->error = sqrt (fmax (variance, 0));
    return x[0];
}

/* Flat windows all have the same residual, and would make any other an outlier: as long as there
 * are windows with structure, those say what is usual. */
static double
residual_scale (Fit *fit, int n, double change)
{
    int n_found = 0;

    for (int pass = 0; pass < 2 && n_found < LEAST_WINDOWS; pass++) {
        n_found = 0;
        for (int i = 0; i < n; i++) {
            const Window *window = &fit->windows[i];

            if (pass > 0 || window->flat < 0.5 * window->cells)
                fit->residuals[n_found++] =
                    fabs (residual_at (fit, window, change)) / sqrt (window->value);
        }
    }
    return 1.4826 * hf_median (fit->residuals, n_found);
}

/* The gain or exponent of a channel, 1 where nothing can be said. */
static double
fit_parameter (const HfBalancePairs *pairs, int c, HfBalanceMap map)
{
    Fit *fit = g_new0 (Fit, 1);
    double parameter, error;
    bool good = true;

    fit->pairs = pairs;
    fit->c = c;
    fit->map = map;
    fit->parameter = 1;
    fit->scale = 1;
    for (int round = 0; round < N_ROUNDS && good; round++) {
        int n = fill_windows (fit);
        double change;

        good = n >= LEAST_WINDOWS;
        if (!good)
            break;
        change = solve_round (fit, n, round);
        fit->scale = residual_scale (fit, n, change);
        fit->parameter += CLAMP (change, -0.5 * fit->parameter, fit->parameter);
    }
    parameter = fit->parameter;
    error = fit->error;
    g_free (fit);
    if (!good || !(parameter > 0.05 && parameter < 20))
        return 1;
    return fabs (parameter - 1) <= fmax (small, 3 * error) ? 1 : parameter;
}

/* ---- Matched histograms ---- */

static int
compare_floats (const void *a, const void *b)
{
    float x = *(const float *) a, y = *(const float *) b;

    return (x > y) - (x < y);
}

/* Points of the curve, with frame[] growing. */
typedef struct Points {
    double frame[QUANTILES], reference[QUANTILES];
    int n;
} Points;

static double
quantile (const float *sorted, int n, double share)
{
    double place = CLAMP (share * n - 0.5, 0, n - 1);
    int before = MIN ((int) place, n - 2);

    return (double) sorted[before] +
           (place - before) * (double) (sorted[before + 1] - sorted[before]);
}

/* Pairs of quantiles; those with the same value in the frame become one. */
static void
pair_quantiles (const float *frame, const float *reference, int n, Points *points)
{
    int n_same = 0;

    points->n = 0;
    for (int i = 0; i < QUANTILES; i++) {
        double share = (i + 0.5) / QUANTILES;
        double from = quantile (frame, n, share), to = quantile (reference, n, share);
        int last = points->n - 1;

        if (last >= 0 && from - points->frame[last] < 1e-6) {
            n_same++;
            points->reference[last] += (to - points->reference[last]) / (n_same + 1);
        } else {
            points->frame[points->n] = from;
            points->reference[points->n++] = to;
            n_same = 0;
        }
    }
}

static double
curve_at (const Points *points, double x)
{
    int last = points->n - 1, i = 0;
    double share;

    if (x <= points->frame[0])
        return points->frame[0] > 0 ? x * points->reference[0] / points->frame[0] : x;
    if (x >= points->frame[last])
        return x * points->reference[last] / points->frame[last];
    while (points->frame[i + 1] < x)
        i++;
    share = (x - points->frame[i]) / (points->frame[i + 1] - points->frame[i]);
    return points->reference[i] + share * (points->reference[i + 1] - points->reference[i]);
}

static double
mean_move (const Points *points)
{
    double move = 0, sum = 0;

    for (int i = 0; i < points->n; i++) {
        move += fabs (points->reference[i] - points->frame[i]);
        sum += fabs (points->frame[i]);
    }
    return sum > 0 ? move / sum : 0;
}

static void
fit_curve (const HfBalancePairs *pairs, int c, float *curve)
{
    float *frame = g_new (float, pairs->n), *reference = g_new (float, pairs->n);
    Points points = { .n = 0 };

    for (int i = 0; i < pairs->n; i++) {
        frame[i] = pairs->pairs[i].frame[c];
        reference[i] = pairs->pairs[i].reference[c];
    }
    if (pairs->n >= QUANTILES) {
        qsort (frame, (size_t) pairs->n, sizeof *frame, compare_floats);
        qsort (reference, (size_t) pairs->n, sizeof *reference, compare_floats);
        pair_quantiles (frame, reference, pairs->n, &points);
    }
    if (mean_move (&points) > unnoticed) {
        for (int i = 0; i <= HF_BALANCE_STEPS; i++) {
            curve[i] = (float) curve_at (&points, (double) i / HF_BALANCE_STEPS);
            if (i > 0)
                curve[i] = MAX (curve[i], curve[i - 1]);
        }
    }
    g_free (frame);
    g_free (reference);
}

void
hf_balance_fit (const HfBalancePairs *pairs, int c, HfBalanceRecord *record)
{
    switch (record->map) {
    case HF_BALANCE_LINEAR:
        record->gain[c] = fit_parameter (pairs, c, record->map);
        break;
    case HF_BALANCE_GAMMA:
        record->gamma[c] = fit_parameter (pairs, c, record->map);
        break;
    case HF_BALANCE_MATCH_HIST:
        fit_curve (pairs, c, record->curve[c]);
        break;
    }
}

double
hf_balance_change (const HfBalanceRecord *record)
{
    static const float samples[3] = { 0.25f, 0.5f, 0.75f };
    double most = 0;

    for (int c = 0; c < 3; c++) {
        float mapped[3];

        hf_balance_map_samples (record, c, samples, 3, mapped);
        for (int i = 0; i < 3; i++)
            most = fmax (most, fabs ((double) (mapped[i] / samples[i]) - 1));
    }
    return most;
}
