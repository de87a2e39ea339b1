/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The engine's options as properties of a GEGL operation: name, label, help, default, range, unit
 * and choices all come from the option table, the value lives in the table's struct.
 */
#ifndef HF_PROPERTIES_H
#define HF_PROPERTIES_H

#include <gegl-plugin.h>
#include <hyperfocal/option.h>

/* What every property of an operation carries. */
#define HF_PROPERTY_FLAGS ((GParamFlags) (G_PARAM_READWRITE | GEGL_PARAM_PAD_INPUT))

/* Installs one option as property `id` of the class. */
void hf_property_install (GObjectClass *klass, guint id, const HfOption *option);

/* Puts a property's value into the options, or the other way round. */
void hf_property_set (const HfOption *option, void *options, const GValue *value);
void hf_property_get (const HfOption *option, const void *options, GValue *value);

/* A double property that is no option of a table. */
GParamSpec *hf_property_double (const char *name, const char *label, const char *help, double min,
                                double max, double initial);

#endif
