/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole runs of the command on rendered stacks: the picture, the layers, the report, the names. */
#include "command.h"
#include "folder.h"
#include "json.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

enum { N_FRAMES = 5 };

/* A folder with a stack in it; runs have it as their current folder. */
typedef struct Bench {
    char *folder;
    HfRender *render;
} Bench;

static void
set_up (Bench *bench, const char *name, guint64 seed, const char *ending)
{
    bench->folder = folder_new ();
    bench->render = small_stack (name, seed, N_FRAMES);
    folder_write_frames (bench->folder, bench->render, ending);
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
    g_assert_cmpstr (result.out, ==, "");
    g_assert_cmpint (result.status, ==, 0);
    command_result_clear (&result);
}

#define RUN(folder, ...) run_in (folder, (const char *const[]) { __VA_ARGS__, NULL })

/* How far the picture may stay below what one could do who knew everything: the whole runs of
 * tests/pipeline hold the engine to its own figures, here it is that the command gives that
 * picture. */
enum { DECIBELS_BELOW_CEILING = 2 };

static void
check_picture (const Bench *bench, const char *name)
{
    HfImage *picture = folder_read_image (bench->folder, name);
    HfImage *truth = hf_render_seen_truth (bench->render, NULL);
    HfImage *best = hf_render_ceiling (bench->render, NULL, NULL);
    int border = hf_render_border (bench->render);
    double reached = hf_picture_psnr (picture, truth, border, NULL);
    double ceiling = hf_picture_psnr (best, truth, border, NULL);

    g_test_message ("%s: %.2f dB, ceiling %.2f dB", name, reached, ceiling);
    g_assert_cmpint (picture->width, ==, bench->render->options.width);
    g_assert_cmpint (picture->height, ==, bench->render->options.height);
    g_assert_cmpfloat (reached, >, ceiling - DECIBELS_BELOW_CEILING);
    hf_image_free (best);
    hf_image_free (truth);
    hf_image_free (picture);
}

/* frames -> picture, for every kind of file in and out */
static void
kinds (gconstpointer data)
{
    const char *const *endings = data;
    char *output = g_strconcat ("out", endings[1], NULL);
    Bench bench;

    set_up (&bench, "breathing", 21, endings[0]);
    RUN (bench.folder, "-i", ".", "-o", output);
    check_picture (&bench, output);
    tear_down (&bench);
    g_free (output);
}

/* A new folder in the bench's. */
static void
make_folder (const Bench *bench, const char *name)
{
    char *path = folder_path (bench->folder, name);

    g_assert_cmpint (g_mkdir (path, 0755), ==, 0);
    g_free (path);
}

