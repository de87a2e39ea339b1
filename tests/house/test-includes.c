/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Includes follow the arrows of docs/architecture.md:
 *
 *     base <- kernels <- steps, fuse, finish <- pipeline       files and plots need base only
 *
 * the engine knows no host, the command only the engine's public headers, the GEGL operations those
 * and GEGL, the plug-in those, the bridge and libgimp. Every include of every C file is held
 * against the list of its room; what is in no list is an error, so a new library has to be let in
 * here.
 */
#include "tree.h"

#include <string.h>

/* Patterns of g_pattern_match_simple (), separated by blanks. */
typedef struct Room {
    const char *folder;
    const char *includes; /* besides those of C and POSIX */
} Room;

#define SYSTEM                                                                                     \
    "ctype.h dirent.h errno.h fcntl.h float.h inttypes.h limits.h locale.h math.h setjmp.h "       \
    "signal.h "                                                                                    \
    "stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h strings.h "        \
    "time.h unistd.h sys/ioctl.h sys/mman.h sys/resource.h sys/stat.h sys/sysinfo.h sys/time.h "   \
    "sys/types.h sys/wait.h "                                                                      \
    "glib.h glib-object.h glib/*.h gio/gio.h "

#define BASE_API                                                                                   \
    "hyperfocal/api.h hyperfocal/band.h hyperfocal/error.h hyperfocal/image.h "                    \
    "hyperfocal/matrix.h hyperfocal/memory.h hyperfocal/metadata.h hyperfocal/monitor.h "          \
    "hyperfocal/option.h hyperfocal/options/* hyperfocal/sink.h hyperfocal/source.h "              \
    "hyperfocal/threads.h hyperfocal/version.h "
#define FEATURES_API "hyperfocal/features.h "
#define STEPS_API "hyperfocal/align.h hyperfocal/balance.h hyperfocal/hot-pixels.h hyperfocal/border.h hyperfocal/noise.h hyperfocal/record.h hyperfocal/transforms.h " \
    "hyperfocal/vignetting.h "
#define FUSE_API "hyperfocal/fuse.h "
#define FINISH_API "hyperfocal/finish.h "
#define FILES_API "hyperfocal/files.h "
#define PIPELINE_API "hyperfocal/stack.h "
#define WHOLE_API "hyperfocal/*.h hyperfocal/options/* "

/* The first folder that fits counts. */
static const Room rooms[] = {
    { "engine/base", BASE_API "base/*.h pthread.h " },
    { "engine/kernels", BASE_API "base/*.h kernels/*.h " },
    /* stack.h for the options of all steps as one struct */
    { "engine/steps", BASE_API FEATURES_API STEPS_API FUSE_API FINISH_API PIPELINE_API
      "base/*.h kernels/*.h features/*.h plots/plot.h steps/*.h " },
    { "engine/features",
      BASE_API FEATURES_API "features/*.h opencv2/*.hpp algorithm cmath mutex new tuple vector " },
    { "engine/fuse", BASE_API FUSE_API "base/*.h kernels/*.h plots/plot.h fuse/*.h " },
    { "engine/finish", BASE_API FINISH_API "base/*.h kernels/*.h finish/*.h " },
    { "engine/plots", "hyperfocal/api.h hyperfocal/error.h plots/*.h " },
    { "engine/files",
      BASE_API FILES_API "base/*.h files/*.h "
                         "tiff.h tiffio.h tiffconf.h jpeglib.h jerror.h png.h zlib.h "
                         "libexif/*.h babl/babl.h " },
    { "engine/pipeline", BASE_API FILES_API STEPS_API FUSE_API FINISH_API PIPELINE_API
      "base/*.h kernels/*.h plots/plot.h steps/*.h fuse/*.h finish/*.h pipeline/*.h " },
    { "engine/include", WHOLE_API },
    { "gegl-ops", WHOLE_API "bridge/*.h gegl.h gegl-*.h glib/gi18n-lib.h config.h" },
    { "plugins/core", WHOLE_API "bridge/*.h core/*.h gegl.h gegl-*.h babl/babl.h" },
    { "plugins", WHOLE_API
      "bridge/*.h core/*.h gegl.h babl/babl.h libgimp/gimp.h libgimp/gimpui.h gtk/gtk.h" },
    { "cli", WHOLE_API },
};

