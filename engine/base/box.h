/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* The box mean of hf_image_reduce () on rows as they come, without the full-size picture. */
#ifndef HF_BOX_H
#define HF_BOX_H

#include <hyperfocal/image.h>

typedef struct HfBox HfBox;

/*
 * Reduces rows of `width` pixels `factor` (2, 4, 8) times. With `flip` the boxes are laid from the
 * right end, so that the first one holds what is left: the picture will be mirrored.
 */
HfBox *hf_box_new (int width, HfFormat format, int factor, bool flip, HfBudget *budget,
                   GError **error);
void hf_box_free (HfBox *box);

/* Adds one row of the picture to the row of boxes. */
void hf_box_add (HfBox *box, const void *row);

/* Writes the means of the rows added since the last call, and starts anew. */
void hf_box_take (HfBox *box, void *reduced_row);

/* Pixels of a side that is reduced. */
int hf_box_reduced (int side, int factor);

/* Pixels in the first box of a side. */
int hf_box_first (int side, int factor, bool flip);

#endif
