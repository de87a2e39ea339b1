/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hyperfocal:focus-stack against hf_stack_run () on the same files, bit for bit; its frames, its
 * memory of the result, its faults. */
#include "pictures.h"

#include <gegl-plugin.h>
#include <glib/gstdio.h>
#include <string.h>

enum { N = 3, WIDTH = 260, HEIGHT = 190 };

/* A stack in a folder of its own. */
typedef struct Stack {
    char *folder;
    char *paths[N + 1]; /* ended by NULL */
    HfFormat format;
} Stack;

static Stack
stack_new (HfFormat format, const char *const *names, guint32 seed)
{
    Stack stack = { .folder = folder_new (), .format = format };

    for (int i = 0; i < N; i++) {
        HfImage *image = picture_new_frame (WIDTH, HEIGHT, format, seed, i, N, 2);

        stack.paths[i] = picture_save (image, stack.folder, names[i]);
        hf_image_free (image);
    }
    return stack;
}

static void
stack_free (Stack *stack)
{
    for (int i = 0; i < N; i++)
        g_free (stack->paths[i]);
    folder_remove (stack->folder);
}

static const char *const png_names[] = { "f2.png", "f10.png", "f11.png" };
static const char *const tiff_names[] = { "1.tif", "2.tif", "3.tif" };
static const char *const odd_names[] = { "a b.png", "ä ö ß.png", "c:d=e,'f'.png" };

/* What the engine makes of the files. */
static HfImage *
run_directly (const char *const *paths, HfTransformModel transform, int reference)
{
    HfSource *source = hf_files_source_new (paths, NULL);
    HfSink *sink = hf_sink_new_memory (NULL);
    HfStackOptions options;
    HfStackResult result;
    GError *error = NULL;
    HfImage *image;

    hf_stack_options_init (&options);
    options.align.transform = (int) transform;
    g_free (options.align.reference);
    options.align.reference = g_strdup_printf ("%d", reference);
    hf_stack_run (source, &options, &(HfStackSinks) { .fused = sink }, NULL, &result, &error);
    g_assert_no_error (error);
    image = hf_memory_sink_take (sink, 0, NULL, NULL);
    hf_stack_result_clear (&result);
    hf_stack_options_clear (&options);
    hf_sink_free (sink);
    hf_source_free (source);
    return image;
}

static HfImage *
render_whole (GeglNode *node, HfFormat format)
{
    GeglRectangle box = gegl_node_get_bounding_box (node);

    return node_render (node, &box, format, NULL);
}

static void
check_equal (GeglNode *node, const HfImage *expected)
{
    HfImage *got = render_whole (node, expected->format);

    pictures_assert_equal (expected, got);
    hf_image_free (got);
}

/* Rendering says this, and gives nothing but transparent pixels. */
static void
check_fault (GeglNode *node, const char *message)
{
    GeglRectangle roi = { 0, 0, 40, 40 };
    HfImage *got;

    g_test_expect_message ("Hyperfocal", G_LOG_LEVEL_WARNING, message);
    got = node_render (node, &roi, (HfFormat) { HF_SAMPLE_U8, 4 }, NULL);
    g_test_assert_expected_messages ();
    for (int y = 0; y < 40; y++)
        for (int i = 0; i < 40 * 4; i++)
            g_assert_cmpint (((uint8_t *) hf_image_row (got, y))[i], ==, 0);
    hf_image_free (got);
}

