"""Problems that were once answered wrongly, shrunk, as they were found."""

from __future__ import annotations

from fractions import Fraction

from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Link, Memory
from npudsl.spec.op import Layer, Operator, Rank, Read, Tensor, Term


def falling_in_energy_and_in_a_limit() -> tuple[Arch, Layer]:
    """Problem 7060 of `fuzz --space uneven` as of 2026-11-22. The same column counted against the energy (sums that
    start from zero) and in a limit (the size of an axis); one bound of it cannot serve both, and the best mapping was
    pruned, 30188 pJ in one step."""
    roles = (Hold("input"), Hold("output"))
    outer = Memory("m0", None, roles, Fraction(1), Fraction(2))
    ours = Memory("m1a", Fraction(152), roles[:1], Fraction(6), Fraction(20))
    sums = Memory("m1b", Fraction(352), (Hold("output", cap=Fraction(104)),), Fraction(2), Fraction(20))
    fan_out = Array("pe0", (("x0", 5),), (Link("l00", multicast=frozenset({"input"}), hop_energy=Fraction(3)),))
    along = Link("l10", frozenset({"input"}), frozenset({"output"}), along=("x1",), hop_energy=Fraction(2))
    everywhere = Link("l11", reduce=frozenset({"output"}), hop_energy=Fraction(20))
    grid = Array("pe1", (("x1", 4), ("y1", 3)), (along, everywhere))
    precision = tuple((role, Fraction(32)) for role in ("input", "output"))
    compute = Compute("mac", Fraction(20), precision=precision)
    arch = Arch("machine", (Level("m0", (outer,)), fan_out, Level("m1", (ours, sums)), grid), compute)
    tensors = (
        Tensor("input", "input", (Rank((Term("a", 1),)), Rank((Term("b", 1),)))),
        Tensor("output", "output", (Rank((Term("c", 1),)), Rank((), 3)), is_output=True),
    )
    op = Operator("op", ("a", "b", "c"), tensors, "+=", Read("input"))
    return arch, Layer("layer", op, (("a", 3), ("b", 5), ("c", 1)))
