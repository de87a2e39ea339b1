/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The host-free core of the plug-in, in a host that is a table of layers: what is taken as a frame,
 * what is inserted where, and that nothing is left behind when a run fails or is stopped.
 */
#include "render.h"

#include <bridge/buffer.h>
#include <core/layer-walk.h>
#include <core/stack-layers.h>
#include <string.h>

enum { MOST_LAYERS = 64, N_FRAMES = 4, WIDTH = 192, HEIGHT = 128 };

typedef struct Layer {
    char *name;
    int x, y, parent; /* parent 0 = the image */
    bool group, visible, result, inserted;
    GeglBuffer *pixels;
} Layer;

/* Layer i is layers[i], from 1 on; `order` has the inserted ones, top first. */
typedef struct TestHost {
    HfHost host;
    Layer layers[MOST_LAYERS];
    int n_layers;
    int order[MOST_LAYERS];
    int n_order;
    bool indexed;
    int n_undo_steps, n_open;
    int n_progress, stop_at; /* progress call that asks to stop, 0 = none */
    int n_made, fail_at;     /* new layer that cannot be made, 0 = none */
    int n_discarded;
    double fraction;
    GString *messages;
} TestHost;

static TestHost *
self_of (HfHost *host)
{
    return (TestHost *) host;
}

static bool
indexed (HfHost *host)
{
    return self_of (host)->indexed;
}

static int *
children (HfHost *host, int group, int *n_layers)
{
    TestHost *self = self_of (host);
    int *found = g_new (int, MOST_LAYERS);

    *n_layers = 0;
    for (int i = 0; i < self->n_order; i++)
        if (self->layers[self->order[i]].parent == group)
            found[(*n_layers)++] = self->order[i];
    return found;
}

static void
describe (HfHost *host, int layer, HfLayerInfo *info)
{
    const Layer *found = &self_of (host)->layers[layer];

    *info = (HfLayerInfo) { g_strdup (found->name), found->x,       found->y,
                            found->group,           found->visible, found->result };
}

static GeglBuffer *
pixels (HfHost *host, int layer)
{
    return g_object_ref (self_of (host)->layers[layer].pixels);
}

static int
add_layer (TestHost *self, const char *name, GeglBuffer *buffer)
{
    int layer = ++self->n_layers;

    g_assert_cmpint (layer, <, MOST_LAYERS);
    self->layers[layer] = (Layer) {
        .name = g_strdup (name), .visible = true, .group = buffer == NULL, .pixels = buffer
    };
    return layer;
}

static bool
can_make (TestHost *self, GError **error)
{
    if (++self->n_made != self->fail_at)
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_MEMORY, "no layer");
    return false;
}

static int
new_layer (HfHost *host, const HfNewLayer *wanted, GError **error)
{
    TestHost *self = self_of (host);
    int layer;

    if (!can_make (self, error))
        return 0;
    layer = add_layer (self, wanted->name, gegl_buffer_dup (wanted->pixels));
    self->layers[layer].x = wanted->x;
    self->layers[layer].y = wanted->y;
    self->layers[layer].result = true;
    return layer;
}

static int
new_group (HfHost *host, const char *name, GError **error)
{
    int group = can_make (self_of (host), error) ? add_layer (self_of (host), name, NULL) : 0;

    self_of (host)->layers[group].result = true;
    return group;
}

static void
discard (HfHost *host, int layer)
{
    g_assert_false (self_of (host)->layers[layer].inserted);
    self_of (host)->n_discarded++;
}

static void
insert_begin (HfHost *host)
{
    self_of (host)->n_undo_steps++;
    self_of (host)->n_open++;
}

/* `position` counts among the layers of the group only. */
static void
insert (HfHost *host, int layer, int group, int position)
{
    TestHost *self = self_of (host);
    int at = 0;

    g_assert_cmpint (self->n_open, ==, 1);
    for (int seen = 0; at < self->n_order; at++)
        if (self->layers[self->order[at]].parent == group && seen++ == position)
            break;
    memmove (&self->order[at + 1], &self->order[at], sizeof (int) * (size_t) (self->n_order - at));
    self->order[at] = layer;
    self->n_order++;
    self->layers[layer].parent = group;
    self->layers[layer].inserted = true;
}

