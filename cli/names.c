/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "names.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

GPtrArray *
frame_names (const Arguments *arguments, GError **error)
{
    GPtrArray *frames = g_ptr_array_new_with_free_func (g_free);

    for (guint i = 0; i < arguments->sources->len; i++) {
        const char *source = arguments->sources->pdata[i];

        if (g_file_test (source, G_FILE_TEST_IS_DIR)) {
            char **pictures = hf_files_list (source, error);

            if (!pictures) {
                g_ptr_array_free (frames, TRUE);
                return NULL;
            }
            for (int j = 0; pictures[j]; j++)
                g_ptr_array_add (frames, pictures[j]);
            g_free (pictures);
        } else {
            g_ptr_array_add (frames, g_strdup (source));
        }
    }
    g_ptr_array_add (frames, NULL);
    return frames;
}

/* The path with its folder resolved; the file itself need not exist. */
static char *
resolve (const char *path)
{
    char *folder = g_path_get_dirname (path);
    char *name = g_path_get_basename (path);
    char *real = realpath (folder, NULL);
    char *resolved = g_build_filename (real ? real : folder, name, NULL);

    free (real);
    g_free (name);
    g_free (folder);
    return resolved;
}

bool
is_same_file (const char *a, const char *b)
{
    GStatBuf stat_a, stat_b;
    bool exists_a = g_stat (a, &stat_a) == 0;
    bool exists_b = g_stat (b, &stat_b) == 0;
    char *resolved_a, *resolved_b;
    bool same;

    if (exists_a && exists_b)
        return stat_a.st_dev == stat_b.st_dev && stat_a.st_ino == stat_b.st_ino;
    if (exists_a != exists_b)
        return false;
    resolved_a = resolve (a);
    resolved_b = resolve (b);
    same = strcmp (resolved_a, resolved_b) == 0;
    g_free (resolved_a);
    g_free (resolved_b);
    return same;
}

typedef struct Output {
    const char *option;
    const char *name; /* NULL where not given */
} Output;

static bool
check_against_frames (Output output, const GPtrArray *frames, GError **error)
{
    for (guint i = 0; i + 1 < frames->len; i++) {
        if (is_same_file (output.name, frames->pdata[i])) {
            g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                         "%s would write over '%s', which is frame %u of the stack", output.option,
                         (const char *) frames->pdata[i], i);
            return false;
        }
    }
    return true;
}

bool
output_name_is_tiff (const char *name)
{
    char *lower = g_ascii_strdown (name, -1);
    bool tiff = g_str_has_suffix (lower, ".tif") || g_str_has_suffix (lower, ".tiff");

    g_free (lower);
    return tiff;
}

/* GIMP and others go by the name's ending. */
static bool
check_layers_ending (const char *name, GError **error)
{
    bool good = output_name_is_tiff (name);

    if (!good)
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "--layers writes a TIFF file, but '%s' does not end in .tif or .tiff", name);
    return good;
}

/* The aligned frames are named as the frames are: not in the same folder, then. */
static bool
check_folder (const char *folder, const GPtrArray *frames, GError **error)
{
    for (guint i = 0; i + 1 < frames->len; i++) {
        char *of_frame = g_path_get_dirname (frames->pdata[i]);
        bool same = is_same_file (folder, of_frame);

        g_free (of_frame);
        if (!same)
            continue;
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "the aligned frames cannot go into '%s', where the frame '%s' lies; name "
                     "another folder",
                     folder, (const char *) frames->pdata[i]);
        return false;
    }
    return true;
}

bool
output_names_check (const Arguments *arguments, const GPtrArray *frames, GError **error)
{
    const char *transforms = arguments->stack.output.transforms_out;
    const Output outputs[] = { { "--output", arguments->output },
                               { "--layers", arguments->layers },
                               { "--slabs-output", arguments->slabs },
                               { "--depth-map", arguments->depth_map },
                               { "--confidence", arguments->confidence },
                               { "--report", arguments->report },
                               { "--transforms-out", *transforms ? transforms : NULL } };

    if (arguments->align_only && arguments->output &&
        !check_folder (arguments->output, frames, error))
        return false;
    if (arguments->layers && !check_layers_ending (arguments->layers, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS (outputs); i++) {
        if (!outputs[i].name)
            continue;
        if (!check_against_frames (outputs[i], frames, error))
            return false;
        for (size_t j = i + 1; j < G_N_ELEMENTS (outputs); j++) {
            if (outputs[j].name && is_same_file (outputs[i].name, outputs[j].name)) {
                g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "%s and %s both name '%s'",
                             outputs[i].option, outputs[j].option, outputs[j].name);
                return false;
            }
        }
    }
    return true;
}
