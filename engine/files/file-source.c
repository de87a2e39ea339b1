/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * A stack of files. Headers are read once, at the beginning; each reading of a frame opens the file
 * anew, so any number of frames may be decoded at once.
 */
#include "files/colour.h"
#include "files/decode.h"
#include "files/names.h"
#include "files/profile.h"
#include "files/reader.h"

#include <hyperfocal/error.h>
#include <hyperfocal/files.h>

typedef struct Frame {
    char *path, *label;
    HfFrameInfo info;
    HfColour *colour; /* to the first frame's profile; NULL = as it is */
} Frame;

typedef struct FileSource {
    HfSource parent;
    Frame *frames;
} FileSource;

/* The metadata of a frame whose colours are converted: the first frame's profile in place of its
 * own. */
static HfMetadata *
with_profile (const HfMetadata *metadata, GBytes *icc)
{
    HfMetadata *changed = hf_metadata_new ();

    changed->icc = icc ? g_bytes_ref (icc) : NULL;
    changed->exif = metadata->exif ? g_bytes_ref (metadata->exif) : NULL;
    changed->xmp = metadata->xmp ? g_bytes_ref (metadata->xmp) : NULL;
    changed->x_resolution = metadata->x_resolution;
    changed->y_resolution = metadata->y_resolution;
    return changed;
}

static char *
warning_of_conversion (const Frame *frame, GBytes *from, GBytes *to)
{
    char *from_name = hf_profile_name (from), *to_name = hf_profile_name (to);
    char *warning = g_strdup_printf (
        "the colours of '%s' are converted from %s to %s, the profile of the first frame",
        frame->label, from_name, to_name);

    g_free (from_name);
    g_free (to_name);
    return warning;
}

static bool
check_against_first (FileSource *self, Frame *frame, GError **error)
{
    const Frame *first = &self->frames[0];
    const HfFrameInfo *a = &first->info, *b = &frame->info;
    GBytes *from = b->metadata->icc, *to = a->metadata->icc;

    if (a->width != b->width || a->height != b->height) {
        g_set_error (error, HF_ERROR, HF_ERROR_SIZE,
                     "'%s' has %d × %d pixels, but '%s' has %d × %d; frames of one size are needed",
                     frame->label, b->width, b->height, first->label, a->width, a->height);
        return false;
    }
    if (hf_format_n_colours (a->format) != hf_format_n_colours (b->format)) {
        g_set_error (error, HF_ERROR, HF_ERROR_SIZE,
                     "'%s' is %s, but '%s' is %s; frames are either all grey or all coloured",
                     frame->label, hf_format_name (b->format), first->label,
                     hf_format_name (a->format));
        return false;
    }
    if (!hf_colour_new (from, frame->label, to, first->label, b->format, &frame->colour, error))
        return false;
    if (frame->colour) {
        HfMetadata *changed = with_profile (b->metadata, to);

        frame->info.warning = warning_of_conversion (frame, from, to);
        hf_metadata_unref (frame->info.metadata);
        frame->info.metadata = changed;
    }
    return true;
}

static bool
read_header (FileSource *self, Frame *frame, const char *path, GError **error)
{
    HfReader *reader = hf_reader_open (path, error);

    if (!reader)
        return false;
    frame->path = g_strdup (path);
    frame->label = g_strdup (reader->label);
    frame->info = (HfFrameInfo) { .name = g_strdup (path),
                                  .width = hf_reader_upright_width (reader),
                                  .height = hf_reader_upright_height (reader),
                                  .format = reader->format,
                                  .metadata = hf_metadata_ref (reader->metadata) };
    hf_reader_close (reader);
    return frame == self->frames || check_against_first (self, frame, error);
}

static bool
source_info (HfSource *source, int frame, HfFrameInfo *info, GError **error)
{
    const HfFrameInfo *known = &((FileSource *) source)->frames[frame].info;

    *info = *known;
    info->name = g_strdup (known->name);
    info->warning = g_strdup (known->warning);
    info->metadata = hf_metadata_ref (known->metadata);
    return true;
}

/* Between header and pixels a file may have been written anew. */
static bool
check_unchanged (const Frame *frame, const HfReader *reader, GError **error)
{
    const HfFrameInfo *info = &frame->info;

    if (hf_reader_upright_width (reader) == info->width &&
        hf_reader_upright_height (reader) == info->height &&
        hf_format_equal (reader->format, info->format))
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_FORMAT,
                 "'%s' was changed during the run: it was %d × %d pixels, %s", frame->label,
                 info->width, info->height, hf_format_name (info->format));
    return false;
}

static bool
check_reduction (int reduction, GError **error)
{
    if (reduction == 1 || reduction == 2 || reduction == 4 || reduction == 8)
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                 "pictures are read reduced 1, 2, 4 or 8 times, not %d times", reduction);
    return false;
}

static HfImage *
source_read (HfSource *source, int number, int reduction, HfBudget *budget, GError **error)
{
    const Frame *frame = &((FileSource *) source)->frames[number];
    HfReader *reader;
    HfImage *image = NULL;

    if (!check_reduction (reduction, error))
        return NULL;
    reader = hf_reader_open (frame->path, error);
    if (reader && check_unchanged (frame, reader, error))
        image = hf_decode (reader, reduction, frame->colour, budget, error);
    hf_reader_close (reader);
    return image;
}

static void
source_free (HfSource *source)
{
    FileSource *self = (FileSource *) source;

    for (int i = 0; i < source->n_frames; i++) {
        g_free (self->frames[i].path);
        g_free (self->frames[i].label);
        hf_frame_info_clear (&self->frames[i].info);
        hf_colour_free (self->frames[i].colour);
    }
    g_free (self->frames);
    g_free (self);
}

static const HfSourceClass source_class = { source_info, source_read, source_free, true };

HfSource *
hf_files_source_new (const char *const *paths, GError **error)
{
    FileSource *self;
    int n = (int) g_strv_length ((char **) paths);

    if (n == 0) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "no files were given");
        return NULL;
    }
    self = g_new0 (FileSource, 1);
    self->parent = (HfSource) { &source_class, n };
    self->frames = g_new0 (Frame, n);
    for (int i = 0; i < n; i++)
        if (!read_header (self, &self->frames[i], paths[i], error)) {
            source_free (&self->parent);
            return NULL;
        }
    return &self->parent;
}

HfImage *
hf_file_read (const char *path, int reduction, HfBudget *budget, HfMetadata **metadata,
              GError **error)
{
    HfReader *reader;
    HfImage *image;

    if (!check_reduction (reduction, error))
        return NULL;
    reader = hf_reader_open (path, error);
    if (!reader)
        return NULL;
    image = hf_decode (reader, reduction, NULL, budget, error);
    if (image && metadata)
        *metadata = hf_metadata_ref (reader->metadata);
    hf_reader_close (reader);
    return image;
}
