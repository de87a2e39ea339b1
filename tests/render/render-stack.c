/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes a focal stack with known truth as files, or compares two pictures.
 *
 *     render-stack --case breathing --seed 3 --frames 12 --size 1280x853 --format png --output DIR
 *
 * leaves in DIR, which is made where it is missing:
 *     frame-0000.png …   the frames, in the order of focus, nearest first
 *     truth.tif          all in focus, as the reference frame sees it but without its noise, hot
 *                        pixels and vignetting; float
 *     depth.tif          grey float, in frames
 *     truth.txt          sizes, transforms, gains, hot pixels as lines of text (hf_render_to_text
 * ())
 *
 *     render-stack --compare A B
 *
 * prints the peak signal to noise ratio of picture A against B in dB. Borders that not all frames
 * of a stack see are left out: --border pixels, by default what truth.txt beside B says.
 */
#include "render.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <hyperfocal/error.h>
#include <hyperfocal/files.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Wishes {
    char *name, *size, *format, *sample, *output;
    gint64 seed;
    int n_frames, quality, threads, border;
    gboolean grey, compare;
    double noise, breathing, drift, rotation, keystone, shake, flicker, vignetting, blur;
    int n_hot_pixels;
    char **pictures;
} Wishes;

static bool
write_picture (const char *folder, const char *name, const HfImage *image, int quality,
               GError **error)
{
    char *path = g_build_filename (folder, name, NULL);
    HfPictureInfo info = { HF_PICTURE_FUSED, name, -1, image->width, image->height, 0, 0,
                           image->format,    NULL };
    HfFileOptions options;
    HfSink *sink;
    bool written;

    hf_options_init (&hf_file_table, &options);
    options.quality = quality;
    sink = hf_file_sink_new (path, &options, error);
    written = sink && hf_sink_begin (sink, &info, error) && hf_sink_write (sink, image, error) &&
              hf_sink_end (sink, error) && hf_sink_commit (sink, error);
    hf_sink_free (sink);
    hf_options_clear (&hf_file_table, &options);
    g_free (path);
    return written;
}

static bool
write_text (const char *folder, const HfRender *render, GError **error)
{
    char *path = g_build_filename (folder, "truth.txt", NULL);
    char *text = hf_render_to_text (render);
    bool written = g_file_set_contents (path, text, -1, error);

    g_free (text);
    g_free (path);
    return written;
}

typedef struct FrameFiles {
    const HfRender *render;
    const Wishes *wishes;
    GError **errors; /* of each frame */
} FrameFiles;

static void
write_frame (void *data, int frame, int worker)
{
    FrameFiles *files = data;
    char *name = g_strdup_printf ("frame-%04d.%s", frame, files->wishes->format);

    write_picture (files->wishes->output, name, files->render->frames[frame],
                   files->wishes->quality, &files->errors[frame]);
    g_free (name);
}

static bool
write_frames (const HfRender *render, const Wishes *wishes, HfPool *pool, GError **error)
{
    int n = render->options.n_frames;
    FrameFiles files = { render, wishes, g_new0 (GError *, n) };
    bool written = true;

    hf_pool_for (pool, n, write_frame, &files);
    for (int k = 0; k < n; k++) {
        if (!files.errors[k])
            continue;
        if (written)
            g_propagate_error (error, files.errors[k]);
        else
            g_error_free (files.errors[k]);
        written = false;
    }
    g_free (files.errors);
    return written;
}

static bool
set_sample (HfRenderOptions *options, const Wishes *wishes, GError **error)
{
    static const struct {
        const char *name;
        HfSampleType type;
    } samples[] = { { "8", HF_SAMPLE_U8 }, { "16", HF_SAMPLE_U16 }, { "float", HF_SAMPLE_FLOAT } };

    if (wishes->grey)
        options->format.n_channels = 1;
    if (!wishes->sample)
        return true;
    for (gsize i = 0; i < G_N_ELEMENTS (samples); i++) {
        if (strcmp (samples[i].name, wishes->sample) == 0) {
            options->format.type = samples[i].type;
            return true;
        }
    }
    g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "samples are 8, 16 or float, not \"%s\"",
                 wishes->sample);
    return false;
}

static void
override (double *value, double wish)
{
    if (!isnan (wish))
        *value = wish;
}

