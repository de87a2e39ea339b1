/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Reading Photoshop's layer block. Records are read into memory as far as they go (a few hundred
 * bytes a layer); channels are read and unpacked one at a time, when a layer is wanted. Every
 * length is held against what is left of the block before it is used.
 */
#include "files/photoshop.h"

#include <errno.h>
#include <hyperfocal/error.h>
#include <hyperfocal/memory.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum {
    MOST_LAYERS = 8000,    /* Photoshop's own limit */
    MOST_CHANNELS = 56,    /* likewise */
    MOST_EXTRA = 1 << 24,  /* bytes of a record beside its channels that are looked at */
    KEPT_CHANNELS = 4,     /* colours and transparency */
    INPUT_BYTES = 1 << 16, /* packed, at a time */
    RECORD_TAIL = 12,      /* blend mode to filler */
    HIDDEN_FLAG = 10       /* byte of that tail */
};

typedef struct Channel {
    uint64_t offset; /* of the packed channel in the file; 0 = the layer has none */
    uint64_t size;
} Channel;

typedef struct Layer {
    HfPhotoshopLayer public;
    Channel channels[KEPT_CHANNELS]; /* colours, then transparency */
} Layer;

struct HfPhotoshopBlock {
    bool big_endian;
    HfSampleType type;
    int n_colours;
    char *label;
    GArray *layers; /* Layer */
};

/* A place in the file that moves on as it is read, and never beyond its end. */
typedef struct Cursor {
    int fd;
    uint64_t at, end;
    bool big_endian;
    bool failed;
} Cursor;

static void
take_bytes (Cursor *cursor, void *bytes, size_t size)
{
    char *to = bytes;

    if (cursor->failed || size > cursor->end - cursor->at) {
        cursor->failed = true;
        memset (bytes, 0, size);
        return;
    }
    while (size > 0) {
        ssize_t n = pread (cursor->fd, to, size, (off_t) cursor->at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            cursor->failed = true;
            memset (to, 0, size);
            return;
        }
        to += n;
        cursor->at += (uint64_t) n;
        size -= (size_t) n;
    }
}

static uint32_t
take_number (Cursor *cursor, int n_bytes)
{
    uint8_t bytes[4];
    uint32_t number = 0;

    take_bytes (cursor, bytes, (size_t) n_bytes);
    for (int i = 0; i < n_bytes; i++)
        number |= (uint32_t) bytes[i] << 8 * (cursor->big_endian ? n_bytes - 1 - i : i);
    return number;
}

static void
pass_over (Cursor *cursor, uint64_t size)
{
    if (cursor->failed || size > cursor->end - cursor->at)
        cursor->failed = true;
    else
        cursor->at += size;
}

/* Four letters; in a little-endian file they stand the other way round. */
static void
take_key (Cursor *cursor, char key[5])
{
    take_bytes (cursor, key, 4);
    key[4] = '\0';
    if (!cursor->big_endian) {
        char swapped[4] = { key[3], key[2], key[1], key[0] };

        memcpy (key, swapped, 4);
    }
}

static bool
fail (const HfPhotoshopBlock *block, GError **error, const char *what)
{
    g_set_error (error, HF_ERROR, HF_ERROR_FORMAT,
                 "the Photoshop layers of '%s' cannot be read: %s", block->label, what);
    return false;
}

static void
clear_layer (void *data)
{
    g_free (((Layer *) data)->public.name);
}

/* ---- records ---- */

/* A cursor over the next `size` bytes, which this one passes over. */
static Cursor
take_part (Cursor *cursor, uint64_t size)
{
    Cursor part = *cursor;

    pass_over (cursor, size);
    part.end = cursor->failed ? part.at : cursor->at;
    part.failed = cursor->failed;
    return part;
}

static char *
take_short_name (Cursor *extra)
{
    uint32_t n = take_number (extra, 1);
    char name[256] = { 0 };

    take_bytes (extra, name, n);
    pass_over (extra, (4 - (n + 1) % 4) % 4);
    return g_utf8_make_valid (name, -1);
}

