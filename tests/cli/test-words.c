/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the command says without any frame: usage, help, its reference page, wrong words. */
#include "command.h"
#include "folder.h"

#include <hyperfocal/stack.h>
#include <hyperfocal/files.h>
#include <string.h>

static void
run (const char *words, CommandResult *result)
{
    const CommandSetup setup = { 0 };
    char **split = g_strsplit (words, " ", -1);

    if (*words == '\0')
        split[0] = NULL;
    command_run (&setup, (const char *const *) split, result);
    g_test_message ("hyperfocal %s: %d, %s", words, result->status, result->err);
    g_strfreev (split);
}

static void
without_sources (gconstpointer words)
{
    CommandResult result = { 0 };

    run (words, &result);
    g_assert_cmpint (result.status, ==, 0);
    g_assert_nonnull (strstr (result.out, "Usage:"));
    g_assert_nonnull (strstr (result.out, "hyperfocal stack FRAME... -o FILE"));
    g_assert_cmpstr (result.err, ==, "");
    command_result_clear (&result);
}

static void
version (void)
{
    CommandResult result = { 0 };

    run ("--version", &result);
    g_assert_cmpint (result.status, ==, 0);
    g_assert_true (
        g_regex_match_simple ("^hyperfocal [0-9]+\\.[0-9]+\\.[0-9]+\n$", result.out, 0, 0));
    command_result_clear (&result);
}

/* Every option of every table, with each of its choices and its default. */
static void
check_help_of (const HfOptionTable *table, const char *help)
{
    for (int i = 0; i < table->n_options; i++) {
        const HfOption *option = &table->options[i];
        char *name = g_strdup_printf ("--%s ", option->name);
        const char *entry = strstr (help, name);

        g_test_message ("%s", name);
        g_assert_nonnull (entry);
        for (int j = 0; option->choices && option->choices[j].nick; j++)
            g_assert_nonnull (strstr (entry, option->choices[j].nick));
        g_assert_nonnull (strstr (entry, "default"));
        g_free (name);
    }
}

static void
help (void)
{
    CommandResult result = { 0 };
    char **lines;

    run ("--help", &result);
    g_assert_cmpint (result.status, ==, 0);
    g_assert_cmpstr (result.err, ==, "");
    for (const HfStackPart *part = hf_stack_parts; part->table; part++)
        check_help_of (part->table, result.out);
    check_help_of (&hf_file_table, result.out);
    lines = g_strsplit (result.out, "\n", -1);
    for (int i = 0; lines[i]; i++)
        g_assert_cmpuint (strlen (lines[i]), <=, 92);
    g_strfreev (lines);
    command_result_clear (&result);
}

/* docs/command-line.md is what the program prints; to renew it:
 * hyperfocal --help-markdown > docs/command-line.md */
