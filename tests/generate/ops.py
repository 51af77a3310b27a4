"""Random operators and layers."""

from __future__ import annotations

from functools import reduce

from npudsl.spec.op import Apply, Expr, Layer, Operator, Rank, Read, Tensor, Term

from .choices import Choices, chance, pick, subset
from .space import Space

DIMS = "abcde"
#: operands in order; the second tensor of role `input` shares what holds that role, `bias` is a role of its own
OPERANDS = (("input", "input"), ("weight", "weight"), ("extra", "bias"), ("extra", "input"))


def layer(choices: Choices, space: Space) -> Layer:
    op = operator(choices, space)
    bounds, left = [], space.max_points
    for dim in op.dims:
        bound = pick(choices, [b for b in space.bounds if b <= left] or [1])
        bounds.append((dim, bound))
        left //= bound
    return Layer("layer", op, tuple(bounds))


def operator(choices: Choices, space: Space) -> Operator:
    """An operator with 1 to `max_dims` dims; every dim indexes at least one tensor."""
    dims = list(DIMS[: choices.integer(1, space.max_dims)])
    count = choices.integer(1, space.max_operands)
    third = OPERANDS[2:] if count == 3 else ()
    names = [*OPERANDS[: min(count, 2)], *([pick(choices, third)] if third else [])]
    common = [d for d in dims if chance(choices, 10)]  # like groups or batches: in every tensor
    output = _tensor(choices, space, "output", "output", subset(choices, dims, 60), common, space.affine_outputs)
    operands = [_tensor(choices, space, n, r, subset(choices, dims, 60), common, True) for n, r in names]
    missing = [d for d in dims if all(d not in t.dims for t in (*operands, output))]
    if missing:
        first = operands[0]
        ranks = (*first.ranks, *(Rank((Term(d, 1),)) for d in missing))
        operands[0] = Tensor(first.name, first.role, ranks)
    return Operator("op", tuple(dims), (*operands, output), _reduction(choices, dims, output), _product(operands))


def _tensor(
    choices: Choices, space: Space, name: str, role: str, chosen: list[str], common: list[str], affine: bool
) -> Tensor:
    free = [d for d in chosen if d not in common]
    is_output = name == "output"
    windows = affine and len(free) >= 2 and chance(choices, 10 if is_output else space.windows)
    ranks = [Rank((Term(d, 1),)) for d in common]
    while windows and len(free) >= 2:
        size = 3 if space.three_dim_ranks and len(free) >= 3 and chance(choices, 20) else 2
        ranks.append(_affine(choices, [free.pop(choices.integer(0, len(free) - 1)) for _ in range(size)]))
        windows = chance(choices, 40)
    for d in free:
        stride = choices.integer(2, 4) if affine and chance(choices, 8) else 1
        ranks.append(Rank((Term(d, stride),), _constant(choices)))
    if space.repeated_dims and affine and ranks and not is_output and chance(choices, 8):
        ranks.append(_affine(choices, list(dict.fromkeys([pick(choices, chosen or common), *chosen[:1]]))))
    if chance(choices, 4):
        ranks.append(Rank((), 3))  # a fixed index
    return Tensor(name, role, tuple(ranks), is_output)


def _affine(choices: Choices, dims: list[str]) -> Rank:
    """A window: stride * d + dilation * e, sometimes with gaps (stride larger than the kernel) or a common factor."""
    terms = tuple(Term(d, choices.integer(1, 4) if chance(choices, 40) else 1) for d in dims)
    return Rank(terms, _constant(choices))


def _constant(choices: Choices) -> int:
    return -choices.integer(1, 2) if chance(choices, 10) else 0


def _reduction(choices: Choices, dims: list[str], output: Tensor) -> str:
    plain = all(len(r.terms) <= 1 for r in output.ranks)
    if plain and all(d in output.dims for d in dims) and chance(choices, 30):
        return "="
    return "max=" if chance(choices, 10) else "+="


def _product(operands: list[Tensor]) -> Expr:
    reads: list[Expr] = [Read(t.name) for t in operands]
    return reduce(lambda left, right: Apply("*", (left, right)), reads)
