/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* A method of fusion, as the public functions of fuse.h drive it. */
#ifndef HF_FUSER_H
#define HF_FUSER_H

#include <hyperfocal/fuse.h>

typedef struct HfFuserClass {
    int (*n_passes) (const HfFuserSetup *setup);
    /* Bytes of pixel memory at the peak; the setup has been checked. */
    size_t (*memory) (const HfFuserSetup *setup);
    void *(*begin) (const HfFuserSetup *setup, GError **error);
    bool (*add) (void *state, const HfBandReader *frame, HfMonitor *monitor, GError **error);
    bool (*end_pass) (void *state, GError **error); /* NULL: nothing to do */
    /* At least one frame has been added. */
    bool (*finish) (void *state, const HfBandWriter *writer, HfMonitor *monitor, GError **error);
    /* After finish (); NULL: the method has no maps. */
    bool (*map) (void *state, HfFuserMap map, const HfBandWriter *writer, HfMonitor *monitor,
                 GError **error);
    void (*end) (void *state); /* NULL is accepted */
} HfFuserClass;

extern const HfFuserClass hf_pyramid_fuser;
extern const HfFuserClass hf_depth_fuser;
extern const HfFuserClass hf_simple_fuser;

#endif
