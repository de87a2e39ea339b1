/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layers of the host as frames of the engine. */
#ifndef HF_LAYER_SOURCE_H
#define HF_LAYER_SOURCE_H

#include "host.h"
#include "layer-walk.h"

#include <hyperfocal/source.h>

/* HF_ERROR_ARGUMENT for an indexed image, whose numbers are no light. */
bool hf_layers_check (HfHost *host, GError **error);

/* The frames (HfFrameLayer, borrowed) as a source; only the calling thread may read it. */
HfSource *hf_layer_source_new (HfHost *host, const GArray *frames);

#endif
