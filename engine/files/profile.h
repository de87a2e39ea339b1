/* SPDX-License-Identifier: LGPL-3.0-or-later */
/* ICC profiles as they come from files: what of one can be trusted, and what is it called? */
#ifndef HF_FILES_PROFILE_H
#define HF_FILES_PROFILE_H

#include <hyperfocal/api.h>

/*
 * What of a profile describes a space of three primaries or one grey axis: white point, primaries,
 * curves. Each is checked, and everything else -- texts, tables -- left out, so that the result may
 * be handed to a library that believes what it reads. NULL where the profile is damaged, of another
 * kind, or not for pictures of n_colours (1 or 3); *why then says so, static.
 */
GBytes *hf_profile_essence (GBytes *icc, int n_colours, const char **why);

/* The profile's name for the user ("sRGB" for NULL), newly allocated, valid UTF-8. */
char *hf_profile_name (GBytes *icc);

#endif