static void
test_same_bits (void)
{
    static const HfFormat formats[] = { { HF_SAMPLE_U8, 1 },  { HF_SAMPLE_U8, 3 },
                                        { HF_SAMPLE_U16, 1 }, { HF_SAMPLE_U16, 3 },
                                        { HF_SAMPLE_U16, 4 }, { HF_SAMPLE_FLOAT, 3 } };
    guint32 seed = drawn_seed ();

    for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
        bool is_float = formats[f].type == HF_SAMPLE_FLOAT;
        Stack stack = stack_new (formats[f], is_float ? tiff_names : png_names, seed);
        char *files = g_strjoinv ("\n", stack.paths);
        HfTransformModel transform = f % 2 ? HF_TRANSFORM_TRANSLATION : HF_TRANSFORM_AUTO;
        char *reference = g_strdup_printf ("%d", f % N);
        HfImage *expected =
            run_directly ((const char *const *) stack.paths, transform, (int) f % N);
        GeglNode *root = gegl_node_new ();
        GeglNode *node =
            gegl_node_new_child (root, "operation", "hyperfocal:focus-stack", "files", files,
                                 "transform", transform, "reference", reference, NULL);
        GeglRectangle box = gegl_node_get_bounding_box (node);

        g_assert_true (gegl_rectangle_equal (&box, GEGL_RECTANGLE (0, 0, WIDTH, HEIGHT)));
        g_assert_true (hf_format_equal (expected->format, formats[f]));
        check_equal (node, expected);
        g_object_unref (root);
        hf_image_free (expected);
        g_free (files);
        g_free (reference);
        stack_free (&stack);
    }
}

/* The folder alone, names in it, and full paths in any of the two spellings are the same stack. */
static void
test_naming (void)
{
    Stack stack = stack_new ((HfFormat) { HF_SAMPLE_U8, 3 }, png_names, 2);
    HfImage *expected = run_directly ((const char *const *) stack.paths, HF_TRANSFORM_NONE, 1);
    char *lines = g_strjoinv ("\n", stack.paths);
    char *elements = g_strjoinv (G_SEARCHPATH_SEPARATOR_S, stack.paths);
    const char *cases[][2] = { { lines, "" },
                               { elements, "" },
                               { "", stack.folder },
                               { "f2.png\nf10.png\nf11.png\n", stack.folder },
                               { "\r\nf2.png\r\nf10.png\r\n\r\nf11.png", stack.folder },
                               { "f2.png:f10.png:f11.png", stack.folder },
                               { lines, stack.folder } };

    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        GeglNode *root = gegl_node_new ();
        GeglNode *node =
            gegl_node_new_child (root, "operation", "hyperfocal:focus-stack", "files", cases[i][0],
                                 "folder", cases[i][1], "transform", HF_TRANSFORM_NONE, NULL);

        g_test_message ("case %u", i);
        check_equal (node, expected);
        g_object_unref (root);
    }
    hf_image_free (expected);
    g_free (lines);
    g_free (elements);
    stack_free (&stack);
}

/* Blanks, letters beyond ASCII, a colon, quotes. */
static void
test_odd_names (void)
{
    Stack stack = stack_new ((HfFormat) { HF_SAMPLE_U8, 3 }, odd_names, 2);
    HfImage *expected = run_directly ((const char *const *) stack.paths, HF_TRANSFORM_NONE, 1);
    char *lines = g_strjoinv ("\n", stack.paths);
    GeglNode *root = gegl_node_new ();
    GeglNode *node = gegl_node_new_child (root, "operation", "hyperfocal:focus-stack", "files",
                                          lines, "transform", HF_TRANSFORM_NONE, NULL);

    check_equal (node, expected);
    g_object_unref (root);
    hf_image_free (expected);
    g_free (lines);
    stack_free (&stack);
}

/* The stack runs once: regions are served without the files; a changed property runs it again. */
static void
test_keeps_result (void)
{
    Stack stack = stack_new ((HfFormat) { HF_SAMPLE_U8, 3 }, png_names, 3);
    GeglNode *root = gegl_node_new ();
    GeglNode *node = gegl_node_new_child (root, "operation", "hyperfocal:focus-stack", "folder",
                                          stack.folder, "transform", HF_TRANSFORM_NONE, NULL);
    GeglRectangle roi = { 50, 60, 70, 80 };
    HfImage *whole = render_whole (node, stack.format), *part;

    for (int i = 0; i < N; i++)
        g_unlink (stack.paths[i]);
    part = node_render (node, &roi, stack.format, NULL);
    for (int y = 0; y < roi.height; y++)
        g_assert_cmpmem (hf_image_row (part, y), part->stride,
                         (char *) hf_image_row (whole, roi.y + y) + roi.x * 3, part->stride);
    check_equal (node, whole);
    gegl_node_set (node, "noise-level", 3.0, NULL);
    check_fault (node, "hyperfocal:focus-stack: *is empty");
    hf_image_free (whole);
    hf_image_free (part);
    g_object_unref (root);
    stack_free (&stack);
}

