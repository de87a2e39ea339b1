/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/transforms.h>

#include <hyperfocal/error.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>

HfTransforms *
hf_transforms_new (int n_frames, int reference)
{
    HfTransforms *transforms = g_new0 (HfTransforms, 1);

    transforms->n_frames = n_frames;
    transforms->reference = reference;
    transforms->frames = g_new0 (HfFrameTransform, n_frames);
    for (int i = 0; i < n_frames; i++)
        transforms->frames[i] =
            (HfFrameTransform) { NULL, 1, 1, true, NULL, HF_TRANSFORM_NONE, hf_matrix_identity () };
    return transforms;
}

HfTransforms *
hf_transforms_copy (const HfTransforms *transforms)
{
    HfTransforms *copy = hf_transforms_new (transforms->n_frames, transforms->reference);

    for (int i = 0; i < copy->n_frames; i++) {
        copy->frames[i] = transforms->frames[i];
        copy->frames[i].name = g_strdup (transforms->frames[i].name);
        copy->frames[i].reason = g_strdup (transforms->frames[i].reason);
    }
    return copy;
}

void
hf_transforms_free (HfTransforms *transforms)
{
    if (!transforms)
        return;
    for (int i = 0; i < transforms->n_frames; i++) {
        g_free (transforms->frames[i].name);
        g_free (transforms->frames[i].reason);
    }
    g_free (transforms->frames);
    g_free (transforms);
}

bool
hf_transforms_write (const HfTransforms *transforms, const char *path, GError **error)
{
    char *text = hf_transforms_to_text (transforms);
    GError *failure = NULL;
    bool good =
        g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0666, &failure);

    g_free (text);
    if (!good)
        g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' cannot be written: %s", path,
                     failure->message);
    g_clear_error (&failure);
    return good;
}

/* All of the file up to the limit and one byte more, so that a longer one shows. */
static char *
read_bytes (const char *path, size_t *length, GError **error)
{
    FILE *file = g_fopen (path, "rb");
    GByteArray *bytes = g_byte_array_new ();
    guint8 piece[16384];
    size_t n = 0;
    int number = errno;

    while (file && bytes->len <= HF_TRANSFORMS_MOST_BYTES &&
           (n = fread (piece, 1, sizeof piece, file)) > 0)
        g_byte_array_append (bytes, piece, (guint) n);
    if (file && ferror (file))
        number = errno;
    if (!file || ferror (file)) {
        g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' cannot be read: %s", path,
                     g_strerror (number));
        g_clear_pointer (&bytes, g_byte_array_unref);
    }
    if (file)
        fclose (file);
    *length = bytes ? bytes->len : 0;
    return bytes ? (char *) g_byte_array_free (bytes, FALSE) : NULL;
}

HfTransforms *
hf_transforms_read (const char *path, GError **error)
{
    size_t length;
    char *text = read_bytes (path, &length, error);
    HfTransforms *transforms = text ? hf_transforms_from_text (text, length, path, error) : NULL;

    g_free (text);
    return transforms;
}

/* ---- another stack ---- */

/* Is `is` what becomes of `was` times `factor`, but for the rounding of either? */
static bool
follows (int is, int was, double factor)
{
    return fabs (is - was * factor) <= fmax (1, factor);
}

static bool
fits (const HfTransforms *transforms, const HfFrameInfo *infos, double factor, const char *label,
      GError **error)
{
    for (int i = 0; i < transforms->n_frames; i++) {
        const HfFrameTransform *frame = &transforms->frames[i];

        if (follows (infos[i].width, frame->width, factor) &&
            follows (infos[i].height, frame->height, factor))
            continue;
        g_set_error (error, HF_ERROR, HF_ERROR_SIZE,
                     "%s is %d × %d pixels, but its transform in '%s' is for %d × %d; only a stack "
                     "of the same frames' size, or with all of them enlarged or reduced alike, "
                     "can use it",
                     infos[i].name, infos[i].width, infos[i].height, label, frame->width,
                     frame->height);
        return false;
    }
    return true;
}

bool
hf_transforms_fit (HfTransforms *transforms, const HfFrameInfo *infos, int n_frames,
                   const char *label, GError **error)
{
    const HfFrameTransform *reference = &transforms->frames[transforms->reference];
    double factor = 1;

    if (transforms->n_frames != n_frames) {
        g_set_error (error, HF_ERROR, HF_ERROR_SIZE,
                     "'%s' holds the transforms of %d frames, but the stack has %d", label,
                     transforms->n_frames, n_frames);
        return false;
    }
    if (reference->width >= reference->height)
        factor = (double) infos[transforms->reference].width / reference->width;
    else
        factor = (double) infos[transforms->reference].height / reference->height;
    if (!fits (transforms, infos, factor, label, error))
        return false;
    for (int i = 0; i < n_frames; i++) {
        HfFrameTransform *frame = &transforms->frames[i];

        frame->width = infos[i].width;
        frame->height = infos[i].height;
        if (factor != 1)
            frame->matrix = hf_matrix_from_reduced (frame->matrix, factor);
    }
    return true;
}

bool
hf_transforms_rebase (HfTransforms *transforms, int reference, GError **error)
{
    HfFrameTransform *frames = transforms->frames;
    HfMatrix back;

    if (reference == transforms->reference)
        return true;
    if (reference < 0 || reference >= transforms->n_frames || !frames[reference].used ||
        !hf_matrix_invert (frames[reference].matrix, &back)) {
        g_set_error (error, HF_ERROR, HF_ERROR_ARGUMENT,
                     "frame %d cannot be the reference: the transforms have left it out",
                     reference);
        return false;
    }
    for (int i = 0; i < transforms->n_frames; i++)
        if (frames[i].used)
            frames[i].matrix = hf_matrix_normalise (hf_matrix_multiply (frames[i].matrix, back));
    frames[transforms->reference].model = frames[reference].model;
    frames[reference].model = HF_TRANSFORM_NONE;
    frames[reference].matrix = hf_matrix_identity ();
    transforms->reference = reference;
    return true;
}
