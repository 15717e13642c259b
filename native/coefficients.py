"""Print coefficients.hpp: the constants of the kernel's exp and log1p, from mpmath alone.

Each polynomial interpolates its function at the Chebyshev nodes of its interval, which is
within a factor of about two of the minimax polynomial; the degrees leave that margin.
Run: python coefficients.py > coefficients.hpp
"""

from collections.abc import Callable

import mpmath as mp

mp.mp.dps = 60


def interpolate(f: Callable[[mp.mpf], mp.mpf], low: mp.mpf, high: mp.mpf, terms: int) -> list:
    """Return coefficients c0, c1, ... of the polynomial through f at the Chebyshev nodes."""
    nodes = [
        (low + high) / 2 + (high - low) / 2 * mp.cos(mp.pi * (2 * i + 1) / (2 * terms))
        for i in range(terms)
    ]
    matrix = mp.matrix(terms, terms)
    for i, x in enumerate(nodes):
        for j in range(terms):
            matrix[i, j] = x**j
    return list(mp.lu_solve(matrix, mp.matrix([f(x) for x in nodes])))


def expm1_over_r(r: mp.mpf) -> mp.mpf:
    """Return (e^r - 1) / r."""
    return mp.expm1(r) / r


def exp_tail(r: mp.mpf) -> mp.mpf:
    """Return (e^r - 1 - r) / r^2."""
    return mp.hyp1f1(1, 3, r) / 2  # without the cancellation of (e^r - 1 - r) / r^2 at 0


def atanh_tail(w: mp.mpf) -> mp.mpf:
    """Return (2 atanh(s) / s - 2) / s^2 at w = s^2."""
    s = mp.sqrt(w)
    return (2 * mp.atanh(s) / s - 2) / w


def rounded(value: mp.mpf, ctype: str) -> mp.mpf:
    """Return the nearest float or double."""
    if value == 0:
        return value
    mantissa = 24 if ctype == "float" else 53
    shift = mp.mpf(2) ** (mantissa - 1 - mp.floor(mp.log(abs(value), 2)))
    return mp.nint(value * shift) / shift


def literal(value: mp.mpf, ctype: str) -> str:
    """Return digits that name the nearest float or double and no other."""
    digits, suffix = (9, "f") if ctype == "float" else (17, "")
    return mp.nstr(rounded(value, ctype), digits, strip_zeros=False) + suffix


def array(name: str, ctype: str, values: list) -> str:
    """Return the C++ definition of a constant array."""
    body = ", ".join(literal(v, ctype) for v in values)
    return f"constexpr {ctype} {name}[{len(values)}] = {{{body}}};"


def main() -> None:
    """Print the header."""
    half, step = mp.log(2) / 2, mp.log(2) / 32
    slack = mp.mpf("1.0001")  # rounding to the nearest multiple may overshoot by an ulp
    ninth = mp.mpf(1) / 9
    print("// Made by coefficients.py; do not edit.\n#pragma once\n")
    print("// powers[j] + powers_rest[j] = 2^(j/16).")
    print("// Lowest power first. plain: (e^r - 1 - r) / r^2 on |r| <= ln2/2.")
    print("// table: (e^r - 1) / r on |r| <= ln2/32.")
    for ctype, plain, table in (("float", 5, 3), ("double", 10, 6)):
        print(
            array(
                f"exp_plain_{ctype}",
                ctype,
                interpolate(exp_tail, -half * slack, half * slack, plain),
            )
        )
        print(
            array(
                f"exp_table_{ctype}",
                ctype,
                interpolate(expm1_over_r, -step * slack, step * slack, table),
            )
        )
        powers = [mp.mpf(2) ** (mp.mpf(j) / 16) for j in range(16)]
        print(array(f"powers_{ctype}", ctype, powers))
        rests = [p - rounded(p, ctype) for p in powers]
        print(array(f"powers_rest_{ctype}", ctype, rests))
    print("// (2 atanh(s) / s - 2) / s^2 in powers of s^2, 0 <= s <= 1/3.")
    for ctype, terms in (("float", 5), ("double", 10)):
        print(array(f"atanh_{ctype}", ctype, interpolate(atanh_tail, mp.mpf(0), ninth, terms)))


if __name__ == "__main__":
    main()
