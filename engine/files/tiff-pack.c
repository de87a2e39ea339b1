/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * A strip is written as the only one of a small TIFF in memory; its packed bytes then go into the
 * real file as they are. Opening and closing such a handle costs some ten microseconds, packing a
 * strip several milliseconds.
 */
#include "files/tiff-pack.h"

#include "files/tiff-stream.h"

#include <hyperfocal/option.h>

enum {
    SPARE_BYTES = 1 << 16, /* header and directory of the small TIFF, and codes of short strips */
    DEFLATE_LEVEL = 1      /* higher ones win a few per cent for several times the work */
};

#if G_BYTE_ORDER == G_BIG_ENDIAN
static const char SWAPPED_MODE[] = "wlm";
#else
static const char SWAPPED_MODE[] = "wbm";
#endif

static void
set_compression (TIFF *tiff, int compression, HfSampleType type)
{
    static const uint16_t codes[] = { [HF_COMPRESSION_NONE] = COMPRESSION_NONE,
                                      [HF_COMPRESSION_LZW] = COMPRESSION_LZW,
                                      [HF_COMPRESSION_DEFLATE] = COMPRESSION_ADOBE_DEFLATE };

    TIFFSetField (tiff, TIFFTAG_COMPRESSION, codes[compression]);
    if (compression == HF_COMPRESSION_NONE)
        return;
    TIFFSetField (tiff, TIFFTAG_PREDICTOR,
                  type == HF_SAMPLE_FLOAT ? PREDICTOR_FLOATINGPOINT : PREDICTOR_HORIZONTAL);
    if (compression == HF_COMPRESSION_DEFLATE)
        TIFFSetField (tiff, TIFFTAG_ZIPQUALITY, DEFLATE_LEVEL);
}

void
hf_tiff_set_rows (TIFF *tiff, const HfTiffRows *rows, int height)
{
    static const uint16_t alpha[] = { EXTRASAMPLE_UNASSALPHA };
    HfFormat format = rows->format;

    TIFFSetField (tiff, TIFFTAG_IMAGEWIDTH, (uint32_t) rows->width);
    TIFFSetField (tiff, TIFFTAG_IMAGELENGTH, (uint32_t) height);
    TIFFSetField (tiff, TIFFTAG_SAMPLESPERPIXEL, format.n_channels);
    TIFFSetField (tiff, TIFFTAG_BITSPERSAMPLE, 8 * (int) format.type);
    TIFFSetField (tiff, TIFFTAG_SAMPLEFORMAT,
                  format.type == HF_SAMPLE_FLOAT ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
    TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC,
                  hf_format_n_colours (format) == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
    TIFFSetField (tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField (tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    TIFFSetField (tiff, TIFFTAG_ROWSPERSTRIP, (uint32_t) rows->strip_rows);
    if (hf_format_has_alpha (format))
        TIFFSetField (tiff, TIFFTAG_EXTRASAMPLES, 1, alpha);
    set_compression (tiff, rows->compression, format.type);
}

size_t
hf_tiff_packed_bound (const HfTiffRows *rows)
{
    size_t strip =
        (size_t) rows->width * (size_t) rows->strip_rows * hf_format_bytes (rows->format);

    return 2 * strip + SPARE_BYTES; /* LZW may write 12 bits for 8 */
}

bool
hf_tiff_pack (const HfTiffRows *rows, void *samples, int n_rows, void *memory, size_t *at,
              size_t *size)
{
    HfTiffStream stream = { .fd = -1, .memory = memory, .room = hf_tiff_packed_bound (rows) };
    tmsize_t n_bytes =
        (tmsize_t) ((size_t) rows->width * (size_t) n_rows * hf_format_bytes (rows->format));
    /* The predictor of floats puts their bytes in an order of its own; libtiff's way to it is sound
     * in the machine's order only. */
    bool own_order = !rows->swapped || (rows->format.type == HF_SAMPLE_FLOAT &&
                                        rows->compression != HF_COMPRESSION_NONE);
    TIFF *tiff = hf_tiff_open (&stream, "strip", own_order ? "wm" : SWAPPED_MODE, 0);
    bool packed;

    if (!tiff)
        return false;
    hf_tiff_set_rows (tiff, rows, n_rows);
    packed = TIFFWriteEncodedStrip (tiff, 0, samples, n_bytes) == n_bytes && !stream.error_number;
    *at = (size_t) TIFFGetStrileOffset (tiff, 0);
    *size = (size_t) TIFFGetStrileByteCount (tiff, 0);
    TIFFClose (tiff); /* writes a directory behind the strip, which nobody reads */
    return packed && *at + *size <= stream.room;
}
