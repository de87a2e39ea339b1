/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * hyperfocal:focus-stack -- a source: frames of a focal stack from files, aligned, balanced and
 * fused into one picture, streamed by the engine.
 *
 * `folder` alone takes all pictures of a folder in natural order of their names. `files` names the
 * frames in order: one a line, or, where there is no line break, separated by the system's search
 * path separator (a colon; on Windows a semicolon); names that are not absolute are looked up in
 * `folder` when that is given, in the current folder otherwise. In XML `folder` counts from the
 * file's place.
 *
 * The bounding box is that of the reference frame, from its header; the picture is never cropped.
 * All other options of a stack are properties. The first request runs the stack; its result is kept
 * until a property is set; files that change meanwhile are not noticed. What cannot be read or run
 * is said in a warning, and the output is empty or transparent.
 */
#include "bridge/buffer.h"
#include "operations.h"
#include "properties.h"

#include <string.h>

enum { PROP_0, PROP_FILES, PROP_FOLDER, PROP_REPORT, PROP_OPTIONS };

typedef struct HyperfocalFocusStack {
    GeglOperationSource parent;
    char *files, *folder, *report;
    HfStackOptions options;
    bool is_opened;       /* open_frames () was tried since the last change */
    GError *problem;      /* what it failed with, not yet said */
    HfSource *source;     /* NULL: there is nothing to show */
    GeglRectangle extent; /* of the reference */
    HfFormat format;      /* likewise */
    const Babl *space;    /* likewise */
    GeglBuffer *result;   /* NULL: not run yet */
} HyperfocalFocusStack;

typedef struct HyperfocalFocusStackClass {
    GeglOperationSourceClass parent;
} HyperfocalFocusStackClass;

GType hyperfocal_focus_stack_get_type (void);
G_DEFINE_DYNAMIC_TYPE (HyperfocalFocusStack, hyperfocal_focus_stack, GEGL_TYPE_OPERATION_SOURCE)

#define HYPERFOCAL_FOCUS_STACK(object) ((HyperfocalFocusStack *) (object))

/* Says what went wrong with the frames, once. Not while properties are being set: GEGL asks for the
 * bounding box after each of them, and files may well be named before their folder. */
static void
warn_of_problem (HyperfocalFocusStack *self)
{
    if (self->problem)
        g_warning ("hyperfocal:focus-stack: %s; the result is empty", self->problem->message);
    g_clear_error (&self->problem);
}

/* ---- the frames ---- */

static bool
is_given (const char *text)
{
    return text && text[0];
}

/* The lines or path elements of `files`, without empty ones, as paths ended by NULL. */
static char **
split_files (const char *files, const char *folder)
{
    const char *separator = strchr (files, '\n') ? "\n" : G_SEARCHPATH_SEPARATOR_S;
    char **names = g_strsplit (files, separator, -1);
    GPtrArray *paths = g_ptr_array_new ();

    for (int i = 0; names[i]; i++) {
        gsize length = strlen (names[i]);

        if (length && names[i][length - 1] == '\r')
            names[i][--length] = '\0';
        if (!length)
            continue;
        if (is_given (folder) && !g_path_is_absolute (names[i]))
            g_ptr_array_add (paths, g_build_filename (folder, names[i], NULL));
        else
            g_ptr_array_add (paths, g_strdup (names[i]));
    }
    g_strfreev (names);
    g_ptr_array_add (paths, NULL);
    return (char **) g_ptr_array_free (paths, FALSE);
}

static char **
list_paths (const HyperfocalFocusStack *self, GError **error)
{
    if (is_given (self->files))
        return split_files (self->files, self->folder);
    return hf_files_list (self->folder, error);
}

static const Babl *
space_of (const HfMetadata *metadata)
{
    const char *problem = NULL;
    const Babl *space = NULL;

    if (metadata && metadata->icc) {
        gsize length;
        const char *icc = g_bytes_get_data (metadata->icc, &length);

        space = babl_space_from_icc (icc, (int) length, BABL_ICC_INTENT_RELATIVE_COLORIMETRIC,
                                     &problem);
    }
    return space && !babl_space_is_cmyk (space) ? space : babl_space ("sRGB");
}

static bool
read_reference (HyperfocalFocusStack *self, GError **error)
{
    HfFrameInfo info;
    int reference;

    if (!hf_align_reference (&self->options.align, self->source->n_frames, &reference, error) ||
        !hf_source_info (self->source, reference, &info, error))
        return false;
    self->extent = (GeglRectangle) { 0, 0, info.width, info.height };
    self->format = info.format;
    self->space = space_of (info.metadata);
    hf_frame_info_clear (&info);
    return true;
}

