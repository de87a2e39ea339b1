/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * How much white noise each Laplacian band passes on.
 *
 * Band l is G_l - X_l, where G_l is the picture reduced l times and X_l is G_(l+1) expanded. Both
 * are linear in the picture's samples with separable weights g (x) g (y) and x (x) x (y), so the
 * variance of the band for white noise of variance 1 is (sum g²)² - 2 (sum g x)² + (sum x²)² X_l is
 * not the same at even and odd pixels: the sums with x are averaged over both (the square of the
 * average is the average over the four kinds of pixels). Roughly .77, .12, .028, then a quarter
 * each. Resampled frames have a little less; frames' own noise is never quite white.
 */
#include "fuse/pyramid.h"

#include <string.h>

enum { EXACT_LEVELS = 6, REACH = 1 << (EXACT_LEVELS + 2), WEIGHTS = 2 * REACH + 1 };

/* coarse = sum over the generating kernel of `fine` (weights on the picture, centre at REACH)
 * shifted by step.
 */
static void
reduce_weights (double *coarse, const double *fine, int step, double outer)
{
    const double weights[5] = { outer, 0.25, 0.5 - 2 * outer, 0.25, outer };

    memset (coarse, 0, WEIGHTS * sizeof *coarse);
    for (int j = -2; j <= 2; j++)
        for (int i = 0; i < WEIGHTS; i++)
            if (i - j * step >= 0 && i - j * step < WEIGHTS)
                coarse[i] += weights[j + 2] * fine[i - j * step];
}

/* Weight i of the expanded level at pixel 0 (odd = 0) or 1 (odd = 1) of the finer one. */
static double
expanded_weight (const double *coarse, int i, int step, double outer, bool odd)
{
    double sum = 0;

    for (int k = -1; k <= 1; k++) {
        int at = i - 2 * k * step;
        double near = odd ? (k < 0 ? 0 : 0.5) : (k == 0 ? 1 - 4 * outer : 2 * outer);

        sum += at >= 0 && at < WEIGHTS ? near * coarse[at] : 0;
    }
    return sum;
}

static double
band_gain (const double *fine, const double *coarse, int step, double outer)
{
    double own = 0, both = 0, expanded = 0;

    for (int i = 0; i < WEIGHTS; i++) {
        double even = expanded_weight (coarse, i, step, outer, false);
        double odd = expanded_weight (coarse, i, step, outer, true);
        double fine_odd = i >= step ? fine[i - step] : 0;

        own += fine[i] * fine[i];
        both += 0.5 * (fine[i] * even + fine_odd * odd);
        expanded += 0.5 * (even * even + odd * odd);
    }
    return own * own - 2 * both * both + expanded * expanded;
}

void
hf_pyramid_noise_gain (int n_levels, double outer, double *gain)
{
    double weights[2][WEIGHTS] = { { 0 } };

    weights[0][REACH] = 1;
    for (int l = 0; l < n_levels; l++) {
        double *fine = weights[l & 1], *coarse = weights[~l & 1];

        if (l < EXACT_LEVELS) {
            reduce_weights (coarse, fine, 1 << l, outer);
            gain[l] = band_gain (fine, coarse, 1 << l, outer);
        } else {
            gain[l] = gain[l - 1] / 4;
        }
    }
}
