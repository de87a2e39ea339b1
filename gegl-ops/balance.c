/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * hyperfocal:balance -- multiplies the encoded values of each channel, as the balance step does
 * with each frame: the gains of a stack's report. Nothing is clipped: the output is float. Grey
 * pictures take the first gain. Gains of 1 pass the input unchanged.
 */
#include "band-filter.h"
#include "operations.h"
#include "properties.h"

enum { PROP_0, PROP_GAIN_RED, PROP_GAIN_GREEN, PROP_GAIN_BLUE };

static const double smallest_gain = 0.01, largest_gain = 100;

typedef struct HyperfocalBalance {
    HfBandFilter parent;
    HfBalanceRecord record;
} HyperfocalBalance;

typedef struct HyperfocalBalanceClass {
    HfBandFilterClass parent;
} HyperfocalBalanceClass;

GType hyperfocal_balance_get_type (void);
G_DEFINE_DYNAMIC_TYPE (HyperfocalBalance, hyperfocal_balance, hf_band_filter_get_type ())

#define HYPERFOCAL_BALANCE(object) ((HyperfocalBalance *) (object))

static void
settle (HfBandFilter *filter)
{
    const double *gain = HYPERFOCAL_BALANCE (filter)->record.gain;

    filter->unchanged = gain[0] == 1 && gain[1] == 1 && gain[2] == 1;
}

static void
apply (HfBandFilter *filter, const HfBandFrame *frame, const HfBand *in, HfBand *out,
       float *scratch)
{
    hf_balance_apply (&HYPERFOCAL_BALANCE (filter)->record, in, out);
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    if (id >= PROP_GAIN_RED && id <= PROP_GAIN_BLUE)
        HYPERFOCAL_BALANCE (object)->record.gain[id - PROP_GAIN_RED] = g_value_get_double (value);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    if (id >= PROP_GAIN_RED && id <= PROP_GAIN_BLUE)
        g_value_set_double (value, HYPERFOCAL_BALANCE (object)->record.gain[id - PROP_GAIN_RED]);
    else
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
hyperfocal_balance_init (HyperfocalBalance *self)
{
    self->record = (HfBalanceRecord) { { 1, 1, 1 } };
}

static void
install_gain (GObjectClass *object, guint id, const char *name, const char *label, const char *help)
{
    GParamSpec *spec = hf_property_double (name, label, help, smallest_gain, largest_gain, 1);

    GEGL_PARAM_SPEC_DOUBLE (spec)->ui_minimum = 0.25;
    GEGL_PARAM_SPEC_DOUBLE (spec)->ui_maximum = 4;
    gegl_param_spec_double_set_steps (GEGL_PARAM_SPEC_DOUBLE (spec), 0.001, 0.05);
    gegl_param_spec_double_set_digits (GEGL_PARAM_SPEC_DOUBLE (spec), 4);
    g_object_class_install_property (object, id, spec);
}

static void
describe (GeglOperationClass *operation)
{
    gegl_operation_class_set_keys (
        operation, "name", "hyperfocal:balance", "title", "Balance Frame", "categories",
        "focus-stacking", "description",
        "Evens out the light of a frame of a focal stack: multiplies each channel by the gain that "
        "was measured against the reference, without clipping.",
        "reference-chain",
        "load path=images/standard-input.png hyperfocal:balance gain-red=1.1 gain-green=1.1 "
        "gain-blue=1.1",
        "gimp:menu-path", "<Image>/Filters/Combine", "gimp:menu-label", "_Balance Frame...", NULL);
}

static void
hyperfocal_balance_class_init (HyperfocalBalanceClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS (klass);

    object->set_property = set_property;
    object->get_property = get_property;
    install_gain (object, PROP_GAIN_RED, "gain-red", "Red gain",
                  "Factor for red; for all of a grey picture");
    install_gain (object, PROP_GAIN_GREEN, "gain-green", "Green gain", "Factor for green");
    install_gain (object, PROP_GAIN_BLUE, "gain-blue", "Blue gain", "Factor for blue");
    HF_BAND_FILTER_CLASS (klass)->settle = settle;
    HF_BAND_FILTER_CLASS (klass)->apply = apply;
    describe (GEGL_OPERATION_CLASS (klass));
}

static void
hyperfocal_balance_class_finalize (HyperfocalBalanceClass *klass)
{
}

void
hf_register_balance (GTypeModule *module)
{
    hyperfocal_balance_register_type (module);
}
