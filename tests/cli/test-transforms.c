/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transforms written and taken again, and frames that are only aligned, by the command. */
#include "command.h"
#include "folder.h"

#include <glib/gstdio.h>
#include <hyperfocal/transforms.h>
#include <math.h>
#include <string.h>

enum { N_FRAMES = 5 };

typedef struct Bench {
    char *folder;
    HfRender *render;
} Bench;

static void
set_up (Bench *bench, const char *name, guint64 seed)
{
    char *in;

    bench->folder = folder_new ();
    bench->render = small_stack (name, seed, N_FRAMES);
    in = folder_path (bench->folder, "in");
    g_assert_cmpint (g_mkdir (in, 0755), ==, 0);
    folder_write_frames (in, bench->render, ".png");
    g_free (in);
}

static void
tear_down (Bench *bench)
{
    hf_render_free (bench->render);
    folder_free (bench->folder);
}

/* Runs the words in the folder; must end well and without a word. */
static void
run_in (const char *folder, const char *const *words)
{
    const CommandSetup setup = { .folder = folder };
    CommandResult result = { 0 };

    command_run (&setup, words, &result);
    g_test_message ("%s", result.err);
    g_assert_cmpstr (result.err, ==, "");
    g_assert_cmpint (result.status, ==, 0);
    command_result_clear (&result);
}

#define RUN(folder, ...) run_in (folder, (const char *const[]) { __VA_ARGS__, NULL })

static HfTransforms *
read_transforms (const char *folder, const char *name)
{
    char *path = folder_path (folder, name);
    GError *error = NULL;
    HfTransforms *transforms = hf_transforms_read (path, &error);

    g_assert_no_error (error);
    g_free (path);
    return transforms;
}

static void
assert_same_file (const char *folder, const char *name_a, const char *name_b)
{
    char *a = folder_path (folder, name_a), *b = folder_path (folder, name_b);
    char *bytes_a, *bytes_b;
    gsize length_a, length_b;

    g_assert_true (g_file_get_contents (a, &bytes_a, &length_a, NULL));
    g_assert_true (g_file_get_contents (b, &bytes_b, &length_b, NULL));
    g_assert_cmpmem (bytes_a, length_a, bytes_b, length_b);
    g_free (bytes_a);
    g_free (bytes_b);
    g_free (a);
    g_free (b);
}

/* What is written leads where the frames really lie, and taken again gives the very same. */
static void
round_trip (void)
{
    Bench bench;
    HfTransforms *transforms;

    set_up (&bench, "breathing", 51);
    RUN (bench.folder, "-i", "in", "-o", "a.tif", "--transforms-out", "a.txt");
    transforms = read_transforms (bench.folder, "a.txt");
    g_assert_cmpint (transforms->n_frames, ==, N_FRAMES);
    g_assert_cmpint (transforms->reference, ==, N_FRAMES / 2);
    for (int i = 0; i < N_FRAMES; i++) {
        double mean;

        hf_matrix_distance (&transforms->frames[i].matrix, &bench.render->matrices[i], 240, 160,
                            &mean, NULL);
        g_test_message ("frame %d: %.3f pixels", i, mean);
        g_assert_cmpfloat (mean, <, 0.25); /* as in the runs' own test */
        g_assert_cmpint (transforms->frames[i].width, ==, 240);
        g_assert_cmpint (transforms->frames[i].height, ==, 160);
        g_assert_true (g_str_has_prefix (transforms->frames[i].name, "in/frame-"));
    }
    hf_transforms_free (transforms);
    RUN (bench.folder, "-i", "in", "-o", "b.tif", "--transforms-in", "a.txt", "--transforms-out",
         "b.txt");
    assert_same_file (bench.folder, "a.tif", "b.tif");
    assert_same_file (bench.folder, "a.txt", "b.txt");
    tear_down (&bench);
}

/* Frames without any texture cannot be aligned; with the transforms of another stack they are used.
 */
