/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "properties.h"

/* The enumerations of choices.def as GTypes, registered when first asked for. */
typedef struct ChoiceType {
    const HfChoice *choices;
    const char *name;
    GType type;
} ChoiceType;

static ChoiceType choice_types[] = {
#define HF_CHOICES(Type, list) { list, "Gegl" #Type, 0 },
#define HF_CHOICE(value, nick, label)
#define HF_CHOICES_END(Type, list)
#include <hyperfocal/options/choices.def>
#undef HF_CHOICES
#undef HF_CHOICE
#undef HF_CHOICES_END
};

/* GObject keeps the values for as long as the process lives. */
static GType
register_choices (const HfChoice *choices, const char *name)
{
    GEnumValue *values;
    int n = 0;

    while (choices[n].nick)
        n++;
    values = g_new0 (GEnumValue, n + 1);
    for (int i = 0; i < n; i++)
        values[i] = (GEnumValue) { choices[i].value, choices[i].label, choices[i].nick };
    return g_enum_register_static (name, values);
}

static GType
choice_type (const HfChoice *choices)
{
    for (guint i = 0; i < G_N_ELEMENTS (choice_types); i++) {
        ChoiceType *known = &choice_types[i];

        if (known->choices != choices)
            continue;
        if (!known->type)
            known->type = register_choices (choices, known->name);
        return known->type;
    }
    return G_TYPE_INVALID;
}

GParamSpec *
hf_property_double (const char *name, const char *label, const char *help, double min, double max,
                    double initial)
{
    GParamSpec *spec = gegl_param_spec_double (name, label, help, min, max, initial, min, max, 1.0,
                                               HF_PROPERTY_FLAGS);

    gegl_param_spec_double_set_steps (GEGL_PARAM_SPEC_DOUBLE (spec), (max - min) / 1000,
                                      (max - min) / 50);
    gegl_param_spec_double_set_digits (GEGL_PARAM_SPEC_DOUBLE (spec), max - min > 50 ? 2 : 4);
    return spec;
}

static GParamSpec *
param_spec (const HfOption *option)
{
    const char *name = option->name, *label = option->label, *help = option->help;
    int min = (int) option->min, max = (int) option->max, initial = (int) option->initial;

    switch (option->type) {
    case HF_OPTION_TYPE_INT:
        return gegl_param_spec_int (name, label, help, min, max, initial, min, max, 1.0,
                                    HF_PROPERTY_FLAGS);
    case HF_OPTION_TYPE_DOUBLE:
        return hf_property_double (name, label, help, option->min, option->max, option->initial);
    case HF_OPTION_TYPE_BOOL:
        return g_param_spec_boolean (name, label, help, initial, HF_PROPERTY_FLAGS);
    case HF_OPTION_TYPE_CHOICE:
        return gegl_param_spec_enum (name, label, help, choice_type (option->choices), initial,
                                     HF_PROPERTY_FLAGS);
    case HF_OPTION_TYPE_STRING:
        break;
    }
    return g_param_spec_string (name, label, help, option->text, HF_PROPERTY_FLAGS);
}

void
hf_property_install (GObjectClass *klass, guint id, const HfOption *option)
{
    GParamSpec *spec = param_spec (option);

    if (option->unit[0])
        gegl_param_spec_set_property_key (spec, "unit", option->unit);
    g_object_class_install_property (klass, id, spec);
}

static double
number_of (const HfOption *option, const GValue *value)
{
    switch (option->type) {
    case HF_OPTION_TYPE_INT:
        return g_value_get_int (value);
    case HF_OPTION_TYPE_DOUBLE:
        return g_value_get_double (value);
    case HF_OPTION_TYPE_BOOL:
        return g_value_get_boolean (value);
    case HF_OPTION_TYPE_CHOICE:
        return g_value_get_enum (value);
    case HF_OPTION_TYPE_STRING:
        break;
    }
    return 0;
}

void
hf_property_set (const HfOption *option, void *options, const GValue *value)
{
    GError *error = NULL;

    if (option->type == HF_OPTION_TYPE_STRING) {
        const char *text = g_value_get_string (value);

        hf_option_set (option, options, text ? text : option->text, &error);
    } else {
        hf_option_set_number (option, options, number_of (option, value), &error);
    }
    if (error)
        g_warning ("%s", error->message);
    g_clear_error (&error);
}

void
hf_property_get (const HfOption *option, const void *options, GValue *value)
{
    double number = hf_option_get_number (option, options);

    switch (option->type) {
    case HF_OPTION_TYPE_INT:
        g_value_set_int (value, (int) number);
        break;
    case HF_OPTION_TYPE_DOUBLE:
        g_value_set_double (value, number);
        break;
    case HF_OPTION_TYPE_BOOL:
        g_value_set_boolean (value, number != 0);
        break;
    case HF_OPTION_TYPE_CHOICE:
        g_value_set_enum (value, (int) number);
        break;
    case HF_OPTION_TYPE_STRING:
        g_value_take_string (value, hf_option_get (option, options));
        break;
    }
}
