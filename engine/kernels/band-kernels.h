/* SPDX-License-Identifier: LGPL-3.0-or-later */
#ifndef HF_BAND_KERNELS_H
#define HF_BAND_KERNELS_H

typedef struct HfBandKernels {
    void (*placeholder) (void);
} HfBandKernels;

#endif
