/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "bridge/buffer.h"

#include <string.h>

/* Rows of the full-size buffer that are in memory at a time while a reduced picture is made; a
 * multiple of every reduction. */
enum { STRIP_ROWS = 64 };

typedef struct BufferFrame {
    GeglBuffer *buffer;
    char *name;
    int x, y;
    HfFormat format;
} BufferFrame;

typedef struct BufferSource {
    HfSource parent;
    BufferFrame *frames;
    const Babl *space;
    HfMetadata *metadata;
} BufferSource;

static bool
buffer_info (HfSource *source, int number, HfFrameInfo *info, GError **error)
{
    BufferSource *self = (BufferSource *) source;
    const BufferFrame *frame = &self->frames[number];
    GeglRectangle extent = hf_buffer_source_extent (source, number);

    *info = (HfFrameInfo) { g_strdup (frame->name),
                            extent.width,
                            extent.height,
                            extent.x,
                            extent.y,
                            frame->format,
                            hf_metadata_ref (self->metadata) };
    return true;
}

/* Reduces the rows of one strip into `reduced`, from its row y on. */
static bool
reduce_strip (BufferSource *self, const BufferFrame *frame, const GeglRectangle *strip,
              int reduction, HfImage *reduced, int y, HfBudget *budget, GError **error)
{
    HfImage *rows =
        hf_buffer_read (frame->buffer, strip, frame->format, self->space, budget, error);
    HfImage *small = rows ? hf_image_reduce (rows, reduction, budget, error) : NULL;

    for (int i = 0; small && i < small->height; i++)
        memcpy (hf_image_row (reduced, y + i), hf_image_row (small, i),
                (size_t) small->width * hf_format_bytes (small->format));
    hf_image_free (rows);
    hf_image_free (small);
    return small != NULL;
}

static HfImage *
read_reduced (BufferSource *self, const BufferFrame *frame, int reduction, HfBudget *budget,
              GError **error)
{
    GeglRectangle extent = *gegl_buffer_get_extent (frame->buffer);
    HfImage *reduced =
        hf_image_new (budget, (extent.width + reduction - 1) / reduction,
                      (extent.height + reduction - 1) / reduction, frame->format, error);

    for (int y = 0; reduced && y < extent.height; y += STRIP_ROWS) {
        GeglRectangle strip = { extent.x, extent.y + y, extent.width,
                                MIN (STRIP_ROWS, extent.height - y) };

        if (!reduce_strip (self, frame, &strip, reduction, reduced, y / reduction, budget, error)) {
            hf_image_free (reduced);
            return NULL;
        }
    }
    return reduced;
}

static HfImage *
buffer_read (HfSource *source, int number, int reduction, HfBudget *budget, GError **error)
{
    BufferSource *self = (BufferSource *) source;
    const BufferFrame *frame = &self->frames[number];

    if (reduction > 1)
        return read_reduced (self, frame, reduction, budget, error);
    return hf_buffer_read (frame->buffer, gegl_buffer_get_extent (frame->buffer), frame->format,
                           self->space, budget, error);
}

static void
buffer_free (HfSource *source)
{
    BufferSource *self = (BufferSource *) source;

    for (int i = 0; i < source->n_frames; i++) {
        g_object_unref (self->frames[i].buffer);
        g_free (self->frames[i].name);
    }
    g_free (self->frames);
    hf_metadata_unref (self->metadata);
    g_free (self);
}

static const HfSourceClass any_thread_class = { buffer_info, buffer_read, buffer_free, true };
static const HfSourceClass main_thread_class = { buffer_info, buffer_read, buffer_free, false };

/* Grey frames of a stack in colour are read as colour. */
static void
unify_colours (BufferSource *self)
{
    int n_colours = 1;

    for (int i = 0; i < self->parent.n_frames; i++)
        n_colours = MAX (n_colours, hf_format_n_colours (self->frames[i].format));
    for (int i = 0; i < self->parent.n_frames; i++) {
        HfFormat *format = &self->frames[i].format;

        format->n_channels = n_colours + (hf_format_has_alpha (*format) ? 1 : 0);
    }
}

HfSource *
hf_buffer_source_new (const HfBufferFrame *frames, int n_frames, const Babl *space,
                      HfMetadata *metadata, bool any_thread)
{
    BufferSource *self = g_new0 (BufferSource, 1);

    self->parent = (HfSource) { any_thread ? &any_thread_class : &main_thread_class, n_frames };
    self->frames = g_new0 (BufferFrame, n_frames);
    self->metadata = hf_metadata_ref (metadata);
    self->space = space;
    if (!space && n_frames > 0)
        self->space = hf_buffer_space (gegl_buffer_get_format (frames[0].buffer));
    for (int i = 0; i < n_frames; i++) {
        const HfBufferFrame *frame = &frames[i];

        self->frames[i] =
            (BufferFrame) { g_object_ref (frame->buffer),
                            frame->name ? g_strdup (frame->name) : g_strdup_printf ("frame %d", i),
                            frame->x, frame->y,
                            hf_buffer_format (gegl_buffer_get_format (frame->buffer)) };
    }
    unify_colours (self);
    return &self->parent;
}

GeglRectangle
hf_buffer_source_extent (HfSource *source, int number)
{
    const BufferFrame *frame = &((BufferSource *) source)->frames[number];
    GeglRectangle extent = *gegl_buffer_get_extent (frame->buffer);

    extent.x += frame->x;
    extent.y += frame->y;
    return extent;
}

const Babl *
hf_buffer_source_space (HfSource *source)
{
    return ((BufferSource *) source)->space;
}
