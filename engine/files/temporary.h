/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * A file that takes its name only when it is complete. Where the system can, it has no name at all
 * until then, so that even a killed program leaves nothing behind; else a hidden one in the same
 * folder.
 */
#ifndef HF_FILES_TEMPORARY_H
#define HF_FILES_TEMPORARY_H

#include <hyperfocal/api.h>
#include <stdio.h>

typedef struct HfTemporary {
    char *path;  /* where it is to stand; links are followed */
    char *label; /* for messages */
    char *name;  /* where it stands now; NULL = nowhere */
    int fd;      /* open for reading and writing */
} HfTemporary;

/* HF_ERROR_FILE when the folder cannot be written to or `path` is no plain file. */
HfTemporary *hf_temporary_new (const char *path, GError **error);

/* Gives the file its name; what stood there before is replaced in one step. */
bool hf_temporary_commit (HfTemporary *temporary, GError **error);

/* Closes it, and removes it unless it was committed. NULL is accepted. */
void hf_temporary_free (HfTemporary *temporary);

/* A stream over a copy of the descriptor, to be closed with fclose (); at the file's start. */
FILE *hf_temporary_stream (HfTemporary *temporary, GError **error);

/* HF_ERROR_FILE: "'name' cannot be written: the reason of `number`". Returns false. */
bool hf_temporary_fail (const HfTemporary *temporary, int number, GError **error);

#endif
