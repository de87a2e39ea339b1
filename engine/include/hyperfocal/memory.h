/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The memory budget: all memory for pixels comes from one budget, is checked, counted and may fail.
 * A budget belongs to a run; any number of threads may use it at once.
 */
#ifndef HF_MEMORY_H
#define HF_MEMORY_H

#include <hyperfocal/api.h>

HF_BEGIN_DECLS

typedef struct HfBudget HfBudget;

/* A budget of `limit` bytes; 0 = no limit but the machine's. */
HF_API HfBudget *hf_budget_new (size_t limit);

/* Everything taken from it must have been given back. */
HF_API void hf_budget_free (HfBudget *budget);

/*
 * `size` bytes, aligned to 64, not cleared; freed with hf_pixels_free (). `budget` may be NULL: then
 * only the machine limits. `what` names the purpose in the error message ("the fusion state").
 * NULL with HF_ERROR_MEMORY when it would go over the limit or the system has no more.
 */
HF_API void *hf_pixels_new (HfBudget *budget, size_t size, const char *what, GError **error);

/* The same, for count × size bytes; an overflowing product is refused. */
HF_API void *hf_pixels_new_n (HfBudget *budget, size_t count, size_t size, const char *what,
                              GError **error);

/* Gives memory of hf_pixels_new () back; NULL is accepted. */
HF_API void hf_pixels_free (void *pixels);

HF_API size_t hf_budget_limit (const HfBudget *budget); /* bytes, 0 = none */
HF_API size_t hf_budget_used (const HfBudget *budget);  /* bytes alive now */
HF_API size_t hf_budget_peak (const HfBudget *budget);  /* the most bytes that were alive */

/* Bytes of physical memory of this machine. */
HF_API size_t hf_machine_memory (void);

/*
 * For tests: the n-th allocation from now fails, in all budgets of the process (0 = the next one,
 * negative = none, the normal state). Returns how many allocations have been made since the last
 * call.
 */
HF_API long hf_memory_fail_after (long n);

HF_END_DECLS
#endif
