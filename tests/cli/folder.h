/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A folder of its own for a test, and rendered frames in it. */
#ifndef TESTS_CLI_FOLDER_H
#define TESTS_CLI_FOLDER_H

#include "render.h"

/* An empty folder, and its removal with all that is in it; folder_free () frees the name. */
char *folder_new (void);
void folder_free (char *folder);

/* "FOLDER/name", newly allocated. */
char *folder_path (const char *folder, const char *name);

void folder_write (const char *folder, const char *name, const void *data, gsize length);

/* Writes a picture as a file; the ending of the name chooses the kind. */
void folder_write_image (const char *folder, const char *name, const HfImage *image);

/* Reads a picture of the folder; fails the test when it cannot be read. */
HfImage *folder_read_image (const char *folder, const char *name);

/* Everything that is there, hidden files too, with sizes and checksums: two are equal when
 * nothing was touched. Newly allocated. */
char *folder_snapshot (const char *folder);

/* A rendered stack of a named case, small. */
HfRender *small_stack (const char *name, guint64 seed, int n_frames);

/* The frames of a stack as frame-0ENDING, frame-1ENDING, … */
void folder_write_frames (const char *folder, const HfRender *render, const char *ending);

#endif
