/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* The public face of all fusers: checks what comes in, and hands on to the method's own functions.
 */
#include "fuse/fuser.h"

#include <hyperfocal/error.h>
#include <math.h>

#define HF_OPTION_STRUCT HfFuseOptions
static const HfOption options[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/fuse.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_fuse_table = { "fuse", "Fusion", options, G_N_ELEMENTS (options),
                                      sizeof (HfFuseOptions) };

enum { LONGEST_SIDE = 1 << 20 };

struct HfFuser {
    const HfFuserClass *klass;
    void *state;
    int n_passes;
    int n_frames; /* added, over all passes */
    bool broken;  /* an add failed half-way; the state is of no use any more */
};

static const HfFuserClass *
class_of_method (HfFusionMethod method)
{
    switch (method) {
    case HF_FUSION_PYRAMID:
        return &hf_pyramid_fuser;
    case HF_FUSION_DEPTH_MAP:
        return &hf_depth_fuser;
    case HF_FUSION_SIMPLE:
        return &hf_simple_fuser;
    }
    return NULL;
}

static const HfFuserClass *
class_of (const HfFuserSetup *setup)
{
    return class_of_method ((HfFusionMethod) setup->options->method);
}

bool
hf_fuse_method_has_maps (HfFusionMethod method)
{
    const HfFuserClass *klass = class_of_method (method);

    return klass && klass->map;
}

/* Options may come from anywhere: those that are numbers must be within their ranges. */
static bool
check_options (const HfFuseOptions *values, GError **error)
{
    for (int i = 0; i < (int) G_N_ELEMENTS (options); i++) {
        const HfOption *option = &options[i];
        double value;

        if (option->type == HF_OPTION_TYPE_STRING)
            continue;
        value = hf_option_get_number (option, values);
        if (option->type == HF_OPTION_TYPE_CHOICE
                ? hf_choice_nick (option->choices, (int) value) == NULL
                : !(value >= option->min && value <= option->max)) {
            g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "%s cannot be %g", option->name,
                         value);
            return false;
        }
    }
    return true;
}

static bool
check_setup (const HfFuserSetup *setup, GError **error)
{
    if (setup->width < 1 || setup->height < 1 || setup->width > LONGEST_SIDE ||
        setup->height > LONGEST_SIDE)
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "a picture of %d × %d pixels cannot be fused: a side is from 1 to %d",
                     setup->width, setup->height, LONGEST_SIDE);
    else if (setup->n_colours != 1 && setup->n_colours != 3)
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "frames of %d colours cannot be fused, only of 1 or 3", setup->n_colours);
    else if (!class_of (setup))
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "there is no method of fusion number %d",
                     setup->options->method);
    else if (!(setup->noise[0] >= 0 && setup->noise[1] >= 0 && setup->noise[2] >= 0) ||
             !isfinite (setup->noise[0] + setup->noise[1] + setup->noise[2]))
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "a noise of %g, %g, %g is not a standard deviation", setup->noise[0],
                     setup->noise[1], setup->noise[2]);
    else
        return check_options (setup->options, error);
    return false;
}

size_t
hf_fuser_memory (const HfFuserSetup *setup)
{
    return check_setup (setup, NULL) ? class_of (setup)->memory (setup) : 0;
}

HfFuser *
hf_fuser_new (const HfFuserSetup *setup, GError **error)
{
    HfFuser *fuser;
    void *state;

    if (!check_setup (setup, error))
        return NULL;
    state = class_of (setup)->begin (setup, error);
    if (!state)
        return NULL;
    fuser = g_new0 (HfFuser, 1);
    fuser->klass = class_of (setup);
    fuser->n_passes = fuser->klass->n_passes (setup);
    fuser->state = state;
    return fuser;
}

void
hf_fuser_free (HfFuser *fuser)
{
    if (!fuser)
        return;
    fuser->klass->end (fuser->state);
    g_free (fuser);
}

int
hf_fuser_n_passes (const HfFuser *fuser)
{
    return fuser->n_passes;
}

static bool
check_usable (const HfFuser *fuser, GError **error)
{
    if (fuser->broken)
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "the fusion was broken off at frame %d and cannot go on", fuser->n_frames);
    return !fuser->broken;
}

bool
hf_fuser_add (HfFuser *fuser, const HfBandReader *frame, HfMonitor *monitor, GError **error)
{
    if (!check_usable (fuser, error))
        return false;
    fuser->broken = !fuser->klass->add (fuser->state, frame, monitor, error);
    fuser->n_frames += !fuser->broken;
    return !fuser->broken;
}

static bool
check_frames (const HfFuser *fuser, GError **error)
{
    if (fuser->n_frames == 0)
        g_set_error (error, HF_ERROR, HF_ERROR_STACK, "no frame was added to the fusion");
    return fuser->n_frames > 0;
}

bool
hf_fuser_end_pass (HfFuser *fuser, GError **error)
{
    if (!check_usable (fuser, error) || !check_frames (fuser, error))
        return false;
    return !fuser->klass->end_pass || fuser->klass->end_pass (fuser->state, error);
}

bool
hf_fuser_finish (HfFuser *fuser, const HfBandWriter *writer, HfMonitor *monitor, GError **error)
{
    return check_usable (fuser, error) && check_frames (fuser, error) &&
           fuser->klass->finish (fuser->state, writer, monitor, error);
}

bool
hf_fuser_map (HfFuser *fuser, HfFuserMap map, const HfBandWriter *writer, HfMonitor *monitor,
              GError **error)
{
    if (!fuser->klass->map) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "this method of fusion makes no depth map");
        return false;
    }
    return check_usable (fuser, error) && check_frames (fuser, error) &&
           fuser->klass->map (fuser->state, map, writer, monitor, error);
}
