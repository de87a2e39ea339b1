/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Sweep 2: full-size frames in order -> apply chain -> fusion, and beside it the aligned frames to
 * the layers' sink; at the end the fused picture and its maps to theirs.
 */
#include "pipeline/chain.h"
#include "pipeline/output.h"
#include "pipeline/read-ahead.h"
#include "pipeline/run.h"

#include <hyperfocal/error.h>
#include <hyperfocal/noise.h>
#include <string.h>

typedef struct Sweep {
    HfRun *run;
    int *used; /* indices of the frames that take part, in order */
    int n_used;
    HfReadAhead *ahead;
} Sweep;

/* ---- adding ---- */

static bool
add_image (Sweep *sweep, int pass, int frame, const HfImage *image, GError **error)
{
    HfRun *run = sweep->run;
    const HfFrameInfo *reference = &run->infos[run->result->reference];
    HfChain *chain =
        hf_chain_new (image, &run->result->records[frame], run->options, reference->width,
                      reference->height, run->pool, run->budget, error);
    HfBandReader reader;
    bool good;

    if (!chain)
        return false;
    reader = hf_chain_reader (chain);
    good = (!run->fuser || hf_fuser_add (run->fuser, &reader, run->monitor, error)) &&
           (pass > 0 || !run->sinks.layers || hf_run_write_aligned (run, frame, reader, error));
    hf_chain_free (chain);
    return good;
}

static bool
add_pass (Sweep *sweep, int pass, int n_passes, GError **error)
{
    HfRun *run = sweep->run;

    if (pass > 0) /* the first pass goes on where the look at the noise has begun to decode */
        hf_read_ahead_restart (sweep->ahead);
    for (int k = 0; k < sweep->n_used; k++) {
        double from = 0.25 + 0.65 * (pass * sweep->n_used + k) / (n_passes * sweep->n_used);
        double to = 0.25 + 0.65 * (pass * sweep->n_used + k + 1) / (n_passes * sweep->n_used);
        const HfImage *image;
        bool good;

        hf_monitor_part (run->monitor, from, to, run->fuser ? "Fusing" : "Writing");
        if (!hf_monitor_check (run->monitor, 0, error))
            return false;
        image = hf_read_ahead_take (sweep->ahead, k, error);
        good = image && add_image (sweep, pass, sweep->used[k], image, error);
        hf_read_ahead_drop (sweep->ahead, k);
        if (!good)
            return false;
    }
    return !run->fuser || hf_fuser_end_pass (run->fuser, error);
}

/* The noise of the first used frame, raw, is taken for that of all. */
static bool
measure_noise (Sweep *sweep, GError **error)
{
    HfRun *run = sweep->run;
    const HfImage *image = hf_read_ahead_take (sweep->ahead, 0, error);

    if (!image)
        return false;
    hf_noise_measure (image, run->pool, run->result->noise);
    return true;
}

/* ---- the end ---- */

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

/* Hands the fused picture, denoised and sharpened as wanted, to the writer. */
static bool
finish_to (HfRun *run, const HfBandWriter *writer, GError **error)
{
    double noise[3];
    HfFinishSetup setup;
    HfFinish *finish;
    HfBandWriter first;
    bool good;

    noise_of_frame (run, noise);
    setup = hf_run_finish_setup (run, noise);
    finish = hf_finish_new (&setup, writer, error);
    if (!finish)
        return false;
    first = hf_finish_writer (finish);
    good = hf_fuser_finish (run->fuser, &first, run->monitor, error);
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
    good = good && finish_to (run, &writer, error) && hf_output_end (&output, error);
    hf_output_clear (&output);
    return good;
}

static bool
write_map (HfRun *run, HfFuserMap map, HfSink *sink, GError **error)
{
    bool depth = map == HF_FUSER_MAP_DEPTH;
    HfSampleType type = run->infos[run->result->reference].format.type;
    HfFormat format = { type == HF_SAMPLE_FLOAT ? HF_SAMPLE_FLOAT : HF_SAMPLE_U16, 1 };
    HfPictureInfo info = hf_run_picture_info (run, depth ? HF_PICTURE_DEPTH : HF_PICTURE_CONFIDENCE,
                                              depth ? "Depth map" : "Confidence", -1, format);
    HfBandWriter writer;
    HfOutput output;
    bool good = hf_output_begin (&output, run, sink, NULL, &info, error);

    writer = hf_output_writer (&output);
    good = good && hf_fuser_map (run->fuser, map, &writer, run->monitor, error) &&
           hf_output_end (&output, error);
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
            write_map (run, HF_FUSER_MAP_CONFIDENCE, sinks->confidence, error));
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
fuse_all (Sweep *sweep, GError **error)
{
    HfRun *run = sweep->run;
    bool fusing = hf_run_fuses (run);
    int n_passes = 1;

    if (fusing && !begin_fusion (sweep, error))
        return false;
    if (fusing)
        n_passes = hf_fuser_n_passes (run->fuser);
    for (int pass = 0; pass < n_passes; pass++)
        if (!add_pass (sweep, pass, n_passes, error))
            return false;
    hf_run_end_stage (run, "fuse");
    hf_monitor_part (run->monitor, 0.9, 1, "Writing");
    return !fusing || finish (run, error);
}

bool
hf_run_fuse (HfRun *run, GError **error)
{
    Sweep sweep = { .run = run };
    bool good;

    sweep.used = g_new (int, run->result->n_frames);
    for (int i = 0; i < run->result->n_frames; i++)
        if (run->result->records[i].used)
            sweep.used[sweep.n_used++] = i;
    sweep.ahead = hf_read_ahead_new (run, sweep.used, sweep.n_used);
    good = fuse_all (&sweep, error);
    hf_read_ahead_free (sweep.ahead);
    g_free (sweep.used);
    return good;
}
