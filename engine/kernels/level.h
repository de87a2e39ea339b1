/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Names of a kernel source that is compiled once for every CPU level (cmake/kernels.cmake). A file
 * NAME-kernels.c defines static functions and one table
 *     const HfNameKernels HF_KERNEL (hf_name_kernels) = { … };
 */
#ifndef HF_LEVEL_H
#define HF_LEVEL_H

#ifdef HF_LEVEL
#define HF_PASTE_(a, b) a##_##b
#define HF_PASTE(a, b) HF_PASTE_ (a, b)
#define HF_KERNEL(name) HF_PASTE (name, HF_LEVEL)
#endif

#endif
