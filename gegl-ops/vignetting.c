/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * hyperfocal:vignetting -- gives back the light that is lost towards the corners, as the vignetting
 * step does with each frame: divides by the curve of a stack's report. The centre is that of the
 * input's extent. Nothing is clipped: the output is float. A text that is no curve leaves the input
 * as it is, with a warning.
 */
#include "band-filter.h"
#include "operations.h"
#include "properties.h"

enum { PROP_0, PROP_FALLOFF, PROP_BLACK_THRESHOLD, PROP_MAX_CORRECTION };

typedef struct HyperfocalVignetting {
    HfBandFilter parent;
    HfVignettingOptions options;
    char *text;
    HfVignettingGains gains;
    bool is_new; /* a property has not been looked at */
} HyperfocalVignetting;

typedef struct HyperfocalVignettingClass {
    HfBandFilterClass parent;
} HyperfocalVignettingClass;

GType hyperfocal_vignetting_get_type (void);
G_DEFINE_DYNAMIC_TYPE (HyperfocalVignetting, hyperfocal_vignetting, hf_band_filter_get_type ())

#define HYPERFOCAL_VIGNETTING(object) ((HyperfocalVignetting *) (object))

static void
settle (HfBandFilter *filter)
{
    HyperfocalVignetting *self = HYPERFOCAL_VIGNETTING (filter);

    if (self->is_new) {
        HfVignettingRecord record = hf_vignetting_none ();

        g_clear_error (&filter->problem);
        hf_vignetting_from_string (self->text, &record, &filter->problem);
        hf_vignetting_prepare (&record, &self->options, &self->gains);
    }
    self->is_new = false;
    filter->unchanged = self->gains.identity;
}

static void
apply (HfBandFilter *filter, const HfBandFrame *frame, const HfBand *in, HfBand *out,
       float *scratch)
{
    hf_vignetting_apply (&HYPERFOCAL_VIGNETTING (filter)->gains, frame->width, frame->height, in,
                         out);
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    HyperfocalVignetting *self = HYPERFOCAL_VIGNETTING (object);

    self->is_new = true;
    switch (id) {
    case PROP_FALLOFF:
        g_free (self->text);
        self->text = g_value_get_string (value) ? g_value_dup_string (value) : g_strdup ("");
        break;
    case PROP_BLACK_THRESHOLD:
    case PROP_MAX_CORRECTION:
        hf_property_set (hf_option_find (&hf_vignetting_table, spec->name), &self->options, value);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    }
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    HyperfocalVignetting *self = HYPERFOCAL_VIGNETTING (object);

    switch (id) {
    case PROP_FALLOFF:
        g_value_set_string (value, self->text);
        break;
    case PROP_BLACK_THRESHOLD:
    case PROP_MAX_CORRECTION:
        hf_property_get (hf_option_find (&hf_vignetting_table, spec->name), &self->options, value);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    }
}

static void
finalize (GObject *object)
{
    HyperfocalVignetting *self = HYPERFOCAL_VIGNETTING (object);

    g_free (self->text);
    hf_options_clear (&hf_vignetting_table, &self->options);
    G_OBJECT_CLASS (hyperfocal_vignetting_parent_class)->finalize (object);
}

static void
hyperfocal_vignetting_init (HyperfocalVignetting *self)
{
    HfVignettingRecord none = hf_vignetting_none ();

    hf_options_init (&hf_vignetting_table, &self->options);
    self->text = hf_vignetting_to_string (&none);
    self->is_new = true;
}

static void
describe (GeglOperationClass *operation)
{
    gegl_operation_class_set_keys (
        operation, "name", "hyperfocal:vignetting", "title", "Correct Vignetting", "categories",
        "focus-stacking", "description",
        "Gives back the light that a frame of a focal stack loses towards its corners, by the "
        "curve that was measured over the stack, without clipping.",
        "reference-chain",
        "load path=images/standard-input.png hyperfocal:vignetting falloff='polynomial -0.3 0'",
        "gimp:menu-path", "<Image>/Filters/Combine", "gimp:menu-label", "Correct _Vignetting...",
        NULL);
}

static void
hyperfocal_vignetting_class_init (HyperfocalVignettingClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS (klass);

    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    g_object_class_install_property (
        object, PROP_FALLOFF,
        g_param_spec_string (
            "falloff", "Falloff",
            "The curve by which the light falls off, r from 0 in the centre to 1 in "
            "the corners: \"polynomial a b\" is 1 + a r^2 + b r^4, \"sigmoid k r0\" is "
            "1 / (1 + exp (exp (k (r - r0))))",
            "polynomial 0 0", HF_PROPERTY_FLAGS));
    hf_property_install (object, PROP_BLACK_THRESHOLD,
                         hf_option_find (&hf_vignetting_table, "black-threshold"));
    hf_property_install (object, PROP_MAX_CORRECTION,
                         hf_option_find (&hf_vignetting_table, "max-correction"));
    HF_BAND_FILTER_CLASS (klass)->settle = settle;
    HF_BAND_FILTER_CLASS (klass)->apply = apply;
    describe (GEGL_OPERATION_CLASS (klass));
}

static void
hyperfocal_vignetting_class_finalize (HyperfocalVignettingClass *klass)
{
}

void
hf_register_vignetting (GTypeModule *module)
{
    hyperfocal_vignetting_register_type (module);
}