static void
move (const char *folder, const char *from, const char *to)
{
    char *old_path = folder_path (folder, from);
    char *new_path = folder_path (folder, to);

    g_assert_cmpint (g_rename (old_path, new_path), ==, 0);
    g_free (new_path);
    g_free (old_path);
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

/* The same frames as a folder, as a list, and from files and a folder together. */
static void
several_sources (void)
{
    Bench bench;

    set_up (&bench, "breathing", 22, ".png");
    make_folder (&bench, "out");
    RUN (bench.folder, "-i", ".", "-o", "out/folder.tif");
    RUN (bench.folder, "stack", "frame-0.png", "frame-1.png", "frame-2.png", "frame-3.png",
         "frame-4.png", "-oout/list.tif");
    make_folder (&bench, "rest");
    for (int i = 2; i < N_FRAMES; i++) {
        char *from = g_strdup_printf ("frame-%d.png", i);
        char *to = g_strdup_printf ("rest/frame-%d.png", i);

        move (bench.folder, from, to);
        g_free (to);
        g_free (from);
    }
    RUN (bench.folder, "stack", "frame-0.png", "-i", "frame-1.png", "rest",
         "--output=out/mixed.tif");
    assert_same_pixels (bench.folder, "out/folder.tif", "out/list.tif");
    assert_same_pixels (bench.folder, "out/folder.tif", "out/mixed.tif");
    tear_down (&bench);
}

static void
layers (void)
{
    Bench bench;
    char *path;
    TIFF *tiff;
    int n_pages = 0;

    set_up (&bench, "breathing", 23, ".png");
    RUN (bench.folder, "-i", ".", "-o", "out.png", "--layers", "layers.tif");
    assert_same_pixels (bench.folder, "out.png", "layers.tif");
    path = folder_path (bench.folder, "layers.tif");
    tiff = TIFFOpen (path, "r");
    g_assert_nonnull (tiff);
    do {
        char *name = NULL;

        g_assert_cmpint (TIFFGetField (tiff, TIFFTAG_PAGENAME, &name), ==, 1);
        g_test_message ("page %d: %s", n_pages, name);
        if (n_pages > 0) {
            char *frame = g_strdup_printf ("frame-%d.png", n_pages - 1);

            g_assert_cmpstr (name, ==, frame);
            g_free (frame);
        }
        n_pages++;
    } while (TIFFReadDirectory (tiff));
    g_assert_cmpint (n_pages, ==, N_FRAMES + 1);
    TIFFClose (tiff);
    g_free (path);
    tear_down (&bench);
}

static Json *
read_report (const char *folder, const char *name)
{
    char *path = folder_path (folder, name);
    GError *error = NULL;
    char *text = NULL;
    Json *report;

    g_file_get_contents (path, &text, NULL, &error);
    g_assert_no_error (error);
    report = json_parse (text);
    g_assert_nonnull (report);
    g_free (text);
    g_free (path);
    return report;
}

/* Pixels between where a frame's matrix of the report and the true one put the canvas. */
static double
matrix_error (const Json *frame, const Bench *bench, int number)
{
    HfMatrix found;
    double mean = 0, largest = 0;
    int width = bench->render->options.width, height = bench->render->options.height;

    json_numbers (frame, "matrix", found.m, 9);
    hf_matrix_distance (&found, &bench->render->matrices[number], width, height, &mean, &largest);
    g_test_message ("frame %d: %.3f pixels off in the mean, %.3f at most", number, mean, largest);
    return mean;
}

static void
check_report_of_frame (const Json *frame, const Bench *bench, int number)
{
    char *name = g_strdup_printf ("frame-%d.png", number);
    double gains[3];

    g_assert_true (g_str_has_suffix (json_text (frame, "file"), name));
    g_assert_cmpfloat (json_member (frame, "used", JSON_BOOLEAN)->number, ==, 1);
    g_assert_true (json_member_is_null (frame, "reason"));
    json_text (frame, "model");
    g_assert_cmpfloat (json_number (frame, "residual"), >=, 0);
    g_assert_cmpfloat (json_number (frame, "correlation"), >, 0.5);
    g_assert_cmpfloat (json_number (frame, "overlap"), >, 0.5);
    g_assert_cmpfloat (json_number (frame, "overlap"), <=, 1);
    json_numbers (frame, "gains", gains, 3);
    /* light that was taken away is given back, to 2 %: the small frames leave that much to the blur
     * at their borders */
    g_assert_cmpfloat_with_epsilon (gains[0] * bench->render->gains[number], 1, 0.02);
    g_free (name);
}

/* The first frame is the one farthest from the reference; a matrix the wrong way round or not
 * counted from the pixel's centre would be off by far more than this. */
static const double largest_matrix_error = 0.25;

static void
report (void)
{
    static const char *const stages[] = { "measure", "fuse", "write" };
    Bench bench;
    Json *report;
    const Json *frames;
    double crop[4], noise[3];

    set_up (&bench, "flicker", 24, ".png");
    RUN (bench.folder, "-i", ".", "-o", "out.tif", "--report", "report.json", "--threads", "2");
    report = read_report (bench.folder, "report.json");
    json_text (report, "version");
    g_assert_cmpfloat (json_number (report, "reference"), ==, N_FRAMES / 2);
    json_numbers (report, "crop", crop, 4);
    g_assert_cmpfloat (crop[0], ==, 0);
    g_assert_cmpfloat (crop[1], ==, 0);
    g_assert_cmpfloat (crop[2], ==, bench.render->options.width);
    g_assert_cmpfloat (crop[3], ==, bench.render->options.height);
    g_assert_cmpfloat (json_number (report, "threads"), ==, 2);
    g_assert_cmpfloat (json_number (report, "peak_memory_bytes"), >, 1e6);
    json_numbers (report, "noise", noise, 3);
    for (guint i = 0; i < G_N_ELEMENTS (stages); i++)
        g_assert_cmpfloat (json_number (json_member (report, "seconds", JSON_OBJECT), stages[i]),
                           >=, 0);
    frames = json_member (report, "frames", JSON_ARRAY);
    g_assert_cmpuint (frames->items->len, ==, N_FRAMES);
    for (int i = 0; i < N_FRAMES; i++) {
        check_report_of_frame (frames->items->pdata[i], &bench, i);
        g_assert_cmpfloat (matrix_error (frames->items->pdata[i], &bench, i), <,
                           largest_matrix_error);
    }
    json_free (report);
    tear_down (&bench);
}

/* The rectangle of a picture as a picture. */
static HfImage *
cut (const HfImage *image, int x, int y, int width, int height)
{
    HfImage *part = hf_image_new (NULL, width, height, image->format, NULL);
    size_t bytes = hf_format_bytes (image->format);

    for (int row = 0; row < height; row++)
        memcpy (hf_image_row (part, row), (char *) hf_image_row (image, y + row) + x * bytes,
                width * bytes);
    return part;
}

/* The crop of the report is the rectangle that the picture shows: away from the border, where the
 * pyramid knows more or less of the surroundings, both pictures are the same. */
static void
common_crop (void)
{
    Bench bench;
    Json *report;
    double crop[4];
    HfImage *whole, *cropped, *part;

    set_up (&bench, "breathing", 25, ".png");
    make_folder (&bench, "out");
    RUN (bench.folder, "-i", ".", "-o", "out/whole.tif");
    RUN (bench.folder, "-i", ".", "-o", "out/cropped.tif", "--crop", "common", "--report",
         "out/report.json");
    report = read_report (bench.folder, "out/report.json");
    json_numbers (report, "crop", crop, 4);
    whole = folder_read_image (bench.folder, "out/whole.tif");
    cropped = folder_read_image (bench.folder, "out/cropped.tif");
    g_assert_cmpint (cropped->width, ==, (int) crop[2]);
    g_assert_cmpint (cropped->height, ==, (int) crop[3]);
    g_assert_cmpint (cropped->width, <, whole->width);
    g_assert_cmpint (cropped->width, >, whole->width / 2);
    part = cut (whole, (int) crop[0], (int) crop[1], cropped->width, cropped->height);
    g_test_message ("%.1f dB between the crop and the same part of the whole",
                    hf_picture_psnr (part, cropped, 16, NULL));
    g_assert_cmpfloat (hf_picture_psnr (part, cropped, 16, NULL), >, 45);
    hf_image_free (part);
    hf_image_free (cropped);
    hf_image_free (whole);
    json_free (report);
    tear_down (&bench);
}

static void
read_bytes (const char *folder, const char *name, char **bytes, gsize *length)
{
    char *path = folder_path (folder, name);
    GError *error = NULL;

    g_file_get_contents (path, bytes, length, &error);
    g_assert_no_error (error);
    g_free (path);
}

/* 1, 2 and 7 threads, and little memory: the very same file. */
static void
same_bits (void)
{
    static const char *const variants[][2] = {
        { "--threads=2", "--memory=auto" },
        { "--threads=7", "--memory=auto" },
        { "--threads=7", "--memory=40M" },
    };
    Bench bench;
    char *first, *bytes;
    gsize first_length, length;

    set_up (&bench, "hand-held", 26, ".png");
    make_folder (&bench, "out");
    RUN (bench.folder, "-i", ".", "-o", "out/first.tif", "--threads=1");
    read_bytes (bench.folder, "out/first.tif", &first, &first_length);
    for (guint i = 0; i < G_N_ELEMENTS (variants); i++) {
        RUN (bench.folder, "-i", ".", "-o", "out/other.tif", variants[i][0], variants[i][1]);
        read_bytes (bench.folder, "out/other.tif", &bytes, &length);
        g_assert_cmpmem (first, first_length, bytes, length);
        g_free (bytes);
    }
    g_free (first);
    tear_down (&bench);
}

/* A folder's frames are taken as a person counts. */
static void
check_n_pages (const Bench *bench, const char *name, int n)
{
    char *path = folder_path (bench->folder, name);
    TIFF *tiff = TIFFOpen (path, "r");

    g_assert_nonnull (tiff);
    g_assert_cmpint (TIFFNumberOfDirectories (tiff), ==, n);
    TIFFClose (tiff);
    g_free (path);
}

/* Slabs as files of a folder, and as pages; with the fused picture or alone. */
static void
slabs (void)
{
    static const char *const names[] = { "slabs/slab 1 (frames 1-3).png",
                                         "slabs/slab 2 (frames 3-5).png" };
    Bench bench;

    set_up (&bench, "breathing", 23, ".png");
    RUN (bench.folder, "stack", "frame-0.png", "frame-1.png", "frame-2.png", "frame-3.png",
         "frame-4.png", "-o", "fused.png", "--slabs", "3", "--slab-overlap=1", "--slabs-output",
         "slabs", "--frames-as", "png", "-q");
    check_picture (&bench, "fused.png");
    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
        HfImage *slab = folder_read_image (bench.folder, names[i]);

        g_assert_cmpint (slab->width, ==, bench.render->options.width);
        hf_image_free (slab);
    }
    RUN (bench.folder, "stack", "slabs", "-o", "again.png", "-q");
    check_picture (&bench, "again.png");
    RUN (bench.folder, "stack", "frame-0.png", "frame-1.png", "frame-2.png", "frame-3.png",
         "frame-4.png", "--slabs=2", "--slabs-output", "slabs.tif", "-q");
    check_n_pages (&bench, "slabs.tif", 3);
    RUN (bench.folder, "stack", "frame-0.png", "frame-1.png", "frame-2.png", "frame-3.png",
         "frame-4.png", "--slabs=2", "-o", "fused.png", "--layers", "layers.tif", "-q");
    check_n_pages (&bench, "layers.tif", 1 + 3 + N_FRAMES);
    tear_down (&bench);
}