static void
insert_end (HfHost *host)
{
    self_of (host)->n_open--;
}

static bool
progress (HfHost *host, double fraction, const char *stage)
{
    TestHost *self = self_of (host);

    g_assert_nonnull (stage);
    g_assert_cmpfloat (fraction, >=, self->fraction);
    g_assert_cmpfloat (fraction, <=, 1);
    self->fraction = fraction;
    return ++self->n_progress != self->stop_at;
}

static void
message (HfHost *host, const char *text)
{
    g_string_append_printf (self_of (host)->messages, "[%s]", text);
}

static void
init_host (TestHost *self)
{
    memset (self, 0, sizeof *self);
    self->host = (HfHost) { indexed, children,     describe, pixels,     new_layer, new_group,
                            discard, insert_begin, insert,   insert_end, progress,  message };
    self->messages = g_string_new (NULL);
}

static void
clear_host (TestHost *self)
{
    for (int i = 1; i <= self->n_layers; i++) {
        g_free (self->layers[i].name);
        g_clear_object (&self->layers[i].pixels);
    }
    g_string_free (self->messages, TRUE);
}

/* Puts a layer on top of a group. */
static int
put (TestHost *self, const char *name, GeglBuffer *buffer, int group)
{
    int layer = add_layer (self, name, buffer);

    self->n_open++;
    insert (&self->host, layer, group, 0);
    self->n_open--;
    return layer;
}

/* ---- frames ---- */

static HfRender *
render_stack (void)
{
    HfRenderOptions options;
    GError *error = NULL;
    HfRender *render;

    hf_render_options_init (&options, "breathing", 5);
    options.width = WIDTH;
    options.height = HEIGHT;
    options.n_frames = N_FRAMES;
    render = hf_render_new (&options, NULL, &error);
    g_assert_no_error (error);
    return render;
}

static GeglBuffer *
buffer_of_image (const HfImage *image)
{
    GeglRectangle extent = { 0, 0, image->width, image->height };
    GeglBuffer *buffer = gegl_buffer_new (&extent, hf_buffer_babl (image->format, NULL));

    hf_buffer_write (buffer, 0, 0, image, NULL);
    return buffer;
}

static GeglBuffer *
tiny_buffer (void)
{
    return gegl_buffer_new (GEGL_RECTANGLE (0, 0, 2, 2), babl_format ("R'G'B' u8"));
}

/* A host with the rendered frames as layers "f0" (at the bottom), "f1", … */
static void
init_stack (TestHost *self, const HfRender *render)
{
    init_host (self);
    for (int i = 0; i < N_FRAMES; i++) {
        char *name = g_strdup_printf ("f%d", i);

        put (self, name, buffer_of_image (render->frames[i]), 0);
        g_free (name);
    }
}

/* Names from the top, of a group. */
static char *
names_in (TestHost *self, int group)
{
    GString *names = g_string_new (NULL);

    for (int i = 0; i < self->n_order; i++)
        if (self->layers[self->order[i]].parent == group)
            g_string_append_printf (names, "%s%s", names->len ? "," : "",
                                    self->layers[self->order[i]].name);
    return g_string_free (names, FALSE);
}

static void
assert_names (TestHost *self, int group, const char *wanted)
{
    char *names = names_in (self, group);

    g_assert_cmpstr (names, ==, wanted);
    g_free (names);
}

static int
find_layer (const TestHost *self, const char *name)
{
    for (int i = 1; i <= self->n_layers; i++)
        if (strcmp (self->layers[i].name, name) == 0)
            return i;
    return 0;
}

/* ---- which layers are frames ---- */

