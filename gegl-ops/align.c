/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * hyperfocal:align -- warps a picture by a matrix, as the alignment step does with each frame.
 *
 * The matrix maps pixels of the output (the reference) to pixels of the input (the frame), both in
 * the coordinates of the graph, pixel centres at integers: the matrix of a stack's report, where
 * frames lie at 0, 0. The output has the input's extent; what the input does not cover becomes
 * transparent. Where text is no matrix, or none that can be inverted, the input passes unchanged
 * with a warning; so does an input without bounds.
 *
 * With an alpha in border-value above 0 what is not covered shows the border that the properties
 * say, as an aligned frame of a stack does (hyperfocal/border.h), and the whole input is needed.
 */
#include "band-filter.h"
#include "operations.h"
#include "properties.h"

#include <math.h>
#include <string.h>

enum {
    PROP_0,
    PROP_MATRIX,
    PROP_INTERPOLATION,
    PROP_BORDER_MODE,
    PROP_BORDER_VALUE,
    PROP_BORDER_BLUR
};

/* Pixels that an interpolation may spread a pixel over, generously: of the frame where the warp
 * magnifies, of the output where it reduces. */
enum { SPREAD = 16 };

/* Sides from here on are those of planes without end. */
enum { LONGEST = 1 << 28 };

typedef struct HyperfocalAlign {
    HfBandFilter parent;
    HfAlignOptions options;
    char *text;
    HfMatrix matrix, inverse; /* graph coordinates */
    HfBorder border;
    bool is_new; /* the texts have not been looked at */
} HyperfocalAlign;

typedef struct HyperfocalAlignClass {
    HfBandFilterClass parent;
} HyperfocalAlignClass;

GType hyperfocal_align_get_type (void);
G_DEFINE_DYNAMIC_TYPE (HyperfocalAlign, hyperfocal_align, hf_band_filter_get_type ())

#define HYPERFOCAL_ALIGN(object) ((HyperfocalAlign *) (object))

static bool
parse_matrix (HyperfocalAlign *self, GError **error)
{
    if (!hf_matrix_from_string (self->text, &self->matrix, error))
        return false;
    for (int i = 0; i < 9; i++) {
        if (!isfinite (self->matrix.m[i])) {
            g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                         "number %d of the matrix is not finite", i + 1);
            return false;
        }
    }
    if (hf_matrix_invert (self->matrix, &self->inverse))
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "the matrix \"%s\" cannot be inverted",
                 self->text);
    return false;
}

static void
settle (HfBandFilter *filter)
{
    HyperfocalAlign *self = HYPERFOCAL_ALIGN (filter);

    if (self->is_new) {
        g_clear_error (&filter->problem);
        if (!parse_matrix (self, &filter->problem) ||
            !hf_border_init (&self->border, &self->options, &filter->problem))
            self->matrix = self->inverse = hf_matrix_identity ();
    }
    self->is_new = false;
    filter->unchanged = hf_matrix_is_identity (&self->matrix);
}

static HfMatrix
shift (double x, double y)
{
    return (HfMatrix) { { 1, 0, x, 0, 1, y, 0, 0, 1 } };
}

/* The record for coordinates that count from the frame's first pixel, at its reduction. */
static HfAlignRecord
record_for (HfBandFilter *filter, const HfBandFrame *frame)
{
    double x = (double) frame->x * frame->reduction, y = (double) frame->y * frame->reduction;
    HfMatrix matrix = hf_matrix_multiply (HYPERFOCAL_ALIGN (filter)->matrix, shift (x, y));
    HfAlignRecord record = { .matrix = hf_matrix_multiply (shift (-x, -y), matrix),
                             .model = HF_TRANSFORM_AFFINE };

    if (frame->reduction > 1)
        record.matrix = hf_matrix_to_reduced (record.matrix, frame->reduction);
    return record;
}

