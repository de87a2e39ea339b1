/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* A TIFF file of one or more pages, written as a stream: rows of one page after the other. */
#ifndef HF_FILES_TIFF_PAGES_H
#define HF_FILES_TIFF_PAGES_H

#include "files/temporary.h"

#include <hyperfocal/files.h>
#include <hyperfocal/threads.h>

typedef struct HfTiffPages HfTiffPages;

/*
 * Pages into `file` (borrowed). With `layered` they carry names, numbers and positions for programs
 * that open pages as layers.
 */
HfTiffPages *hf_tiff_pages_new (HfTemporary *file, const HfFileOptions *options, bool layered,
                                GError **error);
void hf_tiff_pages_free (HfTiffPages *pages);

/* Begins a page; what `info` points to is copied or referenced. */
bool hf_tiff_pages_begin (HfTiffPages *pages, const HfPictureInfo *info, GError **error);
/* The next rows of the page, `stride` bytes apart. */
bool hf_tiff_pages_rows (HfTiffPages *pages, const void *first, size_t stride, int n_rows,
                         GError **error);
bool hf_tiff_pages_end (HfTiffPages *pages, GError **error);

/* Completes the file: the fused picture's page first, the others in the order they came. */
bool hf_tiff_pages_finish (HfTiffPages *pages, GError **error);
/* Then: what the user should know, or NULL; owned by the pages. */
const char *hf_tiff_pages_warning (const HfTiffPages *pages);

#endif