/* Reads the headers, once after each change of what names the frames. */
static void
open_frames (HyperfocalFocusStack *self)
{
    char **paths;

    if (self->is_opened || (!is_given (self->files) && !is_given (self->folder)))
        return;
    self->is_opened = true;
    paths = list_paths (self, &self->problem);
    if (paths)
        self->source = hf_files_source_new ((const char *const *) paths, &self->problem);
    if (self->source && !read_reference (self, &self->problem)) {
        hf_source_free (self->source);
        self->source = NULL;
    }
    g_strfreev (paths);
}

static void
forget_frames (HyperfocalFocusStack *self)
{
    hf_source_free (self->source);
    self->source = NULL;
    self->is_opened = false;
    g_clear_error (&self->problem);
}

/* ---- the run ---- */

static bool
report_progress (void *data, double fraction, const char *stage)
{
    gegl_operation_progress (GEGL_OPERATION (data), fraction, (gchar *) "");
    return true;
}

static void
report_warning (void *data, const char *message)
{
    g_warning ("hyperfocal:focus-stack: %s", message);
}

static void
write_report (const char *path, const HfStackResult *result)
{
    char *json = hf_stack_result_to_json (result);
    GError *error = NULL;

    if (!g_file_set_contents (path, json, -1, &error)) {
        g_warning ("hyperfocal:focus-stack: the report: %s", error->message);
        g_error_free (error);
    }
    g_free (json);
}

/* GEGL's number of threads where the property leaves it open. */
static void
choose_threads (HfOutputOptions *output)
{
    if (output->threads == 0)
        g_object_get (gegl_config (), "threads", &output->threads, NULL);
}

static bool
run_stack (HyperfocalFocusStack *self, HfSink *sink, GError **error)
{
    HfStackOptions options;
    HfStackResult result;
    HfMonitor monitor;
    bool good;

    hf_stack_options_init (&options);
    for (const HfStackPart *part = hf_stack_parts; part->table; part++)
        hf_options_copy (part->table, (char *) &options + part->offset,
                         (char *) &self->options + part->offset);
    choose_threads (&options.output);
    hf_monitor_init (&monitor, report_progress, report_warning, self);
    good = hf_stack_run (self->source, &options, &(HfStackSinks) { .fused = sink }, &monitor,
                         &result, error);
    if (good && is_given (self->report))
        write_report (self->report, &result);
    hf_stack_result_clear (&result);
    hf_stack_options_clear (&options);
    return good;
}

/* The fused picture; transparent when the stack cannot be run. */
static GeglBuffer *
make_result (HyperfocalFocusStack *self)
{
    HfSink *sink = hf_buffer_sink_new (self->space);
    HfBufferPicture picture = { 0 };
    GError *error = NULL;

    if (run_stack (self, sink, &error)) {
        picture = hf_buffer_sink_take (sink, 0);
    } else {
        HfFormat empty = { self->format.type, 4 };

        g_warning ("hyperfocal:focus-stack: %s; the result is empty", error->message);
        g_error_free (error);
        picture.buffer = gegl_buffer_new (&self->extent, hf_buffer_babl (empty, self->space));
    }
    hf_sink_free (sink);
    g_free (picture.name);
    return picture.buffer;
}

/* ---- the operation ---- */

static void
prepare (GeglOperation *operation)
{
    HyperfocalFocusStack *self = HYPERFOCAL_FOCUS_STACK (operation);

    open_frames (self);
    warn_of_problem (self);
    if (self->source)
        gegl_operation_set_format (operation, "output", hf_buffer_babl (self->format, self->space));
}

static GeglRectangle
get_bounding_box (GeglOperation *operation)
{
    HyperfocalFocusStack *self = HYPERFOCAL_FOCUS_STACK (operation);

    open_frames (self);
    return self->source ? self->extent : (GeglRectangle) { 0, 0, 0, 0 };
}

static GeglRectangle
get_cached_region (GeglOperation *operation, const GeglRectangle *roi)
{
    return get_bounding_box (operation);
}

