/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* Runs in the child, before the program. */
static void
prepare_child (gpointer data)
{
    const CommandSetup *setup = data;

    /* a test that is run in the background must not hand its ignored signals on */
    signal (SIGINT, SIG_DFL);
    signal (SIGTERM, SIG_DFL);
    if (setup->file_limit) {
        struct rlimit limit = { setup->file_limit, setup->file_limit };

        signal (SIGXFSZ, SIG_IGN);
        if (setrlimit (RLIMIT_FSIZE, &limit) != 0)
            _exit (99);
    }
    if (setup->as_nobody)
        if (setgroups (0, NULL) != 0 || setgid (NOBODY) != 0 || setuid (NOBODY) != 0)
            _exit (99);
}

char **
command_words (const char *const *words)
{
    const char *program = g_getenv ("HF_COMMAND");
    guint n_words = g_strv_length ((char **) words);
    char **all = g_new0 (char *, n_words + 2);

    g_assert_nonnull (program);
    all[0] = g_strdup (program);
    for (guint i = 0; i < n_words; i++)
        all[i + 1] = g_strdup (words[i]);
    return all;
}

static int
status_of (int wait_status)
{
    return WIFEXITED (wait_status) ? WEXITSTATUS (wait_status) : -WTERMSIG (wait_status);
}

void
command_run (const CommandSetup *setup, const char *const *words, CommandResult *result)
{
    char **all = command_words (words);
    GError *error = NULL;
    int wait_status = 0;

    g_spawn_sync (setup->folder, all, NULL, G_SPAWN_DEFAULT, prepare_child, (gpointer) setup,
                  &result->out, &result->err, &wait_status, &error);
    g_assert_no_error (error);
    result->status = status_of (wait_status);
    g_strfreev (all);
}

void
command_result_clear (CommandResult *result)
{
    g_clear_pointer (&result->out, g_free);
    g_clear_pointer (&result->err, g_free);
}

GPid
command_start (const CommandSetup *setup, const char *const *words, int *err)
{
    char **all = command_words (words);
    GError *error = NULL;
    GPid child = 0;

    g_spawn_async_with_pipes (setup->folder, all, NULL, G_SPAWN_DO_NOT_REAP_CHILD, prepare_child,
                              (gpointer) setup, &child, NULL, NULL, err, &error);
    g_assert_no_error (error);
    g_strfreev (all);
    return child;
}

int
command_wait (GPid child)
{
    int wait_status = 0;

    while (waitpid (child, &wait_status, 0) < 0)
        g_assert_cmpint (errno, ==, EINTR);
    return status_of (wait_status);
}

bool
command_can_be_nobody (void)
{
    const CommandSetup setup = { .as_nobody = true };
    const char *const words[] = { "--version", NULL };
    CommandResult result = { 0 };
    bool can = geteuid () == 0;

    if (can) {
        command_run (&setup, words, &result);
        can = result.status == 0;
        command_result_clear (&result);
    }
    return can;
}
