/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "bridge/buffer.h"

static const HfSampleType sample_types[] = { HF_SAMPLE_U8, HF_SAMPLE_U16, HF_SAMPLE_FLOAT };

static const char *
encoded_name (HfFormat format)
{
    static const char *const names[3][4] = {
        { "Y' u8", "Y'A u8", "R'G'B' u8", "R'G'B'A u8" },
        { "Y' u16", "Y'A u16", "R'G'B' u16", "R'G'B'A u16" },
        { "Y' float", "Y'A float", "R'G'B' float", "R'G'B'A float" },
    };
    int type = format.type == HF_SAMPLE_U8 ? 0 : format.type == HF_SAMPLE_U16 ? 1 : 2;

    return names[type][CLAMP (format.n_channels, 1, 4) - 1];
}

const Babl *
hf_buffer_babl (HfFormat format, const Babl *space)
{
    return babl_format_with_space (encoded_name (format), space);
}

const Babl *
hf_buffer_space (const Babl *format)
{
    const Babl *space = format ? babl_format_get_space (format) : NULL;

    return space && !babl_space_is_cmyk (space) ? space : babl_space ("sRGB");
}

/* Is `format` one that the engine holds as it is? */
static bool
find_native (const Babl *format, HfFormat *native)
{
    const Babl *space = babl_format_get_space (format);

    for (guint i = 0; i < G_N_ELEMENTS (sample_types); i++) {
        for (int n = 1; n <= 4; n++) {
            *native = (HfFormat) { sample_types[i], n };
            if (hf_buffer_babl (*native, space) == format)
                return true;
        }
    }
    return false;
}

HfFormat
hf_buffer_format (const Babl *format)
{
    HfFormat native = { HF_SAMPLE_FLOAT, 4 };
    bool grey, eight;

    if (!format || find_native (format, &native))
        return native;
    grey = (babl_get_model_flags (babl_format_get_model (format)) & BABL_MODEL_FLAG_GRAY) != 0;
    native.n_channels = (grey ? 1 : 3) + (babl_format_has_alpha (format) ? 1 : 0);
    eight = babl_format_get_type (format, 0) == babl_type ("u8");
    native.type = babl_format_is_palette (format) ? HF_SAMPLE_U8
                  : eight                         ? HF_SAMPLE_U16
                                                  : HF_SAMPLE_FLOAT;
    return native;
}

HfMetadata *
hf_buffer_metadata (const Babl *space)
{
    HfMetadata *metadata;
    const char *icc;
    int length = 0;

    if (!space || space == babl_space ("sRGB"))
        return NULL;
    icc = babl_space_get_icc (space, &length);
    if (!icc || length <= 0)
        return NULL;
    metadata = hf_metadata_new ();
    metadata->icc = g_bytes_new (icc, (gsize) length);
    return metadata;
}

HfImage *
hf_buffer_read (GeglBuffer *buffer, const GeglRectangle *rect, HfFormat format, const Babl *space,
                HfBudget *budget, GError **error)
{
    HfImage *image = hf_image_new (budget, rect->width, rect->height, format, error);

    if (!image)
        return NULL;
    if (!space)
        space = hf_buffer_space (gegl_buffer_get_format (buffer));
    gegl_buffer_get (buffer, rect, 1.0, hf_buffer_babl (format, space), image->data,
                     (gint) image->stride, GEGL_ABYSS_NONE);
    return image;
}

void
hf_buffer_write (GeglBuffer *buffer, int x, int y, const HfImage *image, const Babl *space)
{
    GeglRectangle rect = { x, y, image->width, image->height };

    if (!space)
        space = hf_buffer_space (gegl_buffer_get_format (buffer));
    gegl_buffer_set (buffer, &rect, 0, hf_buffer_babl (image->format, space), image->data,
                     (gint) image->stride);
}
