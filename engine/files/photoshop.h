/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The layer block that Photoshop keeps in a TIFF (tag 37724, ImageSourceData):
 *
 *     "Adobe Photoshop Document Data Block\0"
 *     "8BIM" key u32-length                  key: "Layr" 8 bit, "Lr16" 16 bit, "Lr32" floats
 *         i16 number of layers               negative: the picture's own alpha is transparency
 *         a record for each layer            the lowest first
 *         the channels of each layer         in the order of the records
 *     padded to 4 bytes
 *
 * A record is a rectangle (top, left, bottom, right, i32), u16 number of channels, for each i16
 * what it is (0 1 2 colours, -1 transparency, -2 a mask) and u32 its bytes; "8BIM", blend mode,
 * opacity, clipping, flags, filler; u32 bytes of what follows: layer mask (u32 bytes), blending
 * ranges (u32 bytes), name (counted bytes, padded to 4), and tagged blocks, of which "luni" is the
 * name in UTF-16. A channel is u16 how it is packed, then its rows: raw, PackBits, deflate, or
 * deflate of differences. Numbers have the byte order of the file; big-endian is what all readers
 * take. (Adobe Photoshop TIFF Technical Notes, 2002; Adobe Photoshop File Formats Specification,
 * 2019.)
 */
#ifndef HF_FILES_PHOTOSHOP_H
#define HF_FILES_PHOTOSHOP_H

#include "files/temporary.h"

#include <hyperfocal/files.h>
#include <hyperfocal/threads.h>

enum { HF_TAG_IMAGE_SOURCE_DATA = 37724 };

#define HF_PHOTOSHOP_HEAD "Adobe Photoshop Document Data Block" /* and its NUL */

enum { HF_PHOTOSHOP_RAW, HF_PHOTOSHOP_PACK_BITS, HF_PHOTOSHOP_ZIP, HF_PHOTOSHOP_ZIP_PREDICTED };

/* ---- writing: photoshop-writer.c ---- */

/* The layers of one file on their way into its block: what is packed waits in a spool file, so that
 * memory is that of a few rows. */
typedef struct HfPhotoshopWriter HfPhotoshopWriter;

/* Largest block that is written, as some readers count with signed numbers. */
#define HF_PHOTOSHOP_MOST_BYTES ((uint64_t) 0x7fffff00)

/*
 * Layers in this format's sample type (8 or 16 bit) and colours; the spool file lies, without a
 * name, in the folder of `file` (borrowed). HF_ERROR_FILE.
 */
HfPhotoshopWriter *hf_photoshop_writer_new (const HfTemporary *file, HfFormat format,
                                            GError **error);
void hf_photoshop_writer_free (HfPhotoshopWriter *writer);

/* Begins a layer of any format; it is converted. info->pool helps to pack. */
bool hf_photoshop_writer_begin (HfPhotoshopWriter *writer, const HfPictureInfo *info,
                                GError **error);
bool hf_photoshop_writer_rows (HfPhotoshopWriter *writer, const void *first, size_t stride,
                               int n_rows, GError **error);
bool hf_photoshop_writer_end (HfPhotoshopWriter *writer, GError **error);

/* Bytes that the block will have. */
uint64_t hf_photoshop_writer_size (const HfPhotoshopWriter *writer);

/*
 * Writes the block at `offset` of fd, big-endian. `order` are the numbers of the layers (as they
 * came) from the lowest to the highest; left and top is where the picture's own corner lies on the
 * canvas, transparent whether its alpha is transparency. False with errno.
 */
bool hf_photoshop_writer_store (HfPhotoshopWriter *writer, int fd, uint64_t offset,
                                const int *order, int left, int top, bool transparent);

/* ---- reading: photoshop-reader.c ---- */

typedef struct HfPhotoshopBlock HfPhotoshopBlock;

typedef struct HfPhotoshopLayer {
    char *name;
    int x, y, width, height; /* pixels; on the canvas of the whole picture */
    HfFormat format;
    bool visible;
} HfPhotoshopLayer;

/*
 * Reads the records of the block of `size` bytes at `offset` of fd. `n_colours` is that of the
 * file's picture. Nothing in it is believed: HF_ERROR_FORMAT (label: the file's name for messages)
 * for what is damaged, larger than the limits of hyperfocal/files.h, or without layers of 8, 16 or
 * 32 bit. Layers without pixels (groups, adjustments) are passed over.
 */
HfPhotoshopBlock *hf_photoshop_block_read (int fd, uint64_t offset, uint64_t size, bool big_endian,
                                           int n_colours, const char *label, GError **error);
void hf_photoshop_block_free (HfPhotoshopBlock *block);

/* Layers with pixels, the lowest first. */
int hf_photoshop_block_n_layers (const HfPhotoshopBlock *block);
const HfPhotoshopLayer *hf_photoshop_block_layer (const HfPhotoshopBlock *block, int layer);

/* The layer's picture, read through fd (which may be another one than the block was read by). */
HfImage *hf_photoshop_block_image (const HfPhotoshopBlock *block, int fd, int layer,
                                   HfBudget *budget, GError **error);

#endif
