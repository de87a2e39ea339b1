#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the weights of the warp's kernels, as polynomials (engine/kernels/warp-kernels.c).

Between two samples, with h the fraction less 1/2 and s = h * h, the weights are
    weight j            = E_j (s) + h O_j (s)        j = 0 ... lobes - 1
    weight taps - 1 - j = E_j (s) - h O_j (s)
at the distances  -d_j - h  and  d_j - h  from the position, d_j = lobes - 1/2 - j. Exact are
    whole positions            E_j (1/4) = 1/2, O_j (1/4) = -1 for the last j, else 0
    the level (moment 0)       sum of E_j (s)       = 1/2
    the place (moment 1)       sum of d_j O_j (s)   = -1/2
    optimal: parabolas too     sum of d_j^2 E_j (s) = s / 2
for all s, power by power. Under these the coefficients are the nearest, in the mean square,

lanczos_N  to the Lanczos window, its moments 0 and 1 corrected in each phase: sinc (x) sinc (x / N)
           + sinc (x / N) (a + b x).

optimal    to the best linear prediction (Wiener, 1949) of a picture whose power falls like 1 / f^2
           (f cycles a sample; Field, 1987), seen through square pixels (sinc) and an optic whose
           response falls evenly to zero at f = 1. What lies above f = 1/2 has folded back into the
           samples: a kernel that trusts the highest frequencies makes it worse.
