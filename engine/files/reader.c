/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* What readers of all kinds have in common: opening, limits, and metadata made upright. */
#include "files/reader.h"

#include "files/exif.h"
#include "files/names.h"
#include "files/turn.h"

#include <hyperfocal/error.h>
#include <hyperfocal/files.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Libraries say what is wrong in several lines or with tabs; a message is one line. */
static void
make_one_line (char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++) {
        bool blank = (unsigned char) *from <= ' ';

        if (!blank)
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    }
    *to = '\0';
}

bool
hf_reader_fail (const HfReader *reader, GError **error, const char *format, ...)
{
    va_list arguments;
    char *what;

    va_start (arguments, format);
    what = g_strdup_vprintf (format, arguments);
    va_end (arguments);
    make_one_line (what);
    g_set_error (error, HF_ERROR, HF_ERROR_FORMAT, "'%s' cannot be read: %s", reader->label, what);
    g_free (what);
    return false;
}

bool
hf_reader_check_size (const HfReader *reader, uint64_t width, uint64_t height, GError **error)
{
    if (width < 1 || height < 1 || width > HF_FILE_LONGEST_SIDE || height > HF_FILE_LONGEST_SIDE ||
        width * height > HF_FILE_MOST_PIXELS)
        return hf_reader_fail (reader, error,
                               "%" G_GUINT64_FORMAT " × %" G_GUINT64_FORMAT
                               " pixels are outside of the limits (sides 1 to %d, %.0f million "
                               "pixels)",
                               width, height, HF_FILE_LONGEST_SIDE, HF_FILE_MOST_PIXELS / 1e6);
    return true;
}

int
hf_reader_upright_width (const HfReader *reader)
{
    return hf_turn_swaps (reader->orientation) ? reader->height : reader->width;
}

int
hf_reader_upright_height (const HfReader *reader)
{
    return hf_turn_swaps (reader->orientation) ? reader->width : reader->height;
}

/* O_NONBLOCK: a pipe without a writer is refused instead of waited for. */
static bool
open_file (HfReader *reader, const char *path, GError **error)
{
    int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;

    if (fd < 0 || fstat (fd, &status) != 0) {
        g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' cannot be opened: %s", reader->label,
                     g_strerror (errno));
    } else if (S_ISDIR (status.st_mode)) {
        g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' is a folder, not a picture",
                     reader->label);
    } else if (!S_ISREG (status.st_mode)) {
        g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' is not a plain file", reader->label);
    } else if (status.st_size == 0) {
        g_set_error (error, HF_ERROR, HF_ERROR_FORMAT, "'%s' is empty", reader->label);
    } else {
        reader->size = (uint64_t) status.st_size;
        reader->file = fdopen (fd, "rb");
        return true;
    }
    if (fd >= 0)
        close (fd);
    return false;
}

static const HfReaderClass *
class_of_file (HfReader *reader, GError **error)
{
    unsigned char bytes[8];
    size_t n = fread (bytes, 1, sizeof bytes, reader->file);

    rewind (reader->file);
    switch (hf_file_kind_of_bytes (bytes, n)) {
    case HF_FILE_JPEG:
        return &hf_jpeg_reader_class;
    case HF_FILE_PNG:
        return &hf_png_reader_class;
    case HF_FILE_TIFF:
        return &hf_tiff_reader_class;
    case HF_FILE_UNKNOWN:
        break;
    }
    g_set_error (error, HF_ERROR, HF_ERROR_FORMAT, "'%s' is not a JPEG, PNG or TIFF picture",
                 reader->label);
    return NULL;
}

/* The frame will be handed out upright, so what describes it must say so. */
static void
turn_metadata (HfReader *reader)
{
    HfMetadata *metadata = reader->metadata;

    if (metadata->exif) {
        GBytes *upright = hf_exif_upright (metadata->exif);

        g_bytes_unref (metadata->exif);
        metadata->exif = upright;
    }
    if (metadata->xmp) {
        GBytes *upright = hf_xmp_upright (metadata->xmp);

        g_bytes_unref (metadata->xmp);
        metadata->xmp = upright;
    }
    if (hf_turn_swaps (reader->orientation)) {
        double x = metadata->x_resolution;

        metadata->x_resolution = metadata->y_resolution;
        metadata->y_resolution = x;
    }
}

HfReader *
hf_reader_open (const char *path, GError **error)
{
    return hf_reader_open_page (path, 0, error);
}

HfReader *
hf_reader_open_page (const char *path, int page, GError **error)
{
    HfReader first = { .label = hf_file_label (path), .page = page, .orientation = 1, .scales = 1 };
    HfReader *reader;

    if (!open_file (&first, path, error))
        goto failed;
    first.klass = class_of_file (&first, error);
    if (!first.klass)
        goto failed;
    reader = g_malloc0 (first.klass->size);
    *reader = first;
    reader->metadata = hf_metadata_new ();
    if (!reader->klass->open (reader, error)) {
        hf_reader_close (reader);
        return NULL;
    }
    turn_metadata (reader);
    return reader;

failed:
    if (first.file)
        fclose (first.file);
    g_free (first.label);
    return NULL;
}

void
hf_reader_close (HfReader *reader)
{
    if (!reader)
        return;
    reader->klass->close (reader);
    fclose (reader->file);
    hf_metadata_unref (reader->metadata);
    g_free (reader->label);
    g_free (reader);
}
