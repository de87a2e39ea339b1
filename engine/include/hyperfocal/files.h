/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Files: JPEG, PNG and TIFF in and out, layered TIFF out. */
#ifndef HF_FILES_H
#define HF_FILES_H

#include <hyperfocal/option.h>
#include <hyperfocal/sink.h>
#include <hyperfocal/source.h>

HF_BEGIN_DECLS

/*
 * Limits of what is read, checked against a file's header before anything is allocated for it; more
 * is HF_ERROR_FORMAT. Within them the memory budget of the run decides.
 */
#define HF_FILE_LONGEST_SIDE (1 << 20)            /* pixels */
#define HF_FILE_MOST_PIXELS ((uint64_t) 1 << 31)  /* 2.1 gigapixels */

/*
 * The picture files of a folder in natural order of their names ("a2" before "a10"), as full paths; ended
 * by NULL, freed with g_strfreev (). Hidden files and files of other kinds (by ending) are passed over.
 * HF_ERROR_FILE when the folder cannot be read or holds no picture.
 */
HF_API char **hf_files_list (const char *folder, GError **error);

/* Compares two names in natural order, as strcmp () does. */
HF_API int hf_files_compare (const char *a, const char *b);

/*
 * A source over picture files, in the order given (at least one); the names are copied. The first bytes of
 * a file decide on its kind, not its name. Headers of all files are read here: a missing, unreadable or
 * damaged one fails at once and is named. Frames of one size and one number of colours are demanded
 * (HF_ERROR_SIZE, naming both files and both sizes); sample types and alpha may differ.
 *
 * Frames come upright (Orientation of Exif and TIFF applied; their Exif then says 1) and in the colours of
 * the first frame's profile: samples of a frame with the same profile pass untouched, others are
 * converted (no profile counts as sRGB). A profile that cannot be converted is HF_ERROR_FORMAT.
 * CMYK, Lab and other non-RGB files are refused. Read in any thread.
 */
HF_API HfSource *hf_files_source_new (const char *const *paths, GError **error);

/*
 * The layers of one TIFF as frames: its pages from the first on, smaller copies left out, or, where
 * there is only one page, the layers of its Photoshop block (tag 37724, 8, 16 or 32 bit) from the lowest
 * up. Names, sizes, formats and offsets are those of the layers and may differ; colours are not converted.
 * HF_ERROR_FORMAT for another kind of file, a damaged one, or more than the limits. Read in any thread.
 */
HF_API HfSource *hf_layered_tiff_source_new (const char *path, GError **error);

/*
 * One picture, upright, reduced 1, 2, 4 or 8 times as of hf_source_read (), in its own colours, with its
 * metadata (may be NULL; to be unreferenced).
 */
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
 * Nothing stands under that name before commit; an existing file stays as it is until then. JPEG
 * takes 8 bit without alpha: more is rounded, alpha is dropped. PNG takes float as 16 bit. TIFF takes
 * everything as it is. Profile, resolution, Exif and XMP of the picture's metadata are written; of Exif the
 * maker's note and the thumbnail are dropped, Orientation is 1, Software is this library.
 * Unknown ending: HF_ERROR_ARGUMENT. A folder that cannot be written to fails here, before any
 * work (HF_ERROR_FILE), as does a name that is a folder or a device. A full disk: HF_ERROR_FILE.
 */
HF_API HfSink *hf_file_sink_new (const char *path, const HfFileOptions *options, GError **error);

/*
 * A sink that writes all its pictures as pages of one TIFF: PageName, PageNumber, X/YPosition. The fused
 * picture is the first page whenever it comes, then come slabs, then the others in their order. Offsets
 * below 0 cannot be said in TIFF: all are then moved by the same amount. With the option
 * photoshop-layers the first page also carries Photoshop's layer block, if the first picture that
 * comes has 8 or 16 bit: the same pictures, converted to that type, the first page's on top. Memory of a few
 * strips of rows. BigTIFF where 4 GB do not suffice, known only at commit. Errors as hf_file_sink_new ().
 */
HF_API HfSink *hf_layered_tiff_sink_new (const char *path, const HfFileOptions *options,
                                         GError **error);

/* After commit: what the user should know (the layer block would have been too large and was left
 * out), as a sentence; NULL = nothing. Owned by the sink. */
HF_API const char *hf_layered_tiff_sink_warning (HfSink *sink);

/*
 * A sink that writes each of its pictures to a file of its own in `folder`, which is made where it is
 * missing (the folder it lies in must be there). A file is named as its picture, with `ending` (".tif",
 * ".png" or ".jpg") for the one that the name has; a second picture of the same name gets "-2".
 * Files of these names are replaced, at commit, one by one; without commit nothing is left, nor
 * the folder if it was made. Any number of pictures. HF_ERROR_FILE where the folder cannot be
 * written to, now and not after the work; else as hf_file_sink_new ().
 */
HF_API HfSink *hf_folder_sink_new (const char *folder, const char *ending,
                                   const HfFileOptions *options, GError **error);

HF_END_DECLS
#endif
