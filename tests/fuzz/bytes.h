/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the fuzz targets share. */
#ifndef HF_TEST_BYTES_H
#define HF_TEST_BYTES_H

#include <hyperfocal/image.h>
#include <stddef.h>
#include <stdint.h>

/* A target: reads the bytes as its kind of file. Whatever it answers is right unless it crashes,
 * leaks, hangs, or asserts. */
int LLVMFuzzerTestOneInput (const uint8_t *bytes, size_t size);

/* Pixel memory for one input: pictures beyond are refused by the budget, as in a run. */
enum { FUZZ_MEMORY = 64 << 20 };

/* The bytes as a file without a place on disk, and a name that opens it. Close the descriptor. */
int bytes_as_file (const uint8_t *bytes, size_t size, char name[64]);

/* Looks at every sample, so that what was never written is noticed; returns something of them. */
unsigned look_at (const HfImage *image);

/* Fails the program unless good == (no error), and an error is one sentence in one line. */
void check_answer (bool good, const GError *error);

#endif
