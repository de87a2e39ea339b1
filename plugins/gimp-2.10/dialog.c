/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A frame for each table, a row for each option: a combo box for a choice, a spin button for a
 * number, a check button, an entry. The widgets hold the values until the user agrees.
 */
#include "dialog.h"

#include "core/procedure.h"

#include <libgimp/gimp.h>
#include <libgimp/gimpui.h>

typedef struct Row {
    const HfOption *option;
    GtkWidget *widget;
} Row;

typedef struct Dialog {
    GtkWidget *window;
    GtkSizeGroup *labels; /* all labels are of one width, so that the widgets stand in line */
    GArray *rows;         /* Row, one for each option */
} Dialog;

enum { RESPONSE_RESET = 1 };

/* ---- one option, one widget ---- */

static GtkWidget *
new_combo (const HfOption *option)
{
    GtkWidget *combo = gimp_int_combo_box_new (NULL, 0, NULL);

    for (const HfChoice *choice = option->choices; choice->nick; choice++)
        gimp_int_combo_box_append (GIMP_INT_COMBO_BOX (combo), GIMP_INT_STORE_VALUE, choice->value,
                                   GIMP_INT_STORE_LABEL, choice->label, -1);
    return combo;
}

static GtkWidget *
new_spin_button (const HfOption *option)
{
    bool whole = option->type == HF_OPTION_TYPE_INT;
    double step = whole ? 1 : (option->max - option->min) / 100;
    GtkWidget *spin = gtk_spin_button_new_with_range (option->min, option->max, step);

    gtk_spin_button_set_digits (GTK_SPIN_BUTTON (spin), whole ? 0 : 3);
    gtk_entry_set_activates_default (GTK_ENTRY (spin), TRUE);
    return spin;
}

static GtkWidget *
new_entry (void)
{
    GtkWidget *entry = gtk_entry_new ();

    gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
    return entry;
}

static GtkWidget *
new_widget (const HfOption *option)
{
    switch (option->type) {
    case HF_OPTION_TYPE_CHOICE:
        return new_combo (option);
    case HF_OPTION_TYPE_INT:
    case HF_OPTION_TYPE_DOUBLE:
        return new_spin_button (option);
    case HF_OPTION_TYPE_BOOL:
        return gtk_check_button_new_with_label (option->label);
    case HF_OPTION_TYPE_STRING:
        break;
    }
    return new_entry ();
}

static void
show_value (const Row *row, void *part)
{
    double number = hf_option_get_number (row->option, part);
    char *text;

    switch (row->option->type) {
    case HF_OPTION_TYPE_CHOICE:
        gimp_int_combo_box_set_active (GIMP_INT_COMBO_BOX (row->widget), (int) number);
        break;
    case HF_OPTION_TYPE_INT:
    case HF_OPTION_TYPE_DOUBLE:
        gtk_spin_button_set_value (GTK_SPIN_BUTTON (row->widget), number);
        break;
    case HF_OPTION_TYPE_BOOL:
        gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (row->widget), number != 0);
        break;
    case HF_OPTION_TYPE_STRING:
        text = hf_option_get (row->option, part);
        gtk_entry_set_text (GTK_ENTRY (row->widget), text);
        g_free (text);
        break;
    }
}

/* The widgets only give what the option takes. */
static void
take_value (const Row *row, void *part)
{
    int chosen = 0;

    switch (row->option->type) {
    case HF_OPTION_TYPE_CHOICE:
        gimp_int_combo_box_get_active (GIMP_INT_COMBO_BOX (row->widget), &chosen);
        hf_option_set_number (row->option, part, chosen, NULL);
        break;
    case HF_OPTION_TYPE_INT:
    case HF_OPTION_TYPE_DOUBLE:
        gtk_spin_button_update (GTK_SPIN_BUTTON (row->widget));
        hf_option_set_number (row->option, part,
                              gtk_spin_button_get_value (GTK_SPIN_BUTTON (row->widget)), NULL);
        break;
    case HF_OPTION_TYPE_BOOL:
        hf_option_set_number (row->option, part,
                              gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (row->widget)), NULL);
        break;
    case HF_OPTION_TYPE_STRING:
        hf_option_set (row->option, part, gtk_entry_get_text (GTK_ENTRY (row->widget)), NULL);
        break;
    }
}

/* ---- the whole ---- */

