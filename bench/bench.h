/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The modes of the bench; each takes its arguments and returns an exit code. */
#ifndef HF_BENCH_H
#define HF_BENCH_H

#include <hyperfocal/source.h>
#include <hyperfocal/threads.h>

/* stack [--runs N] [--threads N] FRAME… or DIR: whole runs, time by stage, peak memory. */
int bench_stack (int argc, char **argv);
/* steps [--runs N] [--threads N] FRAME… or DIR: what one frame costs in each step. */
int bench_steps (int argc, char **argv);
/* fusion [--runs N] [--threads N] FRAME… or DIR: the pyramid by its stages. */
int bench_fusion (int argc, char **argv);
/* beside [--runs N] COMMAND COMMAND…: shell commands in turn, ratios to the first. */
int bench_beside (int argc, char **argv);
/* kernels [--runs N]: inner loops at every CPU level. */
int bench_kernels (int argc, char **argv);
/* interpolation FRAME… or DIR: what each interpolation loses of photographs. */
int bench_interpolation (int argc, char **argv);

/* A line of `steps`: the estimate of the alignment, a frame. */
void bench_estimate (HfSource *source, HfPool *pool, int runs);

/* Options that all modes share, taken out of argv; the rest is moved up. */
typedef struct BenchOptions {
    int runs;
    int threads; /* 0 = all */
} BenchOptions;
BenchOptions bench_options (int *argc, char **argv);

/* Frames from names or one folder; ended by NULL, g_strfreev (). NULL after printing what is wrong.
 */
char **bench_frames (int argc, char **argv);

#endif
