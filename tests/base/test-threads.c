/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <hyperfocal/threads.h>
#include <string.h>

enum { N = 500, MAX_WORKERS = 8 };

typedef struct Marks {
    HfPool *pool;
    int counts[N];         /* how often each chunk ran */
    int busy[MAX_WORKERS]; /* worker numbers in use now */
    int clashes;
} Marks;

static void
mark (void *data, int chunk, int worker)
{
    Marks *marks = data;

    if (!g_atomic_int_compare_and_exchange (&marks->busy[worker], 0, 1))
        g_atomic_int_inc (&marks->clashes);
    g_atomic_int_inc (&marks->counts[chunk]);
    g_atomic_int_set (&marks->busy[worker], 0);
}

static void
check_all_once (const Marks *marks, int times)
{
    for (int i = 0; i < N; i++)
        g_assert_cmpint (marks->counts[i], ==, times);
    g_assert_cmpint (marks->clashes, ==, 0);
}

static void
test_each_chunk_once (gconstpointer n_threads)
{
    Marks marks = { 0 };
    HfPool *pool = hf_pool_new (GPOINTER_TO_INT (n_threads), NULL);

    g_assert_cmpint (hf_pool_n_threads (pool), ==, GPOINTER_TO_INT (n_threads));
    for (int i = 0; i < 20; i++)
        hf_pool_for (pool, N, mark, &marks);
    check_all_once (&marks, 20);
    hf_pool_free (pool);
}

static void
run_inner (void *data, int chunk, int worker)
{
    Marks *marks = data;

    hf_pool_for (marks[chunk].pool, N, mark, &marks[chunk]);
}

/* Loops within loops end, and each inner loop ran whole before its outer chunk ended. */
static void
test_nested (void)
{
    HfPool *pool = hf_pool_new (4, NULL);
    Marks marks[8];

    memset (marks, 0, sizeof marks);
    for (int i = 0; i < 8; i++)
        marks[i].pool = pool;
    hf_pool_for (pool, 8, run_inner, marks);
    for (int i = 0; i < 8; i++)
        check_all_once (&marks[i], 1);
    hf_pool_free (pool);
}

static void
job_with_loop (void *data, int worker)
{
    Marks *marks = data;

    hf_pool_for (marks->pool, N, mark, marks);
}

static void
test_jobs (gconstpointer n_threads)
{
    HfPool *pool = n_threads ? hf_pool_new (GPOINTER_TO_INT (n_threads), NULL) : NULL;
    Marks beside = { 0 }, marks[6];
    HfJob *jobs[6];

    memset (marks, 0, sizeof marks);
    for (int i = 0; i < 6; i++) {
        marks[i].pool = pool;
        jobs[i] = hf_pool_submit (pool, job_with_loop, &marks[i]);
    }
    hf_pool_for (pool, N, mark, &beside);
    check_all_once (&beside, 1);
    for (int i = 5; i >= 0; i--)
        hf_job_wait (pool, jobs[i]);
    for (int i = 0; i < 6; i++)
        check_all_once (&marks[i], 1);
    hf_job_wait (pool, NULL);
    hf_pool_free (pool);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_data_func ("/threads/each-chunk-once/1", GINT_TO_POINTER (1), test_each_chunk_once);
    g_test_add_data_func ("/threads/each-chunk-once/2", GINT_TO_POINTER (2), test_each_chunk_once);
    g_test_add_data_func ("/threads/each-chunk-once/7", GINT_TO_POINTER (7), test_each_chunk_once);
    g_test_add_func ("/threads/nested-loops", test_nested);
    g_test_add_data_func ("/threads/jobs/none", NULL, test_jobs);
    g_test_add_data_func ("/threads/jobs/1", GINT_TO_POINTER (1), test_jobs);
    g_test_add_data_func ("/threads/jobs/5", GINT_TO_POINTER (5), test_jobs);
    return g_test_run ();
}