static bool
is_in_list (const char *list, const char *include)
{
    char **patterns = g_strsplit (list, " ", -1);
    bool found = false;

    for (int i = 0; patterns[i] && !found; i++)
        found = *patterns[i] && g_pattern_match_simple (patterns[i], include);
    g_strfreev (patterns);
    return found;
}

static const Room *
find_room (const SourceFile *file)
{
    for (gsize i = 0; i < G_N_ELEMENTS (rooms); i++)
        if (is_below (file, rooms[i].folder))
            return &rooms[i];
    return NULL;
}

/* "name" or <name>, newly allocated; NULL where the line includes no named file. */
static char *
included_name (const char *line, bool *quoted)
{
    const char *start = line + strspn (line, " ");
    const char *end;

    if (*start != '#')
        return NULL;
    start += 1 + strspn (start + 1, " ");
    if (!g_str_has_prefix (start, "include"))
        return NULL;
    start += strlen ("include");
    start += strspn (start, " ");
    *quoted = *start == '"';
    end = strchr (start + 1, *quoted ? '"' : '>');
    return (*start == '<' || *quoted) && end ? g_strndup (start + 1, end - start - 1) : NULL;
}

static void
check_include (const SourceFile *file, int line, const char *name, bool quoted)
{
    const Room *room = find_room (file);
    /* a quoted name without a folder is a neighbour */
    bool neighbour = quoted && !strchr (name, '/');

    if (room && !neighbour && !is_in_list (SYSTEM, name) && !is_in_list (room->includes, name)) {
        g_test_message ("%s:%d includes %s, which is not for %s", file->path, line + 1, name,
                        room->folder);
        g_test_fail ();
    }
    if (strcmp (name, "pthread.h") == 0 && strcmp (file->path, "engine/base/threads.c") != 0 &&
        !is_below (file, "tests")) {
        g_test_message ("%s:%d includes pthread.h, but only engine/base/threads.c starts threads",
                        file->path, line + 1);
        g_test_fail ();
    }
}

static void
follow_the_arrows (void)
{
    const GPtrArray *files = tree_files ();
    int n_includes = 0;

    for (guint i = 0; i < files->len; i++) {
        const SourceFile *file = files->pdata[i];

        if (!has_ending (file, ".c") && !has_ending (file, ".h"))
            continue;
        for (int line = 0; line < file->n_lines; line++) {
            bool quoted = false;
            char *name = included_name (file->lines[line], &quoted);

            n_includes += name != NULL;
            if (name)
                check_include (file, line, name, quoted);
            g_free (name);
        }
    }
    g_assert_cmpint (n_includes, >, 100);
}

/* The lists themselves: what the arrows forbid must not be let in by a pattern. */
static void
lists_forbid_what_they_must (void)
{
    static const struct {
        const char *folder, *include;
    } forbidden[] = {
        { "engine/base", "hyperfocal/stack.h" },
        { "engine/base", "kernels/kernels.h" },
        { "engine/kernels", "steps/step.h" },
        { "engine/steps", "fuse/fuse.h" },
        { "engine/fuse", "hyperfocal/align.h" },
        { "engine/files", "kernels/kernels.h" },
        { "engine/finish", BASE_API FINISH_API "base/*.h kernels/*.h finish/*.h " },
        { "engine/plots", "steps/step.h" },
        { "engine/steps", "plots/series.h" },
        { "engine/pipeline", "files/tiff.h" },
        { "engine/steps", "hyperfocal/files.h" },
        { "engine/pipeline", "gegl.h" },
        { "engine/include", "base/threads.h" },
        { "cli", "gegl.h" },
        { "cli", "pipeline/run.h" },
        { "gegl-ops", "libgimp/gimp.h" },
        { "gegl-ops", "steps/step.h" },
        { "plugins/core", "libgimp/gimp.h" },
        { "plugins", "kernels/kernels.h" },
    };

    for (gsize i = 0; i < G_N_ELEMENTS (forbidden); i++) {
        SourceFile file = { .path = g_strconcat (forbidden[i].folder, "/x.c", NULL) };
        const Room *room = find_room (&file);

        g_assert_nonnull (room);
        g_assert_false (is_in_list (SYSTEM, forbidden[i].include));
        g_assert_false (is_in_list (room->includes, forbidden[i].include));
        g_free (file.path);
    }
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/house/includes/lists-forbid-what-they-must", lists_forbid_what_they_must);
    g_test_add_func ("/house/includes/follow-the-arrows", follow_the_arrows);
    return g_test_run ();
}
