/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Full-size frames, one after the other. A source that can be read from any thread is decoded ahead
 * by the pool, as many frames as the plan allows; other sources are read by the calling thread.
 */
#ifndef HF_READ_AHEAD_H
#define HF_READ_AHEAD_H

#include "pipeline/run.h"

typedef struct HfReadAhead HfReadAhead;

/* Will read these frames (n indices, borrowed) in their order; none is read yet. */
HfReadAhead *hf_read_ahead_new (HfRun *run, const int *frames, int n);
void hf_read_ahead_free (HfReadAhead *ahead);

/* The frame at this position of the list, lent until it is dropped; NULL with an error. Positions
 * are taken in order; the same may be taken again. */
const HfImage *hf_read_ahead_take (HfReadAhead *ahead, int position, GError **error);
void hf_read_ahead_drop (HfReadAhead *ahead, int position);

/* Begins again at the first position; all have been dropped. */
void hf_read_ahead_restart (HfReadAhead *ahead);

#endif
