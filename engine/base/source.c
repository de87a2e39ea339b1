/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/source.h>

#include <hyperfocal/error.h>
#include <string.h>

typedef struct MemorySource {
    HfSource parent;
    HfImage **images;
    char **names;
    HfMetadata *metadata;
} MemorySource;

void
hf_frame_info_clear (HfFrameInfo *info)
{
    g_free (info->name);
    g_free (info->warning);
    hf_metadata_unref (info->metadata);
    memset (info, 0, sizeof *info);
}

static bool
check_index (HfSource *source, int frame, GError **error)
{
    if (frame >= 0 && frame < source->n_frames)
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "there is no frame %d among %d", frame,
                 source->n_frames);
    return false;
}

bool
hf_source_info (HfSource *source, int frame, HfFrameInfo *info, GError **error)
{
    memset (info, 0, sizeof *info);
    return check_index (source, frame, error) && source->klass->info (source, frame, info, error);
}

HfImage *
hf_source_read (HfSource *source, int frame, int reduction, HfBudget *budget, GError **error)
{
    if (!check_index (source, frame, error))
        return NULL;
    return source->klass->read (source, frame, reduction, budget, error);
}

void
hf_source_free (HfSource *source)
{
    if (source)
        source->klass->free (source);
}

static bool
memory_info (HfSource *source, int frame, HfFrameInfo *info, GError **error)
{
    MemorySource *self = (MemorySource *) source;
    const HfImage *image = self->images[frame];

    info->name = g_strdup (self->names[frame]);
    info->width = image->width;
    info->height = image->height;
    info->format = image->format;
    info->metadata = hf_metadata_ref (self->metadata);
    return true;
}

static HfImage *
memory_read (HfSource *source, int frame, int reduction, HfBudget *budget, GError **error)
{
    const HfImage *image = ((MemorySource *) source)->images[frame];
    HfImage *copy;

    if (reduction > 1)
        return hf_image_reduce (image, reduction, budget, error);
    copy = hf_image_new (budget, image->width, image->height, image->format, error);
    for (int y = 0; copy && y < copy->height; y++)
        memcpy (hf_image_row (copy, y), hf_image_row (image, y), copy->stride);
    return copy;
}

static void
memory_free (HfSource *source)
{
    MemorySource *self = (MemorySource *) source;

    for (int i = 0; i < source->n_frames; i++)
        g_free (self->names[i]);
    g_free (self->names);
    g_free (self->images);
    hf_metadata_unref (self->metadata);
    g_free (self);
}

static const HfSourceClass memory_class = { memory_info, memory_read, memory_free, true };

HfSource *
hf_source_new_from_images (HfImage *const *images, const char *const *names, HfMetadata *metadata,
                           int n_images)
{
    MemorySource *self = g_new0 (MemorySource, 1);

    self->parent = (HfSource) { &memory_class, n_images };
    self->images = g_memdup2 (images, sizeof *images * (size_t) n_images);
    self->names = g_new0 (char *, n_images);
    self->metadata = hf_metadata_ref (metadata);
    for (int i = 0; i < n_images; i++)
        self->names[i] = names ? g_strdup (names[i]) : g_strdup_printf ("frame %d", i);
    return &self->parent;
}
