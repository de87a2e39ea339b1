/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* What can go wrong, as a GError domain. */
#ifndef HF_ERROR_H
#define HF_ERROR_H

#include <hyperfocal/api.h>

HF_BEGIN_DECLS

#define HF_ERROR (hf_error_quark ())

typedef enum {
    HF_ERROR_ARGUMENT,  /* an option or argument outside of what it may be */
    HF_ERROR_FILE,      /* a file that cannot be opened, read or written */
    HF_ERROR_FORMAT,    /* a file that is truncated, corrupt or of a kind that is not read */
    HF_ERROR_SIZE,      /* frames whose sizes or channels do not fit each other */
    HF_ERROR_MEMORY,    /* memory that is not there, or not allowed by the budget */
    HF_ERROR_CANCELLED, /* the monitor asked to stop */
    HF_ERROR_STACK      /* too few frames that can be used */
} HfErrorCode;

/* The GError domain of the library. */
HF_API GQuark hf_error_quark (void);

HF_END_DECLS
#endif
