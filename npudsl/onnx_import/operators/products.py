"""Matrix products: Gemm, MatMul with batches and broadcasting, Einsum."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..equations import Equation, Operand
from ..errors import OnnxError, UndecidedError
from ..graph import Node
from ..model import Call, Model, UnsupportedError
from ..sizes import Size, show
from ..values import Known, Value, View, reshaped, transposed
from .attributes import text, whole
from .elementwise import Function, Term, apply, broadcast_size

#: Labels of the batch axes of a product.
BATCH = ("b", "h", "g", "e", "f", "u", "v", "w", "x", "y", "z", "l", "o", "p")


def gemm(model: Model, node: Node) -> Value:
    """`Gemm`: A B + C, each of A and B possibly transposed; the summand C starts the sums."""
    left = _turned(model.value(node, 0), whole(node, "transA", 0))
    right = _turned(model.weight(node, 1), whole(node, "transB", 0))
    if len(left.shape) != 2 or len(right.shape) != 2:
        raise OnnxError(f"`{node.title}` (Gemm) multiplies {len(left.shape)} by {len(right.shape)} axes")
    notes: tuple[str, ...] = ()
    if model.has(node, 2):
        summand = model.value(node, 2)
        if isinstance(summand, View):
            function = Function("{left} + {right}", "add", "Element-wise add.", "add")
            found = matrix_product(model, node, left, right, (), "product")
            return apply(model, node, function, (Term("left", found, "input"), Term("right", summand, "input")))
        notes = (f"bias of {' x '.join(show(s) for s in summand.shape) or '1'}",)
    return matrix_product(model, node, left, right, notes)


def _turned(value: Value, turn: int) -> Value:
    if not turn or len(value.shape) != 2:
        return value
    if isinstance(value, View):
        return transposed(value, (1, 0))
    return replace(value, shape=value.shape[::-1], data=None if value.data is None else value.data.T)


def matmul(model: Model, node: Node) -> Value:
    """`MatMul`, as `numpy.matmul`."""
    return matrix_product(model, node, model.weight(node, 0), model.weight(node, 1), ())


def matrix_product(
    model: Model, node: Node, left: Value, right: Value, notes: tuple[str, ...], suffix: str = ""
) -> View:
    """left [..., M, K] times right [..., K, N]; a vector is a row on the left and a column on the right."""
    if not left.shape or not right.shape:
        raise OnnxError(f"`{node.title}` ({node.op}) multiplies a scalar")
    row, column = len(left.shape) == 1, len(right.shape) == 1
    left_batch, right_batch = left.shape[:-2], right.shape[:-2]
    count = max(len(left_batch), len(right_batch))
    if count > len(BATCH):
        raise UnsupportedError(f"{count} batch axes")
    labels = BATCH[:count]
    sizes: dict[str, Size] = {}
    for position, label in enumerate(labels):
        one, two = _aligned(left_batch, position, count), _aligned(right_batch, position, count)
        sizes[label] = broadcast_size(one, two)
    sizes |= {"m": 1 if row else left.shape[-2], "n": 1 if column else right.shape[-1]}
    sizes["k"] = _agreed(node, left.shape[-1], right.shape[-1 if column else -2])
    axes = (
        (*_batch_axes(left_batch, labels, sizes), *(() if row else (("m",),)), ("k",)),
        (*_batch_axes(right_batch, labels, sizes), ("k",), *(() if column else (("n",),))),
    )
    names, standard = _names(left, right)
    operands = tuple(Operand(n, v, a, r) for (n, r), v, a in zip(names, (left, right), axes, strict=True))
    equation = Equation(
        operands,
        (*((label,) for label in labels), ("m",), ("n",)),
        sizes,
        " * ".join("{" + o.name + "}" for o in operands),
        "+=",
        together=(labels,) if len(labels) > 1 else (),
    )
    call = Call("product", "Matrix products, with operands as they are stored.", standard, suffix=suffix, notes=notes)
    found = model.emit(node, equation, call)
    wanted = (*(sizes[x] for x in labels), *(() if row else (sizes["m"],)), *(() if column else (sizes["n"],)))
    return found if wanted == found.shape else reshaped(found, wanted)


def _names(left: Value, right: Value) -> tuple[tuple[tuple[str, str | None], ...], tuple[str, ...]]:
    """What the operands are called, in which role, and the standard operators that the product may be."""
    if isinstance(right, Known):
        return (("input", None), ("weight", None)), ("gemm",)
    if isinstance(left, Known):
        return (("weight", None), ("input", None)), ()
    return (("left", "input"), ("right", "weight")), ("matmul", "matmul_nt")


def _aligned(batch: Sequence[Size], position: int, count: int) -> Size:
    index = position - (count - len(batch))
    return batch[index] if index >= 0 else 1


def _batch_axes(batch: Sequence[Size], labels: Sequence[str], sizes: dict[str, Size]) -> tuple[tuple[str, ...], ...]:
    own = labels[len(labels) - len(batch) :]
    return tuple((label,) if size == sizes[label] else () for label, size in zip(own, batch, strict=True))


def _agreed(node: Node, first: Size, second: Size) -> Size:
    """The size of an axis that two operands share."""
    if first == second:
        return first
    if isinstance(first, int) and isinstance(second, int):
        raise OnnxError(f"`{node.title}` ({node.op}) multiplies {first} by {second} along the axis that is summed")
    raise UndecidedError(f"sizes {show(first)} and {show(second)} are summed over together")


def einsum(model: Model, node: Node) -> Value:
    """`Einsum` of one or two operands without repeated indices."""
    found = re.fullmatch(r"([A-Za-z]+)(?:,([A-Za-z]+))?(?:->([A-Za-z]*))?", text(node, "equation", "").replace(" ", ""))
    values = [model.weight(node, i) for i in range(len(node.inputs))]
    terms = [t for t in (found[1], found[2]) if t] if found else []
    if found is None or len(terms) != len(values) or any(len(set(t)) < len(t) for t in terms):
        raise UnsupportedError(f"equation `{text(node, 'equation', '')[:60]}`")
    letters = "".join(terms)
    result = found[3] if found[3] is not None else "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    sizes: dict[str, Size] = {}
    for term, value in zip(terms, values, strict=True):
        if len(term) != len(value.shape):
            raise OnnxError(f"`{node.title}` (Einsum): `{term}` indexes {len(value.shape)} axes")
        for letter, size in zip(term, value.shape, strict=True):
            sizes[_label(letter)] = _agreed(node, sizes.get(_label(letter), size), size)
    names = _names(values[0], values[1])[0] if len(values) == 2 else (("input", None),)
    operands = tuple(
        Operand(n, v, tuple((_label(c),) for c in t), r) for (n, r), v, t in zip(names, values, terms, strict=True)
    )
    reduces = any(c not in result for c in letters)
    body = " * ".join("{" + o.name + "}" for o in operands)
    equation = Equation(
        operands, tuple((_label(c),) for c in result), sizes, body, "+=" if reduces or len(values) == 2 else "="
    )
    return model.emit(node, equation, Call("einsum", f"Einsum {text(node, 'equation', '')}.", ()))


def _label(letter: str) -> str:
    return letter if letter.islower() else letter.lower() + "_"


HANDLERS = {"Gemm": gemm, "MatMul": matmul, "Einsum": einsum}
