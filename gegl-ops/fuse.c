/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * hyperfocal:fuse -- fuses its inputs, aligned frames of one focal stack, into one picture that is
 * sharp everywhere.
 *
 * Inputs are the pads input, aux, aux2 … aux63, in this order; pads that are not connected are
 * passed over, and one input alone passes as it is. The canvas is the union of the inputs' extents;
 * where an input does not reach, or is transparent, it takes no part, and an input without bounds
 * is cut to the canvas. Values are fused as encoded in the colour space of the first input; the
 * output is R'G'B'A float in that space, Y'A float when all inputs are grey.
 *
 * The fusion looks at whole pictures, so any region costs the whole one: GEGL asks once and keeps
 * it. One input at a time is held as a plain picture, and the state of the fusion. A graph in XML
 * knows only input and aux; from there hyperfocal:focus-stack is the way.
 */
#include "bridge/buffer.h"
#include "operations.h"
#include "properties.h"

#include <string.h>

enum { N_PADS = 64, MOST_ROWS = 64 };

typedef struct HyperfocalFuse {
    GeglOperation parent;
    HfFuseOptions options;
} HyperfocalFuse;

typedef struct HyperfocalFuseClass {
    GeglOperationClass parent;
} HyperfocalFuseClass;

GType hyperfocal_fuse_get_type (void);
G_DEFINE_DYNAMIC_TYPE (HyperfocalFuse, hyperfocal_fuse, GEGL_TYPE_OPERATION)

#define HYPERFOCAL_FUSE(object) ((HyperfocalFuse *) (object))

/* "input", "aux", "aux2" … "aux63". */
static const char *
pad_name (int pad, char text[8])
{
    if (pad == 0)
        return "input";
    if (pad == 1)
        return "aux";
    g_snprintf (text, 8, "aux%d", pad);
    return text;
}

static void
create_pad (GeglOperation *operation, const char *name, const char *label, GParamFlags flags)
{
    GParamSpec *spec = g_param_spec_object (name, label, label, GEGL_TYPE_BUFFER, flags);

    gegl_operation_create_pad (operation, spec);
    g_param_spec_sink (spec);
}

static void
attach (GeglOperation *operation)
{
    char text[8];

    for (int pad = 0; pad < N_PADS; pad++)
        create_pad (operation, pad_name (pad, text), "Frame",
                    (GParamFlags) (G_PARAM_READWRITE | GEGL_PARAM_PAD_INPUT));
    create_pad (operation, "output", "Fused picture",
                (GParamFlags) (G_PARAM_READABLE | GEGL_PARAM_PAD_OUTPUT));
}

/* The format of the result, from those of the connected inputs. */
static const Babl *
output_format (GeglOperation *operation)
{
    const Babl *space = NULL;
    int n_colours = 1;
    char text[8];

    for (int pad = 0; pad < N_PADS; pad++) {
        const Babl *format = gegl_operation_get_source_format (operation, pad_name (pad, text));

        if (!format)
            continue;
        if (!space)
            space = hf_buffer_space (format);
        n_colours = MAX (n_colours, hf_format_n_colours (hf_buffer_format (format)));
    }
    if (!space)
        n_colours = 3;
    return hf_buffer_babl ((HfFormat) { HF_SAMPLE_FLOAT, n_colours + 1 }, space);
}

static void
prepare (GeglOperation *operation)
{
    gegl_operation_set_format (operation, "output", output_format (operation));
}

static bool
has_bounds (const GeglRectangle *box)
{
    return box && !gegl_rectangle_is_empty (box) && !gegl_rectangle_is_infinite_plane (box);
}

static GeglRectangle
get_bounding_box (GeglOperation *operation)
{
    GeglRectangle canvas = { 0, 0, 0, 0 };
    char text[8];

    for (int pad = 0; pad < N_PADS; pad++) {
        const GeglRectangle *box =
            gegl_operation_source_get_bounding_box (operation, pad_name (pad, text));

        if (has_bounds (box))
            gegl_rectangle_bounding_box (&canvas, &canvas, box);
    }
    return canvas;
}

