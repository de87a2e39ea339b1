/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ctrl-C, and the progress bar on a terminal. The run that is stopped has the same few frames a few
 * hundred times over, so that it is still at work when the signal comes.
 */
#define _GNU_SOURCE /* posix_openpt () */
#include "command.h"
#include "folder.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { N_FRAMES = 4, N_TURNS = 500 };

/* "stack frame-0.png frame-1.png … -o out.tif", with the frames n_turns times over. */
static const char **
long_words (int n_turns, const char *const *more)
{
    static const char *const names[N_FRAMES] = { "frame-0.png", "frame-1.png", "frame-2.png",
                                                 "frame-3.png" };
    GPtrArray *words = g_ptr_array_new ();

    g_ptr_array_add (words, "stack");
    for (int i = 0; i < N_FRAMES * n_turns; i++)
        g_ptr_array_add (words, (char *) names[i % N_FRAMES]);
    for (int i = 0; more[i]; i++)
        g_ptr_array_add (words, (char *) more[i]);
    g_ptr_array_add (words, NULL);
    return (const char **) g_ptr_array_free (words, FALSE);
}

static char *
new_stack_folder (void)
{
    HfRender *render = small_stack ("breathing", 51, N_FRAMES);
    char *folder = folder_new ();

    folder_write_frames (folder, render, ".png");
    hf_render_free (render);
    return folder;
}

/* Reads from a descriptor until `wanted` came, or the end. All that was read is added to `text`. */
static bool
read_until (int descriptor, const char *wanted, GString *text)
{
    char buffer[4096];
    ssize_t n;

    while (!wanted || !strstr (text->str, wanted)) {
        n = read (descriptor, buffer, sizeof buffer);
        if (n <= 0)
            return false;
        g_string_append_len (text, buffer, n);
    }
    return true;
}

static void
stops_and_leaves_nothing (gconstpointer data)
{
    static const char *const more[] = { "-d",         "-o",       "out.tif", "--layers",
                                        "layers.tif", "--report", "r.json",  NULL };
    int number = GPOINTER_TO_INT (data), err = -1, status;
    char *folder = new_stack_folder ();
    CommandSetup setup = { .folder = folder };
    const char **words = long_words (N_TURNS, more);
    GString *text = g_string_new (NULL);
    char *before, *after;
    gint64 sent;
    GPid child;

    folder_write (folder, "out.tif", "precious", 8);
    before = folder_snapshot (folder);
    child = command_start (&setup, words, &err);
    /* said when all files are open and the work begins */
    g_assert_true (read_until (err, "debug: option compression", text));
    g_usleep (50000);
    g_assert_cmpint (kill (child, number), ==, 0);
    sent = g_get_monotonic_time ();
    read_until (err, NULL, text);
    status = command_wait (child);
    g_test_message ("stopped after %.3f s", (g_get_monotonic_time () - sent) / 1e6);
    g_assert_cmpint (status, ==, 128 + number);
    g_assert_nonnull (strstr (text->str, "hyperfocal: cancelled\n"));
    after = folder_snapshot (folder);
    g_assert_cmpstr (before, ==, after);
    close (err);
    g_free (after);
    g_free (before);
    g_free (words);
    g_string_free (text, TRUE);
    folder_free (folder);
}

/* A pseudo terminal of 60 columns; the name of its other end, to be opened by the program. */
static int
open_terminal (char **other_end)
{
    struct winsize size = { .ws_row = 24, .ws_col = 60 };
    int terminal = posix_openpt (O_RDWR | O_NOCTTY);

    g_assert_cmpint (terminal, >=, 0);
    g_assert_cmpint (grantpt (terminal), ==, 0);
    g_assert_cmpint (unlockpt (terminal), ==, 0);
    *other_end = g_strdup (ptsname (terminal));
    g_assert_nonnull (*other_end);
    g_assert_cmpint (ioctl (terminal, TIOCSWINSZ, &size), ==, 0);
    return terminal;
}

static void
use_terminal (gpointer data)
{
    int end = open (data, O_RDWR | O_NOCTTY);

    if (end < 0 || dup2 (end, STDERR_FILENO) < 0)
        _exit (99);
    close (end);
}

/* Runs with standard error on a terminal; all that came there. */
static char *
run_on_terminal (const char *folder, const char *const *words)
{
    char **all = command_words (words);
    char *other_end;
    int terminal = open_terminal (&other_end);
    GString *text = g_string_new (NULL);
    GError *error = NULL;
    GPid child;

    g_spawn_async (folder, all, NULL, G_SPAWN_DO_NOT_REAP_CHILD, use_terminal, other_end, &child,
                   &error);
    g_assert_no_error (error);
    /* the end of the program ends the reading, with an error as terminals do */
    read_until (terminal, NULL, text);
    g_assert_cmpint (command_wait (child), ==, 0);
    close (terminal);
    g_free (other_end);
    g_strfreev (all);
    return g_string_free (text, FALSE);
}

/* No line is wider than the terminal: a bar that wraps fills the screen. */
static void
check_width (const char *text)
{
    char **lines = g_strsplit_set (text, "\r\n", -1);

    for (int i = 0; lines[i]; i++)
        g_assert_cmpuint (strlen (lines[i]), <=, 60);
    g_strfreev (lines);
}

static void
bar_on_terminal (void)
{
    static const char *const more[] = { "-o", "out.tif", NULL };
    char *folder = new_stack_folder ();
    const char **words = long_words (10, more);
    char *text = run_on_terminal (folder, words);

    g_test_message ("%s", text);
    g_assert_nonnull (strstr (text, "\rAligning     ["));
    g_assert_true (g_regex_match_simple ("\\[#*\\.*\\] +[0-9]+ %", text, 0, 0));
    g_assert_nonnull (strstr (text, "40 of 40 frames fused into out.tif in "));
    check_width (text);
    g_free (text);
    g_free (words);
    folder_free (folder);
}

static void
no_bar_when_quiet (void)
{
    static const char *const more[] = { "-q", "-o", "out.tif", NULL };
    char *folder = new_stack_folder ();
    const char **words = long_words (1, more);
    char *text = run_on_terminal (folder, words);

    g_assert_cmpstr (text, ==, "");
    g_free (text);
    g_free (words);
    folder_free (folder);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_data_func ("/cli/interrupt/ctrl-c", GINT_TO_POINTER (SIGINT),
                          stops_and_leaves_nothing);
    g_test_add_data_func ("/cli/interrupt/terminate", GINT_TO_POINTER (SIGTERM),
                          stops_and_leaves_nothing);
    g_test_add_func ("/cli/interrupt/bar-on-terminal", bar_on_terminal);
    g_test_add_func ("/cli/interrupt/no-bar-when-quiet", no_bar_when_quiet);
    return g_test_run ();
}
