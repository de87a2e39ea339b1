/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * JPEG by libjpeg-turbo. Reduced reading takes each block's low frequencies only (DCT scaling by
 * 1/2, 1/4, 1/8): a block of 8 × 8 becomes 4 × 4, 2 × 2 or 1 pixels, which is the geometry of the
 * box mean, for a fraction of the work.
 *
 * libjpeg fills what is missing in a damaged file with grey and calls it a warning; here warnings
 * about the compressed data are errors. Errors leave libjpeg by longjmp: every function that calls
 * it sets the jump anew and keeps nothing alive across it that is not in the reader.
 */
#include "files/exif.h"
#include "files/reader.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

enum {
    ROWS_A_CALL = 16,
    MOST_SCANS = 500, /* of a progressive file; cameras write about ten */
    EXIF_MARKER = JPEG_APP0 + 1,
    ICC_MARKER = JPEG_APP0 + 2
};

typedef struct JpegReader {
    HfReader parent;
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    char message[JMSG_LENGTH_MAX];
    bool created;
    void *coefficients; /* budget held for libjpeg's own memory; never touched */
} JpegReader;

static void
leave (j_common_ptr jpeg)
{
    JpegReader *self = jpeg->client_data;

    jpeg->err->format_message (jpeg, self->message);
    longjmp (self->jump, 1);
}

static bool
is_damage (int message)
{
    return message == JWRN_JPEG_EOF || message == JWRN_HIT_MARKER ||
           message == JWRN_HUFF_BAD_CODE || message == JWRN_ARITH_BAD_CODE ||
           message == JWRN_MUST_RESYNC || message == JWRN_NOT_SEQUENTIAL ||
           message == JWRN_BOGUS_PROGRESSION;
}

static void
emit_message (j_common_ptr jpeg, int level)
{
    if (level < 0 && is_damage (jpeg->err->msg_code))
        leave (jpeg);
}

static void
output_nothing (j_common_ptr jpeg)
{
}

/* A small file can hold any number of scans, each of which costs a pass over the picture. */
static void
count_scans (j_common_ptr jpeg)
{
    JpegReader *self = jpeg->client_data;

    if (self->jpeg.input_scan_number <= MOST_SCANS)
        return;
    g_snprintf (self->message, sizeof self->message, "more than %d scans", MOST_SCANS);
    longjmp (self->jump, 1);
}

static bool
fail (JpegReader *self, GError **error)
{
    return hf_reader_fail (&self->parent, error, "%s", self->message);
}

static GBytes *
marker_after (const struct jpeg_marker_struct *marker, size_t skipped)
{
    return g_bytes_new (marker->data + skipped, marker->data_length - skipped);
}

static bool
marker_starts (const struct jpeg_marker_struct *marker, const char *start, size_t n)
{
    return marker->marker == EXIF_MARKER && marker->data_length > n &&
           memcmp (marker->data, start, n) == 0;
}

/* Exif and the first XMP packet; XMP that goes on in further segments is not read. */
static void
read_markers (JpegReader *self)
{
    static const char exif[] = "Exif\0", xmp[] = "http://ns.adobe.com/xap/1.0/";
    HfMetadata *metadata = self->parent.metadata;

    for (jpeg_saved_marker_ptr marker = self->jpeg.marker_list; marker; marker = marker->next) {
        if (!metadata->exif && marker_starts (marker, exif, sizeof exif))
            metadata->exif = marker_after (marker, sizeof exif);
        else if (!metadata->xmp && marker_starts (marker, xmp, sizeof xmp))
            metadata->xmp = marker_after (marker, sizeof xmp);
    }
}

static void
read_profile (JpegReader *self)
{
    JOCTET *bytes = NULL;
    unsigned n = 0;

    if (jpeg_read_icc_profile (&self->jpeg, &bytes, &n) && n > 0)
        self->parent.metadata->icc = g_bytes_new (bytes, n);
    free (bytes);
}

static void
read_resolution (JpegReader *self)
{
    double unit = self->jpeg.density_unit == 1 ? 1 : self->jpeg.density_unit == 2 ? 2.54 : 0;

    if (!self->jpeg.saw_JFIF_marker || self->jpeg.X_density == 0 || self->jpeg.Y_density == 0)
        unit = 0;
    self->parent.metadata->x_resolution = self->jpeg.X_density * unit;
    self->parent.metadata->y_resolution = self->jpeg.Y_density * unit;
    if (unit == 0)
        hf_exif_resolution (self->parent.metadata->exif, &self->parent.metadata->x_resolution,
                            &self->parent.metadata->y_resolution);
}

