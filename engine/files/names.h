/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Names of files: which kind they stand for, and how they are shown. */
#ifndef HF_FILES_NAMES_H
#define HF_FILES_NAMES_H

#include <hyperfocal/api.h>

typedef enum { HF_FILE_UNKNOWN, HF_FILE_JPEG, HF_FILE_PNG, HF_FILE_TIFF } HfFileKind;

/* The kind that a name's ending stands for, whatever its case. */
HfFileKind hf_file_kind_of_name (const char *path);

/* The kind that the first n bytes of a file show; 8 bytes suffice. */
HfFileKind hf_file_kind_of_bytes (const unsigned char *bytes, size_t n);

/* The name as it goes into a message: valid UTF-8 in one line; newly allocated. */
char *hf_file_label (const char *path);

#endif
