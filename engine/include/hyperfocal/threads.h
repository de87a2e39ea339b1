/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * A pool of threads that belongs to a run. The calling thread is one of its workers: it helps
 * whenever it waits. A pool of one thread starts none.
 *
 * Two kinds of work: hf_pool_for () splits a loop into chunks and returns when all are done;
 * hf_pool_submit () puts a job beside it (decode the next frame) which is run when a worker has
 * nothing else to do, or at the latest by the one who waits for it. A job may call hf_pool_for ().
 * Which worker runs what never shows in the result: chunks are of fixed size and write disjoint
 * memory, reductions are summed in chunk order by the caller.
 */
#ifndef HF_THREADS_H
#define HF_THREADS_H

#include <hyperfocal/api.h>

HF_BEGIN_DECLS

typedef struct HfPool HfPool;
typedef struct HfJob HfJob;

/* A pool of n threads, the caller counted; 0 = as many as the machine has processors. */
HF_API HfPool *hf_pool_new (int n_threads, GError **error);
HF_API void hf_pool_free (HfPool *pool);

/* Number of workers, the caller counted; worker numbers are 0 .. n - 1. NULL pool: 1. */
HF_API int hf_pool_n_threads (const HfPool *pool);

/*
 * Calls func (data, chunk, worker) for chunk = 0 .. n_chunks - 1, each once, in any order, on any
 * worker; returns when all are done. `worker` is unique among the calls running at one time, so
 * that scratch memory can be kept per worker. NULL pool: a plain loop with worker 0.
 */
HF_API void hf_pool_for (HfPool *pool, int n_chunks, void (*func) (void *data, int chunk, int worker),
                         void *data);

/* Queues one call of func (data, worker); to be finished with hf_job_wait (). NULL pool: runs it now. */
HF_API HfJob *hf_pool_submit (HfPool *pool, void (*func) (void *data, int worker), void *data);

/* Waits for the job, helping meanwhile, and frees it. NULL is accepted. Not from within a chunk. */
HF_API void hf_job_wait (HfPool *pool, HfJob *job);

HF_END_DECLS
#endif
