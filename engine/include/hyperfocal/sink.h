/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Where pictures go: files, pages of a layered TIFF, layers of an editor, memory. A sink takes one
 * or more pictures one after the other, each row by row from the top. Nothing is visible outside
 * (no file under its final name, no layer in an image) before hf_sink_commit (); freeing a sink
 * without commit leaves no trace.
 */
#ifndef HF_SINK_H
#define HF_SINK_H

#include <hyperfocal/image.h>
#include <hyperfocal/metadata.h>
#include <hyperfocal/threads.h>

HF_BEGIN_DECLS

typedef enum {
    HF_PICTURE_FUSED,     /* the result */
    HF_PICTURE_ALIGNED,   /* one frame after the corrections, on the reference's canvas */
    HF_PICTURE_SLAB,      /* some neighbouring frames, fused */
    HF_PICTURE_DEPTH,     /* grey: where along the stack each pixel is sharp, first frame 0, last 1 */
    HF_PICTURE_CONFIDENCE /* grey: how far the depth can be believed, 0..1 */
} HfPictureKind;

typedef struct HfPictureInfo {
    HfPictureKind kind;
    const char *name; /* layer or page name, borrowed */
    int frame;        /* the source frame, -1 where it is none */
    int width, height;
    int x, y;         /* offset on the canvas of the whole stack */
    HfFormat format;
    HfMetadata *metadata; /* borrowed, may be NULL */
    HfPool *pool;         /* borrowed until hf_sink_end (), may help; may be NULL */
} HfPictureInfo;

typedef struct HfSink HfSink;

typedef struct HfSinkClass {
    bool (*begin) (HfSink *sink, const HfPictureInfo *info, GError **error);
    /* Takes the next rows.height rows; `rows` has the picture's width and format, and is only lent. */
    bool (*write) (HfSink *sink, const HfImage *rows, GError **error);
    bool (*end) (HfSink *sink, GError **error);
    bool (*commit) (HfSink *sink, GError **error);
    void (*free) (HfSink *sink);
} HfSinkClass;

struct HfSink {
    const HfSinkClass *klass;
};

/* All calls from the thread that called the engine. */
HF_API bool hf_sink_begin (HfSink *sink, const HfPictureInfo *info, GError **error);
HF_API bool hf_sink_write (HfSink *sink, const HfImage *rows, GError **error);
HF_API bool hf_sink_end (HfSink *sink, GError **error);
HF_API bool hf_sink_commit (HfSink *sink, GError **error);
HF_API void hf_sink_free (HfSink *sink);

/*
 * A sink that keeps the pictures in memory, for hosts and tests. hf_memory_sink_take () hands out
 * picture i of n (in the order they came), to be freed by the caller, and its kind and frame
 * (either may be NULL); valid until the sink is freed.
 */
HF_API HfSink *hf_sink_new_memory (HfBudget *budget);
HF_API int hf_memory_sink_n_pictures (HfSink *sink);
HF_API HfImage *hf_memory_sink_take (HfSink *sink, int picture, HfPictureKind *kind, int *frame);

HF_END_DECLS
#endif
