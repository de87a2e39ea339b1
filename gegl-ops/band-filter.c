/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "band-filter.h"

#include <math.h>

/*
 * The output is made in tiles of at most TILE × TILE pixels: what one tile needs stays in the
 * cache. A tile that reaches for more than MOST_REACH pixels of the input (a matrix that shrinks a
 * lot) is cut further, so that memory is bounded for any matrix.
 */
enum { TILE = 256, SMALLEST_TILE = 8, MOST_REACH = 1 << 22 };

/* One call of process (). */
typedef struct Region {
    HfBandFilter *self;
    GeglBuffer *input, *output;
    HfBandFrame frame;
    int level;
    const Babl *space;
    HfFormat in_format, out_format;
    HfBorderRim *rim; /* NULL: not wanted */
} Region;

G_DEFINE_DYNAMIC_TYPE_EXTENDED (HfBandFilter, hf_band_filter, GEGL_TYPE_OPERATION_FILTER,
                                G_TYPE_FLAG_ABSTRACT, {})

static HfBandFilterClass *
class_of (void *self)
{
    return HF_BAND_FILTER_CLASS (G_OBJECT_GET_CLASS (self));
}

bool
hf_band_filter_frame (HfBandFilter *self, int level, HfBandFrame *frame)
{
    const GeglRectangle *box =
        gegl_operation_source_get_bounding_box (GEGL_OPERATION (self), "input");

    if (!box || gegl_rectangle_is_empty (box) || gegl_rectangle_is_infinite_plane (box))
        return false;
    *frame = (HfBandFrame) { box->x >> level, box->y >> level, MAX (box->width >> level, 1),
                             MAX (box->height >> level, 1), 1 << level };
    return true;
}

static HfRect
grown (HfRect rect, int by)
{
    return (HfRect) { rect.x - by, rect.y - by, rect.width + 2 * by, rect.height + 2 * by };
}

/* The rectangle of the frame that `out` needs. */
static HfRect
reach_of (HfBandFilter *self, const HfBandFrame *frame, HfRect out)
{
    HfBandFilterClass *klass = class_of (self);

    if (klass->reach)
        return klass->reach (self, frame, out);
    if (!klass->margin)
        return out;
    return hf_rect_intersect (grown (out, klass->margin (self, frame->reduction)),
                              (HfRect) { 0, 0, frame->width, frame->height });
}

static HfFormat
format_for_output (HfBandFilter *self, HfFormat in)
{
    bool alpha = hf_format_has_alpha (in) || class_of (self)->adds_alpha;

    return (HfFormat) { HF_SAMPLE_FLOAT, hf_format_n_colours (in) + (alpha ? 1 : 0) };
}

static void
prepare (GeglOperation *operation)
{
    HfBandFilter *self = HF_BAND_FILTER (operation);
    const Babl *source = gegl_operation_get_source_format (operation, "input");
    const Babl *space = hf_buffer_space (source);
    HfFormat in = hf_buffer_format (source);
    HfBandFrame frame;

    class_of (self)->settle (self);
    if (!hf_band_filter_frame (self, 0, &frame))
        self->unchanged = true;
    if (self->unchanged && source) {
        gegl_operation_set_format (operation, "input", source);
        gegl_operation_set_format (operation, "output", source);
        return;
    }
    gegl_operation_set_format (operation, "input", hf_buffer_babl (in, space));
    gegl_operation_set_format (operation, "output",
                               hf_buffer_babl (format_for_output (self, in), space));
}

/* Allocates and applies: out_image gets the tile `out`. */
static bool
apply_tile (const Region *region, HfRect out, const HfImage *in_image, HfRect reach,
            HfImage *out_image, GError **error)
{
    HfBandFilterClass *klass = class_of (region->self);
    int n_colours = hf_format_n_colours (region->in_format);
    size_t n_in = in_image ? hf_band_floats (reach.width, reach.height, n_colours) : 0;
    size_t n_out = hf_band_floats (out.width, out.height, n_colours);
    size_t n_scratch =
        klass->scratch ? klass->scratch (region->self, &region->frame, out, n_colours) : 0;
    float *memory = hf_pixels_new_n (NULL, n_in + n_out + n_scratch, sizeof (float),
                                     "a tile of an operation", error);
    HfBand in = { 0 }, band;

    if (!memory)
        return false;
    hf_band_place (&in, (HfRect) { 0, 0, reach.width, reach.height }, n_colours, memory);
    if (in_image)
        hf_band_read (&in, in_image);
    in.rect = reach;
    hf_band_place (&band, out, n_colours, memory + n_in);
    klass->apply (region->self, &region->frame, &in, &band, memory + n_in + n_out);
    if (klass->cover)
        klass->cover (region->self, &region->frame, region->rim, &band);
    band.rect.x = band.rect.y = 0;
    hf_band_write (&band, out_image);
    hf_pixels_free (memory);
    return true;
}

