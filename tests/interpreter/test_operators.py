"""Operators beyond the product of two tensors: functions, reductions, padding, constants, odd indices."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from npudsl.interpreter import direct, run
from npudsl.interpreter.data import LARGEST, Arithmetic, operand
from npudsl.interpreter.literal import direct as direct_literally
from npudsl.interpreter.literal import execute
from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.spec.arch import Arch, Array, Compute, Level
from npudsl.spec.op import FUNCTIONS, Apply, Constant, Expr, Layer, Operator, Rank, Read, Tensor

from .machines import conv_layer, gemm_layer, memory, rank


def operator(body: Expr, reduction: str, out: tuple[Rank, ...] = (rank("a"),)) -> Operator:
    tensors = (
        Tensor("x", "x", (rank("a", ("b", 2), constant=-1),)),
        Tensor("y", "y", (rank("b"), Rank((), 3))),
        Tensor("z", "z", out, is_output=True),
    )
    return Operator("op", ("a", "b"), tensors, reduction, body)


def case(op: Operator) -> tuple[Arch, Layer, Mapping]:
    roles = [t.role for t in op.tensors]
    arch = Arch(
        "machine",
        (
            Level("dram", (memory("dram", None, *roles),)),
            Array("pe", (("x", 3),)),
            Level("rf", (memory("rf", None, *roles),)),
        ),
        Compute("mac", Fraction(1)),
    )
    home, inner = ([Node(t.name, m) for t in op.tensors] for m in ("dram", "rf"))
    loops = [Loop("b", 2), Loop("a", 4), Loop("b", 2, "pe", "x")]
    return arch, Layer("layer", op, (("a", 7), ("b", 4))), Mapping((*home, *loops, *inner, Loop("a", 2)))


def read(name: str) -> Read:
    return Read(name)


ARGUMENTS = {1: (read("x"),), 2: (read("x"), read("y"))}
BODIES: dict[str, Expr] = {
    name: Apply(name, ARGUMENTS[count])
    for name, count in {**FUNCTIONS, "+": 2, "-": 2, "*": 2, "/": 2, "neg": 1}.items()
} | {
    "constant": Apply("*", (Constant(Fraction(3)), read("x"))),
    "fraction": Apply("*", (Constant(Fraction(1, 3)), read("x"))),
    "nothing read": Constant(Fraction(2)),
    "square": Apply("*", (read("x"), read("x"))),
    "three factors": Apply("*", (Apply("*", (read("x"), read("y"))), read("x"))),
}


@pytest.mark.parametrize("reduction", ["+=", "max=", "min="])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_any_body(body: Expr, reduction: str) -> None:
    arch, layer, mapping = case(operator(body, reduction))
    slow = execute(arch, layer, mapping)
    assert run(arch, layer, mapping).tally == slow.tally
    assert run(arch, layer, mapping).output_equal
    expected = direct_literally(layer)
    assert slow.output.keys() == expected.keys()
    for word, value in expected.items():
        assert slow.output[word] == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize("seed", [0, 1, 12])
def test_an_assignment(seed: int) -> None:
    op = operator(Apply("exp", (read("x"),)), "=", (rank("a"), rank(("b", 3))))
    arch, layer, mapping = case(op)
    assert run(arch, layer, mapping, seed=seed).output_equal


def test_overlapping_outputs() -> None:
    """z[a + b]: a word belongs to several tiles, also of instances with different predecessors."""
    arch, layer, mapping = case(operator(Apply("*", (read("x"), read("y"))), "+=", (rank("a", "b"),)))
    assert run(arch, layer, mapping).output_equal
    assert run(arch, layer, mapping).tally == execute(arch, layer, mapping).tally


def test_padding_reads_zero() -> None:
    layer = conv_layer("conv", pad=1, n=1, c=1, m=1, p=3, q=3, r=3, s=3)
    field = operand(layer.op.tensor("input"), layer, Arithmetic.of(layer), 0)
    assert field.low == (0, 0, 0, -1, -1)
    image = field.values[0, 0, 0]
    assert image.shape == (5, 5)
    assert np.count_nonzero(image) == 9 and np.count_nonzero(image[1:-1, 1:-1]) == 9


def test_negative_indices_are_padding_without_a_declared_shape() -> None:
    layer = Layer("layer", operator(read("x"), "+="), (("a", 4), ("b", 2)))
    field = operand(layer.op.tensor("x"), layer, Arithmetic.of(layer), 0)
    assert field.at((-1,)) == 0
    assert all(field.at((i,)) != 0 for i in range(5))


def test_the_data_depends_on_the_seed_only() -> None:
    layer = gemm_layer("gemm", m=4, n=4, k=4)
    tensor, arithmetic = layer.op.operands[0], Arithmetic.of(layer)
    first, again, other = (operand(tensor, layer, arithmetic, s).values for s in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("k", "dtype"), [((1 << 24) // LARGEST**2, np.float32), ((1 << 24) // LARGEST**2 + 1, np.float64)]
)
def test_single_precision_only_where_it_is_exact(k: int, dtype: type) -> None:
    layer = gemm_layer("gemm", m=2, n=2, k=k)
    assert Arithmetic.of(layer) == Arithmetic(dtype, True)
    fields = {t.name: operand(t, layer, Arithmetic.of(layer), 0) for t in layer.op.operands}
    a, b = (fields[n].values.astype(np.int64) for n in ("input", "weight"))
    assert np.array_equal(direct.output(layer, fields, dtype)[0], a[0] @ b)


def test_rounded_functions_are_compared_with_a_tolerance() -> None:
    _, layer, _ = case(operator(Apply("exp", (read("x"),)), "+="))
    arithmetic = Arithmetic.of(layer)
    assert arithmetic == Arithmetic(np.float64, False)
    assert arithmetic.equal(np.array([1.0]), np.array([1.0 + 1e-12]))
    assert not arithmetic.equal(np.array([1.0]), np.array([1.0 + 1e-7]))
