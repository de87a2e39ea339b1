/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * libtiff on a file descriptor or a piece of memory, without mapped memory (a file that shrinks
 * would kill the process), and with its messages kept for the GError instead of printed.
 */
#ifndef HF_FILES_TIFF_STREAM_H
#define HF_FILES_TIFF_STREAM_H

#include <hyperfocal/api.h>
#include <tiffio.h>

typedef struct HfTiffStream {
    int fd;       /* borrowed; stays open; -1: memory instead */
    char *memory; /* borrowed; what is written, when there is no file */
    size_t room;  /* bytes of it */
    size_t used;
    uint64_t position;
    int error_number;  /* errno of a read or write that failed; 0 = none */
    char message[256]; /* libtiff's first complaint; "" = none */
} HfTiffStream;

/*
 * TIFFOpen () on the stream; the stream must outlive the handle. No single allocation of libtiff
 * exceeds most_bytes (0 = no limit). NULL when this is no TIFF file.
 */
TIFF *hf_tiff_open (HfTiffStream *stream, const char *label, const char *mode, size_t most_bytes);

/* What went wrong, for a message: the system's reason, or libtiff's. */
const char *hf_tiff_reason (const HfTiffStream *stream);

#endif
