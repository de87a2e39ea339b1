/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* memfd_create () */
#include "bytes.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int
bytes_as_file (const uint8_t *bytes, size_t size, char name[64])
{
    int fd = memfd_create ("input", 0);

    g_assert_cmpint (fd, >=, 0);
    g_assert_cmpint ((int) write (fd, bytes, size), ==, (int) size);
    snprintf (name, 64, "/proc/self/fd/%d", fd);
    return fd;
}

unsigned
look_at (const HfImage *image)
{
    unsigned sum = 0;

    for (int y = 0; y < image->height; y++) {
        const uint8_t *row = hf_image_row (image, y);

        for (size_t i = 0; i < (size_t) image->width * hf_format_bytes (image->format); i++)
            sum = sum * 31 + row[i];
    }
    return sum;
}

void
check_answer (bool good, const GError *error)
{
    g_assert_true (good == (error == NULL));
    if (error) {
        g_assert_true (g_utf8_validate (error->message, -1, NULL));
        g_assert_cmpint (error->message[0], !=, '\0');
        g_assert_null (strchr (error->message, '\n'));
    }
}