static bool
set_options (HfRenderOptions *options, const Wishes *wishes, GError **error)
{
    int width, height;
    char beyond;

    if (!hf_render_options_init (options, wishes->name, (guint64) wishes->seed)) {
        char *all = g_strjoinv (", ", (char **) hf_render_cases);

        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT, "there is no case \"%s\", but %s",
                     wishes->name, all);
        g_free (all);
        return false;
    }
    if (wishes->size) {
        if (sscanf (wishes->size, "%dx%d%c", &width, &height, &beyond) != 2 || width < 1 ||
            height < 1) {
            g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                         "a size is WIDTHxHEIGHT in pixels, not \"%s\"", wishes->size);
            return false;
        }
        hf_render_options_resize (options, width, height);
    }
    if (wishes->n_frames > 0)
        options->n_frames = wishes->n_frames;
    if (wishes->n_hot_pixels >= 0)
        options->n_hot_pixels = wishes->n_hot_pixels;
    override (&options->noise, wishes->noise);
    override (&options->breathing, wishes->breathing);
    override (&options->drift, wishes->drift);
    override (&options->rotation, wishes->rotation);
    override (&options->keystone, wishes->keystone);
    override (&options->shake, wishes->shake);
    override (&options->flicker, wishes->flicker);
    override (&options->vignetting, wishes->vignetting);
    override (&options->largest_blur, wishes->blur);
    return set_sample (options, wishes, error);
}

static bool
make_folder (const char *folder, GError **error)
{
    if (g_mkdir_with_parents (folder, 0777) == 0)
        return true;
    g_set_error (error, HF_ERROR, HF_ERROR_FILE, "%s cannot be made: %s", folder,
                 g_strerror (errno));
    return false;
}

static bool
render_files (const Wishes *wishes, GError **error)
{
    HfRenderOptions options;
    HfRender *render;
    HfPool *pool;
    bool written;

    if (!set_options (&options, wishes, error) || !make_folder (wishes->output, error))
        return false;
    pool = hf_pool_new (wishes->threads, error);
    if (!pool)
        return false;
    render = hf_render_new (&options, pool, error);
    written = render && write_frames (render, wishes, pool, error) &&
              write_picture (wishes->output, "truth.tif", render->truth, 95, error) &&
              write_picture (wishes->output, "depth.tif", render->depth, 95, error) &&
              write_text (wishes->output, render, error);
    hf_render_free (render);
    hf_pool_free (pool);
    return written;
}

/* The border that truth.txt beside the picture names; 0 without one. */
static int
border_beside (const char *picture)
{
    char *folder = g_path_get_dirname (picture), *path, *text = NULL, *line;
    int border = 0;

    path = g_build_filename (folder, "truth.txt", NULL);
    if (g_file_get_contents (path, &text, NULL, NULL) && (line = strstr (text, "\nborder ")))
        border = atoi (line + strlen ("\nborder "));
    g_free (text);
    g_free (path);
    g_free (folder);
    return border;
}

static bool
compare_files (const Wishes *wishes, GError **error)
{
    HfImage *a, *b = NULL;
    bool compared = false;

    if (!wishes->pictures || g_strv_length (wishes->pictures) != 2) {
        g_set_error_literal (error, HF_ERROR, HF_ERROR_ARGUMENT, "--compare takes two pictures");
        return false;
    }
    a = hf_file_read (wishes->pictures[0], 1, NULL, NULL, error);
    if (a)
        b = hf_file_read (wishes->pictures[1], 1, NULL, NULL, error);
    if (b) {
        int border = wishes->border >= 0 ? wishes->border : border_beside (wishes->pictures[1]);
        double psnr = hf_picture_psnr (a, b, border, NULL);

        compared = !isnan (psnr);
        if (compared)
            printf ("PSNR %.2f dB (%d pixels left out at the borders)\n", psnr, border);
        else
            g_set_error (error, HF_ERROR, HF_ERROR_SIZE,
                         "%d × %d %s cannot be compared with %d × %d %s within a border of %d",
                         a->width, a->height, hf_format_name (a->format), b->width, b->height,
                         hf_format_name (b->format), border);
    }
    hf_image_free (a);
    hf_image_free (b);
    return compared;
}

