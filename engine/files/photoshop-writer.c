/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * A channel is one zlib stream of all its rows, but rows come in bands and channels interleaved. So
 * each channel of a band is packed on its own, as deflate blocks that end on a whole byte (a sync
 * flush), several at once by the pool; put one behind the other, with a head, an empty last block
 * and the checksum of all (combined from those of the bands), they are one stream again. (RFC 1950,
 * RFC 1951.) What is packed waits in a spool file: the lengths stand before the channels in the
 * block, and the order of the layers is known only at the end.
 */
#include "files/photoshop.h"

#include "files/writer.h"

#include <errno.h>
#include <hyperfocal/error.h>
#include <hyperfocal/memory.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum {
    MOST_CHANNELS = 4,
    BAND_SAMPLES = 1 << 18, /* of one channel, packed together */
    BANDS_A_THREAD = 2,
    DEFLATE_LEVEL = 3,
    STREAM_HEAD = 2,  /* bytes before the deflate blocks */
    STREAM_TAIL = 6,  /* an empty last block and the checksum */
    PACKING_BYTES = 2 /* how the channel is packed */
};

/* A run of packed bytes in the spool. */
typedef struct Piece {
    uint64_t offset;
    uint32_t size;
} Piece;

typedef struct Channel {
    int id;
    GArray *pieces; /* Piece */
    uint64_t size;  /* of all pieces */
    uLong checksum;
} Channel;

typedef struct Layer {
    char *name;
    int x, y, width, height;
    int n_channels;
    Channel channels[MOST_CHANNELS];
} Layer;

struct HfPhotoshopWriter {
    HfTemporary *spool;
    uint64_t spooled;
    HfFormat format; /* of the layers, without alpha */
    GArray *layers;  /* Layer */

    /* Of the layer being written. */
    HfFormat offered, written;
    HfPool *pool;
    int band_rows, n_bands; /* that are packed at once */
    int n_rows;             /* that wait to be packed */
    char *rows;             /* n_bands bands, as written */
    char *planes;           /* room for one channel of a band, for each thread */
    char *packed;           /* room for each channel of each band */
    size_t row_bytes, plane_bytes, packed_bytes;
};

static void
clear_layer (void *data)
{
    Layer *layer = data;

    g_free (layer->name);
    for (int c = 0; c < layer->n_channels; c++)
        g_array_free (layer->channels[c].pieces, TRUE);
}

static Layer *
layer_at (const HfPhotoshopWriter *self, int i)
{
    return &g_array_index (self->layers, Layer, i);
}

static Layer *
last_layer (const HfPhotoshopWriter *self)
{
    return layer_at (self, (int) self->layers->len - 1);
}

HfPhotoshopWriter *
hf_photoshop_writer_new (const HfTemporary *file, HfFormat format, GError **error)
{
    HfTemporary *spool = hf_temporary_new (file->path, error);
    HfPhotoshopWriter *self;

    if (!spool)
        return NULL;
    self = g_new0 (HfPhotoshopWriter, 1);
    self->spool = spool;
    self->format = (HfFormat) { format.type, hf_format_n_colours (format) };
    self->layers = g_array_new (FALSE, TRUE, sizeof (Layer));
    g_array_set_clear_func (self->layers, clear_layer);
    return self;
}

static void
free_rooms (HfPhotoshopWriter *self)
{
    g_clear_pointer (&self->rows, hf_pixels_free);
    g_clear_pointer (&self->planes, hf_pixels_free);
    g_clear_pointer (&self->packed, hf_pixels_free);
}

void
hf_photoshop_writer_free (HfPhotoshopWriter *self)
{
    if (!self)
        return;
    free_rooms (self);
    g_array_free (self->layers, TRUE);
    hf_temporary_free (self->spool);
    g_free (self);
}

/* ---- a layer ---- */

