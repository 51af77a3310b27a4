"""Cases of `peers.md` in which an execution refutes what AccelForge 1.0.467 reports: executed here, and closed."""

from __future__ import annotations

import pytest

from npudsl.interpreter import run
from npudsl.mapping.nest import Mapping
from npudsl.mapping.tally import Tally
from npudsl.model.evaluate import tally
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer
from npudsl.spec.scope import Scope
from npudsl.syntax import parse
from npudsl.syntax import tree as syntax
from npudsl.text.diagnostics import SpecError
from npudsl.text.source import Source

from ..oracle.build import array, layer, machine, memory, nest

ALL = ("input", "weight", "output")
LANES = machine(memory("dram", *ALL), array("lanes", x=8))


def _both(arch: Arch, of: Layer, mapping: Mapping) -> Tally:
    """The counts, after the execution has agreed with them and its output has come out right."""
    executed = run(arch, of, mapping)
    assert executed.output_equal
    closed = tally(arch, of, mapping)
    assert closed.differences(executed.tally) == ()
    return closed


@pytest.mark.parametrize(
    ("loops", "steps"),
    [("lanes.x:m=2 lanes.x:n=4 m=4 n=2 k=7", 56), ("lanes.x:n=7 m=7 k=7", 49)],
    ids=["imperfect", "perfect"],
)
def test_matrix_product_on_eight_lanes(loops: str, steps: int) -> None:
    """7 x 7 x 7: 42.9 cycles are reported for the imperfect mapping; it takes 56, with perfect factors 49."""
    of = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=7, n=7, k=7)
    counted = _both(LANES, of, nest(f"dram:input dram:weight dram:output {loops}"))
    assert (counted.points, counted.steps) == (343, steps)


@pytest.mark.parametrize(
    ("loops", "steps"),
    [("lanes.x:a=4 lanes.x:b=2 a=3 b=2", 6), ("lanes.x:a=2 lanes.x:b=3 a=5", 5)],
    ids=["imperfect", "possible"],
)
def test_ten_by_three_on_eight_lanes(loops: str, steps: int) -> None:
    """10 x 3: 3.75 cycles are reported; 6 are executed, 5 are possible."""
    of = layer("output[a, b]", "input[a]", "weight[b]", a=10, b=3)
    assert _both(LANES, of, nest(f"dram:input dram:weight dram:output {loops}")).steps == steps


@pytest.mark.parametrize(
    ("index", "bounds", "touched"),
    [("4p + r", {"p": 8, "r": 3}, 24), ("2p", {"p": 8}, 8), ("p + r", {"p": 6, "r": 5}, 10)],
    ids=["stride 4, three taps", "1x1 with stride 2", "all differences"],
)
def test_only_what_is_touched_counts(index: str, bounds: dict[str, int], touched: int) -> None:
    """28 words are reported for the 24 touched, 12 for 8, 6 for the 10 differences p - r (here p + r, r reversed)."""
    outputs = ", ".join(bounds)
    of = layer(f"output[{outputs}]", f"input[{index}]", **bounds)
    arch = machine(memory("dram", "input", "output"), memory("buffer", "input"))
    loops = " ".join(f"{d}={b}" for d, b in bounds.items())
    counted = _both(arch, of, nest(f"dram:input dram:output buffer:input {loops}"))
    assert counted.counts["dram"]["input"].read == counted.used["buffer"] == touched


def test_a_difference_of_dims_is_refused() -> None:
    """`p - r` has no meaning here; it is not silently given one."""
    from npudsl.spec.elaborate_op import elaborate_op

    source = Source("op.npu", "op corr {\n    dims p, r\n    output[p] += input[p - r] * weight[r]\n}\n")
    file, mistakes = parse(source)
    assert not mistakes
    (decl,) = file.declarations
    assert isinstance(decl, syntax.OpDecl)
    with pytest.raises(SpecError) as caught:
        elaborate_op(decl, Scope(), {})
    assert [d.code for d in caught.value.diagnostics] == ["E311"]


def test_partial_sums_come_back_to_one_instance() -> None:
    """4 instances reduce k; a tile that returns is handed to one of them, or its old sum would be added four times."""
    of = layer("output[m]", "input[k]", "weight[m, k]", m=2, k=16)
    arch = machine(memory("dram", *ALL), array("pe", x=4), memory("file", *ALL))
    mapping = nest("dram:input dram:weight dram:output k=4 m=2 pe.x:k=4 file:input file:weight file:output")
    counted = _both(arch, of, mapping)
    back = counted.counts["file"]["output"].write - 32  # 32 operations write their result there
    assert back == (4 - 1) * 2  # three of the four visits of two words, one instance each
    assert counted.counts["dram"]["output"].write == 4 * 2
