/* SPDX-License-Identifier: LGPL-3.0-or-later */
/*
 * Ticks of an axis
 * ----------------
 * On a linear axis they lie at multiples of 1, 2 or 5 times a power of ten, the smallest such step
 * that makes no more ticks than wanted; the axis ends at ticks, a tight one just beyond its
 * numbers. On a logarithmic one they lie at powers of ten, at every second, third, … where there
 * are too many, and at 2 and 5 times of them where there are fewer than three.
 */
#include "plots/series.h"

#include <math.h>

static const double tight_room = 0.02; /* of the range, at both ends */

double
round_step (double step)
{
    double power = pow (10, floor (log10 (step)));
    double times = step / power;

    /* a hair of room, so that 0.30000000000000004 / 0.1 does not jump a step */
    return power * (times <= 1 + 1e-9 ? 1 : times <= 2 + 1e-9 ? 2 : times <= 5 + 1e-9 ? 5 : 10);
}

static void
format_number (char *text, size_t size, double number, double step)
{
    int digits = (int) CLAMP (-floor (log10 (step) + 1e-9), 0, 12);
    double largest = fabs (number);

    if (largest < step * 1e-6)
        number = 0; /* not -0, nor what is left of 0.3 - 3 * 0.1 */
    if (step < 1e-4 || largest >= 1e6) {
        g_ascii_formatd (text, (int) size, "%.6g", number);
    } else {
        char format[] = { '%', '.', (char) ('0' + MIN (digits, 9)), 'f', '\0' };

        g_ascii_formatd (text, (int) size, format, number);
    }
}

static void
add_tick (Ticks *ticks, double at, double step)
{
    if (ticks->n == MOST_TICKS)
        return;
    ticks->at[ticks->n] = at;
    format_number (ticks->text[ticks->n], sizeof ticks->text[0], at, step);
    ticks->n++;
}

/* A range of some width around a single number. */
static void
open_range (Range *range)
{
    double middle = (range->from + range->to) / 2;
    double least = fmax (fabs (middle) * 1e-9, 1e-300);

    if (range->to - range->from > least)
        return;
    least = middle == 0 ? 1 : fabs (middle) / 2;
    *range = (Range) { middle - least, middle + least };
}

static void
choose_linear (const Axis *axis, Range *range, int n_wanted, Ticks *ticks)
{
    double step, first, last;

    open_range (range);
    step = round_step ((range->to - range->from) / n_wanted);
    if (!axis->fixed && axis->tight) {
        double room = (range->to - range->from) * tight_room;

        *range = (Range) { range->from - room, range->to + room };
    } else if (!axis->fixed) {
        range->from = step * floor (range->from / step + 1e-9);
        range->to = step * ceil (range->to / step - 1e-9);
    }
    first = ceil (range->from / step - 1e-9);
    last = floor (range->to / step + 1e-9);
    for (int i = 0; i < MOST_TICKS && first + i <= last; i++)
        add_tick (ticks, step * (first + i), step);
}

static void
choose_logarithmic (const Axis *axis, Range *range, int n_wanted, Ticks *ticks)
{
    static const int times[] = { 1, 2, 5 };
    double low, high, every;
    int n_times;

    if (!(range->from > 0))
        range->from = range->to > 0 ? range->to / 1000 : 1;
    if (!(range->to > range->from))
        range->to = range->from * 10;
    low = floor (log10 (range->from) + 1e-9);
    high = ceil (log10 (range->to) - 1e-9);
    if (!axis->fixed)
        *range = (Range) { pow (10, low), pow (10, high) };
    every = fmax (1, ceil ((high - low) / n_wanted));
    n_times = high - low < 3 ? 3 : 1;
    for (double power = low; power <= high; power += every)
        for (int i = 0; i < n_times; i++) {
            double at = times[i] * pow (10, power);

            if (at >= range->from * (1 - 1e-9) && at <= range->to * (1 + 1e-9))
                add_tick (ticks, at, at);
        }
}

void
ticks_choose (const Axis *axis, Range *range, int n_wanted, Ticks *ticks)
{
    ticks->n = 0;
    if (axis->logarithmic)
        choose_logarithmic (axis, range, n_wanted, ticks);
    else
        choose_linear (axis, range, n_wanted, ticks);
}
