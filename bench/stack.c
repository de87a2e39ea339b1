/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole runs of the engine on files, each in a process of its own. */
#include "bench.h"
#include "child.h"
#include "timing.h"

#include <hyperfocal/files.h>
#include <hyperfocal/stack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_STAGES = 8, NAME = 16 };

typedef struct Job {
    char **frames;
    int threads;
    const char *output;
} Job;

typedef struct Answer {
    int n_frames, n_stages, threads;
    double megapixels; /* of one frame */
    double pixels;     /* bytes of pixel memory at the peak */
    char names[MAX_STAGES][NAME];
    double seconds[MAX_STAGES];
} Answer;

static void
fill_answer (Answer *answer, const HfStackResult *result, HfSource *source)
{
    HfFrameInfo info;

    memset (answer, 0, sizeof *answer);
    if (hf_source_info (source, 0, &info, NULL))
        answer->megapixels = info.width * 1e-6 * info.height;
    hf_frame_info_clear (&info);
    answer->n_frames = result->n_frames;
    answer->threads = result->threads;
    answer->pixels = (double) result->peak_memory;
    answer->n_stages = result->n_stages;
    for (int i = 0; i < result->n_stages; i++) {
        g_strlcpy (answer->names[i], result->stages[i].name, NAME);
        answer->seconds[i] = result->stages[i].seconds;
    }
}

static bool
run_stack (void *data, void *answer)
{
    const Job *job = data;
    HfFileOptions file;
    HfStackOptions options;
    HfStackResult result = { 0 };
    HfSource *source = NULL;
    HfSink *sink = NULL;
    GError *error = NULL;
    bool good;

    hf_options_init (&hf_file_table, &file);
    hf_stack_options_init (&options);
    options.output.threads = job->threads;
    source = hf_files_source_new ((const char *const *) job->frames, &error);
    if (source)
        sink = hf_file_sink_new (job->output, &file, &error);
    good = sink && hf_stack_run (source, &options, &(HfStackSinks) { .fused = sink }, NULL, &result,
                                 &error);
    if (good)
        fill_answer (answer, &result, source);
    else
        fprintf (stderr, "hf-bench: %s\n", error->message);
    hf_stack_result_clear (&result);
    hf_sink_free (sink);
    hf_source_free (source);
    hf_stack_options_clear (&options);
    hf_options_clear (&hf_file_table, &file);
    return good;
}

static void
print_table (Answer *answers, Usage *usages, int runs)
{
    double *values = g_new (double, runs), total, peak;

    for (int i = 0; i < runs; i++)
        values[i] = usages[i].seconds;
    total = median (values, runs);
    for (int i = 0; i < runs; i++)
        values[i] = usages[i].peak;
    peak = median (values, runs);
    printf ("%d frames of %.1f MP, %d threads, median of %d runs\n", answers[0].n_frames,
            answers[0].megapixels, answers[0].threads, runs);
    for (int stage = 0; stage < answers[0].n_stages; stage++) {
        for (int i = 0; i < runs; i++)
            values[i] = answers[i].seconds[stage];
        printf ("  %-10s %8.3f s\n", answers[0].names[stage], median (values, runs));
    }
    printf ("  %-10s %8.3f s  %.0f MP/s\n", "all", total,
            answers[0].n_frames * answers[0].megapixels / total);
    printf ("  %-10s %8.0f MB, of it pixels %.0f MB\n", "peak", peak / 1e6,
            answers[0].pixels / 1e6);
    g_free (values);
}

int
bench_stack (int argc, char **argv)
{
    BenchOptions options = bench_options (&argc, argv);
    char *folder = g_dir_make_tmp ("hf-bench-XXXXXX", NULL);
    char *output = g_build_filename (folder, "fused.jpg", NULL);
    Job job = { bench_frames (argc, argv), options.threads, output };
    Answer *answers = g_new0 (Answer, options.runs);
    Usage *usages = g_new0 (Usage, options.runs);
    bool good = job.frames != NULL;

    for (int i = 0; good && i < options.runs; i++)
        good = run_child (run_stack, &job, &answers[i], sizeof answers[i], &usages[i]);
    if (good)
        print_table (answers, usages, options.runs);
    remove (output);
    remove (folder);
    g_strfreev (job.frames);
    g_free (answers);
    g_free (usages);
    g_free (output);
    g_free (folder);
    return good ? 0 : 1;
}