static char *
take_unicode_name (Cursor *extra)
{
    uint32_t n = take_number (extra, 4);
    gunichar2 *units;
    char *name;

    if (extra->failed || n > 4096)
        return NULL;
    units = g_new0 (gunichar2, n + 1);
    for (uint32_t i = 0; i < n; i++)
        units[i] = (gunichar2) take_number (extra, 2);
    name = extra->failed ? NULL : g_utf16_to_utf8 (units, n, NULL, NULL, NULL);
    g_free (units);
    return name;
}

/* The name: that in Unicode where there is one. */
static void
read_extra (Cursor *extra, Layer *layer)
{
    pass_over (extra, take_number (extra, 4)); /* the mask's place */
    pass_over (extra, take_number (extra, 4)); /* blending ranges */
    layer->public.name = take_short_name (extra);
    while (!extra->failed && extra->end - extra->at >= 12) {
        char signature[5], key[5];
        Cursor tagged;
        char *name;

        take_key (extra, signature);
        take_key (extra, key);
        tagged = take_part (extra, take_number (extra, 4));
        if (strcmp (key, "luni") != 0)
            continue;
        name = take_unicode_name (&tagged);
        if (name) {
            g_free (layer->public.name);
            layer->public.name = name;
        }
    }
}

static bool
read_rectangle (const HfPhotoshopBlock *block, Cursor *cursor, HfPhotoshopLayer *layer,
                GError **error)
{
    int64_t top = (int32_t) take_number (cursor, 4), left = (int32_t) take_number (cursor, 4);
    int64_t bottom = (int32_t) take_number (cursor, 4), right = (int32_t) take_number (cursor, 4);
    int64_t width = right - left, height = bottom - top;

    if (width < 0 || height < 0 || width > HF_FILE_LONGEST_SIDE || height > HF_FILE_LONGEST_SIDE ||
        (uint64_t) (width * height) > HF_FILE_MOST_PIXELS)
        return fail (block, error, "a layer's size is outside of the limits");
    layer->x = (int) left;
    layer->y = (int) top;
    layer->width = (int) width;
    layer->height = (int) height;
    return true;
}

/* Which of our channels this is; -1: none. */
static int
place_of_channel (const HfPhotoshopBlock *block, int id)
{
    if (id == -1)
        return block->n_colours;
    return id >= 0 && id < block->n_colours ? id : -1;
}

/* A channel as a record announces it. */
typedef struct Part {
    int layer;
    int place; /* of ours, or -1 */
    uint64_t size;
} Part;

static bool
read_record (HfPhotoshopBlock *block, Cursor *cursor, GArray *parts, GError **error)
{
    Layer layer = { .public.visible = true };
    char tail[RECORD_TAIL];
    uint32_t n_channels;
    Cursor extra;

    if (!read_rectangle (block, cursor, &layer.public, error))
        return false;
    n_channels = take_number (cursor, 2);
    if (n_channels > MOST_CHANNELS)
        return fail (block, error, "a layer has too many channels");
    for (uint32_t c = 0; c < n_channels; c++) {
        int place = place_of_channel (block, (int16_t) take_number (cursor, 2));
        Part part = { (int) block->layers->len, place, take_number (cursor, 4) };

        g_array_append_val (parts, part);
    }
    take_bytes (cursor, tail, sizeof tail);
    layer.public.visible = (tail[HIDDEN_FLAG] & 2) == 0;
    extra = take_part (cursor, take_number (cursor, 4));
    if (cursor->failed || extra.end - extra.at > MOST_EXTRA)
        return fail (block, error, "a layer's record is damaged");
    read_extra (&extra, &layer);
    g_array_append_val (block->layers, layer);
    return true;
}

