/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Sweep 2: full-size frames in order -> apply chain -> fusion, and beside it the aligned frames to
 * the layers' sink; at the end the fused picture and its maps to theirs. Slabs, where some are
 * wanted, are made before (slabs.c).
 */
#include "pipeline/fuse.h"

#include "pipeline/chain.h"
#include "pipeline/output.h"
#include "pipeline/read-ahead.h"
#include "pipeline/scale.h"

#include <hyperfocal/error.h>
#include <hyperfocal/noise.h>
#include <string.h>

/* The progress of the sweep as a part of the whole run's. */
static const double FUSE_FROM = 0.25, FUSE_TO = 0.9;

typedef struct Sweep {
    HfRun *run;
    const HfFrameSpan *span;
    HfReadAhead *ahead;
} Sweep;

/* ---- adding ---- */

/* To the fuser, on its grid. */
static bool
fuse_image (HfRun *run, int frame, const HfImage *image, GError **error)
{
    HfFuserSetup setup = hf_run_fuser_setup (run);
    HfRecord record =
        hf_scale_record (&run->result->records[frame], run->options->output.scale_factor);
    HfChain *chain = hf_chain_new (image, run->defects, &record, run->options, setup.width,
                                   setup.height, run->pool, run->budget, error);
    HfBandReader reader;
    bool good;

    if (!chain)
        return false;
    reader = hf_chain_reader (chain);
    good = hf_fuser_add (run->fuser, &reader, run->monitor, error);
    hf_chain_free (chain);
    return good;
}

/* To the layers' sink, on the canvas. */
static bool
send_image (HfRun *run, int frame, const HfImage *image, GError **error)
{
    const HfFrameInfo *reference = &run->infos[run->result->reference];
    HfChain *chain =
        hf_chain_new (image, run->defects, &run->result->records[frame], run->options,
                      reference->width, reference->height, run->pool, run->budget, error);
    bool good;

    if (!chain)
        return false;
    good = hf_run_write_aligned (run, frame, chain, error);
    hf_chain_free (chain);
    return good;
}

static bool
add_image (Sweep *sweep, bool send, int frame, const HfImage *image, GError **error)
{
    HfRun *run = sweep->run;

    return (!run->fuser || fuse_image (run, frame, image, error)) &&
           (!send || !run->sinks.layers || send_image (run, frame, image, error));
}

static bool
add_pass (Sweep *sweep, int pass, int n_passes, GError **error)
{
    HfRun *run = sweep->run;
    const HfFrameSpan *span = sweep->span;
    double step = (span->to - span->from) / (n_passes * span->n);

    if (pass > 0) /* the first pass goes on where the look at the noise has begun to decode */
        hf_read_ahead_restart (sweep->ahead);
    for (int k = 0; k < span->n; k++) {
        double from = span->from + step * (pass * span->n + k);
        const HfImage *image;
        bool good;

        hf_monitor_part (run->monitor, from, from + step, run->fuser ? "Fusing" : "Writing");
        if (!hf_monitor_check (run->monitor, 0, error))
            return false;
        image = hf_read_ahead_take (sweep->ahead, k, error);
        good = image &&
               add_image (sweep, pass == 0 && k >= span->n_sent, span->frames[k], image, error);
        hf_read_ahead_drop (sweep->ahead, k);
        if (!good)
            return false;
    }
    return !run->fuser || hf_fuser_end_pass (run->fuser, error);
}

void
hf_run_note_noise (HfRun *run, const HfImage *frame)
{
    double *noise = run->result->noise, sigma[3];

    hf_noise_measure (frame, run->pool, sigma);
    for (int c = 0; c < 3; c++)
        if (sigma[c] > 0 && (noise[c] <= 0 || sigma[c] < noise[c]))
            noise[c] = sigma[c];
    run->noise_known = true;
}

/* Unless frames have been looked at before, the first used one speaks for all. */
static bool
measure_noise (Sweep *sweep, GError **error)
{
    HfRun *run = sweep->run;
    const HfImage *image;

    if (run->noise_known)
        return true;
    image = hf_read_ahead_take (sweep->ahead, 0, error);
    if (image)
        hf_run_note_noise (run, image);
    return image != NULL;
}