static void
reference_page (void)
{
    char *path = g_build_filename (g_getenv ("HF_SOURCE_DIR"), "docs", "command-line.md", NULL);
    CommandResult result = { 0 };
    GError *error = NULL;
    char *page = NULL;

    run ("--help-markdown", &result);
    g_assert_cmpint (result.status, ==, 0);
    g_file_get_contents (path, &page, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (page, ==, result.out);
    g_free (page);
    g_free (path);
    command_result_clear (&result);
}

/* The commands that a page shows use options that exist. */
static void
check_shown_commands (const char *page_name, const char *help_text, int *n_options)
{
    char *path = g_build_filename (g_getenv ("HF_SOURCE_DIR"), page_name, NULL);
    GRegex *shape = g_regex_new ("--[a-z][a-z-]*", 0, 0, NULL);
    char *page = NULL, **lines;

    g_assert_true (g_file_get_contents (path, &page, NULL, NULL));
    lines = g_strsplit (page, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        GMatchInfo *match = NULL;

        if (!strstr (lines[i], "hyperfocal -") && !strstr (lines[i], "hyperfocal stack"))
            continue;
        for (g_regex_match (shape, lines[i], 0, &match); g_match_info_matches (match);
             g_match_info_next (match, NULL)) {
            char *option = g_match_info_fetch (match, 0);

            g_test_message ("%s: %s", page_name, option);
            g_assert_nonnull (strstr (help_text, option));
            (*n_options)++;
            g_free (option);
        }
        g_match_info_free (match);
    }
    g_strfreev (lines);
    g_regex_unref (shape);
    g_free (page);
    g_free (path);
}

static void
pages_show_real_options (void)
{
    CommandResult result = { 0 };
    int n_options = 0;

    run ("--help", &result);
    check_shown_commands ("README.md", result.out, &n_options);
    check_shown_commands ("docs/report.md", result.out, &n_options);
    g_assert_cmpint (n_options, >, 2);
    command_result_clear (&result);
}

typedef struct WrongWords {
    const char *name;
    const char *words;
    const char *named; /* what the sentence must hold */
    const char *also;
} WrongWords;

static const WrongWords wrong_words[] = {
    { "unknown-option", "stack a.png b.png -o c.png --focus", "--focus", "--help" },
    { "unknown-option-with-value", "--focus=3 -i a -o c.png", "--focus", "unknown" },
    { "unknown-letter", "-i a -o c.png -z", "-z", "unknown" },
    { "value-missing", "stack a.png -o c.png --threads", "--threads", "value" },
    { "value-missing-before-option", "stack a.png -o --layers b.tif", "-o", "value" },
    { "value-empty", "stack a.png --output=", "--output", "value" },
    { "value-unwanted", "stack a.png -o c.png --quiet=yes", "--quiet", "\"yes\"" },
    { "output-missing", "stack a.png b.png", "-o", "output" },
    { "word-unexpected", "focus a.png b.png -o c.png", "\"focus\"", "stack" },
    { "word-in-short-form", "-i a -o c.png b.png", "\"b.png\"", "stack" },
    { "choice-unknown", "stack a.png -o c.png --transform bent", "\"bent\"", "affine" },
    { "number-too-large", "stack a.png -o c.png --threads 999", "999", "256" },
    { "number-too-small", "stack a.png -o c.png --quality=0", "quality", "from 1 to 100" },
    { "number-broken", "stack a.png -o c.png --threads 2.5", "2.5", "whole" },
    { "number-is-text", "stack a.png -o c.png --noise-level much", "\"much\"", "noise-level" },
    { "number-is-nan", "stack a.png -o c.png --noise-level nan", "noise-level", "nan" },
};

static void
wrong (gconstpointer data)
{
    const WrongWords *words = data;
    CommandResult result = { 0 };

    run (words->words, &result);
    g_assert_cmpint (result.status, ==, 2);
    g_assert_cmpstr (result.out, ==, "");
    g_assert_true (g_str_has_prefix (result.err, "hyperfocal: "));
    g_assert_nonnull (strstr (result.err, words->named));
    g_assert_nonnull (strstr (result.err, words->also));
    /* one line */
    g_assert_true (strchr (result.err, '\n') == result.err + strlen (result.err) - 1);
    command_result_clear (&result);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_data_func ("/cli/words/nothing", "", without_sources);
    g_test_add_data_func ("/cli/words/no-frames", "stack", without_sources);
    g_test_add_data_func ("/cli/words/no-frames-but-output", "stack -o out.png", without_sources);
    g_test_add_func ("/cli/words/version", version);
    g_test_add_func ("/cli/words/help", help);
    g_test_add_func ("/cli/words/reference-page", reference_page);
    g_test_add_func ("/cli/words/pages-show-real-options", pages_show_real_options);
    for (guint i = 0; i < G_N_ELEMENTS (wrong_words); i++) {
        char *name = g_strdup_printf ("/cli/words/wrong/%s", wrong_words[i].name);

        g_test_add_data_func (name, &wrong_words[i], wrong);
        g_free (name);
    }
    return g_test_run ();
}
