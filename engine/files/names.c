/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Names of files and folders of frames.
 *
 * Natural order compares runs of digits by their value and everything else byte by byte, so that
 * "a2" stands before "a10". Names that differ in leading zeros only ("a1", "a01") are told apart by
 * plain comparison at the end: the order is total, and does not depend on the locale.
 */
#include "files/names.h"

#include <hyperfocal/error.h>
#include <hyperfocal/files.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *ending;
    HfFileKind kind;
} endings[] = {
    { ".tif", HF_FILE_TIFF }, { ".tiff", HF_FILE_TIFF }, { ".png", HF_FILE_PNG },
    { ".jpg", HF_FILE_JPEG }, { ".jpeg", HF_FILE_JPEG },
};

HfFileKind
hf_file_kind_of_name (const char *path)
{
    size_t length = strlen (path);

    for (size_t i = 0; i < G_N_ELEMENTS (endings); i++) {
        size_t n = strlen (endings[i].ending);

        if (length > n && g_ascii_strcasecmp (path + length - n, endings[i].ending) == 0)
            return endings[i].kind;
    }
    return HF_FILE_UNKNOWN;
}

HfFileKind
hf_file_kind_of_bytes (const unsigned char *bytes, size_t n)
{
    static const char tiff[4][4] = {
        { 'I', 'I', 42, 0 }, { 'M', 'M', 0, 42 }, { 'I', 'I', 43, 0 }, { 'M', 'M', 0, 43 }
    };

    if (n >= 3 && memcmp (bytes, "\xff\xd8\xff", 3) == 0)
        return HF_FILE_JPEG;
    if (n >= 8 && memcmp (bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
        return HF_FILE_PNG;
    for (int i = 0; n >= 4 && i < 4; i++)
        if (memcmp (bytes, tiff[i], 4) == 0)
            return HF_FILE_TIFF;
    return HF_FILE_UNKNOWN;
}

char *
hf_file_label (const char *path)
{
    char *label = g_filename_display_name (path);

    for (char *c = label; *c; c++)
        if (g_ascii_iscntrl (*c))
            *c = '?';
    return label;
}

/* Compares the runs of digits at *a and *b by value and steps over them. */
static int
compare_numbers (const char **a, const char **b)
{
    size_t n_a, n_b;
    int order;

    *a += strspn (*a, "0");
    *b += strspn (*b, "0");
    n_a = strspn (*a, "0123456789");
    n_b = strspn (*b, "0123456789");
    order = n_a != n_b ? (n_a < n_b ? -1 : 1) : memcmp (*a, *b, n_a);
    *a += n_a;
    *b += n_b;
    return order;
}

int
hf_files_compare (const char *a, const char *b)
{
    const char *p = a, *q = b;

    while (*p && *q) {
        int order;

        if (g_ascii_isdigit (*p) && g_ascii_isdigit (*q))
            order = compare_numbers (&p, &q);
        else
            order = (int) (unsigned char) *p++ - (int) (unsigned char) *q++;
        if (order != 0)
            return order;
    }
    if (*p || *q)
        return *p ? 1 : -1;
    return strcmp (a, b);
}

static int
compare_entries (const void *a, const void *b)
{
    return hf_files_compare (*(char *const *) a, *(char *const *) b);
}

/* Is this a name that a frame may have? Folders are sorted out by the file system's word. */
static bool
is_frame (const char *path, const char *name)
{
    return name[0] != '.' && hf_file_kind_of_name (name) != HF_FILE_UNKNOWN &&
           !g_file_test (path, G_FILE_TEST_IS_DIR);
}

static GPtrArray *
collect_frames (DIR *dir, const char *folder)
{
    GPtrArray *paths = g_ptr_array_new ();
    const struct dirent *entry;

    while ((entry = readdir (dir))) {
        char *path = g_build_filename (folder, entry->d_name, NULL);

        if (is_frame (path, entry->d_name))
            g_ptr_array_add (paths, path);
        else
            g_free (path);
    }
    return paths;
}

char **
hf_files_list (const char *folder, GError **error)
{
    char *label = hf_file_label (folder);
    DIR *dir = opendir (folder);
    GPtrArray *paths;

    if (!dir) {
        g_set_error (error, HF_ERROR, HF_ERROR_FILE, "the folder '%s' cannot be read: %s", label,
                     g_strerror (errno));
        g_free (label);
        return NULL;
    }
    paths = collect_frames (dir, folder);
    closedir (dir);
    if (paths->len == 0)
        g_set_error (error, HF_ERROR, HF_ERROR_FILE,
                     "the folder '%s' holds no picture (JPEG, PNG or TIFF)", label);
    g_free (label);
    if (paths->len == 0) {
        g_ptr_array_free (paths, TRUE);
        return NULL;
    }
    qsort (paths->pdata, paths->len, sizeof (char *), compare_entries);
    g_ptr_array_add (paths, NULL);
    return (char **) g_ptr_array_free (paths, FALSE);
}