/* The channels lie one behind the other in the order they were announced. */
static bool
place_channels (HfPhotoshopBlock *block, Cursor *cursor, const GArray *parts, GError **error)
{
    for (guint i = 0; i < parts->len; i++) {
        const Part *part = &g_array_index (parts, Part, i);

        if (part->place >= 0)
            g_array_index (block->layers, Layer, part->layer).channels[part->place] =
                (Channel) { cursor->at, part->size };
        pass_over (cursor, part->size);
    }
    return !cursor->failed || fail (block, error, "its channels are cut off");
}

static bool
has_pixels (const HfPhotoshopBlock *block, const Layer *layer)
{
    for (int c = 0; c < block->n_colours; c++)
        if (layer->channels[c].offset == 0)
            return false;
    return layer->public.width > 0 && layer->public.height > 0;
}

static void
keep_pictures (HfPhotoshopBlock *block)
{
    for (guint i = block->layers->len; i-- > 0;) {
        Layer *layer = &g_array_index (block->layers, Layer, i);
        bool alpha = layer->channels[block->n_colours].offset != 0;

        layer->public.format = (HfFormat) { block->type, block->n_colours + (alpha ? 1 : 0) };
        if (!has_pixels (block, layer))
            g_array_remove_index (block->layers, i);
    }
}

static bool
read_layers (HfPhotoshopBlock *block, Cursor cursor, GError **error)
{
    int n = abs ((int16_t) take_number (&cursor, 2));
    GArray *parts = g_array_new (FALSE, FALSE, sizeof (Part));
    bool good = n <= MOST_LAYERS || fail (block, error, "there are too many layers");

    for (int i = 0; i < n && good; i++)
        good = read_record (block, &cursor, parts, error);
    good = good && place_channels (block, &cursor, parts, error);
    g_array_free (parts, TRUE);
    if (good)
        keep_pictures (block);
    return good;
}

static bool
type_of_key (const char *key, HfSampleType *type)
{
    static const struct {
        const char *key;
        HfSampleType type;
    } keys[] = { { "Layr", HF_SAMPLE_U8 }, { "Lr16", HF_SAMPLE_U16 }, { "Lr32", HF_SAMPLE_FLOAT } };

    for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
        if (strcmp (keys[i].key, key) == 0) {
            *type = keys[i].type;
            return true;
        }
    return false;
}

/* Goes through the parts of the block to the one with the layers. */
static bool
find_layers (HfPhotoshopBlock *block, Cursor cursor, GError **error)
{
    char head[sizeof HF_PHOTOSHOP_HEAD];

    take_bytes (&cursor, head, sizeof head);
    if (cursor.failed || memcmp (head, HF_PHOTOSHOP_HEAD, sizeof head) != 0)
        return fail (block, error, "its head is not that of a layer block");
    while (!cursor.failed && cursor.end - cursor.at >= 12) {
        char signature[5], key[5];
        uint64_t size;
        Cursor part;

        take_key (&cursor, signature);
        take_key (&cursor, key);
        size = take_number (&cursor, 4);
        part = take_part (&cursor, size);
        if (part.failed)
            break;
        if (type_of_key (key, &block->type) && size >= 2)
            return read_layers (block, part, error);
        pass_over (&cursor, (4 - size % 4) % 4);
    }
    return fail (block, error, "there are no layers of 8, 16 or 32 bit in it");
}

HfPhotoshopBlock *
hf_photoshop_block_read (int fd, uint64_t offset, uint64_t size, bool big_endian, int n_colours,
                         const char *label, GError **error)
{
    HfPhotoshopBlock *block = g_new0 (HfPhotoshopBlock, 1);
    Cursor cursor = { fd, offset, offset + size, big_endian, size > INT64_MAX - offset };

    block->big_endian = big_endian;
    block->n_colours = n_colours;
    block->label = g_strdup (label);
    block->layers = g_array_new (FALSE, FALSE, sizeof (Layer));
    g_array_set_clear_func (block->layers, clear_layer);
    if (!find_layers (block, cursor, error))
        g_clear_pointer (&block, hf_photoshop_block_free);
    return block;
}

