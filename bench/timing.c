/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "timing.h"

#include <glib.h>
#include <stdlib.h>

static int
compare (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}

double
median (double *values, int n)
{
    qsort (values, (size_t) n, sizeof *values, compare);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double
now (void)
{
    return (double) g_get_monotonic_time () / 1e6;
}

double
processor_seconds (void)
{
    struct timespec time;

    clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}
