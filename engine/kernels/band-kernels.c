/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "kernels/band-kernels.h"

#include "kernels/level.h"

extern const HfBandKernels HF_KERNEL (hf_band_kernels);
const HfBandKernels HF_KERNEL (hf_band_kernels) = { 0 };