static bool
check_kind (JpegReader *self, GError **error)
{
    int n = self->jpeg.num_components;

    if (n == 4)
        return hf_reader_fail (&self->parent, error, "its colours are CMYK, not RGB or grey");
    if (n != 1 && n != 3)
        return hf_reader_fail (&self->parent, error, "it has %d channels, not 1 or 3", n);
    return hf_reader_check_size (&self->parent, self->jpeg.image_width, self->jpeg.image_height,
                                 error);
}

static bool
jpeg_open (HfReader *reader, GError **error)
{
    JpegReader *self = (JpegReader *) reader;

    self->jpeg.err = jpeg_std_error (&self->errors);
    self->jpeg.client_data = self;
    self->errors.error_exit = leave;
    self->errors.emit_message = emit_message;
    self->errors.output_message = output_nothing;
    self->progress.progress_monitor = count_scans;
    if (setjmp (self->jump))
        return fail (self, error);
    jpeg_create_decompress (&self->jpeg);
    self->created = true;
    self->jpeg.progress = &self->progress;
    jpeg_stdio_src (&self->jpeg, reader->file);
    jpeg_save_markers (&self->jpeg, EXIF_MARKER, 0xffff);
    jpeg_save_markers (&self->jpeg, ICC_MARKER, 0xffff);
    jpeg_read_header (&self->jpeg, TRUE);
    if (!check_kind (self, error))
        return false;
    read_markers (self);
    read_profile (self);
    read_resolution (self);
    reader->width = (int) self->jpeg.image_width;
    reader->height = (int) self->jpeg.image_height;
    reader->format = (HfFormat) { HF_SAMPLE_U8, self->jpeg.num_components };
    reader->orientation = hf_exif_orientation (reader->metadata->exif);
    reader->scales = 8;
    return true;
}

/*
 * A file of several scans (progressive) makes libjpeg keep all coefficients, 2 bytes each, in
 * memory of its own. That much is taken from the budget and left untouched, so that the sum is
 * right.
 */
static bool
reserve_coefficients (JpegReader *self, HfBudget *budget, GError **error)
{
    const struct jpeg_decompress_struct *jpeg = &self->jpeg;
    size_t size = 0;

    if (!jpeg_has_multiple_scans (&self->jpeg))
        return true;
    for (int i = 0; i < jpeg->num_components; i++)
        size += (size_t) jpeg->comp_info[i].width_in_blocks * jpeg->comp_info[i].height_in_blocks *
                sizeof (JBLOCK);
    self->coefficients = hf_pixels_new (budget, size, "a progressive JPEG", error);
    return self->coefficients != NULL;
}

static bool
jpeg_start (HfReader *reader, int reduction, HfBudget *budget, GError **error)
{
    JpegReader *self = (JpegReader *) reader;

    if (setjmp (self->jump))
        return fail (self, error);
    if (!reserve_coefficients (self, budget, error))
        return false;
    self->jpeg.scale_num = 1;
    self->jpeg.scale_denom = (unsigned) reduction;
    self->jpeg.out_color_space = self->jpeg.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    /* The most exact of the three, and what GIMP takes: the same file gives the same samples here
     * and there. The integer one differs by up to 3 levels where colour is subsampled. */
    self->jpeg.dct_method = JDCT_FLOAT;
    jpeg_start_decompress (&self->jpeg);
    return true;
}

static bool
jpeg_rows (HfReader *reader, void *first, size_t stride, int n_rows, GError **error)
{
    JpegReader *self = (JpegReader *) reader;
    JDIMENSION end = self->jpeg.output_scanline + (JDIMENSION) n_rows;
    JDIMENSION start = self->jpeg.output_scanline;

    if (setjmp (self->jump))
        return fail (self, error);
    while (self->jpeg.output_scanline < end) {
        JDIMENSION at = self->jpeg.output_scanline;
        JDIMENSION n = MIN (end - at, (JDIMENSION) ROWS_A_CALL);
        JSAMPROW rows[ROWS_A_CALL];

        for (JDIMENSION i = 0; i < n; i++)
            rows[i] = (JSAMPROW) first + (size_t) (at - start + i) * stride;
        jpeg_read_scanlines (&self->jpeg, rows, n);
    }
    return true;
}

static bool
jpeg_finish (HfReader *reader, GError **error)
{
    JpegReader *self = (JpegReader *) reader;

    if (setjmp (self->jump))
        return fail (self, error);
    jpeg_finish_decompress (&self->jpeg);
    return true;
}

static void
jpeg_close (HfReader *reader)
{
    JpegReader *self = (JpegReader *) reader;

    if (self->created)
        jpeg_destroy_decompress (&self->jpeg);
    hf_pixels_free (self->coefficients);
}

const HfReaderClass hf_jpeg_reader_class = { jpeg_open,   jpeg_start, jpeg_rows,
                                             jpeg_finish, jpeg_close, sizeof (JpegReader) };