"""
import math
import sys

LOBES = {"lanczos_3": 3, "lanczos_4": 4, "lanczos_6": 6, "optimal": 5}
COEFFICIENTS = {"lanczos_3": (4, 4), "lanczos_4": (4, 4), "lanczos_6": (4, 4), "optimal": (3, 2)}
FREQUENCIES, FRACTIONS = 96, 33


def sinc(x):
    return 1.0 if x == 0 else math.sin(math.pi * x) / (math.pi * x)


def power(f):
    return (sinc(f) * max(0.0, 1 - f) / f) ** 2


def fraction(q):
    """h of the middle of part q of the half before a sample; the other half is its mirror."""
    return -0.5 * (q + 0.5) / FRACTIONS


def solve(matrix, right):
    """Gaussian elimination with pivots."""
    n = len(right)
    rows = [row[:] + [value] for row, value in zip(matrix, right)]
    for i in range(n):
        best = max(range(i, n), key=lambda k: abs(rows[k][i]))
        rows[i], rows[best] = rows[best], rows[i]
        for k in range(i + 1, n):
            factor = rows[k][i] / rows[i][i]
            if factor:
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i])]
    solution = [0.0] * n
    for i in reversed(range(n)):
        known = sum(rows[i][k] * solution[k] for k in range(i + 1, n))
        solution[i] = (rows[i][n] - known) / rows[i][i]
    return solution


def lanczos_weights(lobes, h):
    """Of the taps in their order, corrected in level and place."""
    xs = [j - lobes + 0.5 - h for j in range(2 * lobes)]
    window = [sinc(x / lobes) if abs(x) < lobes else 0.0 for x in xs]
    moments = [sum(w * x ** k for w, x in zip(window, xs)) for k in range(3)]
    level = 1 - sum(w * sinc(x) for w, x in zip(window, xs))
    place = -sum(w * sinc(x) * x for w, x in zip(window, xs))
    a, b = solve([moments[:2], moments[1:]], [level, place])
    return [w * (sinc(x) + a + b * x) for w, x in zip(window, xs)]


class Fit:
    """Coefficients in the order: even ones of pair 0, odd ones of pair 0, even ones of pair 1, ..."""

    def __init__(self, name):
        self.name, self.lobes = name, LOBES[name]
        self.n_even, self.n_odd = COEFFICIENTS[name]
        self.size = self.n_even + self.n_odd
        self.n = self.lobes * self.size
        self.matrix = [[0.0] * self.n for _ in range(self.n)]
        self.right = [0.0] * self.n
        self.rows, self.values = [], []

    def even(self, j, k):
        return j * self.size + k

    def odd(self, j, k):
        return j * self.size + self.n_even + k

    def distance(self, j):
        return self.lobes - 0.5 - j

    def hold(self, entries, value):
        row = [0.0] * self.n
        for at, coefficient in entries:
            row[at] += coefficient
        self.rows.append(row)
        self.values.append(value)

    def hold_what_is_exact(self):
        parabolas = self.name == "optimal"
        pairs = range(self.lobes)
        for k in range(self.n_even):
            self.hold([(self.even(j, k), 1) for j in pairs], 0.5 if k == 0 else 0)
            if parabolas:
                self.hold([(self.even(j, k), self.distance(j) ** 2) for j in pairs],
                          0.5 if k == 1 else 0)
        for k in range(self.n_odd):
            self.hold([(self.odd(j, k), self.distance(j)) for j in pairs], -0.5 if k == 0 else 0)
        # Whole positions, as far as they do not follow from the sums.
        last = self.lobes - 1
        for j in range(2 if parabolas else 1, self.lobes):
            self.hold([(self.even(j, k), 0.25 ** k) for k in range(self.n_even)],
                      0.5 if j == last else 0)
        for j in range(1, self.lobes):
            self.hold([(self.odd(j, k), 0.25 ** k) for k in range(self.n_odd)],
                      -1 if j == last else 0)

    def want(self, weight, vector, target):
        """One more equation: vector . coefficients = target."""
        used = [i for i in range(self.n) if vector[i]]
        for i in used:
            self.right[i] += weight * target * vector[i]
            for k in used:
                self.matrix[i][k] += weight * vector[i] * vector[k]

    def want_lanczos(self):
        for q in range(FRACTIONS):
            # Nodes of Chebyshev: the largest error counts, not the mean.
            h = -0.25 * (1 - math.cos(math.pi * (q + 0.5) / FRACTIONS))
            weights = lanczos_weights(self.lobes, h)
            for j in range(self.lobes):
                one, other = weights[j], weights[2 * self.lobes - 1 - j]
                evens, odds = [0.0] * self.n, [0.0] * self.n
                for k in range(self.n_even):
                    evens[self.even(j, k)] = h ** (2 * k)
                for k in range(self.n_odd):
                    odds[self.odd(j, k)] = h ** (2 * k + 1)
                self.want(1, evens, (one + other) / 2)
                self.want(1, odds, (one - other) / 2)

    def want_prediction(self):
        """Waves come out as they were; turned by the phase of h, cosines belong to E, sines to O."""
        for p in range(FREQUENCIES):
            f = (p + 0.5) / FREQUENCIES
            turn = 2 * math.pi * f
            for q in range(FRACTIONS):
                h = fraction(q)
                cosines, sines = [0.0] * self.n, [0.0] * self.n
                for j in range(self.lobes):
                    angle = turn * self.distance(j)
                    for k in range(self.n_even):
                        cosines[self.even(j, k)] = 2 * math.cos(angle) * h ** (2 * k)
                    for k in range(self.n_odd):
                        sines[self.odd(j, k)] = -2 * math.sin(angle) * h ** (2 * k + 1)
                self.want(power(f), cosines, math.cos(turn * h))
                self.want(power(f), sines, math.sin(turn * h))

    def solve(self):
        """Least squares under what is exact, by Lagrange's multipliers."""
        self.hold_what_is_exact()
        if self.name == "optimal":
            self.want_prediction()
        else:
            self.want_lanczos()
        scale = max(max(row) for row in self.matrix)
        m = len(self.rows)
        full = [[x / scale for x in self.matrix[i]] + [row[i] for row in self.rows]
                for i in range(self.n)]
        full += [row + [0.0] * m for row in self.rows]
        return solve(full, [x / scale for x in self.right] + self.values)[:self.n]


def rounded(fit, solution):
    """Multiples of 2^-23, floats as they are below 2, that still add up: flat stays flat."""
    solution = [round(x * 2 ** 23) / 2 ** 23 for x in solution]
    for k in range(fit.n_even):
        left = (0.5 if k == 0 else 0) - sum(solution[fit.even(j, k)] for j in range(fit.lobes))
        solution[fit.even(fit.lobes - 1, k)] += left
    return solution


def print_table(name, rows):
    print(f"static const float {name}[] = {{")
    for row in rows:
        print("    " + ", ".join(f"{value:.9g}f" if value % 1 else f"{value:.1f}f"
                                 for value in row) + ",")
    print("};")


def print_tables(fit):
    solution = rounded(fit, fit.solve())
    parts = [solution[j * fit.size:(j + 1) * fit.size] for j in range(fit.lobes)]
    print_table(fit.name + "_even", [part[:fit.n_even] for part in parts])
    print_table(fit.name + "_odd", [part[fit.n_even:] for part in parts])


if __name__ == "__main__":
    for kernel in sys.argv[1:] or LOBES:
        print_tables(Fit(kernel))