static GeglRectangle
get_required_for_output (GeglOperation *operation, const gchar *pad, const GeglRectangle *roi)
{
    const GeglRectangle *box = gegl_operation_source_get_bounding_box (operation, pad);

    return has_bounds (box) ? *box : get_bounding_box (operation);
}

static GeglRectangle
get_invalidated_by_change (GeglOperation *operation, const gchar *pad, const GeglRectangle *roi)
{
    return get_bounding_box (operation);
}

static GeglRectangle
get_cached_region (GeglOperation *operation, const GeglRectangle *roi)
{
    return get_bounding_box (operation);
}

/* ---- one run ---- */

typedef struct Fusion {
    GeglOperation *operation;
    GeglRectangle canvas;
    GeglBuffer *buffers[N_PADS]; /* owned references, without gaps */
    GeglRectangle extents[N_PADS];
    int n_frames;
    HfSource *source;
    HfFormat format;   /* of the output */
    const Babl *space; /* of the output */
    GeglBuffer *output;
    HfPool *pool;
    HfBudget *budget;
    HfMonitor monitor;
    HfImage *rows; /* MOST_ROWS of the output */
} Fusion;

static void
collect_inputs (Fusion *fusion, GeglOperationContext *context)
{
    char text[8];

    for (int pad = 0; pad < N_PADS; pad++) {
        const char *name = pad_name (pad, text);
        GObject *buffer = gegl_operation_context_dup_object (context, name);

        if (!buffer)
            continue;
        fusion->extents[fusion->n_frames] =
            get_required_for_output (fusion->operation, name, &fusion->canvas);
        fusion->buffers[fusion->n_frames++] = GEGL_BUFFER (buffer);
    }
}

static bool
report_progress (void *data, double fraction, const char *stage)
{
    gegl_operation_progress (((Fusion *) data)->operation, fraction, (gchar *) "");
    return true;
}

static void
report_warning (void *data, const char *message)
{
    g_warning ("hyperfocal:fuse: %s", message);
}

/* One input, as a plain picture, and where it lies on the canvas. */
typedef struct Placed {
    HfImage *image;
    HfRect rect;
} Placed;

static void
clear_rows (HfBand *band)
{
    size_t bytes = band->stride * (size_t) band->rect.height * sizeof (float);

    for (int c = 0; c < band->n_colours; c++)
        memset (band->colour[c], 0, bytes);
    memset (band->validity, 0, bytes);
    band->opaque = false;
}

static void
make_valid (HfBand *band)
{
    for (int y = 0; y < band->rect.height; y++)
        for (int x = 0; x < band->rect.width; x++)
            band->validity[(size_t) y * band->stride + (size_t) x] = 1;
}

/* Reads a band of the canvas from the picture; what lies beside the picture is not valid. */
static void
read_placed (void *data, HfBand *band, int worker)
{
    const Placed *placed = data;
    HfRect rect = band->rect, covered = hf_rect_intersect (rect, placed->rect);
    bool inside = covered.width == rect.width && covered.height == rect.height;
    HfBand part;

    if (!inside)
        clear_rows (band);
    if (hf_rect_is_empty (covered))
        return;
    part = inside ? *band : hf_band_crop (band, covered);
    part.rect.x -= placed->rect.x;
    part.rect.y -= placed->rect.y;
    hf_band_read (&part, placed->image);
    if (inside)
        band->opaque = part.opaque;
    else if (part.opaque)
        make_valid (&part);
}

static bool
add_frame (Fusion *fusion, HfFuser *fuser, int frame, GError **error)
{
    GeglRectangle extent = hf_buffer_source_extent (fusion->source, frame);
    Placed placed = { hf_source_read (fusion->source, frame, 1, fusion->budget, error),
                      { extent.x - fusion->canvas.x, extent.y - fusion->canvas.y, extent.width,
                        extent.height } };
    HfBandReader reader = { read_placed, &placed };
    bool good = placed.image && hf_fuser_add (fuser, &reader, &fusion->monitor, error);

    hf_image_free (placed.image);
    return good;
}

