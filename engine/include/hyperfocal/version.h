/* SPDX-License-Identifier: LGPL-3.0-or-later */
#ifndef HF_VERSION_H
#define HF_VERSION_H

#include <hyperfocal/api.h>

HF_BEGIN_DECLS

/* The library's version, "major.minor.micro"; static, never freed. */
HF_API const char *hf_version (void);

HF_END_DECLS
#endif
