/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "kernels/warp-kernels.h"

#include "kernels/level.h"

extern const HfWarpKernels HF_KERNEL (hf_warp_kernels);
const HfWarpKernels HF_KERNEL (hf_warp_kernels) = { 0 };
