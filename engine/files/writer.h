/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Writing one picture into a temporary file, in one of the formats. */
#ifndef HF_FILES_WRITER_H
#define HF_FILES_WRITER_H

#include "files/temporary.h"

#include <hyperfocal/files.h>
#include <hyperfocal/threads.h>

typedef struct HfWriterClass {
    /* The format that pictures of this format are written in. */
    HfFormat (*format) (HfFormat offered);
    /*
     * Begins a picture; info->format is one of format (). The returned writer goes with free (),
     * NULL with an error. A writer that can share its work does so by info->pool.
     */
    void *(*begin) (HfTemporary *file, const HfPictureInfo *info, const HfFileOptions *options,
                    GError **error);
    /* n_rows rows of the picture, `stride` bytes apart. */
    bool (*rows) (void *writer, const void *first, size_t stride, int n_rows, GError **error);
    /* After the last row: completes the file. */
    bool (*end) (void *writer, GError **error);
    void (*free) (void *writer); /* NULL is accepted */
} HfWriterClass;

extern const HfWriterClass hf_jpeg_writer_class;
extern const HfWriterClass hf_png_writer_class;
extern const HfWriterClass hf_tiff_writer_class;

/* Converts n pixels to a format of less or equal precision: rounds, drops alpha. */
void hf_writer_convert (const void *from, HfFormat from_format, void *to, HfFormat to_format,
                        int n);

#endif
