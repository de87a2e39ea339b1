/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench.h"

#include <hyperfocal/files.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: hf-bench MODE [--runs N] [--threads N] ...\n"
    "  stack FRAME... | DIR       whole runs: seconds by stage, MP/s, peak memory\n"
    "  steps FRAME... | DIR       one frame through each step: milliseconds, MP/s\n"
    "  fusion FRAME... | DIR      the pyramid fusion by its stages: milliseconds, and the\n"
    "                             share of the memory's bandwidth reached\n"
    "  interpolation FRAME...     PSNR of photographs moved by each interpolation\n"
    "  kernels                    inner loops at every CPU level: nanoseconds a pixel\n"
    "  beside COMMAND COMMAND...  shell commands run in turn: seconds, peak memory, and\n"
    "                             their ratios to the first\n"
    "Figures are medians of N runs (3). The machine's other work shows in them: compare\n"
    "only figures of one call.\n";

static int
number (const char *text, int least, int most)
{
    int value = atoi (text);

    return CLAMP (value, least, most);
}

BenchOptions
bench_options (int *argc, char **argv)
{
    BenchOptions options = { 3, 0 };
    int kept = 0;

    for (int i = 0; i < *argc; i++) {
        if (strcmp (argv[i], "--runs") == 0 && i + 1 < *argc)
            options.runs = number (argv[++i], 1, 1000);
        else if (strcmp (argv[i], "--threads") == 0 && i + 1 < *argc)
            options.threads = number (argv[++i], 0, 256);
        else
            argv[kept++] = argv[i];
    }
    *argc = kept;
    return options;
}

char **
bench_frames (int argc, char **argv)
{
    GError *error = NULL;
    char **names;

    if (argc != 1 || !g_file_test (argv[0], G_FILE_TEST_IS_DIR)) {
        names = g_new0 (char *, argc + 1);
        for (int i = 0; i < argc; i++)
            names[i] = g_strdup (argv[i]);
        return names;
    }
    names = hf_files_list (argv[0], &error);
    if (!names)
        fprintf (stderr, "hf-bench: %s\n", error->message);
    g_clear_error (&error);
    return names;
}

int
main (int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run) (int argc, char **argv);
    } modes[] = { { "stack", bench_stack },
                  { "steps", bench_steps },
                  { "fusion", bench_fusion },
                  { "beside", bench_beside },
                  { "kernels", bench_kernels },
                  { "interpolation", bench_interpolation } };

    for (guint i = 0; argc > 1 && i < G_N_ELEMENTS (modes); i++)
        if (strcmp (argv[1], modes[i].name) == 0)
            return modes[i].run (argc - 2, argv + 2);
    fputs (usage, argc > 1 ? stderr : stdout);
    return argc > 1 ? 2 : 0;
}
