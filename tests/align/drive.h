/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drives the alignment step over a source as the pipeline does, for its tests. */
#ifndef HF_TEST_DRIVE_H
#define HF_TEST_DRIVE_H

#include <hyperfocal/hyperfocal.h>

typedef struct Drive {
    HfStackOptions options;
    int reduction; /* 0 = as the pipeline chooses */
    int batch;     /* frames a batch; 0 = 4 */
    int threads;   /* 0 = 2 */
    HfMonitor *monitor;
    HfBudget *budget; /* NULL = none */
    /* results */
    HfRecord *records; /* n_frames */
    int n_frames, reference;
    double seconds; /* of processor time, all threads, in look () alone */
} Drive;

void drive_init (Drive *drive);
void drive_clear (Drive *drive);

/* Fills in records; those of an earlier run are freed. */
bool drive_run (Drive *drive, HfSource *source, GError **error);

/* The same over pictures in memory. */
bool drive_images (Drive *drive, HfImage *const *images, int n, GError **error);

/* Mean and worst frame's end-point error over the frames that are used, without the reference;
 * returns the number of frames left out. */
int drive_error (const Drive *drive, const HfMatrix *truth, int width, int height, double *mean,
                 double *worst);

#endif
