/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialog.h"

#include "core/options.h"

#include <libgimp/gimpui.h>

static GList *
names_of_options (const HfOptionTable *table)
{
    GList *names = NULL;

    for (int i = table->n_options - 1; i >= 0; i--)
        names = g_list_prepend (names, (void *) table->options[i].name);
    return names;
}

/* A titled frame with the options of one table; returns its name for the dialog, newly allocated.
 */
static char *
add_section (GimpProcedureDialog *dialog, const HfOptionTable *table)
{
    char *frame = g_strdup_printf ("%s-frame", table->name);
    char *title = g_strdup_printf ("%s-title", table->name);
    char *box = g_strdup_printf ("%s-box", table->name);
    GList *names = names_of_options (table);

    gimp_procedure_dialog_get_label (dialog, title, table->label, FALSE, FALSE);
    gimp_procedure_dialog_fill_box_list (dialog, box, names);
    gimp_procedure_dialog_fill_frame (dialog, frame, title, FALSE, box);
    g_list_free (names);
    g_free (title);
    g_free (box);
    return frame;
}

bool
hf_dialog_run (GimpProcedure *procedure, GimpProcedureConfig *config)
{
    GList *sections = NULL;
    GtkWidget *dialog;
    bool agreed;

    gimp_ui_init ("hyperfocal");
    dialog = gimp_procedure_dialog_new (procedure, config, "Focus Stack");
    for (const HfStackPart *part = hf_plugin_parts (); part->table; part++)
        sections =
            g_list_append (sections, add_section (GIMP_PROCEDURE_DIALOG (dialog), part->table));
    gimp_procedure_dialog_fill_list (GIMP_PROCEDURE_DIALOG (dialog), sections);
    agreed = gimp_procedure_dialog_run (GIMP_PROCEDURE_DIALOG (dialog));
    gtk_widget_destroy (dialog);
    g_list_free_full (sections, g_free);
    return agreed;
}
