/* SPDX-License-Identifier: LGPL-3.0-or-later */
#include "kernels/kernels.h"

#include <glib.h>

#define DECLARE_LEVEL(Type, name, level) extern const Type hf_##name##_kernels_##level;
#define ENTER_LEVEL(Type, name, level) &hf_##name##_kernels_##level,

#define DECLARE_base(Type, name) DECLARE_LEVEL (Type, name, base)
#define ENTER_base(Type, name) ENTER_LEVEL (Type, name, base)
HF_KERNEL_AREAS (DECLARE_base)

#if HF_N_LEVELS > 1
#define DECLARE_v2(Type, name) DECLARE_LEVEL (Type, name, v2)
#define DECLARE_v3(Type, name) DECLARE_LEVEL (Type, name, v3)
#define DECLARE_v4(Type, name) DECLARE_LEVEL (Type, name, v4)
#define ENTER_v2(Type, name) ENTER_LEVEL (Type, name, v2)
#define ENTER_v3(Type, name) ENTER_LEVEL (Type, name, v3)
#define ENTER_v4(Type, name) ENTER_LEVEL (Type, name, v4)
HF_KERNEL_AREAS (DECLARE_v2)
HF_KERNEL_AREAS (DECLARE_v3)
HF_KERNEL_AREAS (DECLARE_v4)
#endif

static const HfKernels levels[] = {
    { "base", HF_KERNEL_AREAS (ENTER_base) },
#if HF_N_LEVELS > 1
    { "v2", HF_KERNEL_AREAS (ENTER_v2) },
    { "v3", HF_KERNEL_AREAS (ENTER_v3) },
    { "v4", HF_KERNEL_AREAS (ENTER_v4) },
#endif
};

static int
count_levels (void)
{
#if HF_N_LEVELS > 1
    __builtin_cpu_init ();
    if (__builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw") &&
        __builtin_cpu_supports ("avx512cd") && __builtin_cpu_supports ("avx512dq") &&
        __builtin_cpu_supports ("avx512vl") && __builtin_cpu_supports ("avx2") &&
        __builtin_cpu_supports ("fma") && __builtin_cpu_supports ("bmi2"))
        return 4;
    if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma") &&
        __builtin_cpu_supports ("bmi") && __builtin_cpu_supports ("bmi2"))
        return 3;
    if (__builtin_cpu_supports ("sse4.2") && __builtin_cpu_supports ("popcnt") &&
        __builtin_cpu_supports ("ssse3"))
        return 2;
#endif
    return 1;
}

const HfKernels *
hf_kernels_level (int i)
{
    return i >= 0 && i < count_levels () ? &levels[i] : NULL;
}

static const HfKernels *
choose (void)
{
    const char *wanted = g_getenv ("HF_CPU_LEVEL");
    int n = count_levels ();

    for (int i = 0; wanted && i < n; i++)
        if (g_strcmp0 (wanted, levels[i].level) == 0)
            return &levels[i];
    if (wanted)
        g_message ("HF_CPU_LEVEL=%s is not a level of this processor, using %s", wanted,
                   levels[n - 1].level);
    return &levels[n - 1];
}

const HfKernels *
hf_kernels (void)
{
    static gsize chosen;

    if (g_once_init_enter (&chosen))
        g_once_init_leave (&chosen, (gsize) choose ());
    return (const HfKernels *) chosen;
}