static void
natural_order (void)
{
    static const char *const names[] = { "f1.png", "f2.png", "f10.png", "f11.png", "f100.png" };
    Bench bench;
    Json *report;
    const Json *frames;

    set_up (&bench, "breathing", 27, ".png");
    make_folder (&bench, "in");
    for (int i = 0; i < N_FRAMES; i++) {
        char *from = g_strdup_printf ("frame-%d.png", i);
        char *to = g_strdup_printf ("in/%s", names[i]);

        move (bench.folder, from, to);
        g_free (to);
        g_free (from);
    }
    RUN (bench.folder, "-i", "in", "-o", "out.tif", "--report=report.json");
    report = read_report (bench.folder, "report.json");
    frames = json_member (report, "frames", JSON_ARRAY);
    for (int i = 0; i < N_FRAMES; i++)
        g_assert_true (g_str_has_suffix (json_text (frames->items->pdata[i], "file"), names[i]));
    json_free (report);
    tear_down (&bench);
}

/* File names are bytes: whatever they hold arrives in the report. */
static void
odd_names (void)
{
    static const char *const names[] = { "with space.png", "gr\303\266\303\237e.png",
                                         "new\nline.png", "-o.png", "100%s \"quoted\".png" };
    Bench bench;
    Json *report;
    const Json *frames;

    set_up (&bench, "breathing", 28, ".png");
    for (int i = 0; i < N_FRAMES; i++) {
        char *from = g_strdup_printf ("frame-%d.png", i);

        move (bench.folder, from, names[i]);
        g_free (from);
    }
    RUN (bench.folder, "stack", "-o", "the result.tif", "--report", "the\nreport.json", "--",
         names[0], names[1], names[2], names[3], names[4]);
    check_picture (&bench, "the result.tif");
    report = read_report (bench.folder, "the\nreport.json");
    frames = json_member (report, "frames", JSON_ARRAY);
    for (int i = 0; i < N_FRAMES; i++)
        g_assert_cmpstr (json_text (frames->items->pdata[i], "file"), ==, names[i]);
    json_free (report);
    tear_down (&bench);
}

