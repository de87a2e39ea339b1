/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "noise-map-layer.h"

#include "layer-source.h"

#include <bridge/buffer.h>

static const char MAP_NAME[] = "Noise map";

static bool
report_progress (void *data, double fraction, const char *stage)
{
    HfHost *host = data;

    return host->progress (host, fraction, "Looking for hot pixels");
}

static HfHotPixelMap *
find_defects (HfHost *host, const GArray *frames, const HfNoiseMapOptions *options,
              HfBudget *budget, GError **error)
{
    HfPool *pool = hf_pool_new (0, error);
    HfSource *source = pool ? hf_layer_source_new (host, frames) : NULL;
    HfHotPixelMap *map = NULL;
    HfMonitor monitor;

    hf_monitor_init (&monitor, report_progress, NULL, host);
    if (source)
        map = hf_hot_pixels_find (&source, 1, options, NULL, pool, budget, &monitor, error);
    hf_source_free (source);
    hf_pool_free (pool);
    return map;
}

/* A layer where the lowest frame lies, not yet part of the image; 0 with an error. */
static int
layer_of_map (HfHost *host, const HfHotPixelMap *map, const HfFrameLayer *frame, HfBudget *budget,
              GError **error)
{
    HfImage *image = hf_hot_pixel_map_to_image (map, -1, budget, error);
    GeglRectangle extent = { 0, 0, hf_hot_pixel_map_width (map), hf_hot_pixel_map_height (map) };
    HfNewLayer layer = { MAP_NAME, frame->x, frame->y, NULL };
    int made;

    if (!image)
        return 0;
    layer.pixels = gegl_buffer_new (&extent, babl_format ("R'G'B' u8"));
    hf_buffer_write (layer.pixels, 0, 0, image, NULL);
    hf_image_free (image);
    made = host->new_layer (host, &layer, error);
    g_object_unref (layer.pixels);
    return made;
}

static void
tell_count (HfHost *host, const HfHotPixelMap *map, guint n_frames)
{
    char *text = g_strdup_printf ("%d noisy pixels of %d × %d in %u layers",
                                  hf_hot_pixel_map_count (map, -1), hf_hot_pixel_map_width (map),
                                  hf_hot_pixel_map_height (map), n_frames);

    host->message (host, text);
    g_free (text);
}

static void
insert_map (HfHost *host, int layer)
{
    host->insert_begin (host);
    host->insert (host, layer, 0, 0);
    host->insert_end (host);
}

bool
hf_noise_map_layer (HfHost *host, const HfNoiseMapOptions *options, int *layer, GError **error)
{
    GArray *frames;
    HfBudget *budget;
    HfHotPixelMap *map;

    if (!hf_layers_check (host, error))
        return false;
    frames = hf_layer_walk (host, NULL);
    budget = hf_budget_new (0);
    *layer = 0;
    map = find_defects (host, frames, options, budget, error);
    if (map)
        *layer = layer_of_map (host, map, &g_array_index (frames, HfFrameLayer, 0), budget, error);
    if (*layer) {
        insert_map (host, *layer);
        tell_count (host, map, frames->len);
    }
    hf_hot_pixel_map_free (map);
    hf_budget_free (budget);
    g_array_unref (frames);
    return *layer != 0;
}
