/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The operations from the gegl command, by a chain of operations and by graph files. Results are
 * PNG files of 16 bit; GEGL rounds there in its own way, hence one level of tolerance where the
 * result is float.
 */
#include "pictures.h"

#include <string.h>

enum { WIDTH = 150, HEIGHT = 110 };

/* A folder with two frames a.png and "b c.png". */
typedef struct Place {
    char *folder;
    HfImage *images[2];
} Place;

static Place
place_new (void)
{
    Place place = { .folder = folder_new () };

    for (int i = 0; i < 2; i++) {
        place.images[i] =
            picture_new_frame (WIDTH, HEIGHT, (HfFormat) { HF_SAMPLE_U16, 3 }, 17, i, 2, 0);
        g_free (picture_save (place.images[i], place.folder, i ? "b c.png" : "a.png"));
    }
    return place;
}

static void
place_free (Place *place)
{
    hf_image_free (place->images[0]);
    hf_image_free (place->images[1]);
    folder_remove (place->folder);
}

/* Runs gegl in the place's folder with these words (ended by NULL) and reads out.png; `complaint`,
 * where not NULL, is found on its standard error. */
static HfImage *
run_gegl (const Place *place, const char *const *words, const char *complaint)
{
    char *program = g_find_program_in_path ("gegl"), *errors = NULL, *path;
    GPtrArray *arguments = g_ptr_array_new ();
    GError *error = NULL;
    HfImage *image;
    int status;

    g_ptr_array_add (arguments, program);
    for (int i = 0; words[i]; i++)
        g_ptr_array_add (arguments, (char *) words[i]);
    g_ptr_array_add (arguments, NULL);
    g_spawn_sync (place->folder, (char **) arguments->pdata, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                  NULL, NULL, &errors, &status, &error);
    g_assert_no_error (error);
    g_assert_true (g_spawn_check_wait_status (status, NULL));
    if (complaint)
        g_assert_nonnull (strstr (errors, complaint));
    else if (strstr (errors, "yperfocal"))
        g_error ("gegl complains: %s", errors);
    path = g_build_filename (place->folder, "out.png", NULL);
    image = hf_file_read (path, 1, NULL, NULL, &error);
    g_assert_no_error (error);
    g_ptr_array_free (arguments, TRUE);
    g_free (program);
    g_free (errors);
    g_free (path);
    return image;
}

/* The colours of a result, at 16 bit, against what the engine makes of it. */
static void
check (const Place *place, const char *const *words, const HfBand *expected)
{
    HfImage *got = run_gegl (place, words, NULL);
    HfImage *rounded = band_to_picture (expected, got->format);

    g_assert_cmpint (got->format.type, ==, HF_SAMPLE_U16);
    g_assert_cmpfloat (pictures_difference (got, rounded), <=, 1);
    hf_image_free (got);
    hf_image_free (rounded);
}

static HfBand
align_directly (const HfImage *image, const char *matrix)
{
    HfRect whole = { 0, 0, image->width, image->height };
    HfAlignRecord record = { .model = HF_TRANSFORM_AFFINE };
    HfInterpolation interpolation = HF_INTERPOLATION_LANCZOS_3;
    HfBand in = picture_to_band (image), out = band_new (image->width, image->height, 3);
    float *scratch;

    g_assert_true (hf_matrix_from_string (matrix, &record.matrix, NULL));
    scratch = hf_pixels_new_n (
        NULL, 1 + hf_align_scratch (&record, interpolation, whole, 3, image->width, image->height),
        sizeof (float), "scratch", NULL);
    hf_align_apply (&record, interpolation, image->width, image->height, &in, &out, scratch);
    hf_pixels_free (scratch);
    hf_pixels_free (in.colour[0]);
    return out;
}

static void
save_graph (const Place *place, const char *xml)
{
    char *path = g_build_filename (place->folder, "graph.xml", NULL);

    g_assert_true (g_file_set_contents (path, xml, -1, NULL));
    g_free (path);
}

static const char *const graph_words[] = { "graph.xml", "-o", "out.png", NULL };

static void
test_align (void)
{
    const char *const words[] = { "a.png",
                                  "-o",
                                  "out.png",
                                  "--",
                                  "hyperfocal:align",
                                  "matrix=1 0.02 1.5 -0.02 1 2.25 0 0 1",
                                  "interpolation=lanczos-3",
                                  NULL };
    Place place = place_new ();
    HfBand expected = align_directly (place.images[0], "1 0.02 1.5 -0.02 1 2.25 0 0 1");

    check (&place, words, &expected);
    save_graph (&place, "<?xml version='1.0' encoding='UTF-8'?><gegl>"
                        "<node operation='hyperfocal:align'><params>"
                        "<param name='matrix'>1 0.02 1.5 -0.02 1 2.25 0 0 1</param>"
                        "<param name='interpolation'>lanczos-3</param></params></node>"
                        "<node operation='gegl:load'><params>"
                        "<param name='path'>a.png</param></params></node></gegl>");
    check (&place, graph_words, &expected);
    hf_pixels_free (expected.colour[0]);
    place_free (&place);
}

