/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* TIFF of one page, for hf_file_sink_new (), and of many, as a sink of its own. */
#include "files/tiff-pages.h"
#include "files/writer.h"

#include <hyperfocal/error.h>

static HfFormat
tiff_format (HfFormat offered)
{
    return offered;
}

static void
tiff_free (void *writer)
{
    hf_tiff_pages_free (writer);
}

static void *
tiff_begin (HfTemporary *file, const HfPictureInfo *info, const HfFileOptions *options,
            GError **error)
{
    HfTiffPages *pages = hf_tiff_pages_new (file, options, false, error);

    if (pages && !hf_tiff_pages_begin (pages, info, error))
        g_clear_pointer (&pages, hf_tiff_pages_free);
    return pages;
}

static bool
tiff_rows (void *writer, const void *first, size_t stride, int n_rows, GError **error)
{
    return hf_tiff_pages_rows (writer, first, stride, n_rows, error);
}

static bool
tiff_end (void *writer, GError **error)
{
    return hf_tiff_pages_end (writer, error) && hf_tiff_pages_finish (writer, error);
}

const HfWriterClass hf_tiff_writer_class = { tiff_format, tiff_begin, tiff_rows, tiff_end,
                                             tiff_free };

typedef struct LayeredSink {
    HfSink parent;
    HfTemporary *file;
    HfTiffPages *pages;
    HfPictureInfo info; /* of the page being written; only sizes and format are used */
    bool open;
    int n_rows;  /* of it that have come */
    int n_pages; /* complete */
} LayeredSink;

static bool
layered_begin (HfSink *sink, const HfPictureInfo *info, GError **error)
{
    LayeredSink *self = (LayeredSink *) sink;

    if (self->open) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "page %d of '%s' was not ended before the next", self->n_pages,
                     self->file->label);
        return false;
    }
    self->info = *info;
    self->n_rows = 0;
    self->open = hf_tiff_pages_begin (self->pages, info, error);
    return self->open;
}

static bool
layered_write (HfSink *sink, const HfImage *rows, GError **error)
{
    LayeredSink *self = (LayeredSink *) sink;

    if (!self->open || rows->width != self->info.width ||
        rows->height > self->info.height - self->n_rows ||
        !hf_format_equal (rows->format, self->info.format)) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "%d rows of %d pixels do not fit into page %d of '%s'", rows->height,
                     rows->width, self->n_pages, self->file->label);
        return false;
    }
    self->n_rows += rows->height;
    return hf_tiff_pages_rows (self->pages, rows->data, rows->stride, rows->height, error);
}

static bool
layered_end (HfSink *sink, GError **error)
{
    LayeredSink *self = (LayeredSink *) sink;

    if (!self->open || self->n_rows != self->info.height) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "page %d of '%s' got %d of its %d rows",
                     self->n_pages, self->file->label, self->n_rows, self->info.height);
        return false;
    }
    self->open = false;
    self->n_pages++;
    return hf_tiff_pages_end (self->pages, error);
}

static bool
layered_commit (HfSink *sink, GError **error)
{
    LayeredSink *self = (LayeredSink *) sink;

    if (self->open || self->n_pages == 0) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "'%s' has no complete page",
                     self->file->label);
        return false;
    }
    return hf_tiff_pages_finish (self->pages, error) && hf_temporary_commit (self->file, error);
}

static void
layered_free (HfSink *sink)
{
    LayeredSink *self = (LayeredSink *) sink;

    hf_tiff_pages_free (self->pages);
    hf_temporary_free (self->file);
    g_free (self);
}

static const HfSinkClass layered_class = { layered_begin, layered_write, layered_end,
                                           layered_commit, layered_free };

HfSink *
hf_layered_tiff_sink_new (const char *path, const HfFileOptions *options, GError **error)
{
    HfTemporary *file = hf_temporary_new (path, error);
    HfTiffPages *pages = file ? hf_tiff_pages_new (file, options, true, error) : NULL;
    LayeredSink *self;

    if (!pages) {
        hf_temporary_free (file);
        return NULL;
    }
    self = g_new0 (LayeredSink, 1);
    self->parent.klass = &layered_class;
    self->file = file;
    self->pages = pages;
    return &self->parent;
}

const char *
hf_layered_tiff_sink_warning (HfSink *sink)
{
    return hf_tiff_pages_warning (((LayeredSink *) sink)->pages);
}