static GeglNode *
new_node (GeglNode **root, const char *files, const char *folder)
{
    *root = gegl_node_new ();
    return gegl_node_new_child (*root, "operation", "hyperfocal:focus-stack", "files", files,
                                "folder", folder, NULL);
}

/* Frames that cannot be: said in a warning, with nothing to show. */
static void
test_bad_frames (void)
{
    Stack stack = stack_new ((HfFormat) { HF_SAMPLE_U8, 3 }, png_names, 3);
    HfImage *other = picture_new (30, 30, stack.format, 1);
    char *odd = picture_save (other, stack.folder, "odd.png");
    char *text = g_build_filename (stack.folder, "text.png", NULL);
    char *empty = g_build_filename (stack.folder, "empty", NULL);
    const char *cases[][3] = {
        { "f2.png\nnone.png", stack.folder, "hyperfocal:focus-stack: *none.png*is empty" },
        { "f2.png\nodd.png", stack.folder, "hyperfocal:focus-stack: *odd.png*is empty" },
        { "f2.png\ntext.png", stack.folder, "hyperfocal:focus-stack: *text.png*is empty" },
        { "", empty, "hyperfocal:focus-stack: *empty*is empty" },
        { "", "/nowhere/at all", "hyperfocal:focus-stack: *nowhere*is empty" },
        { "\n\n", "", "hyperfocal:focus-stack: *is empty" }
    };

    g_assert_true (g_file_set_contents (text, "no picture", -1, NULL));
    g_mkdir (empty, 0700);
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        GeglNode *root, *node;
        GeglRectangle box;

        g_test_message ("case %u", i);
        g_test_expect_message ("Hyperfocal", G_LOG_LEVEL_WARNING, cases[i][2]);
        node = new_node (&root, cases[i][0], cases[i][1]);
        box = gegl_node_get_bounding_box (node);
        g_test_assert_expected_messages ();
        g_assert_true (gegl_rectangle_is_empty (&box));
        g_object_unref (root);
    }
    hf_image_free (other);
    g_free (odd);
    g_free (text);
    g_free (empty);
    stack_free (&stack);
}

/* Neither files nor folder: nothing, and nothing to complain about. */
static void
test_no_frames (void)
{
    GeglNode *root, *node = new_node (&root, "", "");
    GeglRectangle box = gegl_node_get_bounding_box (node);

    g_assert_true (gegl_rectangle_is_empty (&box));
    g_object_unref (root);
}

/* Faults that show in the run only: the bounding box stands, the picture is transparent. */
static void
test_failing_run (void)
{
    Stack stack = stack_new ((HfFormat) { HF_SAMPLE_U8, 3 }, png_names, 3);
    GeglNode *root, *node;
    char *contents;
    gsize length;

    node = new_node (&root, "f2.png\n", stack.folder);
    check_fault (node, "hyperfocal:focus-stack: *is empty"); /* one frame is no stack */
    gegl_node_set (node, "files", "", "memory", "1K", NULL);
    check_fault (node, "hyperfocal:focus-stack: *memory*is empty");
    gegl_node_set (node, "memory", "much", NULL);
    check_fault (node, "hyperfocal:focus-stack: *memory*is empty");
    g_assert_true (g_file_get_contents (stack.paths[2], &contents, &length, NULL));
    g_assert_true (g_file_set_contents (stack.paths[2], contents, (gssize) length / 2, NULL));
    gegl_node_set (node, "memory", "auto", NULL);
    check_fault (node, "hyperfocal:focus-stack: *f11.png*is empty");
    g_free (contents);
    g_object_unref (root);
    stack_free (&stack);
}

static void
test_bad_reference (void)
{
    Stack stack = stack_new ((HfFormat) { HF_SAMPLE_U8, 3 }, png_names, 3);
    GeglNode *root, *node = new_node (&root, "", stack.folder);
    GeglRectangle box;

    g_test_expect_message ("Hyperfocal", G_LOG_LEVEL_WARNING,
                           "hyperfocal:focus-stack: *99*is empty");
    gegl_node_set (node, "reference", "99", NULL);
    g_test_assert_expected_messages ();
    box = gegl_node_get_bounding_box (node);
    g_assert_true (gegl_rectangle_is_empty (&box));
    gegl_node_set (node, "reference", "last", NULL);
    box = gegl_node_get_bounding_box (node);
    g_assert_cmpint (box.width, ==, WIDTH);
    g_object_unref (root);
    stack_free (&stack);
}