void
hf_photoshop_block_free (HfPhotoshopBlock *block)
{
    if (!block)
        return;
    g_array_free (block->layers, TRUE);
    g_free (block->label);
    g_free (block);
}

int
hf_photoshop_block_n_layers (const HfPhotoshopBlock *block)
{
    return (int) block->layers->len;
}

const HfPhotoshopLayer *
hf_photoshop_block_layer (const HfPhotoshopBlock *block, int layer)
{
    return &g_array_index (block->layers, Layer, layer).public;
}

/* ---- channels ---- */

typedef struct Unpacking {
    Cursor cursor;
    uint32_t packing;
    z_stream stream;
    bool inflating;
    uint8_t input[INPUT_BYTES];
    uint16_t *row_sizes; /* of PackBits, one for each row */
    uint8_t *row;        /* one unpacked row of the channel */
    size_t row_bytes;
} Unpacking;

static bool
inflate_row (Unpacking *self)
{
    self->stream.next_out = self->row;
    self->stream.avail_out = (uInt) self->row_bytes;
    while (self->stream.avail_out > 0) {
        int status;

        if (self->stream.avail_in == 0) {
            size_t n = MIN (sizeof self->input, (size_t) (self->cursor.end - self->cursor.at));

            if (n == 0)
                return false;
            take_bytes (&self->cursor, self->input, n);
            self->stream.next_in = self->input;
            self->stream.avail_in = (uInt) n;
        }
        status = inflate (&self->stream, Z_NO_FLUSH);
        if (status != Z_OK && !(status == Z_STREAM_END && self->stream.avail_out == 0))
            return false;
    }
    return !self->cursor.failed;
}

/* PackBits: a count n and n + 1 bytes, or 1 - n times the same byte; -128 is nothing. (TIFF 6.0,
 * section 9.) */
static bool
unpack_bits (Unpacking *self, uint16_t size)
{
    Cursor part = take_part (&self->cursor, size);
    size_t at = 0;

    while (at < self->row_bytes && !part.failed) {
        int count = (int8_t) take_number (&part, 1);
        size_t n = count >= 0 ? (size_t) count + 1 : (size_t) (1 - count);

        if (count == -128)
            continue;
        if (n > self->row_bytes - at)
            return false;
        if (count >= 0)
            take_bytes (&part, self->row + at, n);
        else
            memset (self->row + at, (int) take_number (&part, 1), n);
        at += n;
    }
    return !part.failed;
}

static bool
unpack_row (Unpacking *self, int y)
{
    if (self->inflating)
        return inflate_row (self);
    if (self->packing == HF_PHOTOSHOP_PACK_BITS)
        return unpack_bits (self, self->row_sizes[y]);
    take_bytes (&self->cursor, self->row, self->row_bytes);
    return !self->cursor.failed;
}

static bool
begin_unpacking (Unpacking *self, const HfPhotoshopBlock *block, int height)
{
    self->packing = take_number (&self->cursor, 2);
    if (self->cursor.failed || self->packing > HF_PHOTOSHOP_ZIP_PREDICTED)
        return false;
    self->inflating = self->packing >= HF_PHOTOSHOP_ZIP;
    if (self->inflating)
        return inflateInit (&self->stream) == Z_OK;
    if (self->packing == HF_PHOTOSHOP_PACK_BITS) {
        if ((uint64_t) height * 2 > self->cursor.end - self->cursor.at)
            return false;
        self->row_sizes = g_new (uint16_t, height);
        for (int y = 0; y < height; y++)
            self->row_sizes[y] = (uint16_t) take_number (&self->cursor, 2);
    }
    return !self->cursor.failed;
}

static uint16_t
read_16 (const uint8_t *bytes, bool big_endian)
{
    return (uint16_t) (big_endian ? bytes[0] << 8 | bytes[1] : bytes[1] << 8 | bytes[0]);
}

