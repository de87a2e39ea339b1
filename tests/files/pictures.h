/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures and folders for the tests of files. */
#ifndef HF_TEST_PICTURES_H
#define HF_TEST_PICTURES_H

#include <hyperfocal/files.h>

/* All nine or twelve formats the engine has. */
extern const HfFormat all_formats[12];

/* Every sample random; floats from -0.5 to 1.5, alpha of floats from 0 to 1. */
HfImage *picture_random (int width, int height, HfFormat format, GRand *random);

/* value(x, y) = (x + 2 y) scaled into the sample type's range, in all channels but alpha (opaque).
 */
HfImage *picture_ramp (int width, int height, HfFormat format);

/* A sample as a number, as stored. */
double picture_sample (const HfImage *image, int x, int y, int channel);
void picture_set_sample (HfImage *image, int x, int y, int channel, double value);

/* Fails the test unless both are the same bits. */
void picture_assert_equal (const HfImage *a, const HfImage *b);

/* Writes through a sink, `rows_a_call` rows at a time, and commits. */
bool picture_write (HfSink *sink, const HfImage *image, const HfPictureInfo *info, int rows_a_call,
                    GError **error);

/* Writes a file with default options, JPEG of quality 100; fails the test on an error. */
void picture_save (const HfImage *image, const char *path, HfMetadata *metadata);

/* hf_file_read () at full size; fails the test on an error. */
HfImage *picture_load (const char *path);

HfFileOptions default_file_options (void);

/* A new folder, to be removed with all in it by folder_remove (). */
char *folder_new (void);
void folder_remove (char *folder);

/* Number of entries of a folder, hidden ones counted. */
int folder_count (const char *folder);

/* path of a file in a folder; newly allocated. */
char *folder_file (const char *folder, const char *name);

/* The check sum of a PNG chunk's name and data (CRC-32, PNG specification annex D). */
uint32_t png_check_sum (const uint8_t *bytes, size_t n);

/* A seed drawn anew at each run and printed, or HF_TEST_SEED. */
guint32 drawn_seed (void);

#endif
