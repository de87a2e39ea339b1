/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the plug-in needs of the program it runs in, as a few functions. Layers are known by
 * numbers; group 0 stands for the image itself. All are called from the main thread only. Nothing
 * of the image is touched before insert_begin ().
 */
#ifndef HF_HOST_H
#define HF_HOST_H

#include <gegl.h>
#include <stdbool.h>

typedef struct HfLayerInfo {
    char *name; /* newly allocated */
    int x, y;   /* of its first pixel in the image, pixels */
    bool group;
    bool visible;
    bool result; /* made by an earlier run */
} HfLayerInfo;

typedef struct HfNewLayer {
    const char *name;
    int x, y;
    GeglBuffer *pixels; /* its size is the layer's; alpha where its format has it */
} HfNewLayer;

typedef struct HfHost HfHost;

struct HfHost {
    /* Has the image a colour map instead of colours? */
    bool (*indexed) (HfHost *host);
    /* The layers in a group, top first; newly allocated. */
    int *(*children) (HfHost *host, int group, int *n_layers);
    void (*describe) (HfHost *host, int layer, HfLayerInfo *info);
    /* The layer's pixels, a new reference. */
    GeglBuffer *(*pixels) (HfHost *host, int layer);

    /* A layer with these pixels, or an empty group, marked as a result, not yet part of the image.
     * 0 with an error when it cannot be made. */
    int (*new_layer) (HfHost *host, const HfNewLayer *layer, GError **error);
    int (*new_group) (HfHost *host, const char *name, GError **error);
    /* Drops a new layer that was not inserted. */
    void (*discard) (HfHost *host, int layer);

    /* Between these two lies one undo step. */
    void (*insert_begin) (HfHost *host);
    void (*insert) (HfHost *host, int layer, int group, int position);
    void (*insert_end) (HfHost *host);

    /* `fraction` of the whole is done; false asks to stop. */
    bool (*progress) (HfHost *host, double fraction, const char *stage);
    /* Shows a message to the user, or prints it where there is none. */
    void (*message) (HfHost *host, const char *text);
};

#endif
