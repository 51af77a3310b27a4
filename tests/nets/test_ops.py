"""Operators from text: indices, bodies, roles, and a diagnostic for everything that is no operator."""

from __future__ import annotations

from fractions import Fraction

import pytest

from npudsl.spec.loader import load
from npudsl.spec.op import Apply, Constant, Rank, Read, Term
from npudsl.spec.resources import stdlib_folder
from npudsl.text.diagnostics import SpecError

from .texts import marks, mistake, mistakes, operator


def test_an_index_is_computed_symbolically() -> None:
    op = operator("s: int, d: int = 2, z: int = 3| dims p, r\n y[p] += x[s*(p + 1) + (d*r - z) - (p - p)] * w[r]", s=4)
    assert op.tensor("x").ranks == (Rank((Term("p", 4), Term("r", 2)), 1),)
    assert op.dims == ("p", "r")
    assert [t.name for t in op.tensors] == ["x", "w", "y"]
    assert op.output.name == "y" and op.reduction == "+=" and op.is_mac


def test_a_conditional_index_takes_the_branch_that_its_parameters_choose() -> None:
    body = "flip: bool| dims p, q\n y[p] += x[if flip then 2*p + q else p + 2*q]"
    assert operator(body, flip=True).tensor("x").ranks[0].terms == (Term("p", 2), Term("q", 1))
    assert operator(body, flip=False).tensor("x").ranks[0].terms == (Term("p", 1), Term("q", 2))


def test_a_division_that_comes_out_whole_is_an_index() -> None:
    assert operator("dims p\n y[p] = x[(4*p + 2) / 2]").tensor("x").ranks == (Rank((Term("p", 2),), 1),)


def test_bodies_are_data() -> None:
    op = operator("eps: real = 0.5| dims p\n let two = 2\n y[p] = -exp(x[p]) / (two + 1) + max(x[p], eps)")
    exp = Apply("neg", (Apply("exp", (Read("x"),)),))
    assert op.body == Apply(
        "+", (Apply("/", (exp, Constant(Fraction(3)))), Apply("max", (Read("x"), Constant(Fraction(1, 2)))))
    )


def test_roles_and_reductions() -> None:
    op = operator("dims m, k\n left as input\n right as weight\n y[m] max= left[m, k] * right[k]")
    assert [(t.name, t.role) for t in op.tensors] == [("left", "input"), ("right", "weight"), ("y", "y")]
    assert (op.reduction, op.is_mac) == ("max=", False)
    assert operator("dims p, q\n y[2*p + q] = x[p, q]").output.ranks[0].terms == (Term("p", 2), Term("q", 1))


@pytest.mark.parametrize(
    ("body", "counts"),
    [
        ("a[k] * b[k]", True),
        ("a[k] * b[k] * c[k]", True),
        ("a[k] * (b[k] + c[k])", False),
        ("a[k]", False),
        ("2 * a[k]", False),
    ],
)
def test_sums_of_products_are_multiply_accumulates_however_many_factors(body: str, counts: bool) -> None:
    assert operator(f"dims m, k\n y[m] += {body}").is_mac is counts


