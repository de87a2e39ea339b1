/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tree.h"

#include <string.h>

static bool
is_text_name (const char *name)
{
    static const char *const endings[] = { ".c",   ".h",   ".def",    ".sh",   ".cmake",
                                           ".txt", ".md",  ".in",     ".json", ".scm",
                                           ".py",  ".xml", ".desktop" };

    if (strcmp (name, "run") == 0)
        return true;
    for (gsize i = 0; i < G_N_ELEMENTS (endings); i++)
        if (g_str_has_suffix (name, endings[i]))
            return true;
    return false;
}

static bool
is_ours (const char *name)
{
    if (name[0] == '.')
        return strcmp (name, ".ci") == 0;
    return !g_str_has_prefix (name, "build");
}

static void
add_file (GPtrArray *files, const char *root, const char *path)
{
    char *full = g_build_filename (root, path, NULL);
    SourceFile *file = g_new0 (SourceFile, 1);
    GError *error = NULL;

    g_file_get_contents (full, &file->text, &file->length, &error);
    g_assert_no_error (error);
    file->path = g_strdup (path);
    file->lines = g_strsplit (file->text, "\n", -1);
    file->n_lines = (int) g_strv_length (file->lines);
    if (file->n_lines > 0 && file->lines[file->n_lines - 1][0] == '\0')
        file->n_lines--;
    g_ptr_array_add (files, file);
    g_free (full);
}

static void
add_folder (GPtrArray *files, const char *root, const char *path)
{
    char *full = g_build_filename (root, path, NULL);
    GDir *folder = g_dir_open (full, 0, NULL);
    const char *name;

    while (folder && (name = g_dir_read_name (folder))) {
        char *below = *path ? g_strconcat (path, "/", name, NULL) : g_strdup (name);
        char *entry = g_build_filename (root, below, NULL);

        if (g_file_test (entry, G_FILE_TEST_IS_SYMLINK) || !is_ours (name))
            ;
        else if (g_file_test (entry, G_FILE_TEST_IS_DIR))
            add_folder (files, root, below);
        else if (is_text_name (name))
            add_file (files, root, below);
        g_free (entry);
        g_free (below);
    }
    if (folder)
        g_dir_close (folder);
    g_free (full);
}

const GPtrArray *
tree_files (void)
{
    static GPtrArray *files;
    const char *root = g_getenv ("HF_SOURCE_DIR");

    if (!files) {
        g_assert_nonnull (root);
        files = g_ptr_array_new ();
        add_folder (files, root, "");
        /* far fewer would mean that the walk itself is broken */
        g_assert_cmpuint (files->len, >, 50);
    }
    return files;
}

bool
has_ending (const SourceFile *file, const char *ending)
{
    return g_str_has_suffix (file->path, ending);
}

bool
is_below (const SourceFile *file, const char *folder)
{
    gsize length = strlen (folder);

    return strncmp (file->path, folder, length) == 0 && file->path[length] == '/';
}
