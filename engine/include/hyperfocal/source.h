/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Where frames come from: files, layers of an editor, buffers, memory. Every frame can be read
 * again as often as wanted.
 */
#ifndef HF_SOURCE_H
#define HF_SOURCE_H

#include <hyperfocal/image.h>
#include <hyperfocal/metadata.h>

HF_BEGIN_DECLS

typedef struct HfFrameInfo {
    char *name;           /* the file as it was named, or the layer; owned */
    int width, height;    /* pixels, upright */
    int x, y;             /* offset of the frame's first pixel on the canvas, the start for alignment */
    HfFormat format;
    HfMetadata *metadata; /* owned reference, may be NULL */
    char *warning;        /* a sentence for the user about this frame (its colours are converted),
                             owned; NULL = none */
} HfFrameInfo;

HF_API void hf_frame_info_clear (HfFrameInfo *info);

typedef struct HfSource HfSource;

typedef struct HfSourceClass {
    /* Fills info without decoding pixels. */
    bool (*info) (HfSource *source, int frame, HfFrameInfo *info, GError **error);
    /*
     * Decodes one frame, upright, reduced `reduction` times (1, 2, 4 or 8; geometry and size as of
     * hf_image_reduce (); the way of averaging may differ). New image from `budget`.
     */
    HfImage *(*read) (HfSource *source, int frame, int reduction, HfBudget *budget,
                      GError **error);
    void (*free) (HfSource *source);
    /* read () may be called from any thread, several at once. Otherwise only from the thread that
     * called the engine. */
    bool any_thread;
} HfSourceClass;

/* Implementations embed this as their first member. */
struct HfSource {
    const HfSourceClass *klass;
    int n_frames;
};

HF_API bool hf_source_info (HfSource *source, int frame, HfFrameInfo *info, GError **error);
HF_API HfImage *hf_source_read (HfSource *source, int frame, int reduction, HfBudget *budget,
                                GError **error);
HF_API void hf_source_free (HfSource *source);

/*
 * A source over pictures in memory. The pictures are borrowed and must outlive it; names may be NULL
 * ("frame 0", …), so may metadata. Frames are read as copies.
 */
HF_API HfSource *hf_source_new_from_images (HfImage *const *images, const char *const *names,
                                            HfMetadata *metadata, int n_images);

HF_END_DECLS
#endif
