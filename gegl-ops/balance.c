/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * hyperfocal:balance -- maps the encoded values of each channel, as the balance step does with each
 * frame: by the record of a stack's report, or by three gains while there is none. Nothing is
 * clipped: the output is float. Grey pictures take the first channel's map. What changes nothing
 * passes the input on; so does a text that is no record, with a warning.
 */
#include "band-filter.h"
#include "operations.h"
#include "properties.h"

#include <string.h>

enum { PROP_0, PROP_GAIN_RED, PROP_GAIN_GREEN, PROP_GAIN_BLUE, PROP_RECORD };

static const double smallest_gain = 0.01, largest_gain = 100;

typedef struct HyperfocalBalance {
    HfBandFilter parent;
    double gain[3];
    char *text;             /* the record, "" = the gains */
    HfBalanceRecord record; /* what is applied */
    bool is_new;            /* a property has not been looked at */
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
    HyperfocalBalance *self = HYPERFOCAL_BALANCE (filter);

    if (self->is_new) {
        self->record = hf_balance_none ();
        g_clear_error (&filter->problem);
        if (self->text[0])
            hf_balance_from_string (self->text, &self->record, &filter->problem);
        else
            memcpy (self->record.gain, self->gain, sizeof self->gain);
    }
    self->is_new = false;
    filter->unchanged = hf_balance_is_identity (&self->record);
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
    HyperfocalBalance *self = HYPERFOCAL_BALANCE (object);

    self->is_new = true;
    switch (id) {
    case PROP_GAIN_RED:
    case PROP_GAIN_GREEN:
    case PROP_GAIN_BLUE:
        self->gain[id - PROP_GAIN_RED] = g_value_get_double (value);
        break;
    case PROP_RECORD:
        g_free (self->text);
        self->text = g_value_get_string (value) ? g_value_dup_string (value) : g_strdup ("");
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    }
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    HyperfocalBalance *self = HYPERFOCAL_BALANCE (object);

    switch (id) {
    case PROP_GAIN_RED:
    case PROP_GAIN_GREEN:
    case PROP_GAIN_BLUE:
        g_value_set_double (value, self->gain[id - PROP_GAIN_RED]);
        break;
    case PROP_RECORD:
        g_value_set_string (value, self->text);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    }
}

static void
finalize (GObject *object)
{
    g_free (HYPERFOCAL_BALANCE (object)->text);
    G_OBJECT_CLASS (hyperfocal_balance_parent_class)->finalize (object);
}

static void
hyperfocal_balance_init (HyperfocalBalance *self)
{
    self->record = hf_balance_none ();
    memcpy (self->gain, self->record.gain, sizeof self->gain);
    self->text = g_strdup ("");
    self->is_new = true;
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
        "Evens out the light of a frame of a focal stack: maps each channel as it was measured "
        "against the reference, without clipping.",
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
    object->finalize = finalize;
    install_gain (object, PROP_GAIN_RED, "gain-red", "Red gain",
                  "Factor for red; for all of a grey picture");
    install_gain (object, PROP_GAIN_GREEN, "gain-green", "Green gain", "Factor for green");
    install_gain (object, PROP_GAIN_BLUE, "gain-blue", "Blue gain", "Factor for blue");
    g_object_class_install_property (
        object, PROP_RECORD,
        g_param_spec_string ("record", "Record",
                             "The balance of a frame from a stack's report, as in \"rgb gamma 1 "
                             "0.98 1.02\"; empty takes the gains",
                             "", HF_PROPERTY_FLAGS));
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
