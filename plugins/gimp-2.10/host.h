/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GIMP 2.10 as a host. */
#ifndef HF_GIMP_2_10_HOST_H
#define HF_GIMP_2_10_HOST_H

#include "core/host.h"

#include <libgimp/gimp.h>

typedef struct HfGimpHost {
    HfHost host;
    gint32 image;
    const char *stage; /* what the progress bar says now */
} HfGimpHost;

void hf_gimp_host_init (HfGimpHost *host, gint32 image);

#endif
