/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/sink.h>

#include <string.h>

typedef struct Picture {
    HfImage *image;
    HfPictureKind kind;
    int frame;
} Picture;

typedef struct MemorySink {
    HfSink parent;
    HfBudget *budget;
    GArray *pictures; /* Picture */
    int row;          /* next row of the last picture */
} MemorySink;

bool
hf_sink_begin (HfSink *sink, const HfPictureInfo *info, GError **error)
{
    return sink->klass->begin (sink, info, error);
}

bool
hf_sink_write (HfSink *sink, const HfImage *rows, GError **error)
{
    return sink->klass->write (sink, rows, error);
}

bool
hf_sink_end (HfSink *sink, GError **error)
{
    return sink->klass->end (sink, error);
}

bool
hf_sink_commit (HfSink *sink, GError **error)
{
    return sink->klass->commit (sink, error);
}

void
hf_sink_free (HfSink *sink)
{
    if (sink)
        sink->klass->free (sink);
}

static bool
memory_begin (HfSink *sink, const HfPictureInfo *info, GError **error)
{
    MemorySink *self = (MemorySink *) sink;
    Picture picture = { hf_image_new (self->budget, info->width, info->height, info->format, error),
                        info->kind, info->frame };

    if (!picture.image)
        return false;
    g_array_append_val (self->pictures, picture);
    self->row = 0;
    return true;
}

static bool
memory_write (HfSink *sink, const HfImage *rows, GError **error)
{
    MemorySink *self = (MemorySink *) sink;
    HfImage *image = g_array_index (self->pictures, Picture, self->pictures->len - 1).image;

    for (int y = 0; y < rows->height && self->row < image->height; y++)
        memcpy (hf_image_row (image, self->row++), hf_image_row (rows, y), image->stride);
    return true;
}

static bool
memory_nothing_to_do (HfSink *sink, GError **error)
{
    return true;
}

static void
memory_free (HfSink *sink)
{
    MemorySink *self = (MemorySink *) sink;

    for (guint i = 0; i < self->pictures->len; i++)
        hf_image_free (g_array_index (self->pictures, Picture, i).image);
    g_array_free (self->pictures, TRUE);
    g_free (self);
}

static const HfSinkClass memory_class = { memory_begin, memory_write, memory_nothing_to_do,
                                          memory_nothing_to_do, memory_free };

HfSink *
hf_sink_new_memory (HfBudget *budget)
{
    MemorySink *self = g_new0 (MemorySink, 1);

    self->parent.klass = &memory_class;
    self->budget = budget;
    self->pictures = g_array_new (FALSE, FALSE, sizeof (Picture));
    return &self->parent;
}

int
hf_memory_sink_n_pictures (HfSink *sink)
{
    return (int) ((MemorySink *) sink)->pictures->len;
}

HfImage *
hf_memory_sink_take (HfSink *sink, int number, HfPictureKind *kind, int *frame)
{
    Picture *picture = &g_array_index (((MemorySink *) sink)->pictures, Picture, number);
    HfImage *image = picture->image;

    if (kind)
        *kind = picture->kind;
    if (frame)
        *frame = picture->frame;
    picture->image = NULL;
    return image;
}
