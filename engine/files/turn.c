/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Orientation says where row 0 and column 0 of the stored picture belong: 1 top left, 2 top right,
 * 3 bottom right, 4 bottom left, and 5 left top, 6 right top, 7 right bottom, 8 left bottom, where
 * stored rows are upright columns. With W × H stored pixels, (sx, sy) goes to
 *
 *     (fx, fy)   for 1..4,   (fy, fx)   for 5..8
 *     fx = W - 1 - sx for 2, 3, 7, 8, else sx;   fy = H - 1 - sy for 3, 4, 6, 7, else sy
 *
 * Rows are turned in small blocks as they come from the decoder, so that no second frame exists
 * and a column receives a run of neighbours each time. (Exif 2.32, tag 0x0112; TIFF 6.0, tag 274.)
 */
#include "files/turn.h"

#include <string.h>

bool
hf_turn_swaps (int orientation)
{
    return orientation >= 5;
}

bool
hf_turn_flips_x (int orientation)
{
    return orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
}

bool
hf_turn_flips_y (int orientation)
{
    return orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
}

/* Copies n pixels of `bytes` each, `to_step` and `from_step` bytes apart. */
static inline void
copy_pixels_of (char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step, int n,
                size_t bytes)
{
    for (int i = 0; i < n; i++)
        memcpy (to + i * to_step, from + i * from_step, bytes);
}

/* The common sizes as constants, so that a pixel is one or two moves. */
static void
copy_pixels (char *to, ptrdiff_t to_step, const char *from, ptrdiff_t from_step, int n,
             size_t bytes)
{
    switch (bytes) {
    case 1:
        copy_pixels_of (to, to_step, from, from_step, n, 1);
        break;
    case 3:
        copy_pixels_of (to, to_step, from, from_step, n, 3);
        break;
    case 6:
        copy_pixels_of (to, to_step, from, from_step, n, 6);
        break;
    case 12:
        copy_pixels_of (to, to_step, from, from_step, n, 12);
        break;
    default:
        copy_pixels_of (to, to_step, from, from_step, n, bytes);
        break;
    }
}

static void
place_row (const char *row, int fy, bool flip_x, HfImage *upright)
{
    ptrdiff_t bytes = (ptrdiff_t) hf_format_bytes (upright->format);
    char *to = hf_image_row (upright, fy);

    if (flip_x)
        copy_pixels (to + (upright->width - 1) * bytes, -bytes, row, bytes, upright->width,
                     (size_t) bytes);
    else
        memcpy (to, row, (size_t) (upright->width * bytes));
}

static void
place_column_block (const char *rows, int y, int n_rows, bool flip_x, bool flip_y, HfImage *upright)
{
    ptrdiff_t bytes = (ptrdiff_t) hf_format_bytes (upright->format);
    int stored_width = upright->height, stored_height = upright->width;
    ptrdiff_t stored_stride = stored_width * bytes;

    for (int sx = 0; sx < stored_width; sx++) {
        char *to = hf_image_row (upright, flip_x ? stored_width - 1 - sx : sx);
        int column = flip_y ? stored_height - 1 - y : y;

        copy_pixels (to + column * bytes, flip_y ? -bytes : bytes, rows + sx * bytes, stored_stride,
                     n_rows, (size_t) bytes);
    }
}

void
hf_turn_rows (int orientation, const void *rows, int y, int n_rows, HfImage *upright)
{
    bool flip_x = hf_turn_flips_x (orientation), flip_y = hf_turn_flips_y (orientation);
    size_t stride = (size_t) upright->width * hf_format_bytes (upright->format);

    if (hf_turn_swaps (orientation)) {
        place_column_block (rows, y, n_rows, flip_x, flip_y, upright);
        return;
    }
    for (int i = 0; i < n_rows; i++)
        place_row ((const char *) rows + (size_t) i * stride,
                   flip_y ? upright->height - 1 - (y + i) : y + i, flip_x, upright);
}
