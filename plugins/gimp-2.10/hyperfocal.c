/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plug-in for GIMP 2.10: registers the procedure with arguments from the option tables, brings
 * the options together (arguments, dialog or last values) and runs.
 *
 * Arguments are positional in 2.10: run mode, image, drawable, then every option in the order of
 * the tables; choices and yes/no are whole numbers.
 */
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
set_icon (void)
{
    char *folder = g_path_get_dirname (gimp_get_progname ());
    char *icon = g_build_filename (folder, HF_ICON_FILE, NULL);

    gimp_plugin_icon_register (HF_STACK_PROCEDURE, GIMP_ICON_TYPE_IMAGE_FILE,
                               (const guint8 *) icon);
    g_free (icon);
    g_free (folder);
}

static void
query (void)
{
    static const GimpParamDef returns[] = {
        { GIMP_PDB_LAYER, (gchar *) "fused-layer", (gchar *) "The layer with the result" },
    };
    int n_options = hf_plugin_n_options ();
    GimpParamDef *arguments = g_new0 (GimpParamDef, N_FIXED + n_options);

    arguments[0] = (GimpParamDef) { GIMP_PDB_INT32, (gchar *) "run-mode",
                                    (gchar *) "The run mode { RUN-INTERACTIVE (0), "
                                              "RUN-NONINTERACTIVE (1), RUN-WITH-LAST-VALS (2) }" };
    arguments[1] = (GimpParamDef) { GIMP_PDB_IMAGE, (gchar *) "image", (gchar *) "The image" };
    arguments[2] = (GimpParamDef) { GIMP_PDB_DRAWABLE, (gchar *) "drawable",
                                    (gchar *) "Any layer of it; not used" };
    for (int i = 0; i < n_options; i++) {
        const HfOption *option = hf_plugin_option (NULL, i, NULL);

        arguments[N_FIXED + i] = (GimpParamDef) { argument_type (option), (gchar *) option->name,
                                                  argument_description (option) };
    }
    gimp_install_procedure (HF_STACK_PROCEDURE, HF_STACK_BLURB, HF_STACK_HELP, HF_STACK_AUTHORS,
                            HF_STACK_AUTHORS, HF_STACK_DATE, HF_STACK_MENU_LABEL,
                            "RGB*, GRAY*, INDEXED*", GIMP_PLUGIN, N_FIXED + n_options,
                            G_N_ELEMENTS (returns), arguments, returns);
    gimp_plugin_menu_register (HF_STACK_PROCEDURE, HF_STACK_MENU_PATH);
    set_icon ();
    for (int i = 0; i < n_options; i++)
        g_free (arguments[N_FIXED + i].description);
    g_free (arguments);
}

/* ---- options ---- */

static bool
options_from_arguments (HfPluginOptions *options, int n_arguments, const GimpParam *arguments,
                        GError **error)
{
    if (n_arguments != N_FIXED + hf_plugin_n_options ()) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "%d arguments are needed, %d were given",
                     N_FIXED + hf_plugin_n_options (), n_arguments);
        return false;
    }
    for (int i = 0; i < hf_plugin_n_options (); i++) {
        const GimpParam *argument = &arguments[N_FIXED + i];
        void *part;
        const HfOption *option = hf_plugin_option (options, i, &part);
        bool good;

        if (option->type == HF_OPTION_TYPE_STRING)
            good = hf_option_set (option, part, argument->data.d_string, error);
        else if (option->type == HF_OPTION_TYPE_DOUBLE)
            good = hf_option_set_number (option, part, argument->data.d_float, error);
        else
            good = hf_option_set_number (option, part, argument->data.d_int32, error);
        if (!good)
            return false;
    }
    return true;
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

static void
run (const gchar *name, gint n_arguments, const GimpParam *arguments, gint *n_returns,
     GimpParam **returns)
{
    static GimpParam values[2];
    HfPluginOptions options;
    GimpPDBStatusType status;
    GError *error = NULL;
    int fused = 0;

    gimp_plugin_enable_precision ();
    hf_plugin_options_init (&options);
    status = get_options (&options, n_arguments, arguments, &error);
    if (status == GIMP_PDB_SUCCESS) {
        if (arguments[0].data.d_int32 == GIMP_RUN_INTERACTIVE)
            keep_options (&options);
        status = stack (arguments[1].data.d_image, &options, &fused, &error);
    }
    values[0] = (GimpParam) { GIMP_PDB_STATUS, { .d_status = status } };
    values[1] = (GimpParam) { GIMP_PDB_LAYER, { .d_layer = fused } };
    if (error) {
        values[1].type = GIMP_PDB_STRING;
        values[1].data.d_string = g_strdup (error->message);
    }
    g_clear_error (&error);
    hf_plugin_options_clear (&options);
    *n_returns = status == GIMP_PDB_CANCEL ? 1 : 2;
    *returns = values;
}

const GimpPlugInInfo PLUG_IN_INFO = { NULL, NULL, query, run };

MAIN ()