static void
walk_order (void)
{
    TestHost self;
    GString *names = g_string_new (NULL);
    GArray *frames;
    int outer, inner, n_results;

    init_host (&self);
    put (&self, "bottom", tiny_buffer (), 0);
    outer = put (&self, "outer", NULL, 0);
    put (&self, "outer-1", tiny_buffer (), outer);
    inner = put (&self, "inner", NULL, outer);
    put (&self, "inner-1", tiny_buffer (), inner);
    put (&self, "inner-2", tiny_buffer (), inner);
    put (&self, "outer-2", tiny_buffer (), outer);
    self.layers[put (&self, "hidden", tiny_buffer (), 0)].visible = false;
    self.layers[put (&self, "result", tiny_buffer (), 0)].result = true;
    self.layers[put (&self, "top", tiny_buffer (), 0)].x = 7;
    frames = hf_layer_walk (&self.host, &n_results);
    for (guint i = 0; i < frames->len; i++)
        g_string_append_printf (names, "%s ", g_array_index (frames, HfFrameLayer, i).name);
    g_assert_cmpstr (names->str, ==, "bottom outer-1 inner-1 inner-2 outer-2 top ");
    g_assert_cmpint (g_array_index (frames, HfFrameLayer, frames->len - 1).x, ==, 7);
    g_assert_cmpint (n_results, ==, 1);
    g_array_unref (frames);
    self.layers[outer].visible = false;
    frames = hf_layer_walk (&self.host, NULL);
    g_assert_cmpint (frames->len, ==, 2);
    g_array_unref (frames);
    g_string_free (names, TRUE);
    clear_host (&self);
}

/* ---- options ---- */

static void
options_as_text (void)
{
    HfPluginOptions options, copy;
    char *text, *again;

    hf_plugin_options_init (&options);
    hf_plugin_options_init (&copy);
    options.stack.output.crop = HF_CROP_COMMON;
    options.stack.output.threads = 3;
    options.stack.fuse.noise_level = 0.1;
    options.layers.aligned_frames = false;
    g_free (options.stack.align.reference);
    options.stack.align.reference = g_strdup ("a=b, c\nd");
    text = hf_plugin_options_to_text (&options);
    hf_plugin_options_from_text (&copy, text);
    again = hf_plugin_options_to_text (&copy);
    g_assert_cmpstr (text, ==, again);
    g_assert_cmpstr (copy.stack.align.reference, ==, "a=b, c d");
    g_assert_cmpint (copy.stack.output.crop, ==, HF_CROP_COMMON);
    g_assert_cmpfloat (copy.stack.fuse.noise_level, ==, 0.1);
    g_assert_false (copy.layers.aligned_frames);
    /* what another version wrote */
    hf_plugin_options_from_text (&copy, "threads=-1\nno-such-option=1\ncrop=none\nnonsense");
    g_assert_cmpint (copy.stack.output.threads, ==, 3);
    g_assert_cmpint (copy.stack.output.crop, ==, HF_CROP_NONE);
    g_free (text);
    g_free (again);
    hf_plugin_options_clear (&options);
    hf_plugin_options_clear (&copy);
}

/* Arguments of a procedure and properties of a dialog share one space of names. */
static void
option_names_are_unique (void)
{
    GHashTable *names = g_hash_table_new (g_str_hash, g_str_equal);
    int n = 0;

    for (const HfStackPart *part = hf_stack_parts; part->table; part++)
        n += part->table->n_options;
    g_assert_cmpint (hf_plugin_n_options (), ==, n + hf_layers_table.n_options);
    for (int i = 0; i < hf_plugin_n_options (); i++)
        g_assert_true (g_hash_table_add (names, (void *) hf_plugin_option (NULL, i, NULL)->name));
    g_assert_null (hf_plugin_option (NULL, hf_plugin_n_options (), NULL));
    g_hash_table_unref (names);
}

/* ---- whole runs ---- */

