/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plug-in for GIMP 3: registers the procedures with arguments from the option tables, and runs.
 * Arguments have names and defaults in GIMP 3; last values are kept by GIMP.
 */
#include "core/noise-map-layer.h"
#include "core/procedure.h"
#include "core/stack-layers.h"
#include "dialog.h"
#include "host.h"

#include <libgimp/gimp.h>
#include <string.h>

typedef struct Hyperfocal {
    GimpPlugIn parent;
} Hyperfocal;

typedef struct HyperfocalClass {
    GimpPlugInClass parent_class;
} HyperfocalClass;

GType hyperfocal_get_type (void);
G_DEFINE_TYPE (Hyperfocal, hyperfocal, GIMP_TYPE_PLUG_IN)

/* ---- options ---- */

/* The arguments have the names and types of the options, choices being texts. */
static bool
option_from_config (const HfOption *option, void *part, GimpProcedureConfig *config, GError **error)
{
    GValue value = G_VALUE_INIT;
    bool good;

    g_object_get_property (G_OBJECT (config), option->name, &value);
    if (G_VALUE_HOLDS_STRING (&value))
        good = hf_option_set (option, part, g_value_get_string (&value), error);
    else if (G_VALUE_HOLDS_DOUBLE (&value))
        good = hf_option_set_number (option, part, g_value_get_double (&value), error);
    else if (G_VALUE_HOLDS_BOOLEAN (&value))
        good = hf_option_set_number (option, part, g_value_get_boolean (&value), error);
    else
        good = hf_option_set_number (option, part, g_value_get_int (&value), error);
    g_value_unset (&value);
    return good;
}

static bool
options_from_config (HfPluginOptions *options, GimpProcedureConfig *config, GError **error)
{
    bool good = true;

    for (int i = 0; good && i < hf_plugin_n_options (); i++) {
        void *part;
        const HfOption *option = hf_plugin_option (options, i, &part);

        good = option_from_config (option, part, config, error);
    }
    return good;
}

static void
add_choice (GimpProcedure *procedure, const HfOption *option, const char *label)
{
    GimpChoice *list = gimp_choice_new ();

    for (const HfChoice *choice = option->choices; choice->nick; choice++)
        gimp_choice_add (list, choice->nick, choice->value, choice->label, NULL);
    gimp_procedure_add_choice_argument (procedure, option->name, label, option->help, list,
                                        hf_choice_nick (option->choices, (int) option->initial),
                                        G_PARAM_READWRITE);
}

static void
add_argument (GimpProcedure *procedure, const HfOption *option)
{
    char *label = hf_plugin_option_label (option);

    switch (option->type) {
    case HF_OPTION_TYPE_CHOICE:
        add_choice (procedure, option, label);
        break;
    case HF_OPTION_TYPE_INT:
        gimp_procedure_add_int_argument (procedure, option->name, label, option->help,
                                         (int) option->min, (int) option->max,
                                         (int) option->initial, G_PARAM_READWRITE);
        break;
    case HF_OPTION_TYPE_DOUBLE:
        gimp_procedure_add_double_argument (procedure, option->name, label, option->help,
                                            option->min, option->max, option->initial,
                                            G_PARAM_READWRITE);
        break;
    case HF_OPTION_TYPE_BOOL:
        gimp_procedure_add_boolean_argument (procedure, option->name, label, option->help,
                                             option->initial != 0, G_PARAM_READWRITE);
        break;
    case HF_OPTION_TYPE_STRING:
        gimp_procedure_add_string_argument (procedure, option->name, label, option->help,
                                            option->text, G_PARAM_READWRITE);
        break;
    }
    g_free (label);
}

/* ---- running ---- */

/* A layer as the procedure's only value, or the error. */
static GimpValueArray *
return_layer (GimpProcedure *procedure, int layer, GError *error)
{
    GimpValueArray *values;

    if (error)
        return gimp_procedure_new_return_values (procedure, GIMP_PDB_EXECUTION_ERROR, error);
    values = gimp_procedure_new_return_values (procedure, GIMP_PDB_SUCCESS, NULL);
    g_value_set_object (gimp_value_array_index (values, 1), gimp_layer_get_by_id (layer));
    return values;
}

static GimpValueArray *
stack (GimpProcedure *procedure, GimpImage *image, const HfPluginOptions *options)
{
    GError *error = NULL;
    HfGimpHost host;
    int fused = 0;

    gegl_init (NULL, NULL);
    gimp_progress_init ("Focus stack");
    hf_gimp_host_init (&host, image);
    hf_stack_layers (&host.host, options, &fused, &error);
    gimp_progress_end ();
    return return_layer (procedure, fused, error);
}

static GimpValueArray *
run (GimpProcedure *procedure, GimpRunMode run_mode, GimpImage *image, GimpDrawable **drawables,
     GimpProcedureConfig *config, gpointer data)
{
    GimpValueArray *values;
    HfPluginOptions options;
    GError *error = NULL;

    if (run_mode == GIMP_RUN_INTERACTIVE && !hf_dialog_run (procedure, config))
        return gimp_procedure_new_return_values (procedure, GIMP_PDB_CANCEL, NULL);
    hf_plugin_options_init (&options);
    if (options_from_config (&options, config, &error))
        values = stack (procedure, image, &options);
    else
        values = gimp_procedure_new_return_values (procedure, GIMP_PDB_CALLING_ERROR, error);
    hf_plugin_options_clear (&options);
    return values;
}

