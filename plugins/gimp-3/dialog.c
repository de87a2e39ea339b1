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

enum { PAGE_WIDTH = 440, PAGE_HEIGHT = 460 }; /* of a page in pixels: the longest are scrolled */

/* Identifiers of the dialog's parts, newly allocated: the tab and the page of one table. */
typedef struct Section {
    char *tab, *page;
} Section;

static Section
add_section (GimpProcedureDialog *dialog, const HfOptionTable *table)
{
    Section section = { g_strdup_printf ("%s-tab", table->name),
                        g_strdup_printf ("%s-page", table->name) };
    char *box = g_strdup_printf ("%s-box", table->name);
    GList *names = names_of_options (table);
    GtkWidget *window;

    gimp_procedure_dialog_get_label (dialog, section.tab, table->label, FALSE, FALSE);
    gimp_procedure_dialog_fill_box_list (dialog, box, names);
    window = gimp_procedure_dialog_fill_scrolled_window (dialog, section.page, box);
    gtk_widget_set_size_request (window, PAGE_WIDTH, PAGE_HEIGHT);
    g_list_free (names);
    g_free (box);
    return section;
}

/* A page for each part: all options at once are taller than a screen. */
static void
add_pages (GimpProcedureDialog *dialog)
{
    GList *tabs = NULL, *pages = NULL;
    GtkWidget *book;

    for (const HfStackPart *part = hf_plugin_parts (); part->table; part++) {
        Section section = add_section (dialog, part->table);

        tabs = g_list_append (tabs, section.tab);
        pages = g_list_append (pages, section.page);
    }
    book = gimp_procedure_dialog_fill_notebook_list (dialog, "parts", tabs, pages);
    gtk_notebook_set_tab_pos (GTK_NOTEBOOK (book), GTK_POS_LEFT);
    gimp_procedure_dialog_fill (dialog, "parts", NULL);
    g_list_free_full (tabs, g_free);
    g_list_free_full (pages, g_free);
}

bool
hf_dialog_run (GimpProcedure *procedure, GimpProcedureConfig *config)
{
    GtkWidget *dialog;
    bool agreed;

    gimp_ui_init ("hyperfocal");
    dialog = gimp_procedure_dialog_new (procedure, config, "Focus Stack");
    add_pages (GIMP_PROCEDURE_DIALOG (dialog));
    agreed = gimp_procedure_dialog_run (GIMP_PROCEDURE_DIALOG (dialog));
    gtk_widget_destroy (dialog);
    return agreed;
}

bool
hf_noise_map_dialog_run (GimpProcedure *procedure, GimpProcedureConfig *config)
{
    GtkWidget *dialog;
    bool agreed;

    gimp_ui_init ("hyperfocal");
    dialog = gimp_procedure_dialog_new (procedure, config, "Noise Map");
    gimp_procedure_dialog_fill (GIMP_PROCEDURE_DIALOG (dialog), NULL);
    agreed = gimp_procedure_dialog_run (GIMP_PROCEDURE_DIALOG (dialog));
    gtk_widget_destroy (dialog);
    return agreed;
}