/* Reads the part of the frame that a tile needs, at the level of the region; NULL without an error
 * when it needs none. */
static HfImage *
read_reach (const Region *region, HfRect reach, GError **error)
{
    GeglRectangle rect = { region->frame.x + reach.x, region->frame.y + reach.y, reach.width,
                           reach.height };
    HfImage *image;

    if (hf_rect_is_empty (reach))
        return NULL;
    image = hf_image_new (NULL, rect.width, rect.height, region->in_format, error);
    if (image)
        gegl_buffer_get (region->input, &rect, 1.0 / region->frame.reduction,
                         hf_buffer_babl (region->in_format, region->space), image->data,
                         (gint) image->stride, GEGL_ABYSS_CLAMP);
    return image;
}

static bool
make_tile (const Region *region, HfRect out, HfRect reach, GError **error)
{
    GError *failure = NULL;
    HfImage *in = read_reach (region, reach, &failure);
    HfImage *image =
        failure ? NULL : hf_image_new (NULL, out.width, out.height, region->out_format, &failure);
    GeglRectangle rect = { region->frame.x + out.x, region->frame.y + out.y, out.width,
                           out.height };

    if (image && apply_tile (region, out, in, reach, image, &failure))
        gegl_buffer_set (region->output, &rect, region->level,
                         hf_buffer_babl (region->out_format, region->space), image->data,
                         (gint) image->stride);
    hf_image_free (in);
    hf_image_free (image);
    if (failure)
        g_propagate_error (error, failure);
    return failure == NULL;
}

/* Makes `out`, cut in pieces as long as it is too much at once. */
static bool
make_rect (const Region *region, HfRect out, GError **error)
{
    HfRect reach = reach_of (region->self, &region->frame, out);
    HfRect a = out, b = out;
    bool wide = out.width >= out.height;
    int longest = wide ? out.width : out.height;

    if (longest <= SMALLEST_TILE ||
        (longest <= TILE && (gint64) reach.width * reach.height <= MOST_REACH))
        return make_tile (region, out, reach, error);
    if (wide) {
        a.width = out.width / 2;
        b.x += a.width;
        b.width -= a.width;
    } else {
        a.height = out.height / 2;
        b.y += a.height;
        b.height -= a.height;
    }
    return make_rect (region, a, error) && make_rect (region, b, error);
}

static bool
wants_rim (HfBandFilter *self)
{
    return class_of (self)->cover && class_of (self)->wants_rim (self);
}

static bool
take_side (const Region *region, HfRect side, GError **error)
{
    int n_colours = hf_format_n_colours (region->in_format);
    HfImage *image = read_reach (region, side, error);
    float *memory =
        image ? hf_pixels_new_n (NULL, hf_band_floats (side.width, side.height, n_colours),
                                 sizeof (float), "a frame's border", error)
              : NULL;

    if (memory) {
        HfBand band;

        hf_band_place (&band, (HfRect) { 0, 0, side.width, side.height }, n_colours, memory);
        hf_band_read (&band, image);
        band.rect = side;
        hf_border_rim_take (region->rim, &band);
    }
    hf_pixels_free (memory);
    hf_image_free (image);
    return memory != NULL;
}

/* Reads the frame's rim, whose sums are to be freed with hf_pixels_free (). */
static bool
read_rim (const Region *region, GError **error)
{
    int width = region->frame.width, height = region->frame.height;
    int n_colours = hf_format_n_colours (region->in_format);
    double *sums = hf_pixels_new_n (NULL, hf_border_rim_doubles (width, height, n_colours),
                                    sizeof *sums, "a frame's border", error);
    bool good = sums != NULL;

    if (!good)
        return false;
    hf_border_rim_begin (region->rim, width, height, n_colours, sums);
    good = take_side (region, (HfRect) { 0, 0, width, 1 }, error) &&
           take_side (region, (HfRect) { 0, height - 1, width, 1 }, error) &&
           take_side (region, (HfRect) { 0, 0, 1, height }, error) &&
           take_side (region, (HfRect) { width - 1, 0, 1, height }, error);
    hf_border_rim_settle (region->rim);
    return good;
}

