/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <hyperfocal/error.h>
#include <hyperfocal/memory.h>
#include <hyperfocal/threads.h>
#include <stdint.h>

static void
test_counts (void)
{
    HfBudget *budget = hf_budget_new (1000);
    void *a = hf_pixels_new (budget, 600, "a", NULL);
    void *b;
    GError *error = NULL;

    g_assert_nonnull (a);
    g_assert_cmpuint ((uintptr_t) a % 64, ==, 0);
    b = hf_pixels_new (budget, 500, "the state", &error);
    g_assert_null (b);
    g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
    g_assert_nonnull (strstr (error->message, "the state"));
    g_clear_error (&error);
    b = hf_pixels_new (budget, 400, "b", NULL);
    g_assert_nonnull (b);
    g_assert_cmpuint (hf_budget_used (budget), ==, 1000);
    hf_pixels_free (a);
    g_assert_cmpuint (hf_budget_used (budget), ==, 400);
    hf_pixels_free (b);
    g_assert_cmpuint (hf_budget_peak (budget), ==, 1000);
    hf_budget_free (budget);
}

static void
test_overflow (void)
{
    GError *error = NULL;

    g_assert_null (hf_pixels_new_n (NULL, SIZE_MAX / 2, 3, "rows", &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
    g_clear_error (&error);
    g_assert_null (hf_pixels_new (NULL, SIZE_MAX - 3, "rows", &error));
    g_assert_error (error, HF_ERROR, HF_ERROR_MEMORY);
    g_clear_error (&error);
    hf_pixels_free (NULL);
}

static void
test_injected (void)
{
    void *first, *second;

    hf_memory_fail_after (1);
    first = hf_pixels_new (NULL, 10, "x", NULL);
    second = hf_pixels_new (NULL, 10, "x", NULL);
    g_assert_nonnull (first);
    g_assert_null (second);
    g_assert_cmpint (hf_memory_fail_after (-1), ==, 2);
    hf_pixels_free (first);
}

static void
take_and_give (void *data, int chunk, int worker)
{
    void *pixels = hf_pixels_new (data, 100, "x", NULL);

    hf_pixels_free (pixels);
}

/* Eight threads, room for three: the limit holds and everything is given back. */
static void
test_limit_under_threads (void)
{
    HfBudget *budget = hf_budget_new (300);
    HfPool *pool = hf_pool_new (8, NULL);

    hf_pool_for (pool, 2000, take_and_give, budget);
    g_assert_cmpuint (hf_budget_used (budget), ==, 0);
    g_assert_cmpuint (hf_budget_peak (budget), <=, 300);
    hf_pool_free (pool);
    hf_budget_free (budget);
}

int
main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/memory/counts-and-limits", test_counts);
    g_test_add_func ("/memory/refuses-overflow", test_overflow);
    g_test_add_func ("/memory/fails-where-told", test_injected);
    g_test_add_func ("/memory/limit-holds-under-threads", test_limit_under_threads);
    return g_test_run ();
}