static bool
add_all (Fusion *fusion, HfFuser *fuser, GError **error)
{
    int n_passes = hf_fuser_n_passes (fuser), n = fusion->n_frames;

    for (int pass = 0; pass < n_passes; pass++) {
        for (int k = 0; k < n; k++) {
            hf_monitor_part (&fusion->monitor, 0.9 * (pass * n + k) / (n_passes * n),
                             0.9 * (pass * n + k + 1) / (n_passes * n), "Fusing");
            if (!hf_monitor_check (&fusion->monitor, 0, error) ||
                !add_frame (fusion, fuser, k, error))
                return false;
        }
        if (!hf_fuser_end_pass (fuser, error))
            return false;
    }
    return true;
}

static bool
write_rows (void *data, const HfBand *band, GError **error)
{
    Fusion *fusion = data;

    for (int y = 0; y < band->rect.height; y += MOST_ROWS) {
        HfRect rect = { band->rect.x, band->rect.y + y, band->rect.width,
                        MIN (MOST_ROWS, band->rect.height - y) };
        HfBand part = hf_band_crop (band, rect);
        HfImage rows = *fusion->rows;

        part.rect.x = part.rect.y = 0;
        rows.height = rect.height;
        hf_band_write (&part, &rows);
        hf_buffer_write (fusion->output, fusion->canvas.x + rect.x, fusion->canvas.y + rect.y,
                         &rows, fusion->space);
    }
    return true;
}

static HfSampleType
widest_type (HfSource *source)
{
    HfSampleType widest = HF_SAMPLE_U8;

    for (int i = 0; i < source->n_frames; i++) {
        HfFrameInfo info;

        if (hf_source_info (source, i, &info, NULL))
            widest = MAX (widest, info.format.type);
        hf_frame_info_clear (&info);
    }
    return widest;
}

static bool
fuse (Fusion *fusion, GError **error)
{
    HfFuserSetup setup = { .options = &HYPERFOCAL_FUSE (fusion->operation)->options,
                           .width = fusion->canvas.width,
                           .height = fusion->canvas.height,
                           .n_colours = hf_format_n_colours (fusion->format),
                           .n_frames = fusion->source->n_frames,
                           .precision = widest_type (fusion->source),
                           .pool = fusion->pool,
                           .budget = fusion->budget };
    HfBandWriter writer = { write_rows, fusion };
    HfImage *first = hf_source_read (fusion->source, 0, 1, fusion->budget, error);
    HfFuser *fuser;
    bool good;

    if (!first)
        return false;
    hf_noise_measure (first, fusion->pool, setup.noise);
    hf_image_free (first);
    fuser = hf_fuser_new (&setup, error);
    if (!fuser)
        return false;
    good = add_all (fusion, fuser, error);
    hf_monitor_part (&fusion->monitor, 0.9, 1, "Writing");
    good = good && hf_fuser_finish (fuser, &writer, &fusion->monitor, error);
    hf_fuser_free (fuser);
    return good;
}

/* The source over the inputs, each cut to what its node says it covers. */
static void
open_source (Fusion *fusion)
{
    HfBufferFrame frames[N_PADS] = { { NULL } };

    for (int i = 0; i < fusion->n_frames; i++)
        frames[i].buffer = gegl_buffer_create_sub_buffer (fusion->buffers[i], &fusion->extents[i]);
    fusion->source = hf_buffer_source_new (frames, fusion->n_frames, fusion->space, NULL, true);
    for (int i = 0; i < fusion->n_frames; i++)
        g_object_unref (frames[i].buffer);
}

