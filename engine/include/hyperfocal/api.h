/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* Marks what the shared library exports; everything else is hidden. */
#ifndef HF_API_H
#define HF_API_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define HF_BEGIN_DECLS extern "C" {
#define HF_END_DECLS }
#else
#define HF_BEGIN_DECLS
#define HF_END_DECLS
#endif

#define HF_API __attribute__ ((visibility ("default")))

#endif
