/* SPDX-License-Identifier: LGPL-3.0-or-later */
#ifndef HF_PYRAMID_KERNELS_H
#define HF_PYRAMID_KERNELS_H

typedef struct HfPyramidKernels {
    void (*placeholder) (void);
} HfPyramidKernels;

#endif
