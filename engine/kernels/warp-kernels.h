/* SPDX-License-Identifier: LGPL-3.0-or-later */
#ifndef HF_WARP_KERNELS_H
#define HF_WARP_KERNELS_H

typedef struct HfWarpKernels {
    void (*placeholder) (void);
} HfWarpKernels;

#endif
