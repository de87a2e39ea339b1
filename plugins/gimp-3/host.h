/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GIMP 3 as a host. */
#ifndef HF_GIMP_3_HOST_H
#define HF_GIMP_3_HOST_H

#include "core/host.h"

#include <libgimp/gimp.h>

typedef struct HfGimpHost {
    HfHost host;
    GimpImage *image;  /* borrowed */
    const char *stage; /* what the progress bar says now */
} HfGimpHost;

void hf_gimp_host_init (HfGimpHost *host, GimpImage *image);

#endif
