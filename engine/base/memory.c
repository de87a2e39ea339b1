/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Pixel memory. Each block carries a header of one cache line before the pixels with its budget and
 * size, so that freeing needs no more than the pointer. Counters are atomic; the limit is held by
 * compare-and-swap, so two threads can never go over it together.
 *
 * Large blocks ask for huge pages: the first touch of a fresh block, which every frame pays, took a
 * quarter of the time so where the kernel gives them on request (288 MB: 43 ms against 155 ms).
 */
#include <hyperfocal/memory.h>

#include <hyperfocal/error.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = true };
#else
enum { SANITIZED = false };
#endif

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };

struct HfBudget {
    size_t limit;
    atomic_size_t used;
    atomic_size_t peak;
};

typedef struct Header {
    HfBudget *budget;
    size_t size;
} Header;

static atomic_long fail_countdown = -1;
static atomic_long n_allocations;

HfBudget *
hf_budget_new (size_t limit)
{
    HfBudget *budget = g_new0 (HfBudget, 1);

    budget->limit = limit;
    return budget;
}

void
hf_budget_free (HfBudget *budget)
{
    if (!budget)
        return;
    if (atomic_load (&budget->used) != 0)
        g_critical ("%zu bytes of pixels outlive their budget", atomic_load (&budget->used));
    g_free (budget);
}

static void
raise_peak (HfBudget *budget, size_t used)
{
    size_t peak = atomic_load (&budget->peak);

    while (used > peak && !atomic_compare_exchange_weak (&budget->peak, &peak, used))
        ;
}

static bool
reserve (HfBudget *budget, size_t size)
{
    size_t used = atomic_load (&budget->used);

    do {
        if (budget->limit && (size > budget->limit || used > budget->limit - size))
            return false;
    } while (!atomic_compare_exchange_weak (&budget->used, &used, used + size));
    raise_peak (budget, used + size);
    return true;
}

static bool
made_to_fail (void)
{
    atomic_fetch_add (&n_allocations, 1);
    return atomic_load (&fail_countdown) >= 0 && atomic_fetch_sub (&fail_countdown, 1) == 0;
}

long
hf_memory_fail_after (long n)
{
    atomic_store (&fail_countdown, n);
    return atomic_exchange (&n_allocations, 0);
}

/* The address sanitizer sees the ends of blocks of the C library only. */
static bool
is_large (size_t size)
{
    return !SANITIZED && size >= 2 * HUGE_PAGE;
}

/* The bytes a large block takes: whole pages. */
static size_t
whole_pages (size_t size)
{
    return (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
}

/* Aligned to huge pages, by cutting off what is too much at both ends. */
static void *
mapped_block (size_t size)
{
    size_t room = size + HUGE_PAGE, head;
    char *start = mmap (NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (start == MAP_FAILED)
        return NULL;
    head = (HUGE_PAGE - (uintptr_t) start % HUGE_PAGE) % HUGE_PAGE;
    if (head > 0)
        munmap (start, head);
    munmap (start + head + size, room - head - size);
#ifdef MADV_HUGEPAGE
    madvise (start + head, size, MADV_HUGEPAGE); /* a wish: refused, nothing is lost */
#endif
    return start + head;
}

/* Large blocks are the system's own, so that they go back to it when they are freed: in the C
 * library's heap they would leave holes of a hundred megabytes. */
static void *
system_block (size_t size)
{
    void *block = NULL;

    if (made_to_fail ())
        return NULL;
    if (is_large (size))
        return mapped_block (whole_pages (size));
    return posix_memalign (&block, ALIGNMENT, size) == 0 ? block : NULL;
}

static void
free_system_block (void *block, size_t size)
{
    if (is_large (size))
        munmap (block, whole_pages (size));
    else
        free (block);
}

void *
hf_pixels_new (HfBudget *budget, size_t size, const char *what, GError **error)
{
    void *block;

    if (size > SIZE_MAX - 4 * (size_t) HUGE_PAGE) {
        g_set_error (error, HF_ERROR, HF_ERROR_MEMORY, "%s would need %zu bytes", what, size);
        return NULL;
    }
    if (budget && !reserve (budget, size)) {
        g_set_error (error, HF_ERROR, HF_ERROR_MEMORY,
                     "%s needs %.1f MB, but only %.1f of the %.1f MB allowed are left", what,
                     size / 1e6, (budget->limit - atomic_load (&budget->used)) / 1e6,
                     budget->limit / 1e6);
        return NULL;
    }
    block = system_block (size + ALIGNMENT);
    if (!block) {
        if (budget)
            atomic_fetch_sub (&budget->used, size);
        g_set_error (error, HF_ERROR, HF_ERROR_MEMORY, "the system has no %.1f MB left for %s",
                     size / 1e6, what);
        return NULL;
    }
    *(Header *) block = (Header) { budget, size };
    return (char *) block + ALIGNMENT;
}

void *
hf_pixels_new_n (HfBudget *budget, size_t count, size_t size, const char *what, GError **error)
{
    size_t bytes;

    if (__builtin_mul_overflow (count, size, &bytes)) {
        g_set_error (error, HF_ERROR, HF_ERROR_MEMORY, "%s would need %zu times %zu bytes", what,
                     count, size);
        return NULL;
    }
    return hf_pixels_new (budget, bytes, what, error);
}

void
hf_pixels_free (void *pixels)
{
    Header *header;

    if (!pixels)
        return;
    header = (Header *) ((char *) pixels - ALIGNMENT);
    if (header->budget)
        atomic_fetch_sub (&header->budget->used, header->size);
    free_system_block (header, header->size + ALIGNMENT);
}

size_t
hf_budget_limit (const HfBudget *budget)
{
    return budget->limit;
}

size_t
hf_budget_used (const HfBudget *budget)
{
    return atomic_load (&((HfBudget *) budget)->used);
}

size_t
hf_budget_peak (const HfBudget *budget)
{
    return atomic_load (&((HfBudget *) budget)->peak);
}

size_t
hf_machine_memory (void)
{
    long pages = sysconf (_SC_PHYS_PAGES), size = sysconf (_SC_PAGE_SIZE);

    return pages > 0 && size > 0 ? (size_t) pages * (size_t) size : (size_t) 1 << 30;
}
