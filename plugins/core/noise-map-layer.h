/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The noise map of the visible layers, as a layer. */
#ifndef HF_NOISE_MAP_LAYER_H
#define HF_NOISE_MAP_LAYER_H

#include "host.h"

#include <hyperfocal/hyperfocal.h>

/* The first options of the table are the procedure's arguments; the rest names files. */
enum { HF_NOISE_MAP_N_ARGUMENTS = 2 };

/*
 * Finds the defect pixels that the visible layers have in common, frames of one size from one
 * camera, and adds the map as the top layer "Noise map", white where a channel is defect, `layer`.
 * Saved alone as a picture it serves as the option noise-mask. Says how many there are in a
 * message. On failure or cancel the image is as it was. Errors: those of hf_hot_pixels_find ();
 * HF_ERROR_ARGUMENT for an indexed image.
 */
bool hf_noise_map_layer (HfHost *host, const HfNoiseMapOptions *options, int *layer,
                         GError **error);

#endif
