/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report file: opened before the work, so that a folder that cannot be written to is known at
 * once; there under its name only when all went well. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <hyperfocal/hyperfocal.h>

typedef struct Report Report;

/* A file under a temporary name beside `path`. HF_ERROR_FILE, naming `path`. */
Report *report_open (const char *path, GError **error);

/* Writes the run's JSON and gives the file its name. */
bool report_commit (Report *report, const HfStackResult *result, GError **error);

/* Takes the temporary file away unless it was committed; NULL is accepted. */
void report_free (Report *report);

#endif
