/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every text file keeps to: its licence in the first line, no tabs, no blanks at line ends, no
 * name of a place where it was made; and functions short enough to be read at once: the median at
 * most 20 lines, nine of ten at most 60, none over 120.
 */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

enum { MEDIAN_LINES = 20, NINE_OF_TEN_LINES = 60, MOST_LINES = 120 };

static void
complain (const SourceFile *file, int line, const char *what)
{
    g_test_message ("%s:%d %s", file->path, line + 1, what);
    g_test_fail ();
}

static bool
is_c (const SourceFile *file)
{
    return has_ending (file, ".c") || has_ending (file, ".h") || has_ending (file, ".def");
}

static bool
is_script (const SourceFile *file)
{
    return has_ending (file, ".sh") || has_ending (file, ".py") || has_ending (file, ".scm") ||
           strcmp (file->path, ".ci/run") == 0;
}

static void
licences (void)
{
    const GPtrArray *files = tree_files ();

    for (guint i = 0; i < files->len; i++) {
        const SourceFile *file = files->pdata[i];
        bool library = is_below (file, "engine") || is_below (file, "gegl-ops");
        const char *wanted = library ? "SPDX-License-Identifier: LGPL-3.0-or-later"
                                     : "SPDX-License-Identifier: GPL-3.0-or-later";
        int line = 0;

        if (!is_c (file) && !is_script (file))
            continue;
        if (file->n_lines > 0 && g_str_has_prefix (file->lines[0], "#!"))
            line = 1;
        if (file->n_lines <= line || !strstr (file->lines[line], wanted))
            complain (file, line, wanted);
    }
}

static void
white_space (void)
{
    const GPtrArray *files = tree_files ();

    for (guint i = 0; i < files->len; i++) {
        const SourceFile *file = files->pdata[i];

        if (file->length > 0 && file->text[file->length - 1] != '\n')
            complain (file, file->n_lines - 1, "does not end its last line");
        for (int line = 0; line < file->n_lines; line++) {
            gsize length = strlen (file->lines[line]);

            if (strchr (file->lines[line], '\t'))
                complain (file, line, "has a tab");
            if (length > 0 && strchr (" \r", file->lines[line][length - 1]))
                complain (file, line, "has a blank at its end");
        }
    }
}

/* Where it was made and what from is no part of it. Written in pieces, not to find itself. */
static void
places (void)
{
    static const char *const forbidden[] = { "/wo"
                                             "rk/",
                                             "deb.deb"
                                             "ian.org",
                                             "ftp.deb"
                                             "ian",
                                             "security.deb"
                                             "ian",
                                             "snapshot.deb"
                                             "ian",
                                             "archive.ubu"
                                             "ntu",
                                             "ports.ubu"
                                             "ntu",
                                             "pypi"
                                             ".org",
                                             "regis"
                                             "try.npm",
                                             "/ro"
                                             "ot/" };
    const GPtrArray *files = tree_files ();

    for (guint i = 0; i < files->len; i++) {
        const SourceFile *file = files->pdata[i];

        for (int line = 0; line < file->n_lines; line++)
            for (gsize j = 0; j < G_N_ELEMENTS (forbidden); j++)
                if (strstr (file->lines[line], forbidden[j]))
                    complain (file, line, forbidden[j]);
    }
}

static void
file_names (void)
{
    static const char *const empty_names[] = { "util", "utils",  "common",
                                               "misc", "helper", "helpers" };
    const GPtrArray *files = tree_files ();

    for (guint i = 0; i < files->len; i++) {
        const SourceFile *file = files->pdata[i];
        char *name = g_path_get_basename (file->path);

        if (is_c (file)) {
            *strrchr (name, '.') = '\0';
            for (const char *c = name; *c; c++)
                if (!g_ascii_islower (*c) && !g_ascii_isdigit (*c) && *c != '-')
                    complain (file, 0, "is not named in lower case with dashes");
            for (gsize j = 0; j < G_N_ELEMENTS (empty_names); j++)
                if (strcmp (name, empty_names[j]) == 0)
                    complain (file, 0, "has a name that tells nothing");
        }
        g_free (name);
    }
}

/* Adds the lengths of all functions of a C file, the lines of their heads counted. In the house's
 * format a function's braces stand alone in the first column, and nothing else's do. */
static void
measure_functions (const SourceFile *file, GArray *lengths)
{
    int head = 0;
    bool inside = false;

    for (int line = 0; line < file->n_lines; line++) {
        const char *text = file->lines[line];

        if (strcmp (text, "{") == 0) {
            inside = true;
        } else if (inside && strcmp (text, "}") == 0) {
            int length = line - head + 1;

            g_array_append_val (lengths, length);
            if (length > MOST_LINES)
                complain (file, head, "begins a function of more than 120 lines");
            inside = false;
        } else if (!inside && (*text == '\0' || strchr (" #/*}", *text))) {
            head = line + 1;
        }
    }
}

static int
compare_lengths (const void *a, const void *b)
{
    return *(const int *) a - *(const int *) b;
}

static void
function_lengths (void)
{
    const GPtrArray *files = tree_files ();
    GArray *lengths = g_array_new (FALSE, FALSE, sizeof (int));
    int median, nine_of_ten;

    for (guint i = 0; i < files->len; i++)
        if (has_ending (files->pdata[i], ".c"))
            measure_functions (files->pdata[i], lengths);
    g_assert_cmpuint (lengths->len, >, 100);
    qsort (lengths->data, lengths->len, sizeof (int), compare_lengths);
    median = g_array_index (lengths, int, lengths->len / 2);
    nine_of_ten = g_array_index (lengths, int, lengths->len * 9 / 10);
    g_test_message ("%u functions: median %d lines, nine of ten up to %d, the longest %d",
                    lengths->len, median, nine_of_ten,
                    g_array_index (lengths, int, lengths->len - 1));
    g_assert_cmpint (median, <=, MEDIAN_LINES);
    g_assert_cmpint (nine_of_ten, <=, NINE_OF_TEN_LINES);
    g_array_free (lengths, TRUE);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/house/text/licences", licences);
    g_test_add_func ("/house/text/white-space", white_space);
    g_test_add_func ("/house/text/places", places);
    g_test_add_func ("/house/text/file-names", file_names);
    g_test_add_func ("/house/text/function-lengths", function_lengths);
    return g_test_run ();
}