/* A frame of something else is left out, said so, and changes nothing but that. */
static void
frame_left_out (void)
{
    const CommandSetup setup = { 0 };
    Bench bench;
    HfRender *other = small_stack ("plane", 4711, 2);
    CommandResult result = { 0 };
    Json *report;
    const Json *frames, *frame;

    set_up (&bench, "breathing", 29, ".png");
    folder_write_image (bench.folder, "frame-4x.png", other->frames[0]);
    {
        char *output = folder_path (bench.folder, "out.tif");
        char *report_path = folder_path (bench.folder, "report.json");
        const char *const words[] = { "-i",        bench.folder,  "-o", output, "--report",
                                      report_path, "--reference", "2",  NULL };

        command_run (&setup, words, &result);
        g_free (output);
        g_free (report_path);
    }
    g_test_message ("%s", result.err);
    g_assert_cmpint (result.status, ==, 0);
    g_assert_nonnull (strstr (result.err, "hyperfocal: warning: "));
    g_assert_nonnull (strstr (result.err, "frame-4x.png"));
    check_picture (&bench, "out.tif");
    report = read_report (bench.folder, "report.json");
    frames = json_member (report, "frames", JSON_ARRAY);
    g_assert_cmpuint (frames->items->len, ==, N_FRAMES + 1);
    frame = frames->items->pdata[N_FRAMES];
    g_assert_cmpfloat (json_member (frame, "used", JSON_BOOLEAN)->number, ==, 0);
    g_assert_cmpuint (strlen (json_text (frame, "reason")), >, 5);
    g_assert_true (json_member_is_null (frame, "matrix"));
    g_assert_true (json_member_is_null (frame, "gains"));
    json_free (report);
    command_result_clear (&result);
    hf_render_free (other);
    tear_down (&bench);
}

