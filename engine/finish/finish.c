/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Denoising and sharpening of a picture whose rows stream by. Each of the two is a stage: a window
 * of rows, as many as a strip of output needs around it, and the strip. Whenever a strip's
 * surroundings are complete it is made, tile by tile by the pool's workers, and handed to the next
 * stage or to the writer; then the window moves on.
 */
#include <hyperfocal/finish.h>

#include <string.h>

#define HF_OPTION_STRUCT HfFinishOptions
static const HfOption options[] = {
#include <hyperfocal/options/table.h>
#include <hyperfocal/options/finish.def>
#include <hyperfocal/options/undefine.h>
};

const HfOptionTable hf_finish_table = { "finish", "Denoise and sharpen", options,
                                        G_N_ELEMENTS (options), sizeof (HfFinishOptions) };

enum { TILE_WIDTH = 256, LEAST_STRIP = 64 };

typedef enum { DENOISE, SHARPEN } StageKind;

typedef struct Stage {
    const HfFinish *finish;
    StageKind kind;
    int reach;
    int strip;              /* rows of output at a time */
    HfBand window;          /* rows first … n_in - 1 of the picture; room for strip + 2 reach */
    int first, n_in, n_out; /* rows of the picture */
    int see_through;        /* the last row that was not opaque; -1: none */
    HfBand out;             /* room for a strip */
    HfBand tile_in; /* of the strip that is being made: the window, in picture coordinates */
    float *memory;  /* all of the above */
    float *scratch; /* scratch_floats for each worker */
    size_t scratch_floats;
    HfBandWriter next;
} Stage;

struct HfFinish {
    HfFinishSetup setup;
    Stage stages[2];
    int n_stages;
    HfBandWriter writer; /* of the first stage */
};

static int
stage_reach (const HfFinishSetup *setup, StageKind kind)
{
    return kind == DENOISE ? hf_denoise_reach (setup->options, setup->noise, setup->n_colours)
                           : hf_sharpen_reach (setup->options);
}

static size_t
stage_scratch (const HfFinishSetup *setup, StageKind kind, int strip)
{
    int width = MIN (setup->width, TILE_WIDTH);

    return kind == DENOISE ? hf_denoise_scratch (width, strip, setup->n_colours)
                           : hf_sharpen_scratch (setup->options, width, strip, setup->n_colours);
}

/* Strips are as high as the reach, so that moving the window copies no row more than twice or so.
 */
static int
strip_rows (int reach)
{
    return MAX (reach, LEAST_STRIP);
}

static size_t
stage_floats (const HfFinishSetup *setup, int reach)
{
    int strip = strip_rows (reach);

    return hf_band_floats (setup->width, strip + 2 * reach, setup->n_colours) +
           hf_band_floats (setup->width, strip, setup->n_colours);
}

size_t
hf_finish_memory (const HfFinishSetup *setup)
{
    size_t n_workers = (size_t) hf_pool_n_threads (setup->pool), floats = 0;

    for (StageKind kind = DENOISE; kind <= SHARPEN; kind++) {
        int reach = stage_reach (setup, kind);

        if (reach > 0)
            floats += stage_floats (setup, reach) +
                      n_workers * stage_scratch (setup, kind, strip_rows (reach));
    }
    return floats * sizeof (float);
}

/* ---- strips ---- */

static void
make_tile (void *data, int chunk, int worker)
{
    const Stage *stage = data;
    const HfFinishSetup *setup = &stage->finish->setup;
    HfRect rect = stage->out.rect, reached;
    HfBand in, out;
    float *scratch = stage->scratch + (size_t) worker * stage->scratch_floats;

    rect.x = chunk * TILE_WIDTH;
    rect.width = MIN (TILE_WIDTH, setup->width - rect.x);
    reached = (HfRect) { rect.x - stage->reach, rect.y - stage->reach,
                         rect.width + 2 * stage->reach, rect.height + 2 * stage->reach };
    in = hf_band_crop (&stage->tile_in, hf_rect_intersect (reached, stage->tile_in.rect));
    out = hf_band_crop (&stage->out, rect);
    if (stage->kind == DENOISE)
        hf_denoise_apply (setup->options, setup->noise, &in, &out, scratch);
    else
        hf_sharpen_apply (setup->options, &in, &out, scratch);
}

static void
move_rows (HfBand *window, int from, int n)
{
    size_t bytes = (size_t) n * window->stride * sizeof (float);
    size_t offset = (size_t) from * window->stride;

    for (int c = 0; c < window->n_colours; c++)
        memmove (window->colour[c], window->colour[c] + offset, bytes);
    memmove (window->validity, window->validity + offset, bytes);
}

/* Lets rows go that no further strip needs. */
static void
move_window (Stage *stage)
{
    int keep = MAX (stage->n_out - stage->reach, stage->first);

    if (keep > stage->first)
        move_rows (&stage->window, keep - stage->first, stage->n_in - keep);
    stage->first = keep;
}

