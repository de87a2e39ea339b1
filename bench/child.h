/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Work in a process of its own, so that its peak memory can be told. */
#ifndef HF_BENCH_CHILD_H
#define HF_BENCH_CHILD_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Usage {
    double seconds; /* wall clock */
    double peak;    /* bytes resident, the largest process of the tree */
} Usage;

/* Runs func (data, answer) in a child; `answer` (size bytes) comes back. False when it failed. */
bool run_child (bool (*func) (void *data, void *answer), void *data, void *answer, size_t size,
                Usage *usage);

/* Runs a shell command with its output thrown away. False when it failed. */
bool run_command (const char *command, Usage *usage);

#endif
