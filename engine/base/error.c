/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include <hyperfocal/error.h>
#include <hyperfocal/version.h>

G_DEFINE_QUARK (hf - error - quark, hf_error)

const char *
hf_version (void)
{
    return HF_VERSION;
}
