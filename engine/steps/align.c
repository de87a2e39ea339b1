/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The alignment step: where each frame lies against the reference.
 *
 *   look    each frame is registered to the last two good frames on its side of the reference
 *           (align-chain.c), each pair coarse to fine (align-pair.c)
 *   settle  one model for the stack, one least-squares problem for the matrices (align-model.c,
 *           align-graph.c)
 *
 * Applying, the warp, is align-warp.c.
 */
#include <hyperfocal/align.h>

#include "steps/align-chain.h"
#include "steps/step.h"

#include <hyperfocal/error.h>

#define HF_OPTION_STRUCT HfAlignOptions
static const HfOption options[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/align.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_align_table = { "align", "Alignment", options, G_N_ELEMENTS (options),
                                       sizeof (HfAlignOptions) };

bool
hf_align_reference (const HfAlignOptions *align, int n_frames, int *reference, GError **error)
{
    const char *text = align->reference ? align->reference : "middle";
    char *end;
    gint64 number = g_ascii_strtoll (text, &end, 10);

    if (g_ascii_strcasecmp (text, "middle") == 0)
        number = n_frames / 2;
    else if (g_ascii_strcasecmp (text, "first") == 0)
        number = 0;
    else if (g_ascii_strcasecmp (text, "last") == 0)
        number = n_frames - 1;
    else if (end == text || *end != '\0') {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "reference \"%s\" is neither middle, first, last nor a number", text);
        return false;
    }
    if (number < 0 || number >= n_frames) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "reference %s is not among the %d frames, which are counted from 0", text,
                     n_frames);
        return false;
    }
    *reference = (int) number;
    return true;
}

double
hf_align_overlap (const HfMatrix *matrix, int reference_width, int reference_height,
                  int frame_width, int frame_height)
{
    enum { STEPS = 64 };
    int inside = 0;

    for (int j = 0; j < STEPS; j++) {
        for (int i = 0; i < STEPS; i++) {
            double x, y;

            hf_matrix_map (matrix, (i + 0.5) / STEPS * reference_width - 0.5,
                           (j + 0.5) / STEPS * reference_height - 0.5, &x, &y);
            inside += x >= -0.5 && y >= -0.5 && x <= frame_width - 0.5 && y <= frame_height - 0.5;
        }
    }
    return inside / (double) (STEPS * STEPS);
}

/* Also without a transform: the layers' offsets go into the records here. Not with transforms
 * that are taken as they are: they stand in the records already. */
static bool
wanted (const HfStackOptions *stack)
{
    const HfAlignOptions *align = &stack->align;
    bool given = align->transforms_in && *align->transforms_in;

    return !given || align->transforms_use != HF_TRANSFORMS_TAKE;
}

static void *
begin (HfSweep *sweep, GError **error)
{
    if (!hf_features_check (&sweep->options->features, error))
        return NULL;
    for (int i = 0; i < sweep->n_frames; i++)
        sweep->records[i].align.matrix = hf_align_start (sweep, sweep->reference, i);
    return hf_align_chain_new (sweep);
}

static bool
look (void *state, HfSweep *sweep, const int *frames, HfImage *const *images, int n, GError **error)
{
    if (sweep->options->align.transform == HF_TRANSFORM_NONE)
        return true;
    return hf_align_chain_add (state, sweep, frames, images, n, error);
}

static bool
settle (void *state, HfSweep *sweep, GError **error)
{
    return hf_align_settle (state, sweep, error);
}

static void
end (void *state)
{
    hf_align_chain_free (state);
}

const HfStep hf_align_step = { "align", wanted, begin, look, settle, end };
