/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stack.h"

#include "interrupt.h"
#include "names.h"
#include "progress.h"
#include "report.h"

#include <stdio.h>

/* What a run holds; all of it may be NULL. */
typedef struct Files {
    GPtrArray *frames;
    HfSource *source;
    HfSink *fused;
    HfSink *layers;
    HfSink *aligned; /* a folder of files */
    HfSink *slabs;
    HfSink *depth;
    HfSink *confidence;
    Report *report;
} Files;

/* A sink for a file each in a folder. */
static HfSink *
open_folder (const Arguments *arguments, const char *folder, GError **error)
{
    const char *kind = arguments->frames_as ? arguments->frames_as : "tif";
    char *ending = g_strconcat (*kind == '.' ? "" : ".", kind, NULL);
    HfSink *sink = hf_folder_sink_new (folder, ending, &arguments->file, error);

    g_free (ending);
    return sink;
}

/* What -o names: the fused picture, or the folder of the aligned frames. */
static bool
open_output (Files *files, const Arguments *arguments, GError **error)
{
    if (!arguments->output)
        return true;
    if (arguments->align_only)
        files->aligned = open_folder (arguments, arguments->output, error);
    else
        files->fused = hf_file_sink_new (arguments->output, &arguments->file, error);
    return files->aligned || files->fused;
}

static bool
open_slabs (Files *files, const Arguments *arguments, GError **error)
{
    if (!arguments->slabs)
        return true;
    if (output_name_is_tiff (arguments->slabs))
        files->slabs = hf_layered_tiff_sink_new (arguments->slabs, &arguments->file, error);
    else
        files->slabs = open_folder (arguments, arguments->slabs, error);
    return files->slabs != NULL;
}

/* A sink for one of the maps, where its file is named. */
static bool
open_map (HfSink **sink, const char *name, const Arguments *arguments, GError **error)
{
    if (!name)
        return true;
    *sink = hf_file_sink_new (name, &arguments->file, error);
    return *sink != NULL;
}

static bool
open_files (Files *files, const Arguments *arguments, GError **error)
{
    files->frames = frame_names (arguments, error);
    if (!files->frames || !output_names_check (arguments, files->frames, error))
        return false;
    if (!open_output (files, arguments, error) || !open_slabs (files, arguments, error) ||
        !open_map (&files->depth, arguments->depth_map, arguments, error) ||
        !open_map (&files->confidence, arguments->confidence, arguments, error))
        return false;
    if (arguments->layers) {
        files->layers = hf_layered_tiff_sink_new (arguments->layers, &arguments->file, error);
        if (!files->layers)
            return false;
    }
    if (arguments->report) {
        files->report = report_open (arguments->report, error);
        if (!files->report)
            return false;
    }
    files->source = hf_files_source_new ((const char *const *) files->frames->pdata, error);
    return files->source != NULL;
}

/* Slabs without a place of their own go with the other layers. */
static HfSink *
slabs_sink (const Files *files, const Arguments *arguments)
{
    bool with_layers = !arguments->align_only && arguments->stack.slabs.slabs > 0;

    return files->slabs ? files->slabs : with_layers ? files->layers : NULL;
}

static void
close_files (Files *files)
{
    hf_source_free (files->source);
    hf_sink_free (files->fused);
    hf_sink_free (files->layers);
    hf_sink_free (files->aligned);
    hf_sink_free (files->slabs);
    hf_sink_free (files->depth);
    hf_sink_free (files->confidence);
    report_free (files->report);
    if (files->frames)
        g_ptr_array_free (files->frames, TRUE);
}

static void
log_options (Arguments *arguments, const Files *files)
{
    const HfOptionTable *table;
    void *options;

    for (guint i = 0; i + 1 < files->frames->len; i++)
        g_debug ("frame %u is %s", i, (const char *) files->frames->pdata[i]);
    for (int i = 0; (table = arguments_table (arguments, i, &options)); i++) {
        for (int j = 0; j < table->n_options; j++) {
            char *text = hf_option_get (&table->options[j], options);

            g_debug ("option %s is %s", table->options[j].name, text);
            g_free (text);
        }
    }
}

static void
log_result (const HfStackResult *result)
{
    for (int i = 0; i < result->n_frames; i++) {
        const HfRecord *record = &result->records[i];
        const double *m = record->align.matrix.m;

        if (record->used)
            g_debug (
                "frame %d: matrix %.6g %.6g %.6g %.6g %.6g %.6g %.6g %.6g %.6g, residual %.3f, "
                "correlation %.3f, overlap %.3f, gains %.4f %.4f %.4f",
                i, m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], record->align.residual,
                record->align.correlation, record->align.overlap, record->balance.gain[0],
                record->balance.gain[1], record->balance.gain[2]);
    }
    for (int i = 0; i < result->n_stages; i++)
        g_debug ("%s took %.3f s", result->stages[i].name, result->stages[i].seconds);
    g_debug ("reference is frame %d, crop %d %d %d %d, %d threads, peak memory %.1f MB",
             result->reference, result->crop.x, result->crop.y, result->crop.width,
             result->crop.height, result->threads, (double) result->peak_memory / 1e6);
}

static void
tell_result (Progress *progress, const HfStackResult *result, const Arguments *arguments)
{
    const char *output = arguments->output       ? arguments->output
                         : arguments->slabs      ? arguments->slabs
                         : arguments->depth_map  ? arguments->depth_map
                         : arguments->confidence ? arguments->confidence
                                                 : arguments->layers;
    bool told = progress->bar;

    progress_clear (progress);
    if (told)
        fprintf (stderr, "%d of %d frames %s into %s in %.1f s\n", result->n_used, result->n_frames,
                 arguments->align_only ? "aligned" : "fused", output, progress_seconds (progress));
}

bool
stack_command (Arguments *arguments, GError **error)
{
    Files files = { 0 };
    HfStackResult result = { 0 };
    Progress progress;
    HfMonitor monitor;
    bool good;

    progress_init (&progress, !arguments->quiet && !arguments->debug, !arguments->quiet);
    hf_monitor_init (&monitor, progress_show, progress_warn, &progress);
    interrupt_cancels (&monitor);
    good = open_files (&files, arguments, error);
    if (good) {
        HfStackSinks sinks = { .fused = files.fused,
                               .layers = files.aligned ? files.aligned : files.layers,
                               .slabs = slabs_sink (&files, arguments),
                               .depth = files.depth,
                               .confidence = files.confidence };

        log_options (arguments, &files);
        good = hf_stack_run (files.source, &arguments->stack, &sinks, &monitor, &result, error);
        log_result (&result);
    }
    if (good && files.layers && hf_layered_tiff_sink_warning (files.layers))
        hf_monitor_warn (&monitor, "%s", hf_layered_tiff_sink_warning (files.layers));
    if (good && files.report)
        good = report_commit (files.report, &result, error);
    if (good)
        tell_result (&progress, &result, arguments);
    progress_clear (&progress);
    hf_stack_result_clear (&result);
    close_files (&files);
    return good;
}
