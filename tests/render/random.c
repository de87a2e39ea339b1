/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The normal distribution as a table of quantiles: the i-th of n even shares is represented by the
 * value x with Phi (x) = (i + 1/2) / n, found by Newton's method from its neighbour. The table is
 * scaled so that its variance is exactly 1 although the tails are cut (at 4 sigma).
 */
#include "random.h"

#include <math.h>

static double
newton_step (double x, double share)
{
    double phi = 0.5 * erfc (-x * G_SQRT2 / 2), density = exp (-0.5 * x * x) / sqrt (2 * G_PI);

    return x - (phi - share) / density;
}

static void
fill (float *table)
{
    double x = 0, sum = 0, scale;

    for (int i = HF_NORMAL_STEPS / 2; i < HF_NORMAL_STEPS; i++) {
        for (int k = 0; k < 6; k++)
            x = newton_step (x, (i + 0.5) / HF_NORMAL_STEPS);
        table[i] = (float) x;
        sum += 2 * x * x;
    }
    scale = sqrt (HF_NORMAL_STEPS / sum);
    for (int i = HF_NORMAL_STEPS / 2; i < HF_NORMAL_STEPS; i++) {
        table[i] = (float) (table[i] * scale);
        table[HF_NORMAL_STEPS - 1 - i] = -table[i];
    }
}

const float *
hf_random_normal_table (void)
{
    static float table[HF_NORMAL_STEPS];
    static gsize filled;

    if (g_once_init_enter (&filled)) {
        fill (table);
        g_once_init_leave (&filled, 1);
    }
    return table;
}
