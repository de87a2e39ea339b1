/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* The second look at pixels that stood out: which of them are defects of the sensor. */
#ifndef HF_HOT_PIXELS_JUDGE_H
#define HF_HOT_PIXELS_JUDGE_H

#include <hyperfocal/hot-pixels.h>

/* The mean of all frames: planes in memory, or made from the frames when it is asked for. */
typedef struct HfMean {
    int width, height, n_colours;
    int n_frames;
    const HfImage *const *images; /* n_frames; NULL: `planes` */
    float *planes;                /* n_colours × height × width: sums of the samples */
    double noise[3];              /* standard deviation in one frame, a colour */
} HfMean;

/* Fills the band's colours, all valid; `scratch` holds hf_band_floats () of the band. */
void hf_mean_read (const HfMean *mean, HfBand *band, float *scratch);

typedef struct HfSuspects HfSuspects;

/* n suspects of the mean; all planes of it are final. */
HfSuspects *hf_suspects_new (const HfMean *mean, const HfDefect *places, int n, HfPool *pool,
                             HfBudget *budget, GError **error);
void hf_suspects_free (HfSuspects *suspects);

/* Looks at one of the frames. */
void hf_suspects_look (HfSuspects *suspects, const HfImage *image);

/* After all frames: those that are defects, with what they spilt around them. */
HfHotPixelMap *hf_suspects_settle (const HfSuspects *suspects, HfBudget *budget, GError **error);

#endif
