"""Operators and layers, resolved: one equation is one loop nest over a box of integer points.

Everything here is frozen and hashable. Nothing knows of text, units or machines.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod

from .hashing import hashed_once


@dataclass(frozen=True)
class Term:
    """`coefficient * dim`, coefficient >= 1."""

    dim: str
    coefficient: int


@dataclass(frozen=True)
class Rank:
    """One index of a tensor: the sum of its terms plus a constant. A rank without terms is a fixed index."""

    terms: tuple[Term, ...]
    constant: int = 0

    @property
    def dims(self) -> tuple[str, ...]:
        return tuple(t.dim for t in self.terms)


@hashed_once
@dataclass(frozen=True)
class Tensor:
    """A tensor of an operator. `role`: what a machine calls it, `input`, `weight`, `output`, or a name of its own."""

    name: str
    role: str
    ranks: tuple[Rank, ...]
    is_output: bool = False

    @cached_property
    def dims(self) -> tuple[str, ...]:
        """The dims its index depends on, each once, in the order of the ranks."""
        return tuple(dict.fromkeys(d for rank in self.ranks for d in rank.dims))

    @cached_property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The dims in groups that share no rank, in order of first appearance.

        For a convolution's input: `(n,) (c,) (p, r) (q, s)`. The element set of a tile is the product of
        one set per group, which is why every count is a product over groups.
        """
        groups: list[list[str]] = []
        for rank in self.ranks:
            touched = [g for g in groups if any(d in g for d in rank.dims)]
            merged = list(dict.fromkeys([d for g in touched for d in g] + list(rank.dims)))
            if not merged:
                continue
            if touched:
                groups[groups.index(touched[0])] = merged
                groups = [g for g in groups if g is merged or not any(g is t for t in touched)]
            else:
                groups.append(merged)
        return tuple(tuple(g) for g in groups)


# ---- the right-hand side, as data that the interpreter evaluates ---------------------------------


@dataclass(frozen=True)
class Read:
    """The element of a tensor at the current point."""

    tensor: str


@dataclass(frozen=True)
class Constant:
    value: Fraction


@dataclass(frozen=True)
class Apply:
    """A function of values: `+ - * / neg` or one of `FUNCTIONS`."""

    function: str
    arguments: tuple[Expr, ...]


Expr = Read | Constant | Apply

#: Functions an equation may use beside arithmetic, with their number of arguments.
FUNCTIONS: dict[str, int] = {
    "exp": 1, "log": 1, "sqrt": 1, "rsqrt": 1, "tanh": 1, "sigmoid": 1, "relu": 1, "relu6": 1, "abs": 1, "erf": 1,
    "max": 2, "min": 2,
}  # fmt: skip

#: How an equation combines what falls on one element of the output.
REDUCTIONS = ("+=", "max=", "min=", "=")


@hashed_once
@dataclass(frozen=True)
class Operator:
    """`output[...] REDUCTION body`: dims in the order of the `dims` line, tensors in order of appearance, output last.

    Exactly one tensor is the output. With `=` every dim occurs in the output and nothing is reduced.
    """

    name: str
    dims: tuple[str, ...]
    tensors: tuple[Tensor, ...]
    reduction: str
    body: Expr

    @cached_property
    def output(self) -> Tensor:
        return next(t for t in self.tensors if t.is_output)

    @cached_property
    def operands(self) -> tuple[Tensor, ...]:
        return tuple(t for t in self.tensors if not t.is_output)

    def tensor(self, name: str) -> Tensor:
        return next(t for t in self.tensors if t.name == name)

    @cached_property
    def reduced_dims(self) -> tuple[str, ...]:
        return tuple(d for d in self.dims if d not in self.output.dims)

    @cached_property
    def is_mac(self) -> bool:
        """`+=` of a product of two or more operands: a point is one multiply-accumulate. Others are `ops`."""
        return self.reduction == "+=" and isinstance(self.body, Apply) and _is_product(self.body)


def _is_product(body: Expr) -> bool:
    if isinstance(body, Apply):
        return body.function == "*" and all(_is_product(argument) for argument in body.arguments)
    return isinstance(body, Read)


@dataclass(frozen=True)
class Feed:
    """Where a layer's operand comes from: a producer layer or a network tensor, by name."""

    tensor: str
    producer: str
    from_layer: bool


@dataclass(frozen=True)
class Layer:
    """An operator with bounds: the iteration space is `0 <= d < bound` for every dim.

    `extents` are the declared shapes of operands as integers per rank, for operands whose real shape is known;
    an index outside `[0, extent)` is padding and reads as zero. Layers with equal `problem` cost the same.
    """

    name: str
    op: Operator
    bounds: tuple[tuple[str, int], ...]
    repeat: int = 1
    feeds: tuple[Feed, ...] = ()
    extents: tuple[tuple[str, tuple[int, ...]], ...] = ()

    @cached_property
    def bound(self) -> dict[str, int]:
        return dict(self.bounds)

    @property
    def points(self) -> int:
        """Operations of one execution of the layer."""
        return prod(b for _, b in self.bounds)

    @property
    def macs(self) -> int:
        return self.points if self.op.is_mac else 0

    @cached_property
    def problem(self) -> tuple[object, ...]:
        """What decides counts and costs: structure and bounds, without names of layers, constants or feeds."""
        shapes = tuple(
            (t.name, t.role, t.is_output, tuple(tuple((x.dim, x.coefficient) for x in r.terms) for r in t.ranks))
            for t in self.op.tensors
        )
        return (self.op.dims, shapes, self.op.reduction, self.op.is_mac, self.bounds)