static bool
begin_fusion (Sweep *sweep, GError **error)
{
    HfRun *run = sweep->run;
    HfFuserSetup setup;

    if (!measure_noise (sweep, error))
        return false;
    setup = hf_run_fuser_setup (run);
    run->fuser = hf_fuser_new (&setup, error);
    return run->fuser != NULL;
}

static bool
add_span (HfRun *run, const HfFrameSpan *span, bool fusing, GError **error)
{
    Sweep sweep = { run, span, hf_read_ahead_new (run, span->frames, span->n) };
    bool good = !fusing || begin_fusion (&sweep, error);
    int n_passes = run->fuser ? hf_fuser_n_passes (run->fuser) : 1;

    for (int pass = 0; good && pass < n_passes; pass++)
        good = add_pass (&sweep, pass, n_passes, error);
    hf_read_ahead_free (sweep.ahead);
    return good;
}

bool
hf_run_fuse_span (HfRun *run, const HfFrameSpan *span, GError **error)
{
    return add_span (run, span, true, error);
}

/* ---- the end ---- */

/* Runs func with a writer that brings what the fuser hands out to the canvas, and on to `writer`.
 */
static bool
write_reduced (HfRun *run,
               bool (*func) (HfRun *run, HfFuserMap map, const HfBandWriter *writer,
                             GError **error),
               HfFuserMap map, int n_colours, const HfBandWriter *writer, GError **error)
{
    int factor = run->options->output.scale_factor;
    HfScaleWriter *scale;
    HfBandWriter reduced;
    bool good;

    if (factor == 1)
        return func (run, map, writer, error);
    scale = hf_scale_writer_new (writer, factor, run->infos[run->result->reference].width,
                                 n_colours, run->budget, error);
    if (!scale)
        return false;
    reduced = hf_scale_writer (scale);
    good = func (run, map, &reduced, error);
    hf_scale_writer_free (scale);
    return good;
}

static bool
finish_fuser (HfRun *run, HfFuserMap map, const HfBandWriter *writer, GError **error)
{
    return hf_fuser_finish (run->fuser, writer, run->monitor, error);
}

static bool
read_map (HfRun *run, HfFuserMap map, const HfBandWriter *writer, GError **error)
{
    return hf_fuser_map (run->fuser, map, writer, run->monitor, error);
}

bool
hf_run_read_map (HfRun *run, HfFuserMap map, const HfBandWriter *writer, GError **error)
{
    return write_reduced (run, read_map, map, 1, writer, error);
}

static bool
take_nothing (void *data, const HfBand *band, GError **error)
{
    return true;
}

/* The noise of one frame, as the options or the first frame have it. */
static void
noise_of_frame (const HfRun *run, double noise[3])
{
    double level = run->options->fuse.noise_level / 100;

    for (int c = 0; c < 3; c++)
        noise[c] = level > 0 ? level : run->result->noise[c];
}

/* Two writers that take the same rows. */
typedef struct Both {
    const HfBandWriter *first, *second;
} Both;

static bool
write_both (void *data, const HfBand *band, GError **error)
{
    const Both *both = data;

    return both->first->write (both->first->data, band, error) &&
           both->second->write (both->second->data, band, error);
}

bool
hf_run_finish_to (HfRun *run, const HfBandWriter *beside, const HfBandWriter *writer,
                  GError **error)
{
    double noise[3];
    HfFinishSetup setup;
    HfFinish *finish;
    HfBandWriter first, both;
    bool good;

    noise_of_frame (run, noise);
    setup = hf_run_finish_setup (run, noise);
    finish = hf_finish_new (&setup, writer, error);
    if (!finish)
        return false;
    first = hf_finish_writer (finish);
    both = (HfBandWriter) { write_both, &(Both) { beside, &first } };
    good = write_reduced (run, finish_fuser, HF_FUSER_MAP_DEPTH, setup.n_colours,
                          beside ? &both : &first, error);
    hf_finish_free (finish);
    return good;
}

