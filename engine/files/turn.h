/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Turning stored pictures upright, by the eight orientations of Exif and TIFF. */
#ifndef HF_FILES_TURN_H
#define HF_FILES_TURN_H

#include <hyperfocal/image.h>

/* Do rows of the stored picture become columns? */
bool hf_turn_swaps (int orientation);

/* Does the stored picture's last column (row) come first in the upright one? */
bool hf_turn_flips_x (int orientation);
bool hf_turn_flips_y (int orientation);

/*
 * Puts n_rows stored rows (packed, the upright picture's format), the first of them being stored
 * row y, to their places in the upright picture.
 */
void hf_turn_rows (int orientation, const void *rows, int y, int n_rows, HfImage *upright);

#endif
