/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * A file for what does not fit into memory: without a name from the start, so that it is gone with
 * the process whatever happens; in the folder for temporary files (TMPDIR). Its room is reserved
 * when it is made, so that a full disk shows before the work and not in the middle of it. It starts
 * as zeros, and is read and written by position, never mapped: a mapped page that cannot be read
 * back would kill the process.
 */
#ifndef HF_SPILL_H
#define HF_SPILL_H

#include <hyperfocal/api.h>

typedef struct HfSpill HfSpill;

/* HF_ERROR_FILE, with the folder and the size, where there is no room. */
HfSpill *hf_spill_new (size_t bytes, GError **error);
void hf_spill_free (HfSpill *spill); /* NULL is accepted */

/* All or nothing; HF_ERROR_FILE. */
bool hf_spill_read (HfSpill *spill, size_t place, void *memory, size_t bytes, GError **error);
bool hf_spill_write (HfSpill *spill, size_t place, const void *memory, size_t bytes,
                     GError **error);

#endif