static bool
run_stack (TestHost *self, bool aligned_frames, int *fused, GError **error)
{
    HfPluginOptions options;
    bool good;

    self->fraction = 0;
    hf_plugin_options_init (&options);
    options.layers.aligned_frames = aligned_frames;
    good = hf_stack_layers (&self->host, &options, fused, error);
    hf_plugin_options_clear (&options);
    g_assert_cmpint (self->n_open, ==, 0);
    return good;
}

/* What the engine makes of the same frames from memory. */
static HfImage *
engine_result (const HfRender *render)
{
    HfSource *source = hf_source_new_from_images (render->frames, NULL, NULL, N_FRAMES);
    HfSink *sink = hf_sink_new_memory (NULL);
    HfStackOptions options;
    HfStackResult result;
    GError *error = NULL;
    HfImage *image;

    hf_stack_options_init (&options);
    hf_stack_run (source, &options, &(HfStackSinks) { .fused = sink }, NULL, &result, &error);
    g_assert_no_error (error);
    image = hf_memory_sink_take (sink, 0, NULL, NULL);
    hf_stack_result_clear (&result);
    hf_stack_options_clear (&options);
    hf_sink_free (sink);
    hf_source_free (source);
    return image;
}

static void
assert_same_pixels (GeglBuffer *buffer, const HfImage *wanted)
{
    GError *error = NULL;
    HfImage *image = hf_buffer_read (buffer, gegl_buffer_get_extent (buffer), wanted->format, NULL,
                                     NULL, &error);

    g_assert_no_error (error);
    g_assert_cmpint (image->width, ==, wanted->width);
    g_assert_cmpint (image->height, ==, wanted->height);
    for (int y = 0; y < wanted->height; y++)
        g_assert_cmpmem (
            hf_image_row (image, y), (gsize) wanted->width * hf_format_bytes (wanted->format),
            hf_image_row (wanted, y), (gsize) wanted->width * hf_format_bytes (wanted->format));
    hf_image_free (image);
}

static void
adds_layers (void)
{
    HfRender *render = render_stack ();
    HfImage *wanted = engine_result (render);
    GError *error = NULL;
    TestHost self;
    int fused = 0;

    init_stack (&self, render);
    run_stack (&self, true, &fused, &error);
    g_assert_no_error (error);
    assert_names (&self, 0, "Focus stack,Aligned frames,f3,f2,f1,f0");
    assert_names (&self, find_layer (&self, "Aligned frames"),
                  "f3 aligned,f2 aligned,f1 aligned,f0 aligned");
    g_assert_cmpstr (self.layers[fused].name, ==, "Focus stack");
    g_assert_cmpint (self.n_undo_steps, ==, 1);
    g_assert_cmpstr (self.messages->str, ==, "");
    assert_same_pixels (self.layers[fused].pixels, wanted);
    /* its own results are no frames: a second run is the same */
    run_stack (&self, false, &fused, &error);
    g_assert_no_error (error);
    assert_names (&self, 0, "Focus stack,Focus stack,Aligned frames,f3,f2,f1,f0");
    g_assert_cmpint (self.n_undo_steps, ==, 2);
    assert_same_pixels (self.layers[fused].pixels, wanted);
    clear_host (&self);
    hf_image_free (wanted);
    hf_render_free (render);
}

static void
assert_untouched (TestHost *self)
{
    assert_names (self, 0, "f3,f2,f1,f0");
    g_assert_cmpint (self->n_undo_steps, ==, 0);
    g_assert_cmpint (self->n_order, ==, N_FRAMES);
}

/* Stopped at any of the calls of progress, in steps. */
static void
cancel_leaves_nothing (void)
{
    HfRender *render = render_stack ();
    TestHost self;
    int n_calls, fused;

    init_stack (&self, render);
    g_assert_true (run_stack (&self, true, &fused, NULL));
    n_calls = self.n_progress;
    g_assert_cmpint (n_calls, >, 5);
    clear_host (&self);
    for (int k = 0; k <= 8; k++) {
        GError *error = NULL;

        init_stack (&self, render);
        self.stop_at = MAX (1, n_calls * k / 8);
        g_assert_false (run_stack (&self, true, &fused, &error));
        g_assert_error (error, HF_ERROR, HF_ERROR_CANCELLED);
        assert_untouched (&self);
        g_assert_cmpint (self.n_discarded, ==, self.n_layers - N_FRAMES);
        g_clear_error (&error);
        clear_host (&self);
    }
    hf_render_free (render);
}

