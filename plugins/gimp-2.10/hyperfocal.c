/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plug-in for GIMP 2.10: registers the procedures with arguments from the option tables, brings
 * the options together (arguments, dialog or last values) and runs.
 *
 * Arguments are positional in 2.10: run mode, image, drawable, then every option in the order of
 * the tables; choices and yes/no are whole numbers.
 */
#include "core/noise-map-layer.h"
#include "core/procedure.h"
#include "core/stack-layers.h"
#include "dialog.h"
#include "host.h"

#include <hyperfocal/error.h>
#include <libgimp/gimp.h>
#include <string.h>

enum { N_FIXED = 3 }; /* arguments before the options */

/* ---- registration ---- */

static GimpPDBArgType
argument_type (const HfOption *option)
{
    switch (option->type) {
    case HF_OPTION_TYPE_DOUBLE:
        return GIMP_PDB_FLOAT;
    case HF_OPTION_TYPE_STRING:
        return GIMP_PDB_STRING;
    case HF_OPTION_TYPE_INT:
    case HF_OPTION_TYPE_BOOL:
    case HF_OPTION_TYPE_CHOICE:
        break;
    }
    return GIMP_PDB_INT32;
}

/* "Crop: Which part … { none (0), common (1) }, default 0"; newly allocated. */
static char *
argument_description (const HfOption *option)
{
    GString *text = g_string_new (option->label);

    g_string_append_printf (text, ": %s", option->help);
    switch (option->type) {
    case HF_OPTION_TYPE_CHOICE:
        g_string_append (text, " {");
        for (const HfChoice *choice = option->choices; choice->nick; choice++)
            g_string_append_printf (text, "%s %s (%d)", choice == option->choices ? "" : ",",
                                    choice->nick, choice->value);
        g_string_append (text, " }");
        break;
    case HF_OPTION_TYPE_BOOL:
        g_string_append (text, " { no (0), yes (1) }");
        break;
    case HF_OPTION_TYPE_INT:
    case HF_OPTION_TYPE_DOUBLE:
        g_string_append_printf (text, " (%g to %g%s%s)", option->min, option->max,
                                option->unit[0] ? " " : "", option->unit);
        break;
    case HF_OPTION_TYPE_STRING:
        break;
    }
    if (option->type == HF_OPTION_TYPE_STRING)
        g_string_append_printf (text, "; default \"%s\"", option->text);
    else
        g_string_append_printf (text, "; default %g", option->initial);
    return g_string_free (text, FALSE);
}

static void
set_icon (const char *procedure)
{
    char *folder = g_path_get_dirname (gimp_get_progname ());
    char *icon = g_build_filename (folder, HF_ICON_FILE, NULL);

    gimp_plugin_icon_register (procedure, GIMP_ICON_TYPE_IMAGE_FILE, (const guint8 *) icon);
    g_free (icon);
    g_free (folder);
}

typedef struct Procedure {
    const char *name, *blurb, *help, *label;
    GimpParamDef result;
    const HfOption *(*option) (int i); /* argument i after the fixed ones */
    int n_options;
} Procedure;

static void
install (const Procedure *procedure)
{
    int n_options = procedure->n_options;
    GimpParamDef *arguments = g_new0 (GimpParamDef, N_FIXED + n_options);

    arguments[0] = (GimpParamDef) { GIMP_PDB_INT32, (gchar *) "run-mode",
                                    (gchar *) "The run mode { RUN-INTERACTIVE (0), "
                                              "RUN-NONINTERACTIVE (1), RUN-WITH-LAST-VALS (2) }" };
    arguments[1] = (GimpParamDef) { GIMP_PDB_IMAGE, (gchar *) "image", (gchar *) "The image" };
    arguments[2] = (GimpParamDef) { GIMP_PDB_DRAWABLE, (gchar *) "drawable",
                                    (gchar *) "Any layer of it; not used" };
    for (int i = 0; i < n_options; i++) {
        const HfOption *option = procedure->option (i);

        arguments[N_FIXED + i] = (GimpParamDef) { argument_type (option), (gchar *) option->name,
                                                  argument_description (option) };
    }
    gimp_install_procedure (procedure->name, procedure->blurb, procedure->help, HF_AUTHORS,
                            HF_AUTHORS, HF_DATE, procedure->label, "RGB*, GRAY*, INDEXED*",
                            GIMP_PLUGIN, N_FIXED + n_options, 1, arguments, &procedure->result);
    gimp_plugin_menu_register (procedure->name, HF_STACK_MENU_PATH);
    set_icon (procedure->name);
    for (int i = 0; i < n_options; i++)
        g_free (arguments[N_FIXED + i].description);
    g_free (arguments);
}

