/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Rows against their neighbours: what stands out by one pixel. */
#ifndef HF_PEAK_KERNELS_H
#define HF_PEAK_KERNELS_H

#include "kernels/level.h"

/* All rows of n floats; above, row and below are read from [-1] to [n]. */
typedef struct HfPeakKernels {
    /* residue[i] = row[i] minus the mean of its eight neighbours. */
    void (*residue) (const float *above, const float *row, const float *below, int n,
                     float *residue);
    /* excess[i] = how far row[i] lies above the highest of its eight neighbours (> 0) or below the
     * lowest (< 0), else 0. */
    void (*excess) (const float *above, const float *row, const float *below, int n, float *excess);
    /* least[i], most[i] = the smaller, the larger of itself and row[i]. */
    void (*extend) (const float *row, int n, float *least, float *most);
    /* sum[i] += factor row[i] */
    void (*add) (const float *row, float factor, int n, float *sum);
    /* The number of i where |excess[i]| > threshold. */
    int (*count) (const float *excess, float threshold, int n);
} HfPeakKernels;

#endif
