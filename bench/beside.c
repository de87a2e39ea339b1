/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands in turn, so that all of them meet the machine in the same state; ratios to the first. */
#include "bench.h"
#include "child.h"
#include "timing.h"

#include <glib.h>
#include <stdio.h>

static bool
run_in_turn (int n, char **commands, int runs, Usage *usages)
{
    for (int run = 0; run < runs; run++) {
        for (int i = 0; i < n; i++) {
            if (!run_command (commands[i], &usages[i * runs + run])) {
                fprintf (stderr, "hf-bench: this command failed: %s\n", commands[i]);
                return false;
            }
        }
    }
    return true;
}

static void
medians_of (const Usage *usages, int runs, Usage *middle)
{
    double *values = g_new (double, runs);

    for (int i = 0; i < runs; i++)
        values[i] = usages[i].seconds;
    middle->seconds = median (values, runs);
    for (int i = 0; i < runs; i++)
        values[i] = usages[i].peak;
    middle->peak = median (values, runs);
    g_free (values);
}

int
bench_beside (int argc, char **argv)
{
    BenchOptions options = bench_options (&argc, argv);
    Usage *usages = g_new0 (Usage, argc * options.runs + 1), first, other;

    if (argc < 1) {
        fprintf (stderr, "hf-bench: beside needs at least one command\n");
        g_free (usages);
        return 2;
    }
    if (!run_in_turn (argc, argv, options.runs, usages)) {
        g_free (usages);
        return 1;
    }
    medians_of (usages, options.runs, &first);
    printf ("%9s %8s %9s %8s  median of %d runs in turn\n", "seconds", "ratio", "peak MB", "ratio",
            options.runs);
    for (int i = 0; i < argc; i++) {
        medians_of (usages + i * options.runs, options.runs, &other);
        printf ("%9.2f %8.2f %9.0f %8.2f  %s\n", other.seconds, other.seconds / first.seconds,
                other.peak / 1e6, other.peak / first.peak, argv[i]);
    }
    g_free (usages);
    return 0;
}