static HfInterpolation
interpolation_of (HfBandFilter *filter)
{
    return (HfInterpolation) HYPERFOCAL_ALIGN (filter)->options.interpolation;
}

static HfRect
reach (HfBandFilter *filter, const HfBandFrame *frame, HfRect out)
{
    HfAlignRecord record = record_for (filter, frame);

    return hf_align_reach (&record, interpolation_of (filter), out, frame->width, frame->height);
}

static size_t
scratch (HfBandFilter *filter, const HfBandFrame *frame, HfRect out, int n_colours)
{
    HfAlignRecord record = record_for (filter, frame);

    return hf_align_scratch (&record, interpolation_of (filter), out, n_colours, frame->width,
                             frame->height);
}

static void
apply (HfBandFilter *filter, const HfBandFrame *frame, const HfBand *in, HfBand *out,
       float *scratch_floats)
{
    HfAlignRecord record = record_for (filter, frame);

    hf_align_apply (&record, interpolation_of (filter), frame->width, frame->height, in, out,
                    scratch_floats);
}

/* At alpha 0 a graph has nothing to show. */
static bool
has_border (HfBandFilter *filter)
{
    return HYPERFOCAL_ALIGN (filter)->border.value[3] > 0;
}

static bool
wants_rim (HfBandFilter *filter)
{
    return has_border (filter) && HYPERFOCAL_ALIGN (filter)->border.mode != HF_BORDER_CONSTANT;
}

static void
cover (HfBandFilter *filter, const HfBandFrame *frame, const HfBorderRim *rim, HfBand *out)
{
    HfAlignRecord record = record_for (filter, frame);
    HfBorder border = HYPERFOCAL_ALIGN (filter)->border;

    border.blur = fmax (border.blur / frame->reduction, 1);
    if (has_border (filter))
        hf_border_fill (&border, rim, &record.matrix, frame->width, frame->height, out);
}

/* Where the corners of `rect` go; false when one goes through infinity. */
static bool
map_corners (const HfMatrix *matrix, const GeglRectangle *rect, double box[4])
{
    box[0] = box[1] = INFINITY;
    box[2] = box[3] = -INFINITY;
    for (int i = 0; i < 4; i++) {
        double x = rect->x + (i & 1 ? rect->width : 0), y = rect->y + (i & 2 ? rect->height : 0);
        double u, v, w = matrix->m[6] * x + matrix->m[7] * y + matrix->m[8];

        if (w < 1e-6)
            return false;
        hf_matrix_map (matrix, x, y, &u, &v);
        box[0] = fmin (box[0], u);
        box[1] = fmin (box[1], v);
        box[2] = fmax (box[2], u);
        box[3] = fmax (box[3], v);
    }
    return fabs (box[0]) < 1e8 && fabs (box[1]) < 1e8 && fabs (box[2]) < 1e8 && fabs (box[3]) < 1e8;
}

