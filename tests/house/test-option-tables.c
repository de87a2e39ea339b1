/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option tables of all steps, held together: from them come the command line and the dialogs.
 */
#include <hyperfocal/hyperfocal.h>

#include <string.h>

typedef void (*CheckOption) (const HfOptionTable *table, const HfOption *option, void *options);

static void
check_table (const HfOptionTable *table, CheckOption check)
{
    void *options = g_malloc0 (table->size);

    hf_options_init (table, options);
    g_assert_cmpint (table->n_options, >, 0);
    for (int i = 0; i < table->n_options; i++)
        check (table, &table->options[i], options);
    hf_options_clear (table, options);
    g_free (options);
}

static void
for_each_option (CheckOption check)
{
    for (const HfStackPart *part = hf_stack_parts; part->table; part++)
        check_table (part->table, check);
    check_table (&hf_file_table, check);
}

static GHashTable *seen;

static void
check_name (const HfOptionTable *table, const HfOption *option, void *options)
{
    /* the command's own */
    static const char *const taken[] = { "input", "output", "layers",        "report", "debug",
                                         "quiet", "help",   "help-markdown", "version" };

    g_assert_true (g_ascii_islower (option->name[0]));
    for (const char *c = option->name; *c; c++)
        g_assert_true (g_ascii_islower (*c) || g_ascii_isdigit (*c) || *c == '-');
    for (gsize i = 0; i < G_N_ELEMENTS (taken); i++)
        g_assert_cmpstr (option->name, !=, taken[i]);
    g_test_message ("%s/%s", table->name, option->name);
    g_assert_true (g_hash_table_add (seen, (void *) option->name));
}

static void
names_are_unique (void)
{
    seen = g_hash_table_new (g_str_hash, g_str_equal);
    for_each_option (check_name);
    g_hash_table_destroy (seen);
}

static void
check_sentence (const HfOptionTable *table, const HfOption *option, void *options)
{
    gsize length = strlen (option->help);

    g_test_message ("%s/%s: %s", table->name, option->name, option->help);
    g_assert_cmpuint (length, >=, 12);
    g_assert_true (g_ascii_isupper (option->help[0]));
    g_assert_false (g_str_has_suffix (option->help, "."));
    /* a row of a Markdown table must stay one */
    g_assert_null (strpbrk (option->help, "|\n\t"));
    g_assert_true (g_ascii_isupper (option->label[0]));
    g_assert_nonnull (option->unit);
}

static void
help_is_there (void)
{
    for_each_option (check_sentence);
}

static void
check_range (const HfOptionTable *table, const HfOption *option, void *options)
{
    char *initial = hf_option_get (option, options);
    GError *error = NULL;

    g_test_message ("%s/%s: %s", table->name, option->name, initial);
    g_assert_cmpuint (option->offset, <, table->size);
    g_assert_nonnull (initial);
    g_assert_true (hf_option_set (option, options, initial, &error));
    g_assert_no_error (error);
    if (option->type == HF_OPTION_TYPE_INT || option->type == HF_OPTION_TYPE_DOUBLE) {
        g_assert_cmpfloat (option->min, <, option->max);
        g_assert_cmpfloat (option->initial, >=, option->min);
        g_assert_cmpfloat (option->initial, <=, option->max);
        g_assert_false (hf_option_set_number (option, options, option->min - 1, &error));
        g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
        g_assert_nonnull (strstr (error->message, option->name));
        g_clear_error (&error);
        g_assert_false (hf_option_set_number (option, options, option->max + 1, NULL));
        g_assert_cmpfloat (hf_option_get_number (option, options), ==, option->initial);
    }
    g_free (initial);
}

static void
defaults_are_within_range (void)
{
    for_each_option (check_range);
}

static void
check_choices (const HfOptionTable *table, const HfOption *option, void *options)
{
    GHashTable *nicks, *values;

    if (option->type != HF_OPTION_TYPE_CHOICE)
        return;
    nicks = g_hash_table_new (g_str_hash, g_str_equal);
    values = g_hash_table_new (g_direct_hash, g_direct_equal);
    g_assert_nonnull (hf_choice_nick (option->choices, (int) option->initial));
    for (const HfChoice *choice = option->choices; choice->nick; choice++) {
        g_test_message ("%s/%s: %s", table->name, option->name, choice->nick);
        g_assert_true (g_hash_table_add (nicks, (void *) choice->nick));
        g_assert_true (g_hash_table_add (values, GINT_TO_POINTER (choice->value)));
        g_assert_true (hf_option_set (option, options, choice->nick, NULL));
        g_assert_cmpfloat (hf_option_get_number (option, options), ==, choice->value);
        g_assert_true (g_ascii_isupper (choice->label[0]));
    }
    g_assert_false (hf_option_set (option, options, "no such choice", NULL));
    g_hash_table_destroy (nicks);
    g_hash_table_destroy (values);
}

static void
choices_are_sane (void)
{
    for_each_option (check_choices);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/house/options/names-are-unique", names_are_unique);
    g_test_add_func ("/house/options/help-is-there", help_is_there);
    g_test_add_func ("/house/options/defaults-are-within-range", defaults_are_within_range);
    g_test_add_func ("/house/options/choices-are-sane", choices_are_sane);
    return g_test_run ();
}