static bool
new_rooms (HfPhotoshopWriter *self, const HfPictureInfo *info, GError **error)
{
    size_t n_channels = (size_t) self->written.n_channels, n_bands, n_threads;

    free_rooms (self);
    n_threads = self->pool ? (size_t) hf_pool_n_threads (self->pool) : 1;
    self->band_rows = CLAMP (BAND_SAMPLES / info->width, 1, info->height);
    self->n_bands = BANDS_A_THREAD * (int) n_threads;
    self->n_rows = 0;
    n_bands = (size_t) self->n_bands;
    self->row_bytes = (size_t) info->width * hf_format_bytes (self->written);
    self->plane_bytes =
        (size_t) info->width * (size_t) self->band_rows * (size_t) self->written.type;
    self->packed_bytes = (size_t) compressBound ((uLong) self->plane_bytes) + 64;
    self->rows = hf_pixels_new_n (NULL, n_bands * (size_t) self->band_rows, self->row_bytes,
                                  "the rows of a layer", error);
    if (self->rows)
        self->planes =
            hf_pixels_new_n (NULL, n_threads, self->plane_bytes, "a channel of a layer", error);
    if (self->planes)
        self->packed = hf_pixels_new_n (NULL, n_bands * n_channels, self->packed_bytes,
                                        "the channels of a layer", error);
    return self->packed != NULL;
}

static void
add_layer (HfPhotoshopWriter *self, const HfPictureInfo *info)
{
    Layer layer = { .name = g_strdup (info->name ? info->name : ""),
                    .x = info->x,
                    .y = info->y,
                    .width = info->width,
                    .height = info->height,
                    .n_channels = self->written.n_channels };
    int n_colours = hf_format_n_colours (self->written);

    for (int c = 0; c < layer.n_channels; c++)
        layer.channels[c] = (Channel) { .id = c < n_colours ? c : -1,
                                        .pieces = g_array_new (FALSE, FALSE, sizeof (Piece)),
                                        .checksum = adler32 (0, NULL, 0) };
    g_array_append_val (self->layers, layer);
}

bool
hf_photoshop_writer_begin (HfPhotoshopWriter *self, const HfPictureInfo *info, GError **error)
{
    self->offered = info->format;
    self->written = self->format;
    self->written.n_channels += hf_format_has_alpha (info->format) ? 1 : 0;
    self->pool = info->pool;
    add_layer (self, info);
    return new_rooms (self, info, error);
}

/* A pixel of a grey layer in a coloured file gets three equal colours. */
static void
spread_grey (const void *from, HfSampleType type, int n_from, void *to, int n_to, int width)
{
    size_t bytes = (size_t) type;

    for (int x = 0; x < width; x++) {
        const char *grey = (const char *) from + (size_t) x * (size_t) n_from * bytes;
        char *pixel = (char *) to + (size_t) x * (size_t) n_to * bytes;

        for (int c = 0; c < 3; c++)
            memcpy (pixel + (size_t) c * bytes, grey, bytes);
        if (n_to == 4)
            memcpy (pixel + 3 * bytes, grey + bytes, bytes);
    }
}

static void
convert_row (const HfPhotoshopWriter *self, const void *from, void *to)
{
    int width = last_layer (self)->width;
    HfFormat same_colours = { self->written.type, self->offered.n_channels };
    char grey[256 * 2 * 2];

    if (hf_format_equal (self->offered, self->written)) {
        memcpy (to, from, self->row_bytes);
        return;
    }
    if (self->offered.n_channels == self->written.n_channels) {
        hf_writer_convert (from, self->offered, to, self->written, width);
        return;
    }
    for (int x = 0; x < width; x += 256) {
        int n = MIN (256, width - x);

        hf_writer_convert ((const char *) from + (size_t) x * hf_format_bytes (self->offered),
                           self->offered, grey, same_colours, n);
        spread_grey (grey, self->written.type, same_colours.n_channels,
                     (char *) to + (size_t) x * hf_format_bytes (self->written),
                     self->written.n_channels, n);
    }
}

/* ---- packing ---- */

