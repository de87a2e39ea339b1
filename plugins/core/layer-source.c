/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "layer-source.h"

#include <bridge/buffer.h>
#include <hyperfocal/error.h>

bool
hf_layers_check (HfHost *host, GError **error)
{
    if (!host->indexed (host))
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                 "an indexed image cannot be focus stacked: convert it to RGB or grey first "
                 "(Image > Mode)");
    return false;
}

HfSource *
hf_layer_source_new (HfHost *host, const GArray *layers)
{
    int n_frames = (int) layers->len;
    HfBufferFrame *frames = g_new0 (HfBufferFrame, n_frames);
    HfSource *source;

    for (int i = 0; i < n_frames; i++) {
        const HfFrameLayer *frame = &g_array_index (layers, HfFrameLayer, i);

        frames[i] =
            (HfBufferFrame) { host->pixels (host, frame->layer), frame->name, frame->x, frame->y };
    }
    /* A drawable's tiles come through the host's one pipe: the main thread alone may read them. */
    source = hf_buffer_source_new (frames, n_frames, NULL, NULL, false);
    for (int i = 0; i < n_frames; i++)
        g_object_unref (frames[i].buffer);
    g_free (frames);
    return source;
}
