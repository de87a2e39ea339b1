/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host.h"

#include <hyperfocal/error.h>
#include <string.h>

/* Marks what the plug-in made, also in saved files. */
#define RESULT_MARK "hyperfocal-result"

static gint32
image_of (HfHost *host)
{
    return ((HfGimpHost *) host)->image;
}

static bool
indexed (HfHost *host)
{
    return gimp_image_base_type (image_of (host)) == GIMP_INDEXED;
}

static int *
children (HfHost *host, int group, int *n_layers)
{
    if (group)
        return gimp_item_get_children (group, n_layers);
    return gimp_image_get_layers (image_of (host), n_layers);
}

static void
describe (HfHost *host, int layer, HfLayerInfo *info)
{
    GimpParasite *mark = gimp_item_get_parasite (layer, RESULT_MARK);

    *info = (HfLayerInfo) { .name = gimp_item_get_name (layer),
                            .group = gimp_item_is_group (layer),
                            .visible = gimp_item_get_visible (layer),
                            .result = mark != NULL };
    gimp_drawable_offsets (layer, &info->x, &info->y);
    if (mark)
        gimp_parasite_free (mark);
}

static GeglBuffer *
pixels (HfHost *host, int layer)
{
    return gimp_drawable_get_buffer (layer);
}

static void
mark_result (int layer)
{
    GimpParasite *mark = gimp_parasite_new (RESULT_MARK, GIMP_PARASITE_PERSISTENT, 1, "");

    gimp_item_attach_parasite (layer, mark);
    gimp_parasite_free (mark);
}

static GimpImageType
layer_type (gint32 image, GeglBuffer *buffer)
{
    bool alpha = babl_format_has_alpha (gegl_buffer_get_format (buffer));

    if (gimp_image_base_type (image) == GIMP_GRAY)
        return alpha ? GIMP_GRAYA_IMAGE : GIMP_GRAY_IMAGE;
    return alpha ? GIMP_RGBA_IMAGE : GIMP_RGB_IMAGE;
}

static int
new_layer (HfHost *host, const HfNewLayer *wanted, GError **error)
{
    gint32 image = image_of (host);
    gint32 layer =
        gimp_layer_new (image, wanted->name, gegl_buffer_get_width (wanted->pixels),
                        gegl_buffer_get_height (wanted->pixels), layer_type (image, wanted->pixels),
                        100, gimp_image_get_default_new_layer_mode (image));
    GeglBuffer *buffer;

    if (layer <= 0) {
        g_set_error (error, HF_ERROR, HF_ERROR_MEMORY, "GIMP made no layer of %d × %d pixels",
                     gegl_buffer_get_width (wanted->pixels),
                     gegl_buffer_get_height (wanted->pixels));
        return 0;
    }
    buffer = gimp_drawable_get_buffer (layer);
    gegl_buffer_copy (wanted->pixels, NULL, GEGL_ABYSS_NONE, buffer, NULL);
    g_object_unref (buffer);
    gimp_layer_set_offsets (layer, wanted->x, wanted->y);
    mark_result (layer);
    return layer;
}

static int
new_group (HfHost *host, const char *name, GError **error)
{
    gint32 group = gimp_layer_group_new (image_of (host));

    if (group <= 0) {
        g_set_error (error, HF_ERROR, HF_ERROR_MEMORY, "GIMP made no layer group");
        return 0;
    }
    gimp_item_set_name (group, name);
    mark_result (group);
    return group;
}

static void
discard (HfHost *host, int layer)
{
    gimp_item_delete (layer);
}

static void
insert_begin (HfHost *host)
{
    gimp_image_undo_group_start (image_of (host));
}

static void
insert (HfHost *host, int layer, int group, int position)
{
    gimp_image_insert_layer (image_of (host), layer, group, position);
}

static void
insert_end (HfHost *host)
{
    gimp_image_undo_group_end (image_of (host));
    gimp_displays_flush ();
}

static bool
progress (HfHost *host, double fraction, const char *stage)
{
    HfGimpHost *self = (HfGimpHost *) host;

    if (!self->stage || strcmp (self->stage, stage) != 0)
        gimp_progress_set_text (stage);
    self->stage = stage;
    gimp_progress_update (fraction);
    return true; /* cancel ends the process; nothing of the image was touched by then */
}

static void
message (HfHost *host, const char *text)
{
    gimp_message (text);
}

void
hf_gimp_host_init (HfGimpHost *self, gint32 image)
{
    self->host = (HfHost) { indexed, children,     describe, pixels,     new_layer, new_group,
                            discard, insert_begin, insert,   insert_end, progress,  message };
    self->image = image;
    self->stage = NULL;
}
