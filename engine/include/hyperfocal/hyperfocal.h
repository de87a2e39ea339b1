/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * libhyperfocal: focus stacking as a library. This header brings in the whole public API.
 *
 * A stack of frames of one subject, each focused at another distance, is read from a source,
 * registered, evened out, fused into one picture that is sharp everywhere, and written to a sink.
 * hf_stack_run () does all of that in bounded memory; the parts it is made of are public too, so
 * that a host (a GEGL operation, an editor's plug-in) can use one of them alone.
 *
 * Conventions that hold everywhere
 *   - Pixel coordinates: (0, 0) is the centre of the first pixel, x to the right, y down.
 *   - Sample values: encoded (gamma) values; 8 and 16 bit map to 0..1 as floats, float samples are
 *     taken as they are and may leave 0..1.
 *   - A function that can fail returns a bool or a pointer and takes a GError ** last. The message
 *     is one sentence that names the file or frame and the offending number.
 *   - Objects come from hf_x_new () and go with hf_x_free (), which accepts NULL.
 */
#ifndef HF_HYPERFOCAL_H
#define HF_HYPERFOCAL_H

#include <hyperfocal/align.h>
#include <hyperfocal/balance.h>
#include <hyperfocal/band.h>
#include <hyperfocal/border.h>
#include <hyperfocal/error.h>
#include <hyperfocal/features.h>
#include <hyperfocal/files.h>
#include <hyperfocal/finish.h>
#include <hyperfocal/hot-pixels.h>
#include <hyperfocal/fuse.h>
#include <hyperfocal/image.h>
#include <hyperfocal/matrix.h>
#include <hyperfocal/memory.h>
#include <hyperfocal/metadata.h>
#include <hyperfocal/monitor.h>
#include <hyperfocal/noise.h>
#include <hyperfocal/option.h>
#include <hyperfocal/record.h>
#include <hyperfocal/sink.h>
#include <hyperfocal/source.h>
#include <hyperfocal/stack.h>
#include <hyperfocal/threads.h>
#include <hyperfocal/transforms.h>
#include <hyperfocal/version.h>
#include <hyperfocal/vignetting.h>

#endif
