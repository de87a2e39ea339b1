/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The layered TIFF as GIMP 2.10 opens it: each page a layer with its name, place and pixels. GIMP
 * runs once, without a display and with a fresh profile, opens each file, writes names and places
 * into a text file and each layer into a picture file, which are compared here. Skipped where there
 * is no GIMP 2.10.
 */
#include "layers.h"

#include <string.h>

static const HfFormat formats[] = { { HF_SAMPLE_U8, 3 },
                                    { HF_SAMPLE_U8, 4 },
                                    { HF_SAMPLE_U16, 1 },
                                    { HF_SAMPLE_U16, 4 },
                                    { HF_SAMPLE_FLOAT, 3 } };

/* Script-Fu: for each file F.tif writes F.txt (a line for each layer, top first) and F-I.tif. */
static const char script[] =
    "(define (note-layer port layer)"
    "  (write (car (gimp-item-get-name layer)) port)"
    "  (for-each (lambda (number) (display \" \" port) (display number port))"
    "            (list (car (gimp-drawable-offsets layer)) (cadr (gimp-drawable-offsets layer))"
    "                  (car (gimp-drawable-width layer)) (car (gimp-drawable-height layer))))"
    "  (newline port))"
    "(define (save-layer image layer path)"
    "  (let* ((copy (car (gimp-image-new-with-precision"
    "                     (car (gimp-drawable-width layer)) (car (gimp-drawable-height layer))"
    "                     (car (gimp-image-base-type image)) (car (gimp-image-get-precision "
    "image)))))"
    "         (only (car (gimp-layer-new-from-drawable layer copy))))"
    "    (gimp-image-insert-layer copy only 0 0)"
    "    (gimp-layer-set-offsets only 0 0)"
    "    (file-tiff-save RUN-NONINTERACTIVE copy only path path 0)"
    "    (gimp-image-delete copy)))"
    "(define (take-apart base)"
    "  (let* ((image (car (gimp-file-load RUN-NONINTERACTIVE (string-append base \".tif\") \"\")))"
    "         (layers (gimp-image-get-layers image))"
    "         (port (open-output-file (string-append base \".txt\"))))"
    "    (let loop ((i 0))"
    "      (if (< i (car layers))"
    "        (let ((layer (vector-ref (cadr layers) i))"
    "              (path (string-append base \"-\" (number->string i) \".tif\")))"
    "          (note-layer port layer)"
    "          (save-layer image layer path)"
    "          (loop (+ i 1)))))"
    "    (close-output-port port)))";

static char *
base_of (const char *folder, int format)
{
    return g_strdup_printf ("%s/layers%d", folder, format);
}

static bool
run_gimp (const char *gimp, const char *folder)
{
    GString *batch = g_string_new (script);
    char *profile = folder_file (folder, "profile"), **environment = g_get_environ ();
    const char *arguments[] = { gimp, "-i", "-d", "-f", "-s", "-b", NULL, "-b", "(gimp-quit 0)",
                                NULL };
    bool run;
    int status;

    for (int f = 0; f < (int) G_N_ELEMENTS (formats); f++) {
        char *base = base_of (folder, f);

        g_string_append_printf (batch, "(take-apart \"%s\")", base);
        g_free (base);
    }
    arguments[6] = batch->str;
    environment = g_environ_setenv (environment, "GIMP2_DIRECTORY", profile, TRUE);
    run = g_spawn_sync (NULL, (char **) arguments, environment,
                        G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
                        NULL, &status, NULL);
    g_strfreev (environment);
    g_string_free (batch, TRUE);
    g_free (profile);
    return run;
}

/* GIMP's layer `i` from the top against the layer it was made of. */
static void
check_layer (const char *base, const char *line, int i, const Layer *layers)
{
    const Layer *layer = &layers[layer_of_page (N_LAYERS - 1 - i)]; /* the first page lies lowest */
    char *path = g_strdup_printf ("%s-%d.tif", base, i);
    char *expected = g_strdup_printf ("\"%s\" %d %d %d %d", layer->name, layer->x, layer->y,
                                      layer->image->width, layer->image->height);
    HfImage *image = picture_load (path);

    g_assert_cmpstr (line, ==, expected);
    picture_assert_equal (image, layer->image);
    hf_image_free (image);
    g_free (expected);
    g_free (path);
}

static void
check_file (const char *folder, int format, const Layer *layers)
{
    char *base = base_of (folder, format), *notes = g_strconcat (base, ".txt", NULL), *text,
         **lines;

    g_assert_true (g_file_get_contents (notes, &text, NULL, NULL));
    lines = g_strsplit (g_strchomp (text), "\n", -1);
    g_assert_cmpint ((int) g_strv_length (lines), ==, N_LAYERS);
    for (int i = 0; i < N_LAYERS; i++)
        check_layer (base, lines[i], i, layers);
    g_strfreev (lines);
    g_free (text);
    g_free (notes);
    g_free (base);
}

static void
gimp_opens_pages_as_layers (void)
{
    char *folder = folder_new (), *gimp = g_find_program_in_path ("gimp-console-2.10");
    Layer layers[G_N_ELEMENTS (formats)][N_LAYERS];

    for (int f = 0; f < (int) G_N_ELEMENTS (formats); f++) {
        char *base = base_of (folder, f), *path = g_strconcat (base, ".tif", NULL);

        layers_new (layers[f], formats[f], drawn_seed ());
        layers_save (layers[f], path, NULL);
        g_free (path);
        g_free (base);
    }
    g_assert_true (run_gimp (gimp, folder));
    for (int f = 0; f < (int) G_N_ELEMENTS (formats); f++) {
        check_file (folder, f, layers[f]);
        layers_clear (layers[f]);
    }
    g_free (gimp);
    folder_remove (folder);
}

int
main (int argc, char **argv)
{
    char *gimp = g_find_program_in_path ("gimp-console-2.10");

    g_test_init (&argc, &argv, NULL);
    if (!gimp) {
        g_print ("no gimp-console-2.10 here\n");
        return 77;
    }
    g_free (gimp);
    g_test_add_func ("/files/gimp/opens-pages-as-layers", gimp_opens_pages_as_layers);
    return g_test_run ();
}