static const HfOption *
stack_option (int i)
{
    return hf_plugin_option (NULL, i, NULL);
}

static const HfOption *
noise_map_option (int i)
{
    return &hf_noise_map_table.options[i];
}

static void
query (void)
{
    Procedure stack = { HF_STACK_PROCEDURE,
                        HF_STACK_BLURB,
                        HF_STACK_HELP,
                        HF_STACK_MENU_LABEL,
                        { GIMP_PDB_LAYER, (gchar *) "fused-layer",
                          (gchar *) "The layer with the result" },
                        stack_option,
                        hf_plugin_n_options () };
    Procedure noise_map = { HF_NOISE_MAP_PROCEDURE,
                            HF_NOISE_MAP_BLURB,
                            HF_NOISE_MAP_HELP,
                            HF_NOISE_MAP_MENU_LABEL,
                            { GIMP_PDB_LAYER, (gchar *) "noise-map",
                              (gchar *) "The layer with the map" },
                            noise_map_option,
                            HF_NOISE_MAP_N_ARGUMENTS };

    install (&stack);
    install (&noise_map);
}

/* ---- options ---- */

static bool
option_from_argument (const HfOption *option, void *part, const GimpParam *argument, GError **error)
{
    if (option->type == HF_OPTION_TYPE_STRING)
        return hf_option_set (option, part, argument->data.d_string, error);
    if (option->type == HF_OPTION_TYPE_DOUBLE)
        return hf_option_set_number (option, part, argument->data.d_float, error);
    return hf_option_set_number (option, part, argument->data.d_int32, error);
}

static bool
check_number_of_arguments (int n_given, int n_options, GError **error)
{
    if (n_given == N_FIXED + n_options)
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "%d arguments are needed, %d were given",
                 N_FIXED + n_options, n_given);
    return false;
}

static bool
options_from_arguments (HfPluginOptions *options, int n_arguments, const GimpParam *arguments,
                        GError **error)
{
    bool good = check_number_of_arguments (n_arguments, hf_plugin_n_options (), error);

    for (int i = 0; good && i < hf_plugin_n_options (); i++) {
        void *part;
        const HfOption *option = hf_plugin_option (options, i, &part);

        good = option_from_argument (option, part, &arguments[N_FIXED + i], error);
    }
    return good;
}

static void
recall_options (HfPluginOptions *options)
{
    int size = gimp_get_data_size (HF_STACK_PROCEDURE);
    char *text = g_malloc0 ((gsize) size + 1);

    if (size > 0 && gimp_get_data (HF_STACK_PROCEDURE, text))
        hf_plugin_options_from_text (options, text);
    g_free (text);
}

static void
keep_options (HfPluginOptions *options)
{
    char *text = hf_plugin_options_to_text (options);

    gimp_set_data (HF_STACK_PROCEDURE, text, (guint32) strlen (text));
    g_free (text);
}

