"""Short ways to write small operators, machines and nests in tests."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce

from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Link, Memory
from npudsl.spec.op import Apply, Expr, Layer, Operator, Rank, Read, Tensor, Term

ONE = Fraction(1)


def tensor(text: str, is_output: bool = False) -> Tensor:
    """`input[n, 2p + r]`: the name is the role unless it is written `name:role[..]`."""
    head, inside = text.rstrip("]").split("[")
    name, _, role = head.partition(":")
    return Tensor(name, role or name, tuple(_rank(r) for r in inside.split(",") if r.strip()), is_output)


def _rank(text: str) -> Rank:
    terms, constant = [], 0
    for part in text.replace("-", "+-").split("+"):
        part = part.strip()
        if part.lstrip("-").isdigit():
            constant += int(part)
        elif part:
            dim = part.lstrip("0123456789")
            terms.append(Term(dim, int(part[: len(part) - len(dim)] or 1)))
    return Rank(tuple(terms), constant)


def layer(output: str, *operands: str, **bounds: int) -> Layer:
    """A layer of products, e.g. `layer("output[p]", "input[p + r]", "weight[r]", p=8, r=3)`."""
    tensors = [*(tensor(o) for o in operands), tensor(output, True)]
    reads: list[Expr] = [Read(t.name) for t in tensors if not t.is_output]
    body = reduce(lambda left, right: Apply("*", (left, right)), reads)
    return Layer("layer", Operator("op", tuple(bounds), tuple(tensors), "+=", body), tuple(bounds.items()))


def memory(name: str, *roles: str, size: int | None = None, energy: int = 1) -> Memory:
    cost = Fraction(energy)
    return Memory(name, None if size is None else Fraction(size), tuple(Hold(r) for r in roles), cost, cost)


def array(name: str, *links: Link, **axes: int) -> Array:
    return Array(name, tuple(axes.items()), links)


def machine(*nodes: Memory | tuple[Memory, ...] | Array) -> Arch:
    """Memories (a tuple is one split level) and arrays, outermost first; one pJ an operation."""
    levels = [
        Level(n.name, (n,))
        if isinstance(n, Memory)
        else Level("+".join(m.name for m in n), n)
        if isinstance(n, tuple)
        else n
        for n in nodes
    ]
    return Arch("machine", tuple(levels), Compute("mac", ONE))


def nest(text: str) -> Mapping:
    """`dram:input dram:output p=2 pe.x:p=4 rf:input r=3`: nodes, temporal and spatial loops, outermost first."""
    items: list[Node | Loop] = []
    for word in text.split():
        place, _, rest = word.rpartition(":")
        if "=" not in rest:
            items.append(Node(rest, place))
            continue
        dim, factor = rest.split("=")
        array_name, _, axis = place.partition(".")
        items.append(Loop(dim, int(factor), array_name or None, axis or None))
    return Mapping(tuple(items))
