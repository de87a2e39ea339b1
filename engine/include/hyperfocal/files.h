/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Files: JPEG, PNG and TIFF in and out, layered TIFF out. */
#ifndef HF_FILES_H
#define HF_FILES_H

#include <hyperfocal/option.h>
#include <hyperfocal/sink.h>
#include <hyperfocal/source.h>

HF_BEGIN_DECLS

/*
 * The picture files of a folder in natural order of their names ("a2" before "a10"), as full paths; ended
 * by NULL, freed with g_strfreev (). Hidden files and files of other kinds (by ending) are passed over.
 * HF_ERROR_FILE when the folder cannot be read or holds no picture.
 */
HF_API char **hf_files_list (const char *folder, GError **error);

/* Compares two names in natural order, as strcmp () does. */
HF_API int hf_files_compare (const char *a, const char *b);

/*
 * A source over picture files, in the order given; the names are copied. Headers of all files are read
 * here: a missing, unreadable or damaged one fails at once and is named. Frames of one size and one
 * number of colours are demanded (HF_ERROR_SIZE, naming both files and both sizes).
 */
HF_API HfSource *hf_files_source_new (const char *const *paths, GError **error);

/* One picture, upright, with its metadata (may be NULL). */
HF_API HfImage *hf_file_read (const char *path, int reduction, HfBudget *budget,
                              HfMetadata **metadata, GError **error);

typedef struct HfFileOptions {
#include <hyperfocal/options/fields.h>
#include <hyperfocal/options/file.def>
#include <hyperfocal/options/undefine.h>
} HfFileOptions;

HF_API extern const HfOptionTable hf_file_table;

/*
 * A sink that writes one picture to `path`; the ending (.tif .tiff .png .jpg .jpeg) chooses the kind.
 * Written under a temporary name in the same folder, renamed by commit. JPEG takes 8 bit
 * without alpha: more is rounded, alpha is dropped. PNG takes float as 16 bit. Unknown ending:
 * HF_ERROR_ARGUMENT. A folder that cannot be written to fails here, before any work.
 */
HF_API HfSink *hf_file_sink_new (const char *path, const HfFileOptions *options, GError **error);

/*
 * A sink that writes all its pictures as pages of one TIFF: PageName, X/YPosition; the fused picture is
 * the first page whenever it comes. BigTIFF where 4 GB do not suffice.
 */
HF_API HfSink *hf_layered_tiff_sink_new (const char *path, const HfFileOptions *options,
                                         GError **error);

HF_END_DECLS
#endif
