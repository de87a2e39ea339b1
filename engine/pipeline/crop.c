/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The common crop: the largest upright rectangle of the canvas that every used frame covers.
 *
 * What a frame covers is convex in reference pixels, so a rectangle is covered when its corners
 * are. The canvas is first looked at in cells; a cell counts when all its pixels are covered by all
 * frames. The largest rectangle of cells is found row by row with the classic stack of column
 * heights, then grown on each side pixel by pixel as far as it stays covered.
 */
#include "pipeline/run.h"

/* Slack at the frame's border, pixels: what the warp accepts as inside. */
static const double SLACK = 1e-6;

static bool
sees (const HfRun *run, int frame, int x, int y)
{
    const HfRecord *record = &run->result->records[frame];
    double fx, fy;

    hf_matrix_map (&record->align.matrix, x, y, &fx, &fy);
    return fx >= -SLACK && fy >= -SLACK && fx <= run->infos[frame].width - 1 + SLACK &&
           fy <= run->infos[frame].height - 1 + SLACK;
}

bool
hf_run_covers (const HfRun *run, int frame, HfRect rect)
{
    int right = rect.x + rect.width - 1, bottom = rect.y + rect.height - 1;

    return sees (run, frame, rect.x, rect.y) && sees (run, frame, right, rect.y) &&
           sees (run, frame, rect.x, bottom) && sees (run, frame, right, bottom);
}

static bool
covered (const HfRun *run, HfRect rect)
{
    for (int i = 0; i < run->result->n_frames; i++)
        if (run->result->records[i].used && !hf_run_covers (run, i, rect))
            return false;
    return true;
}

/* Largest rectangle under the column heights that ends in row `row`; all in cells. */
static HfRect
largest_under (const int *heights, int columns, int row, int *stack)
{
    HfRect best = { 0 };
    int depth = 0;

    for (int x = 0; x <= columns; x++) {
        int height = x < columns ? heights[x] : 0;

        while (depth > 0 && heights[stack[depth - 1]] >= height) {
            int top = heights[stack[--depth]], left = depth > 0 ? stack[depth - 1] + 1 : 0;

            if ((gint64) top * (x - left) > (gint64) best.width * best.height)
                best = (HfRect) { left, row - top + 1, x - left, top };
        }
        if (x < columns)
            stack[depth++] = x;
    }
    return best;
}

static HfRect
largest_of_cells (const HfRun *run, int width, int height, int cell)
{
    int columns = width / cell, rows = height / cell;
    int *heights = g_new0 (int, columns + 1), *stack = g_new0 (int, columns + 1);
    HfRect best = { 0 };

    for (int row = 0; row < rows; row++) {
        HfRect found;

        for (int x = 0; x < columns; x++)
            heights[x] =
                covered (run, (HfRect) { x * cell, row * cell, cell, cell }) ? heights[x] + 1 : 0;
        found = largest_under (heights, columns, row, stack);
        if ((gint64) found.width * found.height > (gint64) best.width * best.height)
            best = found;
    }
    g_free (heights);
    g_free (stack);
    return (HfRect) { best.x * cell, best.y * cell, best.width * cell, best.height * cell };
}

static HfRect
grow (const HfRun *run, HfRect rect, int width, int height)
{
    static const HfRect sides[] = {
        { -1, 0, 1, 0 }, { 0, 0, 1, 0 }, { 0, -1, 0, 1 }, { 0, 0, 0, 1 }
    };
    bool grown = true;

    while (grown) {
        grown = false;
        for (guint i = 0; i < G_N_ELEMENTS (sides); i++) {
            HfRect next = { rect.x + sides[i].x, rect.y + sides[i].y, rect.width + sides[i].width,
                            rect.height + sides[i].height };

            if (next.x >= 0 && next.y >= 0 && next.x + next.width <= width &&
                next.y + next.height <= height && covered (run, next)) {
                rect = next;
                grown = true;
            }
        }
    }
    return rect;
}

HfRect
hf_run_crop (const HfRun *run)
{
    const HfFrameInfo *reference = &run->infos[run->result->reference];
    HfRect canvas = { 0, 0, reference->width, reference->height };
    int cell = MAX (1, MIN (canvas.width, canvas.height) / 256);
    HfRect cells;

    if (run->options->output.crop == HF_CROP_NONE || covered (run, canvas))
        return canvas;
    cells = largest_of_cells (run, canvas.width, canvas.height, cell);
    return hf_rect_is_empty (cells) ? cells : grow (run, cells, canvas.width, canvas.height);
}
