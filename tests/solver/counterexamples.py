"""Problems that were once answered wrongly, shrunk, as they were found."""

from __future__ import annotations

from fractions import Fraction

from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Link, Memory
from npudsl.spec.op import Apply, Layer, Operator, Rank, Read, Tensor, Term


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


def together_below_a_sliding_loop() -> tuple[Arch, Layer]:
    """Problem 8389 of `fuzz --space uneven --timed --cold` as of 2026-11-22. The best mapping holds all tensors of m1
    directly below the loop over a, so that the weights of m2, an array further in, keep what their window shares
    with the one before; a template with another loop in between lost that: 58440 pJ were called optimal, 48648 are."""
    roles = (Hold("input"), Hold("weight"), Hold("output"))
    held = (*roles[:2], Hold("output", cap=Fraction(48)))
    outer = Memory("m0", None, roles, Fraction(6), Fraction(2))
    inner = Memory("m1", Fraction(240), held, Fraction(3), Fraction(3), widths=(("input", Fraction(8)),))
    held = (Hold("input", cap=Fraction(144)), Hold("weight", optional=True), Hold("output"))
    file = Memory("m2", Fraction(112), held, Fraction(1), Fraction(20), widths=(("weight", Fraction(16)),))
    links = (Link("l0", frozenset({"input", "weight"}), frozenset({"output"}), hop_energy=Fraction(20)),)
    precision = (("input", Fraction(16)), ("weight", Fraction(32)), ("output", Fraction(8)))
    levels = (Level("m0", (outer,)), Level("m1", (inner,)), Array("pe", (("x", 1),), links), Level("m2", (file,)))
    tensors = (
        Tensor("input", "input", (Rank((Term("a", 1),)), Rank((Term("b", 2),)))),
        Tensor("weight", "weight", (Rank((Term("a", 1), Term("b", 1))),)),
        Tensor("output", "output", (Rank((Term("a", 1),)), Rank((Term("b", 1),))), is_output=True),
    )
    op = Operator("op", ("a", "b"), tensors, "+=", Apply("*", (Read("input"), Read("weight"))))
    return Arch("machine", levels, Compute("mac", Fraction(3), precision=precision)), Layer(
        "layer", op, (("a", 8), ("b", 3))
    )


def two_windows_slide_together() -> tuple[Arch, Layer]:
    """Problem 7430 of the same. Two tensors with windows stand together below the loop that makes both slide: no
    template let the second one keep anything, and its nest cost less than its template said (E690)."""
    roles = (Hold("input"), Hold("weight"), Hold("output"))
    outer = Memory("m0", None, roles, Fraction(6), Fraction(20))
    inner = Memory("m1", Fraction(304), roles, Fraction(2), Fraction(2))
    grid = Array(
        "pe", (("x", 6),), (Link("l", frozenset({"input", "weight"}), frozenset({"output"}), hop_energy=Fraction(2)),)
    )
    precision = (("input", Fraction(32)), ("weight", Fraction(8)), ("output", Fraction(20)))
    tensors = (
        Tensor("input", "input", (Rank((Term("a", 1),)),)),
        Tensor("weight", "weight", (Rank((Term("a", 2), Term("b", 1))),)),
        Tensor("extra", "input", (Rank((Term("a", 1), Term("b", 1))), Rank((Term("c", 1),)))),
        Tensor("output", "output", (Rank((Term("a", 1),)), Rank((Term("c", 1),))), is_output=True),
    )
    body = Apply("*", (Apply("*", (Read("input"), Read("weight"))), Read("extra")))
    op = Operator("op", ("a", "b", "c"), tensors, "+=", body)
    levels = (Level("m0", (outer,)), Level("m1", (inner,)), grid)
    layer = Layer("layer", op, (("a", 3), ("b", 3), ("c", 2)))
    return Arch("machine", levels, Compute("mac", Fraction(6), precision=precision)), layer


def stays_below_an_array() -> tuple[Arch, Layer]:
    """Problem 1124 of `fronts --refills` as of 2026-11-22, smaller. The input of an instance stays while the output's
    tile changes, because the loop over k stands inside of it. Hoisted past the input's node it would stop below that of
    the output, inside a loop over m that then moves the input as well; but no template had it where it was."""
    outer = Memory("m0", None, (Hold("input"), Hold("weight"), Hold("output")), Fraction(8), Fraction(8))
    sums = Memory("m1", Fraction(32), (Hold("output"),), Fraction(1), Fraction(1))
    grid = Array("pe", (("x", 2),), (Link("l", reduce=frozenset({"output"})),))
    file = Memory("m2a", Fraction(16), (Hold("weight"),), Fraction(1), Fraction(1))
    ours = Memory("m2b", Fraction(32), (Hold("input"),), Fraction(1), Fraction(1))
    tensors = (
        Tensor("input", "input", (Rank((Term("k", 1),)),)),
        Tensor("weight", "weight", (Rank((Term("k", 1),)), Rank((Term("m", 1),)))),
        Tensor("output", "output", (Rank((Term("m", 1),)),), is_output=True),
    )
    op = Operator("op", ("k", "m"), tensors, "+=", Apply("*", (Read("input"), Read("weight"))))
    levels = (Level("m0", (outer,)), Level("m1", (sums,)), grid, Level("m2", (file, ours)))
    return Arch("machine", levels, Compute("mac", Fraction(1))), Layer("layer", op, (("k", 4), ("m", 4)))


def moved_again_to_spare_links() -> tuple[Arch, Layer]:
    """Four instances of m1 hold sums of each word of the output, which cross a dear link to the operations and back.
    Where k stands outside of m their tiles leave twice, and three of four sums start from zero each time and are not
    read: 31,264 pJ, but 40,288 were called optimal (even and uneven, until 2026-11-23), for no template moves tiles of
    the output more often than need be."""
    outer = Memory("m0", None, (Hold("weight"), Hold("output")), Fraction(1), Fraction(1))
    sums = Memory("m1", Fraction(32), (Hold("output"),), Fraction(1), Fraction(1))
    cheap = Array("pe0", (("x", 4),), (Link("l0", reduce=frozenset({"output"}), hop_energy=Fraction(1)),))
    dear = Array("pe1", (("y", 1),), (Link("l1", unicast=frozenset({"output"}), hop_energy=Fraction(50)),))
    tensors = (
        Tensor("weight", "weight", (Rank((Term("k", 1),)), Rank((Term("m", 1),)))),
        Tensor("output", "output", (Rank((Term("m", 1),)),), is_output=True),
    )
    op = Operator("op", ("k", "m"), tensors, "+=", Read("weight"))
    levels = (Level("m0", (outer,)), cheap, Level("m1", (sums,)), dear)
    return Arch("machine", levels, Compute("mac", Fraction(1))), Layer("layer", op, (("k", 8), ("m", 4)))