@pytest.mark.parametrize(
    ("body", "code", "marked", "label"),
    [
        ("dims p, r\n y[p] += x[p*r]", "E310", "p*r", "a dim times a dim"),
        ("dims p, r\n y[p] += x[r / p]", "E310", "r / p", "divided by a dim"),
        ("dims p, r\n y[p] += x[p % 2, r]", "E310", "p % 2", "not a sum of dims times numbers"),
        ("dims p, r\n y[p] += x[m = p, r]", "E310", "m = p", "not an expression"),
        ("dims p, r\n y[p] += x[p - r]", "E311", "p - r", "the coefficient of `r` is -1"),
        ("dims p, r\n y[p] += x[p / 2 + r]", "E312", "p / 2 + r", "that of `p` is 0.5"),
        ("dims p, r\n y[p] += x[p + r + 1/2]", "E312", "p + r + 1/2", "its constant is 0.5"),
        ("dims p, r\n y[p] += x[10^30*p + r]", "E312", "10^30*p + r", "too large"),
        ("dims p, r\n y[p] += x[p + r/0]", "E104", "0", "this is 0"),
        ("dims p, r\n y[p] += x[p + z + r]", "E201", "z", "not defined"),
        ("dims p, r\n y[p] += x[p + r + 3 KiB]", "E102", "3 KiB", "data, in bit"),
        ("dims p, r\n y[p] += x[p]", "E313", "r", "unused"),
        ("dims p, r\n y[p] += x[p] * x[r]", "E314", "x[r]", "another index"),
        ("dims p\n let a = 1", "E315", "t", "computes nothing"),
        ("dims p\n y[p] = x[p]\n z[p] = x[p]", "E315", "z[p]", "a second output"),
        ("dims p\n y = x[p]", "E315", "y", "has no index"),
        ("dims p\n y[p] = 2", "E315", "2", "a constant"),
        ("y[0] = x[1]", "E315", "t", "no `dims` line"),
        ("dims p, r\n y[p] = x[p + r]", "E316", "y[p]", "`r` is not on the left"),
        ("dims p\n y[p] = foo(x[p])", "E317", "foo", "not a function of elements"),
        ("dims p\n y[p] = max(x[p])", "E317", "max(x[p])", "1 given"),
        ("dims p\n y[p] = x[p] * p", "E317", "p", "an equation combines elements"),
        ("dims p\n y[p] = x[p] < 3", "E317", "x[p] < 3", "elements are combined by `+ - * /` and functions"),
        ("dims p\n y[p] = x[p] * 3 KiB", "E102", "3 KiB", "data, in bit"),
        ("dims p\n y[p] += y[p] * x[p]", "E318", "y[p] * x[p]", "read here"),
        ("dims p\n x as output\n y[p] = x[p]", "E318", "x as output", "this tensor is read"),
        ("dims p\n y as weight\n y[p] = x[p]", "E318", "y as weight", "this tensor is written"),
        ("dims p\n z as input\n y[p] = x[p]", "E201", "z", "not indexed"),
        ("dims p, p\n y[p] = x[p]", "E203", "p", "one more"),
        ("p: int = 2| dims p\n y[p] = x[p]", "E203", "p", "one more"),
        ("x: int = 2| dims p\n y[p] = x[p]", "E203", "x", "indexed here"),
        ("s: int = 0| dims p\n assert s >= 1, \"a stride\"\n y[p] = x[p]", "E107", "s >= 1", "0 >= 1 is false"),
    ],
)  # fmt: skip
def test_what_is_no_operator(body: str, code: str, marked: str, label: str) -> None:
    found = mistake(operator, body)
    assert (found.code, marks(found)[0]) == (code, (marked, label))


def test_both_places_are_marked() -> None:
    found = mistake(operator, "dims p, r\n y[p] += x[p] * x[r]")
    assert marks(found) == [("x[r]", "another index"), ("x[p]", "first indexed here")]


def test_a_deep_or_long_equation_ends_quickly() -> None:
    deep = "dims p\n y[p] = " + "-" * 60 + "x[p]"
    assert operator(deep).tensor("x").ranks == (Rank((Term("p", 1),)),)
    long = "dims p\n y[p] = x[" + " + ".join(["p"] * 150) + "]"
    assert operator(long).tensor("x").ranks == (Rank((Term("p", 150),)),)
    with pytest.raises(SpecError):
        operator("dims p\n y[p] = x[" + " + ".join(["p"] * 100_000) + "]")
    dims = ", ".join(f"d{i}" for i in range(100))
    assert [d.code for d in mistakes(operator, f"dims {dims}\n y[d0] += x[{dims}]")] == ["E105"]


def test_every_operator_of_the_standard_library_is_one() -> None:
    program = load(stdlib_folder() / "ops.npu")
    assert program.check() == ()
    from npudsl.syntax import tree

    names = program.names(tree.OpDecl)
    assert len(names) > 30
    for name in names:
        decl = program.find(tree.OpDecl, name).decl
        program.op(name, {p.name.text: 8 for p in decl.parameters if p.default is None})