static void
show_options (const Dialog *dialog, HfPluginOptions *options)
{
    for (guint i = 0; i < dialog->rows->len; i++) {
        void *part;

        hf_plugin_option (options, (int) i, &part);
        show_value (&g_array_index (dialog->rows, Row, i), part);
    }
}

static void
take_options (const Dialog *dialog, HfPluginOptions *options)
{
    for (guint i = 0; i < dialog->rows->len; i++) {
        void *part;

        hf_plugin_option (options, (int) i, &part);
        take_value (&g_array_index (dialog->rows, Row, i), part);
    }
}

static void
add_row (Dialog *dialog, GtkTable *table, int line, const HfOption *option)
{
    Row row = { option, new_widget (option) };
    char *label = hf_plugin_option_label (option);

    gimp_help_set_help_data (row.widget, option->help, NULL);
    if (option->type == HF_OPTION_TYPE_BOOL)
        gtk_table_attach (table, row.widget, 0, 2, line, line + 1, GTK_FILL, GTK_FILL, 0, 0);
    else
        gtk_size_group_add_widget (
            dialog->labels,
            gimp_table_attach_aligned (table, 0, line, label, 0, 0.5, row.widget, 1, FALSE));
    gtk_widget_show (row.widget);
    g_array_append_val (dialog->rows, row);
    g_free (label);
}

/* A page of its own for each part: all options at once are taller than a screen. */
static void
add_section (Dialog *dialog, GtkNotebook *book, const HfOptionTable *table)
{
    GtkWidget *page = gtk_vbox_new (FALSE, 0);
    GtkWidget *grid = gtk_table_new ((guint) table->n_options, 2, FALSE);

    gtk_table_set_row_spacings (GTK_TABLE (grid), 6);
    gtk_table_set_col_spacings (GTK_TABLE (grid), 6);
    for (int i = 0; i < table->n_options; i++)
        add_row (dialog, GTK_TABLE (grid), i, &table->options[i]);
    gtk_container_set_border_width (GTK_CONTAINER (page), 12);
    gtk_box_pack_start (GTK_BOX (page), grid, FALSE, FALSE, 0);
    gtk_notebook_append_page (book, page, gtk_label_new (table->label));
    gtk_widget_show (grid);
    gtk_widget_show (page);
}

static void
build (Dialog *dialog)
{
    GtkWidget *book = gtk_notebook_new ();
    GtkWidget *area;

    dialog->labels = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
    dialog->rows = g_array_new (FALSE, FALSE, sizeof (Row));
    dialog->window = gimp_dialog_new ("Focus Stack", "hyperfocal", NULL, 0, gimp_standard_help_func,
                                      HF_STACK_PROCEDURE, "_Reset", RESPONSE_RESET, "_Cancel",
                                      GTK_RESPONSE_CANCEL, "_OK", GTK_RESPONSE_OK, NULL);
    area = gtk_dialog_get_content_area (GTK_DIALOG (dialog->window));
    gtk_dialog_set_default_response (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK);
    gtk_widget_grab_focus (
        gtk_dialog_get_widget_for_response (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK));
    gtk_window_set_resizable (GTK_WINDOW (dialog->window), FALSE);
    gimp_window_set_transient (GTK_WINDOW (dialog->window));
    gtk_container_set_border_width (GTK_CONTAINER (book), 12);
    gtk_notebook_set_tab_pos (GTK_NOTEBOOK (book), GTK_POS_LEFT);
    for (const HfStackPart *part = hf_plugin_parts (); part->table; part++)
        add_section (dialog, GTK_NOTEBOOK (book), part->table);
    gtk_box_pack_start (GTK_BOX (area), book, TRUE, TRUE, 0);
    gtk_widget_show (book);
}

static void
show_defaults (const Dialog *dialog)
{
    HfPluginOptions defaults;

    hf_plugin_options_init (&defaults);
    show_options (dialog, &defaults);
    hf_plugin_options_clear (&defaults);
}

bool
hf_dialog_run (HfPluginOptions *options)
{
    Dialog dialog;
    int response;

    gimp_ui_init ("hyperfocal", FALSE);
    build (&dialog);
    show_options (&dialog, options);
    while ((response = gimp_dialog_run (GIMP_DIALOG (dialog.window))) == RESPONSE_RESET)
        show_defaults (&dialog);
    if (response == GTK_RESPONSE_OK)
        take_options (&dialog, options);
    gtk_widget_destroy (dialog.window);
    g_object_unref (dialog.labels);
    g_array_unref (dialog.rows);
    return response == GTK_RESPONSE_OK;
}
