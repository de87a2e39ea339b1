/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <string.h>

#define HF_OPTION_STRUCT HfLayersOptions
static const HfOption options_of_layers[] = {
#include <hyperfocal/options/table.h>
#include "layers.def"
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_layers_table = { "layers", "Layers", options_of_layers,
                                        G_N_ELEMENTS (options_of_layers),
                                        sizeof (HfLayersOptions) };

enum { MOST_PARTS = 32 };

const HfStackPart *
hf_plugin_parts (void)
{
    static HfStackPart parts[MOST_PARTS];
    int n = 0;

    for (; hf_stack_parts[n].table && n < MOST_PARTS - 2; n++)
        parts[n] = hf_stack_parts[n];
    parts[n] = (HfStackPart) { &hf_layers_table, offsetof (HfPluginOptions, layers) };
    return parts;
}

int
hf_plugin_n_options (void)
{
    int n = 0;

    for (const HfStackPart *part = hf_plugin_parts (); part->table; part++)
        n += part->table->n_options;
    return n;
}

const HfOption *
hf_plugin_option (HfPluginOptions *options, int index, void **struct_of_part)
{
    for (const HfStackPart *part = hf_plugin_parts (); part->table; part++) {
        if (index < part->table->n_options) {
            if (struct_of_part)
                *struct_of_part = (char *) options + part->offset;
            return &part->table->options[index];
        }
        index -= part->table->n_options;
    }
    return NULL;
}

void
hf_plugin_options_init (HfPluginOptions *options)
{
    for (const HfStackPart *part = hf_plugin_parts (); part->table; part++)
        hf_options_init (part->table, (char *) options + part->offset);
}

void
hf_plugin_options_clear (HfPluginOptions *options)
{
    for (const HfStackPart *part = hf_plugin_parts (); part->table; part++)
        hf_options_clear (part->table, (char *) options + part->offset);
}

char *
hf_plugin_options_to_text (HfPluginOptions *options)
{
    GString *text = g_string_new (NULL);

    for (int i = 0; i < hf_plugin_n_options (); i++) {
        void *part = NULL;
        const HfOption *option = hf_plugin_option (options, i, &part);
        char *value = hf_option_get (option, part);

        g_strdelimit (value, "\n", ' ');
        g_string_append_printf (text, "%s=%s\n", option->name, value);
        g_free (value);
    }
    return g_string_free (text, FALSE);
}

static void
take_line (HfPluginOptions *options, const char *name, const char *value)
{
    for (int i = 0; i < hf_plugin_n_options (); i++) {
        void *part = NULL;
        const HfOption *option = hf_plugin_option (options, i, &part);

        if (strcmp (option->name, name) == 0)
            hf_option_set (option, part, value, NULL);
    }
}

void
hf_plugin_options_from_text (HfPluginOptions *options, const char *text)
{
    char **lines = g_strsplit (text, "\n", -1);

    for (char **line = lines; *line; line++) {
        char *equals = strchr (*line, '=');

        if (equals) {
            *equals = '\0';
            take_line (options, *line, equals + 1);
        }
    }
    g_strfreev (lines);
}

char *
hf_plugin_option_label (const HfOption *option)
{
    if (option->unit[0])
        return g_strdup_printf ("%s (%s)", option->label, option->unit);
    return g_strdup (option->label);
}
