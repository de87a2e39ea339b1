/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "kernels/pyramid-kernels.h"

#include "kernels/level.h"

extern const HfPyramidKernels HF_KERNEL (hf_pyramid_kernels);
const HfPyramidKernels HF_KERNEL (hf_pyramid_kernels) = { 0 };