static bool
make_strip (Stage *stage, GError **error)
{
    const HfFinishSetup *setup = &stage->finish->setup;
    int height = MIN (stage->strip, setup->height - stage->n_out);

    stage->tile_in = stage->window;
    stage->tile_in.rect = (HfRect) { 0, stage->first, setup->width, stage->n_in - stage->first };
    stage->tile_in.opaque = stage->see_through < stage->first;
    stage->out.rect = (HfRect) { 0, stage->n_out, setup->width, height };
    hf_pool_for (setup->pool, (setup->width + TILE_WIDTH - 1) / TILE_WIDTH, make_tile, stage);
    stage->out.opaque = stage->tile_in.opaque;
    stage->n_out += height;
    move_window (stage);
    return stage->next.write (stage->next.data, &stage->out, error);
}

/* ---- rows in ---- */

static void
take_row (Stage *stage, const HfBand *band, int row)
{
    size_t from = (size_t) row * band->stride;
    size_t to = (size_t) (stage->n_in - stage->first) * stage->window.stride;
    size_t bytes = (size_t) band->rect.width * sizeof (float);

    for (int c = 0; c < band->n_colours; c++)
        memcpy (stage->window.colour[c] + to, band->colour[c] + from, bytes);
    for (int x = 0; band->opaque && x < band->rect.width; x++)
        stage->window.validity[to + (size_t) x] = 1;
    if (!band->opaque) {
        memcpy (stage->window.validity + to, band->validity + from, bytes);
        stage->see_through = stage->n_in;
    }
    stage->n_in++;
}

static bool
strip_is_due (const Stage *stage)
{
    int height = stage->finish->setup.height;

    return stage->n_out < height &&
           (stage->n_in == height || stage->n_in >= stage->n_out + stage->strip + stage->reach);
}

static bool
write_rows (void *data, const HfBand *band, GError **error)
{
    Stage *stage = data;

    for (int row = 0; row < band->rect.height; row++) {
        take_row (stage, band, row);
        while (strip_is_due (stage))
            if (!make_strip (stage, error))
                return false;
    }
    return true;
}

/* ---- begin and end ---- */

static bool
begin_stage (HfFinish *finish, StageKind kind, const HfBandWriter *next, GError **error)
{
    const HfFinishSetup *setup = &finish->setup;
    int reach = stage_reach (setup, kind), strip = strip_rows (reach);
    int n_workers = hf_pool_n_threads (setup->pool), rows = strip + 2 * reach;
    Stage *stage = &finish->stages[finish->n_stages++];

    *stage = (Stage) { .finish = finish,
                       .kind = kind,
                       .reach = reach,
                       .strip = strip,
                       .see_through = -1,
                       .scratch_floats = stage_scratch (setup, kind, strip),
                       .next = *next };
    stage->memory = hf_pixels_new_n (setup->budget, stage_floats (setup, reach), sizeof (float),
                                     "the window of rows that is finished", error);
    if (!stage->memory)
        return false;
    stage->scratch =
        hf_pixels_new_n (setup->budget, (size_t) n_workers * stage->scratch_floats, sizeof (float),
                         kind == DENOISE ? "denoising" : "sharpening", error);
    if (!stage->scratch)
        return false;
    hf_band_place (&stage->window, (HfRect) { 0, 0, setup->width, rows }, setup->n_colours,
                   stage->memory);
    hf_band_place (&stage->out, (HfRect) { 0, 0, setup->width, strip }, setup->n_colours,
                   stage->memory + hf_band_floats (setup->width, rows, setup->n_colours));
    return true;
}

HfFinish *
hf_finish_new (const HfFinishSetup *setup, const HfBandWriter *next, GError **error)
{
    HfFinish *finish = g_new0 (HfFinish, 1);
    HfBandWriter writer = *next;

    finish->setup = *setup;
    /* From the last to the first: each stage writes to the one after it. */
    for (int kind = SHARPEN; kind >= DENOISE; kind--) {
        if (stage_reach (setup, (StageKind) kind) == 0)
            continue;
        if (!begin_stage (finish, (StageKind) kind, &writer, error)) {
            hf_finish_free (finish);
            return NULL;
        }
        writer = (HfBandWriter) { write_rows, &finish->stages[finish->n_stages - 1] };
    }
    finish->writer = writer;
    return finish;
}

HfBandWriter
hf_finish_writer (HfFinish *finish)
{
    return finish->writer;
}

void
hf_finish_free (HfFinish *finish)
{
    if (!finish)
        return;
    for (int i = 0; i < finish->n_stages; i++) {
        hf_pixels_free (finish->stages[i].memory);
        hf_pixels_free (finish->stages[i].scratch);
    }
    g_free (finish);
}