static void
other_stack (void)
{
    Bench bench;
    HfTransforms *transforms;
    HfImage *grey, *aligned;

    set_up (&bench, "hand-held", 52);
    RUN (bench.folder, "-i", "in", "-o", "a.tif", "--transforms-out", "a.txt");
    grey = folder_read_image (bench.folder, "in/frame-0.png");
    for (int y = 0; y < grey->height; y++)
        memset (hf_image_row (grey, y), 119, (size_t) grey->width * hf_format_bytes (grey->format));
    for (int i = 0; i < N_FRAMES; i++) {
        char *name = g_strdup_printf ("in/frame-%d.png", i);

        folder_write_image (bench.folder, name, grey);
        g_free (name);
    }
    RUN (bench.folder, "-i", "in", "-o", "b.tif", "--transforms-in", "a.txt", "--transforms-out",
         "b.txt", "--balance", "none");
    assert_same_file (bench.folder, "a.txt", "b.txt");
    RUN (bench.folder, "-i", "in", "-o", "c.tif", "--transforms-in", "a.txt", "--transforms-out",
         "c.txt", "--reference", "first");
    transforms = read_transforms (bench.folder, "c.txt");
    g_assert_cmpint (transforms->reference, ==, 0);
    g_assert_true (hf_matrix_is_identity (&transforms->frames[0].matrix));
    g_assert_false (hf_matrix_is_identity (&transforms->frames[N_FRAMES / 2].matrix));
    hf_transforms_free (transforms);
    aligned = folder_read_image (bench.folder, "b.tif");
    g_assert_cmpint (*(guint8 *) hf_image_row (aligned, 80), ==, 119);
    hf_image_free (aligned);
    hf_image_free (grey);
    tear_down (&bench);
}

/* Windows of one wide picture that share little: found from a start some pixels off, or not at all.
 */
enum { WINDOW = 200, SHIFT = 130 };

static void
write_windows (const Bench *bench, const HfImage *wide)
{
    for (int i = 0; i < 3; i++) {
        HfImage window = *wide;
        char *name = g_strdup_printf ("w%d.png", i);

        window.width = window.height = WINDOW;
        window.data = (char *) wide->data + (size_t) (i * SHIFT) * hf_format_bytes (wide->format) +
                      (size_t) (20 * i) * wide->stride;
        folder_write_image (bench->folder, name, &window);
        g_free (name);
    }
}

static void
start (void)
{
    Bench bench;
    HfRenderOptions options;
    HfRender *wide;
    HfTransforms *transforms = hf_transforms_new (3, 1);
    GError *error = NULL;
    char *path;

    set_up (&bench, "breathing", 53);
    g_assert_true (hf_render_options_init (&options, "plane", 53));
    hf_render_options_resize (&options, 480, 260);
    options.n_frames = 2;
    wide = hf_render_new (&options, NULL, &error);
    g_assert_no_error (error);
    write_windows (&bench, wide->frames[0]);
    for (int i = 0; i < 3; i++) {
        transforms->frames[i].width = transforms->frames[i].height = WINDOW;
        transforms->frames[i].matrix.m[2] = (1 - i) * (SHIFT + 3);
        transforms->frames[i].matrix.m[5] = (1 - i) * (20 - 2);
    }
    path = folder_path (bench.folder, "start.txt");
    g_assert_true (hf_transforms_write (transforms, path, &error));
    hf_transforms_free (transforms);
    RUN (bench.folder, "stack", "w0.png", "w1.png", "w2.png", "-o", "a.tif", "--transforms-in",
         "start.txt", "--transforms-use", "start", "--transforms-out", "found.txt");
    transforms = read_transforms (bench.folder, "found.txt");
    for (int i = 0; i < 3; i++) {
        HfMatrix truth = hf_matrix_identity ();
        double mean;

        truth.m[2] = (1 - i) * SHIFT;
        truth.m[5] = (1 - i) * 20;
        hf_matrix_distance (&transforms->frames[i].matrix, &truth, WINDOW, WINDOW, &mean, NULL);
        g_test_message ("frame %d: %.3f pixels", i, mean);
        g_assert_cmpfloat (mean, <, 0.3); /* of 70 shared columns; the start was 3.6 off */
    }
    hf_transforms_free (transforms);
    hf_render_free (wide);
    g_free (path);
    tear_down (&bench);
}

static void
assert_same_pixels (const char *folder, const char *name_a, const char *name_b)
{
    HfImage *a = folder_read_image (folder, name_a);
    HfImage *b = folder_read_image (folder, name_b);

    g_assert_true (isinf (hf_picture_psnr (a, b, 0, NULL)));
    hf_image_free (a);
    hf_image_free (b);
}

/* How much of the motion of the first frame is left: it against the reference, away from borders.
 */