static void
put_row_8 (const Unpacking *self, int width, uint8_t *to, int step)
{
    bool predicted = self->packing == HF_PHOTOSHOP_ZIP_PREDICTED;
    uint8_t value = 0;

    for (int x = 0; x < width; x++) {
        value = (uint8_t) (self->row[x] + (predicted ? value : 0));
        to[(size_t) x * (size_t) step] = value;
    }
}

static void
put_row_16 (const Unpacking *self, int width, bool big_endian, uint16_t *to, int step)
{
    bool predicted = self->packing == HF_PHOTOSHOP_ZIP_PREDICTED;
    uint16_t value = 0;

    for (int x = 0; x < width; x++) {
        uint16_t number = read_16 (self->row + 2 * (size_t) x, big_endian);

        value = (uint16_t) (number + (predicted ? value : 0));
        to[(size_t) x * (size_t) step] = value;
    }
}

/* Predicted floats: all first (highest) bytes of the row, then all second ones …, as differences
 * from byte to byte. */
static void
put_row_32 (Unpacking *self, int width, bool big_endian, float *to, int step)
{
    bool predicted = self->packing == HF_PHOTOSHOP_ZIP_PREDICTED;
    size_t n = (size_t) width;

    for (size_t i = 1; predicted && i < self->row_bytes; i++)
        self->row[i] = (uint8_t) (self->row[i] + self->row[i - 1]);
    for (size_t x = 0; x < n; x++) {
        uint32_t bits = 0;

        for (size_t b = 0; b < 4; b++) {
            uint8_t byte = predicted ? self->row[b * n + x] : self->row[4 * x + b];

            bits |= (uint32_t) byte << 8 * (predicted || big_endian ? 3 - b : b);
        }
        memcpy (&to[x * (size_t) step], &bits, sizeof bits);
    }
}

static void
put_row (Unpacking *self, const HfPhotoshopBlock *block, HfImage *image, int y, int channel)
{
    char *to = (char *) hf_image_row (image, y) + (size_t) channel * (size_t) block->type;
    int step = image->format.n_channels;

    if (block->type == HF_SAMPLE_U8)
        put_row_8 (self, image->width, (uint8_t *) to, step);
    else if (block->type == HF_SAMPLE_U16)
        put_row_16 (self, image->width, block->big_endian, (uint16_t *) to, step);
    else
        put_row_32 (self, image->width, block->big_endian, (float *) to, step);
}

static bool
read_channel (const HfPhotoshopBlock *block, int fd, Channel channel, HfImage *image, int number,
              HfBudget *budget, GError **error)
{
    size_t row_bytes = (size_t) image->width * (size_t) block->type;
    Unpacking *self =
        hf_pixels_new_n (budget, 1, sizeof *self + row_bytes, "a layer's rows", error);
    bool good;

    if (!self)
        return false;
    memset (self, 0, sizeof *self);
    self->cursor =
        (Cursor) { fd, channel.offset, channel.offset + channel.size, block->big_endian, false };
    self->row = (uint8_t *) (self + 1);
    self->row_bytes = row_bytes;
    good = begin_unpacking (self, block, image->height);
    for (int y = 0; y < image->height && good; y++) {
        good = unpack_row (self, y);
        if (good)
            put_row (self, block, image, y, number);
    }
    if (self->inflating)
        inflateEnd (&self->stream);
    g_free (self->row_sizes);
    hf_pixels_free (self);
    return good || fail (block, error, "a layer's channel is damaged");
}

HfImage *
hf_photoshop_block_image (const HfPhotoshopBlock *block, int fd, int layer, HfBudget *budget,
                          GError **error)
{
    const Layer *wanted = &g_array_index (block->layers, Layer, layer);
    HfImage *image = hf_image_new (budget, wanted->public.width, wanted->public.height,
                                   wanted->public.format, error);

    for (int c = 0; image && c < image->format.n_channels; c++)
        if (!read_channel (block, fd, wanted->channels[c], image, c, budget, error))
            g_clear_pointer (&image, hf_image_free);
    return image;
}
