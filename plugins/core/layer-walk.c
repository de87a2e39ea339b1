/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer-walk.h"

static void
clear_frame (void *frame)
{
    g_free (((HfFrameLayer *) frame)->name);
}

static void
walk_group (HfHost *host, int group, GArray *frames, int *n_results)
{
    int n_layers = 0;
    int *layers = host->children (host, group, &n_layers);

    for (int i = n_layers - 1; i >= 0; i--) {
        HfLayerInfo info;

        host->describe (host, layers[i], &info);
        if (info.visible && info.result) {
            (*n_results)++;
        } else if (info.visible && info.group) {
            walk_group (host, layers[i], frames, n_results);
        } else if (info.visible) {
            HfFrameLayer frame = { layers[i], g_steal_pointer (&info.name), info.x, info.y };

            g_array_append_val (frames, frame);
        }
        g_free (info.name);
    }
    g_free (layers);
}

GArray *
hf_layer_walk (HfHost *host, int *n_results)
{
    GArray *frames = g_array_new (FALSE, FALSE, sizeof (HfFrameLayer));
    int n = 0;

    g_array_set_clear_func (frames, clear_frame);
    walk_group (host, 0, frames, &n);
    if (n_results)
        *n_results = n;
    return frames;
}
