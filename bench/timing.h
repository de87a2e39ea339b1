/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Medians of repeated runs. The machines are shared: compare only what one call of the bench
 * printed. */
#ifndef HF_BENCH_TIMING_H
#define HF_BENCH_TIMING_H

/* Median of n values; the array is sorted. */
double median (double *values, int n);

/* Seconds of a monotonic clock. */
double now (void);

#endif
