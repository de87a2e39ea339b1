/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Many pictures, each into a file of its own in one folder.
 *
 * A picture that is complete is put into a hidden folder within that folder, so that no file stays
 * open for it however many there are; at commit all are given their names, and the hidden folder
 * goes.
 */
#include "files/names.h"

#include <hyperfocal/error.h>
#include <hyperfocal/files.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

typedef struct FolderSink {
    HfSink parent;
    char *folder;
    char *label;  /* of it, for messages */
    char *hidden; /* where pictures wait; NULL before it is made */
    bool made;    /* the folder was not there before */
    char *ending; /* ".tif" */
    HfFileOptions options;
    GPtrArray *names; /* of the pictures that wait, owned */
    HfSink *current;  /* into which a picture goes; NULL: none */
} FolderSink;

static bool
fail (const FolderSink *self, int number, GError **error)
{
    g_set_error (error, HF_ERROR, HF_ERROR_FILE, "the folder '%s' cannot be written to: %s",
                 self->label, g_strerror (number));
    return false;
}

static bool
is_taken (const FolderSink *self, const char *name)
{
    for (guint i = 0; i < self->names->len; i++)
        if (g_ascii_strcasecmp (self->names->pdata[i], name) == 0)
            return true;
    return false;
}

/* The picture's name without the ending of its own file, if it has one, and with ours; a number is
 * added where two pictures are named alike. */
static char *
choose_name (const FolderSink *self, const char *picture)
{
    char *stem = g_strdelimit (g_strdup (picture && *picture ? picture : "picture"), "/", '_');
    char *dot = strrchr (stem, '.'), *name;

    if (hf_file_kind_of_name (stem) != HF_FILE_UNKNOWN)
        *dot = '\0';
    name = g_strconcat (stem, self->ending, NULL);
    for (int n = 2; is_taken (self, name); n++) {
        g_free (name);
        name = g_strdup_printf ("%s-%d%s", stem, n, self->ending);
    }
    g_free (stem);
    return name;
}

static bool
folder_begin (HfSink *sink, const HfPictureInfo *info, GError **error)
{
    FolderSink *self = (FolderSink *) sink;
    char *name, *path;

    g_clear_pointer (&self->current, hf_sink_free);
    name = choose_name (self, info->name);
    path = g_build_filename (self->hidden, name, NULL);
    g_ptr_array_add (self->names, name);
    self->current = hf_file_sink_new (path, &self->options, error);
    g_free (path);
    return self->current && hf_sink_begin (self->current, info, error);
}

static bool
folder_write (HfSink *sink, const HfImage *rows, GError **error)
{
    return hf_sink_write (((FolderSink *) sink)->current, rows, error);
}

static bool
folder_end (HfSink *sink, GError **error)
{
    FolderSink *self = (FolderSink *) sink;
    bool good = hf_sink_end (self->current, error) && hf_sink_commit (self->current, error);

    g_clear_pointer (&self->current, hf_sink_free);
    return good;
}

/* One after the other: of many files no system gives all their names at once. */
static bool
folder_commit (HfSink *sink, GError **error)
{
    FolderSink *self = (FolderSink *) sink;
    bool good = true;

    for (guint i = 0; i < self->names->len && good; i++) {
        char *from = g_build_filename (self->hidden, self->names->pdata[i], NULL);
        char *to = g_build_filename (self->folder, self->names->pdata[i], NULL);

        if (g_rename (from, to) != 0)
            good = fail (self, errno, error);
        g_free (to);
        g_free (from);
    }
    self->made = self->made && !good;
    return good;
}

static void
folder_free (HfSink *sink)
{
    FolderSink *self = (FolderSink *) sink;

    hf_sink_free (self->current);
    for (guint i = 0; self->hidden && i < self->names->len; i++) {
        char *path = g_build_filename (self->hidden, self->names->pdata[i], NULL);

        g_unlink (path);
        g_free (path);
    }
    if (self->hidden)
        g_rmdir (self->hidden);
    if (self->made) /* refuses where anything is in it */
        g_rmdir (self->folder);
    hf_options_clear (&hf_file_table, &self->options);
    g_ptr_array_free (self->names, TRUE);
    g_free (self->hidden);
    g_free (self->folder);
    g_free (self->label);
    g_free (self->ending);
    g_free (self);
}

static const HfSinkClass folder_class = { folder_begin, folder_write, folder_end, folder_commit,
                                          folder_free };

static bool
make_folders (FolderSink *self, GError **error)
{
    char *hidden;

    if (g_mkdir (self->folder, 0777) == 0)
        self->made = true;
    else if (errno != EEXIST || !g_file_test (self->folder, G_FILE_TEST_IS_DIR))
        return fail (self, errno == EEXIST ? ENOTDIR : errno, error);
    hidden = g_build_filename (self->folder, ".hyperfocal-XXXXXX", NULL);
    if (!g_mkdtemp (hidden)) {
        int number = errno;

        g_free (hidden);
        return fail (self, number, error);
    }
    self->hidden = hidden;
    return true;
}

static bool
check_ending (const char *ending, GError **error)
{
    char *name = g_strconcat ("x", ending, NULL);
    bool good = hf_file_kind_of_name (name) != HF_FILE_UNKNOWN;

    g_free (name);
    if (!good)
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "'%s' is not one of the endings .tif, .tiff, .png, .jpg and .jpeg", ending);
    return good;
}

HfSink *
hf_folder_sink_new (const char *folder, const char *ending, const HfFileOptions *options,
                    GError **error)
{
    FolderSink *self;

    if (!check_ending (ending, error))
        return NULL;
    self = g_new0 (FolderSink, 1);
    self->parent.klass = &folder_class;
    self->folder = g_strdup (folder);
    self->label = hf_file_label (folder);
    self->ending = g_strdup (ending);
    self->names = g_ptr_array_new_with_free_func (g_free);
    hf_options_init (&hf_file_table, &self->options);
    hf_options_copy (&hf_file_table, &self->options, options);
    if (make_folders (self, error))
        return &self->parent;
    folder_free (&self->parent);
    return NULL;
}
