/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * A frame is made in one go over the stored rows. The plain case -- upright, full size, own colours
 * -- decodes straight into the frame. Otherwise small blocks of rows pass through
 *
 *     reader (may reduce by itself) -> box mean -> colour conversion -> turned into place
 *
 * Boxes are laid from the upright picture's first pixel. Where the stored picture is mirrored and
 * its side is no multiple of the factor they start at the stored picture's far end; a reader that
 * reduces by itself (JPEG) starts at the near one, so there it is asked for no more than the side
 * can be divided by, and the box mean does the rest.
 */
#include "files/decode.h"

#include "base/box.h"
#include "files/turn.h"

enum { BLOCK_ROWS = 16 }; /* a column gets this many neighbours at once; 6 MB at most for 20 MP */

typedef struct Passage {
    HfReader *reader;
    const HfColour *colour;
    HfBox *box;
    int rest;          /* factor left for the box mean; 1 = none */
    int height;        /* rows that the reader gives */
    int rows_read;     /* so far */
    int reduced_width; /* after the box mean */
    size_t stride;     /* bytes of a reduced row */
    char *row;         /* one row of the reader, before the box mean */
    char *block;       /* BLOCK_ROWS reduced rows */
    char *converted;   /* the same, other colours */
} Passage;

/* The largest reduction that the reader can do itself with boxes in the right place. */
static int
own_reduction (const HfReader *reader, int reduction)
{
    int own = MIN (reduction, reader->scales);

    while ((hf_turn_flips_x (reader->orientation) && reader->width % own != 0) ||
           (hf_turn_flips_y (reader->orientation) && reader->height % own != 0))
        own /= 2;
    return own;
}

static bool
passage_open (Passage *passage, int width, HfBudget *budget, GError **error)
{
    HfReader *reader = passage->reader;
    size_t bytes = hf_format_bytes (reader->format);

    passage->reduced_width = hf_box_reduced (width, passage->rest);
    passage->stride = (size_t) passage->reduced_width * bytes;
    passage->block =
        hf_pixels_new_n (budget, BLOCK_ROWS, passage->stride, "a block of rows", error);
    if (!passage->block)
        return false;
    if (passage->colour) {
        passage->converted =
            hf_pixels_new_n (budget, BLOCK_ROWS, passage->stride, "a block of rows", error);
        if (!passage->converted)
            return false;
    }
    if (passage->rest > 1) {
        passage->box = hf_box_new (width, reader->format, passage->rest,
                                   hf_turn_flips_x (reader->orientation), budget, error);
        passage->row =
            passage->box ? hf_pixels_new_n (budget, (size_t) width, bytes, "a row of pixels", error)
                         : NULL;
        return passage->row != NULL;
    }
    return true;
}

static void
passage_close (Passage *passage)
{
    hf_box_free (passage->box);
    hf_pixels_free (passage->row);
    hf_pixels_free (passage->block);
    hf_pixels_free (passage->converted);
}

/* One reduced row, from as many stored rows as its boxes hold. */
static bool
read_boxes (Passage *passage, char *reduced, GError **error)
{
    HfReader *reader = passage->reader;
    int n = passage->rows_read == 0 ? hf_box_first (passage->height, passage->rest,
                                                    hf_turn_flips_y (reader->orientation))
                                    : MIN (passage->rest, passage->height - passage->rows_read);

    for (int i = 0; i < n; i++) {
        if (!reader->klass->rows (reader, passage->row, 0, 1, error))
            return false;
        hf_box_add (passage->box, passage->row);
    }
    passage->rows_read += n;
    hf_box_take (passage->box, reduced);
    return true;
}

static bool
read_block (Passage *passage, int n, GError **error)
{
    HfReader *reader = passage->reader;

    if (passage->rest == 1)
        return reader->klass->rows (reader, passage->block, passage->stride, n, error);
    for (int i = 0; i < n; i++)
        if (!read_boxes (passage, passage->block + (size_t) i * passage->stride, error))
            return false;
    return true;
}

static bool
pass_blocks (Passage *passage, HfImage *image, GError **error)
{
    int n_rows = hf_box_reduced (passage->height, passage->rest);

    for (int y = 0; y < n_rows; y += BLOCK_ROWS) {
        int n = MIN (BLOCK_ROWS, n_rows - y);
        const char *block = passage->block;

        if (!read_block (passage, n, error))
            return false;
        if (passage->colour) {
            hf_colour_convert (passage->colour, block, passage->converted,
                               n * passage->reduced_width);
            block = passage->converted;
        }
        hf_turn_rows (passage->reader->orientation, block, y, n, image);
    }
    return true;
}

static HfImage *
new_upright (const HfReader *reader, int reduction, HfBudget *budget, GError **error)
{
    return hf_image_new (budget, hf_box_reduced (hf_reader_upright_width (reader), reduction),
                         hf_box_reduced (hf_reader_upright_height (reader), reduction),
                         reader->format, error);
}

HfImage *
hf_decode (HfReader *reader, int reduction, const HfColour *colour, HfBudget *budget,
           GError **error)
{
    int own = own_reduction (reader, reduction);
    Passage passage = { .reader = reader,
                        .colour = colour,
                        .rest = reduction / own,
                        .height = hf_box_reduced (reader->height, own) };
    bool direct = passage.rest == 1 && !colour && reader->orientation == 1, read;
    HfImage *image = new_upright (reader, reduction, budget, error);

    if (!image)
        return NULL;
    read = reader->klass->start (reader, own, budget, error);
    if (read && direct)
        read = reader->klass->rows (reader, image->data, image->stride, image->height, error);
    else if (read)
        read = passage_open (&passage, hf_box_reduced (reader->width, own), budget, error) &&
               pass_blocks (&passage, image, error);
    read = read && reader->klass->finish (reader, error);
    passage_close (&passage);
    if (!read)
        g_clear_pointer (&image, hf_image_free);
    return image;
}
