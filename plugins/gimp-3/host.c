/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host.h"

#include <hyperfocal/error.h>
#include <string.h>

/* Marks what the plug-in made, also in saved files. */
#define RESULT_MARK "hyperfocal-result"

static GimpImage *
image_of (HfHost *host)
{
    return ((HfGimpHost *) host)->image;
}

static bool
indexed (HfHost *host)
{
    return gimp_image_get_base_type (image_of (host)) == GIMP_INDEXED;
}

static int *
children (HfHost *host, int group, int *n_layers)
{
    GimpItem **items = group ? gimp_item_get_children (gimp_item_get_by_id (group))
                             : (GimpItem **) gimp_image_get_layers (image_of (host));
    int *layers;
    int n = 0;

    while (items && items[n])
        n++;
    layers = g_new (int, n + 1);
    for (int i = 0; i < n; i++)
        layers[i] = gimp_item_get_id (items[i]);
    g_free (items);
    *n_layers = n;
    return layers;
}

static void
describe (HfHost *host, int layer, HfLayerInfo *info)
{
    GimpItem *item = gimp_item_get_by_id (layer);
    GimpParasite *mark = gimp_item_get_parasite (item, RESULT_MARK);

    *info = (HfLayerInfo) { .name = gimp_item_get_name (item),
                            .group = gimp_item_is_group (item),
                            .visible = gimp_item_get_visible (item),
                            .result = mark != NULL };
    gimp_drawable_get_offsets (GIMP_DRAWABLE (item), &info->x, &info->y);
    if (mark)
        gimp_parasite_free (mark);
}

static GeglBuffer *
pixels (HfHost *host, int layer)
{
    return gimp_drawable_get_buffer (gimp_drawable_get_by_id (layer));
}

static void
mark_result (GimpItem *item)
{
    GimpParasite *mark = gimp_parasite_new (RESULT_MARK, GIMP_PARASITE_PERSISTENT, 1, "");

    gimp_item_attach_parasite (item, mark);
    gimp_parasite_free (mark);
}

static GimpImageType
layer_type (GimpImage *image, GeglBuffer *buffer)
{
    bool alpha = babl_format_has_alpha (gegl_buffer_get_format (buffer));

    if (gimp_image_get_base_type (image) == GIMP_GRAY)
        return alpha ? GIMP_GRAYA_IMAGE : GIMP_GRAY_IMAGE;
    return alpha ? GIMP_RGBA_IMAGE : GIMP_RGB_IMAGE;
}

static int
new_layer (HfHost *host, const HfNewLayer *wanted, GError **error)
{
    GimpImage *image = image_of (host);
    GimpLayer *layer =
        gimp_layer_new (image, wanted->name, gegl_buffer_get_width (wanted->pixels),
                        gegl_buffer_get_height (wanted->pixels), layer_type (image, wanted->pixels),
                        100, gimp_image_get_default_new_layer_mode (image));
    GeglBuffer *buffer;

    if (!layer) {
        g_set_error (error, HF_ERROR, HF_ERROR_MEMORY, "GIMP made no layer of %d × %d pixels",
                     gegl_buffer_get_width (wanted->pixels),
                     gegl_buffer_get_height (wanted->pixels));
        return 0;
    }
    buffer = gimp_drawable_get_buffer (GIMP_DRAWABLE (layer));
    gegl_buffer_copy (wanted->pixels, NULL, GEGL_ABYSS_NONE, buffer, NULL);
    g_object_unref (buffer);
    gimp_layer_set_offsets (layer, wanted->x, wanted->y);
    mark_result (GIMP_ITEM (layer));
    return gimp_item_get_id (GIMP_ITEM (layer));
}

static int
new_group (HfHost *host, const char *name, GError **error)
{
    GimpGroupLayer *group = gimp_group_layer_new (image_of (host), name);

    if (!group) {
        g_set_error (error, HF_ERROR, HF_ERROR_MEMORY, "GIMP made no layer group");
        return 0;
    }
    mark_result (GIMP_ITEM (group));
    return gimp_item_get_id (GIMP_ITEM (group));
}

static void
discard (HfHost *host, int layer)
{
    gimp_item_delete (gimp_item_get_by_id (layer));
}

static void
insert_begin (HfHost *host)
{
    gimp_image_undo_group_start (image_of (host));
}

static void
insert (HfHost *host, int layer, int group, int position)
{
    gimp_image_insert_layer (image_of (host), gimp_layer_get_by_id (layer),
                             group ? gimp_layer_get_by_id (group) : NULL, position);
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
hf_gimp_host_init (HfGimpHost *self, GimpImage *image)
{
    self->host = (HfHost) { indexed, children,     describe, pixels,     new_layer, new_group,
                            discard, insert_begin, insert,   insert_end, progress,  message };
    self->image = image;
    self->stage = NULL;
}
