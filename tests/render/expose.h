/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HF_RENDER_EXPOSE_H
#define HF_RENDER_EXPOSE_H

#include "render.h"
#include "scene.h"

/* Projects the scene into the frames, the truth and the depth map of `render`, all of them
 * allocated. */
bool hf_expose (HfRender *render, const HfScene *scene, HfPool *pool, GError **error);

#endif