static gboolean
process_region (GeglOperation *operation, GeglBuffer *input, GeglBuffer *output,
                const GeglRectangle *roi, gint level)
{
    HfBandFilter *self = HF_BAND_FILTER (operation);
    const Babl *source = gegl_operation_get_format (operation, "input");
    HfBorderRim rim = { 0 };
    Region region = { .self = self, .input = input, .output = output };
    GError *error = NULL;
    bool good;
    HfRect out;

    if (!input || !hf_band_filter_frame (self, level, &region.frame))
        return TRUE;
    region.level = level;
    region.space = hf_buffer_space (source);
    region.in_format = hf_buffer_format (source);
    region.out_format = format_for_output (self, region.in_format);
    out = (HfRect) { (roi->x >> level) - region.frame.x, (roi->y >> level) - region.frame.y,
                     MAX (roi->width >> level, 1), MAX (roi->height >> level, 1) };
    region.rim = wants_rim (self) ? &rim : NULL;
    good = (!region.rim || read_rim (&region, &error)) && make_rect (&region, out, &error);
    hf_pixels_free (rim.sums);
    if (good)
        return TRUE;
    g_warning ("%s: %s; the region is left as it was", gegl_operation_get_name (operation),
               error->message);
    g_error_free (error);
    gegl_buffer_copy (input, roi, GEGL_ABYSS_NONE, output, roi);
    return TRUE;
}

/* Properties are looked at whenever one is set, also half-typed ones; the warning waits until the
 * picture is wanted. */
static void
warn_of_problem (HfBandFilter *self)
{
    if (self->problem)
        g_warning ("%s: %s; the picture is left as it is",
                   gegl_operation_get_name (GEGL_OPERATION (self)), self->problem->message);
    g_clear_error (&self->problem);
}

/* Hands the input on where nothing is to be done. */
static gboolean
process (GeglOperation *operation, GeglOperationContext *context, const gchar *output_pad,
         const GeglRectangle *roi, gint level)
{
    GeglOperationClass *parent = GEGL_OPERATION_CLASS (hf_band_filter_parent_class);
    GObject *input;

    warn_of_problem (HF_BAND_FILTER (operation));
    if (!HF_BAND_FILTER (operation)->unchanged)
        return parent->process (operation, context, output_pad, roi, level);
    input = gegl_operation_context_dup_object (context, "input");
    if (input)
        gegl_operation_context_take_object (context, "output", input);
    return TRUE;
}

/* From graph coordinates to the frame's. */
static HfRect
rect_in_frame (const GeglRectangle *rect, const HfBandFrame *frame)
{
    return (HfRect) { rect->x - frame->x, rect->y - frame->y, rect->width, rect->height };
}

static GeglRectangle
get_required_for_output (GeglOperation *operation, const gchar *pad, const GeglRectangle *roi)
{
    HfBandFilter *self = HF_BAND_FILTER (operation);
    HfBandFrame frame;
    HfRect reach;

    if (self->unchanged || !hf_band_filter_frame (self, 0, &frame))
        return *roi;
    reach = wants_rim (self) ? (HfRect) { 0, 0, frame.width, frame.height }
                             : reach_of (self, &frame, rect_in_frame (roi, &frame));
    if (hf_rect_is_empty (reach))
        return (GeglRectangle) { 0, 0, 0, 0 };
    return (GeglRectangle) { frame.x + reach.x, frame.y + reach.y, reach.width, reach.height };
}

static GeglRectangle
get_invalidated_by_change (GeglOperation *operation, const gchar *pad, const GeglRectangle *region)
{
    HfBandFilter *self = HF_BAND_FILTER (operation);
    int by = !self->unchanged && class_of (self)->margin ? class_of (self)->margin (self, 1) : 0;

    return (GeglRectangle) { region->x - by, region->y - by, region->width + 2 * by,
                             region->height + 2 * by };
}

static void
finalize (GObject *object)
{
    g_clear_error (&HF_BAND_FILTER (object)->problem);
    G_OBJECT_CLASS (hf_band_filter_parent_class)->finalize (object);
}

static void
hf_band_filter_class_init (HfBandFilterClass *klass)
{
    GeglOperationClass *operation = GEGL_OPERATION_CLASS (klass);

    G_OBJECT_CLASS (klass)->finalize = finalize;
    operation->prepare = prepare;
    operation->process = process;
    operation->get_required_for_output = get_required_for_output;
    operation->get_invalidated_by_change = get_invalidated_by_change;
    operation->threaded = TRUE;
    GEGL_OPERATION_FILTER_CLASS (klass)->process = process_region;
}

static void
hf_band_filter_class_finalize (HfBandFilterClass *klass)
{
}

static void
hf_band_filter_init (HfBandFilter *self)
{
}

void
hf_band_filter_register (GTypeModule *module)
{
    hf_band_filter_register_type (module);
}
