/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Medians of repeated runs. The machines are shared: compare only what one call of the bench
 * printed. */
#ifndef HF_BENCH_TIMING_H
#define HF_BENCH_TIMING_H

/* Median of n values; the array is sorted. */
double median (double *values, int n);

/* Seconds of a monotonic clock. */
double now (void);

/* Seconds that all threads of the process together kept processors busy: what a step costs when
 * other work shares the machine. */
double processor_seconds (void);

#endif