/* Differences to the sample before, in every row; numbers of 16 bit big-endian. */
static void
predict_row (const char *from, int n_channels, HfSampleType type, char *to, int width)
{
    unsigned before = 0;

    for (int x = 0; x < width; x++) {
        const char *sample = from + (size_t) x * (size_t) n_channels * (size_t) type;
        unsigned value;

        if (type == HF_SAMPLE_U8) {
            value = *(const uint8_t *) sample;
            ((uint8_t *) to)[x] = (uint8_t) (value - before);
        } else {
            uint16_t whole;

            memcpy (&whole, sample, 2);
            value = whole;
            ((uint16_t *) to)[x] = GUINT16_TO_BE ((uint16_t) (value - before));
        }
        before = value;
    }
}

typedef struct Packed {
    size_t size; /* 0 = it failed */
    uLong checksum;
} Packed;

typedef struct Packing {
    HfPhotoshopWriter *writer;
    Packed results[];
} Packing;

static int
rows_of_band (const HfPhotoshopWriter *self, int band)
{
    return MIN (self->band_rows, self->n_rows - band * self->band_rows);
}

static size_t
deflate_band (char *from, size_t size, char *to, size_t room)
{
    z_stream stream = { 0 };
    size_t made = 0;

    if (deflateInit2 (&stream, DEFLATE_LEVEL, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return 0;
    stream.next_in = (Bytef *) from;
    stream.avail_in = (uInt) size;
    stream.next_out = (Bytef *) to;
    stream.avail_out = (uInt) room;
    if (deflate (&stream, Z_SYNC_FLUSH) == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)
        made = room - stream.avail_out;
    deflateEnd (&stream);
    return made;
}

static void
pack_channel (void *data, int chunk, int worker)
{
    Packing *packing = data;
    HfPhotoshopWriter *self = packing->writer;
    int n_channels = self->written.n_channels, band = chunk / n_channels;
    int width = last_layer (self)->width, n_rows = rows_of_band (self, band);
    size_t type = (size_t) self->written.type, size = (size_t) width * (size_t) n_rows * type;
    char *plane = self->planes + (size_t) worker * self->plane_bytes;

    for (int y = 0; y < n_rows; y++)
        predict_row (self->rows + (size_t) (band * self->band_rows + y) * self->row_bytes +
                         (size_t) (chunk % n_channels) * type,
                     n_channels, self->written.type, plane + (size_t) (y * width) * type, width);
    packing->results[chunk].size = deflate_band (
        plane, size, self->packed + (size_t) chunk * self->packed_bytes, self->packed_bytes);
    packing->results[chunk].checksum =
        adler32 (adler32 (0, NULL, 0), (const Bytef *) plane, (uInt) size);
}

static bool
write_all (int fd, const void *bytes, size_t size, uint64_t offset)
{
    const char *from = bytes;

    while (size > 0) {
        ssize_t n = pwrite (fd, from, size, (off_t) offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n < 0 ? errno : ENOSPC;
            return false;
        }
        from += n;
        offset += (uint64_t) n;
        size -= (size_t) n;
    }
    return true;
}

static bool
spool_piece (HfPhotoshopWriter *self, int chunk, Packed packed, GError **error)
{
    int n_channels = self->written.n_channels, band = chunk / n_channels;
    Layer *layer = last_layer (self);
    Channel *channel = &layer->channels[chunk % n_channels];
    size_t plane =
        (size_t) layer->width * (size_t) rows_of_band (self, band) * (size_t) self->written.type;
    Piece piece = { self->spooled, (uint32_t) packed.size };

    if (packed.size == 0)
        return hf_temporary_fail (self->spool, ENOMEM, error);
    if (!write_all (self->spool->fd, self->packed + (size_t) chunk * self->packed_bytes,
                    packed.size, self->spooled))
        return hf_temporary_fail (self->spool, errno, error);
    self->spooled += packed.size;
    g_array_append_val (channel->pieces, piece);
    channel->size += packed.size;
    channel->checksum = adler32_combine (channel->checksum, packed.checksum, (z_off_t) plane);
    return true;
}

static bool
pack_rows (HfPhotoshopWriter *self, GError **error)
{
    int n_bands = (self->n_rows + self->band_rows - 1) / self->band_rows;
    int n = n_bands * self->written.n_channels;
    Packing *packing = g_malloc0 (sizeof *packing + (size_t) n * sizeof packing->results[0]);
    bool good = true;

    packing->writer = self;
    hf_pool_for (self->pool, n, pack_channel, packing);
    for (int i = 0; i < n && good; i++)
        good = spool_piece (self, i, packing->results[i], error);
    g_free (packing);
    self->n_rows = 0;
    return good;
}

bool
hf_photoshop_writer_rows (HfPhotoshopWriter *self, const void *first, size_t stride, int n_rows,
                          GError **error)
{
    for (int i = 0; i < n_rows; i++) {
        convert_row (self, (const char *) first + (size_t) i * stride,
                     self->rows + (size_t) self->n_rows * self->row_bytes);
        if (++self->n_rows == self->n_bands * self->band_rows && !pack_rows (self, error))
            return false;
    }
    return true;
}

bool
hf_photoshop_writer_end (HfPhotoshopWriter *self, GError **error)
{
    bool good = pack_rows (self, error);

    free_rooms (self);
    return good;
}

/* ---- the block ---- */

static void
put_number (GByteArray *bytes, int n_bytes, int64_t number)
{
    for (int i = n_bytes - 1; i >= 0; i--) {
        guint8 byte = (guint8) ((uint64_t) number >> 8 * i);

        g_byte_array_append (bytes, &byte, 1);
    }
}

static void
put_text (GByteArray *bytes, const char *text)
{
    g_byte_array_append (bytes, (const guint8 *) text, (guint) strlen (text));
}

static void
pad (GByteArray *bytes, guint from, guint multiple)
{
    while ((bytes->len - from) % multiple)
        put_number (bytes, 1, 0);
}

/* The old name: counted bytes of ASCII. */
static void
put_short_name (GByteArray *bytes, const char *name)
{
    char *ascii = g_str_to_ascii (name, "C");
    guint start = bytes->len, n = (guint) MIN (strlen (ascii), 255);

    put_number (bytes, 1, n);
    g_byte_array_append (bytes, (const guint8 *) ascii, n);
    pad (bytes, start, 4);
    g_free (ascii);
}

static void
put_unicode_name (GByteArray *bytes, const char *name)
{
    char *valid = g_utf8_make_valid (name, -1);
    glong n = 0;
    gunichar2 *units = g_utf8_to_utf16 (valid, -1, NULL, &n, NULL);
    long padded = (4 + 2 * n + 3) & ~3L;

    put_text (bytes, "8BIMluni");
    put_number (bytes, 4, padded);
    put_number (bytes, 4, n);
    for (glong i = 0; i < n; i++)
        put_number (bytes, 2, units[i]);
    for (long at = 4 + 2 * n; at < padded; at++)
        put_number (bytes, 1, 0);
    g_free (units);
    g_free (valid);
}

static uint64_t
channel_bytes (const Channel *channel)
{
    return PACKING_BYTES + STREAM_HEAD + channel->size + STREAM_TAIL;
}

static void
put_record (GByteArray *bytes, const Layer *layer, int left, int top)
{
    GByteArray *extra = g_byte_array_new ();

    put_number (bytes, 4, (int64_t) layer->y - top);
    put_number (bytes, 4, (int64_t) layer->x - left);
    put_number (bytes, 4, (int64_t) layer->y - top + layer->height);
    put_number (bytes, 4, (int64_t) layer->x - left + layer->width);
    put_number (bytes, 2, layer->n_channels);
    for (int c = 0; c < layer->n_channels; c++) {
        put_number (bytes, 2, layer->channels[c].id);
        put_number (bytes, 4, (int64_t) channel_bytes (&layer->channels[c]));
    }
    put_text (bytes, "8BIMnorm");
    put_number (bytes, 1, 255); /* opacity */
    put_number (bytes, 3, 0);   /* no clipping, visible, filler */
    put_number (extra, 4, 0);   /* no mask */
    put_number (extra, 4, 0);   /* no blending ranges */
    put_short_name (extra, layer->name);
    put_unicode_name (extra, layer->name);
    put_number (bytes, 4, extra->len);
    g_byte_array_append (bytes, extra->data, extra->len);
    g_byte_array_free (extra, TRUE);
}

static uint64_t
size_of_channels (const HfPhotoshopWriter *self)
{
    uint64_t size = 0;

    for (guint i = 0; i < self->layers->len; i++)
        for (int c = 0; c < layer_at (self, (int) i)->n_channels; c++)
            size += channel_bytes (&layer_at (self, (int) i)->channels[c]);
    return size;
}

/* All that stands before the channels. */
static GByteArray *
head_of_block (const HfPhotoshopWriter *self, const int *order, int left, int top, bool transparent)
{
    GByteArray *records = g_byte_array_new (), *head = g_byte_array_new ();
    int n = (int) self->layers->len;

    put_number (records, 2, transparent ? -n : n);
    for (int i = 0; i < n; i++)
        put_record (records, layer_at (self, order ? order[i] : i), left, top);
    g_byte_array_append (head, (const guint8 *) HF_PHOTOSHOP_HEAD, sizeof HF_PHOTOSHOP_HEAD);
    put_text (head, self->format.type == HF_SAMPLE_U8 ? "8BIMLayr" : "8BIMLr16");
    put_number (head, 4, (int64_t) ((records->len + size_of_channels (self) + 3) & ~3ull));
    g_byte_array_append (head, records->data, records->len);
    g_byte_array_free (records, TRUE);
    return head;
}

uint64_t
hf_photoshop_writer_size (const HfPhotoshopWriter *self)
{
    GByteArray *head = head_of_block (self, NULL, 0, 0, false);
    uint64_t head_bytes = head->len, from = sizeof HF_PHOTOSHOP_HEAD + 12;

    g_byte_array_free (head, TRUE);
    return from + ((head_bytes - from + size_of_channels (self) + 3) & ~3ull);
}

static bool
copy_piece (HfPhotoshopWriter *self, Piece piece, int fd, uint64_t *offset)
{
    char bytes[1 << 14];

    while (piece.size > 0) {
        ssize_t n =
            pread (self->spool->fd, bytes, MIN (sizeof bytes, piece.size), (off_t) piece.offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n < 0 ? errno : EIO;
            return false;
        }
        if (!write_all (fd, bytes, (size_t) n, *offset))
            return false;
        piece.offset += (uint64_t) n;
        piece.size -= (uint32_t) n;
        *offset += (uint64_t) n;
    }
    return true;
}

static bool
store_channel (HfPhotoshopWriter *self, const Channel *channel, int fd, uint64_t *offset)
{
    guint8 head[] = { 0, HF_PHOTOSHOP_ZIP_PREDICTED, 0x78, 0x5e };
    guint8 tail[] = { 0x03,
                      0x00,
                      (guint8) (channel->checksum >> 24),
                      (guint8) (channel->checksum >> 16),
                      (guint8) (channel->checksum >> 8),
                      (guint8) channel->checksum };

    if (!write_all (fd, head, sizeof head, *offset))
        return false;
    *offset += sizeof head;
    for (guint i = 0; i < channel->pieces->len; i++)
        if (!copy_piece (self, g_array_index (channel->pieces, Piece, i), fd, offset))
            return false;
    if (!write_all (fd, tail, sizeof tail, *offset))
        return false;
    *offset += sizeof tail;
    return true;
}

bool
hf_photoshop_writer_store (HfPhotoshopWriter *self, int fd, uint64_t offset, const int *order,
                           int left, int top, bool transparent)
{
    GByteArray *head = head_of_block (self, order, left, top, transparent);
    uint64_t end = offset + hf_photoshop_writer_size (self);
    bool good = write_all (fd, head->data, head->len, offset);
    static const guint8 zeros[4];

    offset += head->len;
    g_byte_array_free (head, TRUE);
    for (guint i = 0; i < self->layers->len && good; i++) {
        const Layer *layer = layer_at (self, order[i]);

        for (int c = 0; c < layer->n_channels && good; c++)
            good = store_channel (self, &layer->channels[c], fd, &offset);
    }
    return good && write_all (fd, zeros, (size_t) (end - offset), offset);
}