/* A changed pixel of the input shows wherever the inverse takes its surroundings. */
static GeglRectangle
get_invalidated_by_change (GeglOperation *operation, const gchar *pad, const GeglRectangle *roi)
{
    HyperfocalAlign *self = HYPERFOCAL_ALIGN (operation);
    GeglRectangle whole = gegl_operation_get_bounding_box (operation);
    GeglRectangle spread, changed;
    double box[4];

    if (self->is_new || wants_rim (HF_BAND_FILTER (self)) || roi->width > LONGEST ||
        roi->height > LONGEST)
        return whole;
    spread = (GeglRectangle) { roi->x - SPREAD, roi->y - SPREAD, roi->width + 2 * SPREAD,
                               roi->height + 2 * SPREAD };
    if (!map_corners (&self->inverse, &spread, box))
        return whole;
    changed.x = (int) floor (box[0]) - SPREAD;
    changed.y = (int) floor (box[1]) - SPREAD;
    changed.width = (int) ceil (box[2]) + SPREAD - changed.x;
    changed.height = (int) ceil (box[3]) + SPREAD - changed.y;
    gegl_rectangle_intersect (&changed, &changed, &whole);
    return changed;
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    HyperfocalAlign *self = HYPERFOCAL_ALIGN (object);

    switch (id) {
    case PROP_MATRIX:
        g_free (self->text);
        self->text = g_value_get_string (value) ? g_value_dup_string (value) : g_strdup ("");
        self->is_new = true;
        break;
    case PROP_INTERPOLATION:
    case PROP_BORDER_MODE:
    case PROP_BORDER_VALUE:
    case PROP_BORDER_BLUR:
        hf_property_set (hf_option_find (&hf_align_table, spec->name), &self->options, value);
        self->is_new = true;
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    }
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    HyperfocalAlign *self = HYPERFOCAL_ALIGN (object);

    switch (id) {
    case PROP_MATRIX:
        g_value_set_string (value, self->text);
        break;
    case PROP_INTERPOLATION:
    case PROP_BORDER_MODE:
    case PROP_BORDER_VALUE:
    case PROP_BORDER_BLUR:
        hf_property_get (hf_option_find (&hf_align_table, spec->name), &self->options, value);
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    }
}

static void
finalize (GObject *object)
{
    HyperfocalAlign *self = HYPERFOCAL_ALIGN (object);

    g_free (self->text);
    hf_options_clear (&hf_align_table, &self->options);
    G_OBJECT_CLASS (hyperfocal_align_parent_class)->finalize (object);
}

static void
hyperfocal_align_init (HyperfocalAlign *self)
{
    hf_options_init (&hf_align_table, &self->options);
    self->matrix = self->inverse = hf_matrix_identity ();
    self->text = hf_matrix_to_string (&self->matrix);
}

static void
describe (GeglOperationClass *operation)
{
    gegl_operation_class_set_keys (
        operation, "name", "hyperfocal:align", "title", "Align Frame", "categories",
        "focus-stacking", "description",
        "Warps a frame of a focal stack onto its reference by the matrix that the alignment found. "
        "The canvas stays as it is; what the frame does not cover becomes transparent.",
        "reference-chain",
        "load path=images/standard-input.png hyperfocal:align matrix='1 0.02 3.5 -0.02 1 2 0 0 1'",
        "gimp:menu-path", "<Image>/Filters/Combine", "gimp:menu-label", "_Align Frame...", NULL);
}

static void
hyperfocal_align_class_init (HyperfocalAlignClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS (klass);
    HfBandFilterClass *filter = HF_BAND_FILTER_CLASS (klass);
    GeglOperationClass *operation = GEGL_OPERATION_CLASS (klass);

    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    g_object_class_install_property (
        object, PROP_MATRIX,
        g_param_spec_string ("matrix", "Matrix",
                             "Nine numbers, row by row, blank or comma separated: from pixels of "
                             "the output to pixels of the input",
                             "1 0 0 0 1 0 0 0 1", HF_PROPERTY_FLAGS));
    hf_property_install (object, PROP_INTERPOLATION,
                         hf_option_find (&hf_align_table, "interpolation"));
    hf_property_install (object, PROP_BORDER_MODE, hf_option_find (&hf_align_table, "border-mode"));
    hf_property_install (object, PROP_BORDER_VALUE,
                         hf_option_find (&hf_align_table, "border-value"));
    hf_property_install (object, PROP_BORDER_BLUR, hf_option_find (&hf_align_table, "border-blur"));
    operation->get_invalidated_by_change = get_invalidated_by_change;
    filter->adds_alpha = true;
    filter->settle = settle;
    filter->reach = reach;
    filter->scratch = scratch;
    filter->apply = apply;
    filter->cover = cover;
    filter->wants_rim = wants_rim;
    describe (operation);
}

static void
hyperfocal_align_class_finalize (HyperfocalAlignClass *klass)
{
}

void
hf_register_align (GTypeModule *module)
{
    hyperfocal_align_register_type (module);
}
