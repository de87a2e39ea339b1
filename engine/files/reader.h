/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Reading one picture file: header first, then rows from the top of the stored picture. A reader
 * gives the samples in one of the engine's formats, in stored orientation and in the file's own
 * colours; files/decode.c makes frames of that. A reader belongs to one thread at a time.
 */
#ifndef HF_FILES_READER_H
#define HF_FILES_READER_H

#include <hyperfocal/image.h>
#include <hyperfocal/metadata.h>
#include <stdio.h>

typedef struct HfReader HfReader;

typedef struct HfReaderClass {
    /* Reads the header and fills the public fields. On failure close () follows. */
    bool (*open) (HfReader *reader, GError **error);
    /*
     * Gets ready for rows of the picture reduced `reduction` times (a power of 2 up to the reader's
     * `scales`; size rounded up). Working memory comes from `budget`.
     */
    bool (*start) (HfReader *reader, int reduction, HfBudget *budget, GError **error);
    /* The next n_rows rows, the first one at `first`, one each `stride` bytes. */
    bool (*rows) (HfReader *reader, void *first, size_t stride, int n_rows, GError **error);
    /* After the last row: is the rest of the file sound? */
    bool (*finish) (HfReader *reader, GError **error);
    void (*close) (HfReader *reader);
    size_t size; /* of the struct that embeds HfReader as its first member */
} HfReaderClass;

struct HfReader {
    const HfReaderClass *klass;
    char *label;   /* the file's name for messages */
    FILE *file;    /* at its start when open () is called */
    uint64_t size; /* bytes of the file */
    int page;      /* of a file of several pages, the one to read; 0 = the first */

    int width, height;    /* pixels, as stored, full size */
    HfFormat format;      /* of the rows */
    int orientation;      /* 1 .. 8 as in Exif: how the stored picture is to be turned */
    int scales;           /* largest reduction that start () takes: 1 or 8 */
    HfMetadata *metadata; /* of the upright picture: Orientation 1 */
};

extern const HfReaderClass hf_jpeg_reader_class;
extern const HfReaderClass hf_png_reader_class;
extern const HfReaderClass hf_tiff_reader_class;

/*
 * Opens a picture file; its first bytes decide on the kind, not its name. HF_ERROR_FILE when it is
 * missing, unreadable, a folder, or no plain file; HF_ERROR_FORMAT when it is empty, of another
 * kind, damaged, or larger than the limits in hyperfocal/files.h.
 */
HfReader *hf_reader_open (const char *path, GError **error);
/* The same for another page than the first, which only TIFF can have. */
HfReader *hf_reader_open_page (const char *path, int page, GError **error);
void hf_reader_close (HfReader *reader);

/* Sizes after turning upright. */
int hf_reader_upright_width (const HfReader *reader);
int hf_reader_upright_height (const HfReader *reader);

/* HF_ERROR_FORMAT: "'name' cannot be read: what". Returns false. */
bool hf_reader_fail (const HfReader *reader, GError **error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* Checks size against the limits, before anything is allocated for it. */
bool hf_reader_check_size (const HfReader *reader, uint64_t width, uint64_t height, GError **error);

#endif
