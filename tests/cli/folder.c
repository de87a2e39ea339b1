/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "folder.h"

#include <glib/gstdio.h>
#include <hyperfocal/files.h>
#include <string.h>
#include <sys/stat.h>

enum { SMALL_WIDTH = 240, SMALL_HEIGHT = 160 };

char *
folder_new (void)
{
    GError *error = NULL;
    char *folder = g_dir_make_tmp ("hyperfocal-cli-XXXXXX", &error);

    g_assert_no_error (error);
    return folder;
}

static void
remove_below (const char *path)
{
    if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK)) {
        GDir *folder = g_dir_open (path, 0, NULL);
        const char *name;

        while (folder && (name = g_dir_read_name (folder))) {
            char *below = folder_path (path, name);

            remove_below (below);
            g_free (below);
        }
        if (folder)
            g_dir_close (folder);
    }
    g_remove (path);
}

void
folder_free (char *folder)
{
    g_chmod (folder, 0755);
    remove_below (folder);
    g_free (folder);
}

char *
folder_path (const char *folder, const char *name)
{
    return g_build_filename (folder, name, NULL);
}

void
folder_write (const char *folder, const char *name, const void *data, gsize length)
{
    char *path = folder_path (folder, name);
    GError *error = NULL;

    g_file_set_contents (path, data, (gssize) length, &error);
    g_assert_no_error (error);
    g_free (path);
}

void
folder_write_image (const char *folder, const char *name, const HfImage *image)
{
    char *path = folder_path (folder, name);
    HfPictureInfo info = { .kind = HF_PICTURE_FUSED,
                           .name = "frame",
                           .frame = -1,
                           .width = image->width,
                           .height = image->height,
                           .format = image->format };
    HfFileOptions options;
    GError *error = NULL;
    HfSink *sink;

    hf_options_init (&hf_file_table, &options);
    sink = hf_file_sink_new (path, &options, &error);
    g_assert_no_error (error);
    hf_sink_begin (sink, &info, &error);
    g_assert_no_error (error);
    hf_sink_write (sink, image, &error);
    g_assert_no_error (error);
    hf_sink_end (sink, &error);
    g_assert_no_error (error);
    hf_sink_commit (sink, &error);
    g_assert_no_error (error);
    hf_sink_free (sink);
    hf_options_clear (&hf_file_table, &options);
    g_free (path);
}

HfImage *
folder_read_image (const char *folder, const char *name)
{
    char *path = folder_path (folder, name);
    GError *error = NULL;
    HfImage *image = hf_file_read (path, 1, NULL, NULL, &error);

    g_assert_no_error (error);
    g_free (path);
    return image;
}

/* "name size checksum", or only the name of what is no plain file. */
static char *
describe_entry (const char *folder, const char *name)
{
    char *path = folder_path (folder, name);
    char *text = NULL, *line;
    gsize length = 0;

    if (g_file_test (path, G_FILE_TEST_IS_REGULAR) &&
        g_file_get_contents (path, &text, &length, NULL)) {
        char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guchar *) text, length);

        line = g_strdup_printf ("%s %" G_GSIZE_FORMAT " %s", name, length, sum);
        g_free (sum);
    } else {
        line = g_strdup (name);
    }
    g_free (text);
    g_free (path);
    return line;
}

static int
compare_lines (const void *a, const void *b)
{
    return strcmp (*(char *const *) a, *(char *const *) b);
}

char *
folder_snapshot (const char *folder)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);
    GDir *open = g_dir_open (folder, 0, NULL);
    const char *name;
    char *snapshot;

    g_assert_nonnull (open);
    while ((name = g_dir_read_name (open)))
        g_ptr_array_add (lines, describe_entry (folder, name));
    g_dir_close (open);
    g_ptr_array_sort (lines, compare_lines);
    g_ptr_array_add (lines, NULL);
    snapshot = g_strjoinv ("\n", (char **) lines->pdata);
    g_ptr_array_free (lines, TRUE);
    return snapshot;
}

HfRender *
small_stack (const char *name, guint64 seed, int n_frames)
{
    HfRenderOptions options;
    GError *error = NULL;
    HfRender *render;

    g_assert_true (hf_render_options_init (&options, name, seed));
    hf_render_options_resize (&options, SMALL_WIDTH, SMALL_HEIGHT);
    options.n_frames = n_frames;
    render = hf_render_new (&options, NULL, &error);
    g_assert_no_error (error);
    return render;
}

void
folder_write_frames (const char *folder, const HfRender *render, const char *ending)
{
    for (int i = 0; i < render->options.n_frames; i++) {
        char *name = g_strdup_printf ("frame-%d%s", i, ending);

        folder_write_image (folder, name, render->frames[i]);
        g_free (name);
    }
}
