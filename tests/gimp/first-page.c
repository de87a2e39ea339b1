/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * first-page FILE: ends a big-endian classic TIFF after its first page, so that a program which reads
 * pages before the layer block has only the block to read.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int
main (int argc, char **argv)
{
    unsigned char header[8], count[2];
    static const unsigned char nothing[4];
    int fd = argc == 2 ? open (argv[1], O_RDWR) : -1;
    off_t first;

    if (fd < 0 || pread (fd, header, sizeof header, 0) != sizeof header || header[0] != 'M') {
        fprintf (stderr, "first-page: no big-endian TIFF\n");
        return 1;
    }
    first = (off_t) header[4] << 24 | header[5] << 16 | header[6] << 8 | header[7];
    if (pread (fd, count, sizeof count, first) != sizeof count)
        return 1;
    first += 2 + 12 * (count[0] << 8 | count[1]);
    return pwrite (fd, nothing, sizeof nothing, first) == sizeof nothing && close (fd) == 0 ? 0 : 1;
}
