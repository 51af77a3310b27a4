"""Requests that cannot be executed end in one clear diagnostic, soon."""

from __future__ import annotations

from dataclasses import replace

import pytest

from npudsl.interpreter import run
from npudsl.interpreter.limits import roughly
from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.spec.op import Apply, Layer, Operator, Read, Tensor
from npudsl.text.diagnostics import Diagnostic, SpecError

from .machines import conv_layer, eyeriss, gemm_layer, random_eyeriss_mapping, rank

HOME = tuple(Node(r, "dram") for r in ("input", "weight", "output"))
SPADS = (Node("input", "ifmap"), Node("weight", "filter"), Node("output", "psum"))


def refused(layer: Layer, *items: Node | Loop, values: bool = True) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        run(eyeriss(), layer, Mapping(items), values=values)
    return caught.value.diagnostics[0]


def message(layer: Layer, *items: Node | Loop, values: bool = True) -> tuple[str, str]:
    found = refused(layer, *items, values=values)
    return found.code, found.message


GEMM = gemm_layer("gemm", m=2, n=2, k=2)


@pytest.mark.parametrize(
    ("items", "text"),
    [
        (HOME[1:], "tensor `input` is held nowhere"),
        ((Node("x", "dram"), *HOME), "no tensor `x`"),
        ((Node("input", "cache"), *HOME), "no memory `cache`"),
        ((*HOME, Loop("z", 2)), "no dim `z`"),
        ((*HOME, Loop("k", 0)), "the factor of `k` is 0, but a loop runs at least once"),
        ((*HOME, Loop("k", 2, "pe", "z")), "no axis `z` of an array `pe`"),
        (
            (*HOME, *SPADS, Node("input", "glb")),
            "`input` is held in `glb` below `ifmap`, against the order of the memories",
        ),
        ((*HOME, Node("input", "dram")), "`input` is held in `dram` below `dram`, against the order of the memories"),
        (
            (Loop("k", 2), *HOME),
            "the outermost node of `input` stands below a loop, but the outermost memory holds whole tensors",
        ),
        (
            (*HOME, *SPADS, Loop("k", 2, "pe", "x")),
            "`k` is unrolled over `pe` between `ifmap` and `mac` of `input`, but that array does not lie there",
        ),
    ],
)  # fmt: skip
def test_nests_in_no_order(items: tuple[Node | Loop, ...], text: str) -> None:
    assert message(GEMM, *items) == ("E650", f"`mapping` cannot be executed: {text}")


def test_all_reasons_are_told() -> None:
    with pytest.raises(SpecError) as caught:
        run(eyeriss(), GEMM, Mapping((Node("x", "y"),)))
    assert len(caught.value.diagnostics) == 2


def test_a_tensor_that_is_too_large() -> None:
    layer = gemm_layer("huge", m=10**5, n=10**5, k=10**5)
    code, text = message(layer, *HOME, Loop("m", 10**5), Loop("n", 10**5), Loop("k", 10**5), values=False)
    assert code == "E653" and "takes too long" in text


@pytest.mark.parametrize("power", [30, 400, 5000])
def test_astronomic_bounds(power: int) -> None:
    bound = 10**power
    layer = gemm_layer("huge", k=bound)
    code, text = message(layer, *HOME, Loop("k", bound))
    assert (code, f"it has 1.00e{min(power, 4000)} operations" in text) == ("E653", True)
    code, text = message(layer, *HOME, Loop("k", bound), values=False)
    assert code == "E652"
    assert text.startswith("`huge` is too large to be executed: dims that index a tensor together (k) have ")


def test_too_many_operations_for_values() -> None:
    layer = gemm_layer("long", m=10**4, n=10**5, k=1001)
    items = (*HOME, *SPADS, Loop("k", 1001), Loop("m", 10**4), Loop("n", 10**5))
    code, text = message(layer, *items)
    assert (code, "takes too long" in text) == ("E653", True)


def test_too_many_operations_counted_in_few_visits() -> None:
    """2 * 10^12 operations in 10^9 steps of 2000 instances: counted, but not computed."""
    layer = gemm_layer("long", m=2 * 10**4, n=10**4, k=10**4)
    arch = eyeriss(rows=2000, columns=10)
    loops = (Loop("m", 2000, "pe", "y"), Loop("m", 10, "pe", "x"))
    mapping = Mapping((*HOME, *loops, *SPADS, Loop("k", 10**4), Loop("n", 10**4)))
    assert run(arch, layer, mapping, values=False).tally.steps == 10**8
    with pytest.raises(SpecError, match=r"it has 2\.00e12 operations"):
        run(arch, layer, mapping)


def test_a_tensor_that_does_not_fit_in_memory() -> None:
    layer = gemm_layer("wide", k=20_000, n=20_000)
    code, text = message(layer, *HOME, Loop("k", 20_000), Loop("n", 20_000))
    assert (code, text) == ("E652", "`wide` is too large to be executed: the indices of `weight` span 4.00e8 elements")


def test_too_many_dims_and_loops() -> None:
    dims = tuple(f"d{i}" for i in range(40))
    ranks = tuple(map(rank, dims))
    tensors = (Tensor("input", "input", ranks), Tensor("output", "output", ranks, is_output=True))
    layer = Layer("deep", Operator("op", dims, tensors, "=", Read("input")), tuple((d, 1) for d in dims))
    assert message(layer, *HOME[::2])[0] == "E652"
    loops = [Loop("k", 2) for _ in range(70)]
    assert message(gemm_layer("loops", k=2**20), *HOME, *loops)[0] == "E652"


def test_an_unknown_function() -> None:
    op = replace(GEMM.op, body=Apply("sinc", (Read("input"),)))
    assert message(replace(GEMM, op=op), *HOME, *(Loop(d, 2) for d in "mnk")) == (
        "E651",
        "the interpreter does not know the function `sinc`",
    )


def test_an_interruption_comes_through() -> None:
    layer = conv_layer("conv", n=1, m=8, c=8, p=8, q=8, r=3, s=3)
    mapping = random_eyeriss_mapping(layer, 0, fill=False)
    calls = 0

    def interrupt() -> None:
        nonlocal calls
        calls += 1
        if calls > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(eyeriss(), layer, mapping, tick=interrupt)
    assert run(eyeriss(), layer, mapping).output_equal


@pytest.mark.parametrize(("number", "text"), [(999_999, "999999"), (1_000_000, "1.00e6"), (10**400 + 1, "1.00e400")])
def test_roughly(number: int, text: str) -> None:
    assert roughly(number) == text
