/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "kernels/align-kernels.h"

#include "kernels/level.h"

extern const HfAlignKernels HF_KERNEL (hf_align_kernels);
const HfAlignKernels HF_KERNEL (hf_align_kernels) = { 0 };
