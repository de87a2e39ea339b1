/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Levels that do not stay in memory: their planes lie in the spill file one after the other, row by
 * row as in memory; a window of rows on all planes of the level moves down the picture. A step
 * fetches what it reads (with the neighbours above and below), works on the strip as on any
 * other rows, and keeps what it has changed.
 */
#include "fuse/pyramid.h"

int
hf_pyramid_strip (const HfPyramid *pyramid, const HfPyramidLevel *level)
{
    return level->spilled ? MIN (pyramid->tile_height, level->height) : level->height;
}

void
hf_pyramid_move (HfPyramidLevel *level, int first)
{
    if (level->spilled)
        level->first = CLAMP (first, 0, level->height - level->n_rows);
}

typedef bool (*Transfer) (HfPyramid *pyramid, size_t place, void *memory, size_t bytes,
                          GError **error);

static bool
from_file (HfPyramid *pyramid, size_t place, void *memory, size_t bytes, GError **error)
{
    return hf_spill_read (pyramid->spill, place, memory, bytes, error);
}

static bool
to_file (HfPyramid *pyramid, size_t place, void *memory, size_t bytes, GError **error)
{
    return hf_spill_write (pyramid->spill, place, memory, bytes, error);
}

static bool
transfer (HfPyramid *pyramid, HfPyramidLevel *level, int groups, int first, int end, Transfer how,
          GError **error)
{
    if (!level->spilled)
        return true;
    first = MAX (first, 0), end = MIN (end, level->height);
    for (int i = 0; i < level->n_planes && first < end; i++) {
        const HfPyramidPlane *plane = &level->planes[i];
        size_t row = level->stride * (size_t) plane->bytes;

        if (plane->group & groups &&
            !how (pyramid, plane->place + (size_t) first * row,
                  hf_pyramid_at (level, *plane->samples, plane->bytes, 0, first),
                  (size_t) (end - first) * row, error))
            return false;
    }
    return true;
}

bool
hf_pyramid_fetch (HfPyramid *pyramid, HfPyramidLevel *level, int groups, int first, int end,
                  GError **error)
{
    return transfer (pyramid, level, groups, first, end, from_file, error);
}

bool
hf_pyramid_keep (HfPyramid *pyramid, HfPyramidLevel *level, int groups, int first, int end,
                 GError **error)
{
    return transfer (pyramid, level, groups, first, end, to_file, error);
}
