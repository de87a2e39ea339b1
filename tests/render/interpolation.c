/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Windowed sincs, sinc (d) sinc (d / n) for |d| < n, n lobes.
 *
 * Scaled to a sum of 1 they keep the level, but not the place: a straight ramp, interpolated with 3
 * lobes, comes out up to 0.02 samples off, depending on the phase. In frames meant to measure
 * alignment by, that would be an error of the truth. So the scene is sampled with weights
 *     w (d) = sinc (d) sinc (d / 3) + sinc (d / 3) (a + b d + c d^2),
 * with a, b, c for each phase such that the moments of order 0, 1, 2 are 1, 0, 0: parabolas are met
 * exactly. At the samples themselves a = b = c = 0.
 */
#include "interpolation.h"

#include <glib.h>
#include <math.h>

static double
sinc (double x)
{
    return fabs (x) < 1e-9 ? 1 : sin (G_PI * x) / (G_PI * x);
}

/* Determinant of m with `column` (-1: none) replaced by r. */
static double
determinant (double m[3][3], int column, const double r[3])
{
    double n[3][3];

    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            n[i][j] = j == column ? r[i] : m[i][j];
    return n[0][0] * (n[1][1] * n[2][2] - n[1][2] * n[2][1]) -
           n[0][1] * (n[1][0] * n[2][2] - n[1][2] * n[2][0]) +
           n[0][2] * (n[1][0] * n[2][1] - n[1][1] * n[2][0]);
}

static void
fill_true (float *weights, double phase)
{
    double m[3][3] = { { 0 } }, r[3] = { 1, 0, 0 }, x[3];

    for (int k = 0; k < 6; k++) {
        double d = k - 2 - phase, window = fabs (d) < 3 ? sinc (d / 3) : 0;

        for (int i = 0; i < 3; i++) {
            r[i] -= window * sinc (d) * pow (d, i);
            for (int j = 0; j < 3; j++)
                m[i][j] += window * pow (d, i + j);
        }
    }
    for (int i = 0; i < 3; i++)
        x[i] = determinant (m, i, r) / determinant (m, -1, r);
    for (int k = 0; k < 6; k++) {
        double d = k - 2 - phase, window = fabs (d) < 3 ? sinc (d / 3) : 0;

        weights[k] = (float) (window * (sinc (d) + x[0] + x[1] * d + x[2] * d * d));
    }
}

const float *
hf_true_weights (void)
{
    static float table[(HF_PHASES + 1) * 6];
    static gsize filled;

    if (g_once_init_enter (&filled)) {
        for (int p = 0; p <= HF_PHASES; p++)
            fill_true (table + 6 * p, (double) p / HF_PHASES);
        g_once_init_leave (&filled, 1);
    }
    return table;
}

static void
fill_lanczos_4 (float *weights, double phase)
{
    double values[8], sum = 0;

    for (int k = 0; k < 8; k++) {
        double d = k - 3 - phase;

        values[k] = fabs (d) < 4 ? sinc (d) * sinc (d / 4) : 0;
        sum += values[k];
    }
    for (int k = 0; k < 8; k++)
        weights[k] = (float) (values[k] / sum);
}

const float *
hf_lanczos_4_weights (void)
{
    static float table[(HF_PHASES + 1) * 8];
    static gsize filled;

    if (g_once_init_enter (&filled)) {
        for (int p = 0; p <= HF_PHASES; p++)
            fill_lanczos_4 (table + 8 * p, (double) p / HF_PHASES);
        g_once_init_leave (&filled, 1);
    }
    return table;
}
