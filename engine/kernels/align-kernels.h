/* SPDX-License-Identifier: LGPL-3.0-or-later */
#ifndef HF_ALIGN_KERNELS_H
#define HF_ALIGN_KERNELS_H

typedef struct HfAlignKernels {
    void (*placeholder) (void);
} HfAlignKernels;

#endif
