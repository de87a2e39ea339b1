/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plug-in's options: all of the engine's, and those of the layers it adds. */
#ifndef HF_PLUGIN_OPTIONS_H
#define HF_PLUGIN_OPTIONS_H

#include <hyperfocal/hyperfocal.h>

typedef struct HfLayersOptions {
#include <hyperfocal/options/fields.h>
#include "layers.def"
#include <hyperfocal/options/undefine.h>
} HfLayersOptions;

extern const HfOptionTable hf_layers_table;

typedef struct HfPluginOptions {
    HfStackOptions stack; /* first, so that the engine's offsets hold here too */
    HfLayersOptions layers;
} HfPluginOptions;

/* All tables in the order they are shown, with their places in HfPluginOptions; ended by a NULL
 * table. Static. */
const HfStackPart *hf_plugin_parts (void);

/* Number of options in all tables. */
int hf_plugin_n_options (void);

/* Option `index` of all, counted through the tables in order; `part` gets the struct it belongs to
 * and may be NULL, as may `options`. */
const HfOption *hf_plugin_option (HfPluginOptions *options, int index, void **part);

void hf_plugin_options_init (HfPluginOptions *options);
void hf_plugin_options_clear (HfPluginOptions *options);

/* One "name=value" a line, for keeping the last values; newly allocated. */
char *hf_plugin_options_to_text (HfPluginOptions *options);

/* Takes such text. Lines of unknown options and values out of range are passed over: what another
 * version kept must not stop this one. */
void hf_plugin_options_from_text (HfPluginOptions *options, const char *text);

/* "Noise level (%)"; newly allocated. */
char *hf_plugin_option_label (const HfOption *option);

#endif
