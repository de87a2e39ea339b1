/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Three steps: collect (the visible layers become a source of the engine), run (the engine fills
 * private buffers), insert (the buffers become layers inside one undo step). The image is touched
 * in the last one only, which is short: a host may end the process at any time before.
 */
#include "stack-layers.h"

#include "layer-source.h"

#include <bridge/buffer.h>
#include <hyperfocal/error.h>

/* The engine's run is this share of the progress bar, the new layers are the rest. */
static const double RUN_SHARE = 0.95;

static const char FUSED_NAME[] = "Focus stack";
static const char GROUP_NAME[] = "Aligned frames";

typedef struct Work {
    HfHost *host;
    const HfPluginOptions *options;
    GArray *frames;   /* HfFrameLayer */
    GArray *pictures; /* HfBufferPicture, aligned frames in order, then the fused one */
    GString *warnings;
} Work;

/* ---- collect ---- */

static bool
collect (Work *work, GError **error)
{
    int n_results;

    work->frames = hf_layer_walk (work->host, &n_results);
    if (work->frames->len >= 2)
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_STACK,
                 "a focus stack needs at least two visible layers, but there %s %u%s",
                 work->frames->len == 1 ? "is" : "are", work->frames->len,
                 n_results > 0 ? " besides the results of earlier runs" : "");
    return false;
}

/* ---- run ---- */

static bool
report_progress (void *data, double fraction, const char *stage)
{
    HfHost *host = ((Work *) data)->host;

    return host->progress (host, RUN_SHARE * fraction, stage);
}

static void
collect_warning (void *data, const char *message)
{
    GString *warnings = ((Work *) data)->warnings;

    g_string_append_printf (warnings, "%s%s", warnings->len ? "\n" : "", message);
}

static void
take_pictures (Work *work, HfSink *sink)
{
    for (int i = 0; i < hf_buffer_sink_n_pictures (sink); i++) {
        HfBufferPicture picture = hf_buffer_sink_take (sink, i);

        g_array_append_val (work->pictures, picture);
    }
}

static bool
run (Work *work, GError **error)
{
    const HfStackOptions *options = &work->options->stack;
    HfSource *source = hf_layer_source_new (work->host, work->frames);
    HfSink *sink = hf_buffer_sink_new (hf_buffer_source_space (source));
    HfStackSinks sinks = { .fused = sink };
    HfStackResult result;
    HfMonitor monitor;
    bool good;

    hf_monitor_init (&monitor, report_progress, collect_warning, work);
    if (work->options->layers.aligned_frames)
        sinks.layers = sink;
    good = hf_stack_run (source, options, &sinks, &monitor, &result, error);
    if (good)
        take_pictures (work, sink);
    hf_stack_result_clear (&result);
    hf_sink_free (sink);
    hf_source_free (source);
    return good;
}

/* ---- insert ---- */

/* The name that the layer of a picture gets; newly allocated. An aligned frame cannot be called
 * just like its source, which is in the same image. */
static char *
picture_name (const Work *work, const HfBufferPicture *picture)
{
    if (picture->kind == HF_PICTURE_FUSED)
        return g_strdup (FUSED_NAME);
    return g_strdup_printf ("%s aligned",
                            g_array_index (work->frames, HfFrameLayer, picture->frame).name);
}

static int
layer_of_picture (Work *work, HfBufferPicture *picture, GError **error)
{
    char *name = picture_name (work, picture);
    HfNewLayer layer = { name, picture->x, picture->y, picture->buffer };
    int made = work->host->new_layer (work->host, &layer, error);

    g_clear_object (&picture->buffer); /* as early as can be: the host holds a copy now */
    g_free (name);
    return made;
}

static bool
cancelled (GError **error)
{
    g_set_error (error, HF_ERROR, HF_ERROR_CANCELLED, "cancelled");
    return false;
}

/* One layer for each picture, in `layers`; none is part of the image yet. */
static bool
make_layers (Work *work, GArray *layers, GError **error)
{
    for (guint i = 0; i < work->pictures->len; i++) {
        double done = (double) i / work->pictures->len;
        int layer;

        if (!work->host->progress (work->host, RUN_SHARE + (1 - RUN_SHARE) * done, "Adding layers"))
            return cancelled (error);
        layer = layer_of_picture (work, &g_array_index (work->pictures, HfBufferPicture, i), error);
        if (!layer)
            return false;
        g_array_append_val (layers, layer);
    }
    return true;
}

/* The new layers into the image: aligned frames into the group, bottom first, the fused one on top
 * of all. Returns the fused one. */
static int
insert_layers (Work *work, const GArray *layers, int group)
{
    HfHost *host = work->host;
    int fused = 0;

    host->insert_begin (host);
    if (group)
        host->insert (host, group, 0, 0);
    for (guint i = 0; i < layers->len; i++) {
        int layer = g_array_index (layers, int, i);

        if (g_array_index (work->pictures, HfBufferPicture, i).kind == HF_PICTURE_FUSED)
            fused = layer;
        else
            host->insert (host, layer, group, 0);
    }
    host->insert (host, fused, 0, 0);
    host->insert_end (host);
    return fused;
}

static bool
add_layers (Work *work, int *fused, GError **error)
{
    HfHost *host = work->host;
    GArray *layers = g_array_new (FALSE, FALSE, sizeof (int));
    bool good = make_layers (work, layers, error);
    int group = 0;

    if (good && work->options->layers.aligned_frames) {
        group = host->new_group (host, GROUP_NAME, error);
        good = group != 0;
    }
    if (good)
        *fused = insert_layers (work, layers, group);
    else
        for (guint i = 0; i < layers->len; i++)
            host->discard (host, g_array_index (layers, int, i));
    g_array_unref (layers);
    return good;
}

bool
hf_stack_layers (HfHost *host, const HfPluginOptions *options, int *fused, GError **error)
{
    Work work = { .host = host, .options = options };
    bool good;

    if (!hf_layers_check (host, error))
        return false;
    work.pictures = g_array_new (FALSE, FALSE, sizeof (HfBufferPicture));
    work.warnings = g_string_new (NULL);
    g_array_set_clear_func (work.pictures, (GDestroyNotify) hf_buffer_picture_clear);
    good = collect (&work, error) && run (&work, error) && add_layers (&work, fused, error);
    if (good && work.warnings->len)
        host->message (host, work.warnings->str);
    g_string_free (work.warnings, TRUE);
    g_array_unref (work.pictures);
    if (work.frames)
        g_array_unref (work.frames);
    return good;
}