/* The result is its own cache: it is handed out as it is. */
static gboolean
process (GeglOperation *operation, GeglOperationContext *context, const gchar *output_pad,
         const GeglRectangle *roi, gint level)
{
    HyperfocalFocusStack *self = HYPERFOCAL_FOCUS_STACK (operation);

    open_frames (self);
    if (!self->source)
        return TRUE;
    if (!self->result) {
        self->result = make_result (self);
        gegl_object_set_has_forked (G_OBJECT (self->result));
    }
    gegl_operation_context_set_object (context, "output", G_OBJECT (self->result));
    return TRUE;
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    HyperfocalFocusStack *self = HYPERFOCAL_FOCUS_STACK (object);
    char **text = id == PROP_FILES    ? &self->files
                  : id == PROP_FOLDER ? &self->folder
                  : id == PROP_REPORT ? &self->report
                                      : NULL;
    bool names_frames =
        id == PROP_FILES || id == PROP_FOLDER || strcmp (spec->name, "reference") == 0;

    if (text) {
        g_free (*text);
        *text = g_value_dup_string (value);
    } else {
        void *part;
        const HfOption *option = hf_stack_option_find (&self->options, spec->name, &part);

        hf_property_set (option, part, value);
    }
    if (names_frames)
        forget_frames (self);
    g_clear_object (&self->result);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    HyperfocalFocusStack *self = HYPERFOCAL_FOCUS_STACK (object);

    if (id == PROP_FILES || id == PROP_FOLDER || id == PROP_REPORT) {
        g_value_set_string (value, id == PROP_FILES    ? self->files
                                   : id == PROP_FOLDER ? self->folder
                                                       : self->report);
    } else {
        void *part;
        const HfOption *option = hf_stack_option_find (&self->options, spec->name, &part);

        hf_property_get (option, part, value);
    }
}

static void
finalize (GObject *object)
{
    HyperfocalFocusStack *self = HYPERFOCAL_FOCUS_STACK (object);

    forget_frames (self);
    g_clear_object (&self->result);
    g_free (self->files);
    g_free (self->folder);
    g_free (self->report);
    hf_stack_options_clear (&self->options);
    G_OBJECT_CLASS (hyperfocal_focus_stack_parent_class)->finalize (object);
}

static void
hyperfocal_focus_stack_init (HyperfocalFocusStack *self)
{
    hf_stack_options_init (&self->options);
}

static void
install_sources (GObjectClass *object)
{
    g_object_class_install_property (
        object, PROP_FILES,
        g_param_spec_string (
            "files", "Files",
            "The frames in order, one a line; without line breaks: separated as in "
            "a search path. Relative names are looked up in the folder",
            "", HF_PROPERTY_FLAGS));
    g_object_class_install_property (
        object, PROP_FOLDER,
        gegl_param_spec_file_path ("folder", "Folder",
                                   "The folder whose pictures are the frames, in natural order of "
                                   "their names",
                                   FALSE, FALSE, "", HF_PROPERTY_FLAGS));
    g_object_class_install_property (
        object, PROP_REPORT,
        gegl_param_spec_file_path ("report", "Report",
                                   "A file that the run's report is written to, as JSON", FALSE,
                                   FALSE, "", HF_PROPERTY_FLAGS));
}

/* All options of a stack but the crop: the bounding box is known before the frames are seen. */
static void
install_options (GObjectClass *object)
{
    guint id = PROP_OPTIONS;

    for (const HfStackPart *part = hf_stack_parts; part->table; part++)
        for (int i = 0; i < part->table->n_options; i++)
            if (strcmp (part->table->options[i].name, "crop") != 0)
                hf_property_install (object, id++, &part->table->options[i]);
}

static void
describe (GeglOperationClass *operation)
{
    gegl_operation_class_set_keys (
        operation, "name", "hyperfocal:focus-stack", "title", "Focus Stack", "categories",
        "focus-stacking", "description",
        "Aligns, balances and fuses the frames of a focal stack, from files or a folder, into one "
        "picture that is sharp everywhere.",
        NULL);
}

static void
hyperfocal_focus_stack_class_init (HyperfocalFocusStackClass *klass)
{
    GObjectClass *object = G_OBJECT_CLASS (klass);
    GeglOperationClass *operation = GEGL_OPERATION_CLASS (klass);

    object->set_property = set_property;
    object->get_property = get_property;
    object->finalize = finalize;
    install_sources (object);
    install_options (object);
    operation->prepare = prepare;
    operation->get_bounding_box = get_bounding_box;
    operation->get_cached_region = get_cached_region;
    operation->process = process;
    operation->threaded = FALSE;
    operation->cache_policy = GEGL_CACHE_POLICY_NEVER;
    describe (operation);
}

static void
hyperfocal_focus_stack_class_finalize (HyperfocalFocusStackClass *klass)
{
}

void
hf_register_focus_stack (GTypeModule *module)
{
    hyperfocal_focus_stack_register_type (module);
}