/* Any of the new layers, or their group, cannot be made. */
static void
failed_layer_leaves_nothing (void)
{
    HfRender *render = render_stack ();

    for (int k = 1; k <= N_FRAMES + 2; k++) {
        GError *error = NULL;
        TestHost self;
        int fused;

        init_stack (&self, render);
        self.fail_at = k;
        g_assert_false (run_stack (&self, true, &fused, &error));
        g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
        assert_untouched (&self);
        g_assert_cmpint (self.n_discarded, ==, MIN (k - 1, N_FRAMES + 1));
        g_clear_error (&error);
        clear_host (&self);
    }
    hf_render_free (render);
}

static void
fill_with_noise (GeglBuffer *buffer, guint32 seed)
{
    HfImage *image = hf_image_new (NULL, WIDTH, HEIGHT, (HfFormat) { HF_SAMPLE_U8, 3 }, NULL);
    GRand *random = g_rand_new_with_seed (seed);

    for (int y = 0; y < HEIGHT; y++)
        for (int i = 0; i < 3 * WIDTH; i++)
            ((guint8 *) hf_image_row (image, y))[i] = (guint8) g_rand_int_range (random, 0, 256);
    hf_buffer_write (buffer, 0, 0, image, NULL);
    g_rand_free (random);
    hf_image_free (image);
}

/* A frame of noise has nothing to do with the others: it is named, and is not in the group. */
static void
left_out_frame_is_named (void)
{
    HfRender *render = render_stack ();
    GError *error = NULL;
    TestHost self;
    int fused;

    init_stack (&self, render);
    fill_with_noise (self.layers[find_layer (&self, "f3")].pixels, 1);
    run_stack (&self, true, &fused, &error);
    g_assert_no_error (error);
    assert_names (&self, find_layer (&self, "Aligned frames"), "f2 aligned,f1 aligned,f0 aligned");
    g_assert_true (g_str_has_prefix (self.messages->str, "[f3 is left out: "));
    clear_host (&self);
    hf_render_free (render);
}

static void
refuses_what_is_no_stack (void)
{
    HfRender *render = render_stack ();
    GError *error = NULL;
    TestHost self;
    int fused;

    init_stack (&self, render);
    self.indexed = true;
    g_assert_false (run_stack (&self, true, &fused, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_ARGUMENT);
    g_clear_error (&error);
    assert_untouched (&self);
    self.indexed = false;
    for (int i = 1; i < N_FRAMES; i++)
        self.layers[i].visible = false;
    g_assert_false (run_stack (&self, true, &fused, &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_STACK);
    g_clear_error (&error);
    assert_untouched (&self);
    clear_host (&self);
    hf_render_free (render);
}

int
main (int argc, char **argv)
{
    int status;

    gegl_init (NULL, NULL);
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/gimp-core/walk-order", walk_order);
    g_test_add_func ("/gimp-core/options-as-text", options_as_text);
    g_test_add_func ("/gimp-core/option-names-are-unique", option_names_are_unique);
    g_test_add_func ("/gimp-core/adds-layers", adds_layers);
    g_test_add_func ("/gimp-core/cancel-leaves-nothing", cancel_leaves_nothing);
    g_test_add_func ("/gimp-core/failed-layer-leaves-nothing", failed_layer_leaves_nothing);
    g_test_add_func ("/gimp-core/left-out-frame-is-named", left_out_frame_is_named);
    g_test_add_func ("/gimp-core/refuses-what-is-no-stack", refuses_what_is_no_stack);
    status = g_test_run ();
    gegl_exit ();
    return status;
}
