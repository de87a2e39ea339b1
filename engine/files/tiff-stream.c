/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "files/tiff-stream.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static tmsize_t
memory_read (HfTiffStream *stream, void *bytes, tmsize_t size)
{
    uint64_t left = stream->used > stream->position ? stream->used - stream->position : 0;
    size_t n = (size_t) MIN ((uint64_t) size, left);

    memcpy (bytes, stream->memory + stream->position, n);
    stream->position += n;
    return (tmsize_t) n;
}

static tmsize_t
memory_write (HfTiffStream *stream, const void *bytes, tmsize_t size)
{
    if (stream->position > stream->room || (size_t) size > stream->room - stream->position) {
        stream->error_number = ENOSPC;
        return 0;
    }
    memcpy (stream->memory + stream->position, bytes, (size_t) size);
    stream->position += (uint64_t) size;
    stream->used = MAX (stream->used, (size_t) stream->position);
    return size;
}

static tmsize_t
stream_read (thandle_t handle, void *bytes, tmsize_t size)
{
    HfTiffStream *stream = handle;
    tmsize_t done = 0;

    if (stream->memory)
        return memory_read (stream, bytes, size);
    while (done < size) {
        ssize_t n = pread (stream->fd, (char *) bytes + done, (size_t) (size - done),
                           (off_t) stream->position);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            stream->error_number = errno;
        if (n <= 0)
            break;
        done += n;
        stream->position += (uint64_t) n;
    }
    return done;
}

static tmsize_t
stream_write (thandle_t handle, void *bytes, tmsize_t size)
{
    HfTiffStream *stream = handle;
    tmsize_t done = 0;

    if (stream->memory)
        return memory_write (stream, bytes, size);
    while (done < size) {
        ssize_t n = pwrite (stream->fd, (char *) bytes + done, (size_t) (size - done),
                            (off_t) stream->position);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            stream->error_number = n < 0 ? errno : ENOSPC;
            break;
        }
        done += n;
        stream->position += (uint64_t) n;
    }
    return done;
}

static toff_t
stream_size (thandle_t handle)
{
    const HfTiffStream *stream = handle;
    struct stat status;

    if (stream->memory)
        return stream->used;
    return fstat (stream->fd, &status) == 0 ? (toff_t) status.st_size : 0;
}

static toff_t
stream_seek (thandle_t handle, toff_t offset, int whence)
{
    HfTiffStream *stream = handle;

    if (whence == SEEK_CUR)
        offset += stream->position;
    else if (whence == SEEK_END)
        offset += stream_size (handle);
    if (offset > INT64_MAX)
        return (toff_t) -1;
    stream->position = offset;
    return offset;
}

static int
stream_close (thandle_t handle)
{
    return 0;
}

static int
keep_error (TIFF *tiff, void *data, const char *module, const char *format, va_list arguments)
{
    HfTiffStream *stream = data;

    if (!stream->message[0])
        g_vsnprintf (stream->message, sizeof stream->message, format, arguments);
    return 1;
}

static int
pass_warning_over (TIFF *tiff, void *data, const char *module, const char *format,
                   va_list arguments)
{
    return 1;
}

TIFF *
hf_tiff_open (HfTiffStream *stream, const char *label, const char *mode, size_t most_bytes)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc ();
    TIFF *tiff;

    if (!options)
        return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR (options, keep_error, stream);
    TIFFOpenOptionsSetWarningHandlerExtR (options, pass_warning_over, stream);
    if (most_bytes > 0)
        TIFFOpenOptionsSetMaxSingleMemAlloc (options, (tmsize_t) MIN (most_bytes, INT64_MAX));
    tiff = TIFFClientOpenExt (label, mode, stream, stream_read, stream_write, stream_seek,
                              stream_close, stream_size, NULL, NULL, options);
    TIFFOpenOptionsFree (options);
    return tiff;
}

const char *
hf_tiff_reason (const HfTiffStream *stream)
{
    if (stream->error_number)
        return g_strerror (stream->error_number);
    return stream->message[0] ? stream->message : "the file is damaged";
}
