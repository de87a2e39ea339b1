/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * The pool: the only file that starts threads.
 *
 * Work stands in two queues under one lock. A worker takes a chunk of the youngest loop
 * (hf_pool_for) that has one left, else the oldest job (hf_pool_submit). Who waits for a loop runs
 * chunks of that loop only, so that it never sinks into a long job while its own loop is done; who
 * waits for a job runs it if nobody has begun it, and helps with loops otherwise.
 *
 * Worker numbers: each thread of the pool has one for life; the thread that calls from outside is
 * number 0. A nested call keeps its number: a loop may be started from within a chunk, and scratch
 * memory by worker stays safe as long as no chunk waits for a job.
 */
#include <hyperfocal/threads.h>

#include <hyperfocal/error.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

typedef struct Loop Loop;
struct Loop {
    void (*func) (void *data, int chunk, int worker);
    void *data;
    int n_chunks;
    int next; /* first chunk not taken yet */
    int n_done;
    Loop *older;
};

struct HfJob {
    void (*func) (void *data, int worker);
    void *data;
    bool begun, done;
    HfJob *next;
};

struct HfPool {
    int n_threads;
    pthread_t *threads; /* n_threads - 1 */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    Loop *loops; /* youngest first */
    HfJob *jobs; /* oldest first, only those not begun */
    bool stop;
};

typedef struct Start {
    HfPool *pool;
    int worker;
} Start;

static __thread HfPool *this_pool;
static __thread int this_worker;

static int
worker_number (const HfPool *pool)
{
    return this_pool == pool ? this_worker : 0;
}

/* The lock is held; it is let go while the chunk runs. */
static void
run_chunk (HfPool *pool, Loop *loop, int worker)
{
    int chunk = loop->next++;

    pthread_mutex_unlock (&pool->lock);
    loop->func (loop->data, chunk, worker);
    pthread_mutex_lock (&pool->lock);
    if (++loop->n_done == loop->n_chunks)
        pthread_cond_broadcast (&pool->changed);
}

static Loop *
loop_with_chunks (HfPool *pool)
{
    Loop *loop = pool->loops;

    while (loop && loop->next >= loop->n_chunks)
        loop = loop->older;
    return loop;
}

static void
run_job (HfPool *pool, HfJob *job, int worker)
{
    HfJob **link = &pool->jobs;

    while (*link != job)
        link = &(*link)->next;
    *link = job->next;
    job->begun = true;
    pthread_mutex_unlock (&pool->lock);
    job->func (job->data, worker);
    pthread_mutex_lock (&pool->lock);
    job->done = true;
    pthread_cond_broadcast (&pool->changed);
}

static void *
work (void *start_)
{
    Start *start = start_;
    HfPool *pool = start->pool;
    int worker = start->worker;

    g_free (start);
    this_pool = pool;
    this_worker = worker;
    pthread_mutex_lock (&pool->lock);
    while (!pool->stop) {
        Loop *loop = loop_with_chunks (pool);

        if (loop)
            run_chunk (pool, loop, worker);
        else if (pool->jobs)
            run_job (pool, pool->jobs, worker);
        else
            pthread_cond_wait (&pool->changed, &pool->lock);
    }
    pthread_mutex_unlock (&pool->lock);
    return NULL;
}

static bool
start_threads (HfPool *pool, GError **error)
{
    int wanted = pool->n_threads - 1;

    pool->threads = g_new0 (pthread_t, wanted + 1);
    for (int i = 0; i < wanted; i++) {
        Start *start = g_new (Start, 1);
        int failure;

        *start = (Start) { pool, i + 1 };
        failure = pthread_create (&pool->threads[i], NULL, work, start);
        if (failure) {
            g_free (start);
            pool->n_threads = i + 1; /* what hf_pool_free () has to join */
            g_set_error (error, HF_ERROR, HF_ERROR_MEMORY, "thread %d of %d cannot be started: %s",
                         i + 2, wanted + 1, g_strerror (failure));
            return false;
        }
    }
    return true;
}

HfPool *
hf_pool_new (int n_threads, GError **error)
{
    HfPool *pool = g_new0 (HfPool, 1);

    if (n_threads <= 0)
        n_threads = (int) MAX (1, sysconf (_SC_NPROCESSORS_ONLN));
    pool->n_threads = n_threads;
    pthread_mutex_init (&pool->lock, NULL);
    pthread_cond_init (&pool->changed, NULL);
    if (!start_threads (pool, error)) {
        hf_pool_free (pool);
        return NULL;
    }
    return pool;
}

void
hf_pool_free (HfPool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock (&pool->lock);
    pool->stop = true;
    pthread_cond_broadcast (&pool->changed);
    pthread_mutex_unlock (&pool->lock);
    for (int i = 0; i < pool->n_threads - 1; i++)
        pthread_join (pool->threads[i], NULL);
    pthread_cond_destroy (&pool->changed);
    pthread_mutex_destroy (&pool->lock);
    g_free (pool->threads);
    g_free (pool);
}

int
hf_pool_n_threads (const HfPool *pool)
{
    return pool ? pool->n_threads : 1;
}

static void
remove_loop (HfPool *pool, Loop *loop)
{
    Loop **link = &pool->loops;

    while (*link != loop)
        link = &(*link)->older;
    *link = loop->older;
}

void
hf_pool_for (HfPool *pool, int n_chunks, void (*func) (void *data, int chunk, int worker),
             void *data)
{
    Loop loop = { func, data, n_chunks, 0, 0, NULL };
    int worker = pool ? worker_number (pool) : 0;

    if (n_chunks <= 0)
        return;
    if (!pool || pool->n_threads == 1 || n_chunks == 1) {
        for (int i = 0; i < n_chunks; i++)
            func (data, i, worker);
        return;
    }
    pthread_mutex_lock (&pool->lock);
    loop.older = pool->loops;
    pool->loops = &loop;
    pthread_cond_broadcast (&pool->changed);
    while (loop.n_done < n_chunks) {
        if (loop.next < n_chunks)
            run_chunk (pool, &loop, worker);
        else
            pthread_cond_wait (&pool->changed, &pool->lock);
    }
    remove_loop (pool, &loop);
    pthread_mutex_unlock (&pool->lock);
}

HfJob *
hf_pool_submit (HfPool *pool, void (*func) (void *data, int worker), void *data)
{
    HfJob *job = g_new0 (HfJob, 1);
    HfJob **link;

    job->func = func;
    job->data = data;
    if (!pool) {
        func (data, 0);
        job->done = true;
        return job;
    }
    pthread_mutex_lock (&pool->lock);
    for (link = &pool->jobs; *link; link = &(*link)->next)
        ;
    *link = job;
    pthread_cond_broadcast (&pool->changed);
    pthread_mutex_unlock (&pool->lock);
    return job;
}

void
hf_job_wait (HfPool *pool, HfJob *job)
{
    if (!job)
        return;
    if (pool) {
        int worker = worker_number (pool);

        pthread_mutex_lock (&pool->lock);
        while (!job->done) {
            Loop *loop = job->begun ? loop_with_chunks (pool) : NULL;

            if (!job->begun)
                run_job (pool, job, worker);
            else if (loop)
                run_chunk (pool, loop, worker);
            else
                pthread_cond_wait (&pool->changed, &pool->lock);
        }
        pthread_mutex_unlock (&pool->lock);
    }
    g_free (job);
}