#define NUMBER(name, field, help)                                                                  \
    {                                                                                              \
        name, 0, 0, G_OPTION_ARG_DOUBLE, &wishes->field, help, "NUMBER"                            \
    }

static bool
parse (int *argc, char ***argv, Wishes *wishes, GError **error)
{
    GOptionEntry entries[] = {
        { "case", 0, 0, G_OPTION_ARG_STRING, &wishes->name, "What to render (breathing)", "NAME" },
        { "seed", 0, 0, G_OPTION_ARG_INT64, &wishes->seed, "Number of the stack (1)", "N" },
        { "frames", 0, 0, G_OPTION_ARG_INT, &wishes->n_frames, "Number of frames", "N" },
        { "size", 0, 0, G_OPTION_ARG_STRING, &wishes->size, "Size in pixels", "WxH" },
        { "sample", 0, 0, G_OPTION_ARG_STRING, &wishes->sample, "Sample type", "8|16|float" },
        { "grey", 0, 0, G_OPTION_ARG_NONE, &wishes->grey, "Grey instead of RGB", NULL },
        { "format", 0, 0, G_OPTION_ARG_STRING, &wishes->format, "png, jpg or tif (png)", "KIND" },
        { "quality", 0, 0, G_OPTION_ARG_INT, &wishes->quality, "Of JPEG files (93)", "N" },
        { "output", 0, 0, G_OPTION_ARG_FILENAME, &wishes->output, "Folder", "DIR" },
        { "threads", 0, 0, G_OPTION_ARG_INT, &wishes->threads, "0 = one a processor", "N" },
        NUMBER ("noise", noise, "Sigma, 0..1 of full scale"),
        NUMBER ("breathing", breathing, "Relative change of scale over the stack"),
        NUMBER ("drift", drift, "Pixels over the stack"),
        NUMBER ("rotation", rotation, "Degrees over the stack"),
        NUMBER ("keystone", keystone, "Relative change of scale from edge to edge"),
        NUMBER ("shake", shake, "Pixels of a random walk"),
        NUMBER ("flicker", flicker, "Largest relative change of gain"),
        NUMBER ("vignetting", vignetting, "Light lost at the corners, 0..1"),
        NUMBER ("blur", blur, "Radius in pixels over the whole depth"),
        { "hot-pixels", 0, 0, G_OPTION_ARG_INT, &wishes->n_hot_pixels, "How many", "N" },
        { "compare", 0, 0, G_OPTION_ARG_NONE, &wishes->compare, "Print PSNR of A against B", NULL },
        { "border", 0, 0, G_OPTION_ARG_INT, &wishes->border, "Pixels to leave out", "N" },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &wishes->pictures, NULL, "A B" },
        { NULL },
    };
    GOptionContext *context = g_option_context_new ("- focal stacks with known truth");
    bool parsed;

    g_option_context_add_main_entries (context, entries, NULL);
    parsed = g_option_context_parse (context, argc, argv, error);
    g_option_context_free (context);
    if (parsed && !wishes->compare && !wishes->output) {
        g_set_error_literal (error, HF_ERROR, HF_ERROR_ARGUMENT, "--output names no folder");
        return false;
    }
    return parsed;
}

int
main (int argc, char **argv)
{
    Wishes wishes = { .name = g_strdup ("breathing"),
                      .format = g_strdup ("png"),
                      .seed = 1,
                      .quality = 93,
                      .border = -1,
                      .noise = NAN,
                      .breathing = NAN,
                      .drift = NAN,
                      .rotation = NAN,
                      .keystone = NAN,
                      .shake = NAN,
                      .flicker = NAN,
                      .vignetting = NAN,
                      .blur = NAN,
                      .n_hot_pixels = -1 };
    GError *error = NULL;
    bool done;

    setlocale (LC_ALL, "");
    done = parse (&argc, &argv, &wishes, &error) &&
           (wishes.compare ? compare_files (&wishes, &error) : render_files (&wishes, &error));
    if (!done) {
        fprintf (stderr, "render-stack: %s\n", error->message);
        g_error_free (error);
    }
    g_free (wishes.name);
    g_free (wishes.size);
    g_free (wishes.sample);
    g_free (wishes.format);
    g_free (wishes.output);
    g_strfreev (wishes.pictures);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
