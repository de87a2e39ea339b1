/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* One picture into one file: the ending chooses the writer, rows are converted to what it takes. */
#include "files/names.h"
#include "files/writer.h"

#include <hyperfocal/error.h>

typedef struct FileSink {
    HfSink parent;
    const HfWriterClass *klass;
    HfTemporary *file;
    HfFileOptions options;
    void *writer; /* NULL before begin () */
    HfFormat offered, written;
    int width, height; /* of the picture */
    int n_rows;        /* taken so far */
    void *row;         /* one converted row, where the formats differ */
    bool complete;
} FileSink;

static float
unit_value (float value)
{
    return value > 0 ? MIN (value, 1.0f) : 0; /* NaN becomes 0 */
}

static uint16_t
sample_as_u16 (const void *from, HfSampleType type, size_t at)
{
    switch (type) {
    case HF_SAMPLE_U8:
        return (uint16_t) (((const uint8_t *) from)[at] * 257);
    case HF_SAMPLE_U16:
        return ((const uint16_t *) from)[at];
    case HF_SAMPLE_FLOAT:
        break;
    }
    return (uint16_t) (unit_value (((const float *) from)[at]) * 65535.0 + 0.5);
}

static uint8_t
sample_as_u8 (const void *from, HfSampleType type, size_t at)
{
    switch (type) {
    case HF_SAMPLE_U8:
        return ((const uint8_t *) from)[at];
    case HF_SAMPLE_U16:
        return (uint8_t) ((((const uint16_t *) from)[at] + 128) / 257);
    case HF_SAMPLE_FLOAT:
        break;
    }
    return (uint8_t) (unit_value (((const float *) from)[at]) * 255.0 + 0.5);
}

void
hf_writer_convert (const void *from, HfFormat from_format, void *to, HfFormat to_format, int n)
{
    int n_from = from_format.n_channels, n_to = to_format.n_channels;

    for (int x = 0; x < n; x++)
        for (int c = 0; c < n_to; c++) {
            size_t at = (size_t) x * (size_t) n_from + (size_t) c;
            size_t into = (size_t) x * (size_t) n_to + (size_t) c;

            if (to_format.type == HF_SAMPLE_U8)
                ((uint8_t *) to)[into] = sample_as_u8 (from, from_format.type, at);
            else if (to_format.type == HF_SAMPLE_U16)
                ((uint16_t *) to)[into] = sample_as_u16 (from, from_format.type, at);
            else
                ((float *) to)[into] = ((const float *) from)[at];
        }
}

static bool
file_begin (HfSink *sink, const HfPictureInfo *info, GError **error)
{
    FileSink *self = (FileSink *) sink;
    HfPictureInfo written = *info;

    if (self->writer) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "'%s' can hold one picture only",
                     self->file->label);
        return false;
    }
    self->offered = info->format;
    self->written = written.format = self->klass->format (info->format);
    self->width = info->width;
    self->height = info->height;
    if (!hf_format_equal (self->offered, self->written)) {
        self->row = hf_pixels_new_n (NULL, (size_t) info->width, hf_format_bytes (self->written),
                                     "a row of pixels", error);
        if (!self->row)
            return false;
    }
    self->writer = self->klass->begin (self->file, &written, &self->options, error);
    return self->writer != NULL;
}

static bool
check_rows (const FileSink *self, const HfImage *rows, GError **error)
{
    if (self->writer && rows->width == self->width && rows->height <= self->height - self->n_rows &&
        hf_format_equal (rows->format, self->offered))
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                 "%d rows of %d pixels do not fit into '%s' of %d × %d pixels with %d rows written",
                 rows->height, rows->width, self->file->label, self->width, self->height,
                 self->n_rows);
    return false;
}

static bool
file_write (HfSink *sink, const HfImage *rows, GError **error)
{
    FileSink *self = (FileSink *) sink;

    if (!check_rows (self, rows, error))
        return false;
    self->n_rows += rows->height;
    if (!self->row)
        return self->klass->rows (self->writer, rows->data, rows->stride, rows->height, error);
    for (int y = 0; y < rows->height; y++) {
        hf_writer_convert (hf_image_row (rows, y), self->offered, self->row, self->written,
                           rows->width);
        if (!self->klass->rows (self->writer, self->row, 0, 1, error))
            return false;
    }
    return true;
}

static bool
file_end (HfSink *sink, GError **error)
{
    FileSink *self = (FileSink *) sink;

    if (!self->writer || self->n_rows != self->height) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "'%s' got %d of its %d rows",
                     self->file->label, self->n_rows, self->height);
        return false;
    }
    self->complete = self->klass->end (self->writer, error);
    return self->complete;
}

static bool
file_commit (HfSink *sink, GError **error)
{
    FileSink *self = (FileSink *) sink;

    if (!self->complete) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "'%s' has no complete picture",
                     self->file->label);
        return false;
    }
    return hf_temporary_commit (self->file, error);
}

static void
file_free (HfSink *sink)
{
    FileSink *self = (FileSink *) sink;

    self->klass->free (self->writer);
    hf_temporary_free (self->file);
    hf_options_clear (&hf_file_table, &self->options);
    hf_pixels_free (self->row);
    g_free (self);
}

static const HfSinkClass file_class = { file_begin, file_write, file_end, file_commit, file_free };

static const HfWriterClass *
class_of_name (const char *path, GError **error)
{
    char *label;

    switch (hf_file_kind_of_name (path)) {
    case HF_FILE_JPEG:
        return &hf_jpeg_writer_class;
    case HF_FILE_PNG:
        return &hf_png_writer_class;
    case HF_FILE_TIFF:
        return &hf_tiff_writer_class;
    case HF_FILE_UNKNOWN:
        break;
    }
    label = hf_file_label (path);
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                 "'%s' does not end in .tif, .tiff, .png, .jpg or .jpeg", label);
    g_free (label);
    return NULL;
}

HfSink *
hf_file_sink_new (const char *path, const HfFileOptions *options, GError **error)
{
    const HfWriterClass *klass = class_of_name (path, error);
    HfTemporary *file = klass ? hf_temporary_new (path, error) : NULL;
    FileSink *self;

    if (!file)
        return NULL;
    self = g_new0 (FileSink, 1);
    self->parent.klass = &file_class;
    self->klass = klass;
    self->file = file;
    hf_options_init (&hf_file_table, &self->options);
    hf_options_copy (&hf_file_table, &self->options, options);
    return &self->parent;
}