static void
test_balance (void)
{
    const char *const words[] = {
        "a.png", "-o", "out.png", "--", "hyperfocal:balance", "gain-red=0.5", "gain-blue=1.25", NULL
    };
    HfBalanceRecord record = { { 0.5, 1, 1.25 } };
    Place place = place_new ();
    HfBand expected = picture_to_band (place.images[0]);

    hf_balance_apply (&record, &expected, &expected);
    check (&place, words, &expected);
    save_graph (&place, "<?xml version='1.0' encoding='UTF-8'?><gegl>"
                        "<node operation='hyperfocal:balance'><params>"
                        "<param name='gain-red'>0.5</param>"
                        "<param name='gain-blue'>1.25</param></params></node>"
                        "<node operation='gegl:load'><params>"
                        "<param name='path'>a.png</param></params></node></gegl>");
    check (&place, graph_words, &expected);
    hf_pixels_free (expected.colour[0]);
    place_free (&place);
}

static HfBand
run_directly (const Place *place)
{
    HfSource *source = hf_source_new_from_images (place->images, NULL, NULL, 2);
    HfSink *sink = hf_sink_new_memory (NULL);
    HfStackOptions options;
    HfStackResult result;
    GError *error = NULL;
    HfImage *image;
    HfBand band;

    hf_stack_options_init (&options);
    options.align.transform = HF_TRANSFORM_NONE;
    options.balance.channel = HF_BALANCE_NONE;
    hf_stack_run (source, &options, &(HfStackSinks) { .fused = sink }, NULL, &result, &error);
    g_assert_no_error (error);
    image = hf_memory_sink_take (sink, 0, NULL, NULL);
    band = picture_to_band (image);
    hf_image_free (image);
    hf_stack_result_clear (&result);
    hf_stack_options_clear (&options);
    hf_sink_free (sink);
    hf_source_free (source);
    return band;
}

static void
test_focus_stack (void)
{
    const char *const words[] = { "-o",
                                  "out.png",
                                  "--",
                                  "hyperfocal:focus-stack",
                                  "files=a.png\nb c.png",
                                  "transform=none",
                                  "balance=none",
                                  NULL };
    const char *const words_folder[] = { "-o",
                                         "out.png",
                                         "--",
                                         "hyperfocal:focus-stack",
                                         "folder=.",
                                         "files=a.png:b c.png",
                                         "transform=none",
                                         "balance=none",
                                         NULL };
    Place place = place_new ();
    HfBand expected = run_directly (&place);

    check (&place, words, &expected);
    check (&place, words_folder, &expected);
    save_graph (&place, "<?xml version='1.0' encoding='UTF-8'?><gegl>"
                        "<node operation='hyperfocal:focus-stack'><params>"
                        "<param name='files'>a.png\nb c.png</param>"
                        "<param name='transform'>none</param>"
                        "<param name='balance'>none</param></params></node></gegl>");
    check (&place, graph_words, &expected);
    hf_pixels_free (expected.colour[0]);
    place_free (&place);
}

/* Three inputs from the command line; the second frame twice. In a graph file: two. */
static void
test_fuse (void)
{
    const char *const three[] = { "a.png",
                                  "-o",
                                  "out.png",
                                  "--",
                                  "hyperfocal:fuse",
                                  "noise-level=1",
                                  "aux=[",
                                  "gegl:load",
                                  "path=b c.png",
                                  "]",
                                  "aux2=[",
                                  "gegl:load",
                                  "path=b c.png",
                                  "]",
                                  NULL };
    Place place = place_new ();
    GeglNode *root = gegl_node_new ();
    GeglNode *fuse =
        gegl_node_new_child (root, "operation", "hyperfocal:fuse", "noise-level", 1.0, NULL);
    const char *const pads[] = { "input", "aux", "aux2" };
    GeglRectangle whole = { 0, 0, WIDTH, HEIGHT };
    HfImage *image;
    HfBand expected;

    for (int i = 0; i < 3; i++) {
        GeglBuffer *buffer = picture_to_buffer (place.images[MIN (i, 1)], 0, 0, NULL);

        gegl_node_connect_to (graph_add_buffer (root, buffer), "output", fuse, pads[i]);
        g_object_unref (buffer);
    }
    image = node_render (fuse, &whole, (HfFormat) { HF_SAMPLE_FLOAT, 4 }, NULL);
    expected = picture_to_band (image);
    check (&place, three, &expected);
    hf_pixels_free (expected.colour[0]);
    hf_image_free (image);
    g_object_unref (root);
    place_free (&place);
}

/* Bad properties: said, and the picture as it was. */
static void
test_bad_matrix (void)
{
    const char *const words[] = { "a.png",           "-o", "out.png", "--", "hyperfocal:align",
                                  "matrix=nonsense", NULL };
    Place place = place_new ();
    HfImage *got = run_gegl (&place, words, "hyperfocal:align: a matrix needs nine numbers");

    pictures_assert_equal (place.images[0], got);
    hf_image_free (got);
    place_free (&place);
}

int
main (int argc, char **argv)
{
    char *program = g_find_program_in_path ("gegl");
    int status;

    g_test_init (&argc, &argv, NULL);
    if (!program)
        return 77;
    g_free (program);
    gegl_init (&argc, &argv);
    g_test_add_func ("/gegl/command/align", test_align);
    g_test_add_func ("/gegl/command/balance", test_balance);
    g_test_add_func ("/gegl/command/focus-stack", test_focus_stack);
    g_test_add_func ("/gegl/command/fuse", test_fuse);
    g_test_add_func ("/gegl/command/bad-matrix", test_bad_matrix);
    status = g_test_run ();
    gegl_exit ();
    return status;
}
