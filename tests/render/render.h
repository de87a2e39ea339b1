/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Focal stacks with known truth, for tests and the bench. The same options and seed give the same
 * stack, for any number of threads.
 *
 *     HfRenderOptions options;
 *     hf_render_options_init (&options, "breathing", 3);
 *     options.width = 480, options.height = 320;
 *     HfRender *render = hf_render_new (&options, NULL, &error);
 *     HfSource *source = hf_source_new_from_images (render->frames, NULL, NULL,
 *                                                   render->options.n_frames);
 *     … render->matrices[k], render->truth, hf_render_ceiling () …
 *     hf_render_free (render);
 *
 * Depth is counted in frames: frame k is focused at depth k; larger is farther away. What lies at
 * depth d is blurred in frame k by a disc of radius |d - k| × largest_blur / (n_frames - 1) pixels.
 * Sample values are 0..1 of full scale; blur, gains and vignetting act on these encoded values.
 */
#ifndef HF_RENDER_H
#define HF_RENDER_H

#include <hyperfocal/image.h>
#include <hyperfocal/matrix.h>
#include <hyperfocal/threads.h>

typedef enum {
    HF_SURFACE_FLAT,  /* all background at depth `flat_depth` */
    HF_SURFACE_PLANE, /* a tilted plane through all depths */
    HF_SURFACE_BUMPS  /* a tilted, wavy plane with bumps and dents */
} HfRenderSurface;

typedef enum {
    HF_TEXTURE_NATURAL,      /* patches of materials, dots, fibres, marks like writing */
    HF_TEXTURE_CHECKERBOARD, /* squares of 24 pixels with a faint grain */
    HF_TEXTURE_DOTS,         /* a lattice of lone dots on grey, see hf_render_dot () */
    HF_TEXTURE_SPECKS        /* nearly black without texture, with a few bright specks */
} HfRenderTexture;

typedef struct HfRenderOptions {
    int width, height; /* pixels */
    int n_frames;
    int reference; /* the frame that defines the canvas; -1 = n_frames / 2 */
    guint64 seed;
    HfFormat format; /* of the frames: grey or RGB, without alpha */

    HfRenderSurface surface;
    double flat_depth; /* frames, for HF_SURFACE_FLAT */
    HfRenderTexture texture;
    double contrast;     /* of the texture: 1 = as it is, 0 = none */
    int n_occluders;     /* groups of objects in front of the background, each at its own depth */
    bool rod;            /* a lone textured rod in front, across the picture */
    double lens_blur;    /* pixels, Gaussian sigma of the lens where in focus (the pixel's own
                          * area comes on top) */
    double largest_blur; /* pixels, radius of the disc n_frames - 1 frames off focus */

    double breathing;      /* relative change of scale from the first to the last frame */
    double drift;          /* pixels from the first to the last frame, a tenth of it jitter */
    double rotation;       /* degrees from the first to the last frame */
    double keystone;       /* relative change of scale from edge to edge, of the farthest frame */
    double shake;          /* pixels: largest shift of a random walk against the reference */
    double shake_rotation; /* degrees: the same */

    double flicker;    /* gains are within 1 ± flicker; the reference's is 1 */
    double noise;      /* standard deviation of white noise of each sample, 0..1 */
    double vignetting; /* light lost at the corners, 0..1 */
    int n_hot_pixels;  /* fixed on the sensor */

    double detail; /* scene samples a pixel, 2; from 0.5 (fast, soft, for huge frames) */
} HfRenderOptions;

typedef struct HfHotPixel {
    int x, y;       /* pixel of every frame */
    float value[3]; /* what is added to R, G, B */
} HfHotPixel;

typedef struct HfRender {
    HfRenderOptions options; /* as used: reference resolved */
    HfImage **frames;        /* n_frames */
    HfMatrix *matrices;      /* n_frames, reference pixels -> frame pixels, exact */
    double *gains;           /* n_frames, what the frame's samples were multiplied by */
    HfImage *truth;          /* float, all in focus, on the reference's canvas; neither noise,
                              * hot pixels, vignetting nor quantisation */
    HfImage *depth;          /* grey float, frames; of an occluder where it covers half or more */
    HfHotPixel *hot_pixels;
    int n_hot_pixels;
} HfRender;

/* The names of the cases, ended by NULL. */
extern const char *const hf_render_cases[];

/*
 * Fills in the options of a named case (plane, breathing, occlusion, noise, flicker, weak-texture,
 * repeat, 16-bit, vignetting, hot-pixels, hand-held, keystone, bumps, specks, dots, speed): 12
 * frames of 1280 × 853, 8-bit RGB unless the case says otherwise. The number of hot pixels is that
 * for this size: hf_render_options_resize () keeps their density. False, with nothing changed, for
 * an unknown name.
 */
bool hf_render_options_init (HfRenderOptions *options, const char *name, guint64 seed);

/* Another size, with hot pixels as dense and blur discs and movements of the same pixels. */
void hf_render_options_resize (HfRenderOptions *options, int width, int height);

/* Renders a stack; pool may be NULL. HF_ERROR_ARGUMENT names what is out of range. */
HfRender *hf_render_new (const HfRenderOptions *options, HfPool *pool, GError **error);
void hf_render_free (HfRender *render);

/* What a pixel of any frame keeps of its light, 0..1: 1 - vignetting (r / half diagonal)^2. */
double hf_render_vignetting (const HfRenderOptions *options, double x, double y);

/* Reference coordinates of dot i of HF_TEXTURE_DOTS; false when there are no more. */
bool hf_render_dot (const HfRenderOptions *options, int i, double *x, double *y);

/* Radius in pixels of the disc that a point at `depth` becomes in a frame. */
double hf_render_blur_radius (const HfRenderOptions *options, double depth, int frame);

/*
 * Pixels from the border of the reference within which some frame may not see the subject, plus the
 * reach of the interpolation: comparisons with the truth leave them out.
 */
int hf_render_border (const HfRender *render);

/*
 * The ceiling: what a stacker could do that knew everything and took one frame a pixel. For each
 * pixel the frame nearest to its true depth, by one Lanczos-4 interpolation through the true
 * transform, with the true gain and vignetting undone; hot pixels and noise stay. Float picture.
 */
HfImage *hf_render_ceiling (const HfRender *render, HfPool *pool, GError **error);

/* The truth as the reference's light shows it: with vignetting (its gain is 1). New image. */
HfImage *hf_render_seen_truth (const HfRender *render, GError **error);

/* Where depth jumps; the occlusion case is judged at a distance of 16. Grey 8-bit mask: 255 within
 * `distance` pixels of a jump of the true depth of more than one frame, else 0. New image. */
HfImage *hf_render_edges (const HfRender *render, int distance, GError **error);

/*
 * Peak signal to noise ratio in dB of a against b (peak 1 = full scale), of all colours together,
 * leaving `border` pixels out at each side and, with a mask (grey 8 bit, may be NULL), all pixels
 * where it is 0. Any sample types; an alpha channel is not compared. Infinite when equal; NaN when
 * no pixel is left or the sizes or colours differ.
 */
double hf_picture_psnr (const HfImage *a, const HfImage *b, int border, const HfImage *mask);

/*
 * The truth as text, for scripts, one line each, numbers exact on reading back:
 *     width W, height H, frames N, reference K, seed S, noise SIGMA, vignetting V, border PIXELS
 *     frame K gain G matrix M0 … M8     for each frame, reference -> frame pixels, row-major
 *     hot X Y R G B                     for each hot pixel
 * Newly allocated.
 */
char *hf_render_to_text (const HfRender *render);

#endif
