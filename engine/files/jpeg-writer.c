/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * JPEG by libjpeg-turbo: 8 bit, grey or RGB. From quality 90 on colour keeps the full resolution
 * (4:4:4), below it has half of it both ways. Errors leave libjpeg by longjmp, as in jpeg-reader.c.
 */
#include "files/exif.h"
#include "files/writer.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <string.h>

#include <hyperfocal/error.h>
#include <jpeglib.h>

enum { FULL_COLOUR_QUALITY = 90, MOST_MARKER_BYTES = 65533, MOST_SIDE = JPEG_MAX_DIMENSION };

typedef struct JpegWriter {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jmp_buf jump;
    char message[JMSG_LENGTH_MAX];
    HfTemporary *file;
    FILE *stream;
    bool created;
} JpegWriter;

static void
leave (j_common_ptr jpeg)
{
    JpegWriter *self = jpeg->client_data;

    jpeg->err->format_message (jpeg, self->message);
    longjmp (self->jump, 1);
}

static void
output_nothing (j_common_ptr jpeg)
{
}

static bool
fail (JpegWriter *self, GError **error)
{
    if (self->stream && ferror (self->stream))
        return hf_temporary_fail (self->file, errno, error);
    g_set_error (error, HF_ERROR, HF_ERROR_FILE, "'%s' cannot be written: %s", self->file->label,
                 self->message);
    return false;
}

static HfFormat
jpeg_format (HfFormat offered)
{
    return (HfFormat) { HF_SAMPLE_U8, hf_format_n_colours (offered) };
}

/* A marker holds 64 KB; what is larger is left out, as it could not be read by others. */
static void
write_marker (JpegWriter *self, const char *start, size_t n_start, GBytes *block)
{
    size_t size = g_bytes_get_size (block);

    if (n_start + size > MOST_MARKER_BYTES)
        return;
    jpeg_write_m_header (&self->jpeg, JPEG_APP0 + 1, (unsigned) (n_start + size));
    for (size_t i = 0; i < n_start; i++)
        jpeg_write_m_byte (&self->jpeg, (uint8_t) start[i]);
    for (size_t i = 0; i < size; i++)
        jpeg_write_m_byte (&self->jpeg, ((const uint8_t *) g_bytes_get_data (block, NULL))[i]);
}

static void
write_markers (JpegWriter *self, const HfMetadata *metadata, GBytes *exif)
{
    static const char exif_start[] = "Exif\0", xmp_start[] = "http://ns.adobe.com/xap/1.0/";

    if (exif)
        write_marker (self, exif_start, sizeof exif_start, exif);
    if (metadata && metadata->xmp)
        write_marker (self, xmp_start, sizeof xmp_start, metadata->xmp);
    if (metadata && metadata->icc)
        jpeg_write_icc_profile (&self->jpeg, g_bytes_get_data (metadata->icc, NULL),
                                (unsigned) g_bytes_get_size (metadata->icc));
}

static void
set_parameters (JpegWriter *self, const HfPictureInfo *info, int quality)
{
    struct jpeg_compress_struct *jpeg = &self->jpeg;
    const HfMetadata *metadata = info->metadata;

    jpeg->image_width = (JDIMENSION) info->width;
    jpeg->image_height = (JDIMENSION) info->height;
    jpeg->input_components = info->format.n_channels;
    jpeg->in_color_space = info->format.n_channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults (jpeg);
    jpeg_set_quality (jpeg, quality, TRUE);
    jpeg->dct_method = JDCT_ISLOW;
    if (quality >= FULL_COLOUR_QUALITY)
        jpeg->comp_info[0].h_samp_factor = jpeg->comp_info[0].v_samp_factor = 1;
    if (metadata && metadata->x_resolution > 0 && metadata->y_resolution > 0) {
        jpeg->density_unit = 1;
        jpeg->X_density = (UINT16) CLAMP (lrint (metadata->x_resolution), 1, 65535);
        jpeg->Y_density = (UINT16) CLAMP (lrint (metadata->y_resolution), 1, 65535);
    }
}

static bool
start (JpegWriter *self, const HfPictureInfo *info, int quality, GBytes *exif, GError **error)
{
    self->jpeg.err = jpeg_std_error (&self->errors);
    self->jpeg.client_data = self;
    self->errors.error_exit = leave;
    self->errors.output_message = output_nothing;
    if (setjmp (self->jump))
        return fail (self, error);
    jpeg_create_compress (&self->jpeg);
    self->created = true;
    jpeg_stdio_dest (&self->jpeg, self->stream);
    set_parameters (self, info, quality);
    jpeg_start_compress (&self->jpeg, TRUE);
    write_markers (self, info->metadata, exif);
    return true;
}

static void
jpeg_free (void *writer)
{
    JpegWriter *self = writer;

    if (!self)
        return;
    if (self->created)
        jpeg_destroy_compress (&self->jpeg);
    if (self->stream)
        fclose (self->stream);
    g_free (self);
}

static void *
jpeg_begin (HfTemporary *file, const HfPictureInfo *info, const HfFileOptions *options,
            GError **error)
{
    JpegWriter *self;
    GBytes *exif;
    bool started;

    if (info->width > MOST_SIDE || info->height > MOST_SIDE) {
        g_set_error (error, HF_ERROR, HF_ERROR_SIZE,
                     "'%s' cannot be written: JPEG holds sides up to %ld pixels, not %d × %d",
                     file->label, (long) MOST_SIDE, info->width, info->height);
        return NULL;
    }
    self = g_new0 (JpegWriter, 1);
    self->file = file;
    self->stream = hf_temporary_stream (file, error);
    exif = hf_exif_for_output (info->metadata ? info->metadata->exif : NULL, info->width,
                               info->height);
    started = self->stream && start (self, info, options->quality, exif, error);
    if (exif)
        g_bytes_unref (exif);
    if (!started)
        g_clear_pointer (&self, jpeg_free);
    return self;
}

static bool
jpeg_rows (void *writer, const void *first, size_t stride, int n_rows, GError **error)
{
    JpegWriter *self = writer;

    if (setjmp (self->jump))
        return fail (self, error);
    for (int i = 0; i < n_rows; i++) {
        JSAMPROW row = (JSAMPROW) ((const char *) first + (size_t) i * stride);

        jpeg_write_scanlines (&self->jpeg, &row, 1);
    }
    return true;
}

static bool
jpeg_end (void *writer, GError **error)
{
    JpegWriter *self = writer;
    FILE *stream;

    if (setjmp (self->jump))
        return fail (self, error);
    jpeg_finish_compress (&self->jpeg);
    stream = g_steal_pointer (&self->stream);
    return fclose (stream) == 0 || hf_temporary_fail (self->file, errno, error);
}

const HfWriterClass hf_jpeg_writer_class = { jpeg_format, jpeg_begin, jpeg_rows, jpeg_end,
                                             jpeg_free };
