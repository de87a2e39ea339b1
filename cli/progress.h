/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The progress bar: stage, bar, percent and time left on one line of a terminal. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <glib.h>
#include <stdbool.h>

typedef struct Progress {
    bool bar;      /* standard error is a terminal, and wanted */
    bool warnings; /* wanted */
    int drawn;     /* columns that stand on the line */
    gint64 start;  /* microseconds */
    gint64 latest; /* when it was drawn last */
} Progress;

void progress_init (Progress *progress, bool bar, bool warnings);

/* For HfMonitor.progress; draws at most ten times a second, never asks to stop. */
bool progress_show (void *progress, double fraction, const char *stage);

/* For HfMonitor.warning. */
void progress_warn (void *progress, const char *message);

/* Wipes the line, so that something else can be printed. */
void progress_clear (Progress *progress);

double progress_seconds (const Progress *progress);

#endif