static GimpValueArray *
run_noise_map (GimpProcedure *procedure, GimpRunMode run_mode, GimpImage *image,
               GimpDrawable **drawables, GimpProcedureConfig *config, gpointer data)
{
    HfNoiseMapOptions options;
    GError *error = NULL;
    HfGimpHost host;
    int layer = 0;
    bool good = true;

    if (run_mode == GIMP_RUN_INTERACTIVE && !hf_noise_map_dialog_run (procedure, config))
        return gimp_procedure_new_return_values (procedure, GIMP_PDB_CANCEL, NULL);
    hf_options_init (&hf_noise_map_table, &options);
    for (int i = 0; good && i < HF_NOISE_MAP_N_ARGUMENTS; i++)
        good = option_from_config (&hf_noise_map_table.options[i], &options, config, &error);
    if (good) {
        gegl_init (NULL, NULL);
        gimp_progress_init ("Noise map");
        hf_gimp_host_init (&host, image);
        hf_noise_map_layer (&host.host, &options, &layer, &error);
        gimp_progress_end ();
    }
    hf_options_clear (&hf_noise_map_table, &options);
    return return_layer (procedure, layer, error);
}

/* ---- registration ---- */

static GList *
query_procedures (GimpPlugIn *plug_in)
{
    GList *names = g_list_append (NULL, g_strdup (HF_STACK_PROCEDURE));

    return g_list_append (names, g_strdup (HF_NOISE_MAP_PROCEDURE));
}

static void
set_icon (GimpProcedure *procedure)
{
    char *folder = g_path_get_dirname (gimp_get_progname ());
    GFile *icon = g_file_new_build_filename (folder, HF_ICON_FILE, NULL);

    gimp_procedure_set_icon_file (procedure, icon);
    g_object_unref (icon);
    g_free (folder);
}

/* What the procedures have in common. */
static GimpProcedure *
new_procedure (GimpPlugIn *plug_in, const gchar *name, GimpRunImageFunc function, const char *label)
{
    GimpProcedure *procedure =
        gimp_image_procedure_new (plug_in, name, GIMP_PDB_PROC_TYPE_PLUGIN, function, NULL, NULL);

    /* Indexed images get a message that says what to do, instead of a grey menu entry. */
    gimp_procedure_set_image_types (procedure, "*");
    gimp_procedure_set_sensitivity_mask (procedure, GIMP_PROCEDURE_SENSITIVE_DRAWABLE |
                                                        GIMP_PROCEDURE_SENSITIVE_DRAWABLES |
                                                        GIMP_PROCEDURE_SENSITIVE_NO_DRAWABLES);
    gimp_procedure_set_menu_label (procedure, label);
    gimp_procedure_add_menu_path (procedure, HF_STACK_MENU_PATH);
    gimp_procedure_set_attribution (procedure, HF_AUTHORS, HF_AUTHORS, HF_DATE);
    set_icon (procedure);
    return procedure;
}

static GimpProcedure *
create_noise_map (GimpPlugIn *plug_in, const gchar *name)
{
    GimpProcedure *procedure =
        new_procedure (plug_in, name, run_noise_map, HF_NOISE_MAP_MENU_LABEL "...");

    gimp_procedure_set_documentation (procedure, HF_NOISE_MAP_BLURB, HF_NOISE_MAP_HELP, name);
    for (int i = 0; i < HF_NOISE_MAP_N_ARGUMENTS; i++)
        add_argument (procedure, &hf_noise_map_table.options[i]);
    gimp_procedure_add_layer_return_value (procedure, "noise-map", "Noise map",
                                           "The layer with the map", TRUE, G_PARAM_READWRITE);
    return procedure;
}

static GimpProcedure *
create_procedure (GimpPlugIn *plug_in, const gchar *name)
{
    GimpProcedure *procedure;

    if (strcmp (name, HF_NOISE_MAP_PROCEDURE) == 0)
        return create_noise_map (plug_in, name);
    procedure = new_procedure (plug_in, name, run, HF_STACK_MENU_LABEL);
    gimp_procedure_set_documentation (procedure, HF_STACK_BLURB, HF_STACK_HELP, name);
    for (int i = 0; i < hf_plugin_n_options (); i++)
        add_argument (procedure, hf_plugin_option (NULL, i, NULL));
    gimp_procedure_add_layer_return_value (procedure, "fused-layer", "Fused layer",
                                           "The layer with the result", TRUE, G_PARAM_READWRITE);
    return procedure;
}

/* The texts are not translated. */
static gboolean
set_i18n (GimpPlugIn *plug_in, const gchar *procedure_name, gchar **domain, gchar **catalog)
{
    return FALSE;
}

static void
hyperfocal_class_init (HyperfocalClass *class)
{
    GimpPlugInClass *plug_in_class = GIMP_PLUG_IN_CLASS (class);

    plug_in_class->query_procedures = query_procedures;
    plug_in_class->create_procedure = create_procedure;
    plug_in_class->set_i18n = set_i18n;
}

static void
hyperfocal_init (Hyperfocal *self)
{
}

GIMP_MAIN (hyperfocal_get_type ())
