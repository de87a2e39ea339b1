/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/image.h>

#include "base/box.h"

#include <hyperfocal/error.h>

enum { LONGEST_SIDE = 1 << 20 };

bool
hf_format_equal (HfFormat a, HfFormat b)
{
    return a.type == b.type && a.n_channels == b.n_channels;
}

bool
hf_format_has_alpha (HfFormat format)
{
    return format.n_channels == 2 || format.n_channels == 4;
}

int
hf_format_n_colours (HfFormat format)
{
    return format.n_channels < 3 ? 1 : 3;
}

size_t
hf_format_bytes (HfFormat format)
{
    return (size_t) format.type * (size_t) format.n_channels;
}

const char *
hf_format_name (HfFormat format)
{
    static const char *const names[3][4] = {
        { "grey 8 bit", "grey and alpha 8 bit", "RGB 8 bit", "RGB and alpha 8 bit" },
        { "grey 16 bit", "grey and alpha 16 bit", "RGB 16 bit", "RGB and alpha 16 bit" },
        { "grey float", "grey and alpha float", "RGB float", "RGB and alpha float" },
    };
    int type = format.type == HF_SAMPLE_U8 ? 0 : format.type == HF_SAMPLE_U16 ? 1 : 2;

    return names[type][CLAMP (format.n_channels, 1, 4) - 1];
}

HfImage *
hf_image_new (HfBudget *budget, int width, int height, HfFormat format, GError **error)
{
    size_t stride = (size_t) MAX (width, 0) * hf_format_bytes (format);
    HfImage *image;
    void *data;

    if (width < 1 || height < 1 || width > LONGEST_SIDE || height > LONGEST_SIDE) {
        g_set_error (error, HF_ERROR, HF_ERROR_SIZE,
                     "a picture of %d × %d pixels is not possible: a side is from 1 to %d", width,
                     height, LONGEST_SIDE);
        return NULL;
    }
    data = hf_pixels_new_n (budget, (size_t) height, stride, "a picture", error);
    if (!data)
        return NULL;
    image = g_new (HfImage, 1);
    *image = (HfImage) { width, height, format, stride, data };
    return image;
}

void
hf_image_free (HfImage *image)
{
    if (!image)
        return;
    hf_pixels_free (image->data);
    g_free (image);
}

void *
hf_image_row (const HfImage *image, int y)
{
    return (char *) image->data + (size_t) y * image->stride;
}

HfImage *
hf_image_reduce (const HfImage *image, int factor, HfBudget *budget, GError **error)
{
    HfImage *reduced = hf_image_new (budget, hf_box_reduced (image->width, factor),
                                     hf_box_reduced (image->height, factor), image->format, error);
    HfBox *box =
        reduced ? hf_box_new (image->width, image->format, factor, false, budget, error) : NULL;

    if (!box) {
        hf_image_free (reduced);
        return NULL;
    }
    for (int y = 0; y < image->height; y++) {
        hf_box_add (box, hf_image_row (image, y));
        if ((y + 1) % factor == 0 || y + 1 == image->height)
            hf_box_take (box, hf_image_row (reduced, y / factor));
    }
    hf_box_free (box);
    return reduced;
}
