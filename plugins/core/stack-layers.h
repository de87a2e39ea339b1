/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walk of the plug-in: visible layers -> engine -> new layers. */
#ifndef HF_STACK_LAYERS_H
#define HF_STACK_LAYERS_H

#include "host.h"
#include "options.h"

/*
 * Fuses the visible layers of the host's image, the bottom one first, and adds the result on top:
 * the layer "Focus stack" and, where the options say so, below it the group "Aligned frames" with
 * the frames that took part, in the order of their sources. Visible groups are entered; results of
 * earlier runs take no part. `fused` gets the new layer.
 *
 * Everything is computed in private buffers first: on failure or cancel the image is as it was.
 * Frames that were left out are named in one message. Errors: those of hf_stack_run ();
 * HF_ERROR_ARGUMENT for an indexed image, HF_ERROR_STACK for fewer than two layers.
 */
bool hf_stack_layers (HfHost *host, const HfPluginOptions *options, int *fused, GError **error);

#endif