static bool
finish_fused (HfRun *run, GError **error)
{
    HfFormat format = run->infos[run->result->reference].format;
    HfPictureInfo info = hf_run_picture_info (run, HF_PICTURE_FUSED, "Focus stack", -1, format);
    HfBandWriter nothing = { take_nothing, NULL }, writer;
    HfOutput output;
    bool good;

    if (!run->sinks.fused) /* maps alone are wanted: they come after the picture */
        return hf_fuser_finish (run->fuser, &nothing, run->monitor, error);
    good = hf_output_begin (&output, run, run->sinks.fused, run->sinks.layers, &info, error);
    writer = hf_output_writer (&output);
    good = good && hf_run_finish_to (run, NULL, &writer, error) && hf_output_end (&output, error);
    hf_output_clear (&output);
    return good;
}

static HfSampleType
map_type (const HfRun *run)
{
    switch ((HfDepthBits) run->options->output.depth_bits) {
    case HF_DEPTH_BITS_8:
        return HF_SAMPLE_U8;
    case HF_DEPTH_BITS_16:
        return HF_SAMPLE_U16;
    case HF_DEPTH_BITS_FLOAT:
        return HF_SAMPLE_FLOAT;
    case HF_DEPTH_BITS_AUTO:
        break;
    }
    return run->infos[run->result->reference].format.type == HF_SAMPLE_FLOAT ? HF_SAMPLE_FLOAT
                                                                             : HF_SAMPLE_U16;
}

static bool
write_map (HfRun *run, HfFuserMap map, HfSink *sink, GError **error)
{
    bool depth = map == HF_FUSER_MAP_DEPTH;
    HfFormat format = { map_type (run), 1 };
    HfPictureInfo info = hf_run_picture_info (run, depth ? HF_PICTURE_DEPTH : HF_PICTURE_CONFIDENCE,
                                              depth ? "Depth map" : "Confidence", -1, format);
    HfBandWriter writer;
    HfOutput output;
    bool good = hf_output_begin (&output, run, sink, NULL, &info, error);

    writer = hf_output_writer (&output);
    good = good && hf_run_read_map (run, map, &writer, error) && hf_output_end (&output, error);
    hf_output_clear (&output);
    return good;
}

static bool
finish (HfRun *run, GError **error)
{
    const HfStackSinks *sinks = &run->sinks;

    return finish_fused (run, error) &&
           (!sinks->depth || write_map (run, HF_FUSER_MAP_DEPTH, sinks->depth, error)) &&
           (!sinks->confidence ||
            write_map (run, HF_FUSER_MAP_CONFIDENCE, sinks->confidence, error)) &&
           (!run->options->output.plot_depth_map || hf_run_plot_depth (run, error));
}

/* Slabs and fused picture, or the aligned frames alone. */
static bool
fuse_all (HfRun *run, const int *used, int n_used, GError **error)
{
    bool slabs = hf_run_slab_size (run) > 0, again = hf_run_fuses_slabs_again (run);
    bool fusing = hf_run_fuses (run);
    bool all = !slabs || (fusing && !again); /* are all frames to be added at once? */
    double middle = !slabs ? FUSE_FROM : all ? 0.5 * (FUSE_FROM + FUSE_TO) : FUSE_TO;
    HfFrameSpan span = { used, n_used, slabs ? n_used : 0, middle, FUSE_TO };

    if (slabs && !hf_run_fuse_slabs (run, used, n_used, FUSE_FROM, middle, error))
        return false;
    if (all && !add_span (run, &span, fusing, error))
        return false;
    hf_run_end_stage (run, "fuse");
    hf_monitor_part (run->monitor, FUSE_TO, 1, "Writing");
    return !fusing || finish (run, error);
}

bool
hf_run_fuse (HfRun *run, GError **error)
{
    int *used = g_new (int, run->result->n_frames), n_used = 0;
    bool good;

    for (int i = 0; i < run->result->n_frames; i++)
        if (run->result->records[i].used)
            used[n_used++] = i;
    good = fuse_all (run, used, n_used, error);
    g_free (used);
    return good;
}
