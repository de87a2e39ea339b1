/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * hyperfocal:denoise -- takes noise out of a fused picture as a run with the option denoise-amount
 * does: non-local means that follow the noise from place to place. The noise of one frame is told
 * by the report of the stack; the picture may have less, since fusing averages it.
 */
#include "band-filter.h"
#include "operations.h"
#include "properties.h"

enum { PROP_0, PROP_AMOUNT, PROP_NOISE };

static const double most_noise = 25; /* percent */

typedef struct HyperfocalDenoise {
    HfBandFilter parent;
    HfFinishOptions options;
    double level; /* percent */
} HyperfocalDenoise;

typedef struct HyperfocalDenoiseClass {
    HfBandFilterClass parent;
} HyperfocalDenoiseClass;

GType hyperfocal_denoise_get_type (void);
G_DEFINE_DYNAMIC_TYPE (HyperfocalDenoise, hyperfocal_denoise, hf_band_filter_get_type ())

#define HYPERFOCAL_DENOISE(object) ((HyperfocalDenoise *) (object))

/* A preview is a mean over the pixels of the frame, with so much less noise. */
static void
noise_of (HfBandFilter *filter, int reduction, double noise[3])
{
    noise[0] = noise[1] = noise[2] = HYPERFOCAL_DENOISE (filter)->level / 100 / reduction;
}

static int
margin (HfBandFilter *filter, int reduction)
{
    double noise[3];

    noise_of (filter, reduction, noise);
    return hf_denoise_reach (&HYPERFOCAL_DENOISE (filter)->options, noise, 3);
}

static void
settle (HfBandFilter *filter)
{
    filter->unchanged = margin (filter, 1) == 0;
}

static size_t
scratch (HfBandFilter *filter, const HfBandFrame *frame, HfRect out, int n_colours)
{
    return hf_denoise_scratch (out.width, out.height, n_colours);
}

static void
apply (HfBandFilter *filter, const HfBandFrame *frame, const HfBand *in, HfBand *out,
       float *scratch_floats)
{
    double noise[3];

    noise_of (filter, frame->reduction, noise);
    hf_denoise_apply (&HYPERFOCAL_DENOISE (filter)->options, noise, in, out, scratch_floats);
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    HyperfocalDenoise *self = HYPERFOCAL_DENOISE (object);

    if (id == PROP_AMOUNT)
        hf_property_set (hf_option_find (&hf_finish_table, spec->name), &self->options, value);
    else if (id == PROP_NOISE)
        self->level = g_value_get_double (value);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    HyperfocalDenoise *self = HYPERFOCAL_DENOISE (object);

    if (id == PROP_AMOUNT)
        hf_property_get (hf_option_find (&hf_finish_table, spec->name), &self->options, value);
    else if (id == PROP_NOISE)
        g_value_set_double (value, self->level);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
hyperfocal_denoise_init (HyperfocalDenoise *self)
{
    hf_options_init (&hf_finish_table, &self->options);
}

static void
describe (GeglOperationClass *operation)
{
    gegl_operation_class_set_keys (
        operation, "name", "hyperfocal:denoise", "title", "Denoise Focus Stack", "categories",
        "focus-stacking", "description",
        "Takes noise out of a fused picture, as much as there is at each place, and keeps edges "
        "and texture.",
        "reference-chain",
        "load path=images/standard-input.png hyperfocal:denoise denoise-amount=1 noise-level=2",
        "gimp:menu-path", "<Image>/Filters/Combine", "gimp:menu-label", "_Denoise Focus Stack...",
        NULL);
}

static void
hyperfocal_denoise_class_init (HyperfocalDenoiseClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS (klass);
    HfBandFilterClass *filter = HF_BAND_FILTER_CLASS (klass);

    object->set_property = set_property;
    object->get_property = get_property;
    hf_property_install (object, PROP_AMOUNT, hf_option_find (&hf_finish_table, "denoise-amount"));
    g_object_class_install_property (
        object, PROP_NOISE,
        hf_property_double ("noise-level", "Noise level",
                            "Standard deviation of the noise in one frame, in percent of full "
                            "scale: a hundred times the noise in the stack's report",
                            0, most_noise, 1));
    filter->settle = settle;
    filter->margin = margin;
    filter->scratch = scratch;
    filter->apply = apply;
    describe (GEGL_OPERATION_CLASS (klass));
}

static void
hyperfocal_denoise_class_finalize (HyperfocalDenoiseClass *klass)
{
}

void
hf_register_denoise (GTypeModule *module)
{
    hyperfocal_denoise_register_type (module);
}
