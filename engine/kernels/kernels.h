/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The vocabulary of inner loops: one struct of function pointers for each area, filled for every CPU
 * level, chosen once. Kernels write disjoint memory, call nothing, allocate nothing, and give the
 * same bits at every level.
 *
 * A new area adds its header and one line to HF_KERNEL_AREAS.
 */
#ifndef HF_KERNELS_H
#define HF_KERNELS_H

#include "kernels/align-kernels.h"
#include "kernels/balance-kernels.h"
#include "kernels/band-kernels.h"
#include "kernels/depth-kernels.h"
#include "kernels/finish-kernels.h"
#include "kernels/peak-kernels.h"
#include "kernels/pyramid-kernels.h"
#include "kernels/vignetting-kernels.h"
#include "kernels/warp-kernels.h"

/* (C type, field and table name) */
#define HF_KERNEL_AREAS(AREA)         \
    AREA (HfAlignKernels, align)      \
    AREA (HfBalanceKernels, balance)  \
    AREA (HfBandKernels, band)        \
    AREA (HfDepthKernels, depth)      \
    AREA (HfFinishKernels, finish)    \
    AREA (HfPeakKernels, peak)        \
    AREA (HfPyramidKernels, pyramid)  \
    AREA (HfVignettingKernels, vignetting) \
    AREA (HfWarpKernels, warp)

#define HF_KERNEL_FIELD(Type, name) const Type *name;
typedef struct HfKernels {
    const char *level; /* "base", "v2", "v3", "v4" */
    HF_KERNEL_AREAS (HF_KERNEL_FIELD)
} HfKernels;
#undef HF_KERNEL_FIELD

/* The best level this CPU runs, or the one named by the environment variable HF_CPU_LEVEL if the CPU
 * runs it. The same for the life of the process. */
const HfKernels *hf_kernels (void);

/* Level i = 0 (the plainest) …, NULL from where this CPU cannot follow; for tests and the bench. */
const HfKernels *hf_kernels_level (int i);

#endif
