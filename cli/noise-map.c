/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "noise-map.h"

#include "interrupt.h"
#include "names.h"
#include "progress.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

enum { N_MAPS = 4 };

static const char *const endings[N_MAPS] = { "rgb.png", "r.png", "g.png", "b.png" };

/* What the command holds; all of it may be NULL. */
typedef struct NoiseMap {
    GPtrArray *frames;
    HfSource *source;
    char *plot;
    HfSink *sinks[N_MAPS];
    HfPool *pool;
    HfBudget *budget;
    HfHotPixelMap *map;
} NoiseMap;

static bool
check_name (const char *name, GError **error)
{
    if (*name && !strchr (name, '/'))
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                 "option file-name cannot be \"%s\", only the beginning of a file's name", name);
    return false;
}

static bool
make_folder (const char *folder, GError **error)
{
    if (g_mkdir_with_parents (folder, 0777) == 0)
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' cannot be made a folder: %s", folder,
                 g_strerror (errno));
    return false;
}

/* A map must not take the place of a frame. */
static bool
check_is_no_frame (const NoiseMap *self, const char *path, GError **error)
{
    for (guint i = 0; i + 1 < self->frames->len; i++) {
        const char *frame = self->frames->pdata[i];

        if (is_same_file (frame, path)) {
            g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                         "'%s' is a frame, and would be overwritten by a map", frame);
            return false;
        }
    }
    return true;
}

static bool
open_maps (NoiseMap *self, const Arguments *arguments, GError **error)
{
    const char *name = arguments->noise_map.file_name;
    bool good = check_name (name, error) && make_folder (arguments->output, error);

    for (int i = 0; i < N_MAPS && good; i++) {
        char *path = g_strdup_printf ("%s/%s-%s", arguments->output, name, endings[i]);

        good = check_is_no_frame (self, path, error);
        if (good)
            self->sinks[i] = hf_file_sink_new (path, &arguments->file, error);
        good = good && self->sinks[i];
        g_free (path);
    }
    self->plot = g_strdup_printf ("%s/%s.svg", arguments->output, name);
    return good;
}

static bool
open_all (NoiseMap *self, const Arguments *arguments, GError **error)
{
    self->frames = frame_names (arguments, error);
    if (!self->frames || !open_maps (self, arguments, error))
        return false;
    self->source = hf_files_source_new ((const char *const *) self->frames->pdata, error);
    self->pool = self->source ? hf_pool_new (0, error) : NULL;
    self->budget = hf_budget_new (0);
    return self->pool != NULL;
}

static bool
write_map (const NoiseMap *self, int i, GError **error)
{
    HfImage *image = hf_hot_pixel_map_to_image (self->map, i - 1, self->budget, error);
    HfPictureInfo info = { .kind = HF_PICTURE_FUSED, .name = "Noise map", .frame = -1 };
    bool good;

    if (!image)
        return false;
    info.width = image->width;
    info.height = image->height;
    info.format = image->format;
    good = hf_sink_begin (self->sinks[i], &info, error) &&
           hf_sink_write (self->sinks[i], image, error) && hf_sink_end (self->sinks[i], error);
    hf_image_free (image);
    return good;
}

static bool
write_maps (const NoiseMap *self, GError **error)
{
    bool good = true;

    for (int i = 0; i < N_MAPS && good; i++)
        good = write_map (self, i, error);
    for (int i = 0; i < N_MAPS && good; i++)
        good = hf_sink_commit (self->sinks[i], error);
    return good;
}

static void
close_all (NoiseMap *self)
{
    for (int i = 0; i < N_MAPS; i++)
        hf_sink_free (self->sinks[i]);
    hf_hot_pixel_map_free (self->map);
    hf_source_free (self->source);
    hf_pool_free (self->pool);
    if (self->budget)
        hf_budget_free (self->budget);
    if (self->frames)
        g_ptr_array_free (self->frames, TRUE);
    g_free (self->plot);
}

static void
tell_result (const NoiseMap *self, const char *output)
{
    printf ("%d noisy pixels (red %d, green %d, blue %d) of %d × %d in %u frames, written to %s\n",
            hf_hot_pixel_map_count (self->map, -1), hf_hot_pixel_map_count (self->map, 0),
            hf_hot_pixel_map_count (self->map, 1), hf_hot_pixel_map_count (self->map, 2),
            hf_hot_pixel_map_width (self->map), hf_hot_pixel_map_height (self->map),
            self->frames->len - 1, output);
}

bool
noise_map_command (Arguments *arguments, GError **error)
{
    NoiseMap self = { 0 };
    Progress progress;
    HfMonitor monitor;
    bool good;

    progress_init (&progress, !arguments->quiet && !arguments->debug, !arguments->quiet);
    hf_monitor_init (&monitor, progress_show, progress_warn, &progress);
    interrupt_cancels (&monitor);
    hf_monitor_part (&monitor, 0, 1, "Looking for noisy pixels");
    good = open_all (&self, arguments, error);
    if (good)
        self.map = hf_hot_pixels_find (&self.source, 1, &arguments->noise_map, self.plot, self.pool,
                                       self.budget, &monitor, error);
    good = good && self.map && write_maps (&self, error);
    progress_clear (&progress);
    if (good && !arguments->quiet)
        tell_result (&self, arguments->output);
    close_all (&self);
    return good;
}
