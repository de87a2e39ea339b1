/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The bridge between GEGL's buffers and the engine's pictures, for the GEGL operations and for the
 * GIMP plug-in (static library hf-gegl-bridge).
 *
 * The engine works on encoded values: R'G'B' or Y', with unassociated alpha or none, as 8 bit, 16
 * bit or float. A buffer of such a Babl format is copied as it is, in the buffer's own colour
 * space. All other formats (linear light, premultiplied, indexed, CIE, CMYK, half, 32-bit integer)
 * are converted by babl on the way in and back on the way out, through a sample type wide enough to
 * lose nothing that shows: linear 8 bit travels as 16 bit, everything finer as float.
 *
 * Coordinates are GEGL's: a frame's first pixel is the first pixel of its buffer's extent.
 */
#ifndef HF_BUFFER_H
#define HF_BUFFER_H

#include <gegl.h>
#include <hyperfocal/hyperfocal.h>

G_BEGIN_DECLS

/* The engine's format for pixels of this Babl format; NULL: RGB and alpha, float. */
HfFormat hf_buffer_format (const Babl *format);

/* The colour space to work in for pixels of this Babl format: its own, sRGB instead of a CMYK one
 * and for NULL. */
const Babl *hf_buffer_space (const Babl *format);

/* The Babl format that has the layout of `format`, encoded, in this space (NULL: sRGB). */
const Babl *hf_buffer_babl (HfFormat format, const Babl *space);

/* The space's ICC profile as metadata for the engine; NULL for sRGB and for spaces without one. */
HfMetadata *hf_buffer_metadata (const Babl *space);

/*
 * A rectangle of a buffer as a new picture of `format` in `space` (NULL: the buffer's own). What
 * lies outside of the buffer's extent is 0 in all channels, alpha too. Any thread, where the buffer
 * allows it (drawables of an editor: the main thread only). HF_ERROR_MEMORY, HF_ERROR_SIZE.
 */
HfImage *hf_buffer_read (GeglBuffer *buffer, const GeglRectangle *rect, HfFormat format,
                         const Babl *space, HfBudget *budget, GError **error);

/* Writes a picture into a buffer, its first pixel at (x, y); its values are encoded in `space`
 * (NULL: the buffer's own). Threads as above. */
void hf_buffer_write (GeglBuffer *buffer, int x, int y, const HfImage *image, const Babl *space);

typedef struct HfBufferFrame {
    GeglBuffer *buffer; /* its extent is the frame; a reference is taken */
    const char *name;   /* copied; NULL: "frame 0", … */
    int x, y;           /* added to the extent's origin: the offset of a layer */
} HfBufferFrame;

/*
 * A source over buffers. All frames are read in `space` (NULL: that of the first buffer), each in
 * its own sample type; frames get n_colours of the stack: RGB as soon as one of them is. `metadata`
 * may be NULL. any_thread: the buffers may be read from any thread; false for drawables of an
 * editor.
 */
HfSource *hf_buffer_source_new (const HfBufferFrame *frames, int n_frames, const Babl *space,
                                HfMetadata *metadata, bool any_thread);

/* The extent of frame i, offset included: where it lies on the common canvas. */
GeglRectangle hf_buffer_source_extent (HfSource *source, int frame);

/* The colour space that the frames are read in. */
const Babl *hf_buffer_source_space (HfSource *source);

typedef struct HfBufferPicture {
    HfPictureKind kind;
    char *name;
    int frame;          /* the source frame, -1 where it is none */
    GeglBuffer *buffer; /* extent: 0, 0, width, height */
    int x, y;           /* offset on the stack's canvas */
} HfBufferPicture;

void hf_buffer_picture_clear (HfBufferPicture *picture);

/*
 * A sink that keeps its pictures as buffers of their own, encoded in `space` (NULL: sRGB), written
 * row by row as they come: only GEGL's tile cache holds them, which swaps to disk.
 */
HfSink *hf_buffer_sink_new (const Babl *space);

/* Pictures that were begun so far. */
int hf_buffer_sink_n_pictures (HfSink *sink);

/* Hands out picture i, in the order they came, to be cleared by the caller; once each, any time
 * before the sink is freed, complete only after commit. */
HfBufferPicture hf_buffer_sink_take (HfSink *sink, int picture);

G_END_DECLS
#endif
