/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hyperfocal noise-map: the map of a sensor's defects, from pictures it took. */
#ifndef CLI_NOISE_MAP_H
#define CLI_NOISE_MAP_H

#include "arguments.h"

/*
 * Writes NAME-rgb.png, NAME-r.png, NAME-g.png, NAME-b.png and the plot NAME.svg into the output
 * folder, which is made where it is missing. On failure no map was written.
 */
bool noise_map_command (Arguments *arguments, GError **error);

#endif
