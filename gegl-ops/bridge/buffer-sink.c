/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "bridge/buffer.h"

typedef struct BufferSink {
    HfSink parent;
    const Babl *space;
    GArray *pictures; /* HfBufferPicture */
    int row;          /* next row of the last picture */
} BufferSink;

void
hf_buffer_picture_clear (HfBufferPicture *picture)
{
    g_clear_pointer (&picture->name, g_free);
    g_clear_object (&picture->buffer);
}

static bool
buffer_begin (HfSink *sink, const HfPictureInfo *info, GError **error)
{
    BufferSink *self = (BufferSink *) sink;
    GeglRectangle extent = { 0, 0, info->width, info->height };
    HfBufferPicture picture = {
        info->kind,  g_strdup (info->name),
        info->frame, gegl_buffer_new (&extent, hf_buffer_babl (info->format, self->space)),
        info->x,     info->y
    };

    g_array_append_val (self->pictures, picture);
    self->row = 0;
    return true;
}

static bool
buffer_write (HfSink *sink, const HfImage *rows, GError **error)
{
    BufferSink *self = (BufferSink *) sink;
    const HfBufferPicture *picture =
        &g_array_index (self->pictures, HfBufferPicture, self->pictures->len - 1);

    if (picture->buffer)
        hf_buffer_write (picture->buffer, 0, self->row, rows, self->space);
    self->row += rows->height;
    return true;
}

/* End and commit: every row lies in its buffer already. */
static bool
buffer_settled (HfSink *sink, GError **error)
{
    return true;
}

static void
buffer_free (HfSink *sink)
{
    BufferSink *self = (BufferSink *) sink;

    for (guint i = 0; i < self->pictures->len; i++)
        hf_buffer_picture_clear (&g_array_index (self->pictures, HfBufferPicture, i));
    g_array_free (self->pictures, TRUE);
    g_free (self);
}

static const HfSinkClass buffer_class = { buffer_begin, buffer_write, buffer_settled,
                                          buffer_settled, buffer_free };

HfSink *
hf_buffer_sink_new (const Babl *space)
{
    BufferSink *self = g_new0 (BufferSink, 1);

    self->parent.klass = &buffer_class;
    self->space = space;
    self->pictures = g_array_new (FALSE, FALSE, sizeof (HfBufferPicture));
    return &self->parent;
}

int
hf_buffer_sink_n_pictures (HfSink *sink)
{
    return (int) ((BufferSink *) sink)->pictures->len;
}

HfBufferPicture
hf_buffer_sink_take (HfSink *sink, int number)
{
    HfBufferPicture *kept =
        &g_array_index (((BufferSink *) sink)->pictures, HfBufferPicture, number);
    HfBufferPicture picture = *kept;

    kept->name = NULL;
    kept->buffer = NULL;
    return picture;
}
