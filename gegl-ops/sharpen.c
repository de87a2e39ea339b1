/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * hyperfocal:sharpen -- the unsharp mask that a run with the option sharpen-amount-percent puts on
 * the fused picture. Nothing is clipped: the output is float.
 */
#include "band-filter.h"
#include "operations.h"
#include "properties.h"

enum { PROP_0, PROP_AMOUNT, PROP_RADIUS, PROP_THRESHOLD };

typedef struct HyperfocalSharpen {
    HfBandFilter parent;
    HfFinishOptions options;
} HyperfocalSharpen;

typedef struct HyperfocalSharpenClass {
    HfBandFilterClass parent;
} HyperfocalSharpenClass;

GType hyperfocal_sharpen_get_type (void);
G_DEFINE_DYNAMIC_TYPE (HyperfocalSharpen, hyperfocal_sharpen, hf_band_filter_get_type ())

#define HYPERFOCAL_SHARPEN(object) ((HyperfocalSharpen *) (object))

/* The options at a reduction; there are no strings in them. */
static HfFinishOptions
options_for (HfBandFilter *filter, int reduction)
{
    HfFinishOptions options = HYPERFOCAL_SHARPEN (filter)->options;

    options.sharpen_radius = MAX (options.sharpen_radius / reduction, 0.1);
    return options;
}

static int
margin (HfBandFilter *filter, int reduction)
{
    HfFinishOptions options = options_for (filter, reduction);

    return hf_sharpen_reach (&options);
}

static void
settle (HfBandFilter *filter)
{
    filter->unchanged = margin (filter, 1) == 0;
}

static size_t
scratch (HfBandFilter *filter, const HfBandFrame *frame, HfRect out, int n_colours)
{
    HfFinishOptions options = options_for (filter, frame->reduction);

    return hf_sharpen_scratch (&options, out.width, out.height, n_colours);
}

static void
apply (HfBandFilter *filter, const HfBandFrame *frame, const HfBand *in, HfBand *out,
       float *scratch_floats)
{
    HfFinishOptions options = options_for (filter, frame->reduction);

    hf_sharpen_apply (&options, in, out, scratch_floats);
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    const HfOption *option = hf_option_find (&hf_finish_table, spec->name);

    if (option)
        hf_property_set (option, &HYPERFOCAL_SHARPEN (object)->options, value);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    const HfOption *option = hf_option_find (&hf_finish_table, spec->name);

    if (option)
        hf_property_get (option, &HYPERFOCAL_SHARPEN (object)->options, value);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
hyperfocal_sharpen_init (HyperfocalSharpen *self)
{
    hf_options_init (&hf_finish_table, &self->options);
}

static void
describe (GeglOperationClass *operation)
{
    gegl_operation_class_set_keys (
        operation, "name", "hyperfocal:sharpen", "title", "Sharpen Focus Stack", "categories",
        "focus-stacking", "description",
        "An unsharp mask on encoded values, without clipping, that starts gently at its threshold.",
        "reference-chain",
        "load path=images/standard-input.png hyperfocal:sharpen sharpen-amount-percent=80",
        "gimp:menu-path", "<Image>/Filters/Combine", "gimp:menu-label", "_Sharpen Focus Stack...",
        NULL);
}

static void
hyperfocal_sharpen_class_init (HyperfocalSharpenClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS (klass);
    HfBandFilterClass *filter = HF_BAND_FILTER_CLASS (klass);

    object->set_property = set_property;
    object->get_property = get_property;
    hf_property_install (object, PROP_AMOUNT,
                         hf_option_find (&hf_finish_table, "sharpen-amount-percent"));
    hf_property_install (object, PROP_RADIUS, hf_option_find (&hf_finish_table, "sharpen-radius"));
    hf_property_install (object, PROP_THRESHOLD,
                         hf_option_find (&hf_finish_table, "sharpen-threshold"));
    filter->settle = settle;
    filter->margin = margin;
    filter->scratch = scratch;
    filter->apply = apply;
    describe (GEGL_OPERATION_CLASS (klass));
}

static void
hyperfocal_sharpen_class_finalize (HyperfocalSharpenClass *klass)
{
}

void
hf_register_sharpen (GTypeModule *module)
{
    hyperfocal_sharpen_register_type (module);
}
