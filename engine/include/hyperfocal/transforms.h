/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Transforms of a stack as a text file: where each frame lies against the reference. Written by one
 * run, read by another, over the same frames or over a stack that was taken with the same motion.
 * docs/transforms.md describes the file.
 */
#ifndef HF_TRANSFORMS_H
#define HF_TRANSFORMS_H

#include <hyperfocal/matrix.h>
#include <hyperfocal/option.h>
#include <hyperfocal/source.h>

HF_BEGIN_DECLS

/* Limits of what is read; more is HF_ERROR_FORMAT. */
#define HF_TRANSFORMS_MOST_BYTES (64 << 20)
#define HF_TRANSFORMS_MOST_FRAMES 100000

typedef struct HfFrameTransform {
    char *name;             /* of the frame, for people; owned, may be NULL */
    int width, height;      /* pixels of the frame that the matrix belongs to */
    bool used;              /* false: the frame was left out */
    char *reason;           /* why, one sentence; owned, may be NULL */
    HfTransformModel model; /* never HF_TRANSFORM_AUTO */
    HfMatrix matrix;        /* reference pixels -> this frame's pixels; identity where left out */
} HfFrameTransform;

typedef struct HfTransforms {
    int n_frames;             /* at least 1 */
    int reference;            /* its matrix is the identity */
    HfFrameTransform *frames; /* n_frames, in the order of the stack */
} HfTransforms;

/* Transforms of n frames, all used, identity, of size 1 × 1 and without a name. */
HF_API HfTransforms *hf_transforms_new (int n_frames, int reference);
HF_API HfTransforms *hf_transforms_copy (const HfTransforms *transforms);
HF_API void hf_transforms_free (HfTransforms *transforms);

/* The file's text; newly allocated. Reading it gives the same numbers, bit for bit. */
HF_API char *hf_transforms_to_text (const HfTransforms *transforms);

/*
 * Reads such a text of `length` bytes; `label` stands for it in messages. HF_ERROR_FORMAT naming
 * the line for whatever is wrong in it: an unknown version or key, missing or repeated lines,
 * numbers that are none, a matrix that is singular, mirrors, scales more than 16 times either way,
 * bends a line of the picture to infinity, or leads beside the frame.
 */
HF_API HfTransforms *hf_transforms_from_text (const char *text, size_t length, const char *label,
                                              GError **error);

/* Writes to a file: under a temporary name, which then replaces what was there. HF_ERROR_FILE. */
HF_API bool hf_transforms_write (const HfTransforms *transforms, const char *path, GError **error);

/* Reads a file. HF_ERROR_FILE where it cannot be opened, else as hf_transforms_from_text (). */
HF_API HfTransforms *hf_transforms_read (const char *path, GError **error);

/*
 * Makes the transforms those of another stack: of as many frames, each of the size it has here, or
 * all of them enlarged or reduced by one factor, which the matrices then follow (sizes may differ
 * from it by the rounding of one pixel). Else HF_ERROR_SIZE naming both numbers of frames, or the
 * frame and both sizes; the transforms stay as they were. `label` as above.
 */
HF_API bool hf_transforms_fit (HfTransforms *transforms, const HfFrameInfo *infos, int n_frames,
                               const char *label, GError **error);

/* Makes another frame the reference. HF_ERROR_ARGUMENT where it was left out or is no frame. */
HF_API bool hf_transforms_rebase (HfTransforms *transforms, int reference, GError **error);

HF_END_DECLS
#endif