/* --debug tells of every frame and option, --quiet holds its tongue even about warnings. */
static void
debug_and_quiet (void)
{
    Bench bench;
    CommandSetup setup = { 0 };
    const char *const debug[] = { "-d", "-i", ".", "-o", "out.tif", NULL };
    const char *const quiet[] = { "-q", "-i", ".", "-o", "out.png", NULL };
    HfRender *other = small_stack ("plane", 4712, 2);
    CommandResult result = { 0 };
    char *output;

    set_up (&bench, "breathing", 30, ".jpg");
    folder_write_image (bench.folder, "frame-4x.jpg", other->frames[0]);
    setup.folder = bench.folder;
    command_run (&setup, debug, &result);
    g_assert_cmpint (result.status, ==, 0);
    g_assert_nonnull (strstr (result.err, "debug: frame 0 is ./frame-0.jpg"));
    g_assert_nonnull (strstr (result.err, "debug: option transform is auto"));
    g_assert_nonnull (strstr (result.err, "debug: frame 4: matrix "));
    g_assert_nonnull (strstr (result.err, "debug: reference is frame 3,"));
    command_result_clear (&result);

    output = folder_path (bench.folder, "out.tif");
    g_unlink (output);
    g_free (output);
    command_run (&setup, quiet, &result);
    g_assert_cmpint (result.status, ==, 0);
    g_assert_cmpstr (result.err, ==, "");
    command_result_clear (&result);
    hf_render_free (other);
    tear_down (&bench);
}

/* 16 bits and float stay what they are. */
static void
sample_types (gconstpointer data)
{
    const char *name = data;
    bool is_float = strcmp (name, "float") == 0;
    HfSampleType type = is_float ? HF_SAMPLE_FLOAT : HF_SAMPLE_U16;
    HfRenderOptions options;
    HfRender *render;
    HfImage *picture;
    char *folder = folder_new ();

    g_assert_true (hf_render_options_init (&options, "breathing", 31));
    hf_render_options_resize (&options, 200, 140);
    options.n_frames = 3;
    options.format = (HfFormat) { type, 1 };
    render = hf_render_new (&options, NULL, NULL);
    g_assert_nonnull (render);
    folder_write_frames (folder, render, ".tif");
    RUN (folder, "-i", ".", "-o", "out.tiff");
    picture = folder_read_image (folder, "out.tiff");
    g_assert_cmpint (picture->format.type, ==, type);
    g_assert_cmpint (hf_format_n_colours (picture->format), ==, 1);
    hf_image_free (picture);
    hf_render_free (render);
    folder_free (folder);
}

int
main (int argc, char **argv)
{
    static const char *const file_kinds[][2] = { { ".png", ".tif" },
                                                 { ".jpg", ".png" },
                                                 { ".tif", ".jpg" } };

    g_test_init (&argc, &argv, NULL);
    g_test_add_data_func ("/cli/runs/png-to-tiff", file_kinds[0], kinds);
    g_test_add_data_func ("/cli/runs/jpeg-to-png", file_kinds[1], kinds);
    g_test_add_data_func ("/cli/runs/tiff-to-jpeg", file_kinds[2], kinds);
    g_test_add_data_func ("/cli/runs/16-bit", "16-bit", sample_types);
    g_test_add_data_func ("/cli/runs/float", "float", sample_types);
    g_test_add_func ("/cli/runs/several-sources", several_sources);
    g_test_add_func ("/cli/runs/layers", layers);
    g_test_add_func ("/cli/runs/report", report);
    g_test_add_func ("/cli/runs/common-crop", common_crop);
    g_test_add_func ("/cli/runs/same-bits", same_bits);
    g_test_add_func ("/cli/runs/slabs", slabs);
    g_test_add_func ("/cli/runs/natural-order", natural_order);
    g_test_add_func ("/cli/runs/odd-names", odd_names);
    g_test_add_func ("/cli/runs/frame-left-out", frame_left_out);
    g_test_add_func ("/cli/runs/debug-and-quiet", debug_and_quiet);
    return g_test_run ();
}
