/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of the source tree, as text. */
#ifndef TESTS_HOUSE_TREE_H
#define TESTS_HOUSE_TREE_H

#include <glib.h>
#include <stdbool.h>

typedef struct SourceFile {
    char *path; /* from the root of the tree, with slashes */
    char *text; /* all of it */
    gsize length;
    char **lines; /* without their line ends */
    int n_lines;
} SourceFile;

/* All text files of the project: everything below the root but build folders, pictures and what is
 * hidden (.ci is not). Read once; lives until the program ends. */
const GPtrArray *tree_files (void);

bool has_ending (const SourceFile *file, const char *ending);

/* Is the file in this folder, or below it? */
bool is_below (const SourceFile *file, const char *folder);

#endif
