/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "child.h"

#include "timing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
wait_for (pid_t child, double start, Usage *usage)
{
    struct rusage resources;
    int status;

    if (wait4 (child, &status, 0, &resources) != child)
        return false;
    usage->seconds = now () - start;
    usage->peak = (double) resources.ru_maxrss * 1024;
    return WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

static void
be_child (bool (*func) (void *data, void *answer), void *data, void *answer, size_t size, int out)
{
    bool good = func (data, answer) && write (out, answer, size) == (ssize_t) size;

    _exit (good ? 0 : 1);
}

bool
run_child (bool (*func) (void *data, void *answer), void *data, void *answer, size_t size,
           Usage *usage)
{
    double start = now ();
    int ends[2];
    pid_t child;
    bool good;

    if (pipe (ends) != 0)
        return false;
    fflush (NULL);
    child = fork ();
    if (child == 0)
        be_child (func, data, answer, size, ends[1]);
    close (ends[1]);
    good = child > 0 && read (ends[0], answer, size) == (ssize_t) size;
    close (ends[0]);
    return child > 0 && wait_for (child, start, usage) && good;
}

bool
run_command (const char *command, Usage *usage)
{
    double start = now ();
    pid_t child;

    fflush (NULL);
    child = fork ();
    if (child == 0) {
        int nowhere = open ("/dev/null", O_WRONLY);

        dup2 (nowhere, 1);
        dup2 (nowhere, 2);
        execl ("/bin/sh", "sh", "-c", command, (char *) NULL);
        _exit (127);
    }
    return child > 0 && wait_for (child, start, usage);
}