static bool
run (Fusion *fusion, GError **error)
{
    int n_threads = 1;

    g_object_get (gegl_config (), "threads", &n_threads, NULL);
    hf_monitor_init (&fusion->monitor, report_progress, report_warning, fusion);
    open_source (fusion);
    fusion->budget = hf_budget_new (hf_machine_memory () / 2);
    fusion->pool = hf_pool_new (n_threads, error);
    fusion->rows = fusion->pool ? hf_image_new (fusion->budget, fusion->canvas.width, MOST_ROWS,
                                                fusion->format, error)
                                : NULL;
    return fusion->rows && fuse (fusion, error);
}

static void
clear_fusion (Fusion *fusion)
{
    hf_source_free (fusion->source);
    hf_image_free (fusion->rows);
    hf_pool_free (fusion->pool);
    hf_budget_free (fusion->budget);
    for (int i = 0; i < fusion->n_frames; i++)
        g_object_unref (fusion->buffers[i]);
}

static gboolean
process (GeglOperation *operation, GeglOperationContext *context, const gchar *output_pad,
         const GeglRectangle *roi, gint level)
{
    Fusion fusion = { .operation = operation, .canvas = get_bounding_box (operation) };
    const Babl *format = gegl_operation_get_format (operation, "output");
    GError *error = NULL;

    collect_inputs (&fusion, context);
    if (fusion.n_frames == 1) {
        gegl_operation_context_set_object (context, "output", G_OBJECT (fusion.buffers[0]));
        clear_fusion (&fusion);
        return TRUE;
    }
    fusion.format = hf_buffer_format (format);
    fusion.space = hf_buffer_space (format);
    fusion.output = gegl_operation_context_get_target (context, "output");
    if (fusion.n_frames > 1 && !run (&fusion, &error)) {
        g_warning ("hyperfocal:fuse: %s; the result is empty", error->message);
        g_error_free (error);
        gegl_buffer_clear (fusion.output, &fusion.canvas);
    }
    clear_fusion (&fusion);
    return TRUE;
}

/* ---- the class ---- */

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    hf_property_set (&hf_fuse_table.options[id - 1], &HYPERFOCAL_FUSE (object)->options, value);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    hf_property_get (&hf_fuse_table.options[id - 1], &HYPERFOCAL_FUSE (object)->options, value);
}

static void
finalize (GObject *object)
{
    hf_options_clear (&hf_fuse_table, &HYPERFOCAL_FUSE (object)->options);
    G_OBJECT_CLASS (hyperfocal_fuse_parent_class)->finalize (object);
}

static void
hyperfocal_fuse_init (HyperfocalFuse *self)
{
    hf_options_init (&hf_fuse_table, &self->options);
}

static void
describe (GeglOperationClass *operation)
{
    gegl_operation_class_set_keys (operation, "name", "hyperfocal:fuse", "title", "Fuse Frames",
                                   "categories", "focus-stacking", "description",
                                   "Fuses the aligned frames of a focal stack, given to input, "
                                   "aux, aux2 and so on up to aux63, "
                                   "into one picture that is sharp everywhere.",
                                   "reference-chain",
                                   "load path=images/standard-input.png hyperfocal:fuse aux=[ load "
                                   "path=images/standard-input.png gaussian-blur ]",
                                   NULL);
}

static void
hyperfocal_fuse_class_init (HyperfocalFuseClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS (klass);
    GeglOperationClass *operation = GEGL_OPERATION_CLASS (klass);

    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    for (int i = 0; i < hf_fuse_table.n_options; i++)
        hf_property_install (object, (guint) i + 1, &hf_fuse_table.options[i]);
    operation->attach = attach;
    operation->prepare = prepare;
    operation->get_bounding_box = get_bounding_box;
    operation->get_required_for_output = get_required_for_output;
    operation->get_invalidated_by_change = get_invalidated_by_change;
    operation->get_cached_region = get_cached_region;
    operation->process = process;
    operation->threaded = FALSE;
    operation->cache_policy = GEGL_CACHE_POLICY_ALWAYS;
    describe (operation);
}

static void
hyperfocal_fuse_class_finalize (HyperfocalFuseClass *klass)
{
}

void
hf_register_fuse (GTypeModule *module)
{
    hyperfocal_fuse_register_type (module);
}