/* Fills the options as the run mode says. CANCEL: the user dismissed the dialog. */
static GimpPDBStatusType
get_options (HfPluginOptions *options, int n_arguments, const GimpParam *arguments, GError **error)
{
    switch (arguments[0].data.d_int32) {
    case GIMP_RUN_INTERACTIVE:
        recall_options (options);
        return hf_dialog_run (options) ? GIMP_PDB_SUCCESS : GIMP_PDB_CANCEL;
    case GIMP_RUN_WITH_LAST_VALS:
        recall_options (options);
        return GIMP_PDB_SUCCESS;
    default:
        return options_from_arguments (options, n_arguments, arguments, error)
                   ? GIMP_PDB_SUCCESS
                   : GIMP_PDB_CALLING_ERROR;
    }
}

/* ---- running ---- */

static GimpPDBStatusType
stack (gint32 image, HfPluginOptions *options, int *fused, GError **error)
{
    HfGimpHost host;
    bool good;

    gegl_init (NULL, NULL);
    gimp_progress_init ("Focus stack");
    hf_gimp_host_init (&host, image);
    good = hf_stack_layers (&host.host, options, fused, error);
    gimp_progress_end ();
    gegl_exit ();
    return good ? GIMP_PDB_SUCCESS : GIMP_PDB_EXECUTION_ERROR;
}

/* From the menu the noise map is made with its defaults, automatic thresholds. */
static GimpPDBStatusType
run_noise_map (int n_arguments, const GimpParam *arguments, int *layer, GError **error)
{
    HfNoiseMapOptions options;
    HfGimpHost host;
    bool scripted = arguments[0].data.d_int32 == GIMP_RUN_NONINTERACTIVE, good = true;

    hf_options_init (&hf_noise_map_table, &options);
    if (scripted)
        good = check_number_of_arguments (n_arguments, HF_NOISE_MAP_N_ARGUMENTS, error);
    for (int i = 0; good && scripted && i < HF_NOISE_MAP_N_ARGUMENTS; i++)
        good =
            option_from_argument (noise_map_option (i), &options, &arguments[N_FIXED + i], error);
    if (good) {
        gegl_init (NULL, NULL);
        gimp_progress_init ("Noise map");
        hf_gimp_host_init (&host, arguments[1].data.d_image);
        good = hf_noise_map_layer (&host.host, &options, layer, error);
        gimp_progress_end ();
        gegl_exit ();
    }
    hf_options_clear (&hf_noise_map_table, &options);
    return good ? GIMP_PDB_SUCCESS : GIMP_PDB_EXECUTION_ERROR;
}

static GimpPDBStatusType
run_stack (int n_arguments, const GimpParam *arguments, int *fused, GError **error)
{
    HfPluginOptions options;
    GimpPDBStatusType status;

    hf_plugin_options_init (&options);
    status = get_options (&options, n_arguments, arguments, error);
    if (status == GIMP_PDB_SUCCESS) {
        if (arguments[0].data.d_int32 == GIMP_RUN_INTERACTIVE)
            keep_options (&options);
        status = stack (arguments[1].data.d_image, &options, fused, error);
    }
    hf_plugin_options_clear (&options);
    return status;
}

static void
run (const gchar *name, gint n_arguments, const GimpParam *arguments, gint *n_returns,
     GimpParam **returns)
{
    static GimpParam values[2];
    GimpPDBStatusType status;
    GError *error = NULL;
    int layer = 0;

    gimp_plugin_enable_precision ();
    if (strcmp (name, HF_NOISE_MAP_PROCEDURE) == 0)
        status = run_noise_map (n_arguments, arguments, &layer, &error);
    else
        status = run_stack (n_arguments, arguments, &layer, &error);
    values[0] = (GimpParam) { GIMP_PDB_STATUS, { .d_status = status } };
    values[1] = (GimpParam) { GIMP_PDB_LAYER, { .d_layer = layer } };
    if (error) {
        values[1].type = GIMP_PDB_STRING;
        values[1].data.d_string = g_strdup (error->message);
    }
    g_clear_error (&error);
    *n_returns = status == GIMP_PDB_CANCEL ? 1 : 2;
    *returns = values;
}

const GimpPlugInInfo PLUG_IN_INFO = { NULL, NULL, query, run };

MAIN ()
