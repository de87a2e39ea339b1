/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random numbers that can be asked for by place, so that threads need not share a sequence: a hash
 * of (stream, index), and a sequence for the few places that want one after the other. The mixing
 * is the finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
 * generators", 2014).
 */
#ifndef HF_RENDER_RANDOM_H
#define HF_RENDER_RANDOM_H

#include <glib.h>

static inline guint64
hf_random_mix (guint64 z)
{
    z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 64 random bits for place `index` of `stream`. */
static inline guint64
hf_random_at (guint64 stream, guint64 index)
{
    return hf_random_mix (stream + (index + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));
}

/* A stream of its own for purpose number `purpose`. */
static inline guint64
hf_random_stream (guint64 seed, guint64 purpose)
{
    return hf_random_mix (hf_random_at (seed, purpose) ^ G_GUINT64_CONSTANT (0x632be59bd9b4e019));
}

/* The part `which` (0 .. 3) of 64 random bits as a number in -1 .. 1, even. */
static inline float
hf_random_part (guint64 bits, int which)
{
    return (float) ((bits >> (16 * which)) & 0xffff) * (1.0f / 32768) - (65535.0f / 65536);
}

typedef struct HfRandom {
    guint64 stream, index;
} HfRandom;

/* The next number of a sequence, even in low .. high. */
static inline double
hf_random_next (HfRandom *random, double low, double high)
{
    guint64 bits = hf_random_at (random->stream, random->index++);

    return low + (high - low) * ((double) (bits >> 11) * (1.0 / 9007199254740992.0));
}

enum { HF_NORMAL_STEPS = 1 << 14 };

/* A table of HF_NORMAL_STEPS values, even shares of the standard normal distribution: entry of 14
 * random bits is a normal random number. Computed once, any thread. */
const float *hf_random_normal_table (void);

#endif
