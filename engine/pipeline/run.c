/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "pipeline/run.h"

#include <hyperfocal/error.h>
#include <string.h>

void
hf_run_end_stage (HfRun *run, const char *name)
{
    HfStackResult *result = run->result;
    gint64 now = g_get_monotonic_time ();

    if (result->n_stages < (int) G_N_ELEMENTS (result->stages))
        result->stages[result->n_stages++] =
            (HfStage) { name, (double) (now - run->stage_start) / 1e6 };
    run->stage_start = now;
}

/* Under the option strict a frame that cannot be used ends the run. */
static bool
accept_left_out (const HfRun *run, int frame, GError **error)
{
    const HfStackResult *result = run->result;
    const char *name = result->names[frame], *reason = result->records[frame].reason;

    if (!run->options->align.strict) {
        hf_monitor_warn (run->monitor, "%s is left out: %s", name, reason);
        return true;
    }
    g_set_error (error, HF_ERROR, HF_ERROR_STACK, "%s cannot be used: %s", name, reason);
    return false;
}

static bool
count_used (HfRun *run, GError **error)
{
    HfStackResult *result = run->result;
    const char *reason = NULL;

    result->n_used = 0;
    for (int i = 0; i < result->n_frames; i++) {
        const HfRecord *record = &result->records[i];

        result->n_used += record->used;
        if (!record->used) {
            reason = record->reason;
            if (record->taken && !accept_left_out (run, i, error))
                return false;
        }
    }
    if (result->n_used >= 2)
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_STACK,
                 "only %d of %d frames can be used (%s); try another transform or reference, wider "
                 "limits or a smaller resample",
                 result->n_used, result->n_frames, reason);
    return false;
}

static bool
choose_crop (HfRun *run, GError **error)
{
    run->result->crop = hf_run_crop (run);
    if (!hf_rect_is_empty (run->result->crop))
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_STACK, "the %d frames have no area in common",
                 run->result->n_used);
    return false;
}

/* The last moment to cancel is before; then the transforms are written and all sinks
 * committed, each once. */
static bool
commit (HfRun *run, GError **error)
{
    HfSink *const sinks[] = { run->sinks.fused, run->sinks.layers, run->sinks.slabs,
                              run->sinks.depth, run->sinks.confidence };
    bool good = hf_monitor_check (run->monitor, 1, error);

    good = good && hf_run_write_transforms (run, error);
    for (guint i = 0; good && i < G_N_ELEMENTS (sinks); i++) {
        bool again = false;

        for (guint j = 0; j < i; j++)
            again = again || sinks[j] == sinks[i];
        good = !sinks[i] || again || hf_sink_commit (sinks[i], error);
    }
    return good;
}

static bool
walk (HfRun *run, GError **error)
{
    bool good;

    if (!hf_border_init (&run->border, &run->options->align, error) || !hf_run_plan (run, error))
        return false;
    hf_monitor_part (run->monitor, 0, 0.05, "Looking for hot pixels");
    good = hf_run_find_defects (run, error);
    hf_monitor_part (run->monitor, 0.05, 0.25, "Aligning");
    good = good && hf_run_measure_best (run, error);
    hf_run_end_stage (run, "measure");
    if (!good || !count_used (run, error) || !choose_crop (run, error))
        return false;
    good = hf_run_fuse (run, error) && commit (run, error);
    hf_run_end_stage (run, "write");
    return good;
}

static void
clear_run (HfRun *run)
{
    hf_fuser_free (run->fuser);
    hf_hot_pixel_map_free (run->defects);
    hf_hot_pixel_map_free (run->reduced_defects);
    hf_transforms_free (run->transforms);
    for (int i = 0; run->infos && i < run->result->n_frames; i++)
        hf_frame_info_clear (&run->infos[i]);
    g_free (run->infos);
    hf_pool_free (run->pool);
    if (run->budget)
        run->result->peak_memory = hf_budget_peak (run->budget);
    hf_budget_free (run->budget);
}

bool
hf_stack_run (HfSource *source, const HfStackOptions *options, const HfStackSinks *sinks,
              HfMonitor *monitor, HfStackResult *result, GError **error)
{
    HfRun run = { .source = source,
                  .options = options,
                  .sinks = *sinks,
                  .monitor = monitor,
                  .result = result,
                  .stage_start = g_get_monotonic_time () };
    bool good;

    memset (result, 0, sizeof *result);
    good = walk (&run, error);
    clear_run (&run);
    return good;
}

void
hf_stack_result_clear (HfStackResult *result)
{
    for (int i = 0; result->records && i < result->n_frames; i++)
        hf_record_clear (&result->records[i]);
    g_free (result->records);
    g_strfreev (result->names);
    memset (result, 0, sizeof *result);
}
