/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * hyperfocal:mask-noise -- replaces the pixels that a noise mask marks by the good ones around
 * them, as the hot pixel step does with each frame. The mask is a picture file of the input's size;
 * pixel (0, 0) of it is the first pixel of the input. Without a mask, and in reduced previews,
 * where a single pixel hardly shows, the input passes unchanged; a mask that cannot be read or has
 * another size is told once, and changes nothing.
 */
#include "band-filter.h"
#include "operations.h"
#include "properties.h"

enum { PROP_0, PROP_NOISE_MASK, PROP_MASK_METHOD, PROP_MASK_KERNEL_SIZE };

typedef struct HyperfocalMaskNoise {
    HfBandFilter parent;
    HfHotPixelOptions options;
    HfHotPixelMap *map; /* of options.noise_mask; NULL: none, or unread */
    bool is_new;        /* the file has not been looked at */
} HyperfocalMaskNoise;

typedef struct HyperfocalMaskNoiseClass {
    HfBandFilterClass parent;
} HyperfocalMaskNoiseClass;

GType hyperfocal_mask_noise_get_type (void);
G_DEFINE_DYNAMIC_TYPE (HyperfocalMaskNoise, hyperfocal_mask_noise, hf_band_filter_get_type ())

#define HYPERFOCAL_MASK_NOISE(object) ((HyperfocalMaskNoise *) (object))

static void
load_map (HyperfocalMaskNoise *self, GError **error)
{
    HfImage *image;

    g_clear_pointer (&self->map, hf_hot_pixel_map_free);
    if (!*self->options.noise_mask)
        return;
    image = hf_file_read (self->options.noise_mask, 1, NULL, NULL, error);
    if (image)
        self->map = hf_hot_pixel_map_from_image (image, NULL, error);
    hf_image_free (image);
}

static void
settle (HfBandFilter *filter)
{
    HyperfocalMaskNoise *self = HYPERFOCAL_MASK_NOISE (filter);
    HfBandFrame frame;
    bool fits = false;

    if (self->is_new) {
        g_clear_error (&filter->problem);
        load_map (self, &filter->problem);
    }
    if (self->map && hf_band_filter_frame (filter, 0, &frame))
        fits = hf_hot_pixel_map_fits (self->map, frame.width, frame.height, "the picture",
                                      filter->problem || !self->is_new ? NULL : &filter->problem);
    self->is_new = self->map && !filter->problem && !fits; /* the input may still come */
    filter->unchanged = !fits || hf_hot_pixel_map_count (self->map, -1) == 0;
}

static HfRect
reach (HfBandFilter *filter, const HfBandFrame *frame, HfRect out)
{
    HfRect whole = { 0, 0, frame->width, frame->height };
    int margin = frame->reduction > 1 ? 0 : hf_hot_pixels_margin ();
    HfRect wide = { out.x - margin, out.y - margin, out.width + 2 * margin,
                    out.height + 2 * margin };

    return hf_rect_intersect (wide, whole);
}

static void
apply (HfBandFilter *filter, const HfBandFrame *frame, const HfBand *in, HfBand *out,
       float *scratch)
{
    HyperfocalMaskNoise *self = HYPERFOCAL_MASK_NOISE (filter);

    hf_hot_pixels_apply (frame->reduction > 1 ? NULL : self->map, &self->options, in, out);
}

/* A changed pixel may stand in for a defect as far away as the margin. */
static GeglRectangle
get_invalidated_by_change (GeglOperation *operation, const gchar *pad, const GeglRectangle *roi)
{
    GeglRectangle whole = gegl_operation_get_bounding_box (operation), changed;
    int margin = hf_hot_pixels_margin ();

    changed = (GeglRectangle) { roi->x - margin, roi->y - margin, roi->width + 2 * margin,
                                roi->height + 2 * margin };
    gegl_rectangle_intersect (&changed, &changed, &whole);
    return changed;
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    HyperfocalMaskNoise *self = HYPERFOCAL_MASK_NOISE (object);

    if (id < PROP_NOISE_MASK || id > PROP_MASK_KERNEL_SIZE) {
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
        return;
    }
    hf_property_set (hf_option_find (&hf_hot_pixel_table, spec->name), &self->options, value);
    self->is_new = self->is_new || id == PROP_NOISE_MASK;
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    if (id < PROP_NOISE_MASK || id > PROP_MASK_KERNEL_SIZE)
        G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    else
        hf_property_get (hf_option_find (&hf_hot_pixel_table, spec->name),
                         &HYPERFOCAL_MASK_NOISE (object)->options, value);
}

static void
finalize (GObject *object)
{
    HyperfocalMaskNoise *self = HYPERFOCAL_MASK_NOISE (object);

    hf_hot_pixel_map_free (self->map);
    hf_options_clear (&hf_hot_pixel_table, &self->options);
    G_OBJECT_CLASS (hyperfocal_mask_noise_parent_class)->finalize (object);
}

static void
hyperfocal_mask_noise_init (HyperfocalMaskNoise *self)
{
    hf_options_init (&hf_hot_pixel_table, &self->options);
}

static void
describe (GeglOperationClass *operation)
{
    gegl_operation_class_set_keys (
        operation, "name", "hyperfocal:mask-noise", "title", "Mask Hot Pixels", "categories",
        "focus-stacking", "description",
        "Replaces the pixels that a noise mask marks as wrong by the good ones around them. Masks "
        "come from \"hyperfocal noise-map\".",
        "reference-chain",
        "load path=images/standard-input.png hyperfocal:mask-noise mask-method=median",
        "gimp:menu-path", "<Image>/Filters/Combine", "gimp:menu-label", "_Mask Hot Pixels...",
        NULL);
}

static void
hyperfocal_mask_noise_class_init (HyperfocalMaskNoiseClass *klass)
{
    static const char *const names[] = { [PROP_NOISE_MASK] = "noise-mask",
                                         [PROP_MASK_METHOD] = "mask-method",
                                         [PROP_MASK_KERNEL_SIZE] = "mask-kernel-size" };
    GObjectClass *object = G_OBJECT_CLASS (klass);
    HfBandFilterClass *filter = HF_BAND_FILTER_CLASS (klass);
    GeglOperationClass *operation = GEGL_OPERATION_CLASS (klass);

    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    for (guint id = PROP_NOISE_MASK; id <= PROP_MASK_KERNEL_SIZE; id++)
        hf_property_install (object, id, hf_option_find (&hf_hot_pixel_table, names[id]));
    operation->get_invalidated_by_change = get_invalidated_by_change;
    filter->settle = settle;
    filter->reach = reach;
    filter->apply = apply;
    describe (operation);
}

static void
hyperfocal_mask_noise_class_finalize (HyperfocalMaskNoiseClass *klass)
{
}

void
hf_register_mask_noise (GTypeModule *module)
{
    hyperfocal_mask_noise_register_type (module);
}