static void
test_report (void)
{
    Stack stack = stack_new ((HfFormat) { HF_SAMPLE_U8, 3 }, png_names, 3);
    char *path = g_build_filename (stack.folder, "report.json", NULL), *text = NULL;
    GeglNode *root, *node = new_node (&root, "", stack.folder);

    gegl_node_set (node, "report", path, "transform", HF_TRANSFORM_NONE, NULL);
    hf_image_free (render_whole (node, stack.format));
    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    g_assert_nonnull (strstr (text, "\"frames\""));
    for (int i = 0; i < N; i++)
        g_assert_nonnull (strstr (text, png_names[i]));
    g_free (text);
    g_free (path);
    g_object_unref (root);
    stack_free (&stack);
}

/* In a graph file, `folder` counts from the file's place. */
static void
test_xml (void)
{
    Stack stack = stack_new ((HfFormat) { HF_SAMPLE_U16, 3 }, png_names, 4);
    HfImage *expected =
        run_directly ((const char *const *) stack.paths, HF_TRANSFORM_TRANSLATION, 0);
    char *above = g_path_get_dirname (stack.folder), *name = g_path_get_basename (stack.folder);
    char *xml = g_strdup_printf ("<?xml version='1.0' encoding='UTF-8'?><gegl>"
                                 "<node operation='hyperfocal:focus-stack'><params>"
                                 "<param name='folder'>%s</param>"
                                 "<param name='files'>f2.png\nf10.png\nf11.png</param>"
                                 "<param name='transform'>translation</param>"
                                 "<param name='reference'>first</param>"
                                 "</params></node></gegl>",
                                 name);
    GeglNode *graph = gegl_node_new_from_xml (xml, above);

    g_assert_nonnull (graph);
    check_equal (graph, expected);
    g_object_unref (graph);
    hf_image_free (expected);
    g_free (above);
    g_free (name);
    g_free (xml);
    stack_free (&stack);
}

/* The real circuit board, from the operation and from the engine. */
static void
test_pcb (void)
{
    const char *stacks = g_getenv ("HF_STACKS");
    char *folder = g_build_filename (stacks ? stacks : "/nowhere", "pcb", NULL), **paths;
    GeglNode *root, *node;
    HfImage *expected;

    if (!g_file_test (folder, G_FILE_TEST_IS_DIR)) {
        g_test_skip ("no real stacks here");
        g_free (folder);
        return;
    }
    paths = hf_files_list (folder, NULL);
    expected = run_directly ((const char *const *) paths, HF_TRANSFORM_AUTO, 3);
    node = new_node (&root, "", folder);
    check_equal (node, expected);
    g_object_unref (root);
    hf_image_free (expected);
    g_strfreev (paths);
    g_free (folder);
}

int
main (int argc, char **argv)
{
    int status;

    g_test_init (&argc, &argv, NULL);
    gegl_init (&argc, &argv);
    g_test_add_func ("/gegl/focus-stack/same-bits-as-engine", test_same_bits);
    g_test_add_func ("/gegl/focus-stack/naming", test_naming);
    g_test_add_func ("/gegl/focus-stack/odd-names", test_odd_names);
    g_test_add_func ("/gegl/focus-stack/keeps-result", test_keeps_result);
    g_test_add_func ("/gegl/focus-stack/bad-frames", test_bad_frames);
    g_test_add_func ("/gegl/focus-stack/no-frames", test_no_frames);
    g_test_add_func ("/gegl/focus-stack/failing-run", test_failing_run);
    g_test_add_func ("/gegl/focus-stack/bad-reference", test_bad_reference);
    g_test_add_func ("/gegl/focus-stack/report", test_report);
    g_test_add_func ("/gegl/focus-stack/xml", test_xml);
    g_test_add_func ("/gegl/focus-stack/pcb", test_pcb);
    status = g_test_run ();
    gegl_exit ();
    return status;
}