static double
likeness (const char *folder, const char *name_a, const char *name_b)
{
    HfImage *a = folder_read_image (folder, name_a);
    HfImage *b = folder_read_image (folder, name_b);
    double psnr = hf_picture_psnr (a, b, 40, NULL);

    hf_image_free (a);
    hf_image_free (b);
    return psnr;
}

/* A file each, named as the frames; the reference's own is as it was, the others lie on it. */
static void
align_only (void)
{
    Bench bench;
    double before, after;
    char *snapshot;

    set_up (&bench, "hand-held", 54);
    RUN (bench.folder, "-i", "in", "-o", "out", "--align-only", "--crop", "common", "--balance",
         "none", "--transforms-out", "t.txt");
    RUN (bench.folder, "-i", "in", "-o", "all", "--align-only", "--frames-as", "png");
    for (int i = 0; i < N_FRAMES; i++) {
        char *name = g_strdup_printf ("out/frame-%d.tif", i);
        HfImage *image = folder_read_image (bench.folder, name);

        g_assert_cmpint (image->format.n_channels, ==, 3); /* cut to what all see */
        hf_image_free (image);
        g_free (name);
    }
    assert_same_pixels (bench.folder, "in/frame-2.png", "all/frame-2.png");
    before = likeness (bench.folder, "in/frame-1.png", "in/frame-2.png");
    after = likeness (bench.folder, "out/frame-1.tif", "out/frame-2.tif");
    g_test_message ("%.1f dB before, %.1f after", before, after);
    g_assert_cmpfloat (after, >, before + 2);
    snapshot = folder_snapshot (bench.folder);
    g_assert_cmpint (strstr (snapshot, ".hyperfocal") == NULL, ==, 1);
    g_free (snapshot);
    tear_down (&bench);
}

/* The same with all in one file, and one frame each of two folders named alike. */
static void
align_only_names (void)
{
    Bench bench;
    HfImage *image;

    set_up (&bench, "breathing", 55);
    folder_write_image (bench.folder, "frame-1.png", bench.render->frames[0]);
    RUN (bench.folder, "stack", "frame-1.png", "in", "-o", "out", "--align-only", "--reference",
         "first");
    assert_same_pixels (bench.folder, "frame-1.png", "out/frame-1.tif");
    image = folder_read_image (bench.folder, "out/frame-1-2.tif");
    hf_image_free (image);
    RUN (bench.folder, "stack", "frame-1.png", "in", "--layers", "all.tif", "--align-only",
         "--reference", "first");
    assert_same_pixels (bench.folder, "frame-1.png", "all.tif"); /* its first page */
    tear_down (&bench);
}

/* A plot of the stack and one of each registered frame, the same for any number of threads. */
static void
plots (void)
{
    Bench bench;
    char *snapshots[2];

    set_up (&bench, "hand-held", 56);
    for (int k = 0; k < 2; k++) {
        char *folder = folder_path (bench.folder, k ? "two" : "one"), *path, *text;

        RUN (bench.folder, "-i", "in", "-o", "a.tif", "--plots", k ? "two" : "one", "--threads",
             k ? "2" : "1");
        snapshots[k] = folder_snapshot (folder);
        path = folder_path (folder, "alignment-0001.svg");
        g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
        g_assert_nonnull (strstr (text, "frame-1.png against frame-2.png"));
        g_free (text);
        g_free (path);
        g_free (folder);
    }
    g_assert_cmpstr (snapshots[0], ==, snapshots[1]);
    g_assert_nonnull (strstr (snapshots[0], "alignment.svg"));
    for (int i = 0; i < N_FRAMES; i++) {
        char *name = g_strdup_printf ("alignment-%04d.svg", i);

        g_assert_true ((strstr (snapshots[0], name) != NULL) == (i != N_FRAMES / 2));
        g_free (name);
    }
    g_free (snapshots[0]);
    g_free (snapshots[1]);
    tear_down (&bench);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/cli/transforms/round-trip", round_trip);
    g_test_add_func ("/cli/transforms/other-stack", other_stack);
    g_test_add_func ("/cli/transforms/start", start);
    g_test_add_func ("/cli/transforms/plots", plots);
    g_test_add_func ("/cli/transforms/align-only", align_only);
    g_test_add_func ("/cli/transforms/align-only-names", align_only_names);
    return g_test_run ();
}
