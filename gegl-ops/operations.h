/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* The operations of the module, one a file; module.c has the list. */
#ifndef HF_OPERATIONS_H
#define HF_OPERATIONS_H

#include <gegl-plugin.h>

void hf_register_align (GTypeModule *module);
void hf_register_balance (GTypeModule *module);
void hf_register_fuse (GTypeModule *module);
void hf_register_mask_noise (GTypeModule *module);
void hf_register_denoise (GTypeModule *module);
void hf_register_sharpen (GTypeModule *module);
void hf_register_focus_stack (GTypeModule *module);
void hf_register_vignetting (GTypeModule *module);

#endif
