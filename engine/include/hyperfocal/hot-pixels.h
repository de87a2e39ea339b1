/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The hot pixel step: pixels of the sensor that say too much (or too little) in every frame. A map
 * says which they are; they are replaced by the good pixels around them. Maps come from
 * a picture, from the frames of a stack, or from any number of sources of the same camera.
 * docs/algorithms/hot-pixels.md tells how they are found.
 */
#ifndef HF_HOT_PIXELS_H
#define HF_HOT_PIXELS_H

#include <hyperfocal/band.h>
#include <hyperfocal/monitor.h>
#include <hyperfocal/option.h>
#include <hyperfocal/source.h>
#include <hyperfocal/threads.h>

HF_BEGIN_DECLS

typedef struct HfHotPixelOptions {
#include <hyperfocal/options/fields.h>
#include <hyperfocal/options/hot-pixels.def>
#include <hyperfocal/options/undefine.h>
} HfHotPixelOptions;

HF_API extern const HfOptionTable hf_hot_pixel_table;

typedef struct HfNoiseMapOptions {
#include <hyperfocal/options/fields.h>
#include <hyperfocal/options/noise-map.def>
#include <hyperfocal/options/undefine.h>
} HfNoiseMapOptions;

HF_API extern const HfOptionTable hf_noise_map_table;

/* ---- Maps ---- */

/* The defects of one sensor, upright; read by any number of threads at once. */
typedef struct HfHotPixelMap HfHotPixelMap;

/* One defect; bit c of `channels` says that colour c (R, G, B) is wrong. */
typedef struct HfDefect {
    int x, y;
    unsigned channels; /* 1 .. 7 */
} HfDefect;

/*
 * A map of the n defects (any order; those outside of the picture are an error of the caller's and
 * left out, channels of the same pixel are joined). HF_ERROR_MEMORY.
 */
HF_API HfHotPixelMap *hf_hot_pixel_map_new (int width, int height, const HfDefect *defects, int n,
                                            HfBudget *budget, GError **error);

/* The map a picture stands for: samples of more than half of full scale mark the channel, in a grey
 * picture all three. Alpha does not count. */
HF_API HfHotPixelMap *hf_hot_pixel_map_from_image (const HfImage *image, HfBudget *budget,
                                                   GError **error);
HF_API void hf_hot_pixel_map_free (HfHotPixelMap *map);

HF_API int hf_hot_pixel_map_width (const HfHotPixelMap *map);
HF_API int hf_hot_pixel_map_height (const HfHotPixelMap *map);

/* Pixels that are wrong in this colour, or in any (-1). A NULL map has none. */
HF_API int hf_hot_pixel_map_count (const HfHotPixelMap *map, int colour);

/* The wrong channels of a pixel, 0 where it is good. */
HF_API unsigned hf_hot_pixel_map_at (const HfHotPixelMap *map, int x, int y);

/* All defects by row, then column; hf_hot_pixel_map_count (map, -1) of them, borrowed. */
HF_API const HfDefect *hf_hot_pixel_map_defects (const HfHotPixelMap *map);

/* The map as an 8-bit picture, 255 where a pixel is wrong: RGB for colour -1, else grey. */
HF_API HfImage *hf_hot_pixel_map_to_image (const HfHotPixelMap *map, int colour, HfBudget *budget,
                                           GError **error);

/* The map for frames reduced as of hf_image_reduce (): a pixel with a defect in it is one. */
HF_API HfHotPixelMap *hf_hot_pixel_map_reduce (const HfHotPixelMap *map, int factor,
                                               HfBudget *budget, GError **error);

/* Is the map of this size? HF_ERROR_SIZE naming both sizes and `name`, the frame. */
HF_API bool hf_hot_pixel_map_fits (const HfHotPixelMap *map, int width, int height,
                                   const char *name, GError **error);

/* ---- Finding ---- */

/*
 * The pixels that stand out in all of these pictures, decoded frames of one stack or camera, of one
 * size and number of colours: enough of them (three) that the subject is not the same in all. At
 * least two; an empty map where the pictures differ in size.
 */
HF_API HfHotPixelMap *hf_hot_pixels_sample (const HfImage *const *images, int n_images,
                                            HfPool *pool, HfBudget *budget, GError **error);

/*
 * The defects found in all frames of all sources, which are read twice, one frame at a time (once
 * where thresholds are given); memory is four bytes a sample of a frame and one decoded
 * frame. `plot` (may be NULL) is the path of an SVG of the number of pixels over each threshold.
 * Errors: those of the sources; HF_ERROR_SIZE naming two frames of different size or colours,
 * HF_ERROR_ARGUMENT for thresholds that are none, HF_ERROR_STACK for fewer than two frames with
 * automatic ones.
 */
HF_API HfHotPixelMap *hf_hot_pixels_find (HfSource *const *sources, int n_sources,
                                          const HfNoiseMapOptions *options, const char *plot,
                                          HfPool *pool, HfBudget *budget, HfMonitor *monitor,
                                          GError **error);

/* ---- Replacing ---- */

/* Pixels around `out` that hf_hot_pixels_apply () may look at. */
HF_API int hf_hot_pixels_margin (void);

/*
 * Copies `in` to `out` (within in, which reaches hf_hot_pixels_margin () further where the frame
 * does; both in the coordinates of the map) with each wrong sample replaced by the mean or
 * median of the good samples of valid pixels around it. Where there is none within the margin, it
 * stays. `out` may be `in`. Alpha is left alone. Grey pictures are wrong where any
 * channel is. A NULL map only copies. Cannot fail.
 */
HF_API void hf_hot_pixels_apply (const HfHotPixelMap *map, const HfHotPixelOptions *options,
                                 const HfBand *in, HfBand *out);

/* The same in place for a band that was read from `image`, which the good pixels are taken from: the
 * band needs no margin. */
HF_API void hf_hot_pixels_mend (const HfHotPixelMap *map, const HfHotPixelOptions *options,
                                const HfImage *image, HfBand *band);

/* The same for a whole picture of the map's size, in place. */
HF_API void hf_hot_pixels_mend_image (const HfHotPixelMap *map, const HfHotPixelOptions *options,
                                      HfImage *image);

HF_END_DECLS
#endif
